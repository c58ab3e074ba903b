"""The lock survives a round trip, and a hostile one is a gap."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_project import access_to

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.machine import Entry
from modelcheck.core.project import ModelKey
from modelcheck.probes.lock import LIMIT, NAME, lock, lock_text

DIGEST = "a" * 64
NOT_RECORDED = Gap(Why.NOT_RECORDED, about=NAME)
KEY = ModelKey("default", "llama3:latest")


def read(root: Path, content: object) -> Lock:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (root / NAME).write_bytes(data)
    return lock(access_to(root))


def gap_of(root: Path, content: object) -> Gap:
    with pytest.raises(Unseen) as unseen:
        read(root, content)
    gap = unseen.value.gap
    assert gap.about.isprintable()
    assert len(gap.about) <= 120
    assert str(root) not in gap.about
    return gap


def whole(**more: object) -> dict[str, object]:
    return {"schema": "modelcheck-lock/1", "taken_at": "2026-11-22", "models": [], **more}


def line(**more: object) -> dict[str, object]:
    return whole(models=[{"server": "default", "name": "x:latest", **more}])


def test_what_was_locked_is_read_again(tmp_path: Path) -> None:
    models = [(KEY, Entry("LLaMA3:latest", 5, DIGEST, remote=False)), (ModelKey("a", "b:c"), Entry("b:c"))]
    (tmp_path / NAME).write_bytes(lock_text(models, "2026-11-22"))

    found = lock(access_to(tmp_path))

    assert found == Lock(
        NAME,
        "2026-11-22",
        (
            LockEntry(ModelKey("a", "b:c"), NOT_RECORDED, NOT_RECORDED, False, NOT_RECORDED, NOT_RECORDED),
            LockEntry(KEY, DIGEST, 5, False, NOT_RECORDED, NOT_RECORDED),
        ),
    )


names = st.text("abc:/.", min_size=1, max_size=8)


@given(st.dictionaries(st.tuples(names, names), st.tuples(st.none() | st.just(DIGEST), st.none() | st.integers(0, 9))))
def test_equal_inventories_give_equal_locks_whatever_their_order(
    held: dict[tuple[str, str], tuple[str | None, int | None]],
) -> None:
    models = [
        (ModelKey(*key), Entry(key[1], NOT_RECORDED if size is None else size, digest or NOT_RECORDED))
        for key, (digest, size) in held.items()
    ]

    assert lock_text(models, "2026-11-22") == lock_text(reversed(models), "2026-11-22")
    written = json.loads(lock_text(models, "2026-11-22"))
    assert [(one["server"], one["name"]) for one in written["models"]] == sorted(held)


def test_a_lock_ends_with_a_line_break_and_has_a_line_for_each_value() -> None:
    text = lock_text([(KEY, Entry("llama3:latest", 5, DIGEST))], "2026-11-22").decode()

    assert text.endswith("}\n")
    assert f'      "digest": "{DIGEST}",\n' in text


def test_an_empty_lock_is_a_lock(tmp_path: Path) -> None:
    assert read(tmp_path, whole()) == Lock(NAME, "2026-11-22", ())


def test_a_missing_lock_is_known_to_be_missing(tmp_path: Path) -> None:
    assert lock(access_to(tmp_path)) == Lock(NAME, "", (), there=False)


def test_template_and_licence_are_locked_and_read_again(tmp_path: Path) -> None:
    with_both = Entry("x:latest", 5, DIGEST, template="b" * 64, licence="")
    (tmp_path / NAME).write_bytes(lock_text([(KEY, with_both)], "2026-11-22"))

    (found,) = lock(access_to(tmp_path)).entries

    assert (found.template, found.licence) == ("b" * 64, "")
    assert lock(access_to(tmp_path)).entry(KEY) == found


def test_a_lock_of_before_there_were_templates_in_it_is_read(tmp_path: Path) -> None:
    (found,) = read(tmp_path, line(digest=DIGEST, size=5)).entries

    assert (found.digest, found.template, found.licence) == (DIGEST, NOT_RECORDED, NOT_RECORDED)


def test_what_was_not_seen_is_not_written() -> None:
    text = lock_text([(KEY, Entry("llama3:latest"))], "2026-11-22").decode()

    assert "null" not in text
    assert "template" not in text


def test_a_model_is_found_by_its_server_and_name(tmp_path: Path) -> None:
    found = read(tmp_path, line())

    assert found.entry(ModelKey("default", "x:latest")) is found.entries[0]
    assert found.entry(ModelKey("other", "x:latest")) is None
    assert found.entry(ModelKey("default", "y:latest")) is None


def test_a_lock_that_holds_a_model_twice_says_nothing(tmp_path: Path) -> None:
    one = {"server": "default", "name": "x:latest"}

    gap = gap_of(tmp_path, whole(models=[{**one, "digest": DIGEST}, {**one, "digest": "b" * 64}]))
    assert gap == Gap(Why.UNREADABLE, about=f"{NAME}: it holds a model twice")
    assert len(read(tmp_path, whole(models=[one, {**one, "server": "two"}])).entries) == 2


@pytest.mark.parametrize("schema", ["modelcheck-lock/2", "", "\x1b[31m" + "x" * 500])
def test_a_lock_of_another_version_is_not_understood(tmp_path: Path, schema: str) -> None:
    assert gap_of(tmp_path, {"schema": schema, "anything": "else"}).why is Why.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"schema": "modelcheck-lock/1", "schema": "modelcheck-lock/1"}',
        b"{}",
        {"schema": 1},
        {"schema": "modelcheck-lock/1"},
        whole(more=1),
        whole(**{"\x1b[31m" + "x" * 500: 1}),
        whole(models="none"),
        whole(models=[3]),
        whole(taken_at="yesterday"),
        whole(taken_at="2026-11-22\n"),
        whole(taken_at="\x1b[31m-11-22"),
        whole(taken_at=20261122),
        line(digest="short"),
        line(digest=DIGEST + "\n"),
        line(digest=DIGEST.upper()),
        line(digest=5),
        line(digest=""),
        line(template="short"),
        line(template=DIGEST + "\n"),
        line(template=[DIGEST]),
        line(licence="MIT"),
        line(licence=5),
        line(size=-1),
        line(size=1 << 62),
        line(size=10**30),
        line(size="5"),
        line(size=True),
        line(name=5),
        line(more=1),
        whole(models=[{"server": "a"}]),
    ],
)
def test_what_is_no_lock_is_unreadable(tmp_path: Path, content: object) -> None:
    assert gap_of(tmp_path, content).why is Why.UNREADABLE


def test_a_lock_that_is_too_large_is_unreadable(tmp_path: Path) -> None:
    assert read(tmp_path, json.dumps(whole()).encode().ljust(LIMIT)).entries == ()
    assert (
        gap_of(tmp_path, json.dumps(whole()).encode().ljust(LIMIT + 1)).about == f"{NAME}: it is larger than 4096 KiB"
    )


def test_a_lock_that_leads_out_of_the_project_is_unreadable(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / NAME).write_text(json.dumps(whole()))
    try:
        (root / NAME).symlink_to(tmp_path / NAME)
    except OSError:
        pytest.skip("no links here")

    with pytest.raises(Unseen) as unseen:
        lock(access_to(root))
    assert unseen.value.gap == Gap(Why.UNREADABLE, about=f"{NAME}: a link leads out of the project")


def test_hostile_names_are_made_printable_and_bounded(tmp_path: Path) -> None:
    hostile = "\x1b[31m\u202e" + "x" * 5000
    (entry,) = read(tmp_path, whole(models=[{"server": hostile, "name": hostile}])).entries

    for text in (entry.key.server, entry.key.name):
        assert text.isprintable()
        assert len(text) == 600
