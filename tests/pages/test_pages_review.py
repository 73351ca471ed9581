"""Review and Prove: what is shown, what is saved, and that nothing is shown as saved before it is."""
# ruff: noqa: F401, F811 - the fixtures are those of test_pages

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from pages_fakes import fake_run
from test_pages import HOSTILE, app, sample, served, words  # noqa: F401 (fixtures)

from core.dataset import decisions
from core.dataset.index import index_dataset
from core.errors import DatasetError
from core.files import write_parquet
from core.jobs import queue as jobs
from core.review.issue_kinds import advice
from core.review.queue import QueueFilter
from core.review.stored import count_suspicious
from core.review.suspects import COLUMNS
from core.runs import registry
from streamlit_app import loop, resources
from streamlit_app.components.review_queue import OWN_KEYS, class_keys
from streamlit_app.parts.prove import proof
from streamlit_app.parts.review import copies as review_copies
from streamlit_app.parts.review import grid as review_grid
from streamlit_app.parts.review import progress as review_progress
from streamlit_app.parts.review import queue as review_queue
from streamlit_app.parts.shared import labels as judged


def fake_ranking(data, wrong: int = 4) -> pd.DataFrame:
    """A ranking whose first photos look like the other class, one of them like no class at all."""
    rows = data.usable[data.usable["split"] != "test"].sort_values("path").reset_index(drop=True)
    score = np.linspace(0.95, 0.05, len(rows))
    other = {name: data.class_names[1 - place] for place, name in enumerate(data.class_names)}
    kind = np.where(np.arange(len(rows)) < wrong, "class", "fits").astype(object)
    kind[wrong - 1] = "subject"
    suggested = [
        other[label] if item == "class" else "" if item == "subject" else label
        for label, item in zip(rows["label"], kind, strict=True)
    ]
    ranking = pd.DataFrame(
        {
            "path": rows["path"],
            "given_label": rows["label"],
            "suggested_label": suggested,
            "score": score,
            "reason": [
                "looks like " + name + ", labelled " + label
                for name, label in zip(suggested, rows["label"], strict=True)
            ],
            "kind": kind,
            "split": rows["split"],
            "sha256": rows["sha256"],
            "wrong_probability": score,
            "not_subject_probability": 0.0,
            "model_score": score,
            "group": -1,
            "decision": "",
        }
    )[COLUMNS]
    for name in data.class_names:
        ranking[f"probability_{name}"] = [0.8 if name == label else 0.2 for label in suggested]
    return ranking


@pytest.fixture
def ranked(sample):
    """The sample with a ranking on disk, as if somebody had looked."""
    write_parquet(sample.cache_dir / "ranking.parquet", fake_ranking(sample))
    return sample


def visit() -> dict:
    return {"client": "", "acknowledged": 0, "failed": [], "skipped": [], "seen": set()}


def entry(number: int, path: str, action: str, label: str = "") -> dict:
    return {"number": number, "path": path, "action": action, "label": label}


def sent(*entries: dict, client: str = "a") -> dict:
    return {"client": client, "have": [], "entries": list(entries)}


def logged(data) -> list[tuple[str, str, str]]:
    return [(item.path, item.action, item.label) for item in data.decision_log()]


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (["African", "Asian"], {"African": ["1"], "Asian": ["2"]}),  # a is either
        (["cat", "dog"], {"cat": ["1", "c"], "dog": ["2", "d"]}),
        (["xerus", "kudu"], {"xerus": ["1"], "kudu": ["2"]}),  # x and k do something else
        (["象", "aa"], {"象": ["1", "象"], "aa": ["2", "a"]}),
        (["", "8 legs"], {"": ["1"], "8 legs": ["2"]}),  # no digit but the own one
    ],
)
def test_every_class_has_its_own_key(names, keys):
    assert class_keys(names) == keys


def test_no_key_does_two_things_however_many_classes():
    keys = class_keys([f"class {number}" for number in range(25)])
    all_keys = [key for found in keys.values() for key in found]
    assert len(set(all_keys)) == len(all_keys) == 9  # "c" would be any of them
    assert not set(all_keys) & set(OWN_KEYS.values())


