"""Loose model files: which are listed, and what stands in for what cannot be read."""

import os
import struct
from pathlib import Path

import pytest

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import LooseModels
from modelcheck.core.tables import KnownProviders
from modelcheck.probes import loose as module
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder
from modelcheck.probes.loose import loose_models


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def model(path: Path, *, label: str = "", count: int | None = None) -> int:
    keys = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
    keys.append(text("general.file_type") + struct.pack("<II", 4, 15))
    if label:
        keys.append(text("general.size_label") + struct.pack("<I", 8) + text(label))
    if count is not None:
        keys.append(text("general.parameter_count") + struct.pack("<IQ", 10, count))
    return path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + b"".join(keys) + b"weights")


def look(folder: Path, limit_s: float = 20.0) -> LooseModels:
    providers = KnownProviders(as_of="2026-01-01", providers=())
    return loose_models(Access(root=folder, providers=providers, models_dirs=(folder,), limit_s=limit_s))


def entry(folder: Path) -> Entry:
    (found,) = look(folder).entries
    return found


def test_a_file_is_described_by_its_header(tmp_path: Path) -> None:
    size = model(tmp_path / "Meta-Llama-3-8B.Q4_K_M.gguf", label="8B")
    assert look(tmp_path) == LooseModels(
        root=f"…/{tmp_path.name}",
        entries=(
            Entry(
                name="Meta-Llama-3-8B.Q4_K_M",
                size=size,
                remote=False,
                family="llama",
                parameters="8B",
                quantisation="Q4_K_M",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (8_030_261_248, "8.0B"),
        (46_702_792_704, "46.7B"),
        (136_727_040, "136.7M"),
        (22_000, "22.0K"),
        (3, NOT_RECORDED),
        (None, "8B"),
    ],
)
def test_a_count_of_parameters_is_written_as_ollama_writes_it(
    tmp_path: Path, count: int | None, expected: str | Gap
) -> None:
    model(tmp_path / "m.gguf", label="8B", count=count)
    assert entry(tmp_path).parameters == expected


def test_a_file_that_is_no_model_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_bytes(b"<!doctype html>")
    gap = Gap(Why.UNREADABLE, about="not a GGUF file")
    assert entry(tmp_path) == Entry("page", 15, remote=False, family=gap, parameters=gap, quantisation=gap)


def test_files_are_listed_by_name_and_folders_are_not_entered(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    for name in ("b.gguf", "a.GGUF", "c.txt", "deeper/d.gguf"):
        model(tmp_path / name)
    assert [found.name for found in look(tmp_path).entries] == ["a", "b"]


def test_the_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 2)
    for name in "abc":
        model(tmp_path / f"{name}.gguf")
    assert [found.name for found in look(tmp_path).entries] == ["a", "b"]


def test_where_time_is_up_files_are_listed_without_their_headers(tmp_path: Path) -> None:
    size = model(tmp_path / "m.gguf")
    gap = Gap(Why.TIMED_OUT)
    late = Entry("m", size, remote=False, family=gap, parameters=gap, quantisation=gap)
    assert look(tmp_path, limit_s=-1).entries == (late,)


def test_a_file_that_a_cloud_drive_holds_is_listed_and_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recalled(_: os.stat_result) -> bool:
        return True

    def opened(_: Path) -> None:
        raise AssertionError

    size = model(tmp_path / "m.gguf")
    monkeypatch.setattr(module, "is_recalled", recalled)
    monkeypatch.setattr(module, "read_header", opened)
    found = entry(tmp_path)
    assert (found.size, found.whole) == (size, False)
    assert found.family == Gap(Why.NOT_THERE, about="a cloud drive holds it")


def test_a_file_that_is_gone_by_the_time_it_is_looked_at_is_listed_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Folder, path: Path) -> None:
        raise FileNotFoundError(path.name)

    model(tmp_path / "m.gguf")
    monkeypatch.setattr(Folder, "look", gone)
    assert entry(tmp_path) == Entry("m", remote=False)


def test_a_name_is_made_printable(tmp_path: Path) -> None:
    try:
        model(tmp_path / "a\x1b[2Jb\n.gguf")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert entry(tmp_path).name == "a�[2Jb�"


def test_without_files_nothing_is_claimed(tmp_path: Path) -> None:
    with pytest.raises(Unseen) as raised:
        look(tmp_path)
    assert raised.value.gap == Gap(Why.NOT_THERE, about="a folder of GGUF files", hint="--models-dir FOLDER")
