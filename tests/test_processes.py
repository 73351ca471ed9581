"""Other processes of Tuskscope: started in one way, stopped with all that they started, and why they ended."""

import sys
import time

import psutil
import pytest

from core import processes
from core.errors import ProcessFailedError
from core.process_identity import ProcessIdentity
from core.processes import CoreProcess, run_core, why_ended

LONGEST_SECONDS = 120.0


def python(paths, tmp_path, code, **options):
    """A process that runs this code; it finds the words of its command line in `sys.argv`."""
    return CoreProcess(
        ("a", "b"), paths, tmp_path / "log.txt", "The stub", command=(sys.executable, "-c", code), **options
    )


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("code", "said", "sentence"),
    [
        (1, "noise\nerror: It is not offered.\n", "It is not offered."),
        (1, "error: first\nerror: \x1b[31mlast\x00\nnoise", "[31mlast"),
        (-11, "", "The export was killed (SIGSEGV). Try again."),
        (-9, "error: earlier\n", "The export was killed (SIGKILL). Perhaps the memory was not enough. Try again."),
        (-77, "", "The export was killed (signal 77). Try again."),
        (3, "", "The export ended with exit code 3 without a result."),
        (None, "", "The export ended without a result."),
        (
            1,
            "Traceback\nRuntimeError: no such op\n\n",
            "The export ended with exit code 1 without a result. Its last words: RuntimeError: no such op",
        ),
    ],
)
def test_a_process_that_dies_ends_in_one_sentence(tmp_path, code, said, sentence):
    (tmp_path / "log.txt").write_text(said, encoding="utf-8")
    assert why_ended("The export", code, tmp_path / "log.txt") == sentence
    assert "without a result" in why_ended("The export", 1, tmp_path / "no-log.txt")


def test_a_process_gets_the_folders_its_words_and_its_settings(paths, tmp_path):
    code = "import os, sys; print(os.environ['TUSKSCOPE_DATA'], os.environ['EXTRA'], *sys.argv[1:])"
    process = python(paths, tmp_path, code, settings={"EXTRA": "more"})
    process.wait(LONGEST_SECONDS)
    assert (tmp_path / "log.txt").read_text().split() == [str(paths.data_dir), "more", "a", "b"]
    assert process.exit_code == 0 and process.failure == "" and not process.is_alive


def test_a_stopped_process_takes_along_what_it_started(paths, tmp_path):
    code = (
        "import subprocess, sys, time\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True)\n"
        "time.sleep(600)"
    )
    process = python(paths, tmp_path, code)
    wait_until(lambda: (tmp_path / "log.txt").read_text().endswith("\n"))
    child = ProcessIdentity.of(int((tmp_path / "log.txt").read_text()))
    assert child.is_alive and process.is_alive and process.failure == ""
    process.stop()
    process.stop()
    assert not process.is_alive and not child.is_alive
    assert "killed (SIGKILL)" in process.failure


def test_a_process_may_clean_up_before_it_is_killed(paths, tmp_path):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('error: Cleaned up.'))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    process = python(paths, tmp_path, code)
    wait_until(lambda: (tmp_path / "log.txt").read_text())
    process.stop(grace_seconds=LONGEST_SECONDS)
    assert process.failure == "Cleaned up."


def test_a_stale_identity_stops_nothing():
    me = ProcessIdentity.of()
    ProcessIdentity(me.host, me.pid, started=0.0).stop(grace_seconds=0)
    ProcessIdentity("elsewhere", me.pid, me.started).stop(grace_seconds=0)
    assert me.is_alive


def test_a_process_that_steps_back_has_a_low_priority(paths, tmp_path):
    process = python(paths, tmp_path, "import time; time.sleep(600)", steps_back=True, outlives_us=True)
    try:
        assert psutil.Process(process.identity.pid).nice() == 15
    finally:
        process.stop()


def test_a_command_that_fails_or_takes_too_long_says_so_in_one_sentence(paths):
    with pytest.raises(ProcessFailedError, match="^No run has this id"):
        run_core(("card", "no-such-run"), paths, "The card", LONGEST_SECONDS)
    with pytest.raises(ProcessFailedError, match="^The card took longer than 0 minutes and was stopped"):
        run_core(("card", "no-such-run"), paths, "The card", 0.001)
    run_core(("runs",), paths, "The list", LONGEST_SECONDS)


def test_a_command_that_cannot_be_started_says_so(paths, monkeypatch):
    def refuses(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(processes.subprocess, "Popen", refuses)
    with pytest.raises(ProcessFailedError, match="The list could not be started. Close other programs"):
        run_core(("runs",), paths, "The list", LONGEST_SECONDS)
