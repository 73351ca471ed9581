"""Commands about datasets: sample, download, import, index."""

from dataclasses import asdict
from pathlib import Path

import click

from core.cli.output import AS_JSON, DATASET, PATH, print_json, progress, read_dataset
from core.escaping import one_line
from core.paths import Paths


@click.command()
@click.argument("folder", required=False, type=PATH)
def sample(folder: Path | None) -> None:
    """Draw the sample dataset into FOLDER (default: data/sample)."""
    from core.sample.drawn_dataset import NUM_TEST, NUM_TRAIN, draw_sample

    folder = folder or Paths.from_env().data_dir / "sample"
    draw_sample(folder, progress=progress("drawing"))
    click.echo(f"{NUM_TRAIN} train and {NUM_TEST} test pictures in {folder}")


@click.command()
@click.argument("folder", required=False, type=PATH)
@click.option("--from-zip", type=click.Path(path_type=Path, exists=True), help="A zip that was downloaded by hand.")
def download(folder: Path | None, from_zip: Path | None) -> None:
    """Download the elephant photos from Kaggle into FOLDER (default: data/elephants); no account needed."""
    from core.dataset.download import download as fetch

    click.echo(f"The photos are in {fetch(Paths.from_env(), folder, progress('downloading'), from_zip=from_zip)}")


@click.command("import")
@click.argument("archive", type=PATH)
@click.option("--name", required=True, help="Name of the new dataset.")
@AS_JSON
@click.option("--yes", is_flag=True, help="Accept without asking.")
def import_archive(archive: Path, name: str, as_json: bool, yes: bool) -> None:
    """Import a zip of photos as data/NAME, after a report."""
    from core.dataset.importing import accept_import, inspect_import
    from core.errors import DatasetError

    report = inspect_import(archive)
    if as_json:
        print_json(asdict(report) | {"acceptable": report.acceptable})
    else:
        click.echo("\n".join([f"{archive.name}: {report.num_photos} photos", *report.warnings, *report.refusals]))
    if not report.acceptable:
        raise DatasetError(f"The archive cannot be imported. {report.refusals[0]}")
    if yes or click.confirm(f"Import as {name}?", err=True):
        click.echo(f"The photos are in {accept_import(archive, name, Paths.from_env())}", err=as_json)


@click.command()
@DATASET
@AS_JSON
def index(dataset: Path, as_json: bool) -> None:
    """Read DATASET: counts, sizes, problems."""
    from core.dataset.statistics import statistics

    indexed = read_dataset(dataset)
    found, unfit = asdict(statistics(indexed)), indexed.unfit_decisions()
    if as_json:
        print_json(
            {
                "dataset": indexed.name,
                "class_names": list(indexed.class_names),
                "fingerprint": indexed.fingerprint,
                "notes": list(indexed.notes),
                **found,
                "unfit_decisions": [asdict(item) for item in unfit],
            }
        )
        return
    classes = f"of {len(indexed.class_names)} classes" if indexed.class_names else "without a label (unlabelled)"
    click.echo(one_line(f"{indexed.name}: {len(indexed.usable)} usable photos {classes}"))
    for split, counts in found["counts"].items():
        listed = ", ".join(f"{count} {name or 'unlabelled'}" for name, count in counts.items())
        click.echo(one_line(f"  {split}: {listed}"))
    for note in indexed.notes:
        click.echo(one_line(f"  note: {note}"))
    for problem in found["problems"]:
        click.echo(one_line(f"  problem: {problem['path']}: {problem['problem']}"))
    for item in unfit:
        click.echo(one_line(f"  decision that does not fit: {item.why}"))
