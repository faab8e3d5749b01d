"""Who the From and Reply-To fields name: one reading, or none."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.message import Message

TRICKS = sorted((Path(__file__).parent / "spoof" / "authors").glob("*.eml"))
HONEST = {
    "brand-as-quoted-name",
    "brand-as-subdomain",
    "brand-in-comment",
    "brand-in-quoted-name-with-brackets",
    "brand-in-resent-from",
    "brand-in-sender",
    "encoded-brand-as-name",
    "line-break-in-encoded-name",
    "percent-route",
    "quoted-local-part",
    "raw-latin-1-name",
}


def read(head: bytes) -> Message:
    """Read a message with *head* for a header."""
    return Message.from_bytes(head + b"\r\nSubject: Bonjour\r\n\r\nBonjour.\r\n")


def from_field(value: bytes) -> Message:
    """Read a message with one From field."""
    return read(b"From: " + value)


@pytest.mark.parametrize("path", TRICKS, ids=lambda path: path.stem)
def test_author_trick(path: Path) -> None:
    """No trick shows an author that a strict reader would not see, and each refusal has its reason."""
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))

    message = Message.from_bytes(path.read_bytes())

    assert (str(message.author.address) if message.author else "") == expected["author"]
    assert (expected["problem"] in message.author_problem) if expected["problem"] else not message.author_problem
    assert (message.author is None) == bool(message.author_problem)


def test_tricks_are_complete() -> None:
    """There are 46 tricks, of which eleven are honest: one author, at the attacker's own domain."""
    expected = {path.stem: tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8")) for path in TRICKS}

    assert len(expected) == 46
    assert {name for name, each in expected.items() if each["honest"]} == HONEST
    for each in expected.values():
        assert each["what"].endswith(".")
        assert not each["honest"] or each["author"].endswith(("@evil.example", ".evil.example"))


def test_tricks_keep_their_line_ends() -> None:
    """The trick files are stored byte for byte, with CR LF."""
    assert all(b"\r\n\r\n" in path.read_bytes() for path in TRICKS)


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        (b"noreply@telecom.example", "noreply@telecom.example", ""),
        (b"<noreply@telecom.example>", "noreply@telecom.example", ""),
        (b"Telecom Exemple <noreply@telecom.example>", "noreply@telecom.example", "Telecom Exemple"),
        (b'"Exemple, Telecom" <noreply@telecom.example>', "noreply@telecom.example", "Exemple, Telecom"),
        (b'"Le \\"Club\\"" <noreply@telecom.example>', "noreply@telecom.example", 'Le "Club"'),
        (b"Telecom (facturation) <noreply@telecom.example>", "noreply@telecom.example", "Telecom (facturation)"),
        (b"noreply@telecom.example (Telecom)", "noreply@telecom.example", "Telecom"),
        (b"(a (nested) comment) noreply@telecom.example", "noreply@telecom.example", "a (nested) comment"),
        (b"[Telecom] Service <noreply@telecom.example>", "noreply@telecom.example", "[Telecom] Service"),
        (b"noreply@telecom.example <noreply@telecom.example>", "noreply@telecom.example", "noreply@telecom.example"),
        (b"=?utf-8?q?T=C3=A9l=C3=A9com?= <noreply@telecom.example>", "noreply@telecom.example", "Télécom"),
        (b'"=?utf-8?q?T=C3=A9l=C3=A9com?=" <noreply@telecom.example>', "noreply@telecom.example", "Télécom"),
        (b"=?utf-8?b?VMOp?= =?utf-8?b?bMOp?=com <n@telecom.example>", "n@telecom.example", "Télécom"),
        ("Télécom <noreply@telecom.example>".encode(), "noreply@telecom.example", "Télécom"),
        ("Télécom <noreply@telecom.example>".encode("latin-1"), "noreply@telecom.example", "Télécom"),
        (b"\r\n Telecom\r\n\t<noreply@telecom.example>", "noreply@telecom.example", "Telecom"),
        (b"Telecom <NoReply@TELECOM.Example>", "NoReply@telecom.example", "Telecom"),
        ("n@télécom.example".encode(), "n@xn--tlcom-bsab.example", ""),
        ("Tele\u202ecom\u200b <n@telecom.example>".encode(), "n@telecom.example", "Telecom"),
        (b"=?utf-8?q?a=0D=0ABcc:_b?= <n@telecom.example>", "n@telecom.example", "a Bcc: b"),
        (b"=?utf-7?q?+2AA-?= <n@telecom.example>", "n@telecom.example", "+2AA-"),
        (b"=?x-none?q?caf=E9?= <n@telecom.example>", "n@telecom.example", "café"),
        (b"=?utf-8?b?!?= <n@telecom.example>", "n@telecom.example", ""),
    ],
)
def test_author_is_read(value: bytes, address: str, name: str) -> None:
    """A well-formed From field gives its address, and its name on one line without what cannot be seen."""
    author = from_field(value).author

    assert author is not None
    assert (str(author.address), author.name) == (address, name)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (b"", "no address"),
        (b"Telecom Exemple", "no address"),
        (b"Telecom noreply@telecom.example", "white space inside the address"),
        (b"<noreply@telecom.example", "angle brackets"),
        (b"noreply@telecom.example>", "angle brackets"),
        (b"<noreply@telecom.example> Telecom", "text after the address"),
        (b"<noreply@telecom.example> <a@evil.example>", "more than one address"),
        (b"noreply@telecom.example,", "more than one address"),
        (b"Telecom: service <noreply@telecom.example>", "group syntax"),
        (b"undisclosed-recipients:;", "group syntax"),
        (b"a@evil.example <noreply@telecom.example>", "second @"),
        (b'"Telecom <noreply@telecom.example>', "quotation marks"),
        (b"Telecom (a <noreply@telecom.example>", "parentheses"),
        (b"Telecom) <noreply@telecom.example>", "parentheses"),
        (b"Tele\\com <noreply@telecom.example>", "backslash"),
        (b"Tele\x00com <noreply@telecom.example>", "control character"),
        (b"<noreply@telecom.example\x00>", "control character"),
        (b"<noreply@\r\n telecom.example>", "white space"),
        (b"<@telecom.example>", "route address"),
        (b"<noreply@>", "not an address"),
        (b"<noreply>", "no @"),
        (b"<noreply@telecom..example>", "not an address"),
        (b"<noreply@192.0.2.1>", "not an address"),
        (b"<noreply@[IPv6:2001:db8::1]>", "domain literal"),
        (b"<noreply@t\xe9l\xe9com.example>", "8-bit"),
        ("<noreply@\u2028telecom.example>".encode(), "control character"),
        (b"<=?utf-8?q?noreply?=@telecom.example>", "encoded word"),
        (b"=?utf-8?q?=3Cnoreply=40telecom=2Eexample=3E?=", "no address"),
        (b"<" + b"a" * 65 + b"@telecom.example>", "not an address"),
        (b"a" * 5000 + b" <noreply@telecom.example>", "over 4096 bytes"),
    ],
)
def test_author_is_refused(value: bytes, problem: str) -> None:
    """A From field that is broken or can be read in two ways gives no author, and says why."""
    message = from_field(value)

    assert message.author is None
    assert problem in message.author_problem


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (b"Sender: noreply@telecom.example", "no From field"),
        (b"From: a@telecom.example\nFROM\t: b@telecom.example", "two From fields"),
        (b"From: a@telecom.example\r\nFrom: b@telecom.example\r\nfrom: c@telecom.example", "3 From fields"),
        (b"From: a@telecom.example\rFrom: b@telecom.example", "two From fields"),
        (b"From: a@telecom.example\r\nX: y\r\r\nFrom: b@telecom.example", "two From fields"),
        (b"From: a@telecom.example\r\n\x00From: b@telecom.example", "two From fields"),
        (b"From: a@telecom.example\r\n\xef\xbb\xbfFrom: b@telecom.example", "two From fields"),
        (b"From : a@telecom.example", "not written as From"),
        (b"\xef\xbb\xbfFrom: a@telecom.example", "not written as From"),
        (b" folded\r\nFrom: a@telecom.example", "folded line"),
        (b"From: a@telecom.example\r\n" + b"X: y\r\n" * 2000, "over 2000 fields"),
        (b"From: a@telecom.example\r\nX: " + b"y" * 1_100_000, "over 1 MB"),
    ],
)
def test_from_is_counted_on_the_raw_header(head: bytes, problem: str) -> None:
    """Whatever some reader may take for a From field is counted as one."""
    message = read(head)

    assert message.author is None
    assert problem in message.author_problem


