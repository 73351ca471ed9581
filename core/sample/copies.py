"""Makes near-duplicates of a picture the way the internet does, and moves its boxes along."""

from io import BytesIO

import numpy as np
from PIL import Image

from core.sample.photo import Photo, clip_box

COPY_KINDS = ("resized", "mirrored", "cropped", "recompressed")
RESIZE_FACTORS = (0.6, 0.75, 1.25)
CROP_SHARE = (0.86, 0.94)  # of each side that stays
POOR_QUALITY = (25, 45)  # of the JPEG a recompressed copy went through


def near_duplicate(photo: Photo, kind: str, rng: np.random.Generator) -> Photo:
    """Returns a near-duplicate of a picture, with its boxes where the parts now are.

    Args:
        photo: The original.
        kind: "resized" (other width and height), "mirrored" (left to right), "cropped" (the borders cut off,
            then enlarged to the old size) or "recompressed" (a poor JPEG on the way).
        rng: Source of chance.
    """
    height, width = photo.pixels.shape[:2]
    picture = Image.fromarray(photo.pixels)
    if kind == "mirrored":
        return _moved(photo, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (width, 0), (-1, 1))
    if kind == "resized":
        factor = float(rng.choice(RESIZE_FACTORS))
        size = (round(width * factor), round(height * factor))
        return _moved(photo, picture.resize(size, Image.Resampling.LANCZOS), (0, 0), np.divide(size, (width, height)))
    if kind == "cropped":
        share = rng.uniform(*CROP_SHARE)
        left, top = rng.uniform(0, 1 - share, 2) * (width, height)
        box = (left, top, left + share * width, top + share * height)
        enlarged = picture.resize((width, height), Image.Resampling.LANCZOS, box=box)
        return _moved(photo, enlarged, (-left / share, -top / share), (1 / share, 1 / share))
    poor = BytesIO()
    picture.save(poor, "JPEG", quality=int(rng.integers(*POOR_QUALITY)))
    return _moved(photo, Image.open(poor), (0, 0), (1, 1))


def _moved(photo: Photo, picture: Image.Image, shift: tuple[float, float], factor: tuple[float, float]) -> Photo:
    def move(box):
        x = sorted(side * factor[0] + shift[0] for side in box[::2])
        y = sorted(side * factor[1] + shift[1] for side in box[1::2])
        return clip_box((x[0], y[0], x[1], y[1]), (picture.height, picture.width))

    boxes = {name: [move(box) for box in found] for name, found in photo.boxes.items()}
    return Photo(np.asarray(picture), boxes)
