"""What a guard learns: exceptions that the user's own file takes, and none for what must never pass."""

from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.exceptions import Exemption, What
from modelcheck.core.precheck import Precheck, Presence
from modelcheck.core.ruling import Action, Answer, Intent, Reason, ruling
from modelcheck.core.sentence import Told
from modelcheck.guard import lessons as module
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.lessons import Lessons
from modelcheck.profiles.own import exemptions, own_layer
from modelcheck.profiles.yamlfile import read_yaml

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
TEXT = st.text(st.characters(), max_size=60) | st.sampled_from(
    [
        "qwen3:4b",
        "QWEN3:4b",
        "x:cloud",
        "gpt-oss:20b-cloud",
        "a\nexceptions: []",
        "hf.co/a/b:Q4_K_M",
        "/api/me",
        "- x: 1",
    ]
)


def refusal(reason: Reason = Reason.NOT_HERE, action: str = "pull", name: str = "qwen3:4b", **more: str) -> Event:
    said = {"method": "POST", "path": "/api/pull"} | more
    return Event(Outcome.REFUSED, reason, 403, said["method"], said["path"], action, name)


def learned(*events: Event) -> str:
    lessons = Lessons()
    for event in events:
        lessons.note(event)
    return lessons.proposals(NOW)


def pasted(text: str) -> tuple[Exemption, ...]:
    """What the user's own file lets pass with these lines in it."""
    return exemptions(own_layer(read_yaml("modelcheck.yaml", text), None))


def test_a_pull_of_what_is_not_here_is_proposed_with_how_often_it_was_asked_for() -> None:
    assert learned(refusal(), refusal()) == (
        "# what would let pass what was refused: keep the lines that you answer for\n"
        "exceptions:\n"
        "  - what: pull\n"
        '    subject: "qwen3:4b"\n'
        '    reason: "asked for 2× while the guard was learning"\n'
        '    approver: "write your name"\n'
        '    until: "2026-12-24"\n'
    )


def test_spellings_of_one_model_are_one_proposal_and_the_most_wanted_comes_first() -> None:
    text = learned(
        refusal(name="llama3"), refusal(name="qwen3:4b"), refusal(name="library/qwen3:4b"), refusal(name="llama3:8b")
    )

    assert [(one.subject, one.reason[:12]) for one in pasted(text)] == [
        ("qwen3:4b", "asked for 2×"),
        ("llama3:8b", "asked for 1×"),
        ("llama3:latest", "asked for 1×"),
    ]


@pytest.mark.parametrize("action", ["create", "copy", "push", "delete"])
def test_a_closed_action_on_a_model_is_proposed_as_a_request(action: str) -> None:
    (one,) = pasted(learned(refusal(Reason.CLOSED, action, "my/model")))

    assert (one.what, one.subject, one.until) == (What.REQUEST, f"{action} my/model:latest", "2026-12-24")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (refusal(Reason.CLOUD, name="gpt-oss:20b-cloud"), "1× pull gpt-oss:20b-cloud: cloud"),
        (refusal(Reason.NOT_HERE, name="gpt-oss:20b-cloud"), "1× pull gpt-oss:20b-cloud: not-here"),
        (refusal(Reason.INVALID_NAME, name="a b"), "1× pull a b: invalid-name"),
        (refusal(Reason.NOT_HERE, name="a b"), "1× pull a b: not-here"),
        (refusal(Reason.STUB, "infer", "helper"), "1× infer helper: stub"),
        (refusal(Reason.STUB, "pull", "helper"), "1× pull helper: stub"),
        (refusal(Reason.BROKEN, "infer", "llama3"), "1× infer llama3: broken"),
        (refusal(Reason.NOT_HERE, "infer", "llama3"), "1× infer llama3: not-here"),
        (refusal(Reason.NOT_CHECKED), "1× pull qwen3:4b: not-checked"),
        (refusal(Reason.CLOSED, "account", "/api/me"), "1× account /api/me: closed"),
        (refusal(Reason.CLOSED, "web", "x"), "1× web x: closed"),
        (refusal(Reason.CLOSED, "upload", "x"), "1× upload x: closed"),
        (refusal(Reason.CLOSED, "create", "x:cloud"), "1× create x:cloud: closed"),
        (refusal(Reason.CLOSED, "delete", ""), "1× POST /api/pull: closed"),
        (refusal(Reason.WEB_SEARCH, "", "", path="/v1/messages"), "1× POST /v1/messages: web-search"),
    ],
    ids=str,
)
def test_what_must_never_pass_is_named_and_never_proposed(event: Event, said: str) -> None:
    text = learned(event)

    assert text == f"# refused, and no exception is proposed for it:\n#   {said}\n"
    assert yaml.safe_load(text) is None


def test_only_refusals_teach() -> None:
    failed = Event(Outcome.FAILED, "upstream", 502, "POST", "/api/chat", "infer", "llama3")

    assert learned(failed) == "# nothing was refused\n"


def test_what_is_beyond_the_bound_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)

    text = learned(*(refusal(name=name) for name in ("a", "b", "c", "a", "d")))

    assert [one.subject for one in pasted(text)] == ["a:latest", "b:latest"]
    assert text.endswith("# and 2 refusals that are not told apart\n")


def test_the_users_own_file_takes_as_many_as_are_ever_proposed() -> None:
    text = learned(*(refusal(name=f"model-{at}") for at in range(module.MOST + 5)))

    assert len(pasted(text)) == module.MOST


def test_the_words_are_those_of_the_language_that_is_spoken() -> None:
    lessons = Lessons()
    lessons.note(refusal())

    def say(told: Told) -> str:
        return f"<{told}>"

    text = lessons.proposals(NOW, say)
    assert text.startswith("# <what would let pass")
    assert pasted(text)[0].approver == "<write your name>"


@given(st.lists(st.tuples(st.sampled_from(Reason), st.sampled_from(Action), TEXT, TEXT), max_size=8))
def test_whatever_was_asked_the_lines_say_no_more_than_exceptions_for_it(
    asked: list[tuple[Reason, Action, str, str]],
) -> None:
    text = learned(*(refusal(reason, action, name, path=path) for reason, action, name, path in asked))

    read = yaml.safe_load(text)
    assert read is None or list(read) == ["exceptions"]
    for one in pasted(text):
        assert one.subject.isascii()
        assert "cloud" not in one.subject.rpartition(":")[2].lower()


@pytest.mark.parametrize(
    ("action", "reason"), [(Action.PULL, Reason.NOT_HERE), *((one, Reason.CLOSED) for one in sorted(module.OPENABLE))]
)
def test_what_is_proposed_would_let_pass_what_was_refused(action: Action, reason: Reason) -> None:
    intent = Intent(action, names=("qwen3:4b",) if action is Action.PULL else (), target="qwen3:4b")

    def check(name: str) -> Precheck:
        return Precheck(name, Presence.ABSENT)

    before = ruling(intent, check, (), NOW)
    assert (before.answer, before.reason) == (Answer.REFUSE, reason)

    proposed = pasted(learned(refusal(reason, action, before.name)))
    assert ruling(intent, check, proposed, NOW).answer is Answer.ALLOW
