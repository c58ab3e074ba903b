"""The cache of Hugging Face's libraries: the snapshot in use, its links, and downloads that never ended."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest
from shop import access

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why
from modelcheck.core.stores import Holder, ModelFolder
from modelcheck.probes import huggingface
from modelcheck.probes.folders import Folder
from modelcheck.probes.huggingface import read_hub
from modelcheck.probes.loose import loose_models

MAIN, OLD = "a" * 40, "0" * 40


class Hub:
    """A cache that a test fills."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)

    def repository(self, name: str = "org/model") -> Path:
        path = self.root / f"models--{name.replace('/', '--')}"
        for part in ("blobs", "refs", "snapshots"):
            (path / part).mkdir(parents=True, exist_ok=True)
        return path

    def add(self, file: str, data: bytes = b"GGUF", *, name: str = "org/model", revision: str = MAIN) -> Path:
        """Add a file as the libraries do: a blob named by its digest, and a link to it."""
        repository = self.repository(name)
        blob = repository / "blobs" / hashlib.sha256(data).hexdigest()
        blob.write_bytes(data)
        path = repository / "snapshots" / revision / file
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.symlink_to(os.path.relpath(blob, path.parent))
        except OSError:
            path.write_bytes(data)  # as on Windows without links
        return blob

    def main(self, text: str = MAIN, name: str = "org/model") -> None:
        (self.repository(name) / "refs" / "main").write_text(text)

    def read(self, *, seconds: float = 60.0) -> ModelFolder:
        return read_hub(Folder(self.root, "~/hub"), time.monotonic() + seconds)


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path.resolve() / "hub")


def test_a_gguf_file_is_listed_by_its_own_name_and_with_the_digest_of_its_blob(hub: Hub) -> None:
    hub.main()
    blob = hub.add("model-Q4_K_M.gguf", b"GGUF and more")
    (found,) = hub.read().entries

    assert (found.name, found.format, found.size) == ("model-Q4_K_M", "gguf", 13)
    assert found.where == f"~/hub/models--org--model/snapshots/{MAIN}"
    if (hub.root / "models--org--model" / "snapshots" / MAIN / "model-Q4_K_M.gguf").is_symlink():
        assert found.digest == blob.name


def test_a_file_that_is_no_link_has_no_digest_that_costs_nothing(hub: Hub) -> None:
    """As on Windows, where links may not be made."""
    snapshot = hub.repository() / "snapshots" / MAIN
    snapshot.mkdir()
    (snapshot / "model.gguf").write_bytes(b"GGUF")
    (found,) = hub.read().entries

    assert (found.name, found.digest) == ("model", NOT_RECORDED)


def test_safetensors_are_listed_by_the_name_of_their_repository(hub: Hub) -> None:
    hub.main()
    hub.add("config.json", b'{"model_type": "llama", "torch_dtype": "bfloat16"}')
    hub.add("model.safetensors", b"x" * 50)
    (found,) = hub.read().entries

    assert (found.name, found.format, found.family, found.size) == ("org/model", "safetensors", "llama", 50)
    assert found.digest == NOT_RECORDED


def test_the_snapshot_that_main_stands_at_is_the_one(hub: Hub) -> None:
    hub.main()
    hub.add("old.gguf", b"GGUF 1", revision=OLD)
    hub.add("new.gguf", b"GGUF 2", revision=MAIN)

    assert [found.name for found in hub.read().entries] == ["new"]


@pytest.mark.parametrize("text", ["", "../../../etc", "b" * 40, "x" * 500, MAIN[:-1]])
def test_a_reference_that_leads_nowhere_leaves_the_first_snapshot(hub: Hub, text: str) -> None:
    hub.main(text)
    hub.add("old.gguf", b"GGUF 1", revision=OLD)
    hub.add("new.gguf", b"GGUF 2", revision=MAIN)

    assert [found.name for found in hub.read().entries] == ["old"]


def test_a_repository_without_a_snapshot_holds_nothing(hub: Hub) -> None:
    hub.repository()

    assert hub.read().entries == ()


