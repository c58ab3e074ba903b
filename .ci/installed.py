"""Runs the packaged program from a clean install and outside of the checkout, as a user has it.

    python .ci/installed.py

Builds the wheel, installs it into an environment of its own, runs it in folders of its own, and plays the situations.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAY_OUT = """
import shutil, sys
from modelcheck.app.demo import project
with project("broken") as root:
    shutil.copytree(root, sys.argv[1])
"""
"""Writes the broken demo project into a folder, by the installed program's own data."""
EXPECTED = (
    (("--version",), "empty", {0}),
    (("--help",), "empty", {0}),
    (("demo",), "empty", {0}),
    (("demo", "--gate"), "empty", {1}),
    (("demo", "--corrected", "--gate"), "empty", {0}),
    (("--lang", "fr", "demo"), "empty", {0}),
    (("audit", "--offline"), "project", {0}),
    (("gate", "--offline"), "project", {1, 3}),
    (("gate", "--profile", "static"), "project", {1, 3}),
    (("explain", "--offline"), "project", {0}),
    (("inventory", "--offline"), "project", {0}),
    (("precheck", "llama3.1:8b", "--offline"), "project", {4}),
    (("audit", "nowhere"), "empty", {2}),
    ((), "empty", {3}),
)
"""Each command with the folder that it runs in and the exit codes that it may have."""


def main() -> int:
    """Build, install and run; the exit code is that of the first failure."""
    with tempfile.TemporaryDirectory(prefix="modelcheck installed ") as name:
        folder = Path(name)
        run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT], folder)
        venv.create(folder / "own", with_pip=True)
        scripts = folder / "own" / ("Scripts" if os.name == "nt" else "bin")
        python = scripts / ("python.exe" if os.name == "nt" else "python")
        run([python, "-m", "pip", "install", "--quiet", *folder.glob("*.whl")], folder)
        (folder / "empty").mkdir()
        run([python, "-c", LAY_OUT, folder / "project"], folder)
        failed = max(attempt(scripts / "modelcheck", words, folder / place, codes) for words, place, codes in EXPECTED)
        if sys.platform == "linux":  # where the situations were read, with the extra that knows prices
            wheel = next(folder.glob("*.whl"))
            run([python, "-m", "pip", "install", "--quiet", f"{wheel}[cost]"], folder)
            run([python, ROOT / "tests" / "situations" / "play.py", "--check"], folder)
        return failed


def attempt(program: Path, words: "tuple[str, ...]", folder: Path, codes: "set[int]") -> int:
    """Run one command as a user would; 1 where it ends or speaks as it may not."""
    environment = {**os.environ, "OLLAMA_HOST": "127.0.0.1:9"}
    for key in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        environment.pop(key, None)
    done = subprocess.run(
        [str(program), *words],
        cwd=str(folder),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    shown = done.stdout.decode(errors="replace")
    good = done.returncode in codes and "Traceback" not in shown
    print(f"== modelcheck {' '.join(words)}: exit {done.returncode}", "" if good else f"EXPECTED {codes}")
    print(shown.encode(sys.stdout.encoding or "ascii", "replace").decode(sys.stdout.encoding or "ascii"), flush=True)
    return 0 if good else 1


def run(command: "list[str | Path]", folder: Path) -> None:
    """Run a step of the set-up; stops where it fails."""
    subprocess.run([str(word) for word in command], cwd=str(folder), check=True)


if __name__ == "__main__":
    sys.exit(main())
