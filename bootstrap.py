"""Sets modelcheck up in a fresh checkout and runs it, or its tests, with nothing but Python and git.

    python bootstrap.py demo [options of `modelcheck demo`]
    python bootstrap.py test [options of pytest]

Both make the virtual environment `.venv` beside this file, once, and install into it what `pyproject.toml` asks for.
`test` runs every check that CI runs and stops at the first that fails, with its exit code.
"""

# Kept to syntax that Python 3.6 reads, and printed in ASCII: an old Python and an old console must get the message.
import hashlib
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
SCRIPTS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = str(SCRIPTS / ("python.exe" if WINDOWS else "python"))

WORKS = f"import sys, pip; sys.exit(sys.version_info < {OLDEST!r})"
"""Run by the environment's own Python: 0 when it can be installed into."""

NO_INDEX = (
    "could not find a version that satisfies",
    "no matching distribution found",
    "failed to establish a new connection",
    "connection refused",
    "connection error",
    "temporary failure in name resolution",
    "proxyerror",
    "timed out",
    "certificate_verify_failed",
)
"""What pip says, in small letters, when it could not reach an index."""

LINKED = all((ROOT / "src" / "modelcheck" / name).is_dir() for name in ("checks", "cli", "profiles", "reports"))
"""Whether git made the links in src/modelcheck; on Windows it often writes short text files instead."""


class Stop(Exception):
    """The set-up cannot go on: what happened, why, and what to do."""


class Step:
    """One check of `test`: its name, its command, and whether it walks through the links in src/modelcheck."""

    def __init__(self, name: str, *command: str, linked: bool = False) -> None:
        self.name = name
        self.command = command
        self.linked = linked

    def run(self) -> "tuple[str, int]":
        """Run it; its line for the summary, and its exit code."""
        say("", "== " + self.name)
        if self.linked and not LINKED and os.environ.get("MODELCHECK_FORBID_SKIPS") != "1":
            say("skipped: git made no symlinks here, and only through them does it see four of the folders")
            return f"skipped  {self.name}", 0
        start = time.monotonic()
        code = run(self.command, ROOT)
        outcome = f"FAILED   {self.name}, exit code {code}" if code else f"ok       {self.name}"
        return f"{outcome}, {time.monotonic() - start:.1f} s", code


def main(arguments: "list[str]") -> int:
    """Do what the first argument says; the exit code."""
    commands = {"demo": demo, "test": test}
    if arguments[:1] in (["-h"], ["--help"]):
        say(str(__doc__))
        return 0
    if not arguments or arguments[0] not in commands:
        complain(f"Usage: {spoken_python()} bootstrap.py demo|test [options]")
        return 2
    try:
        require_python()
        return commands[arguments[0]](arguments[1:])
    except Stop as stop:
        complain(str(stop))
        return 1
    except KeyboardInterrupt:
        complain("Interrupted.")
        return 130


def demo(options: "list[str]") -> int:
    """Show modelcheck on a simulated stack; paths in the options are those of the caller's folder."""
    install("")
    return run([PYTHON, "-m", "modelcheck", "demo", *options], Path.cwd())


def test(options: "list[str]") -> int:
    """Run every check, the cheap ones first, and say at the end how each went."""
    install("dev")
    lint_imports = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"
    scripts = ["bootstrap.py", *names_in("benchmarks"), "tests"]
    steps = [
        Step("ruff check", PYTHON, "-m", "ruff", "check", "."),
        Step("ruff format", PYTHON, "-m", "ruff", "format", "--check", "."),
        Step("lint-imports", PYTHON, "-c", lint_imports, linked=True),
        Step("mypy", PYTHON, "-m", "mypy", linked=True),
        Step("mypy, tests and scripts", PYTHON, "-m", "mypy", *scripts, linked=True),
        Step("basedpyright", PYTHON, "-m", "basedpyright", "--pythonpath", PYTHON, linked=True),
        Step("pytest", PYTHON, "-m", "coverage", "run", "-m", "pytest", "-n", "auto", *options),
        Step("coverage", PYTHON, "-m", "coverage", "combine", "--quiet"),
    ]
    lines: list[str] = []
    code = 0
    for step in steps:
        line, code = step.run()
        lines.append(line)
        if code:
            break
    lines += [f"not run  {step.name}" for step in steps[len(lines) :]]
    say("", "== summary", *lines)
    return code


