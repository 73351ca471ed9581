"""What the pages say is so: who answers, what it learned from, what comes next, and what can be compared."""
# ruff: noqa: F401, F811 - the fixtures are those of test_pages

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import draw_photo, draw_world
from pages_fakes import fake_run
from test_pages import ROOT, app, png, sample, served, words
from test_pages_review import fake_ranking, ranked

from core.dataset import decisions
from core.dataset.index import index_dataset
from core.features.embeddings import remember
from core.features.neighbours import usual_similarity
from core.jobs import queue as jobs
from core.runs import registry
from core.runs.presets import preset
from streamlit_app import resources
from streamlit_app.parts.models.confirmations import measured_on
from streamlit_app.parts.review import copies, queue
from streamlit_app.parts.shared.progress import progress
from streamlit_app.parts.shared.run_picker import caption
from streamlit_app.parts.training import form

PHOTO = "test/African/test_001.png"


@pytest.fixture
def foreign(paths):
    """A run in use that learned from another dataset of the same classes."""
    elsewhere = index_dataset(draw_world(paths.data_dir / "elsewhere", num_train=5), paths)
    return registry.promote(paths, fake_run(elsewhere, paths, "foreign-run").run_id)


def test_every_answer_names_the_run_and_what_it_learned_from(app, served):
    test = app("predict")
    test.file_uploader("uploads").set_value([("a.png", png((200, 90, 60)), "image/png")]).run()
    assert "Answered by fake-run, trained on the dataset *sample*." in words(test)


def test_a_photo_of_a_dataset_is_answered_by_a_run_that_learned_from_it_not_by_the_one_in_use(
    app, sample, foreign, paths
):
    fake_run(sample, paths, "own-run")
    text = words(app("predict", photo=PHOTO))
    assert "In use: **foreign-run**" in text
    assert "Answered by own-run, trained on the dataset *sample*." in text


def test_an_answer_about_photos_the_run_never_learned_from_says_so(app, sample, foreign):
    text = words(app("predict", photo=PHOTO))
    assert "Answered by foreign-run, trained on the dataset *elsewhere*." in text
    assert "It has learned from no photo of *sample*" in text


@pytest.mark.parametrize("page", ["overview", "predict"])
def test_the_examples_wait_for_the_first_model_that_learns_from_them(app, sample, foreign, paths, page):
    run_id = jobs.enqueue(paths, sample.folder, preset("quick"))
    test = app(page)
    assert not test.exception
    assert "A model is learning from the photos of *sample* right now" in words(test)
    jobs.cancel(paths, run_id)
    assert "right now" not in words(app(page))


def test_the_overview_shows_how_far_a_training_is(app, sample, served, paths):
    jobs.enqueue(paths, sample.folder, preset("quick"))
    assert "Queued (position 1)." in words(app("overview"))


def test_a_run_says_by_its_name_and_in_the_picker_which_labels_it_learned_from(sample, paths):
    assert "-quick-given-" in jobs.enqueue(paths, sample.folder, preset("quick"))
    assert "-quick-given-" in jobs.enqueue(paths, sample.folder, preset("quick", labels="given"))
    decisions.decide(sample, sample.usable["path"].iloc[0], "exclude")
    assert "-quick-reviewed-" in jobs.enqueue(paths, sample.folder, preset("quick"))
    assert "-quick-given-" in jobs.enqueue(paths, sample.folder, preset("quick", labels="given"))
    run = fake_run(sample, paths, "a-run", labels="reviewed")
    assert caption(run).startswith("a-run · Quick, reviewed labels · ") or run.labels == "given"


def test_the_picker_starts_with_the_best_run_not_with_the_newest(app, sample, paths):
    for run_id, mistakes in (("best-run", 0), ("newest-run", 3)):
        fake_run(sample, paths, run_id, mistakes=mistakes)
    assert app("evaluation").selectbox("run").value == "best-run"


def test_a_promotion_warns_where_the_figures_are_of_other_photos(sample, foreign, paths):
    own, other = fake_run(sample, paths, "own-run"), fake_run(sample, paths, "other-run", mistakes=2)
    assert measured_on(own) == measured_on(other) != measured_on(foreign)


