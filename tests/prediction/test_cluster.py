"""The same chunks through Dask; left out where the extra of requirements-cluster.txt is not installed."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import COLOURS, draw_photo

pytest.importorskip("distributed", reason="requirements-cluster.txt is not installed")

from core.errors import ConfigError, DatasetError
from core.prediction.scoring.chunk import score_chunk
from core.prediction.scoring.cluster import work_on
from core.prediction.scoring.plan import read_plan
from core.prediction.scoring.planning import make_plan

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # Dask's own


@pytest.fixture
def plans(quick_run, trained_paths, tmp_path):
    """A plan of eight chunks, twice: one scored without Dask, one to be scored."""
    for number in range(8):
        draw_photo(tmp_path / "photos" / f"{number}.png", COLOURS["Asian"], number)
    for name in ("undisturbed", "plan"):
        make_plan(tmp_path / "photos", quick_run, tmp_path / name, 1)
    for number in range(8):
        score_chunk(tmp_path / "undisturbed", number, trained_paths)
    return tmp_path / "undisturbed", tmp_path / "plan"


def results(target):
    return {file.name: file.read_bytes() for file in (target / "results").glob("*.parquet")}


def test_two_local_workers_give_the_same_bytes_and_say_what_is_damaged(plans, trained_paths):
    undisturbed, target = plans
    chunk = target / "chunks" / "000003.parquet"
    content = chunk.read_bytes()
    chunk.write_bytes(content[:50])
    with pytest.raises(DatasetError, match=r"chunks/000003.parquet .* is missing or damaged"):
        work_on("local:2", target, read_plan(target), trained_paths)
    assert len(results(target)) == 7
    chunk.write_bytes(content)
    work_on("local:2", target, read_plan(target), trained_paths)
    assert results(target) == results(undisturbed)


def test_an_address_that_gives_no_answer_is_said(plans, trained_paths):
    for address in ("local:two", "nonsense"):
        with pytest.raises(ConfigError, match="gives no answer"):
            work_on(address, plans[1], read_plan(plans[1]), trained_paths)


@pytest.mark.long
def test_killed_workers_and_schedulers_lose_nothing(plans, trained_paths):
    """With `local:2` the scheduler lives in the process that was started."""
    undisturbed, target = plans
    chance = random.Random(0)
    environment = {
        **os.environ,
        "TUSKSCOPE_DATA": str(trained_paths.data_dir),
        "TUSKSCOPE_MODELS": str(trained_paths.models_dir),
    }
    command = [sys.executable, "-m", "core", "score", "work", str(target), "--dask", "local:2"]
    for number in range(20):
        (target / "results" / f"{number % 8:06d}.parquet").unlink(missing_ok=True)
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        try:
            time.sleep(chance.uniform(0.5, 8))  # any moment will do
            family = psutil.Process(process.pid).children(recursive=True)
            if number % 2:
                process.kill()
            elif workers := [child for child in family if "spawn_main" in " ".join(child.cmdline())]:
                chance.choice(workers).kill()
                assert process.wait(300) == 0
        except psutil.NoSuchProcess:
            pass
        finally:
            process.kill()
            process.wait()
        assert not psutil.wait_procs(family, timeout=60)[1], "workers outlive their scheduler"
    assert subprocess.run(command, cwd=ROOT, env=environment, timeout=300).returncode == 0
    assert results(target) == results(undisturbed)
