"""The hosts from which models are downloaded, from a dated table and from the user's own mirror."""

import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

MIRROR = "HF_ENDPOINT"
"""The variable by which Hugging Face's libraries are sent to another host."""


class Registry(NamedTuple):
    """Where models are downloaded from."""

    name: str
    hosts: tuple[str, ...]
    """In lower case; `*.x` is everything below x."""
    other: tuple[str, ...] = ()
    """Hosts among them that serve no weights."""

    def holds(self, host: str) -> bool:
        """Whether a host, in lower case, is one of them."""
        return _is_among(host, self.hosts) and not _is_among(host, self.other)


def registries(environ: Mapping[str, str] = os.environ) -> tuple[Registry, ...]:
    """Return all of them; a mirror on this machine is none, for tests imitate one there."""
    mirror = _mirror(environ.get(MIRROR, ""))
    return (*_table(), *((Registry(f"{MIRROR}", (mirror,)),) if mirror else ()))


@cache
def _table() -> tuple[Registry, ...]:
    """Read the table; no file of it is opened before something is watched."""
    from importlib.resources import files

    import yaml

    text = files("modelcheck.data").joinpath("registries.yaml").read_text("utf-8")
    rows = yaml.safe_load(text)["registries"]
    return tuple(Registry(row["name"], tuple(row["hosts"]), tuple(row.get("not", ()))) for row in rows)


def _mirror(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    is_here = host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"
    return "" if is_here else host


def _is_among(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host.endswith(one[1:]) if one.startswith("*.") else host == one for one in hosts)
