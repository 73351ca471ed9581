"""Where a data set stands in the loop browse · review · train · prove · use, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.dataset.index import Dataset
from core.metrics import Measured
from core.runs.folder import LIVE_STATES, Run
from streamlit_app.words import counted

MANY_SUSPECTS = 5


@dataclass(frozen=True)
class Step:
    """One step of the loop.

    Attributes:
        name: `browse`, `review`, `train`, `prove` or `use`.
        title: What one does there.
        page: The page it happens on; a key of `navigation.PAGES`.
        state: `done`, `next` (the one step to take now) or `open`.
        fact: Where it stands, in a few words (not escaped).
        action: What the button says.
    """

    name: str
    title: str
    page: str
    state: str
    fact: str
    action: str


def steps(data: Dataset | None, runs: Sequence[Run], served: Run | None, suspects: int | None = None) -> list[Step]:
    """The five steps of a data set.

    Args:
        data: The data set, or `None` if there is none.
        runs: Its runs, newest first.
        served: The run that answers now, of any data set.
        suspects: Suspicious labels not decided yet; `None` if nobody looked for them.
    """
    done_runs = [run for run in runs if run.state == "succeeded"]
    live = [run for run in runs if run.state in LIVE_STATES]
    compared = len(comparable(done_runs)) >= 2
    is_used = served is not None and any(run.run_id == served.run_id for run in done_runs)
    done = {
        "browse": data is not None and len(data.usable) > 0,
        "review": suspects is not None and suspects < MANY_SUSPECTS,
        "train": bool(done_runs),
        "prove": compared,
        "use": is_used,
    }
    facts = {
        "browse": _photos_fact(data),
        "review": "Not looked at yet" if suspects is None else f"{counted(suspects, 'suspicious label')} left",
        "train": _training_fact(live, done_runs),
        "prove": f"{counted(len(comparable(done_runs)), 'run')} to compare" if compared else "Nothing to compare yet",
        "use": f"{served.run_id} answers" if is_used else "No run of this data set answers yet",
    }
    following = _next(done, suspects, live)
    return [
        Step(
            name,
            title,
            "prove" if name == "prove" and suspects is not None else page,
            "next" if name == following else "done" if done[name] else "open",
            facts[name],
            action,
        )
        for name, title, page, action in _LOOP
    ]


def best(runs: Sequence[Run]) -> Run | None:
    """The succeeded run with the highest validation accuracy; the test split chooses nothing."""
    done = [run for run in runs if run.state == "succeeded" and run.evaluation]
    return max(done, key=lambda run: _accuracy(run, ("validation", "test", "train")), default=None)


def headline(run: Run) -> tuple[Measured, str, str] | None:
    """The figure that stands for a run: accuracy, labels and split (test if it can); `None` if unevaluated."""
    for split in ("test", "validation", "train"):
        if split in run.evaluation:
            result = run.evaluation[split]
            return result.accuracy, result.labels, split
    return None


def comparable(runs: Sequence[Run]) -> list[Run]:
    """Succeeded runs whose answers on the test photos are known."""
    return [run for run in runs if run.state == "succeeded" and "test" in run.evaluation]


def next_step(found: Sequence[Step]) -> Step:
    """The one step to take now."""
    return next((step for step in found if step.state == "next"), found[-1])


def _next(done: dict[str, bool], suspects: int | None, live: Sequence[Run]) -> str:
    if not done["browse"]:
        return "browse"
    if not done["train"] or live:
        return "train"
    if suspects is not None and suspects >= MANY_SUSPECTS:
        return "review"
    if not done["prove"] and suspects is not None:
        return "prove"
    return "use"


def _photos_fact(data: Dataset | None) -> str:
    if data is None:
        return "No photos yet"
    return f"{counted(len(data.usable), 'photo')}, {counted(len(data.class_names), 'class', 'classes')}"


def _training_fact(live: Sequence[Run], done_runs: Sequence[Run]) -> str:
    if live:
        return "A training is running" if live[-1].state == "running" else "A training waits"
    found = best(done_runs)
    figure = headline(found) if found else None
    if figure is None:
        return "No run yet"
    accuracy, labels, split = figure
    return accuracy.text(labels, split)


def _accuracy(run: Run, splits: Sequence[str]) -> float:
    return next((run.evaluation[split].accuracy.value for split in splits if split in run.evaluation), 0.0)


_LOOP = (
    ("browse", "Browse the photos", "dataset", "Look at the photos"),
    ("review", "Find wrong labels", "review", "Review labels"),
    ("train", "Train", "training", "Train a run"),
    ("prove", "Prove it", "evaluation", "See how good it is"),
    ("use", "Use it", "predict", "Predict photos"),
)
