"""`modelcheck doctor`: what is seen and lacking, line by line; nothing beyond loopback, no key, no name of anybody."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ended import Command, Ended

from modelcheck.app import doctor as module
from modelcheck.app import health as of_health
from modelcheck.core.diagnosis import FirstContact, Installed, Side
from modelcheck.core.facts import Fact, Facts, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.health import Health, Line, Standing
from modelcheck.core.machine import Platform
from modelcheck.core.project import Configuration, Reading
from modelcheck.core.stores import Basis, ServerStore, Store, Stores
from modelcheck.probes import system
from modelcheck.reports.lang import words
from modelcheck.standin.key import made_up_key
from modelcheck.standin.stack import Stack


@pytest.fixture(autouse=True)
def machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plain Linux under a folder of its own, without an Ollama, whatever the tests run in."""
    root = tmp_path_factory.mktemp("machine")
    monkeypatch.setattr(system, "ROOT", root)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(module, "PORTS", ())
    monkeypatch.setenv("PATH", str(root / "bin"))
    return root


def lines(ended: Ended) -> dict[str, Any]:
    return {one["code"]: one for one in ended.json["lines"]}


def test_everything_is_told_line_by_line(command: Command, corrected: Path, stack: Stack, endpoints: list[str]) -> None:
    ended = command("doctor", corrected, *endpoints, "--json")
    told = lines(ended)

    assert ended.code == 0
    assert {"version", "packages", "profile", "configuration", "git", "side-linux", "server", "cache"} <= set(told)
    assert told["server"]["params"]["product"] == "Ollama"
    assert "ollama 0." in told["packages"]["params"]["names"]
    assert ended.json["todo"] == sum(one["standing"] == "todo" for one in ended.json["lines"])


