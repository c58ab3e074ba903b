"""The checks of the configuration, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.app.tables import table
from modelcheck.checks.configuration.document import configuration_understood
from modelcheck.checks.configuration.keys import written_keys
from modelcheck.checks.configuration.presence import cloud_alias, missing_models
from modelcheck.core.asked import LocalModel, LocalModels
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing, Product, Source
from modelcheck.core.project import (
    Configuration,
    Engine,
    ModelKey,
    Problem,
    Provider,
    Reading,
    Reference,
    References,
    Role,
    Target,
)
from modelcheck.core.sources import KeyFile, KeyFiles, KeyLiteral
from modelcheck.core.tables import Families
from modelcheck.testing import judge

GAP = Gap(Why.UNREADABLE, about="planted")
FAMILIES = table(Families)
HERE = Place("config/models_config.json", 7)

SECTION = Provider("ollama", Engine.OLLAMA, "one", "", declared_local=True, hosted=False, key_variable=None, at=HERE)
READ = Configuration(HERE.path, Reading.READ, (), (SECTION,), 1, (), ())


def read(*codes: str, reading: Reading = Reading.READ) -> Configuration:
    return replace(READ, reading=reading, problems=tuple(Problem(code, f"the {code}", HERE) for code in codes))


def models(*texts: str, engine: Engine = Engine.OLLAMA, server: str = "one") -> LocalModels:
    return LocalModels(
        tuple(LocalModel(ModelKey(server, text), engine, text, primary=True, places=(HERE,)) for text in texts)
    )


def entry(name: str, *, remote: bool | Gap = False, whole: bool | Gap | None = None) -> Entry:
    return Entry(name, size=10**9, remote=remote, whole=whole)


def holding(*entries: Entry, source: Source = Source.SERVER, loose: tuple[Entry, ...] | Gap = ()) -> Inventory:
    return Inventory(Seen.of({"one": Listing(source, source is not Source.STORE, entries)}), loose)


def unlisted(gap: Gap = GAP) -> Inventory:
    return Inventory(Seen[str, Listing].of({"one": gap}))


def compatible(
    *entries: Entry, product: Product | Gap = Product.VLLM, source: Source = Source.SERVER, **others: Listing
) -> Inventory:
    """What a server of OpenAI's API holds, and other servers of the project."""
    here = Listing(source, source is not Source.STORE, entries, product)
    return Inventory(Seen[str, Listing].of({"one": here, **others}), ())


def other(*entries: Entry, product: Product = Product.OLLAMA) -> Listing:
    return Listing(Source.SERVER, proves_absence=True, entries=entries, product=product)


OTHER = Engine.OPENAI_LOCAL


def target(
    model: str,
    *,
    provider: str = "ollama",
    engine: Engine = Engine.OLLAMA,
    cloud_name: bool = False,
    hosted: bool = False,
) -> Target:
    return Target(f"{provider}/{model}", provider, engine, "one", model, cloud_name=cloud_name, hosted=hosted, at=HERE)


def references(*targets: Target) -> References:
    return References(tuple(Reference(one, Role.PRIMARY, "writer") for one in targets))


def files(*found: KeyFile) -> KeyFiles:
    return KeyFiles(found)


def env(*, tracked: bool | Gap | None = False, ignored: bool | Gap | None = True, keys: int = 1) -> KeyFile:
    literals = tuple(KeyLiteral(line, "openai") for line in range(1, keys + 1))
    return KeyFile(".env", is_env=True, literals=literals, tracked=tracked, ignored=ignored)


LITERALS = (KeyLiteral(3, "anthropic"),)


def written(*, literals: tuple[KeyLiteral, ...] | Gap = LITERALS) -> KeyFile:
    return KeyFile(HERE.path, is_env=False, literals=literals, tracked=True, ignored=False)


OPENAI = replace(SECTION, name="openai", engine=Engine.OPENAI, declared_local=False, hosted=True)
LOCAL_NAMED = replace(OPENAI, name="local", declared_local=True)
SECTIONS = replace(READ, providers=(SECTION, OPENAI, LOCAL_NAMED))

TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "CFG-01": (
        configuration_understood,
        [
            ("understood", (READ,), passes("understood")),
            ("missing", (read(reading=Reading.MISSING),), fails("missing")),
            ("unreadable", (read("unreadable", reading=Reading.UNREADABLE),), fails("unreadable")),
            ("unreadable and silent", (read(reading=Reading.UNREADABLE),), fails("unreadable")),
            ("a mistyped key", (read("unknown-key", "missing-section"),), halves("unknown-keys")),
            ("settings of the user's alone", (read("not-trusted"),), halves("unknown-keys")),
            ("a wrong type", (read("unknown-key", "wrong-type"),), fails("not-understood")),
            ("not seen", (), UNSEEN),
        ],
    ),
    "CFG-03": (
        missing_models,
        [
            ("here", (models("llama3:8b"), holding(entry("llama3:8b"))), passes("here")),
            ("the tag is implied", (models("qwen"), holding(entry("qwen:latest"))), passes("here")),
            ("verified on disk", (models("qwen"), holding(entry("qwen", whole=True))), passes("here")),
            ("in the store", (models("qwen"), holding(entry("qwen"), source=Source.STORE)), passes("here")),
            ("in the lock", (models("qwen"), holding(entry("qwen"), source=Source.LOCK)), passes("here")),
            ("absent", (models("llama3:8b"), holding(entry("phi3"))), fails("absent")),
            ("near", (models("llama3.1:8b"), holding(entry("llama3:8b"))), fails("near")),
            ("a name nobody accepts", (models("a b"), holding()), fails("invalid")),
            ("a name of the cloud", (models("glm:cloud"), holding(entry("glm:cloud"))), fails("cloud")),
            ("such a name, nothing listed", (models("glm:cloud"), unlisted()), fails("cloud")),
            ("a stub", (models("glm"), holding(entry("glm", remote=True))), fails("stub")),
            ("weights missing on disk", (models("glm"), holding(entry("glm", whole=False))), fails("broken")),
            ("stub or not unseen", (models("glm"), holding(entry("glm", remote=GAP))), UNSEEN),
            ("weights unseen", (models("glm"), holding(entry("glm", whole=GAP))), UNSEEN),
            (
                "a proven fault beats what was not seen",
                (models("glm"), holding(entry("glm", remote=GAP, whole=False))),
                fails("broken"),
            ),
            (
                "a store proves no absence",
                (models("glm"), holding(source=Source.STORE)),
                UNSEEN,
            ),
            ("nothing listed", (models("glm"), unlisted()), UNSEEN),
            ("no inventory", (models("glm"),), UNSEEN),
            ("another server", (models("glm", server="two"), holding(entry("glm"))), UNSEEN),
            ("on another engine", (models("org/Glm", engine=OTHER), compatible(entry("org/Glm"))), passes("here")),
            ("in another case there", (models("org/glm", engine=OTHER), compatible(entry("org/Glm"))), fails("near")),
            ("nothing alike there", (models("glm:cloud", engine=OTHER), compatible(entry("phi3"))), fails("absent")),
            (
                "answered by another model",
                (models("gpt-4", engine=OTHER), compatible(entry("phi3"), product=Product.LLAMA_CPP)),
                fails("substituted"),
            ),
            (
                "Ollama behind another API",
                (models("glm", engine=OTHER), compatible(entry("glm:latest"), product=Product.OLLAMA)),
                passes("here"),
            ),
            (
                "software that may pass it on",
                (models("glm", engine=OTHER), compatible(entry("glm", remote=GAP), product=GAP)),
                UNSEEN,
            ),
            (
                "not listed by whatever software",
                (models("glm", engine=OTHER), compatible(entry("phi3", remote=GAP), product=GAP)),
                fails("absent"),
            ),
            ("no list there", (models("glm", engine=OTHER), unlisted()), UNSEEN),
            (
                "on another server of the project",
                (models("glm"), compatible(product=Product.OLLAMA, two=other(entry("glm:latest")))),
                fails("elsewhere"),
            ),
            (
                "a stub on another server",
                (models("glm"), compatible(product=Product.OLLAMA, two=other(entry("glm", remote=True)))),
                fails("absent"),
            ),
            ("an engine that is none", (models("glm", engine=Engine.UNKNOWN), holding(entry("glm"))), UNSEEN),
            ("one of two", (models("qwen", "glm"), holding(entry("qwen"))), halves("here", "absent")),
            (
                "one of two unseen",
                (models("qwen", "glm"), holding(entry("qwen"), source=Source.STORE)),
                (Outcome.PARTIAL, HALF, Fraction(1), ["here", "unseen"]),
            ),
            ("none named", (models(), holding()), exempts("nothing")),
            ("models not seen", (holding(),), UNSEEN),
        ],
    ),
    "CFG-06": (
        cloud_alias,
        [
            ("local", (references(target("qwen")), SECTIONS, holding(entry("qwen"))), passes("local")),
            ("not listed, so no stub", (references(target("qwen")), SECTIONS, holding()), passes("local")),
            (
                "a cloud name",
                (references(target("glm:cloud", cloud_name=True)), SECTIONS),
                fails("cloud-name"),
            ),
            (
                "a public host under a local name",
                (references(target("qwen", hosted=True)), SECTIONS),
                fails("hosted"),
            ),
            (
                "a provider under a local name",
                (references(target("gpt-5", provider="local", engine=Engine.OPENAI)), SECTIONS),
                fails("hosted"),
            ),
            (
                "a stub",
                (references(target("qwen")), SECTIONS, holding(entry("qwen", remote=True))),
                fails("stub"),
            ),
            (
                "stub or not unseen",
                (references(target("qwen")), SECTIONS, holding(entry("qwen", remote=GAP))),
                UNSEEN,
            ),
            (
                "a store proves no absence",
                (references(target("qwen")), SECTIONS, holding(source=Source.STORE)),
                UNSEEN,
            ),
            ("nothing listed", (references(target("qwen")), SECTIONS, unlisted()), UNSEEN),
            ("no inventory", (references(target("qwen")), SECTIONS), UNSEEN),
            (
                "declared as hosted",
                (references(target("gpt-5", provider="openai", engine=Engine.OPENAI)), SECTIONS),
                exempts("not-local"),
            ),
            (
                "by a prefix, with no section",
                (references(target("gpt-5", provider="openai", engine=Engine.OPENAI)), READ),
                exempts("not-local"),
            ),
            (
                "an unknown provider at a public host",
                (references(target("x", provider="x", engine=Engine.UNKNOWN, hosted=True)), READ),
                exempts("not-local"),
            ),
            (
                "an unknown provider",
                (references(target("x", provider="x", engine=Engine.UNKNOWN)), READ),
                UNSEEN,
            ),
            ("another local engine, unseen", (references(target("x", engine=OTHER)), READ), UNSEEN),
            (
                "on another engine",
                (references(target("x", engine=OTHER)), READ, compatible(entry("x"))),
                passes("local"),
            ),
            ("not listed there", (references(target("x", engine=OTHER)), READ, compatible()), passes("local")),
            (
                "software that may pass it on",
                (references(target("x", engine=OTHER)), READ, compatible(entry("x", remote=GAP), product=GAP)),
                UNSEEN,
            ),
            (
                "such software that does not list it",
                (references(target("x", engine=OTHER)), READ, compatible(product=GAP)),
                UNSEEN,
            ),
            (
                "in the lock of another engine",
                (references(target("x", engine=OTHER)), READ, compatible(entry("x"), product=GAP, source=Source.LOCK)),
                passes("local"),
            ),
            (
                "a cloud name on Ollama behind another API",
                (references(target("glm:cloud", engine=OTHER)), READ, compatible(product=Product.OLLAMA)),
                fails("cloud-name"),
            ),
            (
                "such a name on another engine",
                (references(target("glm:cloud", engine=OTHER)), READ, compatible(entry("glm:cloud"))),
                passes("local"),
            ),
            (
                "such a name on software that is not known",
                (references(target("glm:cloud", engine=OTHER)), READ, compatible(product=GAP)),
                UNSEEN,
            ),
            (
                "a stub of Ollama behind another API",
                (
                    references(target("glm", engine=OTHER)),
                    READ,
                    compatible(entry("glm:latest", remote=True), product=Product.OLLAMA),
                ),
                fails("stub"),
            ),
            (
                "one of two that apply",
                (
                    references(
                        target("qwen"),
                        target("glm:cloud", cloud_name=True),
                        target("gpt-5", provider="openai", engine=Engine.OPENAI),
                    ),
                    SECTIONS,
                    holding(entry("qwen")),
                ),
                halves("local", "cloud-name", "not-local"),
            ),
            ("none named", (references(), SECTIONS), exempts("nothing")),
            ("configuration not seen", (references(target("qwen")), holding()), UNSEEN),
            ("references not seen", (SECTIONS, holding()), UNSEEN),
        ],
    ),
    "CFG-07": (
        written_keys,
        [
            ("no key", (files(written(literals=())),), passes("no-key")),
            ("ignored", (files(env()),), passes("ignored")),
            ("no repository", (files(env(tracked=None, ignored=None)),), passes("no-repository")),
            ("written out", (files(written()),), fails("inlined")),
            ("tracked", (files(env(tracked=True, ignored=False)),), fails("tracked")),
            ("tracked is enough", (files(env(tracked=True, ignored=GAP)),), fails("tracked")),
            ("not ignored", (files(env(ignored=False)),), halves("not-ignored")),
            ("tracking unseen", (files(env(tracked=GAP)),), UNSEEN),
            ("ignoring unseen", (files(env(ignored=GAP)),), UNSEEN),
            ("not searched", (files(written(literals=GAP)),), UNSEEN),
            ("one of two", (files(env(), written()),), halves("ignored", "inlined")),
            ("no such file", (files(),), exempts("nothing")),
            ("files not seen", (), UNSEEN),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


def judged(check: Check[...], facts: Iterable[Fact]) -> Verdict:
    return judge(check, *facts, FAMILIES)


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judged(check, facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize(
    "check", [configuration_understood, missing_models, cloud_alias, written_keys], ids=lambda check: check.id
)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judged(check, facts) for _, facts, _ in rows])


def test_the_nearest_models_are_named_with_what_they_share() -> None:
    (finding,) = judged(
        missing_models, (models("llama3.1:8b"), holding(entry("llama3:8b"), entry("llama2:7b"), entry("phi")))
    ).findings

    assert finding.params == {
        "model": "llama3.1:8b",
        "nearest": "llama3:8b, llama2:7b",
        "alike": "family, role, size",
    }
    assert (finding.subject, finding.place) == ("llama3.1:8b", HERE)


def test_a_name_with_no_model_near_says_so() -> None:
    (finding,) = judged(missing_models, (models("a b"), holding())).findings

    assert finding.params == {"model": "a b", "nearest": "none"}


def test_the_first_serious_problem_is_named_with_its_place() -> None:
    (finding,) = judged(configuration_understood, (read("unknown-key", "wrong-type"),)).findings

    assert finding.params == {"path": HERE.path, "problems": 2, "first": "the wrong-type"}
    assert finding.place == HERE


def test_of_a_key_only_its_line_and_provider_are_said() -> None:
    (finding,) = judged(written_keys, (files(written()),)).findings

    assert finding.params == {"path": HERE.path, "kind": "anthropic"}
    assert finding.place == Place(HERE.path, 3)


def test_what_was_not_seen_keeps_its_reason() -> None:
    (finding,) = judged(missing_models, (models("glm"), unlisted(NOT_RECORDED))).findings

    assert finding.gap == NOT_RECORDED
