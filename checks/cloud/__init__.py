"""Cloud providers, 20 points: a key for each, accepted, and every configured model resolves for it."""

from modelcheck.checks.cloud.access import accepted_key, provider_key, resolving_model
from modelcheck.core.part import Part, Planned

PART = Part(
    id="CLD",
    title="Cloud providers",
    budget=200,
    checks=(provider_key, accepted_key, resolving_model),
    planned=(
        Planned("CLD-04", "No hosted model is retired or near retirement", 25),
        Planned("CLD-05", "Pinned or floating ids are a stated choice", 10),
        Planned("CLD-06", "Addresses are official and TLS is verified", 15),
        Planned("CLD-07", "Retries respect the provider and do not multiply", 15),
        Planned("CLD-08", "The declared peak fits the rate limits", 15),
        Planned("CLD-09", "Spending is bounded", 15),
        Planned("CLD-10", "Prices are known and dated", 10),
        Planned("CLD-11", "Exhausted credit is recognised as such", 10),
        Planned("CLD-12", "It is stated which data may go where", 5),
    ),
)
