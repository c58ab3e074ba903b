"""What was not seen never helps: the contract of facts, checks, score and gate, held against every place of every fact.

The facts are walked by their types, so that a new fact, field or item is covered without a word here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

import fact_walk as walk
import msgspec
import pytest
import unhealthy_facts as scenarios
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import judge
from modelcheck.app.tables import tables
from modelcheck.core import score as scoring
from modelcheck.core.asked import LocalModels
from modelcheck.core.check import Check, Verdict, verdict
from modelcheck.core.excusing import scored
from modelcheck.core.facts import Fact, Facts
from modelcheck.core.factsfile import facts_text, read_facts
from modelcheck.core.gap import Gap, Why
from modelcheck.core.gate import gate
from modelcheck.profiles.shipped import profile
from modelcheck.reports.json import json_report

HERE = Path(__file__).parent

TABLES = tables("2026-11-22")
SCENARIOS: Mapping[str, Facts] = {name: facts.merged(TABLES) for name, facts in scenarios.SCENARIOS.items()}
HEALTHY = SCENARIOS["healthy"]
GAP = Gap(Why.CRASHED, about="planted")
CHECKS: Mapping[str, Check[...]] = {check.id: check for part in parts() for check in part.checks}
NEEDS = {id: tuple(check.all_needs) for id, check in CHECKS.items()}
JUDGED = [replace(part, planned=()) for part in parts()]
"""The parts without what only stands there to be counted later."""

remembered: dict[tuple[object, ...], tuple[Verdict, list[Fact | Gap]]] = {}


def remembered_verdict(check: Check[...], facts: Facts) -> Verdict:
    """A check is a pure function of the facts it reads: thousands of variations take seconds when it is asked once."""
    read = [facts.get(kind) for kind in NEEDS[check.id]]
    key = (check.id, *map(id, read))
    if key not in remembered:
        remembered[key] = verdict(check, facts), read
    return remembered[key][0]


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "verdict", remembered_verdict)


profiles = cache(profile)
each_scenario = pytest.mark.parametrize("name", SCENARIOS)


@cache
def met() -> Mapping["walk.Site", list[object]]:
    """What the scenarios have at each site, each value once."""
    found: dict[walk.Site, dict[bytes, object]] = {}
    for facts in SCENARIOS.values():
        for place in walk.places(facts):
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
    result = scored(JUDGED, chosen, facts, today="2026-11-22")
    return Result(
        numbered=result.numbered,
        low=result.tally.value,
        high=result.tally.high,
        coverage=result.tally.coverage,
        passed=gate(result, chosen, today="2026-11-22").passed,
        earned={one.check: one.earned for one in result.judged},
        most={one.check: one.earned + one.unseen for one in result.judged},
    )


def own(name: str, kind: type[Fact]) -> bool:
    """Whether a fact is read by a check, and is the scenario's own; those that all share are the healthy one's."""
    facts = SCENARIOS[name]
    return kind in read_by_checks() and (facts is HEALTHY or facts.get(kind) is not HEALTHY.get(kind))


@cache
def may_differ(name: str, kind: type[Fact]) -> bool:
    """Whether a check that reads such a fact sees anything in this scenario that it does not see in the healthy one.

    Where none does, the healthy scenario has shown it already.
    """
    facts = SCENARIOS[name]
    changed = {other for other in facts if facts.get(other) is not HEALTHY.get(other)}
    reading = [needs for needs in NEEDS.values() if kind in needs]
    return bool(reading) and (facts is HEALTHY or any(not changed.isdisjoint(needs) for needs in reading))


def of_readers(facts: Facts, kind: type[Fact]) -> dict[str, tuple[int, int]]:
    """For each check that reads such a fact, the points that it gives for certain and at most.

    Sums of points follow them: the tests of the score hold that.
    """
    judged = [
        scoring.points(check, remembered_verdict(check, facts)) for id, check in CHECKS.items() if kind in NEEDS[id]
    ]
    return {one.check: (one.earned, one.earned + one.unseen) for one in judged}


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
    found = {str(site) for site in walk.gaps(HEALTHY)}

    assert {"Agents", "Advisories", "Contacts.servers.pairs.0.1", "Inventory.loose"} <= found
    assert {"Inventory.servers.pairs.0.1.entries.1.remote", "KeyFiles.files.1.tracked", "Gpus.cards.0.free"} <= found
    assert {"Shapes.models.pairs.0.1.num_ctx", "AgentClasses.classes.0.doubt", "Gpus.driver"} <= found
    assert len(found) > 100


@each_scenario
def test_a_gap_in_any_one_place_never_helps(name: str) -> None:
    facts = SCENARIOS[name]

    for site in (site for site in walk.gaps(facts) if may_differ(name, site.kind)):
        before, after = of_readers(facts, site.kind), of_readers(walk.put(facts, site, GAP), site.kind)
        assert all(after[check][0] <= low and after[check][1] >= high for check, (low, high) in before.items())


@pytest.mark.parametrize(
    "name", ["healthy", "missing_model", "server_down", "nothing_named", "excused", "wholly_ignored"]
)
def test_a_gap_never_helps_the_whole(name: str) -> None:
    assert_no_gap_helps(SCENARIOS[name], "default")


@pytest.mark.parametrize("name", ["healthy", "missing_model", "sensitive_leak", "nothing_named", "excused"])
def test_a_gap_never_helps_where_files_alone_are_judged(name: str) -> None:
    assert_no_gap_helps(SCENARIOS[name], "static")


def assert_no_gap_helps(facts: Facts, chosen: str) -> None:
    before = measured(facts, chosen)

    for site in walk.gaps(facts):
        assert_no_better(before, measured(walk.put(facts, site, GAP), chosen))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SCENARIOS)), st.randoms(use_true_random=False))
def test_further_gaps_never_help(name: str, random: Random) -> None:
    facts = SCENARIOS[name]
    sites = walk.gaps(facts)
    before = measured(facts)

    for site in random.sample(sites, 4):
        facts = walk.put(facts, site, GAP)
        after = measured(facts)
        assert_no_better(before, after)
        before = after


@each_scenario
def test_any_settlement_of_one_gap_stays_in_the_range(name: str) -> None:
    facts = SCENARIOS[name]

    for place in (place for place in walk.unseeable(facts) if own(name, place.site.kind)):
        unsettled = of_readers(walk.put(facts, place.site, GAP), place.site.kind)
        for value in (*met()[place.site], *walk.others(place.value, place.type)):
            settled = of_readers(walk.put(facts, place.site, value), place.site.kind)
            assert all(low <= settled[check][0] for check, (low, _) in unsettled.items())
            assert all(high >= settled[check][1] for check, (_, high) in unsettled.items())


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SCENARIOS)), st.randoms(use_true_random=False))
def test_any_settlement_of_several_gaps_stays_in_the_range(name: str, random: Random) -> None:
    settled = unsettled = SCENARIOS[name]

    for site in random.sample(walk.gaps(settled), 4):
        unsettled = walk.put(unsettled, site, GAP)
        settled = walk.put(settled, site, random.choice(met()[site]))

    assert_within(measured(unsettled), measured(settled))


EVIDENCE = {
    "Advisories.source": "where the table comes from",
    "Advisory.name": "a second name of a weakness that its id names already",
    "Agent.chain_declared": "the targets show whether there is a fallback",
    "Agent.class_name": "says which classes are looked at; what was found of them is judged",
    "Anatomy.layers": "speed rests on it, and is judged in a trial",
    "Anatomy.quantisation": "for a reader; the bytes are judged",
    "Anatomy.read_per_token": "speed rests on it, and is judged in a trial",
    "Anatomy.source": "for a reader",
    "Cards.layer_us": "speed rests on it, and is judged in a trial",
    "Cards.source": "where the table comes from",
    "CloudProvider.address": "says where the provider is asked; the answer is judged",
    "CloudProvider.engine": "says how the provider is asked; the answer is judged",
    "CloudProvider.key_variable": "says where a key is looked for; what was found names its variable",
    "Configuration.listed": "each stands among the references, which are judged",
    "Configuration.missing_sections": "each stands among the problems, which are judged",
    "Container.image": "for a reader: whether it runs Ollama was told before",
    "Entry.family": "the architecture, which makers share: the name tells the family",
    "Entry.format": "for the command that would register it",
    "Entry.parts": "for the command that would register it",
    "Entry.where": "for a reader, and for the command that would register it",
    "Expectations.together": "each stands among the sets, which are judged",
    "Expectations.ttft_s": "a trial measures it",
    "Families.as_of": "the date of the table",
    "Family.name": "a label: two models have the same or not, whatever it is",
    "Gpu.bus": "tells cards apart, for a reader",
    "Gpu.total": "what is free is judged",
    "KnownCard.bandwidth": "speed rests on it, and is judged in a trial",
    "KnownCard.bandwidth_most": "speed rests on it, and is judged in a trial",
    "KnownCard.capability": "the driver tells it",
    "KnownCard.gib": "tells cards of one name apart, of which none has a measured cap",
    "KnownCard.memory": "speed rests on it, and is judged in a trial",
    "KnownCard.pcie": "the driver tells what is possible",
    "KnownCard.power": "the driver tells its default",
    "KnownCard.slowdown_at": "the driver tells it",
    "Lifecycle.deprecated_at": "for a reader: the end is judged",
    "Limits.output_tokens": "for a reader: how long answers get is not declared with the peak",
    "Lock.taken_at": "for a reader: a lock does not age, what it pins is compared",
    "LockEntry.remote": "the inventory says what is a stub",
    "LockEntry.size": "the digest tells builds apart",
    "Provider.engine": "each target has it, and is judged",
    "Provider.hosted": "each target has it, and is judged",
    "Provider.key_variable": "says where a key is looked for",
    "Provider.server": "each target has it, and is judged",
    "Platform.chip": "speed rests on it, and is judged in a trial",
    "Published.port": "says which server the service is; on which address it is published is judged",
    "Store.misplaced": "for a reader: Ollama passes over them",
    "Stores.others": "for a reader: what no server reads is no server's store",
    "Reference.role": "whether a model is somebody's primary is a field of the model",
}
"""Of the facts that checks say they read, the fields that no verdict rests on, and why."""


@cache
def read_by_checks() -> frozenset[type[Fact]]:
    return frozenset[type[Fact]]().union(*(check.all_needs for check in CHECKS.values()))


def moves(facts: Facts, place: "walk.Spot") -> bool:
    """Whether another value at this place changes an outcome, points or a finding."""
    readers = [check for check in CHECKS.values() if place.site.kind in check.all_needs]
    before = [verdict(check, facts) for check in readers]
    variants = (walk.put(facts, place.site, value) for value in walk.others(place.value, place.type))
    return any([verdict(check, variant) for check in readers] != before for variant in variants)


def judged_places(facts: Facts) -> Iterator["walk.Spot"]:
    return (place for place in walk.places(facts) if place.site.kind in read_by_checks() and place.site.path)


def test_every_field_that_a_check_says_it_reads_moves_one() -> None:
    moved: set[str] = set()
    still: set[str] = set()
    for name, facts in SCENARIOS.items():
        for place in (place for place in judged_places(facts) if may_differ(name, place.site.kind)):
            owner = place.site.owner
            if owner not in moved and owner not in EVIDENCE and walk.others(place.value, place.type):
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
    facts = scenarios.SCENARIOS[name]
    elsewhere = read_facts(facts_text(facts))

    reports = [
        json_report(judge(parts(), profile("default"), each.merged(TABLES), today="2026-11-22"))
        for each in (facts, elsewhere)
    ]

    assert reports[0] == reports[1]
    assert facts_text(elsewhere) == facts_text(facts)


def test_what_is_named_nowhere_is_never_scored_for_a_gap() -> None:
    facts = SCENARIOS["nothing_named"]

    for site in walk.gaps(facts):
        assert not measured(walk.put(facts, site, GAP)).numbered
        assert not measured(walk.put(facts, site, GAP)).passed
    assert not measured(walk.put(facts, walk.Site(LocalModels), GAP)).numbered
