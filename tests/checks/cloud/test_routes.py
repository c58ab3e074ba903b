"""The checks of the ways to hosted providers, case by case."""

from collections.abc import Callable, Iterable

import healthy_facts as well
import pytest
from expected import UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.checks.cloud.routes import bounded_attempts, sound_way
from modelcheck.core.asked import CloudProvider, CloudProviders
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agent, Agents, Configuration, Engine, Provider, Target
from modelcheck.core.ways import Variable, Way, Ways
from modelcheck.testing import judge

HERE, SECTION = Place("config/models_config.json", 9), Place("config/models_config.json", 4)
LOCAL, _, OPENAI = well.PROVIDERS
ONE = CloudProviders((CloudProvider("openai", Engine.OPENAI, "openai", "", None, HERE),))
OFFICIAL = Way(official=True, given=False)
BASE, SSL = Variable("OPENAI_BASE_URL", ".env"), Variable("SSL_CERT_FILE", "environment")
SWITCH, HTTP = Variable("PYTHONHTTPSVERIFY", "environment"), Variable("HTTP_PROXY", "environment")


def configured(*sections: Provider) -> Configuration:
    return replace(well.CONFIGURATION, providers=sections)


def there(way: Way | Gap = OFFICIAL, **more: Variable) -> Ways:
    return Ways(Seen[str, Way].of({"openai": way}), **more)


WELL = configured(OPENAI)
INSECURE = configured(LOCAL, replace(OPENAI, verifies_tls=False, at=SECTION))


def section(retries: int | Gap | None = None, name: str = "openai") -> Configuration:
    return configured(replace(OPENAI, name=name, max_retries=retries))


def agent(*targets: Target, retries: int | Gap | None = None) -> Agents:
    return Agents(
        (
            Agent(
                "a",
                sensitive=False,
                targets=targets,
                chain_declared=True,
                class_name=None,
                at=HERE,
                max_retries=retries,
            ),
        )
    )


HOME = well.local("m", 1)
GPT = well.hosted(Engine.OPENAI, "gpt-5", 2)
CLAUDE = well.hosted(Engine.ANTHROPIC, "claude-opus-5", 3)
OTHER = replace(well.hosted(Engine.OTHER_CLOUD, "m", 4), provider="groq")
DARK = replace(HOME, engine=Engine.UNKNOWN, provider="nowhere")
NAMELESS = replace(DARK, provider="")
NO_NUMBER = Gap(Why.NOT_UNDERSTOOD, about="max_retries")

TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "CLD-06": (
        sound_way,
        [
            ("official", (ONE, WELL, there()), passes("official")),
            ("given", (ONE, WELL, there(Way(official=False, given=True))), passes("given")),
            ("of own certificates", (ONE, WELL, there(certificates_by=SSL)), passes("certificates")),
            ("not verified", (ONE, INSECURE, there()), fails("unverified")),
            ("not verified, the way not seen", (ONE, INSECURE), fails("unverified")),
            (
                "another section not verified",
                (ONE, configured(replace(LOCAL, verifies_tls=False)), there()),
                passes("official"),
            ),
            ("without TLS", (ONE, configured(replace(OPENAI, faults=("plain-http",))), there()), fails("plain")),
            (
                "another section without TLS",
                (ONE, configured(replace(LOCAL, faults=("plain-http",))), there()),
                passes("official"),
            ),
            ("with another fault", (ONE, configured(replace(OPENAI, faults=("junk",))), there()), passes("official")),
            ("switched off", (ONE, WELL, there(unverified_by=SWITCH)), fails("switched-off")),
            (
                "switched off, the way not seen",
                (ONE, WELL, there(Gap(Why.CRASHED), unverified_by=SWITCH)),
                fails("switched-off"),
            ),
            ("elsewhere", (ONE, WELL, there(Way(official=False, given=False))), fails("elsewhere")),
            ("elsewhere and led", (ONE, WELL, there(Way(False, False, BASE))), fails("elsewhere")),
            ("led elsewhere", (ONE, WELL, there(Way(True, False, BASE))), halves("redirected")),
            ("caught by a proxy", (ONE, WELL, there(loopback_by=HTTP, certificates_by=SSL)), halves("proxied")),
            ("led and caught", (ONE, WELL, there(Way(True, False, BASE), loopback_by=HTTP)), halves("redirected")),
            ("not understood", (ONE, WELL, there(Gap(Why.NOT_UNDERSTOOD))), UNSEEN),
            ("not looked at", (ONE, WELL), UNSEEN),
            ("configuration not seen", (ONE, there()), UNSEEN),
            ("no provider", (CloudProviders(()), WELL, there()), exempts("nothing")),
        ],
    ),
    "CLD-07": (
        bounded_attempts,
        [
            ("declared once", (agent(HOME, GPT), section(1)), passes("few")),
            ("declared, with none of its own", (agent(GPT, retries=0), section(3)), passes("few")),
            ("four times", (agent(GPT, retries=1), section(1)), passes("few")),
            ("a negative count is none", (agent(GPT, retries=-5), section(-1)), passes("few")),
            ("by default", (agent(GPT), section()), passes("default")),
            ("by default without a section", (agent(GPT), configured()), passes("default")),
            ("section of another name", (agent(GPT), section(50, "other")), passes("default")),
            ("by default, repeated", (agent(GPT, retries=1), section()), halves("many")),
            ("nine times", (agent(GPT, retries=2), section(2)), halves("many")),
            ("twelve times", (agent(GPT, retries=3), section(2)), fails("storm")),
            ("ten times by its client", (agent(GPT), section(9)), fails("storm")),
            ("ten times by its client, its own not seen", (agent(GPT, retries=NO_NUMBER), section(9)), fails("storm")),
            ("ten times itself, its client's not seen", (agent(GPT, retries=9), section(NO_NUMBER)), fails("storm")),
            ("its own not seen", (agent(GPT, retries=NO_NUMBER), section(1)), UNSEEN),
            ("its client's not seen", (agent(GPT), section(NO_NUMBER)), UNSEEN),
            ("worst of two", (agent(CLAUDE, GPT, retries=1), section(1)), halves("many")),
            ("a storm beside one not seen", (agent(OTHER, GPT), section(9)), fails("storm")),
            ("one not seen beside few", (agent(OTHER, GPT), section(1)), UNSEEN),
            ("at a provider of unknown manners", (agent(OTHER), configured(replace(OPENAI, name="groq"))), UNSEEN),
            ("a storm at a provider of unknown manners", (agent(OTHER, retries=9), configured()), fails("storm")),
            ("local alone", (agent(HOME), section(9)), exempts("local")),
            ("no target", (agent(), section(9)), exempts("local")),
            ("nobody knows where", (agent(HOME, DARK), section(9)), UNSEEN),
            ("a target without provider", (agent(NAMELESS), section(9)), UNSEEN),
            ("hosted and nobody knows where", (agent(DARK, GPT), section(1)), passes("few")),
            ("no agent", (Agents(()), section()), exempts("nothing")),
            ("configuration not seen", (agent(GPT),), UNSEEN),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize("check", [sound_way, bounded_attempts], ids=lambda check: check.id)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judge(check, *facts) for _, facts, _ in rows])


def test_a_section_without_verification_is_named_by_its_line() -> None:
    (finding,) = judge(sound_way, ONE, INSECURE, there()).findings

    assert (finding.subject, finding.place) == ("openai", SECTION)


def test_a_storm_is_told_in_its_factors() -> None:
    (finding,) = judge(bounded_attempts, agent(GPT, retries=3), section(2)).findings

    assert finding.params == {"agent": "a", "provider": "openai", "attempts": 12, "client": 3, "own": 4}
    assert (finding.outcome, finding.place) == (Outcome.FAIL, HERE)
