"""TXT records under a time budget."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.dnsd import Alias, Answer, Bad, DnsServer, Txt

from noreply_analyzer.authentication import SeenKey, TxtAnswer
from noreply_analyzer.dns import MemoryCache, Resolver
from noreply_analyzer.errors import AddressError, DnsUnreachableError

KEY = b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
LONG = b"v=DKIM1; p=" + b"A" * 3000
NAME = "s._domainkey.telecom.example"
START = datetime(2026, 11, 20, 8, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        """Give the time."""
        return self.time


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    """One server for all tests; each fills the zone anew."""
    with DnsServer({}) as one:
        yield one


def resolver_of(server: DnsServer, clock: Clock | None = None) -> Resolver:
    """Give a resolver without memory of earlier tests."""
    server.questions.clear()
    server.negative_ttl = 900
    return Resolver([server.address], cache=MemoryCache(), clock=clock or Clock())


@pytest.mark.parametrize(
    ("zone", "records"),
    [
        ({NAME: Txt(KEY)}, (KEY,)),
        ({NAME: Txt(LONG)}, (LONG,)),  # several strings, too long for UDP
        ({NAME: Txt(KEY, truncated=True)}, (KEY,)),
        ({NAME: Txt(b"v=spf1 -all", KEY)}, (b"v=spf1 -all", KEY)),
        ({NAME: Txt(b"")}, (b"",)),
        ({NAME: Txt(b"n=\xe9\x00; p=")}, (b"n=\xe9\x00; p=",)),
        ({NAME: Alias("keys.platform.example"), "keys.platform.example": Txt(KEY)}, (KEY,)),
        ({NAME: Alias("keys.platform.example")}, ()),
        ({NAME: Bad.EMPTY}, ()),
        ({NAME: Bad.NXDOMAIN}, ()),
    ],
)
def test_an_answer_stands(server: DnsServer, zone: dict[str, Answer], records: tuple[bytes, ...]) -> None:
    """Records, no records and no such name are all answers."""
    server.zone = zone
    resolver = resolver_of(server)

    answer = resolver.look_up_txt(NAME, seconds=5)

    assert answer.failed == ""
    assert sorted(answer.records) == sorted(records)
    assert resolver.answered


def test_what_does_not_fit_comes_over_tcp(server: DnsServer) -> None:
    """A truncated answer is asked for again (RFC 7766)."""
    server.zone = {NAME: Txt(LONG)}

    resolver_of(server).look_up_txt(NAME, seconds=5)

    assert [transport for _name, _kind, transport in server.questions] == ["udp", "tcp"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Bad.SERVFAIL, "could not answer"),
        (Bad.REFUSED, "could not answer"),
        (Bad.SILENCE, "in time"),
        (Bad.GARBAGE, "DNS"),
        (Bad.LOOP, "DNS"),
    ],
)
def test_trouble_is_told_and_not_kept(server: DnsServer, answer: Bad, reason: str) -> None:
    """Trouble is no answer: it is over in time, and the next look-up asks again."""
    server.zone = {NAME: answer}
    resolver = resolver_of(server)
    started = time.monotonic()

    found = resolver.look_up_txt(NAME, seconds=0.4)

    assert time.monotonic() - started < 1.5
    assert found.records == ()
    assert reason in found.failed
    assert NAME in found.failed
    server.zone = {NAME: Txt(KEY)}
    assert resolver.look_up_txt(NAME, seconds=5) == TxtAnswer(records=(KEY,))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a..b",
        "s._domainkey.telecom.example.",
        "x" * 64 + "._domainkey.telecom.example",
        ".".join(["label"] * 60),
        "s\0._domainkey.telecom.example",
        "s._domainkey.tél.example",
        "s *._domainkey.telecom.example",
        "s'._domainkey.telecom.example",
        "-s._domainkey.telecom.example",
        "192.0.2.1",
    ],
)
def test_a_name_that_is_none_is_not_asked_for(server: DnsServer, name: str) -> None:
    """No byte of a message leaves this machine that is not a host name."""
    server.zone = {}

    assert resolver_of(server).look_up_txt(name, seconds=5) == TxtAnswer()
    assert server.questions == []


@given(name=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_text_has_an_answer(server: DnsServer, name: str) -> None:
    """Whatever the name, the answer is an answer, and what is asked is in canonical form."""
    server.zone = {}

    answer = resolver_of(server).look_up_txt(name, seconds=5)

    assert answer == TxtAnswer()
    assert all(asked == asked.lower() and asked.isascii() for asked in server.names_asked())


@pytest.mark.parametrize(
    ("answer", "negative_ttl", "kept_for"),
    [
        (Txt(KEY, ttl=300), None, timedelta(seconds=300)),
        (Txt(KEY, ttl=0), None, timedelta(minutes=1)),
        (Txt(KEY, ttl=2_000_000), None, timedelta(days=1)),
        (Bad.NXDOMAIN, 900, timedelta(minutes=15)),
        (Bad.NXDOMAIN, 86400, timedelta(hours=1)),
        (Bad.EMPTY, 86400, timedelta(hours=1)),
        (Bad.NXDOMAIN, 0, timedelta(minutes=1)),
    ],
)
def test_answers_are_kept_as_long_as_they_hold(
    server: DnsServer, answer: Answer, negative_ttl: int | None, kept_for: timedelta
) -> None:
    """As long as the DNS says, within bounds; that there is none, for an hour at most."""
    clock = Clock()
    server.zone = {NAME: answer}
    resolver = resolver_of(server, clock)
    server.negative_ttl = negative_ttl
    resolver.look_up_txt(NAME, seconds=5)
    clock.time = START + kept_for - timedelta(seconds=1)
    resolver.look_up_txt(NAME.upper(), seconds=5)

    assert len(server.questions) == 1

    clock.time = START + kept_for + timedelta(seconds=1)
    resolver.look_up_txt(NAME, seconds=5)
    assert len(server.questions) == 2


def test_no_soa_is_no_reason_to_keep_for_long(server: DnsServer) -> None:
    """A negative answer without an SOA record says nothing about how long it holds (RFC 2308 section 5)."""
    clock = Clock()
    server.zone = {}
    resolver = resolver_of(server, clock)
    server.negative_ttl = None
    resolver.look_up_txt(NAME, seconds=5)
    clock.time = START + timedelta(hours=1, seconds=1)
    resolver.look_up_txt(NAME, seconds=5)

    assert len(server.questions) == 2


def test_a_huge_answer_is_used_and_not_kept(server: DnsServer) -> None:
    """The cache is for keys, not for what somebody else wants to store in it."""
    server.zone = {NAME: Txt(b"p=" + b"A" * 20_000)}
    resolver = resolver_of(server)

    assert len(resolver.look_up_txt(NAME, seconds=5).records[0]) == 20_002
    resolver.look_up_txt(NAME, seconds=5)
    assert server.names_asked() == [NAME] * 4  # UDP and TCP, twice


def test_names_share_one_budget(server: DnsServer) -> None:
    """Silent names together take no longer than one, and do not starve those behind them."""
    silent = [f"s{number}._domainkey.evil.example" for number in range(4)]
    server.zone = {**dict.fromkeys(silent, Bad.SILENCE), NAME: Txt(KEY)}
    resolver = resolver_of(server)
    started = time.monotonic()

    answers = resolver.look_up_all([*silent, NAME, NAME], seconds=1)

    assert time.monotonic() - started < 1.5
    assert list(answers) == [*silent, NAME]
    assert all(answers[name].failed for name in silent)
    assert answers[NAME] == TxtAnswer(records=(KEY,))


def test_without_time_nothing_is_asked(server: DnsServer) -> None:
    """A budget that is used up is a temporary error."""
    server.zone = {NAME: Txt(KEY)}

    assert "no time left" in resolver_of(server).look_up_txt(NAME, seconds=0).failed
    assert server.questions == []


def test_one_senders_broken_dns_is_not_silence(server: DnsServer) -> None:
    """A server that is silent about one name and answers for the root is alive."""
    server.zone = {NAME: Bad.SILENCE}
    resolver = resolver_of(server)
    resolver.look_up_txt(NAME, seconds=0.2)

    assert not resolver.answered
    resolver.raise_if_silent()
    assert resolver.answered
    assert ("", "NS", "udp") in server.questions


@pytest.mark.parametrize("answer", [Bad.SERVFAIL, Bad.REFUSED, Bad.NXDOMAIN, Bad.EMPTY])
def test_a_server_that_says_no_is_alive(server: DnsServer, answer: Bad) -> None:
    """Then no probe is needed."""
    server.zone = {NAME: answer}
    resolver = resolver_of(server)
    resolver.look_up_txt(NAME, seconds=5)
    resolver.raise_if_silent()

    assert resolver.answered
    assert server.names_asked() == [NAME]


def test_no_dns_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody answers anything, the run can stop instead of waiting for every message."""
    monkeypatch.setattr("noreply_analyzer.dns._PROBE_SECONDS", 0.3)
    with DnsServer({}, silent=True) as server:
        resolver = resolver_of(server)
        resolver.raise_if_silent()  # nobody was asked yet
        answer = resolver.look_up_txt(NAME, seconds=0.2)

        assert answer.failed
        with pytest.raises(DnsUnreachableError, match=f"127.0.0.1 port {server.port}"):
            resolver.raise_if_silent()


