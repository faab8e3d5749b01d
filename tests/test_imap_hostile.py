"""Servers and messages that mean harm, or are merely broken: each costs a named error, soon, and nothing else."""

import base64
import contextlib
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.authority import Authority, Pair
from servers.scripted import Answer, ScriptedServer, Talk, swallow
from servers.stores import Store

from noreply_analyzer import mailboxes
from noreply_analyzer.answers import aware, flag_names, groups, sequence_set, trace
from noreply_analyzer.errors import (
    ConfigError,
    LoginRefusedError,
    MessageError,
    NoreplyAnalyzerError,
    ServerRefusedError,
    TryLaterError,
    UnreachableError,
)
from noreply_analyzer.imap import Server, Session
from noreply_analyzer.mailboxes import Listed, Role
from noreply_analyzer.message import Message
from noreply_analyzer.server import meaning
from noreply_analyzer.source import MessageRef, Position, Trace
from noreply_analyzer.wire import Gate

LONG_AGO = date(2000, 1, 1)
NOON = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
FIRST = MessageRef(mailbox="INBOX", uid_validity=7, uid=1)
SOON = 5.0
"""Seconds within which everything here must be over; the deadlines below are far shorter."""


@contextlib.contextmanager
def session_with(script: dict[str, Answer] | None = None, *, seconds: float = 0.5) -> Iterator[Session]:
    """Log in to a server that follows *script*; everything must be over soon."""
    began = time.monotonic()
    with ScriptedServer(script) as server, open_on(server, seconds=seconds) as session:
        yield session
    assert time.monotonic() - began < SOON


SECRET = "secret"


def open_on(server: ScriptedServer, *, password: str = SECRET, seconds: float = 0.5, **options: object) -> Session:
    """Log in to *server*."""
    place = Server(host=server.host, port=server.port, user="anne", security="none")
    return Session.open(place, password, seconds=seconds, **options)  # type: ignore[arg-type]


def read_everything(session: Session) -> list[bytes | None]:
    """Do what a run does with a source."""
    found = list(session.messages("INBOX", after=None, since=LONG_AGO))
    return [session.fetch(one.ref) for one in found]


def endless(talk: Talk, _tag: bytes, _line: bytes) -> None:
    """Send untagged lines, until the test ends."""
    while not talk.server.ended.wait(0.05):
        talk.send(b"* OK still here\r\n")


def flood(talk: Talk, _tag: bytes, _line: bytes) -> None:
    """Send untagged lines as fast as they are taken."""
    while not talk.server.ended.is_set():
        talk.send(b"* OK " + b"x" * 60_000 + b"\r\n")


def then_hang_up(words: bytes) -> Answer:
    """Say *words*, and vanish."""

    def answer(talk: Talk, _tag: bytes, _line: bytes) -> None:
        talk.send(words)
        talk.hang_up()

    return answer


FACTS = b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 40)\r\n"


# Each: what the server does with UID FETCH, and what it comes to.
BAD_FETCHES: dict[str, tuple[Answer, type[NoreplyAnalyzerError]]] = {
    "silence": (lambda talk, _tag, _line: talk.wait(), UnreachableError),
    "dripping": (lambda talk, _tag, _line: talk.drip(b"* OK " + b"x" * 500 + b"\r\n", 0.05), UnreachableError),
    "endless lines": (endless, UnreachableError),
    "literal of 9 TB": (b"* 1 FETCH (UID 1 BODY[] {9999999999999}\r\nabc", ServerRefusedError),
    "literal of 3 GB": (b"* 1 FETCH (UID 1 BODY[] {3000000000}\r\nabc", ServerRefusedError),
    "literal of many digits": (b"* 1 FETCH (UID 1 BODY[] {" + b"9" * 5000 + b"}\r\nabc", ServerRefusedError),
    "literal cut short": (
        then_hang_up(b"* 1 FETCH (UID 1 BODY[] {500}\r\nabc"),
        UnreachableError,
    ),
    "line of 2 MB": (b"* OK " + b"x" * 2_000_000 + b"\r\nTAG OK .\r\n", ServerRefusedError),
    "20k parentheses": (
        b"* 1 FETCH (UID 1 X " + b"(" * 20000 + b")" * 20000 + b")\r\nTAG OK .\r\n",
        ServerRefusedError,
    ),
    "open parenthesis": (b"* 1 FETCH (UID 1 FLAGS (\\Seen\r\nTAG OK .\r\n", ServerRefusedError),
    "no pairs": (b"* 1 FETCH (UID 1 FLAGS)\r\nTAG OK .\r\n", ServerRefusedError),
    "UID of words": (b"* 1 FETCH (UID one RFC822.SIZE 4)\r\nTAG OK .\r\n", ServerRefusedError),
    "BYE": (then_hang_up(b"* BYE idle too long\r\n"), UnreachableError),
    "hang up": (lambda talk, _tag, _line: talk.hang_up(), UnreachableError),
    "NO": (b"TAG NO [SERVERBUG] oops\r\n", ServerRefusedError),
    "BAD": (b"TAG BAD what\r\n", ServerRefusedError),
    "another tag": (b"XX1 OK done\r\n", UnreachableError),
    "not IMAP": (b"HTTP/1.1 400 Bad Request\r\n\r\n", UnreachableError),
    "no line end": (then_hang_up(b"* 1 FETCH"), UnreachableError),
    "8-bit rubbish": (b"* \xff\xfe\x00 FETCH \x80\r\nTAG OK .\r\n", UnreachableError),
}


@pytest.mark.parametrize(("answer", "error"), BAD_FETCHES.values(), ids=BAD_FETCHES)
def test_bad_fetches(answer: Answer, error: type[NoreplyAnalyzerError]) -> None:
    """Whatever FETCH is answered with: a named error with a sentence, soon, and so at the next try."""
    with session_with({"UID FETCH": answer}) as session:
        with pytest.raises(error) as caught:
            read_everything(session)
        with pytest.raises((UnreachableError, ServerRefusedError)):
            session.fetch(FIRST)

    assert "127.0.0.1" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (RFC822.SIZE 40 BODY[] {3}\r\nabc)\r\nTAG OK .\r\n",
        b"* 9 FETCH (UID 9 RFC822.SIZE 40 BODY[] {3}\r\nabc)\r\nTAG OK .\r\n",
        b"TAG OK .\r\n",
        b"TAG NO [EXPUNGEISSUED] some are gone\r\n",
    ],
    ids=["no UID", "other UID", "nothing", "expunged"],
)
def test_message_not_given(answer: bytes) -> None:
    """A message that the server does not speak of is gone, and never taken for another one."""
    with session_with({"UID FETCH": answer}) as session:
        assert session.fetch(FIRST) is None


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 RFC822.SIZE 40 BODY[] NIL)\r\nTAG OK .\r\n",
        b"* 1 FETCH (UID 1 RFC822.SIZE 40)\r\nTAG OK .\r\n",
        b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nTAG OK .\r\n",
        b"* 1 FETCH (UID 1 RFC822.SIZE NIL BODY[] {3}\r\nabc)\r\nTAG OK .\r\n",
    ],
    ids=["NIL body", "no body", "no size", "NIL size"],
)
def test_message_that_is_not_given(answer: bytes) -> None:
    """A message that the server speaks of and does not give is not gone: whoever wants it is told."""
    with session_with({"UID FETCH": answer}) as session:
        with pytest.raises(ServerRefusedError, match="does not give this message"):
            session.fetch(FIRST)
        assert session.position("INBOX").uid_next == 4


