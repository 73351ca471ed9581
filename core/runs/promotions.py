"""Which run was served since when: one line a promotion or roll-back, never changed."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from core.paths import Paths
from core.records import from_json

FILE = "history.jsonl"
Action = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Promotion:
    """A change of the served run.

    Attributes:
        action: `promote` or `rollback`.
        run_id: The run that is served since.
        at: ISO 8601, UTC.
    """

    action: Action
    run_id: str
    at: str


def history(paths: Paths) -> list[Promotion]:
    """All promotions and roll-backs, oldest first; a line that a crash or somebody else damaged is passed over."""
    try:
        lines = (paths.models_dir / FILE).read_bytes().splitlines()
    except OSError:
        return []
    entries = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            entries.append(from_json(Promotion, json.loads(line)))
    return entries


def stack(paths: Paths) -> list[str]:
    """The served runs as a stack: a roll-back takes the top off."""
    found: list[str] = []
    for entry in history(paths):
        if entry.action == "rollback" and entry.run_id in found:
            del found[len(found) - found[::-1].index(entry.run_id) :]
        else:
            found.append(entry.run_id)
    return found


def record(paths: Paths, action: Action, run_id: str) -> None:
    """Adds a line; it is on disk when this returns.

    Raises:
        OSError: If it cannot be written.
    """
    entry = Promotion(action, run_id, datetime.now(UTC).isoformat(timespec="seconds"))
    with (paths.models_dir / FILE).open("ab+") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        is_torn = file.read(1) not in (b"\n", b"")  # by a crash: this entry gets a line of its own
        file.write(b"\n" * is_torn + json.dumps(asdict(entry)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
