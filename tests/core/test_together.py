"""Sets of models that have to be in memory at the same time."""

import pytest

from modelcheck.core.asked import LocalModel, LocalModels
from modelcheck.core.facts import Place
from modelcheck.core.gap import Unseen
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Engine, ModelKey, Target
from modelcheck.core.together import Bond, ModelSet, ModelSets, is_asked, is_named, sets_of

SETTINGS = Place("modelcheck.yaml", 3)


def model(text: str, *, server: str = "one", engine: Engine = Engine.OLLAMA, primary: bool = True) -> LocalModel:
    name = text if ":" in text or engine is not Engine.OLLAMA else f"{text}:latest"
    at = Place("config/models_config.json", 3)
    return LocalModel(ModelKey(server, name.lower()), engine, text, primary=primary, places=(at,))


QWEN, PHI, GEMMA = model("Qwen"), model("phi:4b"), model("gemma", primary=False)
ALL = LocalModels((QWEN, PHI, GEMMA))


def sets(expectations: Expectations, models: LocalModels = ALL) -> list[tuple[Bond, list[str], tuple[str, ...]]]:
    return [
        (one.bond, [member.text for member in one.members], one.strangers) for one in sets_of(models, expectations).sets
    ]


ALONE = [(Bond.ALONE, ["Qwen"], ()), (Bond.ALONE, ["phi:4b"], ()), (Bond.ALONE, ["gemma"], ())]


def test_each_model_is_a_set_alone_where_the_project_names_it() -> None:
    found = sets_of(ALL, Expectations())

    assert sets(Expectations()) == ALONE
    assert [one.label for one in found.sets] == ["Qwen", "phi:4b", "gemma"]
    assert found.sets[0].place == QWEN.place


@pytest.mark.parametrize("name", ["qwen", "QWEN:latest", "library/qwen", "ollama/qwen", " qwen "])
def test_a_declared_set_names_models_as_ollama_reads_names(name: str) -> None:
    (found,) = sets_of(ALL, Expectations(together=((name, "gemma"),), at=SETTINGS)).sets[3:]

    assert (found.bond, found.members, found.strangers) == (Bond.DECLARED, (QWEN, GEMMA), ())
    assert (found.label, found.place) == ("Qwen + gemma", SETTINGS)


def test_a_name_that_is_no_model_of_the_project_stays_in_its_set() -> None:
    declared = Expectations(together=(("qwen", "mistral:7b", "not a name!"), ("mistral:7b", "x"), ("qwen", "Qwen")))

    assert sets(declared)[3:] == [
        (Bond.DECLARED, ["Qwen"], ("mistral:7b", "not a name!")),
        (Bond.DECLARED, [], ("mistral:7b", "x")),
    ]
    assert sets_of(ALL, declared).sets[3].label == "Qwen + mistral:7b + not a name!"


def test_a_set_with_a_stranger_or_of_nobody_is_not_known() -> None:
    for unknown in (ModelSet((QWEN,), Bond.DECLARED, ("x",)), ModelSet((), Bond.ALONE)):
        with pytest.raises(Unseen):
            unknown.known()
    assert ModelSet((QWEN,), Bond.ALONE).known() == (QWEN,)


@pytest.mark.parametrize(("concurrency", "count"), [(None, 3), (1, 3), (2, 4)])
def test_primaries_that_share_a_server_are_a_set_where_requests_come_at_the_same_time(
    concurrency: int | None, count: int
) -> None:
    found = sets_of(ALL, Expectations(concurrency=concurrency)).sets

    assert len(found) == count
    assert found[3:] in {(), (ModelSet((QWEN, PHI), Bond.CONCURRENT, at=QWEN.place),)}


def test_what_is_declared_already_is_no_set_a_second_time() -> None:
    declared = Expectations(concurrency=2, together=(("qwen", "phi:4b", "gemma"),))

    assert [bond for bond, _, _ in sets(declared)[3:]] == [Bond.DECLARED]


def test_primaries_of_several_servers_or_engines_are_no_set() -> None:
    apart = LocalModels((QWEN, model("phi", server="two"), model("x", engine=Engine.OPENAI_LOCAL)))

    assert len(sets_of(apart, Expectations(concurrency=2)).sets) == 3


def test_a_model_of_another_engine_is_meant_by_its_exact_name() -> None:
    other = model("Qwen3", engine=Engine.OPENAI_LOCAL)

    assert is_named(other, "Qwen3")
    assert not is_named(other, "qwen3")


@pytest.mark.parametrize(("text", "named"), [("qwen", True), ("qwen:8b", False), ("", False), ("a b", False)])
def test_a_name_means_a_model_or_it_does_not(text: str, named: bool) -> None:
    assert is_named(QWEN, text) is named


@pytest.mark.parametrize(
    ("server", "name", "asked"), [("one", "QWEN", True), ("two", "qwen", False), ("one", "x", False)]
)
def test_a_model_is_asked_by_its_name_on_its_own_server(server: str, name: str, asked: bool) -> None:
    at = Place("config/models_config.json", 3)
    target = Target(name, "ollama", Engine.OLLAMA, server, name, cloud_name=False, hosted=False, at=at)

    assert is_asked(QWEN, [target]) is asked
    assert not is_asked(QWEN, [])


def test_a_model_is_within_another_set_only_where_that_is_larger() -> None:
    alone, pair = ModelSet((QWEN,), Bond.ALONE), ModelSet((QWEN, PHI), Bond.DECLARED)

    assert ModelSets((alone, pair)).within_another(alone)
    assert not ModelSets((alone, pair)).within_another(pair)
    assert not ModelSets((alone,)).within_another(alone)


def test_the_models_of_a_declared_set_are_counted_by_server() -> None:
    mixed = ModelSet((QWEN, PHI, model("x", server="two")), Bond.DECLARED)
    concurrent = ModelSet((QWEN, PHI, GEMMA), Bond.CONCURRENT)
    found = ModelSets((ModelSet((QWEN,), Bond.ALONE), mixed, concurrent))

    assert mixed.servers == ("one", "two")
    assert (found.most_at("one"), found.most_at("two"), found.most_at("three")) == (2, 0, 0)
