"""What is known of who wrote a message, in words that stay the same wherever they are printed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Result(StrEnum):
    """What a check found, in the words of RFC 8601 section 2.7.1."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    POLICY = "policy"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Standing(StrEnum):
    """What is known of the displayed author."""

    PROVEN = "proven"
    NOT_ESTABLISHED = "not-established"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenKey:
    """A key record that a name had once, and when the DNS was seen to give it."""

    record: bytes
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TxtAnswer:
    """What the DNS said about one name: TXT records, none, or nothing to be relied on."""

    records: tuple[bytes, ...] = ()
    failed: str = ""
    """Why there is no answer now (time-out, SERVFAIL); empty where the answer stands, be it "no such name"."""
    earlier: tuple[SeenKey, ...] = ()
    """Keys that the name had before: none after one was revoked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One DKIM-Signature field and what became of it."""

    sdid: str
    """The signing domain (d=), canonical, or as written where it is no domain."""
    selector: str
    result: Result
    reason: str = ""
    """A sentence without a full stop; empty for pass."""
    aligned: bool = False
    """Whether the signing domain and the author's have one organizational domain."""
    key_seen: datetime | None = None
    """When the key was last seen by which it passes, where that is no longer published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """Whether the displayed author is covered, who says so, and every signature's own result."""

    result: Result
    standing: Standing
    domain: str = ""
    """The author's domain that was proven, else empty."""
    method: str = ""
    """"dkim", or "dmarc" where the user's provider has decided; empty where nothing proves anything."""
    checked_by: str = "us"
    """"us", or the authserv-id of that provider (`authresults`)."""
    reason: str = ""
    signatures: tuple[Signature, ...] = ()
    key_seen: datetime | None = None
    """As in the `Signature` that proves it: ``None`` where a key proves it that is published now."""
