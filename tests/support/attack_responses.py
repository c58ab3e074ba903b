"""Attacks from behind: what a hostile upstream says to /api/chat, and what may come of it."""

JSON = b"Content-Type: application/json\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + JSON
BODY = b'{"done":true}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)

REDIRECTS: dict[str, bytes] = {
    f"{status}": b"HTTP/1.1 %d Moved\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n" % status
    for status in (300, 301, 302, 303, 304, 305, 307, 308, 399)
}
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "noise": b"\x00\xff\xfe" * 100,
    "http-0.9": BODY,
    "half-a-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "status-99": b"HTTP/1.1 99 X\r\n" + LENGTH + b"\r\n" + BODY,
    "status-600": b"HTTP/1.1 600 X\r\n" + LENGTH + b"\r\n" + BODY,
    "status-2000": b"HTTP/1.1 2000 X\r\n" + LENGTH + b"\r\n" + BODY,
    "status-letters": b"HTTP/1.1 2OO OK\r\n" + LENGTH + b"\r\n" + BODY,
    "version-3": b"HTTP/3.0 200 OK\r\n" + LENGTH + b"\r\n" + BODY,
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + BODY,
    "interim-storm": b"HTTP/1.1 102 Processing\r\n\r\n" * 10_000,
    "hints-storm": b"HTTP/1.1 103 Early Hints\r\nLink: <http://evil.example>\r\n\r\n" * 10_000,
    "both-lengths": OK + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two-lengths": OK + LENGTH + b"Content-Length: 2\r\n\r\n" + BODY,
    "negative-length": OK + b"Content-Length: -1\r\n\r\n" + BODY,
    "plus-length": OK + b"Content-Length: +5\r\n\r\n" + BODY,
    "letters-length": OK + b"Content-Length: x\r\n\r\n" + BODY,
    "huge-length": OK + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY,
    "body-too-short": OK + b"Content-Length: 500\r\n\r\n" + BODY,
    "bad-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY,
    "negative-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + BODY,
    "huge-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + BODY,
    "chunks-without-end": OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(BODY), BODY),
    "gzip-unasked": OK + b"Content-Encoding: gzip\r\n" + LENGTH + b"\r\n" + BODY,
    "huge-header": OK + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n" + BODY,
    "many-headers": OK + b"X: y\r\n" * 100_000 + b"\r\n" + BODY,
    "head-without-end": OK + b"X: y\r\n" * 20_000,
    "nul-in-header": OK + b"X: a\x00b\r\n" + LENGTH + b"\r\n" + BODY,
    "kind-with-controls": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\x01\r\n" + LENGTH + b"\r\n" + BODY,
    "no-colon": OK + b"oops\r\n" + LENGTH + b"\r\n" + BODY,
}
"""There is no answer that could be passed back whole: the guard says so, or breaks off visibly."""
CLEANED: dict[str, bytes] = {
    "cookie": OK + b"Set-Cookie: a=b\r\nSet-Cookie2: c=d\r\n" + LENGTH + b"\r\n" + BODY,
    "location-of-200": OK + b"Location: http://evil.example/\r\nContent-Location: /x\r\n" + LENGTH + b"\r\n" + BODY,
    "location-of-201": b"HTTP/1.1 201 Created\r\nLocation: http://evil.example/\r\n" + JSON + LENGTH + b"\r\n" + BODY,
    "refresh": OK
    + b"Refresh: 0; url=http://evil.example\r\nLink: <http://evil.example>; rel=preload\r\n"
    + LENGTH
    + b"\r\n"
    + BODY,
    "cors": OK
    + b"Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n"
    + LENGTH
    + b"\r\n"
    + BODY,
    "forged": OK + b"X-Modelcheck-Reason: none\r\nX-Modelcheck-Guard: forged\r\n" + LENGTH + b"\r\n" + BODY,
    "hop-by-hop": OK
    + b'Connection: close, X-A\r\nX-A: b\r\nKeep-Alive: timeout=1\r\nUpgrade: h2c\r\nAlt-Svc: h2=":443"\r\n'
    + LENGTH
    + b"\r\n"
    + BODY,
    "continue-storm": b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + OK + LENGTH + b"\r\n" + BODY,
    "kind-not-ascii": b"HTTP/1.1 200 OK\r\nContent-Type: text/\xff\r\n" + LENGTH + b"\r\n" + BODY,
    "trailers": OK
    + b"Transfer-Encoding: chunked\r\nTrailer: Location\r\n\r\n"
    + b"%x\r\n%s\r\n0\r\nLocation: http://evil.example\r\nSet-Cookie: a=b\r\n\r\n" % (len(BODY), BODY),
    "extension": OK + b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    "continue-once": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + b"\r\n" + BODY,
    "body-longer-than-length": OK
    + LENGTH
    + b"\r\n"
    + BODY
    + b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}",
    "second-answer": OK + LENGTH + b"\r\n" + BODY + b"HTTP/1.1 302 Found\r\nLocation: http://evil.example\r\n\r\n",
    "until-closed": OK + b"\r\n" + BODY,
    "reason-with-markup": b"HTTP/1.1 200 <script>\r\n" + JSON + LENGTH + b"\r\n" + BODY,
}
"""An answer that is passed back with its body, less what leads away."""
EMPTY: dict[str, bytes] = {
    "204-with-body": b"HTTP/1.1 204 No Content\r\n" + LENGTH + b"\r\n" + BODY,
    "204-with-chunks": b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    % (len(BODY), BODY),
}
