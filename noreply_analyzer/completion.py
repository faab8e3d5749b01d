"""What the shell offers while one types: accounts, records, templates. Never an error, a password or a look-up.

click asks these functions before any command runs, so that what stands before the command has to be read here again.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from .config import Settings, find_config, load
from .errors import NoreplyAnalyzerError

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _offering(known: Callable[[Settings], Iterable[str]]) -> Complete:
    """Make what offers those of the *known* words that go on from what was typed, and that are not there yet."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        typed = context.params.get(parameter.name or "")
        there = set(typed) if isinstance(typed, list | tuple) else set()
        words = sorted(set(_all_of(known, context)) - there)
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    return complete


def _all_of(known: Callable[[Settings], Iterable[str]], context: click.Context) -> list[str]:
    try:
        return list(known(_settings(context)))
    except (NoreplyAnalyzerError, OSError, ValueError, RuntimeError):  # also ~nobody, and tables within tables
        return []


def _settings(context: click.Context) -> Settings:
    """Read the configuration that the line to be completed names; the shell has not expanded its words.

    What is no file is left alone: a pipe would be waited for, and can be read but once.
    """
    named = context.find_root().params.get("config")
    path = find_config(os.path.expandvars(Path(named).expanduser()) if named else None, os.environ)
    return load(path) if path.is_file() else Settings()


def _slugs(settings: Settings) -> Iterator[str]:
    """Name the records by their files: reading them would take longer than one waits for a key."""
    yield from _records_in(files(__package__) / "operators")
    with suppress(OSError):
        yield from _records_in(Path(settings.registry.directory).expanduser())


def _records_in(folder: Traversable) -> Iterator[str]:
    names = (file.name for file in folder.iterdir())
    return (name.removesuffix(".toml") for name in names if name.endswith(".toml") and not name.startswith("."))


def _sectors(settings: Settings) -> Iterator[str]:
    from .supplies import open_records

    return (operator.sector for operator in open_records(settings).registry.operators)


def _templates(settings: Settings) -> Iterator[str]:
    """Name the templates by their files, the user's own among them."""
    with suppress(OSError):
        folder = Path(settings.drafting.templates).expanduser()
        yield from (path.relative_to(folder).as_posix() for path in folder.glob("??/[!.]*"))
    from .press import shipped_names

    yield from shipped_names()


templates = _offering(_templates)
"""Offers the names of templates."""

accounts = _offering(lambda settings: (account.name for account in settings.accounts))
"""Offers the accounts of the configuration."""

slugs = _offering(_slugs)
"""Offers the records of the registry, the user's own among them."""

sectors = _offering(_sectors)
"""Offers the sectors that there are."""


def paths(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell to offer files."""
    del context, parameter
    return [CompletionItem(incomplete, type="file")]


def places(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer accounts, and leave it to the shell to offer files beside them."""
    return [*accounts(context, parameter, incomplete), *paths(context, parameter, incomplete)]
