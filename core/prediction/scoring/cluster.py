"""Works through a plan on many machines by Dask distributed: chunks out, numbers back; trusted network only."""

from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import dask
from distributed import Client, KilledWorker, LocalCluster, as_completed

from core.errors import ConfigError, ProcessFailedError, TuskscopeError
from core.paths import Paths
from core.prediction.scoring.chunk import score_chunk
from core.prediction.scoring.plan import Plan
from core.prediction.scoring.work import missing

_AHEAD, _RETRIES, _CONNECT_SECONDS = 2, 3, 30  # chunks a thread: one at work, one waiting


def work_on(address: str, target: Path, plan: Plan, paths: Paths, done: Callable[[int], None] | None = None) -> None:
    """Sends each chunk without a result to a worker; results stay in the plan's folder, which all machines share.

    A worker that dies costs the chunk that it was at, a scheduler that dies costs those in flight.

    Args:
        address: `local:N` for N processes here, a scheduler's address (`tcp://host:8786`), or its `scheduler.json`.
        target, plan, paths: As of `work.work`; the folders under the same path on every machine.
        done: Called with the photos of each chunk that is done.

    Raises:
        ConfigError: If nobody answers at the address.
        ProcessFailedError: If the scheduler is lost, or a chunk kills worker after worker.
        TuskscopeError: As `score_chunk`, after all other chunks.
    """
    left, problem = iter(missing(target, plan)), None
    cluster, client = _connect(address)
    try:
        with client:

            def submit(count: int) -> list:
                numbers = [number for _, number in zip(range(count), left, strict=False)]
                return [client.submit(_score, target, n, paths, pure=False, retries=_RETRIES) for n in numbers]

            running = as_completed(submit(_AHEAD * max(1, sum(client.nthreads().values()))))
            for future in running:
                photos = future.result()
                if isinstance(photos, TuskscopeError):  # one bad list does not cost the night
                    problem, photos = photos, 0
                if done:
                    done(photos)
                for new in submit(1):
                    running.add(new)
    except (KilledWorker, CancelledError, OSError, TimeoutError) as error:
        what = "a chunk killed one worker after another" if isinstance(error, KilledWorker) else "it was lost"
        raise ProcessFailedError(f"Dask at {address}: {what}. What is done is kept; start the work again.") from error
    finally:
        if cluster:
            cluster.close()
    if problem:
        raise problem


def _score(target: Path, number: int, paths: Paths) -> int | TuskscopeError:
    try:
        return score_chunk(target, number, paths)
    except TuskscopeError as error:  # raised, it would be tried again and fill the logs
        return error


def _connect(address: str) -> tuple[LocalCluster | None, Client]:
    try:
        if address.startswith("local:"):
            dask.config.set({"distributed.scheduler.allowed-failures": 20})
            cluster = LocalCluster(int(address[6:]), threads_per_worker=1, processes=True, dashboard_address=None)
            return cluster, Client(cluster)
        where = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
        return None, Client(**where, timeout=_CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigError(
            f"Expected local:N, tcp://HOST:PORT or scheduler.json, but {address} gives no answer."
        ) from error
