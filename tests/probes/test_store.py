"""The store on disk: what its manifests and configs say, and what its blobs prove."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import Store
from modelcheck.core.tables import KnownProviders
from modelcheck.probes import store as module
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder
from modelcheck.probes.store import store

LLAMA = {"model_family": "llama", "model_type": "8.0B", "file_type": "Q4_K_M"}
STUB = {"remote_host": "https://ollama.com:443", "remote_model": "gpt-oss:120b"}
WEIGHTS = "application/vnd.ollama.image.model"


class Shop:
    """A store that a test fills."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "manifests").mkdir(parents=True)
        (root / "blobs").mkdir()

    def blob(self, data: bytes, **more: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        self.path(digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data), **more}

    def path(self, digest: str) -> Path:
        return self.root / "blobs" / f"sha256-{digest.removeprefix('sha256:')}"

    def manifest(self, data: object, *steps: str) -> Path:
        path = self.root.joinpath("manifests", *(steps or ("registry.ollama.ai", "library", "llama3", "8b")))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else json.dumps(data, indent=2).encode() + b"\n")
        return path

    def model(self, *steps: str, config: object = LLAMA, layers: tuple[bytes, ...] = (b"weights",)) -> dict[str, Any]:
        manifest = {
            "schemaVersion": 2,
            "config": self.blob(json.dumps(config).encode()),
            "layers": [self.blob(layer, mediaType=WEIGHTS) for layer in layers],
        }
        self.manifest(manifest, *steps)
        return manifest

    def entries(self) -> tuple[Entry, ...]:
        providers = KnownProviders(as_of="2026-01-01", providers=())
        return store(Access(root=self.root, providers=providers, models_dirs=(self.root,))).entries

    def entry(self) -> Entry:
        (entry,) = self.entries()
        return entry


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "store")


def test_a_model_is_described_by_its_manifest_config_and_blobs(shop: Shop) -> None:
    manifest = shop.model(layers=(b"weights", b"template"))
    raw = shop.root.joinpath("manifests/registry.ollama.ai/library/llama3/8b").read_bytes()
    assert shop.entry() == Entry(
        name="llama3:8b",
        size=len(b"weights") + len(b"template") + manifest["config"]["size"],
        digest=hashlib.sha256(raw).hexdigest(),
        remote=False,
        family="llama",
        parameters="8.0B",
        quantisation="Q4_K_M",
        whole=True,
    )


def test_a_store_in_the_home_folder_is_shown_by_it(tmp_path: Path) -> None:
    Shop(tmp_path / ".ollama" / "models")
    providers = KnownProviders(as_of="2026-01-01", providers=())
    assert store(Access(root=tmp_path, providers=providers, home=tmp_path)) == Store("~/.ollama/models", ())


def test_without_a_store_nothing_is_claimed(tmp_path: Path) -> None:
    with pytest.raises(Unseen):
        store(Access(root=tmp_path, providers=KnownProviders(as_of="2026-01-01", providers=()), home=tmp_path))


def test_names_are_as_ollama_shows_them_and_in_order(shop: Shop) -> None:
    shop.model("registry.ollama.ai", "library", "zephyr", "latest")
    shop.model("hf.co", "bartowski", "Llama-3.2-1B-GGUF", "Q4_K_M")
    shop.model("registry.ollama.ai", "mannix", "llama3", "8b")
    assert [entry.name for entry in shop.entries()] == [
        "hf.co/bartowski/Llama-3.2-1B-GGUF:Q4_K_M",
        "zephyr:latest",
        "mannix/llama3:8b",
    ]


@pytest.mark.parametrize(
    "steps",
    [
        ("registry.ollama.ai", "library", "llama3"),
        ("registry.ollama.ai", "library", "llama3", "8b", "deeper"),
        ("registry.ollama.ai", "library", "llama3", ".DS_Store"),
        ("registry.ollama.ai", "lib.rary", "llama3", "8b"),
        ("registry.ollama.ai", "library", "llama3", "x" * 81),
    ],
)
def test_what_is_no_name_is_no_model(shop: Shop, steps: tuple[str, ...]) -> None:
    shop.model(*steps)
    assert shop.entries() == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"layers": [], "layers": []}',
        b'{"layers": {}}',
        b'{"layers": [{"size": -1}]}',
        b'{"layers": [{"size": 1e3}]}',
        b'{"layers": [{"size": 99999999999999999999}]}',
        b'{"layers": [{"digest": 5}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b" " * module.MOST_BYTES + b"{}",
    ],
)
def test_a_manifest_that_cannot_be_read_is_left_out(shop: Shop, data: bytes) -> None:
    shop.manifest(data)
    assert shop.entries() == ()


