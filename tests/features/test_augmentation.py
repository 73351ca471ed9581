"""Views of a photo: known ones first, then random ones that repeat with their seed."""

import numpy as np
import pytest

from core.features.augmented_views import view

IMAGE = np.random.default_rng(0).integers(0, 256, (90, 130, 3), dtype=np.uint8)


def test_the_first_view_is_the_photo_and_the_second_its_mirror_image():
    random = np.random.default_rng(0)
    assert np.array_equal(view(IMAGE, 0, random), IMAGE)
    assert np.array_equal(view(IMAGE, 1, random), IMAGE[:, ::-1])


def test_the_same_seed_gives_the_same_views():
    first, second = (view(IMAGE, 5, np.random.default_rng((3, 7))) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("shape", [(90, 130), (1, 1), (2, 400), (400, 2)])
def test_random_views_are_pictures_whatever_the_shape(shape):
    random = np.random.default_rng(1)
    for _ in range(40):
        found = view(np.zeros((*shape, 3), np.uint8) + 128, 2, random)
        assert found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 3 and min(found.shape) > 0


def test_views_of_what_lies_in_the_middle_keep_proportions():
    image = np.random.default_rng(1).integers(0, 256, (100, 400, 3), dtype=np.uint8)
    random = np.random.default_rng(0)
    assert (view(image, 0, random, "centre") == image[:, 150:250]).all()
    assert (view(image, 1, random, "centre") == image[:, 150:250][:, ::-1]).all()
    shapes = [view(image, 2, random, "centre").shape[:2] for _ in range(20)]
    assert all(0.5 < width / height < 2 for height, width in shapes)
