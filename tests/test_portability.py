"""No call that one system alone has, without a way for the others."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("src/modelcheck", "cli", "checks", "profiles", "reports")
# As the documentation of Python 3.14 had it on 2026-11-24: what is said to be available on Unix alone, or not on
# Windows; and what Windows alone has.
ONE_SYSTEM = {
    "os": frozenset(
        [
            "chown",
            "chroot",
            "confstr",
            "ctermid",
            "fchmod",
            "fchown",
            "fork",
            "forkpty",
            "geteuid",
            "getegid",
            "getgid",
            "getgroups",
            "getloadavg",
            "getpgid",
            "getpgrp",
            "getpriority",
            "getresuid",
            "getsid",
            "getuid",
            "initgroups",
            "lchown",
            "lockf",
            "major",
            "minor",
            "mkfifo",
            "mknod",
            "nice",
            "openpty",
            "pathconf",
            "pipe2",
            "posix_fadvise",
            "posix_fallocate",
            "posix_spawn",
            "pread",
            "pwrite",
            "readv",
            "register_at_fork",
            "sched_getaffinity",
            "sched_yield",
            "sendfile",
            "setegid",
            "seteuid",
            "setgid",
            "setgroups",
            "setpgid",
            "setpriority",
            "setsid",
            "setuid",
            "statvfs",
            "sync",
            "sysconf",
            "tcgetpgrp",
            "uname",
            "wait",
            "wait3",
            "wait4",
            "waitid",
            "writev",
            "EX_OK",
            "O_CLOEXEC",
            "O_DIRECT",
            "O_DIRECTORY",
            "O_DSYNC",
            "O_NOATIME",
            "O_NOCTTY",
            "O_NOFOLLOW",
            "O_NONBLOCK",
            "O_PATH",
            "O_SYNC",
            "O_TMPFILE",
            "O_BINARY",
            "O_NOINHERIT",
            "O_TEMPORARY",
            "O_TEXT",
            "startfile",
            "add_dll_directory",
        ]
    ),
    "signal": frozenset(
        [
            "SIGALRM",
            "SIGBUS",
            "SIGCHLD",
            "SIGCONT",
            "SIGHUP",
            "SIGKILL",
            "SIGPIPE",
            "SIGPROF",
            "SIGQUIT",
            "SIGSTOP",
            "SIGTSTP",
            "SIGUSR1",
            "SIGUSR2",
            "SIGWINCH",
            "SIGXFSZ",
            "SIGBREAK",
            "CTRL_C_EVENT",
            "CTRL_BREAK_EVENT",
            "alarm",
            "getitimer",
            "pause",
            "pthread_kill",
            "pthread_sigmask",
            "setitimer",
            "siginterrupt",
            "sigpending",
            "sigtimedwait",
            "sigwait",
        ]
    ),
    "socket": frozenset(
        ["AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "SO_REUSEPORT", "sethostname", "if_nameindex"]
    ),
    "time": frozenset(["clock_gettime", "clock_settime", "tzset", "pthread_getcpuclockid"]),
    "ctypes": frozenset(["windll", "WinDLL", "WinError", "oledll", "FormatError"]),
    "shutil": frozenset({"chown"}),
}
MODULES = frozenset(
    [
        "fcntl",
        "grp",
        "posix",
        "pty",
        "pwd",
        "readline",
        "resource",
        "syslog",
        "termios",
        "tty",
        "curses",
        "msvcrt",
        "winreg",
        "winsound",
        "_winapi",
    ]
)
GUARDS = ("sys.platform", "os.name", "hasattr(", "getattr(", "WINDOWS")


def files() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of each use that nothing guards: no condition on the system around it or before it."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        for name in _names(node):
            if not _is_guarded(node, parents):
                yield getattr(node, "lineno", 0), name


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.attr in ONE_SYSTEM.get(node.value.id, ()):
            yield f"{node.value.id}.{node.attr}"
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if module in MODULES:
            yield module
        yield from (f"{module}.{alias.name}" for alias in node.names if alias.name in ONE_SYSTEM.get(module, ()))


def _is_guarded(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    while node in parents:
        child, node = node, parents[node]
        if isinstance(node, ast.If | ast.IfExp) and child is not node.test and _says(node.test):
            return True
        if isinstance(node, ast.Try) and child in node.body and _catches(node):
            return True
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(one, ast.If) and _says(one.test) and isinstance(one.body[-1], ast.Return | ast.Raise)
            for one in node.body
        ):
            return True
    return False


def _says(test: ast.expr) -> bool:
    return any(guard in ast.unparse(test) for guard in GUARDS)


def _catches(node: ast.Try) -> bool:
    caught = " ".join(ast.unparse(handler.type) for handler in node.handlers if handler.type is not None)
    return any(kind in caught for kind in ("ImportError", "AttributeError", "ModuleNotFoundError"))


def test_the_whole_program_is_looked_at() -> None:
    assert len(files()) > 200


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_used_that_another_system_has_not(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{line}: {name}"
        for path in files()
        if (ROOT / folder) in path.parents
        for line, name in faults(ast.parse(path.read_text("utf-8")))
    ]

    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.getuid()",
        "import fcntl",
        "from os import mkfifo",
        "from signal import SIGKILL",
        "import os\nflags = os.O_NOFOLLOW",
        "import os\nif sys.flags.dev_mode:\n    os.getuid()",
        "import os\ntry:\n    os.fork()\nexcept OSError:\n    pass",
        "def f():\n    if os.getuid() == 0:\n        return",
    ],
)
def test_a_use_without_a_guard_is_found(text: str) -> None:
    assert list(faults(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "import os\nif hasattr(os, 'getuid'):\n    os.getuid()",
        "try:\n    import fcntl\nexcept ImportError:\n    fcntl = None",
        "import os\nflags = getattr(os, 'O_NOFOLLOW', 0)",
        "def f():\n    if sys.platform != 'win32':\n        return None\n    return ctypes.windll.kernel32",
        "x = os.uname() if os.name == 'posix' else None",
    ],
)
def test_a_use_with_a_guard_is_let_pass(text: str) -> None:
    assert not list(faults(ast.parse(text)))
