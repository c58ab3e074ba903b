"""Ollama's answers read defensively: bodies recorded from a real server, and everything else."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.anatomy import Anatomy, CacheGroup
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry, Loaded, Shape
from modelcheck.probes.ollama.answers import Garbled, entries_of, loaded_of, shape_of, switch_of, version_of

RECORDED = Path(__file__).parents[2] / "recorded" / "ollama"
MODEL: dict[str, Any] = {
    "name": "llama3:8b",
    "size": 5_000_000_000,
    "digest": "ab" * 32,
    "details": {"family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_0"},
}
SHOW: dict[str, Any] = {
    "parameters": 'stop           "<|eot|>"\nnum_ctx        8192',
    "model_info": {
        "general.architecture": "llama",
        "llama.block_count": 32,
        "llama.context_length": 131072,
        "llama.embedding_length": 4096,
        "llama.attention.head_count": 32,
        "llama.attention.head_count_kv": 8,
    },
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


def tags(**changes: Any) -> dict[str, Any]:
    return {"models": [{**MODEL, **changes}]}


def test_an_entry_is_read_whole() -> None:
    (entry,) = entries_of(tags())

    assert entry == Entry("llama3:8b", 5_000_000_000, "ab" * 32, False, "llama", "8.0B", "Q4_0")


@pytest.mark.parametrize(
    "changes",
    [
        {"remote_host": "https://ollama.com"},
        {"remote_model": "llama3"},
        {"size": 0},
        {"name": "llama3:8b-cloud"},
        {"name": "llama3:cloud"},
    ],
)
def test_an_entry_without_weights_is_remote(changes: dict[str, Any]) -> None:
    assert entries_of(tags(**changes))[0].remote is True


@pytest.mark.parametrize("size", [None, "5", -1, True, 1 << 70, 1.5])
def test_an_odd_size_is_a_gap(size: object) -> None:
    assert isinstance(entries_of(tags(size=size))[0].size, Gap)


@pytest.mark.parametrize("digest", [None, "xyz", "AB" * 31, 7])
def test_an_odd_digest_is_a_gap(digest: object) -> None:
    assert isinstance(entries_of(tags(digest=digest))[0].digest, Gap)


def test_details_that_are_none_are_gaps() -> None:
    (entry,) = entries_of(tags(details=None))

    assert entry.family == entry.parameters == entry.quantisation == NOT_RECORDED


def test_an_empty_list_is_an_answer() -> None:
    assert entries_of({"models": []}) == ()


NO_LISTS: list[object] = [None, [], {}, {"models": 7}, {"models": [1]}, {"models": [None]}, {"models": [{"name": 7}]}]


@pytest.mark.parametrize("body", NO_LISTS)
def test_what_is_no_list_of_models_is_garbled(body: object) -> None:
    with pytest.raises(Garbled):
        entries_of(body)


def test_what_is_in_memory_is_read() -> None:
    body = {"models": [{"name": "x", "size": 10, "size_vram": 4, "context_length": 4096}]}

    assert loaded_of(body) == (Loaded("x", 10, 4, 4096),)
    assert isinstance(loaded_of({"models": [{"name": "x", "size": 10, "size_vram": 4}]})[0].context, Gap)


def test_the_switch_of_the_cloud_is_read_as_a_bool_alone() -> None:
    assert switch_of({"cloud": {"disabled": True, "source": "env"}}) is True
    others: list[object] = [{}, {"cloud": {}}, {"cloud": {"disabled": "true"}}, {"cloud": []}]
    for body in others:
        with pytest.raises(Garbled):
            switch_of(body)


@pytest.mark.parametrize("body", [{}, {"version": ""}, {"version": 7}, [], "0.1"])
def test_a_version_is_a_text(body: object) -> None:
    with pytest.raises(Garbled):
        version_of(body)


def test_a_version_cannot_write_on_a_terminal() -> None:
    assert "\x1b" not in version_of({"version": "0.1\x1b[2J"})


def test_the_shape_of_a_model_is_read_and_its_head_is_computed() -> None:
    shape = shape_of(SHOW)

    assert shape == Shape(8192, 131072, 32, 8, 128, 128, False, anatomy=shape.anatomy)


def test_the_anatomy_of_a_model_is_read_from_its_keys_as_from_those_of_a_file() -> None:
    anatomy = shape_of(SHOW).anatomy

    assert isinstance(anatomy, Anatomy)
    assert (anatomy.architecture, anatomy.layers, anatomy.max_context) == ("llama", 32, 131072)
    assert anatomy.cache == (CacheGroup(32, 8 * 256),)


def test_stated_lengths_come_before_computed_ones() -> None:
    info = {**SHOW["model_info"], "llama.attention.key_length": 64, "llama.attention.value_length": 96}
    shape = shape_of({**SHOW, "model_info": info})

    assert (shape.key_length, shape.value_length) == (64, 96)


@pytest.mark.parametrize(
    ("parameters", "context"),
    [(None, None), ("", None), ('stop "x"', None), ("num_ctx 1\nnum_ctx 2", 2), ("xnum_ctx 5", None)],
)
def test_the_context_is_the_last_line_of_that_name(parameters: str | None, context: int | None) -> None:
    assert shape_of({"parameters": parameters}).num_ctx == context


def test_a_context_that_is_no_number_is_a_gap() -> None:
    assert isinstance(shape_of({"parameters": "num_ctx -1"}).num_ctx, Gap)


def test_a_shape_of_nothing_is_all_gaps() -> None:
    shape = shape_of({"parameters": 7})

    assert all(isinstance(value, Gap) for value in (shape.num_ctx, shape.layers, shape.kv_heads, shape.key_length))


@pytest.mark.parametrize(
    ("name", "read"),
    [("version", version_of), ("tags", entries_of), ("ps", loaded_of), ("status", switch_of), ("show", shape_of)],
)
def test_what_a_real_server_sent_is_read(name: str, read: Any) -> None:
    recorded = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    body = recorded.get("body", recorded)

    assert read(body) is not None


def test_the_empty_list_of_an_old_server_is_null() -> None:
    assert entries_of({"models": None}) == ()
    assert loaded_of({"models": None}) == ()


@pytest.mark.parametrize("digest", ["ab" * 32, "sha256:" + "ab" * 32])
def test_a_digest_is_its_digits_alone(digest: str) -> None:
    assert entries_of(tags(digest=digest))[0].digest == "ab" * 32


@pytest.mark.parametrize("digest", ["AB" * 32, "ab" * 32 + "\n", "sha256-" + "ab" * 32, "x" + "ab" * 32])
def test_what_only_resembles_a_digest_is_none(digest: str) -> None:
    assert entries_of(tags(digest=digest))[0].digest == NOT_RECORDED


def test_the_largest_numbers_that_a_fact_can_hold_are_kept() -> None:
    assert entries_of(tags(size=1 << 62))[0].size == 1 << 62
    assert entries_of(tags(size=(1 << 62) + 1))[0].size == NOT_RECORDED
    assert loaded_of({"models": [{"name": "x", "context_length": 0}]})[0].context == NOT_RECORDED


def test_a_name_may_stand_under_another_key_and_is_made_printable() -> None:
    assert entries_of({"models": [{"model": "x"}]})[0].name == "x"
    assert entries_of({"models": [{"name": "", "model": "x"}]})[0].name == "x"
    name = entries_of(tags(name="\x1b[31m" + "x" * 5000))[0].name
    assert name.isprintable()
    assert len(name) == 600


@pytest.mark.parametrize("key", ["family", "parameter_size", "quantization_level"])
def test_details_are_short_printable_texts(key: str) -> None:
    (entry,) = entries_of(tags(details={"family": 1, "parameter_size": "", key: "\u202e" + "x" * 500}))
    told = [value for value in (entry.family, entry.parameters, entry.quantisation) if isinstance(value, str)]

    assert len(told) == 1
    assert told[0].isprintable()
    assert len(told[0]) == 60


def test_more_models_than_a_server_holds_are_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.ollama.answers.MOST_ENTRIES", 2)

    assert len(entries_of({"models": [MODEL] * 2})) == 2
    with pytest.raises(Garbled, match="no list of models"):
        entries_of({"models": [MODEL] * 3})


@pytest.mark.parametrize(
    ("parameters", "context"),
    [
        ("num_ctx\t4096", 4096),
        ("num_ctx                        4096   ", 4096),
        ("stop num_ctx\nnum_ctx 8", 8),
        ("num_ctx\n4096", None),
        ("num_ctx_x 5", None),
        ("num_ctx 0", NOT_RECORDED),
        ("num_ctx 12x", NOT_RECORDED),
        ("num_ctx \N{ARABIC-INDIC DIGIT FIVE}", NOT_RECORDED),
        ("num_ctx " + "9" * 10, NOT_RECORDED),
        ("num_ctx 5\nnum_ctx x", NOT_RECORDED),
        ("num_ctx " + " " * 100_000 + "x", NOT_RECORDED),
    ],
    ids=["tab", "spaces", "word", "two lines", "longer", "zero", "letters", "digit", "long", "last", "run of spaces"],
)
def test_a_context_is_a_whole_number_on_its_own_line(parameters: str, context: int | Gap | None) -> None:
    assert shape_of({"parameters": parameters}).num_ctx == context


@pytest.mark.parametrize("heads", [None, [8, 8], 0, -1, True, "8", 1.5])
def test_heads_that_are_no_number_leave_the_length_open(heads: object) -> None:
    info = {**SHOW["model_info"], "llama.attention.head_count": heads, "llama.attention.head_count_kv": heads}
    shape = shape_of({"model_info": info})

    assert shape.key_length == shape.value_length == Gap(Why.NOT_RECORDED, about="attention.key_length")
    assert shape.kv_heads == NOT_RECORDED


@pytest.mark.parametrize("key", ["remote_host", "remote_model"])
def test_a_stub_shows_itself_in_its_shape(key: str) -> None:
    assert shape_of({key: "https://ollama.com"}).remote is True
    assert shape_of({key: ""}).remote is False


@given(JSON)
def test_no_body_does_harm(body: object) -> None:
    for read in (version_of, entries_of, loaded_of, switch_of, shape_of):
        try:
            read(body)
        except Garbled as error:
            assert str(error)
