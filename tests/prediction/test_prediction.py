"""The predictor: one photo is the batch of one, threads agree, damage is refused."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from conftest import COLOURS, draw_photo
from server_process import copy_run

from core.dataset.images import decode
from core.dataset.index import index_dataset
from core.dataset.walk import photo_paths
from core.errors import DatasetError, NoActiveRunError, RunInvalidError
from core.features.neighbours import similar
from core.files import sha256_of
from core.paths import Paths
from core.prediction.folder import predict_paths
from core.prediction.predictor import Predictor
from core.prediction.serving import ActivePredictor
from core.runs import registry


@pytest.fixture(scope="module")
def photos(trained_paths):
    return [decode(path) for path in sorted((trained_paths.data_dir / "world" / "test").rglob("*.png"))]


def test_a_prediction_says_what_the_contract_asks_for(predictor, photos):
    record = predictor.predict(photos[:1])[0].as_record("a.png")
    assert list(record) == [
        "path",
        "answer",
        "label",
        "probability",
        "probabilities",
        "subject_score",
        "is_subject",
        "uncertain",
        "run_id",
        "error",
    ]
    assert record["probability"] == max(record["probabilities"].values())
    assert sum(record["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert 0 <= record["subject_score"] <= 1
    json.dumps(record, allow_nan=False)


def test_a_batch_equals_its_single_photos(predictor, photos):
    assert predictor.predict(photos) == [predictor.predict([photo])[0] for photo in photos]


def test_X3_many_threads_give_the_same_answers(quick_run, photos):
    pooled = Predictor(quick_run, pool_size=2, threads=1)
    expected = [prediction.probabilities for prediction in pooled.predict(photos)]
    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(lambda _: pooled.predict(photos), range(8)):
            assert [prediction.probabilities for prediction in answers] == expected


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (400, 3)])
def test_I24_blank_and_tiny_pictures_get_finite_numbers(predictor, value, size):
    prediction = predictor.predict([np.full((*size, 3), value, np.uint8)])[0]
    assert np.isfinite(list(prediction.probabilities.values())).all()
    assert np.isfinite(prediction.class_maps).all()


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x20\x00\x00\x00TFL3" + bytes(64)])
def test_R2_a_damaged_model_is_refused(quick_run, tmp_path, content):
    (tmp_path / "model.tflite").write_bytes(content)
    with pytest.raises(RunInvalidError):
        Predictor(replace(quick_run, folder=tmp_path))


def test_R4_a_model_that_does_not_fit_its_run_is_refused(quick_run):
    with pytest.raises(RunInvalidError, match="run.json says"):
        Predictor(replace(quick_run, class_names=("a", "b", "c")))


def test_a_folder_gives_one_record_a_photo_and_bad_ones_their_sentence(predictor, tmp_path):
    draw_photo(tmp_path / "a.png", COLOURS["African"], 1)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.jpg").write_bytes(b"broken")
    (tmp_path / "notes.txt").write_text("left out")
    good, bad = predict_paths([tmp_path], predictor)
    assert good["error"] is None and good["label"] in COLOURS
    assert bad["label"] is None and "not a JPEG" in bad["error"]
    assert list(good) == list(bad)


def test_a_missing_path_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="there is nothing at"):
        photo_paths([tmp_path / "nothing"])


def test_similar_training_photos_have_the_same_colour(predictor, trained_paths):
    dataset = index_dataset(trained_paths.data_dir / "world", trained_paths)
    photo = trained_paths.data_dir / "world" / "train" / "African" / "train_000.png"
    nearest = similar(dataset, predictor.predict([decode(photo)])[0].embedding, predictor.run, k=3)
    assert nearest["path"].iloc[0] == "train/African/train_000.png"
    assert nearest["similarity"].iloc[0] == pytest.approx(1, abs=1e-3)
    assert set(nearest["label"]) == {"African"}


def test_R14_a_promotion_is_followed_at_the_next_call(trained_paths, tmp_path):
    mine = Paths(trained_paths.data_dir, tmp_path)
    serving = ActivePredictor(mine)
    with pytest.raises(NoActiveRunError):
        serving.get()
    source = registry.load(trained_paths, "quick-run").folder
    for run_id in ("one", "two"):
        copy = tmp_path / run_id
        copy.mkdir()
        for file in source.iterdir():
            text = file.read_bytes()
            copy.joinpath(file.name).write_bytes(text.replace(b'"quick-run"', f'"{run_id}"'.encode()))
        registry.promote(mine, run_id)
        assert serving.get().run.run_id == run_id
        assert serving.get() is serving.get()
    registry.rollback(mine)
    assert serving.get().run.run_id == "one"


@pytest.fixture
def two_runs(trained_paths, tmp_path):
    """Two copies of the trained run, `old` and `new`; both were served, `new` is."""
    mine = Paths(trained_paths.data_dir, tmp_path / "models")
    for run_id in ("old", "new"):
        copy_run(trained_paths.models_dir / "quick-run", mine.models_dir, run_id, list(COLOURS))
        registry.promote(mine, run_id)
    return mine


def flip(file, place: float, bit: int = 0) -> None:
    """Changes one bit of a file in its place, so that size and inode stay."""
    with file.open("r+b") as opened:
        position = int(place * (file.stat().st_size - 1))
        opened.seek(position)
        (value,) = opened.read(1)
        opened.seek(position)
        opened.write(bytes([value ^ (1 << bit)]))


@pytest.mark.parametrize("place", [0, 0.1, 0.4, 0.7, 0.99, 1])
def test_R3_one_flipped_bit_is_never_served_and_the_run_before_answers(two_runs, place):
    flip(two_runs.models_dir / "new" / "model.tflite", place, bit=3)
    serving = ActivePredictor(two_runs)
    assert serving.get().run.run_id == "old"
    assert "The file model.tflite of run new is missing or changed" in serving.problem
    with pytest.raises(RunInvalidError, match="run new"):
        Predictor(registry.load(two_runs, "new"))


def test_R3_weights_that_change_while_they_serve_leave_the_ones_in_memory(two_runs):
    serving = ActivePredictor(two_runs)
    before, file = serving.get(), two_runs.models_dir / "new" / "model.tflite"
    assert before.run.run_id == "new" and serving.problem == ""
    flip(file, 0.5)
    assert serving.get() is before and "run new is missing or changed" in serving.problem
    flip(file, 0.5)
    assert serving.get() is before and serving.problem == ""


def test_R3_a_run_that_is_mended_serves_again(two_runs):
    file = two_runs.models_dir / "new" / "run.json"
    sound = file.read_bytes()
    file.write_bytes(sound[:200])
    serving = ActivePredictor(two_runs)
    assert serving.get().run.run_id == "old" and "no readable run.json" in serving.problem
    file.write_bytes(sound)
    assert serving.get().run.run_id == "new" and serving.problem == ""


def test_R4_a_run_json_that_does_not_fit_the_network_serves_the_run_before(two_runs):
    file = two_runs.models_dir / "new" / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "class_names": ["a", "b", "c"]}))
    serving = ActivePredictor(two_runs)
    assert serving.get().run.run_id == "old" and "run.json says" in serving.problem


def test_R5_a_network_that_gives_no_numbers_never_replaces_one_that_works(two_runs):
    serving = ActivePredictor(two_runs)
    registry.promote(two_runs, "old")
    assert serving.get().run.run_id == "old"
    folder = two_runs.models_dir / "new"
    network = bytearray((folder / "model.tflite").read_bytes())
    start = len(network) // 8 * 4
    network[start : start + 4096] = np.full(1024, np.nan, np.float32).tobytes()
    (folder / "model.tflite").write_bytes(network)
    content = json.loads((folder / "run.json").read_text())
    content["files"]["model.tflite"] = sha256_of(folder / "model.tflite")  # as if the training had written it
    (folder / "run.json").write_text(json.dumps(content))
    registry.promote(two_runs, "new")
    assert serving.get().run.run_id == "old" and "numbers that are not finite" in serving.problem


def test_R17_the_old_run_goes_on_when_the_models_folder_vanishes(trained_paths, tmp_path):
    mine = Paths(trained_paths.data_dir, tmp_path / "models")
    shutil.copytree(trained_paths.models_dir, mine.models_dir)
    serving = ActivePredictor(mine)
    before = serving.get()
    shutil.rmtree(mine.models_dir)
    assert serving.get() is before and "names no run" in serving.problem
