"""The worker's sign of life, which tells pages whether anybody will take a queued training."""

import time
from dataclasses import asdict, dataclass

from core.files import read_json, write_json
from core.paths import Paths
from core.process_identity import ProcessIdentity
from core.records import from_json

_FILE = "worker.json"
_SILENT_SECONDS = 10.0


@dataclass(frozen=True)
class _SignOfLife:
    process: ProcessIdentity
    at: float  # seconds since 1970


def write_worker_heartbeat(paths: Paths, worker: ProcessIdentity) -> None:
    """Says that a worker lives; called by the worker every two seconds."""
    write_json(paths.shared_cache_dir / _FILE, asdict(_SignOfLife(worker, time.time())))


def worker_alive(paths: Paths) -> bool:
    """Whether some worker gave a sign of life in the last ten seconds."""
    try:
        last = from_json(_SignOfLife, read_json(paths.shared_cache_dir / _FILE))
    except (OSError, ValueError, TypeError):
        return False
    return time.time() - last.at <= _SILENT_SECONDS and (last.process.is_alive or not last.process.is_local)
