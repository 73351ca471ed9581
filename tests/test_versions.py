"""RELIABILITY A3: versions below these have known holes; a committed floor cannot be fooled by a silent audit tool."""

import tomllib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

SAFE_SINCE = {
    "pillow": "13.0.0",
    "keras": "3.15.1",
    "flask": "3.1.3",
    "werkzeug": "3.1.9",
    "waitress": "3.0.2",
    "streamlit": "1.67",
    "python-multipart": "0.0.22",
}
ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
# Tools that only developers run: a user who types `make app` does not wait for them.
DEVELOPERS_ONLY = {
    "ruff",
    "mypy",
    "pytest-cov",
    "playwright",
    "axe-playwright-python",
    "schemathesis",
    "tritonclient",
    "openapi-python-client",
}


def lines(file: str) -> list[str]:
    return [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def requirements(file: str) -> dict[str, Requirement]:
    texts = [line.partition("#")[0].strip() for line in lines(file) if not line.startswith("-r ")]
    return {(item := Requirement(text)).name.lower(): item for text in texts if text}


def here(file: str) -> dict[str, Requirement]:
    """What a file asks for on this system."""
    return {name: item for name, item in requirements(file).items() if item.marker is None or item.marker.evaluate()}


@pytest.mark.parametrize(("name", "floor"), SAFE_SINCE.items())
def test_A3_the_requirement_and_the_installed_version_are_safe(name, floor):
    (specifier,) = requirements("requirements.txt")[name].specifier
    assert specifier.operator == ">=" and Version(specifier.version) >= Version(floor)
    assert Version(version(name)) >= Version(floor)


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_says_why_it_is_there(file):
    for line in lines(file):
        assert not line or "#" in line, f"{line}: no comment"


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_is_met(file):
    if file == "requirements-dev.txt" and not find_spec("pytest_cov"):
        pytest.skip("only requirements.txt is installed (make test installs requirements-dev.txt)")
    for name, item in here(file).items():
        assert item.specifier.contains(version(name), prereleases=True), name


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_is_pinned_to_a_tested_version_that_satisfies_it_on_every_system(file):
    pinned = requirements("constraints.txt")
    for name, item in requirements(file).items():
        (specifier,) = pinned[name].specifier
        assert specifier.operator == "==" and item.specifier.contains(specifier.version, prereleases=True), name


def test_the_constraints_are_names_and_exact_versions_only():
    for item in requirements("constraints.txt").values():
        assert [specifier.operator for specifier in item.specifier] == ["=="] and not item.url, item


def test_a_user_installs_no_test_tool_but_pytest():
    assert DEVELOPERS_ONLY <= requirements("requirements-dev.txt").keys()
    assert not requirements("requirements-dev.txt").keys() & requirements("requirements.txt").keys()


def test_the_changelog_begins_with_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = next(line for line in changelog.splitlines() if line.startswith("## "))
    assert heading.split()[1] == project["version"]
