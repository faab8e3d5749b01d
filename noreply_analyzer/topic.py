"""What a message is about, as far as it decides where an answer goes and whether one is written.

Words of the subject and the text are counted; the words are in ``topics/*.toml``, one file a language. Where no topic
is clearly ahead the message is about something else. Security comes before all counting, and its evidence is the
rule's own word, never the sender's: a code may stand beside it.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from .codes import Codes, CodeWords, fold_lines
from .detection import Evidence
from .message import Message
from .words import alternatives, fold

RULES: Final = ("topic-bulk", "topic-security", "topic-words")
"""Every rule that a topic's evidence may name."""

_READ: Final = 16 * 1024
"""Characters of text that are counted: what comes later is small print."""
_STRONG: Final = 2
_WEAK: Final = 1
_SUBJECT: Final = 3
"""How many times a word of the subject counts."""
_BULK: Final = 2
"""What marks of bulk mail count for marketing: less than it takes, for operators' bills carry them too."""
_ENOUGH: Final = 4
_AHEAD: Final = 1.3
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The topic of a message, and the words that show it."""

    topic: Topic
    evidence: tuple[Evidence, ...] = ()


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


class _Security(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    word: str
    where: Literal["subject", "any"]
    pattern: str
    """``<harmless>`` stands for one of ``codes.harmless``."""


class _Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topics: dict[Topic, _Words]
    security: tuple[_Security, ...]
    codes: CodeWords = CodeWords()
    warnings: tuple[str, ...] = ()
    """What everybody prints about passwords; cut out before it is looked for mail about one."""


@dataclass(frozen=True, slots=True)
class _Rule:
    topic: Topic
    weight: int
    pattern: re.Pattern[str]


@cache
def _languages() -> tuple[_Language, ...]:
    found = sorted((files(__package__) / "topics").iterdir(), key=lambda entry: entry.name)
    return tuple(
        msgspec.convert(tomllib.loads(entry.read_text("utf-8")), _Language)
        for entry in found
        if entry.name.endswith(".toml")
    )


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(topic, weight, re.compile(r"\b" + "(?:" + "|".join(patterns) + ")"))
        for language in _languages()
        for topic, words in language.topics.items()
        for weight, patterns in ((_STRONG, words.strong), (_WEAK, words.weak))
        if patterns
    )


@cache
def _security_rules() -> tuple[tuple[_Security, re.Pattern[str]], ...]:
    return tuple(
        (rule, re.compile(r"\b(?:" + rule.pattern.replace("<harmless>", "|".join(each.codes.harmless)) + ")"))
        for each in _languages()
        for rule in each.security
    )


@cache
def _warnings() -> re.Pattern[str]:
    return alternatives(rf"\b(?:{pattern})" for each in _languages() for pattern in each.warnings)


@cache
def _codes() -> Codes:
    return Codes(each.codes for each in _languages())


def masked(text: str) -> str:
    """Give *text* without what looks like a code in it, for whatever is quoted: `classify` may have missed one."""
    return _codes().masked(text)


def classify(message: Message) -> Subject:
    """Say what *message* is about; `Topic.OTHER` where it is not clear."""
    subject, text = fold(message.subject), fold(message.text)
    if security := _security(subject, text) or _code(message):
        return Subject(topic=Topic.SECURITY, evidence=(security,))
    scores: dict[Topic, int] = {}
    evidence: dict[Topic, list[tuple[int, Evidence]]] = {}
    for topic, points, reason in _counted(message, subject, text[:_READ]):
        scores[topic] = scores.get(topic, 0) + points
        evidence.setdefault(topic, []).append((points, reason))
    best = _winner(scores)
    heaviest = sorted(evidence.get(best, ()), key=lambda counted: -counted[0])[:_MAX_EVIDENCE]
    return Subject(topic=best, evidence=tuple(reason for _, reason in heaviest))


def _security(subject: str, text: str) -> Evidence | None:
    text = _warnings().sub("", text)
    for rule, pattern in _security_rules():
        if pattern.search(subject):
            return Evidence(rule="topic-security", where="Subject", found=rule.word)
        if rule.where == "any" and pattern.search(text):
            return Evidence(rule="topic-security", where="text", found=rule.word)
    return None


def _code(message: Message) -> Evidence | None:
    if found := _codes().find(fold_lines(message.subject), fold_lines(message.text)):
        where, name = found
        return Evidence(rule="topic-security", where=where, found=name)
    return None


def _counted(message: Message, subject: str, text: str) -> Iterator[tuple[Topic, int, Evidence]]:
    """Give what each distinct wording adds to its topic, the subject's first."""
    for where, folded, factor in (("Subject", subject, _SUBJECT), ("text", text, 1)):
        for rule in _rules():
            for found in dict.fromkeys(match[0] for match in rule.pattern.finditer(folded)):
                yield rule.topic, factor * rule.weight, Evidence(rule="topic-words", where=where, found=found)
    for name, says_bulk in _BULK_MARKS:
        if (value := message.first(name)) and says_bulk(value.strip().lower()):
            yield Topic.MARKETING, _BULK, Evidence(rule="topic-bulk", where=_shown(name), found=value)
            return


_BULK_MARKS: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("list-unsubscribe", bool),
    ("precedence", {"bulk", "list"}.__contains__),
)


def _shown(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _winner(scores: dict[Topic, int]) -> Topic:
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < _ENOUGH:
        return Topic.OTHER
    if len(ranked) > 1 and ranked[0][1] < _AHEAD * ranked[1][1]:
        return Topic.OTHER
    return ranked[0][0]
