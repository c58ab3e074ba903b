"""A configuration that cannot be used: every command says which file and why, and decides nothing in its favour."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ended import Command
from hostile import COMMANDS, NOWHERE, assert_safe, assert_told, documents, exchanged, needs_posix, trails
from planting import CONFIG

TEXT = '{\n "agent_models": {"rédacteur": {"primary": "ollama/llama3:8b"}}\n}\n'
CODES = {"audit": 3, "score": 3, "gate": 3, "explain": 0, "inventory": 0, "lock": 2, "precheck": 4}
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1 << 63, -(1 << 70), 1e308, 0.5, "", "NaN", "x" * 20_000, "ollama/" + "y" * 5000),
    *("\x1b[31m\u202e[bold]{x}%s", "http://[::1", "http://user:secret@h:1/", "\\\\host\\share", [], [[]], [None]),
    *({}, {"": ""}, {"a": {"a": {"a": {}}}}, [1] * 300, ["ollama/x"] * 300),
)
DAMAGED = {
    **documents(TEXT),
    "empty": b"",
    "blanks": b" \n\n ",
    "the same key twice": b'{\n "agent_models": {},\n "agent_models": {}\n}',
    "no number": b'{\n "version": NaN\n}',
    "an endless number": b'{\n "version": ' + b"9" * 5000 + b"}",
    "a number beyond all": b'{\n "version": 1e999}',
    "half of a character": b'{\n "description": "\\ud800"}',
    "a list": b"[]",
    "null": b"null",
    "python": b"{'agent_models': {}}",
    "a comment": b"// hello\n{}",
    "two documents": b"{}\n{}",
    "a zero byte": b"{\n\x00}",
}
EVERYWHERE = ("utf-16", "50 MB", "10,000 objects", "empty")
"""Those that every command meets; the others are read by the same reader."""
SAID = {
    "utf-16": "it is UTF-16; save it as UTF-8 config/models_config.json",
    "utf-16 little endian": "it is UTF-16; save it as UTF-8",
    "utf-16 big endian": "it is UTF-16; save it as UTF-8",
    "utf-32": "it is UTF-32; save it as UTF-8",
    "latin-1": "not UTF-8",
    "50 MB": "it is larger than 1024 KiB",
    "10,000 lists": "nested too deeply config/models_config.json:1",
    "empty": "it is empty",
    "blanks": "it is empty",
    "the same key twice": "the same key twice in one object config/models_config.json:3",
    "no number": "NaN is not a JSON number config/models_config.json:2",
    "an endless number": "a number of absurd length config/models_config.json:2",
}
"""What is said of some of them."""


@pytest.mark.parametrize(
    ("damage", "command_name"),
    [(damage, "audit") for damage in DAMAGED]
    + [(damage, name) for damage in EVERYWHERE for name in COMMANDS if name != "audit"],
)
def test_a_configuration_that_is_none_ends_as_documented(
    damage: str, command_name: str, command: Command, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    (corrected / CONFIG).write_bytes(DAMAGED[damage])

    ended = command(*COMMANDS[command_name](corrected))

    assert_told(ended, CODES[command_name])
    if command_name in {"audit", "explain"}:
        assert_told(ended, ended.code, f"{CONFIG} cannot be read: ")


@pytest.mark.parametrize("damage", SAID)
def test_what_is_wrong_is_said_with_its_place_and_what_to_do(
    damage: str, command: Command, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    (corrected / CONFIG).write_bytes(DAMAGED[damage])

    assert_told(command(*COMMANDS["audit"](corrected)), 3, f"{CONFIG} cannot be read: {SAID[damage]}")


@pytest.mark.parametrize("start", range(0, 50, 10))
def test_no_value_of_another_kind_breaks_a_report(
    start: int, command: Command, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    good = json.loads((corrected / CONFIG).read_text("utf-8"))
    good["model_providers"]["ollama"]["models"] = ["llama3:8b", {"name": "x", "context": 4096}]
    good["agent_models"]["writer"]["options"] = {"num_ctx": 4096}
    ways = list(trails(good))

    for number in range(start, start + 10):
        # Every way is gone, and every value stands somewhere.
        bad = exchanged(good, ways[number % len(ways)], ODD[number * 7 % len(ODD)])
        (corrected / CONFIG).write_text(json.dumps(bad), encoding="utf-8")
        ended = command("audit", corrected, "-v", *NOWHERE)
        assert_safe(ended, "secret")
        assert ended.code in {0, 3}


def test_a_byte_order_mark_is_no_fault(command: Command, corrected: Path) -> None:
    before = command("score", corrected, *NOWHERE)
    (corrected / CONFIG).write_bytes(b"\xef\xbb\xbf" + (corrected / CONFIG).read_bytes())

    assert command("score", corrected, *NOWHERE) == before


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def dangling(path: Path) -> None:
    path.symlink_to("nothing-there")


def outward(path: Path) -> None:
    secret = path.parents[2] / "elsewhere.json"
    secret.write_text(TEXT, encoding="utf-8")
    path.symlink_to(secret)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (folder, "it is not a regular file"),
    "a pipe": (pipe, "it is not a regular file"),
    "a circle of links": (circle, "its links lead in a circle"),
    "a link out of the project": (outward, "a link leads out of the project"),
    "a device": (device, "a link leads out of the project"),
}


@needs_posix
@pytest.mark.parametrize("command_name", COMMANDS)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_not_opened(
    place: str, command_name: str, command: Command, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    plant, said = PLACES[place]
    (corrected / CONFIG).unlink()
    plant(corrected / CONFIG)

    ended = command(*COMMANDS[command_name](corrected))

    assert_told(ended, CODES[command_name])
    if command_name in {"audit", "explain"}:
        assert_told(ended, ended.code, f"{CONFIG} cannot be read: {said}")


@needs_posix
@pytest.mark.parametrize("plant", [None, dangling], ids=["nothing", "a link to nothing"])
@pytest.mark.parametrize("command_name", COMMANDS)
def test_a_configuration_that_is_not_there_leaves_nothing_to_score(
    command_name: str, plant: Callable[[Path], None] | None, command: Command, corrected: Path
) -> None:
    (corrected / CONFIG).unlink()
    if plant is not None:
        plant(corrected / CONFIG)

    ended = command(*COMMANDS[command_name](corrected))

    assert_told(ended, CODES[command_name])
    if command_name in {"audit", "score"}:
        assert_told(ended, 3, "nothing to score", CONFIG)
