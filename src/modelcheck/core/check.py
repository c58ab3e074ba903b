"""A check: a pure function of facts, with its points, its sentences and what it applies to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from types import UnionType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints, overload

import msgspec

from modelcheck.core.facts import Fact, Facts, Place, Subject
from modelcheck.core.gap import Gap, Unseen, Why, seen

P = ParamSpec("P")
S = TypeVar("S", bound=Subject)
Parameter = str | int | bool


class Outcome(StrEnum):
    """How a check, or one subject of it, came out."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    PARTIAL = "partial"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class Effort(StrEnum):
    """How long the fix takes a person who knows the project."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen, free of language: a code with parameters, a place and a subject."""

    code: str
    outcome: Outcome
    params: Mapping[str, Parameter] = {}
    subject: str = ""
    place: Place | None = None
    gap: Gap | None = None


class Share(msgspec.Struct, frozen=True):
    """What one subject of a check earns for certain and at most, as a share of what it could."""

    subject: str
    """Its label; empty for a check that judges no subjects."""
    low: Fraction
    high: Fraction
    findings: tuple[Finding, ...] = ()
    """What it comes from."""


class Verdict(msgspec.Struct, frozen=True):
    """What a check says: an outcome, the share of points earned for certain and at most, and the evidence."""

    outcome: Outcome
    low: Fraction
    high: Fraction
    findings: tuple[Finding, ...]
    shares: tuple[Share, ...] = ()
    """For each subject that applies its own share, of which `low` and `high` are the means; none without subjects."""

    def __post_init__(self) -> None:
        """Refuse shares that no points could be made of."""
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(f"a verdict's shares lie between 0 and 1, the low one first: {self.low}, {self.high}")


def passed(code: str, place: Place | None = None, /, **params: Parameter) -> Verdict:
    """All is as the title says; the code names the evidence."""
    return Verdict(Outcome.PASS, Fraction(1), Fraction(1), (Finding(code, Outcome.PASS, params, place=place),))


def partial(code: str, share: Fraction, place: Place | None = None, /, **params: Parameter) -> Verdict:
    """Part of it holds; `share` of the points is earned."""
    return Verdict(Outcome.PARTIAL, share, share, (Finding(code, Outcome.PARTIAL, params, place=place),))


def failed(code: str, place: Place | None = None, /, **params: Parameter) -> Verdict:
    """Proven not to hold."""
    return Verdict(Outcome.FAIL, Fraction(0), Fraction(0), (Finding(code, Outcome.FAIL, params, place=place),))


def not_applicable(code: str, /, **params: Parameter) -> Verdict:
    """Positive proof that there is nothing to judge."""
    return Verdict(Outcome.NOT_APPLICABLE, Fraction(0), Fraction(0), (Finding(code, Outcome.NOT_APPLICABLE, params),))


def unknown(gap: Gap) -> Verdict:
    """Not seen; earns nothing and stays in the denominator."""
    return Verdict(Outcome.UNKNOWN, Fraction(0), Fraction(1), (Finding("unseen", Outcome.UNKNOWN, gap=gap),))


Applies = Callable[..., Verdict | None]
"""Decides applicability from facts: None when the check applies, else `not_applicable(…)`; a gap makes it unknown."""


@dataclass(frozen=True)
class Check(Generic[P]):
    """A check as the catalogue holds it. Calling it calls the plain function."""

    id: str
    title: str
    """States the passing condition."""
    points: int
    """Tenths of a point."""
    judge: Callable[P, Verdict]
    fix: str
    says: Mapping[str, str]
    """For each finding code the English sentence, with `{parameters}`."""
    effort: Effort = Effort.MINUTES
    per: type[Subject] | None = None
    applies: Applies | None = None
    plugin: str | None = field(default=None, compare=False)
    """The distribution that brings it, None for the product's own."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Verdict:
        """Judge, as the plain function does."""
        return self.judge(*args, **kwargs)

    @property
    def why(self) -> str:
        """Why a reader should care: the function's docstring."""
        return " ".join((self.judge.__doc__ or "").split())

    @cached_property
    def needs(self) -> tuple["Need", ...]:
        """The facts that the judging function takes, without the subject."""
        return _needs(self.judge, after=1 if self.per else 0)

    @cached_property
    def applies_needs(self) -> tuple["Need", ...]:
        """The facts that decide applicability."""
        return _needs(self.applies) if self.applies else ()

    @cached_property
    def holder(self) -> type[Fact] | None:
        """The fact class that enumerates the subjects."""
        if self.per is None:
            return None
        for kind in Fact.registry.values():
            if kind.holds is self.per:
                return kind
        raise TypeError(f"check {self.id}: no fact class holds {self.per.__name__}")

    @property
    def all_needs(self) -> frozenset[type[Fact]]:
        """Every fact class that must be gathered to judge it."""
        kinds = {need.kind for need in (*self.needs, *self.applies_needs)}
        return frozenset(kinds | ({self.holder} if self.holder else set()))


@dataclass(frozen=True)
class Need:
    """One parameter of a check: a fact class, and whether a gap may be passed in its place."""

    name: str
    kind: type[Fact]
    optional: bool


