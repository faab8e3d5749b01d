"""The Message-IDs that we make: the same for the same draft, and known again."""

import pytest
from builders import a_mailbox
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.ids import Marker, digest, draft_id, is_draft_id, read_marker, stand_in

DOMAIN = a_mailbox("anne@example.org").address.domain
ONE = digest("anne@example.org", "telecom-exemple", "billing", ["k1", "k2"])


def test_a_draft_has_the_same_digest_whatever_the_order_of_its_messages() -> None:
    """Whoever makes the same draft again makes the same one."""
    assert digest("anne@example.org", "telecom-exemple", "billing", ["k2", "k1"]) == ONE
    assert len(ONE) == 32
    assert set(ONE) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("account", "operator", "topic", "keys"),
    [
        ("bob@example.org", "telecom-exemple", "billing", ["k1", "k2"]),
        ("anne@example.org", "energie-exemple", "billing", ["k1", "k2"]),
        ("anne@example.org", "telecom-exemple", "contract", ["k1", "k2"]),
        ("anne@example.org", "telecom-exemple", "billing", ["k1"]),
        ("anne@example.org", "telecom-exemple", "billing", ["k1", "k3"]),
    ],
)
def test_another_account_operator_topic_or_message_is_another_draft(
    account: str, operator: str, topic: str, keys: list[str]
) -> None:
    """Each of the four makes a difference."""
    assert digest(account, operator, topic, keys) != ONE


@pytest.mark.parametrize(
    ("message_id", "ours"),
    [
        (draft_id(ONE, DOMAIN), True),
        (f"<noreply-analyzer.{ONE}@mail.example>", True),
        (f"<noreply-analyzer.{ONE}@example.org> ", False),
        (f"<noreply-analyzer.{ONE}@example.org>\n", False),
        (f"<noreply-analyzer.{ONE[:-1]}@example.org>", False),
        (f"<noreply-analyzer.{ONE.upper()}@example.org>", False),
        (f"<noreply-analyzer.{ONE}@exam ple.org>", False),
        (f"<x.noreply-analyzer.{ONE}@example.org>", False),
        (f"noreply-analyzer.{ONE}@example.org", False),
        ("<facture.12@telecom.example>", False),
        ("", False),
    ],
)
def test_a_draft_is_known_by_its_message_id(message_id: str, *, ours: bool) -> None:
    """The shape is exact: no mail of anybody else is taken for ours."""
    assert is_draft_id(message_id) is ours


def test_a_marker_says_what_a_draft_is_about() -> None:
    """It reads back as it was written, as the only Message-ID that does."""
    marker = Marker(operator="telecom-exemple", topic="billing", digest=ONE)

    assert str(marker) == f"<telecom-exemple.billing.{ONE}@draft.noreply-analyzer.invalid>"
    assert read_marker(str(marker)) == marker


@pytest.mark.parametrize(
    "message_id",
    [
        "",
        "<facture.12@telecom.example>",
        f"<telecom-exemple.billing.{ONE}@draft.noreply-analyzer.example>",
        f"<telecom-exemple.billing.{ONE}@draft.noreply-analyzerxinvalid>",
        f"<telecom-exemple.billing.{ONE}@draft.noreply-analyzer.invalid>x",
        f"<telecom-exemple.billing.{ONE}@draft.noreply-analyzer.invalid>\n",
        f"<telecom exemple.billing.{ONE}@draft.noreply-analyzer.invalid>",
        f"<.billing.{ONE}@draft.noreply-analyzer.invalid>",
        f"<telecom-exemple.{ONE}@draft.noreply-analyzer.invalid>",
        f"<telecom-exemple.billing.{ONE[:-1]}@draft.noreply-analyzer.invalid>",
        draft_id(ONE, DOMAIN),
        stand_in("k1"),
    ],
)
def test_no_other_message_id_is_a_marker(message_id: str) -> None:
    """Neither a stranger's nor another of ours."""
    assert read_marker(message_id) is None


def test_a_message_without_a_message_id_has_a_stand_in() -> None:
    """It names the message's key, and is taken neither for a draft nor for a marker."""
    assert stand_in("k1") == "<k1@message.noreply-analyzer.invalid>"
    assert stand_in("k1") != stand_in("k2")
    assert not is_draft_id(stand_in("k1"))


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_whatever_a_stranger_writes_is_read(text: str) -> None:
    """A Message-ID out of a message never raises; a marker found in one reads back as it stands."""
    marker = read_marker(text)

    assert marker is None or str(marker) == text
    assert not is_draft_id(text) or text.startswith("<noreply-analyzer.")
