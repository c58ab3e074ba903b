"""Retirements: which hosted models their providers have ended, or will, as a dated table says."""

from typing import ClassVar

import msgspec

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.project import Engine


class Retirement(msgspec.Struct, frozen=True):
    """The end of some models that a provider has announced."""

    ids: tuple[str, ...]
    """Dated ids and the aliases that go with them."""
    retires_on: str
    """ISO 8601 date of the last day that was promised."""
    replacement: str = ""
    """What the provider names instead; empty where it names nothing."""


class Calendar(msgspec.Struct, frozen=True):
    """What one provider's page of deprecations says."""

    engine: Engine
    source: str
    """Address of the page."""
    checked_on: str
    """ISO 8601 date on which somebody read it."""
    active: tuple[str, ...]
    """Models of which no end is announced."""
    retiring: tuple[Retirement, ...]


class Retirements(Fact, frozen=True):
    """The calendars of the providers whose models are looked at."""

    scope: ClassVar[Scope] = Scope.TABLES

    as_of: str
    calendars: tuple[Calendar, ...]

    def calendar(self, engine: Engine) -> Calendar | None:
        """Return the calendar of the models of an engine."""
        return next((one for one in self.calendars if one.engine is engine), None)

    def retirement(self, engine: Engine, model: str) -> Retirement | None:
        """Return the announced end of a model; a fine-tuned one ends with the model that it is made from."""
        calendar = self.calendar(engine)
        rows = calendar.retiring if calendar else ()
        return next((row for row in rows if base_of(model) in row.ids), None)


def base_of(model: str) -> str:
    """Return the model that a fine-tuned one is made from (`ft:BASE:…`), any other as it is."""
    return model.split(":")[1] if model.startswith("ft:") else model
