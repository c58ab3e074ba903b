"""What hosted providers grant and cost: the declared peak fits, and no answer is without end."""

from modelcheck.checks.cloud.reach import cloud_targets, is_about
from modelcheck.core.asked import CloudProvider
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Agent


@check(
    "CLD-08",
    "The declared peak fits the rate limits",
    points=1.5,
    per=CloudProvider,
    effort=Effort.HOURS,
    fix="Ask the provider for higher limits, spread the fallback over providers, or queue what comes in.",
    says={
        "fits": "the declared peak of {peak} requests a minute fits the declared limits of {provider} ({limit})",
        "requests": "the declared peak of {peak} requests a minute is above the {limit} declared for {provider}",
        "tokens": "the declared peak of {peak} input tokens a minute is above the {limit} declared for {provider}",
    },
)
def fitting_peak(provider: CloudProvider, expectations: Expectations) -> Verdict:
    """When the local server fails everybody falls back at once, and meets the limit of one account."""
    limits = next((one for one in expectations.limits if is_about(one.provider, provider)), None)
    peak, typical = expectations.requests_per_minute, expectations.prompt_typical
    if peak is None:
        raise _undeclared("the peak", "expect: {requests_per_minute: 20, prompt_tokens: {typical: 800}}")
    if limits is None or limits.requests is None:
        hint = f"cloud: {{limits: {{{provider.name}: {{requests: 50, input_tokens: 30000}}}}}}"
        raise _undeclared(f"the limits of {provider.label}", hint)
    if peak > limits.requests:
        return failed("requests", peak=peak, limit=limits.requests, provider=provider.label)
    if limits.input_tokens is not None:
        if typical is None:
            raise _undeclared("the typical prompt", "expect: {prompt_tokens: {typical: 800}}")
        if peak * typical > limits.input_tokens:
            return failed("tokens", peak=peak * typical, limit=limits.input_tokens, provider=provider.label)
    return passed("fits", peak=peak, limit=limits.requests, provider=provider.label)


def _undeclared(about: str, hint: str) -> Unseen:
    return Unseen(Gap(Why.NOT_DECLARED, about=about, hint=hint))


@check(
    "CLD-09",
    "Spending is bounded",
    points=1.5,
    per=Agent,
    effort=Effort.MINUTES,
    fix="Set max_tokens for every agent that may reach a hosted provider.",
    says={
        "bounded": "answers of {agent} end after {tokens} tokens",
        "unbounded": "nothing bounds the answers that {agent} pays for",
        "local": "no model of {agent} goes to a hosted provider",
    },
)
def bounded_answers(agent: Agent) -> Verdict:
    """Answers are what costs most, and without a bound one loop decides how much."""
    if not cloud_targets(agent):
        return not_applicable("local", agent=agent.label)
    tokens = None if agent.max_tokens is None else seen(agent.max_tokens)
    if tokens is None or tokens < 1:
        return failed("unbounded", agent.at, agent=agent.label)
    return passed("bounded", agent=agent.label, tokens=tokens)
