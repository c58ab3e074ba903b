"""A project's own profile builds on others, says where everything in it comes from, and is refused line by line."""

from pathlib import Path

import pytest
from profile_faults import FAULTS

from modelcheck.core.profile import Bar, Level, Profile
from modelcheck.core.sentence import Told
from modelcheck.profiles.shipped import MOST, profile

KNOWN = profile("local-only").checks + profile("default").checks
HOUSE = "profiles/house.yaml"


def write(root: Path, text: str | bytes, path: str = HOUSE) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def read(root: Path, text: str) -> Profile:
    return profile(HOUSE, write(root, text), KNOWN)


def refusal(root: Path, text: str | bytes) -> str:
    """What is said of a file; it begins with the file."""
    with pytest.raises(Told) as error:
        profile(HOUSE, write(root, text), KNOWN)
    said = str(error.value)
    assert str(root) not in said
    assert said.isprintable()
    assert len(said) < 400
    assert said.startswith(HOUSE)
    return said.removeprefix(HOUSE)


def test_what_it_does_not_say_is_as_in_what_it_builds_on(tmp_path: Path) -> None:
    found, parent = read(tmp_path, "extends: enterprise"), profile("enterprise")

    assert (found.name, found.place) == (HOUSE, HOUSE)
    assert found.extends == ("enterprise", "default")
    assert found.origins == parent.origins
    for field in ("title", "as_of", "checks", "vetoes", "score", "coverage", "network", "levels", "machine_days"):
        assert getattr(found, field) == getattr(parent, field)


WHOLE = """\
# what our house wants
extends: default
title: Our house
as_of: 2026-11-24
network: false
everything_local: true
guard: required
machine_days: 3
bars:
  score: 82.5
  coverage: 90
checks:
  add: [acme/ABC-01]
  drop: [PRF-12]
vetoes:
  add: [CFG-07]
  drop:
    - OLL-03
levels:
  reliability: 99.5
  security:
    - CFG-07
    - INT-07
"""


def test_everything_it_may_say_is_read_with_its_line(tmp_path: Path) -> None:
    found, default = read(tmp_path, WHOLE), profile("default")

    assert (found.title, found.as_of, found.network) == ("Our house", "2026-11-24", False)
    assert (found.everything_local, found.guard) == (True, True)
    assert found.machine_days == 3
    assert found.score == Bar(825, f"{HOUSE}:10")
    assert found.coverage == Bar(900, f"{HOUSE}:11")
    assert found.checks == (*(one for one in default.checks if one != "PRF-12"), "acme/ABC-01", "OLL-13")
    assert found.vetoes == ("CFG-03", "CFG-04", "INT-07", "CFG-07")
    assert found.levels == (
        Level("reliability", 9950, f"{HOUSE}:20"),
        Level("security", 10_000, f"{HOUSE}:21", ("CFG-07", "INT-07")),
    )
    assert found.origins["OLL-13"] == f"{HOUSE}:7"
    assert found.origins["veto CFG-07"] == f"{HOUSE}:16"
    assert found.origins["veto CFG-03"] == found.origins["CFG-07"] == "profile default"
    assert "PRF-12" not in found.origins
    assert "veto OLL-03" not in found.origins


def test_a_guard_that_is_required_is_judged_until_a_nearer_profile_requires_none(tmp_path: Path) -> None:
    asked = read(tmp_path, "extends: default\nguard: required")
    assert asked.guard
    assert asked.checks == (*profile("default").checks, "OLL-13")
    assert asked.origins["OLL-13"] == f"{HOUSE}:2"

    kept = read(tmp_path, "extends: local-only\nchecks: [CFG-01]\nvetoes: []")
    assert (kept.checks, kept.guard) == (("CFG-01", "OLL-13"), True)

    free = read(tmp_path, "extends: local-only\nguard: none\nchecks: {drop: [OLL-13]}")
    assert not free.guard
    assert "OLL-13" not in free.checks
    listed = read(tmp_path, "extends: default\nguard: none\nchecks: {add: [OLL-13]}")
    assert "OLL-13" in listed.checks
    assert not listed.guard


def test_a_list_replaces_the_one_of_what_it_builds_on(tmp_path: Path) -> None:
    found = read(tmp_path, "extends: default\nchecks: [CFG-03, CFG-01]\nvetoes: [CFG-03]")

    assert (found.checks, found.vetoes) == (("CFG-03", "CFG-01"), ("CFG-03",))
    assert found.origins["CFG-01"] == f"{HOUSE}:2"


def test_one_without_anything_to_build_on_says_all_that_is_needed(tmp_path: Path) -> None:
    text = "title: Ours\nas_of: 2026-11-24\nbars: {score: 1, coverage: 2}\nchecks: [CFG-01]"
    found = read(tmp_path, text)

    assert (found.checks, found.vetoes, found.levels, found.extends) == (("CFG-01",), (), (), ())
    assert found.network
    assert not found.everything_local


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("as_of: 2026-11-24\nbars: {score: 1, coverage: 2}", "title"),
        ("title: x\nbars: {score: 1, coverage: 2}", "as_of"),
        ("title: x\nas_of: 2026-11-24\nbars: {coverage: 2}", "bars.score"),
        ("title: x\nas_of: 2026-11-24", "bars.score"),
        ("title: x\nas_of: 2026-11-24\nbars: {score: 1}", "bars.coverage"),
    ],
)
def test_what_nobody_gives_is_named(tmp_path: Path, text: str, gone: str) -> None:
    said = refusal(tmp_path, f"checks: [CFG-01]\n{text}")

    assert said == f", line 1: {gone} is not given; give it, or name under extends a profile that has it"


