"""NVIDIA cards, through the real binding over a small library that is built here."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pynvml
import pytest
from healthy_facts import EXPECTATIONS, HEALTHY, TODAY

from modelcheck.app.tables import tables
from modelcheck.checks.ollama.card import card_used
from modelcheck.core.check import Outcome, Verdict, verdict
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import MOST_CARDS, Gpu, Gpus, Holder, Link, Sample
from modelcheck.core.intent import Expectations
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.nvidia import gpus
from modelcheck.probes.nvidia.holders import program

GIB = 1 << 30
ACCESS = Access(root=Path.cwd(), providers=KnownProviders(as_of="2026-01-01", providers=()))
LOST = Gap(Why.UNREADABLE, about="the card (NVML: GpuIsLost)")
FORBIDDEN = Gap(Why.NOT_RECORDED, about="the card (NVML: NoPermission)")
NOT_SUPPORTED = Gap(Why.NOT_RECORDED, about="the card (NVML: NotSupported)")
NOT_FOUND = Gap(Why.NOT_RECORDED, about="the card (NVML: FunctionNotFound)")
OLLAMA = Holder("ollama", 20 * GIB)
SAMPLE = Sample(
    utilisation=96,
    temperature=66,
    slowdown_at=95,
    memory_temperature=NOT_SUPPORTED,
    power_mw=318_000,
    limit_mw=290_000,
    default_limit_mw=350_000,
    clock_mhz=1695,
    most_clock_mhz=2100,
    throttles=("power-cap",),
    link=Link(4, 4, 16, 16),
)
FIRST = Gpu(
    index=0,
    name="NVIDIA GeForce RTX 3090",
    bus="00000000:01:00.0",
    total=24 * GIB,
    free=23 * GIB,
    uuid="GPU-00000000-0000-0000-0000-000000000000",
    holders=(OLLAMA,),
    capability="8.6",
    sample=SAMPLE,
)

Scenario = Callable[[str], ctypes.CDLL]


def build(folder: Path, *flags: str) -> Path:
    if sys.platform == "win32":
        pytest.skip("the binding takes NVML from System32 here")
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        pytest.skip("no C compiler here")
    built = folder / "libnvidia-ml.so.1"
    source = Path(__file__).with_name("nvml_library.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-Wall", "-Werror", *flags, "-o", built, source], check=True, timeout=60
    )
    return built


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="session")
def old_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that lacks the functions which came with later drivers."""
    return build(tmp_path_factory.mktemp("old-nvml"), "-DOLD")


