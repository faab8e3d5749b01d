"""Mail on real IMAP servers: what is read, what is found again, and the one thing that is written."""

import inspect
import ssl
from datetime import UTC, date, datetime, timedelta

import imapclient.exceptions
import pytest
from servers.authority import Authority, Pair
from servers.dovecot import Dovecot
from servers.scripted import ScriptedServer
from servers.stores import NOON, Store

from noreply_analyzer import imap
from noreply_analyzer.errors import ConfigError, LoginRefusedError, MessageError, ServerRefusedError, UnreachableError
from noreply_analyzer.imap import Server, Session
from noreply_analyzer.mailserver import MailServer
from noreply_analyzer.server import _MEANING, Security
from noreply_analyzer.source import DraftsMailbox, MailSource, Position

DAY = timedelta(days=1)
LONG_AGO = date(2000, 1, 1)


def mail(number: int, *, more: str = "") -> bytes:
    """Write a message."""
    return (
        f"From: noreply{number}@telecom.example\r\nSubject: =?utf-8?q?Votre_facture?= {number}\r\n"
        f"Message-ID: <m{number}@telecom.example>\r\nX-Other: not asked for\r\n{more}\r\nBonjour,\r\n.\r\n--\r\n"
    ).encode()


def uids(
    session: Session, mailbox: str = "INBOX", *, after: Position | None = None, since: date = LONG_AGO
) -> list[int]:
    """Look through a mailbox."""
    return [found.ref.uid for found in session.messages(mailbox, after=after, since=since)]


def test_session_is_what_source_promises(store: Store) -> None:
    """A session and its drafts are the two protocols, as the type checker knows them."""
    with store.open() as session:
        source: MailSource = session
        drafts: DraftsMailbox = session.drafts()

        assert list(source.mailboxes()) == ["INBOX"]
        assert drafts.name == "Brouillons"


def test_found(store: Store) -> None:
    """A message is seen with the fields of the sieve only, its size, its arrival with a zone, and its flags."""
    store.append("INBOX", mail(1), when=NOON, flags=("\\Flagged",))

    with store.open() as session:
        (found,) = session.messages("INBOX", after=None, since=LONG_AGO)
        fetched = session.fetch(found.ref)

    assert b"From: noreply1@telecom.example\r\n" in found.header
    assert b"Subject: =?utf-8?q?Votre_facture?= 1\r\n" in found.header
    assert b"X-Other" not in found.header
    assert found.size == len(mail(1))
    assert found.received == NOON
    assert "\\Flagged" in found.flags
    assert fetched == mail(1)


def test_reading_leaves_no_mark(store: Store) -> None:
    r"""EXAMINE and BODY.PEEK leave \Seen, \Recent and everything else as it was."""
    store.append("INBOX", mail(1), mail(2))
    before = store.flags("INBOX")

    with store.open() as session:
        for found in session.messages("INBOX", after=None, since=LONG_AGO):
            assert session.fetch(found.ref)
        session.drafts().traces(since=LONG_AGO)

    assert store.flags("INBOX") == before
    assert not any(b"\\Seen" in flags for flags in before.values())


def test_first_look_goes_by_date(store: Store) -> None:
    """Without a position only what arrived since a day counts, oldest first."""
    for number, when in enumerate((NOON - 10 * DAY, NOON, NOON + DAY), start=1):
        store.append("INBOX", mail(number), when=when)

    with store.open() as session:
        everything = uids(session)
        recent = uids(session, since=NOON.date())
        nothing = uids(session, since=(NOON + 10 * DAY).date())

    assert len(everything) == 3
    assert recent == everything[1:]
    assert nothing == []


def test_next_look_goes_by_position(store: Store) -> None:
    """With a position only what came later counts, however old it says it is; nothing new is nothing."""
    store.append("INBOX", mail(1), mail(2))
    with store.open() as session:
        position = session.position("INBOX")
        assert uids(session, after=position, since=NOON.date()) == []

    store.append("INBOX", mail(3), when=NOON - 1000 * DAY)
    with store.open() as session:
        assert uids(session, after=position, since=NOON.date()) == [position.uid_next]
        assert session.position("INBOX") == Position(uid_validity=position.uid_validity, uid_next=position.uid_next + 1)


