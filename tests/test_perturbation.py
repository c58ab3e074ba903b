"""What was not seen never helps: the contract of facts, checks, score and gate, held against every place of every fact.

The facts are walked by their types, so that a new fact, field or item is covered without a word here.
"""

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import judge
from modelcheck.app.tables import tables
from modelcheck.core import score as scoring
from modelcheck.core.check import Check, Verdict, verdict
from modelcheck.core.facts import Fact, Facts, Place
from modelcheck.core.factsfile import facts_text, read_facts
from modelcheck.core.gap import Gap, Why
from modelcheck.core.gate import gate
from modelcheck.core.project import LocalModels
from modelcheck.profiles.shipped import profile
from modelcheck.reports.json import json_report


def scenarios() -> Any:
    spec = importlib.util.spec_from_file_location("healthy_facts", Path(__file__).with_name("healthy_facts.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FACTS = scenarios()
SCENARIOS: Mapping[str, Facts] = {name: facts.merged(tables()) for name, facts in FACTS.SCENARIOS.items()}
HEALTHY = SCENARIOS["healthy"]
GAP = Gap(Why.CRASHED, about="planted")
CHECKS: Mapping[str, Check[...]] = {check.id: check for part in parts() for check in part.checks}
NEEDS = {id: tuple(check.all_needs) for id, check in CHECKS.items()}
JUDGED = [replace(part, planned=()) for part in parts()]
"""The parts without what only stands there to be counted later."""

remembered: dict[tuple[object, ...], tuple[Verdict, list[Fact | Gap]]] = {}


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check is a pure function of the facts it reads: thousands of variations take seconds when it is asked once."""

    def verdict_(check: Check[...], facts: Facts) -> Verdict:
        read = [facts.get(kind) for kind in NEEDS[check.id]]
        key = (check.id, *map(id, read))
        if key not in remembered:
            remembered[key] = verdict(check, facts), read
        return remembered[key][0]

    monkeypatch.setattr(scoring, "verdict", verdict_)


each_scenario = pytest.mark.parametrize("name", SCENARIOS)


@dataclass(frozen=True)
class Site:
    """A place in the facts: a fact, or a field or item in it."""

    kind: type[Fact]
    path: tuple[str | int, ...] = ()
    owner: str = ""
    """The class and field that it belongs to."""

    def __str__(self) -> str:
        return ".".join((self.kind.__name__, *map(str, self.path)))


@dataclass(frozen=True)
class Spot:
    """A site with what is there and what may be there."""

    site: Site
    value: object
    type: inspect.Type


@cache
def places(facts: Facts) -> tuple[Spot, ...]:
    """Every place of every fact, parents first; nothing lies inside a gap."""
    return tuple(place for kind in facts for place in within(kind, facts.get(kind)))


def within(kind: type[Fact], fact: Fact | Gap) -> Iterator[Spot]:
    info = type_of(kind)
    yield Spot(Site(kind, owner=kind.__name__), fact, inspect.UnionType((info, type_of(Gap))))
    yield from inside(Site(kind), fact, info)


type_of = cache(inspect.type_info)
profiles = cache(profile)


def inside(site: Site, value: object, info: inspect.Type) -> Iterator[Spot]:
    if isinstance(value, Gap):
        return
    if isinstance(info, inspect.UnionType):
        info = next(member for member in info.types if fits(value, member))
    if isinstance(info, inspect.StructType):
        for field in info.fields:
            here = Site(site.kind, (*site.path, field.name), f"{info.cls.__name__}.{field.name}")
            yield from both(here, getattr(value, field.name), field.type)
    elif isinstance(info, inspect.VarTupleType):
        for index, item in enumerate(items_of(value)):
            yield from both(Site(site.kind, (*site.path, index), site.owner), item, info.item_type)
    elif isinstance(info, inspect.TupleType):
        # Of a pair the first is the key by which a subject is expected, which is no observation.
        yield from both(Site(site.kind, (*site.path, 1), site.owner), items_of(value)[1], info.item_types[1])


def items_of(value: object) -> tuple[object, ...]:
    assert isinstance(value, tuple)
    return cast("tuple[object, ...]", value)


def both(site: Site, value: object, info: inspect.Type) -> Iterator[Spot]:
    yield Spot(site, value, info)
    yield from inside(site, value, info)


def fits(value: object, info: inspect.Type) -> bool:
    if isinstance(info, inspect.StructType):
        return isinstance(value, info.cls)
    if isinstance(info, inspect.NoneType):
        return value is None
    return value is not None and not isinstance(value, msgspec.Struct)


def may_be_gap(place: Spot) -> bool:
    members = place.type.types if isinstance(place.type, inspect.UnionType) else (place.type,)
    return any(isinstance(member, inspect.StructType) and member.cls is Gap for member in members)


def unseeable(facts: Facts) -> list[Spot]:
    """Every place where a gap may stand and does not."""
    return [place for place in places(facts) if may_be_gap(place) and not isinstance(place.value, Gap)]


def gaps(facts: Facts) -> list[Site]:
    return [place.site for place in unseeable(facts)]


def put(facts: Facts, site: Site, value: object) -> Facts:
    """The facts with another value at one place; unchanged where a gap stands above it."""
    changed = exchanged(facts.get(site.kind), site.path, value)
    assert isinstance(changed, (Fact, Gap))
    return facts.replaced(site.kind, changed)


def exchanged(within: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(within, Gap):
        return within
    if isinstance(step, int):
        items = enumerate(items_of(within))
        return tuple(exchanged(item, rest, value) if index == step else item for index, item in items)
    assert isinstance(within, msgspec.Struct)
    return msgspec.structs.replace(within, **{step: exchanged(getattr(within, step), rest, value)})


@cache
def met() -> Mapping[Site, list[object]]:
    """What the scenarios have at each site, each value once."""
    found: dict[Site, dict[bytes, object]] = {}
    for facts in SCENARIOS.values():
        for place in places(facts):
            found.setdefault(place.site, {})[msgspec.json.encode(place.value)] = place.value
    return {site: list(values.values()) for site, values in found.items()}


@dataclass(frozen=True)
class Result:
    """What the facts come to, under one profile."""

    numbered: bool
    low: int
    high: int
    coverage: int
    passed: bool
    earned: Mapping[str, int]
    most: Mapping[str, int]


def measured(facts: Facts, name: str = "default") -> Result:
    chosen = profiles(name)
    result = scoring.score(JUDGED, chosen, facts)
    return Result(
        numbered=result.numbered,
        low=result.tally.value,
        high=result.tally.high,
        coverage=result.tally.coverage,
        passed=gate(result, chosen, today="2026-11-22").passed,
        earned={one.check: one.earned for one in result.judged},
        most={one.check: one.earned + one.unseen for one in result.judged},
    )


def assert_no_better(before: Result, after: Result) -> None:
    """Less was seen after than before."""
    assert before.numbered or not after.numbered
    assert after.low <= before.low
    assert after.high >= before.high
    assert after.coverage <= before.coverage
    assert before.passed or not after.passed
    assert all(after.earned[check] <= before.earned[check] for check in before.earned)
    assert all(after.most[check] >= before.most[check] for check in before.most)


def assert_within(unsettled: Result, settled: Result) -> None:
    """What was open before is settled now."""
    assert unsettled.low <= settled.low
    assert settled.high <= unsettled.high
    assert all(unsettled.earned[check] <= settled.earned[check] for check in settled.earned)
    assert all(settled.most[check] <= unsettled.most[check] for check in settled.most)


def test_the_walk_reaches_facts_fields_and_items() -> None:
    found = {str(site) for site in gaps(HEALTHY)}

    assert {"Agents", "Advisories", "Contacts.servers.pairs.0.1", "Inventory.loose"} <= found
    assert {"Inventory.servers.pairs.0.1.entries.1.remote", "KeyFiles.files.1.tracked", "Gpus.cards.0.free"} <= found
    assert {"Shapes.models.pairs.0.1.num_ctx", "AgentClasses.classes.0.doubt", "Gpus.driver"} <= found
    assert len(found) > 100


@each_scenario
def test_a_gap_in_any_one_place_never_helps(name: str) -> None:
    assert_no_gap_helps(SCENARIOS[name], "default")


@pytest.mark.parametrize("name", ["healthy", "missing_model", "sensitive_leak", "nothing_named"])
def test_a_gap_never_helps_where_files_alone_are_judged(name: str) -> None:
    assert_no_gap_helps(SCENARIOS[name], "static")


def assert_no_gap_helps(facts: Facts, chosen: str) -> None:
    before = measured(facts, chosen)

    for site in gaps(facts):
        assert_no_better(before, measured(put(facts, site, GAP), chosen))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SCENARIOS)), st.randoms(use_true_random=False))
def test_further_gaps_never_help(name: str, random: Random) -> None:
    facts = SCENARIOS[name]
    sites = gaps(facts)
    before = measured(facts)

    for site in random.sample(sites, 4):
        facts = put(facts, site, GAP)
        after = measured(facts)
        assert_no_better(before, after)
        before = after


@each_scenario
def test_any_settlement_of_one_gap_stays_in_the_range(name: str) -> None:
    facts = SCENARIOS[name]

    for place in (place for place in unseeable(facts) if place.site.kind in read_by_checks()):
        unsettled = measured(put(facts, place.site, GAP))
        for value in (*met()[place.site], *others(place.value, place.type)):
            assert_within(unsettled, measured(put(facts, place.site, value)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SCENARIOS)), st.randoms(use_true_random=False))
def test_any_settlement_of_several_gaps_stays_in_the_range(name: str, random: Random) -> None:
    settled = unsettled = SCENARIOS[name]

    for site in random.sample(gaps(settled), 4):
        unsettled = put(unsettled, site, GAP)
        settled = put(settled, site, random.choice(met()[site]))

    assert_within(measured(unsettled), measured(settled))


EVIDENCE = {
    "Advisories.source": "where the table comes from",
    "Advisory.name": "a second name of a weakness that its id names already",
    "Agent.chain_declared": "the targets show whether there is a fallback",
    "Agent.class_name": "says which classes are looked at; what was found of them is judged",
    "CloudModel.engine": "says how the model is asked for; the answer is judged",
    "CloudProvider.address": "says where the provider is asked; the answer is judged",
    "CloudProvider.engine": "says how the provider is asked; the answer is judged",
    "CloudProvider.key_variable": "says where a key is looked for; what was found names its variable",
    "Configuration.listed": "each stands among the references, which are judged",
    "Configuration.missing_sections": "each stands among the problems, which are judged",
    "Entry.digest": "tells builds of one name apart, for the lock",
    "Entry.family": "the architecture, which makers share: the name tells the family",
    "Families.as_of": "the date of the table",
    "Family.name": "a label: two models have the same or not, whatever it is",
    "Gpu.bus": "tells cards apart, for a reader",
    "Gpu.index": "tells cards apart, for a reader",
    "Gpu.name": "tells cards apart, for a reader",
    "Gpu.total": "what is free is judged",
    "Gpu.uuid": "tells cards apart",
    "Gpus.driver": "for a reader",
    "Provider.address": "for a reader",
    "Provider.at": "references have places of their own",
    "Provider.engine": "each target has it, and is judged",
    "Provider.hosted": "each target has it, and is judged",
    "Provider.key_variable": "says where a key is looked for",
    "Provider.server": "each target has it, and is judged",
    "Reference.agent": "for a reader",
    "Reference.role": "whether a model is somebody's primary is a field of the model",
    "Shape.max_context": "the context that is set is judged, not the largest possible",
    "Shape.remote": "the list says what is a stub",
}
"""Of the facts that checks say they read, the fields that no verdict rests on, and why."""


def read_by_checks() -> frozenset[type[Fact]]:
    return frozenset[type[Fact]]().union(*(check.all_needs for check in CHECKS.values()))


def others(value: object, info: inspect.Type) -> list[object]:
    """Plausible values other than this one."""
    members = info.types if isinstance(info, inspect.UnionType) else (info,)
    found: list[object] = []
    for member in members:
        match member:
            case inspect.BoolType():
                found += [True, False]
            case inspect.IntType():
                found += [0, 2, 7, 10**9, 10**12]
            case inspect.StrType():
                found += ["other", "0.1.20", "other:7b", "", "low", "Windows", "embedding"]
            case inspect.EnumType(cls=cls):
                found += list[Enum](cls)
            case inspect.NoneType():
                found.append(None)
            case inspect.VarTupleType():
                found.append(())
            case inspect.StructType(cls=cls) if cls is Place:
                found.append(Place("elsewhere.py", 3))
            case _:
                pass
    return [one for one in found if one != value or type(one) is not type(value)]


def moves(facts: Facts, place: Spot) -> bool:
    """Whether another value at this place changes an outcome, points or a finding."""
    readers = [check for check in CHECKS.values() if place.site.kind in check.all_needs]
    before = [verdict(check, facts) for check in readers]
    variants = (put(facts, place.site, value) for value in others(place.value, place.type))
    return any([verdict(check, variant) for check in readers] != before for variant in variants)


def judged_places(facts: Facts) -> Iterator[Spot]:
    return (place for place in places(facts) if place.site.kind in read_by_checks() and place.site.path)


def test_every_field_that_a_check_says_it_reads_moves_one() -> None:
    moved: set[str] = set()
    still: set[str] = set()
    for facts in SCENARIOS.values():
        for place in judged_places(facts):
            owner = place.site.owner
            if owner not in moved and owner not in EVIDENCE and others(place.value, place.type):
                (moved if moves(facts, place) else still).add(owner)

    assert still - moved == set()


def test_every_fact_that_a_check_says_it_reads_moves_one() -> None:
    start = [SCENARIOS[name] for name in ("not_loaded", "missing_model")]
    for kind in read_by_checks():
        found = ((facts, place) for facts in start for place in judged_places(facts) if place.site.kind is kind)
        assert any(moves(facts, place) for facts, place in found), kind


def test_what_is_called_evidence_moves_no_check() -> None:
    found = [place for place in judged_places(HEALTHY) if place.site.owner in EVIDENCE]

    assert {place.site.owner for place in found} == set(EVIDENCE)
    assert [str(place.site) for place in found if moves(HEALTHY, place)] == []


@each_scenario
def test_facts_judged_elsewhere_give_the_same_report(name: str) -> None:
    facts = FACTS.SCENARIOS[name]
    elsewhere = read_facts(facts_text(facts))

    reports = [
        json_report(judge(parts(), profile("default"), each.merged(tables()), today="2026-11-22"))
        for each in (facts, elsewhere)
    ]

    assert reports[0] == reports[1]
    assert facts_text(elsewhere) == facts_text(facts)


def test_what_is_named_nowhere_is_never_scored_for_a_gap() -> None:
    facts = SCENARIOS["nothing_named"]

    for site in gaps(facts):
        assert not measured(put(facts, site, GAP)).numbered
        assert not measured(put(facts, site, GAP)).passed
    assert not measured(put(facts, Site(LocalModels), GAP)).numbered
