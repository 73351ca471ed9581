"""What the pages keep follows the folder, and belongs to it alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from conftest import COLOURS, draw_photo, draw_world
from pages_fakes import fake_run

from core.dataset import measurements
from core.dataset.images import decode
from core.dataset.index import index_dataset
from core.dataset.overlay import Decision
from core.errors import ImageError
from streamlit_app import resources
from streamlit_app.parts.dataset.filters import with_predictions


@pytest.fixture(autouse=True)
def own_folders(paths, monkeypatch):
    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    monkeypatch.setenv("TUSKSCOPE_MODELS", str(paths.models_dir))


def problems(data) -> dict[str, str]:
    rows = data.table[data.table["problem"] != ""]
    return dict(zip(rows["path"], rows["problem"], strict=True))


def test_pages_see_new_subfolders_and_photos_that_changed_in_place(paths):
    folder = draw_world(paths.data_dir / "world")
    before = resources.dataset(folder)
    assert resources.dataset(folder) is before
    draw_photo(folder / "train" / "African" / "site" / "new.png", COLOURS["African"], 77)
    with (folder / "train" / "Asian" / "train_000.png").open("r+b") as file:
        file.truncate(100)
    after = resources.dataset(folder)
    assert len(after.usable) == len(before.usable) == len(index_dataset(folder, paths).usable)
    assert problems(after) == {"train/Asian/train_000.png": "corrupt-image"}


def test_a_file_that_could_not_be_read_is_tried_again(paths, monkeypatch):
    folder = draw_world(paths.data_dir / "world")
    draw = measurements.hashlib.sha256

    def fails(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(measurements.hashlib, "sha256", fails)
    first = resources.dataset(folder)
    assert set(problems(first).values()) == {"unreadable"}
    monkeypatch.setattr(measurements.hashlib, "sha256", draw)
    assert problems(resources.dataset(folder)) == {} == problems(index_dataset(folder, paths))


def test_a_photo_that_could_not_be_shown_is_tried_again(paths, monkeypatch):
    photo = draw_photo(paths.data_dir / "a.png", COLOURS["Asian"], 1)
    with monkeypatch.context() as broken:

        def fails(*_, **__):
            raise ImageError("corrupt-image", "no")

        broken.setattr("streamlit_app.resources.datasets.decode", fails)
        assert resources.large_photo(photo, "f" * 64) is None
    assert resources.large_photo(photo, "f" * 64)


def test_a_run_and_its_answers_belong_to_their_folder_and_photos(paths, tmp_path):
    mine = index_dataset(draw_world(paths.data_dir / "photos"), paths)
    other_folder = draw_world(tmp_path / "elsewhere" / "photos", classes={"African": (9, 90, 9), "Asian": (90, 9, 9)})
    other = index_dataset(other_folder, paths)
    run = fake_run(mine, paths)
    assert [item.run_id for item in resources.runs_of(mine)] == [run.run_id] and resources.runs_of(other) == []
    assert (with_predictions(mine.table, run)["predicted_label"] != "").sum() == 8
    assert (with_predictions(other.table, run)["predicted_label"] == "").all()


def test_decisions_are_sorted_out_again_when_a_class_folder_is_renamed(paths):
    folder = draw_world(paths.data_dir / "world")
    data = resources.dataset(folder)
    image = data.usable["sha256"].iloc[0]
    data.decisions_file.parent.mkdir(parents=True, exist_ok=True)
    made = Decision(image, data.usable["path"].iloc[0], "relabel", "Asian")
    data.decisions_file.write_text(str(replace(made).__dict__).replace("'", '"') + "\n")
    assert list(resources.decisions(data)) == [image]
    for split in ("train", "test"):
        (folder / split / "Asian").rename(folder / split / "Forest")
    data = resources.dataset(folder)
    assert resources.decisions(data) == {} and len(resources.unfit_decisions(data)) == 1


def test_eight_people_who_ask_at_once_share_one_network_and_get_the_same_answer_U7(quick_run, trained_paths):
    image = decode(next((trained_paths.data_dir / "world" / "test").rglob("*.png")))
    barrier = Barrier(8)

    def ask(_):
        barrier.wait(30)
        predictor = resources.predictor(quick_run)
        return id(predictor), predictor.predict([image])[0].probability

    with ThreadPoolExecutor(8) as people:
        assert len(set(people.map(ask, range(8)))) == 1
