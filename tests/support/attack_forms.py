"""Attacks by forms: names in queries and in parts, and every way to cut a form in two."""

from attack import ABSENT, CLOUD, GOOD, post

PATH = b"/v1/audio/transcriptions"
BOUNDARY = b"XyZ"
KIND = b"Content-Type: multipart/form-data; boundary=XyZ"

FILE = (
    b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav',
    b"RIFF\x00\x01\r\n--data",
)
MODEL = b'Content-Disposition: form-data; name="model"'


def form(*parts: tuple[bytes, bytes], boundary: bytes = BOUNDARY, end: bytes = b"--\r\n") -> bytes:
    """Return a sound form of parts, each a head and a body."""
    written = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary, head, body) for head, body in parts)
    return written + b"--" + boundary + end


def _sent(body: bytes, kind: bytes = KIND, query: bytes = b"") -> bytes:
    return post(PATH + query, body, kind)


def _named(head: bytes, name: bytes = CLOUD) -> bytes:
    """A form with a local model, and the name of another behind a doubtful head."""
    return form((MODEL, GOOD), (head, name), FILE)


_GOOD, _CLOUD = (MODEL, GOOD), (MODEL, CLOUD)
_HEADS = (
    b"Content-Disposition: form-data; name=model",
    b"content-disposition: form-data; name=model",
    b"Content-Disposition: FORM-DATA; NAME=model",
    b"Content-Disposition:form-data;name=model",
    b"Content-Disposition: form-data; name='model'",
    b'Content-Disposition: form-data; name="mo\\del"',
    b'Content-Disposition: form-data; name="\\m\\o\\d\\e\\l"',
    b"Content-Disposition: form-data; name*=utf-8''model",
    b"Content-Disposition: form-data; name*=utf-8''%6dodel",
    b'Content-Disposition: form-data; name*0="mo"; name*1="del"',
    b"Content-Disposition: form-data; name*0*=utf-8''mo; name*1=del",
    b'Content-Disposition: form-data; name="x"; name="model"',
    b'Content-Disposition: form-data; name="model"; name="x"',
    b"Content-Disposition: form-data; name=\"x\"; name*=utf-8''model",
    b'Content-Disposition: form-data; filename=""; name="model"',
    b'Content-Disposition: form-data; name="model"; filename="/"',
    b'Content-Disposition: form-data; name="model"; filename=""',
    b"Content-Disposition: form-data; name=\"model\"; filename*=utf-8''",
    b'Content-Disposition: form-data; name="mod\r\n el"',
    b'Content-Disposition: form-data;\r\n name="model"',
    b'Content-Disposition: form-data; x="; name=y"; name="model"',
    b'Content-Disposition: form-data; x="\\"; name=y; z="; name="model"',
    b'X: y\r\nContent-Disposition: form-data; name="model"',
    b'Content-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="model"',
    b'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: quoted-printable',
    b'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: base64',
    b'Content-Disposition: form-data; name="model "',
    b'Content-Disposition: form-data; name=" model"',
    b'Content-Disposition: form-data; name="MODEL"',
    b'Content-Disposition: form-data; name="model\x00"',
    b'Content-Disposition: form-data; name="model[]"',
    b'Content-Disposition: form-data; name="mod%65l"',
    b'Content-Disposition: form-data; name="=?utf-8?q?model?="',
    b'Content-Disposition : form-data; name="model"',
    b' Content-Disposition: form-data; name="model"',
    b'Content-Disposition: attachment; name="model"',
    b'Content-Disposition: form-data; name="model',
    b"Content-Disposition: form-data",
    b"X: y",
    b'Content-Disposition: form-data; name="model"; ' + b"a=b;" * 20_000,
    b"X: " + b"y" * 100_000 + b'\r\nContent-Disposition: form-data; name="model"',
    b"X: y\r\n" * 20_000 + b'Content-Disposition: form-data; name="model"',
)
_KINDS = (
    b"Content-Type: multipart/form-data",
    b"Content-Type: multipart/form-data; boundary=",
    b"Content-Type: multipart/form-data; boundary=other",
    b'Content-Type: multipart/form-data; boundary="Xy\\Z"',
    b'Content-Type: multipart/form-data; boundary="XyZ',
    b"Content-Type: multipart/form-data; boundary=XyZ; boundary=other",
    b"Content-Type: multipart/form-data; boundary=other; boundary=XyZ",
    b"Content-Type: multipart/form-data; BOUNDARY=XyZ; boundary=other",
    b"Content-Type: multipart/form-data; boundary*=utf-8''XyZ",
    b"Content-Type: multipart/form-data; boundary*0=Xy; boundary*1=Z",
    b"Content-Type: multipart/form-data, boundary=XyZ",
    b"Content-Type: multipart/form-data; boundary=XyZ, multipart/form-data; boundary=other",
    b"Content-Type: multipart/form-data; boundary=XyZ\r\nContent-Type: multipart/form-data; boundary=other",
    b"Content-Type: multipart/mixed; boundary=XyZ",
    b"Content-Type: multipart/form-data; boundary=X\x00yZ",
    b"Content-Type: multipart/form-data; boundary=" + b"a" * 300,
    b"Content-Type: application/x-www-form-urlencoded",
    b"Content-Type: application/json",
    b"Content-Type: text/plain",
)
_NESTED = form((MODEL, CLOUD), FILE, boundary=b"inner")

