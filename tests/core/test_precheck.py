"""The pre-check: only what is certainly here, by the rules of Ollama, is allowed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.app.tables import table
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing, Product, Source
from modelcheck.core.name import MAX_TEXT, ModelName, ModelRef
from modelcheck.core.precheck import (
    Obstacle,
    Precheck,
    Presence,
    find,
    find_text,
    held,
    is_cloud_name,
    obstacle_of,
    precheck,
)
from modelcheck.core.project import Engine
from modelcheck.core.tables import Families

FAMILIES = table(Families)
GAP = Gap(Why.UNREADABLE, about="planted")
SILENT = Gap(Why.NOT_ANSWERED, about="one")

WORKSTATION = (
    "mistral:8x7b-instruct-v0.1-q3_k_m",
    "nous-hermes-2-mistral-7b-dpo:latest",
    "llama3:8b-instruct-q6_k",
    "qwen2.5-coder:1.5b",
    "starcoder2:3b",
    "qwen-coder-32b:latest",
    "code-stral:latest",
    "deepseek-coder:33b",
    "lux_model:latest",
    "nomic-embed-text:latest",
)
"""The worked example of the design."""


def entries(*names: str) -> tuple[Entry, ...]:
    return tuple(Entry(name, size=10**9, remote=False) for name in names)


def holding(
    *held: Entry, source: Source = Source.SERVER, server: str = "one", loose: tuple[Entry, ...] | Gap = ()
) -> Inventory:
    return Inventory(Seen.of({server: Listing(source, source is not Source.STORE, held)}), loose)


def asked(text: str, inventory: Inventory | Gap, server: str = "one", engine: Engine = Engine.OLLAMA) -> Precheck:
    return precheck(text, engine, server, inventory, FAMILIES)


def asked_of_the_workstation(text: str) -> Precheck:
    return asked(text, holding(*entries(*WORKSTATION)))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        *((name, name) for name in WORKSTATION),
        ("qwen-coder-32b", "qwen-coder-32b:latest"),
        ("code-stral", "code-stral:latest"),
        ("nomic-embed-text", "nomic-embed-text:latest"),
        ("LLAMA3:8B-Instruct-Q6_K", "llama3:8b-instruct-q6_k"),
        ("library/llama3:8b-instruct-q6_k", "llama3:8b-instruct-q6_k"),
        ("registry.ollama.ai/library/starcoder2:3b", "starcoder2:3b"),
        ("starcoder2:3b:local", "starcoder2:3b"),
        (" starcoder2:3b\n", "starcoder2:3b"),
    ],
)
def test_what_is_here_by_the_rules_of_ollama_is_allowed(text: str, entry: str) -> None:
    answer = asked_of_the_workstation(text)

    assert answer.allowed
    assert answer.entry is not None
    assert (answer.presence, answer.obstacle, answer.entry.name) == (Presence.HERE, Obstacle.NONE, entry)


@pytest.mark.parametrize(
    ("text", "held", "same"),
    [
        ("qwen3", "qwen3:latest", True),
        ("qwen3", "qwen3:8b", False),
        ("qwen3:8b", "Qwen3:8B", True),
        ("x:8b-instruct-q4_K_M", "x:8b", False),
        ("hf.co/org/qwen3:Q4_K_M", "qwen3:q4_k_m", False),
        ("hf.co/org/qwen3:q4_k_m", "hf.co/org/qwen3:Q4_K_M", True),
        ("localhost:5000/a/x", "localhost:5000/a/x:latest", True),
        ("localhost:5000/a/x", "a/x:latest", False),
        # A prefix of a router is not taken off here: whoever knows the provider did that before.
        ("ollama/qwen3", "qwen3:latest", False),
        ("ollama_chat/qwen3", "qwen3:latest", False),
        ("openai/qwen3", "qwen3:latest", False),
        ("openai/qwen3", "openai/qwen3:latest", True),
        ("qwen3@sha256:0123", "qwen3:latest", False),
        ("all-minilm:latest", "all-minilm", True),
        ("all-minilm", "all-minilm:latest", True),
        ("\u0430ll-minilm", "all-minilm:latest", False),
    ],
)
def test_a_name_is_here_only_when_it_is_the_same_name(text: str, held: str, same: bool) -> None:
    assert asked(text, holding(*entries(held))).allowed is same


@pytest.mark.parametrize("text", ["x:480b-cloud", "x:cloud", "x:8b:cloud", "X:CLOUD"])
@pytest.mark.parametrize("inventory", [holding(*entries("x:cloud", "x:480b-cloud", "x:8b")), SILENT])
def test_a_name_of_the_cloud_is_never_here(text: str, inventory: Inventory | Gap) -> None:
    answer = asked(text, inventory)

    assert (answer.allowed, answer.obstacle) == (False, Obstacle.CLOUD)
    assert is_cloud_name(text)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "x:cloud:local", "x:", "../x", "x" * 81, "x" * (MAX_TEXT + 1), "\ud800"]
)
@pytest.mark.parametrize("inventory", [holding(*entries("x")), SILENT])
def test_a_name_that_ollama_refuses_is_never_here(text: str, inventory: Inventory | Gap) -> None:
    answer = asked(text, inventory)

    assert (answer.allowed, answer.obstacle) == (False, Obstacle.INVALID)
    assert not is_cloud_name(text)
    assert find_text(text, entries("x")) is None


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (Entry("x", remote=False), Obstacle.NONE),
        (Entry("x", remote=False, whole=True), Obstacle.NONE),
        (Entry("x", remote=True), Obstacle.STUB),
        (Entry("x", remote=True, whole=GAP), Obstacle.STUB),
        (Entry("x", remote=False, whole=False), Obstacle.BROKEN),
        (Entry("x", remote=GAP, whole=False), Obstacle.BROKEN),
        (Entry("x", remote=GAP), GAP),
        (Entry("x", remote=False, whole=GAP), GAP),
        (Entry("x", remote=GAP, whole=SILENT), GAP),
    ],
)
def test_what_keeps_an_entry_from_counting(entry: Entry, found: Obstacle | Gap) -> None:
    assert obstacle_of(entry) == found
    assert asked("x", holding(entry)).allowed is (found is Obstacle.NONE)


@pytest.mark.parametrize(
    ("inventory", "reason"),
    [
        (SILENT, SILENT),
        (Inventory(Seen[str, Listing].of({"one": SILENT})), SILENT),
        (holding(*entries("x"), server="two"), Gap(Why.NOT_ASKED)),
        (holding(source=Source.STORE), Gap(Why.NOT_LISTED, about="store")),
        (holding(Entry("x", remote=GAP)), GAP),
        (holding(Entry("x", remote=False, whole=GAP)), GAP),
    ],
    ids=["no inventory", "no list", "another server", "a store", "stub or not", "weights unseen"],
)
def test_what_could_not_be_checked_is_refused_with_its_reason(inventory: Inventory | Gap, reason: Gap) -> None:
    answer = asked("x", inventory)

    assert (answer.presence, answer.gap, answer.allowed) == (Presence.NOT_CHECKED, reason, False)


@pytest.mark.parametrize("engine", [engine for engine in Engine if not engine.is_local])
def test_an_engine_that_is_not_local_is_not_checked(engine: Engine) -> None:
    answer = asked("x", holding(*entries("x")), engine=engine)

    assert answer.gap == Gap(Why.NOT_UNDERSTOOD, about=engine.value)


EXACT = (Product.LLAMA_CPP, Product.LLAMA_ROUTER, Product.VLLM, Product.LM_STUDIO)
ALIASED = Entry("Qwen3-8B.gguf", remote=False, aliases=("Qwen3-8B", "org/qwen@q4"))


def listed(product: Product | Gap, *held: Entry, source: Source = Source.SERVER) -> Inventory:
    return Inventory(Seen.of({"one": Listing(source, source is not Source.STORE, held, product)}), ())


def compatible(text: str, inventory: Inventory | Gap) -> Precheck:
    return asked(text, inventory, engine=Engine.OPENAI_LOCAL)


@pytest.mark.parametrize("product", EXACT)
@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("Qwen3-8B.gguf", True),
        ("Qwen3-8B", True),
        ("org/qwen@q4", True),
        ("/models/Qwen3-8B.gguf", True),
        ("qwen3-8b.gguf", False),
        ("Qwen3-8B:latest", False),
        ("qwen", False),
        ("", False),
    ],
)
def test_other_servers_go_by_the_exact_name(product: Product, text: str, here: bool) -> None:
    answer = compatible(text, listed(product, ALIASED))

    assert answer.allowed is here
    assert answer.entry == (ALIASED if here else None)


def test_ollama_behind_openais_api_goes_by_its_own_rules() -> None:
    here = listed(Product.OLLAMA, *entries("qwen3:latest"))

    assert compatible("Qwen3", here).allowed
    assert compatible("a b", here).obstacle is Obstacle.INVALID
    assert compatible("qwen3:cloud", here).obstacle is Obstacle.CLOUD


def test_other_servers_know_no_cloud_and_no_invalid_name() -> None:
    here = listed(Product.VLLM, *entries("x:cloud", "a b"))

    assert compatible("x:cloud", here).allowed
    assert compatible("a b", here).allowed


def test_a_server_that_answers_any_name_is_said_to_substitute() -> None:
    answer = compatible("gpt-4", listed(Product.LLAMA_CPP, ALIASED))

    assert (answer.presence, answer.obstacle) == (Presence.ABSENT, Obstacle.SUBSTITUTED)
    assert compatible("gpt-4", listed(Product.LLAMA_CPP)).obstacle is Obstacle.NONE
    assert compatible("gpt-4", listed(Product.LLAMA_ROUTER, ALIASED)).obstacle is Obstacle.NONE


UNTOLD = Gap(Why.NOT_UNDERSTOOD, about="a server")


@pytest.mark.parametrize(
    ("text", "presence", "gap"),
    [
        ("qwen3:8b", Presence.HERE, None),
        ("Qwen3:8B", Presence.NOT_CHECKED, UNTOLD),
        ("qwen3:8b:local", Presence.NOT_CHECKED, UNTOLD),
        ("gpt-4", Presence.ABSENT, None),
        ("qwen3:4b", Presence.NEAR, None),
        ("a b", Presence.ABSENT, None),
    ],
)
def test_of_software_that_is_not_known_only_what_holds_by_every_rule_is_said(
    text: str, presence: Presence, gap: Gap | None
) -> None:
    answer = compatible(text, listed(UNTOLD, *entries("qwen3:8b")))

    assert (answer.presence, answer.obstacle, answer.gap) == (presence, Obstacle.NONE, gap)


def test_a_cloud_name_that_such_software_lists_is_open() -> None:
    assert compatible("x:cloud", listed(UNTOLD, *entries("x:cloud"))).gap == UNTOLD
    assert compatible("x:cloud", listed(UNTOLD, *entries("y"))).presence is Presence.ABSENT


def test_where_its_weights_lie_is_open_too() -> None:
    assert compatible("x", listed(UNTOLD, Entry("x", remote=UNTOLD))).gap == UNTOLD


def test_of_another_server_a_lock_proves_both_and_a_store_no_absence() -> None:
    assert compatible("x", listed(UNTOLD, *entries("x"), source=Source.LOCK)).allowed
    assert compatible("y", listed(UNTOLD, *entries("x"), source=Source.LOCK)).presence is Presence.ABSENT
    store = compatible("y", listed(Product.VLLM, *entries("x"), source=Source.STORE))
    assert store.gap == Gap(Why.NOT_LISTED, about="store")
    assert compatible("x", SILENT).gap == SILENT
    assert compatible("x", Inventory(Seen[str, Listing].of({"one": SILENT}))).gap == SILENT


def test_no_command_registers_a_file_with_another_server() -> None:
    here = msgspec.structs.replace(listed(Product.VLLM), loose=entries("llama-3-8b"))

    assert [(near.name, near.register) for near in compatible("llama3:8b", here).near] == [("llama-3-8b", "")]


def test_what_another_server_holds_is_named_first_and_does_not_count_as_here() -> None:
    lists: dict[str, Listing | Gap] = {
        "one": Listing(Source.SERVER, proves_absence=True, entries=entries("llama3.1:8b")),
        "two": Listing(Source.SERVER, proves_absence=True, entries=entries("llama3:8b")),
        "exact": Listing(Source.SERVER, True, (Entry("llama3:8b", remote=False),), Product.VLLM),
        "other case": Listing(Source.SERVER, True, (Entry("LLAMA3:8b", remote=False),), Product.VLLM),
        "stub": Listing(Source.SERVER, True, (Entry("llama3:8b", remote=True),)),
        "untold": Listing(Source.SERVER, True, entries("llama3:8b"), UNTOLD),
        "silent": SILENT,
    }
    answer = asked("llama3:8b", Inventory(Seen[str, Listing].of(lists), ()))

    assert (answer.presence, answer.obstacle) == (Presence.NEAR, Obstacle.NONE)
    assert [(near.name, near.server, near.alike[0]) for near in answer.near] == [
        ("llama3:8b", "two", "name"),
        ("llama3:8b", "exact", "name"),
        ("llama3.1:8b", "", "family"),
    ]


@pytest.mark.parametrize(
    ("text", "product", "found"),
    [
        ("Qwen3-8B", Product.VLLM, ALIASED),
        ("qwen3-8b", Product.VLLM, None),
        ("qwen3-8b.GGUF", Product.OLLAMA, ALIASED),
        ("Qwen3-8B.gguf", UNTOLD, ALIASED),
        ("qwen3-8b.gguf", UNTOLD, UNTOLD),
        ("nothing", UNTOLD, None),
    ],
)
def test_an_entry_is_found_by_the_rules_of_its_server(text: str, product: Product | Gap, found: Entry | Gap) -> None:
    listing = Listing(Source.SERVER, True, (ALIASED,), product)

    assert held(text, Engine.OPENAI_LOCAL, listing) == found
    assert held("qwen3-8b.gguf", Engine.OLLAMA, listing) == ALIASED


@pytest.mark.parametrize("source", [Source.SERVER, Source.STORE, Source.LOCK])
def test_a_store_or_a_lock_proves_presence(source: Source) -> None:
    assert asked("x", holding(*entries("x"), source=source)).allowed


def test_a_lock_proves_absence() -> None:
    assert asked("y", holding(*entries("x"), source=Source.LOCK)).presence is Presence.ABSENT


def test_each_name_is_matched_against_its_own_server() -> None:
    lists = {
        "one": Listing(Source.SERVER, proves_absence=True, entries=entries("x")),
        "two": Listing(Source.SERVER, proves_absence=True, entries=entries("y")),
    }
    both = Inventory(Seen.of(lists))

    assert [asked(text, both, server).allowed for text in ("x", "y") for server in ("one", "two")] == [
        True,
        False,
        False,
        True,
    ]


hostile = st.text(st.characters(exclude_categories=()), max_size=120) | st.lists(
    st.sampled_from([*"aZ9_.-:/@%\\! \n\xa0", "cloud", "local", "qwen", "llama3:8b", "registry.ollama.ai/"]),
    max_size=10,
).map("".join)


@given(
    hostile,
    st.lists(hostile, max_size=5),
    st.sampled_from([True, False, GAP]),
    st.sampled_from([None, True, False, GAP]),
)
def test_any_name_has_an_answer_and_only_its_own_entry_allows_it(
    text: str, held: list[str], remote: bool | Gap, whole: bool | Gap | None
) -> None:
    listed = tuple(Entry(name, remote=remote, whole=whole) for name in held)
    answer = asked(text, holding(*listed, loose=listed))

    assert answer.name == text
    assert (answer.presence is Presence.NOT_CHECKED) == (answer.gap is not None)
    assert (answer.presence is Presence.NEAR) == bool(answer.near)
    if answer.allowed:
        assert answer.entry in listed
        assert answer.entry is not None
        assert ModelRef.parse(text).name == ModelName.parse(answer.entry.name)
        assert remote is False
        assert whole in {None, True}


@given(st.lists(st.sampled_from(WORKSTATION), min_size=1, unique=True), st.sampled_from(WORKSTATION))
def test_the_order_of_a_list_changes_nothing(names: list[str], text: str) -> None:
    one, other = (asked(text, holding(*entries(*each))) for each in (names, names[::-1]))

    assert one == other
    assert one.allowed == (text in names)


def test_many_names_alike_are_each_read_once() -> None:
    alike = entries(*(f"org-{number}/llama3:8b" for number in range(1000)), "llama3:8b")

    found = find(ModelName.parse("llama3:8b"), alike)

    assert found is alike[-1]


def test_an_entry_whose_name_is_none_is_passed_over() -> None:
    assert find_text("x", entries("a x", "x:", "", "x")) == entries("x")[0]
    assert find_text("x", entries("a x", "x:")) is None


@given(
    hostile,
    st.lists(hostile, max_size=5),
    st.sampled_from([*Product, UNTOLD]),
    st.sampled_from([True, False, GAP]),
)
def test_any_name_has_an_answer_on_any_server(
    text: str, names: list[str], product: Product | Gap, remote: bool
) -> None:
    held = tuple(Entry(name, remote=remote) for name in names)
    answer = compatible(text, listed(product, *held))

    assert (answer.presence is Presence.NOT_CHECKED) == (answer.gap is not None)
    if answer.allowed:
        assert answer.entry in held
        assert remote is False
    if isinstance(product, Gap):
        each = [compatible(text, listed(one, *held)) for one in Product]
        assert answer.gap is not None or all(one.allowed is answer.allowed for one in each)
