"""Who really wrote it: signatures, our policy on top, and alignment with the author."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from dkim_keys import der_key, rsa_key, short_key
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.authentication import (
    MAX_REPORTED,
    MAX_TRIED,
    Authentication,
    Result,
    Signature,
    Standing,
    TxtAnswer,
    conclude,
    keys_wanted,
    verify_signatures,
)
from noreply_analyzer.errors import MessageError
from noreply_analyzer.message import Message
from noreply_analyzer.testing import SIGNED, DkimKey, Zone
from noreply_analyzer.worker import Worker

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

    def prove(self) -> Authentication:
        """Sign, publish, tamper, and prove."""
        signed = self.key.sign(self.raw, fields=self.fields, tags=self.tags, canonicalization=self.canonicalization)
        zone = Zone.of(self.key)
        if self.record is not None:
            records = self.record if isinstance(self.record, tuple) else (self.record,)
            zone[self.key.name] = TxtAnswer(records=records)
        return prove(self.after(signed), zone, self.at)


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


PROVEN: Final = {
    "Ed25519": Case(),
    "RSA of 2048 bits": Case(key=RSA),
    "RSA of 1024 bits": Case(key=rsa_key(DOMAIN, bits=1024)),
    "RSA of 4096 bits": Case(key=rsa_key(DOMAIN, bits=4096)),
    "simple/simple": Case(canonicalization="simple/simple"),
    "simple alone": Case(canonicalization="simple"),
    "bare LF": Case(raw=BILL.replace(b"\r\n", b"\n")),
    "an mbox line on top": Case(after=lambda raw: b"From noreply@telecom.example Fri Nov 20 08:00:00 2026\n" + raw),
    "blanks changed under relaxed": Case(after=swap(b"Merci de", b"Merci   de")),
    "an unsigned field added": Case(after=lambda raw: b"Received: from a by b\r\n" + raw),
    "an unsigned Reply-To added": Case(after=lambda raw: b"Reply-To: service@telecom.example\r\n" + raw),
    "From in h= once": Case(fields=("from", "subject")),
    "h= in capitals with blanks": Case(tags={"h": "From : To :Subject"}),
    "d= of the organisation": Case(raw=from_author("noreply@mail.telecom.example")),
    "d= below the author's": Case(key=DkimKey.ed25519("mail.telecom.example")),
    "d= in capitals": Case(tags={"d": "Telecom.EXAMPLE", "i": "@TELECOM.example"}),
    "i= below d=": Case(tags={"i": "robot@mail.telecom.example"}),
    "t=s with i= equal to d=": Case(tags={"i": "@telecom.example"}, record=with_tags(KEY, "t=s")),
    "a domain with an accent": Case(
        key=DkimKey.ed25519("xn--tlcom-bsab.example"), raw=from_author("noreply@xn--tlcom-bsab.example")
    ),
    "not expired": Case(tags={"t": stamp(AT - timedelta(hours=1)), "x": stamp(AT + timedelta(days=7))}),
    "expired a minute ago": Case(tags={"x": stamp(AT - timedelta(minutes=1))}),
    "made in a minute": Case(tags={"t": stamp(AT + timedelta(minutes=1))}),
    "x= of the year 5000": Case(tags={"x": "999999999999"}),
    "key for SHA-256 and SHA-1": Case(record=with_tags(KEY, "h=sha1:sha256")),
    "key for mail": Case(record=with_tags(KEY, "s=email")),
    "key for everything": Case(record=with_tags(KEY, "s=*; t=; g=*; n=\xe9")),
    "key without v=": Case(record=KEY.record.removeprefix(b"v=DKIM1; ")),
    "key without k=": Case(key=RSA, record=RSA.record.replace(b"k=rsa; ", b"")),
    "key with blanks in p=": Case(key=RSA, record=RSA.record[:60] + b" \t" + RSA.record[60:] + b" ;"),
    "key beside SPF": Case(record=(b"v=spf1 -all", KEY.record, b"", b"hello")),
    "one key twice": Case(record=(KEY.record, KEY.record)),
    "unknown tags": Case(tags={"zz": "a=b", "z": "From:x|To:y"}, record=with_tags(KEY, "zz=1")),
    "q= with a choice": Case(tags={"q": "dns/txt:other"}),
}


@pytest.mark.parametrize("case", PROVEN.values(), ids=PROVEN.keys())
def test_a_good_signature_proves_its_author(case: Case) -> None:
    """Every way of signing that we accept."""
    authentication = case.prove()

    assert authentication.signatures[0].reason == ""
    assert authentication.result is Result.PASS
    assert authentication.standing is Standing.PROVEN
    assert authentication.method == "dkim"
    assert authentication.checked_by == "us"
    assert authentication.domain == Message.from_bytes(case.raw).author.address.domain  # type: ignore[union-attr]


def numbers(modulus: int, exponent: int) -> bytes:
    """Publish any two numbers as an RSA key."""
    return b"p=" + base64.b64encode(der_key(modulus, exponent))


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


BODY: Final = "the body was altered after signing"
MATCH: Final = "the signature does not match"
HTML: Final = b"<html><h1>Payez ici</h1></html>\r\n"

NOT_PROVEN: Final = {
    # what was changed on the way
    "a byte of the body": (Case(after=swap(b"Merci", b"merci")), Result.FAIL, BODY),
    "text below": (Case(after=lambda raw: raw + b"Plus.\r\n"), Result.FAIL, BODY),
    "a byte of the body, RSA": (Case(key=RSA, after=swap(b"Merci", b"merci")), Result.FAIL, BODY),
    "Subject": (Case(after=swap(b"Votre", b"votre")), Result.FAIL, MATCH),
    "Subject, RSA": (Case(key=RSA, after=swap(b"Votre", b"votre")), Result.FAIL, MATCH),
    "From": (Case(after=swap(b"noreply@", b"service@")), Result.FAIL, MATCH),
    "To": (Case(after=swap(b"To: anne", b"To: jean")), Result.FAIL, MATCH),
    "b= of nothing": (Case(after=rewrite(rb" b=.*?\nFrom", b" b=" + b"A" * 86 + b"==\r\nFrom")), Result.FAIL, MATCH),
    "b= of three bytes": (Case(after=rewrite(rb" b=.*?\nFrom", b" b=AAAA\r\nFrom")), Result.PERMERROR, "malformed"),
    "bh= of three bytes": (Case(after=rewrite(rb"bh=.*?;", b"bh=AAAA;")), Result.FAIL, BODY),
    "blanks under simple": (Case(canonicalization="simple", after=swap(b"Merci", b"Merci ")), Result.FAIL, BODY),
    "a signed field taken away": (Case(after=swap(b"To: anne@example.org\r\n", b"")), Result.FAIL, MATCH),
    # what was added beside the signed field
    "a second Subject on top": (Case(after=second(b"Subject")), Result.POLICY, "a second Subject field was added"),
    "a second Date": (Case(after=second(b"date")), Result.POLICY, "a second Date field was added"),
    "a second Content-Type": (Case(after=second(b"Content-Type")), Result.POLICY, "a second Content-Type field"),
    # what it does not cover
    "From not in h=": (Case(fields=("to", "subject")), Result.POLICY, "does not cover the From field"),
    "From not in h=, and replaced": (
        Case(key=KEY, raw=from_author("someone@telecom.example"), fields=("to",), after=swap(b"someone@", b"noreply@")),
        Result.POLICY,
        "does not cover the From field",
    ),
    "l= of the whole body": (Case(tags={"l": "27"}), Result.POLICY, "(l=)"),
    "l= and HTML below": (Case(tags={"l": "27"}, after=lambda raw: raw + HTML), Result.POLICY, "(l=)"),
    "l=0": (Case(tags={"l": "0"}, after=swap(b"Merci de ne pas repondre.\r\n", HTML)), Result.POLICY, "(l=)"),
    "l= empty": (Case(tags={"l": ""}), Result.POLICY, "(l=)"),
    # algorithms and keys
    "SHA-1": (Case(key=RSA, tags={"a": "rsa-sha1"}), Result.POLICY, "SHA-1"),
    "an unknown algorithm": (Case(after=swap(b"a=ed25519-sha256", b"a=dsa-sha3")), Result.NEUTRAL, "not known"),
    "RSA of 512 bits": (Case(key=short_key(DOMAIN)), Result.POLICY, "only 512 bits"),
    "RSA of 1023 bits": (Case(key=RSA, record=numbers(1 << 1022 | 1, 65537)), Result.POLICY, "only 1023 bits"),
    "RSA of 4097 bits": (Case(key=RSA, record=numbers(1 << 4096 | 1, 65537)), Result.POLICY, "too long"),
    "RSA of 16384 bits": (Case(key=RSA, record=numbers(1 << 16383 | 1, 65537)), Result.POLICY, "too long"),
    "a huge exponent": (Case(key=RSA, record=numbers(1 << 2047 | 1, 1 << 2046 | 1)), Result.POLICY, "too long"),
    "exponent 1": (Case(key=RSA, record=numbers(1 << 2047 | 1, 1)), Result.POLICY, "protects nothing"),
    "an even exponent": (Case(key=RSA, record=numbers(1 << 2047 | 1, 2)), Result.POLICY, "protects nothing"),
    "a modulus that is none": (Case(key=RSA, record=numbers(0, 3)), Result.POLICY, "only 0 bits"),
    "another key": (Case(record=DkimKey.ed25519(DOMAIN).record), Result.FAIL, MATCH),
    "another key, RSA": (Case(key=RSA, record=rsa_key(DOMAIN, bits=1024).record), Result.FAIL, MATCH),
    "an RSA key for Ed25519": (Case(record=RSA.record), Result.PERMERROR, "of another kind"),
    "an Ed25519 key for RSA": (Case(key=RSA, record=KEY.record), Result.PERMERROR, "of another kind"),
    "an unknown kind": (Case(record=b"k=dsa; p=AAAA"), Result.PERMERROR, "of another kind"),
    "an Ed25519 key of 3 bytes": (Case(record=b"k=ed25519; p=AAAA"), Result.PERMERROR, "its key is malformed"),
    "bytes that are no RSA key": (Case(key=RSA, record=b"p=AAAA"), Result.PERMERROR, "its key is malformed"),
    "an RSA key cut short": (Case(key=RSA, record=RSA.record[:198]), Result.PERMERROR, "its key is malformed"),
    "p= not base64": (Case(record=b"v=DKIM1; k=ed25519; p=!!!!"), Result.PERMERROR, "p= is not base64"),
    "revoked": (Case(record=b"v=DKIM1; p="), Result.PERMERROR, "revoked"),
    "no record": (Case(record=()), Result.PERMERROR, "not published"),
    "SPF instead": (Case(record=b"v=spf1 -all"), Result.PERMERROR, "is no key"),
    "DKIM2": (Case(record=KEY.record.replace(b"DKIM1", b"DKIM2")), Result.PERMERROR, "is no key"),
    "a record without p=": (Case(record=b"v=DKIM1; k=rsa"), Result.PERMERROR, "is no key"),
    "p= twice": (Case(record=with_tags(KEY, "p=AAAA")), Result.PERMERROR, "is no key"),
    "a record of 5 kB": (Case(record=with_tags(KEY, "n=" + "x" * 5000)), Result.PERMERROR, "is no key"),
    "two keys": (Case(record=(KEY.record, EVIL.record)), Result.PERMERROR, "several keys"),
    # flags of the key
    "t=y": (Case(record=with_tags(KEY, "t=y")), Result.POLICY, "(t=y)"),
    "t=s:y": (Case(record=with_tags(KEY, "t=s:y")), Result.POLICY, "(t=y)"),
    "t=s with i= below d=": (
        Case(tags={"i": "@mail.telecom.example"}, record=with_tags(KEY, "t=s")),
        Result.POLICY,
        "(t=s)",
    ),
    "h=sha1": (Case(record=with_tags(KEY, "h=sha1")), Result.POLICY, "SHA-256 (h=)"),
    "s=tlsrpt": (Case(record=with_tags(KEY, "s=tlsrpt")), Result.POLICY, "(s=)"),
    "s=chat": (Case(record=with_tags(KEY, "s=chat")), Result.POLICY, "(s=)"),
    # dates
    "expired": (Case(tags={"x": stamp(AT - timedelta(days=1))}), Result.POLICY, "it had expired on 2026-11-19"),
    "expired 5 hours ago": (Case(tags={"x": stamp(AT - timedelta(hours=5))}), Result.POLICY, "it had expired"),
    "made tomorrow": (Case(tags={"t": stamp(AT + timedelta(days=1))}), Result.POLICY, "after the message arrived"),
    "expired before it was made": (
        Case(tags={"t": stamp(AT), "x": stamp(AT - timedelta(minutes=1))}),
        Result.PERMERROR,
        "before it was made",
    ),
    "x= of 5000 digits": (Case(tags={"x": "9" * 5000}), Result.PERMERROR, "x= is not a time"),
    "t= in words": (Case(tags={"t": "now"}), Result.PERMERROR, "t= is not a time"),
    "x= negative": (Case(tags={"x": "-1"}), Result.PERMERROR, "x= is not a time"),
    # the field itself
    "v=2": (Case(tags={"v": "2"}), Result.PERMERROR, "v= is not 1"),
    "q=other": (Case(tags={"q": "http"}), Result.PERMERROR, "q="),
    "c=other": (Case(after=swap(b"c=relaxed/relaxed", b"c=loose")), Result.PERMERROR, "c= is not known"),
    "a tag twice": (Case(after=swap(b"v=1;", b"v=1; d=telecom.example;")), Result.PERMERROR, "list of tags"),
    "no bh=": (Case(after=swap(b"bh=", b"bx=")), Result.PERMERROR, "bh= is missing"),
    "b= not base64": (Case(after=swap(b" b=", b" b=!")), Result.PERMERROR, "b= is not base64"),
    "b= of one letter too many": (Case(after=swap(b" b=", b" b=A")), Result.PERMERROR, "b= is not base64"),
    "b= with a gap of 4000 blanks": (Case(after=swap(b" b=", b" b=A" + b" " * 4000)), Result.NEUTRAL, "too long"),
    "h= with 10000 blanks": (Case(after=swap(b"h=", b"h=a" + b" " * 10_000 + b":")), Result.NEUTRAL, "too long"),
    "h= of 1000 names": (Case(fields=("from",) * 1000), Result.NEUTRAL, "too many fields"),
    "h= with an empty name": (Case(after=swap(b"h=from", b"h=:from")), Result.PERMERROR, "h= is malformed"),
    "i= elsewhere": (Case(tags={"i": "@evil.example"}), Result.PERMERROR, "i= is not within d="),
    "i= by letters only": (Case(tags={"i": "@xtelecom.example"}), Result.PERMERROR, "i= is not within d="),
    "i= without @": (Case(tags={"i": "telecom.example"}), Result.PERMERROR, "i= is not within d="),
    "s= with a NUL": (Case(after=swap(b"s=test", b"s=te\0st")), Result.PERMERROR, ""),
    "s= with 64 letters": (Case(after=swap(b"s=test", b"s=" + b"x" * 64)), Result.PERMERROR, "s= is not a domain name"),
    "s= with an empty label": (Case(after=swap(b"s=test", b"s=a..b")), Result.PERMERROR, "s= is not a domain name"),
    "8-bit text": (Case(after=swap(b"s=test", b"s=\xe9")), Result.PERMERROR, "characters"),
}  # fmt: skip


@pytest.mark.parametrize(("case", "result", "reason"), NOT_PROVEN.values(), ids=NOT_PROVEN.keys())
def test_anything_less_proves_nothing(case: Case, result: Result, reason: str) -> None:
    """Each with the word of RFC 8601 and a reason; and never is the author contradicted."""
    authentication = case.prove()

    assert (authentication.result, authentication.standing) == (result, Standing.NOT_ESTABLISHED)
    assert reason in authentication.reason
    assert authentication.reason
    assert not authentication.reason.endswith(".")
    assert authentication.domain == authentication.method == ""
    assert [one.result for one in authentication.signatures] == [result]


@pytest.mark.parametrize(
    ("signer", "author"),
    [
        ("evil.example", "noreply@telecom.example"),
        ("platform.example", "noreply@telecom.example"),
        ("telecom.example.evil.example", "noreply@telecom.example"),
        ("xtelecom.example", "noreply@telecom.example"),
        ("telecom.example", "noreply@telecom.example.evil.example"),
        ("one.co.uk", "noreply@two.co.uk"),
    ],
)
def test_somebody_elses_signature_says_nothing(signer: str, author: str) -> None:
    """It may be as valid as can be: it counts as none."""
    authentication = Case(key=DkimKey.ed25519(signer), raw=from_author(author)).prove()

    assert [one.result for one in authentication.signatures] == [Result.PASS]
    assert (authentication.result, authentication.standing) == (Result.NONE, Standing.NOT_ESTABLISHED)
    assert authentication.reason == f"it is signed by {signer}, which says nothing about {author.partition('@')[2]}"


@pytest.mark.parametrize("suffix", ["example", "fr", "co.uk", "github.io"])
def test_a_public_suffix_signs_for_no_one(suffix: str) -> None:
    """Whoever got hold of such a key would be everybody's author."""
    authentication = Case(key=DkimKey.ed25519(suffix), raw=from_author(f"noreply@telecom.{suffix}")).prove()

    assert authentication.standing is Standing.NOT_ESTABLISHED
    assert authentication.signatures[0].result is Result.POLICY
    assert "public suffix" in authentication.signatures[0].reason