_BODIES: dict[str, bytes] = {
    "cloud": form(_CLOUD, FILE),
    "stub": form((MODEL, b"bridge"), FILE),
    "absent": form((MODEL, ABSENT), FILE),
    "two-models": form(_GOOD, _CLOUD, FILE),
    "two-models-the-other-way": form(_CLOUD, _GOOD, FILE),
    "three-models": form(_GOOD, _GOOD, _CLOUD, FILE),
    "no-model": form(FILE),
    "empty-model": form((MODEL, b""), FILE),
    "model-as-file": form((b'Content-Disposition: form-data; name="model"; filename="x"', CLOUD), FILE),
    "model-not-utf-8": form((MODEL, GOOD + b"\xff"), FILE),
    "model-with-nul": form((MODEL, GOOD + b"\x00"), FILE),
    "model-with-crlf": form((MODEL, GOOD + b"\r\n"), FILE),
    "model-with-white-space": form((MODEL, b" gpt-oss : cloud "), FILE),
    "no-last-boundary": form(_CLOUD, FILE, end=b"\r\n"),
    "no-last-boundary-at-all": form(_GOOD, FILE)[: -len(b"--XyZ--\r\n")],
    "last-boundary-twice": form(_GOOD, FILE) + form(_CLOUD, FILE),
    "bare-lf": form(_CLOUD, FILE).replace(b"\r\n", b"\n"),
    "mixed-lf": form(_GOOD, FILE).replace(b"\r\n", b"\n", 1),
    "lf-boundary-within": form((MODEL, GOOD + b"\n--XyZ\n" + MODEL + b"\n\n" + CLOUD), FILE),
    "cr-boundary-within": form((MODEL, GOOD + b"\r--XyZ\r" + MODEL + b"\r\r" + CLOUD), FILE),
    "boundary-with-spaces": form(_GOOD, FILE).replace(b"--XyZ\r\n", b"--XyZ  \t\r\n", 1),
    "boundary-with-more": form(_CLOUD, FILE).replace(b"--XyZ\r\n", b"--XyZw\r\n", 1),
    "nested": form((b"Content-Type: multipart/mixed; boundary=inner\r\n" + MODEL, _NESTED), FILE),
    "nested-after": form(_GOOD, (b"Content-Type: multipart/form-data; boundary=inner\r\n" + MODEL, _NESTED), FILE),
    "preamble-with-model": b"--XyZ--\r\n" + form(_CLOUD, FILE),
    "json": b'{"model":"%s","file":"x"}' % CLOUD,
    "empty": b"",
    "no-parts": b"--XyZ--\r\n",
    "many-parts": form(
        _GOOD, *[(b'Content-Disposition: form-data; name="x%d"' % place, b"y") for place in range(5000)], FILE
    ),
    "many-empty-parts": b"--XyZ\r\n\r\n\r\n" * 20_000 + form(_CLOUD, FILE),
    "long-field": form(_GOOD, (b'Content-Disposition: form-data; name="prompt"', b"x" * 3_000_000), FILE),
    "long-model": form((MODEL, b"a" * 300_000), FILE),
    "truncated": form(_CLOUD, FILE)[:70],
}
_QUERIES = (
    b"?model=" + CLOUD,
    b"?model=gpt-oss%3A120b-cloud",
    b"?model=gpt-oss:%20cloud",
    b"?model=gpt-oss:+cloud",
    b"?%6dodel=" + CLOUD,
    b"?x=1&model=" + CLOUD,
    b"?model=" + GOOD + b"&model=" + CLOUD,
    b"?model=" + CLOUD + b"&model=" + GOOD,
    b"?model=bridge",
    b"?model=" + ABSENT,
    b"?model=%ff",
    b"?model=%00",
    b"?&&&model=" + CLOUD,
    b"?MODEL=" + CLOUD,
)
_ELUSIVE = (
    b"?x;model=" + CLOUD,
    b"?model=" + GOOD + b";model=" + CLOUD,
    b"?model=%zz",
    b"?model",
    b"?model=",
    b"?model%00=" + CLOUD,
    b"?" + b"a=b&" * 400 + b"model=" + CLOUD,
)

