"""What is not given to dkimpy: it takes quadratic time over long runs of blanks and over headers of many lines.

Within these limits the worst message that was found took half a second. No honest one comes near any but the size.
"""

import re
from typing import Final

from .dkim_syntax import MalformedError, UncheckedError
from .language import _

MAX_HASHED: Final = 5 * 1024 * 1024
"""Bytes hashed for one message: five signatures over 1 MB, or one over 5 MB."""
_MAX_HEADER: Final = 128 * 1024
_MAX_HEADER_LINES: Final = 5000
_MAX_BLANK_WORK: Final = 25_000_000  # steps of a quadratic pattern: a tenth of a second

_END_OF_HEADER: Final = re.compile(rb"(?:\A|\r?\n)\r?\n")
_STRAY_CR: Final = re.compile(rb"\r(?!\n)|\x00")
_FROM_LINE: Final = re.compile(rb"(?im)(?<!\A)^from[ \t]|\Afrom[ \t]+:")
_BLANKS: Final = re.compile(rb"[ \t]{32,}(?!\r?\n)")


def check_limits(raw: bytes) -> None:
    """Keep away what would cost too much, and what dkimpy reads in another way than everybody else.

    Raises:
        DkimProblemError: the message is not to be given to dkimpy.
    """
    end = _END_OF_HEADER.search(raw)
    header = raw[: end.start()] if end else raw
    if len(raw) > MAX_HASHED:
        raise UncheckedError(_("the message is too large to be checked"))
    if len(header) > _MAX_HEADER or header.count(b"\n") > _MAX_HEADER_LINES:
        raise UncheckedError(_("the header is too large to be checked"))
    # dkimpy passes over every line that starts with "From ", other programs do not.
    if _STRAY_CR.search(header) or _FROM_LINE.search(header):
        raise MalformedError(_("the header can be read in more than one way"))
    if sum((match.end() - match.start()) ** 2 for match in _BLANKS.finditer(raw)) > _MAX_BLANK_WORK:
        raise UncheckedError(_("the message has too many blanks in a row to be checked"))
