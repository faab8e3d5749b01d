"""Who really wrote it: DKIM signatures (RFC 6376, RFC 8463), our own policy on top, and alignment with the author.

Pure: the key records are looked up before (`keys_wanted`) and handed in. ``verify_signatures`` works on hostile bytes
with a library that such bytes can hang, so callers run it inside ``worker``; its own limits are there so that honest
mail never meets that deadline.

Two traps. An access provider's domain is often its subscribers' mail domain as well: a pass shows that the provider's
platform let the author use the address, and which addresses are the company's own is the registry's business. And a
valid signature by anybody but the author's own organisation says nothing about the author (identifier alignment of
RFC 9989, before it RFC 7489 section 3.1), so it counts as none.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from .address import Domain, canonicalize_domain, is_public_suffix, organizational_domain
from .dkim_limits import MAX_HASHED, check_limits
from .dkim_syntax import (
    DkimProblemError,
    KeyRecord,
    MalformedError,
    RefusedError,
    SignatureField,
    UncheckedError,
    name_signer,
    published_key,
)
from .errors import AddressError
from .language import _
from .message import Message
from .proof import Authentication, Result, SeenKey, Signature, Standing, TxtAnswer

__all__ = [
    "MAX_REPORTED",
    "MAX_TRIED",
    "Authentication",
    "Result",
    "SeenKey",
    "Signature",
    "Standing",
    "TxtAnswer",
    "conclude",
    "keys_wanted",
    "list_signatures",
    "verify_signatures",
    "warm_up",
]

MAX_TRIED: Final = 5
"""Signatures computed for one message."""
MAX_REPORTED: Final = 20
"""DKIM-Signature fields looked at; what lies below is not even reported."""
_KEY_BITS: Final = range(1024, 4096 + 1)  # RFC 8301 section 3.2 from below; from above it is time that counts
_MAX_EXPONENT_BITS: Final = 32
_ED25519_BYTES: Final = 32  # RFC 8463 section 4.2
_ONCE: Final = frozenset({  # RFC 5322 section 3.6 and RFC 2045 section 3
    "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
    "mime-version", "content-type", "content-transfer-encoding", "content-disposition",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A DKIM-Signature field as far as it can be judged without its key."""

    signer: tuple[str, str]
    aligned: bool
    field: SignatureField | None = None
    problem: DkimProblemError | None = None

    def end(self, result: Result, reason: str = "", key_seen: datetime | None = None) -> Signature:
        sdid, selector = self.signer
        return Signature(
            sdid=sdid, selector=selector, result=result, reason=reason, aligned=self.aligned, key_seen=key_seen
        )

    def refuse(self, problem: DkimProblemError) -> Signature:
        return self.end(_result_of(problem), str(problem))


def warm_up() -> None:
    """Import the heavy library now, so that ``worker`` does not bill it to the first message."""
    import dkim  # noqa: F401 - for its being imported


def keys_wanted(message: Message, *, every: bool = False) -> tuple[str, ...]:
    """Name the key records worth a look-up (``selector._domainkey.sdid``), at most five.

    Those of aligned signatures: what a stranger signed proves nothing, and a stranger's name server is told nothing.
    With *every*, the others too, behind them. None for a message without an author, and none for a signature that
    would not be accepted whatever its key says.
    """
    if message.author is None:
        return ()
    candidates = _read(message.all("dkim-signature"), message.author.address.domain)
    chosen = [candidates[index] for index in _choose(candidates, MAX_TRIED)]
    return tuple(dict.fromkeys(one.field.key_name for one in chosen if one.field and (every or one.aligned)))


