"""The plan of a scoring: which photos, which model, in which chunks; made once and never changed."""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from core.dataset.images import PIXELS_VERSION
from core.dataset.names import MAX_LISTED, shown
from core.dataset.walk import File, is_photo, walk
from core.errors import DatasetError, RunInvalidError
from core.escaping import one_line
from core.files import fsync_dir, read_json, write_json
from core.metrics.conformal import PredictionSets
from core.prediction.scoring.tables import read_checked, write_checked
from core.prediction.sets import sets_of
from core.records import from_json
from core.runs.folder import SERVED_FILE, Run

PLAN_FILE, CHUNKS, RESULTS, LEFT_OUT_FILE = "plan.json", "chunks", "results", "left-out.txt"
SCHEMA_VERSION = 1
DEFAULT_CHUNK = 1000
PHOTOS = pa.schema([("path", pa.string()), ("size", pa.int64()), ("mtime_ns", pa.int64())])
_REASONS = {
    "other": "no JPEG, PNG or WebP",
    "hidden": "hidden",
    "passed_over": "folders of a system or another program",
    "not-a-file": "pipes, sockets or devices",
    "link-circle": "links back to a folder above",
    "odd-name": "names that are no valid Unicode; rename them",
    "unreadable": "cannot be opened",
}


@dataclass(frozen=True)
class Plan:
    """What is to be scored, and by what.

    Attributes:
        folder: Of the photos, absolute; it is never written to.
        run_id: The run that scores.
        model_sha256: Of its `model.tflite`.
        settings: What of the run and of this Tuskscope decides an answer beside the model.
        class_names: In the order of the probabilities.
        sets: Which classes a photo may be; `None` if the run cannot say, and `notes` say why.
        chunk_size: Photos a chunk, at most.
        num_photos, num_chunks, num_bytes: What there is to do.
        left_out: Files and folders that are not scored, counted by reason; `left-out.txt` names each.
        notes: The same in sentences.
        created_at: ISO 8601, UTC.
        digest: Of photos, model and settings: plans of equal digest have equal results.
    """

    folder: str
    run_id: str
    model_sha256: str
    settings: dict[str, str]
    class_names: tuple[str, ...]
    sets: PredictionSets | None
    chunk_size: int
    num_photos: int
    num_chunks: int
    num_bytes: int
    left_out: dict[str, int]
    notes: tuple[str, ...]
    created_at: str
    digest: str


