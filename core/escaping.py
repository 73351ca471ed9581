"""Text from strangers, made harmless where it is shown: in Markdown, and in the cells of a spreadsheet."""

import re
from typing import Any

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_WORD_JOINER = "\u2060"  # invisible; parts what Markdown would join
_REORDERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])  # would turn the rest of a line around
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#|~$&^@]|^[-+=!]|(?<=^\d)[.]")  # the last two only where a line begins


def plain(text: object) -> str:
    """Any text, made to show literally in Markdown, Streamlit's dialect included.

    File and class names come from strangers: they may hold links, pictures, HTML, formulas, colour directives or
    emoji codes.
    """
    shown = " ".join(str(text).translate(_REORDERING).split())
    shown = _SPECIAL.sub(r"\\\g<0>", shown)
    return shown.replace(":", f"\\:{_WORD_JOINER}").replace("www.", f"www{_WORD_JOINER}.")


def printable(text: str) -> str:
    """Text whose bytes were no UTF-8 (file names may be any bytes), with these bytes escaped; any other unchanged."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "backslashreplace").decode()


def one_line(text: str) -> str:
    """Text for a terminal: what is not printable (line ends, escape sequences, broken characters) is escaped."""
    safe = (char if char.isprintable() else char.encode("unicode_escape").decode() for char in printable(text))
    return "".join(safe)


def guard(value: Any) -> Any:
    """Puts an apostrophe before text that a spreadsheet would run as a formula; anything else stays as it is."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def unguard(value: str) -> str:
    """Takes the apostrophe of `guard` away again."""
    return value[1:] if value[:1] == "'" and value[1:].startswith(_FORMULA_STARTS) else value
