"""The Message-IDs that we make, and how they are known again.

A draft has a deterministic Message-ID: whoever makes the same draft again makes the same one. But mail programs give an
edited draft a new Message-ID and drop foreign fields; only In-Reply-To and References outlive them all. So each draft
also names, first in its References, a *marker*: it says which operator and topic the draft is about and which messages
it answers, for the day when the state file is lost. A message that came without a usable Message-ID gets a stand-in.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .address import Domain

_HOST: Final = "noreply-analyzer.invalid"  # RFC 2606: nobody's domain, so nobody's Message-ID
_DRAFT: Final = re.compile(r"<noreply-analyzer\.[0-9a-f]{32}@[^\s<>@]+>\Z")
_MARKER: Final = re.compile(rf"<([a-z0-9-]+)\.([a-z]+)\.([0-9a-f]{{32}})@draft\.{re.escape(_HOST)}>\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What a draft of ours says of itself in its References."""

    operator: str
    topic: str
    digest: str
    """Of the account and of the keys of the messages it answers; see `digest`."""

    def __str__(self) -> str:
        return f"<{self.operator}.{self.topic}.{self.digest}@draft.{_HOST}>"


def digest(account: str, operator: str, topic: str, keys: Iterable[str]) -> str:
    """Give 32 hex digits that stand for one draft: the account's address, and what it answers in any order."""
    return hashlib.sha256("\n".join([account, operator, topic, *sorted(keys)]).encode()).hexdigest()[:32]


def draft_id(group_digest: str, domain: Domain) -> str:
    """Give the Message-ID of the draft with this digest, at the domain of the user's own address."""
    return f"<noreply-analyzer.{group_digest}@{domain}>"


def is_draft_id(message_id: str) -> bool:
    """Tell whether *message_id* has the shape of those we make."""
    return _DRAFT.match(message_id) is not None


def read_marker(message_id: str) -> Marker | None:
    """Read a marker, or give ``None`` for any other Message-ID."""
    match = _MARKER.match(message_id)
    return Marker(operator=match[1], topic=match[2], digest=match[3]) if match else None


def stand_in(key: str) -> str:
    """Give the name by which a draft refers to a message that has no usable Message-ID."""
    return f"<{key}@message.{_HOST}>"
