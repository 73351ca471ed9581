"""What commands share: their arguments, JSON alone on standard output, progress on standard error."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.escaping import guard, printable
from core.files import write_atomic
from core.paths import Paths
from core.runs import registry
from core.runs.folder import Run

if TYPE_CHECKING:
    from core.dataset.index import Dataset

PATH = click.Path(path_type=Path)
DATASET = click.argument("dataset", type=PATH)
RUN = click.argument("run_id", metavar="RUN")
SERVED_RUN = click.option("--run", "run_id", help="Id of the run; the served one by default.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
CSV_FILE = click.option("--csv", "csv_file", type=PATH, help="Write a CSV file.")


def read_dataset(folder: Path) -> "Dataset":
    """The index of a folder of photos; progress goes to the terminal."""
    from core.dataset.index import index_dataset

    return index_dataset(folder, Paths.from_env(), progress("reading"))


def served_run(paths: Paths) -> Run:
    """The run that answers; if it stands in for another one, standard error says why.

    Raises:
        NoActiveRunError: If there is none.
    """
    found = registry.served(paths)
    if found.problem:
        click.echo(f"{found.problem} Meanwhile {found.run.run_id} answers.", err=True)
    return found.run


def print_json(content: Any) -> None:
    """Strict JSON on standard output; bytes of names that are no text stay as the escapes that JSON has for them."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    click.echo(text.encode("utf-8", "backslashreplace").decode())


def progress(what: str) -> Callable[[int, int], None]:
    """A progress callback `(done, total)` that keeps one line on a terminal and is silent elsewhere."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{what}: {done}/{total} ", nl=done >= total, err=True)

    return show


def write_csv(file: Path, columns: list[str], rows: Iterable[Mapping[Any, Any]]) -> None:
    """Writes a CSV file whole; cells that a spreadsheet would run as a formula are quoted with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: guard(value) for key, value in row.items()} for row in rows)
    write_atomic(file, printable(buffer.getvalue()))
