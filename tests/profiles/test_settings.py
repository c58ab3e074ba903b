"""Settings describe and tighten; whatever else stands in the file is refused with a word that helps."""

import os
import threading
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcheck.profiles.settings import InvalidSettings, Settings, read_settings

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="made with links and pipes of POSIX")
GIB = 1 << 30


def write(folder: Path, text: str | bytes, name: str = "modelcheck.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def error_of(folder: Path) -> str:
    with pytest.raises(InvalidSettings) as error:
        read_settings(folder)
    text = str(error.value)
    assert str(folder) not in text
    assert text.isprintable()
    assert len(text) < 400
    return text


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    found = read_settings(tmp_path)

    assert found == Settings()
    assert (found.config, found.sensitive, found.refused) == ("config/models_config.json", (), ())
    assert found.reserve_bytes is None


def test_everything_a_project_may_say_is_read_from_yaml(tmp_path: Path) -> None:
    text = """
        # what this project intends
        config: settings/models.json
        sensitive: [archivist, "12"]
        expect:
          reserve_gib: 2.5
    """
    found = read_settings(write(tmp_path, text))

    assert (found.config, found.sensitive) == ("settings/models.json", ("archivist", "12"))
    assert found.reserve_bytes == 5 * GIB // 2


def test_everything_a_project_may_say_is_read_from_toml(tmp_path: Path) -> None:
    text = """
        [project]
        name = "theirs"
        [tool.modelcheck]
        config = "settings/models.json"
        sensitive = ["archivist"]
        expect.reserve_gib = 2
    """
    found = read_settings(write(tmp_path, text, "pyproject.toml"))

    assert (found.config, found.sensitive, found.reserve_bytes) == ("settings/models.json", ("archivist",), 2 * GIB)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}"])
def test_an_empty_file_is_no_setting(tmp_path: Path, text: str) -> None:
    assert read_settings(write(tmp_path, text)) == Settings()


@pytest.mark.parametrize(
    "text",
    ["", '[project]\nname = "modelcheck-user"\n', "[tool.other]\nmodelcheck = 1\n", 'tool = "modelcheck"\n'],
)
def test_another_pyproject_says_nothing(tmp_path: Path, text: str) -> None:
    assert read_settings(write(tmp_path, text, "pyproject.toml")) == Settings()


def test_a_broken_pyproject_that_does_not_mention_us_says_nothing(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, "[[[ no TOML", "pyproject.toml")) == Settings()


def test_a_byte_order_mark_is_no_part_of_a_key(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, "\N{BYTE ORDER MARK}sensitive: [a]\n")).sensitive == ("a",)
    (tmp_path / "modelcheck.yaml").unlink()
    write(tmp_path, "\N{BYTE ORDER MARK}[tool.modelcheck]\nsensitive = ['b']", "pyproject.toml")
    assert read_settings(tmp_path).sensitive == ("b",)


def test_two_files_in_one_folder_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, "sensitive: [a]")
    write(tmp_path, "[tool.modelcheck]\n", "pyproject.toml")

    assert error_of(tmp_path).endswith("both hold settings; keep one of them")


def test_the_nearest_folder_that_has_settings_decides_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "sensitive: [top]")
    below = write(tmp_path / "a", "[tool.modelcheck]\nconfig = 'middle.json'\n", "pyproject.toml")
    deep = below / "b" / "c"
    deep.mkdir(parents=True)

    assert read_settings(deep) == Settings(config="middle.json")
    assert read_settings(tmp_path) == Settings(sensitive=("top",))


def test_the_search_ends_at_the_root_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "sensitive: [of another]")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    deep = repository / "a" / "b"
    deep.mkdir(parents=True)

    assert read_settings(deep) == Settings()
    assert read_settings(repository) == Settings()


def test_a_git_file_of_a_worktree_ends_the_search_too(tmp_path: Path) -> None:
    write(tmp_path, "sensitive: [of another]")
    repository = write(tmp_path / "repository", "gitdir: elsewhere", ".git")

    assert read_settings(repository) == Settings()


