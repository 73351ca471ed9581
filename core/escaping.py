"""Cells of a CSV file that a spreadsheet would run as a formula, made harmless with an apostrophe."""

from typing import Any

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guard(value: Any) -> Any:
    """Puts an apostrophe before text that would start a formula; anything else stays as it is."""
    return "'" + value if isinstance(value, str) and value.startswith(_STARTS) else value


def unguard(value: str) -> str:
    """Takes the apostrophe of `guard` away again."""
    return value[1:] if value[:1] == "'" and value[1:].startswith(_STARTS) else value
