"""The worker's sign of life, which tells pages whether anybody will take a queued training."""

import time
from dataclasses import asdict

from core.files import read_json, write_json
from core.paths import Paths
from core.process_identity import ProcessIdentity

_FILE = "worker.json"
_SILENT_SECONDS = 10.0


def write_worker_heartbeat(paths: Paths, worker: ProcessIdentity) -> None:
    """Says that a worker lives; called by the worker every two seconds."""
    write_json(paths.shared_cache_dir / _FILE, {"process": asdict(worker), "at": time.time()})


def worker_alive(paths: Paths) -> bool:
    """Whether some worker gave a sign of life in the last ten seconds."""
    try:
        content = read_json(paths.shared_cache_dir / _FILE)
        worker, at = ProcessIdentity.from_dict(content["process"]), float(content["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return time.time() - at <= _SILENT_SECONDS and (worker.is_alive or not worker.is_local)
