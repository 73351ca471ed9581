"""Every preset in honest numbers: several seeds, learning curve, corruptions, groups; and the tables of the README.

What was measured is kept in `data/.tuskscope/benchmarks`, so an interrupted benchmark goes on where it stopped.
"""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median, stdev

import click

from benchmarks import model_runs, model_tables
from core.errors import TuskscopeError
from core.evaluation.groups import by_group
from core.evaluation.learning_curve import store_curve
from core.evaluation.robustness import CLEAN, figures, reading
from core.files import read_json, write_json
from core.metrics.intervals import proportion
from core.paths import Paths
from core.runs import registry
from core.runs.presets import PRESETS
from core.sample.published import RESULTS_FILE

_SEEDS = 5
_QUICK_SECONDS = 60  # a preset that trains faster gets a learning curve unasked: it costs 30 trainings


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="A dataset; the drawn sample by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.option("--presets", default=",".join(PRESETS), show_default=True, help="Which ones, with commas.")
@click.option("--seeds", default=str(_SEEDS), show_default=True, help="For all, or by preset: strong=3,quick=5.")
@click.option("--curves", help="Presets that get a learning curve, with commas; 'none'; by default the fast ones.")
@click.option("--fresh", is_flag=True, help="Train again what was stored.")
@click.option(
    "--readme",
    is_flag=True,
    help="Store the figures and write them into README.md and docs/models.md; without --folder only the "
    "writing, from what is stored.",
)
def models(
    folder: Path | None, as_json: bool, presets: str, seeds: str, curves: str | None, fresh: bool, readme: bool
) -> None:
    """Measure presets: accuracy of several seeds, speed, learning curve, corruptions, groups."""
    if readme and folder is None:
        result = read_json(RESULTS_FILE)
    else:
        try:
            names = [name.strip() for name in presets.split(",") if name.strip()]
            wanted = None if curves is None else [] if curves == "none" else curves.split(",")
            result = measure(folder, names, parse_seeds(seeds, names), wanted, fresh)
        except TuskscopeError as error:
            raise click.ClickException(str(error)) from error
        if readme:
            write_json(RESULTS_FILE, result)
    if readme:
        model_tables.write_blocks(result)
    click.echo(json.dumps(result, indent=2, allow_nan=False) if as_json else model_tables.everything(result))


def measure(
    folder: Path | None, names: list[str], seeds: dict[str, int], curves: list[str] | None = None, fresh: bool = False
) -> dict:
    """Measures presets on a dataset's given labels; what fails is named in `failed` and left out.

    Args:
        folder: A dataset; the drawn sample if it is `None`.
        names: Presets.
        seeds: Trainings of each.
        curves: Presets that get a learning curve; `None` chooses those that train in less than a minute.
        fresh: Train again what was stored.
    """
    from core.sample.drawn_dataset import draw_sample

    paths = Paths.from_env()
    folder = folder or paths.data_dir / "sample"
    if not folder.exists() and folder == paths.data_dir / "sample":
        draw_sample(folder)
    bench = model_runs.open_bench(folder, paths)
    result = _describe(bench)
    for name in names:
        try:
            records = []
            for seed in range(seeds[name]):
                model_runs.say(f"{name}: training {seed + 1} of {seeds[name]}")
                records.append(model_runs.measured(bench, name, seed, fresh))
            found = result["presets"][name] = summary(records) | _robustness(bench, name)
            if name in curves if curves is not None else found["seconds_again"] < _QUICK_SECONDS:
                curve = model_runs.curve(bench, name, fresh)
                store_curve(bench.dataset, name, curve)
                found["learning_curve"] = asdict(curve)
        except TuskscopeError as error:
            result["failed"][name if name not in result["presets"] else f"{name}, learning curve"] = str(error)
            model_runs.say(f"{name}: {error}")
    return result


def summary(records: list[dict]) -> dict:
    """Several seeds of a preset as one: mean accuracies, their spread, and the Wilson interval at the mean."""
    last = records[-1]
    found = {
        split: across([record[split] for record in records]) | {"labels": last[split]["labels"]}
        for split in ("test", "validation")
        if split in last
    }
    groups = [
        {
            "about": one["about"],
            "group": one["group"],
            "accuracy": across(
                [
                    item["accuracy"]
                    for record in records
                    for item in record["groups"]
                    if (item["about"], item["group"]) == (one["about"], one["group"])
                ]
            ),
        }
        for one in last["groups"]
    ]
    errors = [record["ece"] for record in records if record["ece"] is not None]
    return found | {
        "seeds": len(records),
        "groups": groups,
        "ece": mean(errors) if errors else None,
        "seconds_first": records[0]["seconds"],
        "seconds_again": median(r["seconds"] for r in records[1:] or records),
        **{
            key: median(record[key] for record in records)
            for key in ("milliseconds", "times_yardstick", "network_milliseconds", "megabytes", "folder_megabytes")
        },
    }


def across(seeds: list[dict]) -> dict:
    """Mean of the same share over seeds.

    Returns:
        `value`, `n`, `low` and `high` (Wilson at the mean: how sure so few photos make it), `spread` (standard
        deviation over the seeds, `None` of one), `by_seed`.
    """
    values = [item["value"] for item in seeds]
    value, n = mean(values), seeds[0]["n"]
    interval = proportion(round(value * n), n)
    return {
        "value": value,
        "low": interval.low,
        "high": interval.high,
        "n": n,
        "spread": stdev(values) if len(values) > 1 else None,
        "by_seed": values,
    }


def parse_seeds(text: str, names: list[str]) -> dict[str, int]:
    """`5`, or `strong=3,quick=5` (the others keep five), as a number for each preset."""
    unknown = sorted(set(names) - set(PRESETS))
    if unknown:
        raise click.BadParameter(f"Unknown preset {unknown[0]}. Known: {', '.join(PRESETS)}.")
    found = dict.fromkeys(names, _SEEDS)
    for part in text.split(","):
        name, separator, number = part.strip().rpartition("=")
        if not number.isdigit() or int(number) < 1 or (separator and name not in PRESETS):
            raise click.BadParameter(f"Expected a number, or pairs like strong=3,quick=5, but got {text!r}.")
        found |= {name: int(number)} if separator else dict.fromkeys(names, int(number))
    return found


def _robustness(bench: model_runs.Bench, name: str) -> dict:
    found = model_runs.robustness(bench, name)
    if found is None:
        return {}
    rows = bench.dataset.usable
    labels = dict(zip(rows["sha256"], rows["label"], strict=True))
    by_variant = [asdict(item) for item in figures(found, labels)]
    predictions = registry.load(bench.paths, f"{name}-seed0").predictions
    area = dict(zip(found.images, found.subject_area, strict=False))
    subjects = [
        asdict(item) for item in by_group(predictions, rows, "test", None, area) if item.about == "Size of the subject"
    ]
    clean = next(item for item in by_variant if item["variant"] == CLEAN)
    return {
        "robustness": by_variant,
        "robustness_photos": clean["accuracy"]["n"],
        "background": reading(found),
        "subject_groups": subjects,
    }


def _describe(bench: model_runs.Bench) -> dict:
    rows = bench.dataset.usable
    test = rows[rows["split"] == "test"]
    counts = test["label"].value_counts()
    return {
        "dataset": {
            "name": bench.dataset.name,
            "train_photos": int((rows["split"] != "test").sum()),
            "test_photos": sorted(sha256[:10] for sha256 in test["sha256"]),
        },
        "measured_at": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "majority": asdict(proportion(int(counts.max()), len(test))) if len(test) else None,
        "presets": {},
        "failed": {},
    }
