"""docs/json.schema.json, which every object that a test sees printed has to keep to."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

PATH = Path(__file__).parent.parent / "docs" / "json.schema.json"


@cache
def schema() -> dict[str, Any]:
    """Read the schema, which is one itself."""
    read: dict[str, Any] = json.loads(PATH.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(read)
    return read


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def validated(line: str | bytes) -> dict[str, Any]:
    """Read one line of JSON output."""
    read: dict[str, Any] = json.loads(line)
    _validator().validate(read)
    return read


def objects(lines: str) -> list[dict[str, Any]]:
    """Read JSON Lines, of which the last has to be the summary, and no other."""
    found = [validated(line) for line in lines.splitlines()]
    kinds = [one["type"] for one in found]
    assert kinds.index("summary") == len(kinds) - 1, kinds
    return found


def messages(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave the messages alone."""
    return [one for one in found if one["type"] == "message"]
