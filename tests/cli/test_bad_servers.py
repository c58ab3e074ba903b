"""Servers and keys that are no good, through the whole command: said truthfully, in bounded time, and no key shows."""

import ssl
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ended import Command, Ended
from hostile import assert_safe, assert_told
from raw_server import RawServer, Serve, endless, hanging, response, sending

from modelcheck.app.demo import project
from modelcheck.app.options import Options
from modelcheck.standin.fault import Decline, Drip, Fault, Reason, ServerName, Status
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

CERTIFICATES = Path(__file__).parents[1] / "support" / "certificates"
KEYS = {name: made_up_key(name) for name in ("anthropic", "openai")}
LIMIT_S = 2.5
"""How long a probe may take here: longer than any of these servers needs that answers at all."""
VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr("modelcheck.cli.options.Options", partial(Options, limit_s=LIMIT_S))
    for name, variable in VARIABLES.items():
        monkeypatch.setenv(variable, KEYS[name])


@pytest.fixture
def root() -> Iterator[Path]:
    with project("corrected") as folder:
        yield folder


def pointed(url: str, *providers: str) -> list[str]:
    given = {"ollama": url, "anthropic": url, "openai": f"{url}/v1"}
    named = providers or tuple(given)
    return [word for name in given for word in ("--endpoint", f"{name}={given[name] if name in named else NOBODY}")]


NOBODY = "http://127.0.0.1:9"


def echo(connection: Any, over: threading.Event) -> None:
    """Refuse with a body that repeats all keys, and headers that do as well."""
    del over
    told = " ".join(KEYS.values())
    body = f'{{"error": {{"type": "authentication_error", "message": "invalid x-api-key: {told}", "code": "{told}"}}}}'
    connection.sendall(
        response(body.encode(), "401 Unauthorized", (f"X-Echo: {told}", "Content-Type: application/json"))
    )


def reset(connection: Any, over: threading.Event) -> None:
    del over
    connection.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SO_LINGER 0: closing resets
    connection.close()


