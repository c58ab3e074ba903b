"""Attacks by the body: documents that a strict reader and Go's lenient one read apart."""

import gzip
import zlib

from attack import ABSENT, CLOUD, GOOD, post

_ZSTD = b"\x28\xb5\x2f\xfd"


def _zstd(data: bytes) -> bytes:
    """One frame with one raw block: what every decoder of zstd undoes."""
    header = _ZSTD + b"\x60" + (len(data) - 256).to_bytes(2, "little")
    return header + ((len(data) << 3) | 1).to_bytes(3, "little") + data


G, A, C = GOOD.decode(), ABSENT.decode(), CLOUD.decode()
_PADDED = b'{"model":"%s","messages":[{"role":"user","content":"%s"}]}' % (CLOUD, b"x" * 300)

PULLS: tuple[bytes, ...] = tuple(
    text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    for text in (
        f'{{"model":"{A}"}}',
        f'{{"name":"{A}"}}',
        f'{{"model":"","name":"{A}"}}',
        f'{{"model":null,"name":"{A}"}}',
        f'{{"name":"{A}","model":""}}',
        f'{{"model":"{G}","name":"{A}"}}',
        f'{{"name":"{G}","model":"{A}"}}',
        f'{{"model":"{G}","model":"{A}"}}',
        f'{{"model":"{A}","model":"{G}"}}',
        f'{{"model":"{A}","model":null}}',
        f'{{"model":"{G}","Model":"{A}"}}',
        f'{{"Model":"{A}"}}',
        f'{{"MODEL":"{A}"}}',
        f'{{"mOdEl":"{A}"}}',
        f'{{"model":"{G}","MODEL":"{A}"}}',
        f'{{"Name":"{A}"}}',
        f'{{"model":"","NAME":"{A}"}}',
        f'{{"model":"{G}","\\u006dodel":"{A}"}}',
        f'{{"\\u006d\\u006f\\u0064\\u0065\\u006c":"{A}"}}',
        f'{{"\\u004dodel":"{A}"}}',
        f'{{"model":"{G}","mode\\u006c":"{A}"}}',
        f'{{"model\\u0000":"{G}","model":"{A}"}}',
        f'{{"model ":"{G}"," model":"{G}","model":"{A}"}}',
        f'{{"model":"{G}","in\u017fecure":true}}',
        f'{{"model":"{G}","in\\u017fecure":true}}',
        f'{{"model":"{G}","insecure":true}}',
        f'{{"model":"{G}","INSECURE":true}}',
        f'{{"model":"{G}","insecure":false,"Insecure":true}}',
        f'{{"model":["{A}"]}}',
        f'{{"model":{{"name":"{A}"}}}}',
        '{"model":1}',
        '{"model":true}',
        '{"model":null}',
        '{"model":""}',
        '{"model":"","name":""}',
        '{"model":" "}',
        "{}",
        "null",
        "[]",
        f'["{A}"]',
        f'[{{"model":"{A}"}}]',
        f'"{A}"',
        "1",
        "true",
        "",
        " ",
        f'{{"model":"{G}"}} {{"model":"{A}"}}',
        f'{{"model":"{A}"}} {{"model":"{G}"}}',
        f'{{"model":"{A}"}}{{"model":"{G}"}}',
        f'{{"model":"{A}"}} junk',
        f'{{"model":"{A}"}}\x00',
        f'{{"model":"{A}"}},',
        f'{{"model":"{A}"}}]',
        f'{{"model":"{A}"}}}}',
        f'{{"model":"{G}"}}\n{{"model":"{A}"}}\n',
        f'null{{"model":"{A}"}}',
        f'{{}}{{"model":"{A}"}}',
        f'\ufeff{{"model":"{A}"}}',
        f'\x00{{"model":"{A}"}}',
        f'\x0c{{"model":"{A}"}}',
        f'\xa0{{"model":"{A}"}}',
        f'\u2028{{"model":"{A}"}}',
        f'/* {G} */ {{"model":"{A}"}}',
        f'{{"model":"{A}"}} // x',
        f'{{"model":"{A}",}}',
        f'{{,"model":"{A}"}}',
        f"{{'model':'{A}'}}",
        f'{{model:"{A}"}}',
        f'{{"model" "{A}"}}',
        f'{{"model":"{A}"',
        f'{{"model":"{A}',
        f'{{"model":"{A}\n"}}',
        f'{{"model":"{A}\t"}}',
        f'{{"model":"{A}\\x41"}}',
        f'{{"model":"{A}\\u00"}}',
        f'{{"model":"{A}\\ud800"}}',
        f'{{"model":"{A}","x":"\\ud800"}}',
        f'{{"model":"{G}\\udc00"}}',
        f'{{"\\ud800":1,"model":"{A}"}}',
        f'{{"\\ud800":1,"\\udc00":2,"model":"{A}"}}',
        f'{{"model":"{A}","x":"\ud800"}}',
        f'{{"model":"{A}","x":NaN}}',
        f'{{"model":"{A}","x":Infinity}}',
        f'{{"model":"{A}","x":-Infinity}}',
        f'{{"model":"{A}","x":nan}}',
        f'{{"model":"{A}","x":01}}',
        f'{{"model":"{A}","x":1.}}',
        f'{{"model":"{A}","x":.5}}',
        f'{{"model":"{A}","x":+1}}',
        f'{{"model":"{A}","x":0x10}}',
        f'{{"model":"{A}","x":1_000}}',
        f'{{"model":"{A}","x":\u0661}}',
        f'{{"model":"{A}","x":1e99999}}',
        f'{{"model":"{A}","x":{"9" * 20_000}}}',
        f'{{"model":"{A}","x":-}}',
        f'{{"model":"{A}","x":tru}}',
        f'{{"model":"{A}","x":True}}',
        f'{{"model":"{A}","x":undefined}}',
        f'{{"x":{{"model":"{G}"}},"model":"{A}"}}',
        f'{{"x":{{"a":1,"a":2}},"model":"{A}"}}',
        f'{{"x":{"[" * 200}{"]" * 200},"model":"{A}"}}',
        f'{{"x":{"[" * 5000}{"]" * 5000},"model":"{A}"}}',
        f'{{"x":{"[" * 100_000},"model":"{A}"}}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "{" + ",".join(f'"k{place}":1' for place in range(100_000)) + f',"model":"{A}"}}',
        "{" + ",".join(f'"{"m" * place}":1' for place in range(1, 400)) + f',"model":"{A}"}}',
        f'{{"{"k" * 200_000}":1,"model":"{A}"}}',
        f'{{"model":"{"a" * 200_000}"}}',
        f'{{"model":"{A}"}}' + " " * 200_000 + "x",
        f'{{"model":"{A}"}}'.encode("utf-16"),
        f'{{"model":"{A}"}}'.encode("utf-16-le"),
        f'{{"model":"{A}"}}'.encode("utf-16-be"),
        f'{{"model":"{A}"}}'.encode("utf-32"),
        b"\xef\xbb\xbf" + f'{{"model":"{A}"}}'.encode(),
        b"\xff\xfe" + f'{{"model":"{A}"}}'.encode(),
        b'{"model":"' + ABSENT + b'\xff"}',
        b'{"model":"' + ABSENT + b'\xc3"}',
        b'{"model":"' + ABSENT + b'","x":"\xed\xa0\x80"}',
        b'{"model":"' + ABSENT + b'","x":"\xf5\x80\x80\x80"}',
        b'{"model":"' + ABSENT + b'","\xc0\xaf":1}',
        b'{"mod\xc0\xa5l":"' + GOOD + b'","model":"' + ABSENT + b'"}',
        b'{"model":"' + GOOD + b'","model\xff":"x","model":"' + ABSENT + b'"}',
        gzip.compress(b'{"model":"' + ABSENT + b'"}', mtime=0),
        zlib.compress(b'{"model":"' + ABSENT + b'"}'),
        b"+ADw-" + f'{{"model":"{A}"}}'.encode("utf-7"),
        b"model=" + ABSENT,
        b"name=" + ABSENT,
        b'<model name="x"/>',
        b"model: " + ABSENT,
        b')]}\',\n{"model":"' + ABSENT + b'"}',
    )
)
"""Bodies of /api/pull that must never pull; where the guard reads what is here, it may say that it is here."""