def verify_signatures(
    raw: bytes, message: Message, keys: Mapping[str, TxtAnswer], at: datetime, arrived: datetime | None = None
) -> tuple[Signature, ...]:
    """Check every signature of *raw* with the *keys* that were found.

    ``policy`` is what we would not accept even if it is valid; such a signature is not computed. ``neutral`` was not
    checked: over a limit. A signature's dates are judged at *at*, when the message arrived: a bill that is read three
    weeks later is as true as it was on the day it came.

    Args:
        raw: the message byte for byte.
        message: the same, parsed.
        keys: what the DNS said about each of `keys_wanted`.
        at: INTERNALDATE, or now where there is none; with its zone.
        arrived: INTERNALDATE: a key that was seen then or later will do, though it is no longer published. ``None``
            where nobody but the message says when it came.
    """
    fields = message.all("dkim-signature")
    if not fields:
        return ()
    if message.author is None:
        return _refuse_all(_read(fields, None), UncheckedError(_("there is no author to prove")))
    candidates = _read(fields, message.author.address.domain)
    try:
        check_limits(raw)
        signer = _load(raw)
        _check_same_header(signer, message)
    except DkimProblemError as problem:
        return _refuse_all(candidates, problem)
    tried = _choose(candidates, min(MAX_TRIED, MAX_HASHED // max(1, len(raw))))
    sources = [(name, value) for name, value in signer.headers if name.lower() == b"dkim-signature"]
    return tuple(
        _verify(signer, sources[index], candidate, keys, (at, arrived))
        if candidate.field is None or index in tried
        else candidate.refuse(RefusedError(_("there are too many signatures to try this one too")))
        for index, candidate in enumerate(candidates)
    )


def list_signatures(message: Message) -> tuple[Signature, ...]:
    """Name every signature without checking any, where nothing hangs on them."""
    author = message.author.address.domain if message.author else None
    unchecked = UncheckedError(_("it was not checked, for your provider has decided"))
    return _refuse_all(_read(message.all("dkim-signature"), author), unchecked)


def conclude(message: Message, signatures: tuple[Signature, ...]) -> Authentication:
    """Say what the signatures mean for the displayed author.

    A failed signature never contradicts an author: mailing lists and virus scanners break honest ones every day. Only a
    message that shows several authors contradicts itself here.
    """
    if message.author is None:
        standing = Standing.CONTRADICTED if _shows_several_authors(message) else Standing.NOT_ESTABLISHED
        reason = message.author_problem or _("there is no author")
        return Authentication(result=Result.PERMERROR, standing=standing, reason=reason, signatures=signatures)
    domain = message.author.address.domain
    aligned = (one for one in signatures if one.aligned)
    best = min(aligned, key=lambda one: (_BEST_FIRST.index(one.result), one.key_seen is not None), default=None)
    if best is not None and best.result is Result.PASS:
        return Authentication(
            result=Result.PASS,
            standing=Standing.PROVEN,
            domain=domain,
            method="dkim",
            signatures=signatures,
            key_seen=best.key_seen,
        )
    return Authentication(
        result=best.result if best else Result.NONE,
        standing=Standing.NOT_ESTABLISHED,
        reason=best.reason if best else _why_none(domain, signatures),
        signatures=signatures,
    )


_BEST_FIRST: Final = (
    Result.PASS,
    Result.TEMPERROR,  # later is not no: the next run may find it valid
    Result.POLICY,
    Result.NEUTRAL,
    Result.PERMERROR,
    Result.FAIL,
    Result.NONE,
)


def _why_none(domain: Domain, signatures: tuple[Signature, ...]) -> str:
    if not signatures:
        return _("there is no signature")
    if others := dict.fromkeys(one.sdid for one in signatures if one.result is Result.PASS):
        signers = ", ".join(others)
        return _("it is signed by {signers}, which says nothing about {author}").format(signers=signers, author=domain)
    return _("none of its signatures is by {author}").format(author=domain)


def _shows_several_authors(message: Message) -> bool:
    fields = message.all("from")
    return len(fields) > 1 or any(field.count("@") > 1 for field in fields)


def _read(fields: Iterable[str], author: Domain | None) -> tuple[_Candidate, ...]:
    return tuple(_judge(value, author) for value in tuple(fields)[:MAX_REPORTED])


def _judge(value: str, author: Domain | None) -> _Candidate:
    try:
        field = SignatureField.parse(value)
    except DkimProblemError as problem:
        signer = name_signer(value)
        # What cannot be accepted is still worth telling as the author's own; it can no longer become a pass.
        return _Candidate(signer, _is_aligned(signer[0], author), problem=problem)
    return _Candidate((field.sdid, field.selector), _is_aligned(field.sdid, author), field=field)


def _is_aligned(sdid: str, author: Domain | None) -> bool:
    """Relaxed alignment (RFC 9989): one organizational domain, which somebody must own."""
    try:
        signer = canonicalize_domain(sdid)
    except AddressError:
        return False
    return (
        not is_public_suffix(signer)
        and author is not None
        and organizational_domain(signer) == organizational_domain(author)
    )


def _choose(candidates: tuple[_Candidate, ...], most: int) -> tuple[int, ...]:
    able = [index for index, candidate in enumerate(candidates) if candidate.field is not None]
    return tuple(sorted(able, key=lambda index: not candidates[index].aligned)[:most])


def _result_of(problem: DkimProblemError) -> Result:
    match problem:
        case RefusedError():
            return Result.POLICY
        case UncheckedError():
            return Result.NEUTRAL
        case _:
            return Result.PERMERROR


def _refuse_all(candidates: tuple[_Candidate, ...], problem: DkimProblemError) -> tuple[Signature, ...]:
    return tuple(candidate.refuse(candidate.problem or problem) for candidate in candidates)


def _load(raw: bytes) -> Any:  # noqa: ANN401 - the library has no types
    import dkim

    # A logger of nobody's: dkimpy writes whole header fields to its own.
    silent = logging.Logger("dkimpy", logging.CRITICAL + 1)  # noqa: LOG001 - on purpose out of the tree of loggers
    try:
        return dkim.DKIM(raw, logger=silent, minkey=_KEY_BITS.start)
    except Exception as error:  # IndexError and MessageFormatError are known, others would mean no more
        raise MalformedError(_("the header is malformed")) from error


def _check_same_header(signer: Any, message: Message) -> None:  # noqa: ANN401
    """Make sure that what dkimpy verifies is what everybody else was shown."""
    for name in ("from", "dkim-signature"):
        values = [value for field, value in signer.headers if field.decode("ascii").lower() == name]
        if [_skeleton(value) for value in values] != [_skeleton(value.encode()) for value in message.all(name)]:
            raise MalformedError(_("the header can be read in more than one way"))


def _skeleton(value: bytes) -> bytes:
    """Leave what neither unfolding nor decoding changes."""
    return bytes(byte for byte in value if 0x20 < byte < 0x7F)  # noqa: PLR2004 - the visible ones of ASCII


def _verify(
    signer: Any,  # noqa: ANN401
    source: tuple[bytes, bytes],
    candidate: _Candidate,
    keys: Mapping[str, TxtAnswer],
    times: tuple[datetime, datetime | None],
) -> Signature:
    field, (at, arrived) = candidate.field, times
    if field is None:
        return candidate.refuse(candidate.problem or MalformedError())
    try:
        field.check_dates(at)
        _check_counts(signer, field)
        answer = keys.get(field.key_name)
        if answer is None:
            raise UncheckedError(_("its key was not looked up"))
    except DkimProblemError as problem:
        return candidate.refuse(problem)
    if answer.failed:
        return candidate.end(Result.TEMPERROR, answer.failed)
    signature = _by_key(signer, source, candidate, answer.records)
    if seen := _seen_then(answer, arrived, signature):
        earlier = _by_key(signer, source, candidate, (seen.record,))
        if earlier.result is Result.PASS:
            return replace(earlier, key_seen=seen.last)
    return signature


def _by_key(
    signer: Any,  # noqa: ANN401
    source: tuple[bytes, bytes],
    candidate: _Candidate,
    records: Iterable[bytes],
) -> Signature:
    """Compute a signature with the key among TXT records."""
    field = candidate.field
    assert field is not None  # noqa: S101 - `_verify` has seen to it
    try:
        key = KeyRecord.choose(records)
        key.check(field)
        _measure(key)
    except DkimProblemError as problem:
        return candidate.refuse(problem)
    return candidate.end(*_compute(signer, source, field, key))


def _seen_then(answer: TxtAnswer, arrived: datetime | None, signature: Signature) -> SeenKey | None:
    """Give the key that was published when the message came, where the one of today does not prove it.

    Keys are changed every few months, and what one has signed stays true: but not where it was taken back.
    """
    if arrived is None or signature.result not in {Result.FAIL, Result.PERMERROR}:
        return None
    if "" in map(published_key, answer.records):
        return None
    return min((one for one in answer.earlier if arrived <= one.last), key=lambda one: one.last, default=None)


def _check_counts(signer: Any, field: SignatureField) -> None:  # noqa: ANN401
    """Refuse a field that was added beside the signed one: a signature covers the lowest, a reader sees the topmost."""
    present = Counter(name.decode("ascii").lower() for name, _value in signer.headers)
    signed = Counter(field.signed)
    for name in sorted(_ONCE & signed.keys()):
        if present[name] > signed[name]:
            raise RefusedError(_("a second {field} field was added").format(field=name.title()))


def _measure(key: KeyRecord) -> None:
    """Refuse RSA keys that are too short to prove anything or that take too long to use."""
    import base64

    from dkim.crypto import parse_public_key

    public = base64.b64decode(key.public)
    if key.kind == "ed25519":
        if len(public) != _ED25519_BYTES:
            raise MalformedError(_("its key is malformed"))
        return
    try:
        numbers = parse_public_key(public)
        modulus, exponent = numbers["modulus"], numbers["publicExponent"]
    except Exception as error:  # UnparsableKeyError, IndexError, AssertionError: whatever it is, it is no key
        raise MalformedError(_("its key is malformed")) from error
    if modulus.bit_length() < _KEY_BITS.start:
        raise RefusedError(_("its key has only {bits} bits").format(bits=modulus.bit_length()))
    if modulus.bit_length() not in _KEY_BITS or exponent.bit_length() > _MAX_EXPONENT_BITS:
        raise RefusedError(_("its key is too long"))
    if not exponent % 2 or exponent == 1:
        raise RefusedError(_("its key protects nothing"))


def _compute(
    signer: Any,  # noqa: ANN401
    source: tuple[bytes, bytes],
    field: SignatureField,
    key: KeyRecord,
) -> tuple[Result, str]:
    """Have dkimpy compute one signature, from the values that were judged and from nothing else.

    Without t= and x=, for dkimpy would compare them with the clock of this machine; `SignatureField.check_dates` has
    compared them with the day of arrival. The field itself is hashed as it stands, dates included.
    """
    import dkim

    tags = {
        "v": "1",
        "a": field.algorithm,
        "c": field.canonicalization,
        "d": field.sdid,
        "s": field.selector,
        "h": ":".join(field.signed),
        "bh": field.body_hash,
        "b": field.signature,
    }
    encoded = {tag.encode(): value.encode() for tag, value in tags.items()}
    record = f"k={key.kind}; p={key.public}".encode()
    try:
        dkim.validate_signature_fields(encoded)
        names = [name.encode() for name in field.signed]
        if signer.verify_sig(encoded, names, source, lambda _name, timeout=0: record):  # noqa: ARG005 - dkimpy names it
            return Result.PASS, ""
    except dkim.ValidationError as error:
        if "body hash mismatch" in str(error):
            return Result.FAIL, _("the body was altered after signing")
        return Result.PERMERROR, _("the signature is malformed")
    except Exception:  # noqa: BLE001 - nacl, binascii and dkim each have their own; none may cost more than a signature
        return Result.PERMERROR, _("the signature is malformed")
    return Result.FAIL, _("the signature does not match")
