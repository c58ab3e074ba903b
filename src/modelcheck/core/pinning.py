"""Ids of hosted models: which of them always mean the same model, and which may mean another one tomorrow."""

import re

from modelcheck.core.project import Engine

MOST_CHARACTERS = 200
"""A longer text is no id."""
_FIRST_DATELESS = (4, 6)
"""From this generation on Anthropic's ids have no date and mean one model all the same."""

_ANTHROPIC_DATED = re.compile(r"claude-.*-[0-9]{8}")
_ANTHROPIC = re.compile(r"claude-[a-z]+-([0-9]{1,2})(?:-([0-9]{1,2}))?")
_ANTHROPIC_LATEST = re.compile(r"claude-.*-latest")
_OPENAI_DATED = re.compile(r"ft:.*|.*-[0-9]{4}-[0-9]{2}-[0-9]{2}|.*-[0-9]{4}(?:-preview)?")
_OPENAI = re.compile(r"(?:gpt-|chatgpt-|codex-|computer-use-|o[0-9]).*")


def is_pinned(engine: Engine, model: str) -> bool | None:
    """Whether an id means one model for ever; None where its grammar does not tell, as for names of deployments."""
    if len(model) > MOST_CHARACTERS:
        return None
    if engine is Engine.ANTHROPIC:
        return _of_anthropic(model)
    if engine is Engine.OPENAI:
        return _of_openai(model)
    return None


def _of_anthropic(model: str) -> bool | None:
    if _ANTHROPIC_DATED.fullmatch(model):
        return True
    version = _ANTHROPIC.fullmatch(model)
    if version is not None:
        return (int(version[1]), int(version[2] or 0)) >= _FIRST_DATELESS
    return False if _ANTHROPIC_LATEST.fullmatch(model) else None


def _of_openai(model: str) -> bool | None:
    """Embeddings, speech and images have no dated ids that could be chosen."""
    if _OPENAI_DATED.fullmatch(model):
        return True
    return False if _OPENAI.fullmatch(model) else None
