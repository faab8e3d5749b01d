"""Bytes in, a Message out, and nothing else: what hostile and honest messages become."""

import base64
import codecs
import os
import random
import time
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.errors import MessageError
from noreply_analyzer.message import MAX_TEXT, Message

HEAD = (
    b"From: Telecom <ne-pas-repondre@telecom.example>\r\nTo: anne@client.example\r\nSubject: Votre facture\r\n"
    b"Date: Mon, 2 Nov 2026 09:00:00 +0100\r\nMessage-ID: <1@telecom.example>\r\n"
)
SECONDS = 2.0


def with_field(field: bytes) -> Message:
    """Read a message with *field* among its fields."""
    return Message.from_bytes(b"From: a@telecom.example\r\n" + field + b"\r\n\r\nBonjour.\r\n")


def strings(value: object) -> Iterator[str]:
    """Give every string in *value*, which may be a dataclass or a tuple."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from strings(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))


def assert_safe(message: Message) -> None:
    """Fail if anything leaves the room that a later room must not see."""
    for text in strings(message):
        text.encode("utf-8")
    names = [mailbox.name for mailbox in (message.author, *message.reply_to) if mailbox]
    for line in (message.subject, message.author_problem, message.reply_to_problem, *names, *message.defects):
        assert not any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in line)
    assert not any(unicodedata.category(each) == "Cc" for _, value in message.fields for each in value)
    assert not any(unicodedata.category(each) == "Cc" for each in message.text.replace("\n", ""))
    assert len(message.text) <= MAX_TEXT
    assert (message.author is None) == bool(message.author_problem)


def test_whole_message() -> None:
    """An ordinary message gives everything that the program asks of one."""
    message = Message.from_bytes(HEAD + b"In-Reply-To: <0@client.example>\r\n\r\nMerci de ne pas r\xc3\xa9pondre.\r\n")

    assert message.author is not None
    assert str(message.author.address) == "ne-pas-repondre@telecom.example"
    assert message.author.name == "Telecom"
    assert message.subject == "Votre facture"
    assert message.date == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert message.message_id == "<1@telecom.example>"
    assert message.in_reply_to == ("<0@client.example>",)
    assert message.text == "Merci de ne pas répondre."
    assert message.content_type == "text/plain"
    assert message.defects == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"\n\nBonjour",
        b"\r\nFrom: a@b.example\r\n\r\n",
        b"Bonjour",
        b"\0" * 1000,
        b": vide\r\n\r\nBonjour",
        b" x",
    ],
)
def test_no_message(raw: bytes) -> None:
    """Without a header there is no message."""
    with pytest.raises(MessageError, match="no header"):
        Message.from_bytes(raw)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_line_ends(end: bytes) -> None:
    """CR LF, LF and the CR of old files end lines."""
    message = Message.from_bytes(HEAD.replace(b"\r\n", end) + end + b"Bonjour," + end + b"Anne")

    assert message.author is not None
    assert message.text == "Bonjour,\nAnne"


@pytest.mark.parametrize(
    ("field", "message_id"),
    [
        (b"Message-ID: <a@b.example>", "<a@b.example>"),
        (b"message-id:<a@b.example>  ", "<a@b.example>"),
        (b"Message-ID:\r\n <a@b.example>", "<a@b.example>"),
        (b"Message-ID: <a.b!#$%&'*+/=?^_`{|}~-@[192.0.2.1]>", "<a.b!#$%&'*+/=?^_`{|}~-@[192.0.2.1]>"),
        (b"Message-ID: <" + b"a" * 237 + b"@b.example>", "<" + "a" * 237 + "@b.example>"),
        (b"Message-ID: <" + b"a" * 240 + b"@b.example>", None),
        (b"Subject: none", None),
        (b"Message-ID:", None),
        (b"Message-ID: a@b.example", None),
        (b"Message-ID: <ab.example>", None),
        (b"Message-ID: <a@b.example> x", None),
        (b"Message-ID: <a@b.example><c@d.example>", None),
        (b"Message-ID: <a @b.example>", None),
        (b"Message-ID: <a\r\n A1 DELETE INBOX@b.example>", None),
        (b"Message-ID: <a\rA1 NOOP@b.example>", None),
        (b"Message-ID: <a\x00@b.example>", None),
        (b"Message-ID: <\xc3\xa9@b.example>", None),
        (b"Message-ID: =?utf-8?q?<a=22=0D=0AA1_DELETE_Factures=0D=0AA2_NOOP_=22@b>?=", None),
        (b"Message-ID: =?utf-8?q?=3Ca=40b=2Eexample=3E?=", None),
        (b"Message-ID: <=?utf-8?q?a=0D=0A?=@b.example>", "<=?utf-8?q?a=0D=0A?=@b.example>"),
        (b"Message-ID: <a@b.example>\r\nMessage-ID: <a@b.example>", None),
        (b"Message-ID: <a@b.example>\r\nMESSAGE-ID : <c@d.example>", None),
    ],
)
def test_message_id(field: bytes, message_id: str | None) -> None:
    """A Message-ID is taken from the raw header if it has the strict form, and is never decoded."""
    assert with_field(field).message_id == message_id


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (b"", ()),
        (b"<a@b.example>", ("<a@b.example>",)),
        (b"<a@b.example>\r\n <c@d.example>", ("<a@b.example>", "<c@d.example>")),
        (b"<a@b.example>,<c@d.example> (comment)", ("<a@b.example>", "<c@d.example>")),
        (b"<a@b.example> <a@b.example>", ("<a@b.example>",)),
        (b"your message of Monday", ()),
        (b"<a\r\n b@c.example> <d@e.example>", ("<d@e.example>",)),
        (b"<" + b"a" * 300 + b"@b.example> <d@e.example>", ("<d@e.example>",)),
    ],
)
def test_references(value: bytes, ids: tuple[str, ...]) -> None:
    """In-Reply-To and References give every Message-ID of the strict form in them."""
    assert with_field(b"References: " + value).references == ids
    assert with_field(b"In-Reply-To: " + value).in_reply_to == ids


def test_very_many_references() -> None:
    """Of very many References the first and the newest stay."""
    references = with_field(b"References: " + b"\r\n ".join(b"<%d@b.example>" % n for n in range(1000))).references

    assert len(references) == 200
    assert references[:2] == ("<0@b.example>", "<801@b.example>")
    assert references[-1] == "<999@b.example>"


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        (b"Votre facture", "Votre facture"),
        (b"", ""),
        (b"=?utf-8?q?Votre_facture_d=27=C3=A9t=C3=A9?=", "Votre facture d'été"),
        (b"=?utf-8?b?Vm90cmUg?=\r\n =?iso-8859-1?q?=E9t=E9?=", "Votre été"),
        ("Votre été".encode(), "Votre été"),
        ("Votre été".encode("latin-1"), "Votre été"),
        (b"Votre\r\n facture", "Votre facture"),
        (b"=?utf-8?q?a=0D=0ABcc:_b=40c.example?=", "a Bcc: b@c.example"),
        (b"a\x00b\x07c", "a b c"),
        ("a\u202eb\u200bc\u2028d".encode(), "abc d"),
        (b"=?utf-16-le?b?ANg=?=", "\ufffd"),
        (b"=?rot13?q?abc?= =?nope?q?=E9?=", "abcé"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
    ],
)
def test_subject(value: bytes, subject: str) -> None:
    """A subject is decoded, on one line, without what cannot be seen."""
    message = with_field(b"Subject: " + value)

    assert message.subject == subject
    assert_safe(message)


def test_doubled_fields() -> None:
    """Of doubled fields the topmost counts, and the message says so."""
    message = with_field(b"Subject: un\r\nSubject: deux\r\nDate: Mon, 2 Nov 2026 09:00:00 +0100\r\nDate: nonsense")

    assert message.subject == "un"
    assert message.date == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert set(message.defects) == {"2 subject fields", "2 date fields"}


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (b"Mon, 2 Nov 2026 09:00:00 +0100", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        (b"2 Nov 2026 09:00 GMT", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        (b"Mon, 2 Nov 2026 09:00:00 -0000", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        (b"", None),
        (b"hier", None),
        (b"Mon, 2 Nov 99999 09:00:00 +0100", None),
        (b"Mon, 1 Jan 0001 00:00:00 +1400", None),
        (b"Fri, 31 Dec 9999 23:59:59 -1200", None),
        (b"Mon, " + b"9" * 100_000 + b" Nov 2026", None),
    ],
)
def test_date(value: bytes, date: datetime | None) -> None:
    """A date has a zone and lies in years that can be reckoned with, or there is none."""
    assert with_field(b"Date: " + value).date == date


@pytest.mark.parametrize(
    ("value", "content_type"),
    [
        (b"", "text/plain"),
        (b"Text/HTML; charset=utf-8", "text/html"),
        (
            b'multipart/report; boundary="b"; Report-Type="Delivery-Status"',
            "multipart/report; report-type=delivery-status",
        ),
        (
            b"multipart/report;\r\n report-type=disposition-notification",
            "multipart/report; report-type=disposition-notification",
        ),
        (b"multipart/mixed; report-type=delivery-status", "multipart/mixed"),
        (b"nonsense", "text/plain"),
        (b"text/" + b"x" * 5000, "text/" + "x" * 100),
    ],
)
def test_content_type(value: bytes, content_type: str) -> None:
    """The type of the whole message says what kind of report it is."""
    assert with_field(b"Content-Type: " + value).content_type == content_type


def test_fields() -> None:
    """Every field stands in order, unfolded, with marks in place of control characters."""
    message = with_field(b"X-A: un\r\n\tdeux\r\nx-a:\xe9\x00\r\nsans nom\r\nX-B:  \xc3\xa9 ")

    assert message.fields[1:] == (("x-a", "un deux"), ("x-a", "é\ufffd"), ("x-b", "é"))
    assert message.all("x-a") == ("un deux", "é\ufffd")
    assert message.first("x-b") == "é"
    assert message.first("x-c") == ""
    assert message.defects == ("header line without a field name",)


SAME = HEAD + b"\r\nBonjour,\r\nAnne\r\n"


@pytest.mark.parametrize(
    ("raw", "same"),
    [
        (b"Received: from a.example\r\nDelivered-To: anne@client.example\r\n" + SAME, True),
        (SAME.replace(b"\r\n", b"\n"), True),
        (SAME + b"\r\n", True),
        (SAME.replace(b"Subject: Votre facture", b"Subject: Votre\r\n facture"), True),
        (SAME.replace(b"Bonjour", b"Bonsoir"), False),
        (SAME.replace(b"Votre facture", b"Votre contrat"), False),
        (SAME.replace(b"2 Nov", b"3 Nov"), False),
        (SAME.replace(b"<1@", b"<2@"), False),
        (SAME.replace(b"telecom.example>\r\nTo", b"evil.example>\r\nTo"), False),
        (SAME.replace(b"Subject: Votre facture\r\n", b"Subject: Votre facture\r\nSubject: x\r\n"), False),
    ],
)
def test_key(raw: bytes, same: bool) -> None:  # noqa: FBT001 - a column of the table
    """One message has one key however it came; two that share a Message-ID, or have none, have two."""
    assert (Message.from_bytes(raw).key == Message.from_bytes(SAME).key) is same


def nested(levels: int) -> bytes:
    """Give a message of multiparts within multiparts."""
    opening = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n'
    return HEAD + b"".join(opening % (n, n) for n in range(levels)) + b"Content-Type: text/plain\r\n\r\nBonjour\r\n"


def parts(part: bytes, count: int) -> bytes:
    """Give a message of *count* equal parts."""
    return (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + (b"--b\r\n" + part + b"\r\n") * count
        + b"--b--\r\n"
    )


def charset(name: str, body: bytes, encoding: str = "base64") -> bytes:
    """Give a message whose text is in the character set *name*."""
    content = base64.b64encode(body) if encoding == "base64" else body
    head = f"Content-Type: text/plain; charset={name}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return HEAD + head.encode() + content


def in_html(body: bytes) -> bytes:
    """Give a message with *body* for HTML."""
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body


def in_from(name: bytes) -> bytes:
    """Give a message with *name* before its author's address."""
    return HEAD.replace(b"Telecom <", name + b" <") + b"\r\nBonjour"


