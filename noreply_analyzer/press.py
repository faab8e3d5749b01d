"""Templates filled: the shipped ones, and over them, by name, the user's own, which can do nothing but write text.

Templates are filled in jinja2's sandbox: they reach no attribute that Python keeps to itself, and change no value.
An own template that is wrong names its file and line. What one may cost is not limited here, but in the process that
tries it first (`stationery`).
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files
from traceback import walk_tb
from typing import TYPE_CHECKING, Final, NamedTuple

from .errors import TemplateError
from .language import _
from .prose import Words, template, typeset, value, words
from .vocabulary import MistakenWordsError, overlaid

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_SHIPPED: Final = "shipped/"
"""What stands before the name of a shipped template, for an own one of the same name that goes on from it."""
_FILLED: Final = re.compile(r"[a-z]{2}/[A-Za-z0-9_-]+\.j2\Z")
_NAMED: Final = re.compile(r'"([a-z]{2}/[a-z]+\.j2)"')
"""What a shipped template includes, or goes on from."""
_MOST: Final = 100_000
"""Characters that an own template may write, thirty pages; a report repeats whole messages, and may be longer."""
_MOST_REPORTED: Final = 2_000_000
_IN_NO_MAIL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_NO_WORDS: Final = " \t\n|>–+"


class Own(NamedTuple):
    """A template of the user's, or a ``words.toml``."""

    name: str
    """As the shipped one is called: ``fr/letter.j2``."""
    text: str
    path: str
    """Where it was read: for a sentence, and for nothing else."""


@dataclass(frozen=True, slots=True)
class Templates:
    """What drafts are written with."""

    own: tuple[Own, ...] = ()

    def without(self, name: str) -> "Templates":
        """Give the same without the own template called *name*, so that the shipped one stands in."""
        return Templates(tuple(one for one in self.own if one.name != name))

    def find(self, name: str) -> Own | None:
        """Give the user's own template called *name*."""
        return next((one for one in self.own if one.name == name), None)

    def words(self, language: str) -> Words:
        """Give the words of *language* that stand in no template.

        Raises:
            TemplateError: the user's own cannot be used.
        """
        return _words(self, language)

    def fill(self, name: str, values: Mapping[str, object]) -> str:
        """Give the template called *name* with *values* in it.

        Raises:
            TemplateError: an own template is wrong.
        """
        try:
            filled = _environment(self).get_template(name)
            return self._joined(filled.root_render_func(filled.new_context(dict(values))), name)
        except Exception as error:
            self._blame(error, name)
            raise

    def fill_parts(self, name: str, values: Mapping[str, object], *, needed: Iterable[str] = ()) -> dict[str, str]:
        """Give what the blocks of the template called *name* say, by their names, in their order.

        Raises:
            TemplateError: an own template is wrong, has not all blocks of the shipped one, or one of those that are
                *needed* says nothing.
        """
        try:
            filled = _environment(self).get_template(name)
            context, order = filled.new_context(dict(values)), list(filled.blocks)
            if own := self.find(name):
                self._joined(filled.root_render_func(context), name)  # so that what it extends hands its blocks on
                order = self._order(own, order, there=context.blocks)
            parts = {block: self._joined(context.blocks[block][0](context), name) for block in order}
            if own:
                _require_words(own, {block: parts[block] for block in needed})
        except Exception as error:
            self._blame(error, name)
            raise
        return parts

    def _order(self, own: Own, blocks: list[str], *, there: Container[str]) -> list[str]:
        """Give the order of the parts: the own template's, if it has them all; the shipped one's, if it extends it."""
        wanted = _environment(self).get_template(_SHIPPED + own.name).blocks
        if missing := [block for block in wanted if block not in there]:
            sentence = _("has no block {names}, which the shipped one has")
            raise TemplateError(own.name, own.path, 1, sentence.format(names=", ".join(missing)))
        return blocks if wanted.keys() <= set(blocks) else list(wanted)

    def _written_by(self, name: str) -> tuple[Own, ...]:
        """Give the own templates that *name* consists of: itself, or else what it includes, at whatever remove."""
        names, found = [name], []
        for each in names:
            if own := self.find(each):
                found.append(own)
            else:
                names += [one for one in _NAMED.findall(template(each)) if one not in names]
        return tuple(found)

    def _joined(self, pieces: Iterator[str], name: str) -> str:
        if not self._written_by(name):
            return "".join(pieces)
        most = _MOST_REPORTED if name.endswith("/report.j2") else _MOST
        given: list[str] = []
        size = 0
        for piece in pieces:
            given.append(piece)
            size += len(piece)
            if _IN_NO_MAIL.search(piece):
                sentence = _("writes a character that is not for mail: a control character, or half of one")
                _throw_into(pieces, _UnfitError(sentence))
            if size > most:
                _throw_into(pieces, _UnfitError(_("writes more than {count} characters").format(count=most)))
        return "".join(given)

    def _blame(self, error: Exception, name: str) -> None:
        """Raise *error* as the fault of the own template in which it came up, if it was one."""
        written_by = self._written_by(name) if isinstance(error, _UnfitError) else ()
        place = (written_by[0], 1) if written_by else None
        for frame, line in walk_tb(error.__traceback__):
            source: Template | None = frame.f_globals.get("__jinja_template__")
            if source and (own := self.find(source.name or "")):
                place = own, source.get_corresponding_lineno(line)
        if place and not isinstance(error, TemplateError):
            raise TemplateError(place[0].name, place[0].path, place[1], _said_of(error)) from error


