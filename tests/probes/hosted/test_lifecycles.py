"""How long models last: the provider's own word, from its list or for one model, and else the table's."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from modelcheck.core.asked import CloudProvider
from modelcheck.core.cloud import Lifecycle, Resolution, Stage, Told
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.project import Engine
from modelcheck.probes.access import FOREIGN
from modelcheck.probes.catalogue import lifecycle_of
from modelcheck.standin.scenario import AnthropicAccount, AnthropicModel, OpenAIAccount, OpenAIModel, Scenario
from modelcheck.standin.stack import Stack

Recorder = Any
"""The one of conftest."""
Make = Callable[..., Any]


def claude(name: str, **more: Any) -> AnthropicModel:
    given: dict[str, Any] = {"max_input_tokens": 1, "max_tokens": 1, "created_at": "2026-01-01T00:00:00Z"}
    return AnthropicModel(id=name, display_name=name, **(given | more))


SCENARIO = msgspec.structs.replace(
    Scenario.named("workstation"),
    anthropic=AnthropicAccount(
        models=(
            claude("alive"),
            claude(
                "ending",
                lifecycle="deprecated",
                deprecated_at="2026-10-01T00:00:00Z",
                retires_at="2027-01-22T00:00:00Z",
            ),
            claude("undated", lifecycle="deprecated", deprecated_at="2026-10-01T00:00:00Z"),
            claude(
                "over", lifecycle="retired", deprecated_at="2026-01-01T00:00:00Z", retires_at="2026-08-05T00:00:00Z"
            ),
        )
    ),
    openai=OpenAIAccount(
        models=(OpenAIModel(id="alive", created=1), OpenAIModel(id="ending", created=1, shutdown_date="2026-12-11"))
    ),
)
ACTIVE = Lifecycle(Stage.ACTIVE, None, Told.API)


@pytest.fixture
def endpoints() -> Any:
    with Stack(SCENARIO) as stack:
        yield {"anthropic": stack.anthropic_url, "openai": stack.openai_url}


def test_anthropic_tells_stage_and_dates(endpoints: dict[str, str], access: Make, look: Make) -> None:
    given = access(endpoints=endpoints)

    seen = look(given, anthropic=["alive", "ending", "undated", "over"])

    deprecated, told = "2026-10-01", Told.API
    assert seen.lifecycle("anthropic", "alive") == ACTIVE
    assert seen.lifecycle("anthropic", "ending") == Lifecycle(Stage.DEPRECATED, "2027-01-22", told, deprecated)
    assert seen.lifecycle("anthropic", "undated") == Lifecycle(Stage.DEPRECATED, None, told, deprecated)
    assert seen.lifecycle("anthropic", "over") == Lifecycle(Stage.RETIRED, "2026-08-05", told, "2026-01-01")
    assert seen.model("anthropic", "over") is Resolution.NOT_FOUND
    assert [row.count for row in given.book.closed().contacts] == [2]


def test_openai_tells_the_date_of_its_end(endpoints: dict[str, str], access: Make, look: Make) -> None:
    given = access(endpoints=endpoints)

    seen = look(given, openai=["alive", "ending"])

    assert seen.lifecycle("openai", "alive") == ACTIVE
    assert seen.lifecycle("openai", "ending") == Lifecycle(Stage.DEPRECATED, "2026-12-11", Told.API)
    assert [row.count for row in given.book.closed().contacts] == [1]


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_model_that_is_not_listed_tells_when_it_is_asked_for(
    provider: str, server: Recorder, access: Make, look: Make
) -> None:
    said: dict[str, dict[str, str | None]] = {
        "anthropic": {"lifecycle": "deprecated", "retires_at": "2026-12-11T00:00:00Z"},
        "openai": {"lifecycle": None, "shutdown_date": "2026-12-11"},
    }
    server.holds(more=("alias",), **said[provider])

    life = look(access(server), **{provider: ["alias"]}).lifecycle(provider, "alias")

    assert life == Lifecycle(Stage.DEPRECATED, "2026-12-11", Told.API)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_server_that_says_nothing_of_it_leaves_a_gap(
    provider: str, server: Recorder, access: Make, look: Make
) -> None:
    server.says(200, {"data": [{"id": "m", "object": "model", "created": 1, "owned_by": "x"}]})

    seen = look(access(server), **{provider: ["m"]})

    assert (seen.model(provider, "m"), seen.lifecycle(provider, "m")) == (Resolution.FOUND, NOT_RECORDED)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lifecycle", "sleeping"),
        ("lifecycle", 1),
        ("shutdown_date", "soon"),
        ("shutdown_date", "2026-13-01"),
        ("shutdown_date", 5),
        ("shutdown_date", ["2026-01-01"]),
    ],
)
def test_a_stage_or_date_that_is_none_is_not_understood(
    field: str, value: object, server: Recorder, access: Make, look: Make
) -> None:
    server.says(200, {"data": [{"id": "m", field: value}]})

    seen = look(access(server), openai=["m"])

    assert seen.model("openai", "m") is Resolution.FOUND
    assert seen.lifecycle("openai", "m") == Gap(Why.NOT_UNDERSTOOD, about="lifecycle")


def test_a_date_that_is_none_is_not_understood_of_anthropic_either(server: Recorder, access: Make, look: Make) -> None:
    server.says(200, {"data": [{"id": "m", "lifecycle": "deprecated", "retires_at": "the end of days"}]})

    assert look(access(server), anthropic=["m"]).lifecycle("anthropic", "m") == Gap(
        Why.NOT_UNDERSTOOD, about="lifecycle"
    )


VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=20), st.lists(st.integers(), max_size=2), st.dates())


@for_any(st.dictionaries(st.sampled_from(["lifecycle", "retires_at", "deprecated_at", "shutdown_date"]), VALUES))
def test_whatever_a_server_makes_up_gives_dates_or_a_gap(values: dict[str, object]) -> None:
    life = lifecycle_of(SimpleNamespace(**values, model_fields_set=set(values)))

    if isinstance(life, Lifecycle):
        for day in (life.retires_at, life.deprecated_at):
            assert day is None or len(day) == len("2026-01-01")
        assert msgspec.json.decode(msgspec.json.encode(life), type=Lifecycle) == life


OVER = Lifecycle(Stage.RETIRED, "2026-11-01", Told.TABLE, replacement="newer", as_of="2026-11-01")
ENDING = Lifecycle(Stage.DEPRECATED, "2026-11-02", Told.TABLE, as_of="2026-11-01")
STILL = Lifecycle(Stage.ACTIVE, None, Told.TABLE, as_of="2026-11-01")


def test_without_the_provider_the_table_tells(access: Make, look: Make) -> None:
    seen = look(access(network=False), anthropic=["tabled-over", "tabled-ending", "tabled-active", "other"])

    found = [seen.lifecycle("anthropic", f"tabled-{name}") for name in ("over", "ending", "active")]
    assert found == [OVER, ENDING, STILL]
    assert seen.lifecycle("anthropic", "other") == Gap(Why.OFFLINE, about="api.anthropic.com")
    assert seen.model("anthropic", "tabled-active") == Gap(Why.OFFLINE, about="api.anthropic.com")


def test_a_fine_tuned_model_lasts_as_long_as_the_one_that_it_is_made_from(access: Make, look: Make) -> None:
    life = look(access(network=False), openai=["ft:base:org::1"]).lifecycle("openai", "ft:base:org::1")

    assert life == Lifecycle(Stage.ACTIVE, None, Told.TABLE, as_of="2026-10-01")


def test_a_model_that_does_not_resolve_may_be_in_the_table(server: Recorder, access: Make, look: Make) -> None:
    server.holds()

    seen = look(access(server), anthropic=["tabled-over", "other"])

    assert seen.lifecycle("anthropic", "tabled-over") == OVER
    assert seen.lifecycle("anthropic", "other") == Gap(Why.NOT_LISTED, about="anthropic")


def test_the_providers_word_stands_before_the_table(server: Recorder, access: Make, look: Make) -> None:
    server.holds("tabled-over", "tabled-ending")

    assert look(access(server), anthropic=["tabled-over"]).lifecycle("anthropic", "tabled-over") == ACTIVE

    server.holds("tabled-over", lifecycle="deprecated")
    life = look(access(server), anthropic=["tabled-over"]).lifecycle("anthropic", "tabled-over")
    assert life == Lifecycle(Stage.DEPRECATED, None, Told.API, replacement="newer")


def test_of_models_at_an_address_of_the_projects_own_the_table_says_nothing(access: Make, look: Make) -> None:
    there = CloudProvider("anthropic", Engine.ANTHROPIC, "anthropic", FOREIGN, None)

    seen = look(access(), there, anthropic=["tabled-active"])

    gap = Gap(Why.NOT_TRUSTED, about="anthropic", hint="--endpoint anthropic=URL")
    assert seen.lifecycle("anthropic", "tabled-active") == gap


def test_a_provider_without_a_calendar_is_left_as_it_is(access: Make, look: Make) -> None:
    there = CloudProvider("bedrock", Engine.OTHER_CLOUD, "bedrock", "", None)

    assert look(access(), there, bedrock=["m"]).lifecycle("bedrock", "m") == Gap(Why.NOT_UNDERSTOOD, about="bedrock")
