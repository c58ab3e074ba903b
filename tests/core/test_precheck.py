"""The pre-check: only what is certainly here is allowed, and what is not here has its nearest neighbours named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.app.tables import table
from modelcheck.core import precheck as prechecking
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing, Source
from modelcheck.core.name import MAX_TEXT, ModelName, ModelRef
from modelcheck.core.precheck import (
    MOST_COMPARED,
    MOST_NEAR,
    Obstacle,
    Precheck,
    Presence,
    find,
    find_text,
    is_cloud_name,
    nearest,
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


def near(answer: Precheck) -> list[str]:
    return [one.name for one in answer.near]


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
    ("text", "first"),
    [
        ("llama3.1:8b-instruct-q6_k", "llama3:8b-instruct-q6_k"),
        ("mixtral-8x7b", "mistral:8x7b-instruct-v0.1-q3_k_m"),
        ("qwen2.5-coder:7b", "qwen2.5-coder:1.5b"),
        ("qwen2.5-coder:32b", "qwen-coder-32b:latest"),
        ("starcoder2:7b", "starcoder2:3b"),
        ("deepseek-coder", "deepseek-coder:33b"),
        ("mistral:7b", "nous-hermes-2-mistral-7b-dpo:latest"),
        ("codestral:22b", "code-stral:latest"),
        ("nomic-embed-text:v1.5", "nomic-embed-text:latest"),
        ("llama3:8b", "llama3:8b-instruct-q6_k"),
    ],
)
def test_what_is_not_here_has_its_nearest_named_first(text: str, first: str) -> None:
    answer = asked_of_the_workstation(text)

    assert not answer.allowed
    assert (answer.presence, answer.obstacle, answer.entry) == (Presence.NEAR, Obstacle.NONE, None)
    assert near(answer)[0] == first


def test_the_nearest_say_what_they_share_and_what_differs() -> None:
    llama, mixtral = (asked_of_the_workstation(text).near[0] for text in ("llama3.1:8b-instruct-q6_k", "mixtral-8x7b"))

    assert (llama.alike, llama.differs) == (("family", "role", "size", "quantisation"), ("version",))
    assert (mixtral.alike, mixtral.differs) == (("line", "role", "size"), ("family",))


def test_what_is_like_nothing_here_is_absent() -> None:
    answer = asked_of_the_workstation("gpt-oss:20b")

    assert (answer.presence, answer.near, answer.allowed) == (Presence.ABSENT, (), False)


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


def test_another_engine_is_not_checked() -> None:
    answer = asked("x", holding(*entries("x")), engine=Engine.OPENAI_LOCAL)

    assert answer.gap == Gap(Why.NOT_UNDERSTOOD, about="openai-local")


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


@pytest.mark.parametrize("entry", [Entry("qwen:7b", remote=True), Entry("qwen:7b", remote=False, whole=False)])
def test_what_is_no_use_itself_is_near_nothing(entry: Entry) -> None:
    assert asked("qwen:8b", holding(entry)).presence is Presence.ABSENT


def test_an_obstacle_still_names_what_is_near() -> None:
    held = (Entry("qwen3:8b", remote=True), *entries("qwen2.5:7b"))

    assert near(asked("qwen3:8b", holding(*held))) == ["qwen2.5:7b"]
    assert near(asked("qwen3:cloud", holding(*held))) == ["qwen2.5:7b"]
    assert near(asked("qwen 3", holding(*held))) == ["qwen2.5:7b"]


@pytest.mark.parametrize("embedding", ["nomic-embed-text", "qwen3-embedding:8b", "bge-m3", "all-minilm:22m"])
@pytest.mark.parametrize("chat", ["qwen3:8b", "qwen2.5-coder:7b", "qwen2.5vl:7b", "llama3:8b"])
def test_an_embedding_model_is_never_near_another_kind(embedding: str, chat: str) -> None:
    assert near(asked(embedding, holding(*entries(chat)))) == []
    assert near(asked(chat, holding(*entries(embedding)))) == []


def test_embedding_models_of_one_line_are_near_each_other() -> None:
    assert near(asked("nomic-embed-text:v2", holding(*entries("nomic-embed-text:v1.5")))) == ["nomic-embed-text:v1.5"]


@pytest.mark.parametrize(
    ("text", "held", "order"),
    [
        ("qwen3:8b", ("qwen3:32b", "qwen3:14b", "qwen3:7b"), ["qwen3:7b", "qwen3:14b", "qwen3:32b"]),
        ("llama3:8b", ("codellama:7b", "llama2:13b"), ["llama2:13b", "codellama:7b"]),
        ("qwen3-coder:8b", ("qwen3:8b", "qwen2.5-coder:8b"), ["qwen2.5-coder:8b", "qwen3:8b"]),
        (
            "llama3:8b-q4_0",
            ("llama3:8b-q8_0", "llama3:8b-instruct-q4_0"),
            ["llama3:8b-instruct-q4_0", "llama3:8b-q8_0"],
        ),
        ("llama3:8b", ("llama2:8b", "llama3:8b-instruct"), ["llama3:8b-instruct", "llama2:8b"]),
        ("mixtral:8x22b", ("mistral:7b", "mixtral:8x7b"), ["mixtral:8x7b", "mistral:7b"]),
        ("qwen3", ("qwen3:b", "qwen3:a"), ["qwen3:a", "qwen3:b"]),
        ("phi:3b", ("philosopher:3b",), []),
    ],
    ids=["size", "family", "use", "quantisation", "version", "mixture", "name", "word"],
)
def test_kinship_ranks_the_near(text: str, held: tuple[str, ...], order: list[str]) -> None:
    for given_order in (held, held[::-1]):
        assert near(asked(text, holding(*entries(*given_order)))) == order


def test_no_more_than_a_few_are_named() -> None:
    answer = asked("qwen3:8b", holding(*entries(*(f"qwen3:{size}b" for size in range(10, 20)))))

    assert len(answer.near) == MOST_NEAR


def test_where_a_name_is_silent_its_description_ranks_it() -> None:
    small, large = Entry("qwen-a", remote=False, parameters="7.6B"), Entry("qwen-b", remote=False, parameters="32B")

    assert near(asked("qwen3:32b", holding(small, large)))[0] == "qwen-b"
    assert near(asked("qwen3:8b", holding(small, large)))[0] == "qwen-a"


def test_a_file_that_no_server_has_registered_is_near_with_the_command_that_would_register_it() -> None:
    (found,) = asked("llama3:8b", holding(loose=entries("Meta-Llama-3-8B-Instruct.Q6_K"))).near

    assert (found.name, found.registered) == ("Meta-Llama-3-8B-Instruct.Q6_K", False)
    assert found.register == (
        "ollama create llama3:8b -f Modelfile  # Modelfile: FROM ./Meta-Llama-3-8B-Instruct.Q6_K.gguf"
    )


def test_what_is_registered_needs_no_command() -> None:
    (found,) = asked("llama3:8b", holding(*entries("llama2:7b"))).near

    assert (found.registered, found.register) == (True, "")


@pytest.mark.parametrize("file", ["llama; rm -rf x", "llama`x`", "llama$(x)", "llama & x", "-llama", "llama\u202e"])
def test_no_command_is_made_of_an_odd_file_name(file: str) -> None:
    (found,) = asked("llama3:8b", holding(loose=entries(file))).near

    assert found.register == ""


@pytest.mark.parametrize("text", ["llama; rm -rf x", "llama`x`", "llama $(x)", "llama & x"])
def test_no_command_is_made_of_an_odd_name(text: str) -> None:
    (found,) = asked(text, holding(loose=entries("llama-3-8b"))).near

    assert found.register == ""


def test_loose_files_that_were_not_seen_are_near_nothing() -> None:
    assert asked("llama3:8b", holding(loose=GAP)).presence is Presence.ABSENT


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


class Counter:
    """Counts the calls of a function that it stands in for."""

    def __init__(self, function: object) -> None:
        self.calls = 0
        self._function = function

    def __call__(self, *arguments: object) -> object:
        self.calls += 1
        assert callable(self._function)
        return self._function(*arguments)


@pytest.mark.parametrize("text", ["llama3:8b", "llama-49999:8b", "qwen:8b", "nothing-like-it", "a b"])
def test_fifty_thousand_entries_take_few_operations(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = holding(*entries(*(f"llama-{number}:{number % 90}b" for number in range(50_000))))
    parsing, reading = Counter(prechecking._parsed), Counter(prechecking.traits)
    monkeypatch.setattr(prechecking, "_parsed", parsing)
    monkeypatch.setattr(prechecking, "traits", reading)

    answer = asked(text, held)

    assert answer.presence in {Presence.NEAR, Presence.ABSENT}
    assert parsing.calls <= 1
    assert reading.calls <= MOST_COMPARED + 1


def test_many_names_alike_are_each_read_once() -> None:
    alike = entries(*(f"org-{number}/llama3:8b" for number in range(1000)), "llama3:8b")

    found = find(ModelName.parse("llama3:8b"), alike)

    assert found is alike[-1]


def test_an_entry_whose_name_is_none_is_passed_over() -> None:
    assert find_text("x", entries("a x", "x:", "", "x")) == entries("x")[0]
    assert find_text("x", entries("a x", "x:")) is None


def test_a_model_of_no_known_family_is_near_its_own_other_tags_alone() -> None:
    held = entries("lux_model:latest", "me/lux_model:v2", "lux_model2:7b", "llama3:8b")

    assert [one.name for one in nearest("lux_model:7b", held, (), FAMILIES)] == ["lux_model:latest", "me/lux_model:v2"]
    assert nearest("other:7b", held, (), FAMILIES) == ()
    assert nearest("", held, (), FAMILIES) == ()
    assert nearest(":7b", held, (), FAMILIES) == ()
