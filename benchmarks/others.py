"""Makes `core/networks/others.npz`: what the built-in backbones see in pictures of other things."""

import io
from itertools import product
from pathlib import Path

import click
import numpy as np
import pandas as pd

from benchmarks.outside import MANIFEST
from core.dataset.framing import FRAMINGS, Framing, framed
from core.dataset.images import decode, resize
from core.features.trunk import trunk_file
from core.files import write_atomic
from core.networks.catalogue import BACKBONES, BUILT_IN
from core.networks.interpreter import NetworkPerThread, in_parallel
from core.networks.others import FILE, key
from core.networks.templates import template
from core.paths import Paths
from core.sample.other import KINDS, draw_other

_DRAWN = 4  # of every kind
_DRAWN_SIZE = (360, 480)
_LARGE = (260, 260)  # the input of a graph with both backbones


@click.command("others")
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
def others(folder: Path) -> None:
    """Write the embeddings of the pictures that FOLDER's manifest calls other and learn, and of drawn ones."""
    paths = Paths.from_env()
    manifest = pd.read_csv(folder / MANIFEST, dtype=str, keep_default_na=False)
    rows = manifest[(manifest["label"] == "other") & (manifest["split"] == "learn")]
    pictures = [decode(folder / file) for file in rows["file"]]
    kinds, origins = rows["group"].str.split("/").str[0].tolist(), rows["source_repo"].tolist()
    for kind in KINDS:
        for number in range(_DRAWN):
            pictures.append(draw_other(np.random.default_rng((17, number)), kind, _DRAWN_SIZE).pixels)
            kinds.append(f"drawn {kind}")
            origins.append(f"drawn {kind}")
    arrays = {"kinds": np.array(kinds), "sources": np.unique(origins, return_inverse=True)[1]}
    both = NetworkPerThread(trunk_file(BUILT_IN, _LARGE, paths).read_bytes())
    for framing in FRAMINGS:
        for number, name in enumerate(BUILT_IN):
            arrays[key(name, _LARGE, framing)] = _look(both, pictures, framing, _LARGE, f"embedding_{number}")
    for framing, name in product(FRAMINGS, BUILT_IN):
        size = BACKBONES[name].image_size
        if size != _LARGE:
            network = NetworkPerThread(template(name, paths).read_bytes())
            arrays[key(name, size, framing)] = _look(network, pictures, framing, size, "embedding")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomic(FILE, buffer.getvalue())
    click.echo(f"{len(pictures)} pictures, {len(set(kinds))} kinds, {len(set(origins))} origins")


def _look(
    network: NetworkPerThread, pictures: list[np.ndarray], framing: Framing, size: tuple[int, int], output: str
) -> np.ndarray:
    def look(picture: np.ndarray) -> np.ndarray:
        return network(resize(np.ascontiguousarray(framed(picture, framing)), size), [output])[output][0]

    return np.stack(in_parallel(look, pictures, len(pictures))).astype(np.float16)
