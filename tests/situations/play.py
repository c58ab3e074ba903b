"""Plays eight situations with an installed modelcheck, and shows what a person sees in each.

    python tests/situations/play.py [--check | --rewrite] [NAME…]

Run it with the Python of a clean install. Each command runs as a process of its own, with an empty home and an
environment without keys; servers are the embedded stand-in, and machines that are not at hand are facts that were
taken from it. `--check` compares with the golden texts in `tests/golden/situations`, `--rewrite` writes them.
"""

import difflib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from leaks import leaks
from situations import SITUATIONS, Situation

from modelcheck import __version__
from modelcheck.standin.key import made_up_key
from modelcheck.standin.stack import Stack

GOLDEN = Path(__file__).parent.parent / "golden" / "situations"
LIMIT_S = 120
KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "PYTHONPATH", "COVERAGE_PROCESS_START")
"""Variables of whoever plays that a command gets as well."""
KEYS = (made_up_key("anthropic"), made_up_key("openai"))


class Shown(Exception):
    """Something was shown that must never be."""


def played(situation: Situation) -> str:
    """Play one situation; what was seen, command by command."""
    with ExitStack() as open_now:
        room = Path(open_now.enter_context(TemporaryDirectory(prefix="modelcheck-situation-"))).resolve()
        home, project = room / "home", room / "project"
        for folder in (home, project, project / ".git"):
            folder.mkdir()
        stack = open_now.enter_context(Stack(situation.scenario)) if situation.scenario else None
        given = situation.lay(room, stack)
        lines = [situation.title, ""]
        at = project
        for command in situation.commands:
            if command.startswith("cd "):
                at = room / command.removeprefix("cd ")
                lines.append(f"$ {command}")
            else:
                lines += _shown(command, situation, at, room, given)
        return "\n".join(lines)


def _shown(command: str, situation: Situation, at: Path, room: Path, given: dict[str, str]) -> Iterator[str]:
    """Run one command, and yield what a person sees of it."""
    words = [_filled(word, given) for word in command.split()]
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    env |= {"HOME": str(room / "home"), "USERPROFILE": str(room / "home"), "COLUMNS": "100", "PYTHONUTF8": "0"}
    env |= {"PYTHONIOENCODING": "utf-8"} | {name: _filled(value, given) for name, value in situation.env.items()}
    ended = subprocess.run(
        [sys.executable, "-m", "modelcheck", *words],
        cwd=at,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    encoding = env["PYTHONIOENCODING"].partition(":")[0]
    yield f"$ modelcheck {command}".rstrip()
    for stream in (ended.stdout, ended.stderr):
        text = stream.decode(encoding, "strict")
        if told := leaks(text, keys=KEYS, homes=(room / "home",)):
            raise Shown(f"{command}: {', '.join(told)}")
        yield from (line.rstrip() for line in _settled(text, room, given).splitlines())
    yield f"(exit {ended.returncode})"
    yield ""


def _filled(word: str, given: dict[str, str]) -> str:
    return re.sub(r"\{([A-Z]+)\}", lambda found: given[found[1]], word)


def _settled(text: str, room: Path, given: dict[str, str]) -> str:
    """Take out what differs from run to run: folders, ports, the version, the day, checksums."""
    text = text.replace(str(room), "ROOM").replace(f"modelcheck=={__version__}", "modelcheck==VERSION")
    for name, value in given.items():
        if value.startswith("http"):
            text = text.replace(value, f"<{name}>")
    text = re.sub(
        r"127\.0\.0\.1:[0-9]{4,5}", lambda found: found[0] if found[0].endswith(":11434") else "LOOPBACK", text
    )
    text = re.sub(r"checksum is \S+ in it, and comes to \S+", "checksum is THIS in it, and comes to THAT", text)
    return re.sub(r"seen on [0-9]{4}-[0-9]{2}-[0-9]{2}", "seen on TODAY", text)


def main() -> int:
    """Play all, or those that are named."""
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    names = [word for word in sys.argv[1:] if not word.startswith("--")]
    failed = 0
    for situation in SITUATIONS:
        if names and situation.name not in names:
            continue
        text = played(situation)
        path = GOLDEN / f"{situation.name}.txt"
        if "--rewrite" in options:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        elif "--check" in options:
            golden = path.read_text("utf-8") if path.exists() else ""
            difference = list(
                difflib.unified_diff(golden.splitlines(), text.splitlines(), "golden", "now", lineterm="")
            )
            failed += bool(difference)
            print("\n".join([f"{situation.name}: {'DIFFERS' if difference else 'as it was read'}", *difference]))
        else:
            print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
