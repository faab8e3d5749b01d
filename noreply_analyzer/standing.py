"""Whether what a channel says stands in a text, however it is written there.

An address in capitals, a number with no-break spaces or its country's code, "Cedex 09" for "CEDEX 9": the same. A
number that is part of a longer one, a street beside another town's post code: not the same.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from .records import Channel, Medium

_SEPARATOR: Final = r"[\s.\-–/()*]{0,3}"
_CODES: Final = ("33", "262", "508", "590", "594", "596")
_NATIONAL: Final = 9
_SHORTEST: Final = 3
_MAX_SHORT: Final = 6
_NO_NUMBER: Final = re.compile(r"\b(?:articles?|art|loi|décret|page|alinéa|section|n°|[lrd])[\s.°\-]{0,3}\Z")
_NO_UNIT: Final = r"(?![  \t]?(?:€|%|euros?\b|eur\b|km\b|m²|mo\b|go\b))"

_WRITTEN_OUT: Final = {
    "boulevard": ("bd", "bld", "blvd", "boul"),
    "avenue": ("av", "ave"),
    "place": ("pl",),
    "square": ("sq",),
    "impasse": ("imp",),
    "route": ("rte",),
    "chemin": ("chem", "che"),
    "faubourg": ("fg", "fbg"),
    "allee": ("all",),
    "saint": ("st",),
    "sainte": ("ste",),
}
_SHORTENED: Final = {short: long for long, shorts in _WRITTEN_OUT.items() for short in shorts}
_SORTING: Final = ("tsa", "cs", "bp")
_CODE_DIGITS: Final = 5
_APART: Final = 22
"""Words between a street and its post code: further away they belong to two addresses."""


class Reading:
    """A text in the forms in which it is looked through."""

    def __init__(self, text: str) -> None:
        self.text = text.casefold()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words as an address has them."""
        return postal_words(self.text)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each post code stands among the words."""
        found: dict[str, list[int]] = {}
        for index, word in enumerate(self.words):
            if any(letter.isdigit() for letter in word):
                found.setdefault(word, []).append(index)
        return found


def stands(channel: Channel, reading: Reading) -> bool:
    """Tell whether a channel's address, number or page stands in a text."""
    if channel.medium is Medium.POST:
        return _stands_by_post(channel.lines, reading)
    if channel.medium is Medium.PHONE:
        return _number_stands(channel.target, reading.text)
    pattern = _address(channel.target) if channel.medium is Medium.EMAIL else _page(channel.target)
    return pattern is not None and pattern.search(reading.text) is not None


# Addresses and pages ------------------------------------------------------------------------------------------------


def _address(target: str) -> re.Pattern[str] | None:
    """Whole: no longer address holds it. Markdown may have put it between underscores."""
    if not target.strip():
        return None
    before, after = r"(?:(?<![\w.+%-])|(?<=[\s(*]_))", r"(?:(?![\w-]|\.\w)|(?=_(?:[\s.,;:)*]|\Z)))"
    return re.compile(before + re.escape(target.strip().casefold()) + after)


def _page(target: str) -> re.Pattern[str] | None:
    bare = re.sub(r"\Ahttps?://", "", target.strip().casefold()).removeprefix("www.").rstrip("/")
    if not bare:
        return None
    return re.compile(r"(?<![\w.@-])(?:www\.)?" + re.escape(bare) + r"/?(?![\w/?#=&%~+-]|\.\w)")


# Numbers ------------------------------------------------------------------------------------------------------------


def _number_stands(target: str, text: str) -> bool:
    digits = "".join(letter for letter in target if letter in "0123456789")
    abroad = target.strip().startswith("+") or digits.startswith("00")
    if len(digits) < _SHORTEST:
        return False
    if not abroad and len(digits) <= _MAX_SHORT:
        return _short_stands(digits, text)
    digits = digits.removeprefix("00") if abroad else digits
    pattern = _long(digits, abroad=abroad)
    return pattern.search(text) is not None


def _long(digits: str, *, abroad: bool) -> re.Pattern[str]:
    national = _national(digits, abroad=abroad)
    if national:
        code = rf"\(?(?:\+|00){_SEPARATOR}(?:{'|'.join(_CODES)}){_SEPARATOR}(?:0{_SEPARATOR})?"
        start, rest = rf"(?:{code}|\(?0{_SEPARATOR})", national
    else:
        start, rest = (rf"(?:\+|00){_SEPARATOR}" if abroad else ""), digits
    return re.compile(rf"(?<!\d){start}{_SEPARATOR.join(rest)}(?!\d)")


