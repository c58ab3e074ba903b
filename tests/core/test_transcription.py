"""Consoles that lack a mark get its nearest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.transcription import READABLE


@pytest.mark.parametrize(
    ("encoding", "text", "shown"),
    [
        ("cp850", "BON – Fonctionnel · 4,5 non vus (90,0–95,6)…", "BON - Fonctionnel · 4,5 non vus (90,0-95,6)..."),
        ("cp850", "délai d’attente ≥ 95 → ×2", "délai d'attente >= 95 -> ×2"),
        ("cp437", "5 × 2 · 80 °C", "5 x 2 · 80 °C"),
        ("cp1252", "œuvre – “é” ≤ 3", "œuvre – “é” <= 3"),
        ("ascii", "Délais d'œuvre : 80 °C", "Delais d'oeuvre : 80 C"),
        ("ascii", "模", "?"),
    ],
)
def test_a_mark_that_a_console_lacks_is_shown_as_the_nearest_it_has(encoding: str, text: str, shown: str) -> None:
    assert text.encode(encoding, READABLE).decode(encoding) == shown


@given(st.text(), st.sampled_from(["ascii", "cp437", "cp850", "cp1252", "latin-1"]))
def test_any_text_can_be_shown_on_any_console(text: str, encoding: str) -> None:
    shown = text.encode(encoding, READABLE).decode(encoding)

    assert shown == text or not text.isascii()


def test_it_does_not_read_what_is_not_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", READABLE)
