"""Clients that ask one address as fast as it answers; a process of its own, so that it shares no lock with a server.

`python -m benchmarks.clients PORT PATH FILE CLIENTS SECONDS [REQUESTS]` prints what it saw as JSON.
"""

import json
import re
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def load(
    port: int, path: str, photo: bytes, clients: int, seconds: float, requests: int = 10**9, patience: float = 1.0
) -> dict:
    """Sends one photo again and again over kept connections of this machine.

    Args:
        port: TCP port on 127.0.0.1.
        path: Where to POST it.
        photo: A JPEG file.
        clients: Connections; each waits for its answer before it asks again.
        seconds: When to stop.
        requests: Or after so many answers.
        patience: Seconds that a client waits after a 503; the API asks for 1.

    Returns:
        `requests`, `per_second`, `p50_ms`, `p99_ms` of the answers with status 200, and the count of each `status`;
        `0` stands for a connection that broke.
    """
    message = request(path, photo)
    seconds_taken: list[float] = []
    statuses: Counter = Counter()
    started = time.perf_counter()

    def ask_on() -> None:
        connection = None
        while time.perf_counter() - started < seconds and statuses.total() < requests:
            began = time.perf_counter()
            try:
                connection = connection or socket.create_connection(("127.0.0.1", port), timeout=60)
                status, is_kept = exchange(connection, message)
            except OSError:
                status, is_kept = 0, False
            statuses[status] += 1
            if status == 200:
                seconds_taken.append(time.perf_counter() - began)
            if not is_kept:
                connection = None
            if status == 503:
                time.sleep(patience)
        if connection:
            connection.close()

    threads = [threading.Thread(target=ask_on) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    ordered = sorted(seconds_taken) or [float("nan")]
    return {
        "requests": statuses.total(),
        "per_second": len(seconds_taken) / elapsed,
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[len(ordered) * 99 // 100],
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
    }


def request(path: str, photo: bytes) -> bytes:
    """The bytes of one request with the photo as the body."""
    lines = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: image/jpeg", f"Content-Length: {len(photo)}")
    return "\r\n".join([*lines, "", ""]).encode() + photo


def exchange(connection: socket.socket, message: bytes) -> tuple[int, bool]:
    """Sends one request and reads its answer: status, and whether the connection stays open.

    Raises:
        OSError: If the connection breaks.
    """
    connection.sendall(message)
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _more(connection)
    head = answer[:end]
    left = int(_LENGTH.search(head)[1]) - (len(answer) - end - 4)
    while left > 0:
        left -= len(_more(connection))
    is_kept = head.startswith(b"HTTP/1.1") and b"connection: close" not in head.lower()
    if not is_kept:
        connection.close()
    return int(_STATUS.match(head)[1]), is_kept


def _more(connection: socket.socket) -> bytes:
    block = connection.recv(65_536)
    if not block:
        raise ConnectionError("The server closed the connection within an answer.")
    return block


if __name__ == "__main__":
    port, path, file, clients, seconds = sys.argv[1:6]
    limit = [int(number) for number in sys.argv[6:7]]
    print(json.dumps(load(int(port), path, Path(file).read_bytes(), int(clients), float(seconds), *limit)))
