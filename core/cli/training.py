"""Commands about training: train, and the worker's inner command."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from core.cli.output import AS_JSON, DATASET, print_json, read_dataset
from core.errors import ConfigError
from core.paths import Paths
from core.runs.progress import Progress


@click.command()
@DATASET
@click.option("--preset", "preset_name", default="quick", show_default=True, help="baseline-cnn or quick.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting; may be repeated.")
@click.option("--run-id", help="Id of the new run; a fresh one by default.")
@click.option("--ignore-decisions", is_flag=True, help="Train on the given labels.")
@AS_JSON
def train(
    dataset: Path,
    preset_name: str,
    settings: tuple[str, ...],
    run_id: str | None,
    ignore_decisions: bool,
    as_json: bool,
) -> None:
    """Train on DATASET and publish a run."""
    from core.networks.applications import download_note
    from core.runs.presets import preset
    from core.workflows.train import train as start

    overrides = _read_settings(settings) | ({"labels": "given"} if ignore_decisions else {})
    config = preset(preset_name, **overrides)
    if note := download_note(config.backbone):
        click.echo(note, err=True)
    paths = Paths.from_env()
    run = start(config, read_dataset(dataset), paths, run_id, _show)
    if as_json:
        evaluation = {split: asdict(result) for split, result in run.evaluation.items()}
        facts = {"run_id": run.run_id, "state": run.state, "message": run.message, "seconds": run.seconds}
        print_json({**facts, "evaluation": evaluation})
        return
    click.echo(f"{run.run_id}: trained in {run.seconds:.0f} s on {run.labels} labels")
    for result in run.evaluation.values():
        click.echo("  " + result.sentence())
    if run.message:
        click.echo("  " + run.message)


@click.command("work-on", hidden=True)
@click.argument("run_id")
def work_on(run_id: str) -> None:
    """Train a queued run; called by the worker."""
    from core.workflows.train import train_staged

    train_staged(Paths.from_env(), run_id)


def _read_settings(settings: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in settings]
    for key, separator, _ in pairs:
        if not separator:
            raise ConfigError(f"Expected KEY=VALUE after --set, but got {key!r}. Example: --set epochs=20")
    return {key: value for key, _, value in pairs}


def _show(progress: Progress) -> None:
    """One line on a terminal, nothing in a pipe."""
    if sys.stderr.isatty():
        left = f", {progress.eta_seconds:.0f} s left" if progress.eta_seconds else ""
        epoch = f", epoch {progress.epoch}/{progress.epochs}" if progress.epoch else ""
        click.echo(f"\r\033[K{progress.stage}: {progress.done}/{progress.total}{epoch}{left}", nl=False, err=True)
        if progress.stage == "evaluate":
            click.echo("", err=True)
