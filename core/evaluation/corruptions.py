"""What the world does to photos: blur, noise, JPEG, darkness, grey, crop and downscaling, the same way every time."""

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

REDUCED_SIDE = 320  # a strength means the same for a thumbnail and a large photo once both are this small


@dataclass(frozen=True)
class Corruption:
    """One way to corrupt a photo.

    Attributes:
        title: For people.
        unit: What a strength says, with `{}` for the number.
        strengths: From weak to strong.
        apply: Takes a photo, `uint8`, shape `(height, width, 3)`, and a strength; returns a new one, `uint8`.
    """

    title: str
    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[np.ndarray, float], np.ndarray]

    def describe(self, strength: float) -> str:
        """A strength in words: `2 % of the shorter side`."""
        return self.unit.format(f"{strength:g}")


def reduced(image: np.ndarray, side: int = REDUCED_SIDE) -> np.ndarray:
    """The photo with its shorter side at most `side` pixels; smaller ones stay as they are."""
    height, width = image.shape[:2]
    scale = side / min(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def blur(image: np.ndarray, percent: float) -> np.ndarray:
    """Gaussian blur; its standard deviation is a percentage of the shorter side."""
    radius = min(image.shape[:2]) * percent / 100
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def noise(image: np.ndarray, deviation: float) -> np.ndarray:
    """Gaussian noise of a standard deviation in levels of 255, drawn from the photo itself: the same every time."""
    random = np.random.default_rng(zlib.crc32(image.tobytes()))
    return np.clip(image + random.normal(0, deviation, image.shape), 0, 255).round().astype(np.uint8)


def jpeg(image: np.ndarray, quality: float) -> np.ndarray:
    """Saved as JPEG of a quality (95 the best, 1 the worst) and opened again."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=int(quality))
    return np.asarray(Image.open(buffer).convert("RGB"))


def darken(image: np.ndarray, percent: float) -> np.ndarray:
    """A percentage of the light is left."""
    return (image * (percent / 100)).round().astype(np.uint8)


def fade(image: np.ndarray, percent: float) -> np.ndarray:
    """A percentage of the colour is left; 0 is grey."""
    return np.asarray(ImageEnhance.Color(Image.fromarray(image)).enhance(percent / 100))


def crop(image: np.ndarray, percent: float) -> np.ndarray:
    """The middle of the photo: a percentage of each side."""
    height, width = image.shape[:2]
    rows, columns = max(1, round(height * percent / 100)), max(1, round(width * percent / 100))
    top, left = (height - rows) // 2, (width - columns) // 2
    return np.ascontiguousarray(image[top : top + rows, left : left + columns])


def downscale(image: np.ndarray, side: float) -> np.ndarray:
    """A thumbnail with so many pixels on its shorter side; a smaller photo stays as it is."""
    return reduced(image, int(side))


CORRUPTIONS = {
    "blur": Corruption("Blur", "{} % of the shorter side", (1, 2, 4), blur),
    "noise": Corruption("Noise", "deviation {} of 255", (20, 40, 80), noise),
    "jpeg": Corruption("JPEG", "quality {}", (25, 10, 5), jpeg),
    "darkness": Corruption("Darkness", "{} % of the light", (50, 25, 12), darken),
    "grey": Corruption("Grey", "{} % of the colour", (60, 30, 0), fade),
    "crop": Corruption("Crop", "middle {} % of each side", (80, 60, 40), crop),
    "downscale": Corruption("Downscaling", "shorter side {} pixels", (112, 56, 28), downscale),
}


def corrupted(image: np.ndarray) -> dict[str, np.ndarray]:
    """The photo under every corruption at every strength; `blur-0` is the weakest blur."""
    return {
        f"{name}-{place}": item.apply(image, strength)
        for name, item in CORRUPTIONS.items()
        for place, strength in enumerate(item.strengths)
    }
