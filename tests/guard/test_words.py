"""The words of a refusal: a sentence for each reason, with what is near and what to do, all of it printable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.nearest import Near
from modelcheck.core.ruling import Action, Answer, Intent, Reason, Ruling
from modelcheck.guard.words import words_of

NEAR = (Near("a:1b", (), ()), Near("b:1b", (), ()))


def words(reason: Reason | None, action: Action = Action.INFER, name: str = "x:1b", near: tuple[Near, ...] = ()) -> str:
    return words_of(Ruling(Answer.REFUSE, Intent(action, (name,)), reason, name, near=near))


@pytest.mark.parametrize("reason", sorted(Reason))
def test_every_reason_has_a_sentence_that_ends_with_its_id(reason: Reason) -> None:
    said = words(reason)
    assert said.startswith("modelcheck guard: ")
    assert said.endswith(f" [{reason.value}]")
    assert "{" not in said


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (Reason.NOT_HERE, "'x:1b' is not in the local inventory, and nothing is downloaded"),
        (Reason.NOT_CHECKED, "whether 'x:1b' is here could not be checked, so it is refused"),
        (Reason.INVALID_NAME, "'x:1b' is no model name that Ollama takes"),
        (Reason.CLOUD, "'x:1b' is a model of Ollama's cloud; requests stay on this machine"),
        (Reason.STUB, "'x:1b' holds no weights: it would send requests to another machine"),
        (Reason.BROKEN, "'x:1b' is listed, but part of its weights is missing"),
        (Reason.SUBSTITUTED, "'x:1b' is not here, and another model would answer in its place"),
        (Reason.NO_NAME, "the request names no model"),
        (Reason.TWO_NAMES, "the request names two different models"),
        (Reason.CLOSED, "'infer' is closed here"),
        (Reason.WEB_SEARCH, "the request lets the server search the web; requests stay on this machine"),
        (Reason.REMOTE_FILE, "the request names an image or a file by an address; send the data itself"),
    ],
)
def test_each_sentence_says_why(reason: Reason, sentence: str) -> None:
    assert words(reason) == f"modelcheck guard: {sentence} [{reason.value}]"


def test_the_nearest_models_are_named() -> None:
    assert words(Reason.NOT_HERE, near=NEAR).endswith("; nearest here: a:1b, b:1b [not-here]")


def test_a_pull_of_what_is_not_here_is_told_how_it_can_be_let_pass() -> None:
    hint = "; `modelcheck pull x:1b --because …` can allow this one pull"
    assert words(Reason.NOT_HERE, Action.PULL) == words(Reason.NOT_HERE).replace(" [", f"{hint} [")
    assert words(Reason.NOT_HERE, Action.PULL, near=NEAR).index("nearest") < words(
        Reason.NOT_HERE, Action.PULL, near=NEAR
    ).index("because")
    for reason in set(Reason) - {Reason.NOT_HERE}:
        assert "because" not in words(reason, Action.PULL)


def test_what_is_allowed_needs_no_words() -> None:
    assert words(None) == ""


@given(st.sampled_from(sorted(Reason)), st.sampled_from(sorted(Action)), st.text(max_size=400), st.text(max_size=200))
def test_whatever_is_asked_for_the_words_are_one_bounded_line(
    reason: Reason, action: Action, name: str, near: str
) -> None:
    said = words(reason, action, name, (Near(near, (), ()),) * 3)
    assert said.isprintable()
    assert len(said) < 800


def test_a_name_is_shown_as_it_is_and_cut_when_it_is_long() -> None:
    assert "'{name}{action}'" in words(Reason.CLOUD, name="{name}{action}")
    assert f"'{'x' * 120}'" in words(Reason.CLOUD, name="x" * 120)
    assert f"'{'x' * 119}…'" in words(Reason.CLOUD, name="x" * 121)
