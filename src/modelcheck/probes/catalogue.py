"""What a provider's SDK is asked, in one form for all of them: its list of models, one model, and how it refuses."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol, cast

from modelcheck.core.cloud import Answer, Lifecycle, Stage, Told
from modelcheck.core.gap import NOT_RECORDED, Gap, Why

MOST_PAGES = 10
"""Pages of a list that are fetched; what lies behind them is asked for by name."""

_DAY = 10
"""Characters of a date in ISO 8601."""


class Refused(Exception):
    """The provider did not give what was asked; it carries how, in words of ours."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.detail)
        self.answer = answer


class Catalogue(Protocol):
    """The models of one provider, as one key sees them."""

    def listed(self) -> Mapping[str, Lifecycle | Gap]:
        """Return the models on its list by id, with what it says of their end. Raises Refused."""
        ...

    def described(self, model: str) -> Lifecycle | Gap:
        """Return what it says of a model that is asked for by its id. Raises Refused, with status 404 if unknown."""
        ...


def models_of(page: object) -> dict[str, Lifecycle | Gap]:
    """Return the models of one page as an SDK decoded it, unchecked. Raises TypeError for anything that is no page."""
    items: object = getattr(page, "data", None)
    if not isinstance(items, list):
        raise TypeError("data")
    models = [(getattr(model, "id", None), model) for model in cast("list[object]", items)]
    return {name: lifecycle_of(model) for name, model in models if isinstance(name, str)}


def model_of(model: object) -> Lifecycle | Gap:
    """Return what one model as an SDK decoded it says of its end. Raises TypeError for anything that is no model."""
    if not isinstance(getattr(model, "id", None), str):
        raise TypeError("id")
    return lifecycle_of(model)


def lifecycle_of(model: object) -> Lifecycle | Gap:
    """Read Anthropic's `lifecycle` or OpenAI's `shutdown_date`; other servers and older ones say neither."""
    stage = getattr(model, "lifecycle", None)
    try:
        if stage is not None:
            return Lifecycle(
                state=Stage(stage),
                retires_at=_day(getattr(model, "retires_at", None)),
                source=Told.API,
                deprecated_at=_day(getattr(model, "deprecated_at", None)),
            )
        if "shutdown_date" not in getattr(model, "model_fields_set", ()):
            return NOT_RECORDED
        end = _day(getattr(model, "shutdown_date", None))
    except (ValueError, TypeError):
        return Gap(Why.NOT_UNDERSTOOD, about="lifecycle")
    return Lifecycle(Stage.DEPRECATED if end else Stage.ACTIVE, end, Told.API)


def _day(value: object) -> str | None:
    """Return the day of a time that a server gave, which may be anything. Raises ValueError."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if not isinstance(value, str):
        raise ValueError("no date")  # noqa: TRY004 - a wrong type from outside is a wrong value
    return date.fromisoformat(value[:_DAY]).isoformat()
