"""A run's prediction sets, from the photos that it held out while training."""

import numpy as np

from core.errors import RunInvalidError
from core.metrics.conformal import LEVEL, PredictionSets, prediction_sets
from core.runs.folder import Run

FILE = "predictions.parquet"
BETWEEN = "|"  # the classes of a set in one cell; no class name holds it


def sets_of(run: Run, level: float = LEVEL) -> PredictionSets:
    """Prediction sets by the validation photos of a run; its test photos stay for the test.

    Args:
        run: A succeeded run.
        level: Promised share, above 0 and below 1.

    Raises:
        RunInvalidError: If it has no such predictions, or too few of a class.
    """
    import pyarrow.parquet as pq  # 30 MiB; not for those who ask for no sets

    columns = [f"probability_{name}" for name in run.class_names]
    try:
        table = pq.read_table(run.folder / FILE, columns=["split", "given_label", *columns])
        rows = np.array(table["split"].to_pylist(), dtype=object) == "validation"
        given = np.array(table["given_label"].to_pylist(), dtype=object)[rows]
        numbers = [table[column].to_numpy()[rows] for column in columns]
    except (OSError, ValueError, KeyError):
        raise RunInvalidError(
            f"The run {run.run_id} has no predictions of held-out photos ({FILE}), which prediction sets rest on. "
            "Train it again."
        ) from None
    index = {name: number for number, name in enumerate(run.class_names)}
    y_true = np.array([index.get(label, -1) for label in given], int)
    evaluation = run.evaluation.get("validation")
    labels = evaluation.labels if evaluation else run.labels
    return prediction_sets(y_true, np.stack(numbers, axis=1), run.class_names, labels, level)
