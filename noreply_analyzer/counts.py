"""How many records and channels there are, and of what kind."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from .records import Medium, Purpose, Quality
from .registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How many records and channels there are, and of what kind."""

    operators: int
    """Those that are not obsolete."""
    obsolete: int
    mediators: int
    reachable: int
    """Operators with a channel of their own."""
    by: Mapping[str, Mapping[str, int]]
    """Of the operators' channels: ``medium``, ``purpose``, ``quality`` and ``age`` in months, each with its counts."""


def stats(registry: Registry, today: date) -> Stats:
    """Count the living operators and their channels."""
    living = [one for one in registry.operators if one.obsolete is None]
    channels = [channel for one in living for channel in one.channels]
    ages = Counter(_age((today - channel.true_as_of).days) for channel in channels)
    return Stats(
        operators=len(living),
        obsolete=len(registry.operators) - len(living),
        mediators=len(registry.mediators),
        reachable=sum(bool(one.channels) for one in living),
        by={
            "sector": dict(Counter(one.sector for one in living).most_common()),
            "medium": {one.value: sum(channel.medium is one for channel in channels) for one in Medium},
            "purpose": {one.value: sum(channel.purpose is one for channel in channels) for one in Purpose},
            "quality": {one.value: sum(channel.quality is one for channel in channels) for one in Quality},
            "age": {name: ages[name] for _days, name in _AGES},
        },
    )


_AGES: Final = ((30, "30 d"), (180, "180 d"), (365, "1 y"), (730, "2 y"), (10**6, "> 2 y"))


def _age(days: int) -> str:
    return next(name for most, name in _AGES if days <= most)
