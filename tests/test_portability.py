"""Tuskscope runs on Linux, macOS and Windows: what only some of them have is called behind a guard."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
POSIX_MODULES = set("fcntl grp posix pty pwd resource syslog termios tty".split())
# Not on Windows, or (kill, chown) of another effect there.
POSIX_NAMES = {
    "os": set(
        "WNOHANG chown chroot fchmod fchown fdatasync fork forkpty getegid geteuid getgid getloadavg getpgid getsid "
        "getuid kill killpg lchown mkfifo nice openpty posix_fadvise posix_fallocate pread preadv pwrite pwritev "
        "sched_getaffinity sched_setaffinity sendfile setgid setpgid setsid setuid statvfs sync sysconf umask uname "
        "wait waitpid".split()
    ),
    "signal": set(
        "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 alarm pause setitimer sigwait".split()
    ),
    "time": {"tzset"},
    "socket": {"AF_UNIX", "SO_REUSEPORT"},
}
POSIX_KEYWORDS = {"start_new_session", "preexec_fn", "process_group", "pass_fds"}
DATE_WITHOUT_ZERO = re.compile(r"%-[a-zA-Z]")  # glibc's; Windows answers with an error
POSIX_FOLDERS = re.compile(r"^/(dev|proc|tmp|etc|sys)\b")


def is_guard(test: ast.AST) -> bool:
    """Whether a condition asks which system this is, or whether something is there."""
    return any(word in ast.unparse(test) for word in ("os.name", "sys.platform", "hasattr(os,", "hasattr(signal,"))


def unguarded(tree: ast.AST) -> list[str]:
    """Every call or name of the lists above that no `if` around it, or before it in its function, guards."""
    found = []

    def visit(node: ast.AST, guarded: bool) -> None:
        name = ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            name = ", ".join(module for module in names if module in POSIX_MODULES)
            if isinstance(node, ast.ImportFrom) and node.module in POSIX_NAMES:
                name = ", ".join(alias.name for alias in node.names if alias.name in POSIX_NAMES[node.module])
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = ast.unparse(node) if node.attr in POSIX_NAMES.get(node.value.id, ()) else ""
        elif isinstance(node, ast.keyword | ast.Constant):
            text = node.arg if isinstance(node, ast.keyword) else node.value
            if text in POSIX_KEYWORDS:
                name = text
            elif isinstance(text, str) and (DATE_WITHOUT_ZERO.search(text) or POSIX_FOLDERS.match(text)):
                name = text
        if name and not guarded:
            found.append(f"line {node.lineno}: {name}")
        for field in ast.iter_fields(node):
            values = field[1] if isinstance(field[1], list) else [field[1]]
            inside = guarded or (isinstance(node, ast.If | ast.IfExp) and is_guard(node.test))
            for value in values:
                if isinstance(value, ast.AST):
                    visit(value, inside)
                    # `if os.name != "posix": return` guards what follows it
                    inside = inside or (isinstance(value, ast.If) and is_guard(value.test) and leaves(value))

    visit(tree, False)
    return found


def leaves(branch: ast.If) -> bool:
    return isinstance(branch.body[-1], ast.Return | ast.Raise | ast.Continue)


@pytest.mark.parametrize("package", ["core", "api", "streamlit_app"])
def test_nothing_that_only_posix_knows_is_called_without_a_guard(package):
    wrong = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        if lines := unguarded(ast.parse(path.read_text(encoding="utf-8"))):
            wrong[str(path.relative_to(ROOT))] = lines
    assert wrong == {}


@pytest.mark.parametrize(
    "code",
    [
        "import fcntl",
        "from os import killpg",
        "import os\nos.nice(10)",
        "import os\nif True:\n    os.pread(1, 1, 0)",
        "import signal\nstop = signal.SIGKILL",
        "run(command, start_new_session=True)",
        "options = {'start_new_session': True}",
        "f'{moment:%-d %b}'",
        "moment.strftime('%-d')",
        "open('/proc/meminfo')",
        "import os\ndef f():\n    if os.name == 'nt':\n        pass\n    return os.getuid()",
    ],
)
def test_an_unguarded_call_is_noticed(code):
    assert len(unguarded(ast.parse(code))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import os\nif hasattr(os, 'nice'):\n    os.nice(10)",
        "import os\ncores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()",
        "import os\ndef f():\n    if os.name != 'posix':\n        return\n    os.sync()",
        "import sys\nif sys.platform == 'win32':\n    options = {}\nelse:\n    options = {'start_new_session': True}",
    ],
)
def test_a_guarded_call_is_let_pass(code):
    assert unguarded(ast.parse(code)) == []
