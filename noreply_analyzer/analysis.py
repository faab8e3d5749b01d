"""One message on its way to a decision: what is known of it, what the user wants, and what was decided."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from .authentication import Authentication, Result, Standing
from .detection import Overrides, Verdict
from .mentions import Mention
from .message import Message
from .registry import Choice, Level, Match, Operator
from .topic import BY_HAND_OR_NEVER, Subject, Topic

REPORTS: Final = frozenset({"report-look-alike", "report-forged"})
"""The rules by which a report is drafted instead of an answer."""
_REPORTED: Final = 4000
"""Characters of the text of a message that a report repeats."""


class Action(StrEnum):
    """What may be done about a message."""

    DRAFT = "draft"
    TELL = "tell"
    LEAVE = "leave"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is done, by which rule, and the reason in a sentence."""

    action: Action
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something that the reader of a message should know; it decides nothing by itself."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the user's configuration says about drafting."""

    own_addresses: frozenset[str] = frozenset()
    """Comparison keys (`Address.key`) of the account."""
    topics: frozenset[Topic] = frozenset(set(Topic) - BY_HAND_OR_NEVER - {Topic.SURVEY, Topic.MARKETING, Topic.CALL})
    unproven: Action = Action.TELL
    level: Level = Level.QUESTION
    report_phishing: bool = False
    max_age: timedelta = timedelta(days=30)
    give_up: timedelta = timedelta(days=7)
    shelf_life_days: int = 180
    overrides: Overrides = field(default_factory=Overrides)
    authserv_ids: tuple[str, ...] = ()
    """Whose Authentication-Results are believed, if they stand above every Received by a host outside *received_by*."""
    received_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """How and when a message came, which its bytes do not tell."""

    now: datetime
    received: datetime | None = None
    """INTERNALDATE; ``None`` for a file."""
    flags: frozenset[str] = frozenset()
    waiting_since: datetime | None = None
    """When an earlier run first put it off."""
    ageless: bool = False
    """Look at old mail too: a one-off scan of an archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a message's own bytes say. Made by `read`, which callers run under a deadline."""

    message: Message
    verdict: Verdict
    subject: Subject
    mentions: tuple[Mention, ...] = ()
    """What it names the customer's matter by; nothing of security mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """All that is known of one message, and what is to be done about it."""

    reading: Reading
    circumstances: Circumstances
    authentication: Authentication
    match: Match | None
    """The operator that the author's address belongs to; to be believed only if the author is proven."""
    suspect_of: Operator | None = None
    """The operator in whose name it is written, should somebody else have written it."""
    warnings: tuple[Caution, ...] = ()
    decision: Decision
    choice: Choice | None = None

    @property
    def message(self) -> Message:
        """The message itself."""
        return self.reading.message

    def without_text(self) -> "Analysis":
        """Give the same without the text of the message: what was to be quoted of it is in the evidence.

        Of a message that is to be reported its beginning stays: the abuse desk wants to see it.
        """
        message = replace(self.message, text=self.message.text[:_REPORTED] if self.is_report else "")
        return replace(self, reading=replace(self.reading, message=message))

    @property
    def topic(self) -> Topic:
        """What the message is about."""
        return self.reading.subject.topic

    @property
    def is_report(self) -> bool:
        """Whether what is drafted is a report of it, to the operator in whose name somebody else wrote it."""
        return self.decision.rule in REPORTS

    @property
    def addressee(self) -> Operator | None:
        """Whom a draft about it is for."""
        if self.is_report:
            return self.suspect_of
        return self.match.operator if self.match else None

    @property
    def matter(self) -> Topic:
        """What a draft about it is about: a report is a matter of security, which nothing else is ever drafted to."""
        return Topic.SECURITY if self.is_report else self.topic

    @property
    def proven(self) -> bool:
        """Whether the displayed author really wrote it."""
        return self.authentication.standing is Standing.PROVEN

    @property
    def operator(self) -> Operator | None:
        """The operator that provably wrote it."""
        return self.match.operator if self.match and self.proven else None


class Tools(Protocol):
    """The work on hostile bytes and with the network, handed in by whoever has a worker and a resolver."""

    def read(self, raw: bytes, overrides: Overrides) -> Reading:
        """Do what `read` does, under a deadline."""
        ...

    def prove(
        self, raw: bytes, message: Message, *, at: datetime, arrived: datetime | None = None, every: bool = False
    ) -> Authentication:
        """Look up the keys and check the signatures, as of the time when the message came.

        With *arrived*, which is INTERNALDATE and no word of the message's, a key will do that was seen then or later.

        Those of strangers only if *every* one is wanted: they prove nothing.
        """
        ...


NOT_CHECKED: Final = Authentication(result=Result.NONE, standing=Standing.NOT_ESTABLISHED, checked_by="")
"""Nobody asked: the answer would have changed nothing."""


def aware(when: datetime) -> datetime:
    """Give *when* with a zone: mail without one is read as UTC (RFC 5322 section 4.3 allows no better)."""
    return when if when.tzinfo else when.replace(tzinfo=UTC)
