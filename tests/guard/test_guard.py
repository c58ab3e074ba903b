"""One guard: what its connections share, one look for all who wait, and what is remembered of it."""

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime

import msgspec
import pytest
from front import LLAMA, STUB, Front, body, post
from openmetrics import families

from modelcheck import __version__
from modelcheck.core.exceptions import Exemption, What
from modelcheck.core.handshake import Handshake, is_proven
from modelcheck.core.ruling import Action, Answer, Check, Intent, Reason, Ruling, ruling
from modelcheck.guard import guard as module
from modelcheck.guard import state as states
from modelcheck.guard.event import OTHER, Event, Outcome
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.guard import MOST_REPEATS, plain_get
from modelcheck.guard.limits import Limits
from modelcheck.guard.setup import Address

NONCE = "0123456789abcdef"
TAGS = json.dumps({"models": [{"name": LLAMA.name, "size": 1, "digest": "a" * 64}]}).encode()
DISABLED, ENABLED = (b'{"cloud":{"disabled":%b,"source":"env"}}' % word for word in (b"true", b"false"))
INFER = Intent(Action.INFER, ("llama3:8b",))


def exempt(subject: str) -> Exemption:
    return Exemption(What.PULL, subject, "needed", "Ana", "2026-12-31")


def event(outcome: Outcome) -> Event:
    return Event(outcome, "not-here", 403, "POST", "/api/pull", "pull", "new")


# Rulings.


def test_a_request_is_ruled_on_by_the_last_look_the_exceptions_and_the_time() -> None:
    front = Front(exempt("new"))
    front.read()
    assert front.guard.rule(INFER).entry == LLAMA
    pull = Intent(Action.PULL, ("new",))
    assert front.guard.rule(pull).answer is Answer.ALLOW
    assert front.guard.rule(pull, passes=False).reason is Reason.NOT_HERE
    front.exemptions.clear()
    assert front.guard.rule(pull).reason is Reason.NOT_HERE
    front.exemptions.append(msgspec.structs.replace(exempt("new"), until="2026-11-23"))
    assert front.guard.rule(pull).reason is Reason.NOT_HERE


def test_what_was_ruled_by_a_fresh_look_is_remembered_until_another_sees_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[Intent] = []

    def counting(intent: Intent, check: Check, exemptions: Iterable[Exemption], now: datetime) -> Ruling:
        counted.append(intent)
        return ruling(intent, check, exemptions, now)

    monkeypatch.setattr("modelcheck.guard.guard.ruling", counting)
    front = Front()
    front.read()
    assert front.guard.rule(INFER) is front.guard.rule(INFER)
    assert len(counted) == 1
    front.read()
    front.guard.rule(INFER)
    assert len(counted) == 1
    front.read(STUB)
    assert front.guard.rule(INFER).reason is Reason.NOT_HERE
    assert len(counted) == 2


def test_nothing_is_remembered_of_an_old_look_or_beside_exceptions() -> None:
    front = Front(exempt("other"))
    front.read()
    front.guard.rule(INFER)
    assert front.guard.state.rulings == {}
    front.exemptions.clear()
    front.guard.state.doubt()
    assert front.guard.rule(INFER).answer is Answer.ALLOW
    assert front.guard.state.rulings == {}
    front.read()
    front.guard.rule(INFER)
    assert list(front.guard.state.rulings) == [INFER]
    front.exemptions.append(exempt("llama3:70b"))
    pull = Intent(Action.PULL, ("llama3:70b",))
    assert front.guard.rule(pull).answer is Answer.ALLOW
    front.clock.now += 100
    assert front.guard.rule(INFER).reason is Reason.NOT_CHECKED


def test_only_so_many_rulings_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ANSWERS", 2)
    front = Front()
    front.read()
    for name in ("a", "b", "c", "a"):
        front.guard.rule(Intent(Action.INFER, (name,)))
    assert [one.names for one in front.guard.state.rulings] == [("a",), ("b",)]
    assert states.MOST_ANSWERS == 4096


# The handshake.


