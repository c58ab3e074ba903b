"""The rules: every check of the catalogue as data, judged by this version or planned."""

import difflib
import re

from modelcheck.app.catalogue import parts
from modelcheck.app.errors import UserError
from modelcheck.app.plugins import plugin_checks
from modelcheck.core.check import Check
from modelcheck.core.part import Part, Planned
from modelcheck.core.rule import Rule, RulePart
from modelcheck.profiles.shipped import names, profile

_ID = re.compile(r"(?:[A-Za-z0-9._-]+/)?[A-Za-z]{2,5}-\d{2,3}")


def rules() -> tuple[RulePart, ...]:
    """Return the whole catalogue, those of installed plugins last."""
    own = [RulePart(part.id, part.title, part.budget / 10, _rules(part)) for part in parts()]
    found, _ = plugin_checks()
    if found:
        title = "Checks of other distributions"
        own.append(RulePart("EXT", title, 0.0, tuple(_rule(one, title) for one in found)))
    return tuple(own)


def is_check_id(text: str) -> bool:
    """Whether a text has the form of a check's id."""
    return _ID.fullmatch(text) is not None


def rule(check_id: str) -> Rule:
    """Return one rule by its id.

    Raises:
        UserError: there is none of this id.

    """
    by_id = {one.id.lower(): one for part in rules() for one in part.rules}
    found = by_id.get(check_id.lower())
    if found is None:
        near = difflib.get_close_matches(check_id.lower(), by_id, 1)
        if near:
            meant = by_id[near[0]].id
            raise UserError(
                "there is no check {id}; did you mean {meant}? `modelcheck rules` lists all", id=check_id, meant=meant
            )
        raise UserError("there is no check {id}; `modelcheck rules` lists all", id=check_id)
    return found


def _rules(part: Part) -> tuple[Rule, ...]:
    found = [_rule(one, part.title) for one in part.checks]
    found.extend(_rule(one, part.title) for one in part.planned)
    return tuple(sorted(found, key=lambda one: one.id))


def _rule(one: Check[...] | Planned, part: str) -> Rule:
    shipped = [profile(name) for name in names()]
    listing = tuple(p.name for p in shipped if one.id in p.checks)
    veto = tuple(p.name for p in shipped if one.id in p.vetoes)
    if isinstance(one, Planned):
        return Rule(one.id, part, one.title, one.points / 10, judged=False, veto=veto, profiles=listing)
    return Rule(
        id=one.id,
        part=part,
        title=one.title,
        points=one.points / 10,
        judged=True,
        veto=veto,
        profiles=listing,
        why=one.why,
        fix=one.fix,
        effort=one.effort.value,
        reads=tuple(sorted(kind.__name__ for kind in one.all_needs)),
        says=dict(one.says),
    )
