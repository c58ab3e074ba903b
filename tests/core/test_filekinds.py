"""Links, placeholders of cloud drives and devices are known by what each system says of them."""

import stat

import pytest

from modelcheck.core.filekinds import is_device_name, is_link, is_recalled

FILE = stat.S_IFREG | 0o644


class Told:
    """What a system says of a file; what it does not say is not there."""

    def __init__(self, mode: int, **more: int) -> None:
        self.st_mode = mode
        vars(self).update(more)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"mode": FILE}, False),
        ({"mode": stat.S_IFDIR | 0o755, "st_reparse_tag": 0}, False),
        ({"mode": stat.S_IFLNK | 0o777}, True),
        ({"mode": stat.S_IFDIR | 0o755, "st_reparse_tag": 0xA0000003}, True),
    ],
    ids=["a file", "a folder", "a link", "a junction"],
)
def test_a_link_leads_elsewhere(told: dict[str, int], expected: bool) -> None:
    assert is_link(Told(**told)) is expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, False),
        ({"st_file_attributes": 0x20}, False),
        ({"st_file_attributes": 0x1000}, True),
        ({"st_file_attributes": 0x40000}, True),
        ({"st_file_attributes": 0x400000}, True),
        ({"st_flags": 0x40000000}, True),
        ({"st_flags": 0x20}, False),
    ],
)
def test_what_a_cloud_drive_holds_is_recalled_when_read(told: dict[str, int], expected: bool) -> None:
    assert is_recalled(Told(FILE, **told)) is expected


@pytest.mark.parametrize("step", ["nul", "CON", "com1", "LPT9.txt", "aux .x", "conin$", "COM\u00b9"])
def test_names_of_devices_are_known(step: str) -> None:
    assert is_device_name(step)


@pytest.mark.parametrize("step", ["null", "console", "com10", "a.nul", ""])
def test_other_names_are_none(step: str) -> None:
    assert not is_device_name(step)
