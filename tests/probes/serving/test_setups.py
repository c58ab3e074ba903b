"""What one server is set up with: each origin told apart, none of another server, nothing private shown."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from linux_machine import LOOPBACK, Machine

from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import Endpoint, parse_endpoint
from modelcheck.core.serving import Container, Origin, ServerSetup, Setting
from modelcheck.probes.serving.roots import MACOS, Roots
from modelcheck.probes.serving.setting import settings_of, shown_value
from modelcheck.probes.serving.setups import look_at, setup_of

HERE = parse_endpoint("http://127.0.0.1:11434")
LOG = (
    'time=x level=INFO msg="server config" env="map[OLLAMA_FLASH_ATTENTION:false '
    'OLLAMA_HOST:http://127.0.0.1:{port} OLLAMA_MAX_QUEUE:9 OLLAMA_MODELS:{models}]"\n'
)

posix = pytest.mark.skipif("sys.platform == 'win32'", reason="the kernel's files are Linux's")


def setup(roots: Roots, endpoint: Endpoint = HERE, *containers: Container, alone: bool = True) -> ServerSetup:
    return setup_of(look_at(roots, endpoint, containers, alone=alone), roots.home)


def said(found: ServerSetup) -> list[tuple[str, str, str]]:
    return [(one.origin.value, one.name.removeprefix("OLLAMA_"), one.value) for one in found.settings]


def serving(machine: Machine, port: int = 11434, **values: str) -> None:
    machine.socket(LOOPBACK, port)
    machine.process(8, {"HOME": str(machine.roots.home), **{f"OLLAMA_{name}": text for name, text in values.items()}})


def logged(machine: Machine, port: int = 11434, models: str = "/data/models") -> None:
    machine.write("home/anna/.ollama/logs/server.log", LOG.format(port=port, models=models))


def unit(machine: Machine, *lines: str) -> None:
    text = "".join(f"Environment=OLLAMA_{line}\n" for line in lines)
    machine.write("etc/systemd/system/ollama.service", f"[Service]\n{text}")


@posix
def test_the_process_is_the_surest_and_completes_the_setup(machine: Machine) -> None:
    serving(machine, MAX_QUEUE="64", API_KEY="secret", MODELS="/home/anna/elsewhere")

    found = setup(machine.roots)

    assert said(found) == [
        ("process", "API_KEY", "set"),
        ("process", "MAX_QUEUE", "64"),
        ("process", "MODELS", "…/elsewhere"),
    ]
    assert (found.complete, found.models) == (True, "…/elsewhere")
    assert "secret" not in repr(found)


@posix
def test_origins_stand_beside_each_other_in_their_order(machine: Machine) -> None:
    serving(machine, MAX_QUEUE="1")
    logged(machine)
    unit(machine, "MAX_QUEUE=2")
    inside = Setting("OLLAMA_MAX_QUEUE", "3", Origin.COMPOSE, "service ollama", Place("compose.yaml", 2))
    box = Container("ollama", "", (), (inside,), gpu=False, place=Place("compose.yaml", 1))
    roots = replace(machine.roots, environ={"OLLAMA_MAX_QUEUE": "4", "PATH": "/bin"})

    found = setup(roots, HERE, box)

    assert [(origin, value) for origin, name, value in said(found) if name == "MAX_QUEUE"] == [
        ("process", "1"),
        ("log", "9"),
        ("service", "2"),
        ("compose", "3"),
        ("shell", "4"),
    ]
    assert [one.value for one in found.all_of("OLLAMA_MAX_QUEUE")] == ["1", "9", "2", "3", "4"]
    effective = found.effective("OLLAMA_MAX_QUEUE")
    assert effective is not None
    assert effective.value == "1"


@posix
def test_without_a_process_the_folder_is_that_of_its_home(machine: Machine) -> None:
    serving(machine)

    assert setup(machine.roots).models == "~/.ollama/models"


@posix
def test_the_folder_inside_a_container_is_no_folder_of_this_machine(machine: Machine) -> None:
    serving(machine, MODELS="/root/.ollama/models")
    machine.write("proc/8/cgroup", "0::/docker/0123\n")

    assert isinstance(setup(machine.roots).models, Gap)


def test_a_log_completes_the_setup_and_says_what_it_leaves_open(machine: Machine) -> None:
    logged(machine, models="/home/anna/models")

    found = setup(replace(machine.roots, system=MACOS))

    assert (found.complete, found.undecided, found.models) == (True, ("OLLAMA_FLASH_ATTENTION",), "…/models")
    assert [name for _, name, _ in said(found)] == ["HOST", "MAX_QUEUE", "MODELS"]


def test_the_log_of_another_server_is_not_this_ones(machine: Machine) -> None:
    logged(machine, port=11500)

    assert setup(replace(machine.roots, system=MACOS)) == ServerSetup(models=Gap(Why.NOT_RECORDED))


def test_what_was_not_there_is_said(machine: Machine) -> None:
    found = setup(machine.roots)

    assert (found.settings, found.complete) == ((), False)
    assert [gap.about for gap in found.unseen] == [
        "a process of Ollama at port 11434",
        "server.log",
        "the journal, a binary file",
    ]


@posix
@pytest.mark.parametrize(("lines", "port", "alone", "expected"), [
    (("MAX_QUEUE=2",), 11434, False, True),
    (("HOST=:11500",), 11500, False, True),
    (("HOST=:11500",), 11434, False, False),
    (("HOST=:11500",), 11434, True, True),
    (("HOST=a@b",), 11434, False, False),
])  # fmt: skip
def test_a_unit_is_the_servers_own_by_its_port_or_as_the_only_one(
    machine: Machine, lines: tuple[str, ...], port: int, alone: bool, expected: bool
) -> None:
    unit(machine, *lines)

    found = setup(machine.roots, parse_endpoint(f"http://127.0.0.1:{port}"), alone=alone)

    assert bool(found.settings) is expected


@posix
def test_a_unit_for_another_port_is_not_that_of_a_server_that_runs(machine: Machine) -> None:
    serving(machine, MAX_QUEUE="1")
    unit(machine, "HOST=:11500")

    assert [origin for origin, _, _ in said(setup(machine.roots))] == ["process"]


def test_a_unit_tells_the_folder_where_the_process_does_not(machine: Machine) -> None:
    unit(machine, "MODELS=/data/models")
    machine.write("etc/systemd/system/ollama.service.d/x.conf/not-a-file", "")

    found = setup(machine.roots)

    assert found.models == "…/models"
    assert "x.conf: it is not a regular file" in [gap.about for gap in found.unseen]


def test_of_a_server_elsewhere_nothing_of_this_machine_counts(machine: Machine) -> None:
    unit(machine, "MAX_QUEUE=2")
    logged(machine)

    found = setup(machine.roots, parse_endpoint("http://192.168.1.7:11434"))

    assert found.settings == ()
    assert [gap.about for gap in found.unseen] == ["the settings of a server on another machine"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("OLLAMA_HOST", "127.0.0.1:11434", "127.0.0.1:11434"),
        ("OLLAMA_HOST", '"0.0.0.0"', "0.0.0.0"),
        ("OLLAMA_HOST", ":8080", ":8080"),
        ("OLLAMA_HOST", "192.168.1.7:9", "private:9"),
        ("OLLAMA_HOST", "8.8.8.8", "public:11434"),
        ("OLLAMA_HOST", "2001:db8::1", "public:11434"),
        ("OLLAMA_HOST", "box.corp.example:9", "host:9"),
        ("OLLAMA_HOST", "user:secret@box", "not an address"),
        ("OLLAMA_ORIGINS", "*", "*"),
        ("OLLAMA_ORIGINS", "http://*, chrome-extension://*,http://localhost:3000", "http://*,chrome-extension://*,http://localhost:3000"),
        ("OLLAMA_ORIGINS", "https://intranet.corp", "…"),
        ("OLLAMA_REMOTES", "box.corp", "set"),
        ("OLLAMA_API_KEY", "abc", "set"),
        ("OLLAMA_UNHEARD_OF", "abc", "set"),
        ("HTTPS_PROXY", "http://u:p@h", "set"),
        ("OLLAMA_KEEP_ALIVE", "5 \x1b[2Jminutes", "5 \ufffd[2Jminutes"),
        ("OLLAMA_NUM_PARALLEL", "9" * 500, "9" * 79 + "…"),
        ("CUDA_VISIBLE_DEVICES", "GPU-0123,1", "GPU-0123,1"),
        ("OLLAMA_MODELS", "/home/anna/models", "~/models"),
        ("OLLAMA_MODELS", "/home/berta/models", "…/models"),
        ("PATH", "/bin", "set"),
    ],
)  # fmt: skip
@posix
def test_as_much_of_a_value_is_shown_as_a_report_may_show(name: str, value: str, shown: str) -> None:
    assert shown_value(name, value, Path("/home/anna")) == shown


def test_what_is_empty_or_no_business_of_a_servers_is_no_setting() -> None:
    values: dict[str, Any] = {"OLLAMA_HOST": ' "" ', "PATH": "/bin", "OLLAMA_DEBUG": "1"}

    assert settings_of(values, Origin.SHELL) == (Setting("OLLAMA_DEBUG", "1", Origin.SHELL),)
