"""`modelcheck init`: first settings from what is here, which our own loader reads; nothing is ever overwritten."""

import io
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from ended import Command, Ended
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from modelcheck import __version__
from modelcheck.app.demo import simulated_probes
from modelcheck.app.errors import UserError
from modelcheck.app.initial import WORKFLOW, Chosen, Found, defaults, settings_text, workflow_text, write_new
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.text import printable
from modelcheck.probes.probe import probe
from modelcheck.profiles.settings import Settings, read_settings
from modelcheck.standin.stack import Stack

ROOT = Path(__file__).parents[2]
NAMED = '{"model_providers": {"ollama": {}}, "agent_models": {"w": {"primary": "ollama/llama3:8b"}}}'
YAML = "modelcheck.yaml"


@pytest.fixture
def workstation(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine with a card and models; the options that lead there."""
    monkeypatch.setattr("modelcheck.app.precheck.probes_of", partial(simulated_probes, stack))
    return ["--endpoint", f"ollama={stack.ollama_url}"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "config").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "config" / "models_config.json").write_text(NAMED)
    return root


@pytest.fixture
def asked(command: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run it with somebody there, who answers."""

    def run(*arguments: str | Path, answers: str) -> Ended:
        monkeypatch.setattr("modelcheck.cli.init._is_asked", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        return command(*arguments)

    return run


def read(root: Path) -> Settings:
    return read_settings(root)


def test_what_is_found_is_written_and_read_back(command: Command, project: Path, workstation: list[str]) -> None:
    ended = command("init", project, *workstation)

    assert (ended.code, ended.err) == (0, "")
    assert "modelcheck.yaml is written" in ended.out
    assert "modelcheck inventory --lock" in ended.out
    assert read(project).declared.expect.device == "NVIDIA GeForce RTX 3090"
    assert read(project).declared.config == "config/models_config.json"
    assert "nous-hermes-2-mistral-7b-dpo:latest" in (project / YAML).read_text()
    assert not (project / WORKFLOW).exists()


def test_what_nobody_declared_stays_undeclared(command: Command, project: Path, workstation: list[str]) -> None:
    command("init", project, *workstation)
    expect = read(project).declared.expect

    assert (expect.concurrency, expect.context, expect.together, expect.requests_per_minute) == (None, None, (), None)


def test_a_configuration_that_lies_elsewhere_is_written_down(command: Command, project: Path) -> None:
    (project / "config").rename(project / "einstellungen é")
    command("init", project, "--endpoint", "ollama=http://127.0.0.1:9")

    assert read(project).declared.config == "einstellungen é/models_config.json"


def test_a_machine_with_nothing_on_it_gives_settings_as_well(command: Command, tmp_path: Path) -> None:
    ended = command("init", tmp_path, "--endpoint", "ollama=http://127.0.0.1:9")

    assert ended.code == 0
    assert read(tmp_path).declared.expect.device is None


def uncommented(text: str) -> str:
    """What a person gets who takes the sign away from every line that declares something."""
    lines = [line.removeprefix("# ") if ":" in line else line for line in text.splitlines()[2:]]
    return "\n".join(line for line in lines if not line.startswith("Models that are here")) + "\n"


@pytest.mark.parametrize("device", ["NVIDIA GeForce RTX 3090", None])
@pytest.mark.parametrize("models", [("llama3:8b", "phi"), ()])
def test_each_line_that_is_to_be_uncommented_is_one_that_is_read(
    tmp_path: Path, device: str | None, models: tuple[str, ...]
) -> None:
    text = settings_text(Found(tmp_path, (), (), models, has_workflow=False), Chosen(None, device))
    (tmp_path / YAML).write_text(uncommented(text))
    declared = read(tmp_path).declared

    assert (declared.expect.concurrency, declared.expect.context) == (4, 16384)
    assert (declared.cloud.ids, declared.sensitive, declared.profile) == ("floating", ("an-agent",), "default")
    assert len(declared.expect.together[0]) == 2


names = st.text(max_size=300)


@given(st.lists(names, max_size=5), st.lists(names, max_size=5), st.text(st.characters(codec="utf-8"), max_size=50))
def test_hostile_names_stay_names(cards: list[str], models: list[str], config: str) -> None:
    shown = tuple(printable(card, 100) for card in cards)
    here = Found(Path(), (printable(config, 500),), shown, tuple(printable(one, 100) for one in models), False)
    content: dict[str, Any] = yaml.safe_load(settings_text(here, defaults(here))) or {}

    assert set(content) <= {"config", "expect"}
    assert set(content.get("expect", {})) <= {"device"}
    if cards and cards[0]:
        assert content["expect"]["device"] == shown[0]
    assert content.get("config", "") == printable(config, 500)


@pytest.mark.parametrize(
    "name", ["x: {y", "# no", '"', "\\", "'", "a\nb: c", "\x1b[31m", "\u202e", "&a *a", "😀", "%", "- "]
)
def test_a_card_of_any_name_is_read_back(
    command: Command, project: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    @probe
    def gpus() -> Gpus:
        return Gpus("580", (Gpu(0, name, "0", 1 << 30, 1 << 30),))

    others = tuple(one for one in simulated_probes(stack) if Gpus not in one.promises)
    monkeypatch.setattr("modelcheck.app.precheck.probes_of", lambda: (*others, gpus))
    command("init", project, "--endpoint", f"ollama={stack.ollama_url}")

    assert read(project).declared.expect.device == printable(name)


def test_what_came_there_in_the_meantime_is_not_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / YAML).write_text("somebody's")
    with pytest.raises(UserError, match="is there already"):
        write_new(tmp_path, YAML, "ours")

    assert (tmp_path / YAML).read_text() == "somebody's"


@pytest.mark.parametrize("there", ["modelcheck.yaml", "a folder", "a link to nowhere"])
def test_what_is_there_is_never_overwritten(command: Command, project: Path, there: str) -> None:
    file = project / YAML
    if there == "a folder":
        file.mkdir()
    elif there == "a link to nowhere" and os.name != "nt":
        file.symlink_to(project / "nowhere")
    else:
        file.write_text("config: mine.json\n")
    ended = command("init", project, "--ci")

    assert ended.code == 2
    assert "modelcheck.yaml is there already, and is never overwritten" in ended.err
    assert not (project / WORKFLOW).exists()
    assert not (project / "nowhere").exists()
    assert there != "modelcheck.yaml" or file.read_text() == "config: mine.json\n"


def test_settings_in_pyproject_are_settings(command: Command, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.modelcheck]\nconfig = "mine.json"\n')
    ended = command("init", project)

    assert ended.code == 2
    assert "pyproject.toml has settings for this project already" in ended.err
    assert not (project / YAML).exists()


def test_settings_that_cannot_be_read_are_said_to_be_wrong(command: Command, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.modelcheck]\nconfig = [\n")

    assert command("init", project).code == 2
    assert not (project / YAML).exists()


def test_a_dry_run_writes_nothing(command: Command, project: Path, workstation: list[str]) -> None:
    ended = command("init", project, *workstation, "--dry-run", "--ci")

    assert 'device: "NVIDIA GeForce RTX 3090"' in ended.out
    assert "modelcheck gate --profile static" in ended.out
    assert {path.name for path in project.iterdir()} == {"config", ".git"}


def test_the_ci_step_is_written_where_it_is_asked_for(command: Command, project: Path) -> None:
    ended = command("init", project, "--ci")
    step = yaml.safe_load((project / WORKFLOW).read_text())["jobs"]["gate"]["steps"]

    assert ended.code == 0
    assert [one["run"] for one in step if "run" in one] == [
        f"pip install modelcheck=={__version__}",
        "modelcheck gate --profile static",
    ]


def test_a_ci_step_that_is_there_is_never_overwritten(command: Command, project: Path) -> None:
    (project / WORKFLOW).parent.mkdir(parents=True)
    (project / WORKFLOW).write_text("mine")
    ended = command("init", project, "--ci")

    assert ended.code == 2
    assert f"{WORKFLOW} is there already" in ended.err
    assert (project / WORKFLOW).read_text() == "mine"
    assert not (project / YAML).exists()


def test_the_actions_of_the_ci_step_are_pinned_as_our_own_are() -> None:
    own = (ROOT / ".github" / "workflows" / "test.yml").read_text()
    used = [line.strip() for line in workflow_text().splitlines() if "uses:" in line]

    assert len(used) == 2
    assert all(line in own for line in used)


def test_somebody_who_is_there_is_asked(asked: Callable[..., Ended], project: Path, workstation: list[str]) -> None:
    (project / "other_models.json").write_text(NAMED.replace("w", "model_providers"))
    profiles = "default"
    ended = asked("init", project, *workstation, answers="2\nn\n\ny\n")

    assert ended.code == 0, ended.err
    assert read(project).declared.config == "other_models.json"
    assert read(project).declared.expect.device is None
    assert read(project).declared.profile in {None, profiles}
    assert (project / WORKFLOW).exists()


def test_whoever_presses_return_gets_the_defaults(
    asked: Callable[..., Ended], project: Path, workstation: list[str]
) -> None:
    ended = asked("init", project, *workstation, answers="\n\n\n\n")

    assert ended.code == 0
    assert read(project).declared.expect.device == "NVIDIA GeForce RTX 3090"
    assert not (project / WORKFLOW).exists()


@pytest.mark.parametrize("wrong", ["0", "99", "x", "-1", "²", "1" * 5000])
def test_an_answer_that_is_none_is_asked_for_again(
    asked: Callable[..., Ended], project: Path, workstation: list[str], wrong: str
) -> None:
    (project / "other_models.json").write_text(NAMED)
    ended = asked("init", project, *workstation, answers=f"{wrong}\n2\n\n\n\n")

    assert ended.code == 0
    assert "a number from 1 to 2" in ended.err
    assert read(project).declared.config == "other_models.json"


def test_the_card_is_chosen_where_there_are_several(
    asked: Callable[..., Ended], project: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    @probe
    def gpus() -> Gpus:
        small = Gpu(0, "NVIDIA A2000", "0", 6 << 30, 1 << 30)
        return Gpus("580", (small, replace(small, name="NVIDIA RTX 6000", total=48 << 30, index=1)))

    others = tuple(one for one in simulated_probes(stack) if Gpus not in one.promises)
    monkeypatch.setattr("modelcheck.app.precheck.probes_of", lambda: (*others, gpus))
    options = ["--endpoint", f"ollama={stack.ollama_url}"]
    ended = asked("init", project, *options, answers="2\n\n\n")

    assert "1  NVIDIA RTX 6000" in ended.err
    assert read(project).declared.expect.device == "NVIDIA A2000"


def test_whoever_leaves_in_the_middle_leaves_nothing_behind(
    asked: Callable[..., Ended], project: Path, workstation: list[str]
) -> None:
    ended = asked("init", project, *workstation, answers="")

    assert ended.code == 130
    assert not (project / YAML).exists()


def test_a_home_folder_is_no_project(command: Command) -> None:
    assert command("init", Path.home()).code == 3


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_nothing_is_written_through_a_link_out_of_the_project(command: Command, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / ".github").symlink_to(outside, target_is_directory=True)
    ended = command("init", project, "--ci")

    assert ended.code == 2
    assert list(outside.iterdir()) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    class Full(io.BytesIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    def opened(self: Path, mode: str = "r") -> object:
        real(self, mode).close()
        return Full()

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(UserError, match="No space left on device"):
        write_new(tmp_path, YAML, "text")

    assert not (tmp_path / YAML).exists()
