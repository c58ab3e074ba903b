"""`modelcheck inventory` about what lies on disk: stores, folders, a wrong folder said first, digests verified."""

import hashlib
import io
import os
import struct
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ended import Command
from rich.console import Console
from shop import TEMPLATE, WEIGHTS, Shop

from modelcheck.app.verification import Verification
from modelcheck.cli import inventory as module
from modelcheck.core.facts import Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Listing, Source
from modelcheck.core.stores import (
    Basis,
    Fault,
    Flaw,
    Holder,
    Leftovers,
    Mismatch,
    ModelFolder,
    NamedFolder,
    ServerStore,
    Store,
    Stores,
    VerifiedStore,
)
from modelcheck.reports.holdings import MOST_FLAWS, print_inventory, print_verification
from modelcheck.reports.lang import words
from modelcheck.standin.fault import Refuse, ServerName
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

GIB = 1 << 30
LOCAL, LAN = "http://127.0.0.1:11434", "http://lan:11434"
GAP = Gap(Why.UNREADABLE, about="blobs")
LLAMA = Entry("llama3:8b", 5 * GIB, remote=False, family="llama", parameters="8.0B", quantisation="Q4_K_M")
CLEAN = Leftovers(0, 0)
WELL = Store("~/.ollama/models", (LLAMA,), flaws=(), doubt=None, dangling=CLEAN, partial=CLEAN, free=9 * GIB)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path.resolve() / "models")
    shop.named("llama3", layers=(("model", WEIGHTS), ("template", TEMPLATE)))
    return shop


@pytest.fixture
def silent() -> Any:
    """A server that is not there, so that its store stands in."""
    scenario = Scenario.named("workstation")
    with Stack(msgspec.structs.replace(scenario, faults=(Refuse(server=ServerName.OLLAMA),))) as stack:
        yield ["--endpoint", f"ollama={stack.ollama_url}"]


def spoil(path: Path) -> str:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    return path.name


def printed(
    listing: Listing | Gap = Listing(Source.SERVER, proves_absence=True, entries=(LLAMA,)),  # noqa: B008 - frozen
    own: Store | Gap = WELL,
    *,
    basis: Basis = Basis.LIST,
    named: tuple[NamedFolder, ...] = (),
    others: tuple[Store, ...] = (),
    loose: tuple[ModelFolder, ...] | Gap = GAP,
    total: int | None = 24 * GIB,
) -> list[str]:
    stream = io.StringIO()
    out = Console(file=stream, width=200, markup=False, highlight=False, emoji=False)
    store = own if isinstance(own, Gap) else ServerStore(own, basis)
    stores = Stores(Seen[str, ServerStore].of({LOCAL: store}), named, others)
    print_inventory(Seen[str, Listing].of({LOCAL: listing}), stores, loose, out, total=total)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def verified(*stores: VerifiedStore) -> str:
    stream = io.StringIO()
    print_verification(stores, Console(file=stream, width=300, markup=False, highlight=False, emoji=False))
    return stream.getvalue()


def test_the_store_of_each_server_is_shown_with_what_makes_it_known() -> None:
    lines = printed()

    assert lines[0] == f"{LOCAL} (as the server lists it), 1 models"
    assert lines[1] == "  store: ~/.ollama/models (it holds what the server lists)"
    assert lines[3].split() == ["llama3:8b", "5.0", "GiB", "llama", "8.0B", "Q4_K_M", "fit"]


def test_a_store_that_is_well_takes_no_further_line() -> None:
    assert len(printed()) == 4


@pytest.mark.parametrize("basis", Basis)
def test_how_a_store_is_known_is_said(basis: Basis) -> None:
    assert f"({words().presence[f'basis-{basis.value}']})" in printed(basis=basis)[1]


def test_a_folder_that_the_project_names_and_no_server_reads_is_said_first() -> None:
    named = NamedFolder("…/modeles_llm", Seen[str, bool].of({LOCAL: False}), Place("modelcheck.yaml", 3))

    assert printed(named=(named,))[0] == (
        f"the project names …/modeles_llm (modelcheck.yaml:3), and {LOCAL} reads ~/.ollama/models"
    )
    assert "another folder" in printed(own=GAP, named=(named,))[0]
    assert "(compose.yaml), and" in printed(named=(msgspec.structs.replace(named, at=Place("compose.yaml")),))[0]
    assert "modeles_llm, and" in printed(named=(msgspec.structs.replace(named, at=None),))[0]


@pytest.mark.parametrize("same", [{LOCAL: True}, {LOCAL: GAP}, {LOCAL: False, LAN: True}])
def test_a_folder_that_some_server_reads_or_may_read_is_no_news(same: dict[str, bool | Gap]) -> None:
    named = NamedFolder("…/modeles_llm", Seen[str, bool].of(same))

    assert printed(named=(named,))[0].startswith(LOCAL)


