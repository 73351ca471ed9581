"""What others reached on the elephant photos, and what our presets did when they were last measured."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.files import read_json

RESULTS_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "models.json"
_SAME_PHOTOS = 0.9  # share of the measured test photos that must be there: some are no longer to be had


@dataclass(frozen=True)
class Peer:
    """A published result on the test photos of `asian-vs-african-elephant-image-classification`.

    Attributes:
        name: Of the network or the person.
        accuracy: As published, 0-1; neither interval nor number of photos came with it.
    """

    name: str
    accuracy: float


PEERS = (
    Peer("CNN from scratch", 0.68),
    Peer("A human", 0.79),
    Peer("MobileNetV3", 0.85),
    Peer("ResNet50", 0.87),
    Peer("ViT-B/16", 0.90),
    Peer("DINOv2", 0.94),
)


def measured_presets(test_photos: set[str]) -> dict | None:
    """The stored benchmark of the presets, if it was made on these test photos; `None` otherwise.

    Args:
        test_photos: The first ten digits of each one's sha256.
    """
    found = stored_results()
    known = set(found.get("dataset", {}).get("test_photos", []))
    if not known or len(known & test_photos) < _SAME_PHOTOS * max(len(known), len(test_photos)):
        return None
    return found


@cache
def stored_results() -> dict:
    """What `python -m benchmarks models --readme` last stored; empty if nothing is there."""
    try:
        return read_json(RESULTS_FILE)
    except (OSError, ValueError):
        return {}
