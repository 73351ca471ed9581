"""What a network sees of a photo."""

import numpy as np

from core.dataset.framing import frame, framed
from core.dataset.images import decode, resize
from core.explanation.overlay import encode_png


def test_the_square_in_the_middle_keeps_proportions_and_squashing_keeps_everything():
    photo = np.arange(4 * 10 * 3, dtype=np.uint8).reshape(4, 10, 3)
    assert framed(photo, "squash").shape == (4, 10, 3)
    assert (framed(photo, "centre") == photo[:, 3:7]).all()
    assert (framed(photo.swapaxes(0, 1), "centre") == photo.swapaxes(0, 1)[3:7]).all()
    assert framed(photo[:, :4], "centre").shape == (4, 4, 3) and framed(photo[:1, :1], "centre").shape == (1, 1, 3)


def test_a_photo_that_is_framed_while_it_is_decoded_has_the_same_pixels():
    photo = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    decoded = decode(encode_png(photo), image_size=(32, 32), framing="centre")
    assert (decoded == resize(framed(photo, "centre"), (32, 32))).all()


def test_odd_rests_are_cut_evenly_to_a_pixel():
    rows, columns = frame((5, 8), "centre")
    assert (rows, columns) == (slice(0, 5), slice(1, 6))
