"""Keras models become files in other formats."""

import contextlib
import io
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def keras_bytes(model: keras.Model) -> bytes:
    """The model as the content of a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return _compressed(path)


def _compressed(path: Path) -> bytes:
    """The archive again with its parts deflated: Keras stores them as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(item.filename, source.read(item))
    return buffer.getvalue()


def round_weights(model: keras.Model) -> None:
    """Rounds all weights to the 11 significant bits of float16, but keeps them float32.

    Zip then nearly halves a `.keras` file, and a LiteRT file in float16 holds nearly the same numbers (its converter
    folds normalisation into them first). A weight moves by at most 0.05 %.
    """
    for layer in model.layers:
        layer.set_weights([_rounded(weights) for weights in layer.get_weights()])


def _rounded(weights: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(weights, np.float32).view(np.uint32)
    return ((bits + 0x1000) & np.uint32(0xFFFFE000)).view(np.float32)  # to the nearest; the exponent keeps its range


def litert_bytes(model: keras.Model, quantization: str = "", representative: np.ndarray | None = None) -> bytes:
    """The model as the content of a `.tflite` file with named outputs, for one photo at a time.

    Args:
        model: From `image` to named outputs.
        quantization: "" keeps float32; `float16` halves the weights; `int8` computes with 8-bit whole numbers inside,
            with float32 input and outputs (Jacob 2018, "Quantization and Training of Neural Networks").
        representative: For `int8`: photos as the network sees them, `uint8`, shape `(n, height, width, 3)`; they set
            the ranges of the numbers inside.
    """
    signature = [keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype="float32", name="image")]
    options: dict = {}
    if quantization:
        options["optimizations"] = [tf.lite.Optimize.DEFAULT]
    if quantization == "float16":
        options["target_spec"] = {"supported_types": [tf.float16]}
    if quantization == "int8":

        def photos() -> Iterator[dict[str, np.ndarray]]:
            for photo in () if representative is None else representative:
                yield {"image": photo[None].astype(np.float32)}

        options["representative_dataset"] = photos
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The converter's own calibrator still uses the interpreter that TensorFlow has deprecated.
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite.Interpreter is deprecated")
        path = Path(folder) / "model.tflite"
        with contextlib.redirect_stdout(io.StringIO()):  # the converter prints its signature
            model.export(path, format="litert", input_signature=signature, verbose=False, **options)
        return path.read_bytes()


def write_saved_model(model: keras.Model, folder: Path) -> None:
    """Writes the folder of a SavedModel; its signature `serving_default` takes any number of photos."""
    _call_once(model)
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(folder, format="tf_saved_model", verbose=False)


def write_onnx(model: keras.Model, file: Path) -> None:
    """Writes an `.onnx` file that takes any number of photos; needs tf2onnx and onnx."""
    _call_once(model)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        # Keras 3.15 asks NumPy 2.4 for np.object before it hands the graph to tf2onnx.
        warnings.filterwarnings("ignore", message="In the future `np.object`", category=FutureWarning)
        model.export(file, format="onnx", verbose=False)
    _round_scales_up(file)


def _round_scales_up(file: Path) -> None:
    """Moves the scale of every resize in an `.onnx` file to the next larger float32.

    tf2onnx writes 9 / 7 as a float32, which is a hair too small: 7 rows times it are 8.9999999, and engines cut that
    to 8 rows. The size that was meant then comes out; positions move by a ten-millionth.
    """
    import onnx

    graph = onnx.load(file)
    names = {node.input[2] for node in graph.graph.node if node.op_type == "Resize" and len(node.input) > 2}
    for constant in graph.graph.initializer:
        if constant.name in names:
            scales = onnx.numpy_helper.to_array(constant)
            larger = np.where(scales == np.round(scales), scales, np.nextafter(scales, np.float32(np.inf)))
            constant.CopyFrom(onnx.numpy_helper.from_array(larger.astype(np.float32), constant.name))
    onnx.save(graph, file)


def _call_once(model: keras.Model) -> None:
    model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras exports only what was called once
