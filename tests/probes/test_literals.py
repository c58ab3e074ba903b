"""Keys written out in the configuration and `.env*`: found where they stand, and never repeated."""

import json
import os
import time
from pathlib import Path

import msgspec
import pytest
import yaml

import modelcheck
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Configuration, Reading
from modelcheck.core.sources import KeyFile, KeyFiles, KeyLiteral
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.literals import MOST_ENV_FILES, MOST_LITERALS, is_env_file, key_files, literals_in
from modelcheck.probes.shape import Shapes

TABLE = Path(modelcheck.__file__).parent / "data" / "providers.yaml"
KNOWN = msgspec.convert(yaml.safe_load(TABLE.read_bytes()), KnownProviders, strict=False)
CONFIG = "config/models_config.json"

ANTHROPIC = "-".join(("sk", "ant", "api03", "k" * 93 + "AA"))
OPENAI = "-".join(("sk", "proj", "a1" * 12 + "T3Blbk" + "FJ" + "b2" * 12))
LONG = "Qw3r7y" * 4


def look(root: Path, reading: Reading = Reading.READ) -> dict[str, KeyFile]:
    return {file.path: file for file in key_files(Access(root, KNOWN), configuration(reading)).files}


def configuration(reading: Reading = Reading.READ) -> Configuration:
    return Configuration(
        path=CONFIG, reading=reading, missing_sections=(), providers=(), agent_count=0, listed=(), problems=()
    )


def write(root: Path, name: str, text: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def config(text: object) -> str:
    return json.dumps(text, indent=1)


def test_the_probe_needs_the_configuration_and_promises_the_files() -> None:
    assert key_files.needs == {"configuration": Configuration}
    assert key_files.promises == (KeyFiles,)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (config({"api_key": ANTHROPIC}), [(2, "anthropic")]),
        (config({"note": f"use {OPENAI} here"}), [(2, "openai")]),
        (config({"a": 1, "deep": [{"api_key": LONG}]}), [(5, "generic")]),
        ('{"api_key":\n\n"' + LONG + '"}', [(3, "generic")]),
        (config({"api_key": [LONG]}), [(3, "generic")]),
        ('{"api\\u005fkey": "' + LONG + '"}', [(1, "generic")]),
        ('{"x": "\\"api_key\\": \\"' + LONG + '\\""}', []),
        (config({"api_key": {LONG: 1}}), []),
        (config({"api_key": 12345678901234567890}), []),
        (config({"api_key": "${ANTHROPIC_API_KEY}"}), []),
        (config({"api_key": "os.environ/ANTHROPIC_API_KEY"}), []),
        (config({"api_key": "lm-studio"}), []),
        (config({"api_key_env": "ANTHROPIC_API_KEY_OF_THE_TEAM"}), []),
        (config({"api_key": None, "model": LONG}), []),
        (config([{"api_key": ANTHROPIC}, {"auth-token": LONG}]), [(3, "anthropic"), (6, "generic")]),
        ("{}", []),
    ],
)
def test_a_configuration_is_searched_by_pattern_and_by_name(
    text: str, found: list[tuple[int, str]], tmp_path: Path
) -> None:
    write(tmp_path, CONFIG, text)

    assert look(tmp_path)[CONFIG].literals == tuple(KeyLiteral(*each) for each in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"ANTHROPIC_API_KEY={ANTHROPIC}\n", [(1, "anthropic")]),
        (f"\n# OLD={OPENAI}\n", [(2, "openai")]),
        (f"\r\nMY_SECRET='{LONG}'\r\n", [(2, "generic")]),
        (f"HF_TOKEN={LONG}\n", [(1, "generic")]),
        (f"# MY_SECRET={LONG}\n", []),
        ("ANTHROPIC_API_KEY=\nOPENAI_API_KEY=your-key-goes-here\n", []),
        ("OPENAI_API_KEY=sk-" + "x" * 48 + "\n", []),
        (f"MODEL={LONG}\n", []),
    ],
)
def test_an_env_file_is_searched_by_pattern_and_by_name(
    text: str, found: list[tuple[int, str]], tmp_path: Path
) -> None:
    write(tmp_path, ".env", text)

    assert look(tmp_path, Reading.MISSING)[".env"].literals == tuple(KeyLiteral(*each) for each in found)


def test_only_a_configuration_that_was_read_is_among_the_files(tmp_path: Path) -> None:
    write(tmp_path, CONFIG, "{")
    write(tmp_path, ".env.example", "A=1")

    assert list(look(tmp_path, Reading.UNREADABLE)) == [".env.example"]


def test_the_files_are_the_configuration_and_the_env_files_of_the_root(tmp_path: Path) -> None:
    for name in (CONFIG, ".env", ".env.local", ".envrc", "deep/.env", "x.env", ".environment/x"):
        write(tmp_path, name, "{}" if name == CONFIG else "A=1")

    assert list(look(tmp_path)) == [CONFIG, ".env", ".env.local", ".envrc"]


