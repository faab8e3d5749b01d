"""What a message is about, as far as it decides where an answer goes and whether one is written.

Wordings of the subject and the text are counted; they are in ``topics/*.toml``, one file a language. Where no topic is
clearly ahead the message is about something else: a wrong "marketing" costs the user a letter, a wrong "billing" makes
a useless one. Security comes before all counting (`security`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Final

import msgspec

from .detection import Evidence
from .lexicon import Lexicon, Words, words_of
from .message import Message
from .security import RULE as SECURITY
from .security import masked, security_of
from .tables import shipped

__all__ = ["RULES", "Subject", "Tally", "Topic", "classify", "masked"]

RULES: Final = ("topic-bulk", "topic-sector", SECURITY, "topic-words")
"""Every rule that a topic's evidence may name."""

_READ: Final = 8 * 1024
"""Characters of text that are counted."""
_OPENING: Final = 60
"""Words of the text that say what it is about; they count more than what comes later."""
_POINTS: Final[Mapping[tuple[str, bool], int]] = {
    ("Subject", True): 6,
    ("Subject", False): 3,
    ("opening", True): 3,
    ("opening", False): 1,
    ("text", True): 2,
    ("text", False): 1,
}
"""What a wording is worth, by its place and whether it is a strong one."""
_BULK: Final = 2
"""What marks of bulk mail count for marketing: less than it takes, for operators' bills carry them too."""
_SECTOR: Final = 3
"""What the operator's sector counts for a topic that the words speak of."""
_ENOUGH: Final = 4
_AHEAD: Final = 1.3
_FAR_DOWN: Final = 8
"""Points that are enough where neither the subject nor the first words name the topic; never for marketing."""
_MAX_EVIDENCE: Final = 3


class Topic(StrEnum):
    """The eleven kinds of mail that operators write, and what only the user can want to write about."""

    BILLING = "billing"
    CONTRACT = "contract"
    INCIDENT = "incident"
    DELIVERY = "delivery"
    APPOINTMENT = "appointment"
    ACCOUNT = "account"
    SECURITY = "security"
    """One-time codes, password resets, log-in alerts: never drafted to, never quoted."""
    SURVEY = "survey"
    MARKETING = "marketing"
    CALL = "call"
    OTHER = "other"
    DATA = "data"
    """The user's personal data: no message is ever taken for it, but one may be answered about them by hand."""


BY_HAND_OR_NEVER: Final = frozenset({Topic.SECURITY, Topic.DATA})
"""What no run ever drafts to."""


_AT_HOME: Final[Mapping[str, Topic]] = {
    "parcels": Topic.DELIVERY,
    "delivery": Topic.DELIVERY,
    "e-commerce": Topic.DELIVERY,
    "transport": Topic.INCIDENT,
    "travel": Topic.INCIDENT,
    "health": Topic.APPOINTMENT,
}
"""What operators of a sector write about more than others, by `Operator.sector`."""

