"""The probes of serving as a survey runs them: every server its own setup and exposure, every failure in its place."""

from pathlib import Path
from typing import Any

import pytest
from linux_machine import LOOPBACK, Machine
from native_project import access_to

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Contact, Contacts, ContactState
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers, Exposure, Origin, ServerSetup, Setting
from modelcheck.probes.access import Access
from modelcheck.probes.serving import exposures, models_folder, setups
from modelcheck.probes.serving.roots import Roots

ONE, TWO = "http://127.0.0.1:11434", "http://127.0.0.1:11435"
FIRST = Server(ONE, Engine.OLLAMA, ONE)
LLAMA = Server("http://127.0.0.1:8080", Engine.OPENAI_LOCAL, "http://127.0.0.1:8080")
LAN = Server("lan", Engine.OLLAMA, "not official")
GAP = Gap(Why.CRASHED, about="planted")


@pytest.fixture
def access(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Access:
    """What a user allows, on a machine that is a folder."""

    def of(_: Access) -> Roots:
        return machine.roots

    monkeypatch.setattr(Roots, "of", of)
    return given(machine)


def given(machine: Machine, **more: Any) -> Access:
    return access_to(machine.root, home=machine.roots.home, named={"lan": "http://192.168.1.7:1"}, **more)


def setup_of(access: Access, *servers: Server, containers: Containers | Gap = GAP) -> list[ServerSetup | Gap]:
    found = setups(access, Servers(servers), containers).servers
    return [found[one] for one in found]


def test_each_server_has_the_settings_of_its_own_process(access: Access, machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434, 1)
    machine.socket(LOOPBACK, 11435, 2)
    machine.process(7, {"OLLAMA_MAX_QUEUE": "1"}, inode=1)
    machine.process(8, {"OLLAMA_MAX_QUEUE": "2"}, inode=2)

    found = setup_of(access, FIRST, Server(TWO, Engine.OLLAMA, TWO))

    assert [one.settings[0].value for one in found if isinstance(one, ServerSetup)] == ["1", "2"]


def test_another_engine_has_no_settings_of_ollamas(access: Access) -> None:
    assert setup_of(access, LLAMA) == []


def test_a_server_that_may_not_be_asked_is_not_looked_at(access: Access) -> None:
    (found,) = setup_of(access, LAN)

    assert isinstance(found, Gap)
    assert found.why is Why.NOT_TRUSTED
    assert exposures(access, Servers((LAN,)), GAP, GAP).servers["lan"] == found


def test_settings_are_read_also_where_nobody_may_be_asked(machine: Machine, access: Access) -> None:
    machine.write("etc/systemd/system/ollama.service", "[Service]\nEnvironment=OLLAMA_MAX_QUEUE=1\n")

    (found,) = setup_of(given(machine, network=False), FIRST)

    assert isinstance(found, ServerSetup)
    assert [one.value for one in found.settings] == ["1"]


def test_a_service_of_compose_is_one_of_its_origins(access: Access) -> None:
    inside = Setting("OLLAMA_MAX_QUEUE", "3", Origin.COMPOSE)
    here = Container("a", "", (), (inside,), gpu=False, place=Place("c"), serves=(ONE,), unseen=(GAP,))
    other = Container("b", "", (), (inside, inside), gpu=False, place=Place("c"), serves=(TWO,))

    (found,) = setup_of(access, FIRST, containers=Containers((here, other)))

    assert isinstance(found, ServerSetup)
    assert found.settings == (inside,)
    assert GAP in found.unseen


def test_a_unit_of_another_port_is_the_only_servers_and_no_ones_else(access: Access, machine: Machine) -> None:
    machine.write("etc/systemd/system/ollama.service", "[Service]\nEnvironment=OLLAMA_HOST=:9\n")
    elsewhere = Server(TWO, Engine.OLLAMA, TWO)

    (alone,) = setup_of(access, FIRST, LLAMA, LAN)[:1]
    (beside,) = setup_of(access, FIRST, elsewhere)[:1]

    assert isinstance(alone, ServerSetup)
    assert isinstance(beside, ServerSetup)
    assert (len(alone.settings), len(beside.settings)) == (1, 0)


def test_exposure_rests_on_setup_and_contact_where_they_were_seen(access: Access, machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    contacts = Contacts(Seen.of({ONE: Contact(ContactState.REFUSED)}))
    servers = Servers((FIRST, LLAMA))

    found = exposures(access, servers, setups(access, servers, GAP), contacts).servers

    first, other = found[ONE], found[LLAMA.id]
    assert isinstance(first, Exposure)
    assert isinstance(other, Exposure)
    assert first.bound == ("loopback",)
    assert isinstance(other.bound, Gap)


def test_the_folder_of_models_is_told_to_probes_as_it_is(access: Access, machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    machine.process(7, {"OLLAMA_MODELS": "/data/models of mine"})

    assert models_folder(access, FIRST) == Path("/data/models of mine")
    assert models_folder(access, Server(TWO, Engine.OLLAMA, TWO)) is None
    assert models_folder(access, LLAMA) is None
    assert models_folder(access, LAN) is None


def test_this_machine_is_looked_at_from_its_root(tmp_path: Path) -> None:
    roots = Roots.of(access_to(tmp_path, home=tmp_path, environ={"A": "b"}))

    assert (roots.proc, roots.home, roots.environ) == (Path("/proc"), tmp_path, {"A": "b"})
