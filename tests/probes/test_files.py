"""Files of the project are read inside its root, when they are regular, and up to a bound."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.probes import files
from modelcheck.probes.files import Unreadable, inside, read_bytes, read_regular

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="made with links and pipes of POSIX")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / "config").mkdir(parents=True)
    (project / "config" / "a.json").write_bytes(b"inside")
    (tmp_path / "secret.json").write_bytes(b"outside")
    return project


def always(value: object) -> Callable[..., object]:
    def answer(*_: object, **__: object) -> object:
        return value

    return answer


def never(*_: object) -> None:
    pytest.fail("it was opened")


def refusal(root: Path, relative: str, limit: int = 100) -> str:
    with pytest.raises(Unreadable) as refused:
        read_bytes(root, relative, limit)
    assert str(root.parent) not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("relative", ["config/a.json", "./config/a.json", "config//a.json"])
def test_a_regular_file_inside_is_read(root: Path, relative: str) -> None:
    assert read_bytes(root, relative, 100) == b"inside"


@pytest.mark.parametrize("relative", ["nothing.json", "config/nothing/a.json", "config/a.json/deeper"])
def test_what_is_not_there_is_said_to_be_missing(root: Path, relative: str) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(root, relative, 100)


@pytest.mark.parametrize(
    "relative",
    [
        "../secret.json",
        "config/../../secret.json",
        "config\\..\\..\\secret.json",
        "config/../config/a.json",
        "/etc/passwd",
        "\\Windows\\win.ini",
        "C:\\secret.json",
        "C:secret.json",
        "\\\\server\\share\\secret.json",
        "//server/share/secret.json",
        "\\\\?\\C:\\secret.json",
        "\\\\.\\pipe\\name",
    ],
)
def test_a_path_that_leaves_the_project_is_refused_unopened(
    root: Path, relative: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "read_regular", never)

    assert refusal(root, relative) == "it lies outside the project"


def test_an_absolute_path_into_the_project_is_refused_as_well(root: Path) -> None:
    assert refusal(root, str(root / "config" / "a.json")) == "it lies outside the project"


@pytest.mark.parametrize("relative", ["a\0b", "config/\0", "\ud800/a.json"])
def test_a_name_that_no_system_takes_is_refused(root: Path, relative: str) -> None:
    assert refusal(root, relative) == "its name is not valid"


@pytest.mark.parametrize("relative", ["nul", "config/CON", "aux.json", "config/com1.txt", "LPT9 .x", "a.json:stream"])
def test_devices_and_streams_are_refused_on_windows(root: Path, relative: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WINDOWS", True)

    assert refusal(root, relative) == "its name is that of a device or a stream"


@pytest.mark.parametrize("name", ["console.json", "com10.json", "auxiliary.json"])
def test_names_that_only_begin_like_devices_are_read_on_windows(
    root: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WINDOWS", True)
    (root / name).write_bytes(b"plain")

    assert read_bytes(root, name, 100) == b"plain"


@POSIX_ONLY
@pytest.mark.parametrize(
    ("link", "target", "asked"),
    [
        ("link.json", "config/a.json", "link.json"),
        ("folder", "config", "folder/a.json"),
        ("config/up.json", "../config/a.json", "config/up.json"),
        ("config/twice", "../config/../config", "config/twice/a.json"),
    ],
)
def test_a_link_that_stays_inside_is_followed(root: Path, link: str, target: str, asked: str) -> None:
    (root / link).symlink_to(target)

    assert read_bytes(root, asked, 100) == b"inside"


@POSIX_ONLY
def test_an_absolute_link_that_stays_inside_is_followed(root: Path) -> None:
    (root / "link.json").symlink_to(root.resolve() / "config" / "a.json")

    assert read_bytes(root, "link.json", 100) == b"inside"


@POSIX_ONLY
@pytest.mark.parametrize(
    ("link", "target", "asked"),
    [
        ("link.json", "../secret.json", "link.json"),
        ("up", "..", "up/secret.json"),
        ("config/up", "../..", "config/up/secret.json"),
        ("config/back", "../../project/config", "config/back/a.json"),
    ],
)
def test_a_link_that_leads_out_is_refused(root: Path, link: str, target: str, asked: str) -> None:
    (root / link).symlink_to(target)

    assert refusal(root, asked) == "a link leads out of the project"


@POSIX_ONLY
def test_a_link_is_judged_by_its_text_and_not_followed_out_and_back(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").symlink_to(root / "config")
    (root / "there").symlink_to(tmp_path / "outside")

    assert refusal(root, "there/a.json") == "a link leads out of the project"


@POSIX_ONLY
def test_a_chain_of_links_is_followed_to_its_end(root: Path) -> None:
    (root / "first").symlink_to("second")
    (root / "second").symlink_to("config")
    (root / "third").symlink_to("first/../secret.json")
    (root / "fourth").symlink_to("first/../../secret.json")

    assert read_bytes(root, "first/a.json", 100) == b"inside"
    with pytest.raises(FileNotFoundError):
        read_bytes(root, "third", 100)
    assert refusal(root, "fourth") == "a link leads out of the project"


@POSIX_ONLY
def test_links_in_a_circle_end(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    (root / "self").symlink_to("self/self")

    assert refusal(root, "a") == "its links lead in a circle"
    assert refusal(root, "self/x") == "its links lead in a circle"


@POSIX_ONLY
def test_a_link_that_cannot_be_read_is_not_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "link.json").symlink_to("config/a.json")

    def fail(_: Path) -> Path:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(Path, "readlink", fail)

    assert refusal(root, "link.json") == "Invalid argument"


@POSIX_ONLY
def test_the_project_itself_may_be_reached_by_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)

    assert read_bytes(tmp_path / "alias", "config/a.json", 100) == b"inside"
    assert inside(tmp_path / "alias", "config/a.json") == tmp_path / "alias" / "config" / "a.json"


def test_a_folder_is_no_file(root: Path) -> None:
    assert refusal(root, "config") == "it is not a regular file"
    assert refusal(root, "") == "it is not a regular file"


@POSIX_ONLY
def test_a_pipe_is_never_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe")
    said: list[str] = []

    thread = threading.Thread(target=lambda: said.append(refusal(root, "pipe")), daemon=True)
    thread.start()
    thread.join(10)

    assert said == ["it is not a regular file"]


@POSIX_ONLY
def test_a_socket_is_no_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # the path of a socket has about 100 characters at most
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")

        assert refusal(root, "s") == "it is not a regular file"


@POSIX_ONLY
def test_what_becomes_a_device_between_look_and_open_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = root / "pipe"
    os.mkfifo(pipe)
    regular = (root / "config" / "a.json").stat()
    monkeypatch.setattr(Path, "stat", always(regular))

    with pytest.raises(Unreadable, match="not a regular file"):
        read_regular(pipe, 100)


def test_the_bound_is_exact(root: Path) -> None:
    (root / "full").write_bytes(b"x" * 2048)
    (root / "over").write_bytes(b"x" * 2049)

    assert len(read_bytes(root, "full", 2048)) == 2048
    assert refusal(root, "over", 2048) == "it is larger than 2 KiB"


def test_a_huge_file_is_not_read_to_its_end(root: Path) -> None:
    with (root / "huge").open("wb") as file:
        file.truncate(1 << 40)

    assert refusal(root, "huge", 1024) == "it is larger than 1 KiB"


def test_what_the_system_refuses_is_said_in_its_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)

    assert refusal(root, "config/a.json") == "Permission denied"


def test_an_error_without_words_is_called_by_its_kind(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", deny)

    assert refusal(root, "config/a.json") == "PermissionError"


def test_a_name_that_is_too_long_is_refused(root: Path) -> None:
    assert "too long" in refusal(root, "x" * 5000).lower()


def test_a_path_of_the_users_own_is_read_without_a_root(root: Path) -> None:
    assert read_regular(root / "config" / "a.json", 100) == b"inside"
    with pytest.raises(Unreadable, match="not valid"):
        read_regular(root / "a\0b", 100)


@pytest.mark.parametrize(
    "marks",
    [
        {"st_file_attributes": 0x400000},
        {"st_file_attributes": 0x1000},
        {"st_file_attributes": 0x40000},
        {"st_flags": 0x40000000},
    ],
)
def test_what_a_cloud_drive_holds_is_not_fetched(
    root: Path, marks: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Recalled:
        st_mode = 0o100644

    for name, value in marks.items():
        setattr(Recalled, name, value)
    monkeypatch.setattr(Path, "stat", always(Recalled))
    monkeypatch.setattr(os, "open", never)

    with pytest.raises(Unreadable, match="a cloud drive holds it"):
        read_regular(root / "config" / "a.json", 100)


def test_a_junction_of_windows_counts_as_a_link(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.lstat

    class Junction:
        st_mode = 0o040755
        st_reparse_tag = 0xA0000003

    def look(path: Path) -> object:
        return Junction if path.name == "config" else plain(path)

    monkeypatch.setattr(Path, "lstat", look)
    monkeypatch.setattr(Path, "readlink", always(Path("\\\\?\\" + str(root.parent))))

    assert refusal(root, "config/secret.json") == "a link leads out of the project"


@given(st.text(max_size=60))
def test_no_name_whatever_raises_anything_else(relative: str) -> None:
    here = Path(__file__).parent
    try:
        data = read_bytes(here, relative, 10)
    except (FileNotFoundError, Unreadable):
        return
    assert len(data) <= 10
