"""Forms: read strictly, and written so that another reader finds the same parts under our own boundary."""

import email.policy
import re
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.name import MAX_TEXT
from modelcheck.core.ruling import Action, Intent
from modelcheck.guard import form
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.form import LONGEST_FIELD, MOST_PARTS, Part, intent_of, read, write

TYPE = b"multipart/form-data; boundary=xyz"


def formed(*parts: tuple[str, bytes], end: bytes = b"--xyz--\r\n") -> bytes:
    """A form of parts, each with its headers as they are written."""
    return b"".join(b"--xyz\r\n" + headers.encode() + b"\r\n\r\n" + data + b"\r\n" for headers, data in parts) + end


def field(name: str, data: bytes = b"a") -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"', data


def file(filename: str, data: bytes = b"RIFF", kind: str = "audio/wav") -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: {kind}', data


def refused(data: bytes, content_type: bytes = TYPE) -> Refused:
    with pytest.raises(Refused) as caught:
        read(content_type, data)
    return caught.value


def by_email(content_type: bytes, data: bytes) -> list[tuple[object, str | None, str, object]]:
    """What Python's reader of mail finds: an independent one."""
    parser = BytesParser(EmailMessage, policy=email.policy.HTTP)
    message = parser.parsebytes(b"Content-Type: " + content_type + b"\r\n\r\n" + data)
    assert message.is_multipart()
    assert not message.defects
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


def test_a_form_is_read_into_its_parts() -> None:
    data = formed(field("model", b"whisper"), file("a.wav"), field("language", b""))
    assert read(TYPE, data) == (
        Part("model", b"whisper", None),
        Part("file", b"RIFF", "a.wav", "audio/wav"),
        Part("language", b"", None),
    )


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/form-data; boundary=xyz",
        b"multipart/form-data;boundary=xyz",
        b'multipart/form-data; boundary="xyz"',
        b" multipart/form-data; boundary=xyz ",
    ],
)
def test_a_boundary_may_be_written_in_these_ways(content_type: bytes) -> None:
    assert read(content_type, formed(field("model"))) == (Part("model", b"a", None),)


@pytest.mark.parametrize("mark", "+_./-'")
def test_a_boundary_may_hold_these_marks(mark: str) -> None:
    data = formed(field("model")).replace(b"--xyz", f"--x{mark}z".encode())
    assert read(f"multipart/form-data; boundary=x{mark}z".encode(), data)[0].name == "model"


@pytest.mark.parametrize(
    "content_type",
    [
        b"",
        b"application/json",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b'multipart/form-data; boundary=""',
        b"multipart/form-data; boundary=xyz; charset=utf-8",
        b"multipart/form-data; charset=utf-8; boundary=xyz",
        b"multipart/form-data; boundary=xyz; boundary=abc",
        b"multipart/form-data; boundary*=utf-8''xyz",
        b"multipart/form-data,multipart/form-data; boundary=xyz",
        b"multipart/mixed; boundary=xyz",
        b"Multipart/Form-Data; Boundary=xyz",
        b"multipart/form-data; boundary=x z",
        b"multipart/form-data; boundary=" + b"x" * 71,
        b'multipart/form-data; boundary="' + b"x" * 71 + b'"',
        b'multipart/form-data; boundary="x\\"z"',
        b"application/x-www-form-urlencoded",
    ],
)
def test_no_other_content_type_is_a_form(content_type: bytes) -> None:
    found = refused(formed(field("model")), content_type)
    assert (found.reason, found.status) == (Fault.BODY, 400)
    assert "no form" in found.words


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"--xyz",
        b"x" + formed(field("model")),
        formed(field("model"), end=b""),
        formed(field("model"), end=b"--xyz"),
        formed(field("model")).replace(b"\r\n", b"\n"),
        formed(("X: y", b"a")),
        formed(("Content-Disposition: attachment; name=model", b"a")),
        formed(("Content-Disposition form-data", b"a")),
        formed((f'Content-Disposition: form-data; name="model"\r\nX: {"a" * 5000}', b"a")),
        formed(*(field(f"a{number}") for number in range(MOST_PARTS + 1))),
    ],
)
def test_a_form_that_is_not_strict_is_refused(data: bytes) -> None:
    found = refused(data)
    assert (found.reason, found.status) == (Fault.BODY, 400)


def test_what_stands_around_a_form_is_no_part_of_it_and_never_goes_on() -> None:
    data = formed(field("model"))
    assert read(TYPE, b"--xyz--") == ()
    assert read(TYPE, data + b"after") == read(TYPE, b"--abc\r\n" + data) == read(TYPE, data)


def test_a_form_may_have_many_parts() -> None:
    assert len(read(TYPE, formed(*(field(f"a{number}") for number in range(MOST_PARTS))))) == MOST_PARTS


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a" * 61, "\u00e4", "a/b", "a%22"])
def test_a_part_has_the_name_of_a_field(name: str) -> None:
    assert refused(formed(field(name))).reason is Fault.BODY


@pytest.mark.parametrize("name", ["a" * 60, "A_b-c.d", "times[]", "x[0]"])
def test_these_are_names_of_fields(name: str) -> None:
    assert read(TYPE, formed(field(name)))[0].name == name


@pytest.mark.parametrize("names", [("model", "model"), ("model", "file", "Model"), ("a[", "A[")])
def test_two_parts_of_one_name_are_refused(names: tuple[str, ...]) -> None:
    assert refused(formed(*map(field, names))).words == "two parts of the form have one name"


def test_a_list_may_have_many_parts_of_one_name() -> None:
    found = read(TYPE, formed(field("model"), field("times[]"), field("times[]", b"b")))
    assert [part.data for part in found] == [b"a", b"a", b"b"]