def test_one_bad_manifest_does_not_hide_the_others(shop: Shop) -> None:
    shop.manifest(b"{", "registry.ollama.ai", "library", "a", "latest")
    shop.model("registry.ollama.ai", "library", "b", "latest")
    assert [entry.name for entry in shop.entries()] == ["b:latest"]


def test_a_stub_is_remote_and_whole(shop: Shop) -> None:
    shop.model(config=STUB, layers=())
    entry = shop.entry()
    assert (entry.remote, entry.whole) == (True, True)
    assert entry.family == NOT_RECORDED


@pytest.mark.parametrize("config", [{"remote_host": "https://x.example"}, {"remote_model": "m"}])
def test_one_half_of_a_remote_is_remote_enough(shop: Shop, config: dict[str, str]) -> None:
    shop.model(config=config, layers=())
    assert shop.entry().remote is True


def test_weights_beside_a_remote_host_do_not_make_it_local(shop: Shop) -> None:
    """The server decides by the config alone."""
    shop.model(config=LLAMA | STUB, layers=(b"weights",))
    assert shop.entry().remote is True


@pytest.mark.parametrize("config", [{}, {"remote_host": "", "remote_model": ""}, {"remote_host": None}])
def test_an_empty_remote_is_none(shop: Shop, config: dict[str, Any]) -> None:
    shop.model(config=config)
    assert shop.entry().remote is False


@pytest.mark.parametrize(
    "config", [b"{", b"[]", b'{"model_family": 5}', b'{"a": 1, "a": 2}', b" " * module.MOST_BYTES + b"{}"]
)
def test_a_config_that_cannot_be_read_leaves_gaps_and_no_guess(shop: Shop, config: bytes) -> None:
    shop.manifest({"config": shop.blob(config), "layers": [shop.blob(b"weights")]})
    entry = shop.entry()
    gap = Gap(Why.UNREADABLE, about="config")
    assert entry.remote == entry.family == entry.parameters == entry.quantisation == gap
    assert entry.whole is True


def test_a_config_that_is_not_there_makes_a_model_incomplete(shop: Shop) -> None:
    manifest = shop.model()
    shop.path(manifest["config"]["digest"]).unlink()
    entry = shop.entry()
    assert (entry.remote, entry.whole) == (Gap(Why.NOT_THERE, about="config"), False)


def test_a_manifest_without_a_config_is_listed_with_gaps(shop: Shop) -> None:
    shop.manifest({"layers": None})
    entry = shop.entry()
    assert (entry.size, entry.whole, entry.remote) == (0, True, Gap(Why.NOT_RECORDED, about="config"))


def test_texts_of_a_config_are_made_printable(shop: Shop) -> None:
    shop.model(config={"model_family": "lla\x1b[2Jma\u202e", "model_type": "B" * 5000})
    entry = shop.entry()
    assert entry.family == "lla�[2Jma�"
    assert isinstance(entry.parameters, str)
    assert len(entry.parameters) <= 120


def test_missing_weights_are_seen(shop: Shop) -> None:
    manifest = shop.model()
    shop.path(manifest["layers"][0]["digest"]).unlink()
    assert shop.entry().whole is False


def test_short_weights_are_seen(shop: Shop) -> None:
    manifest = shop.model()
    shop.path(manifest["layers"][0]["digest"]).write_bytes(b"wei")
    assert shop.entry().whole is False


def test_weights_that_are_still_being_pulled_are_not_there(shop: Shop) -> None:
    """Ollama gives the part its full size from the start."""
    manifest = shop.model()
    path = shop.path(manifest["layers"][0]["digest"])
    path.rename(path.with_name(f"{path.name}-partial"))
    assert shop.entry().whole is False


def test_a_folder_in_the_place_of_a_blob_is_none(shop: Shop) -> None:
    manifest = shop.model()
    path = shop.path(manifest["layers"][0]["digest"])
    path.unlink()
    path.mkdir()
    manifest["layers"][0]["size"] = path.stat().st_size
    shop.manifest(manifest)
    assert shop.entry().whole is False


