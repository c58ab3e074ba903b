"""Settings describe and tighten; whatever else stands in the file is refused with a word that helps."""

import os
import threading
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from modelcheck.core.exceptions import Exceptions, Exemption, Ignore, What
from modelcheck.core.facts import Place
from modelcheck.core.intent import DataRule, Expectations, Limits, Reach
from modelcheck.core.sentence import Told
from modelcheck.profiles.declared import Declared
from modelcheck.profiles.settings import InvalidSettings, Settings, read_settings

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="made with links and pipes of POSIX")
GIB = 1 << 30
KNOWN = "here there are: cloud, config, exceptions, expect, ignore, models_dir, naming, profile, sensitive"


def write(folder: Path, text: str | bytes, name: str = "modelcheck.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def read(folder: Path) -> Declared:
    """What is set, wherever it stands."""
    return read_settings(folder).declared


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
    assert (found.declared.config, found.declared.sensitive, found.refused) == ("config/models_config.json", (), ())
    assert (found.expectations(), found.exceptions) == (Expectations(), Exceptions())


def test_everything_a_project_may_say_is_read_from_yaml(tmp_path: Path) -> None:
    text = """
        # what this project intends
        config: settings/models.json
        sensitive: [archivist, "12"]
        expect:
          reserve_gib: 2.5
    """
    found = read_settings(write(tmp_path, text))

    assert (found.declared.config, found.declared.sensitive) == ("settings/models.json", ("archivist", "12"))
    assert found.expectations().reserve_bytes == 5 * GIB // 2


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

    assert (found.declared.config, found.declared.sensitive) == ("settings/models.json", ("archivist",))
    assert found.expectations().reserve_bytes == 2 * GIB


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
    found = read_settings(write(tmp_path, WHOLE)).expectations()

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
    found = read_settings(write(tmp_path, text, "pyproject.toml")).expectations()

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
    assert read_settings(write(tmp_path, text)).expectations().at == Place("modelcheck.yaml", line)


@pytest.mark.parametrize("text", ["tool.modelcheck.expect.device = 1", "tool = {modelcheck = {expect = {device = 1}}}"])
def test_a_table_of_toml_without_a_head_has_the_line_of_its_first_key(tmp_path: Path, text: str) -> None:
    found = read_settings(write(tmp_path, f"a = 1\n{text}", "pyproject.toml")).expectations()

    assert found.at == Place("pyproject.toml", 2)


@pytest.mark.parametrize("device", ["0", "GPU-0a1b", "NVIDIA GeForce RTX 3090"])
def test_a_card_is_named_by_index_or_by_text(tmp_path: Path, device: str) -> None:
    assert read_settings(write(tmp_path, f"expect: {{device: {device}}}")).expectations().device == device


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
    assert read_settings(write(tmp_path, f"models_dir: '{written}'")).expectations().models_dir == shown


@pytest.mark.parametrize("pattern", ["^[a-z]+$", "(a+)+b", "a|b", "a{2}", "a b", "\\w"])
def test_a_regular_expression_is_refused_and_never_run(tmp_path: Path, pattern: str) -> None:
    assert "a regular expression is not run" in error_of(write(tmp_path, f"config: a\nnaming: '{pattern}'"))
    assert error_of(tmp_path).startswith("modelcheck.yaml, line 2: ")


def test_a_typical_prompt_is_no_longer_than_the_longest(tmp_path: Path) -> None:
    said = (
        "modelcheck.yaml, line 2: `expect.prompt_tokens`: a typical prompt is longer than the longest one; "
        "exchange typical and max"
    )

    assert error_of(write(tmp_path, "expect:\n  prompt_tokens: {typical: 9, max: 8}")) == said
    assert read(write(tmp_path, "expect:\n  prompt_tokens: {typical: 8, max: 8}")).expect.prompt_tokens.max == 8


def test_a_wrong_value_is_told_with_its_line(tmp_path: Path) -> None:
    text = "expect:\n  context: 4096\n  together:\n    - [a]\n    - b\n"

    assert error_of(write(tmp_path, text)).startswith("modelcheck.yaml, line 5: `expect.together[2]` must be a list of")
    write(tmp_path, "cloud:\n  limits:\n    openai: 5")
    said = "modelcheck.yaml, line 3: `cloud.limits.openai` must be keys with values, not a number"
    assert error_of(tmp_path) == said
    (tmp_path / "modelcheck.yaml").unlink()
    write(tmp_path, "[tool.modelcheck]\nconfig = 1", "pyproject.toml")
    said = "[tool.modelcheck] in pyproject.toml, line 2: `config` must be text of 1 to 1000 characters, not a number"
    assert error_of(tmp_path) == said


EXCEPTIONS = """
exceptions:
  - {what: check, subject: CFG-07, reason: "moved in May", approver: "M. Roux", until: 2026-12-31, only: writer}
  - what: pull
    subject: "llama3.1:8b"
    reason: a trial
    approver: the team
    until: 2026-11-30
ignore:
  - {check: CFG-07, path: "tests/**", reason: examples}
  - check: [CFG-07, INT-01]
    path: docs/a.py
    reason: shown, not run
"""


def test_what_a_project_asks_to_let_pass_is_read_with_its_line(tmp_path: Path) -> None:
    found = read_settings(write(tmp_path, EXCEPTIONS)).exceptions

    def at(line: int) -> Place:
        return Place("modelcheck.yaml", line)

    assert found.exceptions == (
        Exemption(What.CHECK, "CFG-07", "moved in May", "M. Roux", "2026-12-31", "writer", at(3)),
        Exemption(What.PULL, "llama3.1:8b", "a trial", "the team", "2026-11-30", "", at(4)),
    )
    assert found.ignores == (
        Ignore(("CFG-07",), "tests/**", "examples", at=at(10)),
        Ignore(("CFG-07", "INT-01"), "docs/a.py", "shown, not run", at=at(11)),
    )


def test_exceptions_of_toml_have_their_lines_too(tmp_path: Path) -> None:
    text = """
[tool.modelcheck]
ignore = [
  # one
  {check = "CFG-07", path = "a", reason = "b"},
]

[[tool.modelcheck.exceptions]]
what = "reference"
subject = "a"
reason = '''
long'''
approver = "c"
until = 2026-12-31
"""
    found = read_settings(write(tmp_path, text, "pyproject.toml")).exceptions

    assert found.exceptions[0].at == Place("pyproject.toml", 8)
    assert (found.exceptions[0].reason, found.exceptions[0].until) == ("long", "2026-12-31")
    assert found.ignores[0].at == Place("pyproject.toml", 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "exceptions:\n  - {what: check, subject: a, reason: b, until: 2026-12-31}",
            "2: `exceptions[1].approver` is missing",
        ),
        ("ignore:\n  - {check: a, path: b}", "2: `ignore[1].reason` is missing"),
        ("ignore:\n  - check: a\n    path: b\n    reason: ''", "4: `ignore[1].reason` must be text"),
        (
            "ignore: [{check: [], path: a, reason: b}]",
            "1: `ignore[1].check` must be text of 1 to 1000 characters, or a list",
        ),
        (
            "exceptions:\n- {what: check, subject: a, reason: b, approver: c,\n   until: 2026-02-30}",
            "3: `exceptions[1].until` must be a date such as 2026-12-31",
        ),
        ("exceptions:\n- {what: checks}", "2: `exceptions[1].subject` is missing"),
        ("ignore: [{checks: a}]", "1: `ignore[1].checks` is not a setting; did you mean `check`?"),
        ("exceptions: {}", "1: `exceptions` must be a list of 0 to 500 entries, not keys with values"),
    ],
)
def test_an_exception_without_reason_approver_or_day_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert error_of(write(tmp_path, text)).startswith(f"modelcheck.yaml, line {said}")