@pytest.mark.parametrize("line", [b"From a@b.example Mon Nov 23 09:00:00 2026", b">From a@b.example Mon Nov 23 2026"])
def test_mbox_line_is_no_from_field(line: bytes) -> None:
    """The line that an mbox puts above a message is neither a field nor in its way."""
    author = read(line + b"\r\nFrom: a@telecom.example").author

    assert author is not None
    assert str(author.address) == "a@telecom.example"


@pytest.mark.parametrize(
    ("head", "addresses", "problem"),
    [
        (b"", [], ""),
        (b"Reply-To: a@telecom.example", ["a@telecom.example"], ""),
        (b"Reply-To: A <a@telecom.example>,\r\n b@telecom.example", ["a@telecom.example", "b@telecom.example"], ""),
        (b"Reply-To: a@telecom.example\r\nReply-To: b@telecom.example", [], "two Reply-To fields"),
        (b"Reply-To : a@telecom.example", [], "not written as Reply-To"),
        (b"Reply-To:", [], "no address"),
        (b"Reply-To: a@telecom.example, <b@c@d.example>", [], "second @"),
        (b"Reply-To: " + b", ".join([b"a@telecom.example"] * 20), ["a@telecom.example"] * 20, ""),
        (b"Reply-To: " + b", ".join([b"a@telecom.example"] * 21), [], "more than 20 addresses"),
    ],
)
def test_reply_to(head: bytes, addresses: list[str], problem: str) -> None:
    """Reply-To may name several addresses, each as strictly read as an author; one bad one spoils them all."""
    message = read(b"From: a@telecom.example" + (b"\r\n" + head if head else b""))

    assert [str(mailbox.address) for mailbox in message.reply_to] == addresses
    assert (problem in message.reply_to_problem) if problem else not message.reply_to_problem


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*'ab@<>(),;:\\" \t[].\x00é=?', "a@b.example", "=?utf-8?q?=0A?="]), max_size=14))
def test_any_from_field(pieces: list[str]) -> None:
    """Any soup of specials gives an author or a reason, never both, never an exception."""
    message = from_field("".join(pieces).encode())

    assert (message.author is None) == bool(message.author_problem)
    if message.author:
        assert "\n" not in message.author.name
        assert str(message.author.address).count("@") - message.author.address.local_part.count("@") == 1
