"""How good a run is: metrics with their intervals, the per-photo table and the comparison of two runs."""

from core.metrics.comparison import Comparison, compare
from core.metrics.figures import EvaluationResult, Labels, evaluate, headline
from core.metrics.intervals import Measured, proportion
from core.metrics.predictions import from_table, predictions_table, probabilities_of

__all__ = [
    "Comparison",
    "EvaluationResult",
    "Labels",
    "Measured",
    "compare",
    "evaluate",
    "from_table",
    "headline",
    "predictions_table",
    "probabilities_of",
    "proportion",
]