@pytest.mark.parametrize(
    "answer",
    [
        FACTS + b'* 1 FETCH (UID 1 BODY[HEADER.FIELDS ("FROM")] {9}\r\nFrom: x\r\n BODY[] {3}\r\nabc)\r\nTAG OK .\r\n',
        FACTS
        + b"* 1 FETCH (BODY[HEADER.FIELDS (FROM)]<0> {9}\r\nFrom: x\r\n UID 1 BODY[]<0> {3}\r\nabc)\r\nTAG OK .\r\n",
        FACTS + b'* 1 FETCH (UID 1 body[header.fields (from)] "From: x" body[] "abc")\r\nTAG OK .\r\n',
        b"* 2 FETCH (FLAGS (\\Seen))\r\n"
        + FACTS
        + b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (FROM)] {9}\r\nFrom: x\r\n)\r\n"
        + b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nTAG OK .\r\n",
    ],
    ids=["quoted names", "offsets, UID last", "small letters, no literal", "unasked and in parts"],
)
def test_odd_but_honest_answers(answer: bytes) -> None:
    """Servers quote, complete, reorder and split what was asked for."""
    with session_with({"UID FETCH": answer}) as session:
        (found,) = session.messages("INBOX", after=None, since=LONG_AGO)

        assert found.header.startswith(b"From: x")
        assert found.flags == frozenset()
        assert session.fetch(found.ref) == b"abc"


def test_size_that_was_a_lie() -> None:
    """A server that announces forty bytes may not send a megabyte."""
    body = b"* 1 FETCH (UID 1 BODY[] {1000000}\r\n" + b"x" * 1_000_000 + b")\r\nTAG OK .\r\n"
    script: dict[str, Answer] = {
        "UID FETCH": lambda talk, tag, line: talk.send(
            (body if b"PEEK" in line else FACTS + b"TAG OK .\r\n").replace(b"TAG", tag)
        )
    }
    with session_with(script, seconds=3) as session, pytest.raises(ServerRefusedError, match="too large"):
        session.fetch(FIRST)


def test_flood() -> None:
    """Lines that come as fast as they are taken end at the limit of bytes, before the limit of time."""
    with session_with({"UID FETCH": flood}, seconds=SOON) as session:
        session.position("INBOX")
        with pytest.raises(ServerRefusedError, match="too large"):
            session.dialogue.fetch([1], "UID FLAGS", answer_bytes=1_000_000)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"TAG OK .\r\n", []),
        (b"* SEARCH\r\nTAG OK .\r\n", []),
        (b"* SEARCH 1 2\r\n* SEARCH 3\r\nTAG OK .\r\n", [1, 2, 3]),
        (b"* SEARCH 3 1 3 0 2 99999999999\r\nTAG OK .\r\n", [1, 2, 3]),
        (b"* SEARCH one two\r\nTAG OK .\r\n", []),
    ],
    ids=["nothing", "none", "two lines", "unsorted, doubled, out of range", "words"],
)
def test_search_answers(answer: bytes, expected: Sequence[int]) -> None:
    """SEARCH is read for the UIDs that can be UIDs."""
    with session_with({"UID SEARCH": answer}) as session:
        assert session.dialogue.uids_since(session.dialogue.examine("INBOX"), LONG_AGO) == expected


def test_nothing_after_the_position() -> None:
    """``n:*`` gives the last message even below n; it is not taken for a new one."""
    script: dict[str, Answer] = {
        "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 10] .\r\nTAG OK .\r\n",
        "UID SEARCH": b"* SEARCH 3\r\nTAG OK .\r\n",
    }
    with session_with(script) as session:
        opened = session.dialogue.examine("INBOX")

        assert session.dialogue.uids_from(opened, 3) == [3]
        assert session.dialogue.uids_from(opened, 5) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"* 3 EXISTS\r\n* OK [UIDNEXT 4] .\r\nTAG OK [READ-ONLY] .\r\n", Position(uid_validity=0, uid_next=4)),
        (b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\nTAG OK .\r\n", Position(uid_validity=7, uid_next=1)),
        (b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\nTAG OK .\r\n", Position(uid_validity=7, uid_next=13)),
        (b"* 3 EXISTS\r\n* OK [UIDVALIDITY 99999999999] .\r\nTAG OK .\r\n", ServerRefusedError),
        (b"* OK [UIDVALIDITY x] .\r\nTAG OK .\r\n", ServerRefusedError),
        (b"TAG NO [NONEXISTENT] no such mailbox\r\n", ServerRefusedError),
    ],
    ids=["no UIDVALIDITY", "empty, no UIDNEXT", "no UIDNEXT", "too large", "words", "no mailbox"],
)
def test_examine_answers(answer: bytes, expected: Position | type[Exception]) -> None:
    """UIDVALIDITY and UIDNEXT may be missing, not absurd."""
    last = b"* 3 FETCH (UID 12)\r\nTAG OK .\r\n"
    with session_with({"EXAMINE": answer, "UID FETCH": last}) as session:
        if isinstance(expected, Position):
            assert session.position("INBOX") == expected
            return
        with pytest.raises(expected):
            session.position("INBOX")


