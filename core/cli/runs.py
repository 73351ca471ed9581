"""Commands about runs: evaluate, list, promote, roll back, export, card."""

from dataclasses import asdict
from pathlib import Path

import click

from core.cli.output import print_json, progress
from core.export.formats import FORMATS
from core.paths import Paths
from core.runs import registry


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--split", default="test", show_default=True, help="train, validation or test.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(run_id: str, dataset: Path, split: str, as_json: bool) -> None:
    """Measure RUN on the photos of DATASET, with its given labels and, where some were reviewed, with these too."""
    from core.dataset.index import index_dataset
    from core.evaluation.measure import measure_both
    from core.metrics import as_dict

    paths = Paths.from_env()
    run = registry.load(paths, run_id)
    data = index_dataset(dataset, paths, progress("reading"))
    result, reviewed = measure_both(run, data, split, progress("predicting"))
    if as_json:
        more = {"reviewed": as_dict(reviewed)} if reviewed else {}
        print_json({"run_id": run.run_id, **as_dict(result), **more})
    else:
        click.echo("\n".join(item.sentence() for item in (result, reviewed) if item))


@click.command("runs")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_runs(as_json: bool) -> None:
    """List all runs; the served one is marked."""
    paths = Paths.from_env()
    served = registry.active_id(paths)
    rows = [
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
        }
        for run in registry.runs(paths)
    ]
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
@click.argument("folder", metavar="DIR", required=False, type=click.Path(path_type=Path))
@click.option("--format", "names", multiple=True, type=click.Choice(list(FORMATS)), help="With --check: repeatable.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; compare the formats (all by default) anew.")
@click.option(
    "--photos",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Photos to compare on; the run's own train and validation photos by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def export(
    run_id: str, folder: Path | None, names: tuple[str, ...], only_check: bool, photos: tuple[Path, ...], as_json: bool
) -> None:
    """Write RUN's model into DIR in another format, after comparing it with the served file on real photos."""
    from core.export.exports import export_run, prepare_export

    if only_check == (folder is not None) or (folder is not None and len(names) != 1):
        raise click.UsageError("Expected --format FORMAT DIR, or --check without a folder.")
    paths = Paths.from_env()
    run = registry.load(paths, run_id)
    if folder is not None:
        exports = [export_run(run, names[0], folder, paths, photos)]
    else:
        exports = [prepare_export(run, name, paths, photos) for name in names or FORMATS]
    checks = [export.check for export in exports]
    if as_json:
        found = [check.as_dict() | {"within_limit": check.is_within_limit} for check in checks]
        print_json(found if folder is None else {"path": str(exports[0].path), **found[0]})
        return
    if folder is not None:
        click.echo(f"Written: {exports[0].path}")
    _print_checks(checks)


@click.command("work-on-export", hidden=True)
@click.argument("run_id", metavar="RUN")
@click.argument("format_name", type=click.Choice(list(FORMATS)))
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path))
def work_on_export(run_id: str, format_name: str, photos: tuple[Path, ...]) -> None:
    """Make and check one export; called by `export` and the pages."""
    import os

    from core.export.exports import work_on_export as work

    if hasattr(os, "nice"):
        os.nice(10)  # answers come first
    paths = Paths.from_env()
    work(registry.load(paths, run_id), format_name, paths, photos)


@click.command()
@click.argument("run_id", metavar="RUN")
def card(run_id: str) -> None:
    """Print RUN's model card as Markdown."""
    from core.workflows.card import card_of

    paths = Paths.from_env()
    click.echo(card_of(registry.load(paths, run_id), paths))


def _print_checks(checks) -> None:
    click.echo(f"{'format':<15} {'size':>9} {'one photo':>10}   largest difference   changed decisions")
    for check in checks:
        title, size = FORMATS[check.format_name].title, check.num_bytes / 1e6
        click.echo(
            f"{title:<15} {size:6.1f} MB {check.milliseconds:7.1f} ms   {check.difference_text:>18}   "
            f"{check.changed_text}"
        )
    click.echo(f"Compared with the served file on {checks[0].photos}.")
    for check in checks:
        if not check.is_within_limit:
            click.echo(f"Warning: {check.sentence}")
