"""`python -m benchmarks <name> [--json] [--folder DIR]`: ratios measured side by side in one run."""

import importlib
import json
from pathlib import Path

import click

from benchmarks.models import models
from benchmarks.others import others
from benchmarks.outside import outside
from benchmarks.scale import scale
from benchmarks.score import score

NAMES = ("predict", "training", "review", "explain", "serving", "memory", "label", "audit")


@click.group()
def main() -> None:
    """Measure one thing."""


def _command(name: str) -> click.Command:
    @click.command(name, help=f"Measure {name}.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
    @click.option("--folder", type=click.Path(path_type=Path), help="A dataset; the drawn sample by default.")
    def command(as_json: bool, folder: Path | None) -> None:
        result = importlib.import_module(f"benchmarks.{name}").measure(folder)
        if as_json:
            click.echo(json.dumps(result, indent=2))
        else:
            for key, value in result.items():
                click.echo(f"{key}: {value:.4g}" if isinstance(value, float) else f"{key}: {value}")

    return command


for _name in NAMES:
    main.add_command(_command(_name))
main.add_command(models)
main.add_command(others)
main.add_command(outside)
main.add_command(scale)
main.add_command(score)

if __name__ == "__main__":
    main()
