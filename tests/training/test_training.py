"""Training end to end on a tiny world: what a run holds, what it says, and how it fails."""

import json

import numpy as np
import pytest
from conftest import COLOURS, draw_photo, draw_world, use_backbones
from PIL import Image

from core.dataset import decisions
from core.dataset.images import decode
from core.dataset.index import index_dataset
from core.errors import TrainingError
from core.features.embeddings import cached
from core.prediction.predictor import Predictor
from core.runs import registry
from core.runs.presets import preset
from core.training import recipes
from core.workflows.train import Cancelled, train


def test_the_run_folder_holds_what_the_design_says(quick_run):
    names = {path.name for path in quick_run.folder.iterdir()}
    assert names >= {
        "run.json",
        "model.keras",
        "model.tflite",
        "history.csv",
        "evaluation.json",
        "predictions.parquet",
        "log.txt",
    }
    quick_run.verify()
    content = json.loads((quick_run.folder / "run.json").read_text())
    assert content["schema_version"] == 1 and content["state"] == "succeeded"
    assert content["class_names"] == ["African", "Asian"]
    assert content["dataset"]["folder"] == "world"
    assert len(quick_run.history) >= 1
    assert quick_run.log_tail()


def test_quick_learns_two_colours(quick_run):
    test = quick_run.evaluation["test"]
    assert (test.n, test.accuracy.value) == (8, 1.0)
    assert set(quick_run.predictions["split"]) == {"validation", "test"}


def test_quick_embeds_each_photo_once(quick_run, trained_paths):
    dataset = index_dataset(trained_paths.data_dir / "world", trained_paths)
    assert set(cached(dataset, "efficientnet-lite0")) == set(dataset.usable["sha256"])


def test_T13_a_later_run_is_never_served_by_itself(world, paths, backbones):
    use_backbones(paths, backbones)
    first, second = (train(preset("quick"), world, paths, run_id=run_id) for run_id in ("first", "second"))
    assert second.state == "succeeded" and registry.active(paths).run_id == first.run_id


def test_the_keras_file_and_the_litert_file_agree(quick_run, predictor, trained_paths):
    from keras.saving import load_model

    from core.dataset.images import resize

    network = load_model(quick_run.folder / "model.keras", compile=False)
    photo = next((trained_paths.data_dir / "world" / "test").rglob("*.png"))
    outputs = network(resize(decode(photo), quick_run.image_size)[None].astype(np.float32))
    prediction = predictor.predict([decode(photo)])[0]
    assert set(outputs) == {"probabilities", "class_maps", "embedding", "subject"}
    assert np.allclose(outputs["probabilities"][0], list(prediction.probabilities.values()), atol=1e-4)
    assert np.allclose(outputs["class_maps"][0], prediction.class_maps, atol=1e-2)
    assert np.allclose(outputs["embedding"][0], prediction.embedding, atol=1e-3)


def test_the_mean_of_the_class_maps_and_the_bias_are_the_logits(predictor, trained_paths):
    """Zhou 2016: pooling and the linear head commute."""
    logit_gaps, map_gaps = [], []
    for photo in sorted((trained_paths.data_dir / "world" / "test").rglob("*.png"))[:4]:
        prediction = predictor.predict([decode(photo)])[0]
        first, second = np.clip(list(prediction.probabilities.values()), 1e-35, 1)
        logit_gaps.append(np.log(first / second))
        means = prediction.class_maps.mean(axis=(0, 1))
        map_gaps.append(means[0] - means[1])
    assert np.ptp(np.subtract(logit_gaps, map_gaps)) < 0.05  # float32 sums of 1280 features


def test_three_classes_work(paths, backbones):
    use_backbones(paths, backbones)
    classes = {**COLOURS, "Mammoth": (70, 170, 70)}
    dataset = index_dataset(draw_world(paths.data_dir / "three", classes=classes), paths)
    run = train(preset("quick"), dataset, paths)
    assert run.class_names == ("African", "Asian", "Mammoth")
    assert run.evaluation["test"].accuracy.value == 1.0
    assert Predictor(run).predict([np.zeros((5, 5, 3), np.uint8)])[0].class_maps.shape[-1] == 3


def test_the_same_seed_gives_the_same_figures(paths, backbones):
    use_backbones(paths, backbones)
    dataset = index_dataset(draw_world(paths.data_dir / "world"), paths)
    first, second = (train(preset("quick"), dataset, paths) for _ in range(2))
    assert first.predictions.equals(second.predictions)
    assert registry.active(paths) == first  # T13: a later run waits for its promotion


