"""What a DKIM-Signature field and a key record say (RFC 6376 sections 3.2, 3.5, 3.6.1), read strictly, within bounds.

Nothing here computes a signature. A field or a record that passes this room has every value in one canonical form, so
that the library which does compute is given what was judged, and nothing else.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from .address import Domain, canonicalize_domain, is_public_suffix, is_within
from .errors import AddressError
from .language import _

MAX_FIELD: Final = 8192
"""Characters of a DKIM-Signature field; the longest real ones have some 2,000."""
MAX_RECORD: Final = 4096
MAX_KEY: Final = 1024
"""Characters of p=; an RSA key of 4096 bits takes 736."""
MAX_NAMES: Final = 200
"""Names in h=."""
CLOCK_SKEW: Final = timedelta(hours=1)
"""How far the clocks of a signer and of a mail server may differ."""

_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_VALUE: Final = re.compile(r"[\x20-\x7e\t\r\n]*\Z")
_NOT_SHOWN: Final = re.compile(r"[^\x21-\x7e]")
_SPACE: Final = re.compile(r"[ \t\r\n]+")
_BLANKS: Final = re.compile(r"[ \t\r\n]{100}")  # dkimpy's pattern for b= takes quadratic time over them
_NUMBER: Final = re.compile(r"[0-9]{1,12}\Z")  # RFC 6376 section 3.5 asks for 12 digits at least
_FIELD_NAME: Final = re.compile(r"[\x21-\x39\x3b-\x7e]+\Z")
_CANONICALIZATION: Final = re.compile(r"(simple|relaxed)(/(simple|relaxed))?\Z")
_REQUIRED: Final = ("v", "a", "b", "bh", "d", "h", "s")
_ALGORITHMS: Final = ("rsa-sha256", "ed25519-sha256")


class DkimProblemError(Exception):
    """Why a signature cannot pass; its text is a sentence without a full stop."""


class MalformedError(DkimProblemError):
    """The field or the record breaks RFC 6376."""


class RefusedError(DkimProblemError):
    """It may be valid, and we do not accept it."""


class UncheckedError(DkimProblemError):
    """It is beyond what we are ready to read."""


def read_tags(text: str) -> dict[str, str]:
    """Read a tag list (RFC 6376 section 3.2).

    Raises:
        MalformedError: a tag without a name or a value, or one that occurs twice.
    """
    parts = text.split(";")
    if not parts[-1].strip():
        parts.pop()
    tags: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not _TAG.match(name) or name in tags:
            raise MalformedError(_("its list of tags is malformed"))
        tags[name] = value.strip()
    return tags


def name_signer(text: str) -> tuple[str, str]:
    """Give d= and s= of a DKIM-Signature field however broken it is, for the report; empty where there is none."""
    tags: dict[str, str] = {}
    for part in text[:MAX_FIELD].split(";"):
        name, _equals, value = part.partition("=")
        tags.setdefault(name.strip(), value)
    sdid, selector = (_NOT_SHOWN.sub("", tags.get(name, ""))[:253] for name in ("d", "s"))
    return sdid.lower(), selector


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureField:
    """A DKIM-Signature field, well-formed, with an algorithm that we know."""

    sdid: Domain
    selector: str
    key_name: str
    """Where its key record is: ``selector._domainkey.sdid``, canonical."""
    algorithm: str
    canonicalization: str
    signed: tuple[str, ...]
    """h= in lower case."""
    identity: Domain
    """The domain of i=; the SDID where there is none."""
    signature: str
    body_hash: str
    signed_at: datetime | None
    expires: datetime | None

    @classmethod
    def parse(cls, text: str) -> "SignatureField":
        """Read the value of a DKIM-Signature field.

        Raises:
            DkimProblemError: malformed, not for us to check, or never acceptable whatever its key says.
        """
        if len(text) > MAX_FIELD or _BLANKS.search(text):
            raise UncheckedError(_("its DKIM-Signature field is too long"))
        if not _VALUE.match(text):
            raise MalformedError(_("its DKIM-Signature field has characters that no such field may have"))
        tags = read_tags(text)
        for name in _REQUIRED:
            if not tags.get(name):
                raise MalformedError(_("{tag}= is missing").format(tag=name))
        field = cls._from_tags(tags)
        _refuse(field, tags)
        return field

    @classmethod
    def _from_tags(cls, tags: dict[str, str]) -> "SignatureField":
        if tags["v"] != "1":
            raise MalformedError(_("v= is not 1"))
        if "dns/txt" not in _list(tags.get("q", "dns/txt")):
            raise MalformedError(_("q= does not say dns/txt"))
        canonicalization = tags.get("c", "simple/simple")
        if not _CANONICALIZATION.match(canonicalization):
            raise MalformedError(_("c= is not known"))
        sdid = _domain(tags["d"], "d")
        return cls(
            sdid=sdid,
            selector=tags["s"].lower(),
            key_name=_key_name(tags["s"], sdid),
            algorithm=tags["a"].lower(),
            canonicalization=canonicalization,
            signed=_names(tags["h"]),
            identity=_identity(tags.get("i"), sdid),
            signature=_base64(tags["b"], "b"),
            body_hash=_base64(tags["bh"], "bh"),
            signed_at=_time(tags.get("t"), "t"),
            expires=_time(tags.get("x"), "x"),
        )

    def check_dates(self, at: datetime) -> None:
        """Judge t= and x= at the time the message arrived.

        Raises:
            DkimProblemError: signed after it arrived, or arrived after it expired.
        """
        if self.signed_at and self.expires and self.expires < self.signed_at:
            raise MalformedError(_("it expired before it was made"))
        if self.signed_at and self.signed_at > at + CLOCK_SKEW:
            raise RefusedError(_("it claims to be made after the message arrived"))
        if self.expires and self.expires < at - CLOCK_SKEW:
            raise RefusedError(_("it had expired on {date}").format(date=self.expires.date().isoformat()))


def published_key(record: bytes) -> str | None:
    """Give p= of a TXT record: empty where it revokes the key, ``None`` where the record is something else."""
    tags = _key_tags(record)
    return None if tags is None else _SPACE.sub("", tags["p"])


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key record (RFC 6376 section 3.6.1)."""

    kind: str
    """"rsa" or "ed25519"."""
    public: str
    """p= without white space: base64."""
    hashes: tuple[str, ...]
    services: tuple[str, ...]
    flags: tuple[str, ...]

    @classmethod
    def choose(cls, records: Iterable[bytes]) -> "KeyRecord":
        """Take the one key among the TXT *records* of a name.

        Raises:
            DkimProblemError: none of them is a key, more than one is, or it is revoked or malformed.
        """
        records = tuple(dict.fromkeys(records))
        if not records:
            raise MalformedError(_("its key is not published"))
        found = [tags for record in records if (tags := _key_tags(record)) is not None]
        if len(found) != 1:
            raise MalformedError(_("several keys are published for it") if found else _("what is published is no key"))
        return cls._from_tags(found[0])

    @classmethod
    def _from_tags(cls, tags: dict[str, str]) -> "KeyRecord":
        public = _SPACE.sub("", tags["p"])
        if not public:
            raise MalformedError(_("its key was revoked"))
        if len(public) > MAX_KEY:
            raise RefusedError(_("its key is too long"))
        return cls(
            kind=tags.get("k", "rsa"),
            public=_base64(public, "p"),
            hashes=_list(tags.get("h", "")),
            services=_list(tags.get("s", "*")),
            flags=_list(tags.get("t", "")),
        )

    def check(self, field: SignatureField) -> None:
        """Compare the record with the signature that names it.

        Raises:
            DkimProblemError: it is not for this signature, or only a test.
        """
        if self.kind != field.algorithm.partition("-")[0]:
            raise MalformedError(_("its key is of another kind"))
        if self.hashes and "sha256" not in self.hashes:
            raise RefusedError(_("its key is not for SHA-256 (h=)"))
        if not {"*", "email"} & set(self.services):
            raise RefusedError(_("its key is not for mail (s=)"))
        if "y" in self.flags:
            raise RefusedError(_("its key is only being tested (t=y)"))
        if "s" in self.flags and field.identity != field.sdid:
            raise RefusedError(_("its key is not for subdomains (t=s)"))


