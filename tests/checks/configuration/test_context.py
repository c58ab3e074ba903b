"""Where the context is set, case by case."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.checks.configuration.context import working_context
from modelcheck.core.anatomy import Anatomies, Anatomy
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import (
    Agent,
    Agents,
    Engine,
    ModelKey,
    Provider,
    Reference,
    References,
    Role,
    Route,
    Target,
)
from modelcheck.core.serving import Origin, ServerSetup, ServerSetups, Setting
from modelcheck.testing import judge

GAP = Gap(Why.UNREADABLE, about="planted")
HERE = Place("config/models_config.json", 7)
NATIVE = Provider("ollama", Engine.OLLAMA, "one", "", True, False, None, HERE)
OVER_V1 = replace(NATIVE, route=Route.OPENAI)
TARGET = Target("ollama/X", "ollama", Engine.OLLAMA, "one", "X", cloud_name=False, hosted=False, at=HERE)
KEY = ModelKey("one", "x:latest")
PLAIN = Anatomy(num_ctx=None, embeds=False)


def project(
    section: Provider | None = NATIVE, asked: int | Gap | None = None, target: Target = TARGET, agent: str | None = "a"
) -> tuple[Fact, ...]:
    target = replace(target, route=section.route) if section else target
    one = Agent("a", False, (target,), False, None, HERE, num_ctx=asked)
    return (
        Agents((one,)),
        References((Reference(target, Role.PRIMARY, agent),)),
    )


def model(**changes: Any) -> Anatomies:
    return Anatomies(Seen.of({KEY: replace(PLAIN, **changes)}))


def server(value: str | None = None, *, complete: bool = True, origin: Origin = Origin.PROCESS) -> ServerSetups:
    settings = () if value is None else (Setting("OLLAMA_CONTEXT_LENGTH", value, origin),)
    return ServerSetups(Seen.of({"one": ServerSetup(settings, complete)}))


UNSEEN_SERVER = ServerSetups(Seen[str, ServerSetup].of({"one": GAP}))
UNSEEN_MODEL = Anatomies(Seen[ModelKey, Anatomy].of({KEY: GAP}))
HOSTED = replace(TARGET, engine=Engine.OPENAI)
CLOUD_NAME = replace(TARGET, cloud_name=True)
OTHER = replace(TARGET, engine=Engine.OPENAI_LOCAL, model="x")
STRANGE = replace(TARGET, engine=Engine.UNKNOWN)

ROWS: list[Row] = [
    ("asked natively", project(asked=8192), passes("asked")),
    ("asked natively, without a section", project(None, asked=8192), passes("asked")),
    ("asked natively, whatever else is set", (*project(asked=8192), model(num_ctx=9), server("9")), passes("asked")),
    ("asked over /v1, and in the model", (*project(OVER_V1, 8192), model(num_ctx=8192)), passes("given")),
    ("asked over /v1, more in the model", (*project(OVER_V1, 8192), model(num_ctx=9000)), passes("given")),
    ("asked over /v1, and at the server", (*project(OVER_V1, 8192), model(), server("8192")), passes("given")),
    ("in the model", (*project(), model(num_ctx=4096)), passes("in-model")),
    ("in the model, over /v1", (*project(OVER_V1), model(num_ctx=4096)), passes("in-model")),
    ("in the model before the server", (*project(OVER_V1, 9), model(num_ctx=8), server("9")), fails("ignored")),
    ("at the server", (*project(), model(), server("4096")), passes("at-server")),
    ("at the server, as its log says", (*project(), model(), server("4096", origin=Origin.LOG)), passes("at-server")),
    ("asked over /v1, less in the model", (*project(OVER_V1, 8192), model(num_ctx=4096)), fails("ignored")),
    ("asked over /v1, less at the server", (*project(OVER_V1, 8192), model(), server("4096")), fails("ignored")),
    ("asked over /v1, and nothing else", (*project(OVER_V1, 8192), model(), server()), fails("ignored-default")),
    ("asked over /v1, and a server's zero", (*project(OVER_V1, 9), model(), server("0")), fails("ignored-default")),
    ("set nowhere", (*project(), model(), server()), halves("by-cards")),
    ("set to nothing", (*project(), model(), server("0")), halves("by-cards")),
    ("set to what is no number", (*project(), model(), server("many")), halves("by-cards")),
    ("set in a shell alone", (*project(), model(), server("4096", origin=Origin.SHELL)), halves("by-cards")),
    ("asked for what is no count", (*project(asked=GAP), model(num_ctx=4096)), UNSEEN),
    ("model unseen", (*project(), UNSEEN_MODEL, server("4096")), UNSEEN),
    ("no models seen", (*project(OVER_V1, 8192), server("4096")), UNSEEN),
    ("parameters unseen", (*project(), model(num_ctx=GAP), server("4096")), UNSEEN),
    ("embedding or not unseen", (*project(), model(embeds=GAP), server("4096")), UNSEEN),
    ("server unseen", (*project(), model(), UNSEEN_SERVER), UNSEEN),
    ("no servers seen", (*project(OVER_V1, 8192), model()), UNSEEN),
    ("server seen in part", (*project(), model(), server(complete=False)), UNSEEN),
    ("another engine, asked", (*project(asked=8192, target=OTHER), server()), UNSEEN),
    ("another engine", project(target=OTHER), exempts("other-engine")),
    ("a strange engine", project(target=STRANGE), UNSEEN),
    ("an agent that nobody declared", project(agent="b"), UNSEEN),
    ("hosted", project(target=HOSTED), exempts("not-local")),
    ("a name of the cloud", project(target=CLOUD_NAME), exempts("not-local")),
    ("embeddings", (*project(), model(embeds=True)), exempts("embedding")),
    ("embeddings, asked natively", (*project(asked=8192), model(embeds=True)), passes("asked")),
    ("listed", project(agent=None), exempts("listed")),
    ("none named", (*project()[:1], References(())), exempts("nothing")),
    ("agents not seen", (project()[1], model(num_ctx=4096)), UNSEEN),
    ("references not seen", project()[:1], UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(working_context, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(working_context, [judge(working_context, *facts) for _, facts, _ in ROWS])


def test_each_model_of_a_chain_counts() -> None:
    targets = (TARGET, replace(TARGET, text="ollama/y", model="y"))
    agents, _ = project()
    references = References(tuple(Reference(target, Role.FALLBACK, "a") for target in targets))
    anatomies = Anatomies(Seen.of({KEY: replace(PLAIN, num_ctx=4096), ModelKey("one", "y:latest"): PLAIN}))

    verdict = judge(working_context, agents, references, anatomies, server())

    assert (verdict.outcome, verdict.low) == (Outcome.PARTIAL, (1 + HALF) * HALF)
    assert [finding.subject for finding in verdict.findings] == ["ollama/X", "ollama/y"]


def test_what_is_ignored_is_named_with_both_numbers_and_its_place() -> None:
    (finding,) = judge(working_context, *project(OVER_V1, 8192), model(num_ctx=4096)).findings

    assert finding.params == {"agent": "a", "model": "ollama/X", "asked": 8192, "given": 4096}
    assert finding.place == HERE
