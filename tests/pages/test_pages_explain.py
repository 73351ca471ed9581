"""Explaining on the pages: every way in, every view, photos and methods that fail, and names that mean harm."""
# ruff: noqa: F401, F811 - the fixtures are those of test_pages

import numpy as np
import pytest
from conftest import draw_photo
from pages_fakes import FakePredictor, fake_run
from streamlit.testing.v1 import AppTest
from test_pages import HOSTILE, app, png, sample, served, words  # noqa: F401 (fixtures)

from core.dataset import decisions
from core.dataset.index import index_dataset
from core.errors import MethodUnavailableError
from core.explanation.methods import ALL, NEEDS_TENSORFLOW
from core.prediction.predictor import Prediction
from core.runs import registry
from streamlit_app import resources
from streamlit_app.components.explained_photos import ExplainedPhoto
from streamlit_app.parts.evaluation import heat_maps as evaluation_heat_maps
from streamlit_app.parts.explain import classes as explain_classes
from streamlit_app.parts.explain import methods as explain_methods
from streamlit_app.parts.explain import what_if as explain_what_if
from streamlit_app.pictures import fingerprint, shrunk
from streamlit_app.resources import explanations, gradient_maps

PHOTO = "test/African/test_001.png"


class Shown(list):
    """Stands for the component of photos under heat maps: remembers what it was given, clicks what it is told to."""

    click = None

    def __call__(self, photos, legend, key, columns=3, tallest="") -> str | None:
        self.append(list(photos))
        clicked, self.click = self.click, None
        return clicked

    @property
    def last(self) -> dict[str, ExplainedPhoto]:
        return {photo.id: photo for photo in self[-1]}


class ReadyMaps:
    """Maps that another process had ready at once."""

    doing, seconds_left, fraction = "Grad-CAM", 3.0, 0.5

    def __init__(self, image, class_name, methods, run, paths):
        self.methods, self.is_running, self.shape = tuple(methods), True, image.shape[:2]

    def finished(self):
        self.is_running = False
        return {method: np.ones(self.shape, np.float32) for method in self.methods}


class FailingMaps(ReadyMaps):
    """Maps whose process died."""

    def finished(self):
        self.is_running = False
        raise MethodUnavailableError("Not enough memory is free.")


@pytest.fixture(autouse=True)
def nothing_known():
    explanations._kept().clear()
    gradient_maps._state().job = None


@pytest.fixture
def shown(monkeypatch):
    found = Shown()
    for part in (explain_classes, explain_methods, evaluation_heat_maps):
        monkeypatch.setattr(part, "explained_photos", found)
    return found


def notes(test: AppTest) -> str:
    return words(test) + "\n".join(button.label.replace("\\", "") for button in test.button)


def test_a_link_opens_a_photo_with_its_label_answer_and_every_class(app, served, shown):
    test = app("predict", photo=PHOTO)
    assert not test.exception
    assert PHOTO in words(test) and "African, " in words(test)
    assert list(shown.last) == ["original", "African", "Asian"]
    assert [photo.title for photo in shown.last.values()] == ["The photo", "Evidence for African", "Evidence for Asian"]
    assert shown.last["original"].heatmap is None and shown.last["African"].heatmap.max() == 1
    assert shown.last["Asian"].note.endswith("no evidence in the photo")
    assert {photo.faithfulness.verdict for photo in shown.last.values() if photo.faithfulness} <= {
        "clearly",
        "barely",
        "not",
    }
    assert shown[0][1].waiting and shown[0][1].faithfulness is None  # the maps are seen before they are tested


def test_the_other_sign_is_shown_on_request(app, served, shown):
    test = app("predict", photo=PHOTO)
    test.toggle("why-signed").set_value(True).run()
    assert shown.last["Asian"].signed and shown.last["Asian"].heatmap.min() < 0


@pytest.mark.parametrize("path", ["test/African/gone.png", "../../etc/passwd", "![x](http:evil.png)"])
def test_a_link_to_a_photo_that_is_not_there_says_so_and_offers_others(app, served, path):
    test = app("predict", photo=path)
    assert not test.exception
    assert "Pick another one" in test.warning[0].value
    assert "![x](" not in test.warning[0].value
    assert "Explain more" not in [element.value for element in test.subheader]


def test_a_photo_that_cannot_be_read_says_so(app, sample, served):
    (sample.folder / PHOTO).write_bytes(b"no photo any more")
    test = app("predict", photo=PHOTO)
    assert not test.exception and "cannot be read" in test.warning[0].value.replace("\\", "")


