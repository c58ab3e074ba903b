"""Where weights lie: a file of the store that the server reads, and never any other."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import HOST, WEIGHTS, Shop, access

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Engine
from modelcheck.probes.files import Unreadable
from modelcheck.probes.folders import Folder
from modelcheck.probes.store import weights_path

SERVER = Server("default", Engine.OLLAMA, "http://127.0.0.1:11434")
NO_FILE, BAD_FILE = (Gap(why, about="the file of its weights") for why in (Why.NOT_THERE, Why.UNREADABLE))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path.resolve() / "store")


def find(shop: Shop, name: str = "llama3:8b") -> Path | Gap:
    return weights_path(access(stores={"default": shop.root}), SERVER, name)


@pytest.mark.parametrize(
    "name", ["llama3:8b", "LLAMA3:8B", "library/llama3:8b", "registry.ollama.ai/library/llama3:8b"]
)
def test_the_weights_of_a_model_are_found_by_any_spelling_of_its_name(shop: Shop, name: str) -> None:
    manifest = shop.model(layers=(("template", b"t"), ("model", WEIGHTS), ("projector", b"p")))

    assert find(shop, name) == shop.path(manifest["layers"][1]["digest"])


def test_of_two_spellings_the_very_one_is_taken(shop: Shop) -> None:
    one = shop.model(HOST, "library", "Llama3", "8b", layers=(("model", b"GGUF 1"),))
    other = shop.model(HOST, "library", "llama3", "8b", layers=(("model", b"GGUF 2"),))
    if len(list((shop.root / "manifests" / HOST / "library").iterdir())) == 1:
        pytest.skip("this file system does not tell case apart")

    assert find(shop, "Llama3:8b") == shop.path(one["layers"][0]["digest"])
    assert find(shop, "llama3:8b") == shop.path(other["layers"][0]["digest"])


def test_a_model_that_is_not_there_has_none(shop: Shop) -> None:
    shop.model()

    assert find(shop, "llama3:70b") == Gap(Why.NOT_HERE, about="llama3:70b")


@pytest.mark.parametrize("name", ["", "a b", "../../etc/passwd", "x" * 2000, "x:cloud:local"])
def test_what_is_no_name_has_none(shop: Shop, name: str) -> None:
    shop.model()

    assert isinstance(find(shop, name), Gap)


def test_without_a_store_the_option_is_named() -> None:
    assert weights_path(access(), SERVER, "llama3:8b") == Gap(
        Why.NOT_ASKED, about="the store of http://127.0.0.1:11434", hint="--models-dir FOLDER"
    )


def test_a_model_in_many_tensors_has_no_one_file(shop: Shop) -> None:
    shop.model(layers=(("tensor", b"1"), ("tensor", b"2")))

    assert find(shop) == Gap(Why.NOT_THERE, about="one file of weights")


def test_a_manifest_that_is_none_names_nothing(shop: Shop) -> None:
    shop.manifest(b"{")

    assert find(shop) == Gap(Why.UNREADABLE, about="its manifest")


def test_weights_that_are_gone_are_not_there(shop: Shop) -> None:
    manifest = shop.model()
    shop.path(manifest["layers"][0]["digest"]).unlink()

    assert find(shop) == NO_FILE


def test_weights_that_are_short_are_not_read(shop: Shop) -> None:
    manifest = shop.model()
    shop.path(manifest["layers"][0]["digest"]).write_bytes(b"GG")

    assert find(shop) == BAD_FILE


def test_weights_behind_a_link_out_of_the_store_are_not_read(shop: Shop) -> None:
    manifest = shop.model()
    path = shop.path(manifest["layers"][0]["digest"])
    outside = shop.root.parent / "outside"
    path.rename(outside)
    try:
        path.symlink_to(outside)
    except OSError:
        pytest.skip("no symlinks may be made here")

    assert find(shop) == BAD_FILE


def test_weights_that_a_cloud_drive_holds_are_not_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(_: Folder, path: Path) -> None:
        raise Unreadable(path.name)

    shop.model()
    monkeypatch.setattr(Folder, "refuse_recalled", held)

    assert find(shop) == BAD_FILE


@settings(max_examples=100, deadline=None)
@given(digest=st.sampled_from(["../../x", "sha256:" + "a" * 64, "sha256-..", "", "/etc/passwd"]) | st.text(max_size=80))
def test_no_manifest_leads_out_of_the_store(tmp_path_factory: pytest.TempPathFactory, digest: str) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop").resolve() / "store")
    layer: dict[str, Any] = {"digest": digest, "size": 1, "mediaType": "application/vnd.ollama.image.model"}
    shop.manifest(json.dumps({"layers": [layer]}).encode())

    assert isinstance(find(shop), Gap)