GOOD_LIST = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST () "/" "Gr&APw-n"\r\n'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'* LIST () "/" "&!!!-"\r\n', {"INBOX", "Grün"}),
        (b'* LIST () "/" "&AOk"\r\n', {"INBOX", "Grün"}),
        ('* LIST () "/" "Éléments"\r\n'.encode(), {"INBOX", "Grün"}),
        (b'* LIST () "/" "&AAoADQ-"\r\n', {"INBOX", "Grün"}),
        (b'* LIST () "/" "&IC4-gpj.exe"\r\n', {"INBOX", "Grün"}),
        (b'* LIST () "/" 2026\r\n', {"INBOX", "Grün", "2026"}),
        (b"* LIST () NIL Sans\r\n", {"INBOX", "Grün", "Sans"}),
        (b'* LIST () "/" {4}\r\nFish\r\n', {"INBOX", "Grün", "Fish"}),
        (b'* LIST () "/" NIL\r\n', {"INBOX", "Grün"}),
        (b'* LIST () "/" "' + b"a/" * 100_000 + b'b"\r\n', {"INBOX", "Grün"}),
        (b'* LIST ("/" X\r\n', None),
        (b"* LIST\r\n* LIST 1\r\n", None),
        (b"* LIST " + b"(" * 20000 + b"\r\n", None),
    ],
    ids=[
        *("bad base64", "not ended", "raw UTF-8", "line end in the name", "turned round"),
        *(
            "digits",
            "no delimiter",
            "literal",
            "NIL",
            "100k levels",
            "open parenthesis",
            "too short",
            "20k parentheses",
        ),
    ],
)
def test_list_answers(answer: bytes, expected: set[str] | None) -> None:
    """A name that cannot be read costs that mailbox; a list that cannot be read is an error."""
    with session_with({"LIST": GOOD_LIST + answer + b"TAG OK .\r\n"}) as session:
        if expected is None:
            with pytest.raises(ServerRefusedError, match="cannot be read"):
                session.listed()
            return
        assert {box.name for box in session.listed()} == expected


@pytest.mark.parametrize("mark", [b"", b"\\Trash"])
def test_a_server_with_more_mailboxes_than_anybody_has(mark: bytes) -> None:
    """The time is in proportion to their number, whatever they are for and whatever they lie in."""
    many = b"".join(b'* LIST (%s) "/" "box/%d"\r\n' % (mark, number) for number in range(10_000))
    with session_with({"LIST": GOOD_LIST + many + b"TAG OK .\r\n"}, seconds=4) as session:
        session.patterns = "all"

        assert len(session.mailboxes()) == (2 if mark else 10_002)


@pytest.mark.parametrize("mark", [b"\\Drafts", b"\\drafts", b"\\DRAFTS", b"\\HasNoChildren \\dRaFtS"])
def test_marks_whatever_their_case(mark: bytes) -> None:
    """Cyrus answers in small letters what it was configured with in small letters."""
    answer = GOOD_LIST + b"* LIST (" + mark + b') "/" Kladde\r\n* LIST () "/" Drafts\r\nTAG OK .\r\n'
    with session_with({"LIST": answer}) as session:
        assert session.drafts().name == "Kladde"


def test_special_use_only_if_asked() -> None:
    """A server may show its marks only to who asks for them (RFC 6154 section 5.1)."""

    def answer(talk: Talk, tag: bytes, line: bytes) -> None:
        mark = b"\\Drafts" if b"RETURN (SPECIAL-USE)" in line else b""
        talk.send(b"* LIST (" + mark + b') "/" Kladde\r\n' + tag + b" OK .\r\n")

    capabilities = b"IMAP4rev1 LIST-EXTENDED SPECIAL-USE"
    with ScriptedServer({"LIST": answer}, capabilities=capabilities) as server, open_on(server) as session:
        assert session.drafts().name == "Kladde"


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (lambda talk: talk.wait(), UnreachableError),
        (lambda talk: talk.drip(b"* OK " + b"x" * 500, 0.05), UnreachableError),
        (lambda talk: talk.hang_up(), UnreachableError),
        (b"* BYE too many connections\r\n", UnreachableError),
        (b"220 mail.example ESMTP\r\n", UnreachableError),
        (b"* PREAUTH welcome back\r\n", ServerRefusedError),
        (b"\x16\x03\x01\x02\x00", UnreachableError),
    ],
    ids=["silence", "dripping", "hang up", "BYE", "not IMAP", "PREAUTH", "TLS on a plain port"],
)
def test_bad_greetings(greeting: bytes | Callable[[Talk], None], error: type[Exception]) -> None:
    """A connection that never comes to a login is over soon, and no password was sent."""
    began = time.monotonic()
    with ScriptedServer(greeting=greeting) as server, pytest.raises(error):
        open_on(server)

    assert time.monotonic() - began < SOON
    assert "LOGIN" not in server.commands


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] nope\r\n", LoginRefusedError, 77),
        (b"TAG NO [ALERT] Application-specific password required\r\n", LoginRefusedError, 77),
        (b"TAG BAD go away\r\n", LoginRefusedError, 77),
        (b"TAG NO [UNAVAILABLE] Temporary authentication failure.\r\n", TryLaterError, 75),
        (b"TAG NO [LIMIT] LOGIN Rate limit hit.\r\n", TryLaterError, 75),
        (b"TAG NO [ALERT] Too many simultaneous connections. (Failure)\r\n", TryLaterError, 75),
        (lambda talk, _tag, _line: talk.hang_up(), UnreachableError, 75),
        (b"* BYE shutting down\r\n", UnreachableError, 75),
        (lambda talk, _tag, _line: talk.wait(), UnreachableError, 75),
        (b"TAG NO \x1b]0;owned\x07 [X] \xe2\x80\xae\r\n", LoginRefusedError, 77),
    ],
)
def test_login_answers(answer: Answer, error: type[NoreplyAnalyzerError], status: int) -> None:
    """A refused login is 77; a server that cannot tell at the moment, or is gone, is 75."""
    with ScriptedServer({"LOGIN": answer}) as server, pytest.raises(error) as caught:
        open_on(server)

    assert caught.value.exit_status == status
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("password", ["s3cret", 'a"b\\c', "s3cret'\"", "sésame", "x" * 150])
@pytest.mark.parametrize("before", [b"", b"a" * 190])
def test_a_server_that_repeats_the_password(password: str, before: bytes) -> None:
    """No error holds it, nor what it came from, nor half of it."""
    server_said = b"TAG NO " + before + b" LOGIN " + password.encode() + b" is wrong\r\n"
    script: dict[str, Answer] = {"LOGIN": server_said, "AUTHENTICATE": server_said}
    with ScriptedServer(script) as server, pytest.raises(LoginRefusedError) as caught:
        open_on(server, password=password)

    each: BaseException | None = caught.value
    while each:
        assert password[:5] not in f"{each} {each!r}"
        each = each.__context__


