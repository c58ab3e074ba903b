"""What an Ollama server makes of its variables."""

import math
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.durations import duration, keep_seconds
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.ollama_settings import (
    COARSE_CACHES,
    DEFAULT_KEEP_ALIVE,
    PLAIN_CACHES,
    Attention,
    cache_type,
    context_length,
    default_context,
    flash_attention,
    keep_alive,
    most_in_memory,
    most_loaded,
    place_of,
    queue,
    slots,
    written,
)
from modelcheck.core.serving import Origin, ServerSetup, Setting
from modelcheck.core.variables import CACHE_TYPES

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
HERE = Place("deploy/ollama.service", 4)
SECOND = 10**9


def having(**variables: str) -> ServerSetup:
    return ServerSetup(written_in(Origin.PROCESS, variables), complete=True)


def written_in(origin: Origin, variables: Mapping[str, str]) -> tuple[Setting, ...]:
    return tuple(Setting(f"OLLAMA_{name}", value, origin, place=HERE) for name, value in variables.items())


UNSET = having()


def test_a_variable_is_trimmed_of_spaces_and_quotes() -> None:
    assert written(having(KEEP_ALIVE=" '10m' "), "OLLAMA_KEEP_ALIVE") == "10m"
    assert written(having(KEEP_ALIVE='""'), "OLLAMA_KEEP_ALIVE") is None


def test_a_variable_that_is_not_there_is_not_set_where_all_of_them_were_seen() -> None:
    assert written(UNSET, "OLLAMA_KEEP_ALIVE") is None


@pytest.mark.parametrize("origin", [Origin.SERVICE, Origin.COMPOSE, Origin.SHELL])
def test_what_only_would_start_a_server_is_not_what_it_has(origin: Origin) -> None:
    found = written(ServerSetup(written_in(origin, {"KEEP_ALIVE": "10m"})), "OLLAMA_KEEP_ALIVE")

    assert found == Gap(Why.NOT_RECORDED, about="OLLAMA_KEEP_ALIVE of the running server")


def test_what_was_not_seen_says_what_would_show_it() -> None:
    blind = ServerSetup(unseen=(Gap(Why.NOT_THERE, about="server.log"), Gap(Why.UNREADABLE, hint="journalctl")))
    found = written(blind, "OLLAMA_KEEP_ALIVE")

    assert isinstance(found, Gap)
    assert found.hint == "journalctl"


def test_what_the_log_leaves_open_is_a_gap_and_has_no_place() -> None:
    open_ = ServerSetup(complete=True, undecided=("OLLAMA_FLASH_ATTENTION",))

    assert flash_attention(open_) == Gap(Why.UNDECIDED, about="OLLAMA_FLASH_ATTENTION")
    assert place_of(open_, "OLLAMA_FLASH_ATTENTION") is None


def test_a_setting_is_named_with_its_place() -> None:
    assert place_of(having(NUM_PARALLEL="4"), "OLLAMA_NUM_PARALLEL") == HERE
    assert place_of(UNSET, "OLLAMA_NUM_PARALLEL") is None
    assert place_of(GAP, "OLLAMA_NUM_PARALLEL") is None


@pytest.mark.parametrize(
    ("text", "parallel", "loaded", "waiting", "context"),
    [
        (None, 1, 0, 512, 0),
        ("0", 1, 0, 0, 0),
        ("7", 7, 7, 7, 7),
        ("007", 7, 7, 7, 7),
        ("-1", 1, 0, 512, 0),
        ("+1", 1, 0, 512, 0),
        ("4 slots", 1, 0, 512, 0),
        ("1_000", 1, 0, 512, 0),
        ("٤", 1, 0, 512, 0),
        ("9" * 30, 1, 0, 512, 0),
    ],
)
def test_counts_are_read_as_go_reads_them_and_else_are_the_default(
    text: str | None, parallel: int, loaded: int, waiting: int, context: int
) -> None:
    names = ("NUM_PARALLEL", "MAX_LOADED_MODELS", "MAX_QUEUE", "CONTEXT_LENGTH")
    setup = UNSET if text is None else having(**dict.fromkeys(names, text))

    assert (slots(setup), most_loaded(setup), queue(setup), context_length(setup)) == (
        parallel,
        loaded,
        waiting,
        context,
    )


@pytest.mark.parametrize("read", [slots, most_loaded, queue, context_length, keep_alive, cache_type, flash_attention])
def test_what_was_not_seen_stays_a_gap(read: object) -> None:
    assert callable(read)
    assert read(GAP) == GAP


def cards(count: int) -> Gpus:
    return Gpus("580", tuple(Gpu(index, "RTX 3090", "", 24 * GIB, 0) for index in range(count)))


