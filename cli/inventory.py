"""`modelcheck inventory`: what is really here; `--lock` writes models.lock, `--verify` hashes what the stores hold."""

import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from modelcheck.app.inventory import held, locked
from modelcheck.app.options import Options
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, save, write_bytes
from modelcheck.core.codec import encode
from modelcheck.core.sentence import size
from modelcheck.reports.holdings import print_inventory, print_verification


@looks
def inventory(
    options: Options,
    *,
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
        _lock(options)
    elif verify:
        _verify(options, json=json)
    else:
        found = held(options)
        if json:
            write_bytes(encode(found))
        else:
            print_inventory(found.servers, found.stores, found.loose, console(), total=found.card)


def _lock(options: Options) -> None:
    text = locked(options)
    save(text.path, text.data)
    left = f"; not certainly here, so left out: {', '.join(text.left_out)}" if text.left_out else ""
    sys.stderr.write(f"{text.path.name}: {text.models} models{left}\n")


def _verify(options: Options, *, json: bool) -> None:
    from modelcheck.app.verification import verified

    done = verified(options, _progress())
    if json:
        write_bytes(encode(done))
    else:
        print_verification(done.stores, console())
    raise Ending(done.exit_code)


def _progress() -> Callable[[int, int], None]:
    """Return a watch that says how far it is and how fast; silent where nobody watches."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None
    start = time.monotonic()

    def watch(done: int, total: int) -> None:
        speed = done / max(time.monotonic() - start, 0.001)
        end = "\n" if done >= total else "\r"
        sys.stderr.write(f"  {size(done)} of {size(total)} hashed, {size(int(speed))}/s   {end}")
        sys.stderr.flush()

    return watch
