"""What layers keep of the context: by the rules of each kind of architecture, and a gap where keys leave it open."""

from typing import Any

import pytest

from modelcheck.core.anatomy import Anatomy, CacheGroup
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.probes.gguf import Keys, anatomy_of

PLAIN: dict[str, object] = {
    "block_count": 4,
    "embedding_length": 1024,
    "attention.head_count": 8,
    "attention.head_count_kv": 2,
    "attention.key_length": 100,
    "attention.value_length": 28,
}
ONE = 2 * 128
"""Elements that a layer of the plain model keeps for a token."""
SSM: dict[str, object] = {"ssm.conv_kernel": 4, "ssm.inner_size": 100, "ssm.state_size": 16, "ssm.group_count": 2}
NONE: list[bool] = []
SSM_STATE = (3 * (100 + 2 * 2 * 16) + 16 * 100) * 4


def anatomy(architecture: str, *, without: tuple[str, ...] = (), **stated: Any) -> Anatomy:
    """The anatomy by keys alone, given as `group__name`; those of a plain model unless others are given."""
    keys = {key: value for key, value in PLAIN.items() if key not in without}
    keys |= {name.replace("__", "."): value for name, value in stated.items()}
    full: dict[str, object] = {f"{architecture}.{key}": value for key, value in keys.items()}
    return anatomy_of(Keys({"general.architecture": architecture, **full}), Gap(Why.NOT_ASKED))


def named(keys: dict[str, object]) -> dict[str, Any]:
    return {key.replace(".", "__"): value for key, value in keys.items()}


def full(layers: int, elements: int = ONE) -> CacheGroup:
    return CacheGroup(layers, elements)


def window(layers: int, tokens: int, elements: int = ONE) -> CacheGroup:
    return CacheGroup(layers, elements, tokens)


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "phi3", "an-unknown-one"])
def test_every_layer_of_a_plain_transformer_keeps_all(architecture: str) -> None:
    assert anatomy(architecture).cache == (full(4),)
    assert anatomy(architecture).grouped is True


def test_lengths_that_are_not_stated_follow_from_heads() -> None:
    without = ("attention.key_length", "attention.value_length")
    assert anatomy("llama", without=without).cache == (full(4, 2 * 256),)


def test_heads_of_keys_that_are_not_stated_are_those_of_queries() -> None:
    found = anatomy("llama", without=("attention.head_count_kv",))
    assert found.cache == (full(4, 8 * 128),)
    assert found.grouped is False


def test_heads_may_differ_from_layer_to_layer() -> None:
    found = anatomy("openelm", attention__head_count_kv=[2, 4, 4, 8])
    assert found.cache == (full(1), full(2, 4 * 128), full(1, 8 * 128))


def test_a_layer_without_heads_keeps_nothing() -> None:
    assert anatomy("deci", attention__head_count_kv=[2, 0, 0, 2]).cache == (full(2),)


def test_layers_that_only_guess_ahead_keep_nothing() -> None:
    found = anatomy("glm4moe", nextn_predict_layers=1)
    assert (found.layers, found.cache) == (3, (full(3),))


@pytest.mark.parametrize(
    ("stated", "cache"),
    [
        ({}, (window(2, 4608), full(2))),
        ({"attention__sliding_window": 100}, (window(2, 768), full(2))),
        ({"attention__sliding_window": 0}, (full(4),)),
        ({"attention__sliding_window_pattern": 4}, (window(3, 4608), full(1))),
        ({"attention__sliding_window_pattern": 0}, (window(4, 4608),)),
        ({"attention__sliding_window_pattern": [True, False, False, False]}, (window(1, 4608), full(3))),
        ({"attention__sliding_window_pattern": [0, 0, 1, 1, 1]}, (full(2), window(2, 4608))),
    ],
    ids=["by default", "stated", "none", "of so many", "all", "by layer", "by layer in numbers"],
)
def test_windows_are_as_the_file_states_them_else_as_is_known(stated: dict[str, Any], cache: object) -> None:
    assert anatomy("gemma2", **stated).cache == cache