@pytest.mark.parametrize("key", ["fail_under", "min_coverage", "max_drop"])
def test_the_bars_of_a_project_stand_in_its_profile(tmp_path: Path, key: str) -> None:
    assert "the bars of a project stand in its profile" in error_of(write(tmp_path, f"\n{key}: 5"))


@pytest.mark.parametrize("key", ["offline", "lang", "baseline", "machine_facts"])
def test_what_is_the_users_to_say_is_an_error_in_a_project(tmp_path: Path, key: str) -> None:
    said = error_of(write(tmp_path, f"\n{key}: 5"))

    assert said.startswith(f"modelcheck.yaml, line 2: `{key}` is not a project's to say; ")
    assert f"MODELCHECK_{key.upper()}" in said


@pytest.mark.parametrize("device", ["cuda", "0,1", "auto", "CPU", "''"])
def test_what_names_no_one_card_is_refused(tmp_path: Path, device: str) -> None:
    said = error_of(
        write(tmp_path, f"expect: {{device: {device if device[0] == chr(39) else chr(34) + device + chr(34)}}}")
    )

    assert "the UUID, name or bus id of one graphics card" in said


@pytest.mark.parametrize("device", ["cuda:0", "GPU 0", "gpu0", "/dev/nvidia0", "CUDA:0", "0"])
def test_the_ways_in_which_tools_number_a_card_are_understood(tmp_path: Path, device: str) -> None:
    assert read_settings(write(tmp_path, f"expect: {{device: '{device}'}}")).expectations().device == "0"


