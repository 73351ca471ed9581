"""One graph of one or two backbones whose last blocks were tuned, and the two parts it is trained in."""

import keras
import numpy as np
from keras import layers

from core.networks.backbones import build_last_block, build_trunk, load_weights
from core.networks.networks import out_of_distribution_output, set_imagenet_head
from core.networks.weights import backbone_weights


def trunk_network(backbones: tuple[str, ...], image_size: tuple[int, int]) -> keras.Model:
    """The frozen part that `tuned_network` keeps.

    Args:
        backbones: Keys of `BACKBONES`; each sees the whole photo at its own size.
        image_size: `(height, width)` of the input.

    Returns:
        A model from `image` (RGB 0-255) to `trunk_0`, … (the inputs of the last blocks) and `embedding`, the pooled
        output of the first backbone as ImageNet left it.
    """
    image, trunks, states = _trunks(backbones, image_size)
    outputs = {f"trunk_{number}": trunk for number, trunk in enumerate(trunks)}
    outputs["embedding"] = layers.GlobalAveragePooling2D(name="embedding")(build_last_block(trunks[0], states[0]))
    model = keras.Model(image, outputs, name="trunk")
    _load(model, states)
    return model


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
    state = backbone_weights(backbone)
    start = keras.Input(trunk_shape, name="trunk")
    x = _on_grid(build_last_block(start, state, _tuned(number)), grid, number)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(dropout)(x)
    model = keras.Model(start, layers.Dense(num_classes, name=f"logits_{number}")(x), name=f"last_block_{number}")
    load_weights(model, state, (_tuned(number),))
    return model


def tuned_network(backbones: tuple[str, ...], image_size: tuple[int, int], num_classes: int) -> keras.Model:
    """The graph of a run: each backbone with its tuned last block; their features meet in one linear head.

    Args:
        backbones: Keys of `BACKBONES` with weights in a package.
        image_size: `(height, width)` of the input.
        num_classes: At least 2.

    Returns:
        As `networks.linear_head_network`. `class_maps` and `probabilities` come from `features`, the tuned feature maps
        of all backbones side by side on the finest of their grids; `embedding` and `subject` from the first backbone
        as ImageNet left it. To be filled: `logits`, `class_maps`, the layers of `out_of_distribution_output`
        and those of `last_block_network`.
    """
    image, trunks, states = _trunks(backbones, image_size)
    embedding = layers.GlobalAveragePooling2D(name="embedding")(build_last_block(trunks[0], states[0]))
    maps = [
        build_last_block(trunk, state, _tuned(number))
        for number, (trunk, state) in enumerate(zip(trunks, states, strict=True))
    ]
    grid = max(found.shape[1:3] for found in maps)
    maps = [_on_grid(found, grid, number) for number, found in enumerate(maps)]
    features = maps[0] if len(maps) == 1 else layers.Concatenate(name="features")(maps)
    logits = layers.Dense(num_classes, name="logits")(layers.GlobalAveragePooling2D(name="tuned_pool")(features))
    outputs = {
        "probabilities": layers.Softmax(name="probabilities")(logits),
        "class_maps": layers.Dense(num_classes, use_bias=False, name="class_maps")(features),
        "embedding": embedding,
        "subject": out_of_distribution_output({backbones[0]: embedding}, num_classes),
    }
    model = keras.Model(image, outputs, name="tuned")
    _load(model, states)
    set_imagenet_head(model, backbones[0])
    return model


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


def _trunks(backbones: tuple[str, ...], image_size: tuple[int, int]):
    image = keras.Input((*image_size, 3), name="image")
    built = [build_trunk(name, image, _frozen(number)) for number, name in enumerate(backbones)]
    return image, [trunk for _, trunk, _ in built], [state for _, _, state in built]


def _on_grid(maps: keras.KerasTensor, grid: tuple[int, int], number: int) -> keras.KerasTensor:
    return maps if maps.shape[1:3] == grid else layers.Resizing(*grid, name=f"to-grid-{number}")(maps)


def _load(model: keras.Model, states: list) -> None:
    for number, state in enumerate(states):
        load_weights(model, state, (_frozen(number), _tuned(number)))


def _frozen(number: int) -> str:
    return f"t{number or ''}"


def _tuned(number: int) -> str:
    return f"tuned{number or ''}"
