"""The first look at header bytes: what is fetched, and that nothing of interest is left behind."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_messages import Judged, judged_messages

from noreply_analyzer.address import Domain
from noreply_analyzer.detection import Answerability, Overrides, judge
from noreply_analyzer.errors import MessageError
from noreply_analyzer.message import Message
from noreply_analyzer.sieve import FIELDS, candidate


def telecom(domain: Domain) -> bool:
    """Know one operator."""
    return domain == "telecom.example"


def nobody(domain: Domain) -> bool:
    """Know no operator, but insist on a domain's canonical form."""
    assert domain == domain.lower()
    return False


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"From: Anne <anne@ami.example>\r\nSubject: Bonjour\r\n\r\n", ""),
        (b"From: Arno Reply <arno.reply@ami.example>\r\n\r\n", ""),
        (
            b"From: Anne <anne@ami.example>\r\nMessage-ID: <noreply@ami.example>\r\nSender: noreply@x.example\r\n\r\n",
            "",
        ),
        (b"From: Anne <anne@ami.example>\r\nSubject: une adresse noreply@x.example\r\n\r\n", ""),
        (b"", ""),
        (b"From: Service <info@telecom.example>\r\n\r\n", "author-known"),
        (b"FROM :Service <info@TELECOM.example.>\r\n\r\n", "author-known"),
        (b"From: Anne <anne@ami.example>\r\nReply-To:\r\n info@telecom.example\r\n\r\n", "reply-to-known"),
        (b"From: <noreply@autre.example>\r\n\r\n", "author-words"),
        (b"From: Ne pas\r\n repondre <info@autre.example>\r\n\r\n", "author-words"),
        (b"From: =?utf-8?q?Ne_pas_r=C3=A9pondre?= <info@autre.example>\r\n\r\n", "author-words"),
        (b"From: =?UTF-8?B?TmUgcGFzIHLDqXBvbmRyZQ==?= <info@autre.example>\r\n\r\n", "author-words"),
        (b'From: "=?utf-8?q?Bo=C3=AEte_non_consult=C3=A9e?=" <info@autre.example>\r\n\r\n', "author-words"),
        ("From: Ne pas répondre <info@autre.example>\r\n\r\n".encode(), "author-words"),
        ("From: Ne pas répondre <info@autre.example>\r\n\r\n".encode("latin-1"), "author-words"),
        (b"From: robot@nepasrepondre.example\r\n\r\n", "author-words"),
        (b"From: anne@ami.example\r\nReply-To: DoNotReply@ami.example\r\n\r\n", "reply-to-words"),
        (b"From: anne@ami.example\r\nReply-To: support@intranet\r\n\r\n", "reply-to-words"),
        (b"From: anne@intranet\r\n\r\n", ""),
        (b"From: <n.o.r.e.p.l.y@ami.example>\r\n\r\n", "author-words"),
        (b"From: <orderNoReply@ami.example>\r\n\r\n", "author-words"),
        (b"From: <no-replay@ami.example>\r\n\r\n", "author-words"),
        (b"From: <service@xn--ne-pas-rpondre-ikb.example>\r\n\r\n", "author-words"),
        (b"Subject: Facture [ne pas =?utf-8?q?r=C3=A9pondre?=]\nFrom: x@autre.example\n\n", "subject-notice"),
    ],
)
def test_the_reason_to_fetch(header: bytes, reason: str) -> None:
    """Folded, encoded, in capitals, in any order; a friend's mail is left where it is."""
    assert candidate(header, known=telecom) == reason


@pytest.mark.parametrize(
    ("dead", "reason"),
    [
        ({"suivi@boutique.example"}, "author-configured"),
        ({"boutique.example"}, "author-configured"),
        ({"autreboutique.example", "uivi@boutique.example"}, ""),
    ],
)
def test_what_the_user_calls_dead_is_fetched(dead: set[str], reason: str) -> None:
    """By address, by domain, by a domain above."""
    assert candidate(b"From: Suivi@boutique.example\r\n\r\n", known=nobody, dead=dead) == reason


@pytest.mark.parametrize("judged", judged_messages(), ids=lambda judged: judged.name)
def test_whatever_a_header_shows_is_fetched(judged: Judged) -> None:
    """Of our messages: each that its header alone makes unanswerable."""
    header = judged.raw.partition(b"\n\n")[0] + b"\n\n"
    verdict = judge(Message.from_bytes(header))
    if verdict.answerability is Answerability.UNANSWERABLE:
        assert candidate(header, known=nobody)
    else:
        assert not judged.rules or verdict.evidence[0].rule not in {"author-local-part", "reply-to-dead"}