def _refuse(field: SignatureField, tags: dict[str, str]) -> None:
    """Refuse what we accept from nobody, whatever the key says; then its key need not be looked up either."""
    if field.algorithm == "rsa-sha1":
        raise RefusedError(_("it uses SHA-1, which can be forged (RFC 8301)"))
    if field.algorithm not in _ALGORITHMS:
        raise UncheckedError(_("its algorithm is not known"))
    if "from" not in field.signed:
        raise RefusedError(_("it does not cover the From field"))
    if "subject" not in field.signed:  # which a draft quotes, and which says what the message is about
        raise RefusedError(_("it does not cover the Subject field"))
    if "l" in tags:
        raise RefusedError(_("it covers only a part of the body (l=)"))
    if is_public_suffix(field.sdid):
        raise RefusedError(_("{domain} is a public suffix and belongs to no one").format(domain=field.sdid))


def _key_tags(record: bytes) -> dict[str, str] | None:
    """Read a TXT record, or give ``None`` where it is something else, such as SPF."""
    if len(record) > MAX_RECORD:
        return None
    try:
        tags = read_tags(record.decode("latin-1"))  # notes (n=) may hold anything
    except MalformedError:
        return None
    return tags if "p" in tags and tags.get("v", "DKIM1") == "DKIM1" else None


def _list(value: str) -> tuple[str, ...]:
    return tuple(item.strip().lower() for item in value.split(":") if item.strip())


def _names(value: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in value.split(":"))
    if len(names) > MAX_NAMES:
        raise UncheckedError(_("h= names too many fields"))
    if not all(_FIELD_NAME.match(name) for name in names):
        raise MalformedError(_("h= is malformed"))
    return names


def _domain(value: str, tag: str) -> Domain:
    if value.isascii():  # RFC 6376 section 3.5 wants A-labels
        try:
            return canonicalize_domain(value)
        except AddressError:
            pass
    raise MalformedError(_("{tag}= is not a domain name").format(tag=tag))


def _key_name(selector: str, sdid: Domain) -> str:
    try:
        return canonicalize_domain(f"{selector}._domainkey.{sdid}")
    except AddressError:
        raise MalformedError(_("{tag}= is not a domain name").format(tag="s")) from None


def _identity(value: str | None, sdid: Domain) -> Domain:
    if value is None:
        return sdid
    identity = _domain(value.rpartition("@")[2], "i")
    if "@" not in value or not is_within(identity, sdid):
        raise MalformedError(_("i= is not within d="))
    return identity


def _base64(value: str, tag: str) -> str:
    value = _SPACE.sub("", value)
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError(_("{tag}= is not base64").format(tag=tag)) from None
    return value


def _time(value: str | None, tag: str) -> datetime | None:
    if value is None:
        return None
    if not _NUMBER.match(value):
        raise MalformedError(_("{tag}= is not a time").format(tag=tag))
    # 11 digits are past the year 5000, and 12 past what a datetime holds
    return datetime.fromtimestamp(min(int(value), 99_999_999_999), UTC)
