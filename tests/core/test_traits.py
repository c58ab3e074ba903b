"""What names and descriptions tell of a model: by convention, never by guessing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.app.tables import table
from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.machine import Entry
from modelcheck.core.tables import Families, Family
from modelcheck.core.traits import Traits, traits

FAMILIES = table(Families)

any_text = st.text(st.characters(exclude_categories=()), max_size=400)
name_like = st.lists(
    st.sampled_from([*"/:-_.xbvq0123456789٣", "llama", "qwen", "embed", "q4_k_m", "8x7b", "fp16", "E4B", "latest"]),
    max_size=20,
).map("".join)


@given(any_text | name_like, st.one_of(st.just(NOT_RECORDED), any_text), st.one_of(st.just(NOT_RECORDED), any_text))
def test_any_name_and_description_has_traits(name: str, parameters: str | Gap, quantisation: str | Gap) -> None:
    found = traits(name, FAMILIES, Entry(name, parameters=parameters, quantisation=quantisation))

    assert (found.family is None) == (found.line is None)
    assert (found.size is None) == (found.billions is None)
    assert found.role in {"chat", "code", "embedding", "vision"}


@pytest.mark.parametrize(
    ("name", "family", "line", "version", "role"),
    [
        ("llama3:8b-instruct-q6_k", "llama", "llama", "3", "chat"),
        ("llama3.1:8b", "llama", "llama", "3.1", "chat"),
        ("meta-llama/Llama-3.2-1B", "llama", "llama", "3.2", "chat"),
        ("codellama:7b", "codellama", "llama", None, "code"),
        ("llama3.2-vision:11b", "llama", "llama", "3.2", "vision"),
        ("mistral:8x7b-instruct-v0.1-q3_k_m", "mistral", "mistral", None, "chat"),
        ("mixtral-8x7b", "mixtral", "mistral", None, "chat"),
        ("nous-hermes-2-mistral-7b-dpo:latest", "mistral", "mistral", None, "chat"),
        ("code-stral:latest", "codestral", "mistral", None, "code"),
        ("ministral-8b", "magistral", "mistral", None, "chat"),
        ("qwen2.5-coder:1.5b", "qwen", "qwen", "2.5", "code"),
        ("qwen-coder-32b:latest", "qwen", "qwen", None, "code"),
        ("qwen2.5vl:7b", "qwen", "qwen", "2.5", "vision"),
        ("qwen3-embedding:8b", "qwen", "qwen", "3", "embedding"),
        ("starcoder2:3b", "starcoder", "starcoder", "2", "code"),
        ("deepseek-coder:33b", "deepseek", "deepseek", None, "code"),
        ("codegemma:7b", "gemma", "gemma", None, "code"),
        ("gemma3n:e4b", "gemma", "gemma", "3", "chat"),
        ("gpt-oss:20b", "gpt-oss", "gpt-oss", None, "chat"),
        ("yi:34b", "yi", "yi", None, "chat"),
        ("yi-coder:9b", "yi", "yi", None, "code"),
        ("command-r7b", "command-r", "command", None, "chat"),
        ("nomic-embed-text:latest", "nomic-embed", "nomic", None, "embedding"),
        ("bge-m3", "bge", "bge", None, "embedding"),
        ("all-minilm:22m", "all-minilm", "minilm", None, "embedding"),
        ("lux_model:latest", "lux_model", "lux_model", None, "chat"),
        ("me/LUX_Model:7b", "lux_model", "lux_model", None, "chat"),
        ("philosopher:7b", "philosopher", "philosopher", None, "chat"),
        ("yixin", "yixin", "yixin", None, "chat"),
        (":7b", None, None, None, "chat"),
        ("", None, None, None, "chat"),
    ],
)
def test_family_version_and_role(
    name: str, family: str | None, line: str | None, version: str | None, role: str
) -> None:
    found = traits(name, FAMILIES)

    assert (found.family, found.line, found.version, found.role) == (family, line, version, role)


@pytest.mark.parametrize(
    ("name", "size", "billions"),
    [
        ("llama3:8b-instruct-q6_k", "8b", Fraction(8)),
        ("qwen2.5-coder:1.5b", "1.5b", Fraction(3, 2)),
        ("mixtral-8x7b", "8x7b", Fraction(56)),
        ("mixtral:8x22b-instruct", "8x22b", Fraction(176)),
        ("all-minilm:22m", "22m", Fraction(22, 1000)),
        ("gemma3n:e4b", "4b", Fraction(4)),
        ("qwen-coder-32b:latest", "32b", Fraction(32)),
        ("x:8.0b", "8b", Fraction(8)),
        ("x:8x7.0b", "8x7b", Fraction(56)),
        ("x:0.50b", "0.5b", Fraction(1, 2)),
        ("x:10b", "10b", Fraction(10)),
        ("code-stral:latest", None, None),
        ("a1.2.3b", None, None),
        ("web2", None, None),
    ],
)
def test_size(name: str, size: str | None, billions: Fraction | None) -> None:
    found = traits(name, FAMILIES)

    assert (found.size, found.billions) == (size, billions)


@pytest.mark.parametrize(
    ("name", "quantisation"),
    [
        ("llama3:8b-instruct-q6_k", "q6_k"),
        ("mistral:8x7b-instruct-v0.1-q3_k_m", "q3_k_m"),
        ("x:8b-iq4_xs", "iq4_xs"),
        ("x:8b-FP16", "fp16"),
        ("x:latest", None),
        ("q9_k", None),
        ("mxq4_0", None),
    ],
)
def test_quantisation(name: str, quantisation: str | None) -> None:
    assert traits(name, FAMILIES).quantisation == quantisation


def test_where_a_name_is_silent_its_description_speaks() -> None:
    entry = Entry("code-stral:latest", family="llama", parameters="22.0B", quantisation="Q4_K_M")

    assert traits(entry.name, FAMILIES, entry) == Traits(
        family="codestral",
        line="mistral",
        version=None,
        role="code",
        size="22b",
        billions=Fraction(22),
        quantisation="q4_k_m",
    )


def test_a_name_outweighs_its_description() -> None:
    entry = Entry("x:8b-q6_k", parameters="22.0B", quantisation="Q4_K_M")

    assert (traits(entry.name, FAMILIES, entry).size, traits(entry.name, FAMILIES, entry).quantisation) == (
        "8b",
        "q6_k",
    )


def test_of_several_families_in_a_name_the_longest_word_counts() -> None:
    short, long = Family("short", ("ab",), "one"), Family("long", ("ab-cd",), "two")

    for families in ((short, long), (long, short)):
        assert traits("ab-cd-7b", Families("2026-01-01", families)).family == "long"


@pytest.mark.parametrize("family", FAMILIES.families, ids=lambda family: family.name)
def test_every_word_of_the_table_tells_its_family(family: Family) -> None:
    for word in family.words:
        assert traits(f"{word}:7b", FAMILIES).family == family.name
    assert family.line
    assert len(family.words) == len(set(family.words))


def test_names_of_families_are_unique() -> None:
    names = [family.name for family in FAMILIES.families]

    assert len(names) == len(set(names))
