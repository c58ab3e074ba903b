"""What is known beforehand of hosted providers: what they cost, and what may be sent to them."""

from modelcheck.checks.cloud.reach import is_about
from modelcheck.core.asked import CloudModel, CloudProvider
from modelcheck.core.check import Effort, Verdict, check, failed, passed
from modelcheck.core.gap import seen
from modelcheck.core.intent import Expectations
from modelcheck.core.prices import Prices
from modelcheck.core.tables import Clock

FRESH = 180
"""Days for which a catalogue of prices can be relied on."""


@check(
    "CLD-10",
    "Prices are known and dated",
    points=1,
    per=CloudModel,
    effort=Effort.MINUTES,
    fix="Bring the catalogue of prices up to date, or name a model that it knows.",
    says={
        "text": "{model} costs {input} USD for a million tokens read and {output} USD for a million written "
        "({catalogue} of {date}); read again: {cached}",
        "input-alone": "{model} costs {input} USD for a million tokens ({catalogue} of {date})",
    },
)
def known_price(model: CloudModel, prices: Prices, clock: Clock) -> Verdict:
    """A price that is not known is not zero: a fallback that nobody priced is found on the bill."""
    price = seen(prices.models[model.key])
    clock.require_fresh(price.as_of, FRESH, price.catalogue, price.catalogue.partition(" ")[0])
    evidence = {"model": model.label, "input": price.input, "catalogue": price.catalogue, "date": price.as_of}
    if not price.output:
        return passed("input-alone", **evidence)
    cached = f"{price.cached} USD" if price.cached else "no price of its own"
    return passed("text", **evidence, output=price.output, cached=cached)


@check(
    "CLD-12",
    "It is stated which data may go where",
    points=0.5,
    per=CloudProvider,
    effort=Effort.MINUTES,
    fix="State under cloud in the settings what may be sent to each provider.",
    says={
        "ruled": "{provider}: {rule}",
        "unruled": "nothing says what may be sent to {provider} (cloud: {{data: {{{provider}: no personal data}}}})",
    },
)
def ruled_data(provider: CloudProvider, expectations: Expectations) -> Verdict:
    """What a prompt carries away is decided by whoever writes the code, unless somebody decided it before."""
    rule = next((one.rule for one in expectations.data if is_about(one.provider, provider)), None)
    if rule is None:
        return failed("unruled", provider=provider.label)
    return passed("ruled", provider=provider.label, rule=rule)
