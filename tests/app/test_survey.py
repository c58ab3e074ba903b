"""The survey runs what is needed, each as soon as its needs are there, and waits for none beyond its limit."""

import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from modelcheck.app.interruption import interruption, leave
from modelcheck.app.survey import Interrupted, Values, survey
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.machine import HostContact, Ledger
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access, Book
from modelcheck.probes.probe import Probe, probe

LONG_S = 30.0
"""Longer than any test should take."""
SHORT_S = 0.3


class Apple(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.MACHINE

    kind: str = ""


class Pear(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.PROJECT

    kind: str = ""


class Pie(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.PROVIDERS

    filling: str = ""


class Table(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.TABLES


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Ends every wait of a test when the test ends."""
    event = threading.Event()
    yield event
    event.set()


def access(limit_s: float = LONG_S, root: Path | None = None) -> Access:
    return Access(root or Path(__file__).parent, KnownProviders("", ()), limit_s=limit_s, book=Book(simulated=True))


def look(*probes: Probe[..., object], wanted: tuple[type[Fact], ...], limit_s: float = LONG_S) -> Facts:
    return survey(probes, wanted, access(limit_s), tables={})


@probe
def apple() -> Apple:
    return Apple("red")


@probe
def pear() -> Pear:
    return Pear("green")


@probe
def pie(apple: Apple, pear: Pear | Gap) -> Pie:
    filling = pear.why.value if isinstance(pear, Gap) else pear.kind
    return Pie(f"{apple.kind} {filling}")


def test_each_fact_is_what_its_probe_left() -> None:
    facts = look(pie, apple, pear, wanted=(Pie, Apple))

    assert facts.get(Pie) == Pie("red green")
    assert facts.get(Apple) == Apple("red")


def test_only_what_is_needed_is_looked_at() -> None:
    @probe
    def unneeded() -> Pear:
        pytest.fail("it was looked at")

    facts = look(apple, unneeded, wanted=(Apple,))

    assert facts.get(Apple) == Apple("red")
    assert facts.get(Pear) == Gap(Why.NOT_ASKED, about="Pear")


def test_nothing_wanted_is_nothing_looked_at() -> None:
    facts = look(apple, wanted=())

    assert list(facts) == [Ledger]


def test_a_fact_that_no_probe_promises_is_a_gap_for_who_needs_it() -> None:
    facts = look(pie, pear, wanted=(Pie,))

    assert facts.get(Pie) == Gap(Why.NOT_ASKED, about="Apple")


def test_a_probe_with_two_promises_runs_once() -> None:
    runs: list[int] = []

    @probe
    def harvest() -> tuple[Apple, Pear]:
        runs.append(1)
        return Apple("a"), Pear("b")

    facts = look(harvest, pie, wanted=(Apple, Pear, Pie))

    assert facts.get(Pie) == Pie("a b")
    assert runs == [1]


def test_tables_are_given_and_never_looked_for() -> None:
    @probe
    def never() -> Table:
        pytest.fail("it was looked at")

    @probe
    def reader(table: Table) -> Apple:
        return Apple(type(table).__name__)

    facts = survey([never, reader], [Apple], access(), tables={Table: Table()})

    assert facts.get(Apple) == Apple("Table")


def test_what_is_allowed_reaches_the_probe() -> None:
    @probe
    def reader(what: Access) -> Apple:
        return Apple(str(what.limit_s))

    assert look(reader, wanted=(Apple,)).get(Apple) == Apple("30.0")


def test_probes_that_need_nothing_of_each_other_run_at_the_same_time() -> None:
    """So that the survey takes as long as its slowest probe: each of these ends only when both are running."""
    both = threading.Barrier(2)

    @probe
    def one() -> Apple:
        both.wait(LONG_S)
        return Apple("met")

    @probe
    def other() -> Pear:
        both.wait(LONG_S)
        return Pear("met")

    facts = look(one, other, wanted=(Apple, Pear))

    assert (facts.get(Apple), facts.get(Pear)) == (Apple("met"), Pear("met"))


def test_a_probe_begins_as_soon_as_its_own_needs_are_there() -> None:
    eaten = threading.Event()

    @probe
    def slow() -> Pear:
        assert eaten.wait(LONG_S)
        return Pear("last")

    @probe
    def quick(apple: Apple) -> Pie:
        eaten.set()
        return Pie(apple.kind)

    facts = look(slow, apple, quick, wanted=(Pear, Pie))

    assert (facts.get(Pear), facts.get(Pie)) == (Pear("last"), Pie("red"))


def test_a_hanging_probe_is_given_up_and_the_others_stay(over: threading.Event) -> None:
    @probe
    def hang() -> Apple:
        over.wait(LONG_S)
        return Apple("too late")

    facts = look(hang, pear, pie, wanted=(Apple, Pear, Pie), limit_s=SHORT_S)

    gap = Gap(Why.TIMED_OUT, about="0.3 s")
    assert facts.get(Pear) == Pear("green")
    assert facts.get(Apple) == gap
    assert facts.get(Pie) == gap


def test_what_comes_after_the_limit_comes_too_late() -> None:
    """The late probe ends while another one is still waited for."""
    given_up = threading.Event()
    threads: list[threading.Thread] = []
    watched: list[str] = []

    def watch(name: str, _values: Values, _waiting: Sequence[str] = ()) -> None:
        watched.append(name)
        if name == "late":
            given_up.set()

    @probe
    def late() -> Apple:
        threads.append(threading.current_thread())
        given_up.wait(LONG_S)
        return Apple("too late")

    @probe
    def after(apple: Apple | Gap) -> Pear:
        threads[0].join(LONG_S)
        return Pear(type(apple).__name__)

    facts = survey([late, after], [Apple, Pear], access(SHORT_S), tables={}, watch=watch)

    assert facts.get(Apple) == Gap(Why.TIMED_OUT, about="0.3 s")
    assert facts.get(Pear) == Pear("Gap")
    assert watched == ["late", "after"]


def test_the_first_deadline_is_the_first_to_pass(over: threading.Event) -> None:
    """The probe that begins later is still there when the hanging one is given up."""
    given_up = threading.Event()

    def watch(name: str, _values: Values, _waiting: Sequence[str] = ()) -> None:
        if name == "hang":
            given_up.set()

    @probe
    def hang() -> Apple:
        over.wait(LONG_S)
        return Apple("too late")

    @probe
    def half() -> Table:
        over.wait(0.5)
        return Table()

    @probe
    def later(table: Table) -> Pear:
        given_up.wait(LONG_S)
        return Pear(type(table).__name__)

    facts = survey([hang, half, later], [Apple, Pear], access(1.0), tables={}, watch=watch)

    assert facts.get(Apple) == Gap(Why.TIMED_OUT, about="1 s")
    assert facts.get(Pear) == Pear("Table")


def test_probes_hold_nobody_who_wants_to_leave() -> None:
    @probe
    def thread() -> Apple:
        return Apple(str(threading.current_thread().daemon))

    assert look(thread, wanted=(Apple,)).get(Apple) == Apple("True")


def test_each_probe_of_a_chain_has_the_whole_limit(over: threading.Event) -> None:
    """Both hang: the first promise is given up after one limit, the second after another."""

    @probe
    def first() -> Apple:
        over.wait(LONG_S)
        return Apple("too late")

    @probe
    def second(apple: Apple | Gap) -> Pear:
        over.wait(LONG_S if isinstance(apple, Gap) else 0)
        return Pear("too late")

    facts = look(first, second, pie, wanted=(Pear, Pie), limit_s=SHORT_S)

    gap = Gap(Why.TIMED_OUT, about="0.3 s")
    assert (facts.get(Apple), facts.get(Pear), facts.get(Pie)) == (gap, gap, gap)


@pytest.mark.parametrize(
    ("error", "gap"),
    [
        (ValueError("some secret"), Gap(Why.CRASHED, about="ValueError")),
        (SystemExit(0), Gap(Why.CRASHED, about="SystemExit")),
        (MemoryError(), Gap(Why.TOO_MUCH, about="memory")),
        (Unseen(Gap(Why.NO_KEY, about="openai")), Gap(Why.NO_KEY, about="openai")),
    ],
    ids=["fault", "exit", "memory", "unseen"],
)
def test_what_a_probe_raises_is_the_gap_of_all_its_promises(error: BaseException, gap: Gap) -> None:
    @probe
    def fail() -> tuple[Apple, Pear]:
        raise error

    facts = look(fail, wanted=(Apple, Pear))

    assert (facts.get(Apple), facts.get(Pear)) == (gap, gap)


def test_a_gap_that_is_needed_is_the_gap_of_who_needs_it() -> None:
    @probe
    def blind() -> Apple:
        raise Unseen(Gap(Why.NOT_THERE, about="apples"))

    ran: list[int] = []

    @probe
    def eat(apple: Apple) -> tuple[Pie, Table]:
        ran.append(1)
        return Pie(), Table()

    facts = look(blind, eat, wanted=(Pie, Table))

    assert facts.get(Pie) == facts.get(Table) == Gap(Why.NOT_THERE, about="apples")
    assert ran == []


def test_a_gap_that_is_optional_is_handed_over() -> None:
    @probe
    def blind() -> Pear:
        raise Unseen(Gap(Why.NOT_THERE))

    assert look(apple, blind, pie, wanted=(Pie,)).get(Pie) == Pie("red not_there")


def test_a_probe_may_leave_a_gap_for_one_promise_alone() -> None:
    @probe
    def half() -> tuple[Apple, Pear | Gap]:
        return Apple("seen"), Gap(Why.TOO_MUCH)

    facts = look(half, wanted=(Apple, Pear))

    assert (facts.get(Apple), facts.get(Pear)) == (Apple("seen"), Gap(Why.TOO_MUCH))


def test_one_gap_may_stand_for_all_promises() -> None:
    def blind() -> tuple[Apple, Pear]:
        return Gap(Why.TOO_MUCH)  # type: ignore[return-value] # pyright: ignore[reportReturnType]

    facts = look(probe(blind), wanted=(Apple, Pear))

    assert facts.get(Apple) == facts.get(Pear) == Gap(Why.TOO_MUCH)


@pytest.mark.parametrize("left", [(Apple(),), (Apple(), Pear(), Pie()), (Pear(), Apple()), Apple(), None, ("", "")])
def test_what_is_not_as_promised_is_a_fault_of_the_probe(left: object) -> None:
    def harvest() -> tuple[Apple, Pear]:
        return left  # type: ignore[return-value] # pyright: ignore[reportReturnType]

    facts = look(probe(harvest), wanted=(Apple, Pear))

    for kind in (Apple, Pear):
        gap = facts.get(kind)
        assert isinstance(gap, Gap)
        assert gap.why is Why.CRASHED


def test_whoever_watches_is_told_of_each_probe_as_it_ends() -> None:
    watched: list[tuple[str, Values]] = []

    def watch(name: str, left: Values, _waiting: Sequence[str] = ()) -> None:
        watched.append((name, left))

    survey([apple, pear, pie], [Pie], access(), tables={}, watch=watch)

    assert sorted(name for name, _ in watched) == ["apple", "pear", "pie"]
    assert watched[-1] == ("pie", {Pie: Pie("red green")})


def test_the_ledger_holds_what_probes_did() -> None:
    @probe
    def ask(what: Access) -> Apple:
        for _ in range(3):
            what.book.contact("127.0.0.1:1", "GET")
        what.book.contact("127.0.0.1:1", "POST")
        return Apple()

    ledger = look(ask, wanted=(Apple,)).get(Ledger)

    contacts = (HostContact("127.0.0.1:1", "GET", 3), HostContact("127.0.0.1:1", "POST", 1))
    assert ledger == Ledger(contacts=contacts, simulated=True)


def test_facts_say_when_and_of_which_folder(tmp_path: Path) -> None:
    root = tmp_path / "my \x1b[31mproject"
    root.mkdir()
    facts = survey([], [], access(root=root), tables={})

    assert facts.subject == "my \N{REPLACEMENT CHARACTER}[31mproject"
    assert set(facts.taken_at) == {Scope.PROJECT, Scope.MACHINE, Scope.PROVIDERS}
    (time,) = set(facts.taken_at.values())
    assert len(time) == len("2026-11-22T10:00:00Z")
    assert time.endswith("Z")


def test_the_root_of_a_drive_has_no_name() -> None:
    assert survey([], [], access(root=Path("/")), tables={}).subject == "project"


def test_whoever_watches_is_told_what_is_still_waited_for(over: threading.Event) -> None:
    """The one that hangs is named from the first end on, and so is what has just begun."""
    waited: list[tuple[str, tuple[str, ...]]] = []

    def watch(name: str, _values: Values, waiting: Sequence[str] = ()) -> None:
        waited.append((name, tuple(waiting)))

    @probe
    def hang() -> Pear:
        over.wait(LONG_S)
        return Pear("too late")

    @probe
    def after(apple: Apple) -> Pie:
        return Pie(apple.kind)

    survey([hang, apple, after], [Pear, Pie], access(SHORT_S), tables={}, watch=watch)

    assert waited == [("apple", ("hang", "after")), ("after", ("hang",)), ("hang", ())]


@pytest.fixture
def heeded() -> Iterator[None]:
    """Ctrl-C reaches this process, however the tests were started, and is as it was afterwards."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupted_look_keeps_what_was_seen_until_then(heeded: None, over: threading.Event) -> None:
    def watch(name: str, _values: Values, _waiting: Sequence[str] = ()) -> None:
        if name == "pear":
            signal.raise_signal(signal.SIGINT)

    @probe
    def hang() -> Apple:
        over.wait(LONG_S)
        return Apple("too late")

    began = time.monotonic()
    with pytest.raises(Interrupted) as ended:
        survey([hang, pear, pie], [Apple, Pear, Pie], access(), tables={Table: Table()}, watch=watch)
    facts = ended.value.facts

    assert time.monotonic() - began < 5
    assert facts.get(Pear) == Pear("green")
    assert facts.get(Apple) == Gap(Why.INTERRUPTED, hint="modelcheck audit")
    assert facts.get(Pie) == Gap(Why.INTERRUPTED, hint="modelcheck audit")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one thread")
def test_ctrl_c_is_heeded_while_nothing_ends(heeded: None, over: threading.Event) -> None:
    """The wait is taken up again and again, since on Windows no signal ends one."""
    main = threading.main_thread().ident

    @probe
    def hang() -> Apple:
        signal.pthread_kill(main or 0, signal.SIGINT)
        over.wait(LONG_S)
        return Apple("too late")

    began = time.monotonic()
    with pytest.raises(Interrupted):
        survey([hang], [Apple], access(), tables={})

    assert time.monotonic() - began < 5


def test_after_a_look_ctrl_c_is_what_it_was(heeded: None) -> None:
    look(apple, wanted=(Apple,))

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_leaves_at_once(heeded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr("os._exit", left.append)
    with interruption() as asked:
        signal.raise_signal(signal.SIGINT)
        assert (asked.is_set(), left) == (True, [])
        signal.raise_signal(signal.SIGINT)
        assert left == [130]

    assert signal.getsignal(signal.SIGINT) is leave


def test_where_ctrl_c_is_ignored_it_stays_so(heeded: None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruption() as asked:
        signal.raise_signal(signal.SIGINT)

        assert not asked.is_set()


def test_a_look_in_another_thread_heeds_no_signal(heeded: None) -> None:
    seen: list[Facts] = []
    thread = threading.Thread(target=lambda: seen.append(look(apple, wanted=(Apple,))))
    thread.start()
    thread.join(LONG_S)

    assert seen[0].get(Apple) == Apple("red")
