"""One epoch of the baseline CNN: our pipeline against loading every photo in Python, batch by batch.

The second way is what `ImageDataGenerator` did: open, resize and augment each photo anew in every epoch, in Python,
with SciPy's affine transform. Network, batch size and photos are the same; each way runs in a fresh process, in turn.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from core.paths import Paths
from core.runs.presets import preset
from core.sample.drawn_dataset import draw_sample

_WAYS = ("ours", "generator", "generator-same-kernels")
_ROUNDS = 2


def measure(folder: Path | None = None) -> dict:
    """Measures all ways in turn, twice.

    Returns:
        Median seconds an epoch: `ours_seconds` (the one-time decoding spread over the preset's epochs),
        `generator_seconds` (as tutorials run it) and `generator_same_kernels_seconds` (with our choice of TensorFlow's
        kernels); `ratio` and `ratio_same_kernels` of these to ours; the number of photos.
    """
    folder = folder or Paths.from_env().data_dir / "sample"
    if not folder.exists():
        draw_sample(folder)
    results = [{way: _run(way, folder) for way in _WAYS} for _ in range(_ROUNDS)]
    epochs = preset("baseline-cnn").epochs
    ours = median(row["ours"]["epoch"] + row["ours"]["decode"] / epochs for row in results)
    generator, same_kernels = (median(row[way]["epoch"] for row in results) for way in _WAYS[1:])
    return {
        "ours_seconds": ours,
        "generator_seconds": generator,
        "generator_same_kernels_seconds": same_kernels,
        "ratio": generator / ours,
        "ratio_same_kernels": same_kernels / ours,
        "photos": results[0]["ours"]["photos"],
    }


def _run(way: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.epoch", way, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(done.stdout.splitlines()[-1])
