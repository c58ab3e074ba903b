"""Hosts and requests on their way out: names looked up, addresses connected to, and what sockets are given to send.

This is what no client of Python gets around, whatever library it is; `clients` sees more and sooner.
"""

import re
from collections.abc import Iterable
from types import ModuleType
from typing import cast
from weakref import WeakKeyDictionary

from modelcheck.pulls.patches import Patch, Patches
from modelcheck.pulls.watch import Watch

MOST_HEAD = 8192
"""Bytes of what is sent at once that are looked at."""
MOST_BUFFERS = 16

_METHOD = re.compile(rb"[A-Z]{1,10}(?: |\Z)")
_LINE = re.compile(rb"(?P<method>[A-Z]{3,10}) (?P<target>[^ \r\n]+) HTTP/1\.[01]\r?\n")
_PART = re.compile(rb"[A-Z]{1,10}(?: [^ \r\n]*(?: [HTP/1.0]{0,8}\r?)?)?\Z")
_HOST = re.compile(rb"^host:[ \t]*([^\s:]+)", re.IGNORECASE | re.MULTILINE)


class Wire:
    """Reads the beginnings of requests out of what each connection sends, also where they are sent in pieces."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._begun: WeakKeyDictionary[object, bytes] = WeakKeyDictionary()

    def sends(self, connection: object, data: object, *_: object, **__: object) -> None:
        """Take note of what a connection is given to send."""
        __tracebackhide__ = True
        head = _head(data)
        begun = self._begun.pop(connection, b"")
        if not begun and _METHOD.match(head) is None:
            return
        head = begun + head
        line = _LINE.match(head)
        if line is not None:
            self._requests(line["method"].decode(), line["target"].decode("latin-1"), head)
        elif len(head) < MOST_HEAD and _PART.match(head) is not None:
            self._begun[connection] = head

    def gathers(self, connection: object, buffers: Iterable[bytes], *rest: object) -> tuple[object, ...]:
        """Take note of several buffers that are sent as one, and return them: they may be read only once."""
        __tracebackhide__ = True
        each = list(buffers)
        self.sends(connection, b"".join(map(_head, each[:MOST_BUFFERS])))
        return connection, each, *rest

    def connects(self, _: object, address: object) -> None:
        """Take note of an address that is connected to, where it is a name."""
        __tracebackhide__ = True
        if isinstance(address, tuple) and address:
            self._watch.host(cast("tuple[object, ...]", address)[0])

    def names(self, *args: object, server_hostname: object = None, **_: object) -> None:
        """Take note of the name that a connection by TLS is to prove."""
        __tracebackhide__ = True
        for host in (server_hostname, *args[1:]):
            self._watch.host(host)

    def _requests(self, method: str, target: str, head: bytes) -> None:
        __tracebackhide__ = True
        found = _HOST.search(head)
        host = found.group(1).decode("latin-1") if found else ""
        if method == "CONNECT":
            self._watch.host(target.rpartition(":")[0])
            return
        body = head.partition(b"\r\n\r\n")[2]
        self._watch.request(method, host, target, lambda: body, on_wire=True)


def wire(watch: Watch) -> dict[str, Patch]:
    """Return what is replaced in the modules of sockets, by the name of each."""
    seen = Wire(watch)

    def looks_up(host: object, *_: object, **__: object) -> None:
        __tracebackhide__ = True
        watch.host(host)

    def sockets(module: ModuleType, patches: Patches) -> None:
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            patches.before(module, name, looks_up)
        for name, look in (("connect", seen.connects), ("connect_ex", seen.connects), ("sendmsg", seen.gathers)):
            patches.before(module.socket, name, look)
        for name in ("send", "sendall"):
            patches.before(module.socket, name, seen.sends)

    def secured(module: ModuleType, patches: Patches) -> None:
        for name in ("wrap_socket", "wrap_bio"):
            patches.before(module.SSLContext, name, seen.names)
        for owner, name in ((module.SSLSocket, "send"), (module.SSLSocket, "write"), (module.SSLObject, "write")):
            patches.before(owner, name, seen.sends)

    return {"socket": sockets, "ssl": secured}


def _head(data: object) -> bytes:
    """Return the first bytes of a buffer; of what is none, none."""
    try:
        return memoryview(cast("bytes", data)).cast("B")[:MOST_HEAD].tobytes()
    except TypeError:
        return b""
