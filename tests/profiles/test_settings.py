"""Settings describe and tighten; whatever else stands in the file is refused with a word that helps."""

import os
import threading
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from modelcheck.core.facts import Place
from modelcheck.core.intent import DataRule, Expectations, Limits, Reach
from modelcheck.profiles.declared import Settings
from modelcheck.profiles.settings import InvalidSettings, read_settings

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="made with links and pipes of POSIX")
GIB = 1 << 30
KNOWN = "Known keys: cloud, config, expect, models_dir, naming, sensitive"


def write(folder: Path, text: str | bytes, name: str = "modelcheck.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def read(folder: Path) -> Settings:
    """What is set, wherever it stands."""
    return replace(read_settings(folder), at=None)


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
    assert found.expectations == Expectations()


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
    assert found.expectations.reserve_bytes == 5 * GIB // 2


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

    assert (found.config, found.sensitive) == ("settings/models.json", ("archivist",))
    assert found.expectations.reserve_bytes == 2 * GIB


WHOLE = """
expect:
  reserve_gib: 1.0
  concurrency: 4
  prompt_tokens: {typical: 800, max: 12000}
  context: 16384
  device: 0
  ttft_s: 2
  response_s: 30
  together: [[llama3:8b-instruct-q6_k, nomic-embed-text]]
  requests_per_minute: 60
  exposure: lan
cloud:
  ids: pinned
  limits:
    anthropic: {requests: 50, input_tokens: 30000, output_tokens: 8000}
    openai: {requests: 500}
  data: {anthropic: "no personal data; EU; 30 days"}
models_dir: D:\\modeles_llm
naming: "*:*"
"""
INTENDED = Expectations(
    reserve_bytes=GIB,
    concurrency=4,
    prompt_typical=800,
    prompt_max=12000,
    context=16384,
    device="0",
    ttft_s=2.0,
    response_s=30.0,
    together=(("llama3:8b-instruct-q6_k", "nomic-embed-text"),),
    requests_per_minute=60,
    exposure=Reach.LAN,
    ids="pinned",
    limits=(Limits("anthropic", 50, 30000, 8000), Limits("openai", 500)),
    data=(DataRule("anthropic", "no personal data; EU; 30 days"),),
    models_dir="D:\\modeles_llm",
    naming="*:*",
)


def test_what_a_project_intends_is_read_with_its_place(tmp_path: Path) -> None:
    found = read_settings(write(tmp_path, WHOLE)).expectations

    assert found == replace(INTENDED, at=Place("modelcheck.yaml", 2))


def test_what_a_project_intends_is_read_from_toml_with_the_line_of_its_table(tmp_path: Path) -> None:
    text = """[project]
name = "theirs"

[tool.modelcheck.expect]
device = 1
prompt_tokens.max = 9
together = [["a", "b"]]
exposure = "proxy"
[tool.modelcheck.cloud.limits.openai]
requests = 5
"""
    found = read_settings(write(tmp_path, text, "pyproject.toml")).expectations

    assert found == Expectations(
        device="1",
        prompt_max=9,
        together=(("a", "b"),),
        exposure=Reach.PROXY,
        limits=(Limits("openai", 5),),
        at=Place("pyproject.toml", 4),
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [("config: a", 0), ("config: a\nmodels_dir: b", 2), ("naming: a\ncloud: {}\nexpect: {}", 3), ("", 0)],
)
def test_the_place_of_the_intentions_is_the_line_of_their_section(tmp_path: Path, text: str, line: int) -> None:
    assert read_settings(write(tmp_path, text)).at == Place("modelcheck.yaml", line)


@pytest.mark.parametrize("text", ["tool.modelcheck.expect.device = 1", "tool = {modelcheck = {expect = {device = 1}}}"])
def test_a_table_of_toml_without_a_head_has_no_line(tmp_path: Path, text: str) -> None:
    assert read_settings(write(tmp_path, text, "pyproject.toml")).at == Place("pyproject.toml", 0)


@pytest.mark.parametrize("device", ["0", "GPU-0a1b", "NVIDIA GeForce RTX 3090"])
def test_a_card_is_named_by_index_or_by_text(tmp_path: Path, device: str) -> None:
    assert read_settings(write(tmp_path, f"expect: {{device: {device}}}")).expectations.device == device


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("D:\\modeles_llm", "D:\\modeles_llm"),
        ("/srv/models", "/srv/models"),
        ("/home/alice/models", "~/models"),
        ("/home/alice", "~"),
        ("/Users/alice/models", "~/models"),
        ("/root/models", "~/models"),
        ("/rooted/models", "/rooted/models"),
        ("c:\\users\\alice\\models", "~\\models"),
        ("C:/Users/alice/models", "~/models"),
        ("models/\u202e", "models/\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_folder_of_models_is_kept_without_anybodys_name(tmp_path: Path, written: str, shown: str) -> None:
    assert read_settings(write(tmp_path, f"models_dir: '{written}'")).expectations.models_dir == shown


@pytest.mark.parametrize("pattern", ["^[a-z]+$", "(a+)+b", "a|b", "a{2}", "a b", "\\w"])
def test_a_regular_expression_is_refused_and_never_run(tmp_path: Path, pattern: str) -> None:
    assert "a regular expression is not run" in error_of(write(tmp_path, f"config: a\nnaming: '{pattern}'"))
    assert error_of(tmp_path).startswith("modelcheck.yaml, line 2: ")


def test_a_typical_prompt_is_no_longer_than_the_longest(tmp_path: Path) -> None:
    said = "modelcheck.yaml, line 2, expect: a typical prompt is longer than the longest one; exchange typical and max"

    assert error_of(write(tmp_path, "expect:\n  prompt_tokens: {typical: 9, max: 8}")) == said
    assert read(write(tmp_path, "expect:\n  prompt_tokens: {typical: 8, max: 8}")).expect.prompt_tokens.max == 8


def test_a_wrong_value_is_told_with_its_line(tmp_path: Path) -> None:
    text = "expect:\n  context: 4096\n  together:\n    - [a]\n    - b\n"

    assert error_of(write(tmp_path, text)).startswith("modelcheck.yaml, line 5, expect.together: Expected `array`")
    write(tmp_path, "cloud:\n  limits:\n    openai: 5")
    assert error_of(tmp_path).startswith("modelcheck.yaml, line 2, cloud: Expected `object`")
    (tmp_path / "modelcheck.yaml").unlink()
    assert error_of(write(tmp_path, "[tool.modelcheck]\nconfig = 1", "pyproject.toml")).startswith(
        "pyproject.toml [tool.modelcheck]: Expected `str`"
    )


def test_hostile_texts_are_made_printable_and_bounded(tmp_path: Path) -> None:
    hostile = '"\\e[31m' + "x" * 900 + '"'
    text = (
        f"expect: {{together: [[{hostile}]]}}\ncloud:\n  data: {{{hostile}: {hostile}}}\n  limits: {{{hostile}: {{}}}}"
    )
    found = read_settings(write(tmp_path, text)).expectations

    for shown in (found.together[0][0], found.data[0].provider, found.data[0].rule, found.limits[0].provider):
        assert shown.isprintable()
        assert len(shown) <= 300
    hostile_limit = f"cloud: {{limits: {{{hostile}: {{zzz: 1}}}}}}"
    assert "'zzz' is not a setting" in error_of(write(tmp_path, hostile_limit))


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}"])
def test_an_empty_file_is_no_setting(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, text)) == Settings()