def test_a_lookalike_proves_its_own_domain_only() -> None:
    """Below evil.example, everything is evil.example's."""
    raw = from_author("noreply@telecom.example.evil.example")

    authentication = Case(key=EVIL, raw=raw).prove()

    assert authentication.standing is Standing.PROVEN
    assert authentication.domain == "telecom.example.evil.example"


def test_one_good_signature_is_enough_wherever_it_stands() -> None:
    """A platform's own, a broken one and a revoked one above it change nothing."""
    broken, revoked = DkimKey.ed25519(DOMAIN, selector="broken"), DkimKey.ed25519(DOMAIN, selector="revoked")
    raw = KEY.sign(BILL)
    for key in (broken, revoked, EVIL):
        raw = key.sign(raw)
    zone = Zone.of(KEY, EVIL, broken) | {
        revoked.name: TxtAnswer(records=(b"p=",)),
        broken.name: TxtAnswer(records=(EVIL.record,)),
    }

    authentication = prove(raw, zone)

    assert authentication.standing is Standing.PROVEN
    assert [(one.sdid, one.selector, one.result) for one in authentication.signatures] == [
        ("evil.example", "test", Result.PASS),
        (DOMAIN, "revoked", Result.PERMERROR),
        (DOMAIN, "broken", Result.FAIL),
        (DOMAIN, "test", Result.PASS),
    ]
    assert [one.aligned for one in authentication.signatures] == [False, True, True, True]


