"""A profile on a terminal: all that it demands, and every check in or out of its scope."""

import io

from rich.console import Console

from modelcheck.core.explained import ExplainedCheck, ExplainedLevel, ExplainedPart, ExplainedProfile
from modelcheck.core.report import ReportBar
from modelcheck.reports.profile import print_profile

HOUSE = "profiles/house.yaml"
PART = ExplainedPart(
    id="OLL",
    title="Local serving",
    budget=6.0,
    judged=3.5,
    planned=1.0,
    checks=(
        ExplainedCheck("ABC-90", "It fits", 2.5, "judged", "profile default", f"{HOUSE}:7"),
        ExplainedCheck("ABC-91", "It stays", 1.0, "planned", "profile default"),
        ExplainedCheck("ABC-92", "It is quick", 1.5, "out-of-scope"),
        ExplainedCheck("ABC-93", "It is \x1b[31mred", 1.0, "judged", f"{HOUSE}:4"),
    ),
)
PROFILE = ExplainedProfile(
    name=HOUSE,
    title="Our [b]house[/b]",
    as_of="2026-11-24",
    extends=("enterprise", "default"),
    place=HOUSE,
    network=False,
    everything_local=True,
    guard=True,
    machine_days=3,
    score=ReportBar(82.5, f"{HOUSE}:3"),
    coverage=ReportBar(75.0, "profile default"),
    levels=(
        ExplainedLevel("availability", 99.9, "profile enterprise"),
        ExplainedLevel("security", 100.0, f"{HOUSE}:9", ("ABC-90", "ABC-93")),
    ),
    parts=(PART,),
    judged=3.5,
    planned=1.0,
)
SHOWN = """\
profiles/house.yaml  Our [b]house[/b]
  its numbers are of 2026-11-24
  builds on enterprise, default
  the score is at least 82.5 (profiles/house.yaml:3)
  at least 75 % of the points were seen (profile default)
  availability 99.9 %, measured by trials (profile enterprise)
  security 100 %, which holds when all of ABC-90, ABC-93 pass (profiles/house.yaml:9)
  nothing is contacted, not even loopback
  every agent counts as sensitive: none may reach a cloud
  a guard is required: it must stand in front of each Ollama, and is tested (OLL-13)
  facts of the machine and of the providers may be 3 days old when they are reused

Local serving  3.5 judged and 1.0 planned of 6.0
  in scope by profile default:
    ABC-90   2.5  It fits  blocks the gate (profiles/house.yaml:7)
    ABC-91   1.0  It stays  planned
  in scope by profiles/house.yaml:4:
    ABC-93   1.0  It is \N{REPLACEMENT CHARACTER}[31mred
  out of scope:
    ABC-92   1.5  It is quick

this version judges 3.5 of 100 points under this profile, 1.0 are planned
"""


def printed(profile: ExplainedProfile, language: str = "en") -> str:
    stream = io.StringIO()
    print_profile(profile, Console(file=stream, width=120, markup=False, highlight=False, emoji=False), language)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def test_a_profile_is_shown_whole_with_its_origins() -> None:
    assert printed(PROFILE) == SHOWN


def test_what_it_does_not_demand_is_not_shown() -> None:
    shown = printed(
        ExplainedProfile(
            name="default",
            title="x",
            as_of="2026-11-24",
            extends=(),
            place="",
            network=True,
            everything_local=False,
            guard=False,
            machine_days=7,
            score=ReportBar(70.0, "profile default"),
            coverage=ReportBar(75.0, "profile default"),
            levels=(),
            parts=(),
            judged=0.0,
            planned=0.0,
        )
    )

    assert "loopback and the official hosts of providers may be contacted" in shown
    assert not any(word in shown for word in ("builds on", "sensitive", "guard", "trials"))


def test_a_profile_is_shown_in_french() -> None:
    shown = printed(PROFILE, "fr")

    assert "le score est d'au moins 82,5" in shown
    assert "sécurité 100 %, acquise quand ABC-90, ABC-93 réussissent tous" in shown
    assert "hors" in shown
