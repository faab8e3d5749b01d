"""What a sender's own sentences say about answering: a notice that nobody reads, or an invitation to write.

Works on sentences, across hard line breaks, and quotes the one that was found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from .addresswords import dead_words_in_name
from .words import TextWords, alternatives, fold, languages

MAX_QUOTE: Final = 200
"""Characters of a sentence that are quoted."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?;…])(?<!\.\w\.)[ ]|(?<=[.!?…][\"»)])[ ]|[•|*\[\]{}=]+")
_SECRET: Final = re.compile(r"\b(?=\w{0,40}\d)\w[\w-]{3,60}|\d[\d ]{2,40}\d")
"""A number or a mix of letters and digits that may be a code; years and references go with it."""
_WRAPPED: Final = range(50, 100)
"""Lengths at which a line was probably broken by a program and goes on in the next, capital or not."""
_PART: Final = re.compile(r"<(\w+)>")
_PARTS: Final = {"word": "[^ ]{1,30}", "few": "(?:[^ ]{1,30} ){0,2}?", "inner": "[^ ,;:]{1,30}"}
"""What every language's patterns may use: a word, the few words that may stand between two others, and a word within
a clause."""
_BEGINNING: Final = 2000  # characters in which the first sentences are
_FIRST_SENTENCES: Final = 6
_LEAD: Final = 8
"""Words shown before the notice in a sentence too long to quote whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a text says about answering, each quoted, empty where it says nothing."""

    notice: str = ""
    invitation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    stems: tuple[str, ...]
    notices: re.Pattern[str]
    exceptions: re.Pattern[str]
    invitations: re.Pattern[str]
    away: re.Pattern[str]


def _compile(text: TextWords) -> _Patterns:
    parts = {**_PARTS, **text.parts}

    def spelt(pattern: str) -> str:
        return _PART.sub(lambda part: spelt(parts[part[1]]), pattern)

    def whole(patterns: tuple[str, ...]) -> re.Pattern[str]:
        return alternatives(map(spelt, patterns))

    return _Patterns(
        stems=text.stems,
        notices=whole(text.notices),
        exceptions=whole(text.exceptions),
        invitations=whole(text.invitations),
        away=whole(text.away),
    )


@cache
def _patterns() -> tuple[_Patterns, ...]:
    return tuple(_compile(phrases.text) for phrases in languages().values() if phrases.text.stems)


def read(text: str) -> Said:
    """Look for the first notice and the first invitation in *text*."""
    folded = fold(text)
    wanted = tuple(each for each in _patterns() if any(stem in folded for stem in each.stems))
    if not wanted:
        return Said()
    notice = invitation = ""
    for sentence in sentences(text):
        said = _read_sentence(sentence, wanted)
        notice, invitation = notice or said.notice, invitation or said.invitation
        if notice and invitation:
            break
    return Said(notice=notice, invitation=invitation)


def absence(text: str) -> str:
    """Give the sentence at the beginning of *text* by which a robot answers for somebody; empty for none."""
    for sentence in islice(sentences(text[:_BEGINNING]), _FIRST_SENTENCES):
        folded = fold(sentence)
        if any(patterns.away.search(folded) for patterns in _patterns()):
            return _quote(sentence, 0)
    return ""


def says_dead(name: str) -> bool:
    """Tell whether a display name says that no answer is read."""
    return bool(dead_words_in_name(name) or read(name).notice)


def _read_sentence(sentence: str, wanted: tuple[_Patterns, ...]) -> Said:
    folded = fold(sentence)
    invitation = ""
    for patterns in wanted:
        if not any(stem in folded for stem in patterns.stems):
            continue
        relevant = " ".join(patterns.exceptions.sub(" _ ", folded).split())
        if match := patterns.notices.search(relevant):
            return Said(notice=_quote(sentence, relevant[: match.start()].count(" ")))
        if not invitation and (match := patterns.invitations.search(relevant)):
            invitation = _quote(sentence, relevant[: match.start()].count(" "))
    return Said(invitation=invitation)


def sentences(text: str) -> Iterator[str]:
    """Split *text* into sentences, each on one line with single spaces."""
    for paragraph in _paragraphs(text):
        for sentence in _SENTENCE_END.split(paragraph):
            if sentence and not sentence.isspace():
                yield sentence.strip()


def _paragraphs(text: str) -> Iterator[str]:
    """Join the lines that a program broke: a small letter goes on; after a full-length line so does anything."""
    held: list[str] = []
    for line in text.splitlines():
        stripped = " ".join(line.split())
        if held and not (stripped and (stripped[0].islower() or len(held[-1]) in _WRAPPED)):
            yield " ".join(held)
            held = []
        if stripped:
            held.append(stripped)
    if held:
        yield " ".join(held)


def _quote(sentence: str, position: int) -> str:
    """Give *sentence*, or what is around its word number *position*; numbers are left out, for one may be a code."""
    shown = _SECRET.sub("[…]", sentence)
    if len(shown) <= MAX_QUOTE:
        return shown
    words = sentence.split(" ")
    start = max(0, min(position, len(words) - 1) - _LEAD)
    cut = _SECRET.sub("[…]", " ".join(words[start : start + 60]))
    return ("…" if start else "") + (cut if len(cut) <= MAX_QUOTE - 2 else cut[: MAX_QUOTE - 2] + "…")
