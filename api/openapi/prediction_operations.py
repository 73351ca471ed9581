"""Predictions, explanations, health and metrics: what they take and answer."""

from api.explanations import METHODS, SIZES
from api.openapi.parts import UPLOADS, Operation, answer, body, fields, file_answer, header, query

PICTURE = {"type": "string", "format": "binary"}
BASE64 = {"type": "string", "format": "byte"}
SMALL_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR42mM8ESXHwMDAxMDAwMDAAAAP1AFEgJ4GvgAAAABJRU5ErkJggg=="
)
FLAG = {"type": "integer", "minimum": 0, "maximum": 1, "default": 0}
OPACITY = {"type": "string", "pattern": r"^0{0,3}(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", "default": "0.5"}
RECORD = {
    "path": "image-1",
    "label": "African",
    "probability": 0.858,
    "probabilities": {"African": 0.858, "Asian": 0.142},
    "subject_score": 0.21,
    "is_subject": True,
    "uncertain": False,
    "run_id": "bundled-elephants-strong",
    "error": None,
}
RAW = {kind: (PICTURE, None) for kind in ("image/jpeg", "image/png", "image/webp")}
# In the query, or in the form instead, each once.
EXPLANATION_FIELDS = {
    "class": {"type": "string", "format": "class"},
    "method": {"enum": list(METHODS)},
    "opacity": OPACITY,
    "size": {"type": "integer", "minimum": SIZES[0], "maximum": SIZES[1]},
    "format": {"enum": ["png", "json", "npy"]},
    "trust": FLAG,
}
EXPLANATION_WORDS = {
    "class": ("A class of the run; the predicted one if it is left out.", "African"),
    "method": ("The run's own if it is left out.", "class_map"),
    "opacity": ("Of the heat map, 0 to 1. Like its neighbours it may be a field of the form instead.", "0.5"),
    "size": ("Pixels of the longer side of the answer.", 64),
    "format": ("Of the answer; else by the header Accept, else PNG.", "png"),
    "trust": ("1 measures whether to believe the map.", 0),
}
NUMBERS = {
    "run_id": "bundled-elephants-strong",
    "class": "African",
    "method": "class_map",
    "label": "African",
    "probabilities": RECORD["probabilities"],
    "image_size": [480, 640],
    "heatmap": [[0.0, 0.31], [0.87, 1.0]],
    "trust": None,
}
EXPLAINED_BY = {
    "X-Run-Id": header("The run.", "bundled-elephants-strong"),
    "X-Label": header("The explained class, percent-encoded UTF-8.", "African"),
    "X-Method": header("How the map was made.", "class_map"),
}
METRICS = 'tuskscope_requests_total{method="POST",route="/api/v1/predictions",status="200"} 17.0\n'


def _explanation_answers() -> dict:
    numbers = answer("ExplanationNumbers", NUMBERS)["200"]["content"]
    pictures = file_answer(
        "The picture with its heat map, the map as numbers, or a NumPy array.",
        {"image/png": "", "application/x-npy": ""},
        EXPLAINED_BY,
    )
    pictures["200"]["content"].update(numbers)
    return pictures


OPERATIONS = {
    "predictions.create_predictions": Operation(
        answers=answer("Predictions", {"run_id": "bundled-elephants-strong", "predictions": [RECORD]}),
        problems=UPLOADS,
        is_limited=False,
        query=(
            query("top", {"type": "integer", "minimum": 1, "maximum": 1000}, "Only so many classes.", 1),
            query("explain", FLAG, "1 adds the heat map of the predicted class.", 0),
        ),
        body=body(
            {
                "application/json": (
                    fields({"images": {"type": "array", "items": BASE64, "minItems": 1, "maxItems": 16}}, ("images",)),
                    {"images": [SMALL_PNG]},
                ),
                "multipart/form-data": (
                    fields({"image": {"type": "array", "items": PICTURE, "minItems": 1, "maxItems": 16}}, ("image",)),
                    None,
                ),
                **RAW,
            }
        ),
    ),
    "explanations.create_explanation": Operation(
        answers=_explanation_answers(),
        problems=(*UPLOADS, "unknown-class", "method-unavailable"),
        is_limited=False,
        query=tuple(query(name, EXPLANATION_FIELDS[name], *EXPLANATION_WORDS[name]) for name in EXPLANATION_FIELDS),
        body=body(
            {
                "multipart/form-data": (fields({"image": PICTURE}, ("image",)), None),
                **RAW,
            }
        ),
    ),
    "health.live": Operation(answer("Live", {"status": "live"}), is_limited=False),
    "health.ready": Operation(
        answer("Ready", {"status": "ready", "run_id": "bundled-elephants-strong"}), ("no-model",), is_limited=False
    ),
    "metrics.show_metrics": Operation(file_answer("Counters as Prometheus reads them.", {"text/plain": METRICS})),
}
