"""Which ids of hosted models stand still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.pinning import is_pinned
from modelcheck.core.project import Engine

CLAUDE, GPT = Engine.ANTHROPIC, Engine.OPENAI


@pytest.mark.parametrize(
    ("engine", "model", "pinned"),
    [
        (CLAUDE, "claude-sonnet-4-5-20250929", True),
        (CLAUDE, "claude-3-haiku-20240307", True),
        (CLAUDE, "claude-sonnet-4-6", True),
        (CLAUDE, "claude-opus-5", True),
        (CLAUDE, "claude-fable-5-1", True),
        (CLAUDE, "claude-sonnet-4-5", False),
        (CLAUDE, "claude-opus-4-1", False),
        (CLAUDE, "claude-sonnet-4", False),
        (CLAUDE, "claude-3-5-haiku-latest", False),
        (CLAUDE, "claude-mythos-preview", None),
        (CLAUDE, "my-deployment", None),
        (CLAUDE, "anthropic.claude-sonnet-4-5-20250929-v1:0", None),
        (GPT, "gpt-5-2025-08-07", True),
        (GPT, "gpt-4o-mini-2024-07-18", True),
        (GPT, "gpt-4-0613", True),
        (GPT, "gpt-4-1106-preview", True),
        (GPT, "ft:gpt-4o-mini-2024-07-18:org::id", True),
        (GPT, "gpt-5-mini", False),
        (GPT, "gpt-6.1-sol", False),
        (GPT, "o3", False),
        (GPT, "chatgpt-4o-latest", False),
        (GPT, "text-embedding-3-small", None),
        (GPT, "my-deployment", None),
        (GPT, "gpt-" + "9" * 300, None),
        (Engine.OTHER_CLOUD, "gpt-5-2025-08-07", None),
    ],
)
def test_the_grammar_of_an_id_tells(engine: Engine, model: str, pinned: bool | None) -> None:
    assert is_pinned(engine, model) is pinned


@given(st.sampled_from([CLAUDE, GPT]), st.text(max_size=300))
def test_no_text_breaks_it(engine: Engine, model: str) -> None:
    assert is_pinned(engine, model) in {True, False, None}