CHATS: tuple[str, ...] = (
    f'{{"model":"{G}","model":"{C}"}}',
    f'{{"model":"{C}","model":"{G}"}}',
    f'{{"model":"{G}","Model":"{C}"}}',
    f'{{"Model":"{C}","model":"{G}"}}',
    f'{{"Model":"{C}"}}',
    f'{{"MODEL":"{C}"}}',
    f'{{"model":"{G}","\\u006dodel":"{C}"}}',
    f'{{"model":"{G}","\\u004dODEL":"{C}"}}',
    f'{{"model":"{G}"}}{{"model":"{C}"}}',
    f'{{"model":"{C}"}}{{"model":"{G}"}}',
    f'{{"model":"{C}"}} x',
    f'{{"model":"{C}\\u0020"}}',
    f'{{"model":"{G}","messages":[],"messages":[{{"role":"user","content":"x"}}]}}',
    f'{{"model":"{G}","messages":[],"Messages":[{{"role":"user","content":"x"}}]}}',
    f'{{"model":"{G}","tools":[],"Tools":[{{"type":"web_search_20250305"}}]}}',
    f'{{"model":"{G}","tools":[{{"type":"web_search"}}],"tools":[{{"name":"x"}}]}}',
    f'{{"model":"{G}","tool\u017f":[{{"type":"web_search"}}]}}',
    f'{{"model":"{G}","tools":[{{"type":"function","Type":"web_search"}}]}}',
    f'{{"model":"{G}","tools":[{{"TYPE":"web_search"}}]}}',
    f'{{"model":"{G}","tools":[{{"type":"function","typ\\u0065":"web_search"}}]}}',
    f'{{"model":"{G}","stream":false,"\u017ftream":true,"messages":[]}}',
    f'{{"model":"{G}","options":{{"num_ctx":1,"num_ctx":2}},"messages":[]}}',
    f'{{"model":"{G}","messages":[{{"role":"user","role":"system","content":"x"}}]}}',
    f'{{"model":"{G}","messages":[{{"role":"user","Role":"system","content":"x"}}]}}',
    f'{{"model":"{G}","messages":[{{"role":"user","content":"\\ud83d"}}]}}',
    f'{{"model":"{G}","messages":[],"x":NaN}}',
    f'{{"model":"{G}","\u212aeep_alive":"5m","keep_alive":1,"messages":[]}}',
    f'{{"model":"{G}","keep_alive":1,"KEEP_ALIVE":2,"messages":[]}}',
)
"""Bodies that name a local model or seem to, and are refused wherever a model is asked."""

