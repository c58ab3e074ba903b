"""Whether each client says how long it waits, and how often it tries again."""

from fractions import Fraction

from modelcheck.core.asked import Client
from modelcheck.core.check import Effort, Verdict, check, failed, partial, passed
from modelcheck.core.gap import seen
from modelcheck.core.project import Engine, Route

LONGEST_S = 600
"""Seconds: what the SDKs wait by themselves."""
COLD_LOAD_S = 10
"""Seconds that a local model may well take to be loaded."""
HALF, QUARTER, NOTHING = Fraction(1, 2), Fraction(1, 4), Fraction(0)


@check(
    "CFG-09",
    "Time-outs and retries are declared for each client",
    points=1.5,
    per=Client,
    effort=Effort.MINUTES,
    fix="Declare timeout_s and max_retries in the provider's section.",
    says={
        "declared": "{client}: time-out {timeout} s, retries {retries}",
        "too-short": "{client} waits {timeout} s at most, which is shorter than a cold load of a local model",
        "out-of-range": "{client} declares a time-out of {timeout} s, which is none between 0 and 600 s",
        "no-retries": "{client} declares a time-out and no retries: Ollama's client tries once, the SDKs of OpenAI and "
        "Anthropic three times",
        "no-timeout": "{client} declares no time-out: the SDKs of OpenAI and Anthropic wait 10 minutes",
        "no-timeout-ollama": "{client} declares no time-out: Ollama's client waits for ever",
        "undeclared": "{client} declares neither time-out nor retries: the SDKs of OpenAI and Anthropic wait "
        "10 minutes, three times",
        "undeclared-ollama": "{client} declares neither time-out nor retries: Ollama's client waits for ever",
    },
)
def declared_limits(client: Client) -> Verdict:
    """A server that stalls holds up everything behind it for as long as its client is willing to wait."""
    timeout, retries = seen(client.timeout_s), seen(client.max_retries)
    share = NOTHING if retries is None else HALF
    if timeout is None:
        suffix = "-ollama" if client.engine is Engine.OLLAMA and client.route is Route.NATIVE else ""
        return _half(f"{'undeclared' if retries is None else 'no-timeout'}{suffix}", share, client=client.label)
    shown = f"{timeout:g}"
    if not 0 < timeout <= LONGEST_S:
        return _half("out-of-range", share, client=client.label, timeout=shown)
    if client.engine.is_local and timeout < COLD_LOAD_S:
        return partial("too-short", share + QUARTER, client=client.label, timeout=shown)
    if retries is None:
        return partial("no-retries", HALF, client=client.label)
    return passed("declared", client=client.label, timeout=shown, retries=retries)


def _half(code: str, share: Fraction, **params: str) -> Verdict:
    """Return what is earned without a time-out: the half for retries, or nothing."""
    return partial(code, share, None, **params) if share else failed(code, None, **params)
