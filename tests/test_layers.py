"""The layers of the house: each contract holds here, and each is broken by a tree made to break it."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True, cache_dir=None))"

NOT_IN_CORE = {"asyncio", "os", "socket", "subprocess"}
IN_CORE = (sys.stdlib_module_names - NOT_IN_CORE) | {"msgspec"}

LAYERS = ("app", "checks", "cli", "core", "fix", "guard", "probes", "profiles", "reports", "standin", "store")

FAULTS = {
    "core/asks_the_machine.py": ("import os.path", "modelcheck.core is not allowed to import os"),
    "core/asks_the_net.py": ("def f():\n    import httpx", "modelcheck.core is not allowed to import httpx"),
    "core/knows_probes.py": ("import modelcheck.probes", "modelcheck.core is not allowed to import modelcheck.probes"),
    "standin/knows_app.py": (
        "from modelcheck import app",
        "modelcheck.standin is not allowed to import modelcheck.app",
    ),
    "standin/knows_guard.py": (
        "from modelcheck import guard",
        "modelcheck.standin is not allowed to import modelcheck.guard",
    ),
    "checks/looks.py": (
        "from modelcheck.probes import x",
        "modelcheck.checks is not allowed to import modelcheck.probes",
    ),
    "reports/judges.py": (
        "import modelcheck.profiles",
        "modelcheck.reports is not allowed to import modelcheck.profiles",
    ),
    "fix/remembers.py": ("import modelcheck.store", "modelcheck.fix is not allowed to import modelcheck.store"),
    "store/composes.py": ("import modelcheck.app.audit", "modelcheck.store is not allowed to import modelcheck.app"),
    "app/parses.py": ("import modelcheck.cli", "modelcheck.app is not allowed to import modelcheck.cli"),
    "helpers/any.py": ("", "- modelcheck.helpers"),
}
"""File of the house → what it holds, and the sentence that import-linter says about it."""

ALLOWED = {
    "__init__.py": "def require_local():\n    from modelcheck.app import audit\n    return audit",
    "core/rules.py": "import math\nimport msgspec\nfrom modelcheck.core import names",
    "core/names.py": "",
    "standin/server.py": "import socket\nfrom modelcheck.core import names",
    "probes/ask.py": "import os\nimport httpx\nfrom modelcheck import require_local\nfrom modelcheck.core import names",
    "app/audit.py": "from modelcheck import checks, probes, profiles, reports, standin, store",
    "cli/audit.py": "from modelcheck.app import audit",
    "__main__.py": "from modelcheck.cli import audit",
}


def house(tree: Path, files: dict[str, str]) -> None:
    """A package of empty layers, with these files in it, under the contracts of this repository."""
    package = tree / "src" / "modelcheck"
    for name in {f"{layer}/__init__.py" for layer in LAYERS} | {"__init__.py"} | files.keys():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.joinpath("__init__.py").touch()
        path.write_text(files.get(name, ""), encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", tree)


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}
    command = [sys.executable, "-c", LINT]
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )


def foreign(core: Path) -> Iterator[str]:
    """Every import in core that is neither core, nor msgspec, nor a part of the standard library that only computes."""
    for path in sorted(core.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
            match node:
                case ast.Import(names=names):
                    imported = [alias.name for alias in names]
                case ast.ImportFrom(module=str(module), level=0):
                    imported = [module]
                case ast.ImportFrom():
                    imported = ["a relative name"]
                case _:
                    continue
            for name in imported:
                if name.split(".")[0] not in IN_CORE and not f"{name}.".startswith("modelcheck.core."):
                    yield f"{path.relative_to(core).as_posix()}:{node.lineno}: {name}"


@pytest.fixture(scope="module")
def verdict_on_faults(tmp_path_factory: pytest.TempPathFactory) -> str:
    tree = tmp_path_factory.mktemp("faults")
    house(tree, {name: text for name, (text, _) in FAULTS.items()})
    done = lint(tree)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_the_layers_hold() -> None:
    if (ROOT / "src" / "modelcheck" / "checks").is_file():
        pytest.skip("git made no symlinks here")

    done = lint(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_layers_allow_is_not_a_fault(tmp_path: Path) -> None:
    house(tmp_path, ALLOWED)

    done = lint(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named(name: str, verdict_on_faults: str) -> None:
    assert FAULTS[name][1] in verdict_on_faults


def test_core_imports_only_what_computes() -> None:
    assert list(foreign(ROOT / "src" / "modelcheck" / "core")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import json, os.path", "os.path"),
        ("def f():\n    from subprocess import run", "subprocess"),
        ("import asyncio as a", "asyncio"),
        ("import httpx", "httpx"),
        ("import yaml", "yaml"),
        ("from modelcheck import probes", "modelcheck"),
        ("from modelcheck.core_of_another import x", "modelcheck.core_of_another"),
        ("from . import names", "a relative name"),
    ],
)
def test_a_foreign_import_in_core_is_found(text: str, found: str, tmp_path: Path) -> None:
    tmp_path.joinpath("deep").mkdir()
    tmp_path.joinpath("deep", "rules.py").write_text(text, encoding="utf-8")

    assert list(foreign(tmp_path)) == [f"deep/rules.py:{len(text.splitlines())}: {found}"]


def test_what_computes_is_welcome_in_core(tmp_path: Path) -> None:
    text = "import math\nfrom msgspec import Struct\nimport modelcheck.core.names\nfrom modelcheck.core import gap"
    tmp_path.joinpath("rules.py").write_text(text, encoding="utf-8")

    assert list(foreign(tmp_path)) == []
