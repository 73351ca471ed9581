"""How many labels are needed when the model chooses what to label, and whether its predicted gains come true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

from benchmarks.label_world import HiddenWorld, digits, from_dataset, label
from core.dataset.index import index_dataset
from core.metrics.intervals import proportion
from core.paths import Paths
from core.review.label_model import LabelModel
from core.review.label_next import How
from core.review.label_progress import measure_progress
from core.sample.drawn_dataset import draw_sample

SEEDS, GOAL, SHARE_OF_PHOTOS = 5, 0.95, 0.8
MOST = 400  # answers


def measure(folder: Path | None = None) -> dict[str, Any]:
    """Labels needed, chosen against random, and the predictions; the elephants with `--folder data/elephants`."""
    paths = Paths.from_env()
    sample = paths.data_dir / "sample"
    if not sample.is_dir():
        draw_sample(sample)
    worlds = {name: from_dataset(index_dataset(at, paths), paths) for name, at in _folders(sample, folder).items()}
    first = next(iter(worlds))
    return {
        "labels_needed": {"dataset": first, **labels_needed(worlds[first])},
        "advice": {name: advice_holds(world) for name, world in {**worlds, "digits": digits()}.items()},
    }


def _folders(sample: Path, folder: Path | None) -> dict[str, Path]:
    named = {folder.resolve().name: folder} if folder else {}
    return {**named, "sample": sample}


def labels_needed(world: HiddenWorld) -> dict[str, Any]:
    """Answers until the accuracy on the test split reaches 95 % of that of all labels, in two turns one after another.

    Each seed takes another random 80 % of the photos, both ways the same ones; `fewer` pairs them.
    """
    needed: dict[How, list[int]] = {"model": [], "random": []}
    alls = []
    for seed in range(SEEDS):
        in_test = (world.table["split"] == "test").to_numpy()
        others = np.random.default_rng(seed).permutation(np.flatnonzero(~in_test))
        part = world.part(np.concatenate([np.flatnonzero(in_test), others[: round(SHARE_OF_PHOTOS * len(others))]]))
        *_, full = label(part, "random", seed, has_own_test=True, most=len(part.table))
        alls.append(accuracy(full))
        for how, found in needed.items():
            found.append(_turns_until(part, how, seed, GOAL * alls[-1]))
    fewer = 1 - np.array(needed["model"]) / np.array(needed["random"])
    half = float(t.ppf(0.975, SEEDS - 1)) * fewer.std(ddof=1) / np.sqrt(SEEDS)
    return {
        "accuracy_of_all_labels": float(np.mean(alls)),
        "chosen": needed["model"],
        "random": needed["random"],
        "fewer_in_all": 1 - sum(needed["model"]) / sum(needed["random"]),
        "fewer": float(fewer.mean()),
        "interval": [float(fewer.mean() - half), float(fewer.mean() + half)],
    }


def _turns_until(world: HiddenWorld, how: How, seed: int, goal: float) -> int:
    before = 0
    for model in label(world, how, seed, has_own_test=True, most=len(world.table)):
        reached = model.head is not None and accuracy(model) >= goal
        answers = int((model.answered & (model.table["split"] != "test")).sum())
        if reached and before:
            return before
        before = answers if reached else 0
    return answers


def accuracy(model: LabelModel) -> float:
    """On the labelled test photos, 0-1."""
    rows = model.rows(is_test=True)
    return float((model.probabilities[rows].argmax(axis=1) == model.targets[rows]).mean())


def advice_holds(world: HiddenWorld) -> dict[str, Any]:
    """How often what happened lies in the interval of what was predicted, on the honest test as it then was."""
    covered, widths, errors = [], [], []
    for seed in range(SEEDS):
        waiting: list[tuple[int, float, Any]] = []
        for turn, model in enumerate(label(world, "model", seed, has_own_test=False, most=MOST)):
            learned = len(model.rows(is_test=False))
            due = [item for item in waiting if learned >= item[0]]
            waiting = [item for item in waiting if learned < item[0]]
            for _, before, gain in due:
                happened = accuracy(model) - before
                covered.append(gain.low <= happened <= gain.high)
                widths.append(gain.high - gain.low)
                errors.append(happened - gain.value)
            if turn % 3 == 0 and (advice := measure_progress(model).advice) is not None:
                waiting.append((advice.labels + advice.more, accuracy(model), advice.gain))
    share = proportion(sum(covered), len(covered))
    return {
        "predictions": len(covered),
        "covered": share.value,
        "covered_interval": [share.low, share.high],
        "mean_width": float(np.mean(widths)),
        "mean_error": float(np.mean(errors)),
    }
