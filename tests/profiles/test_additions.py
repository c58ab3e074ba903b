"""One more exception in the user's own file: it reads as what was written, and nothing else changes."""

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.exceptions import Exemption, What
from modelcheck.core.text import printable
from modelcheck.profiles.additions import line_of, with_exception
from modelcheck.profiles.own import exemptions, own_layer
from modelcheck.profiles.written import InvalidSettings
from modelcheck.profiles.yamlfile import read_yaml

ONE = Exemption(What.PULL, "llama3.1:8b", "to try it: #1", "me", "2026-11-24T22:00:00+00:00")
ITEM = "{what: pull, subject: a, reason: r, approver: m, until: 2026-12-31}"
BLOCK = "what: pull\n    subject: a\n    approver: m\n    until: 2026-12-31\n    reason: "

TEXTS = {
    "nothing": "",
    "a comment": "# mine\n",
    "one line without an end": "offline: true # yes",
    "two lines": "# mine\noffline: true\nlang: fr\n\n# end\n",
    "an end of the document": "---\noffline: true\n...\n",
    "an indented table": "  offline: true\n  lang: fr\n",
    "braces": "{offline: true, lang: fr} # mine\n",
    "empty braces": "{}",
    "no exceptions yet": "exceptions: [] # none\nlang: fr\n",
    "a list in brackets": f"exceptions: [{ITEM}]\n",
    "a list": f"exceptions:\n- {ITEM} # old\n# about lang\nlang: fr\n",
    "an indented list": f"exceptions:\n\n    # old\n    - {ITEM}\n\n    # more\nlang: fr",
    "a list of blocks": f"exceptions:\n  - {BLOCK}old\n  - {BLOCK}older\n# about lang\nlang: fr\n",
    "a list that ends in lines": f"exceptions:\n  - {BLOCK}|\n      # no comment\n\n      more\n\n# end\nlang: fr\n",
    "the list of a marked document": f"--- # mine\nlang: fr\nexceptions:\n  - {ITEM}\n...\n",
    "a text that ends with the file": "lang: fr\nprofile: |\n  default",
    "lines of Windows": f"lang: fr\r\nexceptions:\r\n  - {ITEM}\r\n# end\r\n",
}


def content(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", read_yaml("own", text).content)


def assert_only_added(old: str, new: str, exemption: Exemption) -> None:
    was, now = content(old), content(new)
    found = exemptions(own_layer(read_yaml("own", new), None))
    added = [one for one in found if (one.subject, one.until) == (exemption.subject, exemption.until)]
    assert [(one.what, one.reason, one.approver) for one in added] == [
        (exemption.what, exemption.reason, exemption.approver)
    ]
    assert len(found) == len(was.get("exceptions") or []) + 1
    assert {key: value for key, value in now.items() if key != "exceptions"} == {
        key: value for key, value in was.items() if key != "exceptions"
    }
    assert [item for item in now["exceptions"] if item["subject"] != exemption.subject] == (was.get("exceptions") or [])
    assert _is_within(old, new)


def _is_within(old: str, new: str) -> bool:
    """Whether every mark of the old text stands in the new one, in its order."""
    marks = iter(new)
    return all(mark in marks for mark in old)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_rest_stays_as_it_is(text: str) -> None:
    assert_only_added(text, with_exception("own", text, ONE), ONE)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_second_one_finds_its_place_too(text: str) -> None:
    other = Exemption(What.REQUEST, "delete b", "r", "me", "2026-12-31")
    once = with_exception("own", text, ONE)

    assert_only_added(once, with_exception("own", once, other), other)


def test_it_comes_after_the_last_one_and_before_what_is_said_of_the_next() -> None:
    found = with_exception("own", TEXTS["a list"], ONE)

    assert found == f"exceptions:\n- {ITEM} # old\n- {line_of(ONE)}\n# about lang\nlang: fr\n"


def test_lines_of_windows_stay_such() -> None:
    assert "\n" not in with_exception("own", TEXTS["lines of Windows"], ONE).replace("\r\n", "")


@pytest.mark.parametrize("text", ["offlin: true", "[a", "- a", "exceptions: [{what: pull}]", "a: &b 1\nc: *b"])
def test_nothing_is_added_to_a_file_that_cannot_be_used(text: str) -> None:
    with pytest.raises(InvalidSettings):
        with_exception("own", text, ONE)


@pytest.mark.parametrize("text", ["null\n", f"exceptions: !!seq\n- {ITEM}\n"])
def test_where_no_place_is_sure_the_line_is_told(text: str) -> None:
    with pytest.raises(InvalidSettings) as error:
        with_exception("own", text, ONE)

    assert f"- {line_of(ONE)}" in str(error.value)


def test_a_list_that_is_full_takes_no_more() -> None:
    full = "exceptions:\n" + f"- {ITEM}\n" * 500
    assert len(full) < 64 << 10

    with pytest.raises(InvalidSettings):
        with_exception("own", full, ONE)


def test_a_file_that_would_be_too_large_takes_no_more() -> None:
    with pytest.raises(InvalidSettings):
        with_exception("own", "#" * ((64 << 10) - 10), ONE)


KEYS = st.sampled_from(
    [
        "offline: true",
        "lang: 'fr' # here",
        'models_dirs:\n- a\n- "b: # c"',
        "endpoints: {ollama: 'http://127.0.0.1:1'}",
        "expect:\n  context: 4096\n\n  # inside",
        f"exceptions:\n - {ITEM}",
        f"exceptions: [{ITEM},\n  {ITEM}]",
        "exceptions: []",
    ]
)
BETWEEN = st.sampled_from(["", "\n", "# a comment\n", "  # one more\n\n", "\n\n#\n"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(BETWEEN, KEYS), max_size=4, unique_by=lambda one: one[1].partition(":")[0]),
    st.sampled_from(["", "\n", "\n# end", "\n...\n", "\n\n\n"]),
    st.sampled_from(["\n", "\r\n"]),
    st.text(min_size=1, max_size=60).map(printable),
    st.text(min_size=1, max_size=20).map(printable),
)
def test_whatever_the_file_holds_and_whatever_is_said_it_reads_as_written(
    parts: list[tuple[str, str]], end: str, newline: str, reason: str, approver: str
) -> None:
    text = "".join(f"{before}{key}\n" for before, key in parts).rstrip("\n") + (end if parts else "")
    exemption = Exemption(What.PULL, "llama3.1:8b", reason, approver, ONE.until)
    text = text.replace("\n", newline)

    assert_only_added(text, with_exception("own", text, exemption), exemption)