# Keys that are remembered -------------------------------------------------------------------------------------------

OTHER = b"v=DKIM1; k=ed25519; p=" + b"B" * 43 + b"="


def test_a_key_is_remembered_with_its_days(server: DnsServer) -> None:
    """When it is changed, when it is gone, and while nobody answers; each time that it is seen counts."""
    clock = Clock()
    server.zone = {NAME: Txt(KEY, ttl=60)}
    resolver = resolver_of(server, clock)
    first = resolver.look_up_txt(NAME, seconds=5)
    clock.time = START + timedelta(days=1)
    resolver.look_up_txt(NAME, seconds=5)
    server.zone = {NAME: Txt(OTHER, ttl=60)}
    clock.time = START + timedelta(days=2)
    changed = resolver.look_up_txt(NAME, seconds=5)
    kept = resolver.look_up_txt(NAME, seconds=5)
    server.zone = {}
    clock.time = START + timedelta(days=3)
    gone = resolver.look_up_txt(NAME, seconds=5)
    server.zone = {NAME: Bad.SERVFAIL}
    clock.time = START + timedelta(days=4)
    failed = resolver.look_up_txt(NAME, seconds=5)

    seen = SeenKey(record=KEY, first=START, last=START + timedelta(days=1))
    other = SeenKey(record=OTHER, first=START + timedelta(days=2), last=START + timedelta(days=2))
    assert first == TxtAnswer(records=(KEY,))
    assert changed == kept == TxtAnswer(records=(OTHER,), earlier=(seen,))
    assert gone == TxtAnswer(earlier=(other, seen))
    assert failed.failed
    assert failed.earlier == ()


