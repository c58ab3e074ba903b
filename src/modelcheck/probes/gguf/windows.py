"""Layers that keep a window of the context: which they are, and how much they keep."""

from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.probes.gguf.keys import Keys
from modelcheck.probes.gguf.tables import Rule, architectures

WINDOW_KEYS = frozenset({"attention.sliding_window", "attention.sliding_window_pattern"})
"""The keys of an architecture that are read here."""

_WINDOW, _PATTERN = "attention.sliding_window", "attention.sliding_window_pattern"


def windows(keys: Keys, layers: int) -> tuple[int | None, ...]:
    """Return for each layer the tokens that it keeps at most, None for all. Raises Unseen."""
    known, name = architectures(), seen(keys.architecture)
    rule = known.windows.get(name)
    if name in known.full or (rule is not None and rule.layers not in {None, layers}):
        return (None,) * layers
    size = _size(keys, rule)
    if not size:
        return (None,) * layers
    if rule is None and not keys.is_list(_PATTERN):
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=name))
    kept = -(-(size + known.batch) // known.rounding) * known.rounding
    return tuple(kept if windowed else None for windowed in _pattern(keys, rule or Rule(), layers))


def _size(keys: Keys, rule: Rule | None) -> int:
    """Tokens that a layer with a window looks back; none where there are no windows."""
    default = rule.window if rule is not None and rule.window is not None else 0
    stated = seen(keys.number(_WINDOW, default))
    return default if stated and rule is not None and rule.always else stated


def _pattern(keys: Keys, rule: Rule, layers: int) -> tuple[bool, ...]:
    if keys.is_list(_PATTERN):
        marks = seen(keys.flags(_PATTERN))
        if len(marks) < layers:
            raise Unseen(Gap(Why.UNREADABLE, about=_PATTERN))
        return marks[:layers]
    every = seen(keys.number(_PATTERN, rule.every))
    if not every:
        return (True,) * layers
    full = 0 if rule.first else every - 1
    return tuple(layer % every != full for layer in range(layers))