def test_reviewed_labels_are_used_and_recorded(paths, backbones):
    use_backbones(paths, backbones)
    folder = draw_world(paths.data_dir / "world")
    wrong = draw_photo(folder / "train" / "Asian" / "wrong.png", COLOURS["African"], 4242)
    dataset = index_dataset(folder, paths)
    decisions.decide(dataset, "train/Asian/wrong.png", "relabel", "African", reviewer="Ada")
    reviewed = train(preset("quick"), dataset, paths)
    given = train(preset("quick", labels="given"), dataset, paths)
    assert (reviewed.labels, given.labels) == ("reviewed", "given")
    assert [item.label for item in reviewed.dataset.decisions] == ["African"]
    assert given.dataset.decisions == ()
    assert reviewed.evaluation["test"].labels == "given"  # nobody reviewed a test photo
    assert wrong.exists()


@pytest.mark.slow
def test_the_baseline_cnn_trains_and_reports(paths):
    dataset = index_dataset(draw_world(paths.data_dir / "world", num_train=12), paths)
    seen = []
    config = preset("baseline-cnn", epochs=2, image_size=(64, 64), batch_size=8)
    run = train(config, dataset, paths, progress=seen.append)
    assert run.state == "succeeded"
    assert len(run.history) == 2
    assert {"train the network", "evaluate"} <= {progress.stage for progress in seen}
    prediction = Predictor(run).predict([np.zeros((20, 30, 3), np.uint8)])[0]
    assert prediction.class_maps is None and prediction.subject_score is None
    assert set(cached(dataset, run.run_id)) == set(dataset.usable.query("split == 'train'")["sha256"])


def test_T10_one_class_or_one_photo_is_refused_in_a_sentence(paths):
    draw_photo(paths.data_dir / "one" / "train" / "African" / "a.png", COLOURS["African"], 1)
    with pytest.raises(TrainingError, match="at least two classes"):
        train(preset("quick"), index_dataset(paths.data_dir / "one", paths), paths, run_id="one")
    draw_photo(paths.data_dir / "one" / "train" / "Asian" / "a.png", COLOURS["Asian"], 2)
    with pytest.raises(TrainingError, match="at least two photos of African"):
        train(preset("quick"), index_dataset(paths.data_dir / "one", paths), paths, run_id="two")
    assert {run.run_id: run.state for run in registry.runs(paths)} == {"one": "failed", "two": "failed"}
    assert "two classes" in registry.load(paths, "one").message


def test_photos_without_labels_are_refused_with_what_is_missing(paths):
    draw_photo(paths.data_dir / "flat" / "a.png", COLOURS["African"], 1)
    with pytest.raises(TrainingError, match="Expected photos with labels.*one folder per class"):
        train(preset("quick"), index_dataset(paths.data_dir / "flat", paths), paths, run_id="flat")


@pytest.mark.parametrize(
    ("error", "state", "raised"),
    [
        (Cancelled(), "cancelled", Cancelled),
        (KeyboardInterrupt(), "cancelled", KeyboardInterrupt),
        (OSError(28, "No space left on device"), "failed", TrainingError),
        (MemoryError(), "failed", TrainingError),
        (ZeroDivisionError(), "failed", TrainingError),
    ],
)
def test_T9_T6_a_training_that_stops_leaves_no_model(paths, world, monkeypatch, error, state, raised):
    def broken(context):
        (context.run.folder / "model.tflite").write_bytes(b"half")
        raise error

    monkeypatch.setitem(recipes.RECIPES, "linear-head", broken)
    with pytest.raises(raised):
        train(preset("quick"), world, paths, run_id="stopped")
    run = registry.load(paths, "stopped")
    assert run.state == state and run.message
    assert not (run.folder / "model.tflite").exists()


def test_T11_a_dataset_that_is_removed_while_it_is_read_ends_the_training_in_a_sentence(paths):
    dataset = index_dataset(draw_world(paths.data_dir / "world"), paths)

    def remove(progress):
        if progress.stage == "start TensorFlow":
            dataset.folder.rename(paths.data_dir / "elsewhere")

    with pytest.raises(TrainingError, match="A photo was removed or renamed"):
        train(preset("baseline-cnn", epochs=1, image_size=(32, 32)), dataset, paths, "gone", progress=remove)
    assert registry.load(paths, "gone").state == "failed"


