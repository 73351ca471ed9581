"""The answer about a photo in words: the same on the pages, on the upload page and on shared pictures."""

from collections.abc import Sequence

from core.prediction.predictor import Prediction

MOST_NAMED = 4  # classes in a sentence; with more, their number says it better


def answer(prediction: Prediction) -> str:
    """What the run says of a photo, in one short sentence: `African, 96 %`, `Not sure: African 58 %`."""
    probability = percent(prediction.probability)
    if prediction.is_subject is False:
        return none_of(list(prediction.probabilities))
    if prediction.uncertain:
        return f"Not sure: {prediction.label} {probability}"
    return f"{prediction.label}, {probability}"


def answer_detail(prediction: Prediction) -> str:
    """What the short sentence means, and what to do about it."""
    if prediction.is_subject is False:
        return "It does not look like the photos the model was trained on, so the probabilities below mean little."
    if prediction.uncertain:
        return "The classes are too close to call. Have a person look, or try a photo that shows more."
    return "The probability of the most likely class. The bars show all of them."


def none_of(class_names: Sequence[str]) -> str:
    """`Probably none of African, Asian`; of many classes only their number."""
    named = ", ".join(class_names) if len(class_names) <= MOST_NAMED else f"the {len(class_names)} classes"
    return f"Probably none of {named}"


def percent(share: float, digits: int = 0) -> str:
    """`0.963` as `96 %`; what is not certain never reads as 100 %, nor what is possible as 0 %."""
    text = f"{100 * share:.{digits}f}"
    if share < 1 and text == f"{100:.{digits}f}":
        text = f"{100 - 10**-digits:.{digits}f}"
    if share > 0 and float(text) == 0:
        text = f"< {10**-digits:g}"
    return f"{text} %"
