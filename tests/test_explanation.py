"""Heat maps with known answers: hand-made networks, planted patches, known geometry."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.dataset.images import decode
from core.errors import MethodUnavailableError, UnknownClassError
from core.explanation.heatmap import class_map, explain, normalize, upsample
from core.explanation.occlusion import occlusion_map
from core.explanation.overlay import colorize, encode_png, overlay


class BrightCorner:
    """A predictor that answers `Asian` by how bright the upper left quarter is."""

    run = SimpleNamespace(image_size=(64, 64), class_names=("African", "Asian"), run_id="fake")

    def predict(self, images):
        value = float(self.probabilities(images)[0, 1])
        return [SimpleNamespace(label="Asian" if value > 0.5 else "African", probability=max(value, 1 - value),
                                probabilities={"African": 1 - value, "Asian": value}, class_maps=None)]  # fmt: skip

    def probabilities(self, images):
        bright = np.array([image[: image.shape[0] // 2, : image.shape[1] // 2].mean() / 255 for image in images])
        return np.stack([1 - bright, bright], axis=1)


def bright_corner_image(height: int, width: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = 250
    return image


@pytest.mark.parametrize("size", [(60, 60), (40, 400), (400, 40), (3, 5)])
def test_occlusion_finds_what_decides_in_any_geometry(size):
    explanation = explain(bright_corner_image(*size), "Asian", "occlusion", BrightCorner())
    heatmap = explanation.heatmap
    assert heatmap.shape == size and heatmap.dtype == np.float32
    assert 0 <= heatmap.min() and heatmap.max() <= 1
    height, width = size
    assert heatmap[: height // 2 or 1, : width // 2 or 1].mean() > 5 * heatmap[height // 2 :, width // 2 :].mean()


def test_occlusion_of_the_other_class_finds_nothing_there():
    coarse = occlusion_map(bright_corner_image(64, 64), 0, BrightCorner())
    assert coarse[:3, :3].max() < 0


def test_the_class_map_is_taken_against_the_other_classes():
    maps = np.zeros((2, 2, 3), np.float32)
    maps[0, 0] = (5, 1, 3)
    maps[1, 1] = (7, 7, 7)  # speaks for all classes alike: decides nothing
    result = class_map(SimpleNamespace(class_maps=maps), 0)
    assert result.tolist() == [[3, 0], [0, 0]]


def test_I25_a_map_that_is_zero_stays_zero():
    assert normalize(np.full((3, 3), -2.0)).max() == 0
    assert np.isfinite(upsample(normalize(np.zeros((3, 3))), (10, 20))).all()


def test_the_default_method_depends_on_the_network(predictor):
    image = np.zeros((20, 30, 3), np.uint8)
    assert explain(image, None, None, predictor).method == "class_map"
    assert explain(image, None, None, BrightCorner()).method == "occlusion"


def test_refuses_unknown_classes_and_methods(predictor):
    image = np.zeros((20, 30, 3), np.uint8)
    with pytest.raises(UnknownClassError, match="African, Asian"):
        explain(image, "Lion", None, predictor)
    with pytest.raises(MethodUnavailableError, match="class_map"):
        explain(image, None, "magic", predictor)
    with pytest.raises(MethodUnavailableError, match="occlusion"):
        explain(image, None, "class_map", BrightCorner())


@pytest.mark.slow
def test_grad_cam_equals_the_class_map_and_leaves_the_model_alone(predictor, trained_paths):
    """With global average pooling and a linear head both methods are the same sum (Selvaraju 2017, section 3)."""
    from core.explanation.gradient_maps import grad_cam

    image = decode(next((trained_paths.data_dir / "world" / "test").rglob("*.png")))
    before = predictor.predict([image])[0]
    for index in (0, 1):
        own = normalize(before.class_maps[..., index])
        theirs = normalize(grad_cam(image, index, predictor.run))
        if own.max() > 0 and theirs.max() > 0:
            assert np.corrcoef(own.ravel(), theirs.ravel())[0, 1] >= 0.999
    assert predictor.predict([image])[0] == before


def test_the_overlay_keeps_the_photo_where_the_opacity_is_zero():
    image = np.full((4, 6, 3), 77, np.uint8)
    heatmap = np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)
    assert np.array_equal(overlay(image, heatmap, 0.0), image)
    assert np.array_equal(overlay(image, heatmap, 1.0), colorize(heatmap))
    with pytest.raises(ValueError, match="shape"):
        overlay(image, heatmap.T)


def test_brighter_colours_mean_more_evidence():
    grey = colorize(np.linspace(0, 1, 9, dtype=np.float32)[None]).astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(grey[0]) > 0).all()


def test_png_files_hold_pixels_only():
    import io

    picture = Image.open(io.BytesIO(encode_png(np.zeros((3, 4, 3), np.uint8))))
    assert picture.format == "PNG" and picture.size == (4, 3) and not picture.info