def test_uid_validity_changed(store: Store) -> None:
    """A mailbox that was made anew is looked at by date again, and old names of messages mean nothing there."""
    store.create("Factures")
    store.append("Factures", mail(1), mail(2))
    with store.open() as session:
        position = session.position("Factures")
        (first, *_rest) = session.messages("Factures", after=None, since=LONG_AGO)
    store.delete("Factures")
    store.create("Factures")
    store.append("Factures", mail(3))

    with store.open() as session:
        assert session.position("Factures").uid_validity != position.uid_validity
        assert len(uids(session, "Factures", after=position)) == 1
        assert session.fetch(first.ref) is None


def test_message_is_gone(store: Store) -> None:
    """What was deleted meanwhile is left out, and fetching it gives nothing."""
    store.append("INBOX", mail(1), mail(2), mail(3))
    with store.open() as session:
        first, second, third = (found.ref for found in session.messages("INBOX", after=None, since=LONG_AGO))
    store.remove("INBOX", second.uid)

    with store.open() as session:
        assert uids(session) == [first.uid, third.uid]
        assert session.fetch(second) is None
        assert session.fetch(third) == mail(3)


def test_larger_than_allowed(store: Store) -> None:
    """A giant is seen with its header, and never fetched."""
    store.append("INBOX", mail(1), mail(2, more="X-Giant: yes\r\n") + b"x" * 5000 + b"\r\n")

    with store.open(message_bytes=2000) as session:
        small, giant = session.messages("INBOX", after=None, since=LONG_AGO)
        assert session.fetch(small.ref)
        with pytest.raises(MessageError, match="2000"):
            session.fetch(giant.ref)

    assert giant.size > 5000
    assert b"noreply2@telecom.example" in giant.header


def test_two_mailboxes_in_turn(store: Store) -> None:
    """Looking through one mailbox may be interrupted by fetching from another."""
    store.create("Factures")
    store.append("Factures", mail(1), mail(2))
    store.append("INBOX", mail(3))

    with store.open(mailboxes="all") as session:
        assert sorted(session.mailboxes()) == ["Factures", "INBOX"]
        (other,) = session.messages("INBOX", after=None, since=LONG_AGO)
        seen = []
        for found in session.messages("Factures", after=None, since=LONG_AGO):
            assert session.fetch(other.ref) == mail(3)
            seen.append(session.fetch(found.ref))

    assert seen == [mail(1), mail(2)]


def test_append(store: Store) -> None:
    r"""A draft is saved with \Draft and its date, where APPENDUID says, and is the only thing that changed."""
    store.append("INBOX", mail(1))
    inbox = store.flags("INBOX")
    draft = b"Message-ID: <d1@anne.example>\r\nSubject: Ma question\r\n\r\nBonjour,\r\n"
    when = datetime(2026, 11, 13, 8, 30, tzinfo=UTC)

    with store.open() as session:
        drafts = session.drafts()
        before = drafts.position()
        ref = drafts.append(draft, when=when)
        (found,) = session.messages("Brouillons", after=before, since=when.date())

        assert ref is not None
        assert ref == found.ref
        assert "\\Draft" in found.flags
        assert found.received == when
        assert session.fetch(ref) == draft
    assert store.flags("INBOX") == inbox


def test_traces(store: Store) -> None:
    """What Drafts and recent Sent say they answer; folded fields, several ids and nonsense alike."""
    store.append("Brouillons", b"Message-ID: <a@x.example>\r\nIn-Reply-To: <m1@t.example>\r\n\r\n")
    folded = b"references: <m1@t.example>\r\n\t<m2@t.example> (a comment)\r\n <m3@t.example>\r\n"
    store.append("Éléments envoyés", folded + b"Message-ID: no id\r\nIn-Reply-To: <two words@t.example>\r\n\r\n")
    store.append("Éléments envoyés", b"Message-ID: <old@x.example>\r\n\r\n", when=NOON - 100 * DAY)
    store.append("INBOX", b"In-Reply-To: <elsewhere@t.example>\r\n\r\n")

    with store.open() as session:
        draft, sent = session.drafts().traces(since=(NOON - DAY).date())

    assert (draft.mailbox, draft.message_id) == ("Brouillons", "<a@x.example>")
    assert draft.answers == {"<m1@t.example>"}
    assert (sent.mailbox, sent.message_id, sent.in_reply_to) == ("Éléments envoyés", None, ())
    assert sent.references == ("<m1@t.example>", "<m2@t.example>", "<m3@t.example>")


