"""What a sender's own sentences say about answering: a notice that nobody reads, or an invitation to write.

Works on sentences, across hard line breaks, and quotes the one that was found.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from .addresswords import dead_words_in_name
from .words import alternatives, fold, languages, unhidden

MAX_QUOTE: Final = 200
"""Characters of a sentence that are quoted."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?;…])(?<!\.\w\.)[ ]|(?<=[.!?…][\"»)])[ ]|[•|*\[\]{}=]+")
_SECRET: Final = re.compile(r"(?:\b(?=\w{0,40}\d)\w[\w-]{3,60}|\d[\d ]{2,40}\d)(?: (?=\w{0,6}\d)\w{1,6}\b){0,20}")
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


@cache
def _stems() -> dict[str, tuple[str, ...]]:
    return {language: phrases.text.stems for language, phrases in languages().items() if phrases.text.stems}


@cache
def _pattern(language: str, kind: str) -> re.Pattern[str]:
    """Compile what a language says of one kind; only what is wanted, for all of it takes a quarter of a second."""
    text = languages()[language].text
    parts = {**_PARTS, **text.parts}

    def spelt(pattern: str) -> str:
        return _PART.sub(lambda part: spelt(parts[part[1]]), pattern)

    return alternatives(map(spelt, getattr(text, kind)))


def _spoken(folded: str, among: Iterable[str]) -> tuple[str, ...]:
    """Give those languages of which *folded* has a word worth reading on for."""
    return tuple(language for language in among if any(stem in folded for stem in _stems()[language]))


def read(text: str) -> Said:
    """Look for the first notice and the first invitation in *text*."""
    wanted = _spoken(fold(text), _stems())
    if not wanted:
        return Said()
    notice = invitation = question = ""
    for sentence in sentences(text):
        said = _read_sentence(sentence, wanted)
        if said.notice and _is_aside(question, wanted):
            said = Said()
        question = sentence if sentence.endswith("?") else ""
        notice, invitation = notice or said.notice, invitation or said.invitation
        if notice and invitation:
            break
    return Said(notice=notice, invitation=invitation)


def absence(text: str) -> str:
    """Give the sentence at the beginning of *text* by which a robot answers for somebody; empty for none."""
    for sentence in islice(sentences(text[:_BEGINNING]), _FIRST_SENTENCES):
        folded = fold(sentence)
        if any(_pattern(language, "away").search(folded) for language in _stems()):
            return _quote(sentence, 0)
    return ""


def says_dead(name: str) -> bool:
    """Tell whether a display name says that no answer is read."""
    return bool(dead_words_in_name(name) or read(name).notice)


def _read_sentence(sentence: str, wanted: tuple[str, ...]) -> Said:
    folded = fold(sentence)
    invitation = ""
    for language in _spoken(folded, wanted):
        relevant = " ".join(_pattern(language, "exceptions").sub(" _ ", folded).split())
        if match := _pattern(language, "notices").search(relevant):
            return Said(notice=_quote(sentence, relevant[: match.start()].count(" ")))
        if not invitation and (match := _pattern(language, "invitations").search(relevant)):
            invitation = _quote(sentence, relevant[: match.start()].count(" "))
    return Said(invitation=invitation)


def _is_aside(question: str, wanted: tuple[str, ...]) -> bool:
    """Tell whether what follows *question* is said of leaving a list, or of forged mail, and not of this message."""
    folded = fold(question)
    return bool(folded) and any(_pattern(language, "aside").search(folded) for language in wanted)


def sentences(text: str) -> Iterator[str]:
    """Split *text* into sentences, each on one line with single spaces."""
    for paragraph in _paragraphs(unhidden(text)):
        for sentence in _SENTENCE_END.split(paragraph):
            if sentence and not sentence.isspace():
                yield sentence.strip()


def _paragraphs(text: str) -> Iterator[str]:
    """Join the lines that a program broke.

    A small letter goes on; after a full-length line so does anything, and after a word that ends no sentence.
    """
    held: list[str] = []
    for line in text.splitlines():
        stripped = " ".join(line.split())
        if held and not (stripped and (stripped[0].islower() or _goes_on(held[-1]))):
            yield " ".join(held)
            held = []
        if stripped:
            held.append(stripped)
    if held:
        yield " ".join(held)


def _goes_on(line: str) -> bool:
    return len(line) in _WRAPPED or fold(line[line.rfind(" ") + 1 :]) in _dangling()


@cache
def _dangling() -> frozenset[str]:
    return frozenset(word for phrases in languages().values() for word in phrases.text.dangling)


def _quote(sentence: str, position: int) -> str:
    """Give *sentence*, or what is around its word number *position*; numbers are left out, for one may be a code."""
    shown = _SECRET.sub("[…]", sentence)
    if len(shown) <= MAX_QUOTE:
        return shown
    words = sentence.split(" ")
    start = max(0, min(position, len(words) - 1) - _LEAD)
    cut = _SECRET.sub("[…]", " ".join(words[start : start + 60]))
    return ("…" if start else "") + (cut if len(cut) <= MAX_QUOTE - 2 else cut[: MAX_QUOTE - 2] + "…")
