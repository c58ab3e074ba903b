"""Local serving, 30 points: Ollama answers, is sound, and its models fit and stay on the card."""

from modelcheck.checks.ollama.memory import card_fit, gpu_residency
from modelcheck.checks.ollama.server import old_version, server_answer
from modelcheck.core.part import Part, Planned

PART = Part(
    id="OLL",
    title="Local serving: Ollama and the GPU",
    budget=300,
    checks=(server_answer, old_version, gpu_residency, card_fit),
    planned=(
        Planned("OLL-03", "The server is reachable only by those who should", 30),
        Planned("OLL-04", "The configured card is seen by the driver and by Ollama", 25),
        Planned("OLL-07", "The served context is the intended one", 25),
        Planned("OLL-08", "Flash attention and cache type suit the model", 15),
        Planned("OLL-09", "Parallel slots and queue suit the declared concurrency", 20),
        Planned("OLL-10", "Models used together stay loaded", 20),
        Planned("OLL-11", "Power, heat and clocks hold under load", 20),
        Planned("OLL-12", "The store is healthy", 15),
        Planned("OLL-13", "The pull guard is in force", 20),
    ),
)