def test_no_answer_is_later_and_not_no() -> None:
    """A time-out or SERVFAIL leaves open what the signature is worth."""
    zone = Zone.of(KEY)
    zone[KEY.name] = TxtAnswer(failed="the DNS did not answer in time")

    authentication = prove(KEY.sign(BILL), zone)

    assert (authentication.result, authentication.standing) == (Result.TEMPERROR, Standing.NOT_ESTABLISHED)
    assert authentication.reason == "the DNS did not answer in time"


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        (("later", "good"), Result.PASS),
        (("later", "none"), Result.TEMPERROR),
        (("none", "later"), Result.TEMPERROR),
        (("none", "test"), Result.POLICY),
        (("wrong", "none"), Result.PERMERROR),
    ],
)
def test_the_best_aligned_signature_counts(answers: tuple[str, str], result: Result) -> None:
    """Valid, else perhaps valid tomorrow, else the one that came nearest."""
    keys = [DkimKey.ed25519(DOMAIN, selector=selector) for selector in ("a", "b")]
    raw = keys[0].sign(keys[1].sign(BILL))
    given_answers: dict[str, Callable[[DkimKey], TxtAnswer]] = {
        "later": lambda _key: TxtAnswer(failed="SERVFAIL"),
        "none": lambda _key: TxtAnswer(),
        "wrong": lambda _key: TxtAnswer(records=(EVIL.record,)),
        "test": lambda key: TxtAnswer(records=(with_tags(key, "t=y"),)),
        "good": lambda key: TxtAnswer(records=(key.record,)),
    }
    zone = {key.name: given_answers[answer](key) for key, answer in zip(keys, answers, strict=True)}

    assert prove(raw, zone).result is result


