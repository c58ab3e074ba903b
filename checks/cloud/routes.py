"""The ways to hosted providers: the right address, verified, and not asked too often."""

from fractions import Fraction

from modelcheck.checks.cloud.reach import cloud_targets
from modelcheck.core.asked import CloudProvider
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.project import Agent, Configuration, Engine, Target
from modelcheck.core.ways import Way, Ways

HALF = Fraction(1, 2)
SDK_RETRIES = {Engine.ANTHROPIC: 2, Engine.OPENAI: 2}
"""Repetitions that the official SDKs make where none are declared; both wait as `retry-after` says."""
FEW = 4
MANY = 9
"""Requests for one answer: more than three times three are a storm."""


@check(
    "CLD-06",
    "Addresses are official and TLS is verified",
    points=1.5,
    per=CloudProvider,
    effort=Effort.MINUTES,
    fix="Use the provider's own address over https with certificates verified, and exempt localhost from proxies.",
    says={
        "official": "{provider} is reached at its own address, certificates are verified",
        "given": "{provider} is reached at the address given on the command line, certificates are verified",
        "certificates": "{provider} is reached with certificates of {variable} ({origin})",
        "unverified": "the configuration does not let certificates of {provider} be verified",
        "plain": "{provider} is spoken to without TLS at a public host",
        "switched-off": "{variable} ({origin}) turns the verification of certificates off",
        "elsewhere": "the address of {provider} is none of its own; where it is meant: --endpoint {provider}=URL",
        "redirected": "{variable} ({origin}) leads {provider} elsewhere than the configuration says",
        "proxied": "{variable} ({origin}) sends requests to this machine's own server through a proxy; "
        "NO_PROXY does not name localhost,127.0.0.1",
    },
)
def sound_way(provider: CloudProvider, configuration: Configuration, ways: Ways | Gap) -> Verdict:
    """Whoever stands between the project and its provider reads the prompts and the key."""
    name = provider.label
    for section in configuration.providers:
        if section.server == provider.id and not section.verifies_tls:
            return failed("unverified", section.at, provider=name)
        if section.server == provider.id and "plain-http" in section.faults:
            return failed("plain", section.at, provider=name)
    known = seen(ways)
    if known.unverified_by is not None:
        return failed("switched-off", variable=known.unverified_by.name, origin=known.unverified_by.origin)
    way = seen(known.providers[provider.id])
    if not (way.official or way.given):
        return failed("elsewhere", provider=name)
    return _changed(name, way, known) or passed("official" if way.official else "given", provider=name)


def _changed(name: str, way: Way, ways: Ways) -> Verdict | None:
    """Return what the environment changes about a way that is sound in itself."""
    if way.redirected_by is not None:
        by = way.redirected_by
        return partial("redirected", HALF, provider=name, variable=by.name, origin=by.origin)
    if ways.loopback_by is not None:
        return partial("proxied", HALF, variable=ways.loopback_by.name, origin=ways.loopback_by.origin)
    if ways.certificates_by is not None:
        by = ways.certificates_by
        return passed("certificates", provider=name, variable=by.name, origin=by.origin)
    return None


@check(
    "CLD-07",
    "Retries respect the provider and do not multiply",
    points=1.5,
    per=Agent,
    effort=Effort.MINUTES,
    fix="Retry in one place: set max_retries of the client or of the agent to 0.",
    says={
        "few": "{agent} asks {provider} at most {attempts} times for one answer ({client} × {own}), "
        "and its SDK waits as long as retry-after says",
        "default": "{agent} asks {provider} at most {attempts} times for one answer "
        "({client} by default of its SDK × {own}), and its SDK waits as long as retry-after says",
        "many": "{agent} may ask {provider} {attempts} times for one answer ({client} × {own})",
        "storm": "{agent} may ask {provider} {attempts} times for one answer ({client} by its client × {own} itself)",
        "local": "no model of {agent} goes to a hosted provider",
    },
)
def bounded_attempts(agent: Agent, configuration: Configuration) -> Verdict:
    """Retries of retries turn one hiccup of a provider into a storm, and the limit stays reached."""
    targets = cloud_targets(agent)
    if not targets:
        return not_applicable("local", agent=agent.label)
    judged = [_attempts(agent, target, configuration) for target in targets]
    verdicts = [one for one in judged if isinstance(one, Verdict)]
    gap = next((one for one in judged if isinstance(one, Gap)), None)
    if gap is not None and all(verdict.low > 0 for verdict in verdicts):
        raise Unseen(gap)
    return min(verdicts, key=lambda verdict: verdict.low)


def _attempts(agent: Agent, target: Target, configuration: Configuration) -> Verdict | Gap:
    """Judge one target; a number that was not seen counts once, which is the least that it can be."""
    section = next((each for each in configuration.providers if each.name == target.provider), None)
    declared = section.max_retries if section else None
    unknown = Gap(Why.NOT_UNDERSTOOD, about=target.provider)
    client = SDK_RETRIES.get(target.engine, unknown) if declared is None else declared
    own = 0 if agent.max_retries is None else agent.max_retries
    times = [1 if isinstance(each, Gap) else 1 + max(0, each) for each in (client, own)]
    attempts = times[0] * times[1]
    evidence: dict[str, str | int] = {"agent": agent.label, "provider": target.provider, "attempts": attempts}
    evidence |= {"client": times[0], "own": times[1]}
    if attempts > MANY:
        return failed("storm", agent.at, **evidence)
    if isinstance(client, Gap):
        return client
    if isinstance(own, Gap):
        return own
    if target.engine not in SDK_RETRIES:
        return unknown
    if attempts > FEW:
        return partial("many", HALF, agent.at, **evidence)
    return passed("default" if declared is None else "few", **evidence)
