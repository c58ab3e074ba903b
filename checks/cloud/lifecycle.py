"""The ids of hosted models: they are not about to end, and it is a choice whether they stand still."""

from fractions import Fraction

from modelcheck.core.asked import CloudModel, CloudModels
from modelcheck.core.check import Effort, Verdict, check, failed, partial, passed
from modelcheck.core.cloud import Lifecycle, Lifecycles, Stage, Told
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.intent import Expectations
from modelcheck.core.pinning import is_pinned
from modelcheck.core.tables import Clock

NEAR = 90
"""Days before its end at which a model begins to cost points."""
FRESH = 90
"""Days for which the table of retirements can be relied on."""
PINNED = "pinned"
WORDS = {True: PINNED, False: "floating"}


@check(
    "CLD-04",
    "No hosted model is retired or near retirement",
    points=2.5,
    per=CloudModel,
    effort=Effort.HOURS,
    fix="Move to the replacement, or to a model without an end in sight.",
    says={
        "active": "{model} has no announced end ({source})",
        "later": "{model} ends on {date}, in {days} days ({source})",
        "soon": "{model} ends on {date}, in {days} days ({source}); instead: {instead}",
        "overdue": "{model} was to end on {date} and answers still, from one day to the next; instead: {instead}",
        "deprecated": "{model} is deprecated, and its end has no date yet; instead: {instead}",
        "retired": "{model} ended on {date} ({source}); instead: {instead}",
    },
)
def living_model(model: CloudModel, lifecycles: Lifecycles, clock: Clock) -> Verdict:
    """A retired model fails at every request from one day on, and the day is announced beforehand."""
    life = seen(lifecycles.models[model.key])
    source = "says its provider" if life.source is Told.API else f"table of {life.as_of}"
    instead = life.replacement or "nothing is named"
    if life.state is Stage.RETIRED:
        return failed("retired", model=model.label, date=life.retires_at or "a day", source=source, instead=instead)
    if life.source is Told.TABLE:
        clock.require_fresh(life.as_of, FRESH, "the table of retirements")
    if life.retires_at is None:
        return _undated(model, life, source, instead)
    days = clock.days_until(life.retires_at, f"the end of {model.label}")
    evidence = {"model": model.label, "date": life.retires_at, "source": source}
    if days > NEAR:
        return passed("later", **evidence, days=days)
    if days >= 0:
        return partial("soon", Fraction(days, NEAR + 1), **evidence, days=days, instead=instead)
    if life.source is Told.TABLE:
        return failed("retired", **evidence, instead=instead)
    return partial("overdue", Fraction(0), **evidence, instead=instead)


def _undated(model: CloudModel, life: Lifecycle, source: str, instead: str) -> Verdict:
    if life.state is Stage.ACTIVE:
        return passed("active", model=model.label, source=source)
    return partial("deprecated", Fraction(1, 2), model=model.label, instead=instead)


@check(
    "CLD-05",
    "Pinned or floating ids are a stated choice",
    points=1,
    per=CloudModel,
    effort=Effort.MINUTES,
    fix="State under cloud in the settings whether ids are pinned or floating, and write all of them so.",
    says={
        "as-stated": "{model} is {kind}, as the settings say",
        "against": "{model} is {kind}, and the settings say {stated}",
        "mixed": "{model} is {kind}, others are not, and no choice is stated (cloud: {{ids: pinned}} or floating)",
        "unstated": "{model} is {kind}, as all are, and no choice is stated (cloud: {{ids: {kind}}})",
    },
)
def chosen_id(model: CloudModel, models: CloudModels, expectations: Expectations) -> Verdict:
    """A floating id brings better answers or other ones overnight; a pinned one ends on a day. Neither by accident."""
    pinned = is_pinned(model.engine, model.key.name)
    if pinned is None:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=model.label))
    kind = WORDS[pinned]
    if expectations.ids is not None:
        if expectations.ids == kind:
            return passed("as-stated", model=model.label, kind=kind)
        return failed("against", model=model.label, kind=kind, stated=expectations.ids)
    kinds = {is_pinned(each.engine, each.key.name) for each in models.models}
    if {True, False} <= kinds:
        return failed("mixed", model=model.label, kind=kind)
    return partial("unstated", Fraction(1, 2), model=model.label, kind=kind)
