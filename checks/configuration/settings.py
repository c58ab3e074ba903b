"""Settings: what every origin says of a server's variables, held against what the running server has."""

from fractions import Fraction

from modelcheck.checks.configuration.contradictions import (
    Item,
    View,
    of_contexts,
    of_folders,
    of_overheads,
    of_ports,
    of_shell,
    of_variable,
)
from modelcheck.core.asked import Server
from modelcheck.core.check import Effort, Finding, Outcome, Verdict, check, not_applicable, passed, unknown
from modelcheck.core.gap import Gap, seen
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Contacts, Product
from modelcheck.core.project import Agents, Configuration
from modelcheck.core.served import product_of
from modelcheck.core.serving import Containers, ServerSetups


@check(
    "CFG-11",
    "Each setting has one effective value",
    points=1,
    per=Server,
    effort=Effort.MINUTES,
    fix="Keep each setting in one place, write it as Ollama reads it, and start the server anew after a change.",
    says={
        "agree": "{count} settings of {server} have one value, wherever they are written",
        "other-engine": "{server} is {product}, whose settings are its own",
        "nothing-set": "nothing is set for {server}, which runs with Ollama’s defaults",
        "differs": "{name} is {value} in {where}, and {other} in {elsewhere}",
        "not-in-force": "{name} is {value} in {where}, and the running server does not have it",
        "misread": "{name} is {value} in {where}, which Ollama reads as {reads}",
        "refused": "{name} is {value} in {where}, with which no model loads",
        "no-address": "OLLAMA_HOST in {where} is no address, so that the server does not start",
        "port": "the configuration asks {server}, and OLLAMA_HOST is {value} in {where}",
        "folder": "the project names the folder {value} for its models, and the server reads {other}",
        "context": "{agent} asks for a context of {value} tokens over /v1, which takes no such option, "
        "and the server serves {other}",
        "overhead": "OLLAMA_GPU_OVERHEAD keeps {value:bytes} free on each card, and all cards have {room:bytes}: "
        "Ollama takes the difference for a huge memory",
        "shell": "{name} is {value} in this shell, which {server} does not share: it has {other}",
    },
)
def one_value(
    server: Server,
    contacts: Contacts | Gap,
    setups: ServerSetups,
    containers: Containers,
    configuration: Configuration,
    *,
    agents: Agents,
    expectations: Expectations,
    gpus: Gpus | Gap,
) -> Verdict:
    """A value that is written in two places, or that Ollama reads as another, is a change that has no effect."""
    product = seen(product_of(server, contacts))
    if product is not Product.OLLAMA:
        return not_applicable("other-engine", server=server.label, product=product.value)
    services = containers.serving(server.id)
    view = View(server, seen(setups.servers[server.id]), tuple(one for each in services for one in each.variables))
    items = [
        *(of_variable(view, name) for name in view.names),
        *of_ports(view),
        *of_folders(view, expectations),
        *of_contexts(view, configuration, agents),
        *of_overheads(view, gpus),
    ]
    hidden = (*containers.unread, *(gap for one in services for gap in one.unseen), *view.hidden)
    return _judged(view, items, hidden)


def _judged(view: View, items: list[Item], hidden: tuple[Gap, ...]) -> Verdict:
    """Return the share of settings with one value; none for certain where more may be set than was seen."""
    informing = tuple(of_shell(view))
    if not items:
        nothing = unknown(hidden[0]) if hidden else not_applicable("nothing-set", server=view.server.label)
        return Verdict(nothing.outcome, nothing.low, nothing.high, (*nothing.findings, *informing))
    found = [finding for item in items for finding in item.contradictions]
    gaps = (*(item.gap for item in items if item.gap is not None), *hidden[:1])
    found += [finding for gap in gaps for finding in unknown(gap).findings]
    if not found:
        found += passed("agree", count=len(items), server=view.server.label).findings
    left_open = sum(item.gap is not None for item in items)
    right = len(items) - left_open - sum(bool(item.contradictions) for item in items)
    low, high = Fraction(0 if hidden else right, len(items)), Fraction(right + left_open, len(items))
    return _shared(low, high, (*found, *informing))


def _shared(low: Fraction, high: Fraction, findings: tuple[Finding, ...]) -> Verdict:
    if low == 1:
        return Verdict(Outcome.PASS, low, high, findings)
    if high == 0:
        return Verdict(Outcome.FAIL, low, high, findings)
    outcome = Outcome.UNKNOWN if low == 0 and high == 1 else Outcome.PARTIAL
    return Verdict(outcome, low, high, findings)