def test_the_run_in_use_can_be_asked_about_the_test_photos_of_this_dataset(app, sample, foreign, paths, monkeypatch):
    own = fake_run(sample, paths, "own-run")
    monkeypatch.setattr(
        "streamlit_app.resources.runs.predict_split", lambda run, data, split, progress: own.predictions
    )
    assert resources.asked(sample, foreign) is None
    resources.ask(sample, foreign)
    assert resources.asked(sample, foreign)["path"].tolist() == own.predictions["path"].tolist()
    assert resources.asked(sample, own) is own.predictions


def test_the_proven_better_run_can_be_used_at_once(app, ranked, served, paths):
    made = decisions.decide(ranked, "train/African/train_000.png", "exclude")
    fake_run(ranked, paths, "on-given", mistakes=8)
    fake_run(ranked, paths, "on-reviewed", mistakes=0, labels="reviewed", used=[made])
    test = app("prove")
    assert "**on-reviewed** is the better run." in words(test)
    registry.promote(paths, "on-reviewed")
    assert "**on-reviewed**, is in use." in words(app("prove"))


def test_a_proof_without_a_gain_says_what_to_do(app, ranked, served, paths):
    made = decisions.decide(ranked, "train/African/train_000.png", "exclude")
    fake_run(ranked, paths, "on-given", mistakes=2)
    fake_run(ranked, paths, "on-reviewed", mistakes=2, labels="reviewed", used=[made])
    text = words(app("prove"))
    assert "8 test photos only show differences of about" in text
    assert "2 test photos look mislabelled themselves" in text


def test_nothing_suspicious_is_left_is_said_only_when_it_is_so():
    assert queue.over(0).startswith("Nothing suspicious is left.")
    assert queue.over(3) == "No photo fits this filter, but 3 suspicious labels elsewhere. Clear the filter."


def test_copies_in_two_classes_are_settled_by_a_decision(ranked):
    first, second, third = ranked.usable["path"].tolist()[:3]
    label = ranked.usable["label"].iloc[0]
    pairs = pd.DataFrame({"path_a": [first, second], "path_b": [third, third], "crosses_class": True})
    assert copies.unresolved(ranked, pairs, {})["crosses_class"].tolist() == [False, False]  # all of one class
    other = next(name for name in ranked.class_names if name != label)
    decisions.decide(ranked, third, "relabel", other)
    assert copies.unresolved(ranked, pairs, ranked.decisions())["crosses_class"].tolist() == [True, True]
    decisions.decide(ranked, first, "exclude")
    assert copies.unresolved(ranked, pairs, ranked.decisions())["path_a"].tolist() == [second]


def test_the_clock_of_a_progress_bar_starts_with_the_first_thing_done(monkeypatch):
    now, said = [1000.0], []
    monkeypatch.setattr("streamlit_app.parts.shared.progress.time.monotonic", lambda: now[0])

    class Place:
        def progress(self, fraction, text):
            said.append(text)

    show = progress(Place(), "Looking")
    now[0] += 300  # the networks were prepared meanwhile
    show(20, 100)
    now[0] += 10
    show(40, 100)
    assert said == ["Looking: 20 of 100", "Looking: 40 of 100, 30 s left"]


def test_the_time_of_a_training_is_learned_apart_for_photos_read_and_not_read_yet(sample, paths):
    first = fake_run(sample, paths, "first-run", seconds=60.0)
    second = fake_run(sample, paths, "second-run", seconds=9.0)
    assert form.estimate("quick", sample, [second, first]) == 60.0
    remember(sample, "efficientnet-lite0", {"a": np.zeros(4, np.float32)})
    assert form.estimate("quick", sample, [second, first]) == 9.0


def test_a_folder_opened_by_its_path_is_there_in_the_next_session(app, served, tmp_path):
    elsewhere = draw_world(tmp_path / "my photos", num_train=5)
    test = app("dataset", tab="Add photos")
    test.text_input("import-folder").set_value(str(elsewhere)).run()
    test.button("open-folder").click().run()
    assert test.selectbox("data").value == "my photos"
    assert "my photos" in app("overview").selectbox("data").options