@overload
def check(
    id: str,
    title: str,
    *,
    points: float,
    fix: str,
    says: Mapping[str, str],
    per: type[S],
    effort: Effort = ...,
    applies: Applies | None = ...,
) -> Callable[[Callable[Concatenate[S, P], Verdict]], Check[Concatenate[S, P]]]: ...
@overload
def check(
    id: str,
    title: str,
    *,
    points: float,
    fix: str,
    says: Mapping[str, str],
    per: None = None,
    effort: Effort = ...,
    applies: Applies | None = ...,
) -> Callable[[Callable[P, Verdict]], Check[P]]: ...
def check(
    id: str,
    title: str,
    *,
    points: float,
    fix: str,
    says: Mapping[str, str],
    per: type[Subject] | None = None,
    effort: Effort = Effort.MINUTES,
    applies: Applies | None = None,
) -> Callable[[Callable[..., Verdict]], Check[...]]:
    """Turn a pure function of facts into a check.

    Args:
        id: permanent, never reused, such as `OLL-05`.
        title: the passing condition as a statement.
        points: what it is worth, a multiple of a tenth.
        fix: what to do when points are lost, an imperative.
        says: for each finding code its English sentence with `{parameters}`.
        per: the class of the subjects that are judged one at a time; the function then takes one first.
        effort: how long the fix takes.
        applies: decides applicability first, from facts of its own.

    """

    def make(judge: Callable[..., Verdict]) -> Check[...]:
        return Check(id, title, round(points * 10), judge, fix, says, effort, per, applies)

    return make


def verdict(check: Check[...], facts: Facts) -> Verdict:
    """Judge one check over all facts; whatever it cannot do without and was not seen makes it unknown.

    A plugin's check that fails is unknown as well; one of the product's own is a fault to be seen.
    """
    try:
        return _judged(check, facts)
    except Exception as error:
        if check.plugin is None:
            raise
        return unknown(Gap(Why.CRASHED, about=f"{check.id}: {type(error).__name__}"))


def _judged(check: Check[...], facts: Facts) -> Verdict:
    try:
        exempt = check.applies(**_arguments(check.applies_needs, facts)) if check.applies else None
        if exempt is not None:
            return exempt
        if check.holder is None:
            return check.judge(**_arguments(check.needs, facts))
        subjects = seen(facts.get(check.holder)).subjects
    except Unseen as missing:
        return unknown(missing.gap)
    if not subjects:
        return not_applicable("nothing")
    return _combined([(subject, _of_subject(check, subject, facts)) for subject in subjects])


def _of_subject(check: Check[...], subject: Subject, facts: Facts) -> Verdict:
    try:
        return check.judge(subject, **_arguments(check.needs, facts))
    except Unseen as missing:
        return unknown(missing.gap)


def _combined(verdicts: list[tuple[Subject, Verdict]]) -> Verdict:
    """Average over the subjects that apply; the findings keep their subjects and places."""
    found = [(subject, verdict, _placed(verdict, subject)) for subject, verdict in verdicts]
    findings = tuple(finding for _, _, of_subject in found for finding in of_subject)
    shares = tuple(
        Share(subject.label, verdict.low, verdict.high, of_subject)
        for subject, verdict, of_subject in found
        if verdict.outcome is not Outcome.NOT_APPLICABLE
    )
    if not shares:
        return Verdict(Outcome.NOT_APPLICABLE, Fraction(0), Fraction(0), findings)
    return of_shares(shares, findings)


def of_shares(shares: tuple[Share, ...], findings: tuple[Finding, ...]) -> Verdict:
    """Return the verdict over subjects: the mean of what each earns; there must be one."""
    low = sum((share.low for share in shares), Fraction(0)) / len(shares)
    high = sum((share.high for share in shares), Fraction(0)) / len(shares)
    return Verdict(_outcome(low, high), low, high, findings, shares)


def _placed(verdict: Verdict, subject: Subject) -> tuple[Finding, ...]:
    return tuple(
        msgspec.structs.replace(finding, subject=finding.subject or subject.label, place=finding.place or subject.place)
        for finding in verdict.findings
    )


def _outcome(low: Fraction, high: Fraction) -> Outcome:
    if low == 1:
        return Outcome.PASS
    if high == 0:
        return Outcome.FAIL
    return Outcome.UNKNOWN if low == 0 and high == 1 else Outcome.PARTIAL


def _arguments(needs: tuple[Need, ...], facts: Facts) -> dict[str, Fact | Gap]:
    arguments: dict[str, Fact | Gap] = {}
    for need in needs:
        value = facts.get(need.kind)
        arguments[need.name] = value if need.optional else seen(value)
    return arguments


def _needs(function: Callable[..., object], *, after: int = 0) -> tuple[Need, ...]:
    """Read a function's annotations as needs; the first `after` parameters are none."""
    hints: dict[str, Any] = get_type_hints(function)
    hints.pop("return", None)
    needs: list[Need] = []
    for name, kind in list(hints.items())[after:]:
        members = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
        fact = next((member for member in members if member is not Gap), None)
        if not (isinstance(fact, type) and issubclass(fact, Fact)):
            raise TypeError(f"{function.__name__}: {name} is not annotated with a fact class")
        needs.append(Need(name, fact, Gap in members))
    return tuple(needs)
