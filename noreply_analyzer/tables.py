"""TOML tables into frozen structs, with every problem at once, each with its place and a guess.

The configuration and the operators' records both pass through here. What a value must be beyond its type stands beside
the type (`Check`) and is asked of each value by itself; what several must be together is a method (`Table.problems`),
which hears which of them are wrong already. So no mistake hides another.
"""

import difflib
import tomllib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from importlib.resources import files
from typing import Any, Final, TypeVar

import msgspec

from .language import _

S = TypeVar("S", bound=msgspec.Struct)

_TOML_TYPES: Final = (datetime, date, time)  # a date in quotation marks is a string
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Check:
    """Stands beside a type, in ``Annotated``: what a value of it must be, too."""

    what_is_wrong: Callable[[Any], str]
    """Gives a sentence, or nothing."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table with rules that no single value shows."""

    def problems(self, wrong: AbstractSet[str]) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - most tables have none
        """Give what its values cannot be together: each time the key to be named, and a sentence.

        The keys that are *wrong* hold what could be read of them, or else their default, or ``None``.
        """
        return ()


def read(table: Mapping[str, Any], struct: type[S], *, place: str = "") -> tuple[S | None, tuple[str, ...]]:
    """Convert *table* field by field.

    Returns:
        The struct, or ``None`` where anything was wrong; and one line for each problem: ``place: sentence``.
    """
    problems: list[str] = []
    made = _read(table, struct, place, problems)
    return (None if problems else made), tuple(problems)


def _read(table: Mapping[str, Any], struct: type[S], place: str, problems: list[str]) -> S:
    """Give what could be read of *table*: no struct to be used, unless there are no *problems*."""
    values: dict[str, Any] = {}
    wrong: set[str] = set()
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key, value in table.items():
        if key not in fields:
            problems.append(_at(_join(place, key), _("is not a known key") + guess(key, fields)))
            continue
        before = len(problems)
        converted = _convert(value, fields[key].type, _join(place, key), problems)
        if len(problems) > before:
            wrong.add(key)
        if converted is not _NOTHING:
            values[fields[key].name] = converted
    for key, field in fields.items():
        if field.required and key not in table:
            problems.append(_at(_join(place, key), _("is missing")))
            wrong.add(key)
        if field.required:
            values.setdefault(field.name, None)
    made = struct(**values)  # msgspec looks at no types here
    if isinstance(made, Table):
        problems += [_at(_join(place, key), sentence) for key, sentence in made.problems(wrong)]
    return made


def _convert(value: Any, wanted: Any, place: str, problems: list[str]) -> Any:  # noqa: ANN401 - TOML values are of any type
    if typing.get_origin(wanted) is typing.Annotated:
        bare, *checks = typing.get_args(wanted)
        return _checked(_convert(value, bare, place, problems), checks, place, problems)
    for option in _options(wanted):
        if isinstance(value, dict) and _is_struct(option):
            return _read(value, option, place, problems)
        if isinstance(value, dict) and _is_mapping(option):
            inner = typing.get_args(option)[1]
            items = {key: _convert(item, inner, _join(place, key), problems) for key, item in value.items()}
            return {key: item for key, item in items.items() if item is not _NOTHING}
        if isinstance(value, list) and _is_sequence(option):
            inner = typing.get_args(option)[0]
            converted = [_convert(item, inner, f"{place}[{index}]", problems) for index, item in enumerate(value)]
            return tuple(item for item in converted if item is not _NOTHING)
    try:
        return msgspec.convert(value, wanted, builtin_types=_TOML_TYPES)
    except msgspec.ValidationError:
        problems.append(_at(place, _sentence(value, wanted)))
        return _NOTHING


def _checked(value: Any, checks: Iterable[object], place: str, problems: list[str]) -> Any:  # noqa: ANN401
    if value is _NOTHING:
        return value
    sentences = [check.what_is_wrong(value) for check in checks if isinstance(check, Check)]
    problems += [_at(place, sentence) for sentence in sentences if sentence]
    return _NOTHING if any(sentences) else value


# Sentences --------------------------------------------------------------------------------------------------------


def guess(word: str, known: Iterable[str]) -> str:
    """Say which of the *known* words may have been meant, if one is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return _(" (did you mean {word!r}?)").format(word=close[0]) if close else ""


def choices(word: str, known: Iterable[str]) -> str:
    """Say which of the *known* words may have been meant, or else what they all are."""
    known = [one for one in known if one]
    everything = _("; known are: {words}").format(words=", ".join(known)) if known else ""
    return guess(word, known) or everything


def _sentence(value: object, wanted: Any) -> str:  # noqa: ANN401
    options = [option for option in _options(wanted) if option is not types.NoneType]  # TOML has none
    words = [word for option in options for word in _words(option)]
    if isinstance(value, str) and words and (guess(value, words) or all(map(_words, options))):
        return _("{value!r} is not known").format(value=value) + choices(value, words)
    got = repr(value) if isinstance(value, str) and words else _kind(value)
    return _("should be {expected}, not {got}").format(expected=_(" or ").join(map(_expected, options)), got=got)


def _expected(option: Any) -> str:  # noqa: ANN401
    """Say in a user's words what values of a type look like."""
    if _is_sequence(option):
        return _("a list")
    if _is_struct(option) or _is_mapping(option):
        return _("a table")
    if words := _words(option):
        return repr(words[0]) if len(words) == 1 else _("text")
    return {
        str: _("text"),
        bool: _("true or false"),
        int: _("a whole number"),
        float: _("a number"),
        date: _("a date"),
    }[option]


def _kind(value: object) -> str:
    """Say in a user's words what a value is."""
    if isinstance(value, bool):
        return str(value).lower()  # as TOML writes it
    kinds = {
        str: _("text"),
        int: _("a whole number"),
        float: _("a number with a point"),
        datetime: _("a date with a time"),
        date: _("a date"),
        time: _("a time of day"),
        list: _("a list"),
        dict: _("a table"),
    }
    return kinds.get(type(value)) or repr(value)


# Types -------------------------------------------------------------------------------------------------------------


def _options(wanted: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Give the types that a union allows, or the one type."""
    return typing.get_args(wanted) if typing.get_origin(wanted) in {typing.Union, types.UnionType} else (wanted,)


def _words(option: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Give the words that a type allows, if it is made of words."""
    if isinstance(option, type) and issubclass(option, Enum):
        return tuple(str(member.value) for member in option)
    if typing.get_origin(option) is typing.Literal:
        return tuple(str(word) for word in typing.get_args(option))
    return ()


def _is_struct(wanted: Any) -> bool:  # noqa: ANN401
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def _is_sequence(wanted: Any) -> bool:  # noqa: ANN401
    return typing.get_origin(wanted) in {tuple, list}


def _is_mapping(wanted: Any) -> bool:  # noqa: ANN401
    return typing.get_origin(wanted) in {dict, Mapping, types.MappingProxyType}


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _at(place: str, sentence: str) -> str:
    return f"{place}: {sentence}" if place else sentence


def shipped(folder: str, kind: type[S]) -> Iterator[S]:
    """Give what the files of one of the program's own folders say, in the order of their names."""
    for entry in sorted((files(__package__) / folder).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            yield msgspec.convert(tomllib.loads(entry.read_text("utf-8")), kind)
