"""Words and numbers as the pages write them."""

from collections.abc import Sequence
from datetime import datetime

from core.metrics import EvaluationResult, Measured

_WORD_JOINER = "\u2060"  # invisible; parts what Markdown would join
_REORDERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])  # would turn the rest of a line around
_SPECIAL = set("\\`*_{}[]()<>#+-.!|~$&^=/@'\"")


def plain(text: object) -> str:
    """Any text, made to show literally where Streamlit would read Markdown (captions, labels, messages).

    File and class names come from other people: they may hold links, pictures, formulas or colour directives.
    """
    shown = []
    for character in " ".join(str(text).translate(_REORDERING).split()):
        if character == ":":
            shown.append("\\:" + _WORD_JOINER)  # emoji and icon codes are found even behind a backslash
        elif character in _SPECIAL:
            shown.append("\\" + character)
        else:
            shown.append(character)
    return "".join(shown).replace("www\\.", f"www{_WORD_JOINER}\\.")


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 photo`, `1,028 photos`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def interval_text(measured: Measured, note: str = "") -> str:
    """`92.2 % (87.3–95.3, n = 179)`: a share where labels and split stand elsewhere; a note follows n."""
    value, low, high = (f"{100 * share:.1f}" for share in (measured.value, measured.low, measured.high))
    return f"{value} % ({low}–{high}, n = {measured.n}{note and ', ' + note})"


def accuracy_text(result: EvaluationResult) -> str:
    """`92.2 % accuracy (87.3–95.3, n = 179, given labels, test)`."""
    return result.accuracy.text(result.labels, result.split).replace(" %", " % accuracy", 1)


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