def test_outside_a_repository_no_other_folder_counts(tmp_path: Path) -> None:
    """Else anybody who may write to a folder above, such as /tmp, would say something about the project."""
    write(tmp_path, "sensitive: [of somebody]")
    project = tmp_path / "project"
    project.mkdir()

    assert read_settings(project) == Settings()
    assert read_settings(write(project, "sensitive: [own]")) == Settings(sensitive=("own",))


def test_a_relative_path_is_searched_upwards_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (write(tmp_path, "sensitive: [top]") / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert read_settings(Path()) == Settings(sensitive=("top",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensitiv: [a]", "modelcheck.yaml: 'sensitiv' is not a setting; did you mean sensitive?"),
        ("confg: a", "modelcheck.yaml: 'confg' is not a setting; did you mean config?"),
        (
            "expect: {reserve_gb: 2}",
            "modelcheck.yaml, expect: 'reserve_gb' is not a setting; did you mean reserve_gib?",
        ),
        ("zzz: 1", "modelcheck.yaml: 'zzz' is not a setting. Known keys: config, expect, sensitive"),
        ("refused: [a]", "modelcheck.yaml: 'refused' is not a setting. Known keys: config, expect, sensitive"),
        ("<<: {config: a}", "modelcheck.yaml: '<<' is not a setting. Known keys: config, expect, sensitive"),
        (
            "trusted_hosts: [a]",
            "modelcheck.yaml: 'trusted_hosts' is not a setting. Known keys: config, expect, sensitive",
        ),
    ],
)
def test_an_unknown_key_is_an_error_that_names_the_likely_one(tmp_path: Path, text: str, said: str) -> None:
    assert error_of(write(tmp_path, text)) == said


def test_an_unknown_key_of_toml_says_where_it_stands(tmp_path: Path) -> None:
    write(tmp_path, "[tool.modelcheck]\nsensitiv = []", "pyproject.toml")

    assert error_of(tmp_path).startswith("pyproject.toml [tool.modelcheck]: 'sensitiv' is not a setting")


@pytest.mark.parametrize("key", ["\\e[31m" + "x" * 500, "\\u202e", "\\ud800"])
def test_a_hostile_key_is_shown_escaped_and_cut(tmp_path: Path, key: str) -> None:
    error_of(write(tmp_path, f'"{key}": 1'))
    error_of(write(tmp_path, f'expect: {{"{key}": 1}}'))


def test_what_only_the_user_may_say_is_ignored_and_told(tmp_path: Path) -> None:
    text = """
        trust_hosts: [10.0.0.5]
        endpoints: {openai: "http://evil.example"}
        models_dirs: [/etc]
        env_files: [~/.ssh/id_ed25519]
        key_variables: {openai: HOME}
        sensitive: [a]
    """
    found = read_settings(write(tmp_path, text))

    assert found.refused == ("endpoints", "models_dirs", "env_files", "key_variables", "trust_hosts")
    assert found.sensitive == ("a",)
    assert "evil" not in repr(found)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("- a\n- b", "must hold keys and values"),
        ("just a text", "must hold keys and values"),
        ("~", "must hold keys and values"),
        ("config: [a]", "$.config"),
        ("config:", "$.config"),
        ("config: " + "x" * 1001, "$.config"),
        ("sensitive: archivist", "$.sensitive"),
        ("sensitive:", "$.sensitive"),
        ("sensitive: [[a]]", "$.sensitive"),
        ("sensitive: [{a: b}]", "$.sensitive"),
        ("sensitive: ['']", "$.sensitive"),
        ("expect: 3", "$.expect"),
        ("expect: [a]", "$.expect"),
        ("expect: {reserve_gib: lots}", "$.expect.reserve_gib"),
        ("expect: {reserve_gib: [1]}", "$.expect.reserve_gib"),
        ("expect: {reserve_gib: -1}", "$.expect.reserve_gib"),
        ("expect: {reserve_gib: 1e300}", "$.expect.reserve_gib"),
        ("expect: {reserve_gib: .nan}", "$.expect.reserve_gib"),
        ("expect: {reserve_gib: nan}", "$.expect.reserve_gib"),
        ("expect: {reserve_gib: inf}", "$.expect.reserve_gib"),
        ("expect: {reserve_gib: 99999999999999999999999999999999}", "$.expect.reserve_gib"),
    ],
)
def test_a_wrong_type_is_an_error_that_names_its_place(tmp_path: Path, text: str, about: str) -> None:
    assert about in error_of(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("[tool]\nmodelcheck = 3", "must hold keys and values"),
        ("[tool.modelcheck]\nsensitive = [3]", "$.sensitive"),
        ("[tool.modelcheck.expect]\nreserve_gib = nan", "$.expect.reserve_gib"),
        ("[tool.modelcheck.expect]\nreserve_gib = inf", "$.expect.reserve_gib"),
        ("[tool.modelcheck.expect]\nreserve_gib = true", "$.expect.reserve_gib"),
        ("[tool.modelcheck]\nconfig = 2026-11-22", "$.config"),
    ],
)
def test_a_wrong_type_of_toml_is_an_error_that_names_its_place(tmp_path: Path, text: str, about: str) -> None:
    assert about in error_of(write(tmp_path, text, "pyproject.toml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensitive: [a", "modelcheck.yaml, line 1 is not YAML that can be read"),
        ("config: a\n\tb: c", "modelcheck.yaml, line 2 is not YAML that can be read"),
        ("a: b\n---\nc: d", "modelcheck.yaml, line 2 is not YAML that can be read"),
        ("config: *nothing", "modelcheck.yaml, line 1 is not YAML that can be read"),
        ("a: &a [*a]", "modelcheck.yaml, line 1 is not YAML that can be read"),
        ("? [a, b]\n: c", "modelcheck.yaml, line 1 is not YAML that can be read"),
        ("[" * 1000, "modelcheck.yaml is not YAML that can be read"),
        ('config: "\\UFFFFFFFF"', "modelcheck.yaml is not YAML that can be read"),
        (f"%YAML {'1' * 5000}.1\n---\na: b", "modelcheck.yaml is not YAML that can be read"),
        ("config: a\x07", "modelcheck.yaml is not YAML that can be read"),
    ],
    ids=["open", "tab", "documents", "alias", "circle", "list as key", "deep", "character", "version", "control"],
)
def test_what_is_no_yaml_is_an_error_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert error_of(write(tmp_path, text)) == said


