"""`core label` from a folder that nobody has labelled to a model."""

import json

import pytest
from conftest import COLOURS, draw_photo, use_backbones

from core.__main__ import run
from core.dataset.decisions import decide_all
from core.dataset.index import index_dataset

NUM = 30


@pytest.fixture
def card(paths, backbones, monkeypatch):
    use_backbones(paths, backbones)
    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    monkeypatch.setenv("TUSKSCOPE_MODELS", str(paths.models_dir))
    folder = paths.data_dir / "card"
    for number, (name, colour) in enumerate(COLOURS.items()):
        for index in range(NUM):
            draw_photo(folder / f"{name}_{index:03d}.png", colour, number * 1000 + index)
    return folder


@pytest.fixture
def core(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["core", *map(str, words)])
        status = run()
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_a_folder_that_nobody_has_labelled_becomes_a_model(card, core, paths):
    status, _, said = core("label", card)
    assert (status, "--classes" in said) == (2, True)
    status, out, _ = core("label", card, "--classes", "African,Asian", "--next", "6", "--json")
    found = json.loads(out)
    assert (status, found["verdict"], found["class_names"], len(found["next"])) == (0, "begin", ["African", "Asian"], 6)
    assert core("decide", card, found["next"][0]["path"], "--label", "Asien")[0] == 1
    dataset = index_dataset(card, paths)
    asked = [photo["path"] for photo in json.loads(core("label", card, "--next", "50", "--json")[1])["next"]]
    for name in COLOURS:
        decide_all(dataset, [path for path in asked if path.startswith(name)], "relabel", name)
    status, out, _ = core("label", card, "--next", "3", "--json")
    found = json.loads(out)
    assert found["labelled"] == 50 and found["left"] == 10
    assert found["accuracy"]["n"] == found["test"] >= 10
    assert {photo["suggestion"] for photo in found["next"]} <= set(COLOURS)
    assert all(photo["path"].startswith(photo["suggestion"]) for photo in found["next"])
    status, out, _ = core("label", card)
    assert status == 0 and "50 labelled" in out and "% accuracy" in out
    status, _, said = core("train", card, "--preset", "quick", "--run-id", "from-card")
    assert status == 0, said
    status, out, _ = core("evaluate", "from-card", card, "--split", "test", "--json")
    assert status == 0 and json.loads(out)["accuracy"]["n"] == found["test"]
    counts = json.loads(core("index", card, "--json")[1])["counts"]
    assert counts["test"]["African"] + counts["test"]["Asian"] == found["test"]
    assert counts["train"][""] == 10
    status, out, said = core("map", card, "--steps")
    assert status == 0 and out == "60 photos are on the map\n"
    assert "step 50 500" in said.splitlines()