@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        ("OAUTHBEARER", b"n,a=anne,\x01auth=Bearer t0ken\x01\x01"),
        ("XOAUTH2", b"user=anne\x01auth=Bearer t0ken\x01\x01"),
    ],
)
@pytest.mark.parametrize("fine", [True, False])
def test_token(mechanism: str, said: bytes, fine: bool) -> None:  # noqa: FBT001
    """A token goes by OAUTHBEARER where that is offered, else by XOAUTH2; a refused one is status 77."""
    heard: list[bytes] = []

    def answer(talk: Talk, tag: bytes, line: bytes) -> None:
        assert mechanism.encode() in line
        talk.send(b"+ \r\n")
        heard.append(base64.b64decode(talk.line()))
        talk.send(tag + (b" OK .\r\n" if fine else b" NO [AUTHENTICATIONFAILED] no\r\n"))

    capabilities = b"IMAP4rev1 AUTH=" + mechanism.encode()
    with ScriptedServer({"AUTHENTICATE": answer}, capabilities=capabilities) as server:
        place = Server(host=server.host, port=server.port, user="anne", security="none")
        with contextlib.nullcontext() if fine else pytest.raises(LoginRefusedError):
            Session.open(place, "t0ken", token=True).close()

    assert heard == [said]


@pytest.mark.parametrize(
    ("capabilities", "starttls"),
    [
        (b"IMAP4rev1", b"* OK done\r\n"),
        (b"IMAP4rev1 STARTTLS", b"TAG NO not today\r\n"),
        (b"IMAP4rev1 STARTTLS", b"TAG BAD what\r\n"),
    ],
    ids=["not offered", "refused", "not understood"],
)
def test_starttls_is_never_optional(capabilities: bytes, starttls: bytes) -> None:
    """Where STARTTLS does not happen nothing else does: no login, no password."""
    with ScriptedServer({"STARTTLS": starttls}, capabilities=capabilities) as server:
        place = Server(host=server.host, port=server.port, user="anne", security="starttls")
        with pytest.raises(ServerRefusedError):
            Session.open(place, "secret", seconds=1)

    assert set(server.commands) <= {"CAPABILITY", "STARTTLS"}
    assert b"secret" not in b"".join(server.lines)


def test_words_before_the_handshake(authority: Authority, good_pair: Pair) -> None:
    """What a stranger adds to the answer to STARTTLS is not believed after it (CVE-2011-0411)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good_pair.certificate, good_pair.key)
    injected: Answer = b"TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=INJECTED\r\n"
    with ScriptedServer({"STARTTLS": injected}, tls=context, starttls=True) as server:
        place = Server(host=server.host, port=server.port, user="anne", security="starttls", tls_ca=authority.root)
        with pytest.raises(ServerRefusedError, match="plain text"):
            Session.open(place, "secret", seconds=1)

    assert "LOGIN" not in server.commands


def test_tls_against_a_plain_port() -> None:
    """TLS on a port that does not speak it says so."""
    with ScriptedServer() as server, pytest.raises(ServerRefusedError, match='try security = "starttls"') as caught:
        Session.open(Server(host=server.host, port=server.port, user="anne"), "secret", seconds=1)

    assert "SSL" not in str(caught.value)


def test_starttls_against_a_tls_port(authority: Authority, good_pair: Pair) -> None:
    """There both wait for the other to begin; what to look at is said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good_pair.certificate, good_pair.key)
    with ScriptedServer(tls=context) as server:
        place = Server(host=server.host, port=server.port, user="anne", security="starttls", tls_ca=authority.root)
        with pytest.raises(UnreachableError, match="does not answer; check `port` and `security`"):
            Session.open(place, "secret", seconds=0.3)


def test_a_silence_later_is_no_matter_of_ports() -> None:
    """Whoever has spoken listens on the right port."""
    with session_with({"EXAMINE": lambda talk, _tag, _line: talk.wait()}) as session:
        with pytest.raises(UnreachableError) as caught:
            session.position("INBOX")
        assert "`port`" not in str(caught.value)


def test_handshake_without_end() -> None:
    """A handshake that nobody answers ends with the deadline."""
    began = time.monotonic()
    with ScriptedServer(greeting=lambda talk: talk.wait()) as server, pytest.raises(UnreachableError):
        Session.open(Server(host=server.host, port=server.port, user="anne"), "secret", seconds=0.3)

    assert time.monotonic() - began < SOON


def test_time_for_everything() -> None:
    """When the time of the run is used up no further command is begun."""
    left = [5.0]
    with ScriptedServer() as server, open_on(server, remaining=lambda: left[0]) as session:
        assert session.position("INBOX").uid_next == 4
        left[0] = 0.0
        with pytest.raises(TryLaterError, match="used up"):
            session.position("INBOX")
    with ScriptedServer() as server, pytest.raises(TryLaterError, match="used up"):
        open_on(server, remaining=0.0)


# Drafts.


def lost_after_the_literal(talk: Talk, _tag: bytes, line: bytes) -> None:
    """Take the draft, and vanish."""
    swallow(talk, line)
    talk.hang_up()


def never_saved(talk: Talk, _tag: bytes, line: bytes) -> None:
    """Take the draft, and say nothing."""
    swallow(talk, line)
    talk.wait()


def full(talk: Talk, tag: bytes, line: bytes) -> None:
    """Take the draft, and refuse it."""
    swallow(talk, line)
    talk.send(tag + b" NO [OVERQUOTA] full\x1b[31m " + b"x" * 500 + b"\r\n")


def saved(words: bytes) -> Answer:
    """Take the draft, and say *words*."""

    def answer(talk: Talk, tag: bytes, line: bytes) -> None:
        swallow(talk, line)
        talk.send(tag + b" OK " + words + b"\r\n")

    return answer


