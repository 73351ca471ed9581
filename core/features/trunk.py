"""The frozen lower part of a backbone: its outputs are computed once a view, through LiteRT; training starts there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.dataset.images import decode, resize
from core.features.augmented_views import view
from core.files import write_atomic
from core.networks.catalogue import BACKBONES
from core.networks.interpreter import NetworkPerThread, Progress, in_parallel
from core.paths import Paths
from core.runs.config import TrainingConfig

_VERSION = 2  # raise it when the cut or the graph changes


@dataclass(frozen=True)
class TrunkOutputs:
    """What the trunks of one or two backbones give for views of photos.

    Attributes:
        maps: For each backbone the input of its last block, `float16`, shape `(views, photos, rows, columns, maps)`.
        embeddings: By backbone its pooled output as ImageNet left it, for view 0, `float32`, shape
            `(photos, features)`.
    """

    maps: list[np.ndarray]
    embeddings: dict[str, np.ndarray]


def trunk_file(backbones: tuple[str, ...], image_size: tuple[int, int], paths: Paths) -> Path:
    """The trunks as one LiteRT file, see `tuned_networks.trunk_network`; built when it is not there yet (15 s)."""
    weights = "+".join(f"{name}-{BACKBONES[name].weights_version}" for name in backbones)
    file = paths.shared_cache_dir / "backbones" / f"trunk-{weights}-v{_VERSION}.tflite"
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
    progress: Progress | None = None,
) -> TrunkOutputs:
    """Sends views of photos through the trunks; the same seed gives the same views, whatever the number of cores.

    Args:
        files: Photos.
        config: `backbones`, `image_size`, `framing` and `seed`.
        num_views: Views a photo, at least 1; see `augmented_views.view`.
        paths: Where the prepared trunk lies.
        progress: Called with (views done, views in all).
    """
    network = NetworkPerThread(trunk_file(config.backbones, config.image_size, paths).read_bytes())
    numbers = range(len(config.backbones))
    names = [f"trunk_{number}" for number in numbers]
    pooled = [f"embedding_{number}" for number in numbers]

    def read(item: tuple[int, Path]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        index, file = item
        random = np.random.default_rng((config.seed, index))
        image = decode(file)
        passes = []
        for number in range(num_views):
            pixels = resize(np.ascontiguousarray(view(image, number, random, config.framing)), config.image_size)
            passes.append(network(pixels, [*names, *pooled] if number == 0 else names))
        maps = [np.stack([outputs[name][0].astype(np.float16) for outputs in passes]) for name in names]
        return maps, [passes[0][name][0] for name in pooled]

    def report(done: int, total: int) -> None:
        if progress:
            progress(done * num_views, total * num_views)

    photo_maps, embeddings = zip(*in_parallel(read, enumerate(files), len(files), report), strict=True)
    return TrunkOutputs(
        [np.stack(maps, axis=1) for maps in zip(*photo_maps, strict=True)],
        {name: np.stack(values) for name, values in zip(config.backbones, zip(*embeddings, strict=True), strict=True)},
    )
