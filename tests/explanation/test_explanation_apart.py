"""Maps made in another process: they arrive one by one, lie where they belong, and a failure says why."""

import sys
import time

import numpy as np
import pytest

from core.errors import MethodUnavailableError
from core.explanation.apart import MapsApart
from core.explanation.heatmap import explain


def wait(maps: MapsApart, seconds: float = 120) -> dict[str, np.ndarray]:
    found = {}
    until = time.monotonic() + seconds
    while maps.is_running and time.monotonic() < until:
        found |= maps.finished()
        time.sleep(0.1)
    return found


def picture() -> np.ndarray:
    return np.random.default_rng(8).integers(0, 256, (50, 120, 3), dtype=np.uint8)


def test_maps_from_another_process_are_those_of_this_one(predictor, trained_paths):
    maps = MapsApart(picture(), "Asian", ["class_map", "occlusion"], predictor.run, trained_paths)
    assert maps.is_running and maps.doing == "Class map" and 0 <= maps.fraction < 1 and maps.seconds_left >= 1
    found = wait(maps)
    assert list(found) == ["class_map", "occlusion"] and not maps.is_running and maps.doing == ""
    for method, heatmap in found.items():
        own = explain(picture(), "Asian", method, predictor).heatmap
        assert heatmap.shape == own.shape and heatmap.dtype == np.float32
        assert np.abs(heatmap - own).mean() < 0.02


def test_a_failed_process_gives_its_reason_and_leaves_nothing_behind(predictor, trained_paths):
    maps = MapsApart(picture(), "no such class", ["class_map"], predictor.run, trained_paths)
    with pytest.raises(MethodUnavailableError, match="Expected one of African, Asian as the class"):
        wait(maps)
    assert not maps.is_running and not maps._folder.exists()
    maps.close()


@pytest.mark.slow
def test_grad_cam_comes_without_tensorflow_in_this_process(predictor, trained_paths):
    loaded = "tensorflow" in sys.modules
    found = wait(MapsApart(picture(), "Asian", ["grad_cam"], predictor.run, trained_paths))
    assert found["grad_cam"].shape == (50, 120) and 0 <= found["grad_cam"].min() <= found["grad_cam"].max() <= 1
    assert ("tensorflow" in sys.modules) == loaded
