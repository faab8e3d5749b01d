"""Mail that is never drafted to and never quoted: one-time codes, password resets, log-in alerts.

The words are in ``secrets/*.toml``, one file a language, and those of all languages are looked for at once. What is
given as evidence is the rule's own word, never the sender's: a code may stand beside it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal

import msgspec

from .codes import Codes, CodeWords, fold_lines
from .detection import Evidence
from .message import Message
from .tables import shipped
from .words import alternatives, fold

RULE: Final = "topic-security"
"""The one rule that says so."""

_AROUND: Final = 200
"""Characters around a stem that an expression may reach over; all of their repetitions are shorter."""
_MAX_PLACES: Final = 400
"""Stems of one rule that are looked at in one text."""


class _Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    word: str
    where: Literal["subject", "any"]
    stems: tuple[str, ...]
    """One of them is in whatever the pattern finds: the rest of the text is not searched."""
    pattern: str
    """``<harmless>`` stands for one of ``codes.harmless``."""


class _Secrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    security: tuple[_Wording, ...]
    codes: CodeWords = CodeWords()
    warnings: tuple[str, ...] = ()
    """What everybody prints about passwords; cut out before it is looked for mail about one."""


@dataclass(frozen=True)
class _Rule:
    """A wording of one language; its expression is compiled when a text has one of its stems."""

    wording: _Wording
    harmless: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(r"\b(?:" + self.wording.pattern.replace("<harmless>", self.harmless) + ")")

    def is_in(self, text: str) -> bool:
        """Tell whether the folded *text* says it."""
        return any(self._pattern.search(text, start, end) for start, end in self._windows(text))

    def _windows(self, text: str) -> Iterator[tuple[int, int]]:
        """Give the stretches of *text* around the stems, those that overlap as one."""
        places = sorted(place for stem in self.wording.stems for place in _places(stem, text))
        begun, end = -1, -1
        for place in places:
            if begun < 0 or place - _AROUND > end:
                if begun >= 0:
                    yield begun, end
                begun = max(0, place - _AROUND)
            end = place + _AROUND
        if begun >= 0:
            yield begun, end


def _places(stem: str, text: str) -> Iterator[int]:
    at = text.find(stem)
    for _ in range(_MAX_PLACES):
        if at < 0:
            return
        yield at
        at = text.find(stem, at + len(stem))


@cache
def _languages() -> tuple[_Secrets, ...]:
    return tuple(shipped("secrets", _Secrets))


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_Rule(each, "|".join(one.codes.harmless)) for one in _languages() for each in one.security)


@cache
def _warnings() -> re.Pattern[str]:
    return alternatives(rf"\b(?:{pattern})" for each in _languages() for pattern in each.warnings)


@cache
def _codes() -> Codes:
    return Codes(each.codes for each in _languages())


def masked(text: str) -> str:
    """Give *text* without what looks like a code in it, for whatever is quoted: `security_of` may have missed one."""
    return _codes().masked(text)


def security_of(message: Message) -> Evidence | None:
    """Say why *message* is about access to an account: by its words, or by what has the shape of a code in it."""
    by_lines = fold_lines(message.text)
    subject, text = fold(message.subject), " ".join(by_lines.split())
    # What everybody prints about passwords costs time to cut out, and matters only where something was found.
    if (said := _said(subject, text)) and (said := _said(subject, _warnings().sub("", text))):
        return said
    if found := _codes().find(fold_lines(message.subject), by_lines):
        where, name = found
        return Evidence(rule=RULE, where=where, found=name)
    return None


def _said(subject: str, text: str) -> Evidence | None:
    for rule in _rules():
        if rule.is_in(subject):
            return Evidence(rule=RULE, where="Subject", found=rule.wording.word)
        if rule.wording.where == "any" and rule.is_in(text):
            return Evidence(rule=RULE, where="text", found=rule.wording.word)
    return None
