"""What of a stranger's sentence may stand in a draft: the words, and nothing that opens, pays or names somebody else.

Left out are what looks like a code (`topic.masked`), account, card and social security numbers, what follows the host
in a link (it may reset a password, and tells who reads it), and the addresses of third parties. What was left out is
marked.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from .codes import INSTEAD
from .figures import is_iban, is_nir, sums_as_a_card
from .prose import clean
from .topic import masked

_READ: Final = 1000  # characters of a subject or a sentence
_MARKS: Final = 2
"""Combining marks on one letter: no language that operators write in needs more."""
_LINK: Final = re.compile(r"\b((?:https?|ftp)://|www\.)(?:[^\s/?#@]*@)*([^\s/?#@]+)([/?#]\S*)?", re.IGNORECASE)
_BARE_LINK: Final = re.compile(r"(?<![\w@/.-])((?:\w[\w-]*\.)+[^\W\d_]{2,24})[/?#]\S+")
"""A host of two labels or more with something behind it: mail programs make a link of it too."""
_OTHER_LINK: Final = re.compile(r"\b(?:data|file|ftps?|javascript|mailto|sms|tel|sip):\S+", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\"',;:«»]+@[^\s<>()\[\]\"',;:«»]*[^\s<>()\[\]\"',;:«».!?]")
_IBAN: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ .-]?[A-Z0-9]){11,30}(?![A-Z0-9])")
_CARD: Final = re.compile(r"(?<!\d)(?<!\d[ .-])\d(?:[ .-]?\d){12,18}(?![ .-]?\d)")
_NIR: Final = re.compile(r"(?<![A-Z0-9])[12](?:[ .-]?\d){5}[ .-]?[\dAB](?:[ .-]?\d){6}(?:[ .-]?\d{2})?(?![A-Z0-9])")
_IBAN_LEAST: Final = 15  # Norway's


def quoted(text: str, limit: int, *, known: Collection[str] = ()) -> str:
    """Give *text* on one line, visible, at most *limit* long, without what is nobody's business.

    *known* are the addresses that may stand in it, in the form to compare by.
    """
    said = _with_few_marks(clean(text, _READ))
    said = _LINK.sub(lambda match: match[1] + match[2] + (f"/{INSTEAD}" if match[3] and match[3] != "/" else ""), said)
    said = _BARE_LINK.sub(rf"\1/{INSTEAD}", said)
    said = _OTHER_LINK.sub(INSTEAD, said)
    said = _ADDRESS.sub(lambda match: match[0] if match[0].casefold() in known else INSTEAD, said)
    return clean(masked(without_numbers(said)), limit)


def _with_few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)


def without_numbers(text: str) -> str:
    """Give *text* without account, card and social security numbers, in whatever figures they are written."""
    for pattern, is_one in ((_IBAN, _is_iban), (_CARD, _is_card), (_NIR, _is_nir)):
        plain = "".join(map(_plain, text))  # as long as the text, so that places are the same
        for match in reversed(list(pattern.finditer(plain))):
            if end := is_one(match[0]):
                text = f"{text[: match.start()]}{INSTEAD}{text[match.start() + end :]}"
    return text


def _plain(character: str) -> str:
    """Give a figure or a letter as ASCII has it, in one character."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    folded = unicodedata.normalize("NFKC", character).upper()
    return folded if len(folded) == 1 else character


def _is_iban(written: str) -> int:
    """Give how many characters of *written* are an account number by its check digits: words may follow it."""
    for end in (len(written), *(match.start() for match in reversed(list(re.finditer("[ .-]", written))))):
        bare = re.sub("[ .-]", "", written[:end])
        if len(bare) >= _IBAN_LEAST and is_iban(bare.lower()):
            return end
    return 0


def _is_card(written: str) -> int:
    """Give the length of *written* if it is a card number by its check digit."""
    return len(written) if sums_as_a_card(re.sub("[ .-]", "", written)) else 0


def _is_nir(written: str) -> int:
    """Give the length of *written* if it is a social security number."""
    return len(written) if is_nir(re.sub("[ .-]", "", written).lower()) else 0
