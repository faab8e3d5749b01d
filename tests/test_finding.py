"""Where a mail server is: as it is typed, and as the DNS says."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.dnsd import Alias, Answer, Bad, DnsServer, Srv, Txt

from noreply_analyzer.address import canonicalize_domain
from noreply_analyzer.dns import MemoryCache, Resolver
from noreply_analyzer.errors import DnsUnreachableError, UsageError
from noreply_analyzer.finding import Place, ask_dns, read
from noreply_analyzer.providers import Provider
from noreply_analyzer.server import Security
from noreply_analyzer.supplies import now

HERE = canonicalize_domain("example.org")


@pytest.mark.parametrize(
    ("typed", "host", "port", "security", "written"),
    [
        ("imap.example.org", "imap.example.org", 993, "tls", "imap.example.org"),
        (" IMAP.Example.org ", "imap.example.org", 993, "tls", "imap.example.org"),
        ("imap.example.org:993", "imap.example.org", 993, "tls", "imap.example.org"),
        ("imap.example.org:143", "imap.example.org", 143, "starttls", "imap.example.org:143"),
        ("imap.example.org:143 tls", "imap.example.org", 143, "tls", "imap.example.org:143 tls"),
        ("imap.example.org:10993", "imap.example.org", 10993, "tls", "imap.example.org:10993"),
        ("imap.example.org STARTTLS", "imap.example.org", 993, "starttls", "imap.example.org:993 starttls"),
        ("127.0.0.1:1143", "127.0.0.1", 1143, "starttls", "127.0.0.1:1143"),
        ("127.0.0.1:1143 none", "127.0.0.1", 1143, "none", "127.0.0.1:1143 none"),
        ("localhost:143   none", "localhost", 143, "none", "localhost:143 none"),
        ("::1", "::1", 993, "tls", "::1"),
        ("[::1]:143", "::1", 143, "starttls", "[::1]:143"),
        ("192.0.2.9", "192.0.2.9", 993, "tls", "192.0.2.9"),
        ("courriel.exämple.org", "courriel.xn--exmple-cua.org", 993, "tls", "courriel.xn--exmple-cua.org"),
    ],
)
def test_a_server_that_can_be_used(typed: str, host: str, port: int, security: Security, written: str) -> None:
    """The port says how to speak, unless one says it oneself; what is written is read as the same."""
    place = read(typed)

    assert place == Place(host=host, port=port, security=security)
    assert str(place) == written
    assert read(written) == place


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "is not a server"),
        ("imap.example.org:", "is not a port"),
        ("imap.example.org:0", "is not a port"),
        ("imap.example.org:65536", "is not a port"),
        ("imap.example.org:٣", "is not a port"),
        (f"imap.example.org:{'9' * 5000}", "is not a port"),
        ("imap.example.org:imaps", "is not a port"),
        ("imap.example.org ssl", "stands tls, starttls or none"),
        ("imap.example.org:143 none", "in the clear"),
        ("127.0.0.1.example.org:143 none", "in the clear"),
        ("anne@example.org", "is not a server"),
        ("https://example.org", "is not a port"),
        ("imap..example.org", "is not a server"),
    ],
)
def test_a_server_that_cannot(typed: str, said: str) -> None:
    """The sentence says what it should be."""
    with pytest.raises(UsageError, match=said):
        read(typed)


@given(st.text() | st.from_regex(r"[a-z.:\[\]0-9]{1,20}( [a-z]+)?", fullmatch=True))
def test_any_text_is_a_server_or_refused(typed: str) -> None:
    """And what is made of it is read as itself."""
    with contextlib.suppress(UsageError):
        place = read(typed)
        assert isinstance(place, Provider) or read(str(place)) == place


def test_the_name_of_a_provider() -> None:
    """In place of its server."""
    found = read("ovh")

    assert isinstance(found, Provider)
    assert found.host == "ssl0.ovh.net"


def asked(dns: DnsServer) -> Place | None:
    """Ask the DNS for example.org."""
    return ask_dns(HERE, Resolver([dns.address], cache=MemoryCache(), clock=now))


@pytest.mark.parametrize(
    ("whole", "begun", "found"),
    [
        (Srv((("imap.example.org", 993, 0),)), None, "imap.example.org"),
        (None, Srv((("imap.example.org", 143, 0),)), "imap.example.org:143"),
        (Srv((("a.example.org", 993, 10),)), Srv((("a.example.org", 143, 10),)), "a.example.org"),
        (Srv((("a.example.org", 993, 20),)), Srv((("a.example.org", 143, 10),)), "a.example.org:143"),
        (Srv((("b.example.org", 993, 20), ("a.example.org", 993, 10))), None, "a.example.org"),
        (Srv(((".", 0, 0),)), Srv((("a.example.org", 143, 0),)), "a.example.org:143"),
        (Srv(((".", 0, 0),)), None, None),
        (Srv((("a.example.org", 0, 0),)), None, None),
        (Alias("_imaps._tcp.host.example"), None, "imap.host.example"),
        (Txt(b"imap.example.org"), Bad.EMPTY, None),
        (None, None, None),
    ],
)
def test_what_the_dns_says(dns: DnsServer, whole: Answer | None, begun: Answer | None, found: str | None) -> None:
    """By priority, at equal ones under TLS from the first byte; a dot says that there is none (RFC 6186 section 3)."""
    answers = {"_imaps._tcp.example.org": whole, "_imap._tcp.example.org": begun}
    dns.zone.update({name: answer for name, answer in answers.items() if answer})
    dns.zone["_imaps._tcp.host.example"] = Srv((("imap.host.example", 993, 0),))
    place = asked(dns)

    assert (place and str(place)) == found


@pytest.mark.parametrize("bad", [Bad.SERVFAIL, Bad.REFUSED, Bad.LOOP])
def test_a_dns_that_does_not_say(dns: DnsServer, bad: Bad) -> None:
    """Not to have been answered is another thing than to have been told no."""
    dns.zone["_imaps._tcp.example.org"] = bad

    with pytest.raises(DnsUnreachableError, match=r"_imaps\._tcp\.example\.org"):
        asked(dns)