def saved_and_then(words: bytes) -> Answer:
    """Take the draft, and say *words* and no more."""

    def answer(talk: Talk, _tag: bytes, line: bytes) -> None:
        swallow(talk, line)
        talk.send(words)
        talk.hang_up()

    return answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lost_after_the_literal, UnreachableError),
        (lambda talk, _tag, _line: talk.hang_up(), UnreachableError),
        (never_saved, UnreachableError),
        (saved_and_then(b"* OK " + b"x" * 2_000_000), UnreachableError),
        (saved_and_then(b"* 1 FETCH (BODY[] {9999999999999}\r\nabc"), UnreachableError),
        (saved_and_then(b"* 1 FETCH (BODY[] {" + b"9" * 5000 + b"}\r\nabc"), UnreachableError),
        (saved_and_then(b"nonsense\r\n"), UnreachableError),
        (full, ServerRefusedError),
        (b"TAG NO [TRYCREATE] no such mailbox\r\n", ServerRefusedError),
        (b"TAG BAD what\r\n", ServerRefusedError),
    ],
    ids=[
        "lost after the literal",
        "lost before",
        "no answer",
        "answer of 2 MB",
        "literal of 9 TB",
        "literal of many digits",
        "no answer at all",
        "full",
        "no mailbox",
        "bad",
    ],
)
def test_append_fails(answer: Answer, error: type[NoreplyAnalyzerError]) -> None:
    """A lost answer and a refusal are different things; an answer that cannot be read is as good as a lost one."""
    with session_with({"APPEND": answer}) as session, pytest.raises(error) as caught:
        session.drafts().append(b"Subject: x\r\n\r\n", when=NOON)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_tls_that_breaks_after_append_says_nothing_about_the_draft(authority: Authority, good_pair: Pair) -> None:
    """What is no TLS comes in place of the answer: the connection is lost, and nobody is said not to speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good_pair.certificate, good_pair.key)

    def garbage(talk: Talk, _tag: bytes, line: bytes) -> None:
        swallow(talk, line)
        socket.socket.send(talk.sock, b"\x17\x03\x03\x00\x40" + bytes(64))
        talk.wait()

    with ScriptedServer({"APPEND": garbage}, tls=context) as server:
        place = Server(host=server.host, port=server.port, user="anne", tls_ca=authority.root)
        with Session.open(place, "secret", seconds=2) as session:
            drafts = session.drafts()
            with pytest.raises(UnreachableError, match=r"the connection to 127\.0\.0\.1 was lost"):
                drafts.append(b"Subject: x\r\n\r\n", when=NOON)
            with pytest.raises(UnreachableError, match="is closed"):
                drafts.position()


def test_what_fails_after_append_says_nothing_about_the_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where it is the memory of this machine."""

    def none_left(*_arguments: object) -> None:
        raise MemoryError

    with session_with({"APPEND": saved(b"saved")}) as session:
        drafts = session.drafts()
        monkeypatch.setattr(session.dialogue.client, "_checkok", none_left)
        with pytest.raises(UnreachableError):
            drafts.append(b"Subject: x\r\n\r\n", when=NOON)


def test_what_the_gate_keeps_back_was_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it left."""
    with session_with({"APPEND": saved(b"saved")}) as session:
        drafts = session.drafts()
        monkeypatch.setattr("noreply_analyzer.dialogue._DRAFT", "\r\nA1 LOGOUT")
        with pytest.raises(ServerRefusedError, match="nothing was sent"):
            drafts.append(b"Subject: x\r\n\r\n", when=NOON)


@pytest.mark.parametrize(
    ("words", "uid"),
    [
        (b"[APPENDUID 7 9] saved", 9),
        (b"[appenduid 7 9]", 9),
        (b"saved", None),
        (b"[APPENDUID x y] saved", None),
        (b"[APPENDUID 7 99999999999999] saved", None),
    ],
)
def test_append_answers(words: bytes, uid: int | None) -> None:
    """Where a draft lies is known only if the server says it properly."""
    with session_with({"APPEND": saved(words)}) as session:
        ref = session.drafts().append(b"x", when=NOON)

    assert ref == (None if uid is None else MessageRef(mailbox="Brouillons", uid_validity=7, uid=uid))


def test_what_append_sends() -> None:
    r"""One APPEND to Drafts, with \Draft and the date, whole lines, and every other command reads only."""
    taken: list[bytes] = []

    def take(talk: Talk, tag: bytes, line: bytes) -> None:
        taken.append(swallow(talk, line))
        talk.send(tag + b" OK .\r\n")

    with ScriptedServer({"APPEND": take}) as server, open_on(server) as session:
        read_everything(session)
        drafts = session.drafts()
        drafts.traces(since=LONG_AGO)
        drafts.append(b"Subject: x\nA1 DELETE INBOX\r\n", when=NOON)

    (line,) = (line for line in server.lines if b"APPEND" in line)
    assert line.endswith(b' APPEND "Brouillons" (\\Draft) "12-Nov-2026 12:00:00 +0000" {29}\r\n')
    assert taken == [b"Subject: x\r\nA1 DELETE INBOX\r\n"]
    allowed = {"CAPABILITY", "LOGIN", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "APPEND", "LOGOUT"}
    assert set(server.commands) <= allowed


# What may leave.

CRLF_NAMES = ["INBOX\r\nA1 DELETE INBOX", "INBOX\nA1 X", 'INBOX" (\\Draft) {3}\r\nabc\r\nA1 DELETE X', "a\x00b", "\x7f"]


@pytest.mark.parametrize("name", CRLF_NAMES)
def test_names_are_no_commands(name: str) -> None:
    """A mailbox name with line ends reaches the server as a name, on one line, if at all."""
    with ScriptedServer({"EXAMINE": b"TAG NO no such mailbox\r\n"}) as server, open_on(server) as session:
        with pytest.raises(ServerRefusedError):
            list(session.messages(name, after=None, since=LONG_AGO))
        with pytest.raises(ServerRefusedError):
            session.fetch(MessageRef(mailbox=name, uid_validity=7, uid=1))
        with pytest.raises(ConfigError):
            session.drafts(name)

    assert set(server.commands) <= {"CAPABILITY", "LOGIN", "LIST", "EXAMINE", "LOGOUT"}


@pytest.mark.parametrize(
    ("user", "password"), [("anne\r\nA1 DELETE INBOX", "x"), ("anne", "x\r\nA1 NOOP"), ("anne", "\0")]
)
def test_passwords_are_no_commands(user: str, password: str) -> None:
    """A line end in a user name or password is refused before anything of it is sent."""
    with ScriptedServer() as server, pytest.raises(LoginRefusedError, match="control characters"):
        Session.open(Server(host=server.host, port=server.port, user=user, security="none"), password)

    assert set(server.commands) <= {"CAPABILITY"}


def test_library_cannot_be_tricked() -> None:
    """The library's own calls pass line ends on; the gate does not, and ends the connection."""
    attempts: list[Callable[[Session], object]] = [
        lambda session: session.dialogue.client.search(["HEADER", "Message-ID", "a\r\nA1 DELETE INBOX"]),
        lambda session: session.dialogue.client.fetch([1], ["FLAGS)\r\nA1 DELETE INBOX"]),
        lambda session: session.dialogue.client.append("Brouillons", b"x", ["a)\r\nA1 LOGOUT"]),
        lambda session: session.dialogue.client.append("INBOX", b"x"),
        lambda session: session.dialogue.client.fetch([1], ["BODY[]"]),
        lambda session: session.dialogue.client.fetch([1], ["RFC822.HEADER"]),
        lambda session: session.dialogue.client.select_folder("INBOX"),
        lambda session: session.dialogue.client.delete_folder("INBOX"),
        lambda session: session.dialogue.client.create_folder("New"),
        lambda session: session.dialogue.client.add_flags([1], [b"\\Deleted"], silent=True),
        lambda session: session.dialogue.client.expunge(),
        lambda session: session.dialogue.client.copy([1], "INBOX"),
    ]
    for attempt in attempts:
        with ScriptedServer() as server, open_on(server) as session:
            session.position("INBOX")
            sent = len(server.lines)
            with pytest.raises(ServerRefusedError, match="nothing was sent"):
                attempt(session)

        assert [line for line in server.lines[sent:] if b"CAPABILITY" not in line] == []


