"""Cloud providers, 20 points: keys that are accepted, models that last, sound ways, known limits and prices."""

from modelcheck.checks.cloud.access import accepted_key, provider_key, resolving_model
from modelcheck.checks.cloud.lifecycle import chosen_id, living_model
from modelcheck.checks.cloud.limits import bounded_answers, fitting_peak
from modelcheck.checks.cloud.prices import known_price, ruled_data
from modelcheck.checks.cloud.routes import bounded_attempts, sound_way
from modelcheck.core.part import Part, Planned

PART = Part(
    id="CLD",
    title="Cloud providers",
    budget=200,
    checks=(
        provider_key,
        accepted_key,
        resolving_model,
        living_model,
        chosen_id,
        sound_way,
        bounded_attempts,
        fitting_peak,
        bounded_answers,
        known_price,
        ruled_data,
    ),
    planned=(Planned("CLD-11", "Exhausted credit is recognised as such", 10),),
)
