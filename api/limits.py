"""Who may work now: slots for decoding and predicting, a bounded queue in front of them, a rate per address.

The server needs more threads than `predict_slots + queue`: only then is there one left to say 503 or to
answer a health check while all others wait.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from flask import current_app, request

from api.errors import Problem
from api.settings import Settings
from core.dataset.images import decode
from core.errors import BusyError, RunInvalidError
from core.prediction.predictor import Prediction, Predictor

# They have slots, or, the last, must always answer.
UNLIMITED = ("predictions", "explanations", "tf_serving", "open_inference", "health")
MAX_ADDRESSES = 1000


class Slots:
    """The semaphores of one server process."""

    def __init__(self, settings: Settings):
        self.admitted = threading.BoundedSemaphore(settings.predict_slots + settings.queue)
        self.decoding = threading.BoundedSemaphore(settings.decode_slots)
        self.predicting = threading.BoundedSemaphore(settings.predict_slots)


class Turn:
    """One admitted request: it decodes and predicts when a slot is free, and gives up at its deadline."""

    def __init__(self, slots: Slots, seconds: float):
        self._slots = slots
        self._deadline = time.monotonic() + seconds

    def decode(self, content: bytes) -> np.ndarray:
        """As `core.dataset.images.decode`, in a decode slot."""
        with self._slot(self._slots.decoding):
            return decode(content)

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
                detail = "The served run failed its self-check. Roll back to an earlier one."
                raise Problem(500, "model-output-invalid", detail) from error

    @contextmanager
    def _slot(self, semaphore: threading.Semaphore) -> Iterator[None]:
        if not semaphore.acquire(timeout=max(0.0, self._deadline - time.monotonic())):
            raise BusyError("The server is busy and the request waited too long. Try again in a moment.")
        try:
            yield
        finally:
            semaphore.release()


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
        yield Turn(slots, seconds)
    finally:
        slots.admitted.release()


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
    if (
        rate
        and request.blueprint not in UNLIMITED
        and not rate.take(request.remote_addr or "", time.monotonic())
    ):
        raise Problem(429, "too-many-requests", "Too many requests. Wait a second.", {"Retry-After": "1"})
