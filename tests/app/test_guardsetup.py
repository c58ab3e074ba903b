"""What the operator of a guard asks for: what makes a setup, and what would make it no guard."""

import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from hostile import needs_posix
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.app.errors import UserError
from modelcheck.app.guardsetup import Asked, listener, setup_of
from modelcheck.core.sentence import Told
from modelcheck.guard.setup import Address, Setup

TOKEN = "s3cret-Token_of.16+"


def made(say: list[Told] | None = None, **asked: Any) -> Setup:
    """Return the setup of a guard, and what is said of it."""
    return setup_of(Asked(**asked), (say if say is not None else []).append)


def refused(**asked: Any) -> str:
    with pytest.raises(UserError) as caught:
        made(**asked)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


def test_without_any_option_it_guards_ollamas_own_address_on_the_next_port() -> None:
    assert made() == Setup(Address("127.0.0.1", 11435), Address("127.0.0.1", 11434))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("localhost:8080", Address("localhost", 8080)),
        ("LOCALHOST:8080", Address("localhost", 8080)),
        ("[::1]:80", Address("::1", 80)),
        ("[0:0:0:0:0:0:0:1]:80", Address("::1", 80)),
        ("models.lan:65535", Address("models.lan", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: Address) -> None:
    assert listener("--listen", text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11435",
        ":11435",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:999999",
        "::1:80",
        "[::1]",
        "[x]:80",
        "http://127.0.0.1:80",
        "127.0.0.1:80/",
        " 127.0.0.1:80",
        "127.0.0.1:80\n",
        "a..b:80",
        "é:80",
        "127.0.0.1:٨٠",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert refused(listen=text).startswith("--listen takes HOST:PORT such as 127.0.0.1:11435, not ")


@given(st.text(max_size=80))
def test_whatever_is_given_as_an_address_is_one_or_is_told(text: str) -> None:
    try:
        address = listener("--metrics", text)
    except UserError as error:
        assert str(error).startswith("--metrics takes HOST:PORT")
    else:
        assert address.host
        assert 0 <= address.port <= 65535


def test_what_may_hold_a_password_is_not_repeated() -> None:
    assert "hunter2" not in refused(listen="me:hunter2@host:1")
    assert "hunter2" not in refused(upstream="http://me:hunter2@127.0.0.1:1")
    assert "hunter2" not in refused(hosts=("me:hunter2@host",))
    assert "hunter2" not in refused(origins=("http://me:hunter2@host",))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:11434", Address("127.0.0.1", 11434)),
        ("http://127.0.0.1:11434/", Address("127.0.0.1", 11434)),
        ("http://localhost", Address("localhost", 80)),
        ("http://[::1]:1", Address("::1", 1)),
        ("http://ollama.localhost:1", Address("ollama.localhost", 1)),
    ],
)
def test_the_upstream_is_a_plain_url(url: str, address: Address) -> None:
    assert made(upstream=url).upstream == address


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:11434", "--upstream takes a URL such as http://127.0.0.1:11434: the address must begin with http"),
        ("", "--upstream takes a URL such as"),
        ("http://", "--upstream takes a URL such as"),
        ("http://127.0.0.1:0", "--upstream takes a URL such as"),
        ("http://127.0.0.1:1?x", "--upstream takes a URL such as"),
        ("http://u:p@127.0.0.1:1", "without user name and password"),
        ("https://127.0.0.1:11434", "--upstream takes http://HOST:PORT alone: no https, and no path"),
        ("http://127.0.0.1:11434/v1", "--upstream takes http://HOST:PORT alone: no https, and no path"),
    ],
)
def test_any_other_upstream_is_refused(url: str, said: str) -> None:
    assert said in refused(upstream=url)


@pytest.mark.parametrize(
    "url", ["http://192.168.1.5:11434", "http://models.lan", "http://ollama:11434", "http://0.0.0.0:1"]
)
def test_an_upstream_elsewhere_takes_an_option(url: str) -> None:
    assert "is not on this machine, so whoever reaches it there passes by the guard" in refused(upstream=url)
    assert made(upstream=url, remote_upstream=True).upstream.host in url


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "[::]:1", "192.168.1.5:1", "models.lan:1"])
def test_beyond_this_machine_callers_must_show_a_token(listen: str, token: Path) -> None:
    assert "callers must show a token: give --token-file FILE" in refused(listen=listen)
    assert made(listen=listen, token_file=token).token == TOKEN.encode()


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "127.8.9.1:1", "[::1]:1", "localhost:1", "a.localhost:1"])
def test_on_this_machine_no_token_is_needed_and_one_may_be_asked_for(listen: str, token: Path) -> None:
    assert made(listen=listen).token == b""
    assert made(listen=listen, token_file=token).token == TOKEN.encode()


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_token_is_one_line(tmp_path: Path, ending: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"x" * 16 + ending)

    assert made(token_file=path).token == b"x" * 16


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"x" * 15, b"x" * 513, b"x" * 5000, b"x" * 20 + b"\ny", b"x" * 20 + b"\n\n", b"with some spaces in it",
     b"\xef\xbb\xbf" + b"x" * 20, b"x" * 20 + b"\0", "é".encode() * 20],
)  # fmt: skip
def test_any_other_file_holds_no_token_and_nothing_of_it_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(data)

    said = refused(token_file=path)
    assert "must hold one line of 16 to 512 printable ASCII characters without spaces" in said
    assert "xxxx" not in said


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "nothing cannot be read: No such file" in refused(token_file=tmp_path / "nothing")
    assert "cannot be read: " in refused(token_file=tmp_path)
    assert "cannot be read: " in refused(token_file=Path("nul\0"))


