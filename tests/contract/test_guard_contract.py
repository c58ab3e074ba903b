"""All attacks against a guard before the real Ollama that MODELCHECK_TEST_OLLAMA names.

It runs on loopback, has its cloud disabled and holds a model; nothing is loaded in it or changed.
"""

import ipaddress
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from attack import GOOD, Line, Malformed
from guarded import Guarded, guarded
from hostile_requests import Maker, modules

REAL = os.environ.get("MODELCHECK_TEST_OLLAMA", "")

pytestmark = pytest.mark.skipif(not REAL, reason="MODELCHECK_TEST_OLLAMA names no real Ollama")


@pytest.fixture(scope="module")
def guard() -> Iterator[Guarded]:
    host = httpx.URL(REAL).host
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        pytest.fail(f"MODELCHECK_TEST_OLLAMA names {host}; contract tests talk to loopback alone")
    with guarded(REAL) as running:
        yield running


def held() -> list[dict[str, Any]]:
    with httpx.Client(base_url=REAL, timeout=10, trust_env=False) as client:
        found: list[dict[str, Any]] = client.get("/api/tags").json()["models"]
    return found


@pytest.mark.parametrize("subject", modules(), ids=lambda module: module.__name__)
def test_no_attack_is_sent_on_to_a_real_server_and_its_store_stays_as_it_was(guard: Guarded, subject: Any) -> None:
    before = held()
    name = before[0]["name"].encode() if before else GOOD
    wrong: list[bytes] = []
    for raw in subject.ATTACKS.values():
        with Line(guard.port) as line:
            line.send(Maker.measured(raw.replace(GOOD, name)) if GOOD in raw else raw)
            line.end()
            try:
                said = line.answer(head_only=raw.startswith(b"HEAD "))
            except Malformed:
                continue
        if said is not None and (said.status < 400 or said.all(b"x-modelcheck-guard") == [b"forwarded"]):
            wrong.append(raw[:300])

    assert wrong == []
    assert held() == before
