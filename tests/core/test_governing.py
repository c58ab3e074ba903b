"""What judges a change is its base's, and every edit of it is named."""

import msgspec
import pytest

from modelcheck.core.exceptions import Exceptions, Exemption, Ignore, Marks, What
from modelcheck.core.facts import NOT_ASKED, Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.governing import governed, held_lock, honoured
from modelcheck.core.intent import DataRule, Expectations, Limits, Reach
from modelcheck.core.lock import DECLARED, Lock, LockEntry
from modelcheck.core.profile import Bar, Level, Profile
from modelcheck.core.project import ModelKey
from modelcheck.core.rulebook import Change, Governed, Rulebook

PROFILE = Profile("ours", "Ours", "2026-01-01", ("A-01",), ("A-01",), Bar(700, "a.yaml:3"), Bar(750, "a.yaml:4"))
RULES = Rulebook(PROFILE, "models.json", ("hr",), Expectations(), Exceptions(), NOT_ASKED)
EXEMPT = Exemption(What.CHECK, "A-01", "later", "me", "2026-12-01", at=Place("modelcheck.yaml", 3))
IGNORE = Ignore(("A-01",), "src/*", "false alarm", at=Place("modelcheck.yaml", 9))
MARK = Ignore(("A-01",), "a.py", "made up", line=3)
UNREAD = Gap(Why.UNREADABLE, about="models.lock: not UTF-8")


def changed(**fields: object) -> tuple[Change, ...]:
    rules, changes = governed(RULES, msgspec.structs.replace(RULES, **fields))
    assert msgspec.structs.replace(rules, sensitive=RULES.sensitive) == RULES
    return changes


def test_the_same_rules_have_no_edits() -> None:
    assert governed(RULES, RULES) == (RULES, ())


@pytest.mark.parametrize(
    ("fields", "name", "base", "change"),
    [
        ({"score": Bar(100, "a.yaml:3")}, "score", "70.0", "10.0"),
        ({"coverage": Bar(100, "a.yaml:3")}, "coverage", "75.0", "10.0"),
        ({"vetoes": ()}, "vetoes", "A-01", ""),
        ({"checks": ("A-01", "A-02")}, "checks", "A-01", "A-01, A-02"),
        ({"name": "static"}, "name", "ours", "static"),
        ({"network": False}, "network", "true", "false"),
        ({"everything_local": True}, "everything_local", "false", "true"),
        ({"guard": True}, "guard", "false", "true"),
        ({"machine_days": 300}, "machine_days", "7", "300"),
        ({"levels": (Level("security", 10_000, "a", ("A-01",)),)}, "levels", "", "security 100 (A-01)"),
    ],
)
def test_an_edit_of_the_profile_is_named(fields: dict[str, object], name: str, base: str, change: str) -> None:
    found = changed(profile=msgspec.structs.replace(PROFILE, **fields))

    assert found == (Change(Governed.PROFILE, name, base, change),)


def test_where_a_bar_stands_is_no_edit() -> None:
    assert changed(profile=msgspec.structs.replace(PROFILE, score=Bar(700, "a.yaml:9"), title="Other")) == ()


@pytest.mark.parametrize("field", [name for name in Expectations.__struct_fields__ if name != "at"])
def test_every_setting_is_compared(field: str) -> None:
    other = {
        "exposure": Reach.LAN,
        "together": (("a", "b"),),
        "limits": (Limits("openai", 5),),
        "data": (DataRule("openai", "public"),),
        "ttft_s": 1.5,
        "response_s": 1.5,
    }.get(field, "x" if field in {"device", "ids", "models_dir", "naming"} else 5)
    (found,) = changed(expectations=msgspec.structs.replace(Expectations(), **{field: other}))

    assert found.kind is Governed.SETTINGS
    assert found.change
    assert found.base == ("loopback" if field == "exposure" else "")


def test_what_is_made_of_parts_is_said_part_by_part() -> None:
    (found,) = changed(expectations=Expectations(limits=(Limits("openai", 5, output_tokens=7), Limits("a"))))

    assert found.change == "openai 5 7, a"


def test_where_a_setting_stands_is_no_edit() -> None:
    assert changed(expectations=Expectations(at=Place("modelcheck.yaml", 7))) == ()


def test_a_long_value_is_cut() -> None:
    (found,) = changed(config="x" * 5000)

    assert len(found.change) == 200


def test_sensitive_agents_of_both_count() -> None:
    rules, changes = governed(RULES, msgspec.structs.replace(RULES, sensitive=("law",)))

    assert rules.sensitive == ("hr", "law")
    assert [(one.base, one.change) for one in changes] == [("hr", ""), ("", "law")]


def test_what_only_the_user_may_set_is_told_of_the_change() -> None:
    rules, _ = governed(RULES, msgspec.structs.replace(RULES, refused=("trust_hosts",)))

    assert rules.refused == ("trust_hosts",)


