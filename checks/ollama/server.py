"""The server itself: it answers, and its version is sound."""

from modelcheck.core.asked import Server
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.machine import Contacts, ContactState, Platform, Product, Versions
from modelcheck.core.project import Engine
from modelcheck.core.served import product_of
from modelcheck.core.tables import Advisories, Clock
from modelcheck.core.version import Version

ADVISORY_DAYS = 180
"""Days after which a table of weaknesses no longer proves that a version has none; it still proves those it names."""


@check(
    "OLL-01",
    "The server answers",
    points=1.5,
    per=Server,
    effort=Effort.MINUTES,
    fix="Start the server (Ollama: `ollama serve`, or its service), or correct the address.",
    says={
        "answers": "{server} answers as Ollama does",
        "answers-as": "{server} answers as {product} does, on OpenAI's API",
        "answers-unknown": "{server} answers on OpenAI's API; which software it is could not be told",
        "refused": "{server} refuses the connection: no server runs there",
        "timed_out": "{server} accepts the connection and does not answer in time ({detail})",
        "not_ollama": "{server} does not answer as Ollama does ({detail})",
        "not-compatible": "{server} does not answer as a server of OpenAI's API does ({detail})",
    },
)
def server_answer(server: Server, contacts: Contacts) -> Verdict:
    """Every local model behind a silent server is an error at run time, or a bill from the fallback."""
    contact = seen(contacts.servers[server.id])
    if contact.needs_key:
        raise Unseen(Gap(Why.NO_KEY, about=f"{server.label}, which asks for one (none is sent to a local server),"))
    is_ollamas = server.engine is Engine.OLLAMA
    if contact.state is not ContactState.ANSWERED:
        is_other = contact.state is ContactState.NOT_OLLAMA and not is_ollamas
        code = "not-compatible" if is_other else contact.state.value
        return failed(code, server=server.label, detail=contact.detail)
    if is_ollamas:
        return passed("answers", server=server.label)
    if isinstance(contact.product, Gap):
        return passed("answers-unknown", server=server.label)
    return passed("answers-as", server=server.label, product=contact.product.value)


@check(
    "OLL-02",
    "The server's version has no known serious weakness",
    points=2.5,
    per=Server,
    effort=Effort.MINUTES,
    fix="Update Ollama to at least the version named.",
    says={
        "sound": "version {version} is past every known serious weakness (as of {as_of})",
        "weak": "version {version} has {id}: {what} Fixed in {fixed}",
        "other-engine": "{server} is {product}, of which this version has no table of weaknesses",
    },
)
def old_version(
    server: Server,
    contacts: Contacts | Gap,
    versions: Versions,
    platform: Platform | Gap,
    *,
    advisories: Advisories,
    clock: Clock | Gap,
) -> Verdict:
    """Known weaknesses let a web page, a crafted model or a neighbour read memory, write files or run code."""
    product = seen(product_of(server, contacts))
    if product is not Product.OLLAMA:
        return not_applicable("other-engine", server=server.label, product=product.value)
    text = seen(versions.servers[server.id])
    version = Version.parse(text)
    if version is None or version.is_unversioned:
        raise Unseen(Gap(Why.NOT_RECORDED, about=f"what release version {text} is"))
    system = None if isinstance(platform, Gap) else platform.system
    doubtful = False
    for advisory in advisories.advisories:
        fixed = Version.parse(advisory.fixed or "")
        if fixed is None or advisory.confidence == "low" or version >= fixed:
            continue
        if advisory.platform in {None, system}:
            return failed("weak", version=text, id=advisory.id, what=advisory.what, fixed=advisory.fixed or "")
        doubtful = doubtful or system is None
    if doubtful:
        seen(platform)
    seen(clock).require_fresh(advisories.as_of, ADVISORY_DAYS, "the table of weaknesses")
    return passed("sound", version=text, as_of=advisories.as_of)
