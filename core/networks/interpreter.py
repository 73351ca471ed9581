"""The one place that opens LiteRT: networks, one a thread if need be, and work on many photos side by side."""

import os
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Progress = Callable[[int, int], None]  # progress(done, total)
_REPORT_EVERY = 10

Item = TypeVar("Item")
Result = TypeVar("Result")


class Network:
    """One LiteRT interpreter; serves one thread at a time.

    Args:
        model: The content of a `model.tflite` with one signature and the input `image`; several networks may share it.
        threads: Threads inside a forward pass.

    Attributes:
        shape: Of the input, `(1, height, width, 3)`.
        outputs: Shape of each output by name.

    Raises:
        ValueError, RuntimeError, KeyError: If the content is no such model.
    """

    def __init__(self, model: bytes, threads: int):
        from ai_edge_litert.interpreter import Interpreter  # 0.1 s; pages that predict nothing do not pay

        self._interpreter = Interpreter(model_content=model, num_threads=threads)
        signature = self._interpreter.get_signature_runner()
        image, outputs = signature.get_input_details()["image"], signature.get_output_details()
        self.shape = tuple(int(length) for length in image["shape"])
        self.outputs = {name: tuple(int(length) for length in item["shape"]) for name, item in outputs.items()}
        self._input = image["index"]
        self._indices = {name: item["index"] for name, item in outputs.items()}
        del signature  # it would keep invoke() from running
        self._interpreter.allocate_tensors()

    def __call__(self, pixels: np.ndarray, names: Collection[str]) -> dict[str, np.ndarray]:
        """One forward pass.

        Args:
            pixels: `uint8` or `float32` of 0-255, shape `(height, width, 3)`, RGB.
            names: Which outputs to copy out; unknown ones are left out.

        Returns:
            By name, each with a first axis of one photo.
        """
        self._interpreter.tensor(self._input)()[0] = pixels  # converted into the network's own memory, no copy between
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(self._indices[name]) for name in names if name in self._indices}


class NetworkPerThread:
    """A single-threaded `Network` for each thread that asks: decoding and passes overlap, every core is used once."""

    def __init__(self, model: bytes):
        self._model = model
        self._local = threading.local()

    def __call__(self, pixels: np.ndarray, names: Collection[str]) -> dict[str, np.ndarray]:
        """One forward pass, as `Network`."""
        if not hasattr(self._local, "network"):
            self._local.network = Network(self._model, 1)
        return self._local.network(pixels, names)


def in_parallel(
    work: Callable[[Item], Result], items: Iterable[Item], total: int, progress: Progress | None = None
) -> list[Result]:
    """Works on items side by side, one a core.

    Args:
        work: Decodes a photo, asks a `NetworkPerThread`, or both.
        items: What to work on.
        total: How many there are.
        progress: Called with (items done, `total`) after every tenth and the last.

    Returns:
        The results, in order.
    """
    results = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            if progress and (len(results) % _REPORT_EVERY == 0 or len(results) == total):
                progress(len(results), total)
    return results
