"""A signed bill, any part of which can be changed, and what the program makes of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from dkim_keys import rsa_key

from noreply_analyzer.authentication import Authentication, TxtAnswer, conclude, keys_wanted, verify_signatures
from noreply_analyzer.message import Message
from noreply_analyzer.testing import SIGNED, DkimKey, Zone

AT: Final = datetime(2026, 11, 20, 8, tzinfo=UTC)
DOMAIN: Final = "telecom.example"
KEY: Final = DkimKey.ed25519(DOMAIN)
RSA: Final = rsa_key(DOMAIN)
EVIL: Final = DkimKey.ed25519("evil.example")

BILL: Final = (
    b"From: Telecom <noreply@telecom.example>\r\n"
    b"To: anne@example.org\r\n"
    b"Subject: Votre facture\r\n"
    b"Date: Fri, 20 Nov 2026 08:00:00 +0100\r\n"
    b"Message-ID: <1@telecom.example>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"Merci de ne pas repondre.\r\n"
)


def prove(raw: bytes, keys: Mapping[str, TxtAnswer], at: datetime = AT) -> Authentication:
    """Do what the program does: parse, look up what is wanted and nothing else, verify, conclude."""
    message = Message.from_bytes(raw)
    found = {name: keys.get(name, TxtAnswer()) for name in keys_wanted(message, every=True)}
    return conclude(message, verify_signatures(raw, message, found, at))


def stamp(when: datetime) -> str:
    """Give a time as t= and x= have it."""
    return str(int(when.timestamp()))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A signed message with one thing about it, and what is to be said of it."""

    key: DkimKey = KEY
    raw: bytes = BILL
    fields: tuple[str, ...] = SIGNED
    tags: Mapping[str, str] = field(default_factory=dict)
    canonicalization: str = "relaxed/relaxed"
    record: bytes | tuple[bytes, ...] | None = None
    """Published in the place of the key's own."""
    after: Callable[[bytes], bytes] = bytes
    """What is done to the signed message on its way."""
    at: datetime = AT

    def made(self) -> tuple[bytes, Zone]:
        """Sign, publish and tamper: give what arrives, and the DNS."""
        signed = self.key.sign(self.raw, fields=self.fields, tags=self.tags, canonicalization=self.canonicalization)
        zone = Zone.of(self.key)
        if self.record is not None:
            records = self.record if isinstance(self.record, tuple) else (self.record,)
            zone[self.key.name] = TxtAnswer(records=records)
        return self.after(signed), zone

    def prove(self) -> Authentication:
        """Do the same, and prove."""
        return prove(*self.made(), self.at)


def with_tags(key: DkimKey, tags: str) -> bytes:
    """Give a key's record with further tags."""
    return key.record + b"; " + tags.encode()


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Give a change that must find what it changes."""

    def change(raw: bytes) -> bytes:
        assert old in raw
        return raw.replace(old, new, 1)

    return change


def from_author(address: str) -> bytes:
    """Give the bill as if somebody else had written it."""
    return BILL.replace(b"noreply@telecom.example", address.encode())


def rewrite(pattern: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Give a change of the first match of a pattern, over lines, which must be there."""

    def change(raw: bytes) -> bytes:
        changed, count = re.subn(pattern, new, raw, count=1, flags=re.DOTALL)
        assert count
        return changed

    return change


def second(name: bytes) -> Callable[[bytes], bytes]:
    """Give a change that puts a second field of one name on top."""
    return lambda raw: name + b": other\r\n" + raw