def test_a_strangers_temporary_error_is_not_waited_for() -> None:
    """Only a signature that could prove the author is worth another run."""
    authentication = prove(EVIL.sign(BILL), {EVIL.name: TxtAnswer(failed="SERVFAIL")})

    assert authentication.result is Result.NONE
    assert authentication.reason == "none of its signatures is by telecom.example"


def test_no_signature_is_none() -> None:
    """The usual case of small senders."""
    authentication = prove(BILL, {})

    assert (authentication.result, authentication.standing) == (Result.NONE, Standing.NOT_ESTABLISHED)
    assert authentication.reason == "there is no signature"
    assert authentication.signatures == ()


SAID_BY_OTHERS: Final = (
    b"Authentication-Results: mx.example.org; dkim=pass header.d=telecom.example; spf=pass; dmarc=pass\r\n",
    b"Authentication-Results: mx.example.org; dkim=fail; dmarc=fail (p=reject) header.from=telecom.example\r\n",
    b"ARC-Authentication-Results: i=1; mx.example.org; dkim=pass header.d=telecom.example\r\n",
    b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=telecom.example; s=test; b=AAAA\r\n",
    b"X-Original-Authentication-Results: mx.example.org; dkim=pass header.i=@telecom.example\r\n",
    b"Received-SPF: pass (mx.example.org: domain of telecom.example) envelope-from=noreply@telecom.example\r\n",
    b"X-DKIM-Result: pass\r\nX-Verified-Sender: telecom.example\r\nX-Spam-Status: No\r\n",
)


