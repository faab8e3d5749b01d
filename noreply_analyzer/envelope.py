"""A postal address as it stands on an envelope: no line too long for it, in capitals from the street on."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Final

from .registrar import MAX_LINE, MAX_LINES

DOOR: Final = re.compile(r"\d|(TSA|BP|CS)\b", re.IGNORECASE)
"""How a line begins that leads to a door."""


def on_envelope(lines: Sequence[str], *, at_home: bool) -> tuple[str, ...]:
    """Give *lines*, the recipient's first, as an envelope has them; nothing where they do not fit on one.

    In France (*at_home*) as La Poste asks (XP Z 10-011); elsewhere as they are.
    """
    wrapped = [part for line in lines for part in textwrap.wrap(line, MAX_LINE, break_long_words=False)]
    if at_home:
        street = next((at for at, line in enumerate(wrapped) if at and DOOR.match(line)), len(wrapped) - 1)
        wrapped = [in_capitals(line) if at >= street else line for at, line in enumerate(wrapped)]
    abroad = bool(wrapped) and not re.search(r"\d", wrapped[-1])
    fits = len(wrapped) <= MAX_LINES + abroad and all(len(line) <= MAX_LINE for line in wrapped)
    return tuple(line for line in wrapped if line) if fits else ()


def in_capitals(line: str) -> str:
    """Give a line in capitals without accents and punctuation."""
    plain = unicodedata.normalize("NFD", line.replace("œ", "oe").replace("Œ", "OE"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s'’/-]", " ", letters).upper().split())
