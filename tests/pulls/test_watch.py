"""The parts of the watch, each on its own: patches, what clients and sockets tell, registries, who asks."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.pulls import culprit
from modelcheck.pulls.clients import clients
from modelcheck.pulls.culprit import Download, download
from modelcheck.pulls.guarded import Guarded
from modelcheck.pulls.patches import Patches
from modelcheck.pulls.registries import Registry, registries
from modelcheck.pulls.watch import SOMEBODY, Watch
from modelcheck.pulls.wire import MOST_HEAD, Wire, wire

HUB = Registry("A hub", ("hub.example", "*.hub.example"), ("api.hub.example",))
FAILED = pytest.fail.Exception
PULL = b'POST /api/pull HTTP/1.1\r\nHost: here:11434\r\n\r\n{"model": "m"}'


@pytest.fixture
def watch() -> Watch:
    return Watch((HUB,), str(Path(__file__).parent))


@pytest.fixture
def seen(watch: Watch) -> Wire:
    return Wire(watch)


@pytest.fixture
def patched(watch: Watch) -> Iterator[Callable[[str, ModuleType], None]]:
    """Patch an imitated module as the real one of that name would be."""
    begun: list[Patches] = []

    def patch(name: str, module: ModuleType) -> None:
        patches = Patches({})
        (clients(watch) | wire(watch))[name](module, patches)
        patches.begin()
        begun.append(patches)

    yield patch
    for one in begun:
        one.undo()


def module(**names: object) -> ModuleType:
    made = ModuleType("imitated")
    vars(made).update(names)
    return made


# Registries


@pytest.mark.parametrize(
    ("host", "held"),
    [
        ("hub.example", True),
        ("cdn.eu.hub.example", True),
        ("api.hub.example", False),
        ("xhub.example", False),
        ("hub.example.org", False),
        ("", False),
    ],
)
def test_a_registry_knows_its_hosts(host: str, held: bool) -> None:
    assert HUB.holds(host) is held


def test_the_table_knows_the_registries_of_models() -> None:
    def registry(host: str) -> str | None:
        return next((one.name for one in registries({}) if one.holds(host)), None)

    assert registry("registry.ollama.ai") == "Ollama's registry"
    assert registry("transfer.xethub.hf.co") == registry("cdn-lfs.huggingface.co") == "Hugging Face"
    assert registry("www.modelscope.cn") == "ModelScope"
    assert registry("router.huggingface.co") is None
    assert registry("ollama.com") is None


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("https://Mirror.example.org/hf", ("mirror.example.org",)),
        ("http://localhost:8080", ()),
        ("http://hub.localhost", ()),
        ("http://127.0.0.1:8080", ()),
        ("http://[::1]:8080", ()),
        ("http://[", ()),
        ("", ()),
    ],
)
def test_a_mirror_is_a_registry_unless_it_is_this_machine(value: str, hosts: tuple[str, ...]) -> None:
    plain, with_mirror = registries({}), registries({"HF_ENDPOINT": value})

    assert tuple(host for one in with_mirror[len(plain) :] for host in one.hosts) == hosts


# Hosts and requests


def test_a_contact_fails_the_test_and_is_told(watch: Watch) -> None:
    with pytest.raises(FAILED, match=r"test_watch\.py:\d+ contacts cdn\.hub\.example \(A hub\)"):
        watch.host("CDN.hub.example.")
    with pytest.raises(FAILED):
        watch.tell(None)

    watch.tell(None)


@pytest.mark.parametrize("host", [None, 3, b"\xff", "", "localhost", "api.hub.example", "127.0.0.1", object()])
def test_any_other_host_is_let_pass(host: object, watch: Watch) -> None:
    watch.host(host)

    watch.tell(None)


def test_a_failure_that_says_it_is_left_as_it_is(watch: Watch) -> None:
    with pytest.raises(FAILED) as caught:
        watch.request("POST", "", "/api/pull", lambda: None)

    watch.tell(caught.value)


def test_another_failure_does_not_hide_it(watch: Watch) -> None:
    with pytest.raises(FAILED):
        watch.request("POST", "", "/api/pull", lambda: None)
    with pytest.raises(FAILED, match="asks a server to pull a model") as caught:
        watch.tell(ValueError("x"))

    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), pytest.exit.Exception("enough")])
def test_an_interruption_stands_above_it(error: BaseException, watch: Watch) -> None:
    with pytest.raises(FAILED):
        watch.host("hub.example")

    watch.tell(error)


def test_one_pull_that_is_tried_again_is_told_once(watch: Watch) -> None:
    for _ in range(3):
        with pytest.raises(FAILED):
            watch.host("hub.example")
    with pytest.raises(FAILED) as caught:
        watch.tell(None)

    assert str(caught.value).count("hub.example") == 1


def test_in_a_thread_of_others_nobody_is_named(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(culprit, "NOT_THEIRS", (str(Path(__file__).parent), *culprit.NOT_THEIRS))

    with pytest.raises(FAILED, match=SOMEBODY):
        watch.host("hub.example")


def test_what_a_client_told_whole_passes_on_the_wire_once(watch: Watch) -> None:
    watch.request("POST", "h", "/api/create", lambda: b'{"files": {}}')
    watch.request("POST", "h", "/api/create", lambda: b"", on_wire=True)

    with pytest.raises(FAILED):
        watch.request("POST", "h", "/api/create", lambda: b"", on_wire=True)


def test_what_the_wire_sees_whole_lets_nothing_else_pass(watch: Watch) -> None:
    watch.request("POST", "h", "/api/create", lambda: b'{"files": {}}', on_wire=True)

    with pytest.raises(FAILED):
        watch.request("POST", "h", "/api/create", lambda: b"", on_wire=True)


# Sockets


class Connection:
    """Stands for a socket."""


@given(st.sets(st.integers(1, len(PULL) - 1)))
def test_a_request_is_seen_in_whatever_pieces_it_is_sent(cuts: set[int]) -> None:
    def send(pieces: list[bytes]) -> None:
        seen, connection = Wire(Watch((), "")), Connection()
        for piece in pieces:
            seen.sends(connection, piece)

    places = [0, *sorted(cuts), len(PULL)]

    with pytest.raises(FAILED, match="to pull"):
        send([PULL[start:end] for start, end in pairwise(places)])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_request_is_seen_in_every_kind_of_buffer(kind: Callable[[bytes], object], seen: Wire) -> None:
    with pytest.raises(FAILED, match="asks here to pull m;"):
        seen.sends(Connection(), kind(PULL))


def test_buffers_go_on_as_they_were(seen: Wire) -> None:
    connection = Connection()

    assert seen.gathers(connection, iter([b"GET / ", b"HTTP/1.1\r\n"]), [], 0) == (
        connection,
        [b"GET / ", b"HTTP/1.1\r\n"],
        [],
        0,
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x16\x03\x01",
        b"GET /api/pull HTTP/1.1\r\n",
        b"hello POST /api/pull HTTP/1.1\r\n",
        b"POST /api/pull\r\n",
        b"POST /api/pull HTTP/2\r\n",
        "text",
        None,
    ],
)
def test_anything_else_is_let_pass(data: object, seen: Wire, watch: Watch) -> None:
    seen.sends(Connection(), data)

    watch.tell(None)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_bytes_are_read(pieces: list[bytes]) -> None:
    seen, connection = Wire(Watch((), "")), Connection()

    for piece in pieces:
        seen.sends(connection, piece)


def test_a_request_line_without_end_is_not_kept_for_ever(seen: Wire) -> None:
    connection = Connection()

    seen.sends(connection, b"POST /" + b"x" * MOST_HEAD)
    seen.sends(connection, b"/api/pull HTTP/1.1\r\n\r\n")


def test_pieces_of_several_connections_are_kept_apart(seen: Wire) -> None:
    one, other = Connection(), Connection()
    seen.sends(one, b"POST /api/")
    seen.sends(other, b"pull HTTP/1.1\r\n")

    with pytest.raises(FAILED):
        seen.sends(one, b"pull HTTP/1.1\r\n")


def test_a_tunnel_through_a_proxy_is_a_contact(seen: Wire) -> None:
    seen.sends(Connection(), b"CONNECT other.example:443 HTTP/1.1\r\n\r\n")

    with pytest.raises(FAILED, match=r"contacts hub\.example"):
        seen.sends(Connection(), b"CONNECT hub.example:443 HTTP/1.1\r\n\r\n")


def test_an_address_is_a_contact_where_it_is_a_name(seen: Wire) -> None:
    seen.connects(None, ("127.0.0.1", 443))
    seen.connects(None, "/run/a.socket")
    seen.connects(None, ())

    with pytest.raises(FAILED):
        seen.connects(None, ("hub.example", 443))


def test_the_name_of_a_certificate_is_a_contact(seen: Wire) -> None:
    seen.names(object(), server_hostname="other.example")

    with pytest.raises(FAILED):
        seen.names(object(), server_hostname="hub.example")
    with pytest.raises(FAILED):
        seen.names(object(), None, None, False, "hub.example")


# Clients


def test_http_client_is_watched_with_the_body_that_its_callers_hold(patched: Callable[..., None]) -> None:
    class Connection:
        host = "here"

        def putrequest(self, *_: object, **__: object) -> str:
            return "put"

    def post(target: str, body: bytes | str | None) -> str:
        return Connection().putrequest("POST", target) if body else ""

    patched("http.client", module(HTTPConnection=Connection))

    assert post("/api/chat", "{}") == "put"
    with pytest.raises(FAILED, match="asks here to pull m;"):
        post("/api/pull", '{"model": "m"}')


def test_a_contact_for_what_is_in_the_cache_is_refused_and_not_told(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = Download("huggingface_hub", "load", {"repo_id": "org/m", "local_files_only": True})
    monkeypatch.setattr("modelcheck.pulls.watch.download", lambda: cached)

    with pytest.raises(socket.gaierror, match=r"keeps this test from hub\.example"):
        watch.host("hub.example")
    watch.tell(None)


def test_a_download_of_what_is_not_says_what_it_is(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Download("llama_cpp", "from_pretrained", {"repo_id": "org/m", "filename": "w.gguf"})
    monkeypatch.setattr("modelcheck.pulls.watch.download", lambda: wanted)

    with pytest.raises(FAILED, match=r"downloads org/m/w\.gguf from hub\.example \(A hub\)"):
        watch.host("hub.example")


class Pool:
    def __init__(self) -> None:
        self.sent: list[object] = []

    def handle_request(self, request: object) -> None:
        self.sent.append(request)

    async def handle_async_request(self, request: object) -> None:
        self.sent.append(request)


class ByteStream(list[bytes]):
    """As httpx calls a body that is there at once."""


def core_request(target: bytes, stream: object, host: bytes = b"here") -> object:
    return SimpleNamespace(method=b"POST", url=SimpleNamespace(host=host, target=target), stream=stream)


def test_httpcore_is_watched_in_both_its_pools(patched: Callable[..., None]) -> None:
    patched("httpcore", module(ConnectionPool=Pool, AsyncConnectionPool=Pool, ConnectError=ConnectionError))
    pool = Pool()

    pool.handle_request(core_request(b"/api/chat", ByteStream([b"{}"])))
    with pytest.raises(FAILED, match="asks here to pull m;"):
        pool.handle_request(core_request(b"/api/pull", ByteStream([b'{"model"', b': "m"}'])))
    with pytest.raises(FAILED, match="to pull a model"):
        _ = pool.handle_async_request(core_request(b"/api/pull", iter([b"{}"])))

    assert len(pool.sent) == 1


def test_httpcore_is_refused_as_it_is_used_to(
    patched: Callable[..., None], watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise socket.gaierror(1, "not here")

    monkeypatch.setattr(watch, "host", refuse)
    patched("httpcore", module(ConnectionPool=Pool, AsyncConnectionPool=Pool, ConnectError=LookupError))

    with pytest.raises(LookupError, match="not here"):
        Pool().handle_request(core_request(b"/", None))


class BytesPayload:
    """As aiohttp calls a body that is there at once."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def decode(self) -> str:
        if self._text is None:
            raise TypeError
        return self._text


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (BytesPayload('{"model": "m"}'), "m"),
        (BytesPayload(None), "a model"),
        (b'{"model": "m"}', "m"),
        (object(), "a model"),
    ],
)
def test_aiohttp_is_watched_before_it_connects(body: object, model: str, patched: Callable[..., None]) -> None:
    class Connector:
        def connect(self, *_: object, **__: object) -> str:
            return "connected"

    patched("aiohttp", module(BaseConnector=Connector))
    request = SimpleNamespace(method="POST", url=SimpleNamespace(raw_path="/api/%70ull", host="here"), body=body)

    with pytest.raises(FAILED, match=f"asks here to pull {model};"):
        Connector().connect(request, [], timeout=None)
    request.url.raw_path = "/api/chat"
    assert Connector().connect(request, [], timeout=None) == "connected"


