"""Numbers of sections and agents: many spellings, one meaning; what is no number is a gap and a problem."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_project import Read, read, read_agent

from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agent, Provider
from modelcheck.probes.native.providers import MOST_RETRIES, MOST_SECONDS


def read_section(root: Path, body: dict[str, Any]) -> Read:
    return read(root, {"model_providers": {"ollama": body}, "agent_models": {}})


def section(root: Path, body: dict[str, Any]) -> Provider:
    found = read_section(root, body)
    assert found.problems == []
    return found.provider("ollama")


def agent(root: Path, body: dict[str, Any]) -> Agent:
    found = read_agent(root, {"model": "ollama/x", **body}, ollama={})
    assert found.problems == []
    return found.named["a"]


def test_what_is_not_declared_is_none(tmp_path: Path) -> None:
    provider, one = section(tmp_path, {}), agent(tmp_path, {})

    assert (provider.timeout_s, provider.max_retries, provider.verifies_tls) == (None, None, True)
    assert (one.num_ctx, one.max_tokens, one.max_retries, one.keep_alive) == (None, None, None, None)


@pytest.mark.parametrize("key", ["timeout", "timeout_s", "request_timeout"])
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (60, 60.0),
        (2.5, 2.5),
        (0, 0.0),
        (-1, -1.0),
        (60000, 60000.0),
        (None, None),
        ({"total": 30, "read": 5}, 30.0),
        ({"connect": 5, "read": 20}, 20.0),
    ],
)
def test_a_time_out_has_many_names(tmp_path: Path, key: str, value: object, seconds: float | None) -> None:
    assert section(tmp_path, {key: value}).timeout_s == seconds
    assert section(tmp_path, {"options": {key: value}}).timeout_s == seconds


@pytest.mark.parametrize("key", ["max_retries", "retries", "num_retries"])
@pytest.mark.parametrize(("value", "count"), [(0, 0), (2, 2), (2.0, 2), (MOST_RETRIES, MOST_RETRIES), (None, None)])
def test_retries_have_many_names(tmp_path: Path, key: str, value: object, count: int | None) -> None:
    assert section(tmp_path, {key: value}).max_retries == count
    assert agent(tmp_path, {key: value}).max_retries == count
    assert agent(tmp_path, {"parameters": {key: value}}).max_retries == count


@pytest.mark.parametrize("key", ["num_ctx", "context", "context_length"])
@pytest.mark.parametrize("inside", [None, "options", "parameters"])
def test_a_context_has_many_names(tmp_path: Path, key: str, inside: str | None) -> None:
    assert agent(tmp_path, {key: 8192} if inside is None else {inside: {key: 8192}}).num_ctx == 8192


@pytest.mark.parametrize("key", ["max_tokens", "max_output_tokens", "num_predict"])
@pytest.mark.parametrize(("value", "bound"), [(512, 512), (-1, None), (-2, None), (0, None)])
def test_a_bound_of_answers_has_many_names_and_an_endless_one_is_none(
    tmp_path: Path, key: str, value: int, bound: int | None
) -> None:
    assert agent(tmp_path, {key: value}).max_tokens == bound
    assert agent(tmp_path, {"options": {key: value}}).max_tokens == bound


@pytest.mark.parametrize(
    ("value", "kept"), [("30m", "30m"), (300, "300"), (-1, "-1"), (0, "0"), (1.5, "1.5"), (" ", " "), (None, None)]
)
def test_a_time_to_stay_is_kept_as_written(tmp_path: Path, value: object, kept: str | None) -> None:
    assert agent(tmp_path, {"keep_alive": value}).keep_alive == kept


@pytest.mark.parametrize("key", ["verify", "verify_ssl", "ssl_verify"])
@pytest.mark.parametrize(
    ("value", "verifies"), [(True, True), (False, False), (None, True), ("certificates/ca.pem", True)]
)
def test_certificates_are_verified_unless_that_is_turned_off(
    tmp_path: Path, key: str, value: object, verifies: bool
) -> None:
    assert section(tmp_path, {key: value}).verifies_tls is verifies


@pytest.mark.parametrize(
    ("value", "verifies"), [("false", False), (" OFF ", False), ("0", False), (0.0, False), (1, True), ([], False)]
)
def test_what_is_neither_yes_nor_no_is_told(tmp_path: Path, value: object, verifies: bool) -> None:
    found = read_section(tmp_path, {"verify": value})

    assert found.provider("ollama").verifies_tls is verifies
    assert found.problems == [("wrong-type", "ollama.verify must be true or false")]


@pytest.mark.parametrize("value", ["60", "60s", True, [], {}, {"connect": 5}, {"total": "5"}, -2, MOST_SECONDS + 1])
def test_a_time_out_that_is_no_number_is_a_gap(tmp_path: Path, value: object) -> None:
    found = read_section(tmp_path, {"timeout": value})

    assert found.provider("ollama").timeout_s == Gap(Why.NOT_UNDERSTOOD, about="ollama.timeout")
    assert found.problems == [
        ("wrong-type", f"ollama.timeout must be a number of seconds up to {MOST_SECONDS}"),
    ]


@pytest.mark.parametrize("value", ["2", False, 2.5, [], {}, -1, MOST_RETRIES + 1, 10**30])
def test_retries_that_are_no_count_are_a_gap(tmp_path: Path, value: object) -> None:
    found = read_section(tmp_path, {"max_retries": value})

    assert found.provider("ollama").max_retries == Gap(Why.NOT_UNDERSTOOD, about="ollama.max_retries")
    assert found.problems == [("wrong-type", f"ollama.max_retries must be a whole number from 0 to {MOST_RETRIES}")]


@pytest.mark.parametrize("value", ["4096", True, 0.5, 0, -1, 1 << 32, [4096], {"tokens": 4096}])
def test_a_context_that_is_no_count_is_a_gap_with_its_line(tmp_path: Path, value: object) -> None:
    found = read_agent(tmp_path, {"model": "ollama/x", "options": {"num_ctx": value}}, ollama={})

    assert found.named["a"].num_ctx == Gap(Why.NOT_UNDERSTOOD, about="a.options.num_ctx")
    assert [code for code, _ in found.problems] == ["wrong-type"]
    assert found.problems[0][1].startswith("a.options.num_ctx must be a whole number from 1 to ")


@pytest.mark.parametrize("value", [True, [], {"minutes": 5}])
def test_a_time_to_stay_that_is_none_is_told(tmp_path: Path, value: object) -> None:
    found = read_agent(tmp_path, {"model": "ollama/x", "keep_alive": value}, ollama={})

    assert found.named["a"].keep_alive is None
    assert found.problems == [("wrong-type", "a.keep_alive must be a text or a number")]


def test_each_stands_at_its_own_line(tmp_path: Path) -> None:
    text = """{"model_providers": {"ollama": {
      "timeout": "x",
      "options": {
        "retries": "y"}}},
      "agent_models": {"a": {"model": "ollama/x",
        "parameters": {
          "num_ctx": "z"}}}}"""
    found = read(tmp_path, text)

    assert [(one.detail.split()[0], one.place.line) for one in found.configuration.problems] == [
        ("ollama.timeout", 2),
        ("ollama.options.retries", 4),
        ("a.parameters.num_ctx", 7),
    ]


def test_two_spellings_that_differ_are_told_and_the_first_counts(tmp_path: Path) -> None:
    body = {"model": "ollama/x", "num_ctx": 4096, "context": 4096, "options": {"num_ctx": 8192}}
    found = read_agent(tmp_path, body, ollama={})

    assert found.named["a"].num_ctx == 4096
    assert found.problems == [("second-name", "a has both context and options.num_ctx")]


def test_options_that_are_no_object_hold_nothing(tmp_path: Path) -> None:
    assert agent(tmp_path, {"options": [{"num_ctx": 8192}], "parameters": "num_ctx 8192"}).num_ctx is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["timeout", "timeout_s", "max_retries", "retries", "num_ctx", "max_tokens", "num_predict", "keep_alive", "verify"]
)
BODIES = st.dictionaries(KEYS | st.sampled_from(["options", "parameters"]), JSON | st.dictionaries(KEYS, JSON))


@settings(max_examples=100, deadline=None)
@given(BODIES)
def test_whatever_is_written_the_numbers_are_bounded(body: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), {"model_providers": {"ollama": body}, "agent_models": {"a": {"model": "x", **body}}})

    provider, one = found.provider("ollama"), found.named["a"]
    assert provider.timeout_s is None or isinstance(provider.timeout_s, Gap) or -1 <= provider.timeout_s <= MOST_SECONDS
    for count in (provider.max_retries, one.max_retries, one.num_ctx, one.max_tokens):
        assert count is None or isinstance(count, Gap) or 0 <= count <= 1 << 31
    assert one.keep_alive is None or (one.keep_alive.isprintable() and len(one.keep_alive) <= 40)
