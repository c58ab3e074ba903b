"""The JSON Schemas of the files that people and programs write and read, by the word for the file."""

from collections.abc import Mapping

from modelcheck.profiles import files
from modelcheck.profiles.schema import own_schema, settings_schema
from modelcheck.reports.json import json_schema

SCHEMAS = {"settings": settings_schema, "own": own_schema, "profile": files.schema, "report": json_schema}


def schema_of(file: str) -> Mapping[str, object]:
    """Return the schema of `settings`, `own`, `profile` or `report`."""
    return SCHEMAS[file]()
