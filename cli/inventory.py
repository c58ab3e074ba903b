"""`modelcheck inventory`: what is really here; `--lock` writes models.lock, `--verify` hashes what the stores hold."""

import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from modelcheck.app.inventory import held, locked
from modelcheck.app.options import Options
from modelcheck.app.precheck import Ways
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, save, write_bytes
from modelcheck.cli.progress import notes
from modelcheck.core.codec import encode
from modelcheck.reports.holdings import print_inventory, print_verification
from modelcheck.reports.lang import Words, words


@looks
def inventory(
    options: Options,
    *,
    language: str,
    json: JsonOption = False,
    lock: Annotated[
        bool, typer.Option("--lock", help="Write models.lock for the models that the project names.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every blob of the stores; ends with 1 where one differs.")
    ] = False,
) -> None:
    """What is really here; --lock writes models.lock, --verify hashes what the stores hold."""
    if lock:
        _lock(options, language)
    elif verify:
        _verify(options, language, json=json)
    else:
        ways = Ways()
        found = held(options, ways)
        notes(ways.notes, language)
        if json:
            write_bytes(encode(found))
        else:
            print_inventory(found.servers, found.stores, found.loose, console(), total=found.card, language=language)


def _lock(options: Options, language: str) -> None:
    text = locked(options)
    save(text.path, text.data)
    said = words(language)
    key = "lock-left-out" if text.left_out else "lock-written"
    left = ", ".join(text.left_out)
    sys.stderr.write(said.say(said.presence[key], file=text.path.name, count=text.models, left=left) + "\n")


def _verify(options: Options, language: str, *, json: bool) -> None:
    from modelcheck.app.verification import verified

    done = verified(options, _progress(words(language)))
    if json:
        write_bytes(encode(done))
    else:
        print_verification(done.stores, console(), language)
    raise Ending(done.exit_code)


def _progress(said: Words) -> Callable[[int, int], None]:
    """Return a watch that says how far it is and how fast; silent where nobody watches."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None
    start = time.monotonic()

    def watch(done: int, total: int) -> None:
        speed = int(done / max(time.monotonic() - start, 0.001))
        end = "\n" if done >= total else "\r"
        line = said.say(said.presence["hashed"], done=done, total=total, speed=speed)
        sys.stderr.write(f"  {line}   {end}")
        sys.stderr.flush()

    return watch
