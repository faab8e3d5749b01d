"""Questions on the terminal: what is typed is asked for again until it can be used."""

import importlib
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import click

from .decoding import escaped
from .errors import NoreplyAnalyzerError, UsageError
from .language import _

T = TypeVar("T")

_WIDTH: Final = 100
_YES: Final = frozenset({"y", "yes", "o", "oui"})
_NO: Final = frozenset({"n", "no", "non"})


def require_terminal() -> None:
    """Make sure that somebody is there to answer.

    Raises:
        UsageError: standard input is no terminal.
    """
    if not sys.stdin.isatty():  # whether what is printed is read is the affair of whoever sits there
        sentence = _(
            "setup asks questions, and standard input is no terminal; without one, start from config.example.toml"
        )
        raise UsageError(sentence)
    with suppress(ImportError):
        importlib.import_module("readline")  # so that one can go back within what one types


def say(sentence: str = "") -> None:
    """Print a sentence on a line of its own."""
    click.echo(escaped(sentence))


def explain(sentence: str) -> None:
    """Print what is to be read and not to be copied, in lines that no terminal breaks within a word."""
    width = min(shutil.get_terminal_size().columns, _WIDTH)
    for line in sentence.splitlines():
        click.echo(textwrap.fill(escaped(line), width, break_long_words=False, break_on_hyphens=False))


def ask(question: str, read: Callable[[str], T], *, default: str = "") -> T:
    """Ask until *read* takes the answer; what it raises is said before the next try.

    Raises:
        click.Abort: nobody answers: Ctrl-C or Ctrl-D.
    """
    while True:
        answer = click.prompt(
            escaped(question), default=default, show_default=bool(default), type=str, prompt_suffix=_(": ")
        )
        try:
            return read(_printable(answer).strip())
        except NoreplyAnalyzerError as error:
            say(str(error))


def ask_secret(question: str) -> str:
    """Ask for what is not to be seen; empty where nothing is typed."""
    while True:
        answer: str = click.prompt(
            escaped(question), default="", show_default=False, type=str, hide_input=True, prompt_suffix=_(": ")
        )
        try:
            return _printable(answer)
        except UsageError as error:
            say(str(error))


def _printable(answer: str) -> str:
    """Refuse what no file of ours can hold: the codes of keys that move the cursor, bytes of another encoding."""
    if not answer.isprintable():
        raise UsageError(_("there are characters in it that cannot be shown; please type it again"))
    return answer


def confirm(question: str, *, default: bool) -> bool:
    """Ask for a yes or a no, in either language; nothing is *default*."""

    def read(answer: str) -> bool:
        word = answer.lower()
        if not word:
            return default
        if word not in _YES | _NO:
            raise UsageError(_("please answer yes or no"))
        return word in _YES

    hint = _("[Y/n]") if default else _("[y/N]")
    return ask(f"{question} {hint}", read)


def choose(question: str, words: Sequence[str], *, default: str) -> str:
    """Have one of the *words* chosen; its beginning is enough where it is the beginning of no other."""

    def read(answer: str) -> str:
        found = [word for word in words if word == answer] or [
            word for word in words if answer and word.lower().startswith(answer.lower())
        ]
        if len(found) != 1:
            raise UsageError(_("please type one of: {words}").format(words=", ".join(words)))
        return found[0]

    return ask(f"{question} ({', '.join(words)})", read, default=default)
