"""What an Ollama would execute of a request: its routes, its fields, and the names in them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from golike_form import NoForm, form
from golike_json import Number, Pairs, TooDeep, Wrong, exact, first_value, folded, is_list, struct, whole_value
from golike_wire import Request

from modelcheck.core.name import InvalidName, ModelName, ModelRef, pull_target


@dataclass(frozen=True)
class Act:
    """Something that downloads, leaves the machine, changes the store or its account, or runs a model."""

    kind: str
    """`pull`, `create`, `push`, `delete`, `copy`, `blob`, `cloud`, `remote-file`, `web-search`, `web`, `account`,
    `unread`; `infer` and `show` harm nobody."""
    name: str = ""
    detail: str = ""

    @property
    def is_dangerous(self) -> bool:
        return self.kind not in {"infer", "show"}


@dataclass
class Answered:
    """What the handler says; `body` is the decoded request, for the one who writes the reply."""

    status: int
    kind: str = ""
    """`stream`, `tags`, …: what is said where the status is 200."""
    body: Any = None
    acts: list[Act] = field(default_factory=list[Act])
    model: str = ""
    location: str = ""


@dataclass(frozen=True)
class Stored:
    """A model in the store; one with a remote host is a stub of the cloud."""

    name: str
    digest: str
    size: int = 1 << 30
    remote_host: str = ""
    remote_model: str = ""


LOOKS = {
    ("GET", "/"): "root",
    ("HEAD", "/"): "root",
    ("GET", "/api/version"): "version",
    ("HEAD", "/api/version"): "version",
    ("GET", "/api/status"): "status",
    ("GET", "/api/tags"): "tags",
    ("HEAD", "/api/tags"): "tags",
    ("GET", "/api/ps"): "ps",
    ("GET", "/v1/models"): "models",
}
NATIVE = {
    "/api/generate": "generate",
    "/api/chat": "chat",
    "/api/embed": "embed",
    "/api/embeddings": "embeddings",
    "/api/show": "show",
}
COMPATIBLE = {
    "/v1/chat/completions": "completion",
    "/v1/completions": "text",
    "/v1/embeddings": "vectors",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
}
CHANGES = ("/api/pull", "/api/push", "/api/create", "/api/copy")
WEB = ("/api/experimental/web_search", "/api/experimental/web_fetch")
_HOLD_FILES = frozenset({"image_url", "file_url", "image", "file", "audio_url", "video_url", "input_audio"})
"""More than any Ollama reads today. The `source` of a search result is a text that nobody fetches."""
ACCOUNT = ("/api/me", "/api/signout")


def answer(request: Request, store: dict[str, Stored]) -> Answered:
    """Return what an Ollama with this store answers, and all that it would execute."""
    path = request.path.decode("utf-8", "surrogateescape")
    if request.target == b"*" or not path.startswith("/"):
        return Answered(400)
    if request.method != "CONNECT" and _clean(request.escaped) != request.escaped:
        return Answered(307, location=_clean(request.escaped).decode("latin-1"))
    try:
        return _routed(request.method, path, request, store)
    except Wrong:
        return Answered(400)
    except TooDeep:
        return Answered(200, acts=[Act("unread", path)])
    except Exception as error:  # noqa: BLE001 - what is not understood here counts as the worst
        return Answered(200, acts=[Act("unread", path, repr(error))])


def _clean(path: bytes) -> bytes:
    """Go's path.Clean with the slash at the end kept."""
    steps: list[bytes] = []
    for step in path.split(b"/"):
        if step == b"..":
            del steps[-1:]
        elif step not in {b"", b"."}:
            steps.append(step)
    tail = b"/" if path.endswith((b"/", b"/.", b"/..")) and path.endswith(b"/") and steps else b""
    return b"/" + b"/".join(steps) + tail


def _routed(method: str, path: str, request: Request, store: dict[str, Stored]) -> Answered:
    if (method, path) in LOOKS:
        return Answered(200, LOOKS[method, path])
    if (method, path) == ("DELETE", "/api/delete"):
        fields = struct(first_value(_body(request)), model="text", name="text")
        return Answered(200, acts=[Act("delete", fields.get("model") or fields.get("name", ""))])
    if method == "POST" and path in POSTS:
        return POSTS[path](path, request, store)
    return _parametric(method, path, store) or _other(method, path)


def _other(method: str, path: str) -> Answered:
    if method == "POST" and path in WEB:
        return Answered(200, acts=[Act("web", path)])
    if (method, path) == ("GET", "/api/experimental/model-recommendations"):
        return Answered(200, acts=[Act("web", path)])
    if method == "POST" and path in ACCOUNT:
        return Answered(200, acts=[Act("account", path)])
    if path.endswith("/") and path != "/":
        return Answered(307 if method != "GET" else 301, location=path[:-1])
    known = {*(one for _, one in LOOKS), *NATIVE, *COMPATIBLE, *CHANGES, *WEB, *ACCOUNT, "/api/delete"}
    return Answered(405 if path in known else 404)


def _parametric(method: str, path: str, store: dict[str, Stored]) -> Answered | None:
    before, _, last = path.rpartition("/")
    if not last:
        return None
    if before == "/api/blobs" and method in {"POST", "HEAD"}:
        return Answered(200, acts=[Act("blob", last, method)])
    if before == "/api/user/keys" and method == "DELETE":
        return Answered(200, acts=[Act("account", path)])
    if before == "/v1/models" and method == "GET":
        return _named(last, "model", None, "show", store)
    return None