@pytest.mark.parametrize("said", SAID_BY_OTHERS, ids=lambda said: said.split(b":")[0].decode())
@pytest.mark.parametrize("raw", [BILL, KEY.sign(BILL), EVIL.sign(BILL)], ids=["unsigned", "signed", "by a stranger"])
def test_what_others_say_they_checked_changes_nothing(raw: bytes, said: bytes) -> None:
    """Anybody can write such a field; nothing is proven by it and nothing is refuted."""
    assert prove(said + raw, Zone.of(KEY, EVIL)) == prove(raw, Zone.of(KEY, EVIL))


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        (lambda raw: b"From: noreply@telecom.example\r\n" + raw, Standing.CONTRADICTED),
        (bytes, Standing.PROVEN),
        (swap(b"<noreply@telecom.example>", b"<noreply@telecom.example>, x@evil.example"), Standing.CONTRADICTED),
        (swap(b"From: Telecom <noreply@telecom.example>\r\n", b""), Standing.NOT_ESTABLISHED),
        (swap(b"<noreply@telecom.example>", b"<>"), Standing.NOT_ESTABLISHED),
    ],
)  # fmt: skip
def test_several_authors_contradict_each_other(change: Callable[[bytes], bytes], standing: Standing) -> None:
    """Whoever signed, a message that shows two authors has none; one that shows none is merely not established."""
    raw = change(BILL)

    authentication = prove(KEY.sign(raw), Zone.of(KEY))

    assert authentication.standing is standing
    assert (authentication.result is Result.PASS) is (standing is Standing.PROVEN)
    assert bool(authentication.reason) is (standing is not Standing.PROVEN)


