"""TOML tables into frozen structs, with every problem at once, each with its place and a guess.

The configuration and the operators' records both pass through here.
"""

import difflib
import re
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Final, TypeVar

import msgspec

from .language import _

S = TypeVar("S", bound=msgspec.Struct)

_TOML_TYPES: Final = (datetime, date, time)  # a date in quotation marks is a string
_EXPECTED: Final = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")


def read(table: Mapping[str, Any], struct: type[S], *, place: str = "") -> tuple[S | None, tuple[str, ...]]:
    """Convert *table* field by field.

    Returns:
        The struct, or ``None`` where anything was wrong; and one line for each problem: ``place: sentence``.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key, value in table.items():
        if key not in fields:
            problems.append(_at(place, key, _("is not a known key") + _guess(key, fields)))
            continue
        before = len(problems)
        converted = _convert(value, fields[key].type, _join(place, key), problems)
        if len(problems) == before:
            values[fields[key].name] = converted
    missing = [name for name, field in fields.items() if field.required and name not in table]
    problems += [_at(place, name, _("is missing")) for name in missing]
    if any(field.required and field.name not in values for field in fields.values()):
        return None, tuple(problems)
    try:
        made = struct(**values)
    except ValueError as error:  # a struct's own __post_init__: what no single field shows
        for line in str(error).splitlines():
            key = re.split(r"[:\[.]", line, maxsplit=1)[0]
            if key in table and key not in values:
                continue  # it was named as wrong before, and its default stood in for it
            problems.append(_join(place, line) if key in fields else _at(place, "", line))
        return None, tuple(problems)
    return (None if problems else made), tuple(problems)


def _convert(value: Any, wanted: Any, place: str, problems: list[str]) -> Any:  # noqa: ANN401 - TOML values are of any type
    for option in _options(wanted):
        if isinstance(value, dict) and _is_struct(option):
            converted, found = read(value, option, place=place)
            problems += found
            return converted
        if isinstance(value, dict) and _is_mapping(option):
            inner = typing.get_args(option)[1]
            return {key: _convert(item, inner, _join(place, key), problems) for key, item in value.items()}
        if isinstance(value, list) and _is_sequence(option):
            inner = typing.get_args(option)[0]
            return tuple(_convert(item, inner, f"{place}[{index}]", problems) for index, item in enumerate(value))
    try:
        return msgspec.convert(value, wanted, builtin_types=_TOML_TYPES)
    except msgspec.ValidationError as error:
        problems.append(_at(place, "", _sentence(value, wanted, str(error))))
        return None


def _sentence(value: object, wanted: Any, message: str) -> str:  # noqa: ANN401
    if match := _EXPECTED.search(message):
        expected, got = (name.replace("object", "table") for name in match.groups())  # as TOML calls it
        return _("should be {expected}, not {got}").format(expected=expected, got=got)
    if isinstance(value, str) and (choices := _choices(wanted)):
        return _("{value!r} is not known").format(value=value) + _guess(value, choices)
    return message


def _options(wanted: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Give the types that a union allows, or the one type."""
    return typing.get_args(wanted) if typing.get_origin(wanted) in {typing.Union, types.UnionType} else (wanted,)


def _choices(wanted: Any) -> tuple[str, ...]:  # noqa: ANN401
    for option in _options(wanted):
        if isinstance(option, type) and issubclass(option, Enum):
            return tuple(str(member.value) for member in option)
        if typing.get_origin(option) is typing.Literal:
            return tuple(str(choice) for choice in typing.get_args(option))
    return ()


def _guess(word: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return _(" (did you mean {word!r}?)").format(word=close[0]) if close else ""


def _is_struct(wanted: Any) -> bool:  # noqa: ANN401
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def _is_sequence(wanted: Any) -> bool:  # noqa: ANN401
    return typing.get_origin(wanted) in {tuple, list}


def _is_mapping(wanted: Any) -> bool:  # noqa: ANN401
    return typing.get_origin(wanted) in {dict, Mapping, types.MappingProxyType}


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _at(place: str, key: str, sentence: str) -> str:
    where = _join(place, key) if key else place
    return f"{where}: {sentence}" if where else sentence
