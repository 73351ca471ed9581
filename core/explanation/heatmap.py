"""Which pixels spoke for a class: one interface over several methods."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from core.errors import MethodUnavailableError, UnknownClassError
from core.explanation.occlusion import occlusion_map
from core.prediction.predictor import Prediction, Predictor

METHODS = {
    "class_map": "Class activation map: the network's own evidence by place, from the same pass. Instant.",
    "grad_cam": "Grad-CAM: gradients weigh the last convolution's maps. Needs TensorFlow, about a second.",
    "occlusion": "Occlusion: parts are covered in turn and the drop of the probability is drawn. A few seconds.",
}


@dataclass(frozen=True)
class Explanation:
    """Where a photo speaks for a class.

    Attributes:
        method: A key of `METHODS`.
        class_name: The class it speaks for.
        heatmap: `float32`, shape `(height, width)` of the photo, 0-1, 1 the strongest evidence; all zeros when
            nothing spoke for the class.
        prediction: What the run said about the photo.
    """

    method: str
    class_name: str
    heatmap: np.ndarray = field(repr=False)
    prediction: Prediction


def explain(
    image: np.ndarray, class_name: str | None, method: str | None, predictor: Predictor,
    prediction: Prediction | None = None,
) -> Explanation:  # fmt: skip
    """Explains one photo.

    Args:
        image: `uint8`, shape `(height, width, 3)`, RGB.
        class_name: `None` takes the predicted class.
        method: `None` takes the class map, or occlusion for a network that has none.
        predictor: The run's predictor.
        prediction: If the photo was predicted before, to save a pass.

    Raises:
        UnknownClassError: If the run does not know the class.
        MethodUnavailableError: If the method is unknown, or the run's network cannot give it.
    """
    if method is not None and method not in METHODS:
        raise MethodUnavailableError(f"Expected one of {', '.join(METHODS)} as the method, but got {method!r}.")
    names = predictor.run.class_names
    if class_name is not None and class_name not in names:
        raise UnknownClassError(f"Expected one of {', '.join(names)} as the class, but got {class_name!r}.")
    prediction = prediction or predictor.predict([image])[0]
    class_name = class_name or prediction.label
    method = method or ("occlusion" if prediction.class_maps is None else "class_map")
    index = names.index(class_name)
    if method == "class_map":
        coarse = class_map(prediction, index)
    elif method == "occlusion":
        coarse = occlusion_map(image, index, predictor)
    else:
        from core.explanation.gradient_maps import grad_cam  # imports TensorFlow: only when asked for

        coarse = grad_cam(image, index, predictor.run)
    return Explanation(method, class_name, upsample(normalize(coarse), image.shape[:2]), prediction)


def available_methods(prediction: Prediction) -> list[str]:
    """The methods that can explain this prediction without TensorFlow, the default one first."""
    return ["occlusion"] if prediction.class_maps is None else ["class_map", "occlusion"]


def class_map(prediction: Prediction, class_index: int) -> np.ndarray:
    """The class activation map (Zhou 2016) against the mean of the other classes.

    What speaks for all classes alike (a softmax ignores it) is taken out, so that the map shows what decides.

    Args:
        prediction: With class maps.
        class_index: Position in the run's `class_names`.

    Returns:
        `float32`, shape `(rows, columns)`, in logits; positive speaks for the class.

    Raises:
        MethodUnavailableError: If the network has no class maps.
    """
    if prediction.class_maps is None:
        raise MethodUnavailableError("This run's network has no class maps. Use the method occlusion.")
    maps = prediction.class_maps
    others = np.delete(maps, class_index, axis=-1).mean(axis=-1)
    return maps[..., class_index] - others


def normalize(coarse: np.ndarray) -> np.ndarray:
    """Keeps what speaks for the class and scales its maximum to 1; nothing positive gives zeros."""
    positive = np.maximum(coarse, 0).astype(np.float32)
    peak = positive.max(initial=0)
    return positive / peak if peak > 0 else positive


def upsample(coarse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarges a map smoothly to `(height, width)`; the network saw the whole photo squashed, so this undoes it."""
    height, width = size
    large = Image.fromarray(coarse.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(large), 0, 1)
