"""Prepared model files of a backbone, into which a trained head is filled without TensorFlow.

Building and converting a backbone costs TensorFlow's import and ten seconds; filling in a head costs milliseconds. A
template is built once per backbone and number of classes with random numbers as the head. These numbers are found again
in the files and replaced; that each is found exactly once is checked.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import RunInvalidError
from core.files import write_atomic
from core.networks.catalogue import BACKBONES
from core.networks.out_of_distribution import SubjectGate, weight_shapes
from core.paths import Paths

_VERSION = 2  # raise it when the graph of linear_head_network changes


@dataclass(frozen=True)
class Head:
    """A linear head in terms of the raw embedding.

    Attributes:
        kernel: `float32`, shape `(features, classes)`.
        bias: `float32`, shape `(classes,)`.
        subject: What tells photos of the subject from others.
    """

    kernel: np.ndarray
    bias: np.ndarray
    subject: SubjectGate

    def as_weights(self) -> dict[str, list[np.ndarray]]:
        """Layer name to weights, as `linear_head_network` names them."""
        return {
            "logits": [self.kernel, self.bias],
            "class_maps": [self.kernel],
            **self.subject.as_weights(),
        }


@dataclass(frozen=True)
class Template:
    """The two prepared files of one backbone and number of classes."""

    backbone: str
    num_classes: int
    folder: Path

    @property
    def tflite(self) -> Path:
        return self.folder / f"{self._stem}.tflite"

    @property
    def keras(self) -> Path:
        return self.folder / f"{self._stem}.keras"

    @property
    def _stem(self) -> str:
        return f"{self.backbone}-{self.num_classes}-v{_VERSION}"

    @property
    def is_built(self) -> bool:
        return self.tflite.is_file() and self.keras.is_file()

    def marks(self) -> dict[str, list[np.ndarray]]:
        """The random head that stands in the files."""
        random = np.random.default_rng(20_261_123)
        features = BACKBONES[self.backbone].embedding_size
        shapes = {
            "logits": [(features, self.num_classes), (self.num_classes,)],
            "class_maps": [(features, self.num_classes)],
            **weight_shapes([self.backbone], self.num_classes),
        }
        return {name: [_draw(random, *shape) for shape in each] for name, each in shapes.items()}


def template(backbone: str, num_classes: int, paths: Paths) -> Template:
    """The template for a backbone; builds it when it is not there yet (15 s, imports TensorFlow)."""
    found = Template(backbone, num_classes, paths.shared_cache_dir / "backbones")
    if not found.is_built:
        _build(found)
    return found


def any_template(backbone: str, paths: Paths) -> Template:
    """A template for the backbone with any number of classes: the embedding does not depend on the head."""
    folder = paths.shared_cache_dir / "backbones"
    for file in sorted(folder.glob(f"{backbone}-*-v{_VERSION}.tflite")):
        found = Template(backbone, int(file.stem.split("-")[-2]), folder)
        if found.is_built:
            return found
    return template(backbone, 2, paths)


def fill(prepared: Template, head: Head, folder: Path) -> None:
    """Writes `model.keras` and `model.tflite` with a trained head.

    Args:
        prepared: The template.
        head: Its kernel must have the template's number of classes.
        folder: Where the two files go.

    Raises:
        RunInvalidError: If the template is damaged.
    """
    pairs = [
        (mark, np.ascontiguousarray(weights, np.float32))
        for name, marks in prepared.marks().items()
        for mark, weights in zip(marks, head.as_weights()[name], strict=True)
    ]
    write_atomic(folder / "model.tflite", _fill_tflite(prepared, pairs))
    write_atomic(folder / "model.keras", _fill_keras(prepared, pairs))


def _fill_tflite(prepared: Template, pairs: list[tuple[np.ndarray, np.ndarray]]) -> bytes:
    content = bytearray(prepared.tflite.read_bytes())
    for mark, weights in pairs:  # LiteRT keeps dense kernels transposed: (outputs, inputs)
        old = np.ascontiguousarray(mark.T).tobytes()
        if content.count(old) != 1:
            raise _damaged(prepared)
        start = content.find(old)
        content[start : start + len(old)] = np.ascontiguousarray(weights.T).tobytes()
    return bytes(content)


def _fill_keras(prepared: Template, pairs: list[tuple[np.ndarray, np.ndarray]]) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with zipfile.ZipFile(prepared.keras) as source, zipfile.ZipFile(buffer, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "model.weights.h5":
                file = io.BytesIO(content)
                with h5py.File(file, "r+") as weights_file:
                    if _replace_in_h5(weights_file, pairs) != len(pairs):
                        raise _damaged(prepared)
                content = file.getvalue()
            target.writestr(item, content)
    return buffer.getvalue()


def _replace_in_h5(file, pairs: list[tuple[np.ndarray, np.ndarray]]) -> int:
    import h5py

    replaced = 0

    def visit(_, item):
        nonlocal replaced
        if isinstance(item, h5py.Dataset):
            for mark, weights in pairs:
                if item.shape == mark.shape and np.array_equal(item[()], mark):
                    item[...] = weights
                    replaced += 1

    file.visititems(visit)
    return replaced


def _damaged(prepared: Template) -> RunInvalidError:
    return RunInvalidError(
        f"The prepared backbone {prepared.tflite.name} is damaged. Delete the folder {prepared.folder} and retry."
    )


def _draw(random: np.random.Generator, *shape: int) -> np.ndarray:
    values = random.normal(size=shape).astype(np.float32)
    return values if values.size >= 4 else values * np.float32(1e25)  # one number is found again only if it is odd


def _build(prepared: Template) -> None:
    from core.networks.conversion import keras_bytes, litert_bytes
    from core.networks.networks import linear_head_network

    model = linear_head_network(prepared.backbone, prepared.num_classes)
    for name, weights in prepared.marks().items():
        model.get_layer(name).set_weights(weights)
    write_atomic(prepared.keras, keras_bytes(model))
    write_atomic(prepared.tflite, litert_bytes(model))
