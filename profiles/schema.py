"""JSON Schemas of the settings files, for editors; made of the same structs that read them."""

from typing import Any

import msgspec

from modelcheck.profiles.declared import Declared, OwnFile
from modelcheck.profiles.settings import IGNORED

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def settings_schema() -> dict[str, Any]:
    """Return the schema of a project's `modelcheck.yaml`; what only the user may set is no error, and is ignored."""
    schema = _schema(Declared)
    ignored = {key: {"description": "Only the user may set this; in a project it is ignored."} for key in IGNORED}
    schema["$defs"][Declared.__name__]["properties"].update(ignored)
    return schema


def own_schema() -> dict[str, Any]:
    """Return the schema of the user's own settings file."""
    return _schema(OwnFile)


def _schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$schema": DRAFT, **msgspec.json.schema(kind)}
