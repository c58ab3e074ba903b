"""`modelcheck config`: every setting that holds, where it comes from, and the schemas for editors."""

import json
from pathlib import Path

import jsonschema
import pytest
from ended import Command

SHOWN = "~/.config/modelcheck/modelcheck.yaml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("modelcheck.app.configured.sys.platform", "linux")
    monkeypatch.setattr("modelcheck.app.configured.own_home", lambda: tmp_path)
    monkeypatch.setattr("modelcheck.app.effective.own_home", lambda: tmp_path)
    place(
        tmp_path,
        "endpoints:\n  ollama: http://127.0.0.1:1\nexpect:\n  context: 8192\nkey_variables: {openai: WORK_KEY}\n"
        "models_dirs: [~/models]\n",
    )
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "modelcheck.yaml").write_text(
        "profile: static\nsensitive: [a, b]\nexpect:\n  context: 4096\n  device: 0\ntrust_hosts: [evil.example]\n"
    )
    return root


def place(home: Path, text: str) -> None:
    path = home / ".config" / "modelcheck" / "modelcheck.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_every_setting_is_shown_with_who_set_it(
    command: Command, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELCHECK_FAIL_UNDER", "66.5")
    ended = command("config", "show", project, "--origin", "--json", "--offline", "--path-map", "/models=/m")

    assert (ended.code, ended.err) == (0, "")
    rows = {row["name"]: (row["value"], row["origin"]) for row in ended.json["settings"] if not row["ignored"]}
    assert rows["profile"] == ("static", "modelcheck.yaml:1")
    assert rows["fail_under"] == (66.5, "MODELCHECK_FAIL_UNDER")
    assert rows["min_coverage"] == (90.0, "profile static")
    assert rows["offline"] == (True, "--offline")
    assert rows["paths./models"] == ("/m", "--path-map")
    assert rows["endpoints.ollama"] == ("http://127.0.0.1:1", f"{SHOWN}:2")
    assert rows["key_variables.openai"] == ("WORK_KEY", f"{SHOWN}:5")
    assert rows["models_dirs"] == ("~/models", f"{SHOWN}:6")
    assert rows["expect.context"] == (8192, f"{SHOWN}:4")
    assert rows["expect.device"] == (0, "modelcheck.yaml:5")
    assert rows["expect.ttft_s"] == (None, "default")
    assert rows["expect.exposure"] == ("loopback", "default")
    assert rows["sensitive"] == ("a, b", "modelcheck.yaml:2")
    assert [row for row in ended.json["settings"] if row["ignored"]] == [
        {"name": "trust_hosts", "value": None, "origin": "modelcheck.yaml:6", "ignored": True}
    ]
    assert "evil" not in ended.out
    assert str(tmp_path) not in ended.out


def test_on_a_terminal_each_setting_is_a_line(command: Command, project: Path) -> None:
    plain = command("config", "show", project).out
    told = command("config", "show", project, "--origin").out

    assert [line.split() for line in plain.splitlines()][:2] == [["profile", "static"], ["fail_under", "70.0"]]
    assert "(" not in plain
    assert "(modelcheck.yaml:1)" in told.splitlines()[0]
    assert any(line.split() == ["expect.context", "8192", f"({SHOWN}:4)"] for line in told.splitlines())
    assert "trust_hosts" in told.splitlines()[-1]
    assert "ignored: only the user may set it" in told.splitlines()[-1]


def test_settings_are_shown_in_french(command: Command, project: Path) -> None:
    shown = command("config", "show", project, "--lang", "fr").out

    assert "non défini" in shown
    assert "70,0" in shown


def test_toml_names_its_table(command: Command, project: Path) -> None:
    (project / "modelcheck.yaml").unlink()
    (project / "pyproject.toml").write_text("[tool.modelcheck]\nsensitive = ['a']\nignore = [\n]\n")
    rows = {row["name"]: row for row in command("config", "show", project, "--json").json["settings"]}

    assert rows["sensitive"]["origin"] == "[tool.modelcheck] in pyproject.toml:2"
    assert rows["ignore"]["value"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profil: static", "modelcheck.yaml, line 1: `profil` is not a setting; did you mean `profile`?"),
        ("expect:\n  context: many", "modelcheck.yaml, line 2: `expect.context` must be a whole number between 1 and"),
        ("profile: statik", "modelcheck.yaml, line 1: there is no profile statik"),
    ],
)
def test_bad_settings_end_with_2_and_one_line(command: Command, project: Path, text: str, said: str) -> None:
    (project / "modelcheck.yaml").write_text(text)
    ended = command("config", "show", project)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"modelcheck: {said}")
    assert ended.err.count("\n") == 1


def test_an_unknown_variable_ends_every_look_with_2(
    command: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELCHECK_OFLINE", "1")

    ended = command("score", project)

    assert ended.code == 2
    assert "did you mean MODELCHECK_OFFLINE?" in ended.err


def test_the_demo_reads_neither_the_environment_nor_the_users_file(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELCHECK_OFLINE", "1")
    monkeypatch.setenv("MODELCHECK_CONFIG", str(tmp_path / "none.yaml"))

    assert command("score", tmp_path).code == 2
    assert command("demo", "--corrected", "--json").code == 0


def test_a_file_of_50_mb_is_refused_at_once(command: Command, project: Path) -> None:
    with (project / "modelcheck.yaml").open("wb") as stream:
        stream.truncate(50 << 20)
    ended = command("score", project)

    assert (ended.code, ended.err) == (2, "modelcheck: modelcheck.yaml is larger than 64 KiB\n")


@pytest.mark.parametrize("file", ["settings", "own", "profile", "report"])
def test_the_schemas_are_printed(command: Command, file: str) -> None:
    ended = command("config", "schema", file)

    assert ended.code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(ended.out))


def test_the_group_alone_lists_what_it_has(command: Command) -> None:
    ended = command("config", "--help")

    assert ended.code == 0
    assert "show" in ended.out
    assert "schema" in ended.out
