"""The Score page: from a folder to an answer with its interval; the work outlives whoever started it."""

import pytest
from conftest import draw_photo
from test_pages import app, sample, served, words  # noqa: F401  (fixtures)

from core.prediction.scoring import scorings
from core.prediction.scoring.chunk import RESULTS, _facts, chunk_file, schema, write_checked
from core.prediction.scoring.plan import read_plan


class Asleep:
    """A process that was started and does nothing."""

    started: list = []

    def __init__(self, words, *_, **__):
        self.is_alive, self.exit_code, self.identity = True, None, scorings.ProcessIdentity.of()
        self.started.append(words)


@pytest.fixture
def asleep(monkeypatch):
    monkeypatch.setattr(scorings, "CoreProcess", Asleep)
    monkeypatch.setattr(scorings, "_started", {})
    monkeypatch.setattr(Asleep, "started", [])
    return Asleep


@pytest.fixture
def scoring(paths, served, tmp_path, asleep):  # noqa: F811
    """Thirty photos and a broken one are planned; a worker sleeps over them."""
    for number in range(30):
        draw_photo(tmp_path / "season" / f"{number:02d}.png", (180, 90, 60), number)
    (tmp_path / "season" / "z.jpg").write_bytes(b"\xff\xd8\xff")
    return scorings.start(tmp_path / "season", served, paths)


def finish(scoring, paths) -> None:
    """Writes the results of a scoring as its worker would, and ends the worker."""
    import pyarrow as pa

    target = scorings.folder_of(scoring, paths)
    plan = read_plan(target)
    rows = [
        {
            "path": f"{number:02d}.png",
            "answer": "African",
            "label": "African",
            "probability": 0.9,
            "probability_African": 0.9,
            "probability_Asian": 0.1,
            "subject_score": 0.9,
            "is_subject": True,
            "uncertain": False,
            "run_id": plan.run_id,
            "sha256": f"{number:064d}",
            "changed": False,
        }
        for number in range(30)
    ]
    rows.append({"path": "z.jpg", "error": "damaged", "changed": False, "run_id": plan.run_id})
    table = pa.Table.from_pylist([{**dict.fromkeys(schema(plan).names), **row} for row in rows], schema(plan))
    write_checked(chunk_file(target, RESULTS, 0), table, _facts(plan, 0))
    scorings._started[target].is_alive = False


def test_a_folder_that_is_not_there_is_said_beside_the_button(app, served, asleep):  # noqa: F811
    test = app("score")
    test.text_input("score-folder").set_value("/nowhere/at all").run()
    next(button for button in test.button if button.label == "Score this folder").click().run()
    assert "Expected a folder of photos" in test.error[0].value and not test.exception
    assert not asleep.started


def test_a_scoring_is_watched_stopped_and_taken_up_again(app, scoring, paths, asleep):  # noqa: F811
    test = app("score")
    assert "31 photos" in words(test) and [button.label for button in test.button if button.key == "stop-scoring"]
    scorings._started.clear()  # another server: the process is found again by its file
    assert scorings.is_working(scoring, paths)
    (scorings.folder_of(scoring, paths) / "worker.json").unlink()  # and now it is gone
    test = app("score")
    assert "Stopped after 0 of 1 chunk. Nothing is lost." in words(test)
    test.button("go-on").click().run()
    assert len(asleep.started) == 2 and scorings.is_working(scoring, paths)


def test_what_was_found_is_counted_checked_and_taken_away(app, scoring, paths):  # noqa: F811
    finish(scoring, paths)
    test = app("score")
    table = test.dataframe[0].value
    assert dict(zip(table["Answer"], table["Photos"], strict=True)) == {"African": 30, "not readable": 1}
    test = app("score", **{"score-tab": "How right?"})
    for _ in range(20):
        test.button("check-0").click().run()
    assert not test.exception
    assert "This folder: " in words(test) and "after 20 checks." in words(test)


def test_an_id_is_never_a_path(paths):
    from core.errors import DatasetError

    for name in ("../x", "", "A", "a/b"):
        with pytest.raises(DatasetError, match="id of a scoring"):
            scorings.folder_of(name, paths)