@pytest.fixture
def scenario(library: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    return loading(library, monkeypatch)


@pytest.fixture
def old(old_library: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    return loading(old_library, monkeypatch)


def loading(library: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
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


def values(record: Sample | Link) -> list[object]:
    """What it holds, without the records inside it."""
    return [value for value in msgspec.structs.astuple(record) if not isinstance(value, Link)]


def seen(scenario: Scenario, name: str) -> Gpu:
    """The first card of a scenario."""
    scenario(name)
    return gpus(ACCESS).cards[0]


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
    assert (second.uuid, second.capability) == ("GPU-00000000-0000-0000-0000-000000000001", "8.9")


def agreement(shown: Gpus, device: str) -> Verdict:
    """What OLL-04 says of the healthy stack with these cards, where the project means one of them."""
    meant = msgspec.structs.replace(EXPECTATIONS, device=device)
    return verdict(card_used, HEALTHY.merged({**tables(TODAY), Gpus: shown, Expectations: meant}))


def test_a_wrong_index_with_one_card_is_explained_and_costs_nothing(scenario: Scenario) -> None:
    scenario("healthy")
    judged = agreement(gpus(ACCESS), "1")
    assert (judged.outcome, judged.findings[-1].code) == (Outcome.PASS, "only-card")


@pytest.mark.parametrize(("device", "code"), [("1", "agrees"), ("0", "other-card")])
def test_of_two_cards_the_one_in_use_is_told_from_the_one_that_is_meant(
    scenario: Scenario, device: str, code: str
) -> None:
    scenario("second in use")
    assert agreement(gpus(ACCESS), device).findings[-1].code == code


def test_no_card_is_a_fact_and_no_gap(scenario: Scenario) -> None:
    scenario("no card")
    assert gpus(ACCESS) == Gpus(driver="570.86.15", cards=())


def test_what_may_not_be_asked_is_a_gap_and_the_rest_is_there(scenario: Scenario) -> None:
    scenario("no permission")
    seen = gpus(ACCESS)
    assert seen.driver == FORBIDDEN
    card = seen.cards[0]
    assert card.uuid == card.holders == card.capability == FORBIDDEN
    assert set(values(card.sample)) == set(values(card.sample.link)) == {FORBIDDEN}
    assert (card.name, card.total) == (FIRST.name, FIRST.total)


def test_memory_that_is_not_shown_is_a_gap(scenario: Scenario) -> None:
    scenario("no memory info")
    (card,) = gpus(ACCESS).cards
    assert card.total == card.free == NOT_SUPPORTED
    assert card.name == FIRST.name


@pytest.mark.parametrize("when", ["lost", "lost after a while"])
def test_a_lost_card_is_listed_with_gaps_beside_the_one_that_works(scenario: Scenario, when: str) -> None:
    library = scenario(when)
    first, second = gpus(ACCESS).cards
    assert first == FIRST
    assert second == Gpu(1, LOST, LOST, LOST, LOST, LOST, LOST, LOST, lost=True)
    assert sessions(library) == 0


def test_memory_that_shows_its_temperature_is_believed_and_none_is_never_nought_degrees(scenario: Scenario) -> None:
    assert seen(scenario, "memory sensor").sample.memory_temperature == 84
    assert seen(scenario, "memory at zero").sample.memory_temperature == NOT_SUPPORTED
    assert seen(scenario, "healthy").sample.memory_temperature == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("healthy", ("power-cap",)),
        ("free", ()),
        ("hot", ("hardware", "thermal-software", "thermal-hardware", "power-brake")),
        ("odd reasons", ("idle", "application-clocks", "sync-boost", "display-clocks")),
    ],
)
def test_what_holds_the_clocks_down_is_said_in_words(scenario: Scenario, name: str, words: tuple[str, ...]) -> None:
    assert seen(scenario, name).sample.throttles == words


def test_a_poor_connection_is_shown_beside_the_best_there_could_be(scenario: Scenario) -> None:
    assert seen(scenario, "riser").sample.link == Link(1, 4, 4, 16)


def test_holders_are_programs_without_folders_and_arguments_each_once(scenario: Scenario) -> None:
    assert seen(scenario, "desktop").holders == (OLLAMA, Holder("Xorg", 200 << 20))
    assert seen(scenario, "shared").holders == (OLLAMA, Holder("ollama", 2 * GIB))
    assert seen(scenario, "idle").holders == ()


def test_a_card_that_others_use_is_told_from_one_that_is_free(scenario: Scenario) -> None:
    scenario("second in use")
    first, second = gpus(ACCESS).cards
    assert (first.holders, second.holders) == ((), (OLLAMA,))


def test_a_program_whose_name_is_not_shown_still_holds_memory(scenario: Scenario) -> None:
    assert seen(scenario, "unnamed program").holders == (Holder(FORBIDDEN, 20 * GIB),)
    not_text = Gap(Why.UNREADABLE, about="the card (NVML: not UTF-8)")
    assert seen(scenario, "program of no name").holders == (Holder(not_text, 20 * GIB),)


def test_a_list_of_holders_that_is_not_shown_makes_all_of_it_a_gap(scenario: Scenario) -> None:
    assert seen(scenario, "no shared list").holders == FORBIDDEN


def test_a_crowd_of_holders_is_more_than_is_looked_at(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario("crowd")

    def full(_size: int) -> None:
        raise MemoryError

    class Room:
        def __mul__(self, count: int) -> Callable[[], None]:
            return lambda: full(count)

    monkeypatch.setattr(pynvml, "c_nvmlProcessInfo_v3_t", Room())
    assert gpus(ACCESS).cards[0].holders == Gap(Why.TOO_MUCH, about="NVML")


def test_windows_shows_who_holds_a_card_and_not_how_much(scenario: Scenario) -> None:
    card = seen(scenario, "windows")
    unknown = Gap(Why.NOT_RECORDED, about="WDDM")
    assert card.wddm is True
    assert card.holders == (Holder("ollama.exe", unknown), Holder("Xorg", unknown))
    assert seen(scenario, "windows, computing").wddm is False
    assert seen(scenario, "healthy").wddm is None


def test_a_card_in_instances_is_named_as_such(scenario: Scenario) -> None:
    card = seen(scenario, "divided")
    assert (card.mig, card.sample.utilisation, card.total) == (True, NOT_SUPPORTED, 24 * GIB)
    assert seen(scenario, "whole").mig is False
    assert seen(scenario, "healthy").mig is None


def test_an_old_library_is_asked_in_its_own_words_and_the_rest_is_gaps(old: Scenario) -> None:
    old("healthy")
    assert gpus(ACCESS).cards == (msgspec.structs.replace(FIRST, wddm=NOT_FOUND),)


def test_an_old_binding_leaves_a_gap_that_says_how_to_renew_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario("healthy")
    monkeypatch.delattr(pynvml, "nvmlDeviceGetCurrentDriverModel")
    monkeypatch.delattr(pynvml, "nvmlDeviceGetCurrentClocksEventReasons")
    (card,) = gpus(ACCESS).cards
    assert card.sample == SAMPLE
    assert isinstance(card.wddm, Gap)
    assert card.wddm.hint == "pip install --upgrade nvidia-ml-py"


def test_no_question_is_asked_when_time_is_up(scenario: Scenario) -> None:
    library = scenario("healthy")
    late = Access(root=ACCESS.root, providers=ACCESS.providers, limit_s=-1)
    with pytest.raises(Unseen) as raised:
        gpus(late)
    assert raised.value.gap == Gap(Why.TIMED_OUT, about="NVML")
    assert sessions(library) == 0


def test_a_library_that_becomes_slow_costs_its_last_answers(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = scenario("healthy")
    ticks = iter((0.0, 0.0, 0.0, 0.0, 0.0))  # the deadline is set, and four questions are asked in time
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks, 1e9))
    seen = gpus(ACCESS)
    assert seen.driver == Gap(Why.TIMED_OUT, about="NVML")
    assert seen.cards[0].name == FIRST.name
    assert seen.cards[0].sample.power_mw == Gap(Why.TIMED_OUT, about="NVML")
    assert sessions(library) == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ollama", "ollama"),
        ("/usr/bin/python3 /home/jean/secret/train.py", "python3"),
        ("/opt/google/chrome/chrome --type=gpu --key=/a/b", "chrome"),
        ("/home/jean dupont/bin/llama-server", "llama-server"),
        ("C:\\Program Files\\Ollama\\ollama.exe", "ollama.exe"),
        ("VLLM::EngineCore", "VLLM::EngineCore"),
        ("/opt/\x1b[2Jevil", "\N{REPLACEMENT CHARACTER}[2Jevil"),
        ("x" * 500, "x" * 39 + "…"),
        ("/", Gap(Why.NOT_RECORDED)),
        ("  ", Gap(Why.NOT_RECORDED)),
    ],
)
def test_a_program_is_known_by_its_bare_name(text: str, name: str | Gap) -> None:
    assert program(text) == name


def test_a_card_that_may_not_be_asked_is_not_lost(scenario: Scenario) -> None:
    scenario("forbidden card")
    first, second = gpus(ACCESS).cards
    assert first == FIRST
    assert (second.name, second.holders, second.lost) == (FORBIDDEN, FORBIDDEN, False)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("hostile name", "RTX�[2J 3090�::error::�"),
        ("binary name", Gap(Why.UNREADABLE, about="the card (NVML: not UTF-8)")),
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
        ("unheard of", Gap(Why.UNREADABLE, about="the card (NVML: NVMLError)")),
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
    assert unseen() == NOT_FOUND


def test_a_machine_without_the_binding_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert unseen() == Gap(Why.NOT_INSTALLED, about="nvidia-ml-py", hint="pip install nvidia-ml-py")


def test_the_binding_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, modelcheck.probes.nvidia; sys.exit('pynvml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=os.environ, timeout=60).returncode == 0
