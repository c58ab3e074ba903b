"""The report on a terminal, against golden text; MODELCHECK_REWRITE_GOLDEN=1 rewrites it on purpose."""

import io
import os
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from modelcheck.app.demo import demo
from modelcheck.core.check import Finding, Outcome
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.report import Report, ReportCheck
from modelcheck.core.sentence import fill, size
from modelcheck.reports.explanation import print_explanation
from modelcheck.reports.lang import words
from modelcheck.reports.sentences import of_check, of_finding, of_gap
from modelcheck.reports.terminal import Lines, headline, print_gate, print_report, print_score

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {variant: demo(variant).report for variant in ("broken", "corrected")}


def console() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=100, markup=False, highlight=False, emoji=False), stream


VERBOSE = "verbose"


@pytest.mark.parametrize("variant", ["broken", "corrected"])
@pytest.mark.parametrize("form", ["screen", VERBOSE, "score", "gate", "explain"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_shown_is_what_was_read_and_found_clear(
    reports: dict[str, Report], variant: str, form: str, language: str
) -> None:
    out, stream = console()
    report = reports[variant]
    if form == "score":
        print_score(report, out, language)
    elif form == "gate":
        print_gate(report, out, language)
    elif form == "explain":
        print_explanation(report, out, language)
    else:
        print_report(report, out, verbose=form == VERBOSE, language=language)
    shown = "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"
    golden = GOLDEN / f"{'' if language == 'en' else f'{language}_'}{variant}_{form}.txt"
    if os.environ.get("MODELCHECK_REWRITE_GOLDEN") == "1":
        golden.write_text(shown, encoding="utf-8", newline="\n")

    assert shown == golden.read_text("utf-8")


@pytest.mark.parametrize(
    ("judged", "band", "language", "said"),
    [
        (90.0, "Excellent", "en", "Excellent – production-ready"),
        (90.0, "Good", "en", "Good – functional"),
        (89.9, "Good", "en", "Good"),
        (90.0, "Good", "fr", "BON – Fonctionnel"),
        (89.9, "Good", "fr", "BON"),
        (100.0, "Excellent", "fr", "PARFAIT – Prêt pour la production"),
        (100.0, "Fair", "fr", "MOYEN"),
        (100.0, "Poor", "fr", "INSUFFISANT"),
        (100.0, "Critical", "fr", "CRITIQUE"),
    ],
)
def test_a_band_claims_what_a_project_does_only_where_90_points_are_judged(
    reports: dict[str, Report], judged: float, band: str, language: str, said: str
) -> None:
    report = reports["corrected"]
    scored = msgspec.structs.replace(report.score, judged=judged, band=band)

    assert headline(msgspec.structs.replace(report, score=scored), words(language)).endswith(f" · {said}")


def test_a_check_of_a_plugin_and_a_report_of_another_version_speak_as_they_do(reports: dict[str, Report]) -> None:
    checks = {check.id: check for part in reports["broken"].parts for check in part.checks}
    own = checks["CLD-09"]
    finding = next(one for one in own.findings if one.code == "unbounded")
    plugin = msgspec.structs.replace(own, id="other/CLD-09", title="Not ours", says={"unbounded": "no end: {agent}"})
    older = msgspec.structs.replace(own, says={"unbounded": "no end: {name}"})

    assert of_check(plugin, words("fr")).title == "Not ours"
    assert of_finding(plugin, finding, words("fr")) == "no end: writer"
    assert of_finding(own, finding, words("fr")) == "rien ne borne les réponses que writer paie"
    odd = msgspec.structs.replace(finding, params={"name": "x"})
    assert of_finding(older, odd, words("fr")) == "no end: x"


def test_the_headline_is_the_arithmetic(reports: dict[str, Report]) -> None:
    assert headline(reports["corrected"], words()) == (
        "64.6 of the 67.0 points that apply = 96.4 of 100 · 2.4 not seen (96.4–100.0) · 96.4 % seen · Excellent"
    )


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{a}", "x"),
        ("{missing}", "{missing}"),
        ("{a.__class__}", "{a.__class__}"),
        ("{a[0]}", "{a[0]}"),
        ("{n:bytes}", "2.0 GiB"),
        ("{a:bytes}", "x"),
        ("{a", "{a"),
        ("}{", "}{"),
    ],
)
def test_a_template_is_filled_with_parameters_and_with_nothing_else(template: str, shown: str) -> None:
    assert fill(template, a="x", n=2 << 30) == shown


def test_outside_text_cannot_become_an_escape_sequence_or_a_template() -> None:
    assert "\x1b" not in fill("{a}", a="\x1b[31m")
    assert fill("{a}", a="{b}", b="no") == "{b}"
    assert "\u202e" not in fill("{a}", a="x\u202ey")


def test_braces_of_a_folder_or_a_file_are_shown_as_they_are(reports: dict[str, Report]) -> None:
    out, stream = console()
    odd = msgspec.structs.replace(reports["broken"], subject="{subject} {0} {")
    print_report(odd, out, verbose=True)

    assert "{subject} {0} {" in stream.getvalue()


def test_a_size_is_read_in_the_unit_that_suits_it() -> None:
    assert size(20 << 30) == "20.0 GiB"
    assert size(5 << 20) == "5.0 MiB"


@pytest.mark.parametrize("why", list(Why))
def test_every_gap_has_a_sentence(why: Why) -> None:
    assert of_gap(Gap(why, about="THIS"), words()) != of_gap(Gap(why, about="THAT"), words())
    assert of_gap(Gap(why, hint="--option"), words()).endswith("to see it: --option")


def test_every_gap_sentence_belongs_to_a_gap() -> None:
    assert set(words().gaps) == {why.value for why in Why}


def test_a_finding_without_a_sentence_shows_its_code() -> None:
    check = ReportCheck("X-01", "t", "judged", Outcome.FAIL, 1.0, 1.0, 0.0, 0.0)

    assert of_finding(check, Finding("odd-code", Outcome.FAIL), words()) == "odd-code"


def alike(*places: Place | None) -> ReportCheck:
    findings = tuple(Finding("odd-code", Outcome.FAIL, place=place) for place in places)
    return ReportCheck("X-01", "t", "judged", Outcome.FAIL, 1.0, 1.0, 0.0, 0.0, findings)


@pytest.mark.parametrize(
    ("places", "shown"),
    [
        ((Place("a.json", 3), Place("a.json", 9), Place("b.json", 9)), "odd-code  a.json:3, :9, b.json:9"),
        ((Place("a.json", 3), Place("a.json", 3)), "odd-code  a.json:3"),
        ((Place("a.json"), Place("a.json", 2)), "odd-code  a.json, :2"),
        ((None, Place("a.json", 2)), "odd-code  a.json:2"),
        (tuple(Place("a", line) for line in range(1, 9)), "odd-code  a:1, :2, :3, :4, :5, :6, …"),
        ((None,), "odd-code"),
    ],
)
def test_what_holds_in_several_places_is_said_once(places: tuple[Place | None, ...], shown: str) -> None:
    out, stream = console()
    Lines(out, words(), verbose=False).check(alike(*places))

    assert stream.getvalue().splitlines()[1].strip() == shown
    assert len(stream.getvalue().splitlines()) == 2