def _national(digits: str, *, abroad: bool) -> str:
    """Give the nine digits of a French number, empty for any other."""
    if not abroad:
        return digits[1:] if len(digits) == _NATIONAL + 1 and digits[0] == "0" else ""
    for code in _CODES:
        rest = digits.removeprefix(code).removeprefix("0")
        if digits.startswith(code) and len(rest) == _NATIONAL:
            return rest
    return ""


def _short_stands(digits: str, text: str) -> bool:
    """Look for a short number that is nothing else: no sum, no year of a date, no part of a longer number."""
    spelt = rf"{digits[:-2]}[  .]?{digits[-2:]}"
    pattern = re.compile(rf"(?<![\d+])(?<!\d[.,/:  -]){spelt}(?![.,/:  -]?\d\d)(?![.,:]?\d){_NO_UNIT}")
    return any(
        not _NO_NUMBER.search(text, max(0, found.start() - 14), found.start()) for found in pattern.finditer(text)
    )


# Postal addresses ---------------------------------------------------------------------------------------------------


def postal_words(text: str) -> tuple[str, ...]:
    """Give the words of an address in one form: what is shortened is written out, codes in one piece."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    plain = re.sub(r"\b(t\.?s\.?a|c\.?s|b\.?p)\b\.?[ \t]*(?=\d)", lambda code: code[1].replace(".", "") + " ", plain)
    plain = re.sub(r"\b(tsa|cs|bp)(?=\d)", r"\1 ", plain)
    return tuple(_joined([_SHORTENED.get(word, word) for word in re.findall(r"[^\W_]+", plain)]))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Write "TSA 90 017" as "TSA 90017" and "Cedex 09" as "Cedex 9"."""
    before, number = "", ""
    for word in [*words, ""]:
        if number and word.isdigit() and len(number) + len(word) <= _CODE_DIGITS:
            number += word
            continue
        if number:
            yield number
            number = ""
        if before in _SORTING and word.isdigit() and len(word) < _CODE_DIGITS:
            number = word
        elif word:
            yield (word.lstrip("0") or word) if before == "cedex" and word.isdigit() else word
        before = word


def _stands_by_post(lines: Sequence[str], reading: Reading) -> bool:
    """Look for the post code with its town, and close before it the delivery lines, with no other post code between."""
    last = next((index for index in reversed(range(len(lines))) if re.search(r"\d", lines[index])), None)
    if last is None:
        return False
    town = postal_words(lines[last])
    wanted = [postal_words(line) for line in _delivery_lines(lines[:last])]
    if not wanted:
        return False
    code = next(index for index, word in enumerate(town) if any(letter.isdigit() for letter in word))
    return any(
        _is_the_town(town, reading.words, place - code) and _are_before(wanted, reading.words, place - code, town[code])
        for place in reading.places.get(town[code], ())
    )


def _delivery_lines(lines: Sequence[str]) -> Iterable[str]:
    """Give the lines that lead to the door: streets and sorting codes; for a code of its own, the recipient's line."""
    doors = [line for line in lines[1:] if re.match(r"(\d|(TSA|BP|CS)\b)", line, re.IGNORECASE)]
    return doors or lines[-1:]


def _is_the_town(town: Sequence[str], words: Sequence[str], start: int) -> bool:
    """Compare post code and town; the number of a Cedex only where both have one."""
    if start < 0:
        return False
    here = words[start : start + len(town)]
    if tuple(here) == tuple(town):
        return True
    if "cedex" not in town:
        return False
    short = town[: town.index("cedex")]
    after = words[start + len(short) : start + len(short) + 2]
    numbered = len(after) > 1 and after[0] == "cedex" and after[1].isdigit()
    return len(short) > 1 and tuple(here[: len(short)]) == tuple(short) and not numbered


def _are_before(wanted: Iterable[Sequence[str]], words: Sequence[str], end: int, code: str) -> bool:
    window = words[max(0, end - _APART) : end]
    return all(
        any(_is_free(window[place + len(line) :], code) for place in _places_of(line, window)) for line in wanted
    )


def _places_of(line: Sequence[str], words: Sequence[str]) -> Iterator[int]:
    return (at for at in range(len(words) - len(line) + 1) if tuple(words[at : at + len(line)]) == tuple(line))


def _is_free(between: Sequence[str], code: str) -> bool:
    """Tell whether no other post code stands between: one of five digits that is no sorting code's."""
    return not any(
        len(word) == _CODE_DIGITS and word.isdigit() and word != code and (at == 0 or between[at - 1] not in _SORTING)
        for at, word in enumerate(between)
    )
