"""The one-off look: every message of a place is judged, however old, and nothing is written."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .errors import MessageError
from .language import _
from .period import Period
from .policy import Analysis, Circumstances, Preferences, Tools, analyze
from .registry import Registry
from .source import InAccount, InFile, Stored, Unreadable

log = logging.getLogger(__name__)

_OF_MAIL: Final = frozenset({
    *("from", "sender", "reply-to", "to", "cc", "bcc", "date", "message-id", "in-reply-to", "references"),
    *("subject", "mime-version", "received", "return-path", "delivered-to", "resent-from", "list-id"),
})  # fmt: skip
"""One of these has every message, and hardly a program or a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """One message, and what was found out."""

    where: InAccount | InFile
    analysis: Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiner:
    """What judging a message by itself takes, all of it handed in."""

    preferences: Preferences
    registry: Registry
    tools: Tools
    clock: Callable[[], datetime]
    ageless: bool = True
    """Look at old mail too."""

    def examine(self, stored: Stored) -> Analysis:
        """Judge one message.

        Raises:
            MessageError: it is no message, or breaks a limit.
        """
        seen = Circumstances(now=self.clock(), received=stored.received, flags=stored.flags, ageless=self.ageless)
        reading = self.tools.read(stored.raw, self.preferences.overrides)
        if _OF_MAIL.isdisjoint(name for name, _value in reading.message.fields):
            raise MessageError(_("this is not a message: its header has no field that mail has"))
        return analyze(
            stored.raw,
            reading,
            circumstances=seen,
            preferences=self.preferences,
            registry=self.registry,
            tools=self.tools,
            prove_all=True,
        )


def scan(
    found: Iterable[Stored | Unreadable], *, examiner: Examiner, period: Period | None = None
) -> Iterator[Scanned | Unreadable]:
    """Judge every message of *found*; one whose own date lies outside of *period* is passed over."""
    for item in found:
        if isinstance(item, Unreadable):
            yield item
            continue
        try:
            analysis = examiner.examine(item)
        except MessageError as error:
            sentence = _("{where}: {problem}").format(where=item.where, problem=error)
            yield Unreadable(where=item.where, sentence=sentence)
            continue
        log.info("%s: %s, by rule %s", item.where, analysis.decision.action, analysis.decision.rule)
        if period is None or item.received or period.covers(analysis.message.date):
            yield Scanned(where=item.where, analysis=analysis.without_text())