def test_another_photo_can_be_chosen(app, served):
    test = app("predict", photo=PHOTO)
    test.button("another").click().run()
    assert "photo" not in test.query_params and "Or try one" in words(test)


def test_an_upload_takes_the_place_of_the_linked_photo(app, served, shown):
    test = app("predict", photo=PHOTO)
    test.file_uploader("uploads").set_value([("a.png", png((60, 90, 200)), "image/png")]).run()
    assert "photo" not in test.query_params and "Asian, 98 %" in words(test)
    assert shown.last["Asian"].size == (80, 60)


def test_a_run_that_is_not_in_use_answers_where_the_link_names_it(app, sample, served, paths):
    fake_run(sample, paths, "other-run")
    test = app("predict", photo=PHOTO, by="other-run")
    assert "other-run, which is not in use" in words(test).replace("*", "")
    test.button("ask-served").click().run()
    assert "which is not in use" not in words(test)
    assert not app("predict", photo=PHOTO, by="../x").exception


def test_methods_are_made_when_asked_for_and_tested(app, served, shown, monkeypatch):
    monkeypatch.setattr(gradient_maps, "MapsApart", ReadyMaps)
    test = app("predict", photo=PHOTO, explain="Compare methods")
    assert list(shown.last) == ["class_map", "occlusion", "rise", *[name for name in ALL if name in NEEDS_TENSORFLOW]]
    assert shown.last["class_map"].faithfulness and shown.last["grad_cam"].heatmap is None
    assert shown.last["grad_cam"].button.startswith("Make it, about ")
    (make_all,) = [button for button in test.button if button.label.startswith("Make all heat maps")]
    make_all.click().run()
    assert not test.exception
    assert all(photo.heatmap is not None and photo.faithfulness for photo in shown.last.values())
    assert "of 7 maps are clearly better than chance" in words(test)


def test_one_method_is_made_by_its_own_button(app, served, shown, monkeypatch):
    monkeypatch.setattr(gradient_maps, "MapsApart", ReadyMaps)
    test = app("predict", photo=PHOTO, explain="Compare methods")
    shown.click = "score_cam"
    test.run()
    made = [name for name, photo in shown.last.items() if photo.heatmap is not None]
    assert made == ["class_map", "score_cam"]


def test_a_method_that_fails_gives_a_sentence_and_the_others_stay(app, served, shown, monkeypatch):
    monkeypatch.setattr(gradient_maps, "MapsApart", FailingMaps)
    test = app("predict", photo=PHOTO, explain="Compare methods")
    shown.click = "grad_cam"
    test.run()
    assert not test.exception
    assert "Not enough memory is free." in test.warning[0].value.replace("\\", "")
    assert shown.last["class_map"].faithfulness and shown.last["grad_cam"].button.startswith("Make it")


def test_another_photo_has_to_wait_while_maps_are_made(served, monkeypatch):
    class SlowMaps(ReadyMaps):
        def finished(self):
            return {}

    monkeypatch.setattr(gradient_maps, "MapsApart", SlowMaps)
    monkeypatch.setattr(resources, "predictor", FakePredictor)
    images = [np.full((9, 9, 3), value, np.uint8) for value in (10, 20)]
    answers = FakePredictor(served).predict(images)
    first, second = (
        resources.AnsweredPhoto(image, answer, served, "") for image, answer in zip(images, answers, strict=True)
    )
    maps = resources.start_maps(first, "African", ["grad_cam"])
    assert resources.start_maps(first, "African", ["grad_cam"]) is maps
    with pytest.raises(gradient_maps.BusyError, match="Try again"):
        resources.start_maps(second, "African", ["grad_cam"])
    assert resources.maps_under_way(second, "African") is None


def test_hiding_the_strongest_part_tells_what_became_of_the_answer(app, served):
    test = app("predict", photo=PHOTO, explain="Hide a part")
    assert "Drag a box over the photo" in words(test)
    (suggest,) = [button for button in test.button if button.label.startswith("Hide the strongest evidence")]
    suggest.click().run()
    assert not test.exception
    assert "African stays at" in words(test) or "African falls by" in words(test)


