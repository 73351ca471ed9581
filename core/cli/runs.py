"""Commands about runs: list, promote, roll back, delete, card."""

from dataclasses import asdict
from typing import Any

import click

from core.cli.output import AS_JSON, RUN, print_json, served_run
from core.errors import NoActiveRunError
from core.paths import Paths
from core.runs import registry


@click.command("runs")
@AS_JSON
def list_runs(as_json: bool) -> None:
    """List all runs; the served one is marked."""
    paths = Paths.from_env()
    try:
        served = served_run(paths).run_id
    except NoActiveRunError:  # what is damaged stands in the list
        served = ""
    rows: list[dict[str, Any]] = [
        {
            "run_id": run.run_id,
            "state": run.state,
            "served": run.run_id == served,
            "preset": run.config.preset,
            "dataset": run.dataset.name,
            "labels": run.labels,
            "created_at": run.created_at,
            "seconds": run.seconds,
            "test_accuracy": asdict(run.evaluation["test"].accuracy) if "test" in run.evaluation else None,
            "message": run.message,
        }
        for run in registry.runs(paths)
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        accuracy = row["test_accuracy"]
        figure = f"{accuracy['value']:.1%} of {accuracy['n']} test photos" if accuracy else "not evaluated"
        figure = row["message"] if row["state"] == "damaged" else figure
        click.echo(f"{'*' if row['served'] else ' '} {row['run_id']}  {row['state']}  {row['dataset']}  {figure}")


@click.command()
@RUN
def promote(run_id: str) -> None:
    """Serve RUN from now on."""
    click.echo(f"{registry.promote(Paths.from_env(), run_id).run_id} is served.")


@click.command()
def rollback() -> None:
    """Serve the run that was served before."""
    click.echo(f"{registry.rollback(Paths.from_env()).run_id} is served again.")


@click.command()
@RUN
def delete(run_id: str) -> None:
    """Delete RUN for good; the served one and one that is queued or running are refused."""
    registry.delete(Paths.from_env(), run_id)
    click.echo(f"{run_id} is deleted.")


@click.command()
@RUN
def card(run_id: str) -> None:
    """Print RUN's model card as Markdown."""
    from core.workflows.card import card_of

    paths = Paths.from_env()
    click.echo(card_of(registry.load(paths, run_id), paths))
