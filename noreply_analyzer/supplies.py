"""What commands work with, put together from the configuration: the clock, the registry, the tools for a message."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from .authentication import TxtAnswer
from .catalogue import Opened, open_registry
from .config import Account, Settings, cache_path, state_path
from .decoding import escaped
from .dns import MemoryCache, Resolver, TxtCache
from .errors import StateError
from .interruption import Interruption
from .policy import Tools
from .references import unknown_operators
from .registry import Registry
from .state import State
from .workbench import Workbench
from .worker import Worker


def now() -> datetime:
    """Give the time of day: the only clock of the program, handed to everything else."""
    return datetime.now(UTC)


def open_records(settings: Settings, *, keep: bool = False) -> Opened:
    """Lay the user's records over the shipped ones; compile them if they are to be *kept*, as in a run."""
    return open_registry(Path(settings.registry.directory).expanduser(), cache_path(os.environ), keep=keep)


def registry_of(settings: Settings) -> Registry:
    """Lay the user's records over the shipped ones; name each that cannot be read."""
    opened = open_records(settings)
    for problem in opened.problems:
        sys.stderr.write(f"noreply-analyzer: {escaped(problem)}\n")
    return opened.registry


def tell_unknown_operators(accounts: Iterable[Account], registry: Registry) -> None:
    """Name the references that the drafts of these *accounts* will never quote."""
    for problem in unknown_operators(accounts, registry):
        sys.stderr.write(f"noreply-analyzer: {escaped(problem)}\n")


class NoDns:
    """A resolver that asks nobody: ``--no-dns``."""

    def look_up_all(self, names: Sequence[str], *, seconds: float) -> dict[str, TxtAnswer]:
        """Answer for no name: the signatures then count as not checked, and not as to be checked later."""
        del names, seconds
        return {}


def _known_keys(stack: ExitStack) -> TxtCache:
    try:
        return stack.enter_context(State.in_memory(state_path(os.environ))).keys
    except StateError:  # `run` and `check` say what is wrong with it
        return MemoryCache()


@contextmanager
def tools_for(settings: Settings, *, ask_dns: bool) -> Iterator[Tools]:
    """Give what reads and proves messages, for a command that remembers nothing; Ctrl-C ends it between two.

    What the runs know of keys it knows too, in a copy: a key that was changed since proves what came before.
    """
    with Interruption(resumes=False), Worker() as worker, ExitStack() as stack:
        cache = _known_keys(stack) if ask_dns else MemoryCache()
        resolver = Resolver(settings.dns.servers, cache=cache, clock=now) if ask_dns else NoDns()
        yield Workbench(worker, resolver, seconds=settings.limits.message_seconds)