def make_plan(
    folder: Path, run: Run, target: Path, chunk_size: int = DEFAULT_CHUNK, progress: Callable[[int], None] | None = None
) -> Plan:
    """Looks through a folder and writes the plan; it appears whole or not at all.

    Args:
        folder: Of photos, in any tree of folders.
        run: A succeeded run.
        target: The plan's folder; must not exist.
        chunk_size: Photos a chunk, at least 1.
        progress: Called with the number of photos so far.

    Raises:
        DatasetError: If the folder holds no photo or cannot be read, or there is something at `target`.
    """
    _check(folder, target, run)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"))
    try:
        plan = _write(folder.resolve(), run, staging, chunk_size, progress)
        os.chmod(staging, 0o755)
        os.rename(staging, target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    fsync_dir(target.parent)
    return plan


def read_plan(target: Path) -> Plan:
    """Reads a plan.

    Raises:
        DatasetError: If there is none, or it is damaged or of another version.
    """
    try:
        content = read_json(target / PLAN_FILE)
        if (version := content.pop("schema_version")) != SCHEMA_VERSION:
            raise DatasetError(
                f"The plan {target} has version {version}, this Tuskscope reads {SCHEMA_VERSION}. Make a new plan."
            )
        return from_json(Plan, content)
    except OSError as error:
        raise DatasetError(f"Expected a plan of `score plan`, but there is none at {target}. Make one.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DatasetError(f"The plan {target} is damaged ({PLAN_FILE}). Make a new plan.") from error


def chunk_photos(target: Path, plan: Plan, number: int) -> pa.Table:
    """The photos of a chunk: `path` (relative, `/`), `size` (bytes), `mtime_ns`.

    Raises:
        DatasetError: If its list is missing or damaged.
    """
    expected = min(plan.chunk_size, plan.num_photos - number * plan.chunk_size)
    table = read_checked(chunk_file(target, CHUNKS, number), {"chunk": str(number)})
    if table is None or table.num_rows != expected or table.schema.names != PHOTOS.names:
        raise DatasetError(
            f"The list {CHUNKS}/{chunk_file(target, CHUNKS, number).name} of the plan {target} is missing or damaged. "
            "Restore it, or make a new plan."
        )
    return table


def chunk_file(target: Path, kind: str, number: int) -> Path:
    """Where the list (`CHUNKS`) or the result (`RESULTS`) of a chunk lies."""
    return target / kind / f"{number:06d}.parquet"


def check_run(plan: Plan, run: Run) -> None:
    """Compares a run with what was planned.

    Raises:
        RunInvalidError: If the model or a setting changed: half a folder scored by another model would be no result.
    """
    changed = "model" if run.files.get(SERVED_FILE) != plan.model_sha256 else ""
    changed = changed or ", ".join(key for key, text in _settings(run).items() if plan.settings.get(key) != text)
    if changed:
        raise RunInvalidError(
            f"The run {plan.run_id} is not the one that was planned with (changed: {changed}). Restore it, or make a "
            "new plan."
        )


def _settings(run: Run) -> dict[str, str]:
    return {
        "class_names": "|".join(run.class_names),
        "image_size": f"{run.image_size[0]} x {run.image_size[1]}",
        "uncertain_below": repr(run.uncertain_below),
        "subject_threshold": repr(run.subject and run.subject.threshold),
        "decoder": PIXELS_VERSION,
    }


def _check(folder: Path, target: Path, run: Run) -> None:
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos, but there is none at {folder}. Check the path.")
    if run.state != "succeeded":
        raise RunInvalidError(f"The run {run.run_id} is {run.state}; only a succeeded run can score.")
    if target.exists():
        raise DatasetError(f"There is something at {target} already. Go on with it (score work), or name another plan.")
    if target.resolve().is_relative_to(folder.resolve()):
        raise DatasetError(f"The plan {target} would lie among the photos, which stay untouched. Name another place.")


def _write(folder: Path, run: Run, staging: Path, chunk_size: int, progress: Callable[[int], None] | None) -> Plan:
    run.verify(SERVED_FILE)
    settings, model, notes = _settings(run), run.files[SERVED_FILE], []
    try:
        sets = sets_of(run)
    except RunInvalidError as error:
        sets, notes = None, [str(error)]
    digest = hashlib.sha256(repr((SCHEMA_VERSION, model, sorted(settings.items()), chunk_size, sets)).encode())
    num_photos = num_chunks = num_bytes = 0
    with (staging / LEFT_OUT_FILE).open("w", encoding="utf-8") as file:
        left = _LeftOut(file.write)
        for photos in _chunks(folder, chunk_size, left):
            rows = {
                "path": [photo.path for photo in photos],
                "size": [photo.size for photo in photos],
                "mtime_ns": [photo.mtime_ns for photo in photos],
            }
            digest.update(repr(rows).encode())
            chunk = chunk_file(staging, CHUNKS, num_chunks)
            write_checked(chunk, pa.table(rows, PHOTOS), {"chunk": str(num_chunks)})
            num_chunks, num_photos, num_bytes = (
                num_chunks + 1,
                num_photos + len(photos),
                num_bytes + sum(photo.size for photo in photos),
            )
            if progress:
                progress(num_photos)
    if not num_photos:
        raise DatasetError(" ".join((f"There is no photo in {folder} to score.", *left.notes)))
    plan = Plan(
        str(folder), run.run_id, model, settings, run.class_names, sets, chunk_size, num_photos, num_chunks, num_bytes,
        dict(left.counts), (*left.notes, *notes), datetime.now(UTC).isoformat(timespec="seconds"), digest.hexdigest(),
    )  # fmt: skip
    (staging / RESULTS).mkdir()
    write_json(staging / PLAN_FILE, {"schema_version": SCHEMA_VERSION, **asdict(plan)})
    return plan


def _chunks(folder: Path, size: int, left: "_LeftOut") -> Iterator[list[File]]:
    photos: list[File] = []
    try:
        for kind, entry in walk(folder):
            if kind == "files" and is_photo(folder.joinpath(*entry.parts)):
                photos.append(entry)
                if len(photos) == size:
                    yield photos
                    photos = []
            elif kind != "folders":
                left.add(kind, entry)
    except OSError as error:
        raise DatasetError(f"The folder {folder} cannot be read: {error.strerror}. Check its rights.") from error
    if photos:
        yield photos


class _LeftOut:
    """Counts what is not scored, names all of it in a file and the first few in sentences."""

    def __init__(self, write: Callable[[str], object]):
        self._write, self._first = write, dict[str, list[str]]()
        self.counts: Counter[str] = Counter()

    def add(self, kind: str, entry: File | tuple[str, str | int] | str) -> None:
        path, reason = entry if isinstance(entry, tuple) else (entry.path if isinstance(entry, File) else entry, kind)
        reason = "other" if kind == "files" else kind if kind == "passed_over" else str(reason)
        self.counts[reason] += 1
        if len(first := self._first.setdefault(reason, [])) < MAX_LISTED:
            first.append(shown(path))
        self._write(f"{reason}\t{one_line(path)}\n")

    @property
    def notes(self) -> list[str]:
        return [
            f"{count:,} left out: {_REASONS[reason]} ({', '.join(self._first[reason])}"
            f"{', …' if count > MAX_LISTED else ''})."
            for reason, count in self.counts.items()
        ]
