"""The checks of cloud providers, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes

from modelcheck.checks.cloud.access import accepted_key, provider_key, resolving_model
from modelcheck.core.asked import CloudModel, CloudModels, CloudProvider, CloudProviders
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.cloud import Answer, Answers, AnswerState, Key, Keys, KeyShape, Resolution, Resolutions
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Engine, ModelKey
from modelcheck.testing import judge

NO_KEY = Gap(Why.NO_KEY, about="openai", hint="export OPENAI_API_KEY=…")
HERE = Place("config/models_config.json", 4)


def providers(*names: str) -> CloudProviders:
    return CloudProviders(tuple(CloudProvider(name, Engine.OPENAI, name, "", None, HERE) for name in names))


ONE, TWO = providers("openai"), providers("openai", "other")


def models(*names: str) -> CloudModels:
    return CloudModels(tuple(CloudModel(ModelKey("openai", name), Engine.OPENAI, (HERE,)) for name in names))


def keys(*found: KeyShape | Gap | None) -> Keys:
    """A key for `openai`, then one for `other`; None where none is set."""
    return Keys(
        Seen[str, Key].of(
            {
                name: shape if isinstance(shape, Gap) else Key("OPENAI_API_KEY", "environment" if shape else "", shape)
                for name, shape in zip(("openai", "other"), found, strict=False)
            }
        )
    )


def answers(*states: AnswerState | Gap, status: int | None = 200, detail: str = "kind_of_error") -> Answers:
    return Answers(
        Seen[str, Answer].of(
            {
                name: state if isinstance(state, Gap) else Answer(state, status, detail)
                for name, state in zip(("openai", "other"), states, strict=False)
            }
        )
    )


def resolutions(**found: Resolution | Gap) -> Resolutions:
    return Resolutions(Seen.of({ModelKey("openai", name): value for name, value in found.items()}))


TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "CLD-01": (
        provider_key,
        [
            ("plausible", (ONE, keys(KeyShape.PLAUSIBLE)), passes("plausible")),
            ("absent", (ONE, keys(None)), fails("absent")),
            ("of another provider", (ONE, keys(KeyShape.FOREIGN)), fails("foreign")),
            ("a placeholder", (ONE, keys(KeyShape.PLACEHOLDER)), fails("placeholder")),
            ("a line break at its end", (ONE, keys(KeyShape.UNTRIMMED)), fails("untrimmed")),
            ("of an unknown shape", (ONE, keys(KeyShape.MALFORMED)), halves("malformed")),
            ("not to be looked at", (ONE, keys(Gap(Why.NOT_TRUSTED))), UNSEEN),
            ("not looked at", (ONE,), UNSEEN),
            ("another provider's alone", (ONE, keys()), UNSEEN),
            ("one of two", (TWO, keys(KeyShape.PLAUSIBLE, None)), halves("plausible", "absent")),
            ("no provider", (providers(), keys()), exempts("nothing")),
            ("providers not seen", (keys(KeyShape.PLAUSIBLE),), UNSEEN),
        ],
    ),
    "CLD-02": (
        accepted_key,
        [
            ("accepted", (ONE, answers(AnswerState.ACCEPTED)), passes("accepted")),
            ("rejected", (ONE, answers(AnswerState.REJECTED, status=401)), fails("rejected")),
            ("rejected with no status", (ONE, answers(AnswerState.REJECTED, status=None)), fails("rejected")),
            ("restricted", (ONE, answers(AnswerState.RESTRICTED, status=403)), halves("restricted")),
            ("at a limit", (ONE, answers(AnswerState.LIMITED, status=429)), halves("limited")),
            ("not reached", (ONE, answers(AnswerState.UNAVAILABLE, status=None)), UNSEEN),
            ("not asked for want of a key", (ONE, answers(NO_KEY)), UNSEEN),
            ("not asked", (ONE,), UNSEEN),
            (
                "one of two",
                (TWO, answers(AnswerState.ACCEPTED, AnswerState.REJECTED)),
                halves("accepted", "rejected"),
            ),
            (
                "one of two, the other unseen",
                (TWO, answers(AnswerState.ACCEPTED, NO_KEY)),
                (Outcome.PARTIAL, HALF, Fraction(1), ["accepted", "unseen"]),
            ),
            ("no provider", (providers(), answers()), exempts("nothing")),
        ],
    ),
    "CLD-03": (
        resolving_model,
        [
            ("found", (models("a"), resolutions(a=Resolution.FOUND)), passes("found")),
            ("not found", (models("a"), resolutions(a=Resolution.NOT_FOUND)), fails("not-found")),
            ("not asked for want of a key", (models("a"), resolutions(a=NO_KEY)), UNSEEN),
            ("not asked", (models("a"),), UNSEEN),
            ("another model alone", (models("a"), resolutions(b=Resolution.FOUND)), UNSEEN),
            (
                "one of two",
                (models("a", "b"), resolutions(a=Resolution.FOUND, b=Resolution.NOT_FOUND)),
                halves("found", "not-found"),
            ),
            ("no model", (models(), resolutions()), exempts("nothing")),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize("check", [provider_key, accepted_key, resolving_model], ids=lambda check: check.id)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judge(check, *facts) for _, facts, _ in rows])


def test_a_key_is_named_by_its_variable_and_where_it_came_from() -> None:
    (finding,) = judge(provider_key, ONE, keys(KeyShape.PLAUSIBLE)).findings

    assert finding.params == {"variable": "OPENAI_API_KEY", "origin": "environment", "provider": "openai"}
    assert (finding.subject, finding.place) == ("openai", HERE)


def test_a_rejection_names_status_and_kind() -> None:
    (finding,) = judge(accepted_key, ONE, answers(AnswerState.REJECTED, status=401)).findings

    assert finding.params == {"provider": "openai", "status": 401, "detail": "kind_of_error"}


@pytest.mark.parametrize(("detail", "about"), [("timed out", "openai (timed out)"), ("", "openai")])
def test_a_provider_that_was_not_reached_is_unseen_and_named(detail: str, about: str) -> None:
    (finding,) = judge(accepted_key, ONE, answers(AnswerState.UNAVAILABLE, detail=detail)).findings

    assert finding.gap == Gap(Why.NOT_ANSWERED, about=about)
