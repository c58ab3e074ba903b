"""Attacks by framing: a second request hidden in the body, the head or the trailer of a first one."""

from attack import ABSENT, GOOD, HOST, NORMAL, PULL, get, post

_CHAT = b'{"model":"%s","messages":[],"stream":false}' % GOOD
_SIZE = b"%x" % len(_CHAT)
_CHUNKED = _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n"
_PULLED = b'{"model":"%s"}' % ABSENT
_PULL_CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(_PULLED), _PULLED)


def _raw(headers: bytes, rest: bytes, *, path: bytes = b"/api/chat", version: bytes = b"1.1") -> bytes:
    return b"POST " + path + b" HTTP/" + version + b"\r\n" + HOST + headers + b"\r\n" + rest


def _coded(header: bytes) -> bytes:
    """A chunked body behind a doubtful coding, and a pull for whoever takes the length to be 0."""
    return _raw(header, _CHUNKED + PULL)


_CODINGS = (
    b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: identity, chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: chunked,\r\n",
    b"Transfer-Encoding: ,chunked\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: chunkedx\r\n",
    b"Transfer-Encoding: chunked;q=1\r\n",
    b'Transfer-Encoding: "chunked"\r\n',
    b"Transfer-Encoding: 'chunked'\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Transfer-Encoding:\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n",
    b"Transfer-Encoding: chunked\x00\r\n",
    b"Transfer-Encoding: chun\r\n ked\r\n",
    b"Transfer-Encoding:\r\n chunked\r\n",
    b"Transfer-Encoding:\n chunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding\t: chunked\r\n",
    b" Transfer-Encoding: chunked\r\n",
    b"\tTransfer-Encoding: chunked\r\n",
    b"X: y\r\n Transfer-Encoding: chunked\r\n",
    b"X: y\rTransfer-Encoding: chunked\r\n",
    b"X: y\nTransfer-Encoding: chunked\r\n",
    b"X: y\n\nTransfer-Encoding: chunked\r\n",
    b"Transfer_Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(_CHUNKED),
    b"Transfer-Encoding: chunked\r\nContent-Length: x\r\n",
    b"Transfer-\xc4\xb0ncoding: chunked\r\n",
    b"Transfer\x00-Encoding: chunked\r\n",
    b"Trans\rfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked \x7f\r\n",
    b"Transfer-Encoding: \xef\xbb\xbfchunked\r\n",
    b"Transfer-Encoding: c\xc4\xa5unked\r\n",
)

