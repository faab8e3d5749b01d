"""The help of the commands, and click's own words around it, in the language in use.

click keeps the help from the moment a command is defined, when nobody has said yet which language to speak, and takes
its own words from gettext's default catalogue, in the language that the environment names.
"""

import copy
import gettext
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Final, TypeVar

import click

from .language import _, in_use

C = TypeVar("C", bound=click.Command)

_CATALOGUE: Final = "noreply_analyzer"
_SAID: Final = ("help", "short_help", "epilog", "metavar", "options_metavar", "subcommand_metavar")
_AS_IT_STANDS: Final = "\b\n"
"""How a paragraph begins whose lines click does not fill."""


def translated(command: C) -> C:
    """Give a copy of *command* and of all below it whose help is in the language in use."""
    copied = copy.deepcopy(command)
    for thing, name in _texts(copied):
        setattr(thing, name, "\n\n".join(mark + _(words) for mark, words in _paragraphs(getattr(thing, name))))
    return copied


def sentences(command: click.Command) -> Iterator[str]:
    """Give what there is to translate in the help of *command* and of all below it, paragraph by paragraph."""
    for thing, name in _texts(command):
        yield from (words for _mark, words in _paragraphs(getattr(thing, name)))


def _texts(command: click.Command) -> Iterator[tuple[click.Command | click.Parameter, str]]:
    things: tuple[click.Command | click.Parameter, ...] = (command, *command.params)
    yield from ((thing, name) for thing in things for name in _SAID if getattr(thing, name, None))
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from _texts(below)


def _paragraphs(text: str) -> Iterator[tuple[str, str]]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        mark = _AS_IT_STANDS if paragraph.startswith(_AS_IT_STANDS) else ""
        yield mark, paragraph.removeprefix(mark)


@contextmanager
def words_of_click() -> Iterator[None]:
    """Have click say "Usage:" and "No such option" in the language in use; programs started meanwhile speak it too."""
    before = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(_CATALOGUE, str(files(__package__) / "locale"))
    gettext.textdomain(_CATALOGUE)
    os.environ["LANGUAGE"] = in_use()
    try:
        yield
    finally:
        gettext.textdomain(before[0])
        if before[1] is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before[1]
