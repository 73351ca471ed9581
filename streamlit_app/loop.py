"""Where a dataset stands in the loop browse · review · train · prove · use, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.dataset.index import Dataset
from core.metrics import headline
from core.runs.folder import LIVE_STATES, Run
from streamlit_app.words import counted

MANY_SUSPECTS = 5
State = Literal["done", "next", "open"]


@dataclass(frozen=True)
class Step:
    """One step of the loop.

    Attributes:
        name: `browse`, `review`, `train`, `prove` or `use`.
        title: What one does there.
        page: The page it happens on; one of `navigation.PAGES`.
        action: What the button says.
        state: `next` is the one step to take now.
        fact: Where it stands, in a few words (not escaped).
    """

    name: str
    title: str
    page: str
    action: str
    state: State
    fact: str


def steps(data: Dataset | None, runs: Sequence[Run], served: Run | None, suspects: int | None = None) -> list[Step]:
    """The five steps of a dataset.

    Args:
        data: The dataset, or `None` if there is none.
        runs: Its runs, newest first.
        served: The run in use, of any dataset.
        suspects: Suspicious labels not decided yet; `None` if nobody looked for them.
    """
    finished = [run for run in runs if run.state == "succeeded"]
    live = [run for run in runs if run.state in LIVE_STATES]
    comparable = [run for run in finished if "test" in run.evaluation]
    is_used = served is not None and any(run.run_id == served.run_id for run in finished)
    photos = 0 if data is None else len(data.usable)
    is_done = {
        "browse": photos > 0,
        "review": suspects is not None and suspects < MANY_SUSPECTS,
        "train": bool(finished),
        "prove": len(comparable) > 1,
        "use": is_used,
    }
    facts = {
        "browse": f"{counted(photos, 'photo')}, {counted(len(data.class_names), 'class', 'classes')}"
        if data and photos
        else "No photos in classes yet",
        "review": "Not checked yet" if suspects is None else f"{counted(suspects, 'suspicious label')} left",
        "train": _training_fact(live, finished),
        "prove": f"{counted(len(comparable), 'run')} to compare" if is_done["prove"] else "Nothing to compare yet",
        "use": f"{served.run_id} is in use" if served and is_used else "No model of this dataset is in use",
    }
    is_unlabelled = data is not None and photos > 0 and not data.class_names
    following = "browse" if is_unlabelled else _next(is_done, live)
    loop = (_LABEL, *_LOOP[1:]) if is_unlabelled else _LOOP

    def state(name: str) -> State:
        return "next" if name == following else "done" if is_done[name] else "open"

    return [Step(name, title, page, action, state(name), facts[name]) for name, title, page, action in loop]


def best_first(runs: Sequence[Run]) -> list[Run]:
    """The runs by validation accuracy, the best first; the test split chooses nothing."""

    def accuracy(run: Run) -> float:
        found = run.evaluation.get("validation") or headline(run.evaluation)
        return found.accuracy.value if found else 0.0

    return sorted(runs, key=accuracy, reverse=True)


def best(runs: Sequence[Run]) -> Run | None:
    """The best succeeded run."""
    return next(iter(best_first([run for run in runs if run.state == "succeeded" and run.evaluation])), None)


def next_step(found: Sequence[Step]) -> Step:
    """The one step to take now."""
    return next(step for step in found if step.state == "next")


def _next(is_done: Mapping[str, bool], live: Sequence[Run]) -> str:
    if live and is_done["browse"]:
        return "train"
    return next((name for name in ("browse", "train", "review", "prove") if not is_done[name]), "use")


def _training_fact(live: Sequence[Run], finished: Sequence[Run]) -> str:
    if live:
        return f"A training is {live[-1].state}"
    found = best(finished)
    result = headline(found.evaluation) if found else None
    return result.accuracy_text if result else "No model yet"


_LABEL = ("browse", "Label the photos", "label", "Label the photos")  # of photos that nobody has labelled
_LOOP = (
    ("browse", "Browse the photos", "dataset", "Look at the photos"),
    ("review", "Fix wrong labels", "review", "Review labels"),
    ("train", "Train a model", "training", "Train a model"),
    ("prove", "Prove the gain", "prove", "Compare labels"),
    ("use", "Use it", "predict", "Predict photos"),
)