def names_in(folder: str) -> "list[str]":
    """The Python files of a folder of scripts: without a package, mypy wants them one by one."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).glob("*.py"))


def install(extra: str) -> None:
    """Install this checkout, editable, where it was not or where pyproject.toml has changed since."""
    make_environment()
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamps = {name: VENV / f"bootstrap-{name or 'plain'}.sha256" for name in ("", "dev")}
    enough = [extra, "dev"]
    if any(stamps[name].is_file() and stamps[name].read_text().strip() == wanted for name in enough):
        return
    say("Installing modelcheck and what it needs into .venv: a minute or two, this once.")
    target = str(ROOT) + (f"[{extra}]" if extra else "")
    pip("install", "--quiet", "--disable-pip-version-check", "--editable", target)
    stamps[extra].write_text(wanted + "\n")


def make_environment() -> None:
    """Make `.venv`, or finish one whose making was interrupted."""
    if works():
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        major, minor = sys.version_info[:2]
        raise Stop(
            "This Python cannot make a virtual environment: its venv module is not complete.\n"
            f"Debian and Ubuntu keep it in a package of its own: sudo apt install python{major}.{minor}-venv\n"
            "Elsewhere, install a Python that has ensurepip. Then run this again."
        )
    say("Making the virtual environment .venv")
    code, output = heard([sys.executable, "-m", "venv", str(VENV)])
    if code or not works():
        raise Stop(
            output + "The virtual environment .venv could not be made, or the one that is there does not work.\n"
            "Remove the folder .venv and run this again: it is then made anew."
        )


def works() -> bool:
    """Whether `.venv` has a Python that is new enough, and pip."""
    if not Path(PYTHON).is_file():
        return False
    return heard([PYTHON, "-c", WORKS])[0] == 0


def pip(*arguments: str) -> None:
    """Run pip in the environment; quiet when all goes well."""
    code, output = heard([PYTHON, "-m", "pip", *arguments])
    if not code:
        return
    if any(words in output.lower() for words in NO_INDEX):
        raise Stop(
            output + "pip could not get the packages: from here it reached no package index that has them.\n"
            "Check the network. Behind a proxy, set HTTPS_PROXY; with an index of your own, set PIP_INDEX_URL.\n"
            "Then run this again."
        )
    raise Stop(output + "pip could not install modelcheck. Its reason is above; put that right and run this again.")


def require_python() -> None:
    """Stop where Python is too old."""
    if sys.version_info < OLDEST:
        here, oldest = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
        raise Stop(
            f"This is Python {here}, and modelcheck needs {oldest} or newer.\n"
            f"Install a newer Python and run this with it: {spoken_python()} bootstrap.py ..."
        )


def spoken_python() -> str:
    """How a person calls Python here."""
    return "py -3" if WINDOWS else "python3"


def run(command: "list[str] | tuple[str, ...]", folder: Path) -> int:
    """Run a command whose output people see; its exit code, as a shell would give it."""
    code = subprocess.run(command, cwd=str(folder), check=False).returncode
    return code if code >= 0 else 128 - code


def heard(command: "list[str]") -> "tuple[int, str]":
    """Run a command and keep what it says: its exit code and its output."""
    done = subprocess.run(command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def say(*lines: str) -> None:
    """Print at once, so that the lines stand before those of the command that follows."""
    print(*lines, sep="\n", flush=True)


def complain(message: str) -> None:
    """Print to standard error; what pip said may hold letters that the console does not have."""
    encoding = sys.stderr.encoding or "ascii"
    print(message.encode(encoding, "replace").decode(encoding), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
