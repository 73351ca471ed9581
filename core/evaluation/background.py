"""Does a run read the subject or the background? Photos with a blurred background, and with a blurred subject."""

from collections.abc import Callable

import numpy as np

from core.dataset.images import resize
from core.explanation.heatmap import normalize, upsample
from core.explanation.masking import blurred, mixed
from core.networks import imagenet, templates
from core.networks.catalogue import BACKBONES
from core.networks.interpreter import Network
from core.networks.templates import filled_litert, template
from core.paths import Paths

REFERENCE = "efficientnet-lite0"  # looks at the photos for all runs alike, so that their figures compare
INSIDE = 0.3  # of the strongest evidence: from here on a place belongs to the subject
VARIANTS = ("background-blurred", "subject-blurred")
_EDGE = 0.1  # of evidence, over which the mask fades: a hard edge would be a new thing to see


def subject_maps(
    images: list[np.ndarray], paths: Paths, progress: Callable[[int], None] | None = None
) -> list[np.ndarray] | None:
    """Where the photos show what they are all about, whatever the class.

    ImageNet's own head, on a backbone that is the same for every run, names the classes that are the first guess for
    at least 1.5 % of the photos. The map is the class activation map (Zhou 2016) of these classes together against
    all thousand. It is as coarse as the network's last features (7 x 7), leans to heads, and knows nothing of subjects
    that ImageNet does not know.

    Args:
        images: Each `uint8`, shape `(height, width, 3)`.
        paths: Where the prepared backbones lie; the first one costs TensorFlow and fifteen seconds.
        progress: Called with the passes done, two a photo.

    Returns:
        A map of every photo, `float32`, shape `(rows, columns)`, 0-1; `None` if no class stands out.
    """
    prepared, size = template(REFERENCE, paths), BACKBONES[REFERENCE].image_size

    def look(model: bytes, output: str, before: int) -> list[np.ndarray]:
        network, found = Network(model, 2), []
        for done, image in enumerate(images, start=1):
            found.append(network(resize(image, size), [output])[output][0])
            if progress:
                progress(before + done)
        return found

    embeddings = np.array(look(prepared.read_bytes(), "embedding", 0))
    chosen = imagenet.frequent_classes(imagenet.logits(embeddings, REFERENCE))
    if not chosen.any():
        return None
    kernel, _ = imagenet.head(REFERENCE)
    evidence = kernel[:, chosen].mean(axis=1) - kernel.mean(axis=1)
    model = filled_litert(prepared, {"class_maps": [evidence[:, None]]}, 1)
    return [normalize(found[:, :, 0]) for found in look(model, "class_maps", len(images))]


def is_prepared(paths: Paths) -> bool:
    """Whether `subject_maps` works without TensorFlow: some training has prepared the reference backbone."""
    return templates.is_prepared(REFERENCE, paths)


def separated(image: np.ndarray, subject: np.ndarray) -> dict[str, np.ndarray]:
    """The photo with one part blurred beyond recognition.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        subject: Its map, as `subject_maps` gives it.

    Returns:
        By name of `VARIANTS` a photo, `uint8`, same shape.
    """
    keep = np.clip((upsample(subject, image.shape[:2]) - INSIDE) / _EDGE + 0.5, 0, 1)
    hidden = blurred(image)
    return {"background-blurred": mixed(image, hidden, keep), "subject-blurred": mixed(image, hidden, 1 - keep)}


def area_of(subject: np.ndarray) -> float:
    """Share of the photo that the subject takes, 0-1."""
    return float((_fine(subject) >= INSIDE).mean())


def share_inside(evidence: np.ndarray, subject: np.ndarray) -> float | None:
    """Share of a run's evidence that lies inside the subject, 0-1; `None` where there is no evidence for the class.

    Args:
        evidence: What speaks for a class by place, any coarse shape; what is negative is left out.
        subject: As `subject_maps` gives it.
    """
    positive = _fine(normalize(evidence))
    total = float(positive.sum())
    return float(positive[_fine(subject) >= INSIDE].sum()) / total if total > 0 else None


def _fine(coarse: np.ndarray) -> np.ndarray:
    return upsample(coarse, (56, 56))
