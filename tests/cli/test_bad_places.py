"""Folders and names that are hostile: nothing is followed out, opened by force, interpreted or waited for."""

import os
import sys
from pathlib import Path

import pytest
from ended import Command
from hostile import COMMANDS, NOWHERE, assert_safe, assert_told, controls, needs_posix, process, without_power
from planting import CONFIG, configured

UNREADABLE = f"{CONFIG} cannot be read: Permission denied"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


@needs_posix
@pytest.mark.parametrize("closed", [CONFIG, "config"])
def test_what_may_not_be_read_is_said_also_to_root(closed: str, corrected: Path) -> None:
    (corrected / closed).chmod(0)

    ended = process("audit", corrected, *NOWHERE, before=without_power())

    (corrected / closed).chmod(0o755)
    assert_told(ended, 3, UNREADABLE)


@needs_posix
def test_a_project_that_may_not_be_entered_is_said(corrected: Path) -> None:
    corrected.chmod(0)

    ended = process("audit", corrected, *NOWHERE, before=without_power())

    corrected.chmod(0o755)
    assert_told(ended, 2, "is not readable")


@needs_posix
@pytest.mark.parametrize("closed", ["agents", "agents/writer.py", ".env", "models.lock", "modelcheck.yaml"])
def test_one_thing_that_may_not_be_read_ends_nothing_else(closed: str, corrected: Path) -> None:
    if closed == ".env":
        (corrected / closed).write_text("ANTHROPIC_API_KEY=x")
    (corrected / closed).chmod(0)

    ended = process("audit", corrected, *NOWHERE, "-v", before=without_power())

    (corrected / closed).chmod(0o755)
    assert_told(ended, 2 if closed == "modelcheck.yaml" else 0, Path(closed).name)


