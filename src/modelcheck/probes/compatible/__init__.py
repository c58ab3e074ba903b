"""Local servers that speak OpenAI's API: which product answered, what it lists and what it holds in memory.

What such a server does with a name that it does not list: llama.cpp's answers any name with its one model, and as a
router refuses it; vLLM refuses it; LM Studio refuses it, or answers with its one loaded model. A downloaded model that
is not loaded is loaded when it is asked for, by LM Studio and by llama.cpp's router. None of them downloads for a
request that wants an answer: `llama-server -hf` and `vllm serve` fetch when they start, and the routes that fetch on
request (POST /models, POST /api/v1/models/download) are not among the questions here, which are GETs alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Contact, ContactState, Entry, Loaded
from modelcheck.probes.compatible import llama_cpp, lm_studio, plain, vllm
from modelcheck.probes.compatible.listed import MODELS, Told, models_of
from modelcheck.probes.http import Reply

HEALTH = "/health"
QUESTIONS = (MODELS, HEALTH, *llama_cpp.QUESTIONS, *lm_studio.QUESTIONS, *vllm.QUESTIONS)
"""What is asked to tell the products apart and to see what they hold."""

_REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True)
class Reading:
    """What the replies of one server come to."""

    contact: Contact
    version: str | Gap
    tags: tuple[Entry, ...] | Gap
    running: tuple[Loaded, ...] | Gap


def read(replies: Mapping[str, Reply], label: str) -> Reading:
    """Read the replies to `QUESTIONS` of a server that is shown as `label`."""
    listing, health = replies[MODELS], replies[HEALTH]
    if listing.status in _REFUSALS:
        gap = Gap(Why.NO_KEY, about=f"{label}, which asks for one (none is sent to a local server),")
        detail = f"{MODELS}: {listing.contact.detail}"
        return Reading(Contact(ContactState.NOT_OLLAMA, detail, gap, needs_key=True), gap, gap, gap)
    if listing.contact.state is not ContactState.ANSWERED:
        detail = f"{MODELS}: {listing.contact.detail}" if listing.contact.detail else MODELS
        return _silent(listing.contact.state, detail, label)
    if health.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return _silent(ContactState.NOT_OLLAMA, f"{HEALTH}: {health.contact.detail}", label)
    models = models_of(listing.body)
    if models is None:
        return _silent(ContactState.NOT_OLLAMA, f"{MODELS}: no list of models", label)
    told = (
        lm_studio.told(models, replies)
        or llama_cpp.told(models, replies)
        or vllm.told(models, replies)
        or plain.told(models, label)
    )
    return _reading(told, label)


def _reading(told: Told, label: str) -> Reading:
    version = Gap(Why.NOT_RECORDED, about=f"the version of {label}") if isinstance(told.version, Gap) else told.version
    return Reading(Contact(ContactState.ANSWERED, product=told.product), version, told.entries, told.loaded)


def _silent(state: ContactState, detail: str, label: str) -> Reading:
    gap = Gap(Why.NOT_ANSWERED, about=label)
    return Reading(Contact(state, detail, gap), gap, gap, gap)
