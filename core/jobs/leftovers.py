"""What a crash leaves in `models/`, and how it is cleared away."""

import contextlib
import shutil
from pathlib import Path
from secrets import token_hex

from core.paths import Paths
from core.runs.folder import RUN_ID
from core.runs.staging import STAGING_PREFIX, discard

_STALE_SECONDS = 3600.0


def sweep(paths: Paths) -> None:
    """Removes what a crash left in `models/`: half-deleted runs, old temporary files, empty stages."""
    try:
        now = _clock_of(paths.models_dir)
    except OSError:  # nothing can be removed where nothing can be written
        return
    for folder in paths.models_dir.glob(".deleted-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for pattern in (".*.tmp", "*/.*.tmp"):
        for path in paths.models_dir.glob(pattern):
            with contextlib.suppress(OSError):
                if path.is_file() and now - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()
    for folder in paths.models_dir.glob(STAGING_PREFIX + "*"):
        name = folder.name.removeprefix(STAGING_PREFIX)
        with contextlib.suppress(OSError):
            if RUN_ID.fullmatch(name) and not (folder / "run.json").exists():
                if now - folder.stat().st_mtime > _STALE_SECONDS:
                    discard(folder)


def _clock_of(folder: Path) -> float:
    """What the disk takes for now: on a shared one the file times of this machine's clock would be wrong."""
    probe = folder / f".clock-{token_hex(4)}.tmp"
    probe.touch()
    try:
        return probe.stat().st_mtime
    finally:
        probe.unlink()