def spell(text: str, way: str) -> str:
    """Write *text* as mail programs do: as it is, quoted, or as an encoded word (RFC 2047)."""
    if way == "q":
        return "=?utf-8?q?" + "".join(f"={octet:02X}" for octet in text.encode()) + "?="
    if way == "b":
        return f"=?UTF-8?B?{b64encode(text.encode()).decode()}?="
    return f'"{text}"' if way == "quoted" else text


TEXTS = st.sampled_from(
    [
        "Ne pas répondre",
        "NE PAS REPONDRE",
        "noreply",
        "Boîte non consultée",
        "Do not\u200b reply",
        "Anne",
        "Arno Reply",
        "",
    ]
)
SPELT = st.builds(spell, TEXTS, st.sampled_from(["plain", "quoted", "q", "b"]))
SPACES = st.sampled_from(["", " ", "\r\n ", "\r\n\t"])
LOCAL_PARTS = st.builds(
    str.join,
    st.sampled_from([".", "-", "_", "+", "", "1"]),
    st.lists(
        st.sampled_from(
            ["no", "n0", "reply", "replay", "rep.ly", "NoReply", "ne", "pas", "répondre", "Repondre", "arno", "mail"]
        ),
        min_size=1,
        max_size=4,
    ),
)
DOMAINS = st.sampled_from(
    ["ami.example", "noreply.example", "x.nepasrepondre3.example", "ami.invalid", "Ami.Example", "intranet"]
)
MAILBOXES = st.builds("{}{}<{}@{}>".format, SPELT, SPACES, LOCAL_PARTS, DOMAINS)
ODD = st.lists(
    st.sampled_from([*'@<>"(),;:\\=', "noreply", "=?utf-8?q?no?=", "x@y.example", "\r\n "]) | st.just(" "), max_size=9
)
FIELD = MAILBOXES | st.builds("{}{}{}".format, ODD.map("".join), MAILBOXES, ODD.map("".join))


@settings(max_examples=400)
@given(author=FIELD, reply_to=st.none() | FIELD, subject=SPELT, charset=st.sampled_from(["utf-8", "latin-1"]))
def test_nothing_that_the_header_makes_unanswerable_is_left_behind(
    author: str, reply_to: str | None, subject: str, charset: str
) -> None:
    """However it is spelt, the sieve sees what the judge sees."""
    lines = [f"From: {author}", f"Subject: {subject}", *([f"Reply-To: {reply_to}"] if reply_to else []), "", ""]
    raw = "\r\n".join(lines).encode(charset, "replace")
    reason = candidate(raw, known=nobody)
    try:
        message = Message.from_bytes(raw)
    except MessageError:
        return
    if judge(message).answerability is Answerability.UNANSWERABLE:
        assert reason
    if message.author:
        dead = frozenset({str(message.author.address.domain)})
        if judge(message, Overrides(dead=dead)).answerability is Answerability.UNANSWERABLE:
            assert candidate(raw, known=nobody, dead=dead)
        assert candidate(raw, known=lambda domain: domain in dead)


@settings(max_examples=200)
@given(st.binary() | st.binary().map(b"From: ".__add__) | st.binary().map(b"Subject: =?utf-8?b?".__add__))
def test_any_bytes_are_sieved(header: bytes) -> None:
    """A server may give anything."""
    assert candidate(header, known=nobody) in {"", "author-words", "reply-to-words", "subject-notice"}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", [b"=?utf-8?q?", b"a@", b"a,", b"no-", b"(", b"\\", b"\r\n ", b"merci de ne pas "])
def test_hostile_headers_cost_no_more_than_plain_ones(part: bytes) -> None:
    """A field of a megabyte is looked at as far as its first kilobytes."""
    huge = (part * 2**20)[: 2**20]
    assert candidate(b"From: " + huge + b"\r\nSubject: " + huge + b"\r\n\r\n", known=nobody) == ""


def test_the_fields_are_few_and_hold_what_the_run_needs() -> None:
    """Every byte of them is asked for every message of a mailbox."""
    assert len(FIELDS) == len(set(FIELDS)) == 11
    assert {"From", "Reply-To", "Subject", "Message-ID", "Date"} <= set(FIELDS)
