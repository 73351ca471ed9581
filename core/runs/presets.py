"""Named starting points for a training."""

from dataclasses import dataclass, replace
from typing import Any

from core.errors import ConfigError
from core.networks.catalogue import BACKBONES
from core.runs.config import TrainingConfig, check_choice, setting_kind, setting_names

_EXAMPLES = {int: "15", float: "0.001", bool: "true", tuple: "150x150"}


@dataclass(frozen=True)
class Preset:
    """A named starting point.

    Attributes:
        seconds_per_photo: Rough training time on two CPU cores, used for the estimate before any run exists.
    """

    title: str
    summary: str
    config: TrainingConfig
    seconds_per_photo: float


PRESETS = {
    "quick": Preset(
        "Quick",
        "A frozen ImageNet backbone reads every photo once; only a linear head is trained. Seconds.",
        TrainingConfig(
            preset="quick",
            network="linear-head",
            backbone="efficientnet-lite0",
            epochs=200,
            regularization=2.4,
        ),
        seconds_per_photo=0.04,
    ),
    "strong": Preset(
        "Strong",
        "Corrects labels that contradict all others, trains the last blocks of two backbones on several views a "
        "photo, and measures how far its probabilities can be trusted. Minutes.",
        TrainingConfig(
            preset="strong",
            network="tuned-block",
            backbone="efficientnet-lite0",
            second_backbone="efficientnet-lite2",
            image_size=(260, 260),
            framing="centre",
            epochs=8,
            batch_size=32,
            learning_rate=0.01,
            dropout=0.2,
            views=8,
            robustness=0.3,
            regularization=0.2,
        ),
        seconds_per_photo=0.45,
    ),
    "baseline-cnn": Preset(
        "Baseline CNN",
        "The classic small network of tutorials, trained from scratch. Minutes; the honest baseline.",
        TrainingConfig(
            preset="baseline-cnn",
            network="cnn",
            image_size=(150, 150),
            epochs=15,
            batch_size=32,
            learning_rate=1e-4,
            flip=True,
            shear=0.2,
            zoom=0.2,
            dropout=0.5,
        ),
        seconds_per_photo=0.5,
    ),
}


def preset(name: str, **overrides: Any) -> TrainingConfig:
    """A preset's configuration with some settings replaced.

    Args:
        name: A key of `PRESETS`.
        **overrides: Settings of `TrainingConfig`; strings are read as the setting's type (`"15"`, `"true"`).

    Raises:
        ConfigError: If the preset, a setting or a value is not known.
    """
    check_choice("preset", name, tuple(PRESETS))
    config = PRESETS[name].config
    for key, value in overrides.items():
        if key not in setting_names():
            raise ConfigError(f"Unknown training setting {key!r}. Known: {', '.join(setting_names())}.")
        if isinstance(value, str) and setting_kind(key) is not str:
            overrides[key] = _parse(key, value, setting_kind(key))
        elif isinstance(value, list):
            overrides[key] = tuple(value)
    if "image_size" not in overrides and {"backbone", "second_backbone"} & set(overrides):
        names = (overrides.get("backbone", config.backbone), overrides.get("second_backbone", config.second_backbone))
        if known := [BACKBONES[name].image_size for name in names if name in BACKBONES]:
            overrides["image_size"] = max(known)
    return replace(config, **overrides)


def _parse(name: str, text: str, kind: type) -> Any:
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if kind is tuple:
            height, _, width = text.lower().replace("x", ",").partition(",")
            return int(height), int(width or height)
        return kind(text)
    except (ValueError, KeyError):
        raise ConfigError(f"Cannot read {name}={text!r}; an example that works: {name}={_EXAMPLES[kind]}.") from None
