"""RELIABILITY H13 to H15 over raw sockets: strange bytes and slow clients, while others are served."""

import contextlib
import http.client
import socket
import threading
import time

import pytest
from api_fakes import make_client, photo

from api import wire
from api.server import Server
from api.settings import Settings

LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
CLOSE = b"Connection: close\r\n\r\n"
RUNS = b"POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
TF = "/v1/models/tuskscope:predict"
PREDICT = b"POST /api/v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"


@pytest.fixture
def server(tmp_path):
    found = Server(make_client(tmp_path).application, "127.0.0.1", 0, Settings())
    thread = threading.Thread(target=found.run)
    thread.start()
    yield found
    found.stop()
    thread.join(20)
    assert not thread.is_alive()


def connect(server: Server, seconds: float = 10) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)


def answers(server: Server, request: bytes, seconds: float = 10) -> list[bytes]:
    """Everything the server says until it closes, cut into answers."""
    found = b""
    with connect(server, seconds) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(request)
        with contextlib.suppress(ConnectionError, TimeoutError):
            while part := client.recv(65_536):
                found += part
    return [b"HTTP/1." + part for part in found.split(b"HTTP/1.")[1:]]


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def time_of_others(server: Server, number: int = 20) -> float:
    """The longest time, in seconds, that somebody else waits for health and for a prediction."""
    longest = 0.0
    for index in range(number):
        started = time.monotonic()
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        method, path, body = ("POST", "/api/v1/predictions", photo()) if index % 2 else ("GET", "/health/live", None)
        client.request(method, path, body, {"Content-Type": "image/jpeg"})
        assert client.getresponse().status == 200
        client.close()
        longest = max(longest, time.monotonic() - started)
    return longest


def is_closed(client: socket.socket, seconds: float) -> bool:
    """Whether the server closes the connection within so many seconds."""
    client.settimeout(seconds)
    try:
        while client.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def test_H13_half_a_million_chunks_of_one_byte_hold_up_nobody(server):
    request = PREDICT + b"Transfer-Encoding: chunked\r\n" + CLOSE + b"1\r\nx\r\n" * 500_000 + b"0\r\n\r\n"
    found = []
    client = threading.Thread(target=lambda: found.extend(answers(server, request, 60)))
    client.start()
    others = time_of_others(server, 10)
    client.join()
    assert [status(answer) for answer in found] in ([400], []) and others < 3  # a tenth of a second on an idle machine


@pytest.mark.parametrize("size, expected", [(1, 200), (100, 200)])
def test_H13_few_small_or_many_usual_chunks_are_read(server, size, expected):
    body = photo(size=(1600, 1200), quality=95) if size > 1 else photo(size=(64, 48))
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert (len(chunks) > wire.MANY_BYTES) == (size > 1)
    found = answers(server, PREDICT + b"Transfer-Encoding: chunked\r\n" + CLOSE + chunks)
    assert [status(answer) for answer in found] == [expected]


@pytest.mark.parametrize("opening", [b"", b"GET /hea", LIVE, PREDICT + b"Content-Length: 100\r\n\r\nabc"])
def test_H14_hundreds_of_waiting_connections_hold_up_nobody(server, opening):
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(connect(server)).sendall(opening)
        assert time_of_others(server) < 3


@pytest.mark.parametrize("request_bytes", [LIVE, PREDICT + b"Content-Length: 5000000\r\n\r\n"])
def test_H14_a_client_that_drips_is_dropped(server, request_bytes, monkeypatch):
    monkeypatch.setattr(wire, "PATIENCE_SECONDS", 1.0)
    with connect(server) as client:
        client.sendall(request_bytes)
        started = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - started < 15:
                client.sendall(b"X")
                time.sleep(0.1)
    assert time_of_others(server, 2) < 3


def test_H14_a_body_that_comes_slowly_but_steadily_is_awaited(server, monkeypatch):
    monkeypatch.setattr(wire, "PATIENCE_SECONDS", 1.0)
    body = photo(size=(640, 480))
    with connect(server) as client:
        client.sendall(PREDICT + b"Content-Length: %d\r\n" % len(body) + CLOSE)
        step = len(body) // 20 + 1
        for start in range(0, len(body), step):
            client.sendall(body[start : start + step])
            time.sleep(0.15)
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_H14_a_client_that_does_not_read_is_dropped(server, monkeypatch):
    monkeypatch.setattr(wire, "PATIENCE_SECONDS", 1.0)
    with connect(server) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wanted = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.sendall(wanted * 12)  # 20 MB of answers, above what waitress buffers before a thread waits
        time.sleep(0.5)
        assert any(isinstance(item, wire.Channel) for item in server._sockets.values())
        deadline = time.monotonic() + 15
        while any(isinstance(item, wire.Channel) for item in server._sockets.values()):
            assert time.monotonic() < deadline  # what the system still holds for the client does not count
            time.sleep(0.1)
    assert time_of_others(server, 4) < 3