def test_exceptions_that_are_added_removed_or_edited_are_named() -> None:
    longer = msgspec.structs.replace(EXEMPT, until="2027-06-01", only="m")
    later = msgspec.structs.replace(EXEMPT, until="2027-06-01")
    base = msgspec.structs.replace(RULES, exceptions=Exceptions((EXEMPT,), (IGNORE,)))

    def names(*given: Exemption, ignores: tuple[Ignore, ...] = (IGNORE,)) -> list[tuple[str, bool, bool]]:
        rules, found = governed(base, msgspec.structs.replace(base, exceptions=Exceptions(given, ignores)))
        assert rules.exceptions == base.exceptions
        return [(one.name, bool(one.base), bool(one.change)) for one in found]

    assert names(EXEMPT) == []
    assert names(msgspec.structs.replace(EXEMPT, at=None)) == []
    assert names(EXEMPT, longer) == [("check A-01 (m)", False, True)]
    assert names(later) == [("check A-01", True, True)]
    assert names() == [("check A-01", True, False)]
    assert names(EXEMPT, EXEMPT) == [("check A-01", False, True)]
    assert names(EXEMPT, ignores=(IGNORE, MARK)) == [("a.py:3", False, True)]
    assert names(EXEMPT, ignores=()) == [("src/*", True, False)]


def entry(name: str, digest: str | Gap = "a" * 64, size: int | Gap = 5) -> LockEntry:
    return LockEntry(ModelKey("s", name), digest, size)


LOCK = Lock("models.lock", "2026-11-01", (entry("one"), entry("two")))


def test_what_the_change_adds_to_the_lock_is_declared_and_what_it_takes_away_stays() -> None:
    own = msgspec.structs.replace(LOCK, entries=(entry("two", "b" * 64), entry("three", UNREAD, UNREAD)))
    found, changes = held_lock(LOCK, own)

    assert isinstance(found, Lock)
    assert found.entries == LOCK.entries
    assert [one.key.name for one in found.declared] == ["two", "three"]
    assert [(one.name, bool(one.base), one.change[:3]) for one in changes] == [
        ("one", True, ""),
        ("two", True, "bbb"),
        ("three", False, "s"),
    ]


def test_a_day_that_the_change_writes_into_the_lock_does_not_count() -> None:
    found, changes = held_lock(LOCK, msgspec.structs.replace(LOCK, taken_at="2026-11-24"))

    assert found == LOCK
    assert changes == (Change(Governed.LOCK, "taken_at", "2026-11-01", "2026-11-24"),)


def test_a_first_lock_is_declared_whole() -> None:
    none = Lock("models.lock", "", (), there=False)
    found, changes = held_lock(none, LOCK)

    assert found == msgspec.structs.replace(none, declared=LOCK.entries)
    assert [one.name for one in changes] == ["one", "two"]


@pytest.mark.parametrize(
    ("base", "own", "said"),
    [
        (UNREAD, LOCK, ("models.lock: not UTF-8", "2 models of 2026-11-01")),
        (LOCK, UNREAD, ("2 models of 2026-11-01", "models.lock: not UTF-8")),
        (UNREAD, Lock("models.lock", "", (), there=False), ("models.lock: not UTF-8", "")),
        (UNREAD, Gap(Why.TOO_MUCH), ("models.lock: not UTF-8", "too_much")),
    ],
)
def test_a_lock_that_cannot_be_read_stays_unread(base: Lock | Gap, own: Lock | Gap, said: tuple[str, str]) -> None:
    found, changes = held_lock(base, own)

    assert found == base
    assert changes == (Change(Governed.LOCK, "models.lock", *said),)
    assert held_lock(base, base) == (base, ())


def test_of_a_model_that_is_declared_nothing_is_known() -> None:
    lock = msgspec.structs.replace(LOCK, declared=(entry("one", "b" * 64), entry("three")))

    assert lock.entry(ModelKey("s", "one")) == entry("one")
    assert lock.entry(ModelKey("s", "four")) is None
    assert lock.entry(ModelKey("s", "three")) == LockEntry(ModelKey("s", "three"), *[DECLARED] * 5)


def test_a_mark_that_the_change_adds_is_not_honoured_and_one_that_moved_is() -> None:
    moved, other = msgspec.structs.replace(MARK, line=9), msgspec.structs.replace(MARK, reason="trust me")
    kept, changes = honoured(Marks((MARK,)), Marks((moved, MARK, other)))

    assert kept == Marks((moved,))
    assert [(one.kind, one.name, one.base) for one in changes] == [(Governed.IGNORE, "a.py:3", "")] * 2


def test_where_the_marks_of_the_base_were_not_seen_none_is_honoured() -> None:
    kept, changes = honoured(UNREAD, Marks((MARK,)))

    assert kept == Marks()
    assert len(changes) == 1
