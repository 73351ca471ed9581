"""The frozen lower part of a backbone: its outputs are computed once a view, through LiteRT; training starts there."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.dataset.images import decode, resize
from core.features.augmented_views import view
from core.files import write_atomic
from core.paths import Paths
from core.runs.config import TrainingConfig

_VERSION = 1  # raise it when the cut or the graph changes


@dataclass(frozen=True)
class TrunkOutputs:
    """What the trunks of one or two backbones give for views of photos.

    Attributes:
        maps: For each backbone the input of its last block, `float16`, shape `(views, photos, rows, columns, maps)`.
        embeddings: Pooled output of the first backbone as ImageNet left it for view 0, `float32`, shape
            `(photos, features)`.
    """

    maps: list[np.ndarray]
    embeddings: np.ndarray


def trunk_file(backbones: tuple[str, ...], image_size: tuple[int, int], paths: Paths) -> Path:
    """The trunks as one LiteRT file, see `tuned_networks.trunk_network`; built when it is not there yet (15 s)."""
    file = paths.shared_cache_dir / "backbones" / f"trunk-{'+'.join(backbones)}-v{_VERSION}.tflite"
    if not file.is_file():
        from core.networks.conversion import litert_bytes
        from core.networks.tuned_networks import trunk_network

        write_atomic(file, litert_bytes(trunk_network(backbones, image_size)))
    return file


def read_trunk(
    files: Sequence[Path],
    config: TrainingConfig,
    num_views: int,
    paths: Paths,
    progress: Callable[[int, int], None] | None = None,
) -> TrunkOutputs:
    """Sends views of photos through the trunks; the same seed gives the same views, whatever the number of cores.

    Args:
        files: Photos.
        config: `backbones`, `image_size` and `seed`.
        num_views: Views a photo, at least 1; see `augmentation.view`.
        paths: Where the prepared trunk lies.
        progress: Called with (views done, views in all).
    """
    from ai_edge_litert.interpreter import Interpreter

    model = trunk_file(config.backbones, config.image_size, paths).read_bytes()
    names = [f"trunk_{number}" for number in range(len(config.backbones))]
    local = threading.local()  # one single-threaded interpreter a core: decoding and network overlap

    def read(item: tuple[int, Path]) -> tuple[list[np.ndarray], np.ndarray]:
        index, file = item
        if not hasattr(local, "signature"):
            local.interpreter = Interpreter(model_content=model, num_threads=1)
            local.signature = local.interpreter.get_signature_runner()
        random = np.random.default_rng((config.seed, index))
        image = decode(file)
        found, embedding = [], None
        for number in range(num_views):
            pixels = resize(np.ascontiguousarray(view(image, number, random)), config.image_size)
            outputs = local.signature(image=pixels[None].astype(np.float32))
            found.append([outputs[name][0].astype(np.float16) for name in names])
            embedding = outputs["embedding"][0].copy() if number == 0 else embedding
        return [np.stack(maps) for maps in zip(*found, strict=True)], embedding

    maps: list[list[np.ndarray]] = [[] for _ in names]
    embeddings = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (photo_maps, embedding) in enumerate(pool.map(read, enumerate(files)), start=1):
            for collected, of_backbone in zip(maps, photo_maps, strict=True):
                collected.append(of_backbone)
            embeddings.append(embedding)
            if progress and (done % 5 == 0 or done == len(files)):
                progress(done * num_views, len(files) * num_views)
    return TrunkOutputs([np.stack(collected, axis=1) for collected in maps], np.stack(embeddings))