@pytest.mark.parametrize("form", ["sha256:{}", "sha256-{}"])
def test_both_ways_to_write_a_digest_name_the_same_blob(shop: Shop, form: str) -> None:
    manifest = shop.model()
    for layer in (manifest["config"], *manifest["layers"]):
        layer["digest"] = form.format(layer["digest"].removeprefix("sha256:"))
    shop.manifest(manifest)
    assert (shop.entry().whole, shop.entry().family) == (True, "llama")


@pytest.mark.parametrize(
    "digest",
    [
        "../../secret",
        "sha256-../../secret",
        "sha256:" + "0" * 63,
        "sha256:" + "0" * 64 + "\n",
        "sha256:" + "0" * 64 + "/../../../secret",
        "sha256:" + "\N{ARABIC-INDIC DIGIT ZERO}" * 64,
        "sha512:" + "0" * 64,
        "/etc/passwd",
        "C:\\secret",
        "",
    ],
)
def test_what_is_no_digest_names_no_file(shop: Shop, digest: str) -> None:
    (shop.root.parent / "secret").write_bytes(b'{"model_family": "secret"}')
    shop.manifest({"config": {"digest": digest, "size": 26}, "layers": [{"digest": digest, "size": 26}]})
    entry = shop.entry()
    assert (entry.family, entry.whole) == (Gap(Why.NOT_RECORDED, about="config"), False)


def test_a_blob_that_is_a_link_out_of_the_store_proves_nothing(shop: Shop) -> None:
    manifest = shop.model()
    outside = shop.root.parent / "outside"
    for layer in (manifest["config"], *manifest["layers"]):
        path = shop.path(layer["digest"])
        outside.write_bytes(path.read_bytes())
        path.unlink()
        try:
            path.symlink_to(outside)
        except OSError:
            pytest.skip("no symlinks may be made here")
    entry = shop.entry()
    assert (entry.whole, entry.family) == (Gap(Why.UNREADABLE, about="blobs"), Gap(Why.UNREADABLE, about="config"))
    manifest["layers"].append({"digest": "sha256:" + "0" * 64, "size": 1})
    shop.manifest(manifest)
    assert shop.entry().whole is False


def test_weights_that_a_cloud_drive_holds_are_not_here(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def recalled(info: os.stat_result) -> bool:
        return info.st_size == len(b"weights")

    shop.model()
    monkeypatch.setattr(module, "is_recalled", recalled)
    assert shop.entry().whole is False


def test_the_number_of_manifests_is_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MANIFESTS", 2)
    for tag in "abc":
        shop.model("registry.ollama.ai", "library", "m", tag)
    assert [entry.name for entry in shop.entries()] == ["m:a", "m:b"]


def test_the_bytes_of_all_manifests_are_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for tag in "abc":
        shop.model("registry.ollama.ai", "library", "m", tag)
    size = shop.root.joinpath("manifests/registry.ollama.ai/library/m/a").stat().st_size
    monkeypatch.setattr(module, "MOST_BYTES_TOGETHER", 2 * size + 1)
    assert [entry.name for entry in shop.entries()] == ["m:a", "m:b"]


def test_a_maze_of_empty_folders_ends(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = Folder.children

    def counted(folder: Folder, path: Path, *, folders: bool) -> list[Path]:
        nonlocal looks
        looks += 1
        return look(folder, path, folders=folders)

    monkeypatch.setattr(Folder, "children", counted)
    monkeypatch.setattr(module, "MOST_LOOKS", 10)
    for number in range(30):
        (shop.root / "manifests" / f"host{number}" / "namespace" / "model").mkdir(parents=True)
    assert shop.entries() == ()
    assert looks <= 11


@pytest.mark.skipif(sys.platform == "win32", reason="names of bytes")
def test_a_name_that_is_no_text_is_no_model(shop: Shop) -> None:
    try:
        shop.model("registry.ollama.ai", "library", "llama3", "\udcff")
    except OSError:
        pytest.skip("this file system takes texts alone")
    assert shop.entries() == ()


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["config", "layers", "digest", "size"]), inner, max_size=4)
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_manifest_does_harm(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.manifest(data)
    for entry in shop.entries():
        assert isinstance(entry.size, int)
        assert entry.size >= 0
