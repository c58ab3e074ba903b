"""Runs of pytest in a process of its own, with the plugin of modelcheck and nothing of this repository's settings."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from coverage import Coverage

PLUGIN = "modelcheck.pulls.plugin"
WATCHED = Path(__file__).parents[2] / "src" / "modelcheck" / "pulls"


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    code: int
    shown: str
    outcomes: dict[str, str]
    """Name of each test → `passed`, `skipped`, or what the failures say."""


def run(folder: Path, tests: str, *options: str, ini: str = "", **environ: str) -> Run:
    """Run tests that are written here, in a folder of their own."""
    folder.joinpath("test_it.py").write_text(tests, encoding="utf-8")
    folder.joinpath("pytest.ini").write_text(f"[pytest]\naddopts = -p {PLUGIN}\n{ini}", encoding="utf-8")
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [
        sys.executable,
        *_measuring(),
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--junitxml",
        str(report),
        *options,
    ]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environ, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    shown = done.stdout + done.stderr
    assert report.is_file(), shown
    outcomes: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by the run
        told = [f"{one.tag}: {one.get('message')}" for one in case if one.tag in {"failure", "error"}]
        plain = "skipped" if case.find("skipped") is not None else "passed"
        outcomes[str(case.get("name"))] = "\n".join(told) or plain
    return Run(done.returncode, shown, outcomes)


def _measuring() -> list[str]:
    """Return what has the run measured where this one is."""
    measured = Coverage.current()
    if measured is None:
        return []
    data = Path(str(measured.get_option("run:data_file"))).absolute()
    return ["-m", "coverage", "run", "--parallel-mode", "--branch", f"--source={WATCHED}", f"--data-file={data}"]
