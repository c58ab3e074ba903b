"""The official registry of models, asked for nothing but how large one is; nothing is downloaded."""

from modelcheck.app.tables import table
from modelcheck.core.name import DEFAULT_HOST, pull_target
from modelcheck.core.project import Engine
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.values import as_list, as_table

LIMIT_S = 5.0
MOST_BYTES = 4 << 20
MOST_LAYERS = 1000
MOST_SIZE = 1 << 50


def size_of(name: str) -> int | None:
    """Return the bytes of a model by its manifest; None where the registry does not tell, or is not the official one.

    Raises:
        InvalidName: Ollama would not take the name.

    """
    known, wanted = table(KnownProviders).of(Engine.OLLAMA), pull_target(name)
    if known is None or known.registry is None or wanted.host.lower() != DEFAULT_HOST:
        return None
    from modelcheck.probes.http import Line

    line = Line(known.registry, limit_s=LIMIT_S, most_bytes=MOST_BYTES)
    reply = line.ask("GET", f"/v2/{wanted.namespace}/{wanted.model}/manifests/{wanted.tag}")
    return size_in(reply.body)


def size_in(manifest: object) -> int | None:
    """Return the bytes of what a manifest names; None where one of them has no size that can be."""
    content = as_table(manifest) or {}
    layers = as_list(content.get("layers")) or []
    sizes = [(as_table(one) or {}).get("size") for one in (content.get("config"), *layers[:MOST_LAYERS])]
    known = [size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < MOST_SIZE]
    return sum(known) if layers and len(known) == 1 + len(layers) else None
