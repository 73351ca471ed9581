"""Commands that keep running: the worker, and the whole app."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import click

from core.cli.output import progress
from core.errors import ProcessFailedError
from core.paths import Paths
from core.processes import CoreProcess, why_ended

_GRACE_SECONDS = 8.0  # answers and pages that have begun may end
API_PORT = "TUSKSCOPE_API_PORT"
_PORT = click.IntRange(1, 65535)


@click.command()
def worker() -> None:
    """Work through the queued trainings, one at a time."""
    from core.jobs.worker import run_worker

    run_worker(Paths.from_env())


@click.command()
@click.option("--ui-port", default=8501, show_default=True, envvar="UI_PORT", type=_PORT, help="Of the pages.")
@click.option("--api-port", default=8000, show_default=True, envvar="API_PORT", type=_PORT, help="Of the API.")
def app(ui_port: int, api_port: int) -> None:
    """Start pages, API and worker; Ctrl-C stops all three. A new installation first draws the sample dataset."""
    from core.workflows import first_start

    paths = Paths.from_env()
    os.environ[API_PORT] = str(api_port)  # for the pages, which name the address of the API
    if first_start.is_needed(paths) and first_start.prepare(paths, progress("Drawing the sample dataset")):
        click.echo("  Its first model is trained as soon as the worker runs; the pages show how far it is.")
    click.echo(
        f"\n  Tuskscope     http://localhost:{ui_port}\n"
        f"  Upload page   http://localhost:{api_port}\n"
        f"  API           http://localhost:{api_port}/api/v1   (described in docs/api.md)\n"
        "  Stop with Ctrl-C. Other ports: --ui-port 8600 --api-port 8100\n"
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    pages = ("run", "streamlit_app/app.py", "--server.headless=true", "--browser.gatherUsageStats=false")
    services = (
        Service("The page server", "streamlit", (*pages, f"--server.port={ui_port}")),
        Service("The API server", "api", (f"--port={api_port}",)),
        Service("The worker", "core", ("worker",), leaves_children=True),  # a training goes on without it
    )
    run_together(services, paths, ended)


@dataclass(frozen=True)
class Service:
    """A `python -m …` that runs until it is stopped.

    Attributes:
        title: Begins a sentence about it.
        module: What to run.
        arguments: Its words.
        leaves_children: Whether the processes that it started outlive it.
    """

    title: str
    module: str
    arguments: tuple[str, ...] = ()
    leaves_children: bool = False


def run_together(services: Sequence[Service], paths: Paths, ended: threading.Event) -> None:
    """Runs services until `ended` is set; when one ends by itself, the others are stopped too.

    Raises:
        ProcessFailedError: If one ended by itself; the sentence says which and how.
    """
    with contextlib.ExitStack() as stack:
        running = []
        for service in services:
            command = (sys.executable, "-m", service.module)
            process = CoreProcess(service.arguments, paths, None, service.title, command=command)
            stack.callback(process.stop, _GRACE_SECONDS, with_children=not service.leaves_children)
            running.append((service.title, process))
        while not ended.wait(0.2):
            for title, process in running:
                if not process.is_alive:
                    raise ProcessFailedError(f"{why_ended(title, process.exit_code, None)} The others were stopped.")
