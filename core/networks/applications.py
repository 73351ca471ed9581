"""Networks of `keras.applications` as backbones: one flat graph from RGB 0-255 to the last feature maps.

Keras downloads their ImageNet weights on first use; the built-in backbones need none. ConvNeXt is missing because its
graph nests `Sequential` models, and EfficientNet (the first) because its `Normalization` layer breaks ONNX.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ConfigError

if TYPE_CHECKING:
    import keras

_TORCH_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
_TORCH_STD = (0.229 * 255, 0.224 * 255, 0.225 * 255)
_CAFFE_MEAN = (123.68, 116.779, 103.939)  # red, green, blue


@dataclass(frozen=True)
class Application:
    """A network of `keras.applications`.

    Attributes:
        image_size: `(height, width)` its weights were trained at.
        embedding_size: Features a photo.
        mean, std: The network wants `(pixel - mean) / std`, by channel in the order red, green, blue.
        megabytes: Size of the download, roughly.
        licence: Of the weights, by who published them.
        is_bgr: The network wants blue first; its first convolution is turned around instead of the photo.
    """

    image_size: tuple[int, int]
    embedding_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    megabytes: int
    licence: str
    is_bgr: bool = False


_HALF, _GOOGLE = (127.5, 127.5, 127.5), "Apache-2.0, Google"
APPLICATIONS = {
    "MobileNetV2": Application((224, 224), 1280, _HALF, _HALF, 9, _GOOGLE),
    "MobileNetV3Small": Application((224, 224), 576, _HALF, _HALF, 4, _GOOGLE),
    "MobileNetV3Large": Application((224, 224), 960, _HALF, _HALF, 13, _GOOGLE),
    "EfficientNetV2B0": Application((224, 224), 1280, _TORCH_MEAN, _TORCH_STD, 24, _GOOGLE),
    "EfficientNetV2B3": Application((300, 300), 1536, _TORCH_MEAN, _TORCH_STD, 53, _GOOGLE),
    "ResNet50": Application((224, 224), 2048, _CAFFE_MEAN, (1.0, 1.0, 1.0), 95, "MIT, Kaiming He", is_bgr=True),
    "DenseNet121": Application((224, 224), 1024, _TORCH_MEAN, _TORCH_STD, 29, "BSD-3-Clause, Zhuang Liu"),
    "Xception": Application((299, 299), 2048, _HALF, _HALF, 84, "MIT, François Chollet"),
}


def download_note(backbone: str) -> str:
    """One sentence about the download that a backbone needs on first use; "" for the built-in ones."""
    if backbone not in APPLICATIONS:
        return ""
    return (
        f"Keras downloads the ImageNet weights of {backbone} (about {APPLICATIONS[backbone].megabytes} MB) from "
        "storage.googleapis.com on first use; after that no internet is needed."
    )


def build_application(name: str, weights: str | None = "imagenet") -> "tuple[keras.KerasTensor, keras.KerasTensor]":
    """Builds a network of `keras.applications` without its head, flat, with its preprocessing inside.

    Args:
        name: A key of `APPLICATIONS`.
        weights: `imagenet`; tests pass `None` for random ones, which know nothing.

    Returns:
        The input `image`, shape `(height, width, 3)`, RGB 0-255, and the last feature maps, shape
        `(rows, columns, embedding_size)`. All layers are frozen.

    Raises:
        ConfigError: If the weights are not on this machine and cannot be downloaded.
    """
    import inspect

    import keras

    application = APPLICATIONS[name]
    build = getattr(keras.applications, name)
    image = keras.Input((*application.image_size, 3), name="image")
    scale = [1 / value for value in application.std]
    offset = [-mean / std for mean, std in zip(application.mean, application.std, strict=True)]
    scaled = keras.layers.Rescaling(scale=scale, offset=offset, name="rescale")(image)
    options = {"include_top": False, "input_tensor": scaled, "input_shape": (*application.image_size, 3)}
    if "include_preprocessing" in inspect.signature(build).parameters:
        options["include_preprocessing"] = False
    with _download_errors(name), contextlib.redirect_stdout(io.StringIO()):  # Keras draws a progress bar
        network = build(weights=weights, **options)
    network.trainable = False
    if application.is_bgr:
        first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
        kernel, *bias = first.get_weights()
        first.set_weights([kernel[:, :, ::-1], *bias])
    return image, network.output


@contextlib.contextmanager
def _download_errors(name: str) -> Iterator[None]:
    """Keras reports a failed download as a plain `Exception`, a wrong file as `ValueError`: both become a sentence."""
    try:
        yield
    except Exception as error:
        if "URL fetch failure" in str(error):
            problem = "could not be downloaded from storage.googleapis.com. Connect to the internet"
        elif "corrupted file" in str(error) or isinstance(error, OSError):
            problem = f"came damaged. Delete them from the folder {_weights_folder()}"
        else:
            raise
        raise ConfigError(
            f"The ImageNet weights of {name} (about {APPLICATIONS[name].megabytes} MB) {problem} and train again, "
            "or choose a built-in backbone: efficientnet-lite0 or efficientnet-lite2."
        ) from error


def _weights_folder() -> str:
    return os.path.join(os.environ.get("KERAS_HOME", os.path.join("~", ".keras")), "models")