SERVERS: dict[str, Serve] = {
    "echo": echo,
    "garbage": sending(bytes(range(256)) * 16),
    "endless header": endless(b"HTTP/1.1 200 OK\r\n", b"X-Pad: " + b"x" * 1000 + b"\r\n"),
    "a redirect": sending(response(b"", "302 Found", ("Location: http://127.0.0.1:1/stolen",))),
    "10 MB of JSON": sending(response(b'{"data": [' + b'"x",' * (10 << 18) + b'"x"]}')),
    "a page": sending(response(b"<html>sign in</html>", headers=("Content-Type: text/html",))),
    "JSON as a picture": sending(response(b"[1]", headers=("Content-Type: image/png",))),
    "nothing": sending(),
    "half": sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    "nested": sending(response(b"[" * 10_000 + b"]" * 10_000)),
    "silence": hanging(),
    "slow drops": endless(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[", b"1,", 0.02),
    "two replies": sending(response(b"{}") + response(b"{}")),
    "a refusal without end": endless(b"HTTP/1.1 500 Oh\r\n\r\n", b"x" * 1000),
}


@pytest.mark.parametrize("served", SERVERS)
def test_no_server_breaks_a_report_or_learns_to_show_a_key(served: str, command: Command, root: Path) -> None:
    with RawServer(SERVERS[served]) as server:
        ended = command("audit", root, "-v", *pointed(server.url))

    assert_safe(ended, *KEYS.values())
    assert ended.code == 0
    assert server.requests
    assert "FAIL OLL-01" in " ".join(ended.out.split())


@pytest.mark.parametrize("certificate", ["self_signed", "other_host", "expired"])
def test_a_certificate_that_is_no_good_is_said_and_no_key_is_sent(
    certificate: str, command: Command, root: Path
) -> None:
    with secured(certificate) as (url, heard):
        ended = command("audit", root, *pointed(url))

    assert_told(ended, 0, "invalid certificate")
    assert_safe(ended, *KEYS.values())
    assert heard == []


def test_a_server_without_tls_is_said(command: Command, root: Path) -> None:
    with RawServer(sending(b"hello, this is no TLS\r\n")) as server:
        ended = command("audit", root, *pointed(server.url.replace("http:", "https:")))

    assert_told(ended, 0, "no TLS")
    assert_safe(ended, *KEYS.values())


@contextmanager
def secured(certificate: str) -> Generator[tuple[str, list[bytes]]]:
    """Serve TLS; the list holds what was read after a handshake, which none of these certificates may reach."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
    heard: list[bytes] = []

    def serve(connection: Any, over: threading.Event) -> None:
        del over
        with context.wrap_socket(connection, server_side=True) as safe:
            heard.append(safe.recv(65536))

    with Handshaking(serve) as server:
        yield server.url.replace("http:", "https:"), heard


class Handshaking(RawServer):
    """A server that reads nothing of its own accord."""

    def _answer(self, connection: Any) -> None:
        assert callable(self._serve)
        with suppress(OSError), connection:
            self._serve(connection, self.over)


DECLINED: dict[str, tuple[Fault, str]] = {
    "rejected": (Decline(server=ServerName.ANTHROPIC, reason=Reason.INVALID_KEY), "authentication_error"),
    "out of credit": (Decline(server=ServerName.ANTHROPIC, reason=Reason.OUT_OF_CREDIT), "billing_error"),
    "rate limited": (Decline(server=ServerName.ANTHROPIC, reason=Reason.RATE_LIMITED), "rate_limit_error"),
    "overloaded": (Decline(server=ServerName.ANTHROPIC, reason=Reason.OVERLOADED), "overloaded_error"),
    "restricted": (Decline(server=ServerName.ANTHROPIC, reason=Reason.RESTRICTED), "permission_error"),
    "broken": (Decline(server=ServerName.ANTHROPIC, reason=Reason.BROKEN), "api_error"),
    "a status of no meaning": (
        Status(server=ServerName.ANTHROPIC, status=418),
        "anthropic (APIStatusError) did not answer",
    ),
    "drops": (Drip(server=ServerName.ANTHROPIC, every=1.0), "no end within"),
}


@pytest.mark.parametrize("declined", DECLINED)
def test_what_a_provider_declines_is_said_and_costs_points(declined: str, command: Command, root: Path) -> None:
    fault, said = DECLINED[declined]

    ended = audited(command, root, fault)

    assert_told(ended, 0, "CLD-02", said)
    assert_safe(ended, *KEYS.values())


def audited(command: Command, root: Path, *faults: Fault) -> Ended:
    from msgspec.structs import replace

    with Stack(replace(Scenario.named("workstation"), faults=faults)) as stack:
        given = {"ollama": stack.ollama_url, "openai": stack.openai_url, "anthropic": stack.anthropic_url}
        return command("audit", root, *(word for name in given for word in ("--endpoint", f"{name}={given[name]}")))


REAL = KEYS["anthropic"]
BAD_KEYS = {
    "missing": "",
    "blank": "   ",
    "a line end inside": f"{REAL[:40]}\n{REAL[40:]}",
    "a line end behind": f"{REAL}\r\nX-Injected: yes",
    "quoted": f'"{REAL}"',
    "spaces around": f"  {REAL}  ",
    "other letters": f"{REAL}é中",
    "an escape": f"\x1b[31m{REAL}",
    "very long": REAL + "A" * 5000,
    "of another provider": KEYS["openai"],
    "a placeholder": "your-api-key-here",
    "half of a character": f"{REAL}\udce9",
}


@pytest.mark.parametrize("bad", BAD_KEYS)
def test_a_key_that_is_no_good_is_named_by_its_variable_alone(
    bad: str, command: Command, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", BAD_KEYS[bad])

    with Stack(Scenario.named("workstation")) as stack:
        given = {"ollama": stack.ollama_url, "openai": stack.openai_url, "anthropic": stack.anthropic_url}
        words = [word for name in given for word in ("--endpoint", f"{name}={given[name]}")]
        ended = command("audit", root, "-v", *words)
        sent = [request for request in stack.requests if request.server == "anthropic"]

    assert_safe(ended, *(key for key in (REAL, KEYS["openai"]) if key))
    assert_told(ended, 0, "ANTHROPIC_API_KEY")
    assert not any("injected" in name.lower() for request in sent for name in request.headers)
