"""The handshake: a proof belongs to one nonce and one running guard."""

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.handshake import PROTOCOL, Handshake, is_nonce, is_proven, proof

NONCE = "0123456789abcdef"
SOUND = Handshake("modelcheck", PROTOCOL, "1.0", "one", NONCE, proof(NONCE, "one"), "disabled", 0.5, token=False)

nonces = st.from_regex(r"[A-Za-z0-9_-]{16,64}", fullmatch=True)


@pytest.mark.parametrize("text", ["a" * 16, "a" * 64, "AZaz09_-" * 2])
def test_a_nonce_is_16_to_64_plain_characters(text: str) -> None:
    assert is_nonce(text)


@pytest.mark.parametrize("text", ["", "a" * 15, "a" * 65, "a" * 16 + "\n", "a" * 15 + "é", "a b" * 6, "a" * 15 + "/"])
def test_nothing_else_is_a_nonce(text: str) -> None:
    assert not is_nonce(text)


def test_a_proof_is_the_digest_that_the_protocol_writes_down() -> None:
    assert PROTOCOL == 1
    assert proof("n", "i") == sha256(b"modelcheck-guard/1\nn\ni").hexdigest()


@given(nonces, st.text(st.characters(codec="utf-8")))
def test_every_proof_is_proven(nonce: str, instance: str) -> None:
    answer = msgspec.structs.replace(SOUND, nonce=nonce, instance=instance, proof=proof(nonce, instance))
    assert is_proven(answer, nonce)


@given(nonces, nonces)
def test_a_proof_of_another_nonce_proves_nothing(nonce: str, other: str) -> None:
    answer = msgspec.structs.replace(SOUND, nonce=nonce, proof=proof(other, "one"))
    assert is_proven(answer, nonce) is (nonce == other)


@pytest.mark.parametrize(
    "changed",
    [
        {"guard": "other"},
        {"protocol": PROTOCOL + 1},
        {"nonce": NONCE[::-1]},
        {"nonce": NONCE[::-1], "proof": proof(NONCE[::-1], "one")},
        {"instance": "two"},
        {"proof": proof(NONCE, "two")},
        {"proof": ""},
    ],
)
def test_an_answer_that_is_wrong_in_one_thing_proves_nothing(changed: dict[str, object]) -> None:
    assert is_proven(SOUND, NONCE)
    assert not is_proven(msgspec.structs.replace(SOUND, **changed), NONCE)
