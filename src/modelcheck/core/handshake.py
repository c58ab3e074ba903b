"""The handshake by which a guard shows what it is: a fresh nonce comes back with a proof that only a guard makes.

It is no signature: whoever knows this protocol can make the proof. It tells a guard from a bare server, so that no
probe is ever sent to the latter.
"""

import re
from hashlib import sha256

import msgspec

PATH = "/.well-known/modelcheck-guard"
PROTOCOL = 1

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Handshake(msgspec.Struct, frozen=True):
    """The answer to GET /.well-known/modelcheck-guard?n=NONCE."""

    guard: str
    """`modelcheck`."""
    protocol: int
    version: str
    instance: str
    """A random text that one running guard keeps; tells a guard that is set in front of itself."""
    nonce: str
    proof: str
    """64 hexadecimal digits."""
    cloud: str
    """`disabled`, `enabled` or `unknown`: what the guarded server says of its cloud."""
    inventory_age_s: float | None
    """Seconds since the inventory was last read; null where it never was."""
    token: bool
    """Whether callers must show a token."""


def is_nonce(text: str) -> bool:
    """Whether a text may serve as a nonce: 16 to 64 letters, digits, `-` and `_`."""
    return _NONCE.fullmatch(text) is not None


def proof(nonce: str, instance: str) -> str:
    """Return the proof for a nonce by one running guard."""
    return sha256(f"modelcheck-guard/{PROTOCOL}\n{nonce}\n{instance}".encode()).hexdigest()


def is_proven(answer: Handshake, nonce: str) -> bool:
    """Whether an answer is that of a guard to this very nonce."""
    return (
        answer.guard == "modelcheck"
        and answer.protocol == PROTOCOL
        and answer.nonce == nonce
        and answer.proof == proof(nonce, answer.instance)
    )
