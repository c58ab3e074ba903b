"""Hostile requests without end: attacks and sound requests mutated, and requests made anew from a grammar."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

import attack_cross_site
import attack_forms
import attack_json
import attack_names
import attack_paths
import attack_smuggling
import attack_web
from attack import ABSENT, CLOUD, GOOD, NORMAL, PULL, post
from golike import FACE, LLAMA, MIXED, STUB
from legitimate import BODIES, body_of

T = TypeVar("T")
LONGEST_SEED = 4000
TOKENS = (
    b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b";", b",", b"\r\n ", b"%2e", b"%2f", b"%00", b"..", b"//",
    b"chunked", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 0\r\n", b"Content-Length: 5\r\n", b"0\r\n\r\n",
    b"Host: evil.example\r\n", b"Origin: null\r\n", b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n",
    b"/api/pull", b"/api/create", b'"model":', b'"Model":', b'"name":', b'"model":"' + ABSENT + b'"', b'"', b"{", b"}",
    b"[", b"]", b"\\u006d", b"\\ud800", b"\xff", b"\xc5\xbf", b"\xe2\x84\xaa", b":cloud", b"-cloud", b"HTTP/1.0",
    b"HTTP/1.1", b"POST ", b"GET ", PULL,
)  # fmt: skip
METHODS = (b"POST", b"POST", b"POST", b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"PUT", b"post", b"CONNECT", b"TRACE")
PATHS = (
    b"/api/pull", b"/api/pull", b"/api/push", b"/api/create", b"/api/copy", b"/api/delete", b"/api/show", b"/api/chat",
    b"/api/chat", b"/api/generate", b"/api/embed", b"/api/embeddings", b"/v1/chat/completions", b"/v1/completions",
    b"/v1/embeddings", b"/v1/responses", b"/v1/messages", b"/v1/models", b"/v1/models/bridge", b"/v1/models/x:cloud",
    b"/v1/audio/transcriptions", b"/api/blobs/sha256:0", b"/api/me", b"/api/signout", b"/api/user/keys/x", b"/api/tags",
    b"/api/ps", b"/api/experimental/web_search", b"/api/experimental/web_fetch", b"/", b"/.well-known/modelcheck-guard",
)  # fmt: skip
NAMES = (
    GOOD.decode(), GOOD.decode(), LLAMA, MIXED, FACE, STUB, STUB.upper(), ABSENT.decode(), CLOUD.decode(), "x:cloud",
    f"{GOOD.decode()}:cloud", f" {GOOD.decode()}", "", " ", "evil.example/a/b", "x: cloud", "bridge", "x:local:cloud",
    "\u00a0x:cloud", f"{GOOD.decode()}\x00", f"{GOOD.decode()}-cloud",
)  # fmt: skip
KEYS = (
    "model", "model", "model", "name", "name", "Model", "MODEL", "Name", "mode\u006c", "from", "From", "source",
    "\u017fource", "destination", "insecure", "in\u017fecure", "remote_host", "stream", "messages", "Messages", "tools",
    "Tools", "tool\u017f", "options", "input", "prompt", "images", "files", "\u212aeep_alive", "keep_alive", "type",
    "url", "image_url", "content", "x", "",
)  # fmt: skip
TAME_KEYS = (
    "prompt", "messages", "options", "content", "role", "stream", "tools", "type", "function", "parameters", "format",
    "url", "image_url", "input", "images", "source", "x", "name", "arguments", "system", "keep_alive", "files", "file",
)  # fmt: skip
TAME_PATHS = (
    b"/api/pull", b"/api/chat", b"/api/generate", b"/api/embed", b"/api/show", b"/v1/chat/completions",
    b"/v1/responses",
    b"/v1/messages", b"/v1/completions", b"/v1/embeddings", b"/api/embeddings", b"/v1/audio/transcriptions",
)  # fmt: skip
HEADERS = (
    b"Content-Type: application/json", b"Content-Type: text/plain", b"Content-Encoding: gzip", b"Origin: null",
    b"Content-Encoding: identity", b"Origin: http://localhost", b"Origin: http://evil.example", b"Connection: close",
    b"Connection: keep-alive", b"Upgrade: h2c", b"Sec-Fetch-Site: cross-site", b"Referer: http://evil.example/",
    b"X-HTTP-Method-Override: DELETE", b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity",
    b"Content-Length: 0", b"Content-Length: 10", b"Expect: 100-continue", b"Authorization: Bearer x", b"TE: trailers",
    b"X: y\r\n z", b"Host: localhost", b" x", b"X : y", b"Access-Control-Request-Method: POST",
)  # fmt: skip
HOSTS = (
    b"localhost",
    b"localhost",
    b"localhost",
    b"127.0.0.1:11434",
    b"[::1]",
    b"evil.example",
    b"localhost.evil",
    b"",
)
SPECIAL = ("web_search", "web_search_20250305", "https://evil.example/a.png", "function", "url", "user")
WORDS = ("true", "false", "null", "0", "1", "-1", "1e400", "NaN", "01", '"\\ud800"', "1.0", "Infinity")
TAME_WORDS = ("true", "false", "null", "0", "1.0", "1e400", "-0.0", '"\\ud83d\\ude00"')
_MULTIPART = b"Content-Type: multipart/form-data; boundary=XyZ"


def modules() -> tuple[Any, ...]:
    """Return the files of attacks."""
    return (
        attack_cross_site, attack_forms, attack_json, attack_names, attack_paths, attack_smuggling, attack_web,
    )  # fmt: skip


@cache
def seeds() -> tuple[bytes, ...]:
    """Return attacks and sound requests that are short enough to be mutated quickly."""
    found = [raw for one in modules() for raw in (*one.ATTACKS.values(), *getattr(one, "HARMLESS", {}).values())]
    found += [post(path.encode(), body_of(name)) for name, (path, _) in BODIES.items()] * 40
    found += [NORMAL, PULL] * 20
    return tuple(raw for raw in found if len(raw) <= LONGEST_SEED)


def cases(number: int, seed: int) -> Iterator[bytes]:
    """Yield so many requests; the same for the same seed."""
    maker = Maker(seed)
    for _ in range(number):
        yield maker.case()


class Maker:
    """Makes one case after another."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same cases for the same seed
        self._tame = False
        """Whether the request at hand shall be nearly sound, so that what is let pass is tried as well."""

    def pick(self, several: Sequence[T]) -> T:
        return several[self._random.randrange(len(several))]

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def case(self) -> bytes:
        raw = self.mutated() if self.chance(0.5) else self.made()
        if self.chance(0.15):
            raw += self.pick((PULL, NORMAL, self.made(), self.pick(seeds())))
        return raw

    # Mutation.

    def mutated(self) -> bytes:
        raw = self.pick(seeds())
        for _ in range(self._random.choice((1, 1, 1, 2, 2, 3, 5))):
            raw = self._step(raw)
        return self.measured(raw) if self.chance(0.6) else raw

    def _step(self, raw: bytes) -> bytes:
        place = self._random.randrange(len(raw) + 1)
        end = place + self._random.randrange(1, 60)
        other = self.pick(seeds())
        ways: tuple[Callable[[], bytes], ...] = (
            lambda: raw[:place] + self.pick(TOKENS) + raw[place:],
            lambda: raw[:place] + raw[min(end, place + 5) :],
            lambda: raw[:place] + bytes([self._random.randrange(256)]) + raw[place + 1 :],
            lambda: raw[:end] + raw[place:],
            lambda: raw[:place] + other[self._random.randrange(len(other)) :],
            lambda: self._lines(raw),
            lambda: raw[:place],
            lambda: raw.replace(self.pick((GOOD, ABSENT, CLOUD, b"localhost", b"model")), self.pick(TOKENS), 1),
            lambda: self._cased(raw, place),
        )
        return self.pick(ways)()

    def _cased(self, raw: bytes, place: int) -> bytes:
        end = place + self._random.randrange(1, 12)
        return raw[:place] + raw[place:end].swapcase() + raw[end:]

    def _lines(self, raw: bytes) -> bytes:
        head, mark, body = raw.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        place = self._random.randrange(len(lines))
        kind = self._random.randrange(4)
        if kind == 0:
            lines.insert(place, self.pick(HEADERS))
        elif kind == 1:
            lines.append(lines[place])
        elif kind == 2:
            del lines[place]
        else:
            self._random.shuffle(lines)
        return b"\r\n".join(lines) + mark + body

    @staticmethod
    def measured(raw: bytes) -> bytes:
        """Return a request whose length is true again, so that its body is read at all."""
        head, mark, body = raw.partition(b"\r\n\r\n")
        before, name, after = head.partition(b"\r\nContent-Length: ")
        if not name:
            return raw
        _, end, rest = after.partition(b"\r\n")
        return before + name + b"%d" % len(body) + end + rest + mark + body

    # Grammar.

    def made(self) -> bytes:
        path = self.spelled(self.pick(PATHS))
        self._tame = self.chance(0.5)
        if self._tame:
            path = self.pick(TAME_PATHS)
        body, kind = self.form() if b"transcriptions" in path and self.chance(0.8) else (self.json(), b"")
        method = b"POST" if self._tame or self.chance(0.7) else self.pick(METHODS)
        version = (
            b"HTTP/1.1"
            if self._tame or self.chance(0.9)
            else self.pick((b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/1.1 "))
        )
        headers = [
            b"Host: " + (b"localhost" if self._tame or self.chance(0.8) else self.pick(HOSTS)),
            *([kind] if kind else []),
        ]
        if self.chance(0.05 if self._tame else 0.25):
            headers.append(self.pick(HEADERS))
        if method == b"GET" and self.chance(0.9):
            body = b""
        headers, framed = self.framed(headers, body)
        return method + b" " + path + b" " + version + b"\r\n" + b"\r\n".join(headers) + b"\r\n\r\n" + framed

    def framed(self, headers: list[bytes], body: bytes) -> tuple[list[bytes], bytes]:
        if self.chance(0.3):
            size = self._random.randrange(1, max(2, len(body) + 1))
            pieces = [body[place : place + size] for place in range(0, len(body), size)][:200]
            written = b"".join(b"%x%s\r\n%s\r\n" % (len(one), self._extension(), one) for one in pieces)
            end = (
                b"0\r\n\r\n"
                if self.chance(0.9)
                else self.pick((b"0\r\nX: y\r\n\r\n", b"00\r\n\r\n", b"0\r\n", b"0\n\n", b""))
            )
            return [*headers, b"Transfer-Encoding: chunked"], written + end
        if body or self.chance(0.3):
            length = len(body) if self.chance(0.95) else len(body) + self._random.randrange(-3, 4)
            return [*headers, b"Content-Length: %d" % length], body
        return headers, body

    def _extension(self) -> bytes:
        return b"" if self.chance(0.95) else self.pick((b";a=b", b" ", b";", b"\t", b";\n"))

    def spelled(self, path: bytes) -> bytes:
        if self.chance(0.15):
            place = self._random.randrange(1, len(path) + 1)
            letter = b"%%%02x" % path[place - 1]
            path = path[: place - 1] + letter + path[place:]
        if self.chance(0.1):
            place = self._random.randrange(len(path) + 1)
            path = path[:place] + self.pick(
                (b"/", b"/./", b"/../", b"/x/../", b"%2f", b"%2e", b";", b"\\", b"%00", b"?", b"#")
            )
            path += self.pick(PATHS) if self.chance(0.5) else b""
        if self.chance(0.1):
            path += (
                b"?"
                + self.pick((b"model=", b"x=1&model=", b"name=", b""))
                + self.pick(NAMES).strip().encode().replace(b" ", b"+")
            )
        if self.chance(0.02):
            path = self.pick((b"http://localhost", b"http://evil.example", b"//localhost")) + path
        return path

    def json(self) -> bytes:
        text = self.object(3)
        if self.chance(0.05):
            text += self.pick((" x", text, "{}", "\x00", ",", "\ufeff"))
        if self.chance(0.03):
            text = self.pick(("\ufeff", "\x00", "//x\n", "null", "[", "{}")) + text
        body = text.encode("utf-8", "surrogatepass")
        if self.chance(0.02):
            body = text.encode("utf-16", "surrogatepass")
        return body

    def object(self, depth: int) -> str:
        if self._tame and self.chance(0.95):
            return self.tame_object(depth)
        pairs = [f"{self.key()}:{self.value(depth)}" for _ in range(self._random.randrange(1, 5))]
        if depth == 3 and self.chance(0.8):
            pairs.insert(self._random.randrange(len(pairs) + 1), f'"model":{json.dumps(self.pick(NAMES))}')
        return "{" + self.pick((",", ",", ",", " , ", ",\n")).join(pairs) + "}"

    def tame_object(self, depth: int) -> str:
        keys = self._random.sample(TAME_KEYS, self._random.randrange(4))
        pairs = [f"{json.dumps(key)}:{self.value(depth)}" for key in keys]
        if depth == 3:
            name = self.pick(NAMES[:5]) if self.chance(0.8) else self.pick(NAMES)
            pairs.insert(self._random.randrange(len(pairs) + 1), f'"model":{json.dumps(name)}')
        return "{" + ",".join(pairs) + "}"

    def key(self) -> str:
        key = self.pick(KEYS)
        if self.chance(0.1) and key:
            place = self._random.randrange(len(key))
            return f'"{key[:place]}\\u{ord(key[place]):04x}{key[place + 1 :]}"'
        return json.dumps(key, ensure_ascii=self.chance(0.5))

    def value(self, depth: int) -> str:
        kind = self._random.randrange(10)
        if kind <= 3:
            return json.dumps(self.pick(NAMES), ensure_ascii=self.chance(0.5))
        if kind == 4:
            return json.dumps(self.pick(SPECIAL))
        if kind == 5:
            return self.pick(TAME_WORDS if self._tame else WORDS)
        if depth and kind <= 7:
            return self.object(depth - 1)
        return "[" + ",".join(self.value(depth - 1) for _ in range(self._random.randrange(4) if depth else 0)) + "]"

    def form(self) -> tuple[bytes, bytes]:
        heads = (
            attack_forms.MODEL,
            attack_forms.MODEL,
            b'Content-Disposition: form-data; name="x"',
            *attack_forms._HEADS[:38],
        )
        parts = [(self.pick(heads), self.pick(NAMES).encode()) for _ in range(self._random.randrange(1, 4))]
        parts.insert(self._random.randrange(len(parts) + 1), attack_forms.FILE)
        written = attack_forms.form(*parts)
        return (self._step(written) if self.chance(0.4) else written), _MULTIPART
