"""Models that no server has registered: which are found, how they are described, and what stands in for the unread."""

import json
import os
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import Shop, access

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import Holder, Leftovers, LooseModels, ModelFolder
from modelcheck.probes import unregistered as module
from modelcheck.probes.folders import Folder
from modelcheck.probes.loose import loose_models
from modelcheck.probes.walk import walk


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def model(path: Path, *, label: str = "", count: int | None = None) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
    keys.append(text("general.file_type") + struct.pack("<II", 4, 15))
    if label:
        keys.append(text("general.size_label") + struct.pack("<I", 8) + text(label))
    if count is not None:
        keys.append(text("general.parameter_count") + struct.pack("<IQ", 10, count))
    return path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + b"".join(keys) + b"weights")


def tensors(folder: Path, config: object = None, *names: str) -> int:
    """Write a folder of safetensors, each file of 2,000 elements, and return the bytes of one file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"} if config is None else config))
    header = json.dumps({"t": {"dtype": "BF16", "shape": [2000], "data_offsets": [0, 4000]}}).encode()
    for name in names or ("model.safetensors",):
        (folder / name).write_bytes(struct.pack("<Q", len(header)) + header + bytes(4000))
    return 8 + len(header) + 4000


def look(*given: Path, **more: Any) -> LooseModels:
    return loose_models(access(models_dirs=given, **more))


def entry(folder: Path, **more: Any) -> Entry:
    (found,) = look(folder, **more).entries
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve() / "models"


def test_a_file_is_described_by_its_header(root: Path) -> None:
    size = model(root / "Meta-Llama-3-8B.Q4_K_M.gguf", label="8B")

    assert look(root) == LooseModels(
        (
            ModelFolder(
                root="…/models",
                holder=Holder.USER,
                entries=(
                    Entry(
                        name="Meta-Llama-3-8B.Q4_K_M",
                        size=size,
                        remote=False,
                        family="llama",
                        parameters="8B",
                        quantisation="Q4_K_M",
                        format="gguf",
                        where="…/models",
                    ),
                ),
                partial=Leftovers(0, 0),
            ),
        )
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
    root: Path, count: int | None, expected: str | Gap
) -> None:
    model(root / "m.gguf", label="8B", count=count)

    assert entry(root).parameters == expected


def test_a_file_that_is_no_model_is_listed_with_the_reason(root: Path) -> None:
    root.mkdir()
    (root / "page.gguf").write_bytes(b"<!doctype html>")
    found = entry(root)

    assert found.family == found.parameters == found.quantisation == Gap(Why.UNREADABLE, about="not a GGUF file")
    assert (found.name, found.size) == ("page", 15)


def test_files_are_listed_by_name_in_every_folder_below(root: Path) -> None:
    for name in ("b.gguf", "a.GGUF", "c.txt", "deeper/d.gguf", "publisher/repository/e.gguf"):
        model(root / name)

    assert [(found.name, found.where) for found in look(root).entries] == [
        ("a", "…/models"),
        ("b", "…/models"),
        ("d", "…/models/deeper"),
        ("e", "…/models/publisher/repository"),
    ]


def test_a_model_in_several_files_is_one(root: Path) -> None:
    sizes = [model(root / f"big-Q4_K_M-0000{part}-of-00003.gguf") for part in (1, 2, 3)]
    model(root / "other-00001-of-00001.gguf")
    big, other = look(root).entries

    assert (big.name, big.size, big.parts, big.whole) == ("big-Q4_K_M", sum(sizes), 3, None)
    assert big.quantisation == "Q4_K_M"
    assert (other.name, other.parts, other.whole) == ("other", 1, None)


@pytest.mark.parametrize("there", [(1,), (2, 3), (1, 3)])
def test_a_model_of_which_a_file_is_missing_is_not_whole(root: Path, there: tuple[int, ...]) -> None:
    for part in there:
        model(root / f"big-0000{part}-of-00003.gguf")
    found = entry(root)

    assert (found.name, found.parts, found.whole) == ("big", 3, False)


def test_parts_of_one_name_in_two_folders_are_two_models(root: Path) -> None:
    for folder in ("a", "b"):
        for part in (1, 2):
            model(root / folder / f"big-0000{part}-of-00002.gguf")

    assert [found.whole for found in look(root).entries] == [None, None]


def test_a_projector_is_no_model(root: Path) -> None:
    model(root / "mmproj-model-f16.gguf")
    model(root / "llava.gguf")

    assert [found.name for found in look(root).entries] == ["llava"]


def test_a_folder_of_safetensors_is_one_model(root: Path) -> None:
    config = {"model_type": "qwen2", "torch_dtype": "bfloat16", "architectures": ["Qwen2ForCausalLM"]}
    names = [f"model-0000{part}-of-00002.safetensors" for part in (1, 2)]
    size = tensors(root / "Qwen2.5-7B", config, *names)

    assert entry(root) == Entry(
        name="Qwen2.5-7B",
        size=2 * size,
        remote=False,
        family="qwen2",
        parameters="4.0K",
        quantisation="BF16",
        format="safetensors",
        where="…/models/Qwen2.5-7B",
        parts=2,
    )


def test_safetensors_of_which_a_file_is_missing_are_not_whole(root: Path) -> None:
    tensors(root / "m", None, "model-00001-of-00002.safetensors")

    assert entry(root).whole is False


def test_safetensors_whose_index_names_a_file_that_is_not_there_are_not_whole(root: Path) -> None:
    tensors(root / "m", None, "model-a.safetensors")
    index = {"weight_map": {"x": "model-a.safetensors", "y": "model-b.safetensors"}}
    (root / "m" / "model.safetensors.index.json").write_text(json.dumps(index))

    assert entry(root).whole is False


@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
def test_a_file_beside_safetensors_that_leads_out_is_not_opened(
    root: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse = Folder.refuse_recalled

    def leads_out(folder: Folder, path: Path) -> os.stat_result:
        if path.name == name:
            raise PermissionError(name)
        return refuse(folder, path)

    tensors(root / "m")
    monkeypatch.setattr(Folder, "refuse_recalled", leads_out)

    assert entry(root).family == Gap(Why.UNREADABLE, about=name)


def test_of_two_sets_of_the_same_weights_the_one_counts_that_ollama_would_take(root: Path) -> None:
    size = tensors(root / "m", None, "consolidated.safetensors", "model-00001-of-00001.safetensors")

    assert (entry(root).size, entry(root).parts, entry(root).parameters) == (size, 1, "2.0K")


@pytest.mark.parametrize(
    ("config", "stored", "parameters"),
    [
        ({"quantization_config": {"quant_method": "awq", "bits": 4}}, "awq 4-bit", NOT_RECORDED),
        ({"quantization_config": {"quant_method": "fp8"}, "torch_dtype": "bfloat16"}, "fp8", NOT_RECORDED),
        ({"quantization_config": {"quant_method": "x\x1b[2J"}}, "x�[2J", NOT_RECORDED),
        ({"quantization_config": {"bits": 4}}, "BF16", "2.0K"),
        ({"quantization_config": []}, "BF16", "2.0K"),
        ({}, "BF16", "2.0K"),
    ],
)
def test_how_safetensors_are_stored_is_told_by_their_configuration_and_their_headers(
    root: Path, config: dict[str, Any], stored: str, parameters: str | Gap
) -> None:
    tensors(root / "m", config)

    assert (entry(root).quantisation, entry(root).parameters) == (stored, parameters)


@pytest.mark.parametrize("config", [[], "x" * (module.MOST_BYTES + 1)])
def test_a_configuration_that_is_none_leaves_gaps(root: Path, config: object) -> None:
    size = tensors(root / "m", config)

    assert (entry(root).family, entry(root).size) == (Gap(Why.UNREADABLE, about="config.json"), size)


def test_safetensors_that_are_none_are_listed_with_the_reason(root: Path) -> None:
    tensors(root / "m")
    (root / "m" / "model.safetensors").write_bytes(b"<!doctype html>")
    found = entry(root)

    assert (found.name, found.size, found.family) == ("m", 15, "llama")
    assert isinstance(found.parameters, Gap)
    assert isinstance(found.quantisation, Gap)


def test_the_number_of_models_is_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MODELS", 2)
    for name in "abc":
        model(root / f"{name}.gguf")

    assert [found.name for found in look(root).entries] == ["a", "b"]


def test_where_time_is_up_files_are_listed_without_their_headers(root: Path) -> None:
    size = model(root / "m.gguf")
    other = tensors(root / "t")
    folder = Folder(root, "~/models")
    gguf, safetensors = module.entries_of(folder, walk(folder, root, time.monotonic() + 60), -1)

    assert (gguf.size, gguf.family) == (size, Gap(Why.TIMED_OUT))
    assert (safetensors.size, safetensors.family) == (other, Gap(Why.TIMED_OUT))


def test_a_file_that_a_cloud_drive_holds_is_listed_and_not_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def recalled(_: os.stat_result) -> bool:
        return True

    def opened(_: Path) -> None:
        raise AssertionError

    size = model(root / "m.gguf")
    tensors(root / "t")
    monkeypatch.setattr(module, "is_recalled", recalled)
    monkeypatch.setattr(module, "read_header", opened)
    gguf, safetensors = look(root).entries

    assert (gguf.size, gguf.whole) == (size, False)
    assert gguf.family == safetensors.family == Gap(Why.NOT_THERE, about="a cloud drive holds it")
    assert safetensors.whole is False


def test_a_file_that_is_gone_by_the_time_it_is_looked_at_is_listed_by_its_name(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Folder, path: Path) -> None:
        raise FileNotFoundError(path.name)

    model(root / "m.gguf")
    monkeypatch.setattr(Folder, "look", gone)
    found = entry(root)

    assert (found.name, found.size, found.family) == ("m", NOT_RECORDED, NOT_RECORDED)


def test_a_name_is_made_printable(root: Path) -> None:
    try:
        model(root / "a\x1b[2Jb\n.gguf")
    except OSError:
        pytest.skip("this file system takes no such names")

    assert entry(root).name == "a�[2Jb�"


def test_downloads_that_never_ended_are_counted(root: Path) -> None:
    model(root / "a.gguf")
    (root / "downloading_b.gguf.part").write_bytes(b"x" * 5000)
    (folder,) = look(root).folders

    assert folder.partial.count == 1
    assert 0 < folder.partial.size <= 5000


def test_a_download_that_vanishes_is_not_counted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: Folder, path: Path) -> None:
        raise FileNotFoundError(path.name)

    root.mkdir()
    (root / "b.part").touch()
    monkeypatch.setattr(Folder, "look", gone)

    assert look(root).folders[0].partial == Leftovers(0, 0)


def test_a_store_in_a_given_folder_is_not_taken_for_loose_files(root: Path) -> None:
    Shop(root).named("a")
    model(root / "m.gguf")

    assert [found.name for found in look(root).entries] == ["m"]


def test_every_given_folder_is_read(root: Path) -> None:
    model(root / "a" / "a.gguf")
    model(root / "b" / "b.gguf")

    assert [folder.root for folder in look(root / "a", root / "b").folders] == ["…/a", "…/b"]


def test_a_part_that_is_not_walked_is_said(root: Path) -> None:
    root.mkdir()
    outside = root.parent / "outside"
    outside.mkdir()
    try:
        (root / "x").mkdir()
        (root / "x" / "away").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("no symlinks may be made here")

    assert look(root).folders[0].doubt == Gap(
        Why.NOT_TRUSTED, about="a link out of the folder", hint="--models-dir FOLDER"
    )


def test_lm_studio_keeps_a_folder_for_each_publisher(root: Path) -> None:
    model(root / ".lmstudio" / "models" / "bartowski" / "Qwen-GGUF" / "qwen-7b.gguf")
    (folder,) = look(home=root).folders

    assert (folder.root, folder.holder) == ("~/.lmstudio/models", Holder.LM_STUDIO)
    assert (folder.entries[0].name, folder.entries[0].where) == (
        "qwen-7b",
        "~/.lmstudio/models/bartowski/Qwen-GGUF",
    )


def test_without_a_folder_nothing_is_claimed(root: Path) -> None:
    for folders in ((), (root / "gone",)):
        with pytest.raises(Unseen) as raised:
            look(*folders, home=root)
        assert raised.value.gap == Gap(Why.NOT_THERE, about="a folder of models", hint="--models-dir FOLDER")


def test_a_folder_that_must_not_be_opened_is_the_reason() -> None:
    with pytest.raises(Unseen) as raised:
        look(Path("//server/share"))

    assert raised.value.gap.why is Why.NOT_TRUSTED


def test_a_folder_that_cannot_be_looked_at_is_not_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(path.name)

    model(root / "m.gguf")
    monkeypatch.setattr(Path, "is_dir", refused)
    with pytest.raises(Unseen):
        look(root)


def test_an_empty_folder_holds_nothing_for_certain(root: Path) -> None:
    root.mkdir()

    assert look(root).entries == ()


@settings(max_examples=100, deadline=None)
@given(
    names=st.lists(
        st.from_regex(r"[a-z]{0,3}-?[0-9]{0,5}-of-[0-9]{0,5}\.(gguf|safetensors)", fullmatch=True), max_size=6
    ),
    data=st.binary(max_size=60),
)
def test_no_names_and_no_content_do_harm(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: bytes
) -> None:
    root = tmp_path_factory.mktemp("models").resolve()
    (root / "config.json").write_bytes(data)
    for name in names:
        (root / name).write_bytes(data)

    for found in look(root).entries:
        assert found.parts >= 0
        assert found.whole in {None, False}
