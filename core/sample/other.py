"""Draws pictures that end up among elephant photos although they show none: a lion, a map, a text poster."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.sample.brush import noise, paint
from core.sample.curves import blobs, closed_curve, ellipse, stroke
from core.sample.photo import Photo, develop
from core.sample.scene import draw_background, draw_foreground

KINDS = ("lion", "map", "text")
SLOGANS = [
    ("THE LAST", "HERDS"),
    ("ELEPHANT", "WEEK"),
    ("SAVE", "OUR GIANTS"),
    ("BIG EARS", "BIG HEART"),
    ("VISIT THE", "RESERVE"),
    ("WILDLIFE", "MAPS & FACTS"),
]
CONTINENT = [
    (-0.55, 0.62),
    (-0.25, 0.86),
    (0.15, 0.84),
    (0.45, 0.70),
    (0.60, 0.35),
    (0.85, 0.28),
    (0.55, -0.05),
    (0.45, -0.45),
    (0.15, -0.90),
    (-0.05, -0.80),
    (-0.15, -0.35),
    (-0.15, 0.05),
    (-0.55, 0.10),
    (-0.78, 0.32),
]


def draw_other(rng: np.random.Generator, kind: str, image_size: tuple[int, int]) -> Photo:
    """Draws a picture without an elephant.

    Args:
        rng: Source of chance.
        kind: One of `KINDS`.
        image_size: (height, width) in pixels.
    """
    draw = {"lion": _lion, "map": _map, "text": _poster}[kind]
    return Photo(draw(rng, image_size))


def _lion(rng, image_size):
    canvas, scene = draw_background(rng, image_size)
    height, width = image_size
    size, facing = height * rng.uniform(0.4, 0.75), int(rng.choice([-1, 1]))
    x, ground = width * rng.uniform(0.42, 0.58), height * rng.uniform(0.85, 0.95)
    fur = np.array((0.76, 0.58, 0.34)) * scene.tint * (0.3 + 0.7 * scene.subject)
    mane = np.array((0.45, 0.25, 0.12)) * scene.tint * (0.3 + 0.7 * scene.subject)

    def at(points):
        return np.asarray(points, float) * (facing * size, -size) + (x, ground)

    def part(outlines, colour, depth=0.08, relief=0.35, texture=scene.texture):
        paint(canvas, [at(points) for points in outlines], colour, scene.light, relief, depth * size, texture)

    paint(canvas, [at(ellipse((0, 0), (0.8, 0.07)))], (0.1, 0.08, 0.08), opacity=0.4, softness=3)
    tail = [(-0.6, 0.55), (-0.85, 0.45), (-0.9, 0.25), (-1.0, 0.2)]
    part([stroke(tail, [0.06, 0.04, 0.035])], fur * 0.9)
    part([ellipse((-1.0, 0.19), (0.06, 0.045))], mane)
    part([stroke([(hip, 0.45), (hip, 0.02)], [0.16, 0.11]) for hip in (-0.45, 0.35)], fur * 0.65)
    body = closed_curve([(-0.62, 0.6), (-0.2, 0.68), (0.35, 0.72), (0.5, 0.5), (0.2, 0.33), (-0.3, 0.36), (-0.6, 0.4)])
    part([body, *(stroke([(hip, 0.5), (hip + 0.02, 0.02)], [0.2, 0.12]) for hip in (-0.55, 0.25))], fur)
    for spread, tone in ((0.36, 0.85), (0.29, 1.1)):
        part([blobs(rng, (0.5, 0.72), (spread, spread))], mane * tone, 0.1, 0.5)
    part([ellipse((0.56 + side, 0.92), (0.06, 0.06)) for side in (-0.17, 0.17)], fur * 0.9)
    part([ellipse((0.56, 0.75), (0.19, 0.21)), ellipse((0.58, 0.64), (0.12, 0.10))], fur * 1.08)
    part([closed_curve([(0.53, 0.70), (0.64, 0.70), (0.585, 0.645)])], (0.25, 0.14, 0.12), relief=0)
    part(
        [ellipse((0.56 + side, 0.80), (0.022, 0.022), 10) for side in (-0.07, 0.08)],
        (0.1, 0.06, 0.03),
        relief=0,
    )
    draw_foreground(canvas, rng, scene, ground)
    return develop(canvas, rng)


def _map(rng, image_size):
    height, width = image_size
    sea, land = np.array((0.68, 0.80, 0.86)), np.array((0.90, 0.85, 0.68))
    canvas = np.full((3, height, width), np.float32(sea * rng.uniform(0.85, 1.05))[:, None, None])
    middle, size = np.array((width, height)) * rng.uniform(0.42, 0.58, 2), height * rng.uniform(0.42, 0.52)
    shape = closed_curve(np.array(CONTINENT) + rng.normal(0, 0.03, (len(CONTINENT), 2))) * (size, -size) + middle
    texture = 1 + 0.04 * noise(rng, image_size, (64, 96), 3)
    paint(canvas, [shape + (3, 4)], (0.35, 0.42, 0.48), opacity=0.5, softness=4)
    paint(canvas, [shape], land, relief=0.12, depth=6, texture=texture)
    for _ in range(5):  # where elephants live
        spot = middle + rng.normal(0, 0.25, 2) * size
        paint(
            canvas,
            [blobs(rng, spot, rng.uniform(0.08, 0.2, 2) * size)],
            rng.uniform(0.35, 0.7, 3),
            opacity=0.7,
        )
    for t in np.linspace(0.1, 0.9, 5):
        for line in ([(0, t * height), (width, t * height)], [(t * width, 0), (t * width, height)]):
            paint(canvas, [stroke(line, [0.8, 0.8])], (0.3, 0.4, 0.5), opacity=0.35)
    picture = _picture(canvas)
    draw = ImageDraw.Draw(picture)
    draw.text((8, 6), "RANGE MAP", fill=(60, 60, 70), font=ImageFont.load_default(height / 14))
    draw.text((8, height * 0.92), "0    500    1000 km", fill=(60, 60, 70), font=ImageFont.load_default(height / 22))
    return develop(np.asarray(picture, np.float32).transpose(2, 0, 1) / 255, rng)


def _poster(rng, image_size):
    height, width = image_size
    paper = rng.uniform(0.45, 0.95, (3, 1, 1))
    fade = np.linspace(1.05, rng.uniform(0.6, 0.9), height)[:, None]
    canvas = np.repeat(np.float32(paper * fade), width, 2)
    disk = ellipse((width * rng.uniform(0.2, 0.8), height * rng.uniform(0.2, 0.5)), (height * 0.3, height * 0.3), 40)
    paint(canvas, [disk], rng.uniform(0.3, 0.9, 3), opacity=0.8)
    picture = _picture(canvas)
    draw, ink = ImageDraw.Draw(picture), tuple(int(v) for v in rng.integers(0, 70, 3))
    for row, words in enumerate(SLOGANS[rng.integers(len(SLOGANS))]):
        font = ImageFont.load_default(width / 6.5 * min(1, 8.5 / len(words)))
        draw.text((width / 2, height * (0.34 + 0.24 * row)), words, fill=ink, font=font, anchor="mm")
    for row in range(3):
        draw.rectangle(
            (
                width * 0.2,
                height * (0.74 + 0.06 * row),
                width * (0.8 - 0.1 * row),
                height * (0.76 + 0.06 * row),
            ),
            fill=ink,
        )
    return develop(np.asarray(picture, np.float32).transpose(2, 0, 1) / 255, rng)


def _picture(canvas: np.ndarray) -> Image.Image:
    return Image.fromarray((np.clip(canvas, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0).copy())
