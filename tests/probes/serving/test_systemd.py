"""systemd units as files: environment lines as systemd reads them, drop-ins in their order, nothing run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linux_machine import Machine

from modelcheck.core.gap import Why
from modelcheck.probes.serving.systemd import Unit, find_units, read_unit, words

MAIN = "etc/systemd/system/ollama.service"
DROP_IN = "etc/systemd/system/ollama.service.d"


def unit(machine: Machine) -> Unit:
    (found,) = find_units(machine.roots)
    return found


def values(*texts: str) -> dict[str, str]:
    found = Unit("x")
    read_unit(list(texts), found)
    return found.values


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("OLLAMA_HOST=0.0.0.0", {"OLLAMA_HOST": "0.0.0.0"}),
        ('"OLLAMA_HOST=0.0.0.0"', {"OLLAMA_HOST": "0.0.0.0"}),
        ("'OLLAMA_KEEP_ALIVE=5 minutes'", {"OLLAMA_KEEP_ALIVE": "5 minutes"}),
        ('OLLAMA_KEEP_ALIVE="5 minutes"', {"OLLAMA_KEEP_ALIVE": "5 minutes"}),
        ("OLLAMA_NUM_PARALLEL=2 OLLAMA_MAX_QUEUE=9", {"OLLAMA_NUM_PARALLEL": "2", "OLLAMA_MAX_QUEUE": "9"}),
        ('"OLLAMA_NUM_PARALLEL=2" "OLLAMA_MAX_QUEUE=9"', {"OLLAMA_NUM_PARALLEL": "2", "OLLAMA_MAX_QUEUE": "9"}),
        (r'"OLLAMA_ORIGINS=a\"b"', {"OLLAMA_ORIGINS": 'a"b'}),
        (r"OLLAMA_ORIGINS=a\sb", {"OLLAMA_ORIGINS": "a b"}),
        ("OLLAMA_ORIGINS=100%%", {"OLLAMA_ORIGINS": "100%"}),
        ("PATH=/usr/bin AWS_KEY=x", {}),
        ("OLLAMA_HOST", {}),
        ("", {}),
    ],
)
def test_a_line_is_read_as_systemd_reads_it(line: str, expected: dict[str, str]) -> None:
    assert values(f"[Service]\nEnvironment={line}\n") == expected


def test_a_later_line_adds_overrides_and_resets() -> None:
    first = "[Service]\nEnvironment=OLLAMA_HOST=a OLLAMA_MAX_QUEUE=1\nEnvironment=OLLAMA_HOST=b\n"

    assert values(first) == {"OLLAMA_HOST": "b", "OLLAMA_MAX_QUEUE": "1"}
    assert values(first, "[Service]\nEnvironment=\nEnvironment=OLLAMA_HOST=c\n") == {"OLLAMA_HOST": "c"}


def test_a_continued_line_is_one_and_comments_count_nowhere() -> None:
    text = "[Service]\nEnvironment=OLLAMA_HOST=a \\\n# between\n  OLLAMA_MAX_QUEUE=1\n;Environment=OLLAMA_DEBUG=1\n"

    assert values(text) == {"OLLAMA_HOST": "a", "OLLAMA_MAX_QUEUE": "1"}


def test_other_sections_do_not_count() -> None:
    assert values("[Unit]\nEnvironment=OLLAMA_HOST=a\n[Install]\nEnvironment=OLLAMA_HOST=b\n") == {}


def test_a_specifier_is_left_to_systemd_and_said(machine: Machine) -> None:
    machine.write(MAIN, "[Service]\nEnvironment=OLLAMA_MODELS=%h/models\n")

    assert unit(machine).values == {}
    assert [gap.why for gap in unit(machine).unread] == [Why.NOT_UNDERSTOOD]


def test_drop_ins_come_after_the_unit_by_name_and_the_first_folder_wins(machine: Machine) -> None:
    machine.write("usr/lib/systemd/system/ollama.service", "[Service]\nEnvironment=OLLAMA_HOST=vendor\n")
    machine.write("usr/lib/systemd/system/ollama.service.d/10.conf", "[Service]\nEnvironment=OLLAMA_MAX_QUEUE=1\n")
    machine.write(f"{DROP_IN}/10.conf", "[Service]\nEnvironment=OLLAMA_MAX_QUEUE=2\n")
    machine.write(f"{DROP_IN}/20.conf", "[Service]\nEnvironment=OLLAMA_NUM_PARALLEL=4\n")
    machine.write(f"{DROP_IN}/note.txt", "[Service]\nEnvironment=OLLAMA_DEBUG=1\n")

    assert unit(machine).values == {"OLLAMA_HOST": "vendor", "OLLAMA_MAX_QUEUE": "2", "OLLAMA_NUM_PARALLEL": "4"}
    assert unit(machine).where == "ollama.service"


def test_the_systems_own_unit_hides_the_packages(machine: Machine) -> None:
    machine.write("lib/systemd/system/ollama.service", "[Service]\nEnvironment=OLLAMA_HOST=package\n")
    machine.write(MAIN, "[Service]\nEnvironment=OLLAMA_HOST=own\n")

    assert unit(machine).values == {"OLLAMA_HOST": "own"}


def test_a_users_unit_is_told_apart(machine: Machine) -> None:
    machine.write(MAIN, "[Service]\nEnvironment=OLLAMA_HOST=a\n")
    machine.write("home/anna/.config/systemd/user/ollama.service", "[Service]\nEnvironment=OLLAMA_HOST=b\n")

    assert [one.where for one in find_units(machine.roots)] == ["ollama.service", "ollama.service (user)"]


def test_a_masked_unit_starts_nothing(machine: Machine) -> None:
    path = machine.write(MAIN, "")
    assert find_units(machine.roots) == ()

    path.unlink()
    path.symlink_to("/dev/null")
    assert find_units(machine.roots) == ()


def test_a_unit_that_cannot_be_read_is_said(machine: Machine) -> None:
    machine.write(f"{MAIN}/a-folder", "")

    assert [gap.why for gap in unit(machine).unread] == [Why.UNREADABLE]


def test_a_link_that_leads_nowhere_is_said(machine: Machine) -> None:
    path = machine.write(MAIN, "")
    path.unlink()
    path.symlink_to("gone")

    assert [gap.about for gap in unit(machine).unread] == ["ollama.service: it is not there"]


def test_an_environment_file_overrides_the_unit(machine: Machine) -> None:
    machine.write(MAIN, "[Service]\nEnvironmentFile=/etc/default/ollama\nEnvironment=OLLAMA_HOST=unit\n")
    machine.write("etc/default/ollama", 'OLLAMA_HOST="file"\nSECRET=x\n')

    assert unit(machine).values == {"OLLAMA_HOST": "file"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/etc/default/gone", Why.NOT_THERE),
        ("-/etc/default/gone", None),
        ("/etc/default/*.env", Why.NOT_UNDERSTOOD),
        ("relative", Why.NOT_UNDERSTOOD),
        ("/etc/folder", Why.UNREADABLE),
        ("/etc/latin", Why.UNREADABLE),
    ],
)
def test_an_environment_file_that_shows_nothing_is_said(machine: Machine, line: str, why: Why | None) -> None:
    machine.write(MAIN, f"[Service]\nEnvironmentFile={line}\n")
    machine.write("etc/folder/x", "")
    machine.write("etc/latin", b"OLLAMA_HOST=\xe9\n")

    assert [gap.why for gap in unit(machine).unread] == ([] if why is None else [why])


def test_what_a_unit_takes_away_is_gone_and_a_list_of_files_can_be_reset(machine: Machine) -> None:
    text = "[Service]\nUnsetEnvironment=OLLAMA_HOST\nEnvironment=OLLAMA_HOST=a\nEnvironmentFile=/x\nEnvironmentFile=\n"
    machine.write(MAIN, text)

    assert (unit(machine).values, unit(machine).unread) == ({}, [])


def test_a_machine_without_systemd_has_none(machine: Machine) -> None:
    assert find_units(machine.roots) == ()


@given(st.text(alphabet=st.sampled_from("ab =\"'\\%#;[]\nOLLAMA_HOST\u202e\0"), max_size=300))
def test_any_text_is_borne(text: str) -> None:
    values(f"[Service]\nEnvironment={text}\n{text}")


@given(st.lists(st.text(alphabet="abc=_.", min_size=1, max_size=8), max_size=5))
def test_quoted_words_come_back_as_they_were(expected: list[str]) -> None:
    assert words(" ".join(f'"{word}"' for word in expected)) == expected
