"""Scores one chunk: the unit of work, on any machine; doing it twice gives the same file twice."""

import hashlib
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from core.dataset.capture_time import taken_at
from core.dataset.framing import framed
from core.dataset.images import WORKING_SIDE, decode, resize
from core.dataset.photo_bytes import read_picture
from core.errors import ImageError
from core.paths import Paths
from core.prediction.predictor import Predictor, failed_record
from core.prediction.scoring.detections import crop
from core.prediction.scoring.plan import RESULTS, Plan, check_run, chunk_file, chunk_photos, read_plan
from core.prediction.scoring.tables import read_checked, write_checked
from core.prediction.sets import BETWEEN
from core.runs import registry
from core.runs.folder import Run

_AHEAD = 4  # photos that are decoded while the network is busy; each is as small as its input
_SAME_SECONDS = 2  # file systems of memory cards count time in steps of two seconds

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Photo:
    """A photo as it was read: `pixels` of the network's size, or the sentence why there are none."""

    path: str
    changed: bool
    sha256: str | None = None
    taken_at: str | None = None
    pixels: np.ndarray | None = None
    detection: float | None = None
    box: list[float] | None = None
    box_pixels: np.ndarray | None = None
    error: str | None = None


def score_chunk(target: Path, number: int, paths: Paths) -> int:
    """Scores the photos of one chunk and writes their rows, unless that is done already.

    One LiteRT thread answers while another thread decodes. The predictor is loaded once a process.

    Args:
        target: The plan's folder.
        number: Of the chunk, from 0.
        paths: Where the run lies.

    Returns:
        How many photos were scored; 0 if the result was there.

    Raises:
        DatasetError, RunInvalidError, RunNotFoundError: If the plan is damaged, or the model is another one.
        OSError: If the disk is full.
    """
    plan = read_plan(target)
    if result(target, plan, number) is not None:
        return 0
    predictor = _predictor(paths, plan.run_id, plan.model_sha256)
    check_run(plan, predictor.run)
    photos = chunk_photos(target, plan, number).to_pylist()
    folder = Path(plan.folder)
    read = _ahead(lambda photo: _read(folder, predictor.run, **photo), photos)
    rows = [_row(photo, predictor, plan) for photo in read]
    write_checked(chunk_file(target, RESULTS, number), pa.Table.from_pylist(rows, schema(plan)), _facts(plan, number))
    return len(rows)


def result(target: Path, plan: Plan, number: int) -> pa.Table | None:
    """The rows of a chunk; `None` if they are not there, damaged, or those of another plan."""
    return read_checked(chunk_file(target, RESULTS, number), _facts(plan, number))


def schema(plan: Plan) -> pa.Schema:
    """The columns of a result; where `error` is a sentence, the answer is missing.

    Where a detector gave a `box` (left, top, width, height as shares), the answer is about that part of the photo, and
    `frame_…` tell what the whole photo would count as.
    """
    numbers = [f"probability_{name}" for name in plan.class_names]
    return pa.schema(
        [
            *((name, pa.string()) for name in ("path", "answer", "label")),
            ("probability", pa.float64()),
            *((name, pa.float64()) for name in numbers),
            ("subject_score", pa.float64()),
            *((name, pa.bool_()) for name in ("is_subject", "uncertain")),
            *((name, pa.string()) for name in ("prediction_set", "run_id", "error", "sha256", "taken_at")),
            ("changed", pa.bool_()),
            ("detection", pa.float64()),
            ("box", pa.list_(pa.float64())),
            *((name, pa.string()) for name in ("frame_answer", "frame_label")),
            ("frame_probability", pa.float64()),
        ]
    )


def _facts(plan: Plan, number: int) -> dict[str, str]:
    return {"plan": plan.digest, "chunk": str(number)}


@lru_cache(maxsize=1)
def _predictor(paths: Paths, run_id: str, model_sha256: str) -> Predictor:
    return Predictor(registry.load(paths, run_id), pool_size=1, threads=1)


def _read(
    folder: Path,
    run: Run,
    path: str,
    size: int,
    mtime_ns: int,
    detection: float | None,
    box: list[float] | None,
) -> _Photo:
    file, changed = folder / path, False
    try:
        status = file.stat()
        changed = status.st_size != size or abs(status.st_mtime_ns - mtime_ns) > _SAME_SECONDS * 1e9
        content = read_picture(file)
    except FileNotFoundError:
        return _Photo(path, True, error="The photo is not there any more. Restore it, or make a new plan.")
    except ImageError as error:
        return _Photo(path, changed, error=str(error))
    except OSError:
        return _Photo(path, changed, error="The file cannot be opened. Check its permissions.")
    digest = hashlib.sha256(content).hexdigest()
    known = _Photo(path, changed, digest, taken_at(content), detection=detection, box=box)
    try:
        pixels = decode(content, image_size=run.image_size, framing=run.framing)
        return replace(known, pixels=pixels, box_pixels=_cut_out(content, run, box) if box else None)
    except ImageError as error:
        return replace(known, error=str(error))


def _cut_out(content: bytes, run: Run, box: list[float]) -> np.ndarray:
    """What the network sees of the box, in its size; a small one is read in as much detail as there is."""
    side = math.ceil(max(run.image_size) / max(min(box[2:]), 0.01))
    cut = crop(decode(content, max(side, WORKING_SIDE)), (box[0], box[1], box[2], box[3]))
    return resize(framed(cut, run.framing), run.image_size)


def _row(photo: _Photo, predictor: Predictor, plan: Plan) -> dict[str, Any]:
    if photo.pixels is None:
        record = failed_record(photo.path, predictor.run.run_id, photo.error or "")
    else:
        record = predictor.predict([photo.pixels])[0].as_record(photo.path)
    frame = {}
    if photo.box_pixels is not None:
        frame = {f"frame_{key}": record[key] for key in ("answer", "label", "probability")}
        record = predictor.predict([photo.box_pixels])[0].as_record(photo.path)
    numbers = {f"probability_{name}": value for name, value in (record["probabilities"] or {}).items()}
    chosen = plan.sets.of(record["probabilities"]) if plan.sets and record["probabilities"] else None
    more = {"prediction_set": chosen and BETWEEN.join(chosen)}
    own = {key: getattr(photo, key) for key in ("sha256", "taken_at", "changed", "detection", "box")}
    return {**record, **numbers, **more, **frame, **own}


def _ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The results in order, a few of them made ahead by one other thread."""
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(thread.submit(work, item))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
