"""Prices from the catalogue that is installed beside: looked up, dated, and never 0."""

import sys
from decimal import Decimal
from types import SimpleNamespace

import pytest

from modelcheck.core.asked import CloudModel, CloudModels, CloudProvider, CloudProviders
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.prices import Price, Prices
from modelcheck.core.project import Engine, ModelKey
from modelcheck.probes import prices as module
from modelcheck.probes.access import FOREIGN
from modelcheck.probes.prices import prices

ENGINES = {"anthropic": Engine.ANTHROPIC, "openai": Engine.OPENAI, "groq": Engine.OTHER_CLOUD}


def price(server: str, name: str, address: str = "") -> Price | Gap:
    key = ModelKey(server, name)
    provider = CloudProvider(server, ENGINES[server], server, address, None)
    return prices(CloudModels((CloudModel(key, ENGINES[server], ()),)), CloudProviders((provider,))).models[key]


@pytest.mark.parametrize(("server", "name"), [("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-5-mini")])
def test_a_known_model_has_its_price_with_catalogue_and_date(server: str, name: str) -> None:
    found = price(server, name)

    assert isinstance(found, Price)
    assert 0 < Decimal(found.cached) < Decimal(found.input) < Decimal(found.output)
    assert found.catalogue.startswith("genai-prices 0.")
    assert found.as_of > "2026-01-01"


def test_a_model_for_embeddings_has_no_price_for_output() -> None:
    found = price("openai", "text-embedding-3-small")

    assert isinstance(found, Price)
    assert (found.output, found.cached) == ("", "")


@pytest.mark.parametrize("name", ["gpt-6-nano", "", "x" * 10_000, "é", "whisper-1"])
def test_a_price_that_is_not_known_is_a_gap(name: str) -> None:
    found = price("openai", name)

    assert isinstance(found, Gap)
    assert found.why is Why.NOT_LISTED
    assert len(found.about) < 200


def test_what_is_served_elsewhere_costs_what_nobody_here_knows() -> None:
    gap = Gap(Why.NOT_UNDERSTOOD, about="gpt-5-mini")

    assert price("openai", "gpt-5-mini", FOREIGN) == gap
    assert price("groq", "gpt-5-mini") == gap


@pytest.mark.parametrize(
    ("amounts", "known"),
    [(("0", "1", None), False), (("1", "0", None), False), ((None, "1", None), False), (("1", "2", None), True)],
)
def test_a_price_of_0_is_not_known(
    amounts: tuple[str | None, ...], known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("input_mtok", "output_mtok", "cache_read_mtok")
    made_up = SimpleNamespace(**dict(zip(names, (a and Decimal(a) for a in amounts), strict=True)))

    def look_up(*_: str) -> SimpleNamespace:
        return made_up

    monkeypatch.setattr(module, "_model_price", look_up)

    assert isinstance(price("openai", "m"), Price if known else Gap)


@pytest.mark.parametrize(
    ("amount", "text"), [("0.2500", "0.25"), ("3", "3"), ("30", "30"), ("1E+1", "10"), ("0.00", "0"), ("1.0", "1")]
)
def test_amounts_are_plain_digits(amount: str, text: str) -> None:
    assert module._text(Decimal(amount)) == text


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)

    with pytest.raises(Unseen) as missing:
        price("openai", "gpt-5-mini")

    assert missing.value.gap == Gap(Why.NOT_INSTALLED, about="genai-prices", hint="pip install 'modelcheck[cost]'")


def test_without_a_model_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)

    assert prices(CloudModels(()), CloudProviders(())) == Prices(Seen[ModelKey, Price]())


def test_no_request_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("socket.socket.connect", refuse)

    assert isinstance(price("openai", "gpt-5-mini"), Price)