def test_a_network_without_class_maps_is_explained_by_occlusion(app, served, shown, monkeypatch):
    class Blind(FakePredictor):
        def _one(self, image):
            found = super()._one(image)
            return Prediction(**{**vars(found), "class_maps": None})

    monkeypatch.setattr(resources, "predictor", Blind)
    test = app("predict", photo=PHOTO)
    assert not test.exception
    assert test.selectbox("why-method").options == ["Occlusion", "RISE"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are_wherever_a_photo_is_explained_U1(app, paths, name):
    folder = paths.data_dir / "sample"
    for number, label in enumerate((name, "Asian")):
        for split, count in (("train", 4), ("test", 2)):
            for index in range(count):
                draw_photo(folder / split / label / f"{index}{name}.png", (90 * number, 90, 60), number * 50 + index)
    data = index_dataset(folder, paths)
    registry.promote(paths, fake_run(data, paths).run_id)
    path = data.usable["path"].iloc[0]
    for view in ("Why each class", "Compare methods", "Hide a part"):
        test = app("predict", photo=path, explain=view)
        assert not test.exception
        for kind in ("markdown", "caption", "subheader", "error", "warning", "info"):
            assert not [element for element in test.get(kind) if name in str(element.value)], (view, kind)


def test_mean_heat_maps_are_made_on_request(app, served, shown):
    test = app("evaluation", sight="Average heat maps")
    test.button("average-test").click().run()
    assert not test.exception
    assert list(shown.last) == ["African", "Asian"] or "Errors only: African" in shown.last
    assert "80 photos" not in words(test) and "8 photos of test" in words(test)


def panel(*paths_of_photos: str) -> AppTest:
    return AppTest.from_string(
        f"""
import streamlit as st
from streamlit_app import resources
from streamlit_app.parts.shared import photo_panel
data = resources.dataset(resources.paths().data_dir / "sample")
if "opened" not in st.session_state:
    st.session_state["opened"] = True
    photo_panel.panel(data, {paths_of_photos[0]!r})
""",
        default_timeout=30,
    ).run()


def test_the_panel_tells_answer_label_decision_and_path(app, sample, served):
    path = "train/African/train_002.png"
    decisions.decide(sample, path, "relabel", "Asian", "Kim", "tusks")
    test = panel(path)
    assert not test.exception
    for fact in ("African, ", "Given label: African", "Reviewed by Kim: Asian", "1 decision", "tusks"):
        assert fact in words(test).replace("*", ""), fact
    assert test.code[0].value.endswith(path)
    assert [button.label for button in test.button] == ["Explain more", "Undo this decision"]
    test.button("undo-decision").click().run()
    assert sample.decisions() == {}


def test_the_panel_of_a_photo_that_is_gone_says_so(app, sample, served):
    test = panel("train/African/gone.png")
    assert "no longer in the dataset" in test.warning[0].value


def test_boxes_become_pixels_and_thin_ones_nothing():
    two = [(0, 0, 1, 1), (0.5, 0.25, 0.75, 0.5)]
    assert explain_what_if.in_pixels(two, (40, 80)) == [(0, 0, 80, 40), (40, 10, 60, 20)]
    assert explain_what_if.in_pixels([(0.1, 0.1, 0.1, 0.9), (0.999, 0, 1, 1)], (40, 80)) == []
    assert explain_what_if.in_pixels([(0.9, 0.9, 1, 1)], (1, 1)) == [(0, 0, 1, 1)]


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (0.5, "African falls by 40 points, from 90 % to 50 %."),
        (0.95, "African rises by 5 points, from 90 % to 95 %."),
        (0.899, "African stays at 90 %: the answer does not depend on this part."),
    ],
)
def test_the_change_is_told_in_points(after, text):
    def said(value: float) -> Prediction:
        probabilities = {"African": value, "Asian": 1 - value}
        return Prediction("African", value, probabilities, None, None, False, "run", None, np.zeros(1))

    assert explain_what_if.change(said(0.9), said(after)) == text


def test_a_photo_goes_with_the_reader_from_the_overview_to_its_explanation(app, served):
    test = app("overview")
    test.file_uploader("hero").set_value(("a.png", png((200, 90, 60)), "image/png")).run()
    test.button("hero-answer-more").click().run()
    assert test.title[0].value == "What is this, and why?"
    assert "The photo from before" in words(test) and "African, 98 %" in words(test)


def test_large_photos_are_shown_smaller_and_small_ones_as_they_are():
    assert shrunk(np.zeros((100, 2000, 3), np.uint8), 960).shape == (48, 960, 3)
    assert shrunk(np.zeros((1, 5000, 3), np.uint8), 960).shape == (1, 960, 3)
    small = np.zeros((9, 7, 3), np.uint8)
    assert shrunk(small, 960) is small
    assert fingerprint(small) != fingerprint(np.zeros((7, 9, 3), np.uint8))