def test_more_files_than_are_searched_are_said(tmp_path: Path) -> None:
    for number in range(MOST_ENV_FILES + 1):
        write(tmp_path, f".env.{number:02}", "")

    files = look(tmp_path, Reading.MISSING)

    assert len(files) == MOST_ENV_FILES + 1
    assert files[".env*"].literals == Gap(Why.TOO_MUCH, about="more than 20 files named .env*")


def test_a_root_that_cannot_be_listed_is_said(tmp_path: Path) -> None:
    assert list(look(tmp_path / "gone", Reading.MISSING)) == [".env*"]


@pytest.mark.parametrize(
    ("name", "is_env"),
    [
        (".env", True),
        (".env.local", True),
        (".env.production", True),
        (".ENV", True),
        (".env.example", False),
        (".env.local.example", False),
        (".env.SAMPLE", False),
        (".env.template", False),
        (".env.dist", False),
        (".envrc", False),
        ("models_config.json", False),
        ("x.env", False),
    ],
)
def test_what_a_file_is_for_is_told_by_its_name(name: str, is_env: bool) -> None:
    assert is_env_file(name) is is_env


def test_tracked_and_ignored_come_with_each_file(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "ref: refs/heads/main\n")
    write(tmp_path, ".gitignore", ".env\n")
    write(tmp_path, ".env", "")
    write(tmp_path, ".env.example", "")

    files = look(tmp_path, Reading.MISSING)

    assert [(file.tracked, file.ignored) for file in files.values()] == [(False, True), (False, False)]


def test_without_a_repository_there_is_nothing_to_track(tmp_path: Path) -> None:
    write(tmp_path, ".env", "")

    file = look(tmp_path, Reading.MISSING)[".env"]

    assert (file.tracked, file.ignored) == (None, None)


@pytest.mark.parametrize("text", [b"\xff\n", f"K={ANTHROPIC}".encode("utf-16"), b"A" * (1 << 20) + b"A"])
def test_a_file_that_cannot_be_searched_is_a_gap(text: bytes, tmp_path: Path) -> None:
    write(tmp_path, ".env", text)

    literals = look(tmp_path, Reading.MISSING)[".env"].literals

    assert isinstance(literals, Gap)
    assert literals.why is Why.UNREADABLE


def test_what_stands_in_a_damaged_file_is_still_proven(tmp_path: Path) -> None:
    write(tmp_path, ".env", b"\xff\n" + f"K={ANTHROPIC}\n".encode())
    write(tmp_path, CONFIG, '{"api_key": "' + ANTHROPIC + '"')

    files = look(tmp_path)

    assert files[".env"].literals == (KeyLiteral(2, "anthropic"),)
    assert files[CONFIG].literals == (KeyLiteral(1, "anthropic"),)


def test_a_configuration_that_is_gone_or_no_json_any_more_is_a_gap(tmp_path: Path) -> None:
    assert look(tmp_path)[CONFIG].literals == Gap(Why.NOT_THERE, about=CONFIG)

    write(tmp_path, CONFIG, '{"a": 1, "a": 2}')
    assert look(tmp_path)[CONFIG].literals == Gap(Why.UNREADABLE, about=CONFIG)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_fifo_is_a_gap(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")

    assert isinstance(look(tmp_path, Reading.MISSING)[".env"].literals, Gap)


def test_a_link_out_of_the_project_is_a_gap(tmp_path: Path) -> None:
    write(tmp_path, "secret", f"K={ANTHROPIC}")
    tmp_path.joinpath("project").mkdir()
    try:
        tmp_path.joinpath("project", ".env").symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("links need a privilege here")

    assert isinstance(look(tmp_path / "project", Reading.MISSING)[".env"].literals, Gap)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_no_report_can_hold_is_made_printable(tmp_path: Path) -> None:
    write(tmp_path, os.fsdecode(b".env.\xff\x1b"), f"K={ANTHROPIC}")

    (path,) = look(tmp_path, Reading.MISSING)

    assert path.isprintable()
    msgspec.json.encode(path)


def test_literals_are_bounded() -> None:
    text = "\n".join([ANTHROPIC] * (MOST_LITERALS + 50))

    assert len(literals_in(text, Shapes(KNOWN), is_json=False)) == MOST_LITERALS


@pytest.mark.parametrize(
    "text", ['{"a":"' + "sk-" * 340_000 + '"}', '"' + '\\"' * 500_000, "[" * 900 + "1" + "]" * 900]
)
def test_a_hostile_configuration_is_searched_in_time(text: str, tmp_path: Path) -> None:
    write(tmp_path, CONFIG, text)
    began = time.process_time()

    literals = look(tmp_path)[CONFIG].literals

    assert literals == () or isinstance(literals, Gap)
    assert time.process_time() - began < 10


def test_no_character_of_a_key_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, CONFIG, config({"api_key": ANTHROPIC, "secret": LONG}))
    write(tmp_path, ".env", f"OPENAI_API_KEY={OPENAI}\n")

    seen = key_files(Access(tmp_path, KNOWN), configuration())

    shown = f"{seen!r}{msgspec.json.encode(seen)!r}" + "".join(capfd.readouterr())
    assert not any(part in shown for part in ("k" * 8, "a1" * 4, "Qw3r7y"))
