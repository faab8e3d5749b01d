"""Signatures that hold for another, for less than is shown, or for nothing: none of them proves telecom.example."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest
from dkim_keys import rsa_key
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import AT, BILL, DOMAIN, EVIL, KEY, RSA, Case, from_author, prove, rewrite, second, stamp, swap, with_tags
from spoof.judging import judge, wears_its_name

from noreply_analyzer.authentication import (
    MAX_REPORTED,
    Result,
    Standing,
    TxtAnswer,
    conclude,
    keys_wanted,
    verify_signatures,
)
from noreply_analyzer.errors import MessageError
from noreply_analyzer.message import Message
from noreply_analyzer.testing import DkimKey, Zone, der_key
from noreply_analyzer.worker import Worker


def numbers(modulus: int, exponent: int) -> bytes:
    """Publish any two numbers as an RSA key."""
    return b"p=" + base64.b64encode(der_key(modulus, exponent))


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
    "b= of three bytes": (
        Case(after=rewrite(rb" b=.*?\nFrom", b" b=AAAA\r\nFrom")),
        Result.PERMERROR,
        "the signature is malformed",
    ),
    "bh= of three bytes": (Case(after=rewrite(rb"bh=.*?;", b"bh=AAAA;")), Result.FAIL, BODY),
    "blanks under simple": (Case(canonicalization="simple", after=swap(b"Merci", b"Merci ")), Result.FAIL, BODY),
    "a signed field taken away": (Case(after=swap(b"To: anne@example.org\r\n", b"")), Result.FAIL, MATCH),
    # what was added beside the signed field
    "a second Subject on top": (Case(after=second(b"Subject")), Result.POLICY, "a second Subject field was added"),
    "a second Date": (Case(after=second(b"date")), Result.POLICY, "a second Date field was added"),
    "a second Content-Type": (
        Case(after=second(b"Content-Type")),
        Result.POLICY,
        "a second Content-Type field was added",
    ),
    # what it does not cover
    "From not in h=": (Case(fields=("to", "subject")), Result.POLICY, "it does not cover the From field"),
    "From not in h=, and replaced": (
        Case(key=KEY, raw=from_author("someone@telecom.example"), fields=("to",), after=swap(b"someone@", b"noreply@")),
        Result.POLICY,
        "it does not cover the From field",
    ),
    "Subject not in h=": (Case(fields=("from", "to")), Result.POLICY, "it does not cover the Subject field"),
    "Subject not in h=, and replaced": (
        Case(fields=("from", "to"), after=swap(b"Votre facture", b"Votre nouvel IBAN")),
        Result.POLICY,
        "it does not cover the Subject field",
    ),
    "l= of 30 digits": (Case(tags={"l": "9" * 30}), Result.POLICY, "it covers only a part of the body (l=)"),
    "l= of the whole body": (Case(tags={"l": "27"}), Result.POLICY, "it covers only a part of the body (l=)"),
    "l= and HTML below": (
        Case(tags={"l": "27"}, after=lambda raw: raw + HTML),
        Result.POLICY,
        "it covers only a part of the body (l=)",
    ),
    "l=0": (
        Case(tags={"l": "0"}, after=swap(b"Merci de ne pas repondre.\r\n", HTML)),
        Result.POLICY,
        "it covers only a part of the body (l=)",
    ),
    "l= empty": (Case(tags={"l": ""}), Result.POLICY, "it covers only a part of the body (l=)"),
    # algorithms and keys
    "SHA-1": (Case(key=RSA, tags={"a": "rsa-sha1"}), Result.POLICY, "it uses SHA-1, which can be forged (RFC 8301)"),
    "an unknown algorithm": (
        Case(after=swap(b"a=ed25519-sha256", b"a=dsa-sha3")),
        Result.NEUTRAL,
        "its algorithm is not known",
    ),
    "RSA of 512 bits": (Case(key=DkimKey.new_rsa(DOMAIN, bits=512)), Result.POLICY, "its key has only 512 bits"),
    "RSA of 1023 bits": (
        Case(key=RSA, record=numbers(1 << 1022 | 1, 65537)),
        Result.POLICY,
        "its key has only 1023 bits",
    ),
    "RSA of 4097 bits": (Case(key=RSA, record=numbers(1 << 4096 | 1, 65537)), Result.POLICY, "its key is too long"),
    "RSA of 16384 bits": (Case(key=RSA, record=numbers(1 << 16383 | 1, 65537)), Result.POLICY, "its key is too long"),
    "a huge exponent": (
        Case(key=RSA, record=numbers(1 << 2047 | 1, 1 << 2046 | 1)),
        Result.POLICY,
        "its key is too long",
    ),
    "exponent 1": (Case(key=RSA, record=numbers(1 << 2047 | 1, 1)), Result.POLICY, "its key protects nothing"),
    "an even exponent": (Case(key=RSA, record=numbers(1 << 2047 | 1, 2)), Result.POLICY, "its key protects nothing"),
    "a modulus that is none": (Case(key=RSA, record=numbers(0, 3)), Result.POLICY, "its key has only 0 bits"),
    "another key": (Case(record=DkimKey.ed25519(DOMAIN).record), Result.FAIL, MATCH),
    "another key, RSA": (Case(key=RSA, record=rsa_key(DOMAIN, bits=1024).record), Result.FAIL, MATCH),
    "an RSA key for Ed25519": (Case(record=RSA.record), Result.PERMERROR, "its key is of another kind"),
    "an Ed25519 key for RSA": (Case(key=RSA, record=KEY.record), Result.PERMERROR, "its key is of another kind"),
    "an unknown kind": (Case(record=b"k=dsa; p=AAAA"), Result.PERMERROR, "its key is of another kind"),
    "an Ed25519 key of 3 bytes": (Case(record=b"k=ed25519; p=AAAA"), Result.PERMERROR, "its key is malformed"),
    "bytes that are no RSA key": (Case(key=RSA, record=b"p=AAAA"), Result.PERMERROR, "its key is malformed"),
    "an RSA key cut short": (Case(key=RSA, record=RSA.record[:198]), Result.PERMERROR, "its key is malformed"),
    "p= not base64": (Case(record=b"v=DKIM1; k=ed25519; p=!!!!"), Result.PERMERROR, "p= is not base64"),
    "revoked": (Case(record=b"v=DKIM1; p="), Result.PERMERROR, "its key was revoked"),
    "no record": (Case(record=()), Result.PERMERROR, "its key is not published"),
    "SPF instead": (Case(record=b"v=spf1 -all"), Result.PERMERROR, "what is published is no key"),
    "DKIM2": (Case(record=KEY.record.replace(b"DKIM1", b"DKIM2")), Result.PERMERROR, "what is published is no key"),
    "a record without p=": (Case(record=b"v=DKIM1; k=rsa"), Result.PERMERROR, "what is published is no key"),
    "p= twice": (Case(record=with_tags(KEY, "p=AAAA")), Result.PERMERROR, "what is published is no key"),
    "a record of 5 kB": (
        Case(record=with_tags(KEY, "n=" + "x" * 5000)),
        Result.PERMERROR,
        "what is published is no key",
    ),
    "two keys": (Case(record=(KEY.record, EVIL.record)), Result.PERMERROR, "several keys are published for it"),
    # flags of the key
    "t=y": (Case(record=with_tags(KEY, "t=y")), Result.POLICY, "its key is only being tested (t=y)"),
    "t=s:y": (Case(record=with_tags(KEY, "t=s:y")), Result.POLICY, "its key is only being tested (t=y)"),
    "t=s with i= below d=": (
        Case(tags={"i": "@mail.telecom.example"}, record=with_tags(KEY, "t=s")),
        Result.POLICY,
        "its key is not for subdomains (t=s)",
    ),
    "h=sha1": (Case(record=with_tags(KEY, "h=sha1")), Result.POLICY, "its key is not for SHA-256 (h=)"),
    "s=tlsrpt": (Case(record=with_tags(KEY, "s=tlsrpt")), Result.POLICY, "its key is not for mail (s=)"),
    "s=chat": (Case(record=with_tags(KEY, "s=chat")), Result.POLICY, "its key is not for mail (s=)"),
    # dates
    "expired": (Case(tags={"x": stamp(AT - timedelta(days=1))}), Result.POLICY, "it had expired on 2026-11-19"),
    "expired 5 hours ago": (
        Case(tags={"x": stamp(AT - timedelta(hours=5))}),
        Result.POLICY,
        "it had expired on 2026-11-20",
    ),
    "made tomorrow": (
        Case(tags={"t": stamp(AT + timedelta(days=1))}),
        Result.POLICY,
        "it claims to be made after the message arrived",
    ),
    "expired before it was made": (
        Case(tags={"t": stamp(AT), "x": stamp(AT - timedelta(minutes=1))}),
        Result.PERMERROR,
        "it expired before it was made",
    ),
    "x= of 400 digits": (Case(tags={"x": "9" * 400}), Result.PERMERROR, "x= is not a time"),
    "x= of 5000 digits": (Case(tags={"x": "9" * 5000}), Result.PERMERROR, "x= is not a time"),
    "t= in words": (Case(tags={"t": "now"}), Result.PERMERROR, "t= is not a time"),
    "x= negative": (Case(tags={"x": "-1"}), Result.PERMERROR, "x= is not a time"),
    # the field itself
    "v=2": (Case(tags={"v": "2"}), Result.PERMERROR, "v= is not 1"),
    "q=other": (Case(tags={"q": "http"}), Result.PERMERROR, "q= does not say dns/txt"),
    "c= empty": (Case(after=swap(b"c=relaxed/relaxed", b"c=")), Result.PERMERROR, "c= is not known"),
    "c=other": (Case(after=swap(b"c=relaxed/relaxed", b"c=loose")), Result.PERMERROR, "c= is not known"),
    "a tag twice": (
        Case(after=swap(b"v=1;", b"v=1; d=telecom.example;")),
        Result.PERMERROR,
        "its list of tags is malformed",
    ),
    "no bh=": (Case(after=swap(b"bh=", b"bx=")), Result.PERMERROR, "bh= is missing"),
    "b= empty": (Case(after=rewrite(rb" b=.*?\nFrom", b" b=\r\nFrom")), Result.PERMERROR, "b= is missing"),
    "b= not base64": (Case(after=swap(b" b=", b" b=!")), Result.PERMERROR, "b= is not base64"),
    "b= of one letter too many": (Case(after=swap(b" b=", b" b=A")), Result.PERMERROR, "b= is not base64"),
    "b= with a gap of 4000 blanks": (
        Case(after=swap(b" b=", b" b=A" + b" " * 4000)),
        Result.NEUTRAL,
        "its DKIM-Signature field is too long",
    ),
    "h= with 10000 blanks": (
        Case(after=swap(b"h=", b"h=a" + b" " * 10_000 + b":")),
        Result.NEUTRAL,
        "its DKIM-Signature field is too long",
    ),
    "h= of 1000 names": (Case(fields=("from",) * 1000), Result.NEUTRAL, "h= names too many fields"),
    "h= with an empty name": (Case(after=swap(b"h=from", b"h=:from")), Result.PERMERROR, "h= is malformed"),
    "i= elsewhere": (Case(tags={"i": "@evil.example"}), Result.PERMERROR, "i= is not within d="),
    "i= by letters only": (Case(tags={"i": "@xtelecom.example"}), Result.PERMERROR, "i= is not within d="),
    "i= without @": (Case(tags={"i": "telecom.example"}), Result.PERMERROR, "i= is not within d="),
    "s= with a NUL": (
        Case(after=swap(b"s=test", b"s=te\0st")),
        Result.PERMERROR,
        "its DKIM-Signature field has characters that no such field may have",
    ),
    "s= with 64 letters": (Case(after=swap(b"s=test", b"s=" + b"x" * 64)), Result.PERMERROR, "s= is not a domain name"),
    "s= with an empty label": (Case(after=swap(b"s=test", b"s=a..b")), Result.PERMERROR, "s= is not a domain name"),
    "8-bit text": (
        Case(after=swap(b"s=test", b"s=\xe9")),
        Result.PERMERROR,
        "its DKIM-Signature field has characters that no such field may have",
    ),
}


@pytest.mark.parametrize(("case", "result", "reason"), NOT_PROVEN.values(), ids=NOT_PROVEN.keys())
def test_anything_less_proves_nothing(case: Case, result: Result, reason: str) -> None:
    """Each with the word of RFC 8601 and a reason; and never is the author contradicted."""
    authentication = case.prove()

    assert (authentication.result, authentication.standing) == (result, Standing.NOT_ESTABLISHED)
    assert authentication.reason == reason
    assert not authentication.reason.endswith(".")
    assert authentication.domain == authentication.method == ""
    assert [one.result for one in authentication.signatures] == [result]


@pytest.mark.parametrize(("case", "result", "reason"), NOT_PROVEN.values(), ids=NOT_PROVEN.keys())
def test_what_the_user_is_told(worker: Worker, case: Case, result: Result, reason: str) -> None:
    """That it is not proven, and why; never that it is forged, and no draft."""
    analysis = judge(worker, *case.made(), at=case.at)

    assert analysis.decision.reason == f"its sender could not be proven: {reason}"
    assert analysis.authentication.result is result
    assert not wears_its_name(analysis)


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


BESIDE: Final = {
    "a Reply-To": (lambda raw: b"Reply-To: anne@evil.example\r\n" + raw, "unclear"),
    "a Reply-To that is dead": (lambda raw: b"Reply-To: noreply@evil.example\r\n" + raw, "unanswerable-proven"),
    "an encoding": (lambda raw: b"Content-Transfer-Encoding: base64\r\n" + raw, "unanswerable-proven"),
    "a Sender": (lambda raw: b"Sender: service@evil.example\r\n" + raw, "unanswerable-proven"),
    "a Return-Path": (lambda raw: b"Return-Path: <anne@evil.example>\r\n" + raw, "unanswerable-proven"),
    "a List-Post": (lambda raw: b"List-Post: <mailto:list@evil.example>\r\n" + raw, "unanswerable-proven"),
}
"""What the signature of the bill does not cover, and whoever has the bill may add."""


@pytest.mark.parametrize(("add", "rule"), BESIDE.values(), ids=BESIDE.keys())
def test_what_is_put_beside_a_signature_proves_nobody_else(
    worker: Worker, add: Callable[[bytes], bytes], rule: str
) -> None:
    """The operator wrote it still; the most that an added field does is that there is no draft."""
    raw, keys = Case(after=add).made()
    analysis = judge(worker, raw, keys)

    assert prove(raw, keys).domain == "telecom.example"
    assert analysis.decision.rule == rule
    assert analysis.choice is None or "evil" not in str(analysis.choice)


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
        (lambda raw: raw.replace(b"\r\n", b"\r"), Result.PERMERROR),
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
