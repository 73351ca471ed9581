"""What waitress leaves open: requests with two lengths, bodies that are too large, clients that hardly send or read."""

import contextlib
import socket
import time
from collections.abc import Iterable

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, RequestEntityTooLarge

PATIENCE_SECONDS = 15.0  # as long as waitress waits for a silent client
SLOWEST_BYTES = 1024  # a second: one byte a second would hold a connection for months
MANY_BYTES = 65_536  # so much may come in chunks of any size


class Parser(HTTPRequestParser):
    """Refuses a request with a length and chunks, which a proxy before us might read as another one (smuggling).

    Refuses a long body of tiny chunks, too: half a million chunks of one byte cost 3.5 s of the thread that serves
    all connections. Chunks of 42 bytes and more are fine.
    """

    completed: bool

    def received(self, data: bytes) -> int:
        """As in waitress: how many bytes were taken."""
        taken = super().received(data)
        if self.chunked and not self.completed and self.body_bytes_received > MANY_BYTES:
            if len(self.body_rcv) * 8 < self.body_bytes_received * 7:
                self.error, self.completed = BadRequest("The chunks are too small"), True
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """As in waitress.

        Raises:
            ParsingError: Also for `Content-Length` beside `Transfer-Encoding`; it becomes a 400 and the end.
        """
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length beside Transfer-Encoding")


class ErrorAnswer(WSGITask):
    """Lets the application say in its own words and shape that a body is too large; it refuses before it reads one."""

    def execute(self) -> None:
        """As in waitress."""
        if not isinstance(self.request.error, RequestEntityTooLarge):
            self.complete = True
            return ErrorTask.execute(self)
        self.set_close_on_finish()
        self.channel.is_too_much = True
        super().execute()


class Channel(HTTPChannel):
    """One connection that is closed when its client is too slow.

    After the answer to a body that is too large it stays open for what still arrives: browsers that are cut off while
    they send show an error of their own, not the answer.
    """

    parser_class = Parser
    error_task_class = ErrorAnswer
    is_too_much = False
    _ends_at = 0.0
    _arriving: HTTPRequestParser | None = None
    _since = 0.0

    def handle_close(self) -> None:
        """As in waitress; the first time after a body that is too large only the way to the client is closed."""
        if self.is_too_much and self.connected and not self._ends_at:
            self.will_close, self._ends_at = False, time.time() + PATIENCE_SECONDS
            with contextlib.suppress(OSError):
                return self.socket.shutdown(socket.SHUT_WR)
        super().handle_close()

    def readable(self) -> bool:
        """As in waitress."""
        return bool(self._ends_at) or super().readable()

    def received(self, data: bytes) -> bool:
        """As in waitress; what comes too late is thrown away."""
        return False if self._ends_at else super().received(data)

    def lose_patience(self, now: float) -> None:
        """Closes the connection if a request arrives too slowly, or nobody reads its answer.

        Waitress's own `will_close` waits until the client reads, which this one does not.

        Args:
            now: Seconds since the epoch.
        """
        if self.request is not self._arriving:
            self._arriving, self._since = self.request, now
        is_over = self._ends_at and now > self._ends_at
        is_unread = self.total_outbufs_len and now - self.last_activity > PATIENCE_SECONDS
        if is_over or is_unread or self._drips(now - self._since):
            self.handle_close()

    def _drips(self, seconds: float) -> bool:
        if self.request is None or seconds <= PATIENCE_SECONDS:
            return False
        received = self.request.header_bytes_received + self.request.body_bytes_received
        return received < seconds * SLOWEST_BYTES


def close_slow(connections: Iterable) -> None:
    """Closes the connections of clients that are too slow; runs in the thread of the sockets."""
    now = time.time()
    for channel in list(connections):
        if isinstance(channel, Channel):
            channel.lose_patience(now)
