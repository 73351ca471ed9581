"""What the index knows of one photo: size, content hash, look, brightness, sharpness, or its problem."""

import hashlib
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from core.dataset import images
from core.errors import ImageError


def measure(folder: Path, entry: dict) -> dict:
    """Measures one photo; whatever is wrong with it becomes its `problem`, nothing is raised.

    Args:
        folder: The dataset's folder.
        entry: At least `path` (relative to `folder`) and `bytes`.

    Returns:
        `entry` with `sha256`, `width`, `height` (upright pixels), `brightness` (mean, 0-255), `sharpness` (variance
        of the Laplacian at 128 x 128), `phash` and `phash_mirrored` (64-bit perceptual hashes as 16 hex digits), or
        with as many of them as could be had and `problem`.
    """
    row = dict(entry)
    try:
        path = folder / entry["path"]
        if entry["bytes"] > images.MAX_BYTES:
            return {**row, "problem": "file-too-large"}
        content = path.read_bytes()
        row["sha256"] = hashlib.sha256(content).hexdigest() if content else ""
        row["width"], row["height"] = images.probe(content)
        return row | _look(images.decode(content))
    except ImageError as error:
        return {**row, "problem": error.code}
    except OSError:
        return {**row, "problem": "unreadable"}


def _look(picture: np.ndarray) -> dict:
    grey = Image.fromarray(picture).convert("L").resize((128, 128), Image.Resampling.BOX, reducing_gap=2.0)
    pixels = np.asarray(grey, dtype=np.float64)
    neighbours = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    return {
        "brightness": pixels.mean(),
        "sharpness": (4 * pixels[1:-1, 1:-1] - neighbours).var(),
        "phash": str(imagehash.phash(grey)),
        "phash_mirrored": str(imagehash.phash(grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT))),
    }
