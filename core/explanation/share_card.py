"""One picture to show to others: the photo with its heat map, the answer, and what stands behind it."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.explanation.heatmap import Explanation
from core.explanation.methods import ALL
from core.explanation.overlay import legend, overlay

SIZE = (1200, 630)  # pixels, width and height: what messengers and social sites show uncut
_PAPER, _INK, _QUIET, _TRACK = (253, 252, 250), (35, 36, 43), (110, 112, 120), (232, 228, 219)
_LEFT, _TOP, _PHOTO = 40, 40, (680, 550)
_RIGHT = _LEFT + _PHOTO[0] + 40
_WIDTH = SIZE[0] - _RIGHT - _LEFT
_BARS = 5


def share_card(
    image: np.ndarray,
    explanation: Explanation,
    sentence: str,
    colors: Mapping[str, str],
    opacity: float = 0.5,
    notes: Sequence[str] = (),
) -> np.ndarray:
    """Draws the card.

    Args:
        image: `uint8`, shape `(height, width, 3)`, that was explained.
        explanation: Of it.
        sentence: The answer, in words.
        colors: Class name to `#rrggbb`.
        opacity: Of the heat map, 0-1; 0 leaves the photo alone and the legend out.
        notes: Small lines at the foot, such as the verdict and the run; long ones are broken.

    Returns:
        `uint8`, shape `(630, 1200, 3)`. Names are drawn as they are; letters that the built-in font lacks as boxes.
    """
    card = Image.new("RGB", SIZE, _PAPER)
    draw = ImageDraw.Draw(card)
    shown = Image.fromarray(overlay(image, explanation.heatmap, opacity, explanation.signed))
    scale = min(_PHOTO[0] / shown.width, _PHOTO[1] / shown.height)
    shown = shown.resize((max(1, round(shown.width * scale)), max(1, round(shown.height * scale))))
    corner = _LEFT + (_PHOTO[0] - shown.width) // 2, _TOP + (_PHOTO[1] - shown.height) // 2
    mask = Image.new("L", shown.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, shown.width - 1, shown.height - 1), 16, fill=255)
    card.paste(shown, corner, mask)
    y = _TOP
    for line in _lines(sentence, 40)[:3]:
        draw.text((_RIGHT, y), line, _INK, _font(40))
        y += 48
    y = _bars(draw, explanation.prediction.probabilities, colors, y + 22)
    if opacity > 0:
        _legend(draw, explanation, y + 26)
    foot = [line for note in notes for line in _lines(note, 17)][:6]
    for place, line in enumerate(foot):
        draw.text((_RIGHT, SIZE[1] - _TOP - 24 * (len(foot) - place)), line, _QUIET, _font(17))
    return np.asarray(card)


def _bars(draw: ImageDraw.ImageDraw, probabilities: Mapping[str, float], colors: Mapping[str, str], y: int) -> int:
    for name in sorted(probabilities, key=probabilities.__getitem__, reverse=True)[:_BARS]:
        _pair(draw, y, name, f"{100 * probabilities[name]:.1f} %", 20, _INK)
        draw.rounded_rectangle((_RIGHT, y + 30, _RIGHT + _WIDTH, y + 41), 5, fill=_TRACK)
        length = _WIDTH * float(np.clip(probabilities[name], 0, 1))
        if length >= 12:
            draw.rounded_rectangle((_RIGHT, y + 30, _RIGHT + length, y + 41), 5, fill=colors.get(name, "#8A8D94"))
        y += 60
    return y


def _legend(draw: ImageDraw.ImageDraw, explanation: Explanation, y: int) -> None:
    scale = legend(explanation.signed, explanation.class_name, steps=_WIDTH)
    for place, color in enumerate(scale.colors):
        draw.line((_RIGHT + place, y, _RIGHT + place, y + 12), color)
    _pair(draw, y + 18, scale.low, scale.high, 17, _QUIET)
    draw.text((_RIGHT, y + 44), f"Heat map: {ALL[explanation.method].title}", _QUIET, _font(17))


def _pair(draw: ImageDraw.ImageDraw, y: int, left: str, right: str, size: int, color: tuple[int, int, int]) -> None:
    """Writes one text at the left and one at the right end of a line, each shortened to what is left for it."""
    right = _shortened(right, size, _WIDTH / 2 - 8)
    draw.text((_RIGHT, y), _shortened(left, size, _WIDTH - _font(size).getlength(right) - 16), color, _font(size))
    draw.text((_RIGHT + _WIDTH, y), right, color, _font(size), anchor="ra")


def _lines(text: str, size: int) -> list[str]:
    """Breaks a text at spaces so that it fits the right half."""
    lines = [""]
    for word in text.replace("–", "-").split():  # the font has no en dash
        longer = f"{lines[-1]} {word}".strip()
        if _font(size).getlength(longer) <= _WIDTH:
            lines[-1] = longer
        else:
            lines.append(_shortened(word, size, _WIDTH))
    return [line for line in lines if line]


def _shortened(text: str, size: int, room: float) -> str:
    if _font(size).getlength(text) <= room:
        return text
    while text and _font(size).getlength(text + "…") > room:
        text = text[:-1]
    return text + "…"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
