"""Every way to show one author and be another, signed by evil.example: none of them proves telecom.example."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import dkim
import pytest
from spoof.judging import judge, wears_its_name

from noreply_analyzer.address import canonicalize_domain, is_within
from noreply_analyzer.authentication import Authentication, Result, Standing, conclude, keys_wanted, verify_signatures
from noreply_analyzer.message import Message
from noreply_analyzer.policy import Action
from noreply_analyzer.testing import DkimKey, Zone
from noreply_analyzer.worker import Worker

AT: Final = datetime(2026, 11, 20, 8, tzinfo=UTC)
FOLDER: Final = Path(__file__).with_name("authors")
TRICKS: Final = tuple(sorted(FOLDER.glob("*.eml")))
EVIL: Final = DkimKey.ed25519("evil.example")
OWN: Final = canonicalize_domain("evil.example")
BRAND: Final = canonicalize_domain("telecom.example")


def describe(path: Path) -> dict[str, Any]:
    """Read what a trick is about."""
    return tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))


def sign(raw: bytes) -> bytes:
    """Sign as evil.example; what dkimpy cannot read cannot be signed."""
    try:
        return EVIL.sign(raw)
    except (dkim.DKIMException, IndexError):
        return raw


def prove(raw: bytes) -> Authentication:
    """Do what the program does."""
    message, zone = Message.from_bytes(raw), Zone.of(EVIL)
    keys = zone.look_up_all(keys_wanted(message), seconds=1)
    return conclude(message, verify_signatures(raw, message, keys, AT))


@pytest.mark.parametrize("path", TRICKS, ids=lambda path: path.stem)
def test_nobody_but_its_owner_is_proven(path: Path) -> None:
    """What evil.example signs is at most evil.example's, and exactly the honest ones are proven."""
    raw, expected = path.read_bytes(), describe(path)

    authentication = prove(sign(raw))

    proven = authentication.standing is Standing.PROVEN
    assert proven is expected["honest"]
    assert proven is (authentication.result is Result.PASS)
    if proven:
        domain = canonicalize_domain(authentication.domain)
        assert is_within(domain, OWN)
        assert not is_within(domain, BRAND)
        assert expected["author"].rpartition("@")[2] == domain


@pytest.mark.parametrize("path", TRICKS, ids=lambda path: path.stem)
def test_nothing_is_proven_without_a_signature(path: Path) -> None:
    """As they came, there is nothing to prove them by."""
    authentication = prove(path.read_bytes())

    assert authentication.standing is not Standing.PROVEN
    assert authentication.reason


@pytest.mark.parametrize("path", TRICKS, ids=lambda path: path.stem)
def test_what_the_user_is_told(worker: Worker, path: Path) -> None:
    """The sentence beside each message; and none is shown, or answered, as the operator's."""
    analysis = judge(worker, sign(path.read_bytes()), Zone.of(EVIL))

    assert analysis.decision.reason == describe(path)["said"]
    assert analysis.decision.action in {Action.TELL, Action.LEAVE}
    assert not wears_its_name(analysis)


def test_whoever_shows_the_operator_is_told_of() -> None:
    """All but those that name it in no place a reader is shown, or name nobody at all."""
    silent = {path.stem for path in TRICKS if "Télécom Exemple" not in describe(path)["said"]}

    assert silent == {
        *("brand-in-resent-from", "brand-in-sender", "raw-latin-1-name", "two-reply-to", "upper-case"),
        *("domain-literal", "empty-address", "no-from", "from-in-the-body"),
    }


def test_the_collection_holds_both_kinds() -> None:
    """Honest ones beside tricks, or the test above would pass by refusing everything."""
    honest = [describe(path)["honest"] for path in TRICKS]

    assert len(TRICKS) >= 46
    assert 3 < sum(honest) < len(honest) - 3
