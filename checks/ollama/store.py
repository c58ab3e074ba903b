"""The store on disk: whole, tidy, with room to spare, and the one that the project means."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from modelcheck.core.asked import Server
from modelcheck.core.check import Effort, Finding, Outcome, Parameter, Verdict, check, failed, not_applicable, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.project import Engine
from modelcheck.core.stores import Fault, Flaw, Leftovers, NamedFolder, Store, Stores

MUCH = 1 << 30
"""Bytes of leftovers from which on they are worth a word."""
MOST_NAMED = 5
"""Models that one finding names."""
HALF = Fraction(1, 2)

Said = tuple[str, Mapping[str, Parameter]]
"""A code of the check with its parameters."""


@check(
    "OLL-12",
    "The store is healthy",
    points=1.5,
    per=Server,
    effort=Effort.MINUTES,
    fix="Pull the models named again or remove them, clear what is left over (a restart of Ollama prunes it), and let "
    "the project and the server name one folder.",
    says={
        "healthy": "{models} models in {root}, every blob there at its full size; {free:bytes} free, "
        "{left:bytes} left over",
        "other-engine": "{server} is not Ollama, and keeps no store of Ollama's",
        "other-store": "the project names {folder}, and {server} reads {root}",
        "broken": "in {root} a blob of {models} is missing or short ({missing} missing, {short} short: {blobs})",
        "no-gguf": "in {root} the weights of {models} are no GGUF file ({blobs})",
        "unreadable": "{count} manifests in {root} cannot be read: their models are not listed, and nothing is pruned",
        "template": "in {root} the template of {models} is empty, or holds what no template needs ({blobs})",
        "dangling": "{count} blobs in {root} serve no model and take {size:bytes}",
        "partial": "{count} downloads in {root} never ended and take {size:bytes}",
        "low-disk": "{free:bytes} are free beside {root}, less than its largest model takes ({largest:bytes})",
    },
)
def healthy_store(server: Server, stores: Stores) -> Verdict:
    """A model that is listed and not whole is pulled anew when it is asked for; a wrong folder hides every model."""
    if server.engine is not Engine.OLLAMA:
        if server.engine.is_local:
            return not_applicable("other-engine", server=server.label)
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=server.engine.value))
    own = stores.servers[server.id]
    other = next((named for named in stores.named if _is_other(named, server)), None)
    if other is not None:
        root = "another folder" if isinstance(own, Gap) else own.store.root
        return failed("other-store", other.at, folder=other.text, server=server.label, root=root)
    if not seen(own).basis.is_certain:
        raise Unseen(Gap(Why.UNDECIDED, about=f"the folders that {server.label} may read", hint="ollama serve"))
    store = seen(own).store
    found = list(_faults(store))
    if found:
        return _verdict(Outcome.FAIL, Fraction(0), store, found)
    for named in stores.named:
        if server.id in named.same and named.same[server.id] is not True:
            _settle(named)
    if store.doubt is not None:
        raise Unseen(store.doubt)
    found = list(_shortcomings(store))
    if found:
        return _verdict(Outcome.PARTIAL, HALF, store, found)
    return _tidy(store)


def _is_other(named: NamedFolder, server: Server) -> bool:
    """Whether this server reads another folder than the project names, and so does every server that it concerns."""
    return server.id in named.same and all(named.same[one] is False for one in named.same)


def _settle(named: NamedFolder) -> None:
    """Leave with a gap where it is open whether any server reads the folder."""
    each = [named.same[one] for one in named.same]
    if True not in each:
        raise Unseen(next(one for one in each if isinstance(one, Gap)))


def _faults(store: Store) -> Iterator[Said]:
    """Yield what keeps models from working."""
    broken = [flaw for flaw in store.flaws if flaw.fault in {Fault.MISSING, Fault.SHORT}]
    if broken:
        missing = sum(flaw.fault is Fault.MISSING for flaw in broken)
        yield "broken", {**_named(broken), "missing": missing, "short": len(broken) - missing}
    weights = [flaw for flaw in store.flaws if flaw.fault is Fault.NO_GGUF]
    if weights:
        yield "no-gguf", _named(weights)


def _shortcomings(store: Store) -> Iterator[Said]:
    """Yield what is proven and keeps no model from working."""
    templates = [flaw for flaw in store.flaws if flaw.fault in {Fault.EMPTY_TEMPLATE, Fault.ODD_TEMPLATE}]
    if templates:
        yield "template", _named(templates)
    if store.unreadable:
        yield "unreadable", {"count": store.unreadable}
    for code, left in (("dangling", store.dangling), ("partial", store.partial)):
        if isinstance(left, Leftovers) and left.size >= MUCH:
            yield code, {"count": left.count, "size": left.size}
    largest = max((entry.size for entry in store.entries if isinstance(entry.size, int)), default=0)
    if isinstance(store.free, int) and store.free < largest:
        yield "low-disk", {"free": store.free, "largest": largest}


def _tidy(store: Store) -> Verdict:
    """Pass, where all that could still be wrong was seen."""
    left = seen(store.dangling).size + seen(store.partial).size
    free = seen(store.free)
    for entry in store.entries:
        seen(entry.size)
    return passed("healthy", models=len(store.entries), root=store.root, free=free, left=left)


def _named(flaws: Sequence[Flaw]) -> dict[str, Parameter]:
    return {"models": _list(flaw.model for flaw in flaws), "blobs": _list(flaw.blob for flaw in flaws)}


def _list(words: Iterable[str]) -> str:
    each = list(dict.fromkeys(words))
    more = f" and {len(each) - MOST_NAMED} more" if len(each) > MOST_NAMED else ""
    return ", ".join(each[:MOST_NAMED]) + more


def _verdict(outcome: Outcome, share: Fraction, store: Store, found: Iterable[Said]) -> Verdict:
    findings = tuple(Finding(code, outcome, {"root": store.root, **params}) for code, params in found)
    return Verdict(outcome, share, share, findings)
