"""Wordings, looked for in a text all at once, word by word.

At each place the longest one counts, and the time is in proportion to the text. A wording is written as its language
writes it; accents, capitals and punctuation do not count. ``{a,b c,}`` stands for any of its alternatives, ``factur*``
for a word that begins so, ``#`` for a number, ``_`` for any one word.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from .words import fold

T = TypeVar("T")

_OVER: Final = "[\u0300-\u036f\u00ad\u034f\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]"
"""What is written over letters, and between them to hide a word."""
_WORD: Final = re.compile(rf"[^\W_]+(?:{_OVER}+[^\W_]*)*|[%°€$£#]")
_SPELT: Final = re.compile(r"[^\W_]+\*?|[%°€$£#_]")
_CHOICE: Final = re.compile(r"\{([^{}]*)\}")
_ENDING: Final = 10
"""Letters that may follow a word's beginning."""
_LONG: Final = 60
"""Characters of a word that is worth comparing."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in folded form, and where each stands in it."""

    text: str
    folded: tuple[str, ...]
    places: tuple[tuple[int, int], ...]

    def written(self, found: "Found[Any]") -> str:
        """Give a wording as it was written, on one line."""
        return " ".join(self.text[self.places[found.first][0] : self.places[found.after - 1][1]].split())


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A wording in a text, by the numbers of its words, and what it stands for."""

    first: int
    after: int
    means: tuple[T, ...]


class _Node(Generic[T]):
    """What may follow the words read so far, and what they mean if nothing does."""

    __slots__ = ("lengths", "means", "stems", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node[T]] = {}
        self.stems: dict[str, _Node[T]] = {}
        self.lengths: tuple[int, ...] = ()
        self.means: tuple[T, ...] = ()

    def add(self, word: str) -> "_Node[T]":
        if word[-1] != "*":
            return self.words.get(word) or self.words.setdefault(word, _Node())
        stem = word[:-1]
        if len(stem) not in self.lengths:
            self.lengths = (*self.lengths, len(stem))
        return self.stems.get(stem) or self.stems.setdefault(stem, _Node())

    def after(self, word: str) -> list["_Node[T]"]:
        """Give where *word* leads: several places where one wording has it whole and another its beginning."""
        found = [self.words[word]] if word in self.words else []
        fitting = (word[:length] for length in self.lengths if length <= len(word) <= length + _ENDING)
        found += [self.stems[stem] for stem in fitting if stem in self.stems]
        if "#" in self.words and word.isdecimal():
            found.append(self.words["#"])
        if "_" in self.words:
            found.append(self.words["_"])
        return found


class Lexicon(Generic[T]):
    """Many wordings, each with what it means."""

    def __init__(self, wordings: Iterable[tuple[str, T]]) -> None:
        self._root: _Node[T] = _Node()
        for wording, meaning in wordings:
            for spelt in expand(fold(wording)):
                node = self._root
                for word in _SPELT.findall(spelt):
                    node = node.add(word)
                if meaning not in node.means:
                    node.means = (*node.means, meaning)

    def find(self, words: Words) -> Iterator[Found[T]]:
        """Give the wordings among *words* in order, none of which overlap."""
        folded, number = words.folded, 0
        begun = {word: self._root.after(word) for word in set(folded)}
        while number < len(folded):
            nodes = begun[folded[number]]
            if nodes and (found := _longest(nodes, folded, number)):
                yield found
                number = found.after
            else:
                number += 1


def _longest(nodes: list[_Node[T]], folded: tuple[str, ...], first: int) -> Found[T] | None:
    best: Found[T] | None = None
    number = first + 1
    while nodes:
        means = tuple(dict.fromkeys(meaning for node in nodes for meaning in node.means))
        if means:
            best = Found(first, number, means)
        if number == len(folded):
            break
        nodes = [following for node in nodes for following in node.after(folded[number])]
        number += 1
    return best


def expand(wording: str) -> Iterator[str]:
    """Give every wording that one with alternatives stands for."""
    match = _CHOICE.search(wording)
    if match is None:
        yield wording
        return
    for choice in match[1].split(","):
        yield from expand(f"{wording[: match.start()]}{choice}{wording[match.end() :]}")


def words_of(text: str) -> Words:
    """Take *text* apart into its words; each is folded once, however often it is said."""
    places = tuple(match.span() for match in _WORD.finditer(text))
    written = [text[start:end] for start, end in places]
    folded = {word: fold(word[:_LONG]).replace(" ", "") for word in set(written)}
    return Words(text, tuple(map(folded.__getitem__, written)), places)
