"""Writes docs/reliability.md: the promises of docs/promises.toml, the tests that hold them, the last figures.

`python docs/write_reliability.py` writes it; tests/test_reliability.py fails when the file is another.
"""

import ast
import json
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
PROMISES = ROOT / "docs" / "promises.toml"
FIGURES = ROOT / "docs" / "reliability_figures.json"
ID = re.compile(r"(?<![A-Za-z0-9])[A-Z][0-9]{1,2}(?![A-Za-z0-9])")
HEAD = """# Reliability

What Tuskscope promises, row by row. A test holds a row by carrying its id in its name (`pytest -k I11`); the figures
are those of the last `make test-long` that noted them, on two shared processor cores. What the rows mean for security:
[SECURITY.md](../SECURITY.md).

This page is written by `python docs/write_reliability.py`; the promises stand in `docs/promises.toml`.
"""


@dataclass(frozen=True)
class Promise:
    """One row.

    Attributes:
        id: A letter and a number.
        text: What is promised.
        files: The test files that hold it.
        figure, date: What was measured last, and when; "" where nothing is measured.
        apart: Why no test holds it; "" where one does.
    """

    id: str
    text: str
    files: tuple[str, ...]
    figure: str
    date: str
    apart: str


def promises() -> dict[str, list[Promise]]:
    """The rows by the title of their group, in their order."""
    content, tests = tomllib.loads(PROMISES.read_text(encoding="utf-8")), held()
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    apart, result = content.pop("apart"), {}
    del content["text"]
    for group in content.values():
        for title, rows in group.items():
            result[title] = [
                Promise(id, text, tuple(sorted(tests[id])), *_figure(figures.get(id)), apart.get(id, ""))
                for id, text in rows.items()
            ]
    return result


def held() -> dict[str, set[str]]:
    """The test files by the ids that their tests carry in their names."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for id in ID.findall(node.name.replace("_", " ")):
                    found[id].add(file.relative_to(ROOT).as_posix())
    return found


def page() -> str:
    """The document."""
    groups = promises()
    rows = [row for group in groups.values() for row in group]
    apart = sum(bool(row.apart) for row in rows)
    parts = [HEAD, f"{len(rows)} promises: {len(rows) - apart} are held by tests; {apart} are not, and say why."]
    for title, group in groups.items():
        parts.append(f"\n## {title}\n\n| id | promise | held by | last figure | date |\n|---|---|---|---|---|")
        for row in group:
            by = f"no test: {row.apart}" if row.apart else ", ".join(f"`{file}`" for file in row.files)
            parts.append(f"| {row.id} | {row.text} | {by} | {row.figure} | {row.date} |")
    foundations = tomllib.loads(PROMISES.read_text(encoding="utf-8"))["text"]["foundations"]
    return "\n".join([*parts, "\n## What these promises rest on\n", foundations.strip(), ""])


def note(id: str, figure: str, date: str) -> None:
    """Keeps the last figure of a row."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    figures[id] = {"figure": figure, "date": date}
    FIGURES.write_text(json.dumps(dict(sorted(figures.items())), indent=2) + "\n", encoding="utf-8")


def _figure(kept: dict[str, str] | None) -> tuple[str, str]:
    return (kept["figure"], kept["date"]) if kept else ("", "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