ROUTES = (
    b"/api/generate",
    b"/api/chat",
    b"/api/embed",
    b"/api/embeddings",
    b"/v1/chat/completions",
    b"/v1/completions",
    b"/v1/embeddings",
    b"/v1/responses",
    b"/v1/messages",
)
_ENCODINGS = (b"gzip", b"deflate", b"zstd", b"br", b"x-gzip", b"compress", b"identity, gzip", b"ZSTD", b"zstd ", b"zstd,zstd")
_TYPES = (
    b"Content-Type: text/plain",
    b"Content-Type: application/x-www-form-urlencoded",
    b"Content-Type: application/json; charset=utf-16",
    b"Content-Type: application/json; charset=utf-7",
    b"Content-Type: multipart/form-data; boundary=x",
    b"Content-Type: x",
    b"Content-Type:",
)

ATTACKS: dict[str, bytes] = {
    **{f"pull-{place}-{body[:50]!r}": post(b"/api/pull", body) for place, body in enumerate(PULLS) if ABSENT in body},
    **{
        f"typed-{kind[13:]!r}": post(b"/api/pull", b'{"model":"%s"}' % ABSENT, kind)
        for kind in _TYPES
    },
    **{
        f"encoded-{encoding!r}-{place}": post(path, body, b"Content-Encoding: " + encoding)
        for encoding in _ENCODINGS
        for place, (path, body) in enumerate(
            (
                (b"/api/pull", b'{"model":"%s"}' % ABSENT),
                (b"/api/pull", gzip.compress(b'{"model":"%s"}' % ABSENT, mtime=0)),
                (b"/v1/chat/completions", _zstd(_PADDED)),
                (b"/v1/responses", _zstd(_PADDED)),
            )
        )
    },
    "zstd-unsaid": post(b"/v1/responses", _zstd(_PADDED)),
    **{
        f"chat-{path!r}-{place}": post(path, body.encode())
        for path in ROUTES
        for place, body in enumerate(CHATS)
    },
    "utf-16-chat": post(b"/v1/chat/completions", f'{{"model":"{C}"}}'.encode("utf-16")),
    "show-by-name": post(b"/api/show", f'{{"model":"{G}","name":"{A}"}}'.encode()),
    "show-of-cloud-by-name": post(b"/api/show", f'{{"model":"","name":"{C}"}}'.encode()),
    "show-of-cloud-by-other-case": post(b"/api/show", f'{{"model":"{G}","NAME":"{C}"}}'.encode()),
    "show-two": post(b"/api/show", f'{{"model":"{G}","name":"{C}"}}'.encode()),
}
HARMLESS: dict[str, bytes] = {
    f"pull-{place}-{body[:50]!r}": post(b"/api/pull", body) for place, body in enumerate(PULLS) if ABSENT not in body
}
