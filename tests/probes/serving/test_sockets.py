"""The kernel's table of sockets: who listens at a port, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linux_machine import EVERYWHERE, HEADER, LAN, LOOPBACK, Machine

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.serving.sockets import Listener, listeners

SIX = {
    "loopback": "00000000000000000000000001000000",
    "everywhere": "0" * 32,
    "address": "000000FD000000000000000002000000",
    "loopback in the other family": "0000000000000000FFFF00000100007F",
}


def kinds(machine: Machine, port: int = 11434) -> list[str]:
    found = listeners(machine.roots.proc, port)
    assert not isinstance(found, Gap)
    return [one.address for one in found]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (LOOPBACK, "loopback"),
        ("0200007F", "loopback"),
        (EVERYWHERE, "everywhere"),
        (LAN, "address"),
        *((address, name.split()[0]) for name, address in SIX.items()),
    ],
)
def test_an_address_is_told_by_its_kind(machine: Machine, address: str, kind: str) -> None:
    machine.socket(address, 11434, 42)

    assert listeners(machine.roots.proc, 11434) == (Listener(kind, "42"),)


def test_both_families_are_read(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)
    machine.socket(SIX["everywhere"], 11434)

    assert kinds(machine) == ["loopback", "everywhere"]


def test_other_ports_and_other_states_do_not_listen_there(machine: Machine) -> None:
    machine.socket(EVERYWHERE, 11435)
    machine.socket(EVERYWHERE, 11434, state="01")

    assert kinds(machine) == []


def test_no_table_is_a_gap(machine: Machine) -> None:
    assert listeners(machine.roots.proc, 11434) == Gap(Why.NOT_THERE, about="the table of sockets")


@pytest.mark.parametrize(
    "row", ["", "x", "0: zz:2CAA 0 0A", "0: 0100007F:2CAA 0:0 0A 0 0 0 0 0", "0: 01:2CAA a 0A a a a a a a"]
)
def test_a_row_that_is_none_is_passed_over(machine: Machine, row: str) -> None:
    machine.write("proc/net/tcp", HEADER + row + "\n")

    assert kinds(machine) == []


def test_what_is_no_text_is_a_gap(machine: Machine) -> None:
    machine.write("proc/net/tcp", b"\xff\xfe\n")

    assert isinstance(listeners(machine.roots.proc, 11434), Gap)


@given(st.binary(max_size=2000), st.integers(0, 65535))
def test_any_bytes_are_borne(tmp_path_factory: pytest.TempPathFactory, data: bytes, port: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "hostile-sockets"
    (folder / "net").mkdir(parents=True, exist_ok=True)
    (folder / "net" / "tcp").write_bytes(data)

    found = listeners(folder, port)

    assert isinstance(found, Gap) or all(isinstance(one, Listener) for one in found)
