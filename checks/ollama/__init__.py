"""Local serving, 30 points: Ollama answers, is sound, and its models fit and stay on the card."""

from modelcheck.checks.ollama.cache import cache_suits
from modelcheck.checks.ollama.card import card_used
from modelcheck.checks.ollama.concurrency import slots_suit
from modelcheck.checks.ollama.context import enough_context
from modelcheck.checks.ollama.exposure import exposed_server
from modelcheck.checks.ollama.guard import guard_in_force
from modelcheck.checks.ollama.heat import card_heat
from modelcheck.checks.ollama.keeping import models_stay
from modelcheck.checks.ollama.memory import card_fit, gpu_residency
from modelcheck.checks.ollama.server import old_version, server_answer
from modelcheck.checks.ollama.store import healthy_store
from modelcheck.core.part import Part

PART = Part(
    id="OLL",
    title="Local serving: Ollama and the GPU",
    budget=300,
    checks=(
        server_answer,
        old_version,
        exposed_server,
        card_used,
        gpu_residency,
        card_fit,
        enough_context,
        cache_suits,
        slots_suit,
        models_stay,
        card_heat,
        healthy_store,
        guard_in_force,
    ),
)
