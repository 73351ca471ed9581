"""A heat map lies where it belongs: a red patch is planted in photos of all shapes and has to be found."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.dataset.framing import frame, framed
from core.dataset.images import decode, resize
from core.explanation.deletion import deletion_and_insertion
from core.explanation.heatmap import explain, explain_classes, upsample
from core.explanation.overlay import layer, overlay


class RedFinder:
    """A run whose evidence for `Asian` is what is brighter in the red channel than 128, by place."""

    run = SimpleNamespace(image_size=(112, 112), class_names=("African", "Asian"), run_id="fake", framing="squash")

    def predict(self, images):
        found = []
        for image in images:
            cells = resize(image, (112, 112))[..., 0].reshape(14, 8, 14, 8).mean((1, 3)) / 255 - 0.5
            maps = np.stack([-cells, cells], axis=-1).astype(np.float32)
            asian = float(1 / (1 + np.exp(-2 * maps[..., 1].mean() * 14)))
            found.append(
                SimpleNamespace(
                    label="Asian" if asian > 0.5 else "African",
                    probability=max(asian, 1 - asian),
                    probabilities={"African": 1 - asian, "Asian": asian},
                    class_maps=maps,
                )
            )
        return found

    def probabilities(self, images):
        return np.array([list(prediction.probabilities.values()) for prediction in self.predict(images)])


def planted(width: int, height: int, box: tuple[float, float, float, float], mode: str = "RGB") -> Image.Image:
    """A dark photo with a bright patch; the box is in shares of the sides."""
    image = Image.new(mode, (width, height), (60, 60, 60) if mode == "RGB" else 60)
    pixels = tuple(round(share * side) for share, side in zip(box, (width, height, width, height), strict=True))
    image.paste((250, 60, 60) if mode == "RGB" else 250, pixels)
    return image


def found_at(heatmap: np.ndarray) -> tuple[float, float]:
    """Centre of what the map marks, as shares of width and height."""
    strong = heatmap >= 0.6 * heatmap.max()
    rows, columns = np.nonzero(strong)
    return (columns.mean() + 0.5) / heatmap.shape[1], (rows.mean() + 0.5) / heatmap.shape[0]


BOX = (0.55, 0.1, 0.85, 0.4)
CENTRE = (0.7, 0.25)
SIZES = [(320, 240), (240, 320), (900, 40), (40, 900), (7, 9), (13, 5), (224, 224), (225, 223)]


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", ["class_map", "occlusion", "rise"])
def test_a_planted_patch_is_found_in_any_shape(method, size, mode):
    image = np.asarray(planted(*size, BOX, mode).convert("RGB"))
    heatmap = explain(image, "Asian", method, RedFinder()).heatmap
    assert heatmap.shape == image.shape[:2] and heatmap.dtype == np.float32
    bright = image[..., 0] > 200
    assert heatmap[bright].mean() > 3 * heatmap[~bright].mean()
    if min(size) > 30:
        assert found_at(heatmap) == pytest.approx(CENTRE, abs=0.07)


class MiddleFinder(RedFinder):
    """The same, of the square in the middle."""

    run = SimpleNamespace(**vars(RedFinder.run) | {"framing": "centre"})

    def predict(self, images):
        return super().predict([framed(image, "centre") for image in images])


@pytest.mark.parametrize("size", [(320, 240), (240, 320), (900, 40), (224, 224), (225, 223)])
@pytest.mark.parametrize("method", ["class_map", "occlusion", "rise"])
def test_a_network_that_sees_the_middle_marks_the_patch_there_and_nothing_outside(method, size):
    width, height = size
    side = min(size)
    left, top = (width - side) // 2, (height - side) // 2
    image = np.asarray(planted(*size, (0, 0, 0, 0))).copy()
    image[top + side // 10 : top + 4 * side // 10, left + 11 * side // 20 : left + 17 * side // 20] = (250, 60, 60)
    heatmap = explain(image, "Asian", method, MiddleFinder()).heatmap
    assert heatmap.shape == image.shape[:2] and heatmap.dtype == np.float32
    outside = np.ones(image.shape[:2], bool)
    outside[frame(image.shape[:2], "centre")] = False
    assert not heatmap[outside].any()
    seen = framed(heatmap, "centre")
    assert found_at(seen) == pytest.approx(CENTRE, abs=0.07)


def test_deletion_and_insertion_change_what_a_network_sees_of_the_photo():
    image = np.asarray(planted(400, 100, (0.45, 0.2, 0.55, 0.8)))
    perfect = (image[..., 0] > 200).astype(np.float32)
    (curves,) = deletion_and_insertion(image, 1, [perfect], MiddleFinder())
    assert curves.gain > 0.05


# How a camera would have stored an upright photo: the inverse of what the orientation asks a viewer to do.
UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def as_stored(upright: Image.Image, orientation: int, kind: str) -> bytes:
    """The file of a camera that was held in this orientation."""
    stored = upright.transpose(UNDO[orientation]) if orientation in UNDO else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    stored.save(buffer, kind, quality=95, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_I19_a_patch_in_a_rotated_photo_is_found_where_people_see_it(orientation):
    image = decode(as_stored(planted(300, 160, BOX), orientation, "JPEG"))
    heatmap = explain(image, "Asian", "class_map", RedFinder()).heatmap
    assert heatmap.shape == (160, 300)
    assert found_at(heatmap) == pytest.approx(CENTRE, abs=0.05)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [(900, 40), (40, 900), (60, 45), (4200, 1400)])
def test_I19_rotated_photos_of_all_shapes_kinds_and_colours_are_explained_upright(size, mode, kind):
    if kind == "WEBP" and mode == "L":
        mode = "RGB"  # WebP knows no grey
    image = decode(as_stored(planted(*size, BOX, mode), 6, kind))
    assert (image.shape[1] > image.shape[0]) == (size[0] > size[1])
    assert image.shape[1] / image.shape[0] == pytest.approx(size[0] / size[1], rel=0.02)  # a large JPEG comes smaller
    heatmap = explain(image, "Asian", "class_map", RedFinder()).heatmap
    assert heatmap.shape == image.shape[:2]
    assert found_at(heatmap) == pytest.approx(CENTRE, abs=0.07)


@pytest.mark.parametrize("size", [(320, 240), (900, 40), (40, 900), (13, 5)])
def test_what_a_page_lays_over_a_photo_lies_where_the_map_lies(size):
    heatmap = explain(np.asarray(planted(*size, BOX)), "Asian", "class_map", RedFinder()).heatmap
    colors = layer(heatmap)
    assert colors.shape[1] / colors.shape[0] == pytest.approx(size[0] / size[1], rel=0.05)
    assert found_at(colors[..., 3].astype(float) - 200) == pytest.approx(found_at(heatmap), abs=0.07)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 3)])
@pytest.mark.parametrize("method", ["class_map", "occlusion", "rise"])
@pytest.mark.parametrize("colour", [0, 255])
def test_I24_blank_and_tiny_photos_have_finite_maps(size, method, colour):
    image = np.full((*size, 3), colour, np.uint8)
    for class_name in ("African", "Asian"):
        heatmap = explain(image, class_name, method, RedFinder()).heatmap
        assert heatmap.shape == size and np.isfinite(heatmap).all()
        assert overlay(image, heatmap).shape == image.shape


def test_what_speaks_for_one_class_speaks_against_the_other():
    image = np.asarray(planted(320, 240, BOX))
    both = explain_classes(image, RedFinder(), signed=True)
    assert set(both) == {"African", "Asian"}
    assert np.allclose(both["African"].heatmap, -both["Asian"].heatmap, atol=1e-6)
    bright = image[..., 0] > 200
    asian = both["Asian"].heatmap
    assert asian[bright].mean() > 0.3 and asian[~bright].mean() < -0.3 and np.abs(asian).max() <= 1


def test_every_class_is_explained_from_one_pass():
    class Counting(RedFinder):
        asked = 0

        def predict(self, images):
            self.asked += len(images)
            return super().predict(images)

    run = Counting()
    found = explain_classes(np.asarray(planted(320, 240, BOX)), run)
    assert run.asked == 1 and list(found) == sorted(found, key=lambda name: -found[name].prediction.probabilities[name])


def test_enlarging_keeps_the_middle_of_each_cell_in_place():
    coarse = np.zeros((7, 7), np.float32)
    coarse[2, 5] = 1
    assert found_at(upsample(coarse, (210, 420))) == pytest.approx((5.5 / 7, 2.5 / 7), abs=0.005)
