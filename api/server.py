"""Waitress with the limits of docs/reliability.md, and an end that drops no request that has begun.

Waitress alone drops requests whose body is still arriving when it is told to stop. Here the socket loop goes
on until every connection is idle, or `DRAIN_SECONDS` have passed.
"""

import signal
import threading
import time
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.wasyncore import close_all, loop

from api.settings import MEBIBYTE, Settings
from api.wire import Channel, close_slow

THREADS = 24  # more than slots + queue (18), so that one is left to say 503 and to answer health checks
LAST_CALL_SECONDS = 0.3  # connections that the system has accepted already are still taken
DRAIN_SECONDS = 10.0


class Server:
    """One listening address.

    Args:
        app: The WSGI application.
        host: IPv4 address or host name.
        port: TCP port; 0 takes a free one.
        settings: The limits; more slots get more threads.
    """

    def __init__(self, app: Any, host: str, port: int, settings: Settings):
        self._sockets: dict = {}
        self._stop = threading.Event()
        self._http = waitress.create_server(
            app,
            map=self._sockets,
            host=host,
            port=port,
            ipv6=False,
            threads=max(THREADS, settings.predict_slots + settings.queue + 6),
            channel_request_lookahead=1,  # reads on while it answers: only so it sees that a client went away
            recv_bytes=262_144,  # a photo arrives in one or two reads
            connection_limit=500,
            channel_timeout=15,
            cleanup_interval=5,
            backlog=500,
            max_request_body_size=max(11 * MEBIBYTE, settings.max_body),
            ident=None,
            clear_untrusted_proxy_headers=True,
        )

    @property
    def port(self) -> int:
        return self._http.effective_port

    def stop(self, *_: object) -> None:
        """Ends `run` soon; fit for a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Serves until `stop`, SIGTERM or Ctrl-C; requests that have begun are answered first."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self.stop)
        self._http.channel_class = Channel
        while not self._stop.is_set():
            self._turn(0.5)
            close_slow(self._sockets.values())
        self._drain()
        self._http.task_dispatcher.shutdown()
        close_all(self._sockets)

    def _drain(self) -> None:
        stopped = time.monotonic()
        while (waited := time.monotonic() - stopped) < DRAIN_SECONDS:
            if waited >= LAST_CALL_SECONDS:
                for item in self._sockets.values():
                    if isinstance(item, BaseWSGIServer):
                        item.accepting = False
                if not self._is_busy():
                    return
            self._turn(0.02)

    def _turn(self, seconds: float) -> None:
        loop(timeout=seconds, use_poll=True, map=self._sockets, count=1)

    def _is_busy(self) -> bool:
        """Whether some request is arriving, being answered, or its answer is on the way."""
        channels = [item for item in self._sockets.values() if isinstance(item, HTTPChannel)]
        return any(item.request or item.requests or item.total_outbufs_len for item in channels)
