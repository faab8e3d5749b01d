"""Fakes for our tests and other people's: keys that sign, a DNS that knows them, mail, and what befalls it.

own, platform = DkimKey.ed25519("telecom.example"), DkimKey.new_rsa("platform.example")
zone = Zone.of(own, platform)
raw = through_a_list(signed(bill("noreply@telecom.example"), own, platform))
"""

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from .authentication import TxtAnswer

SIGNED: Final = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type", "from")
"""What signers cover, From once more than it occurs (RFC 6376 section 8.15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A key of *domain* that signs messages (RFC 6376, RFC 8463), and the record that its domain would publish."""

    domain: str
    selector: str
    algorithm: str
    """"rsa-sha256" or "ed25519-sha256"."""
    record: bytes
    private: Any
    """As dkimpy holds it."""

    @property
    def name(self) -> str:
        """Where the record is published."""
        return f"{self.selector}._domainkey.{self.domain}"

    @classmethod
    def ed25519(cls, domain: str, *, selector: str = "test") -> "DkimKey":
        """Make a new Ed25519 key."""
        from nacl.signing import SigningKey

        private = SigningKey.generate()
        public = base64.b64encode(bytes(private.verify_key))
        record = b"v=DKIM1; k=ed25519; p=" + public
        return cls(domain=domain, selector=selector, algorithm="ed25519-sha256", record=record, private=private)

    @classmethod
    def rsa(cls, domain: str, pem: bytes, public: bytes, *, selector: str = "rsa") -> "DkimKey":
        """Use an RSA key that was made elsewhere.

        Args:
            domain: whose key it is.
            pem: the private key (PKCS #1).
            public: the public key (DER, SubjectPublicKeyInfo).
            selector: where it is published.
        """
        from dkim.crypto import parse_pem_private_key

        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
        private = parse_pem_private_key(pem)
        return cls(domain=domain, selector=selector, algorithm="rsa-sha256", record=record, private=private)

    @classmethod
    def new_rsa(cls, domain: str, *, selector: str = "rsa", bits: int = 2048) -> "DkimKey":
        """Make an RSA key; all of one length are one key, for making one takes a second or two."""
        private = _rsa_numbers(bits)
        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der_key(private["modulus"], private["publicExponent"]))
        return cls(domain=domain, selector=selector, algorithm="rsa-sha256", record=record, private=private)

    def sign(
        self,
        raw: bytes,
        *,
        fields: Sequence[str] = SIGNED,
        tags: Mapping[str, str] | None = None,
        canonicalization: str = "relaxed/relaxed",
    ) -> bytes:
        """Give *raw* with a DKIM-Signature on top.

        Args:
            raw: the message, with CRLF or LF.
            fields: the names for h=, any of them, even without From.
            tags: tags to add or to replace before signing: ``{"x": "1700000000", "l": "0"}``.
            canonicalization: c=.

        Raises:
            dkim.DKIMException: *raw* cannot be read.
        """
        import dkim
        from dkim.canonicalization import CanonicalizationPolicy

        policy = CanonicalizationPolicy.from_c_value(canonicalization.encode())
        signer = dkim.DKIM(raw, signature_algorithm=(tags or {}).get("a", self.algorithm).encode())
        signer.hasher = dkim.HASH_ALGORITHMS[signer.signature_algorithm]
        values = self._tags(fields, canonicalization) | dict(tags or {})
        body = policy.canonicalize_body(signer.body)
        length = int(values["l"]) if values.get("l", "").isdecimal() else len(body)
        digest = signer.hasher(body[:length]).digest()
        # b= comes last, on a line of its own, so that folding the signature moves nothing else.
        values = values | {"bh": base64.b64encode(digest).decode()} | {"b": "0" * 60}
        pairs = [(tag.encode(), value.encode()) for tag, value in values.items()]
        names = [name.strip().lower().encode() for name in values["h"].split(":")]
        value: bytes = signer.gen_header(pairs, names, policy, b"DKIM-Signature", self.private)
        return b"DKIM-Signature: " + value + raw

    def _tags(self, fields: Sequence[str], canonicalization: str) -> dict[str, str]:
        return {
            "v": "1",
            "a": self.algorithm,
            "c": canonicalization,
            "d": self.domain,
            "s": self.selector,
            "h": ":".join(fields),
        }


