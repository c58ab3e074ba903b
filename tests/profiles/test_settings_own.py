"""The user's own settings file: where it lies, what it says, and that no project can pass for it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcheck.core.sentence import Told
from modelcheck.profiles.layers import merged
from modelcheck.profiles.own import own
from modelcheck.profiles.ownfile import own_file
from modelcheck.profiles.written import InvalidSettings

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="made with links and paths of POSIX")
SHOWN = "~/.config/modelcheck/modelcheck.yaml"


def place(home: Path, text: str | bytes) -> Path:
    path = home / ".config" / "modelcheck" / "modelcheck.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def told(home: Path, environ: dict[str, str] | None = None, project: Path = Path("/nowhere")) -> str:
    with pytest.raises(InvalidSettings) as error:
        own(environ or {}, home, "linux", project)
    assert str(home) not in str(error.value)
    return str(error.value)


@POSIX_ONLY
@pytest.mark.parametrize(
    ("system", "environ", "path"),
    [
        ("linux", {}, "/h/.config/modelcheck/modelcheck.yaml"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/modelcheck/modelcheck.yaml"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, "/h/.config/modelcheck/modelcheck.yaml"),
        ("linux", {"XDG_CONFIG_HOME": ""}, "/h/.config/modelcheck/modelcheck.yaml"),
        ("darwin", {"XDG_CONFIG_HOME": "/x"}, "/h/Library/Application Support/modelcheck/modelcheck.yaml"),
        ("win32", {"APPDATA": "/r"}, "/r/modelcheck/modelcheck.yaml"),
        ("linux", {"MODELCHECK_CONFIG": "/c.yaml"}, "/c.yaml"),
        ("win32", {"MODELCHECK_CONFIG": "~/c.yaml"}, "/h/c.yaml"),
    ],
)
def test_each_system_has_its_place(system: str, environ: dict[str, str], path: str) -> None:
    assert own_file(environ, Path("/h"), system) == Path(path)


@pytest.mark.parametrize(
    ("system", "environ"), [("linux", {}), ("darwin", {}), ("win32", {}), ("win32", {"APPDATA": "r"})]
)
def test_without_a_home_there_is_no_file(system: str, environ: dict[str, str]) -> None:
    assert own_file(environ, None, system) is None
    assert own(environ, None, system, Path()) is None


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert own({}, tmp_path, "linux", tmp_path / "project") is None


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    assert told(tmp_path, {"MODELCHECK_CONFIG": "~/none.yaml"}).startswith("~/none.yaml is not there")


def test_each_value_has_its_line(tmp_path: Path) -> None:
    path = place(tmp_path, "offline: true\nmodels_dirs:\n  - a\n  - ~/b\nendpoints:\n  Ollama: http://127.0.0.1:1\n")
    layer = own({}, tmp_path, "linux", tmp_path / "project")
    assert layer is not None

    found = {trail: (one.value, one.origin) for trail, one in merged([layer]).items()}

    assert found == {
        ("offline",): (True, f"{SHOWN}:1"),
        ("models_dirs", str(path.parent / "a")): (str(path.parent / "a"), f"{SHOWN}:3"),
        ("models_dirs", str(tmp_path / "b")): (str(tmp_path / "b"), f"{SHOWN}:4"),
        ("endpoints", "ollama"): ("http://127.0.0.1:1", f"{SHOWN}:6"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("offlin: true", f"{SHOWN}, line 1: `offlin` is not a setting; did you mean `offline`?"),
        ("\nexpect: {context: big}", f"{SHOWN}, line 2: `expect.context` must be a whole number"),
        ("config: a", f"{SHOWN}, line 1: `config` is not a setting"),
        ("endpoints:\n  a: b", f"{SHOWN}, line 2: `endpoints.a`: the address must begin with"),
        ("[a", f"{SHOWN}, line 1: this is not YAML that can be read"),
        ("- a", f"{SHOWN}: the settings must be keys with values, not a list"),
        ("a: é".encode("latin-1"), f"{SHOWN}, line 1: this is not UTF-8 text"),
        ("a: b".encode("utf-16"), f"{SHOWN}: it is UTF-16; save it as UTF-8"),
        ("#" * 70_000, f"{SHOWN} is larger than 64 KiB"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line_and_without_the_home(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    place(tmp_path, text)

    assert told(tmp_path).startswith(said)


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / ".config" / "modelcheck" / "modelcheck.yaml").mkdir(parents=True)

    assert told(tmp_path) == f"{SHOWN} is not a file"


@POSIX_ONLY
def test_a_pipe_in_its_place_is_never_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".config" / "modelcheck").mkdir(parents=True)
    os.mkfifo(tmp_path / ".config" / "modelcheck" / "modelcheck.yaml")

    assert told(tmp_path) == f"{SHOWN} is not a file"


@POSIX_ONLY
def test_a_link_of_the_users_is_followed_and_a_circle_told(tmp_path: Path) -> None:
    path = place(tmp_path, "")
    path.unlink()
    (tmp_path / "dotfiles.yaml").write_text("offline: true")
    path.symlink_to(tmp_path / "dotfiles.yaml")
    layer = own({}, tmp_path, "linux", tmp_path / "project")
    assert layer is not None
    assert layer.said.offline

    path.unlink()
    path.symlink_to(path)
    assert "modelcheck.yaml" in told(tmp_path)


@POSIX_ONLY
def test_a_file_inside_the_project_is_never_taken_for_the_users_own(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "evil.yaml").write_text("trust_hosts: [evil.example]")
    said = "lies inside the project that is looked at, which may not write them"
    assert said in told(tmp_path, {"MODELCHECK_CONFIG": str(project / "evil.yaml")}, project)

    place(tmp_path, "").unlink()
    (tmp_path / ".config" / "modelcheck" / "modelcheck.yaml").symlink_to(project / "evil.yaml")
    assert said in told(tmp_path, {}, project)

    (tmp_path / "alias").symlink_to(project)
    assert said in told(tmp_path, {"MODELCHECK_CONFIG": "~/alias/evil.yaml"}, project)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["", "endpoints: ", "models_dirs: [", "expect: {", "fail_under: ", "lang: ", "paths: {"]),
    st.text(max_size=40) | st.text("a0:,-[]{}'|>?%~&*!\"\\ \n", max_size=40),
)
def test_whatever_is_written_is_read_or_told(tmp_path: Path, start: str, text: str) -> None:
    place(tmp_path, (start + text).encode("utf-8", "replace"))
    try:
        found = own({}, tmp_path, "linux", tmp_path / "project")
    except Told as error:
        assert str(error).isprintable()
    else:
        assert found is not None
        merged([found])
