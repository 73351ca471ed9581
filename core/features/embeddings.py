"""Embeddings: every photo goes through a frozen backbone once, through LiteRT, and is remembered by its content."""

import io
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.images import decode, resize
from core.dataset.index import Dataset
from core.files import write_atomic
from core.networks.catalogue import BACKBONES
from core.networks.templates import any_template
from core.paths import Paths

_SAVE_EVERY = 2_000  # photos: a cancelled embedding of a big folder resumes from here


def embed(
    dataset: Dataset,
    table: pd.DataFrame,
    backbone: str,
    paths: Paths,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Embeds photos of a dataset; known ones come from the cache.

    Args:
        dataset: Whose photos.
        table: Rows of `dataset.usable`.
        backbone: A key of `BACKBONES`.
        paths: Where the caches lie.
        progress: Called with (photos done, photos to embed).

    Returns:
        `float32`, shape `(len(table), features)`, in the table's order.
    """
    file = cache_file(dataset, backbone)
    known = _read(file)
    missing = table[~table["sha256"].isin(known)].drop_duplicates("sha256")
    for start in range(0, len(missing), _SAVE_EVERY):
        part = missing.iloc[start : start + _SAVE_EVERY]
        files = [dataset.folder / path for path in part["path"]]

        def report(done: int, offset: int = start) -> None:
            if progress:
                progress(offset + done, len(missing))

        values = _embed_files(files, backbone, paths, report)
        known.update(zip(part["sha256"], values, strict=True))
        _write(file, known)
    return np.stack([known[sha256] for sha256 in table["sha256"]])


def cached(dataset: Dataset, name: str) -> dict[str, np.ndarray]:
    """Known embeddings by sha256: of a backbone, or of a run whose network has its own."""
    return _read(cache_file(dataset, name))


def remember(dataset: Dataset, name: str, embeddings: dict[str, np.ndarray]) -> None:
    """Writes embeddings by sha256 into the cache."""
    _write(cache_file(dataset, name), embeddings)


def cache_file(dataset: Dataset, name: str) -> Path:
    return dataset.cache_dir / f"embeddings-{name}.npz"


def _embed_files(files: list[Path], backbone: str, paths: Paths, report: Callable[[int], None]) -> list[np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    model = any_template(backbone, paths).tflite.read_bytes()
    image_size = BACKBONES[backbone].image_size
    local = threading.local()  # one single-threaded interpreter a core: decoding and network overlap

    def embed_file(file: Path) -> np.ndarray:
        if not hasattr(local, "signature"):
            local.interpreter = Interpreter(model_content=model, num_threads=1)
            local.signature = local.interpreter.get_signature_runner()
        pixels = resize(decode(file), image_size)[None].astype(np.float32)
        return local.signature(image=pixels)["embedding"][0].copy()

    results = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for embedding in pool.map(embed_file, files):
            results.append(embedding)
            if len(results) % 10 == 0 or len(results) == len(files):
                report(len(results))
    return results


def _read(file: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as content:
            return dict(zip(content["sha256"].tolist(), content["embeddings"], strict=True))
    except (OSError, ValueError, KeyError, EOFError):
        return {}  # missing or damaged: it is rebuilt


def _write(file: Path, known: dict[str, np.ndarray]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, sha256=np.array(list(known)), embeddings=np.array(list(known.values()), np.float32))
    write_atomic(file, buffer.getvalue())
