"""What looks like a one-time code or a new password: figures beside a word that asks for them, or all alone.

The words are in ``secrets/*.toml``, those of all languages are looked for at once. What stands nearest before figures
says what they are: a code, another thing's number, or nothing; then what comes after them counts, and their shape.
Every expression is searched for once over the whole text, and what was found is compared by its place: the time is in
proportion to the text.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Final

import msgspec

from .words import fold

INSTEAD: Final = "…"
"""What stands in the place of a code that is not shown."""

_NEAR: Final = 80
"""Characters between figures and a word that says what they are."""
_REACH: Final = 160
"""Characters on each side of figures among which words are looked for: `_NEAR`, and the longest of them."""
_AFTER_KEY: Final = 40
_FROM_VERB: Final = 40
_FROM_NAME_TO_YEAR: Final = 20
_BARE_POSTCODE: Final = 5
"""Figures of a postcode; a town follows."""

_FIGURES: Final = re.compile(
    r"(?<![\w/=&%@+])(?<!\w[_.,'/])(?<!\d-)(?<!\w\w-)(?<!\d[ :])(?<![*x•.]{4})(?<![*x•.]{4}[ ])(?<!\w\*\* )"
    r"(?:\d(?: \d){3,7}|\d(?:-\d){3,7}|\d{2}(?: \d{2}){2,3}|\d{4}[ -]\d{4}|\d{3}[ -]\d{3}|\d{4,8})"
    r"(?![\w/@%=&_+])(?![ .,/:'-]?\d)(?!-[a-z]|\.[a-z]{2,3}\b)"
)
"""Four to eight, in the groups that codes are written in; no part of an address, a date, an amount, a longer number."""
_MIX: Final = re.compile(
    r"(?<![\w/@.=-])(?=[a-z]{0,15}\d)(?=\d{0,15}[a-z])[a-z\d][a-z\d!#$*?_-]{3,20}(?![\w/@.=]*[/@=])"
)
_DIGITS: Final = re.compile(r"\d+")
_DAY_OR_YEAR: Final = re.compile(r"(?:19|20)\d\d(?:[01]\d[0-3]\d)?\Z")
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)")
_TO_LABEL: Final = re.compile(r"[^\w\n]{0,3}(?:[^\W\d]{1,4}[^\w\n]{1,3}){0,2}\W{0,4}\Z")
"""What may stand between a label and its figures: *client : *, *facture n° *, *client est le *."""
_APART: Final = "\n" * 5
"""Between subject and text: more than may stand between a label and its figures, for no subject is a label."""
_ORNAMENT: Final = 20
"""Characters around figures that stand alone: stars, rules."""
_WORD: Final = re.compile(r"\w")
_GIVEN: Final = re.compile(r" ?:? ?(?=[a-z]{0,15}\d)(?=\d{0,15}[a-z])\w{4,16}\b")
"""A code of letters and figures right behind its name: the figures further on are not it."""
_WORD_FOLLOWS: Final = re.compile(r",? (?!(?:est|is|ist|es|e)\b)[a-z]{2}")
"""A town, and not *is your code*."""


class CodeWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions of one language, in folded form; each begins and ends at a word's bound."""

    codes: tuple[str, ...] = ()
    """What a code is called: figures near it, before or after, are one."""
    keys: tuple[str, ...] = ()
    """What passwords are called: what follows in the sentence is secret, figures or letters mixed with figures."""
    harmless: tuple[str, ...] = ()
    """What makes another thing of a code, right before its name or right after: *client*, *promo*, *postal*."""
    handed: tuple[str, ...] = ()
    """Likewise, but of a code that is worth something: whoever knows it is handed the parcel."""
    handed_names: tuple[str, ...] = ()
    """What such a code is called where that is one word: *Abholcode*."""
    joints: tuple[str, ...] = ()
    """What may stand between the name of a code and such a word: *de*."""
    says: tuple[str, ...] = ()
    """What may stand before a password in the place of a colon: *est*."""
    asks: tuple[str, ...] = ()
    """What asks for the figures that follow: *saisissez*."""
    passes: tuple[str, ...] = ()
    """What says of the figures around it that they are soon worth nothing: *valable*."""
    minutes: tuple[str, ...] = ()
    """Likewise so clearly that they are a code whatever they are called: *expire dans 10 minutes*."""
    numbers: tuple[str, ...] = ()
    """What says that figures are a thing's number: *n°*."""
    things: tuple[str, ...] = ()
    """What has a number of its own: *facture*."""
    units: tuple[str, ...] = ()
    """What figures are counted in."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Places of an expression in a text, in order."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    kinds: tuple[str, ...]

    def before(self, place: int) -> int:
        """Give the number of the last one that ends at *place* or before; -1 for none."""
        return bisect_right(self.ends, place) - 1

    def after(self, place: int) -> int:
        """Give the number of the first one that begins at *place* or after; that of no one for none."""
        return bisect_left(self.starts, place)

    def near(self, start: int, end: int) -> list[int]:
        """Give the numbers of those that are near two places, the one before first: two at most."""
        before, after = self.before(start), self.after(end)
        last, first = before >= 0 and start - self.ends[before] <= _NEAR, after < len(self.starts)
        return [before] * last + [after] * (first and self.starts[after] - end <= _NEAR)


def _found(pattern: re.Pattern[str], text: str, stretches: Iterable[tuple[int, int]]) -> _Found:
    every = chain.from_iterable(pattern.finditer(text, start, end) for start, end in stretches)
    matches = [(match.start(), match.end(), match.lastgroup or "") for match in every]
    starts, ends, kinds = zip(*matches, strict=True) if matches else ((), (), ())
    return _Found(starts, ends, kinds)


class _Text:
    """A folded text, its lines kept, and what stands where in it."""

    def __init__(self, text: str, patterns: dict[str, re.Pattern[str]]) -> None:
        self.text = text
        self._patterns = patterns

    def _find(self, name: str) -> _Found:
        return _found(self._patterns[name], self.text, self._stretches(_DIGITS))

    def _stretches(self, figures: re.Pattern[str]) -> list[tuple[int, int]]:
        """Give where words may matter: around *figures*, stretches that overlap as one."""
        found: list[tuple[int, int]] = []
        for match in figures.finditer(self.text):
            start, end = max(0, match.start() - _REACH), match.end() + _REACH
            if found and start <= found[-1][1]:
                start = found.pop()[0]
            found.append((start, end))
        return found

    @cached_property
    def names(self) -> _Found:
        """What codes are called, and what else has such a name: what makes it harmless stands right beside it."""
        named = self._find("names")
        each = [self._judged(*one) for one in zip(named.starts, named.ends, named.kinds, strict=True)]
        starts, ends, kinds = zip(*each, strict=True) if each else ((), (), ())
        return _Found(starts, ends, kinds)

    def _judged(self, start: int, end: int, kind: str) -> tuple[int, int, str]:
        if kind == "handed":
            return start, end, kind
        before = self._patterns["harmless before"].search(self.text, max(0, start - _AFTER_KEY), start)
        after = self._patterns["harmless after"].match(self.text, end)
        if before is None and after is None:
            return start, end, kind
        handed = any(match["handed"] for match in (before, after) if match)
        return before.start() if before else start, after.end() if after else end, "handed" if handed else "harmless"

    @cached_property
    def labels(self) -> _Found:
        return _found(self._patterns["labels"], self.text, self._stretches(_FIGURES))

    @cached_property
    def asks(self) -> _Found:
        return self._find("asks")

    @cached_property
    def passes(self) -> _Found:
        return self._find("passes")

    @cached_property
    def minutes(self) -> _Found:
        return self._find("minutes")

    @cached_property
    def ends(self) -> _Found:
        """Where sentences end."""
        return _found(_SENTENCE_END, self.text, [(0, len(self.text))])

    def one_sentence(self, start: int, end: int) -> bool:
        """Tell whether no sentence ends between two places."""
        after = self.ends.after(start)
        return after == len(self.ends.starts) or self.ends.starts[after] >= end

    def parted(self, start: int, end: int, found: _Found, number: int) -> int:
        """Count the blank lines between two places and one of *found*."""
        return self.text.count("\n\n", min(end, found.ends[number]), max(start, found.starts[number]))

    def alone(self, start: int, end: int) -> bool:
        """Tell whether nothing else is written on the line."""
        left, right = self.text[max(0, start - _ORNAMENT) : start], self.text[end : end + _ORNAMENT]
        ends = ("\n" in left or start <= _ORNAMENT) and ("\n" in right or len(self.text) - end <= _ORNAMENT)
        return ends and not _WORD.search(left.rpartition("\n")[2] + right.partition("\n")[0])


class Codes:
    """Looks for codes with the words of several languages."""

    def __init__(self, languages: Iterable[CodeWords]) -> None:
        each = tuple(languages)

        def of(kind: str) -> str:
            return "|".join(chain.from_iterable(getattr(words, kind) for words in each)) or "(?!)"

        harmless, joint = f"(?:{of('harmless')}|(?P<handed>{of('handed')}))", f"(?:{of('joints')})"
        self._patterns = {
            "names": re.compile(
                rf"\b(?:(?P<handed>{of('handed_names')})|(?P<key>{of('keys')})|(?P<code>{of('codes')}))\b"
            ),
            "harmless before": re.compile(rf"\b{harmless}[ -]\Z"),
            "harmless after": re.compile(rf"(?:[ -]|[ -]{joint}[ ']?){harmless}\b"),
            "labels": re.compile(
                rf"(?<!\w)(?:(?P<number>{of('numbers')})|(?P<thing>{of('things')}|{of('harmless')}|{of('handed')}))(?![a-z])"
            ),
            "asks": re.compile(rf"\b(?:{of('asks')})\b"),
            "passes": re.compile(rf"\b(?:{of('passes')})\b"),
            "minutes": re.compile(rf"\b(?:{of('minutes')})\b"),
        }
        self._units = re.compile(rf" ?(?:{of('units')})(?![a-z])")
        self._says = re.compile(rf"(?:\b(?:{of('says')}) |[:=])\W{{0,4}}\Z")

    def find(self, subject: str, text: str) -> tuple[str, str] | None:
        """Say where there is a code in what `fold_lines` gave, "Subject" or "text", and what it is called there."""
        whole = f"{subject}{_APART}{text}"
        first = next(self._all(whole), None)
        if first is None:
            return None
        start, _end, name = first
        return ("Subject" if start < len(subject) else "text"), name

    def masked(self, text: str) -> str:
        """Give *text*, as it was written, without what looks like a code in it."""
        if not any(character.isdigit() for character in text):
            return text
        folded, places = _with_places(text)
        kept, at = [], 0
        for start, end, _name in sorted(self._all(folded, handed=True)):
            if places[start] >= at:
                kept += [text[at : places[start]], INSTEAD]
            at = max(at, places[end - 1] + 1)
        return "".join([*kept, text[at:]])

    def _all(self, folded: str, *, handed: bool = False) -> Iterator[tuple[int, int, str]]:
        """Find codes; those to be *handed* over too, if they are wanted."""
        text = _Text(folded, self._patterns)
        for match in _FIGURES.finditer(folded):
            if self._units.match(folded, match.end()):
                continue
            name = self._name_of(text, match.start(), match.end(), handed=handed)
            if name is not None:
                yield match.start(), match.end(), name
        if any(character.isdigit() for character in folded):
            yield from self._mixes(text)

    def _name_of(self, text: _Text, start: int, end: int, *, handed: bool) -> str | None:
        """Give what the figures are called if they are a code, be it nothing; ``None`` if they are none."""
        names = text.names
        number = names.before(start)
        governed = number >= 0 and start - names.ends[number] <= _NEAR and text.one_sentence(names.ends[number], start)
        if governed and start - names.ends[number] > _FROM_NAME_TO_YEAR and _DAY_OR_YEAR.match(text.text[start:end]):
            return None
        kind = names.kinds[number] if governed else ""
        label = self._label(text, start, not_before=names.ends[number] if governed else 0)
        if label and text.minutes.near(start, end):
            return INSTEAD
        if kind == "handed" or "handed" in map(names.kinds.__getitem__, names.near(start, end)):
            return INSTEAD if handed and label in {"", "named"} else None
        if kind == "harmless" or (kind == "code" and _GIVEN.match(text.text, names.ends[number])):
            return None
        if kind == "code" or (kind == "key" and start - names.ends[number] <= _AFTER_KEY):
            return text.text[names.starts[number] : names.ends[number]] if label in {"", "named"} else None
        return None if label else _unnamed(text, start, end)

    def _label(self, text: _Text, start: int, *, not_before: int) -> str:
        """Say what figures are of: "number", "thing", "named" where the two are parted by a colon, "" for nothing."""
        labels = text.labels
        number = labels.before(start)
        if number < 0 or labels.starts[number] < not_before or start - labels.ends[number] > _AFTER_KEY:
            return ""
        between = text.text[labels.ends[number] : start]
        if not _TO_LABEL.match(between):
            return ""
        one_line = "\n" not in text.text[max(not_before, start - _NEAR) : start]
        named = labels.kinds[number] == "thing" and one_line and self._says.search(between)
        return "named" if named else labels.kinds[number]

    def _mixes(self, text: _Text) -> Iterator[tuple[int, int, str]]:
        """Find what is said to be a password and is neither a word nor a number."""
        names = text.names
        for start, end, kind in zip(names.starts, names.ends, names.kinds, strict=True):
            if kind == "key" and (mix := _MIX.search(text.text, end, end + _AFTER_KEY + 20)):
                between = text.text[end : mix.start()]
                if len(between) <= _AFTER_KEY and self._says.search(between) and text.one_sentence(end, mix.start()):
                    yield mix.start(), mix.end(), text.text[start:end]


def _unnamed(text: _Text, start: int, end: int) -> str | None:
    """Judge figures that nothing in their sentence names."""
    figures = text.text[start:end]
    alone = text.alone(start, end)
    town = len(figures) == _BARE_POSTCODE and not alone and _WORD_FOLLOWS.match(text.text, end)
    if _DAY_OR_YEAR.match(figures) or town:
        return None
    names = text.names
    near = {names.kinds[number]: number for number in names.near(start, end)}
    if "code" in near:
        return text.text[names.starts[near["code"]] : names.ends[near["code"]]]
    passes = text.passes.near(start, end)
    if any(text.parted(start, end, text.passes, number) <= 1 for number in passes):
        return INSTEAD
    asked = text.asks.before(start)
    asks = (
        asked >= 0 and start - text.asks.ends[asked] <= _FROM_VERB and text.one_sentence(text.asks.ends[asked], start)
    )
    return INSTEAD if (alone or asks) and "harmless" not in near else None


def fold_lines(text: str) -> str:
    """Fold *text* as `words.fold` does, and keep its lines."""
    return "\n".join(map(fold, text.splitlines()))


def _with_places(text: str) -> tuple[str, list[int]]:
    """Fold *text* letter by letter, and say of each where it stood."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        folded = " " if character.isspace() else fold(character)
        if folded == " " and letters and letters[-1] == " ":
            continue
        letters += folded
        places += [place] * len(folded)
    return "".join(letters), places
