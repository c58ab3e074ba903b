"""A configuration that lies elsewhere: found by its name and its sections, within bounds, and by no link."""

import os
from pathlib import Path

import pytest

from modelcheck.probes import elsewhere
from modelcheck.probes.elsewhere import configurations

TEXT = '{"model_providers": {}, "agent_models": {}}'


def put(root: Path, *names: str, text: str = TEXT) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_what_looks_like_it_is_found_the_nearest_first(tmp_path: Path) -> None:
    put(tmp_path, "src/deep/models_config.json", "settings/llm.json", "agents.json")

    assert configurations(tmp_path) == ("agents.json", "settings/llm.json", "src/deep/models_config.json")


@pytest.mark.parametrize(
    "name",
    [
        "package.json",
        "models_config.yaml",
        ".hidden/models_config.json",
        "node_modules/x/models_config.json",
        "1/2/3/4/5/models_config.json",
    ],
)
def test_what_does_not_look_like_it_is_not(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)

    assert configurations(tmp_path) == ()


def test_a_name_alone_is_not_enough(tmp_path: Path) -> None:
    put(tmp_path, "models.json", text='{"model_providers": {}}')

    assert configurations(tmp_path) == ()


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "models.json")
    monkeypatch.setattr(elsewhere, "MOST_BYTES", 10)

    assert configurations(tmp_path) == ()


def test_the_search_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, *(f"{number}/models.json" for number in range(9)))
    monkeypatch.setattr(elsewhere, "MOST_FOLDERS", 4)
    assert len(configurations(tmp_path)) == 3

    monkeypatch.setattr(elsewhere, "MOST_READ", 2)
    assert len(configurations(tmp_path)) == 2

    monkeypatch.setattr(elsewhere, "LIMIT_S", 0.0)
    assert configurations(tmp_path) == ()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert configurations(tmp_path / "nowhere") == ()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_no_link_is_followed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    put(tmp_path, "outside/models.json")
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "models.json").symlink_to(tmp_path / "outside" / "models.json")
    (root / "circle").symlink_to(root, target_is_directory=True)

    assert configurations(root) == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "models.json")

    assert configurations(tmp_path) == ()
