"""The factory of signed mail: what is honest is proven, and what befell it on its way is never called forged."""

from collections.abc import Callable

import pytest
from signing import prove

from noreply_analyzer.authentication import Result, Standing
from noreply_analyzer.testing import DkimKey, Zone, bill, forwarded, signed, through_a_gateway, through_a_list

ED: DkimKey = DkimKey.ed25519("telecom.example")
RSA = DkimKey.new_rsa("telecom.example")
PLATFORM = DkimKey.new_rsa("platform.example", selector="p")
ZONE = Zone.of(ED, RSA, PLATFORM)
BILL = bill("Telecom <noreply@telecom.example>")
BELOW = bill("Telecom <noreply@news.telecom.example>", number=2)

HONEST = {
    "Ed25519": signed(BILL, ED),
    "RSA": signed(BILL, RSA),
    "both": signed(BILL, RSA, ED),
    "a sub-domain": signed(BELOW, RSA),
    "a platform, and the operator's own": signed(BILL, RSA, PLATFORM),
    "the operator's own above the platform's": signed(BILL, PLATFORM, RSA),
    "forwarded": forwarded(signed(BILL, RSA)),
    "forwarded twice": forwarded(forwarded(signed(BELOW, ED, PLATFORM))),
}


@pytest.mark.parametrize("raw", HONEST.values(), ids=HONEST.keys())
def test_honest_mail_is_proven(raw: bytes) -> None:
    """First-party, from below the domain, by a platform beside the operator's own signature, forwarded unchanged."""
    assert prove(raw, ZONE).standing is Standing.PROVEN


@pytest.mark.parametrize("damage", [through_a_list, through_a_gateway])
@pytest.mark.parametrize("keys", [(ED,), (RSA,), (RSA, PLATFORM)], ids=["Ed25519", "RSA", "both"])
def test_honest_damage_is_no_forgery(damage: Callable[[bytes], bytes], keys: tuple[DkimKey, ...]) -> None:
    """Not established, and why."""
    authentication = prove(damage(signed(BILL, *keys)), ZONE)

    assert (authentication.standing, authentication.result) == (Standing.NOT_ESTABLISHED, Result.FAIL)
    assert authentication.reason == "the body was altered after signing"


def test_a_platform_alone_proves_nothing() -> None:
    """Whoever pays it may write through it."""
    assert prove(signed(BILL, PLATFORM), ZONE).reason == (
        "it is signed by platform.example, which says nothing about telecom.example"
    )


def test_rsa_keys_of_one_length_are_one_key() -> None:
    """A test that wants many domains does not wait for many primes; a key of another length is another."""
    assert RSA.private == PLATFORM.private
    assert DkimKey.new_rsa("telecom.example", bits=512).record != RSA.record
