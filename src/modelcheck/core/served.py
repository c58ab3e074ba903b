"""What serves at a local address, and how servers other than Ollama take a name: as they list it, case and all."""

import re
from collections.abc import Iterable

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap
from modelcheck.core.machine import Contacts, Entry, Product
from modelcheck.core.project import Engine

_PATH = re.compile(r"(?:[/\\~]|\.{1,2}[/\\]|[A-Za-z]:[/\\]).*|.*[/\\][^/\\]*\.gguf", re.DOTALL | re.IGNORECASE)
_STEP = re.compile(r"[/\\]")


def product_of(server: Server, contacts: Contacts | Gap) -> Product | Gap:
    """Return what a local server is: Ollama where the project says so, else what its answers proved.

    The engine `openai-local` proves nothing: Ollama speaks OpenAI's API too.
    """
    if server.engine is Engine.OLLAMA:
        return Product.OLLAMA
    contact = contacts if isinstance(contacts, Gap) else contacts.servers[server.id]
    return contact if isinstance(contact, Gap) else contact.product


def listed_name(text: str) -> str:
    """Return the name by which a listed model is kept: of a path its last step alone, which tells nobody's home."""
    if _PATH.fullmatch(text) is None:
        return text
    return _STEP.split(text.rstrip("/\\"))[-1] or text[:1]


def served(text: str, entries: Iterable[Entry]) -> Entry | None:
    """Return the entry that a server which goes by exact names means by a text."""
    name = listed_name(text)
    return next((entry for entry in entries if name == entry.name or name in entry.aliases), None)
