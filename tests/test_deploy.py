"""The files in deploy/ work as they are: gunicorn drains, nginx hands over from a replica that stops to the other."""

import os
import shutil
import signal
import socket
import sys
import threading
from importlib.util import find_spec

import pytest
from server_process import ROOT, api, free_port, get, post, running

from benchmarks.clients import exchange, request

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="deploy/ is for Linux servers")]


@pytest.fixture(scope="module")
def photo(trained_paths) -> bytes:
    return next((trained_paths.data_dir / "world" / "test").rglob("*.png")).read_bytes()


@pytest.fixture
def nginx(tmp_path):
    """Writes deploy/nginx.conf with other ports and folders and gives its command."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if not program:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")

    def command(port: int, replicas: tuple[int, int]) -> list[str]:
        text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for old, new in zip((8080, 8001, 8002), (port, *replicas), strict=True):
            assert text.count(f"127.0.0.1:{old}") == 1
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        text = text.replace("/tmp/tuskscope-nginx", str(tmp_path / "nginx"))
        if os.geteuid() == 0:
            text = "user root;\n" + text  # the temporary folder belongs to root
        (tmp_path / "nginx.conf").write_text(text)
        return [program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]

    return command


def test_a_replica_that_stops_behind_nginx_is_not_noticed(trained_paths, photo, nginx):
    first, first_port = api(trained_paths)
    second, second_port = api(trained_paths)
    port = free_port()
    with first as process, second, running(nginx(port, (first_port, second_port)), port):
        statuses, enough = [], threading.Event()

        def ask_on() -> None:
            for _ in range(15):
                statuses.append(post(port, photo)[0])
                if len(statuses) >= 12:
                    enough.set()

        clients = [threading.Thread(target=ask_on) for _ in range(4)]
        for client in clients:
            client.start()
        assert enough.wait(60)
        process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(120)
        assert statuses == [200] * 60 and process.wait(20) == 0
        assert get(port, "/health/ready")[0] == 200 and b"What does this photo show?" in get(port, "/")[1]


def test_the_upload_page_takes_a_form_through_nginx(trained_paths, photo, nginx):
    replica, replica_port = api(trained_paths)
    port = free_port()
    with replica, running(nginx(port, (replica_port, replica_port)), port):
        head = 'Content-Disposition: form-data; name="image"; filename="a.png"'
        body = f"--limit\r\n{head}\r\n\r\n".encode() + photo + b"\r\n--limit--\r\n"
        lines = (
            "POST / HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Content-Type: multipart/form-data; boundary=limit",
            f"Content-Length: {len(body)}",
        )
        message = "\r\n".join([*lines, "", ""]).encode() + body
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            assert exchange(connection, message)[0] == 200


@pytest.mark.skipif(not find_spec("gunicorn"), reason="gunicorn is not installed (pip install gunicorn)")
def test_K4_gunicorn_answers_what_has_begun(trained_paths, photo):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "api.app:create_app()"]
    folders = {"TUSKSCOPE_MODELS": str(trained_paths.models_dir), "TUSKSCOPE_DATA": str(trained_paths.data_dir)}
    with running(command, port, TUSKSCOPE_BIND=f"127.0.0.1:{port}", **folders) as process:
        assert all(post(port, photo)[0] == 200 for _ in range(3))
        connections = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(8)]
        for connection in connections:
            connection.sendall(request("/api/v1/predictions", photo))
        get(port, "/health/live")  # so all of them have been accepted
        process.send_signal(signal.SIGTERM)
        assert [exchange(connection, b"")[0] for connection in connections] == [200] * 8
        for connection in connections:
            connection.close()
        assert process.wait(20) == 0