@pytest.mark.parametrize(("disabled", "cloud"), [(True, "disabled"), (False, "enabled"), (None, "unknown")])
def test_the_handshake_proves_what_it_is_and_tells_what_it_knows(disabled: bool | None, cloud: str) -> None:
    front = Front()
    front.read(disabled=disabled)
    front.clock.now += 1.26
    found = msgspec.json.decode(front.guard.prove(f"n={NONCE}"), type=Handshake)
    assert is_proven(found, NONCE)
    assert (found.version, found.instance) == (__version__, front.guard.instance)
    assert (found.cloud, found.inventory_age_s, found.token) == (cloud, 1.3, False)


def test_before_the_first_look_it_tells_that_nothing_is_known() -> None:
    found = msgspec.json.decode(Front(token=b"a-long-token").guard.prove(f"n={NONCE}"), type=Handshake)
    assert (found.cloud, found.inventory_age_s, found.token) == ("unknown", None, True)


def test_each_guard_has_an_instance_of_its_own() -> None:
    first, second = Front().guard, Front().guard
    assert first.instance != second.instance
    assert len(first.instance) == 32


@pytest.mark.parametrize("query", ["", "n", "n=", "n=short", f"m={NONCE}", f"n={NONCE}&x=y", f"x=y&n={NONCE}", NONCE])
def test_the_handshake_takes_one_nonce(query: str) -> None:
    with pytest.raises(Refused, match="n=NONCE") as caught:
        Front().guard.prove(query)
    assert caught.value.reason is Fault.MALFORMED


# What is noted.


@pytest.mark.parametrize(
    ("outcome", "is_logged", "is_learnt"),
    [
        (Outcome.ANSWERED, False, False),
        (Outcome.REFUSED, True, True),
        (Outcome.FAILED, True, False),
        (Outcome.FORWARDED, True, False),
    ],
)
def test_each_outcome_is_noted_where_it_belongs(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, is_logged: bool, is_learnt: bool
) -> None:
    front = Front()
    learnt: list[Event] = []
    monkeypatch.setattr(front.lessons, "note", learnt.append)
    front.guard.note("/api/pull", event(outcome))
    assert front.journal.events == [event(outcome)] * is_logged
    assert learnt == [event(outcome)] * is_learnt
    found = families(front.metrics.exposition())
    assert found["modelcheck_guard_requests"].value(route="/api/pull", outcome=outcome.value) == 1
    refusals = found["modelcheck_guard_refusals"].samples
    assert bool(refusals) is (outcome is Outcome.REFUSED)


def test_a_guard_that_does_not_learn_notes_all_the_same() -> None:
    front = Front()
    front.guard._lessons = None
    front.guard.note("/api/pull", event(Outcome.REFUSED))
    assert len(front.journal.events) == 1


def test_a_fault_of_our_own_is_noted_by_its_kind_alone() -> None:
    front = Front()
    loop = front.guard.loop
    front.guard.own_fault(loop, {"message": "x", "exception": ValueError("a secret")})
    front.guard.own_fault(loop, {"message": "some\nmessage"})
    front.guard.own_fault(loop, {})
    assert [one.name for one in front.journal.events] == [
        "ValueError",
        "some\N{REPLACEMENT CHARACTER}message",
        "",
    ]
    assert {(one.outcome, one.reason, one.status) for one in front.journal.events} == {
        (Outcome.FAILED, "own-fault", 500)
    }
    found = families(front.metrics.exposition())["modelcheck_guard_requests"]
    assert found.value(route=OTHER, outcome="failed") == 3


# Looks.


def asked(front: Front) -> list[bytes]:
    return [one.request.split(b" ")[1] for one in front.upstream.sent]


def answered(
    front: Front, tags: bytes = TAGS, switch: bytes = DISABLED, statuses: tuple[int, int] = (200, 200)
) -> None:
    """Answer the last look."""
    front.upstream.answer(-2, statuses[0], tags)
    if front.upstream.sent[-1].consumer is not None:
        front.upstream.answer(-1, statuses[1], switch)


def test_a_look_asks_two_things_at_once_and_then_knows() -> None:
    front = Front()
    front.guard.look()
    assert asked(front) == [b"/api/tags", b"/api/status"]
    assert front.upstream.sent[0].request == plain_get(b"127.0.0.1:11434", b"/api/tags")
    assert [one.epoch for one in front.upstream.sent] == [None, None]
    assert [timer.after for timer in front.timers] == [front.setup.limits.read_s]
    begun = front.clock.now
    front.clock.now += 0.5
    answered(front)
    reading = front.guard.state.reading
    assert reading is not None
    assert (reading.at, reading.cloud_disabled) == (begun, True)
    assert [one.name for one in reading.entries] == ["llama3:8b"]
    assert front.timers[0].is_cancelled
    assert front.guard.state.is_fresh