@pytest.mark.parametrize(
    ("architecture", "stated", "cache"),
    [
        ("gemma3", {}, (full(4),)),
        ("gemma3", {"attention__sliding_window": 1024, "block_count": 7}, (window(6, 1536), full(1))),
        ("gptoss", {"attention__sliding_window": 128}, (window(2, 768), full(2))),
        ("cohere2moe", {"attention__sliding_window": 4096}, (full(1), window(3, 4608))),
        ("llama4", {}, (window(3, 8704), full(1))),
        ("llama4", {"attention__sliding_window": 100}, (window(3, 8704), full(1))),
        ("llama4", {"attention__sliding_window": 0}, (full(4),)),
        ("exaone4", {"attention__sliding_window": 4096}, (full(4),)),
        ("exaone4", {"block_count": 64}, (window(48, 4608), full(16))),
        ("gemma3n", {"attention__sliding_window": 512, "block_count": 30}, (window(16, 1024), full(4))),
        ("phi3", {"attention__sliding_window": 2047}, (full(4),)),
        (
            "gemma4",
            {
                "attention__sliding_window": 512,
                "attention__sliding_window_pattern": [True, True, True, False],
                "attention__shared_kv_layers": 1,
                "attention__key_length_swa": 10,
                "attention__value_length_swa": 20,
            },
            (window(3, 1024, 2 * 30),),
        ),
        (
            "an-unknown-one",
            {"attention__sliding_window": 512, "attention__sliding_window_pattern": [True, False, True, False]},
            (window(2, 1024), full(2)),
        ),
    ],
)
def test_each_architecture_has_its_windows(architecture: str, stated: dict[str, Any], cache: object) -> None:
    assert anatomy(architecture, **stated).cache == cache


def test_compressed_keys_are_kept_alone() -> None:
    stated: dict[str, Any] = {
        "attention__head_count_kv": 1,
        "attention__kv_lora_rank": 512,
        "attention__key_length": 576,
    }
    mla: dict[str, Any] = {"attention__key_length_mla": 192, "attention__value_length_mla": 128}
    assert anatomy("deepseek2", **stated, **mla).cache == (full(4, 576),)
    assert anatomy("deepseek2", **stated).cache == (full(4, 576 + 28),)


@pytest.mark.parametrize(
    ("architecture", "stated", "cache", "layers_with_state"),
    [
        ("jamba", {"attention__head_count_kv": [0, 0, 2, 0]}, (full(1),), 3),
        ("granitehybrid", {"attention__head_count_kv": [0, 2, 2, 0]}, (full(2),), 2),
        ("qwen3next", {}, (full(1),), 3),
        ("qwen35", {"full_attention_interval": 2}, (full(2),), 2),
        ("qwen35moe", {"attention__recurrent_layers": [True, False, False, False]}, (full(3),), 1),
        ("falcon-h1", {}, (full(4),), 4),
        ("mamba2", {}, (), 4),
        (
            "nemotron_h",
            {"attention__head_count_kv": [0, 2, 0, 0], "feed_forward_length": [0, 0, 8, 0]},
            (full(1),),
            2,
        ),
    ],
)
def test_hybrids_keep_a_cache_and_a_state(
    architecture: str, stated: dict[str, Any], cache: object, layers_with_state: int
) -> None:
    found = anatomy(architecture, **named(SSM), **stated)
    assert found.cache == cache
    assert found.state == layers_with_state * SSM_STATE


@pytest.mark.parametrize(
    ("architecture", "stated", "state"),
    [
        ("lfm2", {"attention__head_count_kv": [0, 0, 2, 2], "shortconv__l_cache": 3}, 2 * 1024 * 2 * 4),
        ("rwkv6", {"wkv__head_size": 64}, 4 * 1024 * (2 + 64) * 4),
        ("rwkv7", {"wkv__head_size": 64, "token_shift_count": 1}, 4 * 1024 * (1 + 64) * 4),
        (
            "kimi-linear",
            {"attention__head_count_kv": [0, 2, 2, 2], "kda__head_dim": 16, "ssm__conv_kernel": 4},
            (3 * 3 * 8 * 16 + 16 * 16 * 8) * 4,
        ),
        ("mamba", {**named(SSM), "ssm__group_count": 0}, 4 * (3 * 100 + 16 * 100) * 4),
    ],
)
def test_states_are_of_a_fixed_size(architecture: str, stated: dict[str, Any], state: int) -> None:
    assert anatomy(architecture, **stated).state == state


@pytest.mark.parametrize("architecture", ["bert", "nomic-bert", "gemma-embedding"])
def test_what_embeds_keeps_nothing(architecture: str) -> None:
    found = anatomy(architecture, pooling_type=1)
    assert (found.cache, found.state, found.embeds) == ((), 0, True)


def test_a_model_that_writes_may_be_set_up_to_embed() -> None:
    assert anatomy("qwen3", pooling_type=3).embeds is True
    assert anatomy("qwen3", pooling_type=0).embeds is False
    assert anatomy("llama", attention__causal=False).embeds is True
    assert anatomy("gemma3", pooling_type=1).cache == ()


def test_what_writes_whole_texts_at_once_keeps_nothing() -> None:
    found = anatomy("llada")
    assert (found.cache, found.embeds) == ((), False)


NOT_UNDERSTOOD = Gap(Why.NOT_UNDERSTOOD, about="an-unknown-one")


