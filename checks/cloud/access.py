"""Access to hosted providers: a key for each, accepted, and every configured model resolves for it."""

from fractions import Fraction

from modelcheck.core.asked import CloudModel, CloudProvider
from modelcheck.core.check import Effort, Verdict, check, failed, partial, passed
from modelcheck.core.cloud import Answer, Answers, AnswerState, Keys, KeyShape, Resolution, Resolutions
from modelcheck.core.gap import Gap, Unseen, Why, seen


@check(
    "CLD-01",
    "Each hosted provider in use has a key of its own",
    points=2,
    per=CloudProvider,
    effort=Effort.MINUTES,
    fix="Set the variable named to this provider's key, without white space.",
    says={
        "plausible": "{variable} is set ({origin}) and looks like a key of {provider}",
        "absent": "{variable} is set neither in the environment nor in .env",
        "foreign": "{variable} ({origin}) has the shape of another provider's key",
        "placeholder": "{variable} ({origin}) holds a placeholder",
        "untrimmed": "{variable} ({origin}) has white space or a line break at an end",
        "malformed": "{variable} ({origin}) does not look like a key of {provider}",
    },
)
def provider_key(provider: CloudProvider, keys: Keys) -> Verdict:
    """A fallback without a key is no fallback: it fails exactly when it is needed."""
    key = seen(keys.providers[provider.id])
    if key.shape is None:
        return failed("absent", variable=key.variable)
    if key.shape is KeyShape.PLAUSIBLE:
        return passed("plausible", variable=key.variable, origin=key.origin, provider=provider.label)
    if key.shape is KeyShape.MALFORMED:
        share = Fraction(1, 2)
        return partial("malformed", share, variable=key.variable, origin=key.origin, provider=provider.label)
    return failed(key.shape.value, variable=key.variable, origin=key.origin, provider=provider.label)


@check(
    "CLD-02",
    "Each provider accepts its key",
    points=3,
    per=CloudProvider,
    effort=Effort.MINUTES,
    fix="Replace the key at the provider, or give it access to the models in use.",
    says={
        "accepted": "{provider} accepts the key",
        "rejected": "{provider} rejects the key (HTTP {status}, {detail})",
        "restricted": "{provider} accepts the key, which may not list models ({detail})",
        "limited": "{provider} accepts the key, which is at a limit ({detail})",
    },
)
def accepted_key(provider: CloudProvider, answers: Answers) -> Verdict:
    """A revoked or restricted key looks like a good one until the first request."""
    answer = seen(answers.providers[provider.id])
    if answer.state is AnswerState.UNAVAILABLE:
        raise Unseen(_unanswered(provider, answer))
    if answer.state is AnswerState.ACCEPTED:
        return passed("accepted", provider=provider.label)
    evidence = {"provider": provider.label, "detail": answer.detail}
    if answer.state is AnswerState.REJECTED:
        return failed("rejected", status=answer.status or 0, **evidence)
    return partial(answer.state.value, Fraction(1, 2), **evidence)


def _unanswered(provider: CloudProvider, answer: Answer) -> Gap:
    """Say what kept a provider from answering, and which way was open and not taken: no key goes through a proxy."""
    unused = f"the proxy of {answer.proxy} was not used" if answer.proxy else ""
    reasons = "; ".join(reason for reason in (answer.detail, unused) if reason)
    about = f"{provider.label} ({reasons})" if reasons else provider.label
    return Gap(Why.NOT_ANSWERED, about=about, hint=f"--endpoint {provider.label}=URL" if answer.proxy else "")


@check(
    "CLD-03",
    "Each hosted model resolves for its key",
    points=3,
    per=CloudModel,
    effort=Effort.MINUTES,
    fix="Correct the model id, or use a key that may use it.",
    says={
        "found": "{model} resolves",
        "not-found": "{model} does not resolve for this key: mistyped, retired, or not allowed",
    },
)
def resolving_model(model: CloudModel, resolutions: Resolutions) -> Verdict:
    """An id that the key cannot use answers 404 in production, whatever the documentation says."""
    if seen(resolutions.models[model.key]) is Resolution.FOUND:
        return passed("found", model=model.label)
    return failed("not-found", model=model.label)
