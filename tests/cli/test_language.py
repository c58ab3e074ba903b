"""The language of a run: who decides it, what follows it, and what does not."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ended import Command
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.cli.language import desktop_language, help_words, spoken, system_language
from modelcheck.core.language import language_named

FRENCH = "Note l'architecture de modèles d'IA"
ENGLISH = "Scores the AI-model architecture"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Say nothing of a language, and have no settings of one's own."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "MODELCHECK_LANG", "MODELCHECK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        ("fr-CA", "fr"),
        ("fr_FR.UTF-8", "fr"),
        ("fr_FR@euro", "fr"),
        ("en_GB", "en"),
        ("frr", None),
        ("de_DE", None),
        ("C", None),
        ("C.UTF-8", None),
        ("POSIX", None),
        ("", None),
        ("../fr", None),
        ("fr/../en", None),
    ],
)
def test_a_language_is_known_by_the_names_that_people_and_systems_give_it(text: str, language: str | None) -> None:
    assert language_named(text) == language


@given(st.text())
def test_no_name_of_a_language_is_anything_but_one_of_ours(text: str) -> None:
    assert language_named(text) in {"en", "fr", None}


@pytest.mark.parametrize(
    ("arguments", "environ", "own", "system", "language"),
    [
        ([], {}, None, None, "en"),
        ([], {}, None, "fr_FR", "fr"),
        ([], {"LANG": "fr_FR.UTF-8"}, None, "de_DE", "fr"),
        ([], {"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB"}, None, None, "en"),
        ([], {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, None, None, "en"),
        ([], {"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, None, None, "fr"),
        ([], {"LANG": "POSIX"}, None, "fr_FR", "en"),
        ([], {"LANG": "de_DE"}, None, None, "en"),
        ([], {"LANG": "de_DE"}, "fr", None, "fr"),
        ([], {"LANG": "fr_FR", "MODELCHECK_LANG": "en"}, "fr", "fr", "en"),
        ([], {"MODELCHECK_LANG": ""}, "fr", None, "fr"),
        (["--lang", "en"], {"MODELCHECK_LANG": "fr"}, "fr", "fr", "en"),
        (["--lang", "en", "--lang", "fr"], {}, None, None, "fr"),
    ],
)
def test_the_option_comes_before_the_variable_the_settings_the_locale_and_the_system(
    arguments: list[str], environ: dict[str, str], own: str | None, system: str | None, language: str
) -> None:
    said = spoken(arguments, environ, own=lambda: own, system=lambda: system)

    assert (said.language, said.arguments, said.asked) == (language, (), None)


@pytest.mark.parametrize(
    ("arguments", "left", "language"),
    [
        (["audit", "--lang", "fr", "x"], ("audit", "x"), "fr"),
        (["--lang=fr", "audit"], ("audit",), "fr"),
        (["audit", "x", "--lang=fr"], ("audit", "x"), "fr"),
        (["precheck", "--", "--lang", "fr"], ("precheck", "--", "--lang", "fr"), "en"),
        (["audit", "--language", "fr"], ("audit", "--language", "fr"), "en"),
    ],
)
def test_the_option_stands_anywhere_and_no_command_sees_it(
    arguments: list[str], left: tuple[str, ...], language: str
) -> None:
    said = spoken(arguments, {})

    assert (said.arguments, said.language) == (left, language)


def test_neither_the_settings_nor_the_system_are_asked_where_the_command_line_says_it() -> None:
    def asked() -> str:
        raise AssertionError

    assert spoken(["--lang", "fr"], {}, own=asked, system=asked).language == "fr"


@pytest.mark.parametrize("arguments", [["--lang", "xx", "rules"], ["rules", "--lang"], ["--lang=", "--help"]])
def test_a_language_without_words_ends_with_2_and_the_languages_there_are(
    command: Command, arguments: list[str]
) -> None:
    ended = command(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert "en, fr" in ended.err


def test_a_variable_that_names_no_language_ends_with_2(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELCHECK_LANG", "klingon")

    assert command("rules").code == 2


def test_the_locale_speaks_where_nothing_else_does(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ENGLISH in " ".join(command("--help").out.split())
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")

    assert FRENCH in " ".join(command("--help").out.split())
    assert ENGLISH in " ".join(command("--help", "--lang", "en").out.split())


@pytest.mark.skipif(sys.platform != "linux", reason="the settings of the user lie elsewhere there")
def test_the_users_own_settings_speak_before_the_locale(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    own = tmp_path / "config" / "modelcheck" / "modelcheck.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("lang: fr\n", encoding="utf-8")

    assert FRENCH in " ".join(command("--help").out.split())
    assert "n'y a pas de contrôle" in command("explain", "NO-99").err


def test_an_error_is_told_in_the_language(command: Command, tmp_path: Path) -> None:
    ended = command("audit", tmp_path / "none", "--lang", "fr")

    assert ended.code == 2
    assert "n'est pas un dossier ; nommez le dossier du projet" in ended.err


def test_options_have_their_help_in_the_language(command: Command) -> None:
    shown = {language: command("audit", "--help", "--lang", language).out for language in ("en", "fr")}

    assert "Ne juge que ces" in " ".join(shown["fr"].split())
    assert "Judge these checks" in " ".join(shown["en"].split())


def test_a_line_of_help_without_words_stays_english() -> None:
    assert help_words("fr")("nobody translated this") == "nobody translated this"
    assert help_words("en")("One number with its range and parts.") == "One number with its range and parts."


def test_json_is_free_of_language(command: Command) -> None:
    told = [command("rules", "--json", "--lang", language) for language in ("en", "fr")]

    assert told[0].out == told[1].out


def test_the_report_is_the_same_bytes_in_any_language(
    command: Command, tmp_path: Path, broken: Path, endpoints: list[str]
) -> None:
    facts = tmp_path / "facts.json"
    command("audit", broken, *endpoints, "--facts-out", facts)
    reports = [command("audit", "--from", facts, "--json", "--lang", language).out for language in ("en", "fr")]

    assert reports[0].startswith("{")
    assert reports[0] == reports[1]


def test_demo_speaks_french(command: Command) -> None:
    ended = command("demo", "--lang", "fr", "--gate")

    assert ended.code == 1
    assert "SIMULÉ" in ended.out
    assert "Verdict : bloqué (code de sortie 1)" in ended.out


@pytest.mark.parametrize(
    ("number", "language"), [(0x40C, "fr"), (0xC0C, "fr"), (0x809, "en"), (0x407, None), (0, None)]
)
def test_windows_is_asked_for_the_language_of_its_desktop(number: int, language: str | None) -> None:
    kernel = SimpleNamespace(GetUserDefaultUILanguage=lambda: number)
    named = desktop_language(SimpleNamespace(kernel32=kernel))

    assert language_named(named or "") == language


def test_where_there_is_no_windows_nothing_is_asked() -> None:
    assert desktop_language(None) is None
    assert system_language() is None or sys.platform == "win32"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "--nope"], "il n'y a pas d'option --nope"),
        (["nope"], "il n'y a pas de commande 'nope'"),
        (["precheck"], "il manque l'argument 'NAME'"),
        (["audit", "--fail-under", "200"], "valeur non valable pour '--fail-under' : au plus 100"),
    ],
)
def test_wrong_usage_is_told_in_the_language(command: Command, arguments: list[str], said: str) -> None:
    ended = command("--lang", "fr", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
