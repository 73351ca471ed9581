"""A published run around a network of a few numbers, for tests of what is done with model files."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from core.files import write_json, write_parquet
from core.metrics import from_table, predictions_table
from core.paths import Paths
from core.runs.contents import DatasetReference
from core.runs.folder import Run
from core.runs.presets import preset
from core.runs.staging import publish, stage, write

NAMES = ("African", "Asian")


def tiny_network(seed: int = 0, side: int = 32, with_maps: bool = True):
    """A network with the named outputs of a linear head, as a few hundred random numbers."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    image = keras.Input((side, side, 3), name="image")
    x = layers.Rescaling(scale=[1 / 127.5] * 3, offset=[-1.0] * 3, name="rescale")(image)
    x = layers.Conv2D(6, 3, 2, activation="relu", name="convolution")(x)
    embedding = layers.GlobalAveragePooling2D(name="embedding")(x)
    logits = layers.Dense(2, name="logits")(embedding)
    outputs = {"probabilities": layers.Softmax(name="probabilities")(logits), "embedding": embedding}
    if with_maps:
        outputs["class_maps"] = layers.Dense(2, use_bias=False, name="class_maps")(x)
    return keras.Model(image, outputs)


def evaluation(names=NAMES, labels: str = "given") -> tuple[dict, pd.DataFrame]:
    """Figures and predictions of eight test photos, seven of them right."""
    rows = pd.DataFrame(
        {
            "path": [f"test/{i}.png" for i in range(8)],
            "sha256": [f"{i:064d}" for i in range(8)],
            "split": "test",
            "label": [names[i % len(names)] for i in range(8)],
        }
    )
    probabilities = np.full((8, len(names)), 0.1 / (len(names) - 1))
    probabilities[np.arange(8), [(i + (i == 0)) % len(names) for i in range(8)]] = 0.9
    table = predictions_table(rows, probabilities, names)
    return {"test": asdict(from_table(table, "test", names, labels))}, table


def publish_run(
    paths: Paths,
    files: dict[str, bytes],
    run_id: str = "tiny",
    names=NAMES,
    state: str = "succeeded",
    config=None,
    **changes,
) -> Run:
    """Publishes a run with these model files; its dataset is the folder `world` of `paths`."""
    dataset = DatasetReference("world", "world", "f", 16)
    run = stage(paths, run_id, config or preset("quick"), dataset, "running")
    run = write(run, class_names=tuple(names), uncertain_below=0.55, **changes)
    found, table = evaluation(names)
    write_json(run.folder / "evaluation.json", found)
    write_parquet(run.folder / "predictions.parquet", table)
    (run.folder / "history.csv").write_text("epoch,loss\n1,0.5\n")
    for name, content in files.items():
        (run.folder / name).write_bytes(content)
    return publish(run, paths, state=state, seconds=3.0)
