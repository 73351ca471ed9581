"""Commands about runs: evaluate, list, promote, roll back, export."""

from pathlib import Path

import click

from core.cli.output import print_json, progress
from core.paths import Paths
from core.runs import registry


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--split", default="test", show_default=True, help="train, validation or test.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(run_id: str, dataset: Path, split: str, as_json: bool) -> None:
    """Measure RUN on the photos of DATASET, with its given labels."""
    from core.dataset.index import index_dataset
    from core.evaluation import as_dict
    from core.evaluation.measure import measure

    paths = Paths.from_env()
    run = registry.load(paths, run_id)
    result = measure(run, index_dataset(dataset, paths, progress("reading")), split, progress("predicting"))
    if as_json:
        print_json({"run_id": run.run_id, **as_dict(result)})
    else:
        click.echo(result.sentence())


@click.command("runs")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_runs(as_json: bool) -> None:
    """List all runs; the served one is marked."""
    paths = Paths.from_env()
    served = registry.active_id(paths)
    rows = [
        {"run_id": run.run_id, "state": run.state, "served": run.run_id == served, "preset": run.config.preset,
         "dataset": run.dataset["name"], "labels": run.labels, "created_at": run.created_at, "seconds": run.seconds,
         "test_accuracy": run.evaluation.get("test", {}).get("accuracy")}
        for run in registry.runs(paths)
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for row in rows:
        accuracy = row["test_accuracy"]
        figure = f"{accuracy['value']:.1%} of {accuracy['n']} test photos" if accuracy else "not evaluated"
        click.echo(f"{'*' if row['served'] else ' '} {row['run_id']}  {row['state']}  {row['dataset']}  {figure}")


@click.command()
@click.argument("run_id", metavar="RUN")
def promote(run_id: str) -> None:
    """Serve RUN from now on."""
    click.echo(f"{registry.promote(Paths.from_env(), run_id).run_id} is served.")


@click.command()
def rollback() -> None:
    """Serve the run that was served before."""
    click.echo(f"{registry.rollback(Paths.from_env()).run_id} is served again.")


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "format_name", required=True, type=click.Choice(["litert", "onnx", "saved_model", "keras"]))
def export(run_id: str, folder: Path, format_name: str) -> None:
    """Write RUN's model into FOLDER in another format."""
    from core.runs.formats import export_run

    click.echo(f"Written: {export_run(registry.load(Paths.from_env(), run_id), format_name, folder)}")
