"""One finished training by numbers: accuracy, groups, size and speed."""

import hashlib
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median

import numpy as np

from core.dataset.images import decode
from core.dataset.index import Dataset
from core.evaluation.groups import by_group, copied_into
from core.explanation.heatmap import explain
from core.export.formats import open_model
from core.networks.catalogue import BACKBONES
from core.networks.templates import template
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs.folder import Run

_ROOT = Path(__file__).resolve().parent.parent
_TIMED_PHOTOS = 50
_YARDSTICK = "efficientnet-lite2"  # the bare pass of this backbone is what times are compared with


def record_of(dataset: Dataset, run: Run, paths: Paths) -> dict:
    """What one training came to; see `model_runs.measured`.

    Args:
        dataset: That it was trained on.
        run: The finished run.
        paths: Where prepared backbones lie.
    """
    config = run.config
    record: dict = {"preset": config.preset, "seed": config.seed, "seconds": run.seconds, "code": training_code()}
    for split, result in run.evaluation.items():
        record[split] = {**asdict(result.accuracy), "labels": result.labels}
    rows = dataset.usable
    groups = by_group(run.predictions, rows, "test", copied_into(rows), {}) if "test" in record else []
    record["groups"] = [asdict(item) for item in groups]
    record["ece"] = run.evaluation["test"].ece if "test" in run.evaluation else None
    files = [file.stat().st_size for file in run.folder.iterdir()]
    record |= {"megabytes": (run.folder / "model.tflite").stat().st_size / 1e6, "folder_megabytes": sum(files) / 1e6}
    return record | _speed(dataset, run, paths)


def _speed(dataset: Dataset, run: Run, paths: Paths) -> dict:
    """Median milliseconds of one photo after the other, on all cores; and as a multiple of a bare pass in between."""
    predictor, whole, network, bare = Predictor(run), [], [], []
    yardstick = open_model("litert", template(_YARDSTICK, paths))
    pixels = np.zeros((*BACKBONES[_YARDSTICK].image_size, 3), np.uint8)
    rows = dataset.usable[dataset.usable["split"] == "test"]
    for path in (rows if len(rows) else dataset.usable)["path"].iloc[:_TIMED_PHOTOS]:
        started = time.perf_counter()
        image = decode(dataset.folder / path)
        decoded = time.perf_counter()
        prediction = predictor.predict([image])[0]
        answered = time.perf_counter()
        if prediction.class_maps is not None:
            explain(image, None, "class_map", predictor, prediction)
        whole.append(time.perf_counter() - started)
        network.append(answered - decoded)
        started = time.perf_counter()
        yardstick(pixels)
        bare.append(time.perf_counter() - started)
    return {
        "milliseconds": 1000 * median(whole),
        "network_milliseconds": 1000 * median(network),
        "times_yardstick": median(whole) / median(bare),
    }


def training_code() -> str:
    """Changes with the modules that training consists of."""
    digest = hashlib.sha256()
    for file in sorted((_ROOT / "core" / "training").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
