"""First contact: the side, what is installed, where else an Ollama answers; nothing is started, nothing opened."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linux_machine import Machine
from native_project import access_to

from modelcheck.core.asked import Server, Servers
from modelcheck.core.diagnosis import FirstContact, Installed, Side
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Contact, Contacts, ContactState
from modelcheck.core.project import Configuration, Engine, Reading
from modelcheck.probes import diagnosis, system
from modelcheck.probes.diagnosis import first_contact, installed, side_of
from modelcheck.probes.serving.roots import LINUX, MACOS, WINDOWS, Roots
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

UNSEEN = Gap(Why.NOT_ASKED)
URL = "http://127.0.0.1:9"
WSL2 = "Linux version 5.15.167.4-microsoft-standard-WSL2 (root@x)"
WSL1 = "Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    root = tmp_path / "machine"
    root.mkdir()
    monkeypatch.setattr(system, "ROOT", root)
    monkeypatch.setattr(sys, "platform", "linux")
    return Machine(root)


def roots(machine: Machine, kind: str = LINUX, **environ: str) -> Roots:
    return Roots(kind, machine.root, None, environ)


@pytest.mark.parametrize(
    ("files", "side"),
    [
        ({}, Side.LINUX),
        ({"proc/version": "Linux version 6.8.0-generic"}, Side.LINUX),
        ({"proc/version": WSL2}, Side.WSL2),
        ({"proc/version": WSL1}, Side.WSL1),
        ({".dockerenv": ""}, Side.CONTAINER),
        ({"run/.containerenv": "", "proc/version": WSL2}, Side.CONTAINER),
        ({"proc/1/cgroup": "0::/kubepods/x"}, Side.CONTAINER),
        ({"proc/1/cgroup": "0::/init.scope"}, Side.LINUX),
    ],
)
def test_the_side_of_linux_is_told_by_what_it_leaves(machine: Machine, files: dict[str, str], side: Side) -> None:
    for path, text in files.items():
        machine.write(path, text)

    assert side_of(roots(machine)) is side


@pytest.mark.parametrize(("kind", "side"), [(WINDOWS, Side.WINDOWS), (MACOS, Side.MACOS), ("freebsd14", Side.OTHER)])
def test_another_system_is_its_own_side_whatever_files_it_has(machine: Machine, kind: str, side: Side) -> None:
    machine.write(".dockerenv", "")

    assert side_of(roots(machine, kind)) is side


@given(st.binary(max_size=200))
def test_whatever_a_kernel_calls_itself_a_side_is_told(text: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        small = Machine(Path(folder))
        small.write("proc/version", text)
        assert side_of(roots(small)) in {Side.LINUX, Side.WSL1, Side.WSL2}


def test_without_anything_nothing_is_installed(machine: Machine) -> None:
    for kind in (LINUX, WINDOWS, MACOS, "freebsd14"):
        assert installed(roots(machine, kind, SYSTEMROOT=str(machine.root / "none"))) == Installed()


@pytest.mark.parametrize("place", ["usr/local/bin/ollama", "usr/bin/ollama", "snap/bin/ollama"])
def test_a_program_is_found_where_installers_put_it(machine: Machine, place: str) -> None:
    machine.write(place, "")

    assert installed(roots(machine)) == Installed(program=True)


def test_a_program_is_found_in_path_as_a_file_alone(machine: Machine) -> None:
    folder = machine.root / "tools"
    folder.mkdir()
    path = f":relative:{machine.root / 'gone'}:{folder}"
    assert installed(roots(machine, PATH=path)) == Installed()
    (folder / "ollama").mkdir()
    assert installed(roots(machine, PATH=path)) == Installed()
    (folder / "ollama").rmdir()
    (folder / "ollama").touch()
    assert installed(roots(machine, PATH=path)) == Installed(program=True)


def test_a_relative_folder_of_path_is_no_place_of_a_program(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ollama").touch()
    monkeypatch.chdir(tmp_path)

    assert installed(roots(machine, PATH=".::bin")) == Installed()


def test_a_server_of_windows_in_path_is_never_asked(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def is_there(path: Path, *, folder: bool = False) -> bool:
        looked.append(str(path))
        return folder

    monkeypatch.setattr(diagnosis, "_is_there", is_there)
    installed(roots(machine, PATH="//server/share:/usr/bin"))

    assert looked
    assert not any(path.startswith("//server") for path in looked)


def test_in_wsl_a_program_of_windows_is_one_of_the_other_side(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"/mnt/c/Users/anna/AppData/Local/Programs/Ollama/ollama.exe"}

    def is_there(path: Path, *, folder: bool = False) -> bool:
        return not folder and path.as_posix() in there

    monkeypatch.setattr(diagnosis, "_is_there", is_there)
    path = "/usr/bin:/mnt/c/Users/anna/AppData/Local/Programs/Ollama"

    assert installed(roots(machine, PATH=path)) == Installed(other_side=True)


def test_a_unit_of_systemd_counts(machine: Machine) -> None:
    machine.write("etc/systemd/system/ollama.service", "[Service]\nExecStart=/usr/local/bin/ollama serve\n")

    assert installed(roots(machine)) == Installed(unit=True)
    assert installed(roots(machine, MACOS)) == Installed()


def test_the_application_of_macos_is_a_folder(machine: Machine) -> None:
    machine.write("Applications/Ollama.app/Contents/Info.plist", "")

    assert installed(roots(machine, MACOS)) == Installed(app=True)


def test_windows_has_program_application_and_perhaps_wsl(machine: Machine) -> None:
    local, windows = machine.root / "Local", machine.root / "Windows"
    environ = {"LOCALAPPDATA": str(local), "SystemRoot": str(windows)}
    machine.write("Windows/System32/wsl.exe", "")
    assert installed(roots(machine, WINDOWS, **environ)) == Installed(other_side=True)
    machine.write("Local/Programs/Ollama/ollama app.exe", "")
    machine.write("Local/Programs/Ollama/ollama.exe", "")
    assert installed(roots(machine, WINDOWS, **environ)) == Installed(program=True, app=True, other_side=True)
    in_path = {"PATH": f"{local / 'Programs' / 'Ollama'};", "SYSTEMROOT": "none"}
    assert installed(roots(machine, WINDOWS, **in_path)) == Installed(program=True)


def first(
    root: Path, state: ContactState | None, *, url: str = URL, reading: Reading = Reading.READ, **allowed: Any
) -> FirstContact:
    """Look after one contact with one server."""
    contact = UNSEEN if state is None else Contact(state)
    return first_contact(
        access_to(root, **allowed),
        Servers((Server(url, Engine.OLLAMA, url), Server("x", Engine.OPENAI_LOCAL, "x"))),
        Contacts(Seen[str, Contact].of({url: contact, "x": Contact(ContactState.REFUSED)})),
        Configuration("config/models_config.json", reading, (), (), 0, (), ()),
    )


def test_silent_and_taken_servers_of_this_machine_are_told_apart(machine: Machine, tmp_path: Path) -> None:
    assert first(tmp_path, ContactState.REFUSED).silent == (URL,)
    assert first(tmp_path, ContactState.TIMED_OUT).silent == (URL,)
    assert first(tmp_path, ContactState.NOT_OLLAMA).taken == (URL,)
    for state in (ContactState.ANSWERED, None):
        found = first(tmp_path, state)
        assert (found.silent, found.taken, found.elsewhere) == ((), (), ())
    assert first(tmp_path, ContactState.REFUSED, url="http://localhost:9").silent == (URL,)


def test_a_server_of_another_machine_is_nobodys_to_start_here(machine: Machine, tmp_path: Path) -> None:
    found = first(tmp_path, ContactState.REFUSED, endpoints={"ollama": "http://10.0.0.5:1"})

    assert (found.silent, found.elsewhere) == ((), ())


def test_what_was_not_seen_leaves_nothing_to_say(machine: Machine, tmp_path: Path) -> None:
    found = first_contact(access_to(tmp_path), UNSEEN, UNSEEN, UNSEEN)

    assert found == FirstContact(Side.LINUX, Installed())


def test_an_ollama_at_the_port_of_the_shell_or_of_a_unit_is_found(machine: Machine, tmp_path: Path) -> None:
    with Stack(Scenario.named("workstation")) as stack:
        port = stack.ollama_url.rpartition(":")[2]
        by_shell = first(tmp_path, ContactState.REFUSED, environ={"OLLAMA_HOST": f"0.0.0.0:{port}"})
        assert by_shell.elsewhere == (stack.ollama_url,)
        assert by_shell.variable == stack.ollama_url
        machine.write("etc/systemd/system/ollama.service", f"[Service]\nEnvironment=OLLAMA_HOST=0.0.0.0:{port}\n")
        assert first(tmp_path, ContactState.REFUSED).elsewhere == (stack.ollama_url,)
        assert first(tmp_path, ContactState.REFUSED, url=stack.ollama_url).elsewhere == ()
        asked = len(stack.requests)
        assert first(tmp_path, ContactState.REFUSED, network=False).elsewhere == ()
        assert first(tmp_path, ContactState.ANSWERED).elsewhere == ()
        assert len(stack.requests) == asked


def test_what_answers_elsewhere_and_is_no_ollama_is_not_named(machine: Machine, tmp_path: Path) -> None:
    with Stack(Scenario.named("workstation")) as stack:
        found = first(tmp_path, ContactState.REFUSED, environ={"OLLAMA_HOST": stack.anthropic_url})

        assert found.elsewhere == ()


@pytest.mark.parametrize("value", ["", "http://u:secret@x", "http://10.0.0.5:1", "box"])
def test_the_shells_address_is_kept_where_it_is_one_of_this_machine(
    machine: Machine, tmp_path: Path, value: str
) -> None:
    found = first(tmp_path, ContactState.REFUSED, environ={"OLLAMA_HOST": value})

    assert found.variable == ""
    assert not any(private in repr(found) for private in ("secret", "10.0.0.5", "box"))


def test_every_contact_stands_in_the_ledger(machine: Machine, tmp_path: Path) -> None:
    access = access_to(tmp_path, environ={"OLLAMA_HOST": "127.0.0.1:1"})
    servers = Servers((Server(URL, Engine.OLLAMA, URL),))
    refused = Contacts(Seen[str, Contact].of({URL: Contact(ContactState.REFUSED)}))
    first_contact(access, servers, refused, UNSEEN)

    assert {one.host for one in access.book.closed().contacts} == {"127.0.0.1:11434", "127.0.0.1:1"}


def test_names_are_looked_for_where_the_configuration_is_missing(machine: Machine, tmp_path: Path) -> None:
    for path in ("models.json", "configs/models.json", ".aider.conf.yml", "unknown.yaml"):
        file = tmp_path / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    found = first(tmp_path / "project", None, reading=Reading.MISSING)

    assert (found.native, found.foreign) == (("models.json", "configs/models.json"), (".aider.conf.yml",))
    found = first(tmp_path / "project", None)
    assert (found.native, found.foreign) == ((), ())


def test_a_link_out_of_the_project_and_a_folder_are_no_files_of_it(machine: Machine, tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "config" / "models.json").mkdir(parents=True)
    (tmp_path / "outside.json").touch()
    (root / "models.json").symlink_to(tmp_path / "outside.json")

    assert first(root, None, reading=Reading.MISSING).native == ()
