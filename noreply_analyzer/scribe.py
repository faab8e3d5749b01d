"""A record as the text of its file: what is not said is left out, in the order that docs/registry.md explains.

Its first line names the schema for editors, as a file beside it: there is one beside the shipped records, and
`registry schema` prints it for a folder of one's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Final

import msgspec

from .amending import MAX_LINE, quoted
from .records import Channel, Operator, Sender

SCHEMA: Final = "#:schema ./operator.schema.json"
"""The convention of Taplo, which editors know as Even Better TOML, and of Tombi."""


def written(operator: Operator, *, remarks: Mapping[str, Sequence[str]] | None = None) -> str:
    """Give the text of a record; above what is called ``""``, a key, or ``channels.ID`` stand its *remarks*."""
    remarks = remarks or {}
    lines = [SCHEMA, *_remarks(remarks.get("", ()))]
    tables: list[tuple[str, str, msgspec.Struct]] = []
    for key, value in said(operator):
        if isinstance(value, msgspec.Struct):
            tables.append((key, f"[{key}]", value))
        elif isinstance(value, tuple) and any(isinstance(one, msgspec.Struct) for one in value):
            tables += ((key, f"[[{key}]]", one) for one in value)
        else:
            lines += [*_remarks(remarks.get(key, ())), f"{key} = {_value(key, value)}"]
    for key, header, part in tables:
        lines += ["", *_remarks(remarks.get(f"{key}.{_name(part)}", ())), header]
        lines += (f"{name} = {_value(name, value)}" for name, value in said(part))
    return "\n".join(lines) + "\n"


def _name(part: msgspec.Struct) -> str:
    match part:
        case Channel():
            return part.id
        case Sender():
            return part.domain
    return ""


def _remarks(sentences: Sequence[str]) -> Iterator[str]:
    """Write each sentence as a remark, with nothing in it that could end one."""
    for sentence in sentences:
        plain = "".join(letter if letter.isprintable() else " " for letter in sentence)
        yield f"# {plain}".rstrip()


def said(struct: msgspec.Struct) -> Iterator[tuple[str, object]]:
    """Give the keys of a record, or of a part of one, and their values; not those that say what is left out."""
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        if field.required or value != field.default:
            yield field.encode_name, value


def _value(key: str, value: object) -> str:
    match value:
        case Enum():
            return quoted(str(value.value))
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case date() | int():
            return str(value)
        case tuple():
            return _list(key, [_value(key, one) for one in value])
    raise TypeError(value)


def _list(key: str, items: Sequence[str]) -> str:
    line = "[" + ", ".join(items) + "]"
    if len(key) + len(" = ") + len(line) <= MAX_LINE:
        return line
    return "\n".join(["[", *(f"    {item}," for item in items), "]"])
