"""How long modelcheck takes to start, as a multiple of Python's own start: `python benchmarks/startup.py`.

Builds the wheel from a copy of the tree, installs it into an environment of its own beside the libraries at hand (no
index is asked), and prints the medians of runs taken in turn.
"""

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 15
NOT_COPIED = (".*", "__pycache__", "*.egg-info", "build", "dist", "tests")


def installed(folder: Path) -> Path:
    """The scripts folder of an environment with modelcheck's wheel in it."""
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    home = folder / "venv"
    venv.create(home)
    windows = os.name == "nt"
    scripts = home / ("Scripts" if windows else "bin")
    python = str(scripts / ("python.exe" if windows else "python"))

    site = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True)
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(site.strip(), "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n", encoding="utf-8")

    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "--no-deps", "--no-index", "--no-build-isolation", str(tree)])
    return scripts


def seconds(command: list[str]) -> float:
    """How long one run of the command takes; one that fails ends the measurement."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print one line."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = installed(Path(folder))
        tool = str(scripts / "modelcheck")
        commands = [[str(scripts / "python"), "-c", "pass"], [tool, "--version"], [tool, "--help"]]
        for command in commands:
            seconds(command)  # fills the caches
        rounds = [[seconds(command) for command in commands] for _ in range(ROUNDS)]
    bare, version, helped = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(
        f"start-up, median of {ROUNDS}: python {bare * 1000:.0f} ms, "
        f"modelcheck --version {version * 1000:.0f} ms ({version / bare:.1f} x), "
        f"modelcheck --help {helped * 1000:.0f} ms ({helped / bare:.1f} x)"
    )


if __name__ == "__main__":
    main()
