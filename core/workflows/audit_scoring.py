"""The audit of a scoring: which photos to check next, what was said of them, and what follows for the whole folder."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.dataset.overlay import Action, Decision, current
from core.errors import DatasetError, UnknownClassError
from core.prediction.scoring.chunk import result
from core.prediction.scoring.plan import Plan
from core.prediction.scoring.results import tables
from core.records import append_log, read_log
from core.review.audit import LEAST_CHECKS, NONE, Audit, Scored, audit, draw

DECISIONS_FILE = "decisions.jsonl"  # in the plan's folder; append-only, it cannot be made anew
MOST_CHECKS = 2000


@dataclass(frozen=True)
class Sampled:
    """A photo that was drawn for the audit.

    Attributes:
        path: In the plan's folder.
        sha256: Of its content.
        answer: What it counts as: a class or `NONE`.
        confidence: Probability of the answer, 0–1.
        truth: What a person said: a class or `NONE`; `None` if nobody did.
    """

    path: str
    sha256: str
    answer: str
    confidence: float
    truth: str | None


@dataclass(frozen=True)
class AuditState:
    """How far an audit is.

    Attributes:
        found: `None` with fewer than `LEAST_CHECKS` checks.
        checked: Drawn photos that somebody checked, in the order they were drawn.
        next: The ones to check next.
    """

    found: Audit | None
    checked: tuple[Sampled, ...]
    next: tuple[Sampled, ...]

    def sentence(self) -> str:
        """What is known by now, and what to do."""
        if self.found:
            return f"{self.found.sentence()} {self.found.advice()}"
        return f"{len(self.checked)} photos checked; after {LEAST_CHECKS} there is an answer."


def audit_scoring(target: Path, plan: Plan, num_next: int = 10) -> AuditState:
    """Judges a scored folder by the photos that were drawn and checked.

    Which photos are drawn depends on the plan alone, so that nobody chooses them. Checks of other photos are decisions
    like any, but say nothing of the folder.

    Args:
        target: The plan's folder.
        plan: What lies in it.
        num_next: How many photos to name for checking.

    Raises:
        DatasetError: If the scoring is not done, or no photo could be read.
    """
    scored, rows = _scored(target, plan)
    order = draw(scored.confidence, MOST_CHECKS, seed=int(plan.digest[:8], 16))
    truths = _truths(target)
    sampled = _sampled(target, plan, scored, order, rows[order], truths)
    checks = {
        int(index): scored.categories.index(photo.truth)
        for index, photo in zip(order, sampled, strict=True)
        if photo.truth is not None
    }
    found = audit(scored, checks) if len(checks) >= min(LEAST_CHECKS, len(order)) else None
    is_checked = [photo.truth is not None for photo in sampled]
    return AuditState(
        found,
        tuple(photo for photo, done in zip(sampled, is_checked, strict=True) if done),
        tuple(photo for photo, done in zip(sampled, is_checked, strict=True) if not done)[:num_next],
    )


def check_photo(target: Path, plan: Plan, path: str, label: str | None, reviewer: str = "", undo: bool = False) -> None:
    """Records what a person says a photo shows; it is on disk when this returns.

    Args:
        target: The plan's folder.
        plan: What lies in it.
        path: As in the results.
        label: A class; `None` for none of them.
        reviewer: Who says it.
        undo: Takes the photo's last check back instead.

    Raises:
        UnknownClassError: If the label is no class of the model.
        DatasetError: If there is no such photo among the results.
    """
    if label is not None and label not in plan.class_names:
        raise UnknownClassError(f"Expected one of {', '.join(plan.class_names)} as the label, but got {label!r}.")
    for table in tables(target, plan, partial=True):
        names = table["path"].to_pylist()
        if path in names:
            image = table["sha256"][names.index(path)].as_py() or ""
            action: Action = "undo" if undo else "exclude" if label is None else "relabel"
            now = datetime.now(UTC).isoformat(timespec="seconds")
            decision = Decision(image, path, action, label or "", reviewer, now, NONE if action == "exclude" else "")
            append_log(target / DECISIONS_FILE, [asdict(decision)])
            return
    raise DatasetError(
        f"There is no photo {path!r} among the results of this plan. Take a path as the results have it."
    )


def _truths(target: Path) -> dict[str, str]:
    """What was said last of each photo, by path: a copy elsewhere was not drawn."""
    made = [replace(item, image=item.path) for item in read_log(Decision, target / DECISIONS_FILE)]
    return {path: item.label or NONE for path, item in current(made).items()}


def _scored(target: Path, plan: Plan) -> tuple[Scored, np.ndarray]:
    """What the model said, and the row in the results of each readable photo."""
    columns = [f"probability_{name}" for name in plan.class_names]
    parts: list[np.ndarray] = []
    for table in tables(target, plan):
        numbers = [table[name].to_numpy() for name in (*columns, "subject_score")]
        subject = [value is not False for value in table["is_subject"].to_pylist()]
        parts.append(np.stack([*numbers, subject], axis=1).astype(np.float32))
    values = np.concatenate(parts)
    rows = np.flatnonzero(np.isfinite(values[:, 0]))
    if not len(rows):
        raise DatasetError("None of the photos could be read, so there is nothing to audit.")
    values = values[rows]
    count = len(columns)
    return Scored.of(plan.class_names, values[:, :count], values[:, count], values[:, count + 1] > 0), rows


def _sampled(
    target: Path, plan: Plan, scored: Scored, order: np.ndarray, rows: np.ndarray, truths: dict[str, str]
) -> Sequence[Sampled]:
    confidence, found = scored.confidence, dict[int, Sampled]()
    by_chunk = np.argsort(rows, kind="stable")
    number, table = -1, None
    for place in by_chunk:
        if rows[place] // plan.chunk_size != number:
            number = int(rows[place] // plan.chunk_size)
            table = result(target, plan, number)
        if table is None:
            raise DatasetError(f"The result of chunk {number} is gone. Go on with `score work`.")
        row = table.slice(int(rows[place] % plan.chunk_size), 1).select(["path", "sha256"]).to_pylist()[0]
        index = order[place]
        found[int(place)] = Sampled(
            row["path"],
            row["sha256"],
            scored.categories[scored.answers[index]],
            round(float(confidence[index]), 4),
            truths.get(row["path"]),
        )
    return [found[place] for place in range(len(order))]
