"""A change that edits what judges it, to pass: the gate decides as the base's rules would, and names the edit."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ended import Command, Ended
from pairs import MISSING, Pair, laid_out
from planting import CONFIG, agent, file

STATIC = ("--profile", "static")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with laid_out(tmp_path) as both:
        yield both


@pytest.fixture
def gated(pair: Pair, command: Command) -> Callable[..., Ended]:
    def run(*options: str | Path) -> Ended:
        return command("gate", pair.change, *(options or STATIC), "--baseline", pair.base, "--json")

    return run


def named(ended: Ended, kind: str) -> list[tuple[str, str, str]]:
    """The edits of a kind that the gate names."""
    changes = ended.json["gate"]["changes"]
    return [(one["name"], one["base"], one["change"]) for one in changes if one["kind"] == kind]


def reasons(ended: Ended) -> list[tuple[str, str]]:
    return [(one["code"], one["check"]) for one in ended.json["gate"]["reasons"]]


def edited_lock(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        lock = json.loads((root / "models.lock").read_text())
        change(lock["models"])
        (root / "models.lock").write_text(json.dumps(lock))

    return edit


def test_an_untouched_change_passes_and_names_nothing(gated: Callable[..., Ended]) -> None:
    ended = gated()

    assert (ended.code, ended.json["gate"]["changes"]) == (0, [])
    assert ended.json["gate"]["comparison"] == {
        "baseline": "folder",
        "value": 100.0,
        "drop": 0.0,
        "max_drop": None,
        "new": [],
        "known": 0,
        "gone": 0,
    }


def test_a_model_that_the_change_adds_to_the_lock_is_declared_and_not_seen(
    pair: Pair, gated: Callable[..., Ended], command: Command
) -> None:
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)
    name = json.loads((pair.change / "models.lock").read_text())["models"][0]
    edited_lock(lambda models: models.append({**name, "name": MISSING}))(pair.change)

    ended = gated()

    assert command("gate", pair.change, *STATIC).code == 0
    assert ended.code == 3
    assert ("veto-unseen", "CFG-03") in reasons(ended)
    assert [(found[0], found[1]) for found in named(ended, "lock")] == [(MISSING, "")]
    shown = command("gate", pair.change, *STATIC, "--baseline", pair.base)
    assert f"models.lock: the change adds {MISSING}" in shown.out
    assert "--machine-facts" in shown.out
    assert "merge the lock first" in " ".join(shown.out.split())


def test_a_model_in_no_lock_fails_by_the_base(pair: Pair, gated: Callable[..., Ended]) -> None:
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)

    ended = gated()

    assert (ended.code, reasons(ended)[0]) == (1, ("veto-failed", "CFG-03"))
    assert ("new-failures", "CFG-03") in reasons(ended)


def test_an_edited_digest_is_named_and_the_base_s_stands(pair: Pair, gated: Callable[..., Ended]) -> None:
    edited_lock(lambda models: models[0].update(digest="0" * 64))(pair.change)

    ended = gated()

    ((name, before, after),) = named(ended, "lock")
    assert ended.code == 0
    assert after.startswith("0" * 64)
    assert not before.startswith("0" * 64)
    assert name


def test_a_lock_that_cannot_be_read_judges_nothing(pair: Pair, gated: Callable[..., Ended]) -> None:
    file("models.lock", "{")(pair.base)

    ended = gated()

    assert ended.code == 3
    assert [name for name, _, _ in named(ended, "lock")] == ["models.lock"]


def test_a_removed_lock_entry_still_counts(pair: Pair, gated: Callable[..., Ended]) -> None:
    edited_lock(lambda models: models.clear())(pair.change)

    ended = gated()

    assert ended.code == 0
    assert all(before and not after for _, before, after in named(ended, "lock"))
    assert named(ended, "lock")


PROFILE = "extends: static\ntitle: Ours\nbars: {score: SCORE, coverage: 90}\n"
OWN = ("--profile", "profiles/ours.yaml")


def test_a_lowered_bar_of_the_project_s_own_profile_is_named(pair: Pair, gated: Callable[..., Ended]) -> None:
    for root, score in ((pair.base, "95"), (pair.change, "1")):
        file("profiles/ours.yaml", PROFILE.replace("SCORE", score))(root)
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)

    ended = gated(*OWN)

    assert ended.code == 1
    assert ended.json["gate"]["bars"]["score"]["minimum"] == 95.0
    assert [name for name, _, _ in named(ended, "profile")] == ["score"]


def test_a_veto_that_the_change_drops_still_blocks(pair: Pair, gated: Callable[..., Ended]) -> None:
    file("profiles/ours.yaml", PROFILE.replace("SCORE", "70"))(pair.base)
    file("profiles/ours.yaml", PROFILE.replace("SCORE", "70") + "vetoes: {drop: [CFG-03]}\n")(pair.change)
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)

    ended = gated(*OWN)

    assert (ended.code, reasons(ended)[0]) == (1, ("veto-failed", "CFG-03"))
    assert named(ended, "profile") or named(ended, "settings")


SETTINGS = [
    ("expect: {context: 16384}", "expect: {context: 4096}", "expect.context", "16384", "4096"),
    ("expect: {reserve_gib: 2}", "expect: {reserve_gib: 0}", "expect.reserve_gib", "2147483648", "0"),
    ("expect: {concurrency: 8}", "expect: {concurrency: 1}", "expect.concurrency", "8", "1"),
    (
        "expect: {prompt_tokens: {typical: 9, max: 99}}",
        "expect: {prompt_tokens: {typical: 8, max: 99}}",
        "expect.prompt_tokens.typical",
        "9",
        "8",
    ),
    ("expect: {prompt_tokens: {max: 99}}", "{}", "expect.prompt_tokens.max", "99", ""),
    ("expect: {device: 1}", "expect: {device: 0}", "expect.device", "1", "0"),
    ("expect: {ttft_s: 1}", "expect: {ttft_s: 90}", "expect.ttft_s", "1.0", "90.0"),
    ("expect: {response_s: 1}", "expect: {response_s: 90}", "expect.response_s", "1.0", "90.0"),
    ("expect: {together: [[a, b]]}", "{}", "expect.together", '[["a","b"]]', ""),
    ("expect: {requests_per_minute: 9}", "{}", "expect.requests_per_minute", "9", ""),
    ("expect: {exposure: loopback}", "expect: {exposure: lan}", "expect.exposure", "loopback", "lan"),
    ("cloud: {ids: pinned}", "cloud: {ids: floating}", "cloud.ids", "pinned", "floating"),
    ("models_dir: /srv/models", "{}", "models_dir", "/srv/models", ""),
    ("naming: '*:*'", "naming: '*'", "naming", "*:*", "*"),
]


@pytest.mark.parametrize(("base", "change", "name", "before", "after"), SETTINGS)
def test_an_edited_setting_is_named_and_the_base_s_taken(
    pair: Pair, gated: Callable[..., Ended], base: str, change: str, name: str, before: str, after: str
) -> None:
    file("modelcheck.yaml", base + "\n")(pair.base)
    file("modelcheck.yaml", change + "\n")(pair.change)

    found = [one for one in named(gated(), "settings") if one[0] == name]

    assert found == [(name, before, after)]


def test_edited_limits_and_rules_for_data_are_named(pair: Pair, gated: Callable[..., Ended]) -> None:
    file("modelcheck.yaml", "cloud: {limits: {openai: {requests: 5}}, data: {openai: public text}}\n")(pair.base)
    file("modelcheck.yaml", "cloud: {limits: {openai: {requests: 50}}, data: {openai: everything}}\n")(pair.change)

    assert [name for name, _, _ in named(gated(), "settings")] == ["cloud.limits", "cloud.data"]


def test_a_configuration_elsewhere_is_not_taken(pair: Pair, gated: Callable[..., Ended]) -> None:
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)
    file("harmless.json", (pair.base / CONFIG).read_text())(pair.change)
    file("modelcheck.yaml", "config: harmless.json\n" + (pair.base / "modelcheck.yaml").read_text())(pair.change)

    ended = gated()

    assert ended.code == 1
    assert named(ended, "settings") == [("config", CONFIG, "harmless.json")]


def test_a_change_may_add_a_sensitive_agent_and_take_none_away(pair: Pair, gated: Callable[..., Ended]) -> None:
    file("modelcheck.yaml", "sensitive: [writer]\n")(pair.base)
    file("modelcheck.yaml", "sensitive: [coder]\n")(pair.change)

    ended = gated()

    assert named(ended, "settings") == [("sensitive", "writer", ""), ("sensitive", "", "coder")]


EXCEPTION = """exceptions:
  - {what: check, subject: CFG-03, reason: it comes later, approver: me, until: UNTIL}
