"""Imports go one way, and TensorFlow stays where it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "core": {"streamlit", "flask", "apiflask", "plotly", "api", "streamlit_app"},
    "api": {"streamlit", "plotly", "streamlit_app", "tensorflow", "keras", "tf_keras_vis"},
    "streamlit_app": {"flask", "apiflask", "tensorflow", "keras", "tf_keras_vis", "api"},
}
# The rooms of core, lowest first: a room may import lower ones only, not its neighbours on the same level.
ORDER = (
    ("errors", "files", "cache", "paths", "memory", "escaping", "process_identity", "processes", "records"),
    ("dataset", "sample", "metrics"),
    ("networks",),
    ("runs",),
    ("features", "jobs", "export"),
    ("prediction", "review"),
    ("explanation", "training"),
    ("evaluation",),
    ("workflows",),
    ("cli",),
    ("__main__",),
)
MAY_IMPORT_TENSORFLOW = {
    "core/networks/networks.py",
    "core/networks/backbones.py",
    "core/networks/tuned_networks.py",
    "core/networks/conversion.py",
    "core/training/fit.py",
    "core/training/tune.py",
    "core/explanation/gradient_maps.py",
}
HEAVY = {"tensorflow", "keras", "tf_keras_vis"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def rooms_imported(tree: ast.AST) -> set[str]:
    """The rooms of core that a module imports, at its top or in a function."""
    rooms = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "core" else [module]
        rooms |= {name.split(".")[1] for name in names if name.startswith("core.")}
    return rooms


def test_a_room_imports_lower_rooms_only():
    level = {room: number for number, rooms in enumerate(ORDER) for room in rooms}
    wrong = []
    for path in modules("core"):
        own = path.relative_to(ROOT / "core").with_suffix("").parts[0]
        if own == "__init__":
            continue
        for room in rooms_imported(ast.parse(path.read_text(encoding="utf-8"))) - {own}:
            if level[room] >= level[own] > 0 or level[room] > level[own]:  # the ground files know each other
                wrong.append(f"{path.relative_to(ROOT)} imports {room}")
    assert wrong == []


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_go_one_way(package):
    wrong = {
        str(path.relative_to(ROOT)): names
        for path in modules(package)
        if (names := imported(ast.parse(path.read_text(encoding="utf-8"))) & FORBIDDEN[package])
    }
    assert wrong == {}


def test_only_the_named_modules_import_tensorflow_at_module_level():
    found = set()
    for path in modules("core"):
        top = ast.Module([node for node in ast.parse(path.read_text(encoding="utf-8")).body], [])
        statements = [node for node in top.body if isinstance(node, ast.Import | ast.ImportFrom)]
        if imported(ast.Module(statements, [])) & HEAVY:
            found.add(path.relative_to(ROOT).as_posix())
    assert found <= MAY_IMPORT_TENSORFLOW


def test_a_process_that_only_predicts_never_imports_tensorflow(quick_run, trained_paths):
    photo = next((trained_paths.data_dir / "world" / "test").rglob("*.png"))
    code = (
        "import sys\n"
        "from core.__main__ import run\n"
        f"sys.argv = ['core', 'predict', {str(photo)!r}, '--json']\n"
        "status = run()\n"
        "heavy = [name for name in ('tensorflow', 'keras', 'streamlit', 'flask') if name in sys.modules]\n"
        "sys.exit(f'imported {heavy}' if heavy else status)\n"
    )
    environment = {"TUSKSCOPE_MODELS": str(trained_paths.models_dir), "TUSKSCOPE_DATA": str(trained_paths.data_dir)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PATH": "", **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_A2_nothing_dangerous_is_called():
    """RELIABILITY A2: names that run code from data or break running processes."""
    banned = {"eval", "exec", "fork", "extractall", "clear_session", "enable_unsafe_deserialization"}
    wrong = []
    for package in FORBIDDEN:
        for path in modules(package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    keywords = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
                    if (
                        name in banned
                        or keywords.get("shell") is True
                        or keywords.get("safe_mode") is False
                        or keywords.get("unsafe_allow_html") is True
                    ):
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    assert wrong == []
