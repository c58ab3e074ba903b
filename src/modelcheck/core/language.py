"""The languages that there are words in, and how people, systems and settings name them."""

import re

ENGLISH = "en"
LANGUAGES = (ENGLISH, "fr")
"""By their ISO 639-1 codes."""

_NAMED = re.compile(r"([a-z]{2,3})(?:[-_.@][a-z0-9._@-]*)?", re.IGNORECASE | re.ASCII)
MOST = 64
"""Characters of what may name a language."""


def language_named(text: str) -> str | None:
    """Return the language that `fr`, `FR`, `fr-CA` or `fr_FR.UTF-8` names, None where there are no words in it."""
    found = _NAMED.fullmatch(text.strip()[:MOST])
    code = found[1].lower() if found else ""
    return code if code in LANGUAGES else None
