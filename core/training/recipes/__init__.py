"""How each kind of network is trained: a recipe leaves the model files in the run folder and returns predictions."""

from collections.abc import Callable

from core.runs.config import Network
from core.training.context import Trained, TrainingContext
from core.training.recipes.cnn import train_cnn
from core.training.recipes.linear_head import train_linear_head
from core.training.recipes.tuned_block import train_tuned_block

RECIPES: dict[Network, Callable[[TrainingContext], Trained]] = {
    "linear-head": train_linear_head,
    "tuned-block": train_tuned_block,
    "cnn": train_cnn,
}
