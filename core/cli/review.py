"""Commands about label review: suspects, single decisions, and decisions as a CSV file."""

from dataclasses import asdict
from pathlib import Path

import click

from core.cli.output import AS_JSON, CSV_FILE, DATASET, PATH, print_json, progress, read_dataset, write_csv
from core.paths import Paths

_COLUMNS = ["path", "given_label", "suggested_label", "score", "reason"]


@click.command()
@DATASET
@CSV_FILE
@AS_JSON
def suspects(dataset: Path, csv_file: Path | None, as_json: bool) -> None:
    """Rank the photos of DATASET by how likely their label is wrong."""
    from core.review.suspects import find_suspects

    paths = Paths.from_env()
    ranking = find_suspects(read_dataset(dataset), paths, progress("embedding"))
    rows = ranking[_COLUMNS].to_dict("records")
    if csv_file:
        write_csv(csv_file, _COLUMNS, rows)
    if as_json:
        print_json(rows)
    elif not csv_file:
        for row in rows[:25]:
            click.echo(f"{row['score']:.3f}  {row['path']}: {row['reason']}")


@click.command()
@DATASET
@click.argument("image")
@click.option("--label", help="The right class.")
@click.option("--exclude", is_flag=True, help="Leave the photo out of training.")
@click.option("--keep", is_flag=True, help="The given label is right.")
@click.option("--undo", is_flag=True, help="Take the last decision about the photo back.")
@click.option("--reviewer", default="", help="Who decides.")
def decide(dataset: Path, image: str, label: str | None, exclude: bool, keep: bool, undo: bool, reviewer: str) -> None:
    """Record a decision about IMAGE of DATASET; no photo is touched."""
    from core.dataset.decisions import Action
    from core.dataset.decisions import decide as record

    given: dict[Action, bool] = {"relabel": label is not None, "exclude": exclude, "keep": keep, "undo": undo}
    actions = [action for action, is_given in given.items() if is_given]
    if len(actions) != 1:
        raise click.UsageError("Expected exactly one of --label L, --exclude, --keep and --undo.")
    indexed = read_dataset(dataset)
    decision = record(indexed, image, actions[0], label or "", reviewer)
    click.echo(f"{decision.path}: {decision.action} {decision.label}".rstrip())


@click.group()
def decisions() -> None:
    """Hand label decisions on as a CSV file."""


@decisions.command("export")
@DATASET
@click.argument("csv_file", type=PATH, required=False)
@click.option("--all", "whole_log", is_flag=True, help="Every decision ever made, not only those that count.")
def export_decisions(dataset: Path, csv_file: Path | None, whole_log: bool) -> None:
    """Write the decisions about DATASET to CSV_FILE, or print them."""
    from core.dataset.exchange import export_csv
    from core.files import write_atomic

    indexed = read_dataset(dataset)
    text = export_csv(indexed, whole_log)
    if csv_file:
        write_atomic(csv_file, text)
    else:
        click.echo(text, nl=False)
    if unfit := len(indexed.unfit_decisions()):
        click.echo(f"{unfit} of them do not fit this folder; `decisions check` says why.", err=True)


@decisions.command("check")
@DATASET
@AS_JSON
def check_decisions(dataset: Path, as_json: bool) -> None:
    """Say which decisions about DATASET count, and which do not fit it any more, and why."""
    indexed = read_dataset(dataset)
    made, unfit = indexed.decisions(), indexed.unfit_decisions()
    if as_json:
        print_json({"fitting": len(made), "unfit": [asdict(item) for item in unfit]})
        return
    click.echo(f"{len(made)} decisions count, {len(unfit)} do not fit")
    for item in unfit:
        click.echo(f"  {item.why}")


@decisions.command("import")
@DATASET
@click.argument("csv_file", type=PATH)
@click.option("--reviewer", default="", help="For rows that name no reviewer.")
def import_decisions(dataset: Path, csv_file: Path, reviewer: str) -> None:
    """Add the decisions in CSV_FILE to those about DATASET; rows that do not fit are named and left out."""
    from core.dataset.exchange import import_csv

    done = import_csv(read_dataset(dataset), csv_file.read_bytes(), reviewer)
    for sentence in done.refused:
        click.echo(sentence, err=True)
    click.echo(f"{done.added} added, {done.unchanged} unchanged, {len(done.refused)} refused")
