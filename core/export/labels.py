"""What an export says of itself: which output is which class, and what a photo must look like to be understood."""

import json
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from core.dataset.framing import Framing
from core.runs.folder import Run

LABELS = "labels.txt"
FACTS = "model.json"
_SEEN: dict[Framing, str] = {"squash": "the whole photo", "centre": "the largest square in its middle"}


def facts(run: Run) -> dict[str, Any]:
    """What a program must know to use the network without the run's folder."""
    return {
        "run_id": run.run_id,
        "class_names": list(run.class_names),
        "image_size": list(run.image_size),
        "input_layout": "image: float32, NHWC (photos, height, width, 3), RGB",
        "input_scaling": f"0-255 as they are, the network scales them itself; {_SEEN[run.framing]} resized to "
        "image_size (height, width) without keeping the proportions",
        "uncertain_below": run.uncertain_below,
        "subject_threshold": run.subject.threshold if run.subject else None,
    }


def describe(run: Run, path: Path) -> None:
    """Writes class names and facts into an export.

    ONNX has a place for them (`metadata_props`), a SavedModel gets two more files, all others a zip (`add_zip`).

    Args:
        run: Whose export.
        path: The file or folder.
    """
    if path.is_dir():
        for name, content in _files(run).items():
            (path / name).write_bytes(content)
    elif path.suffix == ".onnx":
        import onnx

        model = onnx.load(path)
        texts = {name: item if isinstance(item, str) else json.dumps(item) for name, item in facts(run).items()}
        onnx.helper.set_model_props(model, texts)
        onnx.save(model, path)
    else:
        add_zip(run, path)


def add_zip(run: Run, file: Path | BinaryIO) -> None:
    """Adds the files to a `.keras`, which is a zip, or behind a `.tflite`, where LiteRT's own metadata keeps files."""
    with zipfile.ZipFile(file, "a") as archive:
        for name, content in _files(run).items():
            archive.writestr(zipfile.ZipInfo(name), content)  # without the time: equal exports have equal hashes


def write_labels(run: Run, folder: Path) -> Path:
    """Writes `labels.txt` beside exports; the labels of another run that lie there stay, and these get its name."""
    content = _files(run)[LABELS]
    file = folder / LABELS
    if file.exists() and file.read_bytes() != content:
        file = folder / f"{run.run_id}-{LABELS}"
    file.write_bytes(content)
    return file


def _files(run: Run) -> dict[str, bytes]:
    lines = [" ".join(name.splitlines()) for name in run.class_names]  # in the order of `probabilities`
    texts = {LABELS: "\n".join(lines) + "\n", FACTS: json.dumps(facts(run), indent=2) + "\n"}
    return {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}
