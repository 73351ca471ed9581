"""The methods that can explain a photo: what each one means and what it costs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """One way to find the pixels that spoke for a class.

    Attributes:
        title: Its name as people write it.
        meaning: One sentence for a person who has not read the paper.
        cost: What it takes, in words.
        seconds: Of the first map in a process on two cores, TensorFlow loaded: for estimates of the time left.
        passes: How often the run predicts; 0 for methods that do not work through the predictor.
        is_signed: Whether it also knows what speaks against a class.
        needs_tensorflow: Whether it reads the run's Keras model.
    """

    title: str
    meaning: str
    cost: str
    seconds: float
    passes: int = 0
    is_signed: bool = False
    needs_tensorflow: bool = False


ALL = {
    "class_map": Method(
        "Class map",
        "The network's own evidence by place, from the same pass.",
        "Instant.",
        0.02,
        1,
        is_signed=True,
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Gradients weigh the last convolution's maps.",
        "Needs TensorFlow, about a second.",
        0.4,
        needs_tensorflow=True,
    ),
    "grad_cam_plus_plus": Method(
        "Grad-CAM++",
        "Weighs by place too: kinder to several animals.",
        "Needs TensorFlow, a second.",
        0.6,
        needs_tensorflow=True,
    ),
    "score_cam": Method(
        "Score-CAM",
        "Hides the photo behind each feature map; no gradients.",
        "Needs TensorFlow, seconds.",
        3.0,
        needs_tensorflow=True,
    ),
    "smooth_grad": Method(
        "SmoothGrad",
        "Pixels whose change moves the score, over noisy copies.",
        "Needs TensorFlow, seconds.",
        13.0,
        needs_tensorflow=True,
    ),
    "occlusion": Method(
        "Occlusion",
        "Parts are covered in turn; the fall of the odds is drawn.",
        "50 passes, about a second.",
        1.3,
        50,
        is_signed=True,
    ),
    "rise": Method(
        "RISE",
        "200 random masks show which visible parts keep the class.",
        "200 passes, a few seconds.",
        5.0,
        200,
        is_signed=True,
    ),
}
NEEDS_TENSORFLOW = frozenset(name for name, method in ALL.items() if method.needs_tensorflow)