def test_T12_a_diverging_loss_stops_the_training():
    from core.training.fit import EpochReport

    report = EpochReport(8, preset("baseline-cnn"), None, None)
    with pytest.raises(TrainingError, match="diverged"):
        report.on_train_batch_end(0, {"loss": float("nan")})


@pytest.mark.photos
@pytest.mark.slow
def test_quick_reaches_91_percent_on_the_real_photos(paths, backbones, elephants):
    use_backbones(paths, backbones)
    run = train(preset("quick"), index_dataset(elephants, paths), paths)
    accuracy = run.evaluation["test"].accuracy
    assert accuracy.n >= 170
    assert accuracy.value >= 0.91


def test_T10_the_count_of_a_refusal_is_what_the_folder_holds_and_says_what_decisions_did(paths):
    folder = draw_world(paths.data_dir / "few")
    draw_photo(folder / "train" / "Mammoth" / "a.png", (70, 170, 70), 1)
    with pytest.raises(TrainingError, match="two photos of Mammoth to train on, but there is 1. Add"):
        train(preset("quick"), index_dataset(folder, paths), paths)
    for number in range(3):
        draw_photo(folder / "train" / "Mammoth" / f"{number}.png", (70, 170, 70), 7 + number)
    dataset = index_dataset(folder, paths)
    for number in range(3):
        decisions.decide(dataset, f"train/Mammoth/{number}.png", "relabel", "Asian")
    with pytest.raises(TrainingError, match="there is 1 .4 before the decisions about labels."):
        train(preset("quick"), dataset, paths)


@pytest.mark.parametrize("kind", ["two photos", "one video"])
def test_small_classes_train_and_no_figure_stands_for_them(paths, backbones, kind):
    use_backbones(paths, backbones)
    folder = draw_world(paths.data_dir / "rare", num_train=10, num_test=0)
    rare = folder / "train" / "Mammoth"
    photo = draw_photo(rare / "0.png", (70, 170, 70), 1)
    if kind == "two photos":
        draw_photo(rare / "1.png", (70, 170, 70), 2)
    else:
        for frame in range(1, 12):
            Image.open(photo).save(rare / f"{frame}.jpg", quality=70 + frame)
    run = train(preset("quick"), index_dataset(folder, paths), paths)
    result = run.evaluation["validation"]
    assert run.class_names == ("African", "Asian", "Mammoth")
    assert [row["support"] > 0 for row in result.per_class] == [True, True, False]
    assert "no photo of Mammoth among them" in result.sentence() and "Mammoth" in run.message
    assert "No validation photo of Mammoth" in (run.folder / "README.md").read_text(encoding="utf-8")


def test_two_videos_train_without_a_figure_and_say_why(paths, backbones):
    use_backbones(paths, backbones)
    for number, (name, colour) in enumerate(COLOURS.items()):
        photo = draw_photo(paths.data_dir / "clips" / name / "0.png", colour, number)
        for frame in range(1, 12):
            Image.open(photo).save(photo.with_name(f"{frame}.jpg"), quality=70 + frame)
    run = train(preset("quick"), index_dataset(paths.data_dir / "clips", paths), paths)
    assert run.state == "succeeded" and run.evaluation == {}
    assert "No validation photos" in run.message and "12 photos, copies of 1" in run.message


def test_test_photos_of_a_class_that_nothing_teaches_are_left_out_with_a_word(paths, backbones):
    use_backbones(paths, backbones)
    folder = draw_world(paths.data_dir / "world")
    draw_photo(folder / "test" / "Mammoth" / "a.png", (70, 170, 70), 1)
    run = train(preset("quick"), index_dataset(folder, paths), paths)
    assert run.class_names == ("African", "Asian") and "1 test photo of Mammoth" in run.message


def test_a_decision_that_does_not_fit_is_not_used_and_said(paths, backbones):
    use_backbones(paths, backbones)
    folder = draw_world(paths.data_dir / "world")
    dataset = index_dataset(folder, paths)
    decisions.decide(dataset, "train/Asian/train_000.png", "relabel", "African")
    for split in ("train", "test"):
        (folder / split / "African").rename(folder / split / "Forest")
    run = train(preset("quick"), index_dataset(folder, paths), paths)
    assert run.class_names == ("Asian", "Forest") and run.dataset.decisions == ()
    assert "1 decision about labels does not fit" in run.message
