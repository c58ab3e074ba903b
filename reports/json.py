"""The report as JSON: the same bytes for the same report, every time."""

from typing import Any

import msgspec

from modelcheck.core.codec import encode
from modelcheck.core.recount import sealed
from modelcheck.core.report import Report


def json_report(report: Report) -> bytes:
    """Return the report as indented JSON in UTF-8, with its checksum."""
    return encode(sealed(report))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema that every report meets."""
    return msgspec.json.schema(Report)
