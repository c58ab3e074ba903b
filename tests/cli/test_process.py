"""The command as a process: interruption, a closed pipe, odd consoles, a plugin of another distribution."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ended import Command
from hostile import HEED, after

from modelcheck.cli.commands import COMMANDS

PLUGIN = '''
from modelcheck.core.check import Verdict, check, failed, passed
from modelcheck.core.project import Configuration


@check("TST-01", "The project has an owner", points=5, fix="Name an owner.", says={"none": "nobody owns {path}"})
def owner(configuration: Configuration) -> Verdict:
    """Somebody has to answer for it."""
    return failed("none", path=configuration.path)
'''


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONUTF8": "0", **more}


def run(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "error", "-m", "modelcheck", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env=env or environment(), check=False, timeout=60)


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert run("--version").stdout.decode().strip() == f"modelcheck {version('modelcheck')}"


def test_help_names_every_command() -> None:
    shown = run("--help", env=environment(COLUMNS="120")).stdout.decode(errors="replace")

    for name in ("audit", "score", "gate", "explain", "inventory", "rules", "precheck", "demo"):
        assert f" {name} " in shown


def test_help_says_the_same_of_every_command_as_the_application() -> None:
    at_once = run("--help").stdout.decode()
    by_typer = run("--debug", "--help", env=environment(COLUMNS="250")).stdout.decode(errors="replace")

    for entry in COMMANDS:
        assert entry.help in by_typer
        assert entry.help in " ".join(at_once.split())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_with_130_and_no_traceback(broken: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "modelcheck", "audit", str(broken), "--offline", "--endpoint", f"ollama={url}"]
        with subprocess.Popen(
            after(HEED, command),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        ) as running:
            silent.settimeout(30)
            connection, _ = silent.accept()
            running.send_signal(signal.SIGINT)
            _, error = running.communicate(timeout=30)
            connection.close()

    assert running.returncode == 130
    assert error.decode().startswith("modelcheck: interrupted: this report is partial")
    assert error.count(b"\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipe")
def test_a_reader_that_leaves_is_no_error() -> None:
    command = [sys.executable, "-m", "modelcheck", "rules"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as running:
        assert running.stdout is not None
        running.stdout.close()
        running.stdout = None
        _, error = running.communicate(timeout=30)

    assert error == b""


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "ascii", "utf-8"])
def test_no_console_is_too_poor(encoding: str) -> None:
    ended = run("demo", env=environment(PYTHONIOENCODING=encoding, COLUMNS="40"))

    assert ended.returncode == 0
    assert b"blocked" in ended.stdout
    assert ended.stderr == b""


def test_colour_is_left_out_where_it_is_not_wanted() -> None:
    assert b"\x1b" not in run("demo", env=environment(NO_COLOR="1", FORCE_COLOR="")).stdout


def test_a_check_of_another_distribution_is_found_and_weighs_nothing(tmp_path: Path, broken: Path) -> None:
    source = tmp_path / "plugin"
    source.mkdir()
    (source / "acme_checks.py").write_text(PLUGIN)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "acme-checks"\nversion = "1"\n'
        '[project.entry-points."modelcheck.checks"]\nacme = "acme_checks"\n'
        '[tool.setuptools]\npy-modules = ["acme_checks"]\n'
    )
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", target, source], check=True, capture_output=True)
    env = environment(PYTHONPATH=str(target), COLUMNS="200")

    assert b"acme-checks/TST-01" in run("rules", env=env).stdout
    shown = run("audit", broken, "--offline", "--endpoint", "ollama=http://127.0.0.1:9", env=env).stdout.decode()
    assert "nobody owns config/models_config.json" in shown
    assert "this version and profile judge 67.0 of 100 points" in shown
    gate = run("gate", broken, "--offline", "--endpoint", "ollama=http://127.0.0.1:9", "--json", env=env).stdout
    assert b"acme-checks" not in gate


def test_a_plugin_that_fails_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad_checks.py").write_text("raise RuntimeError('no')")
    info = tmp_path / "bad_checks-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-checks\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[modelcheck.checks]\nbad = bad_checks\n")

    ended = run("rules", env=environment(PYTHONPATH=str(tmp_path)))

    assert ended.returncode == 0
    assert ended.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--version"], ["typer", "rich", "yaml", "msgspec", "httpx", "httpx2"]),
        (
            ["--help"],
            [
                "typer",
                "rich",
                "yaml",
                "msgspec",
                "httpx",
                "httpx2",
                "ollama",
                "openai",
                "anthropic",
                "pynvml",
                "dulwich",
            ],
        ),
        (["rules"], ["httpx", "httpx2", "ollama", "openai", "anthropic", "pynvml", "dulwich"]),
        (["audit", "--from", "FACTS"], ["httpx", "httpx2", "ollama", "openai", "anthropic", "pynvml", "dulwich"]),
        (["precheck", "x", "--profile", "static"], ["ollama", "openai", "anthropic"]),
    ],
    ids=["version", "help", "rules", "judging again", "precheck"],
)
def test_each_command_imports_only_what_it_needs(
    tmp_path: Path, arguments: list[str], forbidden: list[str], command: Command, corrected: Path, endpoints: list[str]
) -> None:
    saved = tmp_path / "facts.json"
    command("audit", corrected, *endpoints, "--facts-out", saved)
    given = [str(saved) if word == "FACTS" else word for word in arguments]
    code = (
        "import sys\nfrom modelcheck.cli.__main__ import main\n"
        f"sys.argv = ['modelcheck', *{given!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('IMPORTED', sorted(set({forbidden!r}) & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=tmp_path, env=environment(), check=False
    )

    assert shown.stdout.decode(errors="replace").splitlines()[-1] == "IMPORTED []"