def in_subject(subject: bytes) -> bytes:
    """Give a message with *subject*."""
    return HEAD.replace(b"Votre facture", subject) + b"\r\nBonjour"


HOSTILE = {
    "500 nested parts": nested(500),
    "3000 nested parts": nested(3000),
    "nested parts over many lines": nested(400) + b"\n" * 1_000_000,
    "3000 nested messages": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"Bonjour",
    "20000 parts": parts(b"Content-Type: text/plain\r\n\r\nBonjour", 20_000),
    "parts of HTML": parts(b"Content-Type: text/html\r\n\r\n" + b"<div>" * 700, 480),
    "large parts of HTML": parts(b"Content-Type: text/html\r\n\r\n" + b"<div>" * 14_000, 25),
    "parameters of a part": parts(b"Content-Type: multipart/mixed" + b";" * 1_000_000 + b"\r\n\r\nBonjour", 1),
    "parameters of many parts": parts(b"Content-Type: text/plain" + b";a=b" * 450 + b"\r\n\r\nBonjour", 480),
    "20000 fields": b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + HEAD + b"\r\nBonjour",
    "20000 equal fields": b"X: y\r\n" * 20_000 + HEAD + b"\r\nBonjour",
    "5000 Received": b"Received: from a.example by b.example; Mon, 2 Nov 2026 09:00:00 +0100\r\n" * 5000
    + HEAD
    + b"\r\nx",
    "20000 addresses": HEAD.replace(b"anne@", b", ".join([b"a@b.example"] * 20_000) + b", anne@") + b"\r\nBonjour",
    "5000 authors": in_from(b", ".join([b"a@b.example"] * 5000) + b","),
    "5000 Reply-To": HEAD + b"Reply-To: " + b", ".join([b"a@b.example"] * 5000) + b"\r\n\r\nBonjour",
    "parentheses": in_from(b"(" * 20_000),
    "few parentheses": in_from(b"(" * 1900 + b")" * 1900),
    "angle brackets": in_from(b"<" * 20_000),
    "quotation marks": in_from(b'"' * 20_001),
    "few quotation marks": in_from(b'"' * 4000),
    "colons": in_from(b"a:" * 20_000),
    "commas": in_from(b"," * 20_000),
    "backslashes": in_from(b"\\" * 20_000),
    "encoded words in From": in_from(b" ".join([b"=?utf-8?q?=C3=A9?="] * 3000)),
    "long local part": HEAD.replace(b"ne-pas-repondre", b"a." * 50_000 + b"a") + b"\r\nBonjour",
    "encoded words": in_subject(b"\r\n ".join([b"=?utf-8?q?=C3=A9?="] * 5000)),
    "halves of encoded words": in_subject(b"=?" * 20_000),
    "openings of encoded words": in_subject(b"=?a?q?" * 20_000),
    "long subject": in_subject(b"a" * 900_000),
    "spaces in a subject": in_subject(b"a" + b" " * 900_000 + b"b"),
    "folds in a subject": in_subject(b"a" + b"\r\n b" * 20_000),
    "Message-ID of angle brackets": HEAD.replace(b"<1@", b"<" * 100_000) + b"\r\nBonjour",
    "Content-Type of semicolons": HEAD + b"Content-Type: text/plain" + b";" * 50_000 + b"\r\n\r\nBonjour",
    "Content-Type of continuations": HEAD
    + b"Content-Type: text/plain"
    + b"".join(b"; name*%d=b" % n for n in range(5000))
    + b"\r\n\r\nBonjour",
    "utf-7": charset("utf-7", b"+AGEAYQBh-" * 100_000, "8bit"),
    "idna": charset("idna", b"a" * 100_000, "8bit"),
    "punycode": charset("punycode", b"a-" + b"b9z" * 7000, "8bit"),
    "zip": charset("zip", zlib.compress(b"a" * 20_000_000)),
    "bz2": charset("bz2_codec", codecs.encode(b"a" * 1_000_000, "bz2_codec")),
    "rot13": charset("rot13", b"Bonjour"),
    "undefined": charset("undefined", b"Bonjour"),
    "unicode_escape": charset("unicode_escape", b"\\ud800"),
    "charset with a NUL": charset('"utf\x00-8"', b"Bonjour"),
    "charset of another encoding": charset("utf-8''utf-8", b"Bonjour"),
    "utf-16 of half a pair": charset("utf-16-le", b"\x00\xd8" * 1000),
    "NULs": HEAD + b"\r\n" + b"\0" * 100_000,
    "NULs in the header": b"X\0: \0\r\n" + HEAD + b"\0\r\n\r\nBonjour",
    "uuencoded": HEAD
    + b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n"
    + b"M" * 100_000
    + b"\r\nend\r\n",
    "bad base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A!" * 1_000_000,
    "quoted-printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 2_000_000,
    "one long line": HEAD + b"\r\n" + b"a" * 5_000_000,
    "many lines": HEAD + b"\r\n" + b"> a b\r\n" * 1_000_000,
    "attributions": HEAD + b"\r\n" + b"Le 1\n" * 400_000,
    "header blocks": HEAD + b"\r\n" + b"De : x\n" * 300_000,
    "flowed": HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * 300_000,
    "HTML of <": in_html(b"<" * 2_000_000),
    "HTML never closed": in_html(b"<div>" * 14_000),
    "HTML of attributes": in_html(b"<a " + b" ".join(b"x%d=1" % n for n in range(100_000)) + b">"),
    "HTML of quoted attributes": in_html(b"<a " + b"".join(b"x%d='>'" % n for n in range(80_000)) + b">"),
    "HTML of attributes behind a comment": in_html(
        b'<!-- <a y=" --><a ' + b"/".join(b"x%d" % n for n in range(100_000)) + b'">'
    ),
    "HTML of open quotes": in_html(b'<a x=" y ' * 19_000),
    "HTML of comments": in_html(b"<!--" * 200_000),
    "HTML of styles": in_html(b"".join(b"<b style='font-size:%dpx;color:#fff'>" % n for n in range(13_000))),
    "boundary missing": HEAD + b"Content-Type: multipart/mixed\r\n\r\nBonjour",
    "boundary empty": HEAD + b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\nBonjour',
    "boundary of 100 KB": HEAD
    + b"Content-Type: multipart/mixed; boundary="
    + b"b" * 100_000
    + b"\r\n\r\n--"
    + b"b" * 100_000,
    "file name outside": HEAD + b'Content-Disposition: attachment; filename="../../etc/cron.d/x"\r\n\r\nBonjour',
    "winmail.dat": HEAD + b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\neJ8+IgAAAA==",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_message(name: str) -> None:
    """What others choke on ends here within two seconds, with a message or a MessageError."""
    start = time.process_time()
    try:
        assert_safe(Message.from_bytes(HOSTILE[name]))
    except MessageError as error:
        assert str(error)  # noqa: PT017 - either ending is right

    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("name", ["20000 parts", "parameters of a part", "many lines", "nested parts over many lines"])
def test_what_was_not_read_is_told(name: str) -> None:
    """A body that was cut off before parsing says so among the defects."""
    assert any(defect.startswith("only the first") for defect in Message.from_bytes(HOSTILE[name]).defects)


def test_text_before_the_flood_is_read() -> None:
    """A bound on the parts costs what is behind it, not what is before it."""
    assert Message.from_bytes(HOSTILE["20000 parts"]).text.startswith("Bonjour")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    """Any bytes give a message or a MessageError."""
    try:
        message = Message.from_bytes(raw)
    except MessageError:
        return
    assert_safe(message)


PIECES = [
    *(b"From: ", b"Reply-To: ", b"Subject: ", b"Message-ID: ", b"Date: ", b"Content-Type: ", b"References: "),
    *(b"multipart/mixed; boundary=b", b"text/html; charset=", b"message/rfc822", b"Content-Transfer-Encoding: base64"),
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\r\n ",
        b"\t",
        b"--b",
        b"--b--",
        b"\x00",
        b"\xe9",
        b"\xed\xa0\x80",
        b"<",
        b">",
    ),
    *(b"a@b.example", b"=?utf-8?q?=0D=0A?=", b"=?utf-16?b?ANg=?=", b'"', b"(", b",", b";", b":", b"utf-16", b"zip"),
    *("\u202e".encode(), b"&#xD800;", b"&#8238;", b"<p hidden>", b"Mon, 2 Nov 2026 09:00:00 +0100", b"2KAA"),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_header_soup(pieces: list[bytes]) -> None:
    """Pieces of mail in any order give a message or a MessageError, and no surrogate leaves the room."""
    try:
        message = Message.from_bytes(b"From: a@b.example\r\n" + b"".join(pieces))
    except MessageError:
        return
    assert_safe(message)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_damage(chance: random.Random) -> None:
    """A real message with bytes changed anywhere is still a message, or a MessageError."""
    raw = bytearray(parts(b"Content-Type: text/html; charset=utf-8\r\n\r\n<p style='color:#fff'>Bonjour</p>", 2))
    for _ in range(chance.randint(1, 12)):
        raw[chance.randrange(len(raw))] = chance.choice(b'\x00\r\n \t:;<>"=?-\xe9')
    try:
        message = Message.from_bytes(bytes(raw))
    except MessageError:
        return
    assert_safe(message)


def corpora() -> Path:
    """Say where collections of real mail are looked for."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "corpora"
    return Path(os.environ.get("NOREPLY_ANALYZER_CORPORA") or beside)


@pytest.mark.corpora
def test_corpora() -> None:
    """Every message of the collections is read, or is a MessageError."""
    paths = sorted(corpora().rglob("*.eml")) if corpora().is_dir() else []
    if not paths:
        pytest.skip("no collection of real mail here; NOREPLY_ANALYZER_CORPORA names a folder of .eml files")
    for path in paths:
        try:
            message = Message.from_bytes(path.read_bytes())
        except MessageError:
            continue
        assert_safe(message)
