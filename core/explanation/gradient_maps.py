"""Gradient methods of tf-keras-vis on a run's Keras model; the only importer of tf-keras-vis."""

from functools import lru_cache

import keras
import numpy as np
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
from tf_keras_vis.utils.scores import CategoricalScore

from core.dataset.images import resize
from core.runs.folder import Run


def grad_cam(image: np.ndarray, class_index: int, run: Run) -> np.ndarray:
    """Grad-CAM (Selvaraju 2017) on the last convolution.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        class_index: Position in the run's `class_names`.
        run: A succeeded run; its model file is verified before it is loaded, and never changed.

    Returns:
        `float32`, shape `(rows, columns)` of the last feature maps, 0-1.
    """
    run.verify()
    explainer, layer = _load(str(run.folder / "model.keras"))
    pixels = resize(image, run.image_size)[None].astype(np.float32)
    heatmap = explainer(
        CategoricalScore(class_index), pixels, penultimate_layer=layer, seek_penultimate_conv_layer=False,
        expand_cam=False,
    )[0]  # fmt: skip
    return np.asarray(heatmap, np.float32)


@lru_cache(maxsize=2)
def _load(model_file: str) -> tuple[Gradcam, str]:
    """The explainer and the name of the layer that feeds the head.

    Scores are taken before the softmax: its gradient would mix the classes.
    """
    model = keras.saving.load_model(model_file, compile=False)
    names = [layer.name for layer in model.layers]
    if "logits" in names:
        scores, modifier = keras.Model(model.input, model.get_layer("logits").output), None
    else:
        scores, modifier = keras.Model(model.input, model.output["probabilities"]), ReplaceToLinear()
    maps = [layer for layer in scores.layers if len(layer.output.shape) == 4 and "pool" not in layer.name]
    return Gradcam(scores, model_modifier=modifier, clone=True), maps[-1].name