@pytest.mark.slow
def test_H14_a_silent_connection_is_closed_within_twenty_seconds(server):
    with connect(server, 30) as silent, connect(server, 30) as half:
        half.sendall(b"GET /health/live HT")
        assert is_closed(silent, 21.5) and is_closed(half, 2)


@pytest.mark.parametrize(
    "request_bytes, expected",
    [
        (LIVE + b"X: " + b"a" * 300_000 + b"\r\n\r\n", [431]),
        (RUNS + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + LIVE + CLOSE, [400]),
        (RUNS + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}" + LIVE + CLOSE, [400]),
        (RUNS + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", [501]),
        (RUNS + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", [501]),
        (RUNS + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}", [400]),
        (RUNS + b"Content-Length: -5\r\n\r\n{}", [400]),
        (RUNS + b"Content-Length: 5\r\n" + CLOSE + b"{}xxx" + LIVE, [400]),
        (LIVE + b"Host: evil.test\r\n" + CLOSE, [400]),
        (b"GET /health/live HTTP/1.1\r\n" + CLOSE, [400]),
        (b"GET /health/live\r\n\r\n", [400]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
        (b"G\0T / HTTP/1.1\r\nHost: localhost\r\n" + CLOSE, [400]),
        (LIVE + b"X : 1\r\n" + CLOSE, [400]),
        (LIVE + b"X: \0\r\n" + CLOSE, [400]),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n" + CLOSE, [404]),
        (LIVE + b"".join(b"X-%d: 1\r\n" % number for number in range(1000)) + CLOSE, [200]),
    ],
)
def test_H15_strange_requests_get_one_refusal_each(server, request_bytes, expected):
    found = answers(server, request_bytes)
    assert [status(answer) for answer in found] == expected
    assert not any(word in b"".join(found) for word in (b"Traceback", b"Werkzeug", b"waitress"))


@pytest.mark.parametrize("host", [b"", b"evil.test", b"localhost:x", b"local host", b"[::1", b"a@localhost", b"\xff"])
def test_H15_H18_a_bad_host_is_refused(server, host):
    found = answers(server, b"GET /health/live HTTP/1.1\r\nHost: " + host + b"\r\n" + CLOSE)
    assert [status(answer) for answer in found] == [400]


def test_H15_tls_bytes_are_no_request_and_harm_nobody(server, monkeypatch):
    monkeypatch.setattr(wire, "PATIENCE_SECONDS", 1.0)
    with connect(server) as client:
        client.sendall(bytes.fromhex("16030100a5010000a10303") + bytes(150))
        assert is_closed(client, 10)
    assert time_of_others(server, 2) < 3


def test_H16_clients_that_leave_in_the_middle_leave_nothing_behind(server):
    before = threading.active_count()
    body = photo()
    for number in range(200):
        with connect(server) as client:
            client.sendall(PREDICT + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) * (number % 5) // 4])
    assert time_of_others(server, 4) < 3
    assert threading.active_count() <= before


@pytest.mark.parametrize(
    "path, kind", [("/", b"text/html"), ("/api/v1/predictions", b"application/problem+json"), (TF, b"application/json")]
)
def test_I27_what_the_server_refuses_before_it_is_read_is_answered_like_everything_else(server, path, kind):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    (answer,) = answers(server, head.encode() + b"Content-Length: 99999999\r\n\r\n", seconds=2)
    assert status(answer) == 413 and b"Content-Type: " + kind in answer and b"Connection: close" in answer
    assert b"too large" in answer and b"max_body" not in answer
    assert (b'type="file"' in answer) == (path == "/")


@pytest.mark.parametrize("size", [12 * 2**20, 40 * 2**20])
def test_I27_a_client_that_sends_all_of_a_body_that_is_too_large_gets_the_answer(server, size):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    client.request("POST", "/", bytes(size), {"Content-Type": "multipart/form-data; boundary=x"})
    answer = client.getresponse()
    assert answer.status == 413 and b"The request is too large" in answer.read()
    client.close()
    assert time_of_others(server, 2) < 5


def test_I27_who_never_stops_sending_is_cut_off(server, monkeypatch):
    monkeypatch.setattr(wire, "PATIENCE_SECONDS", 1)
    with connect(server) as client, pytest.raises(ConnectionError):
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
        until = time.monotonic() + 15
        while time.monotonic() < until:
            client.sendall(bytes(1000))
            time.sleep(0.05)
