"""Views of a photo: what else it could have looked like, so that a network learns the subject and not the picture."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from core.dataset.framing import Framing, framed

_AREA = (0.35, 1.0)  # of the photo that a crop keeps
_SIDES = (64, 180)  # pixels of the longer side after shrinking: thumbnails
_QUALITY = (15, 60)  # of JPEG


def view(image: np.ndarray, number: int, random: np.random.Generator, framing: Framing = "squash") -> np.ndarray:
    """One view of a photo: what the network sees of it, its mirror image, then random ones.

    Random views are crops that may be mirrored, lighter, darker, paler, grey, shrunken to a thumbnail, compressed
    or blurred: the differences between photos from different sources.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        number: 0 is the photo as it is framed, 1 its mirror image, from 2 on views are random.
        random: Where chance comes from.
        framing: What the network sees; with `centre` random crops are nearly square, too, and lie anywhere.

    Returns:
        `uint8`, shape `(height, width, 3)`, of another size than `image`.
    """
    if number == 0:
        return framed(image, framing)
    if number == 1:
        return framed(image, framing)[:, ::-1]
    picture = _crop(Image.fromarray(image), random, framing)
    for chance, change in _CHANGES:
        if random.random() < chance:
            picture = change(picture, random)
    return np.asarray(picture)


def _crop(picture: Image.Image, random: np.random.Generator, framing: Framing) -> Image.Image:
    whole = picture.size if framing == "squash" else (min(picture.size),) * 2
    area, aspect = random.uniform(*_AREA), np.exp(random.uniform(-0.3, 0.3))
    width = min(1.0, np.sqrt(area * aspect)) * whole[0]
    height = min(1.0, np.sqrt(area / aspect)) * whole[1]
    left, top = random.uniform(0, picture.width - width), random.uniform(0, picture.height - height)
    return picture.crop((int(left), int(top), int(left + max(width, 2)), int(top + max(height, 2))))


def _shrunken(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    scale = min(1.0, random.integers(*_SIDES) / max(picture.size))
    return picture.resize([max(8, int(side * scale)) for side in picture.size], Image.Resampling.BICUBIC)


def _compressed(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=int(random.integers(*_QUALITY)))
    return Image.open(buffer).convert("RGB")


def _blurred(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(random.uniform(0.003, 0.01) * max(picture.size)))


_CHANGES: tuple[tuple[float, Callable[[Image.Image, np.random.Generator], Image.Image]], ...] = (
    (0.5, lambda picture, random: ImageOps.mirror(picture)),
    (0.3, lambda picture, random: ImageEnhance.Brightness(picture).enhance(random.uniform(0.5, 1.5))),
    (0.3, lambda picture, random: ImageEnhance.Contrast(picture).enhance(random.uniform(0.6, 1.5))),
    (0.3, lambda picture, random: ImageEnhance.Color(picture).enhance(random.uniform(0.0, 1.6))),
    (0.15, lambda picture, random: ImageOps.grayscale(picture).convert("RGB")),
    (0.25, _shrunken),
    (0.2, _compressed),
    (0.15, _blurred),
)  # how often each is made, in this order
