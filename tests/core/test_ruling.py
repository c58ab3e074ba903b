"""The one policy: only what is certainly here, only for what harms nothing, and single exceptions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.app.tables import table
from modelcheck.core.exceptions import Exemption, What, is_over
from modelcheck.core.facts import Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing, Source
from modelcheck.core.name import InvalidName, pull_target
from modelcheck.core.nearest import Near
from modelcheck.core.precheck import Obstacle, Precheck, Presence, precheck
from modelcheck.core.project import Engine
from modelcheck.core.ruling import (
    NEEDS_HERE,
    Action,
    Answer,
    Intent,
    Leave,
    Reason,
    Ruling,
    pulled_name,
    ruling,
    same_model,
)
from modelcheck.core.tables import Families

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FAMILIES = table(Families)
HELD = (
    Entry("llama3:8b", size=5 * 10**9, digest="a" * 64, remote=False),
    Entry("Space/Mixed:Q4", size=10**9, digest="b" * 64, remote=False),
    Entry("bridge:latest", size=400, digest="c" * 64, remote=True),
    Entry("half:latest", size=10**9, digest="d" * 64, remote=False, whole=False),
    Entry("unseen:latest", size=10**9, digest="e" * 64, remote=Gap(Why.NOT_RECORDED)),
)
INVENTORY = Inventory(Seen.of({"one": Listing(Source.SERVER, proves_absence=True, entries=HELD)}))
CLOSED = sorted(set(Action) - NEEDS_HERE - {Action.LOOK})


def check(name: str) -> Precheck:
    return precheck(name, Engine.OLLAMA, "one", INVENTORY, FAMILIES)


def exempt(what: What, subject: str, until: str = "2026-11-24") -> Exemption:
    return Exemption(what, subject, "needed", "Ana", until)


def ruled(
    action: Action, *names: str, target: str = "", leave: Leave = Leave.NOT, exemptions: tuple[Exemption, ...] = ()
) -> Ruling:
    return ruling(Intent(action, names, target, leave), check, exemptions, NOW)


def test_to_look_is_free() -> None:
    assert ruled(Action.LOOK) == Ruling(Answer.ALLOW, Intent(Action.LOOK))


@pytest.mark.parametrize("action", [Action.INFER, Action.DESCRIBE])
def test_what_is_here_may_be_used_as_the_inventory_spells_it(action: Action) -> None:
    found = ruled(action, "space/mixed:q4")
    assert (found.answer, found.reason, found.name) == (Answer.ALLOW, None, "Space/Mixed:Q4")
    assert found.entry is HELD[1]
    assert found.exemption is None


def test_a_pull_of_what_is_here_is_answered_from_the_inventory() -> None:
    found = ruled(Action.PULL, "LLAMA3:8B")
    assert (found.answer, found.reason, found.name, found.entry) == (Answer.HERE, None, "llama3:8b", HELD[0])


@pytest.mark.parametrize("action", sorted(NEEDS_HERE))
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mixtral-8x7b", Reason.NOT_HERE),
        ("llama3", Reason.NOT_HERE),
        ("gpt-oss:120b-cloud", Reason.CLOUD),
        ("llama3:8b:cloud", Reason.CLOUD),
        ("bridge", Reason.STUB),
        ("half", Reason.BROKEN),
        ("unseen", Reason.NOT_CHECKED),
        ("../etc/passwd", Reason.INVALID_NAME),
        ("x" * 1001, Reason.INVALID_NAME),
    ],
)
def test_everything_else_is_refused_with_its_reason(action: Action, name: str, reason: Reason) -> None:
    found = ruled(action, name)
    assert (found.answer, found.reason, found.name, found.entry) == (Answer.REFUSE, reason, name, None)


@pytest.mark.parametrize("obstacle", sorted(Obstacle))
def test_every_obstacle_has_a_reason_of_its_own(obstacle: Obstacle) -> None:
    def of_obstacle(name: str) -> Precheck:
        return Precheck(name, Presence.ABSENT, obstacle)

    found = ruling(Intent(Action.INFER, ("x",)), of_obstacle, (), NOW)
    assert found.answer is Answer.REFUSE
    expected = {Obstacle.NONE: Reason.NOT_HERE, Obstacle.INVALID: Reason.INVALID_NAME}
    assert found.reason == expected.get(obstacle, obstacle.value)


def test_a_refusal_names_the_nearest() -> None:
    assert [near.name for near in ruled(Action.PULL, "llama3:70b").near] == ["llama3:8b"]


def test_what_is_said_to_be_here_without_an_entry_is_refused() -> None:
    found = ruling(Intent(Action.INFER, ("x",)), lambda name: Precheck(name, Presence.HERE), (), NOW)
    assert (found.answer, found.reason) == (Answer.REFUSE, Reason.NOT_HERE)


@pytest.mark.parametrize("action", sorted(NEEDS_HERE))
def test_a_request_must_name_a_model(action: Action) -> None:
    found = ruled(action)
    assert (found.answer, found.reason, found.name) == (Answer.REFUSE, Reason.NO_NAME, "")


def test_two_names_of_one_model_are_one() -> None:
    assert ruled(Action.INFER, "llama3:8b", "library/LLAMA3:8b", "llama3:8b:local").answer is Answer.ALLOW


@pytest.mark.parametrize("other", ["bridge", "llama3", "llama3:8b-cloud", "", "?"])
def test_two_models_in_one_request_are_refused_in_either_order(other: str) -> None:
    for names in (("llama3:8b", other), (other, "llama3:8b"), ("llama3:8b", "llama3:8b", other)):
        found = ruled(Action.INFER, *names)
        assert (found.answer, found.reason, found.name) == (Answer.REFUSE, Reason.TWO_NAMES, names[0])


def test_texts_that_are_no_names_are_the_same_only_to_the_letter() -> None:
    assert same_model(("?", "?"))
    assert not same_model(("?", "!"))
    assert not same_model(("?", "llama3"))
    assert not same_model(("llama3", "?"))
    assert same_model(("llama3",))


@pytest.mark.parametrize("leave", [Leave.WEB_SEARCH, Leave.REMOTE_FILE])
def test_what_leaves_the_machine_is_refused_whatever_is_here_and_excepted(leave: Leave) -> None:
    allowing = (exempt(What.REQUEST, "infer llama3:8b"),)
    found = ruled(Action.INFER, "llama3:8b", leave=leave, exemptions=allowing)
    assert (found.answer, found.reason) == (Answer.REFUSE, Reason(leave.value))


@pytest.mark.parametrize("action", CLOSED)
def test_every_other_action_is_closed(action: Action) -> None:
    for target in ("llama3:8b", "new", ""):
        found = ruled(action, target=target)
        assert (found.answer, found.reason, found.name) == (Answer.REFUSE, Reason.CLOSED, target)


@pytest.mark.parametrize("action", CLOSED)
def test_an_exception_opens_one_action_for_one_target(action: Action) -> None:
    one = exempt(What.REQUEST, f"{action} New:1b")
    found = ruled(action, target="library/new:1B", exemptions=(exempt(What.PULL, "new:1b"), one))
    assert (found.answer, found.name, found.exemption) == (Answer.ALLOW, "library/new:1B", one)
    assert ruled(action, target="new:2b", exemptions=(one,)).reason is Reason.CLOSED
    for other in set(CLOSED) - {action}:
        assert ruled(other, target="new:1b", exemptions=(one,)).reason is Reason.CLOSED


def test_an_exception_without_a_target_opens_nothing() -> None:
    for subject in ("delete ", "delete", " ", ""):
        assert ruled(Action.DELETE, exemptions=(exempt(What.REQUEST, subject),)).reason is Reason.CLOSED


def test_a_target_that_is_no_name_is_excepted_to_the_letter() -> None:
    one = exempt(What.REQUEST, "account /api/me")
    assert ruled(Action.ACCOUNT, target="/api/me", exemptions=(one,)).exemption is one
    assert ruled(Action.ACCOUNT, target="/api/ME", exemptions=(one,)).reason is Reason.CLOSED


def test_what_an_excepted_action_builds_on_must_be_here() -> None:
    one = exempt(What.REQUEST, "create new")
    assert ruled(Action.CREATE, "llama3:8b", target="new", exemptions=(one,)).answer is Answer.ALLOW
    found = ruled(Action.CREATE, "llama3:8b", "bridge", target="new", exemptions=(one,))
    assert (found.answer, found.reason, found.name) == (Answer.REFUSE, Reason.STUB, "bridge")
    far = ruled(Action.CREATE, "llama3:70b", target="new", exemptions=(one,))
    assert far.reason is Reason.NOT_HERE
    assert [near.name for near in far.near] == ["llama3:8b"]


@pytest.mark.parametrize("one", [exempt(What.PULL, "Mixtral:8x7b"), exempt(What.REQUEST, "pull mixtral:8x7b")])
def test_an_exception_lets_one_pull_pass_under_the_name_in_full(one: Exemption) -> None:
    found = ruled(Action.PULL, "MIXTRAL:8X7B", exemptions=(one,))
    assert (found.answer, found.reason, found.name) == (Answer.ALLOW, None, "MIXTRAL:8X7B")
    assert found.exemption is one
    assert found.entry is None
    assert ruled(Action.PULL, "mixtral", exemptions=(one,)).reason is Reason.NOT_HERE
    assert ruled(Action.INFER, "mixtral:8x7b", exemptions=(one,)).reason is Reason.NOT_HERE


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Precheck("x", Presence.ABSENT, Obstacle.CLOUD), Reason.CLOUD),
        (Precheck("x", Presence.ABSENT, Obstacle.STUB), Reason.STUB),
        (Precheck("x", Presence.ABSENT, Obstacle.INVALID), Reason.INVALID_NAME),
        (Precheck("x", Presence.NOT_CHECKED, gap=NOT_RECORDED), Reason.NOT_CHECKED),
    ],
)
def test_no_exception_pulls_what_brings_no_weights_or_could_not_be_looked_for(found: Precheck, reason: Reason) -> None:
    intent, opened = Intent(Action.PULL, ("x",)), (exempt(What.PULL, "x"),)
    assert ruling(intent, lambda _: found, opened, NOW).reason is reason


def test_an_excepted_pull_asks_for_what_ollama_would_pull() -> None:
    one = exempt(What.PULL, "mixtral")
    assert ruled(Action.PULL, "registry.ollama.ai/library/mixtral", exemptions=(one,)).name == "mixtral:latest"
    assert pulled_name("hf.co/a/b") == "hf.co/a/b:latest"
    with pytest.raises(InvalidName):
        pulled_name("?")


def test_an_exception_lets_no_pull_pass_but_of_what_is_not_here_or_not_whole() -> None:
    def pull(name: str) -> Ruling:
        return ruled(Action.PULL, name, exemptions=(exempt(What.PULL, name), exempt(What.REQUEST, f"pull {name}")))

    assert pull("half").answer is Answer.ALLOW
    assert pull("new").answer is Answer.ALLOW
    assert pull("gpt-oss:20b-cloud").reason is Reason.CLOUD
    assert pull("gpt-oss:20b:cloud").reason is Reason.CLOUD
    assert pull("bridge").reason is Reason.STUB
    assert pull("unseen").reason is Reason.NOT_CHECKED
    assert ruled(Action.INFER, "bridge", exemptions=(exempt(What.REQUEST, "infer bridge"),)).answer is Answer.ALLOW


def test_actions_and_answers_are_called_as_exceptions_and_logs_write_them() -> None:
    assert [one.value for one in Action] == [
        *("look", "infer", "describe", "pull", "create", "copy", "push", "delete", "upload", "account", "web")
    ]
    assert [one.value for one in Answer] == ["allow", "here", "refuse"]
    assert [one.value for one in Leave] == ["", "web-search", "remote-file"]


def test_an_excepted_use_keeps_the_name_as_it_was_written() -> None:
    one = exempt(What.REQUEST, "infer gpt-oss:20b-cloud")
    found = ruled(Action.INFER, "gpt-oss:20b:cloud", exemptions=(one,))
    assert (found.answer, found.name, found.exemption) == (Answer.ALLOW, "gpt-oss:20b:cloud", one)
    assert ruled(Action.DESCRIBE, "gpt-oss:20b-cloud", exemptions=(one,)).reason is Reason.CLOUD
    assert ruled(Action.PULL, "gpt-oss:20b-cloud", exemptions=(one,)).reason is Reason.CLOUD


def test_other_kinds_of_exceptions_open_nothing_here() -> None:
    others = (exempt(What.CHECK, "pull new"), exempt(What.REFERENCE, "new"), exempt(What.REFERENCE, "infer new"))
    for action in sorted(NEEDS_HERE):
        assert ruled(action, "new", exemptions=others).reason is Reason.NOT_HERE


def test_what_is_here_needs_no_exception() -> None:
    assert ruled(Action.PULL, "llama3:8b", exemptions=(exempt(What.PULL, "llama3:8b"),)).exemption is None


def test_an_exception_that_is_over_lets_nothing_pass() -> None:
    over = (exempt(What.PULL, "new", "2026-11-23"), exempt(What.PULL, "new", "2026-11-24T12:00:00+00:00"))
    assert ruled(Action.PULL, "new", exemptions=over).reason is Reason.NOT_HERE
    live = exempt(What.PULL, "new", "2026-11-24T12:00:01+00:00")
    assert ruled(Action.PULL, "new", exemptions=(*over, live)).exemption is live


names = st.sampled_from(
    [one.name for one in HELD]
    + ["llama3", "LLAMA3:8B", "new", "new:1b", "new:1b-cloud", "new:1b:cloud", "bridge", "?", "", "\u017f", "n/e/w/x"]
) | st.text(max_size=12)
untils = st.sampled_from(["2026-11-23", "2026-11-24", "2026-11-24T11:59:59+00:00", "2026-11-24T12:00:01Z", "", "soon"])
subjects = names | st.builds("{} {}".format, st.sampled_from(sorted(Action)), names)
exemptions = st.builds(exempt, st.sampled_from(sorted(What)), subjects, untils)
intents = st.builds(
    Intent,
    st.sampled_from(sorted(Action)),
    st.lists(names, max_size=3).map(tuple),
    names,
    st.sampled_from([Leave.NOT, Leave.NOT, Leave.NOT, *Leave]),
)


@given(intents, st.lists(exemptions, max_size=4))
def test_nothing_passes_but_what_is_here_and_what_a_live_exception_names(intent: Intent, let: list[Exemption]) -> None:
    found = ruling(intent, check, let, NOW)
    assert (found.answer is Answer.REFUSE) is (found.reason is not None)
    assert found.intent is intent
    if found.answer is Answer.REFUSE or intent.action is Action.LOOK:
        return
    assert intent.leave is Leave.NOT
    if found.exemption is None:
        assert intent.action in NEEDS_HERE
        assert all(check(name).allowed for name in intent.names)
        assert found.entry in HELD
        assert found.entry is not None
        assert found.entry.remote is False
        assert found.entry.whole is not False
        assert found.name == found.entry.name
    else:
        one = found.exemption
        assert one in let
        assert not is_over(one.until, NOW)
        assert one.what in {What.PULL, What.REQUEST}
        asked = intent.names[0] if intent.action in NEEDS_HERE else intent.target
        subject = one.subject.removeprefix(f"{intent.action} ") if one.what is What.REQUEST else one.subject
        assert subject == asked or pull_target(subject) == pull_target(asked)
        assert (one.what is What.PULL) <= (intent.action is Action.PULL)
    assert (found.answer is Answer.HERE) <= (intent.action is Action.PULL)


@given(names, st.sampled_from(sorted(NEEDS_HERE)), st.integers(-3, 3))
def test_an_exception_only_ever_adds_what_it_names(name: str, action: Action, days: int) -> None:
    other = exempt(What.REQUEST, f"{action} some/other:name", (NOW + timedelta(days=days)).date().isoformat())
    assert ruled(action, name, exemptions=(other,)) == ruled(action, name)


@given(names)
def test_a_pulled_name_means_the_same_model(name: str) -> None:
    try:
        pulled = pulled_name(name)
    except InvalidName:
        return
    assert pull_target(pulled) == pull_target(name)


def test_the_near_models_of_a_refusal_come_from_the_check() -> None:
    near = (Near("a", (), ()),)
    found = ruling(Intent(Action.INFER, ("x",)), lambda name: Precheck(name, Presence.NEAR, near=near), (), NOW)
    assert found.near == near
