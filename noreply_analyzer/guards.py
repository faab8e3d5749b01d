"""What holds for all records (``guards.toml``): whose domains are everybody's, which addresses are nobody's."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from .records import Refusal


class Deadline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a complaint may wait for its answer in a sector."""

    sectors: tuple[str, ...]
    answer_days: int
    working: bool = False
    """Whether those are working days."""
    acknowledged_in: int = 0
    """Working days for an acknowledgement; 0 where none is asked for."""
    basis: str
    """Who says so; in French."""
    sources: tuple[str, ...]
    stated_on: date | None = None
    checked_on: date


class Guards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for all records (``guards.toml``)."""

    shared_domains: tuple[str, ...] = ()
    """Domains where the public has mailboxes: none of them is ever an operator by itself."""
    common_words: tuple[str, ...] = ()
    """Brands that are also words of every day; it takes more than the word to claim them."""
    people_names: tuple[str, ...] = ()
    """Brands that people are called, too: alone they claim nothing, for a friend is called so."""
    trade_words: tuple[str, ...] = ()
    """Words that make a brand of a common word where they follow it: *Orange Service Client*."""
    sectors: tuple[str, ...] = ()
    """What an operator's sector may be."""
    deadlines: tuple[Deadline, ...] = ()
    refused: tuple[Refusal, ...] = ()


@cache
def shipped_guards() -> Guards:
    """Give what comes with the package to hold for all records."""
    return msgspec.convert(tomllib.loads((files(__package__) / "guards.toml").read_text("utf-8")), Guards)
