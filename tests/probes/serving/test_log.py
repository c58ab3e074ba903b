"""`server.log`: what the last start wrote down, and nothing that it did not."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.serving import log
from modelcheck.probes.serving.roots import MACOS, WINDOWS, Roots

OWN = (
    "http://localhost https://localhost http://localhost:* https://localhost:* http://127.0.0.1 https://127.0.0.1 "
    "http://127.0.0.1:* https://127.0.0.1:* http://0.0.0.0 https://0.0.0.0 http://0.0.0.0:* https://0.0.0.0:* "
    "app://* file://* tauri://* vscode-webview://* vscode-file://*"
)
DEFAULTS = {
    "CUDA_VISIBLE_DEVICES": "",
    "HTTPS_PROXY": "",
    "OLLAMA_CONTEXT_LENGTH": "0",
    "OLLAMA_DEBUG": "INFO",
    "OLLAMA_FLASH_ATTENTION": "false",
    "OLLAMA_HOST": "http://127.0.0.1:11434",
    "OLLAMA_KEEP_ALIVE": "5m0s",
    "OLLAMA_MAX_QUEUE": "512",
    "OLLAMA_NUM_PARALLEL": "1",
    "OLLAMA_ORIGINS": f"[{OWN}]",
    "OLLAMA_REMOTES": "[ollama.com]",
    "OLLAMA_VULKAN": "true",
    "http_proxy": "",
}


def line(**changes: str) -> str:
    entries = " ".join(f"{name}:{value}" for name, value in sorted({**DEFAULTS, **changes}.items()))
    return f'time=2026-11-22T10:00:00.000Z level=INFO source=routes.go:1951 msg="server config" env="map[{entries}]"\n'


def mac(tmp_path: Path, text: str | bytes) -> Roots:
    path = tmp_path / ".ollama" / "logs" / "server.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Roots(MACOS, tmp_path, tmp_path)


def read(roots: Roots) -> dict[str, str]:
    found = log.read_log(roots)
    assert not isinstance(found, Gap)
    return found


def test_of_a_server_with_nothing_set_only_its_address_is_written(tmp_path: Path) -> None:
    found = read(mac(tmp_path, line()))

    assert log.written(found) == {"OLLAMA_HOST": "http://127.0.0.1:11434"}
    assert log.undecided(found) == ("OLLAMA_FLASH_ATTENTION",)


def test_what_is_set_is_read(tmp_path: Path) -> None:
    changed = {
        "CUDA_VISIBLE_DEVICES": "1",
        "OLLAMA_CONTEXT_LENGTH": "8192",
        "OLLAMA_FLASH_ATTENTION": "true",
        "OLLAMA_KEEP_ALIVE": "30m0s",
        "OLLAMA_MODELS": "/data/models of mine",
        "OLLAMA_ORIGINS": f"[http://a.example chrome-extension://* {OWN}]",
        "OLLAMA_VULKAN": "false",
    }
    found = read(mac(tmp_path, line(**changed)))

    assert log.written(found) == {
        **changed,
        "OLLAMA_HOST": "http://127.0.0.1:11434",
        "OLLAMA_ORIGINS": "http://a.example,chrome-extension://*",
    }
    assert log.undecided(found) == ()


def test_the_last_start_counts(tmp_path: Path) -> None:
    roots = mac(tmp_path, line(OLLAMA_MAX_QUEUE="1") + "noise\n" + line(OLLAMA_MAX_QUEUE="2") + "noise\n")

    assert read(roots)["OLLAMA_MAX_QUEUE"] == "2"


def test_a_long_log_is_read_at_its_end_and_then_at_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "TAIL", 2000)
    roots = mac(tmp_path, line(OLLAMA_MAX_QUEUE="1") + "x\n" * 10_000)

    assert read(roots)["OLLAMA_MAX_QUEUE"] == "1"


def test_windows_keeps_it_elsewhere_and_escapes_its_paths(tmp_path: Path) -> None:
    path = tmp_path / "Ollama" / "server.log"
    path.parent.mkdir()
    path.write_text(line(OLLAMA_MODELS=r"D:\\modeles_llm"))
    roots = Roots(WINDOWS, tmp_path, None, {"LOCALAPPDATA": str(tmp_path)})

    assert read(roots)["OLLAMA_MODELS"] == r"D:\modeles_llm"


@pytest.mark.parametrize("roots", [Roots(WINDOWS), Roots(MACOS)])
def test_without_a_home_there_is_none(roots: Roots) -> None:
    assert log.read_log(roots) == Gap(Why.NOT_THERE, about="server.log")


def test_no_file_and_no_line_are_said(tmp_path: Path) -> None:
    assert log.read_log(Roots(MACOS, tmp_path, tmp_path)) == Gap(Why.NOT_THERE, about="server.log")

    gap = log.read_log(mac(tmp_path, "nothing of it\n"))

    assert gap == Gap(Why.NOT_THERE, about="the line `server config` in server.log")


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / ".ollama" / "logs" / "server.log").mkdir(parents=True)

    gap = log.read_log(Roots(MACOS, tmp_path, tmp_path))

    assert gap == Gap(Why.UNREADABLE, about="server.log")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO here")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / ".ollama" / "logs"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "server.log")

    assert log.read_log(Roots(MACOS, tmp_path, tmp_path)) == Gap(Why.UNREADABLE, about="server.log")


def test_a_value_that_looks_like_a_name_is_part_of_its_value(tmp_path: Path) -> None:
    found = read(mac(tmp_path, line(OLLAMA_MODELS=r"/a CUDA_VISIBLE_DEVICES:7 b")))

    assert found["CUDA_VISIBLE_DEVICES"] == ""
    assert found["OLLAMA_MODELS"] == "/a CUDA_VISIBLE_DEVICES:7 b"


def test_escapes_are_undone(tmp_path: Path) -> None:
    found = read(mac(tmp_path, line(OLLAMA_MODELS=r"/a\"b\x1bc\u202ed\te")))

    assert found["OLLAMA_MODELS"] == '/a"b\x1bc\u202ed e'


@given(st.binary(max_size=500))
def test_any_bytes_are_borne(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "hostile-log" / ".ollama" / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "server.log").write_bytes(b'msg="server config" env="map[' + data + b']"\n')

    found = log.read_log(Roots(MACOS, Path(), folder.parent.parent))

    assert isinstance(found, Gap) or log.written(found) is not None
