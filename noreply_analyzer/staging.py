"""What the demo brings along: a mailbox, operators, keys and a DNS, all under names that nobody owns (RFC 2606).

The messages and records in ``demo_data`` are templates: ``{day+14}`` is filled in when the demo is played, so that the
mail is always of this week and no record is ever past its shelf life.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from functools import cache
from importlib.abc import Traversable
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from .config import Settings, parse
from .prose import words
from .registry import Registry, read_mediator, read_operator
from .testing import DkimKey, Zone

USER: Final = "anne@example.org"
ZONE: Final = ZoneInfo("Europe/Paris")
MAILBOXES: Final = ("Brouillons", "Envoyés")
"""Beside INBOX, which every server has."""

_BLANK: Final = re.compile(r"\{(date|day|iso|compact)([+-]\d{1,3})?(?:\|(word|qp))?\}")


class Altered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"before": "from", "after": "to"}):
    """Words that somebody changed on the way, after the message had been signed."""

    before: str
    after: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message, as ``demo_data/mailbox.toml`` describes it."""

    file: str
    days_ago: int
    time: time
    arrived_days_ago: int | None = None
    signed_by: str = ""
    altered: Altered | None = None
    action: str
    """What the first run is to do about it, by which rule; ``unopened`` if it is to see the header only."""
    rule: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message as it is put into the mailbox."""

    entry: Entry
    raw: bytes
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """All messages, oldest arrival first, and the zone in which the keys of their signatures stand."""

    arrivals: tuple[Arrival, ...]
    zone: Zone


def settings(port: int) -> Settings:
    """Give the configuration that Anne would have written, for a server on *port* of this machine."""
    account = {
        "name": "perso",
        "address": USER,
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "password_env": "NOREPLY_ANALYZER_DEMO",
        "operators": {"telecom-exemple": {"customer_number": "4455667788"}},
    }
    identity = {"name": "Anne Martin", "address": ["12 rue des Lilas", "17000 La Rochelle"]}
    return parse({"timezone": ZONE.key, "identity": identity, "accounts": [account]})


def mail(now: datetime) -> Mail:
    """Write, date and sign every message, as seen from *now*; the keys are made on the spot."""
    today = now.astimezone(ZONE).date()
    keys = {domain: DkimKey.ed25519(domain, selector="demo") for domain in {e.signed_by for e in entries()} if domain}
    arrivals = [_arrival(entry, today, keys.get(entry.signed_by)) for entry in entries()]
    return Mail(arrivals=tuple(sorted(arrivals, key=lambda one: one.received)), zone=Zone.of(*keys.values()))


@cache
def entries() -> Sequence[Entry]:
    """Give what lies in the mailbox."""
    table = tomllib.loads((_data() / "mailbox.toml").read_text("utf-8"))
    return msgspec.convert(table["messages"], tuple[Entry, ...])


def _arrival(entry: Entry, today: date, key: DkimKey | None) -> Arrival:
    written = datetime.combine(today - timedelta(days=entry.days_ago), entry.time, ZONE)
    days = entry.days_ago if entry.arrived_days_ago is None else entry.arrived_days_ago
    received = datetime.combine(today - timedelta(days=days), entry.time, ZONE) + timedelta(minutes=1)
    template = (_data() / "messages" / entry.file).read_text("utf-8")
    raw = fill(template, written).replace("\n", "\r\n").encode()
    if key:
        raw = key.sign(raw)
    if entry.altered:
        raw = raw.replace(entry.altered.before.encode(), entry.altered.after.encode())
    return Arrival(entry=entry, raw=raw, received=received)


def registry(now: datetime) -> Registry:
    """Give the records of the demo, dated as seen from *now*.

    Raises:
        RecordError: one of them is wrong.
    """
    operators = [read_operator(fill(text, now), name) for name, text in _records("operators")]
    mediators = [read_mediator(fill(text, now), name) for name, text in _records("mediators")]
    return Registry.of(operators, mediators)


def _records(folder: str) -> Iterator[tuple[str, str]]:
    for file in sorted((_data() / folder).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text("utf-8")


def _data() -> Traversable:
    return files(__package__) / "demo_data"


def fill(template: str, when: datetime) -> str:
    """Fill in the dates: ``{day}`` is *when*, ``{day+14}`` two weeks later.

    ``{date}`` is a Date field's (RFC 5322), ``{day}`` a Frenchman's, ``{iso}`` a record's, ``{compact}`` digits alone.
    ``|word`` stands within an encoded word of a header (RFC 2047), ``|qp`` within quoted-printable text (RFC 2045).
    """
    return _BLANK.sub(lambda blank: _filled(blank, when), template)


def _filled(blank: re.Match[str], when: datetime) -> str:
    kind, days, encoding = blank.groups()
    local = when.astimezone(ZONE) + timedelta(days=int(days or 0))
    text = {
        "date": format_datetime(local),
        "day": _day(local.date()),
        "iso": local.date().isoformat(),
        "compact": f"{local:%Y%m%d}",
    }[kind]
    if encoding:
        text = "".join(letter if letter.isascii() else _escaped(letter) for letter in text)
    return text.replace(" ", "_") if encoding == "word" else text


def _day(day: date) -> str:
    spoken = words("fr")
    return f"{spoken.first if day.day == 1 else day.day} {spoken.months[day.month - 1]}"


def _escaped(letter: str) -> str:
    return "".join(f"={byte:02X}" for byte in letter.encode())
