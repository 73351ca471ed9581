"""What to train: one frozen, validated configuration."""

from dataclasses import dataclass, field, fields
from typing import Literal, get_args, get_origin, get_type_hints

from core.dataset.framing import Framing
from core.errors import ConfigError
from core.metrics import Labels
from core.networks.catalogue import BACKBONES
from core.records import from_json

Network = Literal["cnn", "linear-head", "tuned-block"]
NETWORKS: tuple[Network, ...] = get_args(Network)
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what a training does; written to the run folder before it starts.

    Attributes:
        preset: The preset it started from.
        network: `cnn` (trained from scratch), `linear-head` (on a frozen backbone's embeddings) or `tuned-block`
            (the last block of a backbone trained further).
        backbone: Name of the pretrained backbone; "" for the CNN.
        second_backbone: Another one whose features are added (tuned block only); "" for none.
        image_size: `(height, width)` in pixels that the network sees.
        framing: What it sees of a photo: `squash` the whole, `centre` the square in the middle (tuned block only).
        epochs: Passes over the training photos, at most; for the linear head: L-BFGS iterations.
        batch_size: Photos a step (not the linear head).
        learning_rate: Step size of Adam (CNN) or of momentum (tuned block).
        regularization: Strength of the L2 penalty on the standardised linear head (0 is off); the tuned block
            starts with such a head.
        flip, shear, zoom: Random augmentation of the CNN's photos: mirror; degrees of freedom as fractions.
        dropout: Share of units dropped before the output, 0-0.9 (not the linear head).
        views: Views a photo that the tuned block learns from: the photo, its mirror image, random ones.
        robustness: q of the generalised cross-entropy, 0-1 (tuned block): more forgives wrong labels more.
        class_weights: Weigh classes by the inverse of their frequency.
        early_stopping_patience: Stop after so many epochs without a lower validation loss; 0 is off.
        validation_fraction: Share of `train` held out when the dataset has no validation split, 0-0.5.
        labels: `reviewed` applies the label decisions made so far, `given` ignores them.
        uncertain_below: A prediction whose probability is lower is marked uncertain, 0-1; the tuned block derives it.
        accepted_error: Share of wrong answers the tuned block may give without a doubt mark, 0-0.5.
        seed: Same seed, same split, start and shuffling.
    """

    preset: str
    network: Network
    backbone: str = ""
    second_backbone: str = ""
    image_size: tuple[int, int] = (224, 224)
    framing: Framing = "squash"
    epochs: int = field(default=15, metadata={"range": (1, 1000)})
    batch_size: int = field(default=32, metadata={"range": (1, 1024)})
    learning_rate: float = field(default=1e-4, metadata={"range": (1e-7, 1.0)})
    regularization: float = field(default=1.0, metadata={"range": (0.0, 1e6)})
    flip: bool = True
    shear: float = field(default=0.0, metadata={"range": (0.0, 0.9)})
    zoom: float = field(default=0.0, metadata={"range": (0.0, 0.9)})
    dropout: float = field(default=0.0, metadata={"range": (0.0, 0.9)})
    views: int = field(default=8, metadata={"range": (1, 64)})
    robustness: float = field(default=0.3, metadata={"range": (0.0, 1.0)})
    class_weights: bool = True
    early_stopping_patience: int = field(default=0, metadata={"range": (0, 1000)})
    validation_fraction: float = field(default=0.2, metadata={"range": (0.0, 0.5)})
    labels: Labels = "reviewed"
    uncertain_below: float = field(default=0.55, metadata={"range": (0.0, 1.0)})
    accepted_error: float = field(default=0.05, metadata={"range": (0.0, 0.5)})
    seed: int = field(default=0, metadata={"range": (0, 2**31 - 1)})

    def __post_init__(self) -> None:
        kinds = get_type_hints(type(self))
        for item in fields(self):
            value, kind = getattr(self, item.name), kinds[item.name]
            if get_origin(kind) is Literal:
                check_choice(item.name, value, get_args(kind))
                continue
            try:
                from_json(kind, value)
            except ValueError:
                expected = _KINDS.get(kind, "two whole numbers (height, width)")
                raise ConfigError(f"Expected {item.name} to be {expected}, but got {value!r:.80}.") from None
            low, high = item.metadata.get("range", (None, None))
            if low is not None and not low <= value <= high:
                raise ConfigError(f"Expected {item.name} between {low} and {high}, but got {value}.")
        if self.framing != "squash" and self.network != "tuned-block":
            raise ConfigError(f"Expected framing squash for {self.network}, but got {self.framing}.")
        if self.network != "cnn":
            check_choice("backbone", self.backbone, backbones_for(self.network))
            if self.second_backbone:
                check_choice("second_backbone", self.second_backbone, second_backbones_for(self.network, self.backbone))
            largest = max(BACKBONES[name].image_size for name in self.backbones)
            if self.image_size != largest:
                raise ConfigError(f"Expected image_size {largest} for {self.backbone}, but got {self.image_size}.")
        elif self.backbones:
            raise ConfigError(f"The network cnn has no backbone, but got {self.backbones[0]}. Leave backbone empty.")
        elif not all(32 <= side <= 512 for side in self.image_size):
            raise ConfigError(f"Expected image_size sides between 32 and 512, but got {self.image_size}.")

    @property
    def backbones(self) -> tuple[str, ...]:
        """The backbones that are named."""
        return tuple(name for name in (self.backbone, self.second_backbone) if name)


def backbones_for(network: str) -> tuple[str, ...]:
    """The backbones a network may stand on; only the built-in ones can be cut before their last block."""
    if network == "cnn":
        return ()
    return tuple(name for name, item in BACKBONES.items() if item.package or network != "tuned-block")


def second_backbones_for(network: str, backbone: str) -> tuple[str, ...]:
    """What may be added to a backbone; "" is none."""
    others = backbones_for(network) if network == "tuned-block" else ()
    return ("", *(name for name in others if name != backbone))


def setting_names() -> list[str]:
    """The names of all settings a person may change."""
    return [item.name for item in fields(TrainingConfig) if item.name != "preset"]


def setting_kind(name: str) -> type:
    """The Python type of a setting: `str`, `int`, `float`, `bool` or, for the image size, `tuple`."""
    return type(getattr(TrainingConfig, name, ""))  # what has no default is text


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raises `ConfigError` unless `value` is one of `choices`."""
    if value not in choices:
        raise ConfigError(f"Expected {name} to be one of {', '.join(choices)}, but got {value!r:.80}.")