"""


def test_an_exception_that_the_change_adds_excuses_nothing(pair: Pair, gated: Callable[..., Ended]) -> None:
    until = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)
    file("modelcheck.yaml", EXCEPTION.replace("UNTIL", until))(pair.change)

    ended = gated()

    assert (ended.code, reasons(ended)[0]) == (1, ("veto-failed", "CFG-03"))
    assert [name for name, _, _ in named(ended, "exception")] == ["check CFG-03"]
    assert ended.json["exceptions"] == []


def test_settings_of_the_change_that_cannot_be_used_are_named(pair: Pair, gated: Callable[..., Ended]) -> None:
    file("modelcheck.yaml", "expct: {}\n")(pair.change)

    ended = gated()

    assert ended.code == 0
    assert named(ended, "settings")[0][0] == "settings"


def test_settings_of_the_base_that_cannot_be_used_are_wrong_usage(pair: Pair, gated: Callable[..., Ended]) -> None:
    file("modelcheck.yaml", "expct: {}\n")(pair.base)

    ended = gated()

    assert ended.code == 2
    assert "base cannot judge: " in ended.err


def test_the_command_line_stands_above_the_base(pair: Pair, command: Command) -> None:
    ended = command("gate", pair.change, *STATIC, "--fail-under", "40", "--baseline", pair.base, "--json")

    assert ended.json["gate"]["bars"]["score"] == {"minimum": 40.0, "origin": "--fail-under"}
