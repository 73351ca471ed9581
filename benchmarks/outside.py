"""Photos from elsewhere: how a run does on photos of other sources, and on pictures that do not show its subject."""

import json
from pathlib import Path

import click
import numpy as np
import pandas as pd

from core.metrics import Measured
from core.metrics.calibration_error import expected_calibration_error
from core.metrics.curves import roc_curve
from core.metrics.intervals import share_of
from core.paths import Paths
from core.prediction.folder import predict_paths
from core.prediction.predictor import Predictor
from core.runs import registry

MANIFEST = "manifest.csv"
KEPT = 0.97  # of the subject, where refusals are counted


@click.command("outside")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help=f"Photos with a {MANIFEST}: file, label (a class, or anything else), group, split.",
)
@click.option("--run", "run_id", help="The run; the served one by default.")
@click.option("--split", default="judge", help="Which photos.", show_default=True)
def outside(as_json: bool, folder: Path, run_id: str | None, split: str) -> None:
    """Measure accuracy and the out-of-distribution score on photos of other sources."""
    paths = Paths.from_env()
    run = registry.load(paths, run_id) if run_id else registry.active(paths)
    result = {"run_id": run.run_id, "split": split, **figures(predict(folder, split, Predictor(run)))}
    if as_json:
        click.echo(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        for group, found in value.items() if name in ("accuracy_by_group", "refused_by_group") else [("", value)]:
            text = Measured(**found).percent() if isinstance(found, dict) else found
            click.echo(f"{' '.join(filter(None, (name, group)))}: {text}")


def predict(folder: Path, split: str, predictor: Predictor) -> pd.DataFrame:
    """What a run says of the photos of a split.

    Args:
        folder: With `MANIFEST`.
        split: Rows with this `split`.
        predictor: Of the run.

    Returns:
        `true_label` ("" for pictures that show no class of the run), `group`, and the columns of a prediction's record.

    Raises:
        click.ClickException: If the manifest lacks columns or rows, or a photo cannot be read.
    """
    try:
        manifest = pd.read_csv(folder / MANIFEST, dtype=str, keep_default_na=False)
        rows = manifest.loc[manifest["split"] == split, ["file", "label", "group"]].reset_index(drop=True)
    except (OSError, KeyError, ValueError) as error:
        raise click.ClickException(f"Expected {MANIFEST} with file, label, group and split; {error}.") from None
    if rows.empty:
        raise click.ClickException(f"No photo of the split {split!r:.80} in {MANIFEST}.")
    records = pd.DataFrame([next(predict_paths([folder / file], predictor)) for file in rows["file"]])
    if records["error"].notna().any():
        raise click.ClickException(records["error"].dropna().iloc[0])
    is_class = rows["label"].isin(predictor.run.class_names)
    return records.assign(true_label=rows["label"].where(is_class, ""), group=rows["group"])


def figures(table: pd.DataFrame) -> dict:
    """The figures of predictions, see `predict`; shares with 95 % intervals (Wilson; AUC and calibration: bootstrap).

    Returns:
        Of photos with a class: `accuracy`, `accuracy_by_group`, `calibration_error`, `sure` (share answered without a
        doubt mark), `sure_accuracy` (of these). Of the out-of-distribution score, where the run has one and there are
        other pictures: `auc`, and by the run's own threshold `kept` and `refused`; `refused_at_97_kept` and
        `refused_by_group`, where the threshold keeps 97 % of the photos with a class. Groups `a/b` count in both.
    """
    is_class = (table["true_label"] != "").to_numpy()
    found: dict = {}
    if is_class.any():
        own = table[is_class]
        right = (own["label"] == own["true_label"]).to_numpy()
        sure = ~own["uncertain"].to_numpy(bool)
        found |= {
            "accuracy": vars(share_of(right)),
            "accuracy_by_group": _by_group(own["group"], right),
            "calibration_error": vars(expected_calibration_error(right, own["probability"].to_numpy())),
            "sure": vars(share_of(sure)),
        }
        if sure.any():
            found["sure_accuracy"] = vars(share_of(right[sure]))
    if is_class.all() or not is_class.any() or table["subject_score"].isna().any():
        return found
    scores, passes = table["subject_score"].to_numpy(), table["is_subject"].to_numpy(bool)
    area, refused = roc_curve(is_class, scores), scores[~is_class] < threshold_keeping(scores[is_class], KEPT)
    return found | {
        "auc": {"value": area["auc"], "low": area["auc_low"], "high": area["auc_high"], "n": len(table)},
        "kept": vars(share_of(passes[is_class])),
        "refused": vars(share_of(~passes[~is_class])),
        "refused_at_97_kept": vars(share_of(refused)),
        "refused_by_group": _by_group(table.loc[~is_class, "group"], refused),
    }


def threshold_keeping(scores: np.ndarray, share: float) -> float:
    """The highest threshold that at least so large a share of the scores reaches."""
    return float(np.sort(scores)[int(np.floor((1 - share) * len(scores) + 1e-9))])


def _by_group(groups: pd.Series, hits: np.ndarray) -> dict[str, dict]:
    named = pd.DataFrame({"group": groups.str.split("/").to_numpy(), "hit": hits}).explode("group").groupby("group")
    return {str(name): vars(share_of(part)) for name, part in named["hit"]}