def test_an_old_bill_is_as_true_as_on_the_day_it_came() -> None:
    """Expiry is judged at the time of arrival, whatever the clock says when it is read."""
    raw = KEY.sign(BILL, tags={"t": "1000000000", "x": "1000600000"})
    arrival = datetime.fromtimestamp(1000003600, UTC)

    assert prove(raw, Zone.of(KEY), arrival).standing is Standing.PROVEN
    assert prove(raw, Zone.of(KEY), arrival + timedelta(days=8)).result is Result.POLICY


RFC_8463: Final = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")

RFC_8463_KEYS: Final = {
    "brisbane._domainkey.football.example.com": b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "test._domainkey.football.example.com": (
        b"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/"
        b"J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryO"
        b"TIKT+l/K4w3QIDAQAB"
    ),
}


@pytest.mark.parametrize("raw", [RFC_8463, RFC_8463.replace(b"\r\n", b"\n")], ids=["CRLF", "LF"])
def test_the_example_of_rfc_8463_passes_twice(raw: bytes) -> None:
    """Signatures that somebody else made (RFC 8463 appendix A)."""
    zone = {name: TxtAnswer(records=(record,)) for name, record in RFC_8463_KEYS.items()}

    authentication = prove(raw, zone, datetime(2018, 6, 10, 14, tzinfo=UTC))

    assert [one.result for one in authentication.signatures] == [Result.PASS, Result.PASS]
    assert authentication.domain == "football.example.com"


def test_what_is_looked_up() -> None:
    """The author's own keys first, each once, and none for a signature that is refused anyhow."""
    raw = KEY.sign(RSA.sign(EVIL.sign(KEY.sign(BILL))), tags={"i": "@telecom.example"})
    raw = DkimKey.ed25519("refused.example").sign(raw, tags={"l": "1"})

    message = Message.from_bytes(EVIL.sign(raw))

    assert keys_wanted(message, every=True) == (
        "test._domainkey.telecom.example",
        "rsa._domainkey.telecom.example",
        "test._domainkey.evil.example",
    )
    assert keys_wanted(message) == ("test._domainkey.telecom.example", "rsa._domainkey.telecom.example")


def test_a_strangers_name_server_is_told_nothing() -> None:
    """What it signed proves nothing; so who forges a message cannot have us ask for names of his choice."""
    raw = BILL
    for number in range(7):
        raw = DkimKey.ed25519(f"n{number}.example").sign(raw)

    assert keys_wanted(Message.from_bytes(raw)) == ()


@pytest.mark.parametrize(
    "raw",
    [BILL, KEY.sign(BILL.replace(b"From", b"X-From")), KEY.sign(b"From: a@b.fr\r\n" + BILL)],
    ids=["unsigned", "no author", "two authors"],
)
def test_nothing_is_looked_up_in_vain(raw: bytes) -> None:
    """Without a signature, or without an author to prove, no one learns that the message is read."""
    assert keys_wanted(Message.from_bytes(raw)) == ()


def test_junk_on_top_does_not_hide_the_authors_signature() -> None:
    """Five are tried, the author's first; the others are told as refused; beyond twenty they are not even told."""
    raw = KEY.sign(BILL)
    others = [DkimKey.ed25519(f"n{number}.example") for number in range(MAX_REPORTED + 5)]
    few = many = raw
    for key in others[:7]:
        few = key.sign(few)
    for key in others:
        many = key.sign(many)
    zone = Zone.of(KEY, *others)

    assert len(keys_wanted(Message.from_bytes(few), every=True)) == MAX_TRIED
    assert keys_wanted(Message.from_bytes(few)) == (KEY.name,)
    authentication = prove(few, zone)
    assert authentication.standing is Standing.PROVEN
    results = [one.result for one in authentication.signatures]
    assert results == [Result.PASS] * 4 + [Result.POLICY] * 3 + [Result.PASS]
    assert "too many signatures" in authentication.signatures[5].reason
    assert len(prove(many, zone).signatures) == MAX_REPORTED


