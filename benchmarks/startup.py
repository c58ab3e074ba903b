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


def saved_facts(tool: str, project: Path) -> list[str]:
    """The options that judge saved facts of a small project again."""
    (project / "config").mkdir(parents=True)
    config = '{"model_providers": {"ollama": {}}, "agent_models": {"a": {"primary": "ollama/x"}}}'
    (project / "config" / "models_config.json").write_text(config, encoding="utf-8")
    facts = project / "facts.json"
    seconds([tool, "audit", str(project), "--offline", "--facts-out", str(facts)])
    return ["--from", str(facts)]


def main() -> None:
    """Measure, and print one line."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = installed(Path(folder))
        tool = str(scripts / "modelcheck")
        facts = saved_facts(tool, Path(folder) / "project")
        commands = [
            [str(scripts / "python"), "-c", "pass"],
            [tool, "--version"],
            [tool, "--help"],
            [tool, "audit", *facts],
        ]
        for command in commands:
            seconds(command)  # fills the caches
        rounds = [[seconds(command) for command in commands] for _ in range(ROUNDS)]
    bare, version, helped, judged = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(
        f"start-up, median of {ROUNDS}: python {bare * 1000:.0f} ms, "
        f"modelcheck --version {version * 1000:.0f} ms ({version / bare:.1f} x), "
        f"modelcheck --help {helped * 1000:.0f} ms ({helped / bare:.1f} x), "
        f"modelcheck audit --from {judged * 1000:.0f} ms ({judged / bare:.1f} x)"
    )


if __name__ == "__main__":
    main()
