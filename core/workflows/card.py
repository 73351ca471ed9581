"""The model card of a run: what it was made from, what it is good for, and how far to trust it, on one screen.

After Mitchell 2019, "Model Cards for Model Reporting". Written once, at publication, as the run's `README.md`.
"""

import shlex
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from core.dataset.index import SPLITS, Dataset
from core.errors import RunInvalidError
from core.escaping import plain
from core.files import write_atomic
from core.metrics import EvaluationResult, Measured
from core.networks.catalogue import BACKBONES
from core.paths import Paths
from core.runs.folder import Run
from core.runs.licences import weights_licence
from core.runs.presets import PRESETS
from core.workflows.card_facts import DataFacts, data_facts, facts_if_unchanged

CARD_FILE = "README.md"
_OUTPUTS = "`probabilities`, `embedding` and, where the network has them, `class_maps` and `subject`"


def write_card(run: Run, dataset: Dataset) -> None:
    """Writes the card into a staged run's folder, before it is published.

    Args:
        run: With all that will be published: files, figures, `seconds`.
        dataset: What it was trained on.
    """
    write_atomic(run.folder / CARD_FILE, model_card(run, data_facts(dataset)))


def card_of(run: Run, paths: Paths) -> str:
    """The card of a published run: its file, or for a run from before there were cards a fresh one.

    Raises:
        RunInvalidError: If the run did not succeed.
    """
    if run.state != "succeeded":
        raise RunInvalidError(f"The run {run.run_id} is {run.state}; only a succeeded run has a model card.")
    try:
        return (run.folder / CARD_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return model_card(run, facts_if_unchanged(run, paths))


def model_card(run: Run, facts: DataFacts | None = None) -> str:
    """The card as Markdown; names of classes and datasets are escaped.

    Args:
        run: A run with its files and figures.
        facts: Of its dataset; `None` if that is gone or changed since.
    """
    names = [f"**{plain(name)}**" for name in run.class_names]
    results = list(run.evaluation.values())
    parts = [
        f"# Model card: {plain(run.run_id)}",
        f"Says whether a photo shows {_listed(names, 'or')}. {_network(run)}",
        "## Data",
        *_data(run, facts),
        "## Figures",
        _figures(results) + (f"\n\n{plain(run.message)}" if run.message else ""),
        "## Doubt",
        _doubt(run),
        "## Use and limits",
        *_limits(run, results),
        "## Weights",
        weights_licence(run.config),
        "## Made",
        *_making(run),
    ]
    return "\n\n".join(parts) + "\n"


def _network(run: Run) -> str:
    config = run.config
    title = PRESETS[config.preset].title if config.preset in PRESETS else config.preset
    names = " and ".join(plain(name) for name in config.backbones)
    kind = {
        "cnn": "a small convolutional network, trained from scratch",
        "linear-head": f"a linear head on the frozen features of {names}",
        "tuned-block": f"the last block of {names}, trained further, and a linear head",
    }[config.network]
    height, width = run.image_size
    seen = "squashed to" if config.framing == "squash" else "of which the network sees the square in the middle, at"
    return (
        f"Preset {plain(title)}: {kind}. In: an RGB photo, 0–255, {seen} {height} × {width} pixels "
        f"(height × width). Out: {_OUTPUTS}."
    )


def _data(run: Run, facts: DataFacts | None) -> list[str]:
    name, decisions = plain(run.dataset.name), run.dataset.decisions
    learned = f"Learned from **{name}**: {run.dataset.num_photos:,} photos outside of test."
    actions = Counter(decision.action for decision in decisions)
    made = ", ".join(f"{number} {plain(action)}" for action, number in sorted(actions.items()))
    labels = "Labels: as given, no review decision used."
    if decisions:
        labels = f"Labels: reviewed, {len(decisions)} decisions used ({made})."
    if facts is None:
        return [f"{learned} {labels}", "The dataset is not there any more or has changed: counts and faults unknown."]
    splits = [split for split in SPLITS if split in facts.counts]
    rows = [f"| class | {' | '.join(splits)} |", "|---" * (len(splits) + 1) + "|"]
    rows += [
        f"| {plain(label)} | " + " | ".join(f"{facts.counts[split].get(label, 0):,}" for split in splits) + " |"
        for label in sorted({label for counts in facts.counts.values() for label in counts})
    ]
    suspects = "labels not checked" if facts.suspects is None else f"{facts.suspects:,} suspicious labels undecided"
    copies = facts.copies
    faults = (
        f"Known faults: {suspects}; {copies.across_splits:,} pairs of copies across splits "
        f"({copies.leaked_test_photos:,} test photos have a copy outside of test); {copies.across_classes:,} pairs of "
        f"copies with two labels; {facts.unusable:,} unusable files."
    )
    return [f"{learned} {labels}", "\n".join(rows), faults]


def _figures(results: list[EvaluationResult]) -> str:
    if not results:
        return "Not evaluated."
    lines = []
    for result in results:
        recalls = [row for row in result.per_class if row["recall"] is not None]
        worst = min(recalls, key=lambda row: row["recall"])
        recall = Measured(worst["recall"], worst["recall_low"], worst["recall_high"], worst["support"])
        lines.append(
            f"* {result.sentence(plain)} Weakest class: {plain(worst['class_name'])}, recall {recall.percent()}. "
            f"Calibration error {result.ece:.3f} ({result.ece_interval.low:.3f}–{result.ece_interval.high:.3f})."
        )
    return "\n".join(lines) + "\n\nIn brackets: 95 % intervals (accuracy and recall: Wilson; calibration: bootstrap)."


def _doubt(run: Run) -> str:
    probabilities = "Probabilities are as learned, without a temperature."
    if run.calibration:
        probabilities = f"Temperature {run.calibration.temperature:.3f}, inside the model."
    subject = "It cannot tell whether a photo shows the subject at all: it names a class for any picture."
    if run.subject:
        share = run.subject.share_passing
        passing = "" if share is None else f"; {100 * share:.1f} % of the training photos reach it"
        subject = f"Not the subject: a subject score below {run.subject.threshold:.3f}{passing}."
    uncertain = f"Uncertain: the largest probability is below {run.uncertain_below:.2f}."
    return f"* {probabilities}\n* {uncertain}\n* {subject}"


def _limits(run: Run, results: list[EvaluationResult]) -> list[str]:
    names = _listed([plain(name) for name in run.class_names], "and")
    is_reviewed = any(result.labels == "reviewed" for result in results)
    noise = "" if is_reviewed else " Figures are judged by labels as given, which may be wrong themselves."
    return [
        f"For sorting and searching photos of {names}, with a person who looks at doubtful ones; to learn how "
        "classifiers work. Not for decisions about people; never the only ground for a decision about what they show.",
        "It knows no other class, sees the whole photo once (a small subject in a wide scene is hard), and may use the "
        f"background as evidence: look at the heat map.{noise} Photos from other places than these can be harder.",
    ]


def _making(run: Run) -> list[str]:
    sizes = [(name, run.folder / name) for name in ("model.keras", "model.tflite")]
    files = ", ".join(f"{name} {path.stat().st_size / 1e6:.1f} MB" for name, path in sizes if path.is_file())
    versions = ", ".join(f"{name} {value}" for name, value in run.versions.items())
    return [
        f"{run.created_at[:10]}, {run.seconds:.0f} s of training. {files}. {versions}. "
        f"Data fingerprint {plain(run.dataset.fingerprint[:12])}.",
        f"```sh\n{command(run)}\n```",
    ]


def command(run: Run) -> str:
    """The command that trains the same again; a dataset outside of the data folder is named `DATASET`."""
    reference = run.dataset.folder
    is_inside = reference and not Path(reference).is_absolute() and not set(reference) & set("`\n\r")
    folder = shlex.quote(f"data/{reference}") if is_inside else "DATASET"
    known = PRESETS.get(run.config.preset)
    start = asdict(known.config) if known else {}
    words = ["python -m core train", folder, "--preset", shlex.quote(run.config.preset)]
    for name, value in asdict(run.config).items():
        follows = name == "image_size" and run.config.backbone in BACKBONES  # from the backbone
        if name in ("preset", "labels") or start.get(name) == value or follows:
            continue
        text = "x".join(map(str, value)) if name == "image_size" else str(value)
        text = text.lower() if isinstance(value, bool) else text
        words.append(f"--set {shlex.quote(f'{name}={text}')}")
    return " ".join(words + (["--ignore-decisions"] if run.config.labels == "given" else []))


def _listed(names: list[str], word: str) -> str:
    *most, last = names or ["nothing"]
    return f"{', '.join(most)} {word} {last}" if most else last
