"""`score plan | work | status | join` as other tools call them."""

import json

import pytest
from conftest import COLOURS, draw_photo
from test_cli import cli as cli

from core.prediction.scoring.chunk import score_chunk


def test_a_folder_is_planned_scored_and_joined(cli, tmp_path, trained_paths):
    for number in range(3):
        draw_photo(tmp_path / "photos" / f"{number}.png", COLOURS["African"], number)
    plan = tmp_path / "plan"
    status, out, _ = cli("score", "plan", tmp_path / "photos", "--chunk", 2, plan)
    assert status == 0 and out.startswith(
        "3 photos (0.0 GB) in 2 chunks, to be scored by quick-run.\nnote: Prediction sets"
    )
    assert cli("score", "work", plan, "--index", 0)[0] == 0
    status, _, err = cli("score", "join", plan, "--csv", tmp_path / "a.csv")
    assert status == 1 and "the result of chunk 1 is missing. Go on with `score work`" in err
    assert cli("score", "join", plan, "--partial", "--csv", tmp_path / "a.csv")[0] == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3
    score_chunk(plan, 1, trained_paths)
    found = json.loads(cli("score", "status", plan, "--json")[1])
    assert (found["photos_done"], found["is_done"], found["failed"]) == (3, True, 0)
    assert cli("score", "join", plan, "--copy-to", tmp_path / "sorted")[0] == 0
    assert len(list((tmp_path / "sorted").rglob("*.png"))) == 3


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("plan", "nowhere", "p"), "error: Expected a folder of photos"),
        (("status", "nowhere"), "error: Expected a plan of `score plan`, but there is none at nowhere. Make one."),
        (("join", "nowhere", "--csv", "a.csv"), "error: Expected a plan"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(cli, words, sentence):
    status, out, err = cli("score", *words)
    assert (status, out) == (1, "") and err.startswith(sentence) and err.count("\n") == 1
