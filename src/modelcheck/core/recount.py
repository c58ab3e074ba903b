"""Recounting: the score of a stored report from the findings and shares in it; its own sums are not believed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import cast

import msgspec

from modelcheck.core.asked import LocalModel, LocalModels, key_name
from modelcheck.core.check import Check, Outcome, Share, Verdict, of_shares, unknown
from modelcheck.core.exceptions import Exceptions, Exemption, What
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap, Why
from modelcheck.core.part import Part
from modelcheck.core.profile import Profile
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.report import Report, ReportCheck, ReportShare
from modelcheck.core.rulebook import Change, Governed
from modelcheck.core.score import LEAST_APPLICABLE, Judged, Score, Tally, points, standings_of
from modelcheck.core.text import printable

LONGEST = 200
"""Characters of what is said of one number that does not add up."""
MOST = 20
"""Numbers that do not add up and are named."""
_FRACTION = re.compile(r"[0-9]{1,9}(?:/[1-9][0-9]{0,8})?", re.ASCII)
_EXEMPT = {Outcome.NOT_APPLICABLE, Outcome.PASS}
_LOST = {Outcome.FAIL, Outcome.PARTIAL}


def recounted(report: Report, parts: Sequence[Part], profile: Profile) -> Score:
    """Return the score of a report under a profile, before exceptions.

    A check that the report does not have, or whose shares its findings contradict, is unknown; one that this version
    does not know counts for nothing.
    """
    rows = {row.id: row for part in report.parts for row in part.checks}
    checks = [check for part in parts for check in part.checks if check.id in profile.checks]
    judged = tuple(_judged(check, rows.get(check.id)) for check in checks)
    proven = sum(one.applicable for one in judged if one.proven)
    numbered = not profile.selection and bool(report.references) and proven >= LEAST_APPLICABLE
    return Score(judged, standings_of(parts, profile), Tally.of(judged), numbered)


def told_facts(report: Report) -> Facts:
    """Return what exceptions are held against: those that the report lists, and the local models that it names."""
    exempt = [
        Exemption(What(one.what), one.subject, one.reason, one.approver, one.until, one.only, one.place)
        for one in report.exceptions
        if one.what in set(What)
    ]
    names = dict.fromkeys(one.model for one in report.references if one.here != "cloud")
    models = [
        LocalModel(ModelKey("", key_name(name, Engine.OLLAMA)), Engine.OLLAMA, name, primary=False, places=())
        for name in names
    ]
    return Facts({Exceptions: Exceptions(tuple(exempt)), LocalModels: LocalModels(tuple(models))})


def differences(counted: object, said: object) -> tuple[Change, ...]:
    """Name the first numbers and words in which a report is not what was counted."""
    found: list[Change] = []
    for name, right, wrong in _unequal(counted, said, ""):
        found.append(Change(Governed.REPORT, printable(name, LONGEST), _said(right), _said(wrong)))
        if len(found) == MOST:
            break
    return tuple(found)


def checksum(tree: Mapping[str, object]) -> str:
    """Return the checksum of a report's content: SHA-256 of all but the checksum itself, however it is laid out."""
    content = {key: value for key, value in tree.items() if key != "checksum"}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sealed(report: Report) -> Report:
    """Return a report with its checksum."""
    return msgspec.structs.replace(report, checksum=checksum(msgspec.to_builtins(report)))


def has_shares(report: Report) -> bool:
    """Whether a report says of every check what its points are made of, as those of older versions do not."""
    rows = [row for part in report.parts for row in part.checks if row.outcome is not None]
    return all(row.shares or row.outcome is Outcome.NOT_APPLICABLE for row in rows)


def _judged(check: Check[...], row: ReportCheck | None) -> Judged:
    verdict = None if row is None or row.standing != "judged" else _verdict(row)
    return points(check, verdict or unknown(Gap(Why.NOT_RECORDED, about=check.id)))


def _verdict(row: ReportCheck) -> Verdict | None:
    """Return the verdict that a check's shares come to, None where they come to none or its findings contradict it."""
    outcomes = {finding.outcome for finding in row.findings}
    if not row.shares:
        none = Verdict(Outcome.NOT_APPLICABLE, Fraction(0), Fraction(0), row.findings)
        return none if Outcome.NOT_APPLICABLE in outcomes and outcomes <= _EXEMPT else None
    shares = [_share(share) for share in row.shares]
    if None in shares:
        return None
    verdict = of_shares(cast("tuple[Share, ...]", tuple(shares)), row.findings)
    return verdict if _agrees(verdict, outcomes) else None


def _agrees(verdict: Verdict, outcomes: set[Outcome]) -> bool:
    """Whether findings say the same as shares: what is lost was found, what is open was not seen, and the reverse."""
    is_open, is_lost, found = verdict.low < verdict.high, verdict.high < 1, bool(_LOST & outcomes)
    return is_open == (Outcome.UNKNOWN in outcomes) and (found if is_lost else is_open or not found)


def _share(said: ReportShare) -> Share | None:
    if not (_FRACTION.fullmatch(said.low) and _FRACTION.fullmatch(said.high)):
        return None
    low, high = Fraction(said.low), Fraction(said.high)
    return Share(said.subject, low, high) if low <= high <= 1 else None


def _unequal(counted: object, said: object, name: str) -> Iterator[tuple[str, object, object]]:
    if isinstance(counted, dict) and isinstance(said, dict):
        right, wrong = cast("dict[str, object]", counted), cast("dict[str, object]", said)
        for key in dict.fromkeys((*right, *wrong)):
            yield from _unequal(right.get(key), wrong.get(key), f"{name} {key}".strip())
    elif isinstance(counted, list | tuple) and isinstance(said, list | tuple):
        ours, theirs = cast("Sequence[object]", counted), cast("Sequence[object]", said)
        for index in range(max(len(ours), len(theirs))):
            right_one, wrong_one = (each[index] if index < len(each) else None for each in (ours, theirs))
            yield from _unequal(right_one, wrong_one, _named(right_one or wrong_one, name, index))
    elif counted != said or isinstance(counted, bool) is not isinstance(said, bool):
        yield name, counted, said


def _named(item: object, name: str, index: int) -> str:
    """Return the name of an item: its id, else its place in the list."""
    own = cast("dict[str, object]", item).get("id") if isinstance(item, dict) else None
    return own if isinstance(own, str) and own else f"{name} {index + 1}"


def _said(value: object) -> str:
    if value is None:
        return ""
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), LONGEST)