@pytest.mark.parametrize(
    "text",
    ["", '[project]\nname = "modelcheck-user"\n', "[tool.other]\nmodelcheck = 1\n", 'tool = "modelcheck"\n'],
)
def test_another_pyproject_says_nothing(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, text, "pyproject.toml")) == Settings()


def test_a_broken_pyproject_that_does_not_mention_us_says_nothing(tmp_path: Path) -> None:
    assert read(write(tmp_path, "[[[ no TOML", "pyproject.toml")) == Settings()


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

    assert read(deep) == Settings(config="middle.json")
    assert read(tmp_path) == Settings(sensitive=("top",))


def test_the_search_ends_at_the_root_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "sensitive: [of another]")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    deep = repository / "a" / "b"
    deep.mkdir(parents=True)

    assert read(deep) == Settings()
    assert read(repository) == Settings()


def test_a_git_file_of_a_worktree_ends_the_search_too(tmp_path: Path) -> None:
    write(tmp_path, "sensitive: [of another]")
    repository = write(tmp_path / "repository", "gitdir: elsewhere", ".git")

    assert read(repository) == Settings()


def test_outside_a_repository_no_other_folder_counts(tmp_path: Path) -> None:
    """Else anybody who may write to a folder above, such as /tmp, would say something about the project."""
    write(tmp_path, "sensitive: [of somebody]")
    project = tmp_path / "project"
    project.mkdir()

    assert read(project) == Settings()
    assert read(write(project, "sensitive: [own]")) == Settings(sensitive=("own",))


