"""Layers that keep a state of fixed size in place of a cache: which they are, and what one of them keeps."""

from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.probes.gguf.keys import LARGEST, Keys, at
from modelcheck.probes.gguf.tables import Hybrid, architectures

STATE_KEYS = frozenset(
    {
        "attention.recurrent_layers",
        "full_attention_interval",
        "kda.head_dim",
        "shortconv.l_cache",
        "ssm.conv_kernel",
        "ssm.group_count",
        "ssm.inner_size",
        "ssm.state_size",
        "token_shift_count",
        "wkv.head_size",
    }
)
"""The keys of an architecture that are read here."""

_STATE_BYTES = 4  # always f32


def recurrent_layers(keys: Keys, kv_heads: tuple[int, ...]) -> tuple[bool, ...]:
    """Tell for each layer whether it keeps a state. Raises Unseen."""
    known, name = architectures(), seen(keys.architecture)
    layers = len(kv_heads)
    if name in known.recurrent:
        return (True,) * layers
    hybrid = known.hybrids.get(name)
    if hybrid is None:
        return (False,) * layers
    if hybrid.by == "both":
        return (True,) * layers
    if hybrid.by == "every":
        return _by_interval(keys, hybrid, kv_heads)
    if hybrid.by == "idle":
        feed = keys.per_layer("feed_forward_length")
        return tuple(not heads and not seen(at(feed, layer)) for layer, heads in enumerate(kv_heads))
    return tuple(not heads for heads in kv_heads)


def state_of_one(keys: Keys) -> int:
    """Return the bytes of state of one such layer, for one slot. Raises Unseen."""

    def number(name: str, default: int | None = None) -> int:
        return seen(keys.number(name, default))

    if keys.states("wkv.head_size"):
        elements = number("embedding_length") * (number("token_shift_count", 2) + number("wkv.head_size"))
    elif keys.states("shortconv.l_cache"):
        elements = number("embedding_length") * max(0, number("shortconv.l_cache") - 1)
    elif keys.states("kda.head_dim"):
        width = number("kda.head_dim") * seen(at(keys.per_layer("attention.head_count"), 0))
        elements = 3 * max(0, number("ssm.conv_kernel") - 1) * width + number("kda.head_dim") * width
    else:
        inner, size = number("ssm.inner_size"), number("ssm.state_size")
        rolling = inner + 2 * number("ssm.group_count", 0) * size
        elements = max(0, number("ssm.conv_kernel") - 1) * rolling + inner * size
    if elements > LARGEST // _STATE_BYTES:
        raise Unseen(Gap(Why.UNREADABLE, about="state"))
    return elements * _STATE_BYTES


def _by_interval(keys: Keys, hybrid: Hybrid, kv_heads: tuple[int, ...]) -> tuple[bool, ...]:
    if keys.is_list("attention.recurrent_layers"):
        marks = seen(keys.flags("attention.recurrent_layers"))
        if len(marks) < len(kv_heads):
            raise Unseen(Gap(Why.UNREADABLE, about="attention.recurrent_layers"))
        return marks[: len(kv_heads)]
    every = seen(keys.number("full_attention_interval", hybrid.every))
    if not every:
        raise Unseen(Gap(Why.UNREADABLE, about="full_attention_interval"))
    return tuple(not heads or (layer + 1) % every != 0 for layer, heads in enumerate(kv_heads))