_OF_THE_CUSTOMER: Final = frozenset(Topic) - {Topic.SURVEY, Topic.MARKETING, Topic.CALL, Topic.OTHER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What speaks for one topic."""

    topic: Topic
    points: int
    in_subject: bool
    """Whether the subject says it by a strong wording."""
    in_opening: bool
    """Likewise the first words of the text."""
    strong: bool
    """Likewise anything."""
    evidence: tuple[Evidence, ...]
    """The heaviest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The topic of a message, and the words that show it."""

    topic: Topic
    evidence: tuple[Evidence, ...] = ()
    tallies: tuple[Tally, ...] = ()
    """All that was counted; none where nothing had to be."""

    def in_sector(self, sector: str) -> "Subject":
        """Decide again, where *sector* of the operator is known, for what its operators mostly write about."""
        at_home = _AT_HOME.get(sector)
        if not any(tally.topic is at_home for tally in self.tallies):
            return self
        reason = Evidence(rule="topic-sector", where="From", found=sector)
        return _decide(
            replace(tally, points=tally.points + _SECTOR, evidence=(*tally.evidence[: _MAX_EVIDENCE - 1], reason))
            if tally.topic is at_home
            else tally
            for tally in self.tallies
        )


class _Wordings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


class _Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topics: dict[Topic, _Wordings]
    small_print: tuple[str, ...] = ()
    """Where the small print begins."""
    empty: tuple[str, ...] = ()
    """Idioms that say nothing, though words in them do."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    wording: str
    topic: Topic | None
    """``None``: the small print begins; `Topic.OTHER`: it says nothing."""
    strong: bool = False


@cache
def _lexicon() -> Lexicon[_Meaning]:
    return Lexicon(pair for language in shipped("topics", _Language) for pair in _meanings(language))


def _meanings(language: _Language) -> Iterator[tuple[str, _Meaning]]:
    for wording in language.small_print:
        yield wording, _Meaning(wording, None)
    for wording in language.empty:
        yield wording, _Meaning(wording, Topic.OTHER)
    for topic, wordings in language.topics.items():
        for wording in wordings.strong:
            yield wording, _Meaning(wording, topic, strong=True)
        for wording in wordings.weak:
            yield wording, _Meaning(wording, topic)


def classify(message: Message) -> Subject:
    """Say what *message* is about; `Topic.OTHER` where it is not clear."""
    if security := security_of(message):
        return Subject(topic=Topic.SECURITY, evidence=(security,))
    return _decide(_tallies(message))


def _tallies(message: Message) -> Iterator[Tally]:
    counted: dict[Topic, list[_Said]] = {}
    for said in _counted(message):
        counted.setdefault(said.topic, []).append(said)
    for topic, every in counted.items():
        every.sort(key=lambda said: -said.points)
        strong = {said.place for said in every if said.strong}
        yield Tally(
            topic=topic,
            points=sum(said.points for said in every),
            in_subject="Subject" in strong,
            in_opening="opening" in strong,
            strong=bool(strong),
            evidence=tuple(said.reason for said in every[:_MAX_EVIDENCE]),
        )


@dataclass(frozen=True, slots=True)
class _Said:
    topic: Topic
    place: str
    strong: bool
    points: int
    reason: Evidence


def _counted(message: Message) -> Iterator[_Said]:
    """Give what each wording adds to its topic where it is first said."""
    yield from _said(words_of(message.subject), "Subject")
    yield from _said(words_of(message.text[:_READ]), "text")
    for name, says_bulk in _BULK_MARKS:
        if (value := message.first(name)) and says_bulk(value.strip().lower()):
            reason = Evidence(rule="topic-bulk", where=_shown(name), found=value)
            yield _Said(Topic.MARKETING, name, strong=False, points=_BULK, reason=reason)
            return


def _said(words: Words, where: str) -> Iterator[_Said]:
    said = set()
    for found in _lexicon().find(words):
        for meaning in found.means:
            if meaning.topic is None and where == "text" and found.first > len(words.folded) // 2:
                return
            if meaning.topic is None or meaning.topic is Topic.OTHER or meaning in said:
                continue
            said.add(meaning)
            place = "opening" if where == "text" and found.first < _OPENING else where
            reason = Evidence(rule="topic-words", where=where, found=words.written(found))
            points = _POINTS[place, meaning.strong]
            yield _Said(meaning.topic, place, strong=meaning.strong, points=points, reason=reason)


_BULK_MARKS: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("list-unsubscribe", bool),
    ("precedence", {"bulk", "list"}.__contains__),
)


def _shown(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _decide(tallies: Iterable[Tally]) -> Subject:
    ranked = tuple(sorted(tallies, key=lambda tally: -tally.points))
    best = _winner(ranked)
    if best is None:
        return Subject(topic=Topic.OTHER, tallies=ranked)
    return Subject(topic=best.topic, evidence=best.evidence, tallies=ranked)


def _winner(ranked: tuple[Tally, ...]) -> Tally | None:
    """Give what is clearly ahead.

    What the subject names and the text begins with is not contested by advertising below it. A survey is about
    something else, which its subject names too.
    """
    shown = {tally.topic: tally for tally in ranked if tally.in_subject}
    if Topic.SURVEY in shown and Topic.MARKETING not in shown:
        return shown[Topic.SURVEY]
    named = [tally for tally in shown.values() if tally.topic in _OF_THE_CUSTOMER]
    if Topic.MARKETING not in shown and any(tally.in_opening for tally in named):
        ranked = tuple(tally for tally in ranked if tally.topic is not Topic.MARKETING)
    if not ranked or not _shows(ranked[0]):
        return None
    if len(ranked) > 1 and ranked[0].points < _AHEAD * ranked[1].points:
        return None
    if ranked[0].topic is Topic.MARKETING and named:
        return None
    return ranked[0]


def _shows(tally: Tally) -> bool:
    if tally.in_subject or tally.in_opening:
        return tally.points >= _ENOUGH
    return tally.strong and tally.points >= _FAR_DOWN and tally.topic is not Topic.MARKETING
