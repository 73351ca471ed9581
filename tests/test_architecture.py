"""The documents tell the truth: the picture of the rooms is today's, and the modules they name exist."""

import re
from itertools import product
from pathlib import Path

import pytest

from docs import draw_rooms

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [path for folder in ("", "docs", "deploy", "data") for path in sorted((ROOT / folder).glob("*.md"))]
CODE = ("core", "streamlit_app", "api", "benchmarks", "deploy", "docs", "tests")
# core/runs/folder.py, core/training/{fit,tune}.py, tests/jobs: a path in one of the folders of code.
PATH = re.compile(rf"(?<![\w/.])(?:{'|'.join(CODE)})/[\w/{{}},.-]*[\w}}]")
DOTTED = re.compile(rf"(?<![\w/.])(?:{'|'.join(CODE)})(?:\.[a-z_]+)+(?![\w/])")
WALKS = ("A photo to its answer", "A photo to its overlay", "A folder to a run", "A decision to the next training")


def alternatives(text: str) -> list[str]:
    """`a/{b,c}.py` is `a/b.py` and `a/c.py`."""
    parts = [part[1:-1].split(",") if part.startswith("{") else [part] for part in re.split(r"(\{[^}]*\})", text)]
    return ["".join(chosen) for chosen in product(*parts)]


def missing(text: str) -> list[str]:
    """The paths and dotted names of our code that do not exist; addresses such as `/api/v1/runs` are none of it."""
    paths = [name for found in PATH.findall(text) for name in alternatives(found) if not name.startswith("api/v1")]
    wrong = [name for name in paths if not (ROOT / name).exists()]
    return wrong + [name for name in DOTTED.findall(text) if not _is_there(name.split("."))]


def _is_there(parts: list[str]) -> bool:
    """Whether `core.runs.folder` is a module, or `core.metrics.compare` is said in one."""
    path = ROOT.joinpath(*parts)
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    owners = (path.parent.with_suffix(".py"), path.parent / "__init__.py")
    return any(owner.is_file() and parts[-1] in owner.read_text(encoding="utf-8").split() for owner in owners)


@pytest.fixture(scope="module")
def drawing() -> str:
    return draw_rooms.drawing()


def test_the_picture_of_the_rooms_is_drawn_from_todays_imports(drawing):
    assert draw_rooms.PICTURE.read_text(encoding="utf-8") == drawing, "Run: python docs/draw_rooms.py"


def test_only_arrows_that_follow_from_others_are_left_out():
    arrows = {"a": {"b", "c", "d"}, "b": {"c"}, "c": set(), "d": set()}
    assert draw_rooms.needed_arrows(arrows) == [("a", "b"), ("a", "d"), ("b", "c")]


def test_every_room_is_in_the_picture_and_in_the_table_beside_it(drawing):
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for level, names in enumerate(draw_rooms.levels()[1:-1], start=1):
        assert all(f"| {level} | `{name}` |" in page and f">{name}</text>" in drawing for name in names)


def test_each_walk_names_the_modules_that_it_passes_through():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for walk in WALKS:
        (text,) = re.findall(rf"### {walk}\n(.*?)(?=\n###|\Z)", page, re.DOTALL)
        named = {name for name in PATH.findall(text) if name.endswith(".py")}
        assert len(named) >= 5 and all((ROOT / name).is_file() for name in named), walk


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_no_module_that_does_not_exist(document):
    assert missing(document.read_text(encoding="utf-8")) == []


def test_a_name_that_is_gone_is_noticed():
    text = "see `core/training/{fit,gone}.py`, core.runs.gone.Run, core/runs/folder.py, api.errors, /api/v1/runs"
    assert missing(text) == ["core/training/gone.py", "core.runs.gone"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_links_of_a_document_lead_to_files(document):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        assert "://" in target or (document.parent / target).exists(), target