@pytest.mark.parametrize(
    "stated",
    [
        {"attention__sliding_window": 4096},
        {"attention__kv_lora_rank": 512},
        {"ssm__state_size": 16},
        {"full_attention_interval": 4},
        {"attention__shared_kv_layers": 2},
        {"attention__indexer__head_count": 2},
        {"pooling_type": 1},
        {"attention__causal": False},
    ],
)
def test_an_unknown_architecture_whose_keys_are_ambiguous_is_a_gap(stated: dict[str, Any]) -> None:
    found = anatomy("an-unknown-one", **stated)
    assert found.cache == NOT_UNDERSTOOD
    assert found.embeds == NOT_UNDERSTOOD


def test_an_unknown_architecture_must_state_its_heads_of_keys() -> None:
    assert anatomy("an-unknown-one", without=("attention.head_count_kv",)).cache == NOT_UNDERSTOOD
    assert anatomy("an-unknown-one").embeds is False


def test_an_architecture_with_rules_of_its_own_is_a_gap() -> None:
    assert anatomy("t5").cache == Gap(Why.NOT_UNDERSTOOD, about="t5")


def unreadable(key: str) -> Gap:
    return Gap(Why.UNREADABLE, about=key)


@pytest.mark.parametrize(
    ("stated", "gap"),
    [
        ({"block_count": 513}, unreadable("block_count")),
        ({"block_count": 0}, unreadable("block_count")),
        ({"nextn_predict_layers": 4}, unreadable("block_count")),
        ({"nextn_predict_layers": "1"}, unreadable("gemma2.nextn_predict_layers")),
        ({"block_count": None}, unreadable("gemma2.block_count")),
        ({"attention__head_count_kv": None}, unreadable("gemma2.attention.head_count_kv")),
        ({"attention__head_count_kv": []}, unreadable("gemma2.attention.head_count_kv")),
        ({"attention__head_count_kv": [2, 2]}, unreadable("layer 2")),
        ({"attention__head_count_kv": [2, 2, 2, "2"]}, unreadable("gemma2.attention.head_count_kv")),
        ({"attention__key_length": 1 << 40}, unreadable("attention.key_length")),
        ({"attention__key_length": (1 << 40) + 1}, unreadable("gemma2.attention.key_length")),
        ({"attention__sliding_window": 1.5}, unreadable("gemma2.attention.sliding_window")),
        ({"attention__sliding_window_pattern": [True, False]}, unreadable("attention.sliding_window_pattern")),
        ({"attention__sliding_window_pattern": [2] * 4}, unreadable("gemma2.attention.sliding_window_pattern")),
        ({"attention__sliding_window_pattern": [NONE] * 4}, unreadable("gemma2.attention.sliding_window_pattern")),
        ({"attention__sliding_window_pattern": "x"}, unreadable("gemma2.attention.sliding_window_pattern")),
    ],
)
def test_what_cannot_be_read_is_a_gap_and_never_a_default(stated: dict[str, Any], gap: Gap) -> None:
    assert anatomy("gemma2", **stated).cache == gap


def test_no_heads_give_no_lengths() -> None:
    without = ("attention.key_length",)
    found = anatomy("llama", without=without, attention__head_count=[0, 8, 8, 8])
    assert found.cache == Gap(Why.NOT_RECORDED, about="attention.key_length")
    assert anatomy("gemma4", attention__sliding_window=512).cache == NOT_RECORDED


@pytest.mark.parametrize(
    ("architecture", "stated", "gap"),
    [
        ("jamba", {"attention__head_count_kv": [0, 0, 2, 2]}, NOT_RECORDED),
        ("jamba", {"attention__head_count_kv": [0, 0, 2, 2], **named(SSM), "ssm__inner_size": 1 << 40}, None),
        ("qwen35", {"attention__recurrent_layers": [True]}, unreadable("attention.recurrent_layers")),
        ("qwen35", {"full_attention_interval": 0}, unreadable("full_attention_interval")),
        (
            "nemotron_h",
            {"attention__head_count_kv": [2, 0, 0, 0], "feed_forward_length": [1]},
            unreadable("layer 1"),
        ),
    ],
)
def test_a_state_that_is_not_known_leaves_the_whole_open(
    architecture: str, stated: dict[str, Any], gap: Gap | None
) -> None:
    found = anatomy(architecture, **stated)
    assert found.cache == (gap or unreadable("state"))
    assert found.state == 0


def test_without_an_architecture_nothing_is_known() -> None:
    found = anatomy_of(Keys({"llama.block_count": 32}), Gap(Why.NOT_ASKED))
    assert {found.architecture, found.cache, found.layers, found.embeds, found.grouped} == {NOT_RECORDED}
