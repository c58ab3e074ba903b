"""Agent sections of the native configuration: each agent's chain of models, the primary first."""

from collections.abc import Collection
from typing import Any

from modelcheck.core.project import Agent, Problem, Target
from modelcheck.core.text import printable
from modelcheck.probes.native.document import Document
from modelcheck.probes.native.providers import Directory, target, text_of

PRIMARY_KEYS = ("primary", "model", "model_name", "name")
FALLBACK_KEYS = ("fallback", "fallbacks")
PROVIDER_KEYS = ("provider", "model_provider")
CLASS_KEYS = ("class", "class_name", "agent_class")
KNOWN_KEYS = {
    *PRIMARY_KEYS,
    *FALLBACK_KEYS,
    *PROVIDER_KEYS,
    *CLASS_KEYS,
    "sensitive",
    "local_only",
    "privacy",
    "description",
    "temperature",
    "max_tokens",
    "num_ctx",
    "options",
    "role",
    "timeout",
    "timeout_s",
    "top_p",
    "system",
    "prompt",
    "keep_alive",
}
MOST_AGENTS = 2000
MOST_TARGETS = 50


def read_agents(
    document: Document, section: str, directory: Directory, sensitive: Collection[str], problems: list[Problem]
) -> tuple[Agent, ...] | None:
    """Read every agent; None when the section is no object. Settings may mark further agents as sensitive, never fewer."""
    table = document.table.get(section, {})
    if not isinstance(table, dict):
        problems.append(document.problem("wrong-type", f"{section} must be an object", section))
        return None
    if len(table) > MOST_AGENTS:
        problems.append(document.problem("too-many", f"{section} names more than {MOST_AGENTS} agents", section))
    agents: list[Agent] = []
    for name, body in list(table.items())[:MOST_AGENTS]:
        if isinstance(body, str):
            agents.append(_agent(document, section, name, {"primary": body}, directory, sensitive))
        elif isinstance(body, dict):
            agents.append(_agent(document, section, name, body, directory, sensitive))
            problems.extend(
                document.problem("unknown-key", f"{name}.{key}", section, name, key)
                for key in body
                if key not in KNOWN_KEYS
            )
        else:
            problems.append(document.problem("wrong-type", f"{name} must be a name or an object", section, name))
            continue
        if not agents[-1].targets:
            problems.append(document.problem("no-model", name, section, name))
    return tuple(agents)


def _agent(
    document: Document, section: str, name: str, body: dict[str, Any], directory: Directory, sensitive: Collection[str]
) -> Agent:
    provider = text_of(body, PROVIDER_KEYS)
    targets: list[Target] = []
    primary = next((key for key in PRIMARY_KEYS if key in body), None)
    if primary is not None:
        targets.extend(_targets(document, directory, body[primary], provider, (section, name, primary)))
    fallback = next((key for key in FALLBACK_KEYS if key in body), None)
    if fallback is not None:
        items = body[fallback] if isinstance(body[fallback], list) else [body[fallback]]
        for index, item in enumerate(items[:MOST_TARGETS]):
            targets.extend(_targets(document, directory, item, None, (section, name, fallback, index)))
    return Agent(
        name=printable(name),
        sensitive=_is_sensitive(body) or name in sensitive,
        targets=tuple(targets),
        chain_declared=fallback is not None and bool(body[fallback]),
        class_name=text_of(body, CLASS_KEYS),
        at=document.place(section, name),
    )


def _targets(
    document: Document, directory: Directory, item: object, provider: str | None, trail: tuple[str | int, ...]
) -> list[Target]:
    """Read one entry of a chain: a name, or an object with a name and perhaps a provider of its own."""
    if isinstance(item, dict):
        provider = text_of(item, PROVIDER_KEYS) or provider
        item = text_of(item, PRIMARY_KEYS)
    if not isinstance(item, str) or not item.strip():
        return []
    return [target(document, directory, item, provider, trail)]


def _is_sensitive(body: dict[str, Any]) -> bool:
    return body.get("sensitive") is True or body.get("local_only") is True or body.get("privacy") == "local"
