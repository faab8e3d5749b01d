"""Fakes for our tests and other people's: keys that sign, made on the spot, and a DNS that knows them.

key = DkimKey.ed25519("telecom.example")
zone = Zone.of(key)
raw = key.sign(raw)
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