# Downloads


def test_the_innermost_download_is_told() -> None:
    made: dict[str, object] = {"__name__": "huggingface_hub.file_download", "download": download}
    exec("def hf_hub_download(repo_id, filename): return download()", made)  # noqa: S102 - imitates a module

    found = cast("Callable[..., Download | None]", made["hf_hub_download"])("org/m", "w.bin")

    assert found is not None
    assert (found.library, found.function, found.what) == ("huggingface_hub", "hf_hub_download", "org/m/w.bin")
    assert download() is None


@pytest.mark.parametrize(
    ("library", "arguments", "local"),
    [
        ("huggingface_hub", {"repo_id": "cached"}, True),
        ("huggingface_hub", {"repo_id": "absent"}, False),
        ("huggingface_hub", {"repo_id": "absent", "local_files_only": True}, True),
        ("huggingface_hub", {"repo_id": "cached", "force_download": True}, False),
        ("llama_cpp", {"repo_id": "cached"}, False),
        ("unknown", {"repo_id": "cached"}, False),
    ],
)
def test_the_library_itself_says_what_is_in_its_cache(
    library: str, arguments: dict[str, object], local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(repo_id: str, *, local_files_only: bool) -> str:
        assert local_files_only
        if repo_id == "absent":
            raise FileNotFoundError(repo_id)
        return repo_id

    for name in ("huggingface_hub", "llama_cpp"):
        monkeypatch.setitem(sys.modules, name, module(load=load))

    assert Download(library, "load", {**arguments, "revision": None}).is_local is local


# Patches


def test_patches_are_put_back_where_nobody_else_has_replaced_them() -> None:
    owner: Any = SimpleNamespace(one=str.upper, other=str.lower)
    calls: list[object] = []
    patches = Patches({})
    patches.begin()
    for name in ("one", "other", "absent"):
        patches.before(owner, name, calls.append)
    owner.other = theirs = partial(owner.other)

    assert (owner.one("a"), owner.other("B"), calls) == ("A", "b", ["a", "B"])
    patches.undo()
    patches.undo()

    assert owner.one is str.upper
    assert owner.other is theirs
    assert (owner.other("C"), calls) == ("c", ["a", "B"])
    assert not hasattr(owner, "absent")


def test_a_module_is_patched_when_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("comes_late.py").write_text("def greet(): return 'hello'\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    calls: list[str] = []

    def patch(late: ModuleType, patches: Patches) -> None:
        patches.before(late, "greet", lambda: calls.append("looked"))

    patches = Patches({"comes_late": patch, "never_comes": patch, "json": lambda late, _: calls.append(late.__name__)})
    before = list(sys.meta_path)
    patches.begin()
    try:
        comes_late: Any = import_module("comes_late")
        with pytest.raises(ModuleNotFoundError):
            import_module("never_comes")
        assert comes_late.greet() == "hello"
        assert comes_late.__loader__ is comes_late.__spec__.loader
    finally:
        patches.undo()
        sys.modules.pop("comes_late", None)

    assert calls == ["json", "looked"]
    assert sys.meta_path == before
    assert comes_late.greet.__name__ == "greet"


def test_one_watch_lies_within_another() -> None:
    original = socket.getaddrinfo
    outer, inner = Guarded(""), Guarded("")
    outer.begin()
    inner.begin()
    try:
        with pytest.raises(FAILED):
            socket.getaddrinfo("registry.ollama.ai", 443)
    finally:
        inner.end()
        outer.end()

    assert socket.getaddrinfo is original
    with pytest.raises(FAILED):
        inner.watch.tell(None)


def test_threads_are_watched() -> None:
    guarded = Guarded("")
    caught: list[BaseException] = []

    def look_up() -> None:
        try:
            socket.getaddrinfo("registry.ollama.ai", 443)
        except FAILED as error:
            caught.append(error)

    guarded.begin()
    try:
        thread = threading.Thread(target=look_up)
        thread.start()
        thread.join()
    finally:
        guarded.end()

    assert [type(error) for error in caught] == [FAILED]
