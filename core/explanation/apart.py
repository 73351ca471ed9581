"""Maps of the methods that need TensorFlow, made in a process of their own: 600 MiB that leave when it is done."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.dataset.framing import frame
from core.dataset.images import resize
from core.errors import MethodUnavailableError
from core.explanation.methods import ALL
from core.explanation.overlay import encode_png
from core.paths import Paths
from core.processes import CoreProcess
from core.runs.folder import Run

START_SECONDS = 12  # TensorFlow's import and the model's load, on two cores
LONGEST_SECONDS = 240


class MapsApart:
    """Some maps of one photo that are being made by `python -m core explain` in another process.

    Nobody has to wait: `finished` gives what is ready, one map after the other.

    Args:
        image: `uint8`, shape `(height, width, 3)`; only what the network sees of it leaves this process.
        class_name: The class to explain.
        methods: Keys of `core.explanation.methods.ALL`.
        run: A succeeded run.
        paths: Where the runs lie.

    Raises:
        MethodUnavailableError: If no process can be started.
    """

    def __init__(self, image: np.ndarray, class_name: str, methods: Sequence[str], run: Run, paths: Paths):
        self.methods = tuple(methods)
        self.started = time.monotonic()
        self._shape, self._seen = image.shape[:2], frame(image.shape[:2], run.framing)
        seen = image[self._seen]
        self._size = seen.shape[1::-1]
        self._read: set[str] = set()
        self._folder = Path(tempfile.mkdtemp(prefix="tuskscope-maps-"))
        photo = self._folder / "photo.png"
        photo.write_bytes(encode_png(resize(seen, run.image_size)))
        arguments: list[str | Path] = ["explain", photo, f"--class={class_name}", "--run", run.run_id]
        arguments += ["--raw", self._folder / "map.npy"]
        for method in self.methods:
            arguments += ["--method", method]
        try:
            self._process = CoreProcess(arguments, paths, self._folder / "log.txt", "The process that makes the maps")
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise MethodUnavailableError("No process could be started for the maps. Close other programs.") from error

    def finished(self) -> dict[str, np.ndarray]:
        """The maps that became ready since the last call.

        Returns:
            Method to `float32`, shape `(height, width)` of the photo, 0-1.

        Raises:
            MethodUnavailableError: If the process failed or takes too long; no more maps will come.
        """
        is_over = not self._process.is_alive  # asked first: what it wrote last is then there to be read
        found = {}
        for method in self.methods:
            name = "map.npy" if len(self.methods) == 1 else f"map-{method}.npy"
            if method not in self._read and (self._folder / name).exists():
                small = Image.fromarray(np.load(self._folder / name, allow_pickle=False))
                large = np.asarray(small.resize(self._size, Image.Resampling.BILINEAR))
                found[method] = np.zeros(self._shape, np.float32)
                found[method][self._seen] = np.clip(large, 0, 1)
                self._read.add(method)
        if not found and self.is_running and is_over:
            raise MethodUnavailableError(self._stop(self._process.failure or "The maps were not written. Try again."))
        if self.is_running and time.monotonic() - self.started > LONGEST_SECONDS:
            raise MethodUnavailableError(self._stop("The maps took too long. Close other programs and try again."))
        if not self.is_running:
            self.close()
        return found

    @property
    def is_running(self) -> bool:
        """Whether more maps are to come."""
        return len(self._read) < len(self.methods)

    @property
    def seconds_left(self) -> float:
        """An estimate; never less than one second."""
        expected = START_SECONDS + sum(ALL[method].seconds for method in self.methods)
        return max(1.0, self.started + expected - time.monotonic())

    @property
    def fraction(self) -> float:
        """Of the expected time that is over, 0-1."""
        spent = time.monotonic() - self.started
        return min(0.97, spent / (spent + self.seconds_left))

    @property
    def doing(self) -> str:
        """The title of the method that is being made."""
        return next((ALL[method].title for method in self.methods if method not in self._read), "")

    def close(self) -> None:
        """Ends the process and removes what it wrote; harmless if called twice."""
        self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _stop(self, reason: str) -> str:
        self.close()
        self._read = set(self.methods)
        return reason
