"""What a table of cases shows beyond its rows: a check says all that it announces, and announces all that it says."""

import string
from collections.abc import Callable, Iterable

import pytest

from modelcheck.core.check import Check, Verdict

Said = Callable[[Check[...], Iterable[Verdict]], None]
COMMON = {"nothing", "unseen"}
"""Codes that every check has; their sentences are in `reports/lang`."""


def names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.fixture
def said_both_ways() -> Said:
    def assert_said(check: Check[...], verdicts: Iterable[Verdict]) -> None:
        findings = [finding for verdict in verdicts for finding in verdict.findings if finding.code not in COMMON]
        assert {finding.code for finding in findings} == set(check.says)
        for finding in findings:
            assert names(check.says[finding.code]) <= set(finding.params)

    return assert_said
