"""A run's model in the formats other tools read."""

import shutil
import tempfile
from pathlib import Path

from core.errors import MethodUnavailableError, RunInvalidError
from core.runs.folder import Run


def export_run(run: Run, format_name: str, folder: Path) -> Path:
    """Writes the model of a run into a folder.

    Args:
        run: A succeeded run; its files are verified first.
        format_name: `keras` and `litert` copy the run's own files; `saved_model` and `onnx` convert (TensorFlow).
        folder: Made if it does not exist; an existing target is never overwritten.

    Returns:
        The written file or folder.

    Raises:
        RunInvalidError: If the run did not succeed, is damaged, or the target exists.
        MethodUnavailableError: If a package that a format needs is not installed.
    """
    if run.state != "succeeded":
        raise RunInvalidError(f"The run {run.run_id} is {run.state}; only a succeeded run can be exported.")
    run.verify()
    suffix = {"keras": ".keras", "litert": ".tflite", "onnx": ".onnx", "saved_model": ""}[format_name]
    target = folder / f"{run.run_id}{suffix}"
    if target.exists():
        raise RunInvalidError(f"Expected a free name, but {target} exists. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        draft = Path(temporary) / target.name
        if format_name in ("keras", "litert"):
            shutil.copyfile(run.folder / f"model{suffix}", draft)
        else:
            _convert(run.folder / "model.keras", format_name, draft)
        draft.rename(target)
    return target


def _convert(model_file: Path, format_name: str, target: Path) -> None:
    import contextlib
    import io
    from importlib.util import find_spec

    if format_name == "onnx" and not (find_spec("tf2onnx") and find_spec("onnx")):
        raise MethodUnavailableError("ONNX needs two more packages. Install them: pip install tf2onnx onnx")
    import numpy as np
    from keras.saving import load_model

    model = load_model(model_file, compile=False)
    model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras exports to ONNX only what was called once
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(target, format="tf_saved_model" if format_name == "saved_model" else "onnx", verbose=False)