def test_photos_in_no_class_are_an_unlabelled_dataset_with_ways_on(app, served, paths):
    for number, colour in enumerate([(200, 90, 60), (60, 90, 200), (120, 120, 120)]):
        draw_photo(paths.data_dir / "field" / f"{number}.png", colour, number)
    test = app("dataset", data="field")
    assert not test.exception and not test.error
    assert "3 photos without labels" in words(test).replace("*", "")
    assert "0 photos" not in words(test)
    test.button("predict-unlabelled").click().run()
    assert not test.exception
    table = test.dataframe[0].value
    assert table["path"].tolist() == ["0.png", "1.png", "2.png"]
    assert test.selectbox("data").value == "field"
    assert table["answer"].tolist() == ["African", "Asian", "not the subject"]


def test_without_test_photos_the_app_offers_to_set_some_aside(app, served, paths):
    for number, name in enumerate(("cat", "dog")):
        for index in range(10):
            draw_photo(
                paths.data_dir / "pets" / name / f"{index}.png", (60 + 140 * number, 90, 60), 99 * number + index
            )
    test = app("dataset", data="pets")
    test.button("set-aside").click().run()
    assert not test.exception and not test.error
    assert "16 train and 4 test" in words(test)
    app_test = app("dataset", data="pets")
    app_test.button("put-back").click().run()
    assert "20 train." in words(app_test)


def test_uploads_survive_a_look_at_another_page(app, served):
    test = app("predict")
    files = [(f"{number}.png", png((200, 90, 60 + number)), "image/png") for number in range(3)]
    test.file_uploader("uploads").set_value(files).run()
    assert len(test.dataframe[0].value) == 3
    test.switch_page("views/models.py").run()
    test.switch_page("views/predict.py").run()
    assert "3 photos from before." in words(test)
    assert len(test.dataframe[0].value) == 3
    test.button("drop-kept").click().run()
    assert not test.dataframe


def test_the_table_of_many_photos_is_filtered_by_answer(app, served):
    test = app("predict")
    colours = [(200, 90, 60), (60, 90, 200), (120, 120, 120)]
    files = [(f"{number}.png", png(colour), "image/png") for number, colour in enumerate(colours)]
    test.file_uploader("uploads").set_value(files).run()
    test.pills("answers").select("not the subject").run()
    assert test.dataframe[0].value["path"].tolist() == ["2.png"]


def look_at(data) -> None:
    """Remembers of every photo what the fake predictor sees: how red and how blue it is."""
    seen = {row.sha256: (1.0, 0.2) if row.label == "African" else (0.2, 1.0) for row in data.usable.itertuples()}
    seen = {sha256: np.array(pair, np.float32) for sha256, pair in seen.items()}
    remember(data, "efficientnet-lite0", seen)


def test_an_answer_shows_the_most_similar_training_photos(app, sample, served):
    look_at(sample)
    test = app("predict", photo=PHOTO)
    assert not test.exception
    assert "**Most similar training photos**: 4 of 4 labelled African." in words(test)


@pytest.mark.parametrize(("usual", "is_far"), [(0.1, False), (1.1, True)])
def test_a_photo_far_from_what_the_run_learned_says_so(app, sample, served, monkeypatch, usual, is_far):
    look_at(sample)
    monkeypatch.setattr(resources, "usual_similarity", lambda data, run: usual)
    assert ("far from what the model has learned" in words(app("predict", photo=PHOTO))) is is_far


def test_what_is_usual_is_learned_from_the_training_photos_without_their_copies(sample, served):
    rng = np.random.default_rng(0)
    vectors = {sha256: rng.normal(size=8).astype(np.float32) for sha256 in sample.usable["sha256"]}
    remember(sample, "efficientnet-lite0", vectors)
    assert 0 < usual_similarity(sample, served) < 0.98


def test_too_few_embedded_photos_tell_nothing_about_what_is_usual(sample, served):
    few = {sha256: np.ones(8, np.float32) for sha256 in sample.usable["sha256"].head(3)}
    remember(sample, "efficientnet-lite0", few)
    assert usual_similarity(sample, served) == -1


def test_a_spawned_process_that_imports_the_door_runs_no_page():
    code = "import runpy; runpy.run_path('streamlit_app/app.py', run_name='__mp_main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "ScriptRunContext" not in done.stderr.replace("cache_data_api", "")
