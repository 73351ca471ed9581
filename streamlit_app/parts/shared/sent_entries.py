"""What a grid or a queue sent to be saved: numbered entries that come again until they are acknowledged."""

from collections.abc import Callable
from typing import Any

from core.errors import TuskscopeError


def not_saved(error: Exception) -> str:
    """Why a decision is not on disk (not escaped)."""
    return f"Not saved: {error if isinstance(error, TuskscopeError) else 'the disk cannot be written.'}"


def take_entries(
    sent: dict[str, Any], state: dict[str, Any], save: Callable[[dict[str, Any]], None]
) -> list[dict[str, Any]]:
    """Saves what was not taken before; it may come as often as it likes.

    Args:
        sent: `client` and `entries`, each with its `number`.
        state: Of the visit, changed: entries up to `acknowledged` are on disk or in `failed` with a sentence.
        save: Writes one entry to disk.

    Returns:
        The entries that were taken now, in their order.
    """
    client, taken = sent["client"], []
    if client != state["client"]:
        state.update(client=client, acknowledged=0)
    state["failed"] = [failure for failure in state["failed"] if failure["client"] == client][-20:]
    for entry in sorted(sent["entries"], key=lambda entry: entry["number"]):
        if entry["number"] <= state["acknowledged"]:
            continue
        try:
            save(entry)
        except (TuskscopeError, OSError) as error:
            state["failed"].append({"number": entry["number"], "client": client, "message": not_saved(error)})
        state["acknowledged"] = entry["number"]
        taken.append(entry)
    return taken
