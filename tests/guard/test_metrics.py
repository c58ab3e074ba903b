"""The counters: what is counted where, and that the text is OpenMetrics whatever the labels hold."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openmetrics import families

from modelcheck import __version__
from modelcheck.guard import metrics as module
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.metrics import Metrics

PREFIX = "modelcheck_guard_"


def event(outcome: Outcome = Outcome.REFUSED, reason: str = "not-here", action: str = "pull") -> Event:
    return Event(outcome, reason, 403, "POST", "/api/pull", action)


def test_requests_are_counted_by_route_and_outcome() -> None:
    metrics = Metrics()
    for outcome in (Outcome.FORWARDED, Outcome.FORWARDED, Outcome.REFUSED):
        metrics.count("/api/chat", outcome)
    metrics.count("/api/pull", Outcome.ANSWERED)

    requests = families(metrics.exposition())[PREFIX + "requests"]
    assert requests.kind == "counter"
    assert requests.value(route="/api/chat", outcome="forwarded") == 2
    assert requests.value(route="/api/chat", outcome="refused") == 1
    assert requests.value(route="/api/pull", outcome="answered") == 1
    assert len(requests.samples) == 3


def test_refusals_failures_and_exceptions_are_counted_apart() -> None:
    metrics = Metrics()
    metrics.note(event())
    metrics.note(event())
    metrics.note(event(reason="cloud"))
    metrics.note(event(Outcome.FAILED, "upstream"))
    metrics.note(event(Outcome.FORWARDED))

    found = families(metrics.exposition())
    assert found[PREFIX + "refusals"].samples == {
        (PREFIX + "refusals_total", (("reason", "cloud"),)): 1,
        (PREFIX + "refusals_total", (("reason", "not-here"),)): 2,
    }
    assert found[PREFIX + "failures"].value(reason="upstream") == 1
    assert found[PREFIX + "exceptions"].value(action="pull") == 1


def test_a_gauge_is_read_at_each_scrape() -> None:
    metrics = Metrics()
    values = [1.0, 2.5]
    metrics.gauge("connections", "Open connections.", lambda: values.pop(0))

    first, second = (families(metrics.exposition())[PREFIX + "connections"] for _ in range(2))
    assert (first.kind, first.help) == ("gauge", "Open connections.")
    assert (first.value(), second.value()) == (1, 2.5)


def test_a_gauge_that_cannot_be_read_takes_no_other_with_it() -> None:
    metrics = Metrics()
    metrics.gauge("broken", "It fails.", lambda: 1 / 0)
    metrics.gauge("whole", "It does not.", lambda: 7)

    found = families(metrics.exposition())
    assert found[PREFIX + "broken"].samples == {}
    assert found[PREFIX + "whole"].value() == 7


def test_a_gauge_with_the_whole_name_has_it_once() -> None:
    metrics = Metrics()
    metrics.gauge("modelcheck_guard_streams", "Streams.", lambda: 1)

    assert families(metrics.exposition())["modelcheck_guard_streams"].value() == 1


@pytest.mark.parametrize("name", ["", "Connections", "1st", "a b", "a{", "a\n", "é"])
def test_a_name_that_is_none_is_a_fault_of_the_program(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Metrics().gauge(name, "", lambda: 0)


@pytest.mark.parametrize("again", ["streams", "modelcheck_guard_streams", "requests", "build"])
def test_a_name_is_given_once(again: str) -> None:
    metrics = Metrics()
    metrics.gauge("streams", "Streams.", lambda: 0)

    with pytest.raises(ValueError, match=again):
        metrics.gauge(again, "Streams.", lambda: 0)


@pytest.mark.parametrize(
    ("value", "written"), [(math.nan, b"NaN"), (math.inf, b"+Inf"), (-math.inf, b"-Inf"), (3.0, b"3"), (0.25, b"0.25")]
)
def test_numbers_are_written_as_openmetrics_has_them(value: float, written: bytes) -> None:
    metrics = Metrics()
    metrics.gauge("age", "Seconds.", lambda: value)

    assert b"\nmodelcheck_guard_age " + written + b"\n" in metrics.exposition()
    families(metrics.exposition())


@given(
    st.lists(st.text(st.characters() | st.sampled_from('"\\\n{},=# \ud800')), max_size=5),
    st.text(st.characters(codec="utf-8")),
    st.floats() | st.integers(-(10**20), 10**20),
)
def test_whatever_the_labels_hold_the_text_is_openmetrics(reasons: list[str], about: str, value: float) -> None:
    metrics = Metrics()
    for reason in reasons:
        metrics.note(event(reason=reason))
        metrics.count(reason, Outcome.REFUSED)
    metrics.gauge("age", about, lambda: value)

    found = families(metrics.exposition())
    assert sum(found[PREFIX + "refusals"].samples.values()) == len(reasons)
    assert math.isnan(value) or found[PREFIX + "age"].value() == float(value)


def test_a_label_is_read_back_as_it_was() -> None:
    metrics = Metrics()
    metrics.note(event(reason='a"b\\c\\nd,e="{é}'))

    assert families(metrics.exposition())[PREFIX + "refusals"].value(reason='a"b\\c\\nd,e="{é}') == 1


def test_endlessly_many_labels_are_counted_as_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LABELS", 3)
    metrics = Metrics()
    for at in range(10):
        metrics.note(event(reason=f"reason {at}"))
        metrics.note(event(reason="reason 0"))
        metrics.count(f"/{at}", Outcome.REFUSED)
        metrics.count("/0", Outcome.REFUSED)

    found = families(metrics.exposition())
    assert found[PREFIX + "refusals"].value(reason="other") == 7
    assert found[PREFIX + "refusals"].value(reason="reason 0") == 11
    assert found[PREFIX + "requests"].value(route="other", outcome="refused") == 7
    assert found[PREFIX + "requests"].value(route="/0", outcome="refused") == 11


def test_what_other_processes_have_counted_is_added_and_never_twice() -> None:
    first, second = Metrics(), Metrics()
    for metrics in (first, second):
        metrics.count("/api/chat", Outcome.FORWARDED)
        metrics.note(event())
        metrics.gauge("connections", "Open connections.", lambda: 2)
    second.gauge("age", "It is infinite, which no sum is.", lambda: math.inf)
    second.gauge("alone", "Only there.", lambda: 1)
    for _ in range(3):
        second.note(event(reason="cloud"))
        second.note(event(Outcome.FAILED, "upstream"))
        second.note(event(Outcome.FORWARDED))
        first.take(1, second.counts())

    found = families(first.exposition())
    assert found[PREFIX + "requests"].value(route="/api/chat", outcome="forwarded") == 2
    assert found[PREFIX + "refusals"].value(reason="not-here") == 2
    assert found[PREFIX + "refusals"].value(reason="cloud") == 3
    assert found[PREFIX + "failures"].value(reason="upstream") == 3
    assert found[PREFIX + "exceptions"].value(action="pull") == 3
    assert found[PREFIX + "connections"].value() == 4
    assert [name for name, _ in second.counts().gauges] == ["connections", "alone"]


def test_it_says_which_modelcheck_counts() -> None:
    found = families(Metrics().exposition())

    assert found[PREFIX + "build"].value(version=__version__) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"a 1\n# EOF\n",
        b"# TYPE a counter\na 1\n# EOF\n",
        b"# TYPE a gauge\na 1\na 1\n# EOF\n",
        b'# TYPE a gauge\na{b="c"d="e"} 1\n# EOF\n',
        b'# TYPE a gauge\na{b="\\x"} 1\n# EOF\n',
        b"# TYPE a gauge\na 1\n# TYPE a gauge\n# EOF\n",
        b"# TYPE a gauge\na one\n# EOF\n",
        b"# TYPE a gauge\n\n# EOF\n",
        b"# EOF\n# EOF\n",
    ],
)
def test_the_reader_that_these_tests_use_refuses_what_is_no_openmetrics(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        families(text)
