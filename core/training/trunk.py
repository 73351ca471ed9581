"""The frozen lower part of a backbone: its outputs are computed once a view, through LiteRT; training starts there."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.dataset.images import decode, resize
from core.files import write_atomic
from core.paths import Paths
from core.training.augmentation import view
from core.training.config import BACKBONES

_VERSION = 1  # raise it when the cut or the graph changes


@dataclass(frozen=True)
class TrunkOutputs:
    """What the trunk gives for views of photos.

    Attributes:
        maps: Input of the last block, `float16`, shape `(views, photos, rows, columns, channels)`.
        embeddings: Pooled output of the whole frozen backbone for view 0, `float32`, shape `(photos, features)`.
    """

    maps: np.ndarray
    embeddings: np.ndarray


def trunk_file(backbone: str, paths: Paths) -> Path:
    """The trunk as a LiteRT file with the outputs `trunk` and `embedding`; built when it is not there yet (10 s)."""
    file = paths.shared_cache_dir / "backbones" / f"{backbone}-trunk-v{_VERSION}.tflite"
    if not file.is_file():
        from core.runs.export import litert_bytes
        from core.training.networks import trunk_network

        write_atomic(file, litert_bytes(trunk_network(backbone)))
    return file


def read_trunk(
    files: Sequence[Path], backbone: str, num_views: int, seed: int, paths: Paths,
    progress: Callable[[int, int], None] | None = None,
) -> TrunkOutputs:  # fmt: skip
    """Sends views of photos through the trunk.

    Args:
        files: Photos.
        backbone: A key of `BACKBONES`.
        num_views: Views a photo, at least 1; see `augmentation.view`.
        seed: Same seed, same views, whatever the number of cores.
        paths: Where the prepared trunk lies.
        progress: Called with (views done, views in all).
    """
    from ai_edge_litert.interpreter import Interpreter

    model, image_size = trunk_file(backbone, paths).read_bytes(), BACKBONES[backbone].image_size
    local = threading.local()  # one single-threaded interpreter a core: decoding and network overlap

    def read(item: tuple[int, Path]) -> tuple[np.ndarray, np.ndarray]:
        index, file = item
        if not hasattr(local, "signature"):
            local.interpreter = Interpreter(model_content=model, num_threads=1)
            local.signature = local.interpreter.get_signature_runner()
        random = np.random.default_rng((seed, index))
        image = decode(file)
        found, embedding = [], None
        for number in range(num_views):
            pixels = resize(np.ascontiguousarray(view(image, number, random)), image_size)
            outputs = local.signature(image=pixels[None].astype(np.float32))
            found.append(outputs["trunk"][0].astype(np.float16))
            embedding = outputs["embedding"][0].copy() if number == 0 else embedding
        return np.stack(found), embedding

    maps, embeddings = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (photo_maps, embedding) in enumerate(pool.map(read, enumerate(files)), start=1):
            maps.append(photo_maps)
            embeddings.append(embedding)
            if progress and (done % 5 == 0 or done == len(files)):
                progress(done * num_views, len(files) * num_views)
    return TrunkOutputs(np.stack(maps, axis=1), np.stack(embeddings))
