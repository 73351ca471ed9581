"""The command that says which photos to label next, and how good a model of the labels given by now is."""

from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click

from core.cli.output import AS_JSON, DATASET, print_json, progress, read_dataset
from core.escaping import one_line
from core.paths import Paths
from core.review.label_next import How


@click.command()
@DATASET
@click.option("--classes", default="", metavar="A,B", help="Names of the classes, separated by commas; kept.")
@click.option("--next", "count", type=click.IntRange(0, 10_000), default=20, show_default=True, help="How many photos.")
@click.option("--choose", "how", type=click.Choice(get_args(How)), default="model", show_default=True, help="Who does.")
@AS_JSON
def label(dataset: Path, classes: str, count: int, how: How, as_json: bool) -> None:
    """Say which photos of DATASET to label next, and how good the model is by now; `decide` gives labels."""
    from core.dataset.classes import add_classes
    from core.dataset.labelling import labelled
    from core.review.label_advice import kept_advice
    from core.review.label_model import learn
    from core.review.label_next import REASONS, next_photos
    from core.review.label_progress import label_progress

    indexed = read_dataset(dataset)
    if names := [name for name in classes.split(",") if name.strip()]:
        add_classes(indexed, names)
        indexed = labelled(indexed)
    if not indexed.class_names:
        raise click.UsageError("Name the classes that photos can have: --classes A,B")
    model = learn(indexed, Paths.from_env(), progress("looking at photos"))
    found, photos = label_progress(indexed, model), next_photos(model, count, how)
    if as_json:
        print_json(
            {
                "dataset": indexed.name,
                "class_names": list(indexed.class_names),
                **asdict(found),
                "kept_advice": [asdict(item) for item in kept_advice(indexed)],
                "next": [asdict(photo) for photo in photos],
            }
        )
        return
    counts = ", ".join(f"{found.by_class.get(name, 0):,} {name}" for name in indexed.class_names)
    click.echo(one_line(f"{indexed.name}: {found.labelled:,} labelled ({counts}), {found.left:,} left"))
    if found.accuracy is not None:
        click.echo(f"  {found.accuracy.percent('accuracy', 'given labels', 'test')}")
    click.echo(one_line(f"  {found.sentence}"))
    for photo in photos:
        guess = f"  {photo.suggestion} {photo.probability:.0%}?" if photo.probability is not None else ""
        click.echo(one_line(f"{photo.path}  ({REASONS[photo.why]}){guess}"))


@click.command("map")
@DATASET
@click.option("--steps", is_flag=True, hidden=True, help="Print how far it is, for the page that waits.")
def draw_map(dataset: Path, steps: bool) -> None:
    """Draw the map of DATASET for the pages and the API: look-alikes side by side."""
    from core.features.photo_map import photo_map

    def tell(done: int, total: int) -> None:
        click.echo(f"step {done} {total}", err=True)

    photos = photo_map(read_dataset(dataset), Paths.from_env(), tell if steps else progress("drawing"))
    click.echo(f"{len(photos):,} photos are on the map")
