"""One photo with its heat map: our predictor against the bare LiteRT call and against Keras's `predict`."""

import os
from pathlib import Path

import numpy as np

from benchmarks.timing import interleaved_ms
from core.explanation.heatmap import explain
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs import registry

_ROUNDS = 60


def measure(folder: Path | None = None) -> dict:
    """Measures the served run on one drawn 320 x 240 picture, decoded beforehand.

    Returns:
        `raw_invoke_ms`, `predict_ms` (resize, network, prediction and heat map), `keras_predict_ms`, their `ratio`
        (predict to raw) and what was measured.
    """
    from ai_edge_litert.interpreter import Interpreter
    from keras.saving import load_model

    run = registry.active(Paths.from_env())
    predictor = Predictor(run)
    interpreter = Interpreter(model_path=str(run.folder / "model.tflite"), num_threads=os.cpu_count())
    signature = interpreter.get_signature_runner()
    network = load_model(run.folder / "model.keras", compile=False)
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    batch = np.random.default_rng(0).uniform(0, 255, (1, *run.image_size, 3)).astype(np.float32)
    times = interleaved_ms(
        {
            "raw_invoke_ms": lambda: signature(image=batch),
            "predict_ms": lambda: explain(image, None, "class_map", predictor),
            "keras_predict_ms": lambda: network.predict(batch, verbose=0),
        },
        _ROUNDS,
    )
    return {**times, "ratio": times["predict_ms"] / times["raw_invoke_ms"], "run_id": run.run_id, "rounds": _ROUNDS}
