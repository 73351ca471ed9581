"""Makes near-duplicates of a picture the way the internet does, and moves its boxes along."""

from io import BytesIO

import numpy as np
from PIL import Image

from core.sample.photo import Box, Photo, box_around

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
    picture = Image.fromarray(photo.pixels)
    size = np.array(picture.size)
    factor, shift = np.ones(2), np.zeros(2)  # of points, from the original to the copy
    if kind == "mirrored":
        copy = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        factor, shift = np.array((-1, 1)), np.array((picture.width, 0))
    elif kind == "resized":
        scaled = (size * rng.choice(RESIZE_FACTORS)).round().astype(int)
        copy, factor = picture.resize(tuple(scaled.tolist()), Image.Resampling.LANCZOS), scaled / size
    elif kind == "cropped":
        share = rng.uniform(*CROP_SHARE)
        corner = rng.uniform(0, 1 - share, 2) * size
        box = (*corner, *(corner + share * size))
        copy = picture.resize(picture.size, Image.Resampling.LANCZOS, box=box)
        factor, shift = np.full(2, 1 / share), -corner / share
    else:
        poor = BytesIO()
        picture.save(poor, "JPEG", quality=int(rng.integers(*POOR_QUALITY)))
        copy = Image.open(poor)

    def moved(box: Box) -> Box:
        return box_around(np.reshape(box, (2, 2)) * factor + shift, (copy.height, copy.width))

    return Photo(np.asarray(copy), {part: [moved(box) for box in boxes] for part, boxes in photo.boxes.items()})
