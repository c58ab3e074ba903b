"""Lists of models without stubs: nothing that would answer from another machine is offered."""

from collections.abc import Callable
from typing import Any, cast

from modelcheck.core.machine import Entry
from modelcheck.core.precheck import is_cloud_name
from modelcheck.guard import body
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.routes import Route


def without_stubs(route: Route, data: bytes, is_offered: Callable[[str], bool]) -> bytes:
    """Return an upstream's list of models less those that are not offered; the same bytes where all of them are.

    Raises:
        Refused: it is no such list.

    """
    try:
        fields = body.read(data).fields
    except Refused:
        raise Refused(Fault.UPSTREAM, "the upstream's list of models cannot be read") from None
    models = fields.get(route.lists)
    if models is None:
        return data
    if not isinstance(models, list):
        raise Refused(Fault.UPSTREAM, "the upstream's list of models is none")
    items = cast("list[object]", models)
    kept = [one for one in items if _is_offered(one, is_offered)]
    return data if len(kept) == len(items) else body.write({**fields, route.lists: kept})


def stubs(entries: tuple[Entry, ...]) -> frozenset[str]:
    """Return the names of the entries that are not known to be weights of this machine."""
    return frozenset(one.name for one in entries if one.remote is not False)


def offered(entries: tuple[Entry, ...]) -> Callable[[str], bool]:
    """Return whether a name is offered where these are the entries: no stub is, and no name of the cloud."""
    hidden = stubs(entries)
    return lambda name: name not in hidden and not is_cloud_name(name)


def _is_offered(item: object, is_offered: Callable[[str], bool]) -> bool:
    if not isinstance(item, dict):
        return False
    fields = cast("dict[str, Any]", item)
    if fields.get("remote_host") or fields.get("remote_model"):
        return False
    names = [fields[key] for key in ("name", "model", "id") if fields.get(key)]
    return bool(names) and all(isinstance(one, str) and is_offered(one) for one in names)
