"""Agent sections of the native configuration: each agent's chain of models, the primary first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice

from modelcheck.core.facts import Place
from modelcheck.core.project import Agent, Problem, Target
from modelcheck.core.text import printable
from modelcheck.probes.native.document import Document
from modelcheck.probes.native.numbers import INNER, Numbers
from modelcheck.probes.native.providers import MOST_RETRIES, RETRY_KEYS, Directory
from modelcheck.probes.native.targets import MODEL_KEYS, Step, not_understood, read_target
from modelcheck.probes.values import as_list, as_table, text_of

AGENTS = "agent_models"
SETTINGS = "modelcheck.yaml"
MOST_AGENTS = 1000
MOST_TARGETS = 20

PRIMARY_KEYS = ("primary", "model", "model_name", "name")
FALLBACK_KEYS = ("fallback", "fallbacks")
PROVIDER_KEYS = ("provider", "model_provider")
CLASS_KEYS = ("class", "class_name", "agent_class")
TEXT_KEYS = (*PROVIDER_KEYS, *CLASS_KEYS, "privacy")
FLAG_KEYS = ("sensitive", "local_only")
CONTEXT_KEYS = ("num_ctx", "context_length", "context")
ANSWER_KEYS = ("max_tokens", "max_output_tokens", "num_predict")
STAY_KEYS = ("keep_alive",)
KNOWN_KEYS = {
    *PRIMARY_KEYS,
    *FALLBACK_KEYS,
    *TEXT_KEYS,
    *FLAG_KEYS,
    *CONTEXT_KEYS,
    *ANSWER_KEYS,
    *RETRY_KEYS,
    *STAY_KEYS,
    *INNER,
    "description",
    "temperature",
    "role",
    "timeout",
    "timeout_s",
    "top_p",
    "system",
    "prompt",
}
MOST_TOKENS = 1 << 31
ENDLESS = -2
"""The least of Ollama's values for an answer without a bound; -1 is the other one."""


@dataclass(frozen=True)
class AgentReader:
    """Reads agents; settings may mark further agents as sensitive, never fewer."""

    document: Document
    directory: Directory
    sensitive: Collection[str]
    problems: list[Problem]

    def read(self) -> tuple[Agent, ...] | None:
        """Return every agent, None when the section is no object."""
        table = as_table(self.document.table.get(AGENTS, {}))
        if table is None:
            self._note("wrong-type", f"{AGENTS} must be an object", AGENTS)
            return None
        if len(table) > MOST_AGENTS:
            self._note("too-many", f"{AGENTS} has more than {MOST_AGENTS}", AGENTS)
        for name in sorted({name.casefold() for name in self.sensitive} - {name.casefold() for name in table}):
            self.problems.append(Problem("unknown-agent", printable(name), Place(SETTINGS)))
        return tuple(self._agent(name, body) for name, body in islice(table.items(), MOST_AGENTS))

    def _agent(self, name: str, value: object) -> Agent:
        body = {"model": value} if isinstance(value, str) else as_table(value)
        if body is None:
            self._note("wrong-type", f"{name} must be a name or an object", AGENTS, name)
        else:
            self._note_odd(name, body)
        targets, declared = self._chain(name, body or {})
        if body is None:
            targets = (not_understood(self.document, AGENTS, name),)
        elif not targets:
            self._note("no-model", name, AGENTS, name)
        class_name = text_of(body or {}, CLASS_KEYS)
        numbers = Numbers(self.document, self.problems, (AGENTS, name), body or {})
        longest = numbers.whole(ANSWER_KEYS, ENDLESS, MOST_TOKENS)
        return Agent(
            name=printable(name),
            sensitive=_is_sensitive(body or {}) or name.casefold() in {each.casefold() for each in self.sensitive},
            targets=targets,
            chain_declared=declared,
            class_name=None if class_name is None else printable(class_name),
            at=self.document.place(AGENTS, name),
            num_ctx=numbers.whole(CONTEXT_KEYS, 1, MOST_TOKENS),
            max_tokens=None if isinstance(longest, int) and longest <= 0 else longest,
            max_retries=numbers.whole(RETRY_KEYS, 0, MOST_RETRIES),
            keep_alive=numbers.text(STAY_KEYS),
        )

    def _chain(self, name: str, body: Mapping[str, object]) -> tuple[tuple[Target, ...], bool]:
        """Return the chain, and whether fallbacks are declared at all."""
        provider = text_of(body, PROVIDER_KEYS)
        targets: list[Target] = []
        primary = next((key for key in PRIMARY_KEYS if body.get(key)), None)
        if primary is not None:
            targets.append(self._target(body[primary], provider, AGENTS, name, primary))
        fallbacks: list[tuple[object, tuple[Step, ...]]] = []
        for key in FALLBACK_KEYS:
            value = body.get(key) or None
            items = as_list(value)
            if items is not None:
                fallbacks.extend((item, (key, index)) for index, item in enumerate(items))
            elif value is not None:
                fallbacks.append((value, (key,)))
        if len(fallbacks) > MOST_TARGETS:
            self._note("too-many", f"{name} has more than {MOST_TARGETS} fallbacks", AGENTS, name)
        for item, steps in fallbacks[:MOST_TARGETS]:
            targets.append(self._target(item, None, AGENTS, name, *steps, otherwise=provider))
        return tuple(targets), bool(fallbacks)

    def _target(self, item: object, provider: str | None, *trail: Step, otherwise: str | None = None) -> Target:
        """Read one entry of a chain: a name, or an object with a name and perhaps a provider of its own."""
        body = as_table(item) or {"model": item}
        text = text_of(body, MODEL_KEYS)
        if text is None:
            self._note("wrong-type", f"{trail[1]}.{trail[2]} names no model that is understood", *trail)
            return not_understood(self.document, *trail)
        own = text_of(body, PROVIDER_KEYS) or provider
        return read_target(self.document, self.directory, text, own, *trail, otherwise=otherwise)

    def _note_odd(self, name: str, body: Mapping[str, object]) -> None:
        """Note what in an agent has no effect or another than was meant."""
        for key, value in body.items():
            if key not in KNOWN_KEYS:
                self._note("unknown-key", f"{name}.{key}", AGENTS, name, key)
            elif key in TEXT_KEYS and not isinstance(value, str | None):
                self._note("wrong-type", f"{name}.{key} must be a text", AGENTS, name, key)
            elif key in FLAG_KEYS and not isinstance(value, bool | None):
                self._note("wrong-type", f"{name}.{key} must be true or false", AGENTS, name, key)
        named = [key for key in PRIMARY_KEYS[:-1] if body.get(key)]
        if len(named) > 1:
            self._note("second-name", f"{name} has both {named[0]} and {named[1]}", AGENTS, name, named[1])

    def _note(self, code: str, detail: str, *trail: Step) -> None:
        self.problems.append(self.document.problem(code, detail, *trail))


def _is_sensitive(body: Mapping[str, object]) -> bool:
    """Whether an agent says that it must stay local; what is neither yes nor no is taken as yes."""
    privacy = body.get("privacy")
    is_local = privacy.strip().lower().startswith("local") if isinstance(privacy, str) else bool(privacy)
    return is_local or any(body.get(key) not in (None, False) for key in FLAG_KEYS)