def test_the_answers_of_a_look_may_come_in_either_order() -> None:
    front = Front()
    front.guard.look()
    front.upstream.answer(1, 200, ENABLED)
    assert front.guard.state.reading is None
    front.upstream.answer(0, 200, TAGS)
    assert front.guard.state.is_strict
    assert front.guard.state.reading is not None


def test_a_server_that_does_not_know_the_switch_is_not_known_to_have_it_off() -> None:
    front = Front()
    front.guard.look()
    answered(front, statuses=(200, 404), switch=b"404 page not found")
    assert front.guard.state.reading is not None
    assert front.guard.state.reading.cloud_disabled is None


@pytest.mark.parametrize(
    ("tags", "switch", "statuses"),
    [
        (TAGS, DISABLED, (500, 200)),
        (TAGS, DISABLED, (404, 200)),
        (TAGS, DISABLED, (200, 500)),
        (TAGS, DISABLED, (200, 204)),
        (b"not json", DISABLED, (200, 200)),
        (b"[]", DISABLED, (200, 200)),
        (b'{"models":[1]}', DISABLED, (200, 200)),
        (TAGS, b"not json", (200, 200)),
        (TAGS, b"[]", (200, 200)),
        (TAGS, b"{}", (200, 200)),
    ],
)
def test_a_look_that_is_not_understood_is_none_and_raises_doubt(
    tags: bytes, switch: bytes, statuses: tuple[int, int]
) -> None:
    front = Front()
    front.read()
    before = front.guard.state.reading
    front.guard.look()
    answered(front, tags, switch, statuses)
    assert front.guard.state.reading is before
    assert front.guard.state.is_doubtful


def test_a_look_ends_as_soon_as_the_list_is_known_to_be_lost() -> None:
    front = Front()
    front.guard.look()
    front.upstream.sent[0].break_off()
    assert front.upstream.sent[1].consumer is None
    assert front.timers[0].is_cancelled
    front.guard.look()
    front.upstream.sent[3].break_off()
    assert front.upstream.sent[2].consumer is not None
    front.upstream.answer(2, 200, TAGS)
    assert front.guard.state.reading is None


def test_a_look_that_takes_too_long_ends() -> None:
    front = Front()
    ended: list[int] = []
    front.guard.look(lambda: ended.append(1))
    front.upstream.answer(0, 200, TAGS)
    front.timers[0].ring()
    assert ended == [1]
    assert front.upstream.sent[1].consumer is None
    assert front.guard.state.reading is None


def test_all_who_wait_wait_for_one_look() -> None:
    front = Front(limits=Limits(waiting=2))
    ended: list[str] = []
    front.guard.look(lambda: ended.append("first"))
    front.guard.look()
    front.guard.look(lambda: ended.append("second"))
    with pytest.raises(Refused, match="too many") as caught:
        front.guard.look(lambda: ended.append("third"))
    assert caught.value.reason is Fault.BUSY
    assert len(front.upstream.sent) == 2
    answered(front)
    assert ended == ["first", "second"]
    front.guard.look(lambda: ended.append("fourth"))
    assert len(front.upstream.sent) == 4
    answered(front)
    assert ended == ["first", "second", "fourth"]


def test_who_waits_may_ask_for_another_look() -> None:
    front = Front()
    ended: list[str] = []
    front.guard.look(lambda: front.guard.look(lambda: ended.append("again")))
    answered(front)
    assert ended == []
    answered(front)
    assert ended == ["again"]


def test_a_look_during_which_another_server_may_have_come_is_repeated_for_those_who_wait() -> None:
    front = Front()
    ended: list[int] = []
    front.guard.look(lambda: ended.append(1))
    front.guard.state.doubt()
    answered(front)
    assert ended == []
    assert len(front.upstream.sent) == 4
    answered(front)
    assert ended == [1]
    assert front.guard.state.is_fresh


