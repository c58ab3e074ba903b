"""Paths under other names: compared step by step, the longest key deciding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.paths import DRIVES, local_form, mapped_path, same_path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"D:\modeles_llm", "/mnt/d/modeles_llm"),
        (r"D:\Modeles_LLM\\", "/mnt/D/modeles_llm/"),
        ("d:/a/../b", r"D:\b"),
        ("D:", "/mnt/d"),
        ("/a/./b//c", "/a/b/c"),
        ("/../a", "/a"),
        ("//server/share", r"\\server\share"),
        ("../a", "./../a"),
    ],
)
def test_two_spellings_are_one_path(one: str, other: str) -> None:
    assert same_path(one, other, drives=DRIVES)
    assert same_path(other, one, drives=DRIVES)


@pytest.mark.parametrize(
    ("one", "other", "drives"),
    [
        (r"D:\models", "/mnt/d/models", ""),
        ("/mnt/d/models", "/mnt/d/Models", ""),
        (r"D:\models", r"E:\models", DRIVES),
        (r"D:\models", "/mnt/dd/models", DRIVES),
        (r"D:\models", "/mnt/models", DRIVES),
        (r"D:\models", "models", DRIVES),
        ("/models", "models", DRIVES),
        ("/models", "//models", DRIVES),
        ("/home/A", "/home/a", DRIVES),
        ("../a", "a", DRIVES),
        ("D:models", r"D:\models", DRIVES),
        ("/mnt", "/", DRIVES),
    ],
)
def test_two_paths_are_two(one: str, other: str, drives: str) -> None:
    assert not same_path(one, other, drives=drives)


def test_drives_may_be_shown_elsewhere() -> None:
    assert same_path(r"D:\a", "/d/a", drives="/")
    assert same_path(r"D:\a", "/windows/drives/d/a", drives="/windows/drives")
    assert local_form(r"D:\a", windows=False, drives="/") == "/d/a"


@pytest.mark.parametrize(
    ("text", "paths", "found"),
    [
        ("/root/.ollama/models", {"/root/.ollama": "/data/ollama"}, "/data/ollama/models"),
        ("/root/.ollama", {"/root/.ollama/": "/data/ollama/"}, "/data/ollama/"),
        ("/root/.ollama/models", {"/root": "/far", "/root/.ollama": "/near"}, "/near/models"),
        ("/root/.ollama/models", {"/root/.ollama": "/near", "/root": "/far"}, "/near/models"),
        ("/root/.ollama-old/models", {"/root/.ollama": "/near"}, None),
        ("/models/Big", {"/models": r"D:\modeles_llm"}, r"D:\modeles_llm\Big"),
        ("/models/Big", {"/models": "D:/modeles_llm"}, "D:/modeles_llm/Big"),
        ("/models/Big", {"/models": "D:"}, "D:\\Big"),
        (r"d:\MODELES_llm\Big", {"/mnt/d/modeles_llm": "/srv"}, "/srv/Big"),
        ("/models/../etc/passwd", {"/models": "/srv"}, None),
        ("~/models", {"~": "/srv"}, "/srv/models"),
        ("/models", {"": "/srv", "/models": ""}, None),
        ("/models", {}, None),
    ],
)
def test_the_longest_key_of_whole_steps_decides(text: str, paths: dict[str, str], found: str | None) -> None:
    assert mapped_path(text, paths, drives=DRIVES) == found


@pytest.mark.parametrize(
    ("text", "windows", "drives", "form"),
    [
        (r"D:\a\b", False, DRIVES, "/mnt/d/a/b"),
        ("/mnt/d/a/b", False, DRIVES, "/mnt/d/a/b"),
        ("/mnt/d/a", True, DRIVES, r"D:\a"),
        ("/mnt/d", True, DRIVES, "D:\\"),
        ("D:/a", True, DRIVES, r"D:\a"),
        (r"D:\a", False, "", r"D:\a"),
        ("/srv/a", False, DRIVES, "/srv/a"),
        ("~/a", True, DRIVES, "~/a"),
    ],
)
def test_each_side_writes_a_path_in_its_own_form(text: str, windows: bool, drives: str, form: str) -> None:
    assert local_form(text, windows=windows, drives=drives) == form


STEP = st.text("abcXYZ0-9. _é", min_size=1, max_size=8).filter(lambda step: step.strip(".") != "")
STEPS = st.lists(STEP, max_size=5)
ANYTHING = st.one_of(st.text(max_size=60), st.text("/\\.:~dDmnt", max_size=40))
EITHER = st.sampled_from(["", DRIVES])


@given(STEPS, st.sampled_from("cDeZ"))
def test_both_forms_of_a_path_on_a_drive_are_the_same(steps: list[str], letter: str) -> None:
    windows = "\\".join([f"{letter}:", *steps]) + "\\"
    mounted = "/".join(["/mnt", letter.lower(), *steps])

    assert same_path(windows, mounted, drives=DRIVES)
    assert same_path(windows.upper(), mounted.lower(), drives=DRIVES) or "é" in mounted
    assert same_path(local_form(mounted, windows=True, drives=DRIVES), mounted, drives=DRIVES)
    assert same_path(local_form(windows, windows=False, drives=DRIVES), mounted, drives=DRIVES)


@given(STEPS, STEPS, STEP, st.text("abc", min_size=1, max_size=3))
def test_a_key_never_reaches_beside_its_own_folder(above: list[str], below: list[str], last: str, more: str) -> None:
    key = "/".join(["", *above, last])
    inside, beside = "/".join([key, *below]), "/".join([key + more, *below])

    assert mapped_path(inside, {key: "/here"}, drives="") == "/".join(["/here", *below])
    assert mapped_path(beside, {key: "/here"}, drives="") is None


@given(ANYTHING, ANYTHING, ANYTHING, EITHER)
def test_whatever_is_written_is_compared_and_mapped(one: str, other: str, target: str, drives: str) -> None:
    assert same_path(one, one, drives=drives)
    assert same_path(one, other, drives=drives) == same_path(other, one, drives=drives)
    found = mapped_path(one, {other: target}, drives=drives)
    assert found is None or found.startswith(target.rstrip("\\/"))
    local_form(one, windows=True, drives=drives)