_N = len(_CHAT)
_LENGTHS = (
    b"+%d" % _N,
    b"-%d" % _N,
    b"-1",
    b"0x%x" % _N,
    b"%d,%d" % (_N, _N),
    b"%d, %d" % (_N, _N),
    b"%d %d" % (_N, _N),
    b"%d;" % _N,
    b"%d\x00" % _N,
    b"%d\x0b" % _N,
    b"%d.0" % _N,
    b"%de0" % _N,
    b"4_6",
    b"",
    b" ",
    b"x",
    b"\xc2\xb2",
    b"\xd9\xa4\xd9\xa6",
    b"18446744073709551616",
    b"18446744073709551662",
    b"9223372036854775807",
    b"9223372036854775808",
    b"99999999999999999999999999",
    b"%d\r\n %d" % (_N // 10, _N % 10),
    b"NaN",
    b"'%d'" % _N,
)
_CHUNKS: tuple[bytes, ...] = (
    b"+" + _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b"-" + _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b"0x" + _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b" " + _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b"\t" + _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b"_0\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b"\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b"\r" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b"\r\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\n0\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"0\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"XX0\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n0\n\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\r",
    _SIZE + b"\r\n" + _CHAT + b"\r\n-0\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n0x0\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\nX: y\r\n",
    _SIZE + b"\r\n" + _CHAT[:10],
    b"ffffffffffffffff\r\n" + _CHAT,
    b"10000000000000000" + _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b"fffffffffffffffff\r\n" + _CHAT,
    b"7fffffffffffffff\r\n" + _CHAT,
    b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b";x\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b"g\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b";\x00\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b';a="\r\n' + _CHAT + b'\r\n0\r\n\r\n"\r\n' + PULL,
    _SIZE + b";a=b\nPOST /api/pull HTTP/1.1\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b";" + b"x" * 5000 + b"\n\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b"\xef\xbc\x91\r\n" + _CHAT + b"\r\n0\r\n\r\n",
)
_LAVISH: tuple[bytes, ...] = (
    _SIZE + b";" + b"x" * 100_000 + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    b"0" * 5000 + _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    _SIZE + b"\r\n" + _CHAT + b"\r\n0\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
)
"""More beside the data than anybody needs."""
_TRAILERS = (
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: evil.example\r\n",
    b"Origin: http://evil.example\r\n",
    b"Authorization: Bearer x\r\n",
    b"X y: z\r\n",
    b" folded\r\n",
    b"X: y\n",
    b"\x00: y\r\n",
    b"no colon\r\n",
    b"X: y\r\n z\r\n",
)
_HEADS: dict[str, bytes] = {
    "obs-fold": _raw(b"X: y\r\n z\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "obs-fold-of-host": b"POST /api/chat HTTP/1.1\r\nHost:\r\n localhost\r\nContent-Length: %d\r\n\r\n%s" % (_N, _CHAT),
    "bare-lf": NORMAL.replace(b"\r\n", b"\n"),
    "bare-lf-of-request-line": NORMAL.replace(b"\r\n", b"\n", 1),
    "bare-lf-at-the-end": b"POST /api/chat HTTP/1.1\r\n%sContent-Length: %d\r\n\n%s" % (HOST, _N, _CHAT),
    "bare-cr": NORMAL.replace(b"\r\n", b"\r"),
    "bare-cr-in-value": _raw(b"X: a\rb\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "nul-in-value": _raw(b"X: a\x00b\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "nul-in-name": _raw(b"X\x00: b\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "control-in-value": _raw(b"X: a\x01b\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "space-before-colon": _raw(b"X : b\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "length-space-before-colon": _raw(b"Content-Length : %d\r\n" % _N, _CHAT),
    "no-colon": _raw(b"Content-Length\r\n", _CHAT),
    "no-name": _raw(b": x\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "latin-1-name": _raw(b"\xe9: x\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "two-lengths": _raw(b"Content-Length: %d\r\nContent-Length: 0\r\n" % _N, _CHAT),
    "two-lengths-the-other-way": _raw(b"Content-Length: 0\r\nContent-Length: %d\r\n" % _N, PULL[:_N]),
    "two-equal-lengths": _raw(b"Content-Length: %d\r\nContent-Length: %d\r\n" % (_N, _N), _CHAT),
    "length-in-other-case": _raw(b"Content-Length: %d\r\ncontent-length: 0\r\n" % _N, _CHAT),
    "first-line-folded": b"POST /api/chat HTTP/1.1\r\n " + HOST + b"Content-Length: %d\r\n\r\n%s" % (_N, _CHAT),
    "leading-space": b" " + NORMAL,
    "leading-nul": b"\x00" + NORMAL,
    "leading-bom": b"\xef\xbb\xbf" + NORMAL,
    "tab-in-request-line": NORMAL.replace(b" ", b"\t", 2),
    "two-spaces": NORMAL.replace(b" ", b"  ", 1),
    "two-spaces-before-version": NORMAL.replace(b" HTTP", b"  HTTP", 1),
    "space-after-version": NORMAL.replace(b"HTTP/1.1", b"HTTP/1.1 ", 1),
    "no-version": NORMAL.replace(b" HTTP/1.1", b"", 1),
    "http-0.9": b"GET /api/tags\r\n",
    "http-0.9-pull": b"POST /api/pull\r\n\r\n" + _PULLED,
    "version-1.2": NORMAL.replace(b"HTTP/1.1", b"HTTP/1.2", 1),
    "version-1.10": NORMAL.replace(b"HTTP/1.1", b"HTTP/1.10", 1),
    "version-01.1": NORMAL.replace(b"HTTP/1.1", b"HTTP/01.1", 1),
    "version-2": NORMAL.replace(b"HTTP/1.1", b"HTTP/2.0", 1),
    "version-3": NORMAL.replace(b"HTTP/1.1", b"HTTP/3", 1),
    "version-lower": NORMAL.replace(b"HTTP/1.1", b"http/1.1", 1),
    "version-unicode": NORMAL.replace(b"HTTP/1.1", b"HTTP/1.\xc2\xb9", 1),
    "icy": NORMAL.replace(b"HTTP/1.1", b"ICE/1.0", 1),
    "rtsp": NORMAL.replace(b"HTTP/1.1", b"RTSP/1.0", 1),
    "chunked-in-1.0": _raw(b"Transfer-Encoding: chunked\r\n", _PULL_CHUNKED, version=b"1.0"),
    "chunked-in-1.0-with-length": _raw(
        b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\nConnection: keep-alive\r\n" % len(_CHUNKED),
        _CHUNKED + PULL,
        version=b"1.0",
    ),
    "h2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "h2c-upgrade": get(
        b"/api/tags", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"
    ),
    "h2c-upgrade-of-post": post(
        b"/api/chat", _CHAT, b"Connection: Upgrade", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"
    ),
    "websocket": get(
        b"/api/tags",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Version: 13",
    ),
    "upgrade-without-connection": get(b"/api/tags", b"Upgrade: TLS/1.0"),
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
    "smtp": b"EHLO evil.example\r\nMAIL FROM:<a@b>\r\n\r\n",
    "socks": b"\x05\x01\x00",
    "proxy-protocol": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + NORMAL,
    "noise": bytes(range(256)) * 8,
    "zeroes": b"\x00" * 4096,
    "lines": b"\r\n" * 50_000 + NORMAL,
    "header-without-end": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000,
    "huge-header": get(b"/api/tags", b"X: " + b"a" * 100_000),
    "many-headers": get(b"/api/tags", *(b"X-%d: y" % place for place in range(2000))),
    "huge-method": b"A" * 100_000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    "get-with-body": get(b"/api/tags", b"Content-Length: %d" % len(PULL)) + PULL,
    "get-with-chunks": get(b"/api/tags", b"Transfer-Encoding: chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(PULL), PULL),
    "head-with-body": b"HEAD /api/tags HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(PULL) + PULL,
    "options-with-body": b"OPTIONS /api/chat HTTP/1.1\r\n%sOrigin: http://localhost\r\n"
    b"Access-Control-Request-Method: POST\r\nContent-Length: %d\r\n\r\n%s" % (HOST, len(PULL), PULL),
    "expect-other": _raw(b"Expect: 200-ok\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "expect-twice": _raw(b"Expect: 100-continue\r\nExpect: x\r\nContent-Length: %d\r\n" % _N, _CHAT),
    "connection-hides-length": _raw(b"Connection: close, Content-Length\r\nContent-Length: %d\r\n" % (_N + 9), _CHAT),
    "body-shorter-than-length": _raw(b"Content-Length: %d\r\n" % (_N + 50), _CHAT),
    "pull-shorter-than-length": _raw(b"Content-Length: 500\r\n", _PULLED, path=b"/api/pull"),
    "no-length": _raw(b"", _PULLED, path=b"/api/pull"),
    "no-length-of-pull": b"POST /api/pull HTTP/1.1\r\n" + HOST + b"\r\n" + _PULLED,
    "half-a-head": b"POST /api/pull HTTP/1.1\r\nHost: localhost\r\nContent-Le",
    "half-a-line": b"POST /api/pu",
    "keep-alive-refusal": PULL + PULL + PULL,
    "pull-then-normal-then-pull": PULL + NORMAL + PULL,
    "malformed-then-pull": b"X\r\n\r\n" + PULL,
    "body-over-limit": _raw(b"Content-Length: 999999999999\r\n", b"x" * 1000),
    "chunk-over-limit": _raw(b"Transfer-Encoding: chunked\r\n", b"fffffff0\r\n" + b"x" * 1000),
}
_LATER: dict[str, bytes] = {
    "normal-then-pull": NORMAL + PULL,
    "look-then-pull": get(b"/api/tags") + PULL,
    "normal-then-crlf-then-pull": NORMAL + b"\r\n" + PULL,
    "normal-then-crlfs-then-pull": NORMAL + b"\r\n\r\n\r\n" + PULL,
    "normal-then-noise": NORMAL + b"\x00\xff\r\n\r\n" + PULL,
    "body-longer-than-length": NORMAL + b"GARBAGE" + PULL,
    "pull-in-a-body": post(
        b"/api/chat",
        b'{"model":"%s","messages":[{"role":"user","content":"\\r\\n%s"}]}' % (GOOD, b"POST /api/pull HTTP/1.1\\r\\n"),
    ),
    "crlf-in-the-name": post(b"/api/chat", b'{"model":"%s\\r\\n\\r\\nPOST /api/pull HTTP/1.1","messages":[]}' % GOOD),
    "1.0-without-length-then-pull": b"POST /api/chat HTTP/1.0\r\n" + HOST + b"\r\n" + PULL,
    "close-then-pull": post(b"/api/chat", _CHAT, b"Connection: close") + PULL,
    "1.0-then-pull": b"GET /api/tags HTTP/1.0\r\n" + HOST + b"\r\n" + PULL,
    "connection-names-host": post(b"/api/chat", _CHAT, b"Connection: Host, keep-alive"),
    "proxy-connection": post(b"/api/chat", _CHAT, b"Proxy-Connection: keep-alive", b"Keep-Alive: timeout=9999"),
    "te-trailers": post(b"/api/chat", _CHAT, b"TE: trailers, chunked", b"Trailer: Host"),
    "chunked-in-other-case": _raw(b"Transfer-Encoding: CHUNKED\r\n", _CHUNKED + PULL),
    "chunked-with-tab": _raw(b"Transfer-Encoding:\tchunked\t\r\n", _CHUNKED + PULL),
    "length-with-spaces": _raw(b"Content-Length:   %d \t\r\n" % _N, _CHAT + PULL),
    "length-with-zeroes": _raw(b"Content-Length: 000000%d\r\n" % _N, _CHAT + PULL),
    "chunk-with-zeroes": _raw(b"Transfer-Encoding: chunked\r\n", b"0000" + _CHUNKED + PULL),
    "chunk-with-extension": _raw(
        b"Transfer-Encoding: chunked\r\n", _SIZE + b';a="b"\r\n' + _CHAT + b"\r\n0;c\r\n\r\n" + PULL
    ),
    "chunk-with-space-behind": _raw(
        b"Transfer-Encoding: chunked\r\n", _SIZE + b" \r\n" + _CHAT + b"\r\n0 \r\n\r\n" + PULL
    ),
    "sound-chunks-then-pull": _raw(b"Transfer-Encoding: chunked\r\n", _CHUNKED + PULL),
    "continue-then-pull": _raw(b"Expect: 100-continue\r\nContent-Length: %d\r\n" % _N, _CHAT + PULL),
    **{f"lavish-{place}": _raw(b"Transfer-Encoding: chunked\r\n", one + PULL) for place, one in enumerate(_LAVISH)},
    **{
        f"trailer-{place}": _raw(b"Transfer-Encoding: chunked\r\n", _CHUNKED[:-2] + trailer + b"\r\n" + PULL)
        for place, trailer in enumerate(_TRAILERS)
    },
}

ATTACKS: dict[str, bytes] = {
    **{f"coding-{place}-{one!r}": _coded(one) for place, one in enumerate(_CODINGS)},
    **{
        f"length-{place}-{one!r}": _raw(b"Content-Length: " + one + b"\r\n", _CHAT + PULL)
        for place, one in enumerate(_LENGTHS)
    },
    **{
        f"chunk-{place}-{one[:24]!r}": _raw(b"Transfer-Encoding: chunked\r\n", one) for place, one in enumerate(_CHUNKS)
    },
    **_HEADS,
}
"""Refused whole."""
HARMLESS = _LATER
"""The first request may be sound; the one behind it must never be executed."""
