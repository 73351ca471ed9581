"""Photos to select, and buttons that decide about all that are selected."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from streamlit_app.components import component
from streamlit_app.components.photo_grid import GridPhoto


def review_grid(
    photos: Sequence[GridPhoto], colors: dict[str, str], key: str, on_decided: Callable[[], None], columns: int = 6
) -> str | None:
    """Shows the photos; returns the path of the one just opened.

    Args:
        photos: In the order to show; at most some dozens.
        colors: Of the classes; each is a button, beside Keep and Exclude.
        key: Of the widget. Its value's `decided` is `paths`, `action` and `label`.
        on_decided: Called when somebody decided.
        columns: On a wide page; narrow ones take fewer.
    """
    actions = [{"action": "relabel", "label": name, "text": name, "color": color} for name, color in colors.items()]
    actions += [{"action": name, "label": "", "text": name.capitalize(), "color": ""} for name in ("keep", "exclude")]
    result = component("review_grid", "photo_grid")(
        data={"columns": columns, "photos": [asdict(photo) for photo in photos], "actions": actions},
        key=key,
        on_decided_change=on_decided,
        on_opened_change=lambda: None,
    )
    return result.opened