def test_a_key_that_was_not_looked_up_is_not_missing() -> None:
    """The caller may have none; that is no fault of the signature."""
    message = Message.from_bytes(KEY.sign(BILL))

    (signature,) = verify_signatures(KEY.sign(BILL), message, {}, AT)

    assert (signature.result, signature.reason) == (Result.NEUTRAL, "its key was not looked up")


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda raw: b" X: y\r\n" + raw, None),
        (lambda raw: b"no colon\r\n" + raw, Result.PERMERROR),
        (swap(b"Subject:", b"Subject :"), Result.PERMERROR),
        (lambda raw: raw.replace(b"To:", b"X: a\rFrom: b@evil.example\r\nTo:"), None),
        (lambda raw: raw.replace(b"To:", b"X: a\rY: b\r\nTo:"), Result.PERMERROR),
        (lambda raw: raw.replace(b"To:", b"From anne: x\r\nTo:"), Result.PERMERROR),
        (lambda raw: b"From : x@evil.example\r\n" + raw, None),
        (lambda raw: raw.replace(b"To:", b"From : x@evil.example\r\nTo:"), None),
        (lambda raw: raw.replace(b"To:", b"X: \0\r\nTo:"), Result.PERMERROR),
        (lambda raw: raw.replace(b"To:", b"\r\r\nTo:"), Result.PERMERROR),
    ],
)
def test_a_header_that_can_be_read_in_two_ways_proves_nothing(
    change: Callable[[bytes], bytes], result: Result | None
) -> None:
    """What dkimpy passes over, a reader may show. ``None``: there is no author to begin with."""
    raw = change(KEY.sign(BILL))

    authentication = prove(raw, Zone.of(KEY))

    assert authentication.standing is not Standing.PROVEN
    if result is None:
        assert Message.from_bytes(raw).author is None
    else:
        assert authentication.signatures[0].result is result


def test_the_verified_bytes_must_be_the_parsed_ones() -> None:
    """A caller who hands in two different messages learns nothing about either."""
    shown = Message.from_bytes(KEY.sign(BILL).replace(b"noreply@telecom.example", b"patron@telecom.example"))

    (signature,) = verify_signatures(KEY.sign(BILL), shown, Zone.of(KEY), AT)

    assert signature.result is Result.PERMERROR


def test_the_reader_of_a_signature_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Dkimpy would log header fields; nothing personal is logged."""
    caplog.set_level(0)
    Case(record=b"v=DKIM1; k=rsa; p=!!!!").prove()
    Case(after=swap(b"Merci", b"merci")).prove()
    prove(KEY.sign(BILL), Zone.of(KEY))

    assert [record for record in caplog.records if "dkim" in record.name] == []


# What is slow -----------------------------------------------------------------------------------------------------


def with_body(body: bytes) -> bytes:
    """Give a signed bill with another body: canonicalisation comes before any hash is compared."""
    return KEY.sign(BILL).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body


def five_times(raw: bytes) -> bytes:
    """Sign with five keys."""
    for number in range(5):
        raw = DkimKey.ed25519(DOMAIN, selector=f"s{number}").sign(raw)
    return raw


LONG_H: Final = ("from", *[f"x{number}" for number in range(199)])

SLOW: Final = {
    "a run of 40000 blanks": lambda: with_body(b" " * 40_000 + b"x\r\n"),
    "runs of 999 blanks": lambda: with_body((b" " * 999 + b"x") * 1000 + b"\r\n"),
    "runs of 31 blanks": lambda: with_body((b"\t" * 31 + b"x") * 30_000 + b"\r\n"),
    "3 MB of blanks": lambda: with_body(b" " * 3_000_000 + b"x\r\n"),
    "80000 folds": lambda: b"X-S: a" + b"\r\n " * 80_000 + b"x\r\n" + KEY.sign(BILL),
    "40000 folds": lambda: b"X-S: a" + b"\r\n " * 40_000 + b"x\r\n" + KEY.sign(BILL),
    "1 MB of header": lambda: b"X-S: " + b" " * 1_000_000 + b"x\r\n" + KEY.sign(BILL),
    "1900 fields and a long h=": lambda: b"X: y\r\n" * 1900 + KEY.sign(BILL, fields=LONG_H),
    "9 MB": lambda: with_body(b"a" * 78 * 120_000),
    "5 MB": lambda: KEY.sign(BILL + (b"a" * 76 + b"\r\n") * 60_000),
    "1 MB, five signatures": lambda: five_times(BILL + (b"a" * 76 + b"\r\n") * 13_000),
    "a million empty lines": lambda: with_body(b"\r\n" * 1_000_000),
    "20000 tags": lambda: b"DKIM-Signature: " + b"".join(b"a%d=1;" % n for n in range(20_000)) + b"\r\n" + BILL,
    "b= of 1 MB": lambda: swap(b" b=", b" b=" + b"A" * 1_000_000)(KEY.sign(BILL)),
    "b= with 4000 blanks": lambda: swap(b" b=", b" b=A" + b" " * 4000 + b"!")(KEY.sign(BILL)),
    "h= with 10000 blanks": lambda: swap(b"h=", b"h=a" + b" " * 10_000 + b"b:")(KEY.sign(BILL)),
    "99 signatures": lambda: KEY.sign(BILL)[: -len(BILL)] * 99 + BILL,
}  # fmt: skip


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One worker; the first call pays for importing dkimpy."""
    with Worker() as one:
        raw = KEY.sign(BILL)
        one.call(verify_signatures, raw, Message.from_bytes(raw), dict(Zone.of(KEY)), AT, seconds=30)
        yield one


