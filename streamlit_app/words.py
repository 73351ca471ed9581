"""Words and numbers as the pages write them."""

from collections.abc import Sequence
from datetime import datetime

from core.escaping import plain as plain


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 photo`, `1,028 photos`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """`12 s`, `3 min`, `2 h 5 min`."""
    seconds = max(0, round(seconds))
    if seconds < 90:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def file_size(num_bytes: float) -> str:
    """`12 KB`, `3.4 MB`."""
    return f"{num_bytes / 1000:,.0f} KB" if num_bytes < 1e6 else f"{num_bytes / 1e6:,.1f} MB"


def day(iso: str) -> str:
    """`2026-11-23T09:30:00+00:00` as `23 Nov 2026, 09:30`; in the machine's own time zone."""
    try:
        moment = datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return iso
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def listed(names: Sequence[str]) -> str:
    """`African`, `African and Asian`, `bear, cat and dog`."""
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last
