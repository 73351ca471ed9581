"""Maps of the methods that need TensorFlow, made in a process of their own: 600 MiB that leave when it is done."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.dataset.images import resize
from core.errors import MethodUnavailableError
from core.explanation.methods import ALL
from core.explanation.overlay import encode_png
from core.paths import Paths
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
        self._shape = image.shape[:2]
        self._read: set[str] = set()
        self._folder = Path(tempfile.mkdtemp(prefix="tuskscope-maps-"))
        photo, log = self._folder / "photo.png", self._folder / "log.txt"
        photo.write_bytes(encode_png(resize(image, run.image_size)))
        command = [
            sys.executable,
            "-m",
            "core",
            "explain",
            str(photo),
            f"--class={class_name}",
            "--run",
            run.run_id,
            "--raw",
            str(self._folder / "map.npy"),
        ]
        for method in self.methods:
            command += ["--method", method]
        environment = {**os.environ, "TUSKSCOPE_DATA": str(paths.data_dir), "TUSKSCOPE_MODELS": str(paths.models_dir)}
        try:
            with log.open("wb") as written:
                self._process = subprocess.Popen(
                    command,
                    cwd=Path(__file__).parent.parent.parent,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=written,
                )
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
        is_over = self._process.poll() is not None  # asked first: what it wrote last is then there to be read
        found = {}
        for method in self.methods:
            name = "map.npy" if len(self.methods) == 1 else f"map-{method}.npy"
            if method not in self._read and (self._folder / name).exists():
                small = Image.fromarray(np.load(self._folder / name, allow_pickle=False))
                large = np.asarray(small.resize(self._shape[::-1], Image.Resampling.BILINEAR))
                found[method] = np.clip(large, 0, 1)
                self._read.add(method)
        if not found and self.is_running and is_over:
            raise MethodUnavailableError(self._stop(_reason(self._folder / "log.txt")))
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
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _stop(self, reason: str) -> str:
        self.close()
        self._read = set(self.methods)
        return reason


def _reason(log: Path) -> str:
    """The sentence that the command line gave."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return said[-1] if said else "The maps could not be made: the process ended. Is there enough memory free?"
