"""Findings, gaps and reasons as sentences: templates filled with parameters, escaped in one place."""

import string
from collections.abc import Mapping, Sequence

from modelcheck.core.check import Finding
from modelcheck.core.gap import Gap
from modelcheck.core.report import ReportCheck, ReportGate, ReportReason
from modelcheck.core.text import printable
from modelcheck.reports.lang import Words

MOST = 600
"""Characters of one sentence."""
GIB = 1 << 30


class _Filler(string.Formatter):
    """Fills `{name}` and `{name:bytes}`; no attribute, index or conversion of a template reaches into a value."""

    def get_field(self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[object, str]:
        del args
        return kwargs.get(field_name, f"{{{field_name}}}"), field_name

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec == "bytes" and isinstance(value, int):
            return size(value)
        return plain(value)


def plain(text: object) -> str:
    """Return text from outside as it is, fit to show; nothing in it is a parameter."""
    return printable(text, MOST)


def fill(template: str, **parameters: object) -> str:
    """Fill a template; what is not given stays visible as its name, and what is no template is shown as it is."""
    try:
        return plain(_Filler().vformat(template, (), parameters))
    except ValueError:
        return plain(template)


def size(count: int) -> str:
    """Return bytes as people read them, in binary units."""
    return f"{count / GIB:.1f} GiB" if count >= GIB // 10 else f"{count / (1 << 20):.1f} MiB"


def of_gap(gap: Gap, words: Words) -> str:
    """Say why something was not seen, and what would show it."""
    sentence = fill(words.gaps[gap.why.value], about=gap.about or "it")
    return f"{sentence}; {fill(words.phrases['hint'], hint=gap.hint)}" if gap.hint else sentence


def of_finding(check: ReportCheck, finding: Finding, words: Words) -> str:
    """Say one finding of a check."""
    if finding.gap is not None:
        return fill(words.findings["unseen"], gap=of_gap(finding.gap, words))
    template = check.says.get(finding.code) or words.findings.get(finding.code) or finding.code
    return fill(template, **finding.params)


def of_reason(reason: ReportReason, gate: ReportGate, words: Words) -> str:
    """Say one reason of the gate."""
    origin = gate.bars[reason.code].origin if reason.code in gate.bars else ""
    return fill(words.reasons[reason.code], check=reason.check, have=reason.have, need=reason.need, origin=origin)