SHIPPED: Final = Templates()
"""What the program brings along."""


@cache
def languages() -> tuple[str, ...]:
    """Give the languages in which there are templates."""
    return tuple(sorted({name.partition("/")[0] for name in shipped_names()}))


@cache
def shipped_names() -> tuple[str, ...]:
    """Give the names of all that an own template can stand over."""
    folders = [folder for folder in (files(__package__) / "templates").iterdir() if (folder / "words.toml").is_file()]
    return tuple(sorted(f"{folder.name}/{file.name}" for folder in folders for file in folder.iterdir()))


def shipped_text(name: str) -> str:
    """Give the template called *name* as it was typed, to be copied and changed."""
    return (files(__package__) / "templates" / name).read_text("utf-8")


def load() -> None:
    """Import what filling templates takes."""
    _environment(SHIPPED)


class _UnfitError(Exception):
    """A template writes more than anybody reads, or what no mail can hold, or what would steer a terminal."""


def _require_words(own: Own, parts: Mapping[str, str]) -> None:
    for block, text in parts.items():
        if not text.strip(_NO_WORDS):
            raise TemplateError(own.name, own.path, 1, _("its block {name} says nothing").format(name=block))


def _throw_into(pieces: Iterator[str], error: Exception) -> None:
    """Have *error* come up where the template is, so that it can be named."""
    if throw := getattr(pieces, "throw", None):
        throw(error)
    raise error


def unknown_names(one: Own, known: Container[str], also_set_in: Iterable[Own]) -> list[tuple[int, str]]:
    """Give the names in an own template that no value has, each with its first line; none if it cannot be parsed.

    What the template, or one of *also_set_in* that may include it, sets or asks for (``is defined``) is known.
    """
    from jinja2 import TemplateError as BrokenError
    from jinja2 import meta, nodes

    try:
        trees = [_environment(SHIPPED).parse(each.text) for each in (one, *also_set_in)]
    except (BrokenError, RecursionError):  # filling it says so
        return []
    names = [node for tree in trees for node in tree.find_all(nodes.Name)]
    tests = (test.node for test in trees[0].find_all(nodes.Test) if test.name in {"defined", "undefined"})
    excused = {node.name for node in names if node.ctx != "load"} | {getattr(node, "name", "") for node in tests}
    wanted = {name for name in meta.find_undeclared_variables(trees[0]) - excused if name not in known}
    lines = {node.name: node.lineno for node in reversed(list(trees[0].find_all(nodes.Name))) if node.name in wanted}
    return sorted((line, name) for name, line in lines.items())


@lru_cache(maxsize=4)
def _environment(templates: Templates) -> "Environment":
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(partial(_source, templates)),
        undefined=StrictUndefined,
        autoescape=False,  # plain text, shown by nothing that reads HTML
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=value,
    )
    del environment.globals["lipsum"], environment.filters["random"]  # the same brief gives the same bytes
    for one in templates.own:
        if one.name.endswith(".j2"):
            _compile(one, environment)
    return environment


def _compile(one: Own, environment: "Environment") -> None:
    """Compile an own template before anything includes it: what goes wrong here goes wrong in it."""
    try:
        environment.get_template(one.name)
    except Exception as error:  # whatever a parser meets in a text that may be anything
        line = getattr(error, "lineno", None) or 1
        raise TemplateError(one.name, one.path, line, _said_of(error)) from error


def _source(templates: Templates, name: str) -> tuple[str, str, None] | None:
    """Give what jinja2 asks for: the text, and the name of the file that it came from."""
    if own := templates.find(name):
        return typeset(name, own.text), own.path, None
    shipped = name.removeprefix(_SHIPPED)
    if not _FILLED.match(shipped):
        return None
    try:
        return template(shipped), name, None
    except FileNotFoundError:
        return None


@lru_cache(maxsize=8)
def _words(templates: Templates, language: str) -> Words:
    own = templates.find(f"{language}/words.toml")
    if own is None:
        return words(language)
    try:
        return overlaid(own.text, language)
    except MistakenWordsError as error:
        line, problem = error.mistakes[0]
        raise TemplateError(own.name, own.path, line, problem) from error


def _said_of(error: Exception) -> str:
    """Say what went wrong in a template; jinja2's own words are English."""
    from jinja2 import TemplateNotFound

    match error:
        case TimeoutError():
            return _("takes too long")
        case MemoryError():
            return _("takes too much memory")
        case RecursionError():
            return _("goes round in a circle, or is nested too deeply")
        case TemplateNotFound():
            return _("there is no template {name}").format(name=error)
    return " ".join(str(error).split())[:300] or type(error).__name__