def test_a_shard_whose_blob_is_gone_makes_a_model_incomplete(hub: Hub) -> None:
    hub.add("config.json", b"{}")
    hub.add("model-00001-of-00002.safetensors", b"1")
    hub.add("model-00002-of-00002.safetensors", b"2").unlink()
    if not (hub.root / "models--org--model" / "snapshots" / MAIN / "config.json").is_symlink():
        pytest.skip("no symlinks may be made here")
    (found,) = hub.read().entries

    assert (found.whole, found.parts) == (False, 1)


def test_downloads_that_never_ended_are_counted(hub: Hub) -> None:
    blobs = hub.repository() / "blobs"
    (blobs / f"{'a' * 64}.incomplete").write_bytes(b"x" * 5000)
    (hub.repository("org/other") / "blobs" / "b.0123.incomplete").write_bytes(b"")
    found = hub.read()

    assert (found.partial.count, found.holder) == (2, Holder.HUGGING_FACE)
    assert 0 < found.partial.size <= 5000


def test_a_link_out_of_the_cache_is_not_followed(hub: Hub) -> None:
    outside = hub.root.parent / "outside.gguf"
    outside.write_bytes(b"GGUF secret")
    hub.add("in.gguf")
    try:
        (hub.root / "models--org--model" / "snapshots" / MAIN / "out.gguf").symlink_to(outside)
    except OSError:
        pytest.skip("no symlinks may be made here")

    assert [found.name for found in hub.read().entries] == ["in"]


def test_datasets_and_other_folders_are_passed_over(hub: Hub) -> None:
    (hub.root / "datasets--org--data" / "snapshots" / MAIN).mkdir(parents=True)
    (hub.root / ".locks").mkdir()

    assert hub.read().entries == ()


def test_the_number_of_repositories_is_bounded(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "MOST_REPOSITORIES", 1)
    for name in ("org/a", "org/b"):
        hub.add("m.gguf", name.encode(), name=name)
    found = hub.read()

    assert len(found.entries) == 1
    assert found.doubt == Gap(Why.TOO_MUCH, about="1 repositories")


def test_a_name_is_made_printable(hub: Hub) -> None:
    try:
        hub.add("config.json", b"{}", name="org/x\x1b[2J")
        hub.add("model.safetensors", name="org/x\x1b[2J")
    except OSError:
        pytest.skip("this file system takes no such names")

    assert hub.read().entries[0].name == "org/x�[2J"


def looked(**more: Any) -> tuple[ModelFolder, ...]:
    return loose_models(access(**more)).folders


def test_the_cache_is_found_in_the_home_and_by_its_variables(tmp_path: Path) -> None:
    at_home = Hub(tmp_path.resolve() / ".cache" / "huggingface" / "hub")
    at_home.add("home.gguf")
    elsewhere = Hub(tmp_path.resolve() / "elsewhere")
    elsewhere.add("there.gguf")

    assert [folder.root for folder in looked(home=tmp_path)] == ["~/.cache/huggingface/hub"]
    (named,) = looked(home=tmp_path, environ={"HF_HUB_CACHE": str(elsewhere.root)})
    assert (named.root, [entry.name for entry in named.entries]) == ("~/elsewhere", ["there"])


def test_a_cache_that_the_user_gives_is_read_as_one_and_once(tmp_path: Path) -> None:
    hub = Hub(tmp_path.resolve() / ".cache" / "huggingface" / "hub")
    hub.add("m.gguf")

    for given in (hub.root, hub.root.parent):
        folders = looked(home=tmp_path, models_dirs=(given,))
        assert [(folder.holder, len(folder.entries)) for folder in folders if folder.entries] == [
            (Holder.HUGGING_FACE, 1)
        ]


def test_a_cache_beside_files_is_read_as_its_own_folder(tmp_path: Path) -> None:
    hub = Hub(tmp_path.resolve() / "models" / "hub")
    hub.add("m.gguf")
    (hub.root.parent / "loose.gguf").write_bytes(b"GGUF")
    found = looked(models_dirs=(hub.root.parent,))

    assert [(folder.root, folder.holder) for folder in found] == [
        ("…/models", Holder.USER),
        ("…/models/hub", Holder.HUGGING_FACE),
    ]


def test_a_cache_on_a_server_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(Unseen):
        looked(home=tmp_path, environ={"HF_HOME": "//server/share"})
