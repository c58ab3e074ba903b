"""NVIDIA cards, through the real binding over a small library that is built here."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pynvml
import pytest

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.nvidia import MOST_CARDS, gpus

GIB = 1 << 30
ACCESS = Access(root=Path.cwd(), providers=KnownProviders(as_of="2026-01-01", providers=()))
FIRST = Gpu(
    index=0,
    name="NVIDIA GeForce RTX 3090",
    bus="00000000:01:00.0",
    total=24 * GIB,
    free=23 * GIB,
    uuid="GPU-00000000-0000-0000-0000-000000000000",
)
LOST = Gap(Why.UNREADABLE, about="NVML: GpuIsLost")
FORBIDDEN = Gap(Why.NOT_RECORDED, about="NVML: NoPermission")

Scenario = Callable[[str], ctypes.CDLL]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if sys.platform == "win32":
        pytest.skip("the binding takes NVML from System32 here")
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        pytest.skip("no C compiler here")
    built = tmp_path_factory.mktemp("nvml") / "libnvidia-ml.so.1"
    source = Path(__file__).with_name("nvml_library.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, source], check=True, timeout=60)
    return built


@pytest.fixture
def scenario(library: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """Let the binding load the built library where it asks for NVIDIA's; all else of it stays as it is."""
    loaded = ctypes.CDLL(str(library))

    def cdll(name: str) -> ctypes.CDLL:
        assert name == "libnvidia-ml.so.1"
        return loaded

    monkeypatch.setattr(pynvml, "CDLL", cdll)
    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})

    def choose(name: str) -> ctypes.CDLL:
        monkeypatch.setenv("MODELCHECK_NVML", name)
        return loaded

    return choose


def sessions(library: ctypes.CDLL) -> int:
    return ctypes.c_int.in_dll(library, "sessions").value


def unseen() -> Gap:
    with pytest.raises(Unseen) as raised:
        gpus(ACCESS)
    return raised.value.gap


def test_a_card_is_described_as_nvml_describes_it(scenario: Scenario) -> None:
    library = scenario("healthy")
    assert gpus(ACCESS) == Gpus(driver="570.86.15", cards=(FIRST,))
    assert sessions(library) == 0


def test_every_card_has_its_own_description(scenario: Scenario) -> None:
    scenario("two cards")
    first, second = gpus(ACCESS).cards
    assert first == FIRST
    assert (second.index, second.name, second.bus) == (1, "NVIDIA GeForce RTX 4090", "00000000:41:00.0")
    assert second.uuid == "GPU-00000000-0000-0000-0000-000000000001"


def test_no_card_is_a_fact_and_no_gap(scenario: Scenario) -> None:
    scenario("no card")
    assert gpus(ACCESS) == Gpus(driver="570.86.15", cards=())


def test_what_may_not_be_asked_is_a_gap_and_the_rest_is_there(scenario: Scenario) -> None:
    scenario("no permission")
    seen = gpus(ACCESS)
    assert seen.driver == FORBIDDEN
    assert seen.cards[0].uuid == FORBIDDEN
    assert seen.cards[0].name == FIRST.name


def test_memory_that_is_not_shown_is_a_gap(scenario: Scenario) -> None:
    scenario("no memory info")
    (card,) = gpus(ACCESS).cards
    assert card.total == card.free == Gap(Why.NOT_RECORDED, about="NVML: NotSupported")
    assert card.name == FIRST.name


@pytest.mark.parametrize("when", ["lost", "lost after a while"])
def test_a_lost_card_is_listed_with_gaps_beside_the_one_that_works(scenario: Scenario, when: str) -> None:
    library = scenario(when)
    assert gpus(ACCESS).cards == (FIRST, Gpu(1, LOST, LOST, LOST, LOST, LOST))
    assert sessions(library) == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("hostile name", "RTX�[2J 3090�::error::�"),
        ("binary name", Gap(Why.UNREADABLE, about="NVML: not UTF-8")),
        ("empty name", Gap(Why.NOT_RECORDED)),
    ],
)
def test_a_name_is_made_printable_or_is_a_gap(scenario: Scenario, name: str, shown: str | Gap) -> None:
    scenario(name)
    assert gpus(ACCESS).cards[0].name == shown


def test_a_count_that_cannot_be_is_cut_off(scenario: Scenario) -> None:
    scenario("countless")
    assert len(gpus(ACCESS).cards) == MOST_CARDS


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        ("driver not loaded", Gap(Why.NOT_INSTALLED, about="NVIDIA driver", hint="nvidia-smi")),
        ("refused", FORBIDDEN),
        ("unheard of", Gap(Why.UNREADABLE, about="NVML: NVMLError")),
    ],
)
def test_a_driver_that_does_not_answer_is_a_gap(scenario: Scenario, name: str, gap: Gap) -> None:
    library = scenario(name)
    assert unseen() == gap
    assert sessions(library) == 0


def test_a_driver_updated_under_a_running_system_asks_for_a_restart(scenario: Scenario) -> None:
    scenario("driver updated")
    assert unseen().hint == "reboot"


def test_a_machine_without_the_library_has_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def cdll(name: str) -> ctypes.CDLL:
        raise OSError(name)

    monkeypatch.setattr(pynvml, "CDLL", cdll)
    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    assert unseen() == Gap(Why.NOT_INSTALLED, about="NVIDIA driver", hint="nvidia-smi")


def test_a_library_too_old_to_be_asked_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlLib", object())
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    assert unseen() == Gap(Why.NOT_RECORDED, about="NVML: FunctionNotFound")


def test_a_machine_without_the_binding_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert unseen() == Gap(Why.NOT_INSTALLED, about="nvidia-ml-py", hint="pip install nvidia-ml-py")


def test_the_binding_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, modelcheck.probes.nvidia; sys.exit('pynvml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=os.environ, timeout=60).returncode == 0
