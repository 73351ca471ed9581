"""Commands about label review: suspects and decisions."""

from pathlib import Path

import click

from core.cli.output import print_json, progress, write_csv
from core.paths import Paths

_COLUMNS = ["path", "given_label", "suggested_label", "score", "reason"]


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write the ranking to a CSV file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def suspects(dataset: Path, csv_file: Path | None, as_json: bool) -> None:
    """Rank the photos of DATASET by how likely their label is wrong."""
    from core.dataset.index import index_dataset
    from core.review.suspects import find_suspects

    paths = Paths.from_env()
    ranking = find_suspects(index_dataset(dataset, paths, progress("reading")), paths, progress("embedding"))
    rows = ranking[_COLUMNS].to_dict("records")
    if csv_file:
        write_csv(csv_file, _COLUMNS, rows)
    if as_json:
        print_json(rows)
    elif not csv_file:
        for row in rows[:25]:
            click.echo(f"{row['score']:.3f}  {row['path']}: {row['reason']}")


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.argument("image")
@click.option("--label", help="The right class.")
@click.option("--exclude", is_flag=True, help="Leave the photo out of training.")
@click.option("--keep", is_flag=True, help="The given label is right.")
@click.option("--reviewer", default="", help="Who decides.")
def decide(dataset: Path, image: str, label: str | None, exclude: bool, keep: bool, reviewer: str) -> None:
    """Record a decision about IMAGE of DATASET; no photo is touched."""
    from core.dataset.index import index_dataset
    from core.review.decisions import decide as record

    if (label is not None) + exclude + keep != 1:
        raise click.UsageError("Expected exactly one of --label L, --exclude and --keep.")
    action = "relabel" if label is not None else "exclude" if exclude else "keep"
    indexed = index_dataset(dataset, Paths.from_env())
    decision = record(indexed, image, action, label or "", reviewer)
    click.echo(f"{decision.path}: {decision.action} {decision.label}".rstrip())