def test_what_is_wrong_with_a_store_stands_under_it() -> None:
    flaws = tuple(Flaw("llama3:8b", fault, "0123456789ab") for fault in Fault)
    store = msgspec.structs.replace(
        WELL,
        flaws=flaws,
        doubt=GAP,
        unreadable=2,
        misplaced=3,
        dangling=Leftovers(4, GIB),
        partial=Leftovers(1, 2 * GIB),
    )

    assert printed(own=store)[2:-2] == [
        "  llama3:8b: a blob is missing (0123456789ab)",
        "  llama3:8b: a blob has not its full size (0123456789ab)",
        "  llama3:8b: its weights are no GGUF file (0123456789ab)",
        "  llama3:8b: its template is empty (0123456789ab)",
        "  llama3:8b: its template holds what no template needs (0123456789ab)",
        "  blobs cannot be read",
        "  2 manifests cannot be read; nothing is pruned while they are there",
        "  3 files among the manifests are at no place of a manifest",
        "  4 blobs serve no model (1.0 GiB); Ollama prunes them when it starts",
        "  1 downloads never ended (2.0 GiB)",
    ]


def test_of_many_flaws_some_are_printed_and_the_rest_is_counted() -> None:
    flaws = tuple(Flaw(f"m{number}:latest", Fault.MISSING, "a" * 12) for number in range(MOST_FLAWS + 5))
    lines = printed(own=msgspec.structs.replace(WELL, flaws=flaws, dangling=GAP))

    assert sum("a blob is missing" in line for line in lines) == MOST_FLAWS
    assert "  and 5 more" in lines
    assert "  blobs cannot be read" in lines


def test_a_store_that_is_not_known_is_said_with_the_reason() -> None:
    assert printed(own=GAP)[1] == "  store: not known (blobs cannot be read)"


def test_a_server_that_was_not_seen_is_one_line_and_its_store_another() -> None:
    silent = Gap(Why.NOT_ANSWERED, about=LOCAL)

    assert printed(silent, GAP) == [f"{LOCAL}: {LOCAL} did not answer"]
    assert printed(silent)[1] == "  store: ~/.ollama/models (it holds what the server lists)"


def test_a_store_that_no_server_reads_is_shown_as_such() -> None:
    other = msgspec.structs.replace(WELL, root="…/old", partial=Leftovers(1, GIB))

    assert printed(others=(other,))[-2:] == [
        "…/old: a store that no server is known to read (models: 1)",
        "  1 downloads never ended (1.0 GiB)",
    ]


@pytest.mark.parametrize("holder", Holder)
def test_each_folder_of_models_is_shown_with_format_and_place(holder: Holder) -> None:
    entry = msgspec.structs.replace(LLAMA, format="gguf", where="~/models/a/b")
    lines = printed(loose=(ModelFolder("~/models", holder, (entry,), Leftovers(2, GIB), GAP),))

    assert "~/models" in lines[-5]
    assert "(1)" in lines[-5]
    assert lines[-4:-2] == ["  2 downloads never ended (1.0 GiB)", "  blobs cannot be read"]
    assert lines[-1].split()[-2:] == ["gguf", "a/b"]


def test_an_empty_folder_is_shown_without_a_table() -> None:
    assert printed(loose=(ModelFolder("~/models", Holder.USER, (), CLEAN),))[-1].startswith("~/models: models that no")


@pytest.mark.parametrize(
    ("entry", "total", "said"),
    [
        (LLAMA, 24 * GIB, "fit-yes"),
        (LLAMA, 4 * GIB, "fit-no"),
        (LLAMA, None, "fit-unknown"),
        (Entry("x"), 24 * GIB, "fit-unknown"),
        (msgspec.structs.replace(LLAMA, remote=True), 24 * GIB, "fit-remote"),
        (msgspec.structs.replace(LLAMA, whole=False), 24 * GIB, "fit-broken"),
    ],
)
def test_what_fits_the_card_is_said_by_weights_alone(entry: Entry, total: int | None, said: str) -> None:
    lines = printed(Listing(Source.SERVER, proves_absence=True, entries=(entry,)), total=total)

    assert lines[-1].endswith(words().presence[said])


