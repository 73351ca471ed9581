"""The clients of the serving benchmark count right, and its picture is what it says."""

import io
import threading

from PIL import Image

from api import server
from api.settings import Settings
from benchmarks.clients import load
from benchmarks.serving import drawn_jpeg
from benchmarks.timing import percentiles_ms


def test_the_drawn_photo_is_as_large_as_a_real_one():
    content = drawn_jpeg()
    assert Image.open(io.BytesIO(content)).size == (800, 600) and 60_000 < len(content) < 150_000


def test_clients_count_answers_by_status():
    answers = iter(range(1000))
    lock = threading.Lock()

    def every_third_is_busy(environ, start_response):
        environ["wsgi.input"].read()
        with lock:
            is_busy = next(answers) % 3 == 0
        start_response("503 Busy" if is_busy else "200 OK", [("Content-Length", "2")])
        return [b"ok"]

    http = server.Server(every_third_is_busy, "127.0.0.1", 0, Settings())
    thread = threading.Thread(target=http.run)
    thread.start()
    try:
        seen = load(http.port, "/", b"x" * 1000, clients=1, seconds=20, requests=9, patience=0)
    finally:
        http.stop()
        thread.join(20)
    assert seen["statuses"] == {"200": 6, "503": 3} and seen["requests"] == 9
    assert 0 < seen["p50_ms"] <= seen["p99_ms"]


def test_a_connection_that_cannot_be_made_is_counted_as_0(unused_port=1):
    assert load(unused_port, "/", b"", clients=2, seconds=5, requests=4)["statuses"].keys() == {"0"}


def test_percentiles_are_those_of_the_timed_rounds():
    found = percentiles_ms({"nothing": lambda: None}, rounds=10)["nothing"]
    assert 0 <= found["p50"] <= found["p99"]
