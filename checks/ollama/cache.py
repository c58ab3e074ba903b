"""The cache of keys and values: its type, and the flash attention that a quantised one needs."""

from fractions import Fraction

from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import LocalModel
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.machine import Contacts, Versions
from modelcheck.core.needs import other_product
from modelcheck.core.ollama_settings import (
    COARSE_CACHES,
    PLAIN_CACHES,
    Attention,
    cache_type,
    flash_attention,
    place_of,
)
from modelcheck.core.serving import ServerSetups
from modelcheck.core.text import printable
from modelcheck.core.variables import CACHE_TYPE, CACHE_TYPES, FLASH
from modelcheck.core.version import Version

AUTOMATIC_SINCE = "0.30.0"
"""The first version of Ollama that uses flash attention by itself wherever the card has it."""


@check(
    "OLL-08",
    "Flash attention and cache type suit the model",
    points=1.5,
    per=LocalModel,
    effort=Effort.MINUTES,
    fix="Set OLLAMA_KV_CACHE_TYPE to f16, or to q8_0 with OLLAMA_FLASH_ATTENTION=1, and restart the server.",
    says={
        "plain": "the cache of {model} is not quantised ({type})",
        "quantised": "the cache of {model} is quantised ({type}), and its server has the flash attention for it",
        "no-type": "{variable} is {type}, and there is no such type: since Ollama 0.30 no model loads",
        "needs-flash": "the cache is to be {type}, which needs flash attention, and {variable} turns that off",
        "coarse": "a cache of {type} costs {model} precision: several of its heads share one key",
        "other-engine": "{model} runs on {product}",
    },
)
def cache_suits(
    model: LocalModel,
    contacts: Contacts | Gap,
    setups: ServerSetups | Gap,
    anatomies: Anatomies | Gap,
    versions: Versions | Gap,
) -> Verdict:
    """A cache that is too coarse blurs long prompts; one that the server cannot use keeps models from loading."""
    product = other_product(model.engine, model.key.server, contacts)
    if product is not None:
        return not_applicable("other-engine", model=model.label, product=product.value)
    setup = seen(seen(setups).servers[model.key.server])
    kind = seen(cache_type(setup))
    if kind not in CACHE_TYPES:
        return failed("no-type", place_of(setup, CACHE_TYPE), variable=CACHE_TYPE, type=printable(kind, 40))
    if kind in PLAIN_CACHES:
        return passed("plain", model=model.label, type=kind)
    attention = seen(flash_attention(setup))
    if attention is Attention.OFF:
        return failed("needs-flash", place_of(setup, FLASH), variable=FLASH, type=kind)
    if attention is Attention.AUTO:
        _require_automatic(seen(seen(versions).servers[model.key.server]))
    if kind in COARSE_CACHES and seen(seen(seen(anatomies).models[model.key]).grouped):
        return partial("coarse", Fraction(1, 2), place_of(setup, CACHE_TYPE), model=model.label, type=kind)
    return passed("quantised", model=model.label, type=kind)


def _require_automatic(text: str) -> None:
    """Leave the check where this version uses flash attention only for some models, or is none that can be told."""
    version, since = Version.parse(text), Version.parse(AUTOMATIC_SINCE)
    if version is None or since is None or version < since:
        raise Unseen(Gap(Why.UNDECIDED, about=f"flash attention of version {printable(text, 40)}", hint=f"{FLASH}=1"))
