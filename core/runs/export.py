"""Keras models become files in other formats."""

import contextlib
import io
import tempfile
from pathlib import Path

import keras


def keras_bytes(model: keras.Model) -> bytes:
    """The model as the content of a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def litert_bytes(model: keras.Model) -> bytes:
    """The model as the content of a `.tflite` file with named outputs, for one photo at a time."""
    signature = [keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype="float32", name="image")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        with contextlib.redirect_stdout(io.StringIO()):  # the converter prints its signature
            model.export(path, format="litert", input_signature=signature, verbose=False)
        return path.read_bytes()