def test_the_same_key_twice_is_an_error_and_not_the_last_one(tmp_path: Path) -> None:
    assert error_of(write(tmp_path, "sensitive: [a]\nsensitive: []")) == "modelcheck.yaml, line 1: the same key twice"
    assert error_of(write(tmp_path, "expect:\n  {a: 1, a: 2}")) == "modelcheck.yaml, line 2: the same key twice"


@pytest.mark.parametrize(
    "text",
    [
        "config: !!python/object/apply:os.system [touch hacked]",
        "!!python/name:os.system x: y",
        "config: 2026-13-45",
        "config: !!int ''",
        "config: !!timestamp never",
        f"? {'1' * 5000}\n: a",
        f"? 0x{'f' * 5000}\n: a",
    ],
)
def test_tags_make_nothing_and_break_nothing(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        read_settings(write(tmp_path, text))
    except InvalidSettings as error:
        assert str(error).isprintable()
    assert not (tmp_path / "hacked").exists()


def test_a_bomb_of_aliases_is_refused_before_it_is_unfolded(tmp_path: Path) -> None:
    bomb = ["&a0 [x, x]", *(f"&a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))]

    assert "$.sensitive" in error_of(write(tmp_path, f"sensitive: [{', '.join(bomb)}]"))
    assert "is not a setting" in error_of(write(tmp_path, "\n".join(f"k{n}: {one}" for n, one in enumerate(bomb))))
    assert read_settings(write(tmp_path, f"endpoints: [{', '.join(bomb)}]")).refused == ("endpoints",)


def test_what_is_no_toml_and_mentions_us_is_an_error(tmp_path: Path) -> None:
    said = "pyproject.toml mentions modelcheck and is not TOML that can be read"

    assert error_of(write(tmp_path, "[tool.modelcheck", "pyproject.toml")) == said
    assert error_of(write(tmp_path, "[tool.modelcheck]\na=1\na=2", "pyproject.toml")) == said
    assert error_of(write(tmp_path, "# modelcheck\na = " + "[" * 5000, "pyproject.toml")) == said


def test_a_key_of_very_many_parts_is_not_parsed(tmp_path: Path) -> None:
    """It would take the parser minutes."""
    text = "# modelcheck\n" + ".".join("a" * 60_000) + " = 1"

    assert error_of(write(tmp_path, text, "pyproject.toml")).endswith("has a line with more than 500 dots")
    assert (
        read_settings(write(tmp_path, "# modelcheck\n" + ".".join("a" * 501) + " = 1", "pyproject.toml")) == Settings()
    )


@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
@pytest.mark.parametrize("data", [b"\xff\xfesensitive", "sensitive: [é]".encode("latin-1")])
def test_what_is_not_utf_8_is_an_error(tmp_path: Path, name: str, data: bytes) -> None:
    assert error_of(write(tmp_path, data, name)) == f"{name} is not UTF-8 text"


@pytest.mark.parametrize(("name", "limit"), [("modelcheck.yaml", 64), ("pyproject.toml", 256)])
def test_the_bound_of_each_file_is_exact(tmp_path: Path, name: str, limit: int) -> None:
    assert read_settings(write(tmp_path, "#" * (limit << 10), name)) == Settings()
    assert error_of(write(tmp_path, "#" * ((limit << 10) + 1), name)) == f"{name} is larger than {limit} KiB"


@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
def test_a_folder_of_that_name_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    assert error_of(tmp_path) == f"{name} is a link, a folder or a device; make it a file, or rename it"


@POSIX_ONLY
@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
def test_a_pipe_of_that_name_is_never_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    said: list[str] = []

    thread = threading.Thread(target=lambda: said.append(error_of(tmp_path)), daemon=True)
    thread.start()
    thread.join(10)

    assert said == [f"{name} is a link, a folder or a device; make it a file, or rename it"]


@POSIX_ONLY
@pytest.mark.parametrize("target", ["outside.yaml", "/dev/zero", "nothing"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.yaml").write_text("secret_key: 1")
    project = tmp_path / "project"
    project.mkdir()
    (project / "modelcheck.yaml").symlink_to(tmp_path / target)

    assert "secret" not in error_of(project)


def test_what_cannot_be_opened_is_an_error_without_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "sensitive: [a]")

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(Path, "open", deny)

    assert error_of(tmp_path) == "modelcheck.yaml is there and cannot be read"


def test_an_error_carries_no_other_error_that_would_show_more(tmp_path: Path) -> None:
    write(tmp_path, "config: [secret-looking-text")
    with pytest.raises(InvalidSettings) as error:
        read_settings(tmp_path)

    assert "secret-looking-text" not in "".join(traceback.format_exception(error.value, chain=True)).replace(
        "config: [secret-looking-text", "", 1
    )


BEGINNINGS = ["", "config: ", "sensitive: ", "sensitive: [", "expect: {reserve_gib: ", "tool.modelcheck.", "a: !!int "]
MARKS = "a0xT:,-[]{}'|>?%~<=#&*!.\"\\ \n\t"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(str.__add__, st.sampled_from(BEGINNINGS), st.one_of(st.text(max_size=60), st.text(MARKS, max_size=60)))
)
def test_whatever_is_written_is_settings_or_an_error(tmp_path: Path, text: str) -> None:
    for name in ("modelcheck.yaml", "pyproject.toml"):
        write(tmp_path, (text if name.endswith("yaml") else f"# modelcheck\n{text}").encode("utf-8", "replace"), name)
        try:
            found = read_settings(tmp_path)
        except InvalidSettings as error:
            assert str(error).isprintable()
        else:
            assert found.reserve_bytes is None or found.reserve_bytes >= 0
        (tmp_path / name).unlink()
