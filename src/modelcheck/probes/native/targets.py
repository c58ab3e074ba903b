"""Model names of the native configuration: which provider each goes to, and what is left of it there."""

import re
from collections.abc import Iterator

from modelcheck.core.precheck import is_cloud_name
from modelcheck.core.project import Engine, Problem, Route, Target
from modelcheck.core.text import printable
from modelcheck.probes.native.document import Document
from modelcheck.probes.native.providers import NOWHERE, PROVIDERS, Directory
from modelcheck.probes.values import as_list, as_table, text_of

MODEL_KEYS = ("primary", "model", "model_name", "id", "name")
MOST_LISTED = 2000
LONGEST = 1000
"""Characters of a model name that are kept; the longest that Ollama takes has 593."""
NOT_UNDERSTOOD = "?"
"""Stands for an entry that is no model name, so that it stays in view where it is."""

_COLON = {"ollama", "openai", "anthropic"}
_HOSTED = {
    "anthropic": re.compile(r"claude-"),
    "openai": re.compile(r"(?:ft:)?(?:chatgpt-|gpt-(?:3\.5|4|5)|o[134](?:-|$))"),
}

Step = str | int


def read_target(
    document: Document,
    directory: Directory,
    text: str,
    provider: str | None,
    *trail: Step,
    otherwise: str | None = None,
) -> Target:
    """Tell where one model name goes.

    A prefix that names a provider decides, then the provider beside it; then a name that only a hosted provider has,
    the one local section, and at last `otherwise`.
    """
    provider, model = _split(directory, text, provider)
    provider = provider or _guessed(model) or directory.only_local() or otherwise
    section = directory.section(provider) if provider else None
    destination = directory.destination(provider) if provider else NOWHERE
    return Target(
        text=printable(text, LONGEST),
        provider=section.name if section else printable(provider or ""),
        engine=destination.engine,
        server=destination.server,
        model=printable(model, LONGEST),
        cloud_name=destination.engine is Engine.OLLAMA and is_cloud_name(model),
        hosted=destination.hosted,
        at=document.place(*trail),
        route=section.route if section else Route.NATIVE,
    )


def not_understood(document: Document, *trail: Step) -> Target:
    """Return what stands for an entry that names no model in a way that is known."""
    return Target(NOT_UNDERSTOOD, "", Engine.UNKNOWN, "", "", cloud_name=False, hosted=False, at=document.place(*trail))


def read_listed(document: Document, directory: Directory, problems: list[Problem]) -> tuple[Target, ...]:
    """Return the models that the provider sections list, whether or not an agent uses them."""
    listed: list[Target] = []
    for name, value in (as_table(document.table.get(PROVIDERS)) or {}).items():
        body = as_table(value) or {}
        names: list[tuple[tuple[Step, ...], str | None]]
        names = [(("models", step), found) for step, found in _named(body.get("models"))]
        default = text_of(body, ("default_model",))
        if default is not None:
            names.append((("default_model",), default))
        for steps, found in names:
            trail = (PROVIDERS, name, *steps)
            if found is None:
                problems.append(document.problem("wrong-type", f"{name}.models must hold names", *trail))
            elif len(listed) == MOST_LISTED:
                problems.append(document.problem("too-many", f"{PROVIDERS} list more than {MOST_LISTED}", *trail))
                return tuple(listed)
            else:
                listed.append(read_target(document, directory, found, name, *trail))
    return tuple(listed)


def _split(directory: Directory, text: str, provider: str | None) -> tuple[str | None, str]:
    """Take off a prefix that names a provider; under a provider, only one that means the same."""
    for mark in "/:":
        prefix, found, rest = text.partition(mark)
        is_prefix = found and rest and (directory.knows(prefix) if mark == "/" else prefix.lower() in _COLON)
        if is_prefix and (provider is None or _is_same(directory, provider, prefix)):
            return provider or prefix, rest
    return provider, text


def _is_same(directory: Directory, provider: str, prefix: str) -> bool:
    if provider.lower() == prefix.lower():
        return True
    engines = {directory.destination(name).engine for name in (provider, prefix)}
    return engines == {Engine.OLLAMA}


def _guessed(text: str) -> str | None:
    """Return the hosted provider whose models alone are called so; a tag makes it a name of Ollama's."""
    lowered = text.lower()
    if ":" in lowered and not lowered.startswith("ft:"):
        return None
    return next((provider for provider, pattern in _HOSTED.items() if pattern.match(lowered)), None)


def _named(models: object) -> Iterator[tuple[Step, str | None]]:
    """Yield the names that a provider lists: one name, a list of names or objects, or an object with them."""
    table, items = as_table(models), as_list(models)
    if table is not None:
        yield from ((key, _name_of(key.strip(), value) or None) for key, value in table.items())
    elif items is not None:
        for index, item in enumerate(items):
            yield index, text_of(as_table(item) or {"name": item}, MODEL_KEYS)
    elif models is not None:
        yield 0, text_of({"name": models}, ("name",))


def _name_of(key: str, value: object) -> str:
    """Return the name in an object of models: keys are names, or aliases that have their model as value."""
    if ":" in key or "/" in key:
        return key
    if isinstance(value, str):
        words = value.split()
        return words[0] if len(words) == 1 else key
    return text_of(as_table(value) or {}, MODEL_KEYS[:-1]) or key