@pytest.mark.parametrize("make", SLOW.values(), ids=SLOW.keys())
def test_slow_tricks_end_in_time(worker: Worker, make: Callable[[], bytes]) -> None:
    """Our own limits hold, so that not even the deadline is needed; what was not checked says so."""
    raw = make()
    message = Message.from_bytes(raw)
    keys = {name: TxtAnswer(records=(KEY.record,)) for name in keys_wanted(message, every=True)}

    signatures = worker.call(verify_signatures, raw, message, keys, AT, seconds=2)

    assert signatures
    assert all(one.result is not Result.TEMPERROR for one in signatures)


@pytest.mark.parametrize(
    ("modulus", "exponent"), [(16384, 16384), (8192, 8192), (65536, 17), (4096, 33)], ids=lambda bits: f"{bits}"
)
def test_slow_keys_are_not_used(worker: Worker, modulus: int, exponent: int) -> None:
    """A key costs what its owner wants it to cost, but for our limits."""
    raw = RSA.sign(BILL)
    public = base64.b64encode(der_key(1 << modulus - 1 | 1, 1 << exponent - 1 | 1))
    keys = {RSA.name: TxtAnswer(records=(b"v=DKIM1; p=" + public,))}

    (signature,) = worker.call(verify_signatures, raw, Message.from_bytes(raw), keys, AT, seconds=2)

    assert signature.result in {Result.POLICY, Result.PERMERROR}


# Whatever comes -----------------------------------------------------------------------------------------------------

WORDS: Final = st.sampled_from(
    b"v=1 a=rsa-sha256 a=ed25519-sha256 c=relaxed/simple d=telecom.example d= s=test h=from bh=AAAA b=AAAA b= l= l=5 "
    b"x=1 t= i=@telecom.example q=dns/txt z=\xe9 ; = \r\n\t \0 \xff".split(b" ")
)


@given(
    parts=st.lists(WORDS | st.binary(max_size=8), max_size=25),
    record=st.binary(max_size=60),
    body=st.binary(max_size=50),
)
@settings(max_examples=150, deadline=None)
def test_no_signature_field_leaks_an_exception(parts: list[bytes], record: bytes, body: bytes) -> None:
    """Any bytes for a field, a record and a body: there is a word for each field, and nothing is proven."""
    raw = b"DKIM-Signature: " + b";".join(parts) + b"\r\n" + BILL + body
    try:
        message = Message.from_bytes(raw)
    except MessageError:
        return
    keys = {name: TxtAnswer(records=(record, b"v=DKIM1; p=" + record)) for name in keys_wanted(message, every=True)}

    authentication = conclude(message, verify_signatures(raw, message, keys, AT))

    assert authentication.standing is not Standing.PROVEN
    assert len(authentication.signatures) == min(MAX_REPORTED, len(message.all("dkim-signature")))
    assert all(one.reason and one.sdid.isascii() and one.selector.isascii() for one in authentication.signatures)


@given(at=st.integers(0, len(KEY.sign(BILL)) - 1), byte=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_never_proves_another_author(at: int, byte: int) -> None:
    """Whatever single byte is changed, what is proven is still telecom.example, with the text that was signed."""
    signed = KEY.sign(BILL)
    raw = signed[:at] + bytes([byte]) + signed[at + 1 :]
    try:
        authentication = prove(raw, Zone.of(KEY, EVIL))
    except MessageError:
        return

    if authentication.standing is Standing.PROVEN:
        message = Message.from_bytes(raw)
        assert authentication.domain == DOMAIN
        assert message.author == Message.from_bytes(BILL).author
        assert message.subject == "Votre facture"


@given(
    results=st.lists(st.tuples(st.sampled_from(list(Result)), st.booleans()), max_size=6),
    raw=st.sampled_from([BILL, b"From: a@b.fr\r\n" + BILL, BILL.replace(b"From:", b"X:")]),
)
@settings(max_examples=150)
def test_pass_and_proven_are_one(results: list[tuple[Result, bool]], raw: bytes) -> None:
    """``result`` is ``pass`` only where ``standing`` is ``proven``, and both only for an aligned pass."""
    message = Message.from_bytes(raw)
    template = Signature(sdid=DOMAIN, selector="s", result=Result.NONE, reason="why")
    signatures = tuple(replace(template, result=result, aligned=aligned) for result, aligned in results)

    authentication = conclude(message, signatures)

    proven = authentication.standing is Standing.PROVEN
    assert proven is (authentication.result is Result.PASS)
    assert proven is (message.author is not None and (Result.PASS, True) in results)
    assert bool(authentication.reason) is not proven
    assert authentication.signatures == signatures
