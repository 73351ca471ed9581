"""A grid of photos that are labelled by key or click, the selected ones at once."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from streamlit_app.components import component


@dataclass(frozen=True)
class LabelPhoto:
    """One photo of the grid.

    Attributes:
        id: Its path.
        source: Address of the picture; "" if the browser has it already.
        title: First line: the suggestion, or why it was chosen.
        note: Second line.
        suggested: A class, or "".
        color: `#rrggbb` of the suggestion; "" for none.
        alt: What a screen reader says.
    """

    id: str
    source: str
    title: str
    note: str
    suggested: str
    color: str
    alt: str


def label_grid(
    photos: Sequence[LabelPhoto],
    colors: dict[str, str],
    size: int,
    left: int,
    over: str,
    answer: dict[str, Any],
    key: str,
    on_sent: Callable[[], None],
    columns: int = 6,
) -> str | None:
    """Shows the first photos and holds the others ready; returns the path of a photo that is to be enlarged.

    Args:
        photos: The next ones, in order.
        colors: Of the classes, in the order of their keys 1 to 9.
        size: How many are shown at a time.
        left: Photos without an answer in all.
        over: What to say when none is left.
        answer: `client`, `acknowledged` (number of the last entry that is on disk) and `failed`, to what came last;
            `picked` (another number whenever look-alikes came) and `selected` (their paths).
        key: Of the widget. Its value's `sent` is `client`, `have`, `entries` (`number`, `paths`, `action`, `label`,
            `note`) and perhaps `extend` (paths); entries come again until they are acknowledged.
        on_sent: Called when something came.
        columns: On a wide page.
    """
    keys = [str(place) if place <= 9 else "" for place in range(1, len(colors) + 1)]
    classes = [
        {"name": name, "color": color, "key": own} for (name, color), own in zip(colors.items(), keys, strict=True)
    ]
    result = component("label_grid", "photo_grid", "review_grid")(
        data={
            "classes": classes,
            "photos": [asdict(photo) for photo in photos],
            "columns": columns,
            "size": size,
            "left": left,
            "over": over,
            **answer,
        },
        key=key,
        on_sent_change=on_sent,
        on_opened_change=lambda: None,
    )
    return result.opened
