"""The guard: what is not in the inventory cannot be pulled, whoever asks."""

from fractions import Fraction

from modelcheck.core.asked import Server
from modelcheck.core.check import Effort, Outcome, Verdict, check, failed, not_applicable, partial, passed, unknown
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.guards import Guard, Guards
from modelcheck.core.machine import Contacts, Product
from modelcheck.core.served import product_of

HALF = Fraction(1, 2)


@check(
    "OLL-13",
    "The pull guard is in force",
    points=2,
    per=Server,
    effort=Effort.HOURS,
    fix="Run `modelcheck guard serve` in front of Ollama, give the project the guard's address, and move Ollama to "
    "a port that nobody asks by default.",
    says={
        "guarded": "a guard stands at {server}, refuses each of {count} requests that it must, and Ollama’s usual "
        "port is no way around it",
        "bare": "no guard stands at {server}: whoever asks there can download ({detail} in place of a proof)",
        "open": "the guard at {server} lets through what it must refuse: {routes}",
        "direct": "a guard stands at {server}, and Ollama answers at its usual port beside it: whoever asks there "
        "can download",
        "other-engine": "{server} is {product}, and the guard is one for Ollama",
    },
)
def guard_in_force(server: Server, guards: Guards, contacts: Contacts | Gap) -> Verdict:
    """Ollama downloads for whoever asks it; only what stands in front of it can hold a client to what is here."""
    product = seen(product_of(server, contacts))
    if product is not Product.OLLAMA:
        return not_applicable("other-engine", server=server.label, product=product.value)
    guard = seen(guards.servers[server.id])
    if not guard.proven:
        return failed("bare", server=server.label, detail=guard.detail)
    attempts = seen(guard.attempts)
    if not attempts:
        raise Unseen(Gap(Why.NOT_ASKED, about=f"what the guard at {server.label} refuses"))
    routes = [one.route for one in attempts if one.refused is False]
    if routes:
        return failed("open", server=server.label, routes=", ".join(routes))
    around = _around(server, guard, len(attempts))
    gaps = [one.refused for one in attempts if isinstance(one.refused, Gap)]
    return _doubtful(gaps, around) if gaps else around


def _around(server: Server, guard: Guard, count: int) -> Verdict:
    """Judge whether the guard can be passed by."""
    if isinstance(guard.direct, Gap):
        return Verdict(Outcome.PARTIAL, HALF, Fraction(1), unknown(guard.direct).findings)
    if guard.direct:
        return partial("direct", HALF, server=server.label)
    return passed("guarded", server=server.label, count=count)


def _doubtful(gaps: list[Gap], around: Verdict) -> Verdict:
    """Return the verdict on a guard of which not every refusal was seen."""
    found = [finding for finding in around.findings if finding.outcome is not Outcome.PASS]
    unseen = [finding for gap in dict.fromkeys(gaps) for finding in unknown(gap).findings]
    outcome = Outcome.UNKNOWN if around.high == 1 else Outcome.PARTIAL
    return Verdict(outcome, Fraction(0), around.high, (*unseen, *found))
