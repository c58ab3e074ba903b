"""Prices of hosted models, with the catalogue and the date that they come from."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope, Seen
from modelcheck.core.project import ModelKey


class Price(Record, frozen=True):
    """What a model costs, in US dollars for a million tokens; amounts are decimal text, so that nothing is rounded."""

    input: str
    output: str
    """Empty where the model makes no text, as those for embeddings."""
    cached: str
    """Input that the provider has seen before; empty where the catalogue names no price of its own for it."""
    catalogue: str
    """Package and version."""
    as_of: str
    """ISO 8601 date of the newest dated price in the catalogue."""


class Prices(Fact, frozen=True):
    """What each hosted model that the project names costs; a price that is not known is a gap, and never 0."""

    scope: ClassVar[Scope] = Scope.PROVIDERS

    models: Seen[ModelKey, Price]
