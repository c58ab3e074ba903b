"""The anatomy of models: from their own files where these can be read and are theirs, else as their server tells."""

import hashlib
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from gguf_file import TEXT, U32, Key, Tensor, numbers, size_of, write
from native_project import access_to

from modelcheck.core.anatomy import Anatomies, Anatomy, CacheGroup
from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Shape, Shapes, Tags
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.stores import Stores
from modelcheck.probes import anatomy as looking
from modelcheck.probes.anatomy import anatomies
from modelcheck.probes.ollama.answers import shape_of

SERVER = Server("http://127.0.0.1:11434", Engine.OLLAMA, "http://127.0.0.1:11434")
NOT_ASKED = Gap(Why.NOT_ASKED)
HEAD: Tensor = ("output.weight", (64, 320), 8)
KEYS: tuple[Key, ...] = (
    ("general.architecture", TEXT, "llama"),
    ("general.file_type", U32, 7),
    *numbers("llama", block_count=2, context_length=64, embedding_length=64),
    *numbers("llama", attention__head_count=4, attention__head_count_kv=2),
)
INFO: dict[str, Any] = {
    "general.architecture": "llama",
    "general.file_type": 7,
    "llama.block_count": 2,
    "llama.context_length": 64,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
}
CACHE = (CacheGroup(2, 2 * 32),)
LISTED = Entry("LLaMA3:latest", 30_000, remote=False)


def store(root: Path, *keys: Key, name: str = "LLaMA3") -> Path:
    """A store with one model."""
    (root / "blobs").mkdir(parents=True)
    blob = write(root / "blobs" / "new", *(keys or KEYS), tensors=(HEAD,))
    digest = hashlib.sha256(blob.read_bytes()).hexdigest()
    size = blob.rename(root / "blobs" / f"sha256-{digest}").stat().st_size
    manifest = root / "manifests" / "registry.ollama.ai" / "library" / name / "latest"
    manifest.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": size}
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": [layer]}))
    return root


def model(name: str = "llama3", server: Server = SERVER) -> LocalModel:
    return LocalModel(ModelKey(server.id, name.lower()), server.engine, name, primary=True, places=())


def look(
    root: Path | None = None,
    *,
    listed: tuple[Entry, ...] | Gap = (LISTED,),
    shape: Shape | Gap = NOT_ASKED,
    named: LocalModel | None = None,
    server: Server = SERVER,
) -> Anatomy | Gap:
    one = named or model(server=server)
    access = access_to(Path())
    if root is not None:
        access.stores[server.id] = root
    tags = Tags(Seen[str, tuple[Entry, ...]].of({server.id: listed}))
    shapes = Shapes(Seen[ModelKey, Shape].of({one.key: shape}))
    found = anatomies(access, Servers((server,)), LocalModels((one,)), tags, shapes, NOT_ASKED)
    return found.models[one.key]


def told(**changed: Any) -> Shape:
    return shape_of({"model_info": INFO, "parameters": "num_ctx 4096", "capabilities": ["completion"], **changed})


def test_the_probe_says_what_it_needs() -> None:
    assert anatomies.promises == (Anatomies,)
    assert set(anatomies.needs.values()) == {Servers, LocalModels, Tags, Shapes, Stores}
    assert anatomies.optional == {"tags", "shapes", "stores"}


def test_a_model_whose_file_can_be_read_is_known_from_it(tmp_path: Path) -> None:
    assert look(store(tmp_path), shape=told()) == Anatomy(
        architecture="llama",
        weights=size_of(HEAD),
        read_per_token=size_of(HEAD),
        cache=CACHE,
        layers=2,
        max_context=64,
        num_ctx=4096,
        grouped=True,
        embeds=False,
        quantisation="Q8_0",
        source="file",
    )


def test_a_model_whose_file_cannot_be_read_is_known_from_its_server() -> None:
    found = look(shape=told())
    assert isinstance(found, Anatomy)
    assert (found.source, found.cache, found.num_ctx, found.layers) == ("server", CACHE, 4096, 2)
    assert (found.weights, found.embeds, found.quantisation) == (30_000, False, "Q8_0")
    assert isinstance(found.read_per_token, Gap)


