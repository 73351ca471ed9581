"""The methods of tf-keras-vis on a run's Keras model; the only importer of tf-keras-vis."""

from functools import lru_cache
from threading import Lock
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.scorecam import Scorecam
from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
from tf_keras_vis.utils.scores import CategoricalScore

from core.dataset.framing import framed
from core.dataset.images import resize
from core.runs.folder import Run

_SCORE_CAM_MAPS = 32  # of the most varied feature maps; all 1280 would take a minute
_SMOOTH_SAMPLES = 12
_SMOOTH_NOISE = 0.15  # of the photo's range, as in the paper
_EXPLAINERS = {
    "grad_cam": Gradcam,
    "grad_cam_plus_plus": GradcamPlusPlus,
    "score_cam": Scorecam,
    "smooth_grad": Saliency,
}
_AS_IT_IS = {"seek_penultimate_conv_layer": False, "expand_cam": False, "normalize_cam": False}
_LOCK = Lock()  # tf-keras-vis keeps state while it works


def gradient_map(method: str, image: np.ndarray, class_index: int, run: Run) -> np.ndarray:
    """Explains with a method of tf-keras-vis.

    * `grad_cam`: Selvaraju 2017, "Grad-CAM", on the last convolution.
    * `grad_cam_plus_plus`: Chattopadhyay 2018, "Grad-CAM++".
    * `score_cam`: Wang 2020, "Score-CAM", with the 32 most varied maps ("Faster Score-CAM").
    * `smooth_grad`: Smilkov 2017, "SmoothGrad", size of the gradient, blurred a little to be readable.

    Args:
        method: Which one.
        image: What the network sees of the photo, `uint8`, shape `(height, width, 3)`.
        class_index: Position in the run's `class_names`.
        run: A succeeded run; its model file is verified before it is loaded, and never changed.

    Returns:
        `float32`, shape `(rows, columns)`: of the last feature maps, or for `smooth_grad` of the network's input;
        not negative and finite, all zeros when nothing spoke for the class.
    """
    run.verify()
    explainers, layer, num_maps = _load(str(run.folder / "model.keras"), run.files.get("model.keras", ""))
    pixels = resize(image, run.image_size)[None].astype(np.float32)
    score = CategoricalScore(class_index)
    with _LOCK:
        if method == "smooth_grad":
            found = gaussian_filter(_smooth_gradient(explainers[method], score, pixels), min(run.image_size) / 56)
        else:
            options = {"max_N": min(_SCORE_CAM_MAPS, num_maps)} if method == "score_cam" else {}
            found = explainers[method](score, pixels, penultimate_layer=layer, **_AS_IT_IS, **options)[0]
    return np.nan_to_num(np.maximum(np.asarray(found, np.float32), 0), posinf=0.0)  # an all-zero map stays zero


def _smooth_gradient(saliency: Saliency, score: CategoricalScore, pixels: np.ndarray) -> np.ndarray:
    """The same at every call, and NumPy's global generator, from which tf-keras-vis draws, is left as it was."""
    tf.random.set_seed(0)
    state = np.random.get_state()
    np.random.seed(0)
    try:
        options = {"smooth_samples": _SMOOTH_SAMPLES, "smooth_noise": _SMOOTH_NOISE, "normalize_map": False}
        return saliency(score, pixels, **options)[0]
    finally:
        np.random.set_state(state)


def randomised_maps(
    images: list[np.ndarray], class_index: int, run: Run, variants: list[tuple[str, int]]
) -> np.ndarray:
    """Grad-CAM maps of copies of the network whose weights are shuffled (Adebayo 2018).

    Every tensor of weights is permuted: its values stay, what was learned is gone, and the numbers stay finite.

    Args:
        images: Each `uint8`, shape `(height, width, 3)`.
        class_index: Position in the run's `class_names`.
        run: A succeeded run; its files and the loaded model are not touched.
        variants: `(part, seed)` of each copy; part is `none`, `head` (the layers after the last feature maps) or
            `network` (all layers).

    Returns:
        `float32`, shape `(variants, images, rows, columns)`; signed, so that a map of the opposite evidence counts.
    """
    run.verify()
    scores, layer = _scores(keras.saving.load_model(run.folder / "model.keras", compile=False))
    learned, names = scores.get_weights(), [item.name for item in scores.layers]
    chosen = {"none": [], "head": names[names.index(layer) + 1 :], "network": names}
    pixels = np.stack([resize(framed(image, run.framing), run.image_size) for image in images]).astype(np.float32)
    explainer, score, found = Gradcam(scores, clone=False), CategoricalScore(class_index), []
    for part, seed in variants:
        random = np.random.default_rng(seed)
        scores.set_weights(learned)
        for name in chosen[part]:
            part_weights = scores.get_layer(name).get_weights()
            shuffled = [random.permutation(values.ravel()).reshape(values.shape) for values in part_weights]
            scores.get_layer(name).set_weights(shuffled)
        with _LOCK:
            maps = explainer(score, pixels, penultimate_layer=layer, activation_modifier=None, **_AS_IT_IS)
        found.append(np.nan_to_num(np.asarray(maps, np.float32)))
    return np.stack(found)


@lru_cache(maxsize=2)
def _load(model_file: str, sha256: str) -> tuple[dict[str, Any], str, int]:
    """The explainer of each method, and name and number of the maps that feed the run's head."""
    scores, layer = _scores(keras.saving.load_model(model_file, compile=False))
    explainers = {method: explainer(scores, clone=False) for method, explainer in _EXPLAINERS.items()}
    explainers["score_cam"].model = explainers["smooth_grad"].model = _Compiled(scores)
    return explainers, layer, scores.get_layer(layer).output.shape[-1]


def _scores(model: keras.Model) -> tuple[keras.Model, str]:
    """The model from photo to the scores before the softmax (its gradient would mix the classes), and its last map."""
    if "logits" in [layer.name for layer in model.layers]:
        scores = keras.Model(model.inputs, model.get_layer("logits").output)
    else:
        whole = keras.Model(model.inputs, model.output["probabilities"])
        scores = Gradcam(whole, model_modifier=ReplaceToLinear(), clone=True).model
    maps = [layer for layer in scores.layers if len(layer.output.shape) == 4 and "pool" not in layer.name]
    return scores, maps[-1].name


class _Compiled:
    """A model as a compiled graph: five times faster than Keras call by call, and `predict` prints nothing."""

    def __init__(self, model: keras.Model):
        self.inputs, self.outputs, self.layers = model.inputs, model.outputs, model.layers
        self._model, self.get_layer = model, model.get_layer
        self._graph = tf.function(lambda pixels: model(pixels, training=False), reduce_retracing=True)

    def __call__(self, pixels: tf.Tensor | list[tf.Tensor], training: bool = False) -> tf.Tensor:
        return self._graph(pixels[0] if isinstance(pixels, list) else pixels)

    def predict(self, pixels: np.ndarray | list[np.ndarray], batch_size: int = 16) -> np.ndarray:
        pixels = pixels[0] if isinstance(pixels, list) else pixels
        parts = [pixels[start : start + batch_size] for start in range(0, len(pixels), batch_size)]
        return np.concatenate([self._graph(tf.constant(part, tf.float32)).numpy() for part in parts])
