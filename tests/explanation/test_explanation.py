"""Heat maps with known answers: hand-made networks, planted patches, known geometry."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.errors import MethodUnavailableError, UnknownClassError
from core.explanation.heatmap import (
    available_methods,
    class_map,
    explain,
    explain_classes,
    normalize,
    upsample,
)
from core.explanation.methods import ALL, NEEDS_TENSORFLOW
from core.explanation.occlusion import occlusion_map
from core.explanation.overlay import colorize, encode_png, layer, legend, overlay
from core.explanation.rise import rise_map


class BrightCorner:
    """A predictor that answers `Asian` by how bright the upper left quarter is."""

    run = SimpleNamespace(image_size=(64, 64), class_names=("African", "Asian"), run_id="fake", framing="squash")

    def predict(self, images):
        value = float(self.probabilities(images)[0, 1])
        return [
            SimpleNamespace(
                label="Asian" if value > 0.5 else "African",
                probability=max(value, 1 - value),
                probabilities={"African": 1 - value, "Asian": value},
                class_maps=None,
            )
        ]

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


def test_the_overlay_keeps_the_photo_where_nothing_spoke():
    image = np.full((4, 6, 3), 77, np.uint8)
    heatmap = np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)
    assert np.array_equal(overlay(image, heatmap, 0.0), image)
    full, strong = overlay(image, heatmap, 1.0), heatmap >= 0.5
    assert np.array_equal(full[strong], colorize(heatmap)[strong])
    assert np.array_equal(full[heatmap == 0], image[heatmap == 0])
    with pytest.raises(ValueError, match="shape"):
        overlay(image, heatmap.T)


def test_brighter_colours_mean_more_evidence():
    grey = colorize(np.linspace(0, 1, 9, dtype=np.float32)[None]).astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(grey[0]) > 0).all()


def test_png_files_hold_pixels_only():
    import io

    picture = Image.open(io.BytesIO(encode_png(np.zeros((3, 4, 3), np.uint8))))
    assert picture.format == "PNG" and picture.size == (4, 3) and not picture.info


def test_rise_of_the_other_class_is_the_opposite():
    image = bright_corner_image(64, 64)
    found = rise_map(image, 1, BrightCorner())
    assert found.shape == (56, 56) and found.dtype == np.float32 and np.ptp(found) > 0
    assert np.allclose(rise_map(image, 0, BrightCorner()), -found, atol=1e-4)


def test_the_same_photo_gives_the_same_map():
    image = bright_corner_image(50, 70)
    first, second = (explain(image, "Asian", "rise", BrightCorner()).heatmap for _ in range(2))
    assert np.array_equal(first, second)


def test_methods_without_a_sign_refuse_to_be_signed(predictor):
    with pytest.raises(MethodUnavailableError, match="only evidence for a class"):
        explain(np.zeros((20, 30, 3), np.uint8), None, "grad_cam", predictor, signed=True)


def test_every_method_is_described_and_offered(predictor):
    prediction = predictor.predict([np.zeros((20, 30, 3), np.uint8)])[0]
    assert available_methods(prediction) == ["class_map", "occlusion", "rise"]
    assert set(available_methods(prediction, tensorflow=True)) == set(ALL)
    assert available_methods(SimpleNamespace(class_maps=None))[0] == "occlusion"
    assert all(
        len(f"{item.title}: {item.meaning} {item.cost}") < 110 and item.cost.endswith(".") for item in ALL.values()
    )


def test_all_classes_come_from_one_pass(predictor):
    image = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    found = explain_classes(image, predictor)
    assert set(found) == {"African", "Asian"}
    assert list(found)[0] == found["Asian"].prediction.label
    assert found["African"].prediction is found["Asian"].prediction


def test_signed_maps_keep_both_sides_and_zeros():
    assert normalize(np.array([[-4.0, 2.0]]), signed=True).tolist() == [[-1.0, 0.5]]
    assert normalize(np.zeros((2, 2)), signed=True).max() == 0


def test_signed_colours_are_light_in_the_middle_and_differ_at_the_ends():
    against, neither, favour = colorize(np.array([[-1, 0, 1]], np.float32), signed=True)[0].astype(int)
    assert neither.min() > 230
    assert against[2] > against[0] and favour[0] > favour[2]


def test_the_legend_has_the_colours_of_the_map():
    plain, signed = legend(class_name="Asian"), legend(signed=True)
    assert (plain.values[0], plain.values[-1], signed.values[0]) == (0, 1, -1)
    assert plain.colors[-1] == "#fde725" and plain.high == "most for Asian"
    assert len(signed.colors) == 9 and (signed.low, signed.high) == ("against the class", "for the class")
    steps = [
        int(color[1:3], 16) * 0.299 + int(color[3:5], 16) * 0.587 + int(color[5:], 16) * 0.114 for color in plain.colors
    ]
    assert steps == sorted(steps)


def test_a_layer_over_the_photo_is_the_overlay():
    image = np.random.default_rng(2).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    for signed in (False, True):
        heatmap = np.linspace(-1 if signed else 0, 1, 1200, dtype=np.float32).reshape(30, 40)
        colors = layer(heatmap, signed)
        weight = 0.6 * colors[..., 3:] / 255
        mixed = image * (1 - weight) + colors[..., :3] * weight
        assert np.abs(mixed - overlay(image, heatmap, 0.6, signed)).max() <= 2
    assert layer(np.zeros((500, 1000), np.float32)).shape == (128, 256, 4)
    assert layer(np.zeros((500, 1000), np.float32))[..., 3].max() == 0


def test_slow_methods_say_how_far_they_are():
    for method, passes in (("occlusion", 50), ("rise", 200)):
        seen = []
        explain(
            bright_corner_image(20, 30),
            "Asian",
            method,
            BrightCorner(),
            progress=lambda done, total, seen=seen: seen.append((done, total)),
        )
        assert seen[-1] == (passes, passes) and seen == sorted(seen) and len(seen) > 3
        assert ALL[method].passes == passes


def test_every_method_says_what_it_means_and_costs():
    assert all(method.meaning.endswith(".") and method.cost.endswith(".") for method in ALL.values())
    assert NEEDS_TENSORFLOW == {"grad_cam", "grad_cam_plus_plus", "score_cam", "smooth_grad"}
    assert not any(method.needs_tensorflow and method.is_signed for method in ALL.values())
