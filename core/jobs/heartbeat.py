"""The worker's sign of life, which tells pages whether anybody will take a queued training."""

import json
import time
from dataclasses import asdict, dataclass

from core.files import write_json
from core.jobs.lease import OBSERVER
from core.paths import Paths
from core.process_identity import ProcessIdentity
from core.records import from_json

_FILE = "worker.json"
_SILENT_SECONDS = 10.0


@dataclass(frozen=True)
class _SignOfLife:
    process: ProcessIdentity
    at: float  # seconds since 1970, by the worker's clock: for people


def write_worker_heartbeat(paths: Paths, worker: ProcessIdentity) -> None:
    """Says that a worker lives; called by the worker every two seconds."""
    write_json(paths.shared_cache_dir / _FILE, asdict(_SignOfLife(worker, time.time())))


def worker_alive(paths: Paths) -> bool:
    """Whether some worker lives: one of this machine by its process, another by a sign of life in ten seconds."""
    file = paths.shared_cache_dir / _FILE
    try:
        content = file.read_bytes()
        last = from_json(_SignOfLife, json.loads(content))
    except (OSError, ValueError, TypeError):
        return False
    if last.process.is_local:
        return last.process.is_alive
    return OBSERVER.silence(file, content) <= _SILENT_SECONDS
