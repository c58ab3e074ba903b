"""What a profile's file may say, by key, with the bounds of every value."""

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.lines import InvalidProfile, Lines, Trail

ID = r"^(?:[A-Za-z0-9][A-Za-z0-9._-]*/)?[A-Z]{2,5}-[0-9]{2,3}$"
"""The form of a check's id; that there is one of this id is looked up where the whole chain is known."""
DATE = r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$"

CheckId = Annotated[
    str,
    Meta(
        max_length=200,
        description="A check's id, a plugin's as distribution/ID.",
        extra_json_schema={"pattern": ID},
    ),
]
CheckIds = Annotated[tuple[CheckId, ...], Meta(max_length=1000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Measured = Annotated[float, Meta(gt=0, le=100)]
NONE = "none"


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of the list that the profile builds on."""

    add: CheckIds = ()
    drop: CheckIds = ()


class Bars(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gate asks for, in per cent with at most one decimal."""

    score: Annotated[Percent | UnsetType, Meta(description="The least score.")] = UNSET
    coverage: Annotated[Percent | UnsetType, Meta(description="The least share of points that was seen.")] = UNSET


class Levels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Service levels in per cent with at most two decimals; `none` takes one away."""

    reliability: Measured | Literal["none"] | UnsetType = UNSET
    performance: Measured | Literal["none"] | UnsetType = UNSET
    availability: Measured | Literal["none"] | UnsetType = UNSET
    security: Annotated[
        CheckIds | Edit | Literal["none"] | UnsetType,
        Meta(description="The checks that must all pass, which is 100 %."),
    ] = UNSET


class ProfileFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile of modelcheck: what is good enough for a project."""

    extends: Annotated[
        Annotated[str, Meta(min_length=1, max_length=300)] | UnsetType,
        Meta(description="A shipped profile by name, or a file by its path from the project's folder."),
    ] = UNSET
    title: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    as_of: Annotated[
        Annotated[str, Meta(pattern=DATE)] | UnsetType, Meta(description="The date of its numbers, such as 2026-11-22.")
    ] = UNSET
    network: Annotated[bool | UnsetType, Meta(description="false: nothing is contacted, not even loopback.")] = UNSET
    everything_local: Annotated[bool | UnsetType, Meta(description="true: every agent counts as sensitive.")] = UNSET
    guard: Annotated[
        Literal["required", "none"] | UnsetType,
        Meta(description="required: a guard must stand in front of each Ollama (OLL-13); none takes that away."),
    ] = UNSET
    machine_days: Annotated[
        Annotated[int, Meta(ge=1, le=365)] | UnsetType,
        Meta(description="How old facts of the machine and of the providers may be when they are reused, in days."),
    ] = UNSET
    bars: Bars = Bars()
    checks: Annotated[CheckIds | Edit | UnsetType, Meta(description="The checks in scope.")] = UNSET
    vetoes: Annotated[
        CheckIds | Edit | UnsetType, Meta(description="The checks that block the gate whatever the score is.")
    ] = UNSET
    levels: Levels = Levels()


SECTIONS: Mapping[Trail, type[msgspec.Struct]] = {
    (): ProfileFile,
    ("bars",): Bars,
    ("checks",): Edit,
    ("vetoes",): Edit,
    ("levels",): Levels,
    ("levels", "security"): Edit,
}
TAKES: Mapping[str, str] = {
    "extends": "the name of a profile, or the path of a file from the project's folder",
    "title": "a text of at most 200 characters",
    "as_of": "a date such as 2026-11-22",
    "network": "true or false",
    "everything_local": "true or false",
    "guard": "required, or none",
    "machine_days": "a whole number of days from 1 to 365",
    "bars": "score and coverage",
    "score": "a number from 0 to 100 with at most one decimal",
    "coverage": "a number from 0 to 100 with at most one decimal",
    "checks": "a list of checks, or add and drop with a list each",
    "vetoes": "a list of checks, or add and drop with a list each",
    "add": "a list of checks",
    "drop": "a list of checks",
    "levels": "reliability, performance, availability and security",
    "reliability": "a number above 0 and at most 100 with at most two decimals, or none",
    "performance": "a number above 0 and at most 100 with at most two decimals, or none",
    "availability": "a number above 0 and at most 100 with at most two decimals, or none",
    "security": "a list of checks, add and drop with a list each, or none",
}
"""What each key takes."""

_TRAIL = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile's file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(ProfileFile)}


def typed(lines: Lines) -> ProfileFile:
    """Return what a file says.

    Raises:
        InvalidProfile: a key that nothing reads, or a value that its key does not take.

    """
    _refuse_unknown_keys(lines)
    try:
        file = msgspec.convert(lines.content, ProfileFile)
    except msgspec.ValidationError as error:
        raise _refused(lines, str(error)) from None
    _refuse_finer(lines, file)
    return file


def exactly(number: float, unit: int) -> Fraction:
    """Return a number as it is written, in so many parts of one."""
    return Fraction(str(number)) * unit


def _refuse_unknown_keys(lines: Lines) -> None:
    if not isinstance(lines.content, dict):
        raise lines.refused(Told("a profile is a table of keys and values"))
    for trail, kind in SECTIONS.items():
        section: object = cast("object", lines.content)
        for step in trail:
            section = cast("dict[str, object]", section).get(str(step)) if isinstance(section, dict) else None
        if isinstance(section, dict):
            _refuse_unknown(lines, trail, cast("dict[str, object]", section), kind.__struct_fields__)


def _refuse_unknown(lines: Lines, trail: Trail, section: Iterable[str], known: tuple[str, ...]) -> None:
    for key in section:
        if key not in known:
            near = difflib.get_close_matches(key[:60], known, 1)
            if near:
                what = Told("{key} is not a key here; did you mean {meant}?", key=printable(key), meant=near[0])
            else:
                what = Told("{key} is not a key here; the keys are: {keys}", key=printable(key), keys=", ".join(known))
            raise lines.refused(what, *trail, key)


def _refused(lines: Lines, message: str) -> InvalidProfile:
    """Return the error for a value that is not of its type, of which only the place is taken from the message."""
    trail = [name or int(index) for name, index in _TRAIL.findall(message.rpartition(" - at `$")[2])]
    key = next(step for step in reversed(trail) if isinstance(step, str))
    return lines.refused(Told("{key} takes {kind}", key=key, kind=Told(TAKES[key])), *trail)


def _refuse_finer(lines: Lines, file: ProfileFile) -> None:
    """Refuse what is finer than what is compared, and days that no calendar has."""
    for section, struct, unit in (("bars", file.bars, 10), ("levels", file.levels, 100)):
        for key, value in msgspec.structs.asdict(struct).items():
            if isinstance(value, float) and exactly(value, unit).denominator != 1:
                raise lines.refused(Told("{key} takes {kind}", key=key, kind=Told(TAKES[key])), section, key)
    try:
        date.fromisoformat(file.as_of if isinstance(file.as_of, str) else "2026-11-22")
    except ValueError:
        raise lines.refused(Told("{key} takes {kind}", key="as_of", kind=Told(TAKES["as_of"])), "as_of") from None
