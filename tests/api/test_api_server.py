"""How the server starts and stops: addresses, limits, and requests that are answered before it ends."""

import http.client
import socket
import threading
import time

import pytest
import waitress
from click.testing import CliRunner

from api import __main__ as command
from api import server
from api.settings import Settings


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Runs the command without a socket; returns what waitress was created with."""
    created = {}
    monkeypatch.setattr(waitress, "create_server", lambda app, **options: created.update(options, app=app))
    monkeypatch.setattr(server.Server, "run", lambda self: created.update(ran=True))
    monkeypatch.setenv("TUSKSCOPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TUSKSCOPE_DATA", str(tmp_path / "data"))
    return created


def start(*arguments: str):
    return CliRunner().invoke(command.main, arguments)


def test_it_starts_on_this_machine_even_without_a_run(started):
    result = start()
    assert result.exit_code == 0, result.output
    assert started["ran"] and (started["host"], started["port"]) == ("127.0.0.1", 8000)


def test_its_limits_are_those_of_the_reliability_page(started):
    start("--port", "8010")
    settings = Settings()
    assert started["threads"] >= max(24, settings.predict_slots + settings.queue + 6)
    assert (started["connection_limit"], started["channel_timeout"], started["cleanup_interval"]) == (
        500,
        15,
        5,
    )
    assert started["max_request_body_size"] == 11 * 2**20 > settings.max_body


def test_more_slots_get_more_threads(started, monkeypatch):
    monkeypatch.setenv("TUSKSCOPE_API_QUEUE", "60")
    start()
    assert started["threads"] > 62


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.test"])
def test_an_address_for_everybody_needs_a_key(started, monkeypatch, host):
    result = start("--host", host)
    assert result.exit_code == 2 and "TUSKSCOPE_API_KEY" in result.output and "ran" not in started
    monkeypatch.setenv("TUSKSCOPE_API_KEY", "k")
    assert start("--host", host).exit_code == 0 and started["ran"]


@pytest.mark.parametrize("host", ["::", "::1", ""])
def test_what_is_no_ipv4_address_is_refused(started, monkeypatch, host):
    monkeypatch.setenv("TUSKSCOPE_API_KEY", "k")
    assert start("--host", host).exit_code == 2 and "ran" not in started


def test_an_impossible_setting_is_one_sentence(started, monkeypatch):
    monkeypatch.setenv("TUSKSCOPE_API_QUEUE", "many")
    result = start()
    assert result.exit_code == 1 and "TUSKSCOPE_API_QUEUE" in result.output and "Traceback" not in result.output


class Running:
    """A real server on a free port of this machine whose answers take a moment."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.release = threading.Event()
        self.server = server.Server(self._answer, "127.0.0.1", 0, Settings())
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def _answer(self, environ, start_response):
        self.begun.release()
        self.release.wait(5)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    def ask(self) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.request("POST", "/", b"x" * 100_000)
            return connection.getresponse().read()
        finally:
            connection.close()


def test_K4_requests_that_have_begun_are_answered_before_it_ends():
    running, answers = Running(), []
    clients = [threading.Thread(target=lambda: answers.append(running.ask())) for _ in range(8)]
    for client in clients:
        client.start()
    for _ in clients:
        assert running.begun.acquire(timeout=5)
    running.server.stop()
    running.release.set()
    for thread in [*clients, running.thread]:
        thread.join(10)
    assert answers == [b"done"] * 8 and not running.thread.is_alive()


def test_K4_a_body_that_is_still_arriving_is_awaited():
    running = Running()
    running.release.set()
    with socket.create_connection(("127.0.0.1", running.server.port), timeout=10) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n12345")
        time.sleep(0.2)
        running.server.stop()
        time.sleep(0.6)
        client.sendall(b"67890")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    running.thread.join(10)
    assert not running.thread.is_alive()


def test_K4_idle_connections_do_not_hold_it_up():
    running = Running()
    with socket.create_connection(("127.0.0.1", running.server.port), timeout=10):
        time.sleep(0.1)
        started = time.monotonic()
        running.server.stop()
        running.thread.join(10)
        assert time.monotonic() - started < 5 and not running.thread.is_alive()
