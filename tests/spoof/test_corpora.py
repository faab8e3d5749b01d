"""Phish that people received: none of it is ever shown as the brand that it wears."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import dkim
import pytest

from noreply_analyzer.authentication import Standing, TxtAnswer, conclude, keys_wanted, verify_signatures
from noreply_analyzer.message import Message
from noreply_analyzer.registrar import fold
from noreply_analyzer.registry import Registry
from noreply_analyzer.testing import DkimKey, Zone

PHISH: Final = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "phish"
NOW: Final = datetime(2026, 11, 26, 8, tzinfo=UTC)


def by_whoever_owns_its_domain(raw: bytes) -> tuple[bytes, Zone]:
    """Sign as the owner of the domain that is shown would: the most that anybody but the brand can do."""
    author = Message.from_bytes(raw).author
    key = DkimKey.ed25519(author.address.domain if author else "evil.example", selector="anew")
    try:
        return key.sign(raw), Zone.of(key)
    except (dkim.DKIMException, IndexError):
        return raw, Zone()


@pytest.mark.corpora
def test_no_phish_is_shown_as_the_brand_it_wears() -> None:
    """As it came, with a DNS that answers nothing; and signed by whoever owns the domain that it shows."""
    if not PHISH.is_dir():
        pytest.skip(f"no collection of phish at {PHISH}")
    registry = Registry.shipped()
    with (PHISH / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["kind"] != "exact-brand-domain"]
    proven = 0
    for row in rows:
        came = (PHISH / row["file"]).read_bytes()
        silent = {name: TxtAnswer(failed="nobody answers") for name in keys_wanted(Message.from_bytes(came))}
        for raw, keys in ((came, silent), by_whoever_owns_its_domain(came)):
            message = Message.from_bytes(raw)
            if conclude(message, verify_signatures(raw, message, keys, NOW)).standing is not Standing.PROVEN:
                continue
            proven += 1
            match = registry.find(message.author.address) if message.author else None
            names = {fold(name) for name in (match.operator.name, *match.operator.brands)} if match else set()
            assert names.isdisjoint(fold(brand) for brand in row["brand"].split("/")), row["file"]

    assert len(rows) > 100
    assert proven > 20  # or the assertion above would say nothing
