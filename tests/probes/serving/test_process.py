"""The running server's process: found by its socket, read for what is a server's business, and never guessed."""

import os
import sys
from pathlib import Path

import pytest
from linux_machine import EVERYWHERE, LOOPBACK, Machine

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.serving.process import Process, find_process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the kernel's files are Linux's")

HOST = {"OLLAMA_HOST": "127.0.0.1:11434", "HOME": "/home/anna"}


def found(machine: Machine, port: int = 11434) -> Process:
    process = find_process(machine.roots, port)
    assert isinstance(process, Process)
    return process


def missing(machine: Machine, port: int = 11434) -> Gap:
    gap = find_process(machine.roots, port)
    assert isinstance(gap, Gap)
    return gap


def test_the_process_that_has_the_socket_is_read(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434, 100)
    machine.socket(LOOPBACK, 11435, 200)
    machine.process(7, {"OLLAMA_HOST": ":11435"}, inode=200)
    machine.process(8, HOST, inode=100)

    assert found(machine).values == HOST


def test_only_what_is_a_servers_business_is_kept(machine: Machine) -> None:
    machine.socket(EVERYWHERE, 11434)
    machine.process(8, {**HOST, "AWS_SECRET_ACCESS_KEY": "x", "OLLAMA_API_KEY": "y", "CUDA_VISIBLE_DEVICES": "1"})

    assert sorted(found(machine).values) == ["CUDA_VISIBLE_DEVICES", "HOME", "OLLAMA_API_KEY", "OLLAMA_HOST"]


def test_a_process_shows_nothing_of_it_by_accident(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    machine.process(8, {"OLLAMA_API_KEY": "secret"})

    assert "secret" not in repr(found(machine))


@pytest.mark.parametrize("name", ["python3", "llama-server", "ollama-webui", "docker-proxy"])
def test_another_program_at_the_port_is_not_ollama(machine: Machine, name: str) -> None:
    machine.socket(LOOPBACK, 11434)
    machine.process(8, HOST, name=name)

    assert missing(machine).why is Why.NOT_THERE


def test_a_program_that_renamed_its_thread_is_told_by_its_file(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    folder = machine.process(8, HOST, name="renamed")
    (folder / "exe").symlink_to("/usr/local/bin/ollama")

    assert found(machine).values == HOST


def test_nothing_at_the_port_is_said(machine: Machine) -> None:
    machine.socket(LOOPBACK, 1)

    assert missing(machine) == Gap(Why.NOT_THERE, about="a socket at port 11434")


def test_a_process_of_somebody_else_is_not_guessed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.socket(LOOPBACK, 11434)
    folder = machine.process(8, HOST)
    scandir = os.scandir

    def closed(path: str | Path) -> object:
        if Path(path) == folder / "fd":
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr("os.scandir", closed)

    gap = missing(machine)

    assert (gap.why, gap.hint) == (Why.UNREADABLE, "sudo modelcheck audit")


def test_an_environment_that_cannot_be_read_is_said(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    folder = machine.process(8, HOST)
    (folder / "environ").unlink()
    (folder / "environ").mkdir()

    assert missing(machine).why is Why.UNREADABLE


def test_a_process_that_ends_meanwhile_is_said(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    folder = machine.process(8, HOST)
    (folder / "environ").unlink()

    assert missing(machine).why is Why.NOT_THERE


def test_without_a_table_of_sockets_the_server_is_told_by_name_and_port(machine: Machine) -> None:
    machine.process(7, {"OLLAMA_HOST": ":11435"})
    machine.process(8, HOST)
    machine.process(9, HOST, verb="list")

    assert found(machine).values == HOST
    assert missing(machine, 11436).why is Why.NOT_THERE


def test_a_container_is_told(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    folder = machine.process(8, HOST)
    assert not found(machine).contained

    (folder / "cgroup").write_text("0::/system.slice/docker-0123.scope\n")
    assert found(machine).contained

    (folder / "cgroup").unlink()
    assert not found(machine).contained


def test_a_huge_environment_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.serving.process.MOST_BYTES", 1 << 10)
    machine.socket(LOOPBACK, 11434)
    machine.process(8, {**HOST, "PAD": "x" * 2000})

    assert missing(machine).why is Why.UNREADABLE


def test_junk_in_an_environment_is_borne(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    folder = machine.process(8, {})
    (folder / "environ").write_bytes(b"\xff\xfe\0=\0OLLAMA_HOST\0OLLAMA_HOST=\x1b[2J\0OLLAMA_HOST=second\0\0")

    assert found(machine).values == {"OLLAMA_HOST": ""}


def test_an_empty_machine_has_no_process(machine: Machine) -> None:
    assert missing(machine).why is Why.NOT_THERE


def test_a_process_without_open_files_is_passed_over(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    machine.write("proc/5/comm", "ollama\n")
    machine.write("proc/6/comm/not-a-file", "")

    assert missing(machine).why is Why.NOT_THERE
