"""Who asks: the line of the user's own code, and the download of Hugging Face that a contact is part of."""

import inspect
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

MOST_FRAMES = 500
NOT_THEIRS = (
    *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(__file__).parent),
)
"""Folders whose code is not the user's."""
DOWNLOADS = {
    "huggingface_hub": ("hf_hub_download", "snapshot_download"),
    "llama_cpp": ("from_pretrained",),
}
"""Library → the functions of it that download, each with a parameter `repo_id`."""
ASKED_OF_THE_CACHE = ("repo_id", "filename", "repo_type", "revision", "cache_dir", "local_dir", "allow_patterns")
"""Parameters that say which files a download means."""


class Download(NamedTuple):
    """A download that a frame of a library is about to make."""

    library: str
    function: str
    arguments: dict[str, object]

    @property
    def what(self) -> str:
        """The repository, and the file where one is named."""
        names = (self.arguments.get("repo_id"), self.arguments.get("filename"))
        return "/".join(name for name in names if isinstance(name, str) and name)

    @property
    def is_local(self) -> bool:
        """Whether it downloads nothing: it may not, or the library finds all of it in its cache when it may not."""
        if self.arguments.get("local_files_only"):
            return True
        function = getattr(sys.modules.get(self.library), self.function, None)
        if self.library != "huggingface_hub" or self.arguments.get("force_download") or not callable(function):
            return False
        asked = {key: self.arguments[key] for key in ASKED_OF_THE_CACHE if self.arguments.get(key) is not None}
        try:
            function(**asked, local_files_only=True)
        except Exception:  # noqa: BLE001 - whatever it is, the file was not found without asking anybody
            return False
        return True


def frames() -> Iterator[FrameType]:
    """Yield the frames of this thread from here outwards."""
    frame = inspect.currentframe()
    for _ in range(MOST_FRAMES):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def culprit(folder: str) -> str:
    """Return the line of the user's own code that led here, its path relative to a folder; "" in a thread of others."""
    for frame in frames():
        path = frame.f_code.co_filename
        if not path.startswith(("<", *NOT_THEIRS)) and not _is_of_tests(frame):
            return f"{_shown(path, folder)}:{frame.f_lineno}"
    return ""


def download() -> Download | None:
    """Return the innermost download of a known library that this thread is in."""
    for frame in frames():
        library = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if frame.f_code.co_name in DOWNLOADS.get(library, ()) and "repo_id" in frame.f_code.co_varnames:
            return Download(library, frame.f_code.co_name, dict(frame.f_locals))
    return None


def body_nearby(most: int) -> bytes | str | None:
    """Return the body of a request from the functions that are about to send it."""
    for frame, _ in zip(frames(), range(most), strict=False):
        body = frame.f_locals.get("body")
        if isinstance(body, bytes | str):
            return body
    return None


def _is_of_tests(frame: FrameType) -> bool:
    """Whether a frame is pytest's own, wherever that is installed."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in {"_pytest", "pluggy", "pytest"}


def _shown(path: str, folder: str) -> str:
    place = Path(path)
    return place.relative_to(folder).as_posix() if place.is_relative_to(folder) else place.name


Body = Callable[[], bytes | str | None]
"""Gives the body of a request, only once it is wanted."""
