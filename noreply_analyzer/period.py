"""From when to when: ``90d``, ``2026-01-01``."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .errors import UsageError
from .language import _

_BACK: Final = re.compile(r"(\d{1,5})\s*([dwmy])\Z")
_DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time; what has no date belongs to every one."""

    since: datetime | None = None
    until: datetime | None = None
    """Not itself part of it."""

    def covers(self, when: datetime | None) -> bool:
        """Tell whether *when*, which is read as UTC if it has no zone, lies within."""
        if when is None:
            return True
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return (self.since is None or when >= self.since) and (self.until is None or when < self.until)

    @classmethod
    def of(cls, since: str, until: str, *, now: datetime, zone: ZoneInfo) -> "Period":
        """Read what the user typed; an empty word is no limit.

        A day begins at midnight in *zone*; the last day is part of the period. ``90d`` is 90 days before *now*.

        Raises:
            UsageError: it is neither a day nor a number of days, weeks, months or years; or the end comes first.
        """
        first = _moment(since, now, zone) if since else None
        last = _moment(until, now, zone, following=True) if until else None
        if first and last and first >= last:
            raise UsageError(_("--since {since} is later than --until {until}").format(since=since, until=until))
        return cls(since=first, until=last)


def days_in(word: str) -> int:
    """Give the days of a stretch of time that the user typed: ``90d``, ``12w``, ``6m``, ``1y``, or days alone.

    Raises:
        UsageError: it is none.
    """
    typed = word.strip().lower()
    if back := _BACK.match(f"{typed}d" if typed.isdecimal() else typed):
        return int(back[1]) * _DAYS[back[2]]
    raise UsageError(_("{word!r} is no stretch of time: write 90d, 12w, 6m, 1y").format(word=word))


def _moment(word: str, now: datetime, zone: ZoneInfo, *, following: bool = False) -> datetime:
    if back := _BACK.match(word.strip().lower()):
        return now - timedelta(days=int(back[1]) * _DAYS[back[2]])
    try:
        day = date.fromisoformat(word.strip())
        return datetime.combine(day + timedelta(days=following), time.min, zone)
    except (ValueError, OverflowError) as error:
        sentence = _("{word!r} is no day and no stretch of time: write 2026-01-31, or 90d, 12w, 6m, 1y")
        raise UsageError(sentence.format(word=word)) from error