class Zone(dict[str, TxtAnswer]):
    """TXT answers by name, to be asked in the place of ``dns.Resolver``; a name that is not in it does not exist."""

    @classmethod
    def of(cls, *keys: DkimKey) -> "Zone":
        """Publish *keys*."""
        return cls({key.name: TxtAnswer(records=(key.record,)) for key in keys})

    def look_up_txt(self, name: str, *, seconds: float) -> TxtAnswer:
        """Answer at once, however many *seconds* there are."""
        del seconds
        return self.get(name, TxtAnswer())

    def look_up_all(self, names: Iterable[str], *, seconds: float) -> dict[str, TxtAnswer]:
        """Answer for every name at once."""
        return {name: self.look_up_txt(name, seconds=seconds) for name in names}

    def raise_if_silent(self) -> None:
        """Do nothing: it always answers."""


# Messages, and what befalls them ------------------------------------------------------------------------------------


def bill(author: str, *, number: int = 1, text: str = "Merci de ne pas repondre a ce message.") -> bytes:
    """Write the bill of an *author* (as a From field has it) that takes no answer; not signed."""
    return (
        f"From: {author}\r\nTo: Anne <anne@example.org>\r\nSubject: Votre facture {number}\r\n"
        "Date: Fri, 20 Nov 2026 08:00:00 +0100\r\n"
        f"Message-ID: <facture.{number}@mail.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def signed(raw: bytes, *keys: DkimKey) -> bytes:
    """Have *raw* signed by one key after the other: the last one's signature stands on top."""
    for key in keys:
        raw = key.sign(raw)
    return raw


def forwarded(raw: bytes) -> bytes:
    """Give *raw* as a forwarder hands it on that keeps to RFC 5321: with a field of its own on top, else unchanged."""
    return b"Received: from mx.example.org by mail.example.net with ESMTPS; Fri, 20 Nov 2026 08:05:00 +0100\r\n" + raw


def through_a_list(raw: bytes) -> bytes:
    """Give *raw* as a mailing list hands it on: the subject marked, its own fields added, a footer below."""
    head, _blank, body = raw.partition(b"\r\n\r\n")
    head = head.replace(b"\r\nSubject: ", b"\r\nSubject: [liste] ", 1)
    added = b"List-Id: <liste.example.net>\r\nPrecedence: list\r\nSender: liste-bounces@example.net\r\n"
    return added + head + b"\r\n\r\n" + body + b"_______\r\nListe de diffusion\r\n"


def through_a_gateway(raw: bytes) -> bytes:
    """Give *raw* as a virus scanner hands it on: the header as it was, a banner above the text."""
    head, _blank, body = raw.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n[EXTERNAL MAIL]\r\n" + body


# RSA ----------------------------------------------------------------------------------------------------------------


@cache
def _rsa_numbers(bits: int) -> Mapping[str, int]:
    """Make a key of any length, also of one that is too short for any library to make."""
    p, q = _prime(bits // 2), _prime(bits // 2)
    exponent = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    return {
        "modulus": p * q,
        "publicExponent": _EXPONENT,
        "privateExponent": exponent,
        "prime1": p,
        "prime2": q,
        "exponent1": exponent % (p - 1),
        "exponent2": exponent % (q - 1),
        "coefficient": pow(q, -1, p),
    }


_EXPONENT: Final = 65537


def _prime(bits: int) -> int:
    """Find a number that is prime as far as Fermat can tell, and fits the exponent."""
    while True:
        candidate = secrets.randbits(bits) | 3 << bits - 2 | 1
        if all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7)) and candidate % _EXPONENT != 1:
            return candidate


def der_key(modulus: int, exponent: int) -> bytes:
    """Give any two numbers as an RSA public key (DER, SubjectPublicKeyInfo), as no library would."""
    numbers = _item(0x30, _integer(modulus) + _integer(exponent))
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return _item(0x30, algorithm + _item(0x03, b"\0" + numbers))


def _integer(value: int) -> bytes:
    return _item(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _item(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - X.690 section 8.1.3: one byte for a length below it
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content