def test_a_model_of_which_nothing_tells_is_a_gap() -> None:
    gap = Gap(Why.NOT_ANSWERED, about="x")
    assert look(shape=gap) == gap


def test_a_server_that_does_not_answer_leaves_the_file(tmp_path: Path) -> None:
    gap = Gap(Why.NOT_ANSWERED, about="x")
    found = look(store(tmp_path), listed=gap, shape=gap)
    assert isinstance(found, Anatomy)
    assert (found.source, found.num_ctx, found.weights) == ("file", gap, size_of(HEAD))


@pytest.mark.parametrize(
    "entry",
    [Entry("other:latest", 5, remote=False), Entry("llama3:latest", 5, remote=True), Entry("llama3:latest", 5)],
    ids=["another", "a stub", "not known"],
)
def test_a_model_that_its_server_does_not_hold_is_not_read(tmp_path: Path, entry: Entry) -> None:
    assert look(store(tmp_path), listed=(entry,)) == Gap(Why.NOT_HERE, about="llama3")


@pytest.mark.parametrize(
    "changed", [{"llama.block_count": 3}, {"general.architecture": "qwen2"}], ids=["layers", "architecture"]
)
def test_a_file_that_is_not_of_the_model_that_its_server_has_is_not_believed(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    found = look(store(tmp_path), shape=told(model_info=INFO | changed))
    assert isinstance(found, Anatomy)
    assert (found.source, found.weights) == ("server", 30_000)


def test_a_damaged_file_leaves_what_the_server_tells(tmp_path: Path) -> None:
    root = store(tmp_path)
    blob = next((root / "blobs").iterdir())
    blob.write_bytes(bytes(blob.stat().st_size))
    found = look(root, shape=told())
    assert isinstance(found, Anatomy)
    assert found.source == "server"
    assert look(root) == NOT_ASKED


def test_a_name_is_looked_for_as_its_server_spells_it(tmp_path: Path) -> None:
    found = look(store(tmp_path, name="LLaMA3"), named=model("llama3:latest"))
    assert isinstance(found, Anatomy)
    assert found.source == "file"


def test_a_server_of_another_engine_is_not_understood(tmp_path: Path) -> None:
    other = Server("http://127.0.0.1:1234", Engine.OPENAI_LOCAL, "x")
    assert look(store(tmp_path), server=other) == Gap(Why.NOT_UNDERSTOOD, about="openai-local")


@pytest.mark.parametrize(
    ("capabilities", "embeds"),
    [
        (["embedding"], True),
        (["completion", "embedding"], False),
        (["completion"], False),
        ("embedding", False),
        ([], False),
    ],
)
def test_what_a_model_can_do_is_as_its_server_says(capabilities: object, embeds: bool) -> None:
    found = look(shape=told(capabilities=capabilities))
    assert isinstance(found, Anatomy)
    assert found.embeds is embeds


def test_lists_that_a_server_shortens_are_gaps() -> None:
    found = look(shape=told(model_info=INFO | {"llama.attention.head_count_kv": []}))
    assert isinstance(found, Anatomy)
    assert found.cache == found.grouped == Gap(Why.UNREADABLE, about="llama.attention.head_count_kv")


def looked_at(count: int, limit_s: float = 5.0) -> Anatomies:
    models = tuple(model(f"m{number}") for number in range(count))
    access = access_to(Path(), limit_s=limit_s)
    return anatomies(access, Servers((SERVER,)), LocalModels(models), NOT_ASKED, NOT_ASKED, NOT_ASKED)


def test_more_models_than_are_read_are_gaps() -> None:
    found = looked_at(202).models
    assert len(found) == 202
    gaps = [found[key] for key in found]
    assert gaps[199:] == [NOT_ASKED, *[Gap(Why.TOO_MUCH, about="200 models")] * 2]


def test_a_disk_that_hangs_does_not_hold_the_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_: object) -> Gap:
        released.wait(60)
        return NOT_ASKED

    monkeypatch.setattr(looking, "weights_path", hang)
    began = time.monotonic()
    found = looked_at(20, limit_s=0.5).models
    released.set()
    assert time.monotonic() - began < 5
    assert {getattr(found[key], "why", None) for key in found} == {Why.TIMED_OUT}
