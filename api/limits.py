"""Who may work now: slots for decoding and predicting, a bounded queue in front of them, a rate per address.

A request that waits too long, or whose client went away, gives its place back. The server needs more threads than
`predict_slots + queue`: only then is there one left to say 503 or to answer a health check while all others wait.
"""

import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from flask import current_app, request

from api.problems import Problem
from api.settings import Settings
from core.dataset.framing import Framing
from core.dataset.images import decode
from core.errors import BusyError, RunInvalidError
from core.memory import release_freed
from core.prediction.predictor import Prediction, Predictor

# They have slots, or, the last, must always answer.
UNLIMITED = ("predictions", "explanations", "tf_serving", "open_inference", "health")
MAX_ADDRESSES = 1000
TIDY_SECONDS = 2.0
LOOK_SECONDS = 0.2  # how often a waiting request looks whether its client is still there


class Slots:
    """The semaphores of one server process."""

    def __init__(self, settings: Settings):
        self.admitted = threading.BoundedSemaphore(settings.predict_slots + settings.queue)
        self.decoding = threading.BoundedSemaphore(settings.decode_slots)
        self.predicting = threading.BoundedSemaphore(settings.predict_slots)


class Tidy:
    """Gives freed memory back every few seconds while requests come: large pictures left 60 MiB otherwise."""

    def __init__(self) -> None:
        self._due = 0.0

    def __call__(self, error: BaseException | None = None) -> None:
        """After a request; costs some milliseconds when it is time."""
        if (now := time.monotonic()) >= self._due:
            self._due = now + TIDY_SECONDS
            release_freed()


class Turn:
    """One admitted request: it decodes and predicts when a slot is free.

    Args:
        slots: Of the process.
        seconds: After which it gives up waiting.
        is_gone: Whether its client went away; then it gives up too.
    """

    def __init__(self, slots: Slots, seconds: float, is_gone: Callable[[], bool] = lambda: False):
        self._slots = slots
        self._deadline = time.monotonic() + seconds
        self._is_gone = is_gone

    def decode(
        self, content: bytes, image_size: tuple[int, int] | None = None, framing: Framing = "squash"
    ) -> np.ndarray:
        """As `core.dataset.images.decode`, in a decode slot.

        Args:
            content: An encoded picture.
            image_size: Of the network, `(height, width)`, where nothing but a prediction is wanted: saves two copies.
            framing: What it sees of the photo; only with `image_size`.
        """
        with self._slot(self._slots.decoding):
            return decode(content, image_size=image_size, framing=framing)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Holds a decode slot, for what takes as much memory as decoding."""
        with self._slot(self._slots.decoding):
            yield

    def predict(self, predictor: Predictor, image: np.ndarray) -> Prediction:
        """What the run says of one picture, in a predict slot."""
        with self.predicting():
            return predictor.predict([image])[0]

    @contextmanager
    def predicting(self) -> Iterator[None]:
        """Holds a predict slot; a run that gives no numbers becomes a 500 of its own."""
        with self._slot(self._slots.predicting):
            try:
                yield
            except RunInvalidError as error:
                raise Problem("model-output-invalid") from error

    @contextmanager
    def _slot(self, semaphore: threading.Semaphore) -> Iterator[None]:
        while not semaphore.acquire(timeout=max(0.0, min(LOOK_SECONDS, self._deadline - time.monotonic()))):
            self._look()
            if time.monotonic() >= self._deadline:
                raise BusyError("The server is busy and the request waited too long. Try again in a moment.")
        try:
            self._look()
            yield
        finally:
            semaphore.release()

    def _look(self) -> None:
        if self._is_gone():
            raise Problem("client-gone")


@contextmanager
def admitted(seconds: float) -> Iterator[Turn]:
    """Lets a request in, or refuses it at once when the queue is full.

    Raises:
        BusyError: If all slots are taken and the queue is full.
    """
    slots: Slots = current_app.extensions["slots"]
    if not slots.admitted.acquire(blocking=False):
        raise BusyError("The server is busy. Try again in a moment.")
    try:
        yield Turn(slots, seconds, _watch(request.environ))
    finally:
        slots.admitted.release()


def _watch(environ: dict) -> Callable[[], bool]:
    """How to see that the client of a request closed its connection; under an unknown server nobody looks."""
    if "waitress.client_disconnected" in environ:
        return environ["waitress.client_disconnected"]
    connection = environ.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        return lambda: False

    def is_closed() -> bool:
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    return is_closed


class Rate:
    """A token bucket an address: bursts of one second's worth are fine, more gets 429."""

    def __init__(self, per_second: int):
        self._per_second = per_second
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Takes one token; the least recently seen address is forgotten when there are too many."""
        with self._lock:
            tokens, seen = self._buckets.pop(address, (float(self._per_second), now))
            tokens = min(float(self._per_second), tokens + (now - seen) * self._per_second)
            self._buckets[address] = (tokens - 1 if tokens >= 1 else tokens, now)
            if len(self._buckets) > MAX_ADDRESSES:
                self._buckets.popitem(last=False)
            return tokens >= 1


def check_rate() -> None:
    """Refuses a request above the rate of its address; runs before every request."""
    rate: Rate | None = current_app.extensions["rate"]
    if rate and request.blueprint not in UNLIMITED and not rate.take(request.remote_addr or "", time.monotonic()):
        raise Problem("too-many-requests", headers={"Retry-After": "1"})
