"""Facts as a file: the same facts come back, and nothing that a file holds is trusted further than it fits."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unhealthy_facts import SCENARIOS

from modelcheck.core.asked import Servers
from modelcheck.core.cloud import Answers, Keys, Resolutions
from modelcheck.core.codec import NotJson, encode
from modelcheck.core.facts import Fact, Facts, Scope, Seen
from modelcheck.core.factsfile import SCHEMA, facts_text, read_facts
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Contacts, Entry, Inventory, Platform, Running, Tags
from modelcheck.core.project import Agents, Configuration
from modelcheck.core.tables import Families

TIME = "2026-11-22T10:00:00Z"


HEALTHY = SCENARIOS["healthy"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def file(**scopes: Mapping[str, object]) -> bytes:
    return encode(
        {
            "schema": SCHEMA,
            "subject": "demo",
            "scopes": {scope: {"taken_at": TIME, "facts": facts} for scope, facts in scopes.items()},
        }
    )


def parsed(facts: Facts) -> Any:
    return json.loads(facts_text(facts))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_facts_come_back_and_go_out_as_the_same_bytes(name: str) -> None:
    facts = SCENARIOS[name]
    back = read_facts(facts_text(facts))

    assert {kind: back.get(kind) for kind in facts} == {kind: facts.get(kind) for kind in facts}
    assert (back.taken_at, back.subject) == (facts.taken_at, facts.subject)
    assert facts_text(back) == facts_text(facts)


def test_a_gap_comes_back_as_it_was() -> None:
    gap = Gap(Why.NOT_TRUSTED, about="a host", hint="--trust-host HOST")
    facts = HEALTHY.merged({Gpus: gap, Contacts: Contacts(Seen.of({"one": gap}))})
    back = read_facts(facts_text(facts))

    assert back.get(Gpus) == gap
    assert back.get(Contacts) == Contacts(Seen.of({"one": gap}))


def test_tables_are_not_saved() -> None:
    assert "Families" not in facts_text(HEALTHY.replaced(Families, Families("2026-01-01", ()))).decode()


def test_a_scope_that_was_not_looked_at_is_not_saved() -> None:
    facts = Facts({Platform: Platform("Linux"), Servers: Servers(())}, {Scope.PROJECT: TIME})

    assert set(parsed(facts)["scopes"]) == {"project"}


@given(st.dictionaries(texts.filter(lambda name: name not in Fact.registry), anything, max_size=3))
def test_a_fact_of_a_newer_version_is_kept_where_it_stood(later: dict[str, object]) -> None:
    data = file(project={"Later": {"x": [1]}}, machine=later)
    text = facts_text(read_facts(data))

    assert read_facts(data).unknown.get(Scope.MACHINE, {}) == later
    assert json.loads(text) == json.loads(data)
    assert facts_text(read_facts(text)) == text


def test_a_fact_that_is_known_counts_before_one_that_was_kept() -> None:
    facts = Facts({Platform: Platform("Linux")}, {Scope.MACHINE: TIME}, {Scope.MACHINE: {"Platform": {"system": "X"}}})

    assert read_facts(facts_text(facts)).get(Platform) == Platform("Linux")


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"system": 5},
        {"system": "Linux", "desktop": "yes"},
        {"is": "gap"},
        {"is": "gap", "why": "boredom"},
        [],
        None,
        "Linux",
    ],
    ids=str,
)
def test_a_fact_that_does_not_fit_is_a_gap_and_harms_no_other(value: object) -> None:
    back = read_facts(file(machine={"Platform": value, "Running": {"servers": {"pairs": []}}}))

    assert back.get(Platform) == Gap(Why.UNREADABLE, about="Platform")
    assert back.get(Running) == Running(Seen())


def test_a_field_that_an_older_version_did_not_know_is_a_gap() -> None:
    old = {"servers": {"pairs": [["one", [{"is": "Entry", "name": "qwen"}]]]}}
    tags = read_facts(file(machine={"Tags": old})).get(Tags)

    assert tags == Tags(Seen.of({"one": (Entry("qwen", size=Gap(Why.NOT_RECORDED)),)}))


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    assert read_facts(file(machine={"Platform": {"system": "Linux", "moon": "full"}})).get(Platform) == Platform(
        "Linux"
    )


@pytest.mark.parametrize(("scope", "name"), [("project", "Platform"), ("machine", "Keys"), ("providers", "Agents")])
def test_a_fact_in_another_scope_is_refused(scope: str, name: str) -> None:
    facts: dict[str, object] = {name: {}}
    with pytest.raises(NotJson, match=f"{name} is a fact of scope"):
        read_facts(file(**{scope: facts}))


def test_tables_from_a_file_are_refused() -> None:
    with pytest.raises(NotJson, match="tables come with the program"):
        read_facts(file(tables={"Families": {"as_of": "2026-01-01", "families": []}}))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"[]", "array"),
        (b"{}", "missing required field"),
        (
            file(project={}).replace(SCHEMA.encode(), b"modelcheck-facts/2"),
            "'modelcheck-facts/2' is not modelcheck-facts/1",
        ),
        (file(moon={}), "moon"),
        (file(project={}).replace(b'"taken_at"', b'"taken_on"'), "taken_at"),
        (b'{"schema": "a", "schema": "a"}', "the same key twice"),
    ],
    ids=["empty", "array", "object", "later", "scope", "time", "twice"],
)
def test_what_is_no_facts_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(NotJson, match=reason):
        read_facts(data)


def test_two_answers_for_one_subject_make_the_fact_a_gap() -> None:
    twice = {"servers": {"pairs": [["one", {"is": "Contact", "state": "answered"}]] * 2}}

    assert read_facts(file(machine={"Contacts": twice})).get(Contacts) == Gap(Why.UNREADABLE, about="Contacts")


@given(st.sampled_from([Agents, Answers, Configuration, Gpus, Inventory, Keys, Resolutions]), anything)
def test_whatever_stands_in_a_fact_is_read_or_a_gap(kind: type[Fact], value: object) -> None:
    back = read_facts(file(**{kind.scope.value: {kind.__name__: value}}))

    assert isinstance(back.get(kind), (kind, Gap))
    assert read_facts(facts_text(back)).get(kind) == back.get(kind)
