"""Prepared model files of a backbone, into which a trained head is filled without TensorFlow.

Building and converting a backbone costs TensorFlow's import and ten seconds; filling in a head costs a fraction of one.
A template is built once a backbone and lies in `data/.tuskscope/backbones/`. Its head is random and knows `_CLASSES`
classes: its numbers are found again in the LiteRT file, and every length of so many becomes the number of classes that
is wanted. `python -m core.networks.templates` prepares the built-in backbones ahead, at set-up.
"""

import contextlib
import io
import json
import struct
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import RunInvalidError
from core.files import write_atomic
from core.networks.catalogue import BACKBONES, BUILT_IN
from core.paths import Paths

if TYPE_CHECKING:
    import h5py

_VERSION = 4  # raise it when the graph of linear_head_network changes
_CLASSES = 13  # of a template; no other length in its graph is 13

Weights = dict[str, list[np.ndarray]]  # by layer of linear_head_network


def template_file(backbone: str, paths: Paths) -> Path:
    """Where the `.tflite` file of a template lies, be it built or not; its `.keras` file lies beside it."""
    name = f"{backbone}-{BACKBONES[backbone].weights_version}-v{_VERSION}.tflite"
    return paths.shared_cache_dir / "backbones" / name


def is_prepared(backbone: str, paths: Paths) -> bool:
    """Whether a training on the backbone does without TensorFlow."""
    file = template_file(backbone, paths)
    return file.is_file() and _keras_file(file).is_file()


def template(backbone: str, paths: Paths) -> Path:
    """The `.tflite` file of the template for a backbone; builds it if it is not there (15 s, imports TensorFlow)."""
    if not is_prepared(backbone, paths):
        _build(backbone, template_file(backbone, paths))
    return template_file(backbone, paths)


def prepare_apart(backbones: Iterable[str], paths: Paths) -> None:
    """Builds the templates that are missing in a process of its own: TensorFlow must not stay in this one."""
    missing = [name for name in backbones if not is_prepared(name, paths)]
    if missing:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            list(pool.map(template, missing, [paths] * len(missing)))


def fill(prepared: Path, weights: Weights, num_classes: int, folder: Path) -> None:
    """Writes `model.keras` and `model.tflite` with a trained head.

    Args:
        prepared: The template, as `template` gives it.
        weights: Of `logits`, `class_maps` and what `OutOfDistributionScore.as_weights` names.
        num_classes: At least 1.
        folder: Where the two files go.

    Raises:
        RunInvalidError: If the template is damaged.
    """
    write_atomic(folder / "model.tflite", filled_litert(prepared, weights, num_classes))
    write_atomic(folder / "model.keras", _filled_keras(prepared, weights, num_classes))


def filled_litert(prepared: Path, weights: Weights, num_classes: int) -> bytes:
    """The content of `model.tflite` alone; arguments as `fill`. Layers of the head that are not named become zero."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    class Aligned(flatbuffers.Builder):
        """Puts vectors where the schema wants a buffer's numbers to lie, which Python's generated code forgets."""

        def StartVector(self, size: int, count: int, alignment: int) -> int:  # noqa: N802
            return super().StartVector(size, count, max(alignment, 16))

    content = prepared.read_bytes()
    with _damage(prepared):
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        for name, marks in _marks(prepared).items():
            values = weights.get(name) or [np.zeros(_resized(mark.shape, num_classes), np.float32) for mark in marks]
            for mark, value in zip(marks, values, strict=True):  # LiteRT keeps dense kernels transposed
                old = mark.T.tobytes()
                (buffer,) = [one for one in model.buffers if one.data is not None and one.data.tobytes() == old]
                buffer.data = np.frombuffer(value.T.astype("<f4").tobytes(), np.uint8)
        for tensor in model.subgraphs[0].tensors:
            tensor.shape = np.array(_resized(tensor.shape, num_classes), np.int32)
    builder = Aligned(len(content) + 2**20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _filled_keras(prepared: Path, weights: Weights, num_classes: int) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with _damage(prepared), zipfile.ZipFile(_keras_file(prepared)) as source, zipfile.ZipFile(buffer, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "config.json":
                config = json.loads(content, parse_int=lambda text: _resized([int(text)], num_classes)[0])
                content = json.dumps(config).encode()
            elif item.filename == "model.weights.h5":
                file = io.BytesIO(content)
                with h5py.File(file, "r+") as stored:
                    layers = _layers(stored)
                    for name, values in weights.items():
                        for number, value in enumerate(values):
                            del layers[name][str(number)]
                            layers[name][str(number)] = value.astype(np.float32)
                content = file.getvalue()
            target.writestr(item, content)
    return buffer.getvalue()


def _marks(prepared: Path) -> Weights:
    """The random head that stands in the files."""
    import h5py

    with zipfile.ZipFile(_keras_file(prepared)) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as stored:
        return {
            name: [layer[str(number)][()] for number in range(len(layer))]
            for name, layer in _layers(stored).items()
            if _is_head(name) and len(layer)
        }


def _layers(stored: "h5py.File") -> "dict[str, h5py.Group]":
    """The weights of each layer in a file that Keras wrote, by the layer's name; `0`, `1`, … inside."""
    return {str(item["vars"].attrs["name"]): item["vars"] for item in stored["layers"].values()}


def _is_head(layer: str) -> bool:
    return layer in ("logits", "class_maps") or layer.startswith("subject")


def _resized(shape: Iterable[int], num_classes: int) -> list[int]:
    return [num_classes if length == _CLASSES else length for length in shape]


@contextlib.contextmanager
def _damage(prepared: Path) -> Iterator[None]:
    """What is raised on files that are no template, as one sentence."""
    try:
        yield
    except (OSError, struct.error, zipfile.BadZipFile, LookupError, TypeError, ValueError, AttributeError) as error:
        raise RunInvalidError(
            f"The prepared backbone {prepared.name} is damaged. Delete the folder {prepared.parent} and retry."
        ) from error


def _build(backbone: str, file: Path) -> None:
    from core.networks.conversion import keras_bytes, litert_bytes
    from core.networks.networks import linear_head_network

    model, random = linear_head_network(backbone, _CLASSES), np.random.default_rng(20_261_123)
    for layer in model.layers:
        if _is_head(layer.name):
            layer.set_weights([random.normal(size=values.shape) for values in layer.get_weights()])
    keras, litert = keras_bytes(model), litert_bytes(model)
    for outdated in file.parent.glob(f"{backbone}-*"):
        outdated.unlink(missing_ok=True)
    write_atomic(_keras_file(file), keras)
    write_atomic(file, litert)


def _keras_file(prepared: Path) -> Path:
    return prepared.with_suffix(".keras")


if __name__ == "__main__":
    for built_in in BUILT_IN:
        template(built_in, Paths.from_env())
