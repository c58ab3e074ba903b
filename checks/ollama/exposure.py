"""Exposure: from where a local server can be reached, and by whom."""

from collections.abc import Iterable
from fractions import Fraction

from modelcheck.core.asked import Server
from modelcheck.core.check import Effort, Finding, Outcome, Verdict, check, failed, partial, passed, unknown
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations, Reach
from modelcheck.core.project import Engine
from modelcheck.core.serving import Containers, Exposure, Exposures, Origin, Published, ServerSetup, ServerSetups
from modelcheck.core.variables import ORIGINS, opens_to_pages

LOOPBACK = "loopback"
HALF = Fraction(1, 2)
WHERE = {"": "all interfaces", "private": "an address of the local network", "public": "a public address"}
SILENT = Verdict(Outcome.PASS, Fraction(1), Fraction(1), ())


@check(
    "OLL-03",
    "The server is reachable only by those who should",
    points=3,
    per=Server,
    effort=Effort.MINUTES,
    fix="Bind the server to 127.0.0.1, publish its port as 127.0.0.1:11434:11434, and name the origins that need it.",
    says={
        "loopback": "{server} listens on loopback alone",
        "proxied": "{server} listens on loopback alone; the proxy that the settings declare in front of it "
        "(expect.exposure: proxy) was not examined",
        "lan": "{server} can be reached from the local network, as the settings of the project want "
        "(expect.exposure: lan); it asks nobody who they are",
        "published": "service {service} publishes {server} on {where}, and it asks nobody who they are",
        "answers": "{server} answers at this machine’s own network address, and asks nobody who they are",
        "elsewhere": "{server} is on another machine and answers without asking who we are",
        "public": "{server} answers at an address of the public internet, which expect.exposure: lan does not cover",
        "beyond": "{server} listens beyond loopback, where Ollama stops checking the Host header; "
        "nobody was seen to reach it from outside",
        "special": "{server} listens beyond loopback, as {special} users are told to; what surrounds it decides "
        "who can reach it",
        "any-page": "OLLAMA_ORIGINS of {server} lets a page of any web site use it",
    },
)
def exposed_server(
    server: Server,
    exposures: Exposures,
    setups: ServerSetups | Gap,
    *,
    containers: Containers,
    expectations: Expectations,
) -> Verdict:
    """Ollama asks nobody who they are: whoever reaches it can read, pull, delete and use its models."""
    exposure = exposures.servers[server.id]
    services = containers.serving(server.id)
    reach = [_of_port(server, port, exposure, expectations) for one in services for port in one.published]
    reach += [unknown(gap) for gap in containers.unread]
    pages = SILENT
    if server.engine is Engine.OLLAMA:
        setup = setups if isinstance(setups, Gap) else setups.servers[server.id]
        declared = [setting for one in services for setting in one.variables]
        pages = _pages(server, exposure, setup, ServerSetup(tuple(declared)))
    return _lowest((*reach, _of_sockets(server, exposure, expectations), pages))


def _of_port(server: Server, port: Published, exposure: Exposure | Gap, expectations: Expectations) -> Verdict:
    """Judge a published port by the address that it is published on."""
    if isinstance(port.host, Gap):
        return unknown(port.host)
    if port.host not in WHERE:
        return SILENT
    if expectations.exposure is Reach.LAN:
        public = _is_public(port, exposure)
        if public is not True:
            return SILENT if public is False else unknown(public)
    return failed("published", port.place, server=server.label, service=port.service, where=WHERE[port.host])


def _is_public(port: Published, exposure: Exposure | Gap) -> bool | Gap:
    if port.host:
        return port.host == "public"
    return exposure if isinstance(exposure, Gap) else exposure.public


def _of_sockets(server: Server, exposure: Exposure | Gap, expectations: Expectations) -> Verdict:
    """Judge where it listens, and whether it was seen to answer there."""
    if isinstance(exposure, Gap):
        return unknown(exposure)
    answers, bound = exposure.answers_abroad, exposure.bound
    if answers is not True:
        if isinstance(bound, Gap):
            return unknown(bound)
        if set(bound) <= {LOOPBACK}:
            code = "proxied" if expectations.exposure is Reach.PROXY else "loopback"
            return unknown(answers) if isinstance(answers, Gap) else passed(code, server=server.label)
    if expectations.exposure is Reach.LAN and exposure.public is not True:
        if isinstance(exposure.public, Gap):
            return unknown(exposure.public)
        return passed("lan", expectations.at, server=server.label)
    return _beyond(server, exposure, expectations)


def _beyond(server: Server, exposure: Exposure, expectations: Expectations) -> Verdict:
    """Judge a server that listens where nobody wants it to: failed on proof that it is reached there."""
    answers = exposure.answers_abroad
    if exposure.special:
        return partial("special", Fraction(0), None, server=server.label, special=exposure.special)
    if answers is True:
        if expectations.exposure is Reach.LAN:
            return failed("public", server=server.label)
        return failed("elsewhere" if isinstance(exposure.bound, Gap) else "answers", server=server.label)
    listens = partial("beyond", Fraction(0), None, server=server.label)
    return _lowest((listens, unknown(answers))) if isinstance(answers, Gap) else listens


def _pages(server: Server, exposure: Exposure | Gap, setup: ServerSetup | Gap, declared: ServerSetup) -> Verdict:
    """Judge whether pages of any web site may use it: by its own answer, and by all that says how it is set up."""
    known = () if isinstance(setup, Gap) else setup.all_of(ORIGINS)
    said = [one for one in (*known, *declared.all_of(ORIGINS)) if one.origin is not Origin.SHELL]
    answers = None if isinstance(exposure, Gap) else exposure.answers_pages
    wide = next((one for one in said if opens_to_pages(one.value)), None)
    if answers or wide:
        return partial("any-page", HALF, wide.place if wide else None, server=server.label)
    if isinstance(setup, Gap):
        return _half_open(setup)
    if answers is None and not setup.complete:
        return _half_open(next(iter(setup.unseen), Gap(Why.NOT_RECORDED, about=ORIGINS)))
    return SILENT


def _half_open(gap: Gap) -> Verdict:
    return Verdict(Outcome.PARTIAL, HALF, Fraction(1), unknown(gap).findings)


def _lowest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of several views of one server, with the evidence of all that cost something."""
    each = list(verdicts)
    low, high = min(one.low for one in each), min(one.high for one in each)
    found = [finding for one in each for finding in one.findings]
    telling = [finding for finding in found if finding.outcome is not Outcome.PASS]
    return Verdict(_outcome(low, high, telling), low, high, tuple(telling or found))


def _outcome(low: Fraction, high: Fraction, telling: list[Finding]) -> Outcome:
    if low == 1:
        return Outcome.PASS
    if any(finding.outcome is Outcome.FAIL for finding in telling):
        return Outcome.FAIL
    return Outcome.UNKNOWN if low == 0 and high == 1 else Outcome.PARTIAL
