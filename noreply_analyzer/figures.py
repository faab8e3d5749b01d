"""What the number of a thing looks like, an amount, a day; and what has the look of one and is a secret.

Of each shape there is the expression that finds it and the form in which two ways of writing it are the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .words import fold

_SPACE: Final = "[ \u00a0\u202f]"
_MONTHS: Final = (
    *("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre"),
    *("decembre", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_MONTH: Final = (
    r"(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)"
)
_UNITS: Final = (
    r"(?:€|eur|euros?|[kmg]?o|[kmg]b|[kmg]?wh|m[23²³]|mois|months?|ans?|years?|jours?|days?|semaines?|weeks?|h|heures?|hours?"
    r"|min|minutes?|km|%|points?|articles?|items?|personnes?|people|rue|avenue|av|boulevard|bd|quai|place|chemin|all[ée]e"
    r"|impasse|route|bis|street|road)\b"
)
_END: Final = rf"(?![\w@/%€*•])(?![.,:]\d)(?!{_SPACE}?(?:\d|[*•x]{{2}}))(?!{_SPACE}?{_UNITS})"
"""Behind a number: no more of it, no sign of what is counted, no street."""

_NUMBER: Final = (
    r"[A-Z\d]{1,4}(?:[ \u00a0\u202f]\d{2,4}){1,5}"  # in groups, with letters behind them or left out whole
    r"(?:[ \u00a0\u202f][A-Z]{1,2}(?=[.,;)]|[ \t]*(?:\n|\Z)))?(?![ \u00a0\u202f][A-Z]{1,2}\b)"
    r"|[A-Z\d]{1,30}(?:[./_-][A-Z\d]{1,20}){0,4}"
)
_PHONE: Final = rf"(?:\+33{_SPACE}?(?:\(0\){_SPACE}?)?|0)[1-79](?:[ .\u00a0\u202f-]?\d\d){{4}}"
"""Of a line; those that begin with 08 are services."""
_AMOUNT: Final = (
    r"\d{1,3}(?:[ .\u00a0\u202f]\d{3}){0,3}(?:,\d\d)?[ \u00a0\u202f]?(?:€|(?i:eur|euros?)\b)"
    r"|\d{1,6}(?:[.,]\d\d)?[ \u00a0\u202f]?(?:€|(?i:eur|euros?)\b)"
    r"|[€£$] ?\d{1,3}(?:,\d{3}){0,3}(?:\.\d\d)?|(?:EUR|GBP|USD) ?\d{1,6}(?:[.,]\d\d)?"
)
_DAY: Final = (
    rf"\d{{1,2}}(?:er)?{_SPACE}(?i:{_MONTH})(?:{_SPACE}\d{{4}})?|\d{{1,2}}[/.]\d{{1,2}}[/.](?:\d{{4}}|\d\d)"
    rf"|\d{{4}}-\d\d-\d\d|(?i:{_MONTH}){_SPACE}\d{{1,2}}(?:,?{_SPACE}\d{{4}})?"
)
_POINT: Final = rf"(?:\d{_SPACE}?){{13}}\d|GI{_SPACE}?\d{{6}}"
"""A French meter point: PDL, PRM and PCE have fourteen figures, old gas ones GI and six."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How something is written."""

    pattern: re.Pattern[str]
    form: Callable[[str], str]
    """What two ways of writing the same have in common."""


def _plain(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())


def _amount(text: str) -> str:
    figures = re.sub(r"[^\d.,]", "", text)
    whole, _point, cents = re.sub(r"[.,](?=\d{3})", "", figures).replace(",", ".").partition(".")
    return f"{int(whole or 0)}.{cents or '00'}"


def _phone(text: str) -> str:
    figures = re.sub(r"\D", "", text.replace("(0)", ""))
    return "0" + figures[2:] if figures.startswith("33") else figures


def _day(text: str) -> str:
    """Give day and month: the year is often left out."""
    folded = fold(text)
    named = next((number for number, month in enumerate(_MONTHS) if re.search(rf"\b{month}\b", folded)), None)
    figures = re.findall(r"\d+", folded)
    if named is not None:
        return f"{int(figures[0])}.{named % 12 + 1}"
    day, month = (figures[2], figures[1]) if len(figures[0]) == len("2026") else (figures[0], figures[1])
    return f"{int(day)}.{int(month)}"


def _shape(pattern: str, form: Callable[[str], str]) -> Shape:
    return Shape(re.compile(rf"(?:{pattern}){_END}"), form)


