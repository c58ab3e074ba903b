"""What the user asked for, from every source: the command line, the environment, the user's own settings file."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from modelcheck.app.errors import UserError
from modelcheck.app.exemptions import holding
from modelcheck.app.options import Options
from modelcheck.app.places import home as own_home
from modelcheck.core.sentence import Told
from modelcheck.profiles.environment import environment
from modelcheck.profiles.layers import Layer, Values, layer, merged
from modelcheck.profiles.own import exemptions, own
from modelcheck.profiles.written import Trail, Written

SPELLINGS: Mapping[str, str] = {
    "endpoints": "--endpoint",
    "paths": "--path-map",
    "models_dirs": "--models-dir",
    "env_files": "--env-file",
    "key_variables": "--key-env",
    "trust_hosts": "--trust-host",
}
"""Options that are not called as the setting is."""
INTENTS = ("expect", "cloud")


def configured(
    options: Options,
    asked: Mapping[str, object],
    *,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
) -> Options:
    """Return the options with what the user asked for in any way; the nearer way stands above the farther.

    Args:
        options: what only the command line can say.
        asked: what it says of settings, by their names; what is not given is not in it.
        environ: the environment, this program's own unless one is given.
        home: the user's home.

    Raises:
        UserError: one of them cannot be used; says where it stands.

    """
    surroundings = dict(os.environ) if environ is None else environ
    place = home or own_home()
    try:
        layers = [_command_line(asked, place), environment(surroundings, place)]
        further = own(surroundings, place, sys.platform, options.path)
    except Told as told:
        raise UserError.of(told) from None
    passing = holding(exemptions(further), datetime.now(UTC)) if further else ()
    return replace(with_values(options, merged([*layers, *([further] if further else [])])), exemptions=passing)


def own_language(environ: Mapping[str, str], home: Path | None = None) -> str | None:
    """Return the language of the user's own settings; None where they name none or cannot be read."""
    try:
        further = own(environ, home or own_home(), sys.platform, Path())
    except Told:
        return None
    return further.said.lang if further else None


def with_values(options: Options, values: Values) -> Options:
    """Return options that have the values of settings in them, and their origins."""
    said = _Said(values)
    given = {key: said.one(key) for key in ("profile", "offline", "lang", "fail_under", "min_coverage", "max_drop")}
    files = {key: Path(str(said.one(key))) for key in ("baseline", "machine_facts") if said.one(key) is not None}
    plain = replace(
        options,
        endpoints=said.table("endpoints"),
        paths=said.table("paths"),
        key_variables=said.table("key_variables"),
        models_dirs=tuple(map(Path, said.list("models_dirs"))),
        env_files=tuple(map(Path, said.list("env_files"))),
        trusted_hosts=frozenset(said.list("trust_hosts")),
        intents={key: said.tree(key) for key in INTENTS if said.tree(key)},
        origins={".".join(map(str, trail)): valued.origin for trail, valued in values.items()},
    )
    return replace(plain, **cast("dict[str, Any]", {k: v for k, v in given.items() if v is not None} | files))


class _Said:
    """Single values, gathered again."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def one(self, key: str) -> object:
        found = self._values.get((key,))
        return None if found is None else found.value

    def list(self, key: str) -> list[str]:
        return [str(valued.value) for trail, valued in self._values.items() if trail[0] == key]

    def table(self, key: str) -> dict[str, str]:
        return {str(trail[1]): str(one.value) for trail, one in self._values.items() if trail[0] == key and trail[1:]}

    def tree(self, key: str) -> dict[str, object]:
        tree: dict[str, object] = {}
        for (top, *steps), valued in self._values.items():
            if top != key or not steps:
                continue
            *above, last = map(str, steps)
            table = tree
            for step in above:
                table = cast("dict[str, object]", table.setdefault(step, {}))
            table[last] = valued.value
        return tree


def _command_line(asked: Mapping[str, object], home: Path | None) -> Layer:
    return layer(Written("the command line", dict(asked), named=_option), home)


def _option(trail: Trail) -> str:
    key = str(trail[0]) if trail else ""
    return SPELLINGS.get(key, f"--{key.replace('_', '-')}")