def test_a_field_is_short_and_a_file_is_not() -> None:
    longest = b"x" * LONGEST_FIELD
    assert read(TYPE, formed(field("prompt", longest)))[0].data == longest
    found = refused(formed(field("prompt", longest + b"x")))
    assert (found.reason, found.status) == (Fault.TOO_LARGE, 413)
    assert read(TYPE, formed(file("a.wav", longest + b"x")))[0].data == longest + b"x"


@pytest.mark.parametrize("kind", ["audio/x-wav+a.b", "text/plain"])
def test_a_file_keeps_its_media_type(kind: str) -> None:
    assert read(TYPE, formed(file("a", kind=kind)))[0].kind == kind


def test_the_media_type_of_a_file_loses_its_options_and_its_case() -> None:
    assert read(TYPE, formed(file("a", kind="Text/Plain; charset=utf-8")))[0].kind == "text/plain"


@pytest.mark.parametrize("kind", ["audio", "audio/" + "x" * 61, "a" * 21 + "/b", "a/b\u00e4", "a/b c", ""])
def test_an_odd_media_type_is_left_out(kind: str) -> None:
    assert read(TYPE, formed(file("a", kind=kind)))[0].kind == "application/octet-stream"


def test_a_form_asks_for_the_model_of_its_field_and_of_its_query() -> None:
    parts = read(TYPE, formed(file("a.wav"), field("model", b"whisper:1b")))
    assert intent_of(parts, "") == Intent(Action.INFER, ("whisper:1b",))
    assert intent_of(parts, "model=b") == Intent(Action.INFER, ("b", "whisper:1b"))
    assert intent_of(read(TYPE, formed(field("model", b""), field("x"))), "") == Intent(Action.INFER)
    assert intent_of(read(TYPE, formed(field("model", "\u00e4".encode()))), "").names == ("\u00e4",)


@pytest.mark.parametrize(
    "part",
    [
        Part("Model", b"a", None),
        Part("MODEL", b"a", None),
        Part("model", b"a", "a.txt"),
        Part("model", b"a", ""),
        Part("model", b"x" * (MAX_TEXT + 1), None),
        Part("model", b"\xff", None),
    ],
)
def test_a_model_is_one_plain_field(part: Part) -> None:
    with pytest.raises(Refused) as caught:
        intent_of((part,), "")
    assert caught.value.reason is Fault.BODY


def test_a_model_may_be_as_long_as_any_name() -> None:
    assert intent_of((Part("model", b"x" * MAX_TEXT, None),), "").names == ("x" * MAX_TEXT,)


def test_a_form_is_written_with_the_inventorys_own_spelling_and_plain_names_of_files() -> None:
    parts = (
        Part("model", b"WHISPER", None),
        Part("file", b"RIFF", 'a"\r\nX: y/\u00e4.wav', "audio/wav"),
        Part("other", b"x", ""),
        Part("long", b"", "n" * 101),
    )
    kind, data = write(parts, "whisper:1b")
    assert re.fullmatch(rb"multipart/form-data; boundary=modelcheck-[0-9a-f]{32}", kind)
    octets = "application/octet-stream"
    assert by_email(kind, data) == [
        ("model", None, "text/plain", b"whisper:1b"),
        ("file", "a___X_ y__.wav", "audio/wav", b"RIFF"),
        ("other", "file", octets, b"x"),
        ("long", "n" * 100, octets, b""),
    ]


def test_each_form_has_a_boundary_of_its_own() -> None:
    assert write((), "a")[0] != write((), "a")[0]


names = st.from_regex(r"[A-Za-z0-9_.-]{1,8}(\[\])?", fullmatch=True)
parts = st.builds(
    Part,
    names,
    st.binary(max_size=30) | st.sampled_from([b"--xyz", b"\r\n--xyz--\r\n", b"\r\n", b"--"]),
    st.none() | st.text(st.characters(codec="utf-8"), max_size=10),
    st.sampled_from(["audio/wav", "application/octet-stream"]),
)


@given(st.lists(parts, min_size=1, max_size=5, unique_by=lambda part: part.name.lower()), st.sampled_from(["a", "b:1"]))
def test_what_is_written_is_read_back_by_us_and_by_pythons_reader_of_mail(found: list[Part], name: str) -> None:
    kind, data = write(tuple(found), name)
    again = read(kind, data)
    assert [(part.name, part.data) for part in again] == [
        (part.name, name.encode() if part.name == "model" else part.data) for part in found
    ]
    assert [part.filename is None for part in again] == [part.filename is None for part in found]
    assert [(one, shown and shown.strip(), body) for one, shown, _, body in by_email(kind, data)] == [
        (part.name, part.filename and part.filename.strip(), part.data) for part in again
    ]


pieces = st.sampled_from(
    [
        b"--xyz",
        b"--",
        b"\r\n",
        b"\n",
        b'Content-Disposition: form-data; name="model"',
        b'name="a"',
        b"a",
        b": ",
        b"\x00",
    ]
)


@given(st.lists(pieces, max_size=12).map(b"".join))
def test_a_form_that_is_taken_means_the_same_to_pythons_reader_of_mail_once_written(data: bytes) -> None:
    try:
        found = read(TYPE, data)
    except Refused:
        return
    if not found:
        return
    kind, written = write(found, "m")
    assert [(name, payload) for name, _, _, payload in by_email(kind, written)] == [
        (part.name, b"m" if part.name == "model" else part.data) for part in found
    ]


def test_an_event_before_the_first_part_is_no_part() -> None:
    assert form._parts("xyz", formed(field("a"))) == [Part("a", b"a", None)]
