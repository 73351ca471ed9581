"""Which run was served since when: one line a promotion or roll-back, never changed."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from core.paths import Paths
from core.records import append_log, read_log

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
    return read_log(Promotion, paths.models_dir / FILE)


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
    append_log(paths.models_dir / FILE, [asdict(entry)])