def test_what_the_browser_sends_is_on_disk_before_it_is_acknowledged(ranked):
    state, paths = visit(), ranked.usable["path"].tolist()
    review_queue.take(ranked, sent(entry(1, paths[0], "relabel", "Asian"), entry(2, paths[1], "exclude")), state, "Ada")
    assert state["acknowledged"] == 2
    assert logged(ranked) == [(paths[0], "relabel", "Asian"), (paths[1], "exclude", "")]
    assert ranked.decision_log()[0].reviewer == "Ada"


def test_what_comes_twice_is_saved_once(ranked):
    state, path = visit(), ranked.usable["path"].iloc[0]
    message = sent(entry(1, path, "exclude"))
    for _ in range(3):
        review_queue.take(ranked, message, state, "")
    assert len(logged(ranked)) == 1
    review_queue.take(ranked, sent(entry(1, path, "keep"), client="another tab"), state, "")
    assert len(logged(ranked)) == 2


def test_relabelling_to_the_given_label_keeps_it(ranked):
    row = ranked.usable.iloc[0]
    review_queue.take(ranked, sent(entry(1, row["path"], "relabel", row["label"])), visit(), "")
    assert logged(ranked) == [(row["path"], "keep", "African")]


def test_undo_takes_back_the_last_thing_whatever_it_was(ranked):
    state, path = visit(), ranked.usable["path"].iloc[0]
    review_queue.take(ranked, sent(entry(1, path, "skip")), state, "")
    assert state["skipped"] == [path]
    review_queue.take(ranked, sent(entry(2, path, "undo")), state, "")
    assert state["skipped"] == [] and logged(ranked) == []
    later = [entry(3, path, "skip"), entry(4, path, "exclude"), entry(5, path, "undo")]
    review_queue.take(ranked, sent(*later), state, "")
    assert ranked.decisions() == {}


