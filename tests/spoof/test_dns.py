"""A DNS that an attacker, or nobody, answers for: each answer, and what the user is told of a message signed by it."""

import time
from collections.abc import Iterator
from typing import Final

import pytest
from servers.dnsd import Alias, Answer, Bad, DnsServer, Txt
from signing import AT, BILL, EVIL, KEY, RSA
from spoof.judging import SECONDS, judge, wears_its_name

from noreply_analyzer.dns import MemoryCache, Resolver
from noreply_analyzer.policy import Action
from noreply_analyzer.workbench import DNS_SECONDS
from noreply_analyzer.worker import Worker

NAME: Final = KEY.name
UNPROVEN: Final = "its sender could not be proven: "
SERVERS: Final = f"the DNS servers could not answer for {NAME}"
SILENT: Final = f"the DNS did not answer for {NAME} in time"

ANSWERS: Final[dict[str, tuple[Answer, Action, str]]] = {
    "its key": (Txt(KEY.record), Action.DRAFT, "it cannot be answered, and really comes from telecom.example"),
    "its key by an alias": (
        Alias("keys.platform.example"),
        Action.DRAFT,
        "it cannot be answered, and really comes from telecom.example",
    ),
    "no such name": (Bad.NXDOMAIN, Action.TELL, UNPROVEN + "its key is not published"),
    "no TXT record": (Bad.EMPTY, Action.TELL, UNPROVEN + "its key is not published"),
    "an alias that leads nowhere": (Alias("nowhere.example"), Action.TELL, UNPROVEN + "its key is not published"),
    "an alias of itself": (Bad.LOOP, Action.LATER, SERVERS),
    "SERVFAIL": (Bad.SERVFAIL, Action.LATER, SERVERS),
    "REFUSED": (Bad.REFUSED, Action.LATER, SERVERS),
    "garbage": (Bad.GARBAGE, Action.LATER, SILENT),
    "silence": (Bad.SILENCE, Action.LATER, SILENT),
    "SPF": (Txt(b"v=spf1 -all"), Action.TELL, UNPROVEN + "what is published is no key"),
    "SPF beside a stranger's key": (
        Txt(b"v=spf1 -all", EVIL.record),
        Action.TELL,
        UNPROVEN + "the signature does not match",
    ),
    "two keys": (Txt(KEY.record, EVIL.record), Action.TELL, UNPROVEN + "several keys are published for it"),
    "revoked": (Txt(b"v=DKIM1; k=ed25519; p="), Action.TELL, UNPROVEN + "its key was revoked"),
    "a key of another kind": (Txt(RSA.record), Action.TELL, UNPROVEN + "its key is of another kind"),
    "bytes of no character set": (Txt(b"\xff\xfe" * 100), Action.TELL, UNPROVEN + "what is published is no key"),
    "64 KB less a bit": (Txt(b"p=" + b"A" * 60_000), Action.TELL, UNPROVEN + "what is published is no key"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    """One server for all answers."""
    with DnsServer({}) as one:
        yield one


def resolver_of(server: DnsServer) -> Resolver:
    """Give one without a memory."""
    return Resolver([server.address], cache=MemoryCache(), clock=lambda: AT)


@pytest.mark.parametrize(("answer", "action", "said"), ANSWERS.values(), ids=ANSWERS.keys())
def test_what_the_user_is_told(worker: Worker, server: DnsServer, answer: Answer, action: Action, said: str) -> None:
    """Proven by its own key only; what may be otherwise tomorrow is looked at again, and is over in time."""
    server.zone = {NAME: answer, "keys.platform.example": Txt(KEY.record)}
    began = time.monotonic()
    analysis = judge(worker, KEY.sign(BILL), resolver_of(server))

    assert time.monotonic() - began < DNS_SECONDS + SECONDS
    assert (analysis.decision.action, analysis.decision.reason) == (action, said)
    assert wears_its_name(analysis) is (action is Action.DRAFT)


NAMES: Final = {
    "a NUL in s=": (b"s=test", b"s=test._domainkey.evil.example.\0.any"),
    "a NUL in d=": (b"d=telecom.example", b"d=telecom.example\0.evil.example"),
    "an apostrophe in d=": (b"d=telecom.example", b"d=telecom.example'.evil.example"),
    "nothing in d=": (b"d=telecom.example", b"d="),
    "blanks in d=": (b"d=telecom.example", b"d=telecom .example"),
    "UTF-8 in d=": (b"d=telecom.example", "d=télécom.example".encode()),
    "Latin-1 in d=": (b"d=telecom.example", b"d=t\xe9lecom.example"),
    "blanks in s=": (b"s=test", b"s=te st"),
    "64 letters": (b"s=test", b"s=" + b"x" * 64),
    "254 letters": (b"s=test", b"s=" + b".".join([b"x" * 60] * 4)),
    "an empty label": (b"s=test", b"s=a..b"),
    "a wildcard": (b"s=test", b"s=*"),
    "a suffix of everybody's": (b"d=telecom.example", b"d=example"),
}


@pytest.mark.parametrize(("old", "new"), NAMES.values(), ids=NAMES.keys())
def test_no_name_of_an_attackers_making_is_asked_for(worker: Worker, server: DnsServer, old: bytes, new: bytes) -> None:
    """None is a host name of the author's organisation; the server, which has a key for all, is not asked for it."""
    server.zone = {NAME: Txt(KEY.record)}
    server.questions.clear()
    signed = KEY.sign(BILL)
    assert old in signed
    analysis = judge(worker, signed.replace(old, new, 1), resolver_of(server))

    assert analysis.decision.reason.startswith(UNPROVEN)
    assert server.questions == []
    assert not wears_its_name(analysis)
