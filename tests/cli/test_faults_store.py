"""Faults of the store on disk, through the whole pipeline: each is named by OLL-12, with its numbers, and alone."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from ended import Command
from planting import CONFIG, Fault, all_of, assert_named, audited
from shop import TEMPLATE, WEIGHTS, Shop

from modelcheck.checks.ollama import store as check
from modelcheck.core.name import ModelName
from modelcheck.standin.scenario import LocalModel, Scenario

GIB = 1 << 30
MODEL = "qwen-coder-32b"


class Stocked:
    """The store that the stand-in's server reads, by its own process: the very manifests that it lists."""

    def __init__(self, root: Path) -> None:
        self.shop = Shop(root)
        self.digests: dict[str, str] = {}
        """By the digest that the scenario has, the one of the manifest."""

    def scenario(self, scenario: Scenario) -> Scenario:
        """Let the server list what the store holds."""
        models: list[LocalModel] = []
        for model in scenario.ollama.models:
            name = ModelName.parse(model.name)
            steps = (name.host, name.namespace, name.model, name.tag)
            weights = WEIGHTS + model.name.encode()
            self.shop.model(*steps, layers=(("model", weights), ("template", TEMPLATE)))
            data = self.shop.root.joinpath("manifests", *steps).read_bytes()
            self.digests[model.digest] = hashlib.sha256(data).hexdigest()
            models.append(msgspec.structs.replace(model, digest=self.digests[model.digest]))
        environment = {**(scenario.ollama.environment or {}), "OLLAMA_MODELS": str(self.shop.root)}
        server = msgspec.structs.replace(scenario.ollama, models=tuple(models), environment=environment)
        return msgspec.structs.replace(scenario, ollama=server)

    def plant(self, root: Path) -> None:
        """Let the project's lock pin what the server lists."""
        lock = root / "models.lock"
        text = lock.read_text()
        for old, new in self.digests.items():
            text = text.replace(old, new)
        lock.write_text(text)

    def weights(self) -> Path:
        """The weights of one model that the project uses."""
        return self.shop.path(hashlib.sha256(WEIGHTS + f"{MODEL}:latest".encode()).hexdigest())


@pytest.fixture
def stocked(tmp_path: Path) -> Stocked:
    return Stocked(tmp_path.resolve() / "models")


def missing(stocked: Stocked) -> None:
    stocked.weights().unlink()


def short(stocked: Stocked) -> None:
    stocked.weights().write_bytes(b"GG")


def page(stocked: Stocked) -> None:
    size = stocked.weights().stat().st_size
    stocked.weights().write_bytes(b"<!doctype html>".ljust(size))


def odd_template(stocked: Stocked) -> None:
    stocked.shop.named("other", layers=(("template", b"{{ ''.__class__.__mro__ }}"),))


def empty_template(stocked: Stocked) -> None:
    stocked.shop.named("other", layers=(("model", WEIGHTS), ("template", b"")))


def bad_manifest(stocked: Stocked) -> None:
    stocked.shop.manifest(b"{", "registry.ollama.ai", "library", "half", "latest")


def dangling(stocked: Stocked) -> None:
    stocked.shop.left(f"sha256-{'a' * 64}", bytes(20_000))


def unfinished(stocked: Stocked) -> None:
    stocked.shop.left(f"sha256-{'a' * 64}-partial", bytes(20_000))
    stocked.shop.left(f"sha256-{'a' * 64}-partial-0", b"{}")


def large(stocked: Stocked) -> None:
    """A model larger than what is free, of holes alone."""
    layer = stocked.shop.blob(WEIGHTS, "model")
    path = stocked.shop.path(layer["digest"])
    layer["size"] = shutil.disk_usage(path.parent).free + 10 * GIB
    try:
        os.truncate(path, layer["size"])
    except OSError:
        pytest.skip("this file system keeps no holes of such a size")
    stocked.shop.manifest({"config": stocked.shop.blob(b"{}"), "layers": [layer]})


def folder(text: str) -> Callable[[Path], None]:
    """Let the project's settings name a folder."""

    def plant(root: Path) -> None:
        with (root / "modelcheck.yaml").open("a") as file:
            file.write(f"models_dir: '{text}'\n")

    return plant


FAULTS: dict[str, tuple[Fault, Callable[[Stocked], None]]] = {
    "weights that are gone": (Fault("OLL-12", "broken", also=("CFG-03",)), missing),
    "weights that are short": (Fault("OLL-12", "broken", also=("CFG-03",)), short),
    "weights that are a page": (Fault("OLL-12", "no-gguf"), page),
    "an odd template": (Fault("OLL-12", "template"), odd_template),
    "an empty template": (Fault("OLL-12", "template"), empty_template),
    "a manifest that is none": (Fault("OLL-12", "unreadable"), bad_manifest),
    "blobs that serve no model": (Fault("OLL-12", "dangling"), dangling),
    "a download that never ended": (Fault("OLL-12", "partial"), unfinished),
    "a full disk": (Fault("OLL-12", "low-disk"), large),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_named_by_its_check(
    name: str, stocked: Stocked, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "a full disk" and sys.platform == "win32":
        pytest.skip("holes take space here")
    fault, spoil = FAULTS[name]
    monkeypatch.setattr(check, "MUCH", 4096)  # so that a test need not fill the disk

    def plant(root: Path) -> None:
        stocked.plant(root)
        spoil(stocked)

    planted = replace(fault, plant=plant, scenario=stocked.scenario, path=CONFIG)
    assert_named(planted, command, monkeypatch)


def test_a_folder_that_the_project_names_and_the_server_does_not_read_is_named_where_it_does(
    stocked: Stocked, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(
        "OLL-12",
        "other-store",
        all_of(stocked.plant, folder("/data/modeles_llm")),
        stocked.scenario,
        path="modelcheck.yaml",
        also=("CFG-11",),
    )
    assert_named(fault, command, monkeypatch)


def test_the_folder_that_both_mean_is_no_fault(
    stocked: Stocked, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault("OLL-12", "", all_of(stocked.plant, folder(str(stocked.shop.root))), stocked.scenario)
    ended = audited(fault, command, monkeypatch)
    (finding,) = ended.check("OLL-12")["findings"]

    assert (finding["code"], finding["params"]["models"]) == ("healthy", 10)
    assert finding["params"]["root"] == "…/models"
    assert str(stocked.shop.root.parent) not in ended.out


def test_a_store_in_another_world_than_the_list_is_unseen_and_costs_no_other_check(
    stocked: Stocked, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path that a server in a container names may hold other models here."""

    def elsewhere(scenario: Scenario) -> Scenario:
        listed = stocked.scenario(scenario)
        server = msgspec.structs.replace(listed.ollama, models=scenario.ollama.models)
        return msgspec.structs.replace(listed, ollama=server)

    ended = audited(Fault("OLL-12", "", scenario=elsewhere), command, monkeypatch)
    (finding,) = ended.check("OLL-12")["findings"]

    assert (finding["outcome"], finding["gap"]["why"]) == ("unknown", "undecided")
    assert ended.check("CFG-03")["outcome"] == "pass"
