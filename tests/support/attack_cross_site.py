"""Attacks by a page: other sites, rebound names, and requests that a browser sends without asking."""

from attack import HOST, NORMAL, get, post

ORIGINS = (
    b"http://evil.example",
    b"https://evil.example",
    b"https://evil.example:11434",
    b"null",
    b"NULL",
    b"",
    b" ",
    b"localhost",
    b"//localhost",
    b"http://localhost.evil.example",
    b"http://localhost.evil",
    b"http://evil-localhost",
    b"http://evillocalhost",
    b"http://localhostevil.example",
    b"http://localhost:evil.example",
    b"http://localhost:11434.evil.example",
    b"http://localhost@evil.example",
    b"http://127.0.0.1@evil.example",
    b"http://evil.example@localhost:1@evil.example",
    b"http://user:pass@evil.example",
    b"http://127.0.0.1.evil.example",
    b"http://127.0.0.1.nip.io",
    b"http://0.0.0.0.evil.example",
    b"http://evil.example/http://localhost",
    b"http://evil.example#http://localhost",
    b"http://evil.example?http://localhost",
    b"http://evil.example http://localhost",
    b"http://localhost http://evil.example",
    b"http://localhost, http://evil.example",
    b"http://localhost\thttp://evil.example",
    b"http://evil.example\\@localhost",
    b"http://localhost%00.evil.example",
    b"http://localhost%2eevil.example",
    b"http://localhost\\.evil.example",
    b"http://localhost_.evil.example",
    b"http://[::1].evil.example",
    b"http://192.168.1.10",
    b"http://10.0.0.1:3000",
    b"http://169.254.169.254",
    b"http://2130706433",
    b"http://0x7f.1",
    b"http://127.1",
    b"http://127.0.0.2",
    b"http://x.localhost",
    b"ftp://localhost",
    b"ws://localhost",
    b"data:text/html,x",
    b"javascript://localhost",
    b"chrome-extension://abcdef",
    b"moz-extension://abcdef",
    b"http://localhost:999999",
    b"http://localhost:-1",
    b"http://localhost:8o",
    b"http://l\xc3\xb6calhost",
    b"http://locaLhost\xef\xbc\x8eevil.example",
    b"http://\xe2\x93\x9bocalhost",
    b"http://" + b"a" * 5000 + b".localhost.evil.example",
    b"HTTP://EVIL.EXAMPLE",
    b"*",
    b"file",
    b"app",
    b"capacitor://localhost",
    b"about:blank",
    b"blob:http://localhost/x",
)
HOSTS = (
    b"evil.example",
    b"evil.example:11434",
    b"localhost.evil.example",
    b"localhost.evil.example:11434",
    b"evillocalhost",
    b"127.0.0.1.evil.example",
    b"127.0.0.1.nip.io",
    b"7f000001.c0a80001.rbndr.us",
    b"192.168.1.10",
    b"192.168.1.10:11434",
    b"10.0.0.1",
    b"8.8.8.8",
    b"169.254.169.254",
    b"0.0.0.0",
    b"0.0.0.0:11434",
    b"[::]",
    b"[::ffff:8.8.8.8]",
    b"[fe80::1]",
    b"[::1",
    b"::1",
    b"localhost@evil.example",
    b"evil.example@localhost",
    b"user:pass@localhost",
    b"localhost, evil.example",
    b"localhost evil.example",
    b"localhost\tevil.example",
    b"localhost/evil.example",
    b"localhost?evil.example",
    b"localhost#evil.example",
    b"localhost:11434:evil.example",
    b"localhost:evil.example",
    b"localhost:99999",
    b"localhost:-1",
    b"localhost%2eevil.example",
    b"localhost%00",
    b"local\x00host",
    b"l\xc3\xb6calhost",
    b"\xe2\x93\x9bocalhost",
    b"",
    b" ",
    b":",
    b":11434",
    b".localhost.evil.example",
    b"foo.local",
    b"foo.internal",
    b"host.docker.internal",
    b"2130706433",
    b"0x7f000001",
    b"0177.0.0.1",
    b"127.1",
    b"http://localhost",
    b"*",
    b"a" * 3000 + b".localhost.evil.example",
    b"localhost\\.evil.example",
    b"evil.example#.localhost",
    b"evil.example/.localhost",
    b"evil.example?.localhost",
    b"evil.example:80@.localhost",
)
SITES = (
    b"Sec-Fetch-Site: cross-site",
    b"Sec-Fetch-Site: CROSS-SITE",
    b"sec-fetch-site: cross-site",
    b"Sec-Fetch-Site: anything",
    b"Sec-Fetch-Site: cross-site, same-origin",
    b"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site",
    b"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image",
    b"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document",
    b"Referer: http://evil.example/",
    b"Referer: https://evil.example/localhost",
    b"Referer: http://localhost.evil.example/",
    b"Referer: http://localhost@evil.example/",
)
_CHAT = NORMAL.partition(b"\r\n\r\n")[2]
_SIMPLE = (b"Content-Type: text/plain", b"Sec-Fetch-Mode: no-cors")