@pytest.mark.parametrize("device", ["GPU-0a1b", "3090", "0000:01:00.0", "cuda:300"])
def test_other_names_of_a_card_stay_as_they_are(tmp_path: Path, device: str) -> None:
    assert read_settings(write(tmp_path, f"expect: {{device: '{device}'}}")).expectations().device == device


def test_the_users_own_word_stands_above_the_projects_field_by_field(tmp_path: Path) -> None:
    text = "expect: {context: 4096, ttft_s: 2, prompt_tokens: {typical: 800, max: 900}}\ncloud: {data: {a: b, c: d}}"
    read = read_settings(write(tmp_path, text))

    own = {"expect": {"context": 8192, "prompt_tokens": {"max": 1000}}, "cloud": {"data": {"c": "e"}}}
    found = read.expectations(own)

    assert (found.context, found.ttft_s, found.prompt_typical, found.prompt_max) == (8192, 2, 800, 1000)
    assert found.data == (DataRule("a", "b"), DataRule("c", "e"))
    assert found.at == Place("modelcheck.yaml", 1)
    with pytest.raises(InvalidSettings, match="with your own settings above the project's"):
        read.expectations({"expect": {"prompt_tokens": {"max": 700}}})


@pytest.mark.parametrize("text", ["'\"\\ud800\"'", 'sensitive: ["a", "\\udfff"]', 'cloud: {data: {"\\ud800": a}}'])
def test_half_a_character_is_refused(tmp_path: Path, text: str) -> None:
    if text.startswith("'"):
        text = "config: " + text.strip("'")
    assert "holds half a character" in error_of(write(tmp_path, text))


def test_hostile_texts_are_made_printable_and_bounded(tmp_path: Path) -> None:
    hostile = '"\\e[31m' + "x" * 900 + '"'
    text = (
        f"expect: {{together: [[{hostile}]]}}\ncloud:\n  data: {{{hostile}: {hostile}}}\n  limits: {{{hostile}: {{}}}}"
    )
    found = read_settings(write(tmp_path, text)).expectations()

    for shown in (found.together[0][0], found.data[0].provider, found.data[0].rule, found.limits[0].provider):
        assert shown.isprintable()
        assert len(shown) <= 300
    hostile_limit = f"cloud: {{limits: {{{hostile}: {{zzz: 1}}}}}}"
    assert "is not a setting" in error_of(write(tmp_path, hostile_limit))


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}", "~"])
def test_an_empty_file_is_no_setting(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, text)) == Declared()


@pytest.mark.parametrize(
    "text",
    ["", '[project]\nname = "modelcheck-user"\n', "[tool.other]\nmodelcheck = 1\n", 'tool = "modelcheck"\n'],
)
def test_another_pyproject_says_nothing(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, text, "pyproject.toml")) == Declared()


def test_a_broken_pyproject_that_does_not_mention_us_says_nothing(tmp_path: Path) -> None:
    assert read(write(tmp_path, "[[[ no TOML", "pyproject.toml")) == Declared()


def test_a_byte_order_mark_is_no_part_of_a_key(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, "\N{BYTE ORDER MARK}sensitive: [a]\n")).declared.sensitive == ("a",)
    (tmp_path / "modelcheck.yaml").unlink()
    write(tmp_path, "\N{BYTE ORDER MARK}[tool.modelcheck]\nsensitive = ['b']", "pyproject.toml")
    assert read_settings(tmp_path).declared.sensitive == ("b",)


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

    assert read(deep) == Declared(config="middle.json")
    assert read(tmp_path) == Declared(sensitive=("top",))


