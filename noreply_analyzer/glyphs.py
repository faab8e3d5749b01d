"""Which signs the fonts of a letter have; what they have not is shown as a box, so that nobody takes it for nothing.

The typesetter would draw a box too, but whoever copies its text would get no sign at all, and no letter may hang on
what fonts a machine happens to have. A test holds the list against the typesetter.
"""

import unicodedata
from bisect import bisect_right
from typing import Final

from .prose import STUCK

BOX: Final = "□"

RANGES: Final = (
    *((0x0020, 0x04FF), (0x0531, 0x060C), (0x0621, 0x063A), (0x0640, 0x0655), (0x0660, 0x066D), (0x06F0, 0x06F9)),
    *((0x0900, 0x0928), (0x092A, 0x0933), (0x0935, 0x0950), (0x0960, 0x097F), (0x10D0, 0x10FF), (0x13A0, 0x13FD)),
    *((0x1D00, 0x2040), (0x2044, 0x2052), (0x2054, 0x20C0), (0x2100, 0x211E), (0x2126, 0x2151), (0x2153, 0x2184)),
    *((0x2190, 0x2246), (0x2248, 0x22AB), (0x22AD, 0x23FF), (0x2460, 0x2606), (0x2609, 0x262F), (0x2638, 0x268B)),
    *((0x2690, 0x269C), (0x270C, 0x2714), (0x2717, 0x2726), (0x272A, 0x274B), (0x2761, 0x277F), (0x2798, 0x27AF)),
    *((0x27B1, 0x2BFF), (0x2C60, 0x2CFF), (0xE000, 0xE000), (0xFB00, 0xFB1D), (0xFB20, 0xFB4F)),
)
"""Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, Devanagari, Georgian, Cherokee, and signs of all kinds."""
_STARTS: Final = [start for start, _end in RANGES]


def printable(text: str) -> str:
    """Give *text* with a box for each sign that no font of a letter has; marks on such a sign go with it."""
    if text.isascii():
        return text
    return "".join(shown for character in text if (shown := _shown(character)))


def _shown(character: str) -> str:
    if character == STUCK or has_glyph(character):
        return character
    return "" if unicodedata.category(character).startswith(("M", "C")) else BOX


def has_glyph(character: str) -> bool:
    """Tell whether a font of a letter has *character*."""
    place = bisect_right(_STARTS, ord(character)) - 1
    return place >= 0 and ord(character) <= RANGES[place][1]
