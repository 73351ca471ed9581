"""What a network sees of a photo."""

import numpy as np

from core.dataset.framing import frame, framed


def test_the_square_in_the_middle_keeps_proportions_and_squashing_keeps_everything():
    photo = np.arange(4 * 10 * 3, dtype=np.uint8).reshape(4, 10, 3)
    assert framed(photo, "squash").shape == (4, 10, 3)
    assert (framed(photo, "centre") == photo[:, 3:7]).all()
    assert (framed(photo.swapaxes(0, 1), "centre") == photo.swapaxes(0, 1)[3:7]).all()
    assert framed(photo[:, :4], "centre").shape == (4, 4, 3) and framed(photo[:1, :1], "centre").shape == (1, 1, 3)


def test_odd_rests_are_cut_evenly_to_a_pixel():
    rows, columns = frame((5, 8), "centre")
    assert (rows, columns) == (slice(0, 5), slice(1, 6))
