"""The schema of the curated records: operators, mediators, and the channels by which a person at each can be reached.

A channel exists only with a source that somebody read and a date. ``docs/registry.md`` explains each key to those who
correct the records; `registrar` reads and checks them.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

ELSEWHERE: Final = timedelta(days=1)
"""How far ahead the day of somebody in another time zone may be."""


class Medium(StrEnum):
    """By what a channel is reached, in the order in which we would choose."""

    EMAIL = "email"
    POST = "post"
    WEBFORM = "webform"
    PHONE = "phone"
    CHAT = "chat"
    SOCIAL = "social"


class Purpose(StrEnum):
    """What a channel is there for, in the operator's own words."""

    CUSTOMER_SERVICE = "customer-service"
    COMPLAINTS = "complaints"
    CANCELLATION = "cancellation"
    PRIVACY = "privacy"
    ABUSE = "abuse"
    GENERAL = "general"


class Audience(StrEnum):
    """Whom a channel is there for."""

    CONSUMERS = "consumers"
    BUSINESSES = "businesses"
    DATA_SUBJECTS = "data-subjects"
    AUTHORITIES = "authorities"
    ALL = "all"


class Quality(StrEnum):
    """How far a channel is known to be true, best first."""

    TESTED = "tested"
    VERIFIED = "verified"
    ARCHIVED = "archived"
    REPORTED = "reported"


class ReadBy(StrEnum):
    """Who reads what arrives."""

    PERSON = "person"
    ROBOT = "robot"
    UNKNOWN = "unknown"


class Sender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A domain that an operator's mail really comes from."""

    domain: str
    shared: bool = False
    """Subscribers have mailboxes here too, so only `addresses` count."""
    addresses: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    """Platforms whose signature is usual beside the operator's own: explains, never proves."""
    sources: tuple[str, ...]
    stated_on: date | None = None
    checked_on: date


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to reach a person at an operator or a mediator."""

    id: str
    medium: Medium
    purpose: Purpose
    audience: Audience
    target: str = ""
    """The address, number or page; a postal address stands in `lines`."""
    lines: tuple[str, ...] = ()
    region: str = ""
    serves: tuple[str, ...] = ()
    """Words of the one service that this desk is there for: a letter goes there only where mail says one of them."""
    languages: tuple[str, ...] = ("fr",)
    hours: str = ""
    price: str = ""
    read_by: ReadBy = ReadBy.UNKNOWN
    read_by_basis: str = ""
    limits: str = ""
    domain_basis: str = ""
    """How an e-mail address at a domain that is none of the operator's is known to be its own."""
    i_checked_this: bool = False
    """In a user's own record: take it although the address is on a deny list."""
    quality: Quality
    stated_on: date | None = None
    """The date of the copy that was read; without one the channel is `Quality.REPORTED` at best."""
    checked_on: date
    sources: tuple[str, ...]

    @property
    def true_as_of(self) -> date:
        """The older of its two dates: what is known of it is known of that day."""
        return min(self.stated_on or self.checked_on, self.checked_on)

    def is_early(self, today: date) -> bool:
        """Tell whether it bears a day that is still to come, wherever one is."""
        return max(self.stated_on or self.checked_on, self.checked_on) > today + ELSEWHERE

    def is_due(self, today: date, shelf_life_days: int) -> bool:
        """Tell whether it has to be looked up again: past its shelf life, or of a day on which nobody can have read it.

        *today* is the day somewhere; elsewhere it may be tomorrow already.
        """
        if self.is_early(today):
            return True
        return today - self.true_as_of > timedelta(days=shelf_life_days)


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do when a channel stays silent."""

    after_days: int
    channel: str
    """The id of one of the operator's channels, or ``mediator``."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address that circulates and must never become a recipient."""

    address: str
    reason: str


class Obsolete(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a record is kept only so that its slug still leads somewhere."""

    reason: str
    redirect: str = ""
    since: date | None = None


class Operator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation that writes to consumers."""

    slug: str
    name: str
    legal_name: str = ""
    country: str = "FR"
    sector: str
    brands: tuple[str, ...] = ()
    parent: str = ""
    websites: tuple[str, ...] = ()
    mediator: str = ""
    ask_locally: str = ""
    """How to find one's own agency, where that one answers rather than the head office; in French."""
    sells_for: tuple[str, ...] = ()
    """The slugs of those whose services it sells: what is about the service itself is theirs to answer."""
    senders: tuple[Sender, ...] = ()
    channels: tuple[Channel, ...] = ()
    escalation: tuple[Step, ...] = ()
    do_not_use: tuple[Refusal, ...] = ()
    obsolete: Obsolete | None = None
    note: str = ""


class Mediator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body that settles disputes after the operator's own services did not."""

    slug: str
    name: str
    sectors: tuple[str, ...]
    scope: str = ""
    conditions: str = ""
    """What must have happened before, in words."""
    after_days: int = 60
    sources: tuple[str, ...] = ()
    """Where the conditions and the delay were read."""
    stated_on: date | None = None
    checked_on: date | None = None
    websites: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    note: str = ""
