"""Small parts that Streamlit lacks: a grid of clickable photos and the stepper of the loop.

Their HTML, CSS and JavaScript are fixed files of this folder. What they show arrives as data and is written
with `textContent`, so that a file or class name stays text whatever it holds.
"""

from functools import cache
from pathlib import Path


@cache
def asset(name: str) -> str:
    """A fixed file of this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
