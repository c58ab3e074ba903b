"""The server itself: it answers, and its version is sound."""

from modelcheck.core.asked import Server
from modelcheck.core.check import Effort, Verdict, check, failed, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.machine import Contacts, ContactState, Platform, Versions
from modelcheck.core.project import Engine
from modelcheck.core.tables import Advisories
from modelcheck.core.version import Version


@check(
    "OLL-01",
    "The server answers",
    points=1.5,
    per=Server,
    effort=Effort.MINUTES,
    fix="Start Ollama (`ollama serve`, or its service), or correct the address.",
    says={
        "answers": "{server} answers as Ollama does",
        "refused": "{server} refuses the connection: no server runs there",
        "timed_out": "{server} accepts the connection and does not answer in time ({detail})",
        "not_ollama": "{server} does not answer as Ollama does ({detail})",
    },
)
def server_answer(server: Server, contacts: Contacts) -> Verdict:
    """Every local model behind a silent server is an error at run time, or a bill from the fallback."""
    contact = seen(contacts.servers[server.id])
    if contact.state is ContactState.ANSWERED:
        return passed("answers", server=server.label)
    return failed(contact.state.value, server=server.label, detail=contact.detail)


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
    },
)
def old_version(server: Server, versions: Versions, platform: Platform | Gap, advisories: Advisories) -> Verdict:
    """Known weaknesses let a web page, a crafted model or a neighbour read memory, write files or run code."""
    if server.engine is not Engine.OLLAMA:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=server.engine.value))
    text = seen(versions.servers[server.id])
    version = Version.parse(text)
    if version is None or version.is_unversioned:
        raise Unseen(Gap(Why.NOT_RECORDED, about=f"version {text}"))
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
    return passed("sound", version=text, as_of=advisories.as_of)
