"""Under which licence the weights that a run starts from were published."""

from core.networks.applications import APPLICATIONS
from core.runs.config import TrainingConfig


def weights_licence(config: TrainingConfig) -> str:
    """One sentence for the model card."""
    if config.backbone in APPLICATIONS:
        return (
            f"ImageNet weights of {config.backbone}, downloaded by Keras from keras.applications "
            f"({APPLICATIONS[config.backbone].licence}); the head was trained here."
        )
    if "efficientnet-lite" in config.backbone:
        changed = "unchanged in value"
        if config.network == "tuned-block":
            changed = "rounded to the precision of float16; the last blocks were trained further"
        return (
            "ImageNet weights of EfficientNet-Lite (Apache-2.0, Google; packages by ML Illustrated, see NOTICE), "
            f"{changed}; the head was trained here."
        )
    if config.backbone:
        return f"Weights of {config.backbone}: see the licence of whoever published them."
    return "Trained from scratch: no weights of others are inside."
