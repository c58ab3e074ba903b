"""The tensors of known models, made from the numbers of their published configurations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gguf_file import Tensor

F32 = 0


@dataclass(frozen=True)
class Experts:
    """The experts of a mixture."""

    count: int
    width: int
    """Elements between the two halves of one expert."""
    shared: int = 0
    """The same of what every token passes through beside them."""
    dense_layers: int = 0
    """Layers at the start that have none."""
    stacked: bool = True
    """Whether one tensor holds all experts of a layer; files of early 2024 have one for each."""
    kind: int | None = None
    biases: bool = False


@dataclass(frozen=True)
class Latent:
    """Compressed keys and values (MLA)."""

    rank: int
    rope: int
    plain: int
    """Elements of a key's part that is not turned."""
    value: int
    query_rank: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a model is built from; numbers of types are ggml's."""

    layers: int
    width: int
    vocabulary: int
    heads: int
    kv_heads: int
    head: int
    """Elements of one head."""
    feed: int
    kind: int
    embedding: int | None = None
    """The type of the embedding where it is another."""
    output: int | None = None
    tied: bool = False
    joined: Literal["", "qkv", "qkv+up"] = ""
    """Whether queries, keys and values are one tensor, and the two upper halves of the feed-forward part."""
    gated: bool = True
    biases: tuple[str, ...] = ()
    norms: tuple[str, ...] = ("attn_norm", "ffn_norm")
    head_norms: bool = False
    experts: Experts | None = None
    latent: Latent | None = None
    positions: int = 0


def tensors_of(plan: Plan) -> list[Tensor]:
    """All tensors of a model."""
    return [*_ends(plan), *(tensor for layer in range(plan.layers) for tensor in _layer(plan, layer))]


def _ends(plan: Plan) -> Iterator[Tensor]:
    kind = plan.kind if plan.embedding is None else plan.embedding
    yield "token_embd.weight", (plan.width, plan.vocabulary), kind
    if plan.positions:
        yield "position_embd.weight", (plan.width, plan.positions), kind
    yield "output_norm.weight", (plan.width,), F32
    if not plan.tied:
        yield "output.weight", (plan.width, plan.vocabulary), plan.kind if plan.output is None else plan.output


def _layer(plan: Plan, layer: int) -> Iterator[Tensor]:
    for norm in plan.norms:
        yield f"blk.{layer}.{norm}.weight", (plan.width,), F32
    matrices = _latent(plan, plan.latent) if plan.latent else _attention(plan)
    experts = plan.experts if plan.experts and layer >= plan.experts.dense_layers else None
    matrices += _mixture(plan, experts) if experts else _feed(plan, plan.feed, "")
    for name, sizes, kind in matrices:
        yield f"blk.{layer}.{name}.weight", sizes, kind
        if name.partition(".")[0] in plan.biases:
            yield f"blk.{layer}.{name}.bias", sizes[1:], F32
    if plan.head_norms:
        yield f"blk.{layer}.attn_q_norm.weight", (plan.head,), F32
        yield f"blk.{layer}.attn_k_norm.weight", (plan.head,), F32


def _attention(plan: Plan) -> list[Tensor]:
    queries, keys = plan.heads * plan.head, plan.kv_heads * plan.head
    rows = {"attn_q": queries, "attn_k": keys, "attn_v": keys}
    if plan.joined:
        rows = {"attn_qkv": queries + 2 * keys}
    made: list[Tensor] = [(name, (plan.width, size), plan.kind) for name, size in rows.items()]
    return [*made, ("attn_output", (queries, plan.width), plan.kind)]


def _latent(plan: Plan, latent: Latent) -> list[Tensor]:
    key = latent.plain + latent.rope
    made: list[Tensor] = [("attn_q", (plan.width, plan.heads * key), plan.kind)]
    if latent.query_rank:
        made = [
            ("attn_q_a", (plan.width, latent.query_rank), plan.kind),
            ("attn_q_b", (latent.query_rank, plan.heads * key), plan.kind),
        ]
    return [
        *made,
        ("attn_kv_a_mqa", (plan.width, latent.rank + latent.rope), plan.kind),
        ("attn_k_b", (latent.plain, latent.rank, plan.heads), plan.kind),
        ("attn_v_b", (latent.rank, latent.value, plan.heads), plan.kind),
        ("attn_output", (plan.heads * latent.value, plan.width), plan.kind),
    ]


def _feed(plan: Plan, width: int, suffix: str) -> list[Tensor]:
    up = 2 * width if plan.joined == "qkv+up" else width
    made: list[Tensor] = [
        (f"ffn_up{suffix}", (plan.width, up), plan.kind),
        (f"ffn_down{suffix}", (width, plan.width), plan.kind),
    ]
    if plan.gated and plan.joined != "qkv+up":
        made.append((f"ffn_gate{suffix}", (plan.width, width), plan.kind))
    return made


def _mixture(plan: Plan, experts: Experts) -> list[Tensor]:
    kind = plan.kind if experts.kind is None else experts.kind
    made: list[Tensor] = [("ffn_gate_inp", (plan.width, experts.count), F32)]
    if experts.shared:
        made += _feed(plan, experts.shared, "_shexp")
    one = {"ffn_gate": (plan.width, experts.width), "ffn_up": (plan.width, experts.width)}
    one["ffn_down"] = (experts.width, plan.width)
    for name, sizes in one.items():
        if experts.stacked:
            made.append((f"{name}_exps", (*sizes, experts.count), kind))
        else:
            made += [(f"{name}.{number}", sizes, kind) for number in range(experts.count)]
    return made