@pytest.mark.parametrize("revoked", [b"v=DKIM1; k=ed25519; p=", b"p=;", b"v=DKIM1; p= ; n=gone"])
def test_a_revoked_key_is_forgotten(server: DnsServer, revoked: bytes) -> None:
    """An empty p= ends what was seen before, also when the name is gone the day after."""
    clock = Clock()
    server.zone = {NAME: Txt(KEY, ttl=60)}
    resolver = resolver_of(server, clock)
    resolver.look_up_txt(NAME, seconds=5)
    answers: tuple[Answer, ...] = (Txt(revoked, ttl=60), Bad.NXDOMAIN)
    for day, answer in enumerate(answers, start=1):
        server.zone = {NAME: answer}
        clock.time = START + timedelta(days=day)

        assert resolver.look_up_txt(NAME, seconds=5).earlier == ()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        (NAME, Txt(b"v=spf1 -all")),
        (NAME, Txt(KEY, OTHER)),
        (NAME, Txt(b"v=DKIM1; p=" + b"A" * 20_000)),
        ("telecom.example", Txt(KEY)),
    ],
)
def test_what_is_no_key_is_not_remembered(server: DnsServer, name: str, answer: Answer) -> None:
    """Nor two of them, nor one without end, nor what stands at a name that has no keys."""
    cache = MemoryCache()
    server.zone = {name: answer}
    Resolver([server.address], cache=cache, clock=Clock()).look_up_txt(name, seconds=5)

    assert cache.seen(name) == ()


def test_the_second_server_answers_where_the_first_is_silent(server: DnsServer) -> None:
    """Servers are tried in turn, on their own ports."""
    server.zone = {NAME: Txt(KEY)}
    with DnsServer({}, silent=True) as silent:
        resolver = Resolver([silent.address, server.address], cache=MemoryCache(), clock=Clock())

        assert resolver.look_up_txt(NAME, seconds=5) == TxtAnswer(records=(KEY,))


@pytest.mark.parametrize("text", ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:53", "::1"])
def test_servers_are_addresses(text: str) -> None:
    """With a port or without."""
    Resolver([text], cache=MemoryCache(), clock=Clock())


@pytest.mark.parametrize("text", ["", "dns.example", "192.0.2.1:", "192.0.2.1:99999", "192.0.2.1:-1", "[::1]", "1:2:3"])
def test_what_is_no_server_is_told_at_once(text: str) -> None:
    """Not when the first message is read."""
    with pytest.raises(AddressError, match="is not an address"):
        Resolver([text], cache=MemoryCache(), clock=Clock())


def test_the_memory_cache_forgets() -> None:
    """What has expired is not given, and what is not kept is not known."""
    cache = MemoryCache()
    cache.put(NAME, TxtAnswer(records=(KEY,)), START + timedelta(hours=1))

    assert cache.get(NAME, START) == TxtAnswer(records=(KEY,))
    assert cache.get(NAME, START + timedelta(hours=1)) is None
    assert cache.get("other.example", START) is None