def test_the_search_ends_at_the_root_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "sensitive: [of another]")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    deep = repository / "a" / "b"
    deep.mkdir(parents=True)

    assert read(deep) == Declared()
    assert read(repository) == Declared()


def test_a_git_file_of_a_worktree_ends_the_search_too(tmp_path: Path) -> None:
    write(tmp_path, "sensitive: [of another]")
    repository = write(tmp_path / "repository", "gitdir: elsewhere", ".git")

    assert read(repository) == Declared()


def test_outside_a_repository_no_other_folder_counts(tmp_path: Path) -> None:
    """Else anybody who may write to a folder above, such as /tmp, would say something about the project."""
    write(tmp_path, "sensitive: [of somebody]")
    project = tmp_path / "project"
    project.mkdir()

    assert read(project) == Declared()
    assert read(write(project, "sensitive: [own]")) == Declared(sensitive=("own",))


def test_a_relative_path_is_searched_upwards_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (write(tmp_path, "sensitive: [top]") / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert read(Path()) == Declared(sensitive=("top",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensitiv: [a]", "modelcheck.yaml, line 1: `sensitiv` is not a setting; did you mean `sensitive`?"),
        ("sensitive: []\nconfg: a", "modelcheck.yaml, line 2: `confg` is not a setting; did you mean `config`?"),
        (
            "expect:\n  reserve_gb: 2",
            "modelcheck.yaml, line 2: `expect.reserve_gb` is not a setting; did you mean `reserve_gib`?",
        ),
        (
            "expect:\n  prompt_tokens:\n    typicl: 2",
            "modelcheck.yaml, line 3: `expect.prompt_tokens.typicl` is not a setting; did you mean `typical`?",
        ),
        (
            "cloud: {id: pinned}",
            "modelcheck.yaml, line 1: `cloud.id` is not a setting; did you mean `ids`?",
        ),
        (
            "cloud:\n  limits:\n    openai:\n      request: 5",
            "modelcheck.yaml, line 4: `cloud.limits.openai.request` is not a setting; did you mean `requests`?",
        ),
        ("zzz: 1", f"modelcheck.yaml, line 1: `zzz` is not a setting; {KNOWN}"),
        ("refused: [a]", f"modelcheck.yaml, line 1: `refused` is not a setting; {KNOWN}"),
        ("at: {path: a}", f"modelcheck.yaml, line 1: `at` is not a setting; {KNOWN}"),
        ("<<: {config: a}", f"modelcheck.yaml, line 1: `<<` is not a setting; {KNOWN}"),
        ("trusted_hosts: [a]", f"modelcheck.yaml, line 1: `trusted_hosts` is not a setting; {KNOWN}"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_the_likely_one(tmp_path: Path, text: str, said: str) -> None:
    assert error_of(write(tmp_path, text)) == said


def test_an_unknown_key_of_toml_says_where_it_stands(tmp_path: Path) -> None:
    write(tmp_path, "[tool.modelcheck]\nsensitiv = []", "pyproject.toml")

    assert error_of(tmp_path).startswith("[tool.modelcheck] in pyproject.toml, line 2: `sensitiv` is not")


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
    assert found.declared.sensitive == ("a",)
    assert "evil" not in repr(found)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("- a\n- b", "must be keys with values"),
        ("just a text", "must be keys with values"),
        ("config: [a]", "`config"),
        ("config:", "`config"),
        ("config: " + "x" * 1001, "`config"),
        ("sensitive: archivist", "`sensitive"),
        ("sensitive:", "`sensitive"),
        ("sensitive: [[a]]", "`sensitive"),
        ("sensitive: [{a: b}]", "`sensitive"),
        ("sensitive: ['']", "`sensitive"),
        ("expect: 3", "`expect"),
        ("expect: [a]", "`expect"),
        ("expect: {reserve_gib: lots}", "`expect.reserve_gib"),
        ("expect: {reserve_gib: [1]}", "`expect.reserve_gib"),
        ("expect: {reserve_gib: -1}", "`expect.reserve_gib"),
        ("expect: {reserve_gib: 1e300}", "`expect.reserve_gib"),
        ("expect: {reserve_gib: .nan}", "`expect.reserve_gib"),
        ("expect: {reserve_gib: nan}", "`expect.reserve_gib"),
        ("expect: {reserve_gib: inf}", "`expect.reserve_gib"),
        ("expect: {reserve_gib: 99999999999999999999999999999999}", "`expect.reserve_gib"),
        ("expect: {concurrency: 0}", "`expect.concurrency"),
        ("expect: {concurrency: 1.5}", "`expect.concurrency"),
        ("expect: {concurrency: many}", "`expect.concurrency"),
        ("expect: {prompt_tokens: 800}", "`expect.prompt_tokens"),
        ("expect: {prompt_tokens: {max: -1}}", "`expect.prompt_tokens.max"),
        ("expect: {prompt_tokens: {typical: 99999999999}}", "`expect.prompt_tokens.typical"),
        ("expect: {context: 0}", "`expect.context"),
        ("expect: {device: [0]}", "`expect.device"),
        ("expect: {device: " + "x" * 101 + "}", "`expect.device"),
        ("expect: {ttft_s: 0}", "`expect.ttft_s"),
        ("expect: {ttft_s: nan}", "`expect.ttft_s"),
        ("expect: {response_s: 1e9}", "`expect.response_s"),
        ("expect: {together: [a, b]}", "`expect.together[1]"),
        ("expect: {together: [[]]}", "`expect.together[1]"),
        ("expect: {together: [" + ", ".join(["[a]"] * 51) + "]}", "`expect.together"),
        ("expect: {together: [[" + ", ".join("a" * 21) + "]]}", "`expect.together[1]"),
        ("expect: {requests_per_minute: 0}", "`expect.requests_per_minute"),
        ("expect: {exposure: world}", "`expect.exposure` must be one of lan, loopback, proxy"),
        ("cloud: {ids: latest}", "`cloud.ids"),
        (
            "cloud: {data: {" + ", ".join(f"k{n}: a" for n in range(51)) + "}}",
            "at most 50 keys with values, not 51 of them",
        ),
        ("cloud: {limits: {openai: 5}}", "`cloud.limits"),
        ("cloud: {limits: {openai: {requests: -5}}}", "`cloud.limits"),
        ("cloud: {data: {openai: ''}}", "`cloud.data"),
        ("cloud: {data: [a]}", "`cloud.data"),
        ("models_dir: ''", "`models_dir"),
        ("naming: ''", "`naming"),
        ("naming: '" + "*" * 201 + "'", "`naming"),
        ('expect: {exposure: "\\e[31m' + "x" * 500 + '"}', "`expect.exposure"),
    ],
)
def test_a_wrong_type_is_an_error_that_names_its_place(tmp_path: Path, text: str, about: str) -> None:
    assert about in error_of(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("[tool]\nmodelcheck = 3", "must be keys with values"),
        ("[tool.modelcheck]\nsensitive = [3]", "`sensitive"),
        ("[tool.modelcheck.expect]\nreserve_gib = nan", "`expect.reserve_gib"),
        ("[tool.modelcheck.expect]\nreserve_gib = inf", "`expect.reserve_gib"),
        ("[tool.modelcheck.expect]\nreserve_gib = true", "`expect.reserve_gib"),
        ("[tool.modelcheck]\nconfig = 2026-11-22", "`config"),
    ],
)
def test_a_wrong_type_of_toml_is_an_error_that_names_its_place(tmp_path: Path, text: str, about: str) -> None:
    assert about in error_of(write(tmp_path, text, "pyproject.toml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensitive: [a", "modelcheck.yaml, line 1: this is not YAML"),
        ("config: a\n\tb: c", "modelcheck.yaml, line 2: this is not YAML"),
        ("a: b\n---\nc: d", "modelcheck.yaml, line 2: this is not YAML"),
        ("config: *nothing", "modelcheck.yaml, line 1: an alias is not read here"),
        ("a: &a [*a]", "modelcheck.yaml, line 1: an alias is not read here; write out what it stands for"),
        ("? [a, b]\n: c", "modelcheck.yaml, line 1: a key is one word"),
        ("[" * 10_000, "modelcheck.yaml, line 1: this is nested too deeply"),
        ("\n".join(f"{' ' * n}a:" for n in range(20)), "modelcheck.yaml, line 10: this is nested too deeply"),
        ('config: "\\UFFFFFFFF"', "modelcheck.yaml, line 1: this is not YAML"),
        (f"%YAML {'1' * 5000}.1\n---\na: b", "modelcheck.yaml, line 1: this is not YAML"),
        ("config: a\x07", "modelcheck.yaml, line 1: this is not YAML"),
    ],
    ids=[
        "open",
        "tab",
        "documents",
        "alias",
        "circle",
        "list as key",
        "deep",
        "indented",
        "character",
        "version",
        "control",
    ],
)
def test_what_is_no_yaml_is_an_error_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert error_of(write(tmp_path, text)).startswith(said)


