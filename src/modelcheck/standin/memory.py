"""What the stand-in's Ollama holds in memory: loading, unloading, and what that takes of the graphics cards."""

import math
import time
from dataclasses import dataclass, replace
from itertools import takewhile
from threading import Lock

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.graphics import Gpu, Gpus, Holder
from modelcheck.core.name import ModelName
from modelcheck.standin.scenario import Card, LocalModel, Scenario

FOREVER = math.inf


@dataclass(frozen=True)
class Resident:
    """A model in memory."""

    model: LocalModel
    context: int
    size: int
    """Bytes: weights, cache and overhead."""
    size_vram: int
    until: float
    """When it will be unloaded, in seconds since 1970."""


class Memory:
    """The models in memory; safe for threads."""

    def __init__(self, scenario: Scenario) -> None:
        self._server = scenario.ollama
        self._graphics = scenario.graphics
        self._visible = _visible(scenario)
        self._room = sum(map(_room, self._visible))
        self._lock = Lock()
        self._residents: dict[ModelName, Resident] = {}
        models = {ModelName.parse(model.name): model for model in scenario.ollama.models}
        for loaded in scenario.ollama.loaded:
            name = ModelName.parse(loaded.model)
            self._residents[name] = self._resident(models[name], loaded.context, FOREVER, loaded.size_vram)

    @property
    def residents(self) -> tuple[Resident, ...]:
        """The models in memory, the one that stays longest first."""
        with self._lock:
            self._expire()
            return tuple(sorted(self._residents.values(), key=lambda resident: -resident.until))

    @property
    def gpus(self) -> Gpus:
        """The cards as NVML would show them now; the first of those that Ollama may use takes all it can."""
        left = sum(resident.size_vram for resident in self.residents)
        cards: list[Gpu] = []
        for index, card in enumerate(self._graphics.cards):
            taken = min(left, _room(card)) if card in self._visible else 0
            left -= taken
            cards.append(_gpu(index, card, taken))
        return Gpus(self._graphics.driver, tuple(cards))

    def load(self, model: LocalModel, context: int | None, keep: float) -> bool:
        """Have a model in memory for `keep` more seconds; whether it had to be loaded. The others make room for it."""
        with self._lock:
            self._expire()
            name = ModelName.parse(model.name)
            asked = self._resident(model, context, time.time() + keep)
            known = self._residents.pop(name, None)
            if known is not None and known.context == asked.context:
                self._residents[name] = replace(known, until=asked.until)
                return False
            if sum(resident.size_vram for resident in self._residents.values()) + asked.size > self._room:
                self._residents.clear()
            self._residents[name] = asked
            return True

    def unload(self, model: LocalModel) -> None:
        """Free the memory of a model, if it is there."""
        with self._lock:
            self._residents.pop(ModelName.parse(model.name), None)

    def _expire(self) -> None:
        now = time.time()
        self._residents = {name: resident for name, resident in self._residents.items() if resident.until > now}

    def _resident(self, model: LocalModel, context: int | None, until: float, vram: int | None = None) -> Resident:
        most = model.trait("context_length") or math.inf
        tokens = int(min(context or model.context or self._server.context, most))
        size = model.size + tokens * model.kv_bytes_per_token + self._server.overhead
        fits = self._room if vram is None else vram
        return Resident(model, tokens, size, min(size, fits), until)


def _room(card: Card) -> int:
    return 0 if card.lost else max(0, card.total - card.reserved)


def _visible(scenario: Scenario) -> tuple[Card, ...]:
    """The cards that the server may use: all, or those its variable numbers, up to the first that is not there."""
    cards = scenario.graphics.cards
    value = (scenario.ollama.environment or {}).get("CUDA_VISIBLE_DEVICES")
    if value is None:
        return cards
    numbers = takewhile(lambda word: word.isdigit() and int(word) < len(cards), value.split(","))
    return tuple(cards[int(word)] for word in numbers)


def _gpu(index: int, card: Card, taken: int) -> Gpu:
    if card.lost:
        gap = Gap(Why.UNREADABLE, about="the card (NVML: GpuIsLost)")
        return Gpu(index, gap, gap, gap, gap, gap, holders=gap, capability=gap, lost=True)
    others = tuple(Holder(name, NOT_RECORDED) for name in card.others)
    return Gpu(
        index,
        card.name,
        card.bus,
        card.total,
        _room(card) - taken,
        card.uuid,
        holders=(Holder("ollama", taken), *others) if taken else others,
        capability=card.capability or NOT_RECORDED,
        sample=card.sample,
    )
