"""The plan of a scoring: which photos, which model, in which chunks; made once and never changed."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from core.dataset.images import PIXELS_VERSION
from core.errors import DatasetError, RunInvalidError
from core.files import read_json
from core.metrics.conformal import PredictionSets
from core.prediction.scoring.tables import read_checked
from core.records import from_json
from core.runs.folder import SERVED_FILE, Run

PLAN_FILE, CHUNKS, RESULTS, LEFT_OUT_FILE = "plan.json", "chunks", "results", "left-out.txt"
SCHEMA_VERSION = 1
PHOTOS = pa.schema(
    [
        ("path", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("detection", pa.float64()),  # confidence of the best animal; null without a detector
        ("box", pa.list_(pa.float64())),
    ]
)


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
    changed = changed or ", ".join(key for key, text in settings_of(run).items() if plan.settings.get(key) != text)
    if changed:
        raise RunInvalidError(
            f"The run {plan.run_id} is not the one that was planned with (changed: {changed}). Restore it, or make a "
            "new plan."
        )


def settings_of(run: Run) -> dict[str, str]:
    """What of a run, and of this Tuskscope, decides an answer beside the model."""
    return {
        "class_names": "|".join(run.class_names),
        "image_size": f"{run.image_size[0]} x {run.image_size[1]}",
        "uncertain_below": repr(run.uncertain_below),
        "subject_threshold": repr(run.subject and run.subject.threshold),
        "decoder": PIXELS_VERSION,
    }
