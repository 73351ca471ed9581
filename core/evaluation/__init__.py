"""How good a run is: metrics with their intervals, the per-photo table and the comparison of two runs."""

from core.evaluation.comparison import Comparison, compare
from core.evaluation.intervals import Interval, Measured, bootstrap, proportion, wilson
from core.evaluation.metrics import EvaluationResult, as_dict, evaluate, from_dict
from core.evaluation.predictions import from_table, predictions_table, probabilities_of

__all__ = [
    "Comparison",
    "EvaluationResult",
    "Interval",
    "Measured",
    "as_dict",
    "bootstrap",
    "compare",
    "evaluate",
    "from_dict",
    "from_table",
    "predictions_table",
    "probabilities_of",
    "proportion",
    "wilson",
]
