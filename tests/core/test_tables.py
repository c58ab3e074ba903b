"""The shipped tables: dated, and found by name, host and engine."""

import re

import pytest

from modelcheck.app.tables import table, tables
from modelcheck.core.facts import Scope
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.policy import Policy
from modelcheck.core.project import Engine
from modelcheck.core.tables import Advisories, Clock, Families, KnownProvider, KnownProviders
from modelcheck.core.version import Version

PROVIDERS = KnownProviders(
    "2026-01-01",
    (
        KnownProvider("one", Engine.OPENAI, ("one", "uno"), hosts=("api.one.example",)),
        KnownProvider("two", Engine.OPENAI, ("two",), hosts=("api.two.example",)),
    ),
)


@pytest.mark.parametrize(
    ("name", "found"), [("one", "one"), (" UNO ", "one"), ("two", "two"), ("three", None), ("", None)]
)
def test_a_provider_is_known_by_any_of_its_names(name: str, found: str | None) -> None:
    known = PROVIDERS.named(name)

    assert (known.id if known else None) == found


@pytest.mark.parametrize(("host", "found"), [("API.one.example", "one"), ("one.example", None), ("", None)])
def test_a_provider_is_known_by_its_official_hosts_alone(host: str, found: str | None) -> None:
    known = PROVIDERS.at(host)

    assert (known.id if known else None) == found


def test_an_engine_has_its_first_provider() -> None:
    known = PROVIDERS.of(Engine.OPENAI)

    assert known is not None
    assert known.id == "one"
    assert PROVIDERS.of(Engine.ANTHROPIC) is None


def test_every_shipped_table_is_dated_and_never_saved() -> None:
    for kind, shipped in tables("2026-11-22").items():
        assert kind.scope is Scope.TABLES
        if isinstance(shipped, Policy):
            continue  # the profile's own word, whose date is that of the profile
        dated = shipped.today if isinstance(shipped, Clock) else getattr(shipped, "as_of", "")
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", dated)


def test_every_weakness_has_a_version_that_can_be_read_or_none() -> None:
    shipped = table(Advisories).advisories

    assert all(advisory.fixed is None or Version.parse(advisory.fixed) for advisory in shipped)
    assert all(advisory.confidence in {"high", "medium", "low"} for advisory in shipped)
    assert all(advisory.fixed for advisory in shipped if advisory.confidence != "low")
    assert all(advisory.what.endswith(".") for advisory in shipped)
    assert len({advisory.id for advisory in shipped}) == len(shipped)


def test_every_role_word_tells_a_role_that_there_is() -> None:
    shipped = table(Families)
    roles = {family.role for family in shipped.families}

    assert set(shipped.role_words.values()) <= roles == {"chat", "code", "embedding", "vision"}


@pytest.mark.parametrize(("day", "days"), [("2026-11-22", 0), ("2026-12-01", 9), ("2026-11-01", -21)])
def test_a_clock_counts_the_days_until_another(day: str, days: int) -> None:
    assert Clock("2026-11-22").days_until(day, "it") == days


@pytest.mark.parametrize(("today", "day"), [("", "2026-11-22"), ("2026-11-22", "soon")])
def test_where_either_is_no_date_nothing_is_counted(today: str, day: str) -> None:
    with pytest.raises(Unseen) as missing:
        Clock(today).days_until(day, "it")

    assert missing.value.gap == Gap(Why.NOT_RECORDED, about="it")


def test_what_is_too_old_says_what_to_bring_up_to_date() -> None:
    clock = Clock("2026-11-22")
    clock.require_fresh("2026-11-12", 10, "prices", "some-package")

    with pytest.raises(Unseen) as missing:
        clock.require_fresh("2026-11-11", 10, "prices", "some-package")

    assert missing.value.gap == Gap(Why.STALE, about="prices (2026-11-11)", hint="pip install --upgrade some-package")
