"""The formats a run's model can be written in, and how a file of each is opened again."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np

from core.errors import MethodUnavailableError
from core.export.labels import describe
from core.networks.interpreter import Network
from core.runs.folder import Run

FormatName = Literal["litert", "litert-float16", "litert-int8", "onnx", "saved_model", "keras"]
Model = Callable[[np.ndarray], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Format:
    """A format a model can be exported to.

    Attributes:
        title: As pages and tables name it.
        suffix: Follows the run's id in the name of the file; without a dot inside it is a folder.
        summary: For whom it is.
        is_exact: Only rounding may differ; a larger difference means that the conversion went wrong.
        packages: What it needs beside TensorFlow, as import names.
    """

    title: str
    suffix: str
    summary: str
    is_exact: bool = True
    packages: tuple[str, ...] = ()


FORMATS: dict[FormatName, Format] = {
    "litert": Format("LiteRT", ".tflite", "The file that serves here; phones, small computers, browsers."),
    "litert-float16": Format("LiteRT float16", "-float16.tflite", "The same in half the size.", is_exact=False),
    "litert-int8": Format(
        "LiteRT int8",
        "-int8.tflite",
        "About a quarter of the size, 8-bit numbers inside; input and outputs stay float32.",
        is_exact=False,
    ),
    "onnx": Format(
        "ONNX", ".onnx", "ONNX Runtime, OpenVINO and other engines.", packages=("tf2onnx", "onnx", "onnxruntime")
    ),
    "saved_model": Format("SavedModel", "-saved_model", "TensorFlow Serving and TensorFlow; a folder."),
    "keras": Format("Keras", ".keras", "Keras 3: to look inside or to train further."),
}


COPIES = ("keras", "litert")  # formats of the run's own files: no conversion, no TensorFlow


def check_packages(format_name: FormatName) -> None:
    """Raises `MethodUnavailableError` if a package that a format needs is not installed."""
    missing = [name for name in FORMATS[format_name].packages if not find_spec(name)]
    if missing:
        count = "one more package" if len(missing) == 1 else f"{len(missing)} more packages"
        raise MethodUnavailableError(
            f"{FORMATS[format_name].title} needs {count}. Install with: pip install {' '.join(missing)}"
        )


def write_model(run: Run, format_name: FormatName, target: Path, representative: np.ndarray) -> None:
    """Writes a run's model with its class names; `keras` and `litert` are the run's own files, the others converted.

    Args:
        run: A succeeded, verified run.
        format_name: A key of `FORMATS`.
        target: The file or folder to be made.
        representative: Photos as the network sees them, `uint8`, shape `(n, height, width, 3)`; only `litert-int8`
            looks at them.
    """
    if format_name in COPIES:
        shutil.copyfile(run.folder / f"model{FORMATS[format_name].suffix}", target)
    else:
        _convert(run, format_name, target, representative)
    describe(run, target)


def _convert(run: Run, format_name: FormatName, target: Path, representative: np.ndarray) -> None:
    from keras.saving import load_model

    from core.networks.conversion import litert_bytes, write_onnx, write_saved_model

    model = load_model(run.folder / "model.keras", compile=False)
    if format_name == "onnx":
        write_onnx(model, target)
    elif format_name == "saved_model":
        write_saved_model(model, target)
    else:
        target.write_bytes(litert_bytes(model, format_name.removeprefix("litert-"), representative))


def open_model(format_name: FormatName, path: Path) -> Model:
    """Opens an exported file or folder with the engine it is meant for.

    Args:
        format_name: A key of `FORMATS`.
        path: What `write_model` wrote.

    Returns:
        A function from one photo, `uint8`, shape `(height, width, 3)`, to the model's outputs by name, each without
        the batch axis.
    """
    opened = _OPENERS[format_name.partition("-")[0]](path)
    return lambda photo: {name: np.asarray(value)[0] for name, value in opened(photo[None].astype(np.float32)).items()}


def _open_litert(path: Path) -> Model:
    network = Network(path.read_bytes(), os.cpu_count() or 1)
    return lambda image: network(image[0], network.outputs)


def _open_onnx(path: Path) -> Model:
    from onnxruntime import InferenceSession

    session = InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda image: dict(zip(names, session.run(names, {"image": image}), strict=True))


def _open_saved_model(path: Path) -> Model:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures["serving_default"]

    def model(image: np.ndarray, owner: object = loaded) -> dict[str, np.ndarray]:  # a signature keeps no model
        return signature(image=tf.constant(image))

    return model


def _open_keras(path: Path) -> Model:
    from keras.saving import load_model

    return load_model(path, compile=False).predict_on_batch


_OPENERS = {"litert": _open_litert, "onnx": _open_onnx, "saved_model": _open_saved_model, "keras": _open_keras}
