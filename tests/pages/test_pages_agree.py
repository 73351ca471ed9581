"""Overview, Evaluation, Models, Predict, Review, the model card and the API read the same figures."""
# ruff: noqa: F401, F811 - the fixtures are those of test_pages

import pytest
from pages_fakes import FakePredictor, fake_run
from test_pages import app, sample, served, words
from test_pages_review import fake_ranking

from api.app import create_app
from api.settings import Settings
from core.dataset import decisions
from core.dataset.index import index_dataset
from core.files import write_parquet
from core.runs import registry

ACCURACY = "87.5 % accuracy (52.9–97.8, n = 8, given labels, test)"  # of fake_run: one mistake


@pytest.fixture
def world(sample, paths):
    """A broken file beside the photos, a run, and a ranking of which one suspicious label is decided about."""
    (sample.folder / "train" / "Asian" / "cut.jpg").write_bytes(b"\xff\xd8\xff half a photo")
    data = index_dataset(sample.folder, paths)
    registry.promote(paths, fake_run(data, paths).run_id)
    ranking = fake_ranking(data)
    write_parquet(data.cache_dir / "ranking.parquet", ranking)
    decisions.decide(data, ranking["path"].iloc[0], "keep")
    return data


@pytest.fixture
def ask(world, paths):
    """Asks the API."""
    run = registry.active(paths)
    client = create_app(paths, FakePredictor(run), Settings(rate=0)).test_client()
    return lambda path: client.get(f"/api/v1/{path}")


def test_accuracy_is_the_same_everywhere(app, world, ask, paths):
    pages = {page: words(app(page)) for page in ("overview", "evaluation", "models", "predict", "training")}
    assert {page: ACCURACY in text for page, text in pages.items()} == dict.fromkeys(pages, True)
    assert ACCURACY in ask("runs/fake-run/card").get_data(as_text=True)
    found = ask("runs/fake-run/evaluation").get_json()["evaluation"]["test"]
    measured = found["accuracy"]
    figures = [round(100 * measured[name], 1) for name in ("value", "low", "high")]
    assert (figures, measured["n"], found["labels"]) == ([87.5, 52.9, 97.8], 8, "given")
    row = app("models").dataframe[0].value.iloc[0]
    assert row["accuracy"] == 87.5 and row["interval"] == "52.9–97.8 %, n = 8, given labels, test"
    matrix = found["confusion_matrix"]
    assert "1 photo, the most confident predictions first." in pages["evaluation"]
    assert sum(map(sum, matrix)) - sum(matrix[place][place] for place in range(2)) == 1


def test_photos_and_unusable_files_are_counted_alike(app, world, ask):
    assert "24 photos, 2 classes" in words(app("overview"))
    assert "24 photos" in words(app("dataset")) and "1 file cannot be used" in words(app("dataset"))
    assert "16 training photos" in words(app("training"))
    found = ask("datasets/sample").get_json()
    assert (found["num_photos"], found["num_problems"]) == (24, 1)
    assert sum(sum(classes.values()) for classes in found["counts"].values()) == 24
    assert "1 unusable file" in ask("runs/fake-run/card").get_data(as_text=True)


def test_suspicious_labels_left_are_counted_alike(app, world, ask):
    """Four were suspicious, one of them is decided about."""
    assert "3 suspicious labels left" in words(app("overview"))
    assert "**3 labels** of 16 photos look wrong." in words(app("review"))
    found = ask("datasets/sample/suspects").get_json()
    assert (found["suspicious"], found["decided"]) == (3, 1)
    assert ask("datasets/sample").get_json()["num_decided"] == 1
    assert "3 suspicious labels undecided" in ask("runs/fake-run/card").get_data(as_text=True)
