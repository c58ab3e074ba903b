"""From where a server can be reached, case by case: a veto needs proof, and what was not seen decides nothing."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.checks.ollama.exposure import exposed_server
from modelcheck.core.asked import Server, Servers
from modelcheck.core.check import Check, Finding, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations, Reach
from modelcheck.core.project import Engine
from modelcheck.core.serving import (
    Container,
    Containers,
    Exposure,
    Exposures,
    Origin,
    Published,
    ServerSetup,
    ServerSetups,
    Setting,
)
from modelcheck.testing import judge

ONE = Servers((Server("one", Engine.OLLAMA, "http://127.0.0.1:11434", Place("config.json", 3)),))
OTHER = Servers((Server("one", Engine.OPENAI_LOCAL, "http://127.0.0.1:8080"),))
GAP = Gap(Why.UNREADABLE, about="planted")
PORT = Place("compose.yaml", 5)

HERE = Exposure(("loopback",), None, public=False, answers_pages=False)
BEYOND = Exposure(("everywhere",), answers_abroad=False, public=False, answers_pages=False)
REACHED = replace(BEYOND, answers_abroad=True)
UNTRIED = replace(BEYOND, answers_abroad=GAP)
SETUP = ServerSetup((Setting("OLLAMA_HOST", "127.0.0.1", Origin.PROCESS),), complete=True)


def facts(
    exposure: Exposure | Gap = HERE,
    setup: ServerSetup | Gap | None = SETUP,
    containers: Containers | None = None,
    wanted: Reach = Reach.LOOPBACK,
    servers: Servers = ONE,
) -> tuple[Fact, ...]:
    found: tuple[Fact, ...] = (
        servers,
        Exposures(Seen[str, Exposure].of({"one": exposure})),
        Expectations(exposure=wanted, at=Place("modelcheck.yaml", 2)),
        containers if containers is not None else Containers(()),
    )
    return found if setup is None else (*found, ServerSetups(Seen[str, ServerSetup].of({"one": setup})))


def publishing(host: str | Gap, *variables: Setting, serves: tuple[str, ...] = ("one",)) -> Containers:
    port = Published("ollama", host, 11434, PORT)
    return Containers((Container("ollama", "", (port,), variables, gpu=False, place=PORT, serves=serves),))


def origins(value: str, origin: Origin = Origin.PROCESS, place: Place | None = None) -> Setting:
    return Setting("OLLAMA_ORIGINS", value, origin, place=place)


def said(*settings: Setting, **changes: Any) -> ServerSetup:
    return ServerSetup(settings, complete=True, **changes)


def nothing_earned(*codes: str) -> Expected:
    """The points are lost and no veto falls."""
    return Outcome.FAIL, Fraction(0), Fraction(0), list(codes)


def half_open(*codes: str) -> Expected:
    return Outcome.PARTIAL, HALF, Fraction(1), list(codes)


LAN, PROXY = Reach.LAN, Reach.PROXY
NOBODY_ASKED = replace(HERE, answers_pages=None)
TABLE: list[Row] = [
    ("on loopback", facts(), passes("loopback")),
    ("on loopback, asked abroad in vain", facts(replace(HERE, answers_abroad=False)), passes("loopback")),
    ("on loopback behind a proxy", facts(wanted=PROXY), passes("proxied")),
    ("on loopback where the network may come in", facts(wanted=LAN), passes("loopback")),
    ("another engine on loopback", facts(servers=OTHER, setup=None), passes("loopback")),
    ("another engine everywhere", facts(UNTRIED, None, servers=OTHER), nothing_earned("beyond", "unseen")),
    ("everywhere, and nobody got through", facts(BEYOND), nothing_earned("beyond")),
    ("at an address", facts(replace(BEYOND, bound=("address", "loopback"))), nothing_earned("beyond")),
    ("everywhere, and nobody tried", facts(UNTRIED), nothing_earned("beyond", "unseen")),
    ("everywhere, and it answered", facts(REACHED), fails("answers")),
    ("it answered where a proxy should", facts(REACHED, wanted=PROXY), fails("answers")),
    ("it answered where the network may come in", facts(REACHED, wanted=LAN), passes("lan")),
    ("everywhere for the network", facts(UNTRIED, wanted=LAN), passes("lan")),
    ("it answered the whole internet", facts(replace(REACHED, public=True), wanted=LAN), fails("public")),
    ("open to the internet", facts(replace(BEYOND, public=True), wanted=LAN), nothing_earned("beyond")),
    ("open to who knows whom", facts(replace(BEYOND, public=GAP), wanted=LAN), UNSEEN),
    ("in a container", facts(replace(REACHED, special="container")), nothing_earned("special")),
    ("in a container, untried", facts(replace(UNTRIED, special="wsl")), nothing_earned("special")),
    ("elsewhere and answering", facts(replace(REACHED, bound=GAP)), fails("elsewhere")),
    ("elsewhere in the network", facts(replace(REACHED, bound=GAP), wanted=LAN), passes("lan")),
    ("elsewhere and silent", facts(replace(BEYOND, bound=GAP)), UNSEEN),
    ("where it listens unseen", facts(replace(HERE, bound=GAP, answers_abroad=GAP)), UNSEEN),
    ("on loopback, perhaps answering abroad", facts(replace(HERE, answers_abroad=GAP)), UNSEEN),
    ("exposure unseen", facts(GAP), UNSEEN),
    ("published", facts(containers=publishing("")), fails("published")),
    ("published at an address", facts(containers=publishing("private")), fails("published")),
    ("published, exposure unseen", facts(GAP, containers=publishing("")), fails("published", "unseen")),
    ("published on loopback", facts(containers=publishing("127.0.0.1")), passes("loopback")),
    ("published nobody knows where", facts(containers=publishing(GAP)), UNSEEN),
    ("another service is published", facts(containers=publishing("", serves=("two",))), passes("loopback")),
    ("published for the network", facts(containers=publishing(""), wanted=LAN), passes("loopback")),
    ("published there at an address", facts(containers=publishing("private"), wanted=LAN), passes("loopback")),
    ("published to the internet", facts(containers=publishing("public"), wanted=LAN), fails("published")),
    (
        "published on a machine of the internet",
        facts(replace(HERE, public=True), containers=publishing(""), wanted=LAN),
        fails("published"),
    ),
    (
        "published on who knows which machine",
        facts(replace(HERE, public=GAP), containers=publishing(""), wanted=LAN),
        UNSEEN,
    ),
    (
        "published, exposure unseen, for the network",
        facts(GAP, None, publishing(""), LAN),
        (*UNSEEN[:3], ["unseen"] * 3),
    ),
    ("a compose file unread", facts(containers=Containers((), (GAP,))), UNSEEN),
    (
        "published and a file unread",
        facts(containers=replace(publishing(""), unread=(GAP,))),
        fails("published", "unseen"),
    ),
    ("any page by its answer", facts(replace(HERE, answers_pages=True)), halves("any-page")),
    ("any page by its process", facts(NOBODY_ASKED, said(origins("*"))), halves("any-page")),
    ("any page by its unit", facts(HERE, said(origins("https://*", Origin.SERVICE))), halves("any-page")),
    ("any page by this shell alone", facts(HERE, said(origins("*", Origin.SHELL))), passes("loopback")),
    ("an extension", facts(NOBODY_ASKED, said(origins("chrome-extension://*"))), passes("loopback")),
    ("nobody asked, all settings seen", facts(NOBODY_ASKED), passes("loopback")),
    ("nobody asked, settings unseen", facts(NOBODY_ASKED, ServerSetup(unseen=(GAP,))), half_open("unseen")),
    ("nobody asked, nothing known", facts(NOBODY_ASKED, ServerSetup()), half_open("unseen")),
    ("it refuses pages, settings unseen", facts(HERE, ServerSetup(unseen=(GAP,))), passes("loopback")),
    ("setup not looked at", facts(HERE, GAP), half_open("unseen")),
    ("setup not looked at, any page", facts(replace(HERE, answers_pages=True), None), halves("any-page")),
    ("everywhere and any page", facts(replace(REACHED, answers_pages=True)), fails("answers", "any-page")),
    ("compose files not looked at", facts()[:3], UNSEEN),
    ("no server", facts(servers=Servers(())), exempts("nothing")),
]


@pytest.mark.parametrize(("given", "expected"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_verdict(given: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(exposed_server, *given)

    assert (verdict.outcome, verdict.low, verdict.high, [one.code for one in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(exposed_server, [judge(exposed_server, *given) for _, given, _ in TABLE])


def findings(*given: Fact) -> list[Finding]:
    return list(judge(exposed_server, *given).findings)


def test_a_published_port_is_named_with_its_line() -> None:
    (found,) = findings(*facts(containers=publishing("")))

    assert (found.outcome, found.place) == (Outcome.FAIL, PORT)
    assert found.params == {"server": "http://127.0.0.1:11434", "service": "ollama", "where": "all interfaces"}


def test_an_open_list_of_origins_is_named_with_its_line() -> None:
    wide = origins("http://*", Origin.COMPOSE, Place("compose.yaml", 8))

    (found,) = findings(*facts(NOBODY_ASKED, containers=publishing("127.0.0.1", wide)))

    assert (found.code, found.place) == ("any-page", Place("compose.yaml", 8))


@pytest.mark.parametrize("exposure", [BEYOND, replace(REACHED, special="wsl"), replace(REACHED, special="container")])
def test_without_proof_points_are_lost_and_no_veto_falls(exposure: Exposure) -> None:
    (found,) = findings(*facts(exposure))

    assert found.outcome is Outcome.PARTIAL


def test_what_nobody_tried_leaves_the_veto_open() -> None:
    outcomes = [found.outcome for found in findings(*facts(UNTRIED))]

    assert outcomes == [Outcome.PARTIAL, Outcome.UNKNOWN]


def test_a_word_of_the_settings_is_said_where_it_decides() -> None:
    (found,) = findings(*facts(REACHED, wanted=LAN))

    assert (found.code, found.place) == ("lan", Place("modelcheck.yaml", 2))
