"""What an exported model is worth: opened again and compared with the served file, photo by photo."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import RunInvalidError
from core.export.files import size_of
from core.export.formats import FORMATS, FormatName, open_model
from core.export.photos import ExportPhotos
from core.metrics.intervals import proportion
from core.runs.folder import Run

TOLERATED_SHARE = 0.01  # of photos decided otherwise; above it an export carries a warning
TOLERATED_DIFFERENCE = 0.02  # of a probability, where only rounding may differ; float16 weights alone make 0.006


@dataclass(frozen=True)
class ExportCheck:
    """How an export compares with the run's own `model.tflite`.

    Attributes:
        run_id: The run.
        format_name: A key of `FORMATS`.
        num_bytes: Size of the file, or of all files of the folder.
        milliseconds: Median time of one photo through the network, on this machine, with all its cores.
        largest_difference: Of a probability, 0-1.
        mean_difference: Of the probabilities, 0-1.
        changed: Photos whose most probable class is another one.
        changed_sure: Of these, photos on which the served file is not uncertain.
        n: Photos compared.
        photos: Which ones.
        outputs: Names of the model's outputs.
    """

    run_id: str
    format_name: FormatName
    num_bytes: int
    milliseconds: float
    largest_difference: float
    mean_difference: float
    changed: int
    changed_sure: int
    n: int
    photos: str
    outputs: tuple[str, ...]

    @property
    def is_within_limit(self) -> bool:
        """Whether it decides as the served file on all but the tolerated share of the photos."""
        return self.changed <= TOLERATED_SHARE * self.n

    @property
    def changed_text(self) -> str:
        """`6 of 200 (3.0 %; 1.4–6.4)`: the share with its 95 % interval (Wilson)."""
        share = proportion(self.changed, self.n)
        return f"{self.changed} of {self.n} ({100 * share.value:.1f} %; {100 * share.low:.1f}–{100 * share.high:.1f})"

    @property
    def difference_text(self) -> str:
        """The largest difference of a probability, `0.0858` or `< 0.0001`."""
        return f"{self.largest_difference:.4f}" if self.largest_difference >= 5e-5 else "< 0.0001"

    @property
    def sentence(self) -> str:
        """Whether to trust it, in words."""
        title = FORMATS[self.format_name].title
        if self.format_name == "litert":
            return f"{title} is the served file itself; the others are compared with it."
        if self.changed == 0:
            return f"{title} decides all of the {self.photos} as the served file does."
        facts = f"{title} decides {self.changed_text} otherwise, measured on {self.photos}"
        unsure = f"; on {self.changed - self.changed_sure} of the {self.changed} the served file is uncertain itself"
        if self.is_within_limit:
            return f"{facts}{unsure}."
        return (
            f"{facts}{unsure}. That is more than the {100 * TOLERATED_SHARE:g} % that are tolerated: measure it on "
            "your own photos before you use it."
        )


def check_export(run: Run, format_name: FormatName, path: Path, photos: ExportPhotos) -> ExportCheck:
    """Opens an export with the engine it is for and compares it with the run's `model.tflite`.

    Args:
        run: A succeeded run.
        format_name: A key of `FORMATS`.
        path: The written file or folder.
        photos: What to compare on.

    Raises:
        RunInvalidError: If it lacks an output of the run, gives numbers that are not finite, or differs where only
            rounding may. It must then not be offered.
    """

    def refused(why: str) -> RunInvalidError:
        export = f"The {FORMATS[format_name].title} export of {run.run_id}"
        return RunInvalidError(f"{export} {why}. It is not offered.")

    served, exported = open_model("litert", run.folder / "model.tflite"), open_model(format_name, path)
    expected = served(photos.compared[0])
    found = exported(photos.compared[0])  # the first call is slow: not measured
    shapes = [{name: value.shape for name, value in outputs.items()} for outputs in (expected, found)]
    if shapes[0] != shapes[1]:
        raise refused(f"has other outputs ({shapes[1]}) than the run ({shapes[0]})")
    differences, seconds, changed, changed_sure = [], [], 0, 0
    for photo in photos.compared:
        started = time.perf_counter()
        outputs = exported(photo)
        seconds.append(time.perf_counter() - started)
        if not all(np.isfinite(value).all() for value in outputs.values()):
            raise refused("gives numbers that are not finite")
        ours, theirs = served(photo)["probabilities"], outputs["probabilities"]
        differences.append(np.abs(ours - theirs))
        is_changed = ours.argmax() != theirs.argmax()
        changed += int(is_changed)
        changed_sure += int(is_changed and ours.max() >= run.uncertain_below)
    largest = float(np.max(differences))
    if FORMATS[format_name].is_exact and largest > TOLERATED_DIFFERENCE:
        only = f"only rounding (below {TOLERATED_DIFFERENCE}) may differ"
        raise refused(f"differs by {largest:.3f} in a probability; {only}")
    return ExportCheck(
        run.run_id,
        format_name,
        size_of(path),
        1000 * float(np.median(seconds)),
        largest,
        float(np.mean(differences)),
        changed,
        changed_sure,
        len(photos.compared),
        photos.description,
        tuple(sorted(found)),
    )
