"""What a file is by what its system says of it, for whoever is about to open one: a link, a placeholder, a device."""

import re
import stat
from typing import Protocol

JUNCTION = 0xA0000003
"""IO_REPARSE_TAG_MOUNT_POINT: a link of Windows that is none to Python; `stat` names it on Windows alone."""
RECALLED = 0x1000 | 0x40000 | 0x400000
"""Attributes of Windows: OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS."""
DATALESS = 0x40000000
"""A flag of macOS: SF_DATALESS."""

_DEVICE = re.compile(r"(?:aux|con|conin\$|conout\$|nul|prn|(?:com|lpt)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE)


class Info(Protocol):
    """What a system says of a file, as `os.stat_result` holds it."""

    @property
    def st_mode(self) -> int:
        """Its kind and permissions."""
        ...


def is_link(info: Info) -> bool:
    """Whether it leads elsewhere: a symbolic link, or a junction of Windows."""
    return stat.S_ISLNK(info.st_mode) or getattr(info, "st_reparse_tag", 0) == JUNCTION


def is_recalled(info: Info) -> bool:
    """Whether a cloud drive holds it, so that reading it would fetch it."""
    return bool(getattr(info, "st_file_attributes", 0) & RECALLED or getattr(info, "st_flags", 0) & DATALESS)


def is_device_name(step: str) -> bool:
    """Whether Windows takes a step of a path for a device, wherever it stands."""
    return _DEVICE.fullmatch(step) is not None