def test_a_look_is_not_repeated_for_ever_and_not_for_nobody() -> None:
    front = Front()
    ended: list[int] = []
    for _ in range(2):
        front.guard.look(lambda: ended.append(1))
        for _ in range(MOST_REPEATS):
            front.guard.state.doubt()
            answered(front)
            assert ended == []
        front.guard.state.doubt()
        answered(front)
        assert ended == [1]
        ended.clear()
    before = len(front.upstream.sent)
    front.guard.look()
    front.guard.state.doubt()
    answered(front)
    assert len(front.upstream.sent) == before + 2


def test_a_list_longer_than_any_is_none() -> None:
    front = Front(limits=Limits(answer=10))
    assert front.guard.read(TAGS, None, 1.0) is None
    assert Front().guard.read(TAGS, None, 1.0) is not None
    front.guard.look()
    answered(front)
    assert front.guard.state.reading is None


def test_what_is_read_is_what_was_said() -> None:
    guard = Front().guard
    found = guard.read(TAGS, ENABLED, 7.0)
    assert found is not None
    assert (found.cloud_disabled, found.at, found.entries[0].digest) == (False, 7.0, "a" * 64)


# Rounds.


def test_a_round_ends_what_is_overdue_and_nothing_else() -> None:
    front = Front()
    front.read()
    first = front.caller()
    front.clock.now += 1
    second = front.caller()
    front.clock.now += front.setup.limits.head_s - 1
    front.guard.sweep()
    assert first.transport.is_aborted
    assert not second.transport.is_closed
    second.connection.deadline = None
    front.clock.now += 1000
    front.guard.sweep()
    assert not second.transport.is_closed


def test_a_round_looks_at_the_upstream_where_the_last_look_is_old_or_in_doubt() -> None:
    front = Front()
    front.guard.sweep()
    assert len(front.upstream.sent) == 2
    answered(front)
    front.guard.sweep()
    assert len(front.upstream.sent) == 2
    front.clock.now += front.setup.limits.fresh_s
    front.guard.sweep()
    assert len(front.upstream.sent) == 4
    answered(front)
    front.guard.state.doubt()
    front.guard.sweep()
    assert len(front.upstream.sent) == 6
    answered(front)
    front.guard.is_ending = True
    front.guard.state.doubt()
    front.guard.sweep()
    assert len(front.upstream.sent) == 6
    assert front.journal.flushes == 5


# The end.


def drained(front: Front, then: object = None) -> None:
    async def drain() -> None:
        front.guard._emptied = asyncio.Event()
        ending = asyncio.ensure_future(front.guard.drain())
        await asyncio.sleep(0)
        assert front.guard.is_ending
        if callable(then):
            then()
        await ending

    with asyncio.Runner() as runner:
        runner.run(drain())


def test_a_guard_without_connections_ends_at_once() -> None:
    front = Front()
    drained(front)
    assert front.upstream.is_closed


def test_a_guard_waits_for_what_is_running() -> None:
    front = Front(limits=Limits(drain_s=1000))
    front.read()
    idle, busy = front.caller(), front.caller()
    busy.send(post("/api/chat", b'{"model":"llama3:8b"}'))

    def end() -> None:
        assert idle.transport.is_closed
        idle.leave()
        assert not front.guard._emptied.is_set()
        front.upstream.answer(0, 200, b"x")
        assert body(busy.said) == b"x"
        busy.leave()
        assert front.guard._emptied.is_set()

    drained(front, end)
    assert front.upstream.is_closed
    assert not busy.transport.is_aborted


def test_a_guard_waits_no_longer_than_it_may() -> None:
    front = Front(limits=Limits(drain_s=0))
    front.read()
    busy = front.caller()
    busy.send(post("/api/chat", b'{"model":"llama3:8b"}'))
    drained(front)
    assert busy.transport.is_aborted
    assert front.upstream.is_closed


def test_that_a_caller_leaves_ends_nothing_while_the_guard_goes_on() -> None:
    front = Front()
    caller = front.caller()
    caller.leave()
    assert not front.guard._emptied.is_set()
    assert front.guard.connections == set()


def test_a_guard_asks_its_upstream_by_its_address() -> None:
    front = Front(upstream=Address("::1", 5))
    front.guard.look()
    assert b"Host: [::1]:5\r\n" in front.upstream.sent[0].request
    assert front.setup.upstream.url == "http://[::1]:5"
    assert Address("a", 1).url == "http://a:1"
