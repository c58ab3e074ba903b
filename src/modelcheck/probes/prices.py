"""Prices of hosted models, from a catalogue that is installed beside; nothing is fetched."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING

from modelcheck.core.asked import CloudModel, CloudModels, CloudProviders
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.prices import Price, Prices
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.text import printable
from modelcheck.probes.access import FOREIGN
from modelcheck.probes.probe import probe

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, Provider

PACKAGE = "genai-prices"
PROVIDERS = {Engine.ANTHROPIC: "anthropic", Engine.OPENAI: "openai"}
"""Names of providers in the catalogue."""
MOST_CHARACTERS = 200
"""A longer text is no model's id."""


@probe
def prices(models: CloudModels, providers: CloudProviders) -> Prices:
    """Look every hosted model up; one whose price is not known, or is 0, is a gap."""
    if not models.models:
        return Prices(Seen[ModelKey, Price]())
    catalogue = _Catalogue.opened()
    foreign = {provider.id for provider in providers.providers if provider.address == FOREIGN}
    found = {model.key: catalogue.price(model, is_foreign=model.key.server in foreign) for model in models.models}
    return Prices(Seen[ModelKey, Price].of(found))


class _Catalogue:
    """The installed catalogue."""

    def __init__(self, name: str, as_of: str) -> None:
        self.name = name
        self.as_of = as_of

    @staticmethod
    def opened() -> "_Catalogue":
        """Import it, which takes a while. Raises Unseen where it is not installed."""
        try:
            from genai_prices.data import providers

            name = f"{PACKAGE} {version(PACKAGE)}"
        except ImportError:
            gap = Gap(Why.NOT_INSTALLED, about=PACKAGE, hint="pip install 'modelcheck[cost]'")
            raise Unseen(gap) from None
        today = date.today()  # noqa: DTZ011 - a day's difference changes nothing
        as_of = max((day for day in _days(providers) if day <= today), default=date.min)
        return _Catalogue(name, as_of.isoformat())

    def price(self, model: CloudModel, *, is_foreign: bool) -> Price | Gap:
        """Return what a model costs at its provider; at an address that is not official nobody knows."""
        provider = PROVIDERS.get(model.engine)
        if provider is None or is_foreign:
            return Gap(Why.NOT_UNDERSTOOD, about=printable(model.label))
        found = _model_price(provider, model.key.name)
        amounts = [] if found is None else [_text(found.input_mtok), _text(found.output_mtok)]
        if found is None or not amounts[0] or "0" in amounts:
            return Gap(Why.NOT_LISTED, about=f"{printable(model.label)} ({self.name})")
        return Price(amounts[0], amounts[1], _text(found.cache_read_mtok), self.name, self.as_of)


def _model_price(provider: str, name: str) -> "ModelPrice | None":
    from genai_prices import Usage, calc_price

    if len(name) > MOST_CHARACTERS:
        return None
    try:
        usage = Usage(input_tokens=1)
        return calc_price(usage, name, provider_id=provider, genai_request_timestamp=datetime.now(UTC)).model_price
    except (LookupError, ValueError):
        return None


def _text(amount: object) -> str:
    """Return an amount in plain digits, of tiers the first; empty for none."""
    base = getattr(amount, "base", amount)
    if not isinstance(base, Decimal):
        return ""
    text = f"{base:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _days(providers: "list[Provider]") -> Iterator[date]:
    """Yield the days from which prices of the catalogue hold."""
    for provider in providers:
        for model in provider.models:
            dated = [] if not isinstance(model.prices, list) else model.prices
            for each in (*dated, *(model.price_variants or ())):
                day = getattr(each.constraint, "start_date", None)
                if isinstance(day, date):
                    yield day