def _body(request: Request) -> bytes:
    if not request.body:
        raise Wrong("missing request body")
    return request.body


def _native(path: str, request: Request, store: dict[str, Stored]) -> Answered:
    value = first_value(_body(request))
    if path == "/api/show":
        fields = struct(value, model="text", name="text")
        return _named(fields.get("model") or fields.get("name", ""), "show", value, "show", store)
    return _named(struct(value, model="text").get("model", ""), NATIVE[path], value, "infer", store)


def _compatible(path: str, request: Request, store: dict[str, Stored]) -> Answered:
    """The pass-through looks at the exact key `model` of a whole document, the handlers at any case of the first."""
    passed = _passed_through(request.body) if request.whole else []
    try:
        value = first_value(_body(request))
        fields = struct(value, model="text", stream="bool", messages="list", tools="list", input="any")
    except Wrong:
        return Answered(400, acts=passed)
    found = _named(fields.get("model", ""), COMPATIBLE[path], value, "infer", store)
    found.acts += passed + _searches(path, fields.get("tools", [])) + _remote_files(fields)
    return found


def _passed_through(body: bytes) -> list[Act]:
    try:
        model = exact(whole_value(body), "model")
    except Wrong:
        return []
    if not isinstance(model, str) or isinstance(model, Number):
        return []
    return [Act("cloud", model, "passed through")] if _is_cloud(model) else []


def _is_cloud(text: str) -> bool:
    try:
        return ModelRef.parse(text).is_cloud
    except InvalidName:
        return False


def _searches(path: str, tools: list[Any]) -> list[Act]:
    """A tool whose type, trimmed by one of the two that look, begins with `web_search`."""
    if path not in {"/v1/messages", "/v1/responses"}:
        return []
    kinds = [struct(tool, type="text").get("type", "") for tool in tools if isinstance(tool, Pairs)]
    return [Act("web-search", kind) for kind in kinds if kind.strip().startswith("web_search")]


def _remote_files(fields: dict[str, Any]) -> list[Act]:
    """Addresses in parts of messages, where a server may fetch one."""
    inputs, found = fields.get("input"), list[Act]()
    queue: list[Any] = [*fields.get("messages", []), *(inputs if is_list(inputs) else [])]
    while queue:
        part = queue.pop()
        if not isinstance(part, Pairs):
            continue
        for key, value in part.items:
            found += _addresses(folded(key), value)
            if isinstance(value, list) and folded(key) in {"content", "output"}:
                queue += value
    return found


def _addresses(key: str, value: Any) -> list[Act]:
    texts: list[Any] = []
    if key in _HOLD_FILES and isinstance(value, str):
        texts = [value]
    elif key in {*_HOLD_FILES, "source"} and isinstance(value, Pairs):
        texts = [one for name, one in value.items if folded(name) in {"url", "file_url"}]
    return [Act("remote-file", one) for one in texts if isinstance(one, str) and _is_remote(one)]


def _is_remote(text: str) -> bool:
    return text.strip().lower().startswith(("http:", "https:", "ftp:", "file:"))


def _audio(_: str, request: Request, store: dict[str, Stored]) -> Answered:
    try:
        values = form(request)
    except NoForm:
        return Answered(400)
    asked = values.get("model", [b""])[0].decode("utf-8", "replace")
    if not asked or not values.get("file file", [b""])[0]:
        return Answered(400)
    return _named(asked, "audio", values, "infer", store)


def _change(path: str, request: Request, _: dict[str, Stored]) -> Answered:
    value = first_value(_body(request))
    if path == "/api/copy":
        texts = struct(value, source="text", destination="text")
        return Answered(200, acts=[Act("copy", texts.get("source", ""), texts.get("destination", ""))])
    own = {"from": "text", "remote_host": "text"} if path == "/api/create" else {}
    texts = struct(value, model="text", name="text", insecure="bool", **own)
    asked = texts.get("model") or texts.get("name", "")
    insecure = "insecure" if texts.get("insecure") else ""
    if path == "/api/push":
        return Answered(200, acts=[Act("push", asked, insecure)])
    if path == "/api/create":
        detail = f"from {texts.get('from', '')} at {texts.get('remote_host', '')}"
        return Answered(200, acts=[Act("create", asked, detail)])
    try:
        name = pull_target(asked).shortest
    except InvalidName:
        return Answered(400)
    return Answered(200, "pulled", value, [Act("pull", name, insecure)], asked)


def _named(asked: str, kind: str, body: Any, act: str, store: dict[str, Stored]) -> Answered:
    try:
        ref = ModelRef.parse(asked)
    except InvalidName:
        return Answered(400)
    if ref.is_cloud:
        return Answered(200, kind, body, [Act("cloud", asked)], asked)
    if ref.name is None:
        return Answered(400)
    alike = [one for one in store.values() if ModelName.parse(one.name) == ref.name]
    # It takes any of them, whatever the case that was asked for: here always the worst.
    found = next((one for one in alike if one.remote_host), alike[0] if alike else None)
    if found is None:
        return Answered(404, body=body, model=asked)
    if found.remote_host and act == "infer":
        return Answered(200, kind, body, [Act("cloud", found.name, f"a stub of {found.remote_model}")], asked)
    return Answered(200, kind, body, [Act(act, asked)], asked)


POSTS: dict[str, Callable[[str, Request, dict[str, Stored]], Answered]] = {
    **dict.fromkeys(NATIVE, _native),
    **dict.fromkeys(COMPATIBLE, _compatible),
    **dict.fromkeys(CHANGES, _change),
    "/v1/audio/transcriptions": _audio,
}