def test_only_the_newest_of_sent_are_looked_at(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 2,000, however much somebody sends; of Drafts all."""
    assert imap._SENT_AT_MOST == 2_000
    monkeypatch.setattr(imap, "_SENT_AT_MOST", 2)
    for number in range(4):
        store.append("Éléments envoyés", f"Message-ID: <s{number}@x.example>\r\n\r\n".encode())
        store.append("Brouillons", f"Message-ID: <d{number}@x.example>\r\n\r\n".encode())

    with store.open() as session:
        found = [trace.message_id for trace in session.drafts().traces(since=LONG_AGO)]

    assert found == [f"<{name}@x.example>" for name in ("d0", "d1", "d2", "d3", "s2", "s3")]


def test_configured_mailboxes(store: Store) -> None:
    """The config names a drafts mailbox that no server would mark, and it is then never read as mail."""
    store.create("À finir", "Factures", "Factures/2026")

    with store.open(mailboxes=["*"], drafts="À finir") as session:
        assert session.drafts().name == "À finir"
        assert sorted(session.mailboxes()) == ["Factures", "Factures/2026", "INBOX"]
        with pytest.raises(ConfigError, match=r"Rien.*Brouillons"):
            session.drafts("Rien")


def test_wrong_password(store: Store) -> None:
    """A wrong password is status 77, with who and where."""
    with pytest.raises(LoginRefusedError, match=store.server.user) as caught:
        Session.open(store.server, "wrong")

    assert caught.value.exit_status == 77
    assert "wrong" not in str(caught.value).replace("password", "")


def test_many_messages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """More messages than one FETCH asks for, with gaps between them, come in order and in full."""
    monkeypatch.setattr("noreply_analyzer.imap._AT_ONCE", 4)
    store.append("INBOX", *(mail(number) for number in range(10)))

    with store.open() as session:
        everything = uids(session)
    store.remove("INBOX", everything[4])

    with store.open() as session:
        assert len(everything) == 10
        assert uids(session) == everything[:4] + everything[5:]


@pytest.mark.dovecot
def test_search_in_parts(real_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox too large for one answer is searched in parts, with the same result."""
    monkeypatch.setattr("noreply_analyzer.dialogue._IN_ONE_SEARCH", 4)
    real_store.append("INBOX", *(mail(number) for number in range(10)))

    with real_store.open() as session:
        after = Position(uid_validity=session.position("INBOX").uid_validity, uid_next=3)

        assert uids(session) == list(range(1, 11))
        assert uids(session, after=after) == list(range(3, 11))


@pytest.mark.dovecot
@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("trusted", "host", "said"),
    [(False, "localhost", "certificate"), (True, "127.0.0.1", None), (True, "localhost", None)],
    ids=["unknown-authority", "by-address", "by-name"],
)
def test_certificates_on_dovecot(
    dovecot: Dovecot,
    authority: Authority,
    security: Security,
    trusted: bool,  # noqa: FBT001
    host: str,
    said: str | None,
) -> None:
    """An authority must be trusted, by the system or by tls_ca; nothing else opens a session."""
    port = dovecot.tls_port if security == "tls" else dovecot.port
    ca = authority.root if trusted else ""
    server = Server(host=host, port=port, user="certificates", security=security, tls_ca=ca)
    if said is None:
        Session.open(server, "secret").close()
        return
    with pytest.raises(ServerRefusedError, match=said) as caught:
        Session.open(server, "secret")

    assert "tls_ca" in str(caught.value)


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("hosts", "end", "said"),
    [
        (("mail.other.example",), datetime(2060, 1, 1, tzinfo=UTC), "another name; set `host`"),
        (("localhost", "127.0.0.1"), datetime(2020, 2, 1, tzinfo=UTC), "expired: whoever runs the server"),
    ],
    ids=["other-host", "expired"],
)
def test_bad_certificates(
    authority: Authority, hosts: tuple[str, ...], end: datetime, said: str, security: Security
) -> None:
    """A certificate for another host or out of date is refused before the password is sent."""
    context = server_context(authority.issue(f"bad-{end.year}", hosts, end=end))
    with ScriptedServer(tls=context, starttls=security == "starttls") as bad:
        server = Server(host=bad.host, port=bad.port, user="anne", security=security, tls_ca=authority.root)
        with pytest.raises(ServerRefusedError, match=said) as caught:
            Session.open(server, "secret")

    assert "tls_ca" not in str(caught.value)
    assert not {"LOGIN", "AUTHENTICATE"} & set(bad.commands)


