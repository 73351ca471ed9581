"""Which pixels spoke for a class: one interface over several methods."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from PIL import Image

from core.dataset.framing import frame
from core.errors import MethodUnavailableError, UnknownClassError
from core.explanation.masking import Progress
from core.explanation.methods import ALL
from core.explanation.occlusion import occlusion_map
from core.explanation.rise import rise_map
from core.prediction.predictor import Prediction, Predictor

# OpenBLAS wakes a second thread for larger products; on busy cores waiting for it takes longer than the product.
_SINGLE_THREADED = 2**18


@dataclass(frozen=True)
class Explanation:
    """Where a photo speaks for a class.

    Attributes:
        method: A key of `methods.ALL`.
        class_name: The class it speaks for.
        heatmap: `float32`, shape `(height, width)` of the photo, 0-1, 1 the strongest evidence; all zeros when
            nothing spoke for the class, and outside of what the network sees (see `framing.frame`). If `signed`,
            -1 to 1, negative where it speaks against the class.
        prediction: What the run said about the photo.
        signed: How to read `heatmap`.
    """

    method: str
    class_name: str
    heatmap: np.ndarray = field(repr=False)
    prediction: Prediction
    signed: bool = False


def explain(
    image: np.ndarray,
    class_name: str | None,
    method: str | None,
    predictor: Predictor,
    prediction: Prediction | None = None,
    signed: bool = False,
    progress: Progress | None = None,
) -> Explanation:
    """Explains one photo.

    Args:
        image: `uint8`, shape `(height, width, 3)`, RGB.
        class_name: `None` takes the predicted class.
        method: `None` takes the class map, or occlusion for a network that has none.
        predictor: The run's predictor.
        prediction: If the photo was predicted before, to save a pass.
        signed: Also show what speaks against the class; only by methods that say so.
        progress: Called with (passes done, passes in all) by the methods that ask the run many times.

    Raises:
        UnknownClassError: If the run does not know the class.
        MethodUnavailableError: If the method is unknown, cannot be signed, or the run's network cannot give it.
    """
    if method is not None and method not in ALL:
        raise MethodUnavailableError(f"Expected one of {', '.join(ALL)} as the method, but got {method!r}.")
    names = predictor.run.class_names
    if class_name is not None and class_name not in names:
        raise UnknownClassError(f"Expected one of {', '.join(names)} as the class, but got {class_name!r}.")
    prediction = prediction or predictor.predict([image])[0]
    class_name = class_name or prediction.label
    method = method or ("occlusion" if prediction.class_maps is None else "class_map")
    if signed and not ALL[method].is_signed:
        raise MethodUnavailableError(f"The method {method} shows only evidence for a class, none against it.")
    seen = frame(image.shape[:2], predictor.run.framing)
    coarse = coarse_map(method, image[seen], names.index(class_name), predictor, prediction, progress)
    heatmap = np.zeros(image.shape[:2], np.float32)  # what the network does not see says nothing
    heatmap[seen] = upsample(normalize(coarse, signed), image[seen].shape[:2], signed)
    return Explanation(method, class_name, heatmap, prediction, signed)


def explain_classes(image: np.ndarray, predictor: Predictor, signed: bool = False) -> dict[str, Explanation]:
    """The class map of every class from one pass, the most probable class first.

    Args:
        image: `uint8`, shape `(height, width, 3)`, RGB.
        predictor: The run's predictor.
        signed: Also show what speaks against each class.

    Raises:
        MethodUnavailableError: If the network has no class maps.
    """
    prediction = predictor.predict([image])[0]
    ranked = sorted(prediction.probabilities, key=prediction.probabilities.__getitem__, reverse=True)
    return {name: explain(image, name, "class_map", predictor, prediction, signed) for name in ranked}


def available_methods(prediction: Prediction, tensorflow: bool = False) -> list[str]:
    """The methods that can explain this prediction, the default one first.

    Args:
        prediction: Of the photo.
        tensorflow: Whether this process may load TensorFlow.
    """
    found = [name for name, method in ALL.items() if tensorflow or not method.needs_tensorflow]
    if prediction.class_maps is None:
        found.remove("class_map")
    return sorted(found, key=lambda name: ALL[name].needs_tensorflow)


def coarse_map(
    method: str,
    image: np.ndarray,
    class_index: int,
    predictor: Predictor,
    prediction: Prediction,
    progress: Progress | None = None,
) -> np.ndarray:
    """The map as the method gives it; arguments as `explain`, shape, unit and sign are the method's own.

    `image` is what the network sees of the photo (see `framing.framed`); the map lies over that.
    """
    if method == "class_map":
        return class_map(prediction, class_index)
    if method == "occlusion":
        return occlusion_map(image, class_index, predictor, progress)
    if method == "rise":
        return rise_map(image, class_index, predictor, progress)
    from core.explanation.gradient_maps import gradient_map  # imports TensorFlow: only when asked for

    return gradient_map(method, image, class_index, predictor.run)


def class_map(prediction: Prediction, class_index: int) -> np.ndarray:
    """The class activation map (Zhou 2016) against the mean of the other classes.

    What speaks for all classes alike (a softmax ignores it) is taken out, so that the map shows what decides.

    Args:
        prediction: With class maps.
        class_index: Position in the run's `class_names`.

    Returns:
        `float32`, shape `(rows, columns)`, in logits; positive is evidence for the class.

    Raises:
        MethodUnavailableError: If the network has no class maps.
    """
    if prediction.class_maps is None:
        raise MethodUnavailableError("This run's network has no class maps. Use the method occlusion.")
    maps = prediction.class_maps
    others = np.delete(maps, class_index, axis=-1).mean(axis=-1)
    return maps[..., class_index] - others


def normalize(coarse: np.ndarray, signed: bool = False) -> np.ndarray:
    """Scales a map so that its strongest value is 1; zeros stay zeros.

    Args:
        coarse: Any shape.
        signed: Also keep what speaks against the class, down to -1, and count it as strong; else it becomes 0.
    """
    values = (coarse if signed else np.maximum(coarse, 0)).astype(np.float32)
    peak = np.abs(values).max(initial=0)
    return values / peak if peak > 0 else values


def upsample(coarse: np.ndarray, size: tuple[int, int], signed: bool = False) -> np.ndarray:
    """Enlarges a map smoothly to `(height, width)`; the network saw that squashed to its input, so this undoes it."""
    rows, columns = (_weights(*pair) for pair in zip(coarse.shape, size, strict=True))
    cells = coarse.astype(np.float32) @ columns.T
    large = np.empty(size, np.float32)
    step = max(1, _SINGLE_THREADED // max(1, cells.size))
    for start in range(0, size[0], step):
        np.matmul(rows[start : start + step], cells, out=large[start : start + step])
    return np.clip(large, -1 if signed else 0, 1, out=large)


@lru_cache(maxsize=64)
def _weights(cells: int, pixels: int) -> np.ndarray:
    """Pillow's bicubic weights, shape `(pixels, cells)`: two small products enlarge a map ten times faster."""
    identity = Image.fromarray(np.eye(cells, dtype=np.float32))
    weights = np.array(identity.resize((cells, pixels), Image.Resampling.BICUBIC))
    weights.flags.writeable = False  # cached things are read-only
    return weights
