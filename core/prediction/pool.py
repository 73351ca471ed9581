"""LiteRT interpreters lent to threads: all cores for a lone caller, one core each when several ask at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.networks.interpreter import Network


class Pool:
    """Lends networks so that the cores are used but never oversubscribed.

    Measured on two cores: a pass with two threads takes little more than half the time, but two passes with one
    thread each cost 3-7 % less processor time in all. So a caller who is alone gets the network with all cores, and
    callers at the same time get one core each; never both at once.

    Args:
        model: As `Network`.
        size: How many callers may run at the same time. Above 1 so many narrow networks are made beside the wide one
            (one more copy of the weights each).
        threads: Of the wide network.
    """

    def __init__(self, model: bytes, size: int, threads: int):
        self._narrow = [Network(model, 1) for _ in range(size)] if size > 1 else []
        self._wide = Network(model, threads) if threads > 1 or not self._narrow else None
        self._free = list(self._narrow)
        self._wide_is_lent = False
        self._callers = 0
        self._changed = threading.Condition()
        self.size = size
        self.shape, self.outputs = self.networks()[0].shape, self.networks()[0].outputs

    def networks(self) -> list[Network]:
        """All of them, to warm them up before the pool is shared."""
        return [self._wide, *self._narrow] if self._wide else list(self._narrow)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Announces a caller who will need a network in a moment, so that the choice knows who else is there."""
        with self._changed:
            self._callers += 1
        try:
            yield
        finally:
            with self._changed:
                self._callers -= 1

    @contextmanager
    def lent(self) -> Iterator[Network]:
        """A network for one pass; waits until one is free."""
        with self._changed:
            while (network := self._take()) is None:
                self._changed.wait()
        try:
            yield network
        finally:
            with self._changed:
                if network is self._wide:
                    self._wide_is_lent = False
                else:
                    self._free.append(network)
                self._changed.notify_all()

    def _take(self) -> Network | None:
        if self._wide_is_lent:
            return None
        is_quiet = self._callers <= 1 and len(self._free) == len(self._narrow)
        if self._wide and (is_quiet or not self._narrow):
            self._wide_is_lent = True
            return self._wide
        return self._free.pop() if self._free else None
