"""How each kind of network is trained: a recipe leaves the model files in the run folder and returns predictions."""

from collections.abc import Callable

import pandas as pd

from core.dataset.index import Dataset
from core.paths import Paths
from core.runs.folder import Run
from core.training.recipes.cnn import train_cnn
from core.training.recipes.linear_head import train_linear_head
from core.training.recipes.shared import Report, Trained
from core.training.recipes.tuned_block import train_tuned_block

RECIPES: dict[str, Callable[[Run, Dataset, pd.DataFrame, Paths, Report], Trained]] = {
    "linear-head": train_linear_head,
    "tuned-block": train_tuned_block,
    "cnn": train_cnn,
}