COMMANDS: list[tuple[bytes, bool]] = [
    (b"ABCD1 CAPABILITY\r\n", True),
    (b'ABCD1 LOGIN "anne" "secret"\r\n', True),
    (b"ABCD1 EXAMINE INBOX\r\n", True),
    (b"ABCD1 SELECT INBOX\r\n", False),
    (b"ABCD1 UID FETCH 1:3 (UID FLAGS RFC822.SIZE)\r\n", True),
    (b"ABCD1 UID FETCH 1:3 (UID BODY.PEEK[])\r\n", True),
    (b"ABCD1 UID FETCH 1:3 (UID BODY[])\r\n", False),
    (b"ABCD1 UID FETCH 1:3 (body[header])\r\n", False),
    (b"ABCD1 UID FETCH 1 RFC822\r\n", False),
    (b"ABCD1 UID FETCH 1 (RFC822.TEXT)\r\n", False),
    (b"ABCD1 FETCH 1 (BODY.PEEK[])\r\n", False),
    (b"ABCD1 UID STORE 1 +FLAGS (\\Seen)\r\n", False),
    (b"ABCD1 UID EXPUNGE 1\r\n", False),
    (b"ABCD1 UID COPY 1 X\r\n", False),
    (b"ABCD1 DELETE INBOX\r\n", False),
    (b"ABCD1 EXAMINE a\r\nA1 DELETE INBOX\r\n", False),
    (b"ABCD1 EXAMINE a\nA1 DELETE INBOX\r\n", False),
    (b"ABCD1 EXAMINE a\rb\r\n", False),
    (b"ABCD1 EXAMINE \x00\r\n", False),
    (b"ABCD1 EXAMINE \x7f\r\n", False),
    (b"ABCD1 EXAMINE \xc3\xa9\r\n", False),
    (b'ABCD1 APPEND "Brouillons" (\\Draft) {3}\r\n', True),
    (b'ABCD1 APPEND "Brouillons 2" (\\Draft) {3}\r\n', False),
    (b'ABCD1 APPEND "INBOX" (\\Draft) {3}\r\n', False),
    (b"ABCD1 EXAMINE {300}\r\n", True),  # announces, but gets nothing through: the next must be a command again
    (b"EXAMINE INBOX\r\n", False),
    (b"\r\n", False),
    (b"", False),
]


@pytest.mark.parametrize(("line", "fine"), COMMANDS, ids=str)
def test_gate(line: bytes, fine: bool) -> None:  # noqa: FBT001
    """The commands that this program lives by, one to a line, and no other."""
    gate = Gate()
    gate.appendable = b'"Brouillons"'
    if fine:
        gate.check(line)
        return
    with pytest.raises(ServerRefusedError):
        gate.check(line)