def test_levels_are_taken_over_replaced_edited_and_taken_away(tmp_path: Path) -> None:
    text = """\
extends: enterprise
levels:
  reliability: none
  performance: 100
  security: {add: [CFG-03], drop: [CFG-04, OLL-02]}
"""
    found = {level.name: level for level in read(tmp_path, text).levels}

    assert set(found) == {"performance", "availability", "security"}
    assert (found["performance"].wanted, found["performance"].origin) == (10_000, f"{HOUSE}:4")
    assert (found["availability"].wanted, found["availability"].origin) == (9990, "profile enterprise")
    assert found["security"].checks == ("CFG-06", "CFG-07", "CLD-06", "INT-07", "OLL-03", "CFG-03")
    without = read(tmp_path, "extends: enterprise\nlevels: {security: none}").levels
    assert [level.name for level in without] == ["reliability", "performance", "availability"]


def test_files_build_on_files_and_the_nearest_word_holds(tmp_path: Path) -> None:
    write(tmp_path, "extends: default\nbars: {score: 80, coverage: 80}\nmachine_days: 2\n", "policy/base.yml")
    found = read(tmp_path, "\nextends: policy/base.yml\nbars: {score: 90}\n")

    assert found.extends == ("policy/base.yml", "default")
    assert (found.score, found.coverage) == (Bar(900, f"{HOUSE}:3"), Bar(800, "policy/base.yml:2"))
    assert found.machine_days == 2


def test_what_a_file_takes_away_one_that_builds_on_it_may_put_back(tmp_path: Path) -> None:
    write(tmp_path, "extends: default\nchecks: {drop: [CFG-03]}\nvetoes: {drop: [CFG-03]}\n", "base.yaml")
    found = read(tmp_path, "extends: base.yaml\nchecks: {add: [CFG-03]}\n")

    assert found.origins["CFG-03"] == f"{HOUSE}:2"
    assert "CFG-03" not in found.vetoes


def test_the_file_that_takes_away_what_others_lean_on_is_the_one_at_fault(tmp_path: Path) -> None:
    write(tmp_path, "extends: default\nchecks:\n  drop: [CFG-03]\n", "base.yaml")
    with pytest.raises(Told) as error:
        profile(HOUSE, write(tmp_path, "extends: base.yaml\ntitle: x\n"), KNOWN)

    assert str(error.value).startswith("base.yaml, line 3: CFG-03 blocks the gate and is not in scope")


def test_a_chain_of_the_allowed_length_is_read_and_a_longer_one_is_not(tmp_path: Path) -> None:
    for number in range(MOST + 1):
        parent = "default" if number == 0 else f"p{number - 1}.yaml"
        write(tmp_path, f"extends: {parent}\n", f"p{number}.yaml")

    assert len(profile(f"p{MOST - 2}.yaml", tmp_path).extends) == MOST - 1
    with pytest.raises(Told) as error:
        profile(f"p{MOST - 1}.yaml", tmp_path)
    assert str(error.value) == f"p0.yaml, line 1: more than {MOST} profiles build on each other"


def test_a_profile_may_not_extend_itself(tmp_path: Path) -> None:
    assert refusal(tmp_path, f"extends: {HOUSE}") == f", line 1: {HOUSE} builds on itself"
    assert refusal(tmp_path, f"extends: ./{HOUSE}") == f", line 1: {HOUSE} builds on itself"
    assert refusal(tmp_path, "extends: profiles\\house.yaml") == f", line 1: {HOUSE} builds on itself"


def test_profiles_may_not_extend_each_other_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path, f"title: x\nextends: {HOUSE}", "other.yaml")
    with pytest.raises(Told) as error:
        profile(HOUSE, write(tmp_path, "extends: other.yaml"), KNOWN)

    assert str(error.value) == f"other.yaml, line 2: {HOUSE} builds on itself"


def test_a_file_that_is_not_sound_is_named_and_not_the_one_that_builds_on_it(tmp_path: Path) -> None:
    write(tmp_path, "extends: default\n\nbars: {score: x}", "other.yaml")
    with pytest.raises(Told) as error:
        profile(HOUSE, write(tmp_path, "extends: other.yaml"), KNOWN)

    assert str(error.value).startswith("other.yaml, line 3: score takes a number from 0 to 100")


@pytest.mark.parametrize(("text", "line", "what"), FAULTS)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str | bytes, line: int, what: str) -> None:
    assert refusal(tmp_path, text).startswith(f", line {line}: {what}")


def test_a_file_of_another_encoding_is_called_that(tmp_path: Path) -> None:
    assert refusal(tmp_path, "extends: default\n".encode("utf-16")) == ": it is UTF-16; save it as UTF-8"


def test_a_file_that_begins_with_a_mark_of_its_order_is_read(tmp_path: Path) -> None:
    write(tmp_path, "\N{BOM}extends: default\r\nbars:\r\n  score: 71\r\n".encode())

    assert profile(HOUSE, tmp_path).score == Bar(710, f"{HOUSE}:3")


def test_without_a_catalogue_any_well_formed_id_is_taken(tmp_path: Path) -> None:
    found = profile(HOUSE, write(tmp_path, "extends: default\nchecks: {add: [NEW-01]}"))

    assert "NEW-01" in found.checks
