"""Boxes that MegaDetector found, read from its JSON (format 1.6) and cut out of a photo."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DatasetError

LEAST_CONFIDENCE = 0.2  # what MegaDetector 5 and its tools take for a detection
MARGIN = 0.1  # of the box, added on each side

Box = tuple[float, float, float, float]  # left, top, width, height, as shares of the upright photo


@dataclass(frozen=True)
class Detection:
    """The most certain animal of a photo.

    Attributes:
        confidence: Of the detector, 0–1; 0 if it found none.
        box: `None` if no box reaches the least confidence.
    """

    confidence: float
    box: Box | None


def read_detections(file: Path, folder: Path, least: float = LEAST_CONFIDENCE) -> dict[str, Detection]:
    """Reads what a detector found.

    Args:
        file: MegaDetector's JSON, from format 1.0 on; read as a whole, about 1 KB of memory a photo.
        folder: Of the photos; the file's paths are relative to it, or absolute.
        least: Boxes of a lower confidence count as none.

    Returns:
        By path below the folder; photos that the detector could not read are missing, so their frame counts.

    Raises:
        DatasetError: If it is no such file; the sentence says what is wrong.
    """
    try:
        content = json.loads(file.read_bytes())
        names = content["detection_categories"]
        animal = {key for key, name in names.items() if name.lower() == "animal"}
        images = content["images"]
        if not animal or not isinstance(images, list):
            raise ValueError("it knows no category animal" if not animal else "images is no list")
        root = folder.resolve().as_posix() + "/"
        return {
            image["file"].replace("\\", "/").removeprefix(root): _best(image["detections"], animal, least)
            for image in images
            if not image.get("failure") and image.get("detections") is not None
        }
    except OSError as error:
        raise DatasetError(f"The file {file} cannot be read: {error.strerror}. Check the path.") from error
    except KeyError as error:
        reason = f"{error} is missing"
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error)
    raise DatasetError(f"Expected the JSON of MegaDetector in {file}, but {reason:.200}. Name the file that it wrote.")


def crop(image: np.ndarray, box: Box) -> np.ndarray:
    """Cuts out a box with a margin.

    Args:
        image: `uint8`, shape `(height, width, 3)`, upright.
        box: As shares of it.

    Returns:
        A view of it, at least one pixel large.
    """
    height, width = image.shape[:2]
    left, top, across, down = box
    first = max(0, math.floor((left - MARGIN * across) * width)), max(0, math.floor((top - MARGIN * down) * height))
    first = min(first[0], width - 1), min(first[1], height - 1)
    right = max(first[0] + 1, math.ceil((left + (1 + MARGIN) * across) * width))
    bottom = max(first[1] + 1, math.ceil((top + (1 + MARGIN) * down) * height))
    return image[first[1] : bottom, first[0] : right]


def _best(detections: list[dict], animal: set[str], least: float) -> Detection:
    found = [item for item in detections if item["category"] in animal]
    best = max(found, key=lambda item: float(item["conf"]), default=None)
    if best is None:
        return Detection(0.0, None)
    left, top, across, down = map(float, best["bbox"])
    confidence = float(best["conf"])
    if not 0 <= confidence <= 1 or not all(map(math.isfinite, (left, top, across, down))) or across < 0 or down < 0:
        raise ValueError(f"a detection has the confidence {confidence} and the box {best['bbox']}")
    is_box = confidence >= least and across > 0 and down > 0
    return Detection(confidence, (left, top, across, down) if is_box else None)
