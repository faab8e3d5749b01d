"""The one-off look: messages out of files, judged and shown; nothing is written anywhere."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .errors import MessageError
from .files import Unreadable, messages_in
from .language import _
from .policy import Analysis, Circumstances, Preferences, Tools, analyze
from .registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """One message of a file, and what was found out."""

    path: Path
    index: int
    analysis: Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that could not be read, or is no message."""

    path: Path
    sentence: str


def scan(
    places: Iterable[Path],
    *,
    preferences: Preferences,
    registry: Registry,
    tools: Tools,
    message_bytes: int,
    clock: Callable[[], datetime],
) -> Iterable[Scanned | Skipped]:
    """Look at every message of *places*, however old.

    Raises:
        DataError: one of *places* does not exist.
    """
    for place in places:
        for found in messages_in(place, limit=message_bytes):
            if isinstance(found, Unreadable):
                yield Skipped(path=found.path, sentence=found.sentence)
                continue
            try:
                reading = tools.read(found.raw, preferences.overrides)
                analysis = analyze(
                    found.raw,
                    reading,
                    circumstances=Circumstances(now=clock(), ageless=True),
                    preferences=preferences,
                    registry=registry,
                    tools=tools,
                    prove_all=True,
                )
            except MessageError as error:
                yield Skipped(path=found.path, sentence=_("{path}: {error}").format(path=found.path, error=error))
                continue
            yield Scanned(path=found.path, index=found.index, analysis=analysis)