_EITHER = ("boundary-with-spaces", "last-boundary-twice", "mixed-lf", "model-with-crlf")
"""Refused, or read as the local model: what follows the last boundary is nothing, and names are trimmed."""

ATTACKS: dict[str, bytes] = {
    **{f"body-{name}": _sent(body) for name, body in _BODIES.items() if name not in _EITHER},
    **{f"query-{query!r}": _sent(form(_GOOD, FILE), query=query) for query in _QUERIES},
    **{f"query-{query!r}-alone": _sent(form(FILE), query=query) for query in _QUERIES},
    **{f"kind-{place}": _sent(form(_CLOUD, FILE), kind=kind) for place, kind in enumerate(_KINDS)},
    **{f"head-{place}-alone": _sent(form((head, CLOUD), FILE)) for place, head in enumerate(_HEADS)},
    "quoted-printable": _sent(
        form((MODEL + b"\r\nContent-Transfer-Encoding: quoted-printable", b"gpt-oss=3Acloud"), FILE)
    ),
    "base64": _sent(form((MODEL + b"\r\nContent-Transfer-Encoding: base64", b"Z3B0LW9zczpjbG91ZA=="), FILE)),
    "no-kind": post(PATH, form(_CLOUD, FILE)),
}
HARMLESS: dict[str, bytes] = {
    **{f"head-{place}": _sent(_named(head)) for place, head in enumerate(_HEADS)},
    **{f"query-{query[:40]!r}": _sent(form(_GOOD, FILE), query=query) for query in _ELUSIVE},
    **{f"body-{name}": _sent(_BODIES[name]) for name in _EITHER},
    "preamble": _sent(b"preamble\r\n" + form(_GOOD, FILE)),
    "epilogue": _sent(form(_GOOD, FILE) + b"--XyZ\r\n" + MODEL + b"\r\n\r\n" + CLOUD + b"\r\n--XyZ--\r\n"),
    "good-kind-quoted": _sent(form(_GOOD, FILE), kind=b'Content-Type: multipart/form-data; boundary="XyZ"'),
}