NUMBER: Final = _shape(_NUMBER, _plain)
PHONE: Final = _shape(_PHONE, _phone)
CELL: Final = re.compile(r"[A-Z\d]{1,30}(?:[./_-][A-Z\d]{1,20}){0,4}(?=\s|\Z)")
"""A number in a table: other figures may stand beside it."""
POINT: Final = _shape(f"{_POINT}|{_NUMBER}", _plain)
AMOUNT: Final = Shape(re.compile(rf"(?:{_AMOUNT})(?!\w|[ .,\u00a0\u202f]?\d)"), _amount)
DAY: Final = Shape(re.compile(rf"(?:{_DAY})(?![\w/])"), _day)

_LOOKS_LIKE_A_DAY: Final = re.compile(rf"(?:{_DAY})\Z")
_LOOKS_LIKE_A_PHONE: Final = re.compile(
    r"(?:\+33|0\d)(?:[ .\u00a0\u202f-]\d\d){4}\Z|0[89]\d\d(?:[ .\u00a0\u202f]\d{2,3}){2,3}\Z"
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d\Z")
_IBAN: Final = re.compile(r"[a-z]{2}\d{2}[a-z\d]{10,30}\Z")
_CARD: Final = re.compile(
    r"[2-6]\d{13,18}|[2-6]\d{3}(?:[ \u00a0\u202f.-]\d{4}){2,3}(?:[ \u00a0\u202f.-]\d{2,4})?"
    r"|3\d{3}[ \u00a0\u202f.-]\d{6}[ \u00a0\u202f.-]\d{4,5}",
    re.ASCII,
)
_FEWEST: Final = 3
_FEWEST_UNNAMED: Final = 5
"""Letters and figures of a number that no word calls one."""


def is_number(text: str, *, named: bool) -> bool:
    """Tell whether *text*, of the shape of a number, is one that a person can look up; *named*: a word says so."""
    plain = _plain(text)
    figures = sum(character.isdigit() for character in plain)
    if figures < _FEWEST - 1 or len(plain) < (_FEWEST if named else _FEWEST_UNNAMED):
        return False
    if _LOOKS_LIKE_A_DAY.match(text) or _LOOKS_LIKE_A_PHONE.match(text) or (_YEAR.match(text) and not named):
        return False
    return not is_secret(text)


def is_secret(text: str) -> bool:
    """Tell whether *text* may be a bank account (IBAN, RIB), a card, or the number of a person's life (NIR)."""
    plain = _plain(text)
    return is_iban(plain) or _is_rib(plain) or _is_card(text) or is_nir(plain)


def is_iban(plain: str) -> bool:
    """Tell whether small letters and figures are an account number.

    ISO 13616: the country and the check digits behind the rest, letters as numbers, leave one of 97.
    """
    if not _IBAN.match(plain):
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _is_rib(plain: str) -> bool:
    """Five figures of the bank, five of the branch, eleven letters or figures, a key of two."""
    return bool(re.fullmatch(r"\d{10}[a-z\d]{11}\d\d", plain))


def _is_card(text: str) -> bool:
    """ISO/IEC 7812: fourteen to nineteen figures, solid or in the groups that are embossed, and the sum of Luhn."""
    plain = _plain(text)
    if len(plain) not in {14, 15, 16, 19} or not _CARD.fullmatch(text.strip()):
        return False
    return sums_as_a_card(plain)


def sums_as_a_card(figures: str) -> bool:
    """Tell whether the last of *figures* is the check digit of the others (ISO/IEC 7812, the sum of Luhn)."""
    doubled = (int(figure) * (1 + place % 2) for place, figure in enumerate(reversed(figures)))
    return sum(figure - 9 if figure > 9 else figure for figure in doubled) % 10 == 0  # noqa: PLR2004 - the sum's own


def is_nir(plain: str) -> bool:
    """Tell whether small letters and figures are a French social security number.

    Thirteen figures, beginning with one or two and a month, and mostly a key of two.
    """
    return bool(re.fullmatch(r"[12]\d\d(?:0[1-9]|1[0-2]|[2-9]\d)\d(?:\d|[ab])\d{6}(?:\d\d)?", plain))


__all__ = [
    "AMOUNT",
    "CELL",
    "DAY",
    "NUMBER",
    "PHONE",
    "POINT",
    "Shape",
    "is_iban",
    "is_nir",
    "is_number",
    "is_secret",
    "sums_as_a_card",
]