@needs_posix
def test_no_fifo_and_no_device_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")

    assert "it is not a regular file" in refused(token_file=tmp_path / "fifo")
    assert "it is not a regular file" in refused(token_file=Path(os.devnull))


@needs_posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_token_that_others_may_read_is_warned_of(token: Path, mode: int) -> None:
    said: list[Told] = []
    made(said, token_file=token)
    assert said == []

    token.chmod(mode)
    made(said, token_file=token)
    assert [str(one) for one in said] == [
        f"others may read {token}, which holds the token; `chmod 600` keeps it to you"[: len(str(said[0]))]
    ]
    assert stat.S_IMODE(token.stat().st_mode) == mode


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("models.lan", "models.lan"),
        ("Models.LAN", "models.lan"),
        ("192.168.1.5", "192.168.1.5"),
        ("[FE80::1]", "fe80::1"),
    ],
)
def test_hosts_that_are_allowed_are_kept_in_one_spelling(name: str, host: str) -> None:
    assert made(hosts=(name,)).hosts == (host,)


@pytest.mark.parametrize(
    "name", ["", "*", "*.lan", "models.lan:80", "http://models.lan", "a b", "models.lan/", "[x]", "é"]
)
def test_what_is_no_name_is_no_host_to_allow(name: str) -> None:
    assert "--allow-host takes a name without a port" in refused(hosts=("models.lan", name))


@pytest.mark.parametrize(
    "origin", ["https://chat.lan", "http://10.0.0.2:3000", "chrome-extension://abc", "http://[::1]:1"]
)
def test_origins_that_are_allowed_are_kept_in_lower_case(origin: str) -> None:
    assert made(origins=(origin.upper(),)).origins == (origin,)


@pytest.mark.parametrize(
    "origin", ["", "*", "null", "NULL", "https://*.lan", "chat.lan", "https://chat.lan/", "https://a b", "https://a\n"]
)
def test_everybody_and_nobody_are_no_origins(origin: str) -> None:
    assert "never * or null" in refused(origins=(origin,))


@pytest.mark.parametrize(
    ("listen", "upstream"),
    [
        ("127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("localhost:11434", "http://127.0.0.1:11434"),
        ("127.0.0.1:11434", "http://localhost:11434"),
        ("[::1]:11434", "http://localhost:11434"),
        ("127.0.0.1:80", "http://localhost"),
        ("127.0.0.2:11434", "http://127.0.0.1:11434"),
        ("0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("[::]:11434", "http://127.0.0.1:11434"),
        ("[::]:11434", "http://[::1]:11434"),
        ("0.0.0.0:11434", "http://0.0.0.0:11434"),
        ("127.0.0.1:11434", "http://0.0.0.0:11434"),
        ("192.168.1.5:11434", "http://192.168.1.5:11434"),
    ],
)
def test_a_guard_never_stands_in_front_of_itself(listen: str, upstream: str, token: Path) -> None:
    said = refused(listen=listen, upstream=upstream, token_file=token, remote_upstream=True)

    assert "the guard would stand in front of itself" in said


@pytest.mark.parametrize(
    ("listen", "upstream"),
    [("127.0.0.1:0", "http://127.0.0.1:11434"), ("127.0.0.1:11434", "http://192.168.1.5:11434"),
     ("0.0.0.0:11435", "http://127.0.0.1:11434")],
)  # fmt: skip
def test_another_port_and_another_machine_are_not_itself(listen: str, upstream: str, token: Path) -> None:
    assert made(listen=listen, upstream=upstream, token_file=token, remote_upstream=True).listen.host in listen


def test_a_name_that_means_the_address_that_is_listened_on_is_itself(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("192.168.1.5", "127.0.0.1")]

    def looked_up(host: str, *_: object, **__: object) -> list[object]:
        if host == "unknown.lan":
            raise socket.gaierror
        return [*found, (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%eth0", 0, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    more: dict[str, Any] = {"token_file": token, "remote_upstream": True}
    for listen in ("192.168.1.5:1", "0.0.0.0:1", "127.0.0.1:1", "[fe80::1]:1", "me.lan:1"):
        assert "in front of itself" in refused(listen=listen, upstream="http://me.lan:1", **more)

    assert made(listen="10.0.0.1:1", upstream="http://me.lan:1", **more).upstream.host == "me.lan"
    assert made(listen="10.0.0.1:1", upstream="http://unknown.lan:1", **more).upstream.host == "unknown.lan"
