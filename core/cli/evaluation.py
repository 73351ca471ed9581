"""The command about accuracy: evaluate."""

from dataclasses import asdict
from pathlib import Path

import click

from core.cli.output import AS_JSON, DATASET, RUN, print_json, progress, read_dataset
from core.paths import Paths
from core.runs import registry


@click.command()
@RUN
@DATASET
@click.option("--split", default="test", show_default=True, help="train, validation or test.")
@AS_JSON
def evaluate(run_id: str, dataset: Path, split: str, as_json: bool) -> None:
    """Measure RUN on the photos of DATASET, with its given labels and, where some were reviewed, with these too."""
    from core.evaluation.measure import measure

    paths = Paths.from_env()
    run = registry.load(paths, run_id)
    data = read_dataset(dataset)
    result, reviewed = measure(run, data, split, progress("predicting"))
    if as_json:
        more = {"reviewed": asdict(reviewed)} if reviewed else {}
        print_json({"run_id": run.run_id, **asdict(result), **more})
    else:
        click.echo("\n".join(item.sentence() for item in (result, reviewed) if item))