def test_a_relative_path_is_searched_upwards_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (write(tmp_path, "sensitive: [top]") / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert read(Path()) == Settings(sensitive=("top",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensitiv: [a]", "modelcheck.yaml, line 1: 'sensitiv' is not a setting; did you mean sensitive?"),
        ("sensitive: []\nconfg: a", "modelcheck.yaml, line 2: 'confg' is not a setting; did you mean config?"),
        (
            "expect:\n  reserve_gb: 2",
            "modelcheck.yaml, line 2, expect: 'reserve_gb' is not a setting; did you mean reserve_gib?",
        ),
        (
            "expect:\n  prompt_tokens:\n    typicl: 2",
            "modelcheck.yaml, line 3, expect.prompt_tokens: 'typicl' is not a setting; did you mean typical?",
        ),
        (
            "cloud: {id: pinned}",
            "modelcheck.yaml, line 1, cloud: 'id' is not a setting; did you mean ids?",
        ),
        (
            "cloud:\n  limits:\n    openai:\n      request: 5",
            "modelcheck.yaml, line 4, cloud.limits.openai: 'request' is not a setting; did you mean requests?",
        ),
        ("zzz: 1", f"modelcheck.yaml, line 1: 'zzz' is not a setting. {KNOWN}"),
        ("refused: [a]", f"modelcheck.yaml, line 1: 'refused' is not a setting. {KNOWN}"),
        ("at: {path: a}", f"modelcheck.yaml, line 1: 'at' is not a setting. {KNOWN}"),
        ("<<: {config: a}", f"modelcheck.yaml, line 1: '<<' is not a setting. {KNOWN}"),
        ("trusted_hosts: [a]", f"modelcheck.yaml, line 1: 'trusted_hosts' is not a setting. {KNOWN}"),
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
        ("expect: {concurrency: 0}", "$.expect.concurrency"),
        ("expect: {concurrency: 1.5}", "$.expect.concurrency"),
        ("expect: {concurrency: many}", "$.expect.concurrency"),
        ("expect: {prompt_tokens: 800}", "$.expect.prompt_tokens"),
        ("expect: {prompt_tokens: {max: -1}}", "$.expect.prompt_tokens.max"),
        ("expect: {prompt_tokens: {typical: 99999999999}}", "$.expect.prompt_tokens.typical"),
        ("expect: {context: 0}", "$.expect.context"),
        ("expect: {device: [0]}", "$.expect.device"),
        ("expect: {device: " + "x" * 101 + "}", "$.expect.device"),
        ("expect: {ttft_s: 0}", "$.expect.ttft_s"),
        ("expect: {ttft_s: nan}", "$.expect.ttft_s"),
        ("expect: {response_s: 1e9}", "$.expect.response_s"),
        ("expect: {together: [a, b]}", "$.expect.together[0]"),
        ("expect: {together: [[]]}", "$.expect.together[0]"),
        ("expect: {together: [" + ", ".join(["[a]"] * 51) + "]}", "$.expect.together"),
        ("expect: {together: [[" + ", ".join("a" * 21) + "]]}", "$.expect.together[0]"),
        ("expect: {requests_per_minute: 0}", "$.expect.requests_per_minute"),
        ("expect: {exposure: world}", "Invalid enum value 'world'"),
        ("cloud: {ids: latest}", "$.cloud.ids"),
        ("cloud: {limits: {openai: 5}}", "$.cloud.limits"),
        ("cloud: {limits: {openai: {requests: -5}}}", "$.cloud.limits"),
        ("cloud: {data: {openai: ''}}", "$.cloud.data"),
        ("cloud: {data: [a]}", "$.cloud.data"),
        ("models_dir: ''", "$.models_dir"),
        ("naming: ''", "$.naming"),
        ("naming: '" + "*" * 201 + "'", "$.naming"),
        ('expect: {exposure: "\\e[31m' + "x" * 500 + '"}', "$.expect.exposure"),
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
    assert read(write(tmp_path, "# modelcheck\n" + ".".join("a" * 501) + " = 1", "pyproject.toml")) == Settings()


@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
@pytest.mark.parametrize("data", [b"\xff\xfesensitive", "sensitive: [é]".encode("latin-1")])
def test_what_is_not_utf_8_is_an_error(tmp_path: Path, name: str, data: bytes) -> None:
    assert error_of(write(tmp_path, data, name)) == f"{name} is not UTF-8 text"


@pytest.mark.parametrize(("name", "limit"), [("modelcheck.yaml", 64), ("pyproject.toml", 256)])
def test_the_bound_of_each_file_is_exact(tmp_path: Path, name: str, limit: int) -> None:
    assert read(write(tmp_path, "#" * (limit << 10), name)) == Settings()
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


BEGINNINGS = [
    "",
    "config: ",
    "sensitive: ",
    "sensitive: [",
    "expect: {reserve_gib: ",
    "expect: {together: [",
    "expect: {device: ",
    "cloud: {limits: {a: ",
    "cloud: {data: {",
    "naming: ",
    "tool.modelcheck.",
    "a: !!int ",
]
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
            assert isinstance(found.expectations, Expectations)
        (tmp_path / name).unlink()
