"""RELIABILITY A3: versions below these have known holes; a committed floor cannot be fooled by a silent audit tool."""

from importlib.metadata import version
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
REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def requirements() -> dict[str, Requirement]:
    lines = [line.partition("#")[0].strip() for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()]
    found = [Requirement(line) for line in lines if line]
    return {item.name.lower(): item for item in found if item.marker is None or item.marker.evaluate()}


@pytest.mark.parametrize(("name", "floor"), SAFE_SINCE.items())
def test_A3_the_requirement_and_the_installed_version_are_safe(name, floor):
    (specifier,) = requirements()[name].specifier
    assert specifier.operator == ">=" and Version(specifier.version) >= Version(floor)
    assert Version(version(name)) >= Version(floor)


def test_every_requirement_is_met_and_says_why_it_is_there():
    for name, item in requirements().items():
        assert item.specifier.contains(version(name), prereleases=True), name
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        assert not line or "#" in line, f"{line}: no comment"
