"""What a body asks for: the models that it names, and whether answering it would leave the machine."""

from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, quote

from modelcheck.core.name import MAX_TEXT
from modelcheck.core.ruling import Action, Intent, Leave
from modelcheck.guard.body import FREE, Document, folded, refuse_look_alikes, structs, write
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.routes import MODEL, Dialect, Route

KNOWN = frozenset(
    {
        "adapters",
        "content",
        "destination",
        "file_data",
        "file_id",
        "file_url",
        "files",
        "from",
        "function",
        "image_url",
        "images",
        "input",
        "insecure",
        "instructions",
        "keep_alive",
        "messages",
        "model",
        "modelfile",
        "name",
        "options",
        "parameters",
        "prompt",
        "quantize",
        "raw",
        "remote_host",
        "remote_model",
        "role",
        "source",
        "stream",
        "suffix",
        "system",
        "template",
        "think",
        "tool_calls",
        "tool_choice",
        "tools",
        "type",
        "url",
        "web_search_options",
    }
)
"""Fields of Ollama's requests: a key that Go would take for one of them is written as it is, or refused."""

_ADDRESSED = ("audio_url", "file", "file_data", "file_url", "image", "image_url", "input_audio", "video_url")
"""Fields that hold an image, a sound or a file, or its address; an object in them, or in `source`, has it as `url`."""
_QUOTED = frozenset({"annotations", "citations"})
"""Fields that quote where an earlier answer took something from, which nobody fetches again."""
_FOUND = frozenset({"web_search_result", "search_result"})
_NEVER = ("remote_host", "remote_model")
"""Fields by which `create` makes a stub."""
_MOST_QUERY = 100
_NOT, _PUSH = Leave.NOT, Action.PUSH
_FREE = {dialect: FREE | {"input"} if dialect is Dialect.ANTHROPIC else FREE for dialect in Dialect}


def intent_of(route: Route, document: Document, query: str) -> Intent:
    """Return what a JSON request asks for.

    Raises:
        Refused: a name is no text, or keys are spelled so that Ollama might read others than we do.

    """
    leave = _NOT
    if document.odd:
        refuse_look_alikes(document.fields, _FREE[route.dialect], KNOWN)
        leave = _leave(document.fields, _FREE[route.dialect])
    names = texts(document.fields, route.names) + names_in_query(query)
    if route.action is _PUSH or not route.targets:
        targets = names
    else:
        targets = texts(document.fields, route.targets)
        if len(set(targets)) > 1:
            raise Refused(Fault.BODY, "two different names in one request")
    if document.fields.get("remote_host") or document.fields.get("remote_model"):
        raise Refused(Fault.BODY, "a model that answers from another host is never made")
    if "insecure" in document.fields and document.fields["insecure"] is not False:
        raise Refused(Fault.BODY, "nothing is fetched or sent without TLS")
    return Intent(route.action, names, targets[0] if targets else "", leave)


def intent_of_path(route: Route, path: str, query: str) -> Intent:
    """Return what a request without a body asks for; the name of a model is the last segment of its path."""
    names = names_in_query(query)
    if route is MODEL:
        names = (path[len(MODEL.path) :], *names)
    return Intent(route.action, tuple(one for one in names if one), path)


def texts(fields: Mapping[str, object], keys: Iterable[str]) -> tuple[str, ...]:
    """Return the names in some fields; nothing, null and the empty text are no name.

    Raises:
        Refused: one is no text, or longer than any name.

    """
    found: list[str] = []
    for key in keys:
        value = fields.get(key)
        if value is None or value == "":
            continue
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise Refused(Fault.BODY, f"the field {key} is no name of a model")
        found.append(value)
    return tuple(found)


def names_in_query(query: str) -> tuple[str, ...]:
    """Return what a query names; Ollama reads names there beside forms.

    Raises:
        Refused: it has more fields than any query needs, or is not UTF-8.

    """
    if not query:
        return ()
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_QUERY)
    except ValueError:
        raise Refused(Fault.MALFORMED, "the query cannot be read") from None
    return tuple(value for key, value in pairs if folded(key) in {"model", "name", "source", "from"} and value)


def body_of(route: Route, document: Document, name: str) -> bytes:
    """Return the body that is sent on, with the inventory's own spelling for the model that it names.

    Fields that name nothing are left out, so that no other reading of them is left. What is made of a model, and what
    it is made of, stay as they are: the ruling is about the former alone.

    Raises:
        Refused: it cannot be written.

    """
    keys = route.names if not route.targets or route.targets == route.names else ()
    fields = document.fields
    if document.canonical and all(fields.get(key, name) == name for key in keys):
        return document.canonical
    return write({key: (name if key in keys else value) for key, value in fields.items() if key not in keys or value})


def path_of(route: Route, name: str) -> str:
    """Return the path that is sent on: the one of the list, with the name in it where the route takes one."""
    return route.path + quote(name, safe=":") if route is MODEL else route.path


def _leave(fields: Mapping[str, Any], free: frozenset[str]) -> Leave:
    """Say whether answering would send something to another machine."""
    tools = fields.get("tools")
    if fields.get("web_search_options") is not None or (
        isinstance(tools, list) and _searches(cast("list[object]", tools))
    ):
        return Leave.WEB_SEARCH
    for table in structs(dict(fields), free | _QUOTED):
        if any(_is_address(table.get(key)) for key in _ADDRESSED) or _locates(table):
            return Leave.REMOTE_FILE
        images = table.get("images")
        if isinstance(images, list) and any(_is_address(one) for one in cast("list[object]", images)):
            return Leave.REMOTE_FILE
    return Leave.NOT


def _searches(tools: list[object]) -> bool:
    kinds = (cast("dict[str, Any]", tool).get("type") for tool in tools if isinstance(tool, dict))
    return any(isinstance(kind, str) and folded(kind.strip()).startswith("web_") for kind in kinds)


def _locates(table: Mapping[str, Any]) -> bool:
    """Whether an object says by `url` or by its `source` where a file is; what a search once found is no file."""
    if isinstance(source := table.get("source"), dict) and _is_address(cast("dict[str, Any]", source)):
        return True
    return table.get("type") not in _FOUND and _is_address(table.get("url"))


def _is_address(value: object) -> bool:
    """Whether a field of an image or a file holds an address instead of the data: base64 has no colon."""
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("url")
    return isinstance(value, str) and ":" in value and not value.startswith("data:")
