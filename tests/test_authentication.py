"""Who really wrote it: signatures, our policy on top, and alignment with the author."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from dkim_keys import rsa_key
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import AT, BILL, DOMAIN, EVIL, KEY, RSA, Case, from_author, prove, stamp, swap, with_tags

from noreply_analyzer.authentication import (
    MAX_REPORTED,
    MAX_TRIED,
    Result,
    SeenKey,
    Signature,
    Standing,
    TxtAnswer,
    conclude,
    keys_wanted,
    verify_signatures,
)
from noreply_analyzer.message import Message
from noreply_analyzer.testing import DkimKey, Zone

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


# Keys that were seen before -----------------------------------------------------------------------------------------

OLD: Final = SeenKey(record=KEY.record, first=AT - timedelta(days=90), last=AT + timedelta(hours=1))
OTHER: Final = DkimKey.ed25519(DOMAIN)
STALE: Final = replace(OLD, last=AT - timedelta(seconds=1))
TESTED: Final = SeenKey(record=with_tags(KEY, "t=y"), first=AT, last=AT + timedelta(days=1))
NO_KEY: Final = "its key is not published"
MISMATCH: Final = "the signature does not match"


@pytest.mark.parametrize(
    ("answer", "arrived", "reason"),
    [
        (TxtAnswer(earlier=(OLD,)), AT, ""),
        (TxtAnswer(records=(OTHER.record,), earlier=(OLD,)), AT, ""),
        (TxtAnswer(records=(RSA.record,), earlier=(OLD,)), AT, ""),
        (TxtAnswer(records=(b"v=spf1 -all",), earlier=(OLD,)), AT, ""),
        (TxtAnswer(earlier=(OLD,)), OLD.last, ""),
        (TxtAnswer(earlier=(replace(OLD, record=OTHER.record, last=OLD.last + timedelta(days=60)), OLD)), AT, ""),
        # it came after the key was last seen, or nobody but the message says when
        (TxtAnswer(earlier=(OLD,)), OLD.last + timedelta(seconds=1), NO_KEY),
        (TxtAnswer(earlier=(STALE,)), AT, NO_KEY),
        (TxtAnswer(earlier=(OLD,)), None, NO_KEY),
        # the signer has taken it back; the DNS does not answer; the key that was seen is of no use either
        (TxtAnswer(records=(b"v=DKIM1; p=",), earlier=(OLD,)), AT, "its key was revoked"),
        (TxtAnswer(failed="SERVFAIL", earlier=(OLD,)), AT, "SERVFAIL"),
        (TxtAnswer(earlier=(TESTED,)), AT, NO_KEY),
        (TxtAnswer(earlier=(replace(OLD, record=OTHER.record),)), AT, NO_KEY),
        (TxtAnswer(earlier=(replace(OLD, record=b"v=DKIM1; p=AAAA"),)), AT, NO_KEY),
        # what the key of today says of its use still holds
        (TxtAnswer(records=(with_tags(OTHER, "t=y"),), earlier=(OLD,)), AT, "its key is only being tested (t=y)"),
        (TxtAnswer(records=(OTHER.record,)), AT, MISMATCH),
    ],
)
def test_a_key_that_was_seen_proves_what_came_by_then(answer: TxtAnswer, arrived: datetime | None, reason: str) -> None:
    """Keys change every few months; what came while one was published stays proven, unless it was revoked."""
    raw = KEY.sign(BILL)
    message = Message.from_bytes(raw)
    authentication = conclude(message, verify_signatures(raw, message, {KEY.name: answer}, AT, arrived))

    assert authentication.reason == reason
    assert (authentication.standing is Standing.PROVEN) is not bool(reason)
    assert authentication.key_seen == (None if reason else OLD.last)


def test_a_key_that_is_published_counts_before_one_that_was() -> None:
    """Of two good signatures the one whose key stands is told."""
    other = DkimKey.ed25519(DOMAIN, selector="other")
    raw = KEY.sign(other.sign(BILL))
    message = Message.from_bytes(raw)
    keys = {KEY.name: TxtAnswer(earlier=(OLD,)), other.name: TxtAnswer(records=(other.record,))}
    authentication = conclude(message, verify_signatures(raw, message, keys, AT, AT))

    assert [one.key_seen for one in authentication.signatures] == [OLD.last, None]
    assert authentication.key_seen is None


def test_a_changed_text_is_proven_by_no_key() -> None:
    """Whatever was seen."""
    raw = swap(b"Merci", b"merci")(KEY.sign(BILL))
    message = Message.from_bytes(raw)
    authentication = conclude(message, verify_signatures(raw, message, {KEY.name: TxtAnswer(earlier=(OLD,))}, AT, AT))

    assert authentication.standing is Standing.NOT_ESTABLISHED


def test_the_reader_of_a_signature_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Dkimpy would log header fields; nothing personal is logged."""
    caplog.set_level(0)
    Case(record=b"v=DKIM1; k=rsa; p=!!!!").prove()
    Case(after=swap(b"Merci", b"merci")).prove()
    prove(KEY.sign(BILL), Zone.of(KEY))

    assert [record for record in caplog.records if "dkim" in record.name] == []


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
