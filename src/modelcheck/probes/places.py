"""Where models lie unless somebody says otherwise: Ollama's stores, the Hugging Face cache, LM Studio's folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

from modelcheck.core.stores import Basis
from modelcheck.probes import folders
from modelcheck.probes.access import Access

VARIABLE = "OLLAMA_MODELS"


def store_places(access: Access) -> Iterator[tuple[Path, Basis]]:
    """Yield the places of a store that this machine has, and how each is known, the likeliest first."""
    named = stripped(access.environ.get(VARIABLE, ""))
    if named:
        yield Path(named), Basis.SHELL
    if access.home is not None:
        yield access.home / ".ollama" / "models", Basis.STANDARD
    if access.environ and sys.platform == "linux":  # a demo has no environment, and sees nothing of this machine
        yield from ((Path(place), Basis.STANDARD) for place in folders.SERVICE_PLACES)


def hub_places(access: Access) -> Iterator[Path]:
    """Yield where the Hugging Face cache is: the first of its variables decides alone."""
    for variable, steps in (
        ("HF_HUB_CACHE", ()),
        ("HUGGINGFACE_HUB_CACHE", ()),
        ("HF_HOME", ("hub",)),
        ("XDG_CACHE_HOME", ("huggingface", "hub")),
    ):
        named = access.environ.get(variable, "").strip()
        if named:
            yield expanded(named, access.home).joinpath(*steps)
            return
    if access.home is not None:
        yield access.home / ".cache" / "huggingface" / "hub"


def studio_places(access: Access) -> Iterator[Path]:
    """Yield where LM Studio keeps models, as it does now and as it did before."""
    if access.home is not None:
        yield access.home / ".lmstudio" / "models"
        yield access.home / ".cache" / "lm-studio" / "models"


def stripped(value: str) -> str:
    """Return a variable's value as Ollama strips it."""
    return value.strip(" \t\r\n\"'")


def expanded(text: str, home: Path | None) -> Path:
    """Return a path whose `~` stands for the home folder."""
    if home is not None and (text == "~" or text.startswith(("~/", "~\\"))):
        return home.joinpath(text[2:])
    return Path(text)
