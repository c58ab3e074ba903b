"""What the layers of a model keep of the context, by the rules of its architecture and the keys of its header."""

from collections import Counter

from modelcheck.core.anatomy import CacheGroup
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.probes.gguf.keys import MOST_LAYERS, Keys, at, spread
from modelcheck.probes.gguf.state import recurrent_layers, state_of_one
from modelcheck.probes.gguf.tables import architectures
from modelcheck.probes.gguf.windows import windows

MOST_ELEMENTS = 1 << 22
"""Of one layer for one token; the largest models have some 60,000."""

_HEADS, _KV_HEADS = "attention.head_count", "attention.head_count_kv"
_KEY, _VALUE = "attention.key_length", "attention.value_length"
_SHARED = "attention.shared_kv_layers"
_UNUSUAL = (
    "attention.indexer.head_count",
    "attention.recurrent_layers",
    _SHARED,
    "full_attention_interval",
    "kda.head_dim",
    "num_loops",
    "shortconv.l_cache",
    "ssm.inner_size",
    "ssm.state_size",
    "wkv.head_size",
)
"""By these an architecture that is not known shows that it is no plain transformer."""

CACHE_KEYS = frozenset(
    {
        "attention.causal",
        _HEADS,
        _KV_HEADS,
        _KEY,
        f"{_KEY}_mla",
        f"{_KEY}_swa",
        "attention.kv_lora_rank",
        _VALUE,
        f"{_VALUE}_mla",
        f"{_VALUE}_swa",
        "block_count",
        "embedding_length",
        "feed_forward_length",
        "nextn_predict_layers",
        "pooling_type",
        *_UNUSUAL,
    }
)
"""The keys of an architecture that are read here."""


def cache_of(keys: Keys) -> tuple[tuple[CacheGroup, ...], int]:
    """Return the layers that keep a cache, and the bytes of state of those that do not. Raises Unseen."""
    known, name = architectures(), seen(keys.architecture)
    if name in known.without_cache or (name == "gemma3" and seen(pools(keys))):
        return (), 0
    _refuse_unusual(keys, name)
    layers = seen(trunk(keys))
    heads = (0,) * layers if name in known.recurrent else seen(kv_heads(keys))
    recurrent = recurrent_layers(keys, heads)
    kept = windows(keys, layers)
    both = name in known.hybrids and known.hybrids[name].by == "both"
    groups: Counter[tuple[int, int | None]] = Counter()
    for layer in range(_own(keys, name, layers)):
        if heads[layer] and (both or not recurrent[layer]):
            groups[heads[layer] * _per_head(keys, windowed=kept[layer] is not None), kept[layer]] += 1
    if any(elements > MOST_ELEMENTS for elements, _ in groups):
        raise Unseen(Gap(Why.UNREADABLE, about=_KEY))
    state = recurrent.count(True) * state_of_one(keys) if any(recurrent) else 0
    return tuple(CacheGroup(count, *group) for group, count in groups.items()), state


def trunk(keys: Keys) -> int | Gap:
    """Return the number of layers that write; those behind them only guess ahead, and are loaded on demand."""
    layers, ahead = keys.number("block_count"), keys.number("nextn_predict_layers", 0)
    if isinstance(layers, Gap):
        return layers
    if isinstance(ahead, Gap):
        return ahead
    return layers - ahead if ahead < layers <= MOST_LAYERS else Gap(Why.UNREADABLE, about="block_count")


def kv_heads(keys: Keys) -> tuple[int, ...] | Gap:
    """Return for each layer how many keys and values it keeps for a token; each head its own where nothing is said."""
    return spread(keys.per_layer(_KV_HEADS if keys.states(_KV_HEADS) else _HEADS), trunk(keys))


def grouped(keys: Keys) -> bool | Gap:
    """Tell whether several heads share one key and value."""
    heads, shared = spread(keys.per_layer(_HEADS), trunk(keys)), kv_heads(keys)
    if isinstance(heads, Gap):
        return heads
    if isinstance(shared, Gap):
        return shared
    return any(few and few < many for many, few in zip(heads, shared, strict=True))


def pools(keys: Keys) -> bool | Gap:
    """Tell whether it is set up to make one vector of a text."""
    pooling = keys.number("pooling_type", 0)
    return pooling if isinstance(pooling, Gap) else pooling > 0 or keys.is_false("attention.causal")


def _refuse_unusual(keys: Keys, name: str) -> None:
    """An architecture of unknown name counts as plain only where its keys leave nothing open."""
    known = architectures()
    if known.writes(name):
        return
    open_rank = keys.states("attention.kv_lora_rank") and not keys.states(f"{_KEY}_mla")
    if name in known.others or keys.states(*_UNUSUAL) or open_rank or seen(pools(keys)) or not keys.states(_KV_HEADS):
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=name))


def _own(keys: Keys, name: str, layers: int) -> int:
    """How many layers, the first ones, keep keys and values of their own."""
    rule = architectures().windows.get(name)
    if rule is not None and rule.own is not None:
        return min(layers, rule.own)
    return max(0, layers - seen(keys.number(_SHARED, 0)))


def _per_head(keys: Keys, *, windowed: bool) -> int:
    """Elements for one token; where they are compressed (MLA), what is kept are keys alone."""
    if seen(keys.number(f"{_KEY}_mla", 0)) and seen(keys.number(f"{_VALUE}_mla", 0)):
        return seen(keys.number(_KEY))
    return sum(_length(keys, name, windowed=windowed) for name in (_KEY, _VALUE))


def _length(keys: Keys, name: str, *, windowed: bool) -> int:
    if windowed and keys.states(f"{name}_swa"):
        return seen(keys.number(f"{name}_swa"))
    if keys.states(name):
        return seen(keys.number(name))
    heads = seen(at(keys.per_layer(_HEADS), 0))
    if not heads:
        raise Unseen(Gap(Why.NOT_RECORDED, about=name))
    return seen(keys.number("embedding_length")) // heads
