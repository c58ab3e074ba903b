"""The nearest local models: ranked by what names and descriptions share, with no command that could do harm."""

import pytest

from modelcheck.app.tables import table
from modelcheck.core import nearest as ranking
from modelcheck.core import precheck as prechecking
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing, Source
from modelcheck.core.nearest import MOST_COMPARED, MOST_NEAR, nearest
from modelcheck.core.precheck import Obstacle, Precheck, Presence, precheck
from modelcheck.core.project import Engine
from modelcheck.core.tables import Families
from modelcheck.core.traits import traits

FAMILIES = table(Families)
GAP = Gap(Why.UNREADABLE, about="planted")

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


def holding(*held: Entry, loose: tuple[Entry, ...] | Gap = ()) -> Inventory:
    return Inventory(Seen.of({"one": Listing(Source.SERVER, proves_absence=True, entries=held)}), loose)


def asked(text: str, inventory: Inventory) -> Precheck:
    return precheck(text, Engine.OLLAMA, "one", inventory, FAMILIES)


def asked_of_the_workstation(text: str) -> Precheck:
    return asked(text, holding(*entries(*WORKSTATION)))


def near(answer: Precheck) -> list[str]:
    return [one.name for one in answer.near]


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


@pytest.mark.parametrize(
    "text", ["llama; rm -rf x", "llama`x`", "llama $(x)", "llama & x", "llama3:cloud:local", "llama3" + "x" * 1000]
)
def test_no_command_is_made_of_an_odd_name(text: str) -> None:
    (found,) = asked(text, holding(loose=entries("llama-3-8b"))).near

    assert found.register == ""


def test_loose_files_that_were_not_seen_are_near_nothing() -> None:
    assert asked("llama3:8b", holding(loose=GAP)).presence is Presence.ABSENT


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
    parsing, reading = Counter(prechecking._parsed), Counter(traits)
    monkeypatch.setattr(prechecking, "_parsed", parsing)
    monkeypatch.setattr(ranking, "traits", reading)

    answer = asked(text, held)

    assert answer.presence in {Presence.NEAR, Presence.ABSENT}
    assert parsing.calls <= 1
    assert reading.calls <= MOST_COMPARED + 1


def test_a_model_of_no_known_family_is_near_its_own_other_tags_alone() -> None:
    held = entries("lux_model:latest", "me/lux_model:v2", "lux_model2:7b", "llama3:8b")

    assert [one.name for one in nearest("lux_model:7b", held, (), FAMILIES)] == ["lux_model:latest", "me/lux_model:v2"]
    assert nearest("other:7b", held, (), FAMILIES) == ()
    assert nearest("", held, (), FAMILIES) == ()
    assert nearest(":7b", held, (), FAMILIES) == ()
