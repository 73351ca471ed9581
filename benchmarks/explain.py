"""Which explanation deserves to be the default: every method against the drawn sample's known evidence."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.known_evidence import evidence_mask, point
from benchmarks.timing import interleaved_ms
from core.dataset.images import decode
from core.dataset.index import index_dataset
from core.explanation.deletion import centre_map, deletion_and_insertion, random_maps
from core.explanation.faithfulness import measure_faithfulness
from core.explanation.heatmap import explain, upsample
from core.explanation.methods import ALL, NEEDS_TENSORFLOW
from core.explanation.sanity import check_sanity
from core.metrics.intervals import proportion
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs.presets import preset
from core.sample.drawn_dataset import draw_sample
from core.sample.truth import read_truth
from core.workflows.train import train

_SLOW = {**dict.fromkeys(NEEDS_TENSORFLOW, 24), "rise": 24}  # pictures for methods that take seconds
_NUM_TRUSTED = 24
_ROUNDS = 60


def measure(folder: Path | None = None) -> dict:
    """Explains the correctly predicted test pictures of a drawn sample with a `quick` run trained on it.

    Args:
        folder: A drawn sample; the default one, drawn if it is missing.

    Returns:
        `methods`: by method the pointing game's `hits` (with interval), `hits_with_margin`, mean `energy` in the
        boxes, `pictures`, `gain` (insertion minus deletion area, first 24 pictures) and `seconds` a map (median, warm);
        `centre` and `random` likewise. `trust`: verdicts of class maps and of maps of nothing, median seconds.
        `sanity`: the weight-randomisation check. `cost`: a prediction with its class map against one without.
    """
    with tempfile.TemporaryDirectory() as scratch:
        paths = replace(Paths.from_env(), models_dir=Path(scratch))
        folder = folder or paths.data_dir / "sample"
        if not folder.exists():
            draw_sample(folder)
        run = train(preset("quick"), index_dataset(folder, paths), paths, run_id="explain-benchmark")
        predictor = Predictor(run)
        pictures, num_test = _correct(folder, predictor)
        methods = {
            name: _method(name, pictures[: _SLOW.get(name)], predictor) for name in ALL if name not in NEEDS_TENSORFLOW
        }
        blobs = {"centre": [centre_map()] * len(pictures), "random": random_maps(len(pictures))}
        for name, maps in blobs.items():
            large = [upsample(heatmap, mask.shape) for heatmap, (_, mask, _) in zip(maps, pictures, strict=True)]
            methods[name] = _score(large, pictures, predictor)
        sanity = check_sanity(run, paths)
        return {
            "sample": folder.name,
            "split": "test",
            "predicted_correctly": len(pictures),
            "elephants": num_test,
            "evidence_share_of_picture": float(np.mean([mask.mean() for _, mask, _ in pictures])),
            "methods": methods,
            "trust": _trust(pictures, predictor),
            "cost": _cost(pictures[0][0], predictor),
            "sanity": {
                "head_correlation": sanity.head_correlation,
                "passed": sanity.passed,
                "network_correlation": sanity.network_correlation,
            },
        }


def _correct(folder: Path, predictor: Predictor) -> tuple[list[tuple], int]:
    """`(image, evidence mask, prediction)` of the test elephants whose true species was predicted."""
    truth = read_truth(folder)
    truth = truth[(truth["split"] == "test") & (truth["not_subject"] == 0)]
    truth = truth.sample(frac=1, random_state=0)  # the slow methods take the first ones
    found = []
    for _, row in truth.iterrows():
        image = decode(folder / row["path"])
        prediction = predictor.predict([image])[0]
        if prediction.label == row["true_label"]:
            found.append((image, evidence_mask(row, image.shape[:2]), prediction))
    return found, len(truth)


def _method(name: str, pictures: list[tuple], predictor: Predictor) -> dict:
    explain(pictures[0][0], None, name, predictor)  # loads and compiles
    heatmaps, seconds = [], []
    for image, _, _ in pictures:
        started = time.perf_counter()
        heatmaps.append(explain(image, None, name, predictor).heatmap)
        seconds.append(time.perf_counter() - started)
    return {**_score(heatmaps, pictures, predictor), "seconds": median(seconds)}


def _score(heatmaps: list[np.ndarray], pictures: list[tuple], predictor: Predictor) -> dict:
    points = [point(heatmap, mask) for heatmap, (_, mask, _) in zip(heatmaps, pictures, strict=True)]
    gains = [
        deletion_and_insertion(image, predictor.run.class_names.index(prediction.label), [heatmap], predictor)[0].gain
        for heatmap, (image, _, prediction) in zip(heatmaps[:_NUM_TRUSTED], pictures, strict=False)
    ]
    hits = sum(item.hit for item in points)
    interval = proportion(hits, len(points))
    return {
        "hits": hits / len(points),
        "low": interval.low,
        "high": interval.high,
        "pictures": len(points),
        "hits_with_margin": float(np.mean([item.hit_with_margin for item in points])),
        "energy": float(np.mean([item.energy for item in points])),
        "gain": float(np.mean(gains)),
    }


def _trust(pictures: list[tuple], predictor: Predictor) -> dict:
    """Verdicts of class maps and, to know how often luck says so, of maps of nothing."""
    nothing = random_maps(_NUM_TRUSTED, seed=99)
    own, luck = [], []
    for number, (image, _, prediction) in enumerate(pictures[:_NUM_TRUSTED]):
        explanation = explain(image, None, None, predictor, prediction)
        own.append(measure_faithfulness(image, explanation, predictor))
        blank = replace(explanation, heatmap=upsample(nothing[number], image.shape[:2]))
        luck.append(measure_faithfulness(image, blank, predictor, stability=False))

    def shares(items: list) -> dict:
        return {
            verdict: float(np.mean([item.verdict == verdict for item in items]))
            for verdict in ("clearly", "barely", "not")
        }

    return {
        "pictures": len(own),
        "class_map": shares(own),
        "nothing": shares(luck),
        "deletion": float(np.mean([item.deletion for item in own])),
        "insertion": float(np.mean([item.insertion for item in own])),
        "gain": float(np.mean([item.gain for item in own])),
        "random_gain": float(np.mean([item.random_gain for item in own])),
        "centre_gain": float(np.mean([item.centre_gain for item in own])),
        "flip_stability": float(np.mean([item.flip_stability for item in own])),
        "shift_stability": float(np.mean([item.shift_stability for item in own])),
        "seconds": median(item.seconds for item in own),
    }


def _cost(image: np.ndarray, predictor: Predictor) -> dict:
    """What the map adds; the difference of two predictions would drown in the noise of a shared machine."""
    prediction = predictor.predict([image])[0]
    times = interleaved_ms(
        {
            "predict_ms": lambda: predictor.predict([image]),
            "class_map_ms": lambda: explain(image, None, "class_map", predictor, prediction),
        },
        _ROUNDS,
    )
    return {**times, "ratio": 1 + times["class_map_ms"] / times["predict_ms"]}
