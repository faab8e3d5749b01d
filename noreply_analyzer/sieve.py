"""The cheap first look at header bytes: is a message worth fetching, or is it a friend's mail?

It may say yes too often. It never says no where a header field would make `detection.judge` call a message
unanswerable, nor where its author may wear an operator's name. What only the text says is found for the operators that
the registry knows.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from .address import Address, Domain, canonicalize_domain
from .addresswords import dead_words, dead_words_in_domain
from .decoding import decode_raw, decode_words
from .errors import AddressError, MessageError
from .header import split
from .notices import read, says_dead

FIELDS: Final = (
    "From",
    "Reply-To",
    "Sender",
    "Return-Path",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "Auto-Submitted",
    "List-Unsubscribe",
    "Content-Type",
)
"""The fields to ask a server for; a copy of the whole header works as well."""

_MAX_VALUE: Final = 16384
"""Bytes of a field that are looked at, as in `message`; people's fields are shorter."""
_MAX_ADDRESSES: Final = 50
_LOOKED_AT: Final = frozenset({"from", "reply-to", "subject"})

_ADDRESS: Final = re.compile(r"([^\s<>()\[\],;:@\"]{0,64})\"? ?@ ?([^\s<>()\[\],;:@\"]{1,253})")
_MARKS: Final = re.compile(r"<[^<>]*>|[\"'()]")
_QUOTED_PAIR: Final = re.compile(r"\\(.)")


def candidate(
    header: bytes,
    *,
    known: Callable[[Domain], bool],
    dead: AbstractSet[str] = frozenset(),
    worn: Callable[[str, Sequence[Address]], bool] = lambda _field, _addresses: False,
) -> str:
    """Say why a message is worth fetching: the name of a reason, empty if it is not.

    Args:
        header: some or all of the header, as the server gave it; any bytes.
        known: whether the registry knows mail from a domain.
        dead: addresses and domains that the user calls dead, as in `detection.Overrides`.
        worn: whether a From field, decoded, may wear an operator's name, with the addresses in it
            (`lookalike.may_wear`).
    """
    for name, value in _fields(header):
        if name == "subject":
            if read(value).notice:
                return "subject-notice"
        elif name == "reply-to" and any("." not in domain for _local_part, domain in _addresses(value)):
            return "reply-to-words"
        elif reason := _in_mailboxes(value, known, dead):
            return f"{'author' if name == 'from' else 'reply-to'}-{reason}"
        elif name == "from" and worn(value, [Address(*one) for one in _addresses(value)]):
            return "author-look-alike"
    return ""


def _in_mailboxes(value: str, known: Callable[[Domain], bool], dead: AbstractSet[str]) -> str:
    if dead_words(value) or says_dead(_MARKS.sub(" ", value)):
        return "words"
    for local_part, domain in _addresses(value):
        if dead_words(local_part) or dead_words_in_domain(domain):
            return "words"
        if known(domain):
            return "known"
        if dead and (f"{local_part.casefold()}@{domain}" in dead or not dead.isdisjoint(_above(domain))):
            return "configured"
    return ""


def _above(domain: str) -> Iterator[str]:
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def _addresses(value: str) -> Iterator[tuple[str, Domain]]:
    """Give what looks like an address, wherever it stands: a parser may be led to any of them."""
    seen: set[str] = set()
    for match in _ADDRESS.finditer(value):
        if match[0] not in seen and len(seen) < _MAX_ADDRESSES:
            seen.add(match[0])
            try:
                yield match[1], canonicalize_domain(match[2].strip(".'"))
            except AddressError:
                continue


def _fields(raw: bytes) -> Iterator[tuple[str, str]]:
    """Give the fields we look at, decoded, the name in lower case; split and decoded exactly as `message` does."""
    try:
        header, _ = split(raw)
    except MessageError:
        return
    for field in header.fields:
        if field.name in _LOOKED_AT:
            yield field.name, _decoded(field.value[:_MAX_VALUE])


def _decoded(raw: bytes) -> str:
    value = decode_raw(raw)
    if "=?" in value:
        value = decode_words(value)
    return _QUOTED_PAIR.sub(r"\1", value) if "\\" in value else value
