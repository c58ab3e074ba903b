"""Performance, 15 points: measured speed, latency and load; no check of it is judged by this version."""

from modelcheck.core.part import Part, Planned

PART = Part(
    id="PRF",
    title="Performance",
    budget=150,
    checks=(),
    planned=(
        Planned("PRF-01", "Decoding reaches what the card allows", 25),
        Planned("PRF-02", "The first token comes in time", 20),
        Planned("PRF-03", "Cold loads are short or rare", 10),
        Planned("PRF-04", "A hundred requests at once are all answered rightly", 20),
        Planned("PRF-05", "Goodput meets the declared levels", 20),
        Planned("PRF-06", "The declared load stays below the knee", 15),
        Planned("PRF-07", "The longest declared prompt is read fast and whole", 10),
        Planned("PRF-08", "Runs vary little", 5),
        Planned("PRF-09", "Ten minutes of load change nothing", 10),
        Planned("PRF-10", "Local and cloud are compared on the same prompts", 5),
        Planned("PRF-11", "Energy per token is known", 5),
        Planned("PRF-12", "Embeddings are sent in batches", 5),
    ),
)
