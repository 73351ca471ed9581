"""The model card: one screen of plain Markdown that is true for any preset and any dataset."""

import shlex
from dataclasses import replace

import pytest
from tiny_run import publish_run

from core.dataset.overlay import Decision
from core.dataset.statistics import DuplicateCounts
from core.errors import RunInvalidError
from core.escaping import plain
from core.runs import registry
from core.runs.config import TrainingConfig
from core.runs.contents import SubjectThreshold
from core.runs.presets import PRESETS, preset
from core.workflows.card import CARD_FILE, card_of, command, model_card
from core.workflows.card_facts import DataFacts

FILES = {"model.keras": b"k", "model.tflite": b"t"}
COPIES = DuplicateCounts(exact_pairs=100, near_pairs=90, across_classes=68, across_splits=108, leaked_test_photos=95)
FACTS = DataFacts({"train": {"African": 420, "Asian": 400}, "test": {"African": 90}}, 3, COPIES, 170)


def test_a_training_leaves_a_card_whose_hash_is_recorded(quick_run, trained_paths):
    card = (quick_run.folder / CARD_FILE).read_text(encoding="utf-8")
    assert CARD_FILE in quick_run.files
    quick_run.verify()
    assert card == card_of(quick_run, trained_paths)
    assert card.startswith("# Model card: quick-run\n")
    assert "| African | 8 | 4 |" in card and "| class | train | test |" in card
    assert "labels not checked" in card
    assert "n = 8, given labels, test)" in card
    assert "Apache-2.0" in card and "python -m core train data/world --preset quick" in card


def test_a_run_without_a_card_stays_valid_and_gets_one_when_asked(paths):
    run = publish_run(paths, FILES)
    assert CARD_FILE not in run.files
    assert registry.promote(paths, "tiny") == run
    assert "counts and faults unknown" in card_of(run, paths)
    assert not (run.folder / CARD_FILE).exists()


def test_every_figure_has_its_n_interval_labels_and_split(paths):
    card = model_card(publish_run(paths, FILES), FACTS)
    assert "87.5 % accuracy (52.9–97.8, n = 8, given labels, test)" in card
    assert "recall 75.0 % (30.1–95.4, n = 4)" in card
    for fact in (
        "170 suspicious labels undecided",
        "108 pairs of copies across splits (95 test photos",
        "68 pairs of copies with two labels",
        "3 unusable files",
        "| Asian | 400 | 0 |",
    ):
        assert fact in card
    assert len(card.splitlines()) < 60


def test_what_the_run_can_doubt_is_said(paths):
    plain = model_card(publish_run(paths, FILES, "plain"))
    assert "without a temperature" in plain and "below 0.55" in plain and "names a class for any picture" in plain
    run = publish_run(paths, FILES, "gated", subject=SubjectThreshold(0.03, 0.93))
    assert "a subject score below 0.030; 93.0 % of the training photos reach it" in model_card(run)


def test_labels_that_were_reviewed_are_counted(paths):
    run = publish_run(paths, FILES)
    decisions = tuple(Decision("0" * 64, "a.png", action) for action in ("relabel", "exclude", "relabel"))
    run = replace(run, labels="reviewed", dataset=replace(run.dataset, decisions=decisions))
    assert "Labels: reviewed, 3 decisions used (1 exclude, 2 relabel)." in model_card(run)


@pytest.mark.parametrize(
    "name",
    [
        "![x](http:evil.png)",
        "<img src=x onerror=alert(1)>",
        "a|b",
        "$x^2$",
        "**bold**",
        "[a](javascript:b)",
        ":smile:",
        "`code`",
        "\u202eRTL",
        "www.evil.example",
        "two\nlines",
    ],
)
def test_class_names_show_literally(paths, name):
    card = model_card(publish_run(paths, FILES, names=(name, "Asian")), FACTS)
    assert name not in card
    assert plain(name) in card
    assert "\u202e" not in card
    assert card.count("\n\n## ") == 6


@pytest.mark.parametrize(
    "config",
    [
        *(item.config for item in PRESETS.values()),
        preset("quick", backbone="ResNet50", epochs=7, class_weights="false", labels="given"),
        preset("baseline-cnn", image_size="64x96", zoom=0.35, learning_rate=0.002),
    ],
)
def test_the_command_trains_the_same_again(paths, config: TrainingConfig):
    words = shlex.split(command(publish_run(paths, FILES, config=config)))
    assert words[:5] == ["python", "-m", "core", "train", "data/world"]
    settings = dict(word.split("=") for before, word in zip(words, words[1:], strict=False) if before == "--set")
    if "--ignore-decisions" in words:
        settings["labels"] = "given"
    assert preset(words[words.index("--preset") + 1], **settings) == config


def test_a_folder_elsewhere_is_not_spelled_out(paths):
    run = publish_run(paths, FILES)
    assert " DATASET " in command(replace(run, dataset=replace(run.dataset, folder="/home/someone/photos")))
    assert "'data/my photos'" in command(replace(run, dataset=replace(run.dataset, folder="my photos")))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (preset("baseline-cnn"), ("trained from scratch", "no weights of others")),
        (preset("quick", backbone="MobileNetV2"), ("features of MobileNetV2", "Apache-2.0, Google")),
    ],
)
def test_the_card_names_the_licence_of_the_weights(paths, config, words):
    card = model_card(publish_run(paths, FILES, config=config))
    assert all(word in card for word in words)


def test_a_failed_run_has_no_card(paths):
    with pytest.raises(RunInvalidError, match="only a succeeded run has a model card"):
        card_of(publish_run(paths, {}, state="failed"), paths)