def test_gate_lets_a_literal_of_the_right_length_pass() -> None:
    """Line ends pass inside a draft, as long as it was announced to be; after it comes a line end."""
    gate = Gate()
    gate.appendable = b'"Brouillons"'
    announce = b'ABCD1 APPEND "Brouillons" () {6}\r\n'
    gate.check(announce)
    gate.check(b"a\r\nb\r\n")
    with pytest.raises(ServerRefusedError):
        gate.check(b"ABCD2 DELETE INBOX\r\n")
    gate.check(announce)
    with pytest.raises(ServerRefusedError):
        gate.check(b"a\r\nb\r\nABCD2 DELETE INBOX\r\n")
    gate.check(b"\r\n")
    gate.check(b"ABCD1 EXAMINE {6}\r\n")
    with pytest.raises(ServerRefusedError):
        gate.check(b"a\r\nb\r\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([line for line, _fine in COMMANDS])), max_size=6))
def test_gate_never_lets_a_second_line_pass(pieces: list[bytes]) -> None:
    """Whatever is offered without a mailbox to append to: each line that leaves is one permitted command."""
    gate = Gate()
    left = b""
    for piece in pieces:
        with contextlib.suppress(ServerRefusedError):
            gate.check(piece)
            left += piece

    assert b"DELETE" not in left
    assert b"SELECT" not in left
    assert all(line == b"" or line.startswith(b"ABCD1 ") for line in left.split(b"\r\n"))


@pytest.mark.dovecot
def test_message_id_that_is_a_command(real_store: Store) -> None:
    """A message whose encoded Message-ID would delete a mailbox is read, and the mailbox is still there."""
    command = "=?utf-8?q?<a=22=0D=0AA1_DELETE_Precieux=0D=0AA2_NOOP_=22>?="
    raw = f"From: ne-pas-repondre@evil.example\r\nMessage-ID: {command}\r\nIn-Reply-To: {command}\r\n\r\nx\r\n".encode()
    real_store.create("Precieux")
    for mailbox in ("INBOX", "Brouillons", "Éléments envoyés"):
        real_store.append(mailbox, raw)

    with real_store.open() as session:
        (found,) = session.messages("INBOX", after=None, since=LONG_AGO)
        fetched = session.fetch(found.ref)
        assert fetched is not None
        assert Message.from_bytes(fetched).message_id is None
        traces = session.drafts().traces(since=LONG_AGO)

    assert [one.answers for one in traces] == [frozenset(), frozenset()]
    assert "Precieux" in real_store.mailboxes()


# Reading.


@pytest.mark.parametrize(
    ("listed", "drafts", "sent"),
    [
        ([("\\drafts", "Kladde"), ("\\SENT", "Weg"), ("", "Drafts")], "Kladde", "Weg"),
        ([("", "INBOX"), ("", "Brouillons"), ("", "Éléments envoyés")], "Brouillons", "Éléments envoyés"),
        ([("", "INBOX.Brouillons"), ("", "INBOX.Envoyés")], "INBOX.Brouillons", "INBOX.Envoyés"),
        ([("", "INBOX.Drafts"), ("", "INBOX.Sent")], "INBOX.Drafts", "INBOX.Sent"),
        ([("", "Inbox/Entwürfe"), ("", "Inbox/Gesendet")], "Inbox/Entwürfe", "Inbox/Gesendet"),
        (
            [("", "[Gmail]/Brouillons"), ("", "[Gmail]/Messages envoyés")],
            "[Gmail]/Brouillons",
            "[Gmail]/Messages envoyés",
        ),
        ([("", "BROUILLONS"), ("", "ENVOYE\u0301S")], "BROUILLONS", "ENVOYE\u0301S"),
        ([("", "Borradores"), ("", "Enviados")], "Borradores", "Enviados"),
        ([("", "Bozze"), ("", "Posta inviata")], "Bozze", "Posta inviata"),
        ([("", "Rascunhos"), ("", "Enviadas")], "Rascunhos", "Enviadas"),
        ([("", "Concepten"), ("", "Verzonden items")], "Concepten", "Verzonden items"),
        ([("", "Wersje robocze"), ("", "Wysłane")], "Wersje robocze", "Wysłane"),
        ([("", "Utkast"), ("", "Skickat")], "Utkast", "Skickat"),
        ([("", "Esborranys"), ("", "Enviats")], "Esborranys", "Enviats"),
        ([("", "Projets/Brouillons"), ("", "Brouillons 2"), ("", "INBOX")], None, None),
        ([("\\Noselect \\Drafts", "Drafts")], None, None),
        ([("\\Sent", "Drafts")], None, "Drafts"),
        ([("", "INBOX"), ("", "Archives")], None, None),
        ([], None, None),
    ],
)
def test_drafts_and_sent(listed: list[tuple[str, str]], drafts: str | None, sent: str | None) -> None:
    r"""\Drafts and \Sent whatever their case, else the usual names with and without a prefix, else nothing."""
    boxes = [box(name, attributes) for attributes, name in listed]

    assert mailboxes.find(Role.DRAFTS, boxes) == drafts
    assert mailboxes.find(Role.SENT, boxes) == sent


def box(name: str, attributes: str = "") -> Listed:
    """Make an answer to LIST, with the delimiter that the name seems to use."""
    delimiter = "." if name.startswith("INBOX.") else "/"
    return Listed(name=name, attributes=frozenset(attributes.lower().split()), delimiter=delimiter)


def test_no_drafts_mailbox() -> None:
    """Where none can be told the config must say, out of what exists; none is made."""
    with ScriptedServer({"LIST": GOOD_LIST + b"TAG OK .\r\n"}) as server, open_on(server) as session:
        with pytest.raises(ConfigError, match=r"set `drafts`.*Grün$") as caught:
            session.drafts()
        assert session.drafts("Grün").name == "Grün"

    assert caught.value.exit_status == 78
    assert "CREATE" not in server.commands


EVERYTHING = [
    *(box("INBOX"), box("Factures"), box("Factures/2026"), box("Projets", "\\Noselect"), box("Projets/A")),
    *(box("Brouillons"), box("Sent", "\\Sent"), box("Spam"), box("Corbeille"), box("Corbeille/Vieux")),
    *(box("Tout", "\\All"), box("Suivis", "\\Flagged"), box("[Gmail]/Important", "\\Important")),
]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["INBOX"], ["INBOX"]),
        (["inbox"], ["INBOX"]),
        ("INBOX", ["INBOX"]),
        ("all", ["INBOX", "Factures", "Factures/2026", "Projets/A"]),
        (("all",), ["INBOX", "Factures", "Factures/2026", "Projets/A"]),
        (["*"], ["INBOX", "Factures", "Factures/2026", "Projets/A"]),
        (["%"], ["INBOX", "Factures"]),
        (["Factures/*", "INBOX"], ["Factures/2026", "INBOX"]),
        (["Factures*", "Factures"], ["Factures", "Factures/2026"]),
        (["Nothing"], None),
        (["Nothing*"], None),
        (["Sent"], None),
        (["Corbeille/Vieux"], None),
        (["Projets"], None),
        ([], None),
    ],
)
def test_mailboxes_to_read(patterns: Sequence[str] | str, expected: list[str] | None) -> None:
    """Names and patterns, never drafts, sent, junk, trash or all mail, nor what lies in them."""
    if expected is None:
        with pytest.raises(ConfigError, match="mailboxes: "):
            mailboxes.to_read(patterns, EVERYTHING)
        return
    assert sorted(mailboxes.to_read(patterns, EVERYTHING)) == sorted(expected)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Message-ID: <a@b>\r\n", Trace(mailbox="X", message_id="<a@b>", in_reply_to=(), references=())),
        (b"MESSAGE-id:<a@b>\n", Trace(mailbox="X", message_id="<a@b>", in_reply_to=(), references=())),
        (b"Message-ID: <a@[::1]>", Trace(mailbox="X", message_id="<a@[::1]>", in_reply_to=(), references=())),
        (b"Message-ID: a@b.example", Trace(mailbox="X", message_id=None, in_reply_to=(), references=())),
        (b"Message-ID: <a b@c>", Trace(mailbox="X", message_id=None, in_reply_to=(), references=())),
        (b"Message-ID: <\xc3\xa9@c>", Trace(mailbox="X", message_id=None, in_reply_to=(), references=())),
        (b"Message-ID: <" + b"a" * 300 + b"@c>", Trace(mailbox="X", message_id=None, in_reply_to=(), references=())),
        (b"X-Message-ID: <a@b>", Trace(mailbox="X", message_id=None, in_reply_to=(), references=())),
        (b"In-Reply-To: <a@b>, <c@d>\r\nReferences: <e@f><g@h>",
         Trace(mailbox="X", message_id=None, in_reply_to=("<a@b>", "<c@d>"), references=("<e@f>", "<g@h>"))),
        (b"", Trace(mailbox="X", message_id=None, in_reply_to=(), references=())),
    ],
)  # fmt: skip
def test_trace(header: bytes, expected: Trace) -> None:
    """Ids of printable ASCII and reasonable length, from the three fields only."""
    assert trace("X", header) == expected


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(alphabet="<>@ab:\r\n\t References", max_size=200).map(str.encode)))
def test_trace_of_any_bytes(header: bytes) -> None:
    """Any bytes give ids that could stand in a header, or none."""
    found = trace("X", b"References: " + header)

    assert all(one.isascii() and one.isprintable() and " " not in one and len(one) <= 250 for one in found.answers)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=80))
