"""One graph of one or two backbones whose last blocks were tuned, and the two parts it is trained in."""

import keras
import numpy as np
from keras import layers

from core.networks.backbones import FROZEN, build_last_block, build_trunk
from core.networks.networks import head_outputs


def trunk_network(backbones: tuple[str, ...], image_size: tuple[int, int]) -> keras.Model:
    """The frozen part that `tuned_network` keeps.

    Args:
        backbones: Keys of `BACKBONES`; each sees the whole photo at its own size.
        image_size: `(height, width)` of the input.

    Returns:
        A model from `image` (RGB 0-255) to `trunk_0`, … (the inputs of the last blocks) and `embedding_0`, …, the
        pooled outputs of the backbones as ImageNet left them.
    """
    image, trunks, embeddings = _trunks(backbones, image_size)
    outputs = {f"trunk_{number}": trunk for number, trunk in enumerate(trunks)}
    pooled = {f"embedding_{number}": embedding for number, embedding in enumerate(embeddings)}
    return keras.Model(image, outputs | pooled, name="trunk")


def last_block_network(
    backbone: str,
    number: int,
    num_classes: int,
    trunk_shape: tuple[int, int, int],
    grid: tuple[int, int],
    dropout: float = 0.0,
) -> keras.Model:
    """What is trained of one backbone: trunk outputs to `logits`; ImageNet's weights to start with.

    Args:
        backbone: A key of `BACKBONES`.
        number: Its place among the backbones of `tuned_network`.
        num_classes: At least 2.
        trunk_shape: `(rows, columns, maps)`.
        grid: `(rows, columns)` on which the features of all backbones meet.
        dropout: Share of the pooled features switched off while it learns.
    """
    start = keras.Input(trunk_shape, name="trunk")
    x = _on_grid(build_last_block(backbone, start, _tuned(number)), grid, number)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(start, layers.Dense(num_classes, name=f"logits_{number}")(x), name=f"last_block_{number}")


def tuned_network(backbones: tuple[str, ...], image_size: tuple[int, int], num_classes: int) -> keras.Model:
    """The graph of a run: each backbone with its tuned last block; their features meet in one linear head.

    Args:
        backbones: Keys of `BACKBONES` with weights in a package.
        image_size: `(height, width)` of the input.
        num_classes: At least 2.

    Returns:
        As `networks.linear_head_network`. `class_maps` and `probabilities` come from `features`, the tuned feature maps
        of all backbones side by side on the finest of their grids; `embedding` from the first backbone and `subject`
        from all of them as ImageNet left them. To be filled: `logits`, `class_maps`, the layers of
        `out_of_distribution_output` and those of `last_block_network`.
    """
    image, trunks, embeddings = _trunks(backbones, image_size)
    maps = [
        build_last_block(backbone, trunk, _tuned(number))
        for number, (backbone, trunk) in enumerate(zip(backbones, trunks, strict=True))
    ]
    grid = max(found.shape[1:3] for found in maps)
    maps = [_on_grid(found, grid, number) for number, found in enumerate(maps)]
    features = maps[0] if len(maps) == 1 else layers.Concatenate(name="features")(maps)
    pooled = layers.GlobalAveragePooling2D(name="tuned_pool")(features)
    known = dict(zip(backbones, embeddings, strict=True))
    return keras.Model(image, head_outputs(features, pooled, known, num_classes), name="tuned")


def fill_tuned(model: keras.Model, parts: list[keras.Model], temperature: float) -> None:
    """Puts trained last blocks into a `tuned_network`; their logits are averaged and divided by the temperature."""
    kernels, biases = [], []
    for number, part in enumerate(parts):
        for layer in part.layers:
            if layer.name.startswith(f"{_tuned(number)}_") and layer.get_weights():
                model.get_layer(layer.name).set_weights(layer.get_weights())
        kernel, bias = part.get_layer(f"logits_{number}").get_weights()
        kernels.append(kernel)
        biases.append(bias)
    scale = len(parts) * temperature
    kernel = np.concatenate(kernels) / scale
    model.get_layer("logits").set_weights([kernel, np.sum(biases, axis=0) / scale])
    model.get_layer("class_maps").set_weights([kernel])


def _trunks(
    backbones: tuple[str, ...], image_size: tuple[int, int]
) -> tuple[keras.KerasTensor, list[keras.KerasTensor], list[keras.KerasTensor]]:
    """The input, the frozen trunk of each backbone, and its embedding as ImageNet left it."""
    image = keras.Input((*image_size, 3), name="image")
    branches = [f"{FROZEN}{number or ''}" for number in range(len(backbones))]
    trunks = [build_trunk(name, image, branch)[1] for name, branch in zip(backbones, branches, strict=True)]
    embeddings = [
        layers.GlobalAveragePooling2D(name="embedding" if branch == FROZEN else f"{branch}-embedding")(
            build_last_block(name, trunk, branch)
        )
        for name, trunk, branch in zip(backbones, trunks, branches, strict=True)
    ]
    return image, trunks, embeddings


def _on_grid(maps: keras.KerasTensor, grid: tuple[int, int], number: int) -> keras.KerasTensor:
    return maps if maps.shape[1:3] == grid else layers.Resizing(*grid, name=f"to-grid-{number}")(maps)


def _tuned(number: int) -> str:
    return f"tuned{number or ''}"