def test_the_command_shows_stores_and_folders(command: Command, shop: Shop, tmp_path: Path, silent: list[str]) -> None:
    loose = tmp_path / "modeles_llm" / "deep"
    loose.mkdir(parents=True)
    (loose / "qwen-7b.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 0))
    given = ("--models-dir", shop.root, "--models-dir", tmp_path / "modeles_llm")
    ended = command("inventory", tmp_path, *silent, *given)
    as_json = command("inventory", tmp_path, *silent, *given, "--json").json

    assert ended.code == 0
    assert "default (from the store on disk), 1 models" in ended.out
    assert "store: …/models (given by --models-dir)" in ended.out
    assert "…/modeles_llm: models that no Ollama server has registered (1)" in ended.out
    assert str(tmp_path) not in ended.out
    ((_, own),) = as_json["stores"]["servers"]["pairs"]
    assert [entry["name"] for entry in own["store"]["entries"]] == ["llama3:latest"]
    assert [entry["name"] for folder in as_json["loose"] for entry in folder["entries"]] == ["qwen-7b"]


def test_the_command_says_first_that_the_project_names_another_folder(
    command: Command, broken: Path, shop: Shop, silent: list[str]
) -> None:
    (broken / "modelcheck.yaml").write_text("models_dir: /data/modeles_llm\n")
    ended = command("inventory", broken, *silent, "--models-dir", shop.root)

    assert ended.out.splitlines()[0].startswith("the project names …/modeles_llm (modelcheck.yaml:1), and ")


def test_digests_that_match_end_with_0(command: Command, shop: Shop, tmp_path: Path, silent: list[str]) -> None:
    ended = command("inventory", tmp_path, *silent, "--models-dir", shop.root, "--verify")

    assert ended.code == 0
    assert "…/models: 3 of 3 blobs are what their names say" in ended.out
    assert ended.err == ""


def test_a_digest_that_differs_ends_with_1_and_names_the_blob_and_its_models(
    command: Command, shop: Shop, tmp_path: Path, silent: list[str]
) -> None:
    name = spoil(shop.path(hashlib.sha256(WEIGHTS).hexdigest()))
    ended = command("inventory", tmp_path, *silent, "--models-dir", shop.root, "--verify")
    as_json = command("inventory", tmp_path, *silent, "--models-dir", shop.root, "--verify", "--json")

    assert ended.code == as_json.code == 1
    assert f"DIFFERS  {name} in …/models is not what its name says; needed by llama3:latest" in ended.out
    assert "2 of 3 blobs are what their names say" in ended.out
    assert as_json.json["stores"][0]["mismatches"] == [
        {"digest": name.removeprefix("sha256-"), "models": ["llama3:latest"]}
    ]


def test_without_a_store_nothing_can_be_verified(command: Command, tmp_path: Path, silent: list[str]) -> None:
    ended = command("inventory", tmp_path, *silent, "--verify")

    assert ended.code == 3
    assert "no store of Ollama's was found; --models-dir FOLDER names one" in ended.err


def test_the_store_that_a_server_reads_by_itself_is_verified(
    command: Command, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(os.environ["HOME"])
    (home / ".ollama").mkdir()
    shop.root.rename(home / ".ollama" / "models")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    ended = command("inventory", tmp_path, "--verify")

    assert (ended.code, ended.out.partition(":")[0]) == (0, "~/.ollama/models")


def test_a_blob_that_could_not_be_read_ends_with_3_and_a_mismatch_outweighs_it() -> None:
    doubtful = VerifiedStore("~/models", 2, 10, (), (GAP,))
    wrong = VerifiedStore("~/models", 2, 10, (Mismatch("a" * 64, ()),), (GAP,))

    assert [Verification(stores).exit_code for stores in ((), (doubtful,), (wrong,), (doubtful, wrong))] == [0, 3, 1, 1]
    assert "~/models: blobs cannot be read" in verified(doubtful)
    assert "~/models: 1 of 2 blobs are what their names say" in verified(doubtful)
    assert "needed by no model" in verified(wrong)


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_where_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    watch = module._progress(words())
    watch(GIB, 2 * GIB)
    watch(2 * GIB, 2 * GIB)
    lines = screen.getvalue().replace("\r", "\n").splitlines()

    assert lines[0].startswith("  1.0 GiB of 2.0 GiB hashed, ")
    assert lines[1].startswith("  2.0 GiB of 2.0 GiB hashed, ")
    assert screen.getvalue().endswith("\n")


def test_progress_is_silent_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = io.StringIO()
    monkeypatch.setattr("sys.stderr", quiet)
    module._progress(words())(1, 2)

    assert quiet.getvalue() == ""


def test_ctrl_c_while_hashing_ends_with_130(
    command: Command, shop: Shop, tmp_path: Path, silent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    def progress(_said: object) -> object:
        return interrupted

    monkeypatch.setattr(module, "_progress", progress)
    ended = command("inventory", tmp_path, *silent, "--models-dir", shop.root, "--verify")

    assert ended.code == 130
    assert "interrupted" in ended.err
