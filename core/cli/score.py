"""The commands about scorings: score plan, work, status, join."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from core.cli.output import AS_JSON, CSV_FILE, PATH, SERVED_RUN, print_json, served_run
from core.escaping import one_line
from core.paths import Paths
from core.runs import registry

_PLAN = click.argument("target", metavar="PLAN", type=PATH)


@click.group()
def score() -> None:
    """Score very many photos: plan, work, join."""


@score.command()
@click.argument("folder", type=PATH)
@SERVED_RUN
@click.option("--chunk", "chunk_size", default=1000, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--detections", type=PATH, help="MegaDetector's JSON: score the best animal box beside the frame.")
@_PLAN
@AS_JSON
def plan(
    folder: Path, run_id: str | None, chunk_size: int, detections: Path | None, target: Path, as_json: bool
) -> None:
    """List the photos of FOLDER and write what is to be done into PLAN."""
    from core.prediction.scoring.detections import read_detections
    from core.prediction.scoring.planning import make_plan

    paths = Paths.from_env()
    run = registry.load(paths, run_id) if run_id else served_run(paths)
    boxes = read_detections(detections, folder) if detections else None
    found = make_plan(folder, run, target, chunk_size, boxes)
    if as_json:
        return print_json(asdict(found))
    click.echo(
        f"{found.num_photos:,} photos ({found.num_bytes / 1e9:.1f} GB) in {found.num_chunks:,} chunks, "
        f"to be scored by {found.run_id}."
    )
    for note in found.notes:
        click.echo(one_line(f"note: {note}"))


@score.command()
@_PLAN
@click.option("--index", type=click.IntRange(0), help="Score this chunk only, in this process: an array job.")
@click.option("--processes", type=click.IntRange(1), help="How many; one a core by default.")
@click.option("--dask", help="Score on a Dask cluster: local:N, tcp://HOST:PORT or scheduler.json.")
def work(target: Path, index: int | None, processes: int | None, dask: str | None) -> None:
    """Score each chunk of PLAN that has no result; stop it at any time, start it again."""
    from core.prediction.scoring.chunk import score_chunk
    from core.prediction.scoring.plan import read_plan
    from core.prediction.scoring.work import work as work_through

    paths, found, target = Paths.from_env(), read_plan(target), target.resolve()
    if dask:
        if index is not None or processes:
            raise click.UsageError("Expected --dask alone: it decides itself who scores which chunk.")
        try:
            from core.prediction.scoring.cluster import work_on
        except ImportError as error:
            raise click.ClickException("--dask needs: pip install -r requirements-cluster.txt") from error
        work_on(dask, target, found, paths, _speed(found.num_photos))
    elif index is None:
        work_through(target, found, paths, _speed(found.num_photos), processes)
    elif index < found.num_chunks:
        score_chunk(target, index, paths)
    else:
        raise click.UsageError(f"Expected --index below {found.num_chunks}, the number of chunks, but got {index}.")


@score.command()
@_PLAN
@AS_JSON
def status(target: Path, as_json: bool) -> None:
    """How far PLAN is."""
    from core.prediction.scoring.plan import read_plan
    from core.prediction.scoring.results import status as look

    found = look(target, read_plan(target))
    if as_json:
        return print_json({**asdict(found), "is_done": found.is_done})
    for sentence in found.sentences():
        click.echo(sentence)


@score.command()
@_PLAN
@CSV_FILE
@click.option("--parquet", type=PATH, help="Write a Parquet file.")
@click.option("--megadetector", type=PATH, help="Write MegaDetector's JSON.")
@click.option("--timelapse", type=PATH, help="Write a CSV file for Timelapse.")
@click.option("--events", type=PATH, help="Write a CSV file with a row an event.")
@click.option("--gap", default=30.0, show_default=True, type=click.FloatRange(0), help="Minutes that part two events.")
@click.option("--camtrap", type=PATH, help="Write media.csv and observations.csv of Camtrap DP into a folder.")
@click.option("--utc-offset", help="Of the cameras' clocks, Z or +03:00; Camtrap DP asks for it.")
@click.option("--scientific-name", "names", multiple=True, metavar="CLASS=NAME", help="For Camtrap DP, once a class.")
@click.option("--copy-to", type=PATH, help="Copy the photos into folders named like the answers.")
@click.option("--link-to", type=PATH, help="The same with links.")
@click.option("--partial", is_flag=True, help="Take what there is.")
def join(
    target: Path, gap: float, utc_offset: str | None, names: tuple[str, ...], partial: bool, **files: Path | None
) -> None:
    """Join the results of PLAN into one file, or several kinds of file."""
    from core.prediction.scoring import field_formats, megadetector
    from core.prediction.scoring import join as joining
    from core.prediction.scoring.events import events
    from core.prediction.scoring.plan import read_plan
    from core.prediction.scoring.results import tables

    if not any(files.values()):
        raise click.UsageError("Expected a file to write, such as --csv FILE, but got none.")
    if files["camtrap"] and not utc_offset:
        raise click.UsageError("Camtrap DP needs the offset of the cameras' clocks: --utc-offset +03:00, or Z.")
    if any("=" not in name for name in names):
        raise click.UsageError("Expected --scientific-name CLASS=NAME.")
    plan, said = read_plan(target), list[str]()
    if file := files["csv_file"]:
        joining.to_csv(file, plan, tables(target, plan, partial))
    if file := files["parquet"]:
        joining.to_parquet(file, plan, tables(target, plan, partial))
    if file := files["megadetector"]:
        written = megadetector.to_megadetector(file, plan, tables(target, plan, partial))
        said += [f"{len(written)} files, one a top folder."] if len(written) > 1 else []
    if file := files["timelapse"]:
        field_formats.to_timelapse(file, tables(target, plan, partial))
    if file := files["events"]:
        count = field_formats.to_events(file, plan, events(plan, tables(target, plan, partial), gap))
        said.append(f"{count:,} events.")
    if folder := files["camtrap"]:
        found = events(plan, tables(target, plan, partial), gap)
        scientific = {key: name for key, _, name in (pair.partition("=") for pair in names)}
        rows = tables(target, plan, partial)
        said.append(field_formats.to_camtrap(folder, plan, rows, found, utc_offset or "", scientific).sentence())
    for key, link in (("copy_to", False), ("link_to", True)):
        if folder := files[key]:
            counts = joining.to_folders(folder, plan, tables(target, plan, partial), link)
            said.append(", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items())))
    for sentence in said:
        click.echo(one_line(sentence))


@score.command()
@_PLAN
@click.option("--next", "num_next", default=10, show_default=True, type=click.IntRange(0, 1000), help="Photos to name.")
@AS_JSON
def audit(target: Path, num_next: int, as_json: bool) -> None:
    """How right PLAN is, by the photos that a person checked, and which ones to check next."""
    from core.prediction.scoring.plan import read_plan
    from core.workflows.audit_scoring import audit_scoring

    found = audit_scoring(target, read_plan(target), num_next)
    if as_json:
        return print_json({"sentence": found.sentence(), **asdict(found)})
    click.echo(found.sentence())
    for photo in found.next:
        click.echo(one_line(f"  {photo.path}: {photo.answer} {photo.confidence:.1%}"))


@score.command()
@_PLAN
@click.argument("image")
@click.option("--label", help="The class that it shows.")
@click.option("--none", "is_none", is_flag=True, help="It shows none of the classes.")
@click.option("--undo", is_flag=True, help="Take the last check of this photo back.")
@click.option("--reviewer", default="", help="Who checks.")
def check(target: Path, image: str, label: str | None, is_none: bool, undo: bool, reviewer: str) -> None:
    """Say what IMAGE of PLAN truly shows."""
    from core.prediction.scoring.plan import read_plan
    from core.workflows.audit_scoring import check_photo

    if (label is not None) + is_none + undo != 1:
        raise click.UsageError("Expected exactly one of --label L, --none and --undo.")
    check_photo(target, read_plan(target), image, label, reviewer, undo)


def _speed(total: int) -> Callable[[int], None]:
    """Shows photos a second and the time left, on a terminal."""
    begun, scored = time.monotonic(), 0

    def done(photos: int) -> None:
        nonlocal scored
        scored += photos
        if sys.stderr.isatty():
            rate = scored / max(time.monotonic() - begun, 1e-9)
            click.echo(f"\rscored: {scored:,} of {total:,}, {rate:.1f} photos a second ", nl=False, err=True)

    return done
