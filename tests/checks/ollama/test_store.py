"""OLL-12, case by case: a store that is whole and the one that the project means, or what is wrong with it."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.checks.ollama.store import MUCH, healthy_store
from modelcheck.core.asked import Server, Servers
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.project import Engine
from modelcheck.core.stores import Basis, Fault, Flaw, Leftovers, NamedFolder, ServerStore, Store, Stores
from modelcheck.testing import judge

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
HERE = Place("config/models_config.json", 3)
SETTINGS = Place("modelcheck.yaml", 4)


def servers(*names: str, engine: Engine = Engine.OLLAMA) -> Servers:
    return Servers(tuple(Server(name, engine, f"http://{name}:11434", HERE) for name in names))


ONE, TWO = servers("one"), servers("one", "two")
CLEAN = Leftovers(0, 0)
WELL = Store(
    root="~/.ollama/models",
    entries=(Entry("llama3:8b", 5 * GIB, "a" * 64), Entry("qwen:7b", 4 * GIB, "b" * 64)),
    flaws=(),
    doubt=None,
    dangling=CLEAN,
    partial=CLEAN,
    free=100 * GIB,
)


def flawed(*faults: Fault, model: str = "llama3:8b") -> Store:
    return replace(WELL, flaws=tuple(Flaw(model, fault, f"{number:012x}") for number, fault in enumerate(faults)))


def stores(
    own: Store | Gap = WELL,
    *others: Store | Gap,
    basis: Basis = Basis.LIST,
    same: dict[str, bool | Gap] | None = None,
) -> Stores:
    """The stores of `one` and `two`, and what the folder that the project names is to them."""
    each = {
        name: store if isinstance(store, Gap) else ServerStore(store, basis)
        for name, store in zip(("one", "two"), (own, *others), strict=False)
    }
    named = () if same is None else (NamedFolder("…/modeles_llm", Seen[str, bool].of(same), SETTINGS),)
    return Stores(Seen[str, ServerStore].of(each), named)


ROWS: list[Row] = [
    ("healthy", (ONE, stores()), passes("healthy")),
    ("named by its process", (ONE, stores(basis=Basis.PROCESS)), passes("healthy")),
    ("given by the user", (ONE, stores(basis=Basis.USER)), passes("healthy")),
    ("guessed by its unit", (ONE, stores(basis=Basis.SERVICE)), UNSEEN),
    ("guessed by this shell", (ONE, stores(basis=Basis.SHELL)), UNSEEN),
    ("guessed by its place", (ONE, stores(flawed(Fault.MISSING), basis=Basis.STANDARD)), UNSEEN),
    ("not looked at", (ONE, stores(GAP)), UNSEEN),
    ("no facts", (ONE,), UNSEEN),
    ("servers not seen", (stores(),), UNSEEN),
    ("no server", (servers(), stores()), exempts("nothing")),
    ("llama.cpp", (servers("one", engine=Engine.OPENAI_LOCAL), stores(GAP)), exempts("other-engine")),
    ("an engine that is not understood", (servers("one", engine=Engine.UNKNOWN), stores()), UNSEEN),
    ("a blob is missing", (ONE, stores(flawed(Fault.MISSING))), fails("broken")),
    ("a blob is short", (ONE, stores(flawed(Fault.SHORT))), fails("broken")),
    ("no weights", (ONE, stores(flawed(Fault.NO_GGUF))), fails("no-gguf")),
    ("several faults", (ONE, stores(flawed(Fault.SHORT, Fault.NO_GGUF))), fails("broken", "no-gguf")),
    ("a fault beside a doubt", (ONE, stores(replace(flawed(Fault.SHORT), doubt=GAP))), fails("broken")),
    ("an empty template", (ONE, stores(flawed(Fault.EMPTY_TEMPLATE))), halves("template")),
    ("an odd template", (ONE, stores(flawed(Fault.ODD_TEMPLATE))), halves("template")),
    ("a template beside a doubt", (ONE, stores(replace(flawed(Fault.ODD_TEMPLATE), doubt=GAP))), UNSEEN),
    ("a model in doubt", (ONE, stores(replace(WELL, doubt=GAP))), UNSEEN),
    ("a manifest that is none", (ONE, stores(replace(WELL, unreadable=1, dangling=GAP))), halves("unreadable")),
    ("a stray file", (ONE, stores(replace(WELL, misplaced=3))), passes("healthy")),
    ("much dangles", (ONE, stores(replace(WELL, dangling=Leftovers(2, MUCH)))), halves("dangling")),
    ("little dangles", (ONE, stores(replace(WELL, dangling=Leftovers(9, MUCH - 1)))), passes("healthy")),
    ("what dangles is not seen", (ONE, stores(replace(WELL, dangling=GAP))), UNSEEN),
    ("a large download", (ONE, stores(replace(WELL, partial=Leftovers(1, MUCH)))), halves("partial")),
    ("a small download", (ONE, stores(replace(WELL, partial=Leftovers(1, MUCH - 1)))), passes("healthy")),
    ("downloads not seen", (ONE, stores(replace(WELL, partial=GAP))), UNSEEN),
    (
        "one proven, one not seen",
        (ONE, stores(replace(WELL, dangling=GAP, partial=Leftovers(1, MUCH)))),
        halves("partial"),
    ),
    ("a full disk", (ONE, stores(replace(WELL, free=5 * GIB - 1))), halves("low-disk")),
    ("just room", (ONE, stores(replace(WELL, free=5 * GIB))), passes("healthy")),
    ("room not seen", (ONE, stores(replace(WELL, free=GAP))), UNSEEN),
    ("a size not seen", (ONE, stores(replace(WELL, entries=(Entry("x", GAP),)))), UNSEEN),
    (
        "a size not seen on a full disk",
        (ONE, stores(replace(WELL, entries=(Entry("x", GAP), *WELL.entries), free=0))),
        halves("low-disk"),
    ),
    (
        "all at once",
        (
            ONE,
            stores(
                replace(flawed(Fault.EMPTY_TEMPLATE), dangling=Leftovers(1, MUCH), partial=Leftovers(1, MUCH), free=0)
            ),
        ),
        halves("template", "dangling", "partial", "low-disk"),
    ),
    ("an empty store", (ONE, stores(replace(WELL, entries=(), free=0))), passes("healthy")),
    ("the folder named", (ONE, stores(same={"one": True})), passes("healthy")),
    ("another folder", (ONE, stores(same={"one": False})), fails("other-store")),
    ("another folder, store not seen", (ONE, stores(GAP, same={"one": False})), fails("other-store")),
    ("another folder before all else", (ONE, stores(flawed(Fault.SHORT), same={"one": False})), fails("other-store")),
    ("perhaps another folder", (ONE, stores(same={"one": GAP})), UNSEEN),
    ("perhaps another folder, and broken", (ONE, stores(flawed(Fault.SHORT), same={"one": GAP})), fails("broken")),
    ("a folder of other servers", (ONE, stores(same={"three": False})), passes("healthy")),
    (
        "the folder of another server",
        (TWO, stores(WELL, WELL, same={"one": True, "two": False})),
        passes("healthy", "healthy"),
    ),
    (
        "of another server, perhaps of this",
        (TWO, stores(WELL, WELL, same={"one": True, "two": GAP})),
        passes("healthy", "healthy"),
    ),
    (
        "perhaps that of another server",
        (TWO, stores(WELL, WELL, same={"one": False, "two": GAP})),
        (*UNSEEN[:3], ["unseen", "unseen"]),
    ),
    (
        "of no server",
        (TWO, stores(WELL, WELL, same={"one": False, "two": False})),
        fails("other-store", "other-store"),
    ),
    ("one of two", (TWO, stores(WELL, flawed(Fault.SHORT))), halves("healthy", "broken")),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_store(facts: Iterable[Fact], expected: Expected) -> None:
    found = judge(healthy_store, *facts)

    assert (found.outcome, found.low, found.high, [one.code for one in found.findings]) == expected


def test_all_that_is_announced_is_said(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(healthy_store, [judge(healthy_store, *facts) for _, facts, _ in ROWS])


def test_a_wrong_folder_is_named_where_the_project_names_it() -> None:
    (finding,) = judge(healthy_store, ONE, stores(same={"one": False})).findings

    assert finding.place == SETTINGS
    assert finding.params == {"folder": "…/modeles_llm", "server": "http://one:11434", "root": "~/.ollama/models"}


def test_what_is_broken_is_named_with_numbers_and_stands_at_the_server() -> None:
    (finding,) = judge(healthy_store, ONE, stores(flawed(Fault.MISSING, Fault.MISSING, Fault.SHORT))).findings

    assert finding.place == HERE
    assert finding.params == {
        "root": "~/.ollama/models",
        "models": "llama3:8b",
        "blobs": "000000000000, 000000000001, 000000000002",
        "missing": 2,
        "short": 1,
    }


def test_of_many_broken_models_some_are_named_and_the_rest_is_counted() -> None:
    flaws = tuple(Flaw(f"m{number}:latest", Fault.SHORT, "a" * 12) for number in range(8))
    (finding,) = judge(healthy_store, ONE, stores(replace(WELL, flaws=flaws))).findings

    assert finding.params["models"] == "m0:latest, m1:latest, m2:latest, m3:latest, m4:latest and 3 more"
    assert finding.params["short"] == 8


def test_what_is_left_over_is_told_in_bytes() -> None:
    untidy = replace(WELL, dangling=Leftovers(2, 300), partial=Leftovers(1, 100))
    (finding,) = judge(healthy_store, ONE, stores(untidy)).findings

    assert finding.params == {"models": 2, "root": "~/.ollama/models", "free": 100 * GIB, "left": 400}


def test_shortcomings_together_cost_no_more_than_one() -> None:
    found = judge(healthy_store, ONE, stores(replace(WELL, dangling=Leftovers(1, MUCH), free=0)))

    assert (found.outcome, found.low) == (Outcome.PARTIAL, Fraction(1, 2))
    assert all(finding.outcome is Outcome.PARTIAL for finding in found.findings)