@needs_posix
def test_a_project_that_may_not_be_written_is_audited_all_the_same(corrected: Path, endpoints: list[str]) -> None:
    for folder in (corrected, *(path for path in corrected.rglob("*") if path.is_dir())):
        folder.chmod(0o555)

    audited = process("audit", corrected, *NOWHERE, before=without_power())
    locked = process("inventory", corrected, "--lock", *endpoints, before=without_power())

    for folder in (corrected, *(path for path in corrected.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    assert_told(audited, 0, "CFG-03")
    assert_told(locked, 2, "models.lock cannot be written: Permission denied")


@pytest.mark.parametrize("command_name", COMMANDS)
def test_a_folder_that_is_none_is_wrong_usage(command_name: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    for path in (tmp_path / "file", tmp_path / "nowhere", tmp_path / ("x" * 10_000), tmp_path / "file" / "below"):
        ended = command(*COMMANDS[command_name](path))
        assert_safe(ended)
        assert ended.code == 2
        told = ("name the folder of the project", "cannot be opened: ", "is no report that can be read: ")
        assert any(sentence in ended.err for sentence in told)


@needs_posix
@pytest.mark.parametrize("command_name", COMMANDS)
def test_a_circle_of_links_or_a_pipe_is_no_project(command_name: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    os.mkfifo(tmp_path / "pipe")

    assert_told(command(*COMMANDS[command_name](tmp_path / "circle")), 2, "cannot be opened: ")
    assert_told(command(*COMMANDS[command_name](tmp_path / "pipe")), 2, "is not a folder")


@needs_posix
def test_links_in_the_project_are_not_followed_out_or_for_ever(
    command: Command, corrected: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.py").write_text("class Leaked: ...\nleaked_words = 1")
    (corrected / "agents" / "out.py").symlink_to(tmp_path / "secret.py")
    (corrected / "agents" / "again").symlink_to("..")
    (corrected / "agents" / "circle.py").symlink_to("circle.py")
    os.mkfifo(corrected / "agents" / "pipe.py")
    os.mkfifo(corrected / "docker-compose.yml")
    os.mkfifo(corrected / ".env")

    ended = command("audit", corrected, *NOWHERE, "-v")

    assert_told(ended, 0)
    assert "leaked_words" not in ended.out


@needs_posix
@pytest.mark.parametrize(
    "option", ["--from", "--baseline", "--machine-facts", "--models-dir", "--env-file", "--facts-out"]
)
def test_no_path_of_an_option_breaks_or_holds_a_command(
    option: str, command: Command, corrected: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "circle").symlink_to("circle")
    os.mkfifo(tmp_path / "pipe")

    for path in (*tmp_path.iterdir(), tmp_path, tmp_path / "nowhere", tmp_path / ("x" * 10_000), Path("/dev/zero")):
        ended = command("audit", corrected, *NOWHERE, option, path)
        assert_safe(ended)
        assert ended.code in {0, 1, 2, 3}


@pytest.mark.parametrize(
    "written",
    [
        "\\\\server\\share\\models.json",
        "//server/share/models.json",
        "\\\\?\\C:\\x.json",
        "\\\\.\\pipe\\x",
        "C:\\x.json",
    ],
)
def test_a_server_or_device_as_configuration_is_not_opened(written: str, command: Command, corrected: Path) -> None:
    (corrected / "modelcheck.yaml").write_text(f"config: '{written}'\n")

    ended = command("audit", corrected, *NOWHERE)

    assert_safe(ended)
    assert ended.code in {2, 3}
    assert "outside the project" in ended.out + ended.err or "cannot be read" in ended.out + ended.err


@pytest.mark.parametrize(
    "given", ["//server/share", "/dev", "/proc/self", "\\\\server\\share", "\0".strip("\0") or "x"]
)
def test_a_server_or_device_as_folder_of_models_is_not_opened(given: str, command: Command, corrected: Path) -> None:
    for words in (["audit", corrected], ["inventory", corrected]):
        assert_told(command(*words, *NOWHERE, "--models-dir", given), 0)


NAMES = {
    "spaces": "my own project",
    "letters": "Prüf проект 项目",
    "wide": "🦙" * 20,
    "long": "p" * 255,
    "an option": "--json",
    "markup": "[bold red]x[link=file:x]",
    "braces": "{path} {0} %s %d",
    "an escape": "a\x1b[31mb\x07",
    "two lines": "one\ntwo",
    "the other way": "a\u202eb\u2066",
    "combining": "e" + "\u0301" * 60,
}


@needs_posix
@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_project_is_shown_harmlessly(
    name: str, command: Command, corrected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = corrected.rename(tmp_path / NAMES[name])
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.chdir(root)
        ended = command("audit", *NOWHERE)

        assert_told(ended, 0)
        assert "\x1b" not in ended.out
        assert all(_cells(line) <= int(columns) for line in ended.out.splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes names that are no text")
def test_names_that_are_no_text_are_shown_harmlessly(corrected: Path, tmp_path: Path) -> None:
    root = os.path.join(os.fsencode(tmp_path), b"bytes \xff\xfe")  # noqa: PTH118 - bytes
    os.rename(os.fsencode(corrected), root)  # noqa: PTH104 - bytes
    for name in (b"\xff.py", b"a\nb.py", b"\x1b[31m.env", b".env.\xe9"):
        with open(os.path.join(root, b"agents", name), "wb") as file:  # noqa: PTH118, PTH123 - bytes
            file.write(b"x = 1")

    for words in ([b"audit", root], [b"gate", root], [b"explain", root], [b"inventory", root]):
        ended = process(*words, *NOWHERE)
        assert_safe(ended)
        assert ended.code in {0, 1, 3}


HOSTILE = {
    "an escape": "\x1b[2J\x1b]0;owned\x07",
    "markup": "[bold red on blue]x[/] [link=https://example.org]y[/link] :smile:",
    "the other way": "\u202edetrevni\u2066\u200f",
    "two lines": "one\r\ntwo\u2028three",
    "long": "n" * 10_000,
    "wide": "模型🦙" * 100,
    "combining": "e\u0301\u0302" * 300,
    "braces": "{agent} {0.__class__} %s",
    "blank": " \u00a0\u3000",
    "zero width": "a\u200b\u200d\ufeffb",
}


@pytest.mark.parametrize("columns", ["40", "200"])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_in_a_configuration_are_shown_harmlessly(
    name: str, columns: str, command: Command, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HOSTILE[name]

    def plant(table: dict[str, dict[str, object]]) -> None:
        table["agent_models"][text] = {"primary": f"ollama/{text}", "fallbacks": [text], "class": text}
        table["model_providers"][text] = {"base_url": f"http://127.0.0.1:9/{text}", "api_key_env": text}
        table["model_providers"]["anthropic"] = {"api_key_env": text}

    configured(plant)(corrected)
    monkeypatch.setenv("COLUMNS", columns)

    for words in (["audit", corrected, "-v"], ["explain", corrected], ["gate", corrected], ["inventory", corrected]):
        ended = command(*words, *NOWHERE)
        assert_safe(ended)
        assert ended.code in {0, 1, 3}
        assert all(_cells(line) <= int(columns) for line in ended.out.splitlines())
        assert "owned" not in ended.out or not controls(ended.out)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_on_the_command_line_are_shown_harmlessly(name: str, command: Command, corrected: Path) -> None:
    text = HOSTILE[name]

    for words in (["precheck", text, "--path", corrected], ["audit", corrected, "--profile", text]):
        ended = command(*words, *NOWHERE)
        assert_safe(ended)
        assert ended.code in {2, 4}
    for option in ("--only", "--skip", "--endpoint", "--key-env", "--trust-host", "--today", "--from", "--report"):
        assert_safe(command("audit", corrected, option, text, *NOWHERE))


def _cells(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(line)