def test_a_decision_the_disk_does_not_take_is_never_shown_as_saved(ranked, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(decisions, "append", full)
    state = visit()
    review_queue.take(ranked, sent(entry(1, ranked.usable["path"].iloc[0], "exclude")), state, "")
    assert [failure["number"] for failure in state["failed"]] == [1]
    assert state["failed"][0]["message"].startswith("Not saved")


def test_a_path_from_elsewhere_is_refused(ranked):
    state = visit()
    bad = [entry(1, "../../etc/passwd", "exclude"), entry(2, ranked.usable["path"].iloc[0], "relabel", "Lion")]
    review_queue.take(ranked, sent(*bad), state, "")
    assert [failure["number"] for failure in state["failed"]] == [1, 2]
    assert logged(ranked) == []


def test_skipped_photos_come_last_and_the_one_asked_for_first(ranked):
    ranking = fake_ranking(ranked)
    paths = ranking["path"].tolist()
    found = review_queue.upcoming(ranking, {}, QueueFilter(), paths[:1], first=paths[-1])
    assert found["path"].iloc[0] == paths[-1]
    assert found["path"].iloc[1] == paths[1]
    assert found["path"].iloc[-1] == paths[0]
    assert len(found) == len(paths)


def test_the_advice_follows_the_reason():
    assert advice("class", "African", "Asian") == "relabel"
    assert advice("subject", "African", "Asian") == "exclude"
    assert advice("unclear", "African", "Asian") == ""
    assert advice("class", "African", "African") == "keep"


def test_suspects_are_counted_until_they_are_decided(ranked):
    ranking = fake_ranking(ranked, wrong=4)
    assert count_suspicious(ranking, {}) == 4
    decisions.decide(ranked, ranking["path"].iloc[0], "keep")
    made = ranked.decisions()
    assert count_suspicious(ranking, made) == 3
    assert review_progress.decided_since(ranking, made) == 1


def test_nobody_looked_yet_and_one_button_looks(app, sample, monkeypatch):
    monkeypatch.setattr(resources.review, "prepare_apart", lambda names, paths: None)
    monkeypatch.setattr(
        resources.review,
        "find_suspects",
        lambda data, paths, progress, include_test: write_parquet(
            data.cache_dir / "ranking.parquet", fake_ranking(data)
        ),
    )
    test = app("review")
    assert "Not checked for wrong labels yet" in words(test)
    test.button("look").click().run()
    assert not test.exception
    assert "4 labels of 16 photos look wrong" in words(test).replace("*", "")


@pytest.mark.parametrize("tab", ["One by one", "Grid", "Not relevant", "Decisions"])
def test_every_tab_of_the_review_opens(app, ranked, served, tab):
    test = app("review", tab=tab)
    assert not test.exception and not test.error
    assert "4 labels of 16 photos look wrong" in words(test).replace("*", "")


def test_the_progress_line_and_the_offers_follow_the_decisions(app, ranked, served):
    test = app("review")
    assert "0 reviewed · 0 fixed" in words(test).replace("*", "")
    assert test.button("rank-again").disabled
    for path in ranked.usable.query("split == 'train'")["path"]:
        decisions.decide(ranked, path, "exclude")
    test.run()
    assert "16 reviewed · 16 fixed" in words(test).replace("*", "")
    assert not test.button("rank-again").disabled
    test.button("offer-proof").click().run()
    assert test.title[0].value == "Did fixing labels help?"


def test_test_photos_come_only_when_asked_for_and_with_a_warning(app, ranked, served):
    everything = fake_ranking(ranked).assign(split="test")
    write_parquet(ranked.cache_dir / "ranking-with-test.parquet", everything)
    test = app("review")
    assert "Test photos are included" not in words(test)
    test.toggle("with-test").set_value(True).run()
    assert "Test photos are included: their figures change" in words(test)


def test_a_bulk_decision_is_saved_and_can_be_taken_back(app, ranked, served):
    paths = ranked.usable["path"].tolist()[:3]
    test = app("review", tab="Grid")
    decisions.decide_all(ranked, paths, "exclude")
    test.session_state["grid-said"] = {"paths": paths, "what": "excluded"}
    test.run()
    assert "Saved: 3 photos, excluded" in words(test).replace("*", "")
    test.button("grid-undo").click().run()
    assert ranked.decisions() == {}


def test_a_bulk_decision_that_fails_is_said(ranked):
    review_grid.st.session_state.clear()
    review_grid.take(ranked, {"paths": ["train/none.png"], "action": "keep", "label": ""}, "grid", "")
    assert "error" in review_grid.st.session_state["grid-said"]
    assert logged(ranked) == []


def test_copies_stand_side_by_side_and_say_what_was_decided(ranked):
    first, second, third = ranked.usable["path"].tolist()[:3]
    pairs = pd.DataFrame(
        {
            "path_a": [first, second],
            "path_b": [third, third],
            "kind": ["exact", "near"],
            "group": [7, 7],
            "crosses_class": [True, True],
            "crosses_split": [False, False],
        }
    )
    decisions.decide(ranked, first, "exclude")
    rows = review_copies.rows_of(ranked, pairs, ranked.decisions())
    assert sorted(rows["path"]) == sorted([first, second, third])
    assert "exclude" in rows.set_index("path")["note"][first]
    assert not rows.set_index("path")["warn"][first]


def test_decisions_are_taken_in_from_a_csv_and_bad_rows_are_named(app, ranked, served):
    path = ranked.usable["path"].iloc[0]
    test = app("review", tab="Decisions")
    content = f"path,action,label\n{path},exclude,\nnone,keep,\n".encode()
    test.file_uploader("import").set_value(("decisions.csv", content, "text/csv")).run()
    test.button("take").click().run()
    assert "1 decision added" in words(test)
    assert "Line 3" in words(test)
    assert logged(ranked) == [(path, "exclude", "")]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_reviewers_and_notes_stay_text_U1(app, ranked, served, name):
    for reviewer, action in ((name, "exclude"), ("Ada", "keep")):
        decisions.decide(ranked, ranked.usable["path"].iloc[0], action, reviewer=reviewer, note=name)
    test = app("review", tab="Decisions")
    assert not test.exception
    for kind in ("markdown", "caption", "info"):
        assert all(name not in str(element.value) for element in test.get(kind))


def test_prove_without_decisions_leads_to_the_review(app, served):
    app_test = app("prove")
    app_test.button("empty-review").click().run()
    assert app_test.title[0].value == "Which labels look wrong?"


def test_one_button_trains_on_given_and_on_reviewed_labels_and_only_once_U6(app, ranked, served, paths):
    decisions.decide(ranked, "train/African/train_000.png", "exclude")
    first, second = app("prove"), app("prove")
    for test in (first, second):
        test.button("prove").click().run()
        assert not test.exception
    assert sorted(registry.load(paths, job.run_id).config.labels for job in jobs.jobs(paths)) == ["given", "reviewed"]
    configs = [asdict(registry.load(paths, job.run_id).config) for job in jobs.jobs(paths)]
    assert len({json.dumps({**config, "labels": ""}) for config in configs}) == 1


def pair_of_runs(data, paths):
    """A run on given labels, and a better one on reviewed labels."""
    made = decisions.decide(data, "train/African/train_000.png", "exclude")
    given = fake_run(data, paths, "on-given", mistakes=3)
    reviewed = fake_run(data, paths, "on-reviewed", mistakes=1, labels="reviewed", used=[made])
    return given, reviewed


def test_the_proof_shows_both_runs_on_the_same_test_photos(app, ranked, served, paths):
    pair_of_runs(ranked, paths)
    test = app("prove")
    assert not test.exception
    text = words(test).replace("*", "")
    assert "+25.0 points on the same 8 test photos" in text
    assert "too small to tell from chance, judged by given labels" in text
    assert "Wrong before, right now: 2" in text and "Right before, wrong now: 0" in text
    assert "0 labels changed, 1 left out" in text
    assert "newer decisions" not in text
    decisions.decide(ranked, "train/African/train_001.png", "keep")
    assert "There are newer decisions than the proof below" in words(test.run())


def test_the_proof_needs_two_runs_that_differ_in_their_labels_only(ranked, paths):
    given, reviewed = pair_of_runs(ranked, paths)
    assert proof.latest([reviewed, given]) == (given, reviewed)
    assert proof.latest([given]) is None
    assert proof.latest([reviewed]) is None


def test_evaluation_by_reviewed_labels_changes_the_answer(app, ranked, served):
    wrong = served.predictions[~served.predictions["correct"]].iloc[0]
    assert "87.5 %" in words(app("evaluation"))
    decisions.decide(ranked, wrong["path"], "relabel", wrong["predicted_label"])
    test = app("evaluation")
    assert "87.5 %" in words(test)
    result, predictions = judged.measured(ranked, served, "test", "reviewed")
    assert result.accuracy.value == 1.0 and result.labels == "reviewed"
    assert predictions.set_index("path")["given_label"][wrong["path"]] == wrong["predicted_label"]
    test.segmented_control("judged-test").select("reviewed").run()
    assert "100.0 %" in words(test) and "reviewed labels, test" in words(test)


def test_the_sidebar_follows_the_ranking(app, ranked, served, paths):
    test = app("overview")
    assert "4 suspicious labels left" in words(test)
    data = index_dataset(ranked.folder, paths)
    for path in fake_ranking(data)["path"].head(4):
        decisions.decide(data, path, "keep")
    assert "0 suspicious labels left" in words(test.run())


def test_a_photo_that_is_gone_is_passed_over(app, ranked, served):
    (ranked.folder / fake_ranking(ranked)["path"].iloc[0]).unlink()
    test = app("review")
    assert not test.exception and not test.error


def test_the_search_for_labels_of_one_class_says_why_it_cannot(app, sample, monkeypatch):
    def refuse(*_, **__):
        raise DatasetError("Expected photos of at least two classes in sample.")

    monkeypatch.setattr(resources.review, "prepare_apart", lambda names, paths: None)
    monkeypatch.setattr(resources.review, "find_suspects", refuse)
    test = app("review")
    test.button("look").click().run()
    assert "at least two classes" in test.error[0].value.replace("\\", "")
