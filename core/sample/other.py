"""Draws pictures that end up among elephant photos although they show none: a lion, a map, a text poster."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.sample.curves import blobs, closed_curve, ellipse, stroke
from core.sample.frame import Placement
from core.sample.landscape import draw_background, draw_foreground
from core.sample.painter import shapes, table
from core.sample.photo import Photo, develop


def draw_other(rng: np.random.Generator, kind: str, image_size: tuple[int, int]) -> Photo:
    """Draws a picture without an elephant.

    Args:
        rng: Source of chance.
        kind: One of `KINDS`.
        image_size: (height, width) in pixels.
    """
    return Photo(develop(KINDS[kind](rng, image_size), rng))


def _lion(rng: np.random.Generator, image_size: tuple[int, int]) -> np.ndarray:
    scene = draw_background(rng, image_size)
    height, width = image_size
    size, facing = height * rng.uniform(0.4, 0.75), int(rng.choice([-1, 1]))
    place = Placement(width * rng.uniform(0.42, 0.58), height * rng.uniform(0.85, 0.95), size, facing)
    shine = scene.tint * (0.3 + 0.7 * scene.light.subject)
    scene.paint([place.pixels(ellipse((0, 0), (0.8, 0.07)))], (0.1, 0.08, 0.08), opacity=0.4, softness=3)
    draw: dict[str, Callable[..., np.ndarray]] = {
        "curve": closed_curve,
        "ellipse": ellipse,
        "stroke": stroke,
        "tuft": partial(blobs, rng),
    }
    for part in table("lion"):
        outlines = [place.pixels(draw[kind](*numbers)) for kind, *numbers in part["outlines"]]
        light = shine if part["relief"] else 1  # flat marks, nose and eyes, do not shine
        scene.paint(outlines, np.array(part["colour"]) * light * part["tone"], part["relief"], part["depth"] * size)
    draw_foreground(scene, place.ground)
    return scene.canvas


def _map(rng: np.random.Generator, image_size: tuple[int, int]) -> np.ndarray:
    page, draw = _page(image_size, np.array((174, 205, 220)) * rng.uniform(0.85, 1.05))
    middle, size = np.array(page.size) * rng.uniform(0.42, 0.58, 2), page.height * rng.uniform(0.42, 0.52)
    points = shapes("others")["continent"]
    coast = closed_curve(points + rng.normal(0, 0.03, points.shape)) * (size, -size) + middle
    draw.polygon(coast.ravel().tolist(), (230, 217, 173), (120, 130, 130), 4)
    for _ in range(5):  # where elephants live
        patch = blobs(rng, middle + rng.normal(0, 0.25, 2) * size, rng.uniform(0.08, 0.2, 2) * size)
        draw.polygon(patch.ravel().tolist(), tuple(rng.integers(90, 180, 3).tolist()))
    for share in np.linspace(0.1, 0.9, 5):
        draw.line((0, share * page.height, page.width, share * page.height), (150, 170, 180), 2)
        draw.line((share * page.width, 0, share * page.width, page.height), (150, 170, 180), 2)
    draw.text((16, 12), "RANGE MAP", (60, 60, 70), ImageFont.load_default(page.height / 14))
    draw.text((16, page.height * 0.92), "0    500    1000 km", (60, 60, 70), ImageFont.load_default(page.height / 22))
    return _canvas(page)


def _poster(rng: np.random.Generator, image_size: tuple[int, int]) -> np.ndarray:
    page, draw = _page(image_size, rng.uniform(115, 240, 3))
    centre, radius = rng.uniform((0.2, 0.2), (0.8, 0.5)) * page.size, 0.3 * page.height
    draw.ellipse((*(centre - radius), *(centre + radius)), tuple(rng.integers(75, 230, 3).tolist()))
    ink, slogans = tuple(rng.integers(0, 70, 3).tolist()), table("slogans")
    for row, words in enumerate(slogans[rng.integers(len(slogans))]):
        font = ImageFont.load_default(page.width / 6.5 * min(1, 8.5 / len(words)))
        draw.text((page.width / 2, page.height * (0.34 + 0.24 * row)), words, ink, font, "mm")
    for row in range(3):
        left, top = page.width * 0.2, page.height * (0.74 + 0.06 * row)
        draw.rectangle((left, top, page.width * (0.8 - 0.1 * row), top + page.height * 0.02), ink)
    return _canvas(page)


KINDS = {"lion": _lion, "map": _map, "text": _poster}


def _page(image_size: tuple[int, int], colour: np.ndarray) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A sheet of paper of one colour (0-255), twice as large as the picture will be."""
    height, width = image_size
    page = Image.new("RGB", (2 * width, 2 * height), tuple(colour.astype(int).tolist()))
    return page, ImageDraw.Draw(page)


def _canvas(page: Image.Image) -> np.ndarray:
    return np.asarray(page.reduce(2), np.float32).transpose(2, 0, 1) / 255
