"""One photo at a time, decided by button or key; the next one is in the browser before it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from streamlit_app.components import component

OWN_KEYS = {"keep": "k", "exclude": "x", "skip": "s", "undo": "u"}


@dataclass(frozen=True)
class Figure:
    """A small picture with a label below it.

    Attributes:
        source: Its address, see `components.data_url`; "" if there is no picture.
        label: A class.
        note: What a screen reader says.
        id: Path of the photo that a click opens; "" for none.
    """

    source: str
    label: str
    note: str
    id: str = ""


@dataclass(frozen=True)
class Bar:
    """The probability of a class: its name, its length as a share, and the percentage as text."""

    name: str
    value: float
    text: str


@dataclass(frozen=True)
class QueuePhoto:
    """One photo of the queue.

    Attributes:
        id: Its path.
        twin: Its sha256: a decision about it holds for its exact copies, which are then passed over.
        source: Address of the large picture.
        given: The label of its folder.
        suggested: A class, or "".
        advice: `relabel`, `exclude` or `keep`; "" if nothing is suggested.
        reason: A sentence.
        split: Of the dataset.
        bars: Of the classes, the most probable first.
        heats: The photo with the heat map of each class.
        near: The photos most similar to it.
    """

    id: str
    twin: str
    source: str
    given: str
    suggested: str
    advice: str
    reason: str
    split: str
    bars: Sequence[Bar]
    heats: Sequence[Figure]
    near: Sequence[Figure]


@dataclass(frozen=True)
class KnownPhoto:
    """A photo of the queue that the browser has already; `id` and `twin` as above."""

    id: str
    twin: str


def class_keys(class_names: Sequence[str]) -> dict[str, list[str]]:
    """The keys of every class: its number, and its first letter where no other class and no other action has it.

    African and Asian get `1` and `2` alone: a letter further on would have to be learned by heart.
    """
    firsts = [name[:1].lower() for name in class_names]
    free = [letter.isalpha() and letter not in OWN_KEYS.values() and firsts.count(letter) == 1 for letter in firsts]
    return {
        name: [str(place)] * (place <= 9) + [first] * is_free
        for place, (name, first, is_free) in enumerate(zip(class_names, firsts, free, strict=True), start=1)
    }


def review_queue(
    photos: Sequence[QueuePhoto | KnownPhoto],
    colors: dict[str, str],
    left: int,
    over: str,
    answer: dict[str, Any],
    key: str,
    on_sent: Callable[[], None],
) -> str | None:
    """Shows the first photo and holds the others ready; returns the path of a photo just clicked.

    Args:
        photos: The next ones, in order.
        colors: Of the classes.
        left: Photos in the whole queue.
        over: What to say when none is left.
        answer: `client`, `acknowledged` (number of the last entry that is on disk) and `failed`, to what came last.
        key: Of the widget. Its value's `sent` is `client`, `have` and `entries` (`number`, `path`, `action`, `label`);
            entries come again until they are acknowledged.
        on_sent: Called when something came.
    """
    keys = class_keys(list(colors))
    result = component("review_queue")(
        data={
            "classes": [{"name": name, "color": color, "keys": keys[name]} for name, color in colors.items()],
            "keys": OWN_KEYS,
            "items": [asdict(photo) for photo in photos],
            "left": left,
            "over": over,
            **answer,
        },
        key=key,
        on_sent_change=on_sent,
        on_opened_change=lambda: None,
    )
    return result.opened