def _origin(value: bytes) -> bytes:
    return b"Origin: " + value


def _asked(*headers: bytes, host: bytes = HOST) -> list[bytes]:
    """A look and a chat, as a page would send them."""
    return [
        get(b"/api/ps", *headers, host=host),
        post(b"/v1/chat/completions", _CHAT, *headers, host=host),
        post(b"/api/show", b'{"model":"qwen2.5-coder:1.5b"}', *_SIMPLE, *headers, host=host),
    ]


def _preflight(origin: bytes, *headers: bytes, path: bytes = b"/api/pull", host: bytes = HOST) -> bytes:
    lines = b"".join(one + b"\r\n" for one in (_origin(origin), b"Access-Control-Request-Method: POST", *headers))
    return b"OPTIONS " + path + b" HTTP/1.1\r\n" + host + lines + b"\r\n"


_RAW: dict[str, list[bytes]] = {
    **{f"origin-{one[:60]!r}": _asked(_origin(one)) for one in ORIGINS},
    **{f"host-{one[:60]!r}": _asked(host=b"Host: " + one + b"\r\n") for one in HOSTS},
    **{f"site-{one[:60]!r}": _asked(one) for one in SITES},
    "no-host": _asked(host=b""),
    "no-host-1.0": [raw.replace(b"HTTP/1.1", b"HTTP/1.0", 1) for raw in _asked(host=b"")],
    "two-hosts": _asked(host=b"Host: localhost\r\nHost: evil.example\r\n"),
    "two-hosts-the-other-way": _asked(host=b"Host: evil.example\r\nHost: localhost\r\n"),
    "two-equal-hosts": _asked(host=b"Host: localhost\r\nHost: localhost\r\n"),
    "host-in-other-case": _asked(host=b"host: evil.example\r\n"),
    "host-with-space-before-colon": _asked(host=b"Host : localhost\r\n"),
    "two-origins": _asked(_origin(b"http://localhost"), _origin(b"http://evil.example")),
    "two-origins-the-other-way": _asked(_origin(b"http://evil.example"), _origin(b"http://localhost")),
    "origin-in-other-case": _asked(b"ORIGIN: http://evil.example"),
    "good-origin-bad-host": _asked(_origin(b"http://localhost"), host=b"Host: evil.example\r\n"),
    "own-origin-rebound": _asked(_origin(b"http://evil.example"), host=b"Host: evil.example\r\n"),
    "forwarded-host": _asked(b"X-Forwarded-Host: localhost", host=b"Host: evil.example\r\n"),
    "absolute-form": [
        b"GET http://localhost/api/ps HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/api/ps HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/api/ps HTTP/1.0\r\n\r\n",
    ],
    **{f"pre-flight-{one[:60]!r}": [_preflight(one)] for one in ORIGINS},
    "pre-flight-bad-host": [_preflight(b"http://localhost", host=b"Host: evil.example\r\n")],
    "pre-flight-private-network": [_preflight(b"http://evil.example", b"Access-Control-Request-Private-Network: true")],
    "simple-pull": [post(b"/api/pull", b'{"model":"x","y":"="}', *_SIMPLE, _origin(b"http://evil.example"))],
    "simple-form-pull": [
        post(
            b"/api/pull",
            b'{"model":"mixtral-8x7b","a":"=b"}',
            b"Content-Type: application/x-www-form-urlencoded",
            _origin(b"null"),
        )
    ],
}
ATTACKS: dict[str, bytes] = {
    f"{name}-{place}": raw for name, several in _RAW.items() for place, raw in enumerate(several)
}
PREFLIGHTS: dict[str, bytes] = {
    f"{origin.decode()}-{path.decode()}": _preflight(
        origin, b"Access-Control-Request-Headers: content-type, authorization", path=path
    )
    for origin in (b"http://localhost", b"https://127.0.0.1:3000", b"http://0.0.0.0:8080", b"vscode-webview://abc")
    for path in (b"/api/chat", b"/v1/chat/completions", b"/api/tags", b"/api/pull")
}
"""Of good pages: answered here, and never sent on."""
