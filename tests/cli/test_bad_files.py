"""The other files of a command: the lock, `.env`, compose, `pyproject.toml`, saved facts, and where it writes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ended import Command
from hostile import COMMANDS, NOWHERE, assert_safe, assert_told, documents, needs_posix, process, without_power

LOCK = '{"schema": "modelcheck-lock/1", "taken_at": "2026-11-22", "models": [], "é": "'
LAUGHS = "\n".join(
    [
        "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)),
        "services: {ollama: {image: ollama/ollama, environment: *a8}}",
    ]
)
COMPOSE = {
    **documents("services: {ollama: {image: ollama/ollama}}\n# é"),
    "aliases that explode": LAUGHS.encode(),
    "an alias of itself": b"services: &s {ollama: *s}",
    "merges of itself": b"services: &s\n  <<: *s\n  ollama: {image: x}",
    "a tag that runs code": b"services: !!python/object/apply:os.abort []",
    "deep": b"a: " + b"{a: " * 5000 + b"1" + b"}" * 5000,
    "wrong types": b"services: [1, {ollama: 2}]\nvolumes: 3\n",
    "service of wrong types": b"services: {ollama: {image: [1], ports: {a: b}, volumes: x, deploy: []}}",
    "binary": bytes(range(256)),
}

ENV: dict[str, bytes] = {
    **documents("ANTHROPIC_API_KEY=x\n# é"),
    "a quote that never ends": b'ANTHROPIC_API_KEY="' + b"x\n" * 10_000,
    "a name without end": b"A" * 900_000,
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


@pytest.mark.parametrize("command_name", COMMANDS)
@pytest.mark.parametrize("damage", ["10,000 lists"])
def test_a_lock_that_is_none_is_not_believed(damage: str, command_name: str, command: Command, corrected: Path) -> None:
    (corrected / "models.lock").write_bytes(documents(LOCK)[damage])

    ended = command(*COMMANDS[command_name](corrected))

    assert_safe(ended)
    assert ended.code == {"gate": 3, "lock": 3, "precheck": 4}.get(command_name, 0)


def test_a_lock_is_not_replaced_by_one_that_saw_nothing(command: Command, corrected: Path) -> None:
    before = (corrected / "models.lock").read_bytes()

    ended = command(*COMMANDS["lock"](corrected))

    assert_told(ended, 3, "none of the project's models could be looked for, so nothing is locked")
    assert (corrected / "models.lock").read_bytes() == before


@pytest.mark.parametrize("damage", documents(LOCK))
def test_a_lock_that_cannot_be_read_is_named_and_proves_nothing(damage: str, command: Command, corrected: Path) -> None:
    (corrected / "models.lock").write_bytes(documents(LOCK)[damage])

    assert_told(command("audit", corrected, "--profile", "static"), 0, "models.lock")
    assert_told(command("gate", corrected, "--profile", "static"), 3, "models.lock", "CFG-03 could not be judged")


@pytest.mark.parametrize("damage", COMPOSE)
@pytest.mark.parametrize("command_name", ["audit"])
def test_no_compose_file_breaks_a_look(damage: str, command_name: str, command: Command, corrected: Path) -> None:
    (corrected / "docker-compose.yml").write_bytes(COMPOSE[damage])

    ended = command(*COMMANDS[command_name](corrected))

    assert_safe(ended)
    assert ended.code == {"precheck": 4}.get(command_name, 0)


@pytest.mark.parametrize(
    "damage",
    ENV,
)
@pytest.mark.parametrize("place", ["the project's", "the user's"])
def test_no_env_file_breaks_a_look(damage: str, place: str, command: Command, corrected: Path, tmp_path: Path) -> None:
    file = corrected / ".env" if place == "the project's" else tmp_path / "my.env"
    file.write_bytes(ENV[damage])
    given = () if place == "the project's" else ("--env-file", file)

    ended = command("audit", corrected, *NOWHERE, *given)

    assert_told(ended, 0)
    if damage in {"utf-16", "latin-1", "50 MB"}:
        assert_told(ended, 0, f"{file.name}: it is ")


@pytest.mark.parametrize("damage", documents('[tool.modelcheck]\nconfig = "é"\n'))
@pytest.mark.parametrize("command_name", ["gate"])
def test_a_pyproject_that_is_none_is_named(damage: str, command_name: str, command: Command, corrected: Path) -> None:
    (corrected / "modelcheck.yaml").unlink()
    data = documents('[tool.modelcheck]\nconfig = "é"\n')[damage]
    (corrected / "pyproject.toml").write_bytes(data)

    ended = command(*COMMANDS[command_name](corrected))

    if damage in {"10,000 lists", "10,000 objects", "cut off"}:  # they do not mention us
        assert_told(ended, 3)
    else:
        assert_told(ended, 2, "pyproject.toml")


@pytest.mark.parametrize("damage", documents('{"schema": "modelcheck-facts/1", "é": "'))
@pytest.mark.parametrize("command_name", ["audit"])
def test_facts_that_are_none_are_wrong_usage(damage: str, command_name: str, command: Command, tmp_path: Path) -> None:
    saved = tmp_path / "facts.json"
    saved.write_bytes(documents('{"schema": "modelcheck-facts/1", "é": "')[damage])

    assert_told(command(command_name, "--from", saved), 2, f"{saved} is no facts file that can be read: ")


@pytest.mark.parametrize("damage", documents('{"schema": "modelcheck-report/1", "é": "'))
def test_a_report_that_is_none_decides_nothing(damage: str, command: Command, tmp_path: Path) -> None:
    stored = tmp_path / "report.json"
    stored.write_bytes(documents('{"schema": "modelcheck-report/1", "é": "')[damage])

    assert_told(command("gate", stored), 2, f"{stored} is no report that can be read: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("null", "object"),
        ("{}", "schema"),
        ('{"schema": "modelcheck-facts/9", "subject": "", "scopes": {}}', "is not modelcheck-facts/1"),
        (
            '{"schema": "modelcheck-facts/1", "subject": "", "scopes": {"tables": {"taken_at": "", "facts": {}}}}',
            "tables",
        ),
        ('{"schema": "modelcheck-facts/1", "subject": 1, "scopes": {}}', "$.subject"),
        ('{"schema": "modelcheck-facts/1", "subject": "", "scopes": {"x": {}}}', "$.scopes"),
    ],
    ids=range(7),
)
def test_facts_of_another_form_are_wrong_usage(text: str, said: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(text, encoding="utf-8")

    assert_told(command("audit", "--from", tmp_path / "facts.json"), 2, said)


@pytest.mark.parametrize(
    "scopes",
    [
        '{"project": {"taken_at": "", "facts": {}}}',
        '{"project": {"taken_at": "yesterday", "facts": {"Configuration": 7, "Agents": [], "Unknown": {"a": [null]}}}}',
        '{"machine": {"taken_at": "9999-99-99", "facts": {"Inventory": {"is": "gap"}, "Gpus": {"is": "gap"}}}}',
        "{}",
    ],
    ids=range(4),
)
@pytest.mark.parametrize("command_name", ["audit", "gate", "explain"])
def test_facts_that_say_little_or_nonsense_score_nothing(
    scopes: str, command_name: str, command: Command, tmp_path: Path
) -> None:
    text = f'{{"schema": "modelcheck-facts/1", "subject": "\\u001b[31m[bold]", "scopes": {scopes}}}'
    (tmp_path / "facts.json").write_text(text, encoding="utf-8")

    ended = command(command_name, "--from", tmp_path / "facts.json")

    assert_safe(ended)
    assert ended.code in {0, 2, 3}


def taken_by_a_folder(folder: Path) -> Path:
    (folder / "out.json").mkdir()
    return folder / "out.json"


def below_nothing(folder: Path) -> Path:
    return folder / "not" / "there" / "out.json"


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "out.json"


def too_long(folder: Path) -> Path:
    return folder / ("x" * 10_000)


TARGETS: tuple[Callable[[Path], Path], ...] = (taken_by_a_folder, below_nothing, below_a_file, too_long)
WRITES: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "--facts-out": lambda root, target: ["audit", root, *NOWHERE, "--facts-out", target],
    "--report": lambda root, target: ["audit", root, *NOWHERE, "--report", f"json={target}"],
}


@pytest.mark.parametrize("option", WRITES)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_where_nothing_can_be_written_it_is_said_and_nothing_is_left(
    target: Callable[[Path], Path], option: str, command: Command, corrected: Path, tmp_path: Path
) -> None:
    path = target(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    assert_told(command(*WRITES[option](corrected, path)), 2, "cannot be written: ")

    assert sorted(tmp_path.rglob("*")) == before


@needs_posix
@pytest.mark.parametrize("option", WRITES)
def test_a_pipe_is_no_target(option: str, command: Command, corrected: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert_told(
        command(*WRITES[option](corrected, tmp_path / "pipe")), 2, "cannot be written: it is not a regular file"
    )

    assert (tmp_path / "pipe").is_fifo()


@needs_posix
@pytest.mark.parametrize("option", WRITES)
def test_a_link_stays_a_link(option: str, command: Command, corrected: Path, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")

    assert command(*WRITES[option](corrected, tmp_path / "link.json")).code == 0

    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text("utf-8").startswith("{")


@needs_posix
@pytest.mark.parametrize("option", WRITES)
def test_a_file_that_was_there_keeps_its_permissions(
    option: str, command: Command, corrected: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o640)

    assert command(*WRITES[option](corrected, target)).code == 0

    assert target.stat().st_mode & 0o777 == 0o640


@needs_posix
@pytest.mark.parametrize("option", [*WRITES, "--lock"])
def test_a_full_disk_leaves_the_old_file_whole(
    option: str, corrected: Path, endpoints: list[str], tmp_path: Path
) -> None:
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))"
    target = corrected / "models.lock" if option == "--lock" else tmp_path / "out.json"
    target.write_text("old")
    words = ["inventory", corrected, "--lock", *endpoints] if option == "--lock" else WRITES[option](corrected, target)
    ended = process(*words, before=full)

    assert_told(ended, 2, "cannot be written: File too large")
    assert target.read_text() == "old"
    assert not [path for path in target.parent.iterdir() if path.name.startswith(f".{target.name}")]


@needs_posix
@pytest.mark.parametrize("option", WRITES)
def test_a_folder_that_may_not_be_written_is_named(option: str, corrected: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)

    ended = process(*WRITES[option](corrected, tmp_path / "closed" / "out.json"), before=without_power())

    assert_told(ended, 2, "closed/out.json cannot be written: Permission denied")
