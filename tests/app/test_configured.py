"""The layers: the nearer word stands above the farther, tables and lists of what is allowed add up."""

import os
from pathlib import Path
from typing import Any

import pytest

from modelcheck.app.configured import configured, own_language
from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.rulebook import rulebook
from modelcheck.core.facts import Place

SHOWN = "~/.config/modelcheck/modelcheck.yaml"


def place(home: Path, text: str) -> None:
    path = home / ".config" / "modelcheck" / "modelcheck.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("modelcheck.app.configured.sys.platform", "linux")
    (tmp_path / "project" / ".git").mkdir(parents=True)
    return tmp_path


def options_of(home: Path, asked: dict[str, Any], environ: dict[str, str] | None = None) -> Options:
    return configured(Options(path=home / "project"), asked, environ=environ or {}, home=home)


def test_the_command_line_stands_above_the_environment_and_that_above_the_users_file(home: Path) -> None:
    place(home, "profile: one\nfail_under: 1\nmin_coverage: 1\noffline: true")
    found = options_of(
        home,
        {"profile": "three"},
        {"MODELCHECK_PROFILE": "two", "MODELCHECK_FAIL_UNDER": "2", "MODELCHECK_OFFLINE": "0"},
    )

    assert (found.profile, found.fail_under, found.min_coverage, found.offline) == ("three", 2, 1, False)
    assert found.origins == {
        "profile": "--profile",
        "fail_under": "MODELCHECK_FAIL_UNDER",
        "offline": "MODELCHECK_OFFLINE",
        "min_coverage": f"{SHOWN}:3",
    }


def test_tables_merge_key_by_key_and_lists_add_up(home: Path) -> None:
    place(home, "endpoints: {a: 'http://a:1', b: 'http://b:1'}\ntrust_hosts: [x, y]\nmodels_dirs: [/m]")
    found = options_of(
        home, {"endpoints": {"b": "http://b:3"}, "trust_hosts": ["Z"]}, {"MODELCHECK_TRUST_HOSTS": "Y,w"}
    )

    assert found.endpoints == {"a": "http://a:1", "b": "http://b:3"}
    assert found.trusted_hosts == {"x", "y", "z", "w"}
    assert found.origins["endpoints.b"] == "--endpoint"
    assert found.origins["trust_hosts.y"] == "MODELCHECK_TRUST_HOSTS"


def test_options_that_nobody_gave_are_as_they_are_built(home: Path) -> None:
    assert options_of(home, {}) == Options(path=home / "project")


def test_everything_reaches_its_option(home: Path) -> None:
    folder = home / ".config" / "modelcheck"
    place(
        home,
        "lang: fr\npaths: {/models: ~/m}\nenv_files: [e]\nkey_variables: {openai: K}\nmax_drop: 2\n"
        "baseline: b\nmachine_facts: ~/f\nexpect: {prompt_tokens: {max: 5}}\ncloud: {data: {a: b}}",
    )
    found = options_of(home, {})

    assert (found.lang, found.paths, found.env_files) == ("fr", {"/models": str(home / "m")}, (folder / "e",))
    assert (found.key_variables, found.max_drop) == ({"openai": "K"}, 2)
    assert (found.baseline, found.machine_facts) == (folder / "b", home / "f")
    assert found.intents == {"expect": {"prompt_tokens": {"max": 5}}, "cloud": {"data": {"a": "b"}}}
    assert found.origins["expect.prompt_tokens.max"] == f"{SHOWN}:8"


def test_the_rulebook_holds_what_the_user_intends_above_the_project(home: Path) -> None:
    place(home, "expect: {context: 8192}\nfail_under: 66")
    (home / "project" / "modelcheck.yaml").write_text(
        "expect: {context: 4096, ttft_s: 3}\nprofile: static\nsensitive: [a]\nconfig: c.json\n"
        "ignore: [{check: CFG-07, path: a, reason: b}]\nendpoints: {}"
    )
    rules = rulebook(options_of(home, {}, {"MODELCHECK_MIN_COVERAGE": "55"}), home / "project")

    assert (rules.expectations.context, rules.expectations.ttft_s) == (8192, 3)
    assert rules.profile.name == "static"
    assert (rules.config, rules.sensitive, rules.refused) == ("c.json", ("a",), ("endpoints",))
    assert [one.at for one in rules.exceptions.ignores] == [Place("modelcheck.yaml", 5)]
    assert (rules.profile.score.minimum, rules.profile.score.origin) == (660, f"{SHOWN}:2")
    assert (rules.profile.coverage.minimum, rules.profile.coverage.origin) == (550, "MODELCHECK_MIN_COVERAGE")


@pytest.mark.parametrize("asked", [{"profile": "default"}, {"profile": "local-only"}])
def test_the_users_profile_stands_above_the_projects(home: Path, asked: dict[str, str]) -> None:
    (home / "project" / "modelcheck.yaml").write_text("profile: static")

    assert rulebook(options_of(home, asked), home / "project").profile.name == asked["profile"]


def test_a_profile_of_the_projects_own_is_taken_from_the_folder_of_its_settings(home: Path) -> None:
    (home / "project" / "modelcheck.yaml").write_text("profile: house.yaml")
    (home / "project" / "house.yaml").write_text("extends: static\nbars: {score: 12}")
    (home / "project" / "below").mkdir()

    assert rulebook(options_of(home, {}), home / "project" / "below").profile.score.minimum == 120


def test_a_profile_that_is_not_there_is_told_with_the_line_that_names_it(home: Path) -> None:
    (home / "project" / "modelcheck.yaml").write_text("\nprofile: statik")
    with pytest.raises(UserError, match=r"modelcheck\.yaml, line 2: .*did you mean static"):
        rulebook(options_of(home, {}), home / "project")


def test_what_contradicts_itself_across_the_layers_is_told(home: Path) -> None:
    place(home, "expect: {prompt_tokens: {max: 5}}")
    (home / "project" / "modelcheck.yaml").write_text("expect: {prompt_tokens: {typical: 9}}")
    with pytest.raises(UserError, match="config show --origin"):
        rulebook(options_of(home, {}), home / "project")


@pytest.mark.parametrize(
    ("text", "environ", "asked", "said"),
    [
        ("zzz: 1", {}, {}, rf"{SHOWN}, line 1: `zzz` is not a setting"),
        ("", {"MODELCHECK_OFLINE": "1"}, {}, "did you mean MODELCHECK_OFFLINE"),
        ("", {}, {"key_variables": {"openai": "sk-x"}}, "^--key-env: .*never a key$"),
        ("", {}, {"endpoints": {"ollama": "here"}}, "^--endpoint: `endpoints.ollama`: the address must begin"),
    ],
)
def test_what_cannot_be_used_is_one_error(
    home: Path, text: str, environ: dict[str, str], asked: dict[str, Any], said: str
) -> None:
    place(home, text)
    with pytest.raises(UserError, match=said) as error:
        options_of(home, asked, environ)
    assert error.value.exit_code == 2


def test_the_language_of_the_users_own_file_is_told_and_an_unreadable_one_is_none(home: Path) -> None:
    assert own_language({}, home) is None
    place(home, "lang: fr")
    assert own_language({}, home) == "fr"
    place(home, "lang: [")
    assert own_language({}, home) is None


@pytest.mark.skipif(os.name == "nt", reason="made with paths of POSIX")
def test_the_environment_of_the_program_is_read_where_none_is_given(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MODELCHECK_MAX_DROP", "3")
    place(home, "fail_under: 5")

    found = configured(Options(path=home / "project"), {})

    assert (found.max_drop, found.fail_under) == (3, 5)