def test_it_ends_with_0_also_where_something_is_to_be_done(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    ended = command("doctor", tmp_path)

    assert ended.code == 0
    text = " ".join(ended.out.split())
    assert "to do config/models_config.json is not there, so nothing names a model modelcheck init" in text
    assert "to do nothing answers at http://127.0.0.1:11434, and no Ollama was found here" in text
    assert text.endswith("to do: 2")


def test_it_says_the_same_in_french(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    text = " ".join(command("--lang", "fr", "doctor", tmp_path).out.split())

    assert "à faire config/models_config.json n'est pas là, donc rien ne nomme de modèle" in text
    assert text.endswith("à faire : 2")


def test_of_keys_the_names_of_variables_alone_are_told(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    key = made_up_key("anthropic")
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    ended = command("doctor", tmp_path, "--json")
    told = lines(ended)

    assert told["key"]["params"] == {"variable": "ANTHROPIC_API_KEY"}
    assert told["key-none"]["params"] == {"provider": "openai", "variable": "OPENAI_API_KEY"}
    for text in (ended.out, ended.err, command("doctor", tmp_path).out):
        assert not any(key[start : start + 8] in text for start in range(4, len(key) - 8, 4))


def test_nothing_beyond_loopback_is_contacted(
    command: Command, corrected: Path, stack: Stack, endpoints: list[str], keys: None
) -> None:
    command("doctor", corrected, *endpoints)

    assert {one.path for one in stack.requests} <= {"/api/version", "/api/tags", "/api/ps", "/api/status"}
    (corrected / "config" / "models_config.json").write_text(
        '{"model_providers": {"box": {"base_url": "http://10.0.0.5:11434"}}, "agent_models": {"a": "box/x"}}'
    )
    told = lines(command("doctor", corrected, "--trust-host", "10.0.0.5", "--json"))
    assert told["server-unasked"]["standing"] == "note"
    told = lines(command("doctor", corrected, "--json"))
    assert told["server-untrusted"]["command"] == "--trust-host HOST"


def test_other_servers_are_found_at_their_own_ports(
    command: Command, tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    port = int(stack.ollama_url.rpartition(":")[2])
    monkeypatch.setattr(module, "PORTS", (port,))

    told = lines(command("doctor", tmp_path, "--json"))
    assert told["server"]["params"]["server"] == stack.ollama_url


def test_settings_that_cannot_be_used_are_something_to_do(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "modelcheck.yaml").write_text("modles_dir: x\n")
    ended = command("doctor", tmp_path, "--json")
    told = lines(ended)

    assert ended.code == 0
    assert told["settings-broken"]["standing"] == "todo"
    assert "models_dir" in told["settings-broken"]["params"]["reason"]
    assert "server" in told or "not-installed" in told
    (tmp_path / "modelcheck.yaml").write_text("models_dir: x\n")
    assert lines(command("doctor", tmp_path, "--json"))["settings"]["params"] == {"path": "modelcheck.yaml"}


def test_a_home_folder_is_no_project_and_the_machine_is_told_all_the_same(command: Command) -> None:
    home = Path.home()
    (home / "config").mkdir()
    (home / "config" / "models_config.json").write_text('{"agent_models": {"a": "ollama/secret-model"}}')
    ended = command("doctor", home, "--json")
    told = lines(ended)

    assert ended.code == 0
    assert "not a project" in told["no-project"]["params"]["reason"]
    assert "configuration" not in told
    assert "not-installed" in told


def test_a_folder_that_is_none_is_wrong_usage(command: Command, tmp_path: Path) -> None:
    ended = command("doctor", tmp_path / "gone")

    assert ended.code == 2


def test_no_name_home_or_address_is_shown(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("OLLAMA_HOST", "http://192.168.7.7:11434")
    monkeypatch.setenv("OLLAMA_MODELS", "/home/anna/models")
    for more in ((), ("--json",)):
        ended = command("doctor", tmp_path, *more)
        text = ended.out + ended.err
        assert not any(private in text for private in ("192.168", "anna", str(Path.home()), os.uname().nodename))


def test_the_users_own_file_is_shown_from_home(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    told = lines(command("doctor", tmp_path, "--json"))
    assert told["own-none"]["params"]["path"].startswith("~/")
    file = Path.home() / told["own-none"]["params"]["path"].removeprefix("~/")
    file.parent.mkdir(parents=True)
    file.write_text("offline: true\n")
    assert lines(command("doctor", tmp_path, "--json"))["own"]["standing"] == "ok"


def test_a_package_that_is_missing_comes_with_the_line_that_installs_it(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(module, "PACKAGES", ("ollama", "no-such-package-x"))
    monkeypatch.setattr(module, "EXTRAS", {"no-such-extra-x": "modelcheck[cost]"})
    told = lines(command("doctor", tmp_path, "--json"))

    assert (told["package-missing"]["standing"], told["package-missing"]["command"]) == (
        "todo",
        "pip install no-such-package-x",
    )
    assert (told["extra-missing"]["standing"], told["extra-missing"]["command"]) == (
        "note",
        "pip install 'modelcheck[cost]'",
    )


def test_a_console_that_lacks_marks_is_noted(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow:
        encoding = "cp850"

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Narrow())
        (_, console) = module._program()

    assert console == Line("console-narrow", Standing.NOTE, {"encoding": "cp850"}, "PYTHONUTF8=1")


def test_a_cache_that_cannot_be_written_is_something_to_do(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (Path.home() / ".cache").write_text("a file where a folder belongs")
    told = lines(command("doctor", tmp_path, "--json"))

    assert told["cache-trouble"]["standing"] == "todo"


def machine_lines(*facts: Fact) -> dict[str, Line]:
    return {line.code: line for line in of_health.of_machine(Facts({type(fact): fact for fact in facts}))}


def test_a_card_is_there_or_silent_or_none() -> None:
    gap = Gap(Why.NOT_INSTALLED, about="NVIDIA driver", hint="nvidia-smi")
    card = Gpu(0, "NVIDIA GeForce RTX 3090", gap, gap, gap, gap, holders=gap, capability=gap)

    assert machine_lines(Gpus("560.1", (card,)))["card"].params == {
        "driver": "560.1",
        "cards": "NVIDIA GeForce RTX 3090",
    }
    assert machine_lines(Gpus(gap, ()))["card"].params == {"driver": "?", "cards": "0"}
    silent = machine_lines(Platform("Linux", graphics="nvidia"))["card-silent"]
    assert (silent.standing, silent.command) == (Standing.TODO, "nvidia-smi")
    assert machine_lines(Platform("Darwin", graphics="apple"))["card-none"].standing is Standing.NOTE
    assert machine_lines()["card-none"].params == {"graphics": "?"}


def test_a_store_is_read_or_closed_or_none() -> None:
    store = Store("~/.ollama/models", (), (), None)
    read = Stores(Seen[str, ServerStore].of({"a": ServerStore(store, Basis.LIST), "b": ServerStore(store, Basis.LIST)}))
    closed = Stores(Seen[str, ServerStore].of({"a": Gap(Why.UNREADABLE, about="/usr/share/ollama/.ollama/models")}))
    none = Stores(Seen[str, ServerStore].of({"a": Gap(Why.NOT_THERE, about="an Ollama store")}))

    assert machine_lines(read)["store"].params == {"root": "~/.ollama/models", "count": "0"}
    assert machine_lines(closed)["store-closed"].standing is Standing.TODO
    assert machine_lines(none)["store-none"].standing is Standing.NOTE


@pytest.mark.parametrize("side", list(Side))
def test_every_side_has_a_line(side: Side) -> None:
    assert f"side-{side.value}" in machine_lines(FirstContact(side, Installed()))


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (Reading.READ, "configuration"),
        (Reading.MISSING, "configuration-missing"),
        (Reading.UNREADABLE, "configuration-unread"),
    ],
)
def test_the_configuration_is_read_or_missing_or_not_to_be_read(tmp_path: Path, reading: Reading, code: str) -> None:
    read = Configuration("c.json", reading, (), (), 2, (), ())
    first = next(iter(of_health.of_project(Facts({Configuration: read}), tmp_path)))

    assert (first.code, first.params) == (code, {"path": "c.json", "agents": "2"})


def test_the_count_is_of_what_is_to_be_done() -> None:
    health = Health.of((Line("git", Standing.OK), Line("start", Standing.TODO), Line("git-none", Standing.NOTE)))

    assert (health.schema, health.todo) == ("modelcheck-doctor/1", 1)


def codes() -> set[str]:
    """Every code that a line is made with."""
    texts = [Path(str(each.__file__)).read_text("utf-8") for each in (module, of_health)]
    return {code for text in texts for code in re.findall(r'Line\(\s*"([a-z-]+)"', text)}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_line_has_its_sentence(language: str) -> None:
    said = words(language).doctor

    assert len(codes()) > 20
    assert codes() <= set(said)
    assert {f"side-{side.value}" for side in Side} <= set(said)
    assert set(words("en").advice) == set(words(language).advice)


def test_the_documents_are_json_and_nothing_else(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    ended = command("doctor", tmp_path, "--json")

    assert list(json.loads(ended.out)) == ["schema", "todo", "lines"]
    assert yaml.safe_load(ended.out)
