"""The kind of machine: its system, and whether it drives a screen."""

import sys
from pathlib import Path

import pytest

from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.machine import Platform
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.system import platform


@pytest.mark.parametrize(
    ("system", "environ", "name", "desktop"),
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
    monkeypatch: pytest.MonkeyPatch, system: str, environ: dict[str, str], name: str, desktop: bool | Gap
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    access = Access(root=Path.cwd(), providers=KnownProviders(as_of="2026-01-01", providers=()), environ=environ)
    assert platform(access) == Platform(name, desktop)