@pytest.mark.parametrize(
    ("setup", "asked", "gpus", "most"),
    [
        (having(MAX_LOADED_MODELS="2"), 5, GAP, 2),
        (UNSET, 3, GAP, 3),
        (UNSET, 4, GAP, GAP),
        (UNSET, 4, cards(2), 6),
        (UNSET, 4, cards(0), 3),
        (GAP, 1, cards(1), GAP),
    ],
)
def test_as_many_models_are_in_memory_as_is_set_else_three_for_each_card(
    setup: ServerSetup | Gap, asked: int, gpus: Gpus | Gap, most: int | Gap
) -> None:
    assert most_in_memory(setup, asked, gpus) == most


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("5m", 300 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("2h45m30.5s", 9930 * SECOND + SECOND // 2),
        ("1.5h", 5400 * SECOND),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("100ms", SECOND // 10),
        ("3us", 3000),
        ("3µs", 3000),
        ("3μs", 3000),
        ("7ns", 7),
        ("0", 0),
        ("-0", 0),
        ("0s", 0),
        ("-1s", -SECOND),
        ("+1s", SECOND),
        ("2562047h47m16.854775807s", (1 << 63) - 1),
        ("2562047h47m16.854775808s", None),
        ("-2562047h47m16.854775808s", -(1 << 63)),
        ("9999999h", None),
        ("", None),
        ("-", None),
        ("5", None),
        ("5 m", None),
        ("5 minutes", None),
        ("5min", None),
        ("5M", None),
        ("m", None),
        (".s", None),
        ("1..5s", None),
        ("1.5.5s", None),
        ("--1s", None),
        ("٣s", None),
        ("1" * 201 + "s", None),
    ],
)
def test_a_duration_is_read_as_go_reads_it(text: str, nanoseconds: int | None) -> None:
    assert duration(text) == nanoseconds


@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["ns", "us", "ms", "s", "m", "h"])), min_size=1))
def test_a_duration_is_the_sum_of_its_pieces(pieces: list[tuple[int, str]]) -> None:
    text = "".join(f"{amount}{unit}" for amount, unit in pieces)
    whole = [duration(f"{amount}{unit}") for amount, unit in pieces]

    if len(text) <= 200 and sum(one or 0 for one in whole) < 1 << 63:
        assert duration(text) == sum(one or 0 for one in whole)


@given(st.text() | st.text(alphabet="0123456789.-+hmsuµn"))
def test_no_text_breaks_the_reading_of_a_time(text: str) -> None:
    seconds = keep_seconds(text)

    assert seconds is None or seconds >= 0
    assert isinstance(keep_alive(having(KEEP_ALIVE=text)), float)
    assert isinstance(cache_type(having(KV_CACHE_TYPE=text)), str)
    assert isinstance(flash_attention(having(FLASH_ATTENTION=text)), Attention)
    assert isinstance(slots(having(NUM_PARALLEL=text)), int)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, DEFAULT_KEEP_ALIVE),
        ("30m", 1800),
        ("300", 300),
        ("+300", 300),
        ("0", 0),
        ("-1", math.inf),
        ("-1m", math.inf),
        ("5 minutes", DEFAULT_KEEP_ALIVE),
        ("forever", DEFAULT_KEEP_ALIVE),
        ("1e3", DEFAULT_KEEP_ALIVE),
        ("9" * 19, DEFAULT_KEEP_ALIVE),
    ],
)
def test_a_model_is_kept_for_a_duration_or_seconds_and_what_is_neither_is_five_minutes(
    text: str | None, seconds: float
) -> None:
    assert keep_alive(UNSET if text is None else having(KEEP_ALIVE=text)) == seconds


def test_a_time_of_too_many_digits_is_none() -> None:
    assert keep_seconds("1" * 10_000) is None


@pytest.mark.parametrize(
    ("text", "attention"),
    [
        (None, Attention.AUTO),
        ("", Attention.AUTO),
        ("1", Attention.ON),
        ("true", Attention.ON),
        ("yes", Attention.ON),
        ("off", Attention.ON),
        ("False", Attention.OFF),
        ("0", Attention.OFF),
    ],
)
def test_any_text_turns_flash_attention_on_unless_go_reads_it_as_false(text: str | None, attention: Attention) -> None:
    assert flash_attention(UNSET if text is None else having(FLASH_ATTENTION=text)) is attention


def test_the_type_of_the_cache_is_folded_and_half_precision_by_default() -> None:
    assert cache_type(having(KV_CACHE_TYPE="Q8_0")) == "q8_0"
    assert cache_type(UNSET) == "f16"


def test_every_type_of_cache_is_known_with_its_bytes_and_its_kind() -> None:
    assert set(CACHE_TYPES) == PLAIN_CACHES | COARSE_CACHES | {"q8_0"}
    assert CACHE_TYPES["q8_0"] == Fraction(17, 16)
    assert CACHE_TYPES["q4_0"] == Fraction(9, 16)


@pytest.mark.parametrize(
    ("total", "tokens"),
    [(0, 4096), (23 * GIB - 1, 4096), (23 * GIB, 32_768), (47 * GIB - 1, 32_768), (47 * GIB, 262_144)],
)
def test_the_context_of_the_server_goes_by_the_memory_of_all_cards(total: int, tokens: int) -> None:
    assert default_context(total) == tokens
