"""Mailbox names in modified UTF-7 (RFC 9051 section A.1), as they stand on a wire and on a disk."""

import binascii
import re
from typing import Final

_SHIFTED: Final = re.compile(r"&([A-Za-z0-9+,]*)-")


def decoded(name: str) -> str:
    """Give *name* as people read it; unchanged where it is no modified UTF-7: not every program writes it."""
    try:
        plain = _SHIFTED.sub(_decode, name)
    except (ValueError, binascii.Error):
        return name
    return plain if plain.isprintable() and "/" not in plain else name


def _decode(match: re.Match[str]) -> str:
    letters = match[1].replace(",", "/")
    if not letters:
        return "&"
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4)).decode("utf-16-be")
