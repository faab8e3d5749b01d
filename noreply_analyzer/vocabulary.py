"""The user's own ``words.toml`` over the shipped one, key by key, checked before a draft is written with it.

A file of one's own has only the keys that are to say something else, so it need not be renewed with the program. What
it says is data: of the fields in braces only those that the shipped text has, by their plain names, are filled in.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, NamedTuple

import msgspec

from .language import _
from .prose import Words, template, typeset
from .tables import guess


class Mistake(NamedTuple):
    """What is wrong in a file, and at which line."""

    line: int
    problem: str


class MistakenWordsError(ValueError):
    """Own words that cannot be used: at least one `Mistake`."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(mistakes[0].problem)
        self.mistakes = tuple(mistakes)


def overlaid(source: str, language: str) -> Words:
    """Lay the own words in *source* over the shipped ones of *language*.

    Raises:
        MistakenWordsError: they are no TOML, or say what no template asks for; every mistake is named.
    """
    own = _read(source)
    shipped = tomllib.loads(template(f"{language}/words.toml"))
    if mistakes := [Mistake(_line_of(path, source), said) for path, said in _mistakes(own, shipped, ())]:
        raise MistakenWordsError(mistakes)
    return msgspec.convert(_laid_over(shipped, own, f"{language}/words.toml"), Words)


def _read(source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(source)
    except RecursionError:
        raise MistakenWordsError([Mistake(1, _("is nested too deeply"))]) from None
    except ValueError as error:
        place = re.search(r" \(at line (\d+), column \d+\)\Z", str(error))
        said = _("is not TOML: {problem}").format(problem=str(error)[: place.start()] if place else error)
        raise MistakenWordsError([Mistake(int(place[1]) if place else source.count("\n") + 1, said)]) from None


def _mistakes(
    own: Mapping[str, Any], shipped: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, said in own.items():
        path = (*above, key)
        if key not in shipped:
            yield path, _("{key} is no key here").format(key=".".join(path)) + guess(key, shipped)
        elif isinstance(said, dict) and isinstance(shipped[key], dict):
            yield from _mistakes(said, shipped[key], path)
        elif problem := _problem(said, shipped[key]):
            yield path, f"{'.'.join(path)}: {problem}"
        elif path == ("language",) and said != shipped[key]:
            expected = _("should be {kind}").format(kind=repr(shipped[key]))
            yield path, f"language: {expected}"


def _problem(said: object, shipped: object) -> str:
    """Say why *said* cannot stand for what is shipped; empty if it can."""
    match shipped, said:
        case str(), str():
            return _problem_of_fields(said, shipped)
        case list(), list():
            fits = len(said) == len(shipped) and all(isinstance(one, str) for one in said)
            return "" if fits else _("should be {count} texts").format(count=len(shipped))
        case (bool(), bool()):
            return ""
    kinds = {str: _("text"), list: _("a list"), bool: _("true or false"), dict: _("a table")}
    return _("should be {kind}").format(kind=kinds[type(shipped)])


def _problem_of_fields(said: str, shipped: str) -> str:
    known = {name for _text, name, _form, _conversion in Formatter().parse(shipped) if name is not None}
    try:
        parsed = list(Formatter().parse(said))
    except ValueError:
        return _("has a brace that is not closed or not opened; a brace itself is written twice")
    for _text, name, form, conversion in parsed:
        if name is not None and (name not in known or form or conversion):
            there = ", ".join(f"{{{one}}}" for one in sorted(known)) or _("none")
            return _("{field} is filled in by nothing; there is: {known}").format(field=f"{{{name}}}", known=there)
    return ""


def _laid_over(shipped: Mapping[str, Any], own: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(shipped) | {key: _set(said, shipped[key], name) for key, said in own.items()}


def _set(said: Any, shipped: Any, name: str) -> Any:  # noqa: ANN401 - whatever TOML holds
    match said:
        case str():
            return typeset(name, said)
        case list():
            return [typeset(name, one) for one in said]
        case dict():
            return _laid_over(shipped, said, name)
    return said


def _line_of(path: tuple[str, ...], source: str) -> int:
    """Find the line on which a key stands, or else its table; the first if it is written in a way not looked for."""
    *tables, key = path
    table, found = "", 1
    for number, line in enumerate(source.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            table = header[1]
            found = number if table in {".".join(tables), ".".join(path)} else found
        elif table == ".".join(tables) and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
        elif not table and tables and re.match(rf"\s*{re.escape(tables[0])}\s*[=.]", line):
            found = number
    return found
