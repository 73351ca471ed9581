"""The card to share: always the same size, whatever the photo, the names and the notes are like."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.explanation.heatmap import Explanation
from core.explanation.share_card import share_card

COLOURS = {"African": "#0072B2", "Asian": "#009E73"}


def explanation(size=(60, 90), names=("African", "Asian"), signed=False) -> Explanation:
    probabilities = {name: 1 / len(names) for name in names}
    heatmap = np.zeros(size, np.float32)
    heatmap[: size[0] // 2] = 1
    return Explanation("class_map", names[0], heatmap, SimpleNamespace(probabilities=probabilities), signed)


@pytest.mark.parametrize("size", [(60, 90), (900, 30), (1, 1), (30, 900)])
def test_a_card_fits_any_photo(size):
    card = share_card(np.full((*size, 3), 200, np.uint8), explanation(size), "African, 50 %", COLOURS)
    assert card.shape == (630, 1200, 3) and card.dtype == np.uint8


def test_the_photo_the_map_and_the_class_colours_are_on_it():
    image = np.full((60, 90, 3), (200, 10, 10), np.uint8)
    card = share_card(image, explanation(), "African, 50 %", COLOURS, opacity=1.0).reshape(-1, 3).tolist()
    for colour in ([200, 10, 10], [253, 231, 37], [0, 114, 178], [0, 158, 115]):  # photo, strongest evidence, classes
        assert card.count(colour) > 500
    bare = share_card(image, explanation(), "African, 50 %", COLOURS, opacity=0).reshape(-1, 3).tolist()
    assert bare.count([253, 231, 37]) == 0


@pytest.mark.parametrize("name", ["A" * 300, "象", "<b>x</b>\n:red[y]", "a b " * 90, ""])
def test_long_and_hostile_names_are_drawn_and_break_nothing(name):
    names = (name, *map(str, range(20)))
    card = share_card(np.zeros((40, 40, 3), np.uint8), explanation((40, 40), names, True), name, {}, 0.5, [name] * 9)
    assert card.shape == (630, 1200, 3)
