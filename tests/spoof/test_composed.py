"""Tricks put together at random: of a bill that nobody but evil.example could sign, nothing is ever the operator's.

Whatever of the operator's own is at hand to an attacker is at hand here too: an old bill with its good signature.
"""

import time
from collections.abc import Callable
from typing import Final

import dkim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signing import BILL, DOMAIN, EVIL, KEY
from spoof.judging import HERE, SECONDS, judge, wears_its_name

from noreply_analyzer.authentication import Standing, TxtAnswer
from noreply_analyzer.errors import MessageError
from noreply_analyzer.message import Message
from noreply_analyzer.policy import Action
from noreply_analyzer.testing import DkimKey, Zone, through_a_gateway, through_a_list
from noreply_analyzer.worker import Worker

Trick = Callable[[bytes], bytes]

TRUE: Final = KEY.sign(BILL)
"""A bill that the operator has signed."""
TRUE_SIGNATURE: Final = TRUE[: -len(BILL)]
BELOW: Final = DkimKey.ed25519("telecom.example.evil.example")
SUFFIX: Final = DkimKey.ed25519("example")
PLATFORM: Final = DkimKey.ed25519("platform.example")
ZONE: Final = {
    **Zone.of(KEY, EVIL, BELOW, SUFFIX, PLATFORM),
    # What an attacker would publish for the operator if he were asked.
    f"test._domainkey.{DOMAIN}.evil.example": TxtAnswer(records=(KEY.record, EVIL.record)),
}


def signed_by(key: DkimKey, **tags: str) -> Trick:
    """Sign; what the library cannot read stays as it is."""

    def trick(raw: bytes) -> bytes:
        try:
            return key.sign(raw, tags=tags)
        except (dkim.DKIMException, IndexError, ValueError):
            return raw

    return trick


def on_top(field: bytes) -> Trick:
    """Put a field on top."""
    return lambda raw: field + b"\r\n" + raw


def instead(old: bytes, new: bytes) -> Trick:
    """Put something else in the place of the first *old*, where there is one."""
    return lambda raw: raw.replace(old, new, 1)


def head_of(path: str) -> bytes:
    """Give the fields of an author trick up to its To field."""
    return (HERE / "authors" / f"{path}.eml").read_bytes().partition(b"To: ")[0]


AUTHORS: Final = tuple(sorted(path.stem for path in (HERE / "authors").glob("*.eml")))
MARKS: Final = st.sampled_from(
    [b"\0", b"\r", b"\n", b"\r\n ", b"\t", b" ", b",", b";", b'"', b"(", b")", b"<", b">", b"@", b"\xe2\x80\xae"]
)

TRICKS: Final = st.one_of(
    st.sampled_from([
        signed_by(EVIL), signed_by(BELOW), signed_by(SUFFIX), signed_by(PLATFORM),
        signed_by(EVIL, i=f"@{DOMAIN}"), signed_by(EVIL, d=DOMAIN), signed_by(EVIL, d=DOMAIN, l="0"),
        signed_by(EVIL, d=f"{DOMAIN}.evil.example"), signed_by(EVIL, h="to:subject"), signed_by(EVIL, x="1"),
        lambda raw: TRUE_SIGNATURE + raw,
        lambda raw: TRUE_SIGNATURE.replace(b"h=from:", b"h=") + raw,
        on_top(b"From: <noreply@telecom.example>"), on_top(b"From : <noreply@telecom.example>"),
        on_top(b"FROM: Telecom <noreply@telecom.example>"), on_top(b"Sender: noreply@telecom.example"),
        on_top(b"Resent-From: noreply@telecom.example"), on_top(b"Reply-To: boite@evil.example"),
        on_top(b"Subject: Votre compte sera ferme"), on_top(b"Content-Type: text/html"),
        on_top(b"Authentication-Results: mx.example.net; dmarc=pass header.from=telecom.example"),
        on_top(b"ARC-Authentication-Results: i=1; mx.example.org; dmarc=pass header.from=telecom.example"),
        on_top(b"Received: from mx.telecom.example by mx.evil.example; Fri, 20 Nov 2026 08:00:00 +0100"),
        on_top(b" folded"), on_top(b"no colon"), on_top(b"X-S: a" + b"\r\n " * 3000),
        instead(b"noreply@telecom.example", b"boite@evil.example"),
        instead(b"noreply@telecom.example", b'"noreply@telecom.example"@evil.example'),
        instead(b"telecom.example>", b"telecom.example.evil.example>"),
        instead(b"telecom.example>", b"telecom.example>, <boite@evil.example>"),
        instead(b"telecom.example>", b"telecom.example.>"),
        instead(b"telecom.example", "tеlecom.example".encode()),
        instead(b"Merci", b"Payez ici"), instead(b"Merci", b" " * 40_000 + b"x"), through_a_list, through_a_gateway,
        lambda raw: TRUE_SIGNATURE * 25 + raw,
        lambda raw: raw + b"\r\n" + TRUE,
        lambda raw: raw.replace(b"\r\n", b"\n"),
    ]),
    st.sampled_from(AUTHORS).map(lambda name: lambda raw: head_of(name) + raw),
    st.sampled_from(AUTHORS).map(
        lambda name: lambda raw: raw.replace(b"From: Telecom <noreply@telecom.example>\r\n", head_of(name), 1)
    ),
    st.tuples(MARKS, st.integers(0, 400)).map(lambda one: lambda raw: raw[: one[1]] + one[0] + raw[one[1] :]),
)  # fmt: skip
FORGED: Final = BILL.replace(b"Merci", b"Donnez-nous votre mot de passe. Merci")
"""What the operator has never written."""


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(tricks=st.lists(TRICKS, max_size=6))
def test_no_tricks_together_make_a_forger_the_operator(worker: Worker, tricks: list[Trick]) -> None:
    """Never proven as the operator, never drafted to as the operator, never slow, and never an error but our own."""
    raw = FORGED
    for trick in tricks:
        raw = trick(raw)
    began = time.monotonic()
    try:
        analysis = judge(worker, raw, ZONE, authserv_ids=("mx.example.org",))
    except MessageError:
        analysis = None
    taken = time.monotonic() - began

    assert taken < 2 * SECONDS + 1  # reading and verifying each have their own
    if analysis is None:
        return
    assert not wears_its_name(analysis)
    assert analysis.decision.action is not Action.DRAFT
    assert analysis.decision.reason
    if analysis.authentication.standing is Standing.PROVEN:
        assert analysis.authentication.domain.endswith("evil.example")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(tricks=st.lists(TRICKS, max_size=3))
def test_what_the_operator_signed_is_shown_as_it_signed_it(worker: Worker, tricks: list[Trick]) -> None:
    """A true bill that was tampered with: if it is still proven, author, subject and text are the true ones."""
    raw = TRUE
    for trick in tricks:
        raw = trick(raw)
    try:
        analysis = judge(worker, raw, ZONE, authserv_ids=("mx.example.org",))
    except MessageError:
        return

    if analysis.operator:
        true = Message.from_bytes(BILL)
        assert analysis.message.author == true.author
        assert analysis.message.subject == true.subject
        assert analysis.message.text == true.text
