"""Mail that is written to keep a verifier busy: an answer within two seconds, and in words."""

import base64
from collections.abc import Callable
from typing import Final

import pytest
from signing import AT, BILL, DOMAIN, KEY, RSA, swap

from noreply_analyzer.authentication import Result, TxtAnswer, keys_wanted, verify_signatures
from noreply_analyzer.message import Message
from noreply_analyzer.testing import DkimKey, der_key
from noreply_analyzer.worker import Worker


def with_body(body: bytes) -> bytes:
    """Give a signed bill with another body: canonicalisation comes before any hash is compared."""
    return KEY.sign(BILL).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body


def five_times(raw: bytes) -> bytes:
    """Sign with five keys."""
    for number in range(5):
        raw = DkimKey.ed25519(DOMAIN, selector=f"s{number}").sign(raw)
    return raw


LONG_H: Final = ("from", *[f"x{number}" for number in range(199)])

SLOW: Final = {
    "a run of 40000 blanks": lambda: with_body(b" " * 40_000 + b"x\r\n"),
    "runs of 999 blanks": lambda: with_body((b" " * 999 + b"x") * 1000 + b"\r\n"),
    "runs of 31 blanks": lambda: with_body((b"\t" * 31 + b"x") * 30_000 + b"\r\n"),
    "3 MB of blanks": lambda: with_body(b" " * 3_000_000 + b"x\r\n"),
    "80000 folds": lambda: b"X-S: a" + b"\r\n " * 80_000 + b"x\r\n" + KEY.sign(BILL),
    "40000 folds": lambda: b"X-S: a" + b"\r\n " * 40_000 + b"x\r\n" + KEY.sign(BILL),
    "1 MB of header": lambda: b"X-S: " + b" " * 1_000_000 + b"x\r\n" + KEY.sign(BILL),
    "1900 fields and a long h=": lambda: b"X: y\r\n" * 1900 + KEY.sign(BILL, fields=LONG_H),
    "9 MB": lambda: with_body(b"a" * 78 * 120_000),
    "5 MB": lambda: KEY.sign(BILL + (b"a" * 76 + b"\r\n") * 60_000),
    "1 MB, five signatures": lambda: five_times(BILL + (b"a" * 76 + b"\r\n") * 13_000),
    "a million empty lines": lambda: with_body(b"\r\n" * 1_000_000),
    "20000 tags": lambda: b"DKIM-Signature: " + b"".join(b"a%d=1;" % n for n in range(20_000)) + b"\r\n" + BILL,
    "b= of 1 MB": lambda: swap(b" b=", b" b=" + b"A" * 1_000_000)(KEY.sign(BILL)),
    "b= with 4000 blanks": lambda: swap(b" b=", b" b=A" + b" " * 4000 + b"!")(KEY.sign(BILL)),
    "h= with 10000 blanks": lambda: swap(b"h=", b"h=a" + b" " * 10_000 + b"b:")(KEY.sign(BILL)),
    "99 signatures": lambda: KEY.sign(BILL)[: -len(BILL)] * 99 + BILL,
}  # fmt: skip


@pytest.mark.parametrize("make", SLOW.values(), ids=SLOW.keys())
def test_slow_tricks_end_in_time(worker: Worker, make: Callable[[], bytes]) -> None:
    """Our own limits hold, so that not even the deadline is needed; what was not checked says so."""
    raw = make()
    message = Message.from_bytes(raw)
    keys = {name: TxtAnswer(records=(KEY.record,)) for name in keys_wanted(message, every=True)}

    signatures = worker.call(verify_signatures, raw, message, keys, AT, seconds=2)

    assert signatures
    assert all(one.result is not Result.TEMPERROR for one in signatures)


@pytest.mark.parametrize(
    ("modulus", "exponent"), [(16384, 16384), (8192, 8192), (65536, 17), (4096, 33)], ids=lambda bits: f"{bits}"
)
def test_slow_keys_are_not_used(worker: Worker, modulus: int, exponent: int) -> None:
    """A key costs what its owner wants it to cost, but for our limits."""
    raw = RSA.sign(BILL)
    public = base64.b64encode(der_key(1 << modulus - 1 | 1, 1 << exponent - 1 | 1))
    keys = {RSA.name: TxtAnswer(records=(b"v=DKIM1; p=" + public,))}

    (signature,) = worker.call(verify_signatures, raw, Message.from_bytes(raw), keys, AT, seconds=2)

    assert signature.result in {Result.POLICY, Result.PERMERROR}
