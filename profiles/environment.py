"""The environment's settings: MODELCHECK_… variables, each with the word of the settings file that it stands for."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from modelcheck.core.text import printable
from modelcheck.profiles.layers import Layer, layer
from modelcheck.profiles.ownfile import CONFIG
from modelcheck.profiles.written import InvalidSettings, Trail, Written

PREFIX = "MODELCHECK_"
FOR_TESTS = ("MODELCHECK_TEST_", "MODELCHECK_FORBID_SKIPS", "MODELCHECK_REWRITE_GOLDEN", "MODELCHECK_NVML")
"""Beginnings of variables that speak to modelcheck's own tests."""
TRUTHS: Mapping[str, bool] = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
MOST = 32 << 10
"""Characters of one variable."""

_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def _number(text: str) -> object:
    return float(text) if _NUMBER.fullmatch(text) else text


def _truth(text: str) -> object:
    return TRUTHS.get(text.lower(), text)


def _words(text: str) -> object:
    return [word.strip() for word in text.split(",") if word.strip()]


def _files(text: str) -> object:
    return [path for path in text.split(os.pathsep) if path.strip()]


def _pairs(text: str) -> object:
    """Return `name=value,name=value` as a table; what is no pair stays text, which the type refuses."""
    pairs: dict[str, str] = {}
    for item in text.split(","):
        name, equals, value = item.partition("=")
        if not (name.strip() and equals and value.strip()):
            return text
        pairs[name.strip()] = value.strip()
    return pairs


READERS: Mapping[str, Callable[[str], object]] = {
    "profile": str,
    "offline": _truth,
    "lang": str,
    "endpoints": _pairs,
    "paths": _pairs,
    "models_dirs": _files,
    "env_files": _files,
    "key_variables": _pairs,
    "trust_hosts": _words,
    "fail_under": _number,
    "min_coverage": _number,
    "max_drop": _number,
    "baseline": str,
    "machine_facts": str,
}
"""How each setting is read from its variable, `MODELCHECK_` and the setting's name in capitals."""
FORMS: Mapping[str, str] = {
    "endpoints": "ollama=http://127.0.0.1:11434,openai=…",
    "paths": "/models=D:\\models,…",
    "key_variables": "openai=WORK_OPENAI_KEY,…",
}


def variable(key: str) -> str:
    """Return the variable of a setting."""
    return f"{PREFIX}{key.upper()}"


def environment(environ: Mapping[str, str], home: Path | None) -> Layer:
    """Return what the variables say; an empty one says nothing.

    Raises:
        InvalidSettings: a variable that nothing reads, or a value that cannot be used.

    """
    content: dict[str, object] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name.startswith(FOR_TESTS) or name == CONFIG or not text.strip():
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in READERS or name != variable(key):
            raise _unknown(name)
        if len(text) > MOST or "\0" in text:
            raise InvalidSettings("{variable} is longer than {most} characters", variable=name, most=MOST)
        content[key] = READERS[key](text.strip())
        if key in FORMS and not isinstance(content[key], dict):
            raise InvalidSettings("{variable} takes NAME=VALUE, such as {form}", variable=name, form=FORMS[key])
    written = Written("MODELCHECK_…", content, named=_named)
    return layer(written, home)


def _named(trail: Trail) -> str:
    return variable(str(trail[0])) if trail else "MODELCHECK_…"


def _unknown(name: str) -> InvalidSettings:
    known = [*READERS, "config"]
    shown = printable(name, 80)
    near = difflib.get_close_matches(name.removeprefix(PREFIX).lower()[:60], known, 1)
    if near:
        return InvalidSettings(
            "{variable} is not a variable of modelcheck; did you mean {meant}?", variable=shown, meant=variable(near[0])
        )
    told = ", ".join(map(variable, sorted(known)))
    return InvalidSettings("{variable} is not a variable of modelcheck; there are: {known}", variable=shown, known=told)
