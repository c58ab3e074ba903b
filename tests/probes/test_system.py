"""The kind of machine: its system, whether it drives a screen, whose graphics it computes on, its memory."""

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Platform
from modelcheck.core.tables import KnownProviders
from modelcheck.probes import system
from modelcheck.probes.access import Access
from modelcheck.probes.system import platform

GIB = 1 << 30


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty root folder in place of this machine's."""
    monkeypatch.setattr(system, "ROOT", tmp_path)
    return tmp_path


def seen(monkeypatch: pytest.MonkeyPatch, name: str, environ: Mapping[str, str] | None = None) -> Platform:
    monkeypatch.setattr(sys, "platform", name)
    providers = KnownProviders(as_of="2026-01-01", providers=())
    return platform(Access(root=Path.cwd(), providers=providers, environ=environ or {}))


def lay(root: Path, *paths: str, text: str = "") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def plug(root: Path, vendor: str, kind: str, slot: str = "0000:01:00.0") -> None:
    lay(root, f"sys/bus/pci/devices/{slot}/vendor", text=f"{vendor}\n")
    lay(root, f"sys/bus/pci/devices/{slot}/class", text=f"{kind}\n")


@pytest.mark.parametrize(
    ("name", "environ", "shown", "desktop"),
    [
        ("linux", {}, "Linux", False),
        ("linux", {"DISPLAY": ""}, "Linux", False),
        ("linux", {"DISPLAY": ":0"}, "Linux", True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, "Linux", True),
        ("win32", {}, "Windows", True),
        ("darwin", {}, "Darwin", True),
        ("freebsd14", {"DISPLAY": ":0"}, "freebsd14", NOT_RECORDED),
    ],
)
def test_the_system_and_its_screen_are_told(
    monkeypatch: pytest.MonkeyPatch, name: str, environ: dict[str, str], shown: str, desktop: bool | Gap
) -> None:
    found = seen(monkeypatch, name, environ)

    assert (found.system, found.desktop) == (shown, desktop)


@pytest.mark.parametrize(
    "path", ["dev/nvidiactl", "dev/nvidia0", "proc/driver/nvidia/version", "usr/lib/wsl/lib/libnvidia-ml.so.1"]
)
def test_a_driver_of_nvidia_is_told_by_what_it_leaves(root: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    lay(root, path)

    assert seen(monkeypatch, "linux").graphics == "nvidia"


def test_a_card_whose_driver_does_not_run_is_still_nvidias(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug(root, "0x10de", "0x030000")
    lay(root, "dev/kfd", "sys/module/amdgpu/version")

    assert seen(monkeypatch, "linux").graphics == "nvidia"


def test_graphics_of_amd_are_proven_by_their_compute_device_where_no_card_of_nvidia_is(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug(root, "0x10de", "0x0c0330")  # a USB controller of NVIDIA's
    plug(root, "0x1002", "0x030000", "0000:02:00.0")
    assert seen(monkeypatch, "linux").graphics == NOT_RECORDED

    lay(root, "dev/kfd")
    assert seen(monkeypatch, "linux").graphics == NOT_RECORDED

    lay(root, "sys/module/amdgpu/version")
    assert seen(monkeypatch, "linux").graphics == "amd"


def test_graphics_of_amd_are_not_proven_where_devices_are_not_shown(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(root, "dev/kfd", "sys/module/amdgpu/version")

    assert seen(monkeypatch, "linux").graphics == NOT_RECORDED


def test_a_device_that_cannot_be_read_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "sys/bus/pci/devices/0000:01:00.0").mkdir(parents=True)

    assert seen(monkeypatch, "linux").graphics == NOT_RECORDED


def test_windows_has_the_driver_in_its_own_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"SYSTEMROOT": str(root)}
    assert seen(monkeypatch, "win32", environ).graphics == NOT_RECORDED

    lay(root, "System32/nvml.dll")
    assert seen(monkeypatch, "win32", environ).graphics == "nvidia"


class Kernel:
    """What macOS tells: numbers and texts by their names."""

    def __init__(self, **told: int | bytes) -> None:
        self.told = told

    def sysctlbyname(self, name: bytes, value: Any, _size: Any, _new: None, _length: int) -> int:
        answer = self.told.get(name.decode().replace(".", "_"))
        if answer is None:
            return -1
        if isinstance(answer, int):
            value._obj.value = answer
        else:
            value.value = answer
        return 0


def loading(kernel: object) -> Callable[[None], object]:
    def load(_name: None) -> object:
        return kernel

    return load


def test_a_chip_of_apple_is_told_by_the_kernel_with_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(hw_optional_arm64=1, hw_memsize=64 * GIB, machdep_cpu_brand_string=b"Apple M2 Max")
    monkeypatch.setattr(ctypes, "CDLL", loading(kernel))

    assert seen(monkeypatch, "darwin") == Platform(
        "Darwin", desktop=True, graphics="apple", memory=64 * GIB, chip="Apple M2 Max"
    )


@pytest.mark.parametrize("kernel", [Kernel(), Kernel(hw_optional_arm64=0), object()])
def test_a_mac_with_another_chip_or_a_silent_kernel_is_not_taken_for_one(
    monkeypatch: pytest.MonkeyPatch, kernel: object
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", loading(kernel))
    found = seen(monkeypatch, "darwin")

    assert (found.graphics, found.chip) == (NOT_RECORDED, NOT_RECORDED)
    assert found.memory == Gap(Why.NOT_RECORDED, about="hw.memsize")


def test_main_memory_is_counted_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__, raising=False)

    assert seen(monkeypatch, "linux").memory == seen(monkeypatch, "freebsd14").memory == 4_096_000


def test_main_memory_that_the_system_does_not_tell_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_name: str) -> int:
        raise ValueError

    monkeypatch.setattr(os, "sysconf", unknown, raising=False)
    assert seen(monkeypatch, "linux").memory == NOT_RECORDED

    monkeypatch.delattr(os, "sysconf")
    assert seen(monkeypatch, "linux").memory == NOT_RECORDED


@pytest.mark.parametrize(("answered", "memory"), [(1, 32 * GIB), (0, NOT_RECORDED)])
def test_windows_tells_its_memory_in_a_structure(
    monkeypatch: pytest.MonkeyPatch, answered: int, memory: int | Gap
) -> None:
    class Windows:
        kernel32 = None

        def GlobalMemoryStatusEx(self, status: Any) -> int:  # noqa: N802 - Microsoft's name
            assert status._obj[0] == ctypes.sizeof(status._obj)
            status._obj[1] = 32 * GIB
            return answered

    windows = Windows()
    monkeypatch.setattr(Windows, "kernel32", windows)
    monkeypatch.setattr(ctypes, "windll", windows, raising=False)

    assert seen(monkeypatch, "win32").memory == memory


def test_a_windows_that_cannot_be_asked_leaves_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "windll", object(), raising=False)

    assert seen(monkeypatch, "win32").memory == NOT_RECORDED