def test_the_same_key_twice_is_an_error_and_not_the_last_one(tmp_path: Path) -> None:
    said = "modelcheck.yaml, line 2: sensitive stands twice, first on line 1"
    assert error_of(write(tmp_path, "sensitive: [a]\nsensitive: []")) == said
    assert error_of(write(tmp_path, "expect:\n  {a: 1, a: 2}")).startswith("modelcheck.yaml, line 2: a stands twice")


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

    said = "an alias is not read here"
    assert said in error_of(write(tmp_path, f"sensitive: [{', '.join(bomb)}]"))
    assert said in error_of(write(tmp_path, "\n".join(f"k{n}: {one}" for n, one in enumerate(bomb))))
    assert said in error_of(write(tmp_path, f"endpoints: [{', '.join(bomb)}]"))


def test_what_is_no_toml_and_mentions_us_is_an_error(tmp_path: Path) -> None:
    where = "pyproject.toml, line {} (it mentions modelcheck): this is not TOML that can be read: "

    assert error_of(write(tmp_path, "\n[tool.modelcheck", "pyproject.toml")).startswith(where.format(2))
    assert error_of(write(tmp_path, "[tool.modelcheck]\na=1\na=2", "pyproject.toml")).startswith(where.format(3))
    deep = error_of(write(tmp_path, "# modelcheck\na = " + "[" * 5000, "pyproject.toml"))
    assert deep == "pyproject.toml (it mentions modelcheck): this is nested too deeply"