def server_context(pair: Pair) -> ssl.SSLContext:
    """Give the server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@pytest.mark.parametrize(
    ("host", "fine"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("imap.example.org", False),
        ("192.0.2.7", False),
        ("localhost.example.org", False),
        ("0.0.0.0", False),  # noqa: S104 - the point is that it is refused
        ("", False),
    ],
)
def test_no_clear_text(host: str, fine: bool) -> None:  # noqa: FBT001
    """Without TLS only this machine is spoken to."""
    if fine:
        assert Server(host=host, port=143, user="anne", security="none").host == host
        return
    with pytest.raises(ConfigError, match="in the clear"):
        Server(host=host, port=143, user="anne", security="none")


def test_authority_file_missing() -> None:
    """A tls_ca that cannot be read is the configuration's fault."""
    with pytest.raises(ConfigError, match="tls_ca"):
        Session.open(Server(host="localhost", port=1, user="anne", tls_ca="/nonexistent.pem"), "secret")


def test_nobody_listens() -> None:
    """A closed port is worth trying again."""
    with ScriptedServer() as server:
        port = server.port

    with pytest.raises(UnreachableError, match=rf"port {port}: nobody listens there; check `host` and `port`"):
        Session.open(Server(host="127.0.0.1", port=port, user="anne", security="none"), "secret")


@pytest.mark.parametrize(
    ("user", "password"), [("anne", "pässwörd"), ("Anne Martin", 'a"b\\c d'), ("é@x.example", "{5}"), ('a"b', "(*)%")]
)
def test_odd_passwords(user: str, password: str) -> None:
    """Users and passwords of any printable characters log in, and only the right ones."""
    with MailServer({user: password}) as server:
        place = Server(host=server.host, port=server.port, user=user, security="none")
        with Session.open(place, password) as session:
            assert session.mailboxes() == ("INBOX",)
        with pytest.raises(LoginRefusedError):
            Session.open(place, password + "x")


def test_mail_server_in_this_process() -> None:
    """The shipped server takes mailboxes and messages, for several users."""
    with MailServer({"anne": "secret", "bea": "other"}) as server:
        server.create("anne", "Brouillons & idées 日本")
        server.append("anne", "INBOX", mail(1), when=NOON, flags=("\\Seen",))
        with Session.open(Server(host=server.host, port=server.port, user="anne", security="none"), "secret") as anne:
            assert {box.name for box in anne.listed()} == {"INBOX", "Brouillons & idées 日本"}
            (found,) = anne.messages("INBOX", after=None, since=LONG_AGO)
        with Session.open(Server(host=server.host, port=server.port, user="bea", security="none"), "other") as bea:
            assert uids(bea) == []
        with pytest.raises(ServerRefusedError):
            server.create("anne", "INBOX")

    assert found.received == NOON
    assert "\\Seen" in found.flags


def test_every_error_of_the_library_has_a_meaning() -> None:
    """No exception of imapclient leaves unmapped, in the next release neither."""
    theirs = {
        name for _, thing in inspect.getmembers(imapclient.exceptions, inspect.isclass) for name in [thing.__name__]
    }

    assert theirs <= set(_MEANING)


@pytest.mark.dovecot
def test_closed_for_good(real_store: Store) -> None:
    """After the end a session says so; it never connects anew behind one's back."""
    session = real_store.open()
    session.close()
    session.close()

    with pytest.raises(UnreachableError, match="closed"):
        session.position("INBOX")
