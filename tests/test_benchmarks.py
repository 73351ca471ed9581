"""The clients of the serving benchmark count right, and its picture is what it says."""

import io
import threading

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from api import server
from api.settings import Settings
from benchmarks.clients import load
from benchmarks.outside import figures, outside, threshold_keeping
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


def test_photos_from_elsewhere_are_counted_by_group_and_refused_where_97_percent_are_kept():
    rows = [("African", "forest/far", "African", 0.9, False, 0.9 - 0.001 * number) for number in range(98)]
    rows += [("Asian", "herd", "African", 0.6, True, 0.2), ("Asian", "herd", "African", 0.8, False, 0.3)]
    rows += [
        ("", "rhino", "African", 0.9, False, 0.85),
        ("", "rhino", "Asian", 0.9, True, 0.4),
        ("", "car", "Asian", 0.9, True, 0.1),
    ]
    names = ["true_label", "group", "label", "probability", "uncertain", "subject_score"]
    table = pd.DataFrame(rows, columns=names).assign(is_subject=lambda found: found["subject_score"] >= 0.5)
    found = figures(table)
    assert found["accuracy"]["value"] == 0.98 and found["accuracy"]["n"] == 100
    assert {name: (group["value"], group["n"]) for name, group in found["accuracy_by_group"].items()} == {
        "far": (1, 98),
        "forest": (1, 98),
        "herd": (0, 2),
    }
    assert found["sure"]["value"] == 0.99 and found["sure_accuracy"]["value"] == pytest.approx(98 / 99)
    assert found["kept"]["value"] == 0.98 and found["refused"]["value"] == pytest.approx(2 / 3)
    assert {name: group["value"] for name, group in found["refused_by_group"].items()} == {"rhino": 0.5, "car": 1}
    assert found["auc"]["value"] == pytest.approx(1 - (49 + 1 + 1 + 1) / 300, abs=0.01)
    assert "auc" not in figures(table[table["true_label"] != ""])


def test_a_threshold_keeps_the_share_that_it_promises():
    scores = np.arange(100) / 100
    assert threshold_keeping(scores, 0.97) == 0.03 and (scores >= 0.03).mean() == 0.97
    assert threshold_keeping(scores[:10], 0.97) == 0


def test_an_outside_folder_without_a_manifest_is_refused_in_one_sentence(tmp_path):
    result = CliRunner().invoke(outside, ["--folder", str(tmp_path)])
    assert result.exit_code == 1 and "Expected manifest.csv" in result.output and "Traceback" not in result.output
