"""Who may ask: this machine's callers and pages, others by their token, and no page of another site."""

from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.guard.caller import examine, is_host, is_loopback, is_origin
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.setup import Address, Setup

SETUP = Setup(
    Address("127.0.0.1", 11435),
    Address("127.0.0.1", 11434),
    hosts=("models.example", "10.0.0.9"),
    origins=("https://chat.example",),
)
ANYWHERE = msgspec.structs.replace(SETUP, listen=Address("0.0.0.0", 11435))
LISTENING = msgspec.structs.replace(SETUP, listen=Address("192.0.2.7", 11435))
SIX = msgspec.structs.replace(SETUP, listen=Address("2001:db8::7", 11435))
GUARDED = msgspec.structs.replace(SETUP, token=b"sesame-and-more")


def head(host: str | None = "localhost:11435", **headers: str) -> Head:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Head(b"GET", b"/", named if host is None else {b"host": host.encode(), **named}, is_1_1=True)


def refused(asked: Head, setup: Setup = SETUP, *, needs_token: bool = True) -> Fault | None:
    try:
        examine(asked, setup, needs_token=needs_token)
    except Refused as found:
        assert isinstance(found.reason, Fault)
        assert found.status == (401 if found.reason is Fault.TOKEN else 403)
        return found.reason
    return None


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_what_always_means_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.", "localhost.example", "notlocalhost", "0.0.0.0", "::", "128.0.0.1", "127.1", "2130706433"]
)
def test_nothing_else_is_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "localhost:1",
        "localhost:65535",
        "my-app.localhost:8080",
        "127.0.0.1:11435",
        "[::1]",
        "[::1]:11435",
        "models.example",
        "models.example:443",
        "10.0.0.9:1",
    ],
)
def test_a_host_of_this_machine_or_a_listed_one_is_answered(text: str) -> None:
    assert is_host(text, SETUP)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " localhost",
        "localhost ",
        "localhost:",
        "localhost:65536",
        "localhost:123456",
        "localhost:-1",
        "localhost:\u0661",
        "localhost.",
        "localhost.evil.example",
        "evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#localhost",
        "evil.example/localhost",
        "a,localhost",
        "0.0.0.0",
        "[::]",
        "[::1",
        "::1",
        "[::1]x",
        "[]",
        "-localhost",
        "models.example.evil.example",
        "192.0.2.7",
        "a" * 254,
        "localhost\n",
    ],
)
def test_no_other_host_is_answered(text: str) -> None:
    assert not is_host(text, SETUP)


def test_the_address_listened_on_is_answered() -> None:
    assert is_host("192.0.2.7:11435", LISTENING)
    assert not is_host("192.0.2.8:11435", LISTENING)
    assert is_host("[2001:db8:0:0::7]:11435", SIX)
    assert not is_host("[2001:db8::8]:11435", SIX)


def test_that_a_guard_listens_everywhere_lets_no_host_in() -> None:
    for text in ("0.0.0.0", "0.0.0.0:11435", "192.0.2.7", "[::]"):
        assert not is_host(text, ANYWHERE)
    assert not is_host("[::]", msgspec.structs.replace(SETUP, listen=Address("::", 1)))


pieces = st.sampled_from(
    ["localhost", ".localhost", "127.0.0.1", "[::1]", "evil.example", "models.example", "@", "#", "/", "?", ":", ":80"]
) | st.text(st.characters(codec="ascii"), max_size=3)


@given(st.lists(pieces, max_size=4).map("".join))
def test_a_host_that_is_answered_is_ours_as_a_browser_reads_it(text: str) -> None:
    if is_host(text.lower(), SETUP):
        host = urlsplit(f"http://{text}/").hostname or ""
        assert is_loopback(host) or host in SETUP.hosts


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "https://localhost:3000",
        "http://127.0.0.1:80",
        "https://0.0.0.0:8443",
        "app://obsidian.md",
        "file://",
        "file://x/y",
        "tauri://localhost",
        "vscode-webview://abc%20d",
        "vscode-file://vscode-app",
        "https://chat.example",
    ],
)
def test_the_origins_of_ollamas_own_list_may_ask(origin: str) -> None:
    assert is_origin(origin, SETUP)
    assert refused(head(origin=origin.upper())) is None


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        "https://chat.example:444",
        "http://chat.example",
        "https://a.chat.example",
        "http://localhost.evil.example",
        "http://localhost:3000.evil.example",
        "http://localhost:",
        "http://localhost:123456",
        "http://127.0.0.1@evil.example",
        "ftp://localhost",
        "http://a.localhost",
        "http://[::1]",
        "chrome-extension://abc",
        "app://x y",
        "app:/x",
        "http://localhost\n",
        "app://" + "a" * 295,
    ],
)
def test_no_other_origin_may_ask(origin: str) -> None:
    assert not is_origin(origin, SETUP)
    assert refused(head(origin=origin)) is Fault.ORIGIN


def test_an_origin_may_have_300_characters() -> None:
    assert is_origin("app://" + "a" * 294, SETUP)


def test_a_host_is_needed_and_read_without_regard_to_case() -> None:
    assert refused(head("LOCALHOST")) is None
    assert refused(head(None)) is Fault.HOST
    assert refused(head("")) is Fault.HOST
    assert refused(head("evil.example")) is Fault.HOST


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none", "None"])
def test_a_request_that_a_browser_calls_local_passes(site: str) -> None:
    assert refused(head(sec_fetch_site=site)) is None


@pytest.mark.parametrize("site", ["cross-site", "", "other"])
def test_a_request_of_another_site_is_refused_though_no_origin_is_sent(site: str) -> None:
    assert refused(head(sec_fetch_site=site)) is Fault.ORIGIN


def test_an_origin_that_may_ask_stands_above_what_the_browser_says_beside_it() -> None:
    assert refused(head(origin="https://chat.example", sec_fetch_site="cross-site", referer="https://x/")) is None


@pytest.mark.parametrize("page", ["http://localhost:3000/a/b?c", "http://LOCALHOST", "https://chat.example/", ""])
def test_a_page_of_this_machine_may_lead_here(page: str) -> None:
    assert refused(head(referer=page)) is None


@pytest.mark.parametrize("page", ["https://evil.example/localhost", "null", "http:/localhost", "x", "//localhost/"])
def test_a_page_of_another_site_may_not_lead_here(page: str) -> None:
    assert refused(head(referer=page)) is Fault.ORIGIN


def test_where_a_token_is_set_it_must_be_shown() -> None:
    assert refused(head(authorization="Bearer sesame-and-more"), GUARDED) is None
    for shown in (
        "Bearer sesame",
        "Bearer sesame-and-more!",
        "sesame-and-more",
        "bearer sesame-and-more",
        "",
        "Bearer ",
    ):
        assert refused(head(authorization=shown), GUARDED) is Fault.TOKEN
    assert refused(head(), GUARDED) is Fault.TOKEN


def test_what_needs_no_token_still_needs_a_host_and_a_page_of_ours() -> None:
    assert refused(head(), GUARDED, needs_token=False) is None
    assert refused(head("evil.example"), GUARDED, needs_token=False) is Fault.HOST
    assert refused(head(origin="null"), GUARDED, needs_token=False) is Fault.ORIGIN


def test_without_a_token_none_is_looked_at() -> None:
    assert refused(head(authorization="Bearer whatever")) is None


def test_a_token_opens_no_host_and_no_page() -> None:
    right = "Bearer sesame-and-more"
    assert refused(head("evil.example", authorization=right), GUARDED) is Fault.HOST
    assert refused(head(origin="https://evil.example", authorization=right), GUARDED) is Fault.ORIGIN