def test_a_key_of_very_many_parts_is_not_parsed(tmp_path: Path) -> None:
    """It would take the parser minutes."""
    text = "# modelcheck\n" + ".".join("a" * 60_000) + " = 1"

    assert error_of(write(tmp_path, text, "pyproject.toml")).endswith("a line with more than 500 dots is not read")
    assert read(write(tmp_path, "# modelcheck\n" + ".".join("a" * 501) + " = 1", "pyproject.toml")) == Declared()


@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
def test_what_is_not_utf_8_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    data = "# a\nsensitive: [é]".encode("latin-1")

    assert error_of(write(tmp_path, data, name)) == f"{name}, line 2: this is not UTF-8 text"


@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
@pytest.mark.parametrize("data", ["sensitive: [a]".encode("utf-16"), b"\xfe\xff" + "a: é".encode("utf-16-be")])
def test_utf_16_is_said_to_be_so(tmp_path: Path, name: str, data: bytes) -> None:
    assert error_of(write(tmp_path, data, name)) == f"{name}: it is UTF-16; save it as UTF-8"


@pytest.mark.parametrize(("name", "limit"), [("modelcheck.yaml", 64), ("pyproject.toml", 256)])
def test_the_bound_of_each_file_is_exact(tmp_path: Path, name: str, limit: int) -> None:
    assert read(write(tmp_path, "#" * (limit << 10), name)) == Declared()
    assert error_of(write(tmp_path, "#" * ((limit << 10) + 1), name)) == f"{name} is larger than {limit} KiB"


@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
def test_a_folder_of_that_name_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    assert error_of(tmp_path) == f"{name} is not a file"


@POSIX_ONLY
@pytest.mark.parametrize("name", ["modelcheck.yaml", "pyproject.toml"])
def test_a_pipe_of_that_name_is_never_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    said: list[str] = []

    thread = threading.Thread(target=lambda: said.append(error_of(tmp_path)), daemon=True)
    thread.start()
    thread.join(10)

    assert said == [f"{name} is not a file"]


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

    monkeypatch.setattr("modelcheck.profiles.inside.os.open", deny)

    assert error_of(tmp_path) == "modelcheck.yaml cannot be read: Permission denied"


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
        except Told as error:
            assert str(error).isprintable()
        else:
            assert isinstance(found.expectations(), Expectations)
        (tmp_path / name).unlink()
