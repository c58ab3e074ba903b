"""How Ollama reads its variables; the values are those of its own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.variables import Kind, Reading, kind_of, listens, opens_to_pages, reading


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("NUM_PARALLEL", "4", Reading("4")),
        ("NUM_PARALLEL", ' "4" ', Reading("4")),
        ("NUM_PARALLEL", "007", Reading("7")),
        ("NUM_PARALLEL", "", Reading("1")),
        ("NUM_PARALLEL", "four", Reading("1", understood=False)),
        ("NUM_PARALLEL", "-1", Reading("1", understood=False)),
        ("NUM_PARALLEL", "+1", Reading("1", understood=False)),
        ("NUM_PARALLEL", "1.5", Reading("1", understood=False)),
        ("MAX_QUEUE", str(1 << 64), Reading("512", understood=False)),
        ("MAX_QUEUE", "9" * 400, Reading("512", understood=False)),
        ("GPU_OVERHEAD", str((1 << 64) - 1), Reading(str((1 << 64) - 1))),
        ("FLASH_ATTENTION", "", Reading("")),
        ("FLASH_ATTENTION", "1", Reading("true")),
        ("FLASH_ATTENTION", "False", Reading("false")),
        ("FLASH_ATTENTION", "off", Reading("true", understood=False)),
        ("FLASH_ATTENTION", "tRUE", Reading("true", understood=False)),
        ("NOPRUNE", "", Reading("false")),
        ("KEEP_ALIVE", "", Reading("300 s")),
        ("KEEP_ALIVE", "30m", Reading("1800 s")),
        ("KEEP_ALIVE", "1h30m0.5s", Reading("5400.5 s")),
        ("KEEP_ALIVE", ".5s", Reading("0.5 s")),
        ("KEEP_ALIVE", "1.h", Reading("3600 s")),
        ("KEEP_ALIVE", "24", Reading("24 s")),
        ("KEEP_ALIVE", "0", Reading("0 s")),
        ("KEEP_ALIVE", "-1", Reading("for ever")),
        ("KEEP_ALIVE", "-1m", Reading("for ever")),
        ("KEEP_ALIVE", "5 minutes", Reading("300 s", understood=False)),
        ("KEEP_ALIVE", "5d", Reading("300 s", understood=False)),
        ("KEEP_ALIVE", "forever", Reading("300 s", understood=False)),
        ("HOST", "", Reading("127.0.0.1:11434")),
        ("HOST", "0.0.0.0", Reading("0.0.0.0:11434")),
        ("HOST", ":8080", Reading(":8080")),
        ("HOST", "http://box", Reading("box:80")),
        ("HOST", "http://127.0.0.1:1/api", Reading("127.0.0.1:1")),
        ("HOST", "::1", Reading("[::1]:11434")),
        ("HOST", "[::]:9", Reading("[::]:9")),
        ("HOST", "127.0.0.1:99999", Reading("127.0.0.1:11434", understood=False)),
        ("HOST", "127.0.0.1:" + "9" * 400, Reading("127.0.0.1:11434", understood=False)),
        ("HOST", "127.0.0.1:llama", Reading("127.0.0.1:11434", understood=False)),
        ("HOST", "127.0.0.1:", Reading("127.0.0.1:11434", understood=False)),
        ("HOST", "a b", Reading("", understood=False)),
        ("KV_CACHE_TYPE", "Q8_0", Reading("q8_0")),
        ("KV_CACHE_TYPE", "q8", Reading("q8", understood=False)),
        ("KV_CACHE_TYPE", "", Reading("")),
        ("ORIGINS", "http://b, http://a", Reading("http://a,http://b")),
        ("MODELS", "'/data'", Reading("/data")),
        ("LLM_LIBRARY", "cpu", Reading("cpu")),
        ("API_KEY", "set", Reading("set")),
    ],
)
def test_a_value_is_read_as_ollama_reads_it(name: str, value: str, expected: Reading) -> None:
    assert reading(f"OLLAMA_{name}", value) == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("OLLAMA_HOST", Kind.ADDRESS),
        ("OLLAMA_API_KEY", Kind.HIDDEN),
        ("OLLAMA_OF_TOMORROW", Kind.HIDDEN),
        ("GGML_CUDA_ENABLE_UNIFIED_MEMORY", Kind.HIDDEN),
        ("CUDA_VISIBLE_DEVICES", Kind.TEXT),
        ("https_proxy", Kind.HIDDEN),
        ("NO_PROXY", Kind.HIDDEN),
        ("PATH", None),
        ("OPENAI_API_KEY", None),
        ("XOLLAMA_HOST", None),
        ("OLLAMA_" + "A" * 61, None),
        ("", None),
    ],
)
def test_only_what_is_a_servers_business_has_a_kind(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize("origins", ["*", "http://*", "https://*", "http://a, *", "http://*:8080", '"*"'])
def test_a_list_that_any_page_is_on(origins: str) -> None:
    assert opens_to_pages(origins)


@pytest.mark.parametrize("origins", ["", "http://a", "chrome-extension://*", "https://*.example.com", "app://*", "…"])
def test_a_list_that_not_every_page_is_on(origins: str) -> None:
    assert not opens_to_pages(origins)


@given(
    st.sampled_from(["HOST", "KEEP_ALIVE", "MAX_QUEUE", "NOPRUNE", "ORIGINS", "KV_CACHE_TYPE"]), st.text(max_size=200)
)
def test_any_text_is_read_as_something(name: str, value: str) -> None:
    first = reading(f"OLLAMA_{name}", value)

    assert isinstance(first.value, str)
    assert listens(value) is None or name


@given(st.integers(0, (1 << 63) - 1))
def test_a_count_is_itself(count: int) -> None:
    assert reading("OLLAMA_MAX_QUEUE", f" {count} ") == Reading(str(count))
