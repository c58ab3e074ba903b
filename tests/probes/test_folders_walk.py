"""A walk through a folder of models: what each part is, told by content, and where the walk ends."""

import time
from pathlib import Path

import pytest
from shop import access

from modelcheck.core.gap import Gap, Why
from modelcheck.core.stores import Basis
from modelcheck.probes import folders, walk
from modelcheck.probes.folders import Folder
from modelcheck.probes.places import expanded, hub_places, store_places, stripped, studio_places
from modelcheck.probes.walk import Found


def walked(root: Path, *, seconds: float = 60.0) -> Found:
    return walk.walk(Folder(root, "~/models"), root, time.monotonic() + seconds)


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def test_gguf_files_are_found_in_every_folder(root: Path) -> None:
    touch(root / "a.GGUF", root / "x" / "b.gguf", root / "x" / "y" / "z" / "c.gguf", root / "x" / "d.txt")

    assert [path.name for path in walked(root).gguf] == ["a.GGUF", "b.gguf", "c.gguf"]


def test_safetensors_make_a_model_where_their_configuration_lies_beside_them(root: Path) -> None:
    touch(root / "m" / "config.json", root / "m" / "model.safetensors", root / "lora" / "adapter_model.safetensors")

    assert walked(root).tensors == [(root / "m" / "model.safetensors",)]


def test_a_folder_that_is_called_a_store_is_one_by_its_manifests(root: Path) -> None:
    touch(root / "manifests" / "x", root / "a.gguf")
    found = walked(root)

    assert (found.stores, [path.name for path in found.gguf]) == ([root], ["a.gguf"])


def test_a_store_that_is_come_upon_has_its_blobs_beside_its_manifests(root: Path) -> None:
    touch(root / "ollama" / "manifests" / "x", root / "ollama" / "blobs" / "sha256-x.gguf")
    touch(root / "cluster" / "manifests" / "app.yaml")
    found = walked(root)

    assert (found.stores, found.gguf) == ([root / "ollama"], [])


def test_a_cache_of_hugging_face_is_told_by_its_repositories_and_not_walked(root: Path) -> None:
    touch(
        root / "hub" / "models--org--name" / "snapshots" / "1" / "a.gguf",
        root / "hub" / "datasets--org--data" / "b.gguf",
        root / "hub" / "beside" / "c.gguf",
    )
    found = walked(root)

    assert (found.hubs, [path.name for path in found.gguf]) == ([root / "hub"], ["c.gguf"])


def test_hidden_folders_are_passed_over(root: Path) -> None:
    touch(root / ".trash" / "a.gguf")

    assert walked(root).gguf == []


@pytest.mark.parametrize("name", ["a.gguf.part", "downloading_a.gguf.part", "b.incomplete", "c.gguf.crdownload"])
def test_a_download_that_never_ended_is_no_model(root: Path, name: str) -> None:
    touch(root / name)
    found = walked(root)

    assert ([path.name for path in found.partial], found.gguf) == ([name], [])


def test_a_walk_in_a_circle_ends(root: Path) -> None:
    touch(root / "a" / "m.gguf")
    try:
        (root / "a" / "again").symlink_to(root, target_is_directory=True)
        (root / "b").symlink_to(root / "a", target_is_directory=True)
    except OSError:
        pytest.skip("no symlinks may be made here")
    found = walked(root)

    assert (len(found.gguf), found.doubt) == (1, None)


def test_the_depth_of_a_walk_is_bounded(root: Path) -> None:
    at = root
    for number in range(walk.MOST_DEPTH):
        at /= str(number)
    touch(at / "last.gguf")
    assert ([path.name for path in walked(root).gguf], walked(root).doubt) == (["last.gguf"], None)

    touch(at / "deeper" / "never.gguf")
    assert [path.name for path in walked(root).gguf] == ["last.gguf"]
    assert walked(root).doubt == Gap(Why.TOO_MUCH, about="8 folders inside each other")


def test_the_names_of_a_walk_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_NAMES", 3)
    touch(root / "a.gguf", root / "x" / "b.gguf", root / "x" / "c.gguf")
    found = walked(root)

    assert [path.name for path in found.gguf] == ["a.gguf"]
    assert found.doubt == Gap(Why.TOO_MUCH, about="3 names")


def test_the_time_of_a_walk_is_bounded(root: Path) -> None:
    touch(root / "a.gguf")

    assert walked(root, seconds=-1).doubt == Gap(Why.TIMED_OUT)


def test_what_a_folder_below_leaves_out_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(root / "x" / "a.gguf", root / "x" / "b.gguf")
    monkeypatch.setattr(folders, "MOST_CHILDREN", 1)

    assert walked(root).doubt == Gap(Why.TOO_MUCH, about="1 names in a folder")


def test_a_store_lies_where_this_shell_says_then_in_the_home_then_where_a_service_has_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "SERVICE_PLACES", ("/usr/share/ollama/.ollama/models",))
    monkeypatch.setattr("modelcheck.probes.places.sys.platform", "linux")
    home = root / ".ollama" / "models"
    service = Path("/usr/share/ollama/.ollama/models")
    named = {"OLLAMA_MODELS": ' "/data/models" '}

    assert list(store_places(access(home=root, environ=named))) == [
        (Path("/data/models"), Basis.SHELL),
        (home, Basis.STANDARD),
        (service, Basis.STANDARD),
    ]
    assert list(store_places(access(home=root))) == [(home, Basis.STANDARD)]  # a demo sees nothing of this machine
    monkeypatch.setattr("modelcheck.probes.places.sys.platform", "win32")
    assert list(store_places(access(home=root, environ={"PATH": ""}))) == [(home, Basis.STANDARD)]
    assert list(store_places(access())) == []


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "home/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "~/cache"}, "home/cache/huggingface/hub"),
        ({"HF_HOME": "/big/hf", "XDG_CACHE_HOME": "/x"}, "/big/hf/hub"),
        ({"HUGGINGFACE_HUB_CACHE": "/old", "HF_HOME": "/big"}, "/old"),
        ({"HF_HUB_CACHE": " /new ", "HUGGINGFACE_HUB_CACHE": "/old"}, "/new"),
    ],
)
def test_the_cache_of_hugging_face_lies_where_the_first_of_its_variables_says(
    root: Path, environ: dict[str, str], expected: str
) -> None:
    home = root / "home"
    (found,) = hub_places(access(home=home, environ=environ))

    assert found == (root / expected)


def test_without_a_home_nothing_is_looked_for_in_it() -> None:
    assert list(hub_places(access())) == list(studio_places(access())) == []


def test_lm_studio_keeps_models_in_two_places(root: Path) -> None:
    assert [path.relative_to(root).as_posix() for path in studio_places(access(home=root))] == [
        ".lmstudio/models",
        ".cache/lm-studio/models",
    ]


@pytest.mark.parametrize(
    ("text", "expected"), [("~", "."), ("~/a/b", "a/b"), ("~\\a", "a"), ("~jo/a", None), ("/x/~", None)]
)
def test_a_tilde_stands_for_the_home_folder(root: Path, text: str, expected: str | None) -> None:
    assert expanded(text, root) == (Path(text) if expected is None else root / expected)
    assert expanded(text, None) == Path(text)


def test_a_variable_is_stripped_as_ollama_strips_it() -> None:
    assert stripped(" \t'/data/models'\"\r\n") == "/data/models"