def test_fetch_of_any_bytes(rubbish: bytes) -> None:
    """Any answer to FETCH gives messages or one of our errors."""
    script: dict[str, Answer] = {"UID FETCH": rubbish + b"\r\nTAG OK .\r\n"}
    with ScriptedServer(script) as server, contextlib.suppress(NoreplyAnalyzerError), open_on(server) as session:
        assert read_everything(session) == []


@given(st.sets(st.integers(1, 60)))
def test_sequence_set(uids: set[int]) -> None:
    """A sequence set names what it was made of, and is no longer than it must be."""
    text = sequence_set(sorted(uids))
    named: list[int] = []
    for part in filter(None, text.split(",")):
        first, _colon, last = part.partition(":")
        named += range(int(first), int(last or first) + 1)

    assert named == sorted(uids)
    assert text.count(",") + 1 <= max(1, len(uids))


def test_groups() -> None:
    """Messages are parted by weight, and what is over the limit stands alone."""
    assert list(groups({1: 5, 2: 5, 3: 1, 4: 99, 5: 1, 6: 1}, 10)) == [[1, 2], [3], [4], [5, 6]]
    assert list(groups({}, 10)) == []


@pytest.mark.parametrize(
    ("internaldate", "expected"),
    [
        (b"12-Nov-2026 13:00:00 +0100", NOON),
        (b" 2-Nov-2026 12:00:00 +0000", datetime(2026, 11, 2, 12, tzinfo=UTC)),
        (b"12-Nov-2026 12:00:00", None),
        (b"12-Nov-2026 12:00:00 +9999", None),
        (b"99-Foo-2026 12:00:00 +0000", None),
        (b"31-Dec-9999 23:00:00 -1200", None),
        (b"", None),
    ],
)
def test_internaldate(internaldate: bytes, expected: datetime | None) -> None:
    """INTERNALDATE has a zone, or is nonsense."""
    facts = (
        b'* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 4 INTERNALDATE "' + internaldate + b'" BODY[HEADER] "")\r\nTAG OK .\r\n'
    )
    with session_with({"UID FETCH": facts}) as session:
        (found,) = session.messages("INBOX", after=None, since=LONG_AGO)

    assert found.received == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [((b"\\Seen", b"$Junk"), {"\\Seen", "$Junk"}), (None, set()), ((1, None, b"\xff"), {"\ufffd"})],
)
def test_flag_names(flags: object, expected: set[str]) -> None:
    """Flags are text."""
    assert flag_names(flags) == expected
    assert aware(flags) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("timed out"), UnreachableError),
        (ConnectionRefusedError("refused"), UnreachableError),
        (socket.gaierror("Name or service not known"), UnreachableError),
        (ssl.SSLEOFError("EOF"), UnreachableError),
        (ssl.SSLError("WRONG_VERSION_NUMBER"), ServerRefusedError),
        (ssl.SSLCertVerificationError("expired"), ServerRefusedError),
        (UnicodeDecodeError("utf7", b"", 0, 1, "ill-formed"), ServerRefusedError),
        (IndexError("list index"), ServerRefusedError),
        (RecursionError(), ServerRefusedError),
        (MemoryError(), ServerRefusedError),
        (RuntimeError("never heard of"), ServerRefusedError),
        (MessageError("ours"), MessageError),
    ],
)
def test_meaning(error: Exception, kind: type[NoreplyAnalyzerError]) -> None:
    """Every exception has a meaning, and each sentence of ours names the host."""
    ours = meaning(error, Server(host="imap.example.org", port=993, user="anne"))

    assert type(ours) is kind
    assert ours is error or "imap.example.org" in str(ours)


def certificate_error(code: int, message: str) -> ssl.SSLCertVerificationError:
    """Make what OpenSSL's verdict *code* becomes."""
    error = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {message}")
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "nobody listens there; check `host` and `port`"),
        (TimeoutError("timed out"), "does not answer on port 993; check `host`, `port` and the network"),
        (OSError(113, "No route to host"), "on port 993: No route to host; check"),
        (ConnectionResetError(104, "Connection reset by peer"), "was lost: Connection reset by peer"),
        (socket.gaierror(-2, "Name or service not known"), "cannot be found: Name or service not known; check `host`"),
        (ssl.SSLEOFError(8, "EOF occurred"), "broke off TLS on port 993; if that stays, check `port` and `security`"),
        (
            ssl.SSLError(1, "[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:1006)"),
            "no TLS on port 993 that both speak: unsupported protocol",
        ),
        (certificate_error(62, "Hostname mismatch"), "for another name; set `host`"),
        (certificate_error(64, "IP address mismatch"), "for another name; set `host`"),
        (certificate_error(10, "certificate has expired"), "has expired: whoever runs the server has to renew it"),
        (certificate_error(9, "certificate is not yet valid"), "is the clock of this machine right?"),
        (certificate_error(18, "self-signed certificate"), "trusted: self-signed certificate (for an authority"),
    ],
)
def test_what_cannot_be_reached_is_told_with_what_to_do(error: Exception, said: str) -> None:
    """In words, without the numbers of the system and of OpenSSL."""
    sentence = str(meaning(error, Server(host="imap.example.org", port=993, user="anne")))

    assert said in sentence
    assert not re.search(r"Errno|SSL|_ssl", sentence)


def test_a_name_that_does_not_exist() -> None:
    """It is the name that is looked at, not the port."""
    with pytest.raises(UnreachableError, match=r"cannot be found: .*; check `host`"):
        Session.open(Server(host="nowhere.invalid", port=993, user="anne"), "secret", seconds=5)


def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With every log at DEBUG neither the password nor a word of a message is written down."""
    caplog.set_level(logging.DEBUG)
    answer = FACTS + b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {18}\r\nSubject: private\r\n"
    answer += b" BODY[] {18}\r\nSubject: private\r\n)\r\nTAG OK .\r\n"
    with session_with({"UID FETCH": answer}) as session:
        read_everything(session)

    assert "secret" not in caplog.text
    assert "anne" not in caplog.text
    assert "private" not in caplog.text


def test_nodelay() -> None:
    """Small commands leave at once."""
    with session_with() as session:
        assert session.dialogue.wire.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_files_of_nobody(tmp_path: Path) -> None:
    """An authority that is no certificate is the configuration's fault."""
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("nonsense")

    with pytest.raises(ConfigError, match="tls_ca"):
        Session.open(Server(host="localhost", port=1, user="anne", tls_ca=nonsense), "secret")
