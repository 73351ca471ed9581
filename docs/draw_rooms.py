"""Draws docs/rooms.svg, the picture of the rooms: levels from tests/test_layers.py, arrows from the imports.

`python docs/draw_rooms.py` writes it; tests/test_architecture.py fails when the file differs from what this draws.
"""

import ast
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "rooms.svg"
GROUND = "ground files"
FRONT_ENDS = ("api", "streamlit_app")

WIDTH, LEFT, ROW, TOP = 960, 90, 84, 24
BOX_HEIGHT, LETTER, PADDING = 34, 7.6, 14
SHIFT = 70  # neighbouring levels are moved against each other, so that fewer arrows pass behind a box
PAGE, BAND, LINE, ROOM, TEXT = "#ffffff", "#f4f1eb", "#7d786c", "#ffffff", "#23242b"
FRONT, FRONT_LINE = "#dcd6f2", "#a99be8"


def order() -> tuple[tuple[str, ...], ...]:
    """The rooms of core by level, lowest first, as the test of the layers holds them."""
    for node in ast.parse((ROOT / "tests" / "test_layers.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ORDER":
            return ast.literal_eval(node.value)
    raise LookupError("Expected ORDER in tests/test_layers.py")


def levels() -> list[tuple[str, ...]]:
    """The rows of the picture, lowest first: the ground files as one box, the rooms, then what stands on them."""
    rooms = [names for names in order()[1:] if names != ("__main__",)]
    return [(GROUND,), *rooms, FRONT_ENDS]


def imports() -> dict[str, set[str]]:
    """The rooms that each room imports, at the top of a module or in a function."""
    known = {name for names in levels() for name in names}
    ground = set(order()[0])
    found = {name: set() for name in known}
    for package in ("core", *FRONT_ENDS):
        for file in (ROOT / package).rglob("*.py"):
            room = package if package != "core" else file.relative_to(ROOT / "core").with_suffix("").parts[0]
            room = GROUND if room in ground else room
            if room in known:
                names = _rooms_named(ast.parse(file.read_text(encoding="utf-8")))
                found[room] |= {GROUND if name in ground else name for name in names} & known - {room}
    return found


def _rooms_named(tree: ast.AST) -> set[str]:
    modules = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
    return {module.split(".")[1] for module in modules if module.startswith("core.")}


def needed_arrows(arrows: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The arrows that do not follow from others (the transitive reduction): fewer lines that say the same."""

    def reachable(room: str) -> set[str]:
        return arrows[room].union(*(reachable(lower) for lower in arrows[room]))

    return sorted(
        (room, lower)
        for room, lowers in arrows.items()
        for lower in lowers
        if not any(lower in reachable(other) for other in lowers - {lower})
    )


def drawing() -> str:
    """The picture as SVG."""
    rows = levels()
    height = 2 * TOP + ROW * len(rows)
    boxes = {}
    for number, names in enumerate(rows):
        gap = (WIDTH - LEFT) / len(names)
        for index, name in enumerate(names):
            width = max(90, LETTER * len(_label(name)) + 2 * PADDING)
            y = height - TOP - ROW * (number + 1) + (ROW - BOX_HEIGHT) / 2
            boxes[name] = (
                LEFT + gap * (index + 0.5) + SHIFT * (number % 3 - 1) * (0 < number < len(rows) - 1),
                y,
                width,
            )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="14">',
        "<title>The rooms of Tuskscope: each imports only rooms below it</title>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker>',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="{PAGE}"/>',
    ]
    for number in range(len(rows)):
        y = height - TOP - ROW * (number + 1)
        label = f"level {number}" if number < len(rows) - 1 else "front ends"
        parts.append(
            f'<rect x="8" y="{y + 4}" width="{WIDTH - 16}" height="{ROW - 8}" rx="6" fill="{BAND}"/>'
            f'<text x="20" y="{y + ROW / 2 + 5:g}" font-size="12" fill="{LINE}">{label}</text>'
        )
    for upper, lower in needed_arrows(imports()):
        parts.append(_arrow(boxes[upper], boxes[lower], FRONT_LINE if upper in FRONT_ENDS else LINE))
    parts += [_box(name, *place) for name, place in boxes.items()]
    return "\n".join([*parts, "</svg>", ""])


def _label(name: str) -> str:
    return " · ".join(order()[0]) if name == GROUND else name


def _box(name: str, x: float, y: float, width: float) -> str:
    fill = FRONT if name in FRONT_ENDS else ROOM
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX_HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="{LINE}"/><text x="{x:.1f}" y="{y + 22:.1f}" text-anchor="middle" '
        f'fill="{TEXT}">{escape(_label(name))}</text>'
    )


def _arrow(upper: tuple[float, float, float], lower: tuple[float, float, float], colour: str) -> str:
    (x1, y1, _), (x2, y2, _) = upper, lower
    start, end = y1 + BOX_HEIGHT, y2 - 2
    bend = (end - start) / 2
    return (
        f'<path d="M{x1:.1f} {start:.1f}C{x1:.1f} {start + bend:.1f} {x2:.1f} {end - bend:.1f} {x2:.1f} {end:.1f}" '
        f'fill="none" stroke="{colour}" stroke-width="1.3" marker-end="url(#tip)"/>'
    )


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
