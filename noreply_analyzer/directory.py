"""The registry to look things up in: every operator in short, one in full, and whose a name or an address is.

Everything here gives data; `portrait` writes it for people.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from .address import Address, Domain, canonicalize_domain, is_within
from .choice import Level, choose, lineage
from .errors import AddressError, UsageError
from .guards import Deadline
from .language import _
from .lookalike import claim
from .records import Channel, Mediator, Medium, Operator, Refusal
from .registrar import fold
from .registry import Registry
from .topic import Topic

_ADDRESS: Final = re.compile(r"[^\s<>]+@[^\s<>]+")


class FoundBy(StrEnum):
    """What of a record a search found."""

    SLUG = "slug"
    NAME = "name"
    BRAND = "brand"
    DOMAIN = "domain"
    SENDER = "sender"
    ADDRESS = "address"
    WEBSITE = "website"
    CHANNEL = "channel"
    DO_NOT_USE = "do-not-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The channel that a question goes to, or the first that may be named beside a letter."""

    operator: str
    """The slug of the operator whose channel it is: the one that was asked about, or the company it belongs to."""
    channel: Channel
    due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One operator, with all that its record leads to."""

    operator: Operator
    best: Best | None
    parent: Operator | None
    mediator: Mediator | None
    steps: tuple[tuple[int, Channel | Mediator], ...]
    """After how many days of silence what comes next; those of the company where the record has none."""
    deadline: Deadline | None
    own: bool
    """Whether a record of the user's stands over the shipped one, or instead of one."""
    due: frozenset[str]
    """The ids of its channels that are past their shelf life."""
    mediator_due: frozenset[str]
    redirected_from: str = ""
    """The slug that was asked for, where the operator is called otherwise now."""
    matched_by: FoundBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a search found."""

    entries: tuple[Entry, ...]
    remarks: tuple[str, ...] = ()
    """What whoever asked should know of the address, in sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The records as they are on one day."""

    registry: Registry
    today: date
    shelf_life_days: int
    shipped: Registry
    """The records without the user's own."""

    # One, and all -----------------------------------------------------------------------------------------------

    def entries(self, sector: str = "") -> tuple[Entry, ...]:
        """Give every operator, or those of one *sector*, by their slugs.

        Raises:
            UsageError: no operator is of that sector; the sentence guesses which was meant.
        """
        sectors = sorted({operator.sector for operator in self.registry.operators})
        if sector and sector not in sectors:
            sentence = _("there is no sector {sector!r}{guess}; there are: {sectors}")
            guess = _guess(sector, sectors)
            raise UsageError(sentence.format(sector=sector, guess=guess, sectors=", ".join(sectors)))
        return tuple(self._entry(one) for one in self.registry.operators if sector in {"", one.sector})

    def entry(self, slug: str) -> Entry:
        """Give the operator called *slug*, or the one it became.

        Raises:
            UsageError: there is none; the sentence guesses which was meant.
        """
        operator = self.registry.get(slug)
        if operator is None:
            guess = self._guess_slug(slug)
            sentence = _("there is no record {slug!r}{guess}; look with: noreply-analyzer registry search WORDS")
            raise UsageError(sentence.format(slug=slug, guess=guess))
        return replace(self._entry(operator), redirected_from="" if operator.slug == slug else slug)

    def _guess_slug(self, word: str) -> str:
        """Guess who is called so; or begins so; or is called nearly so; or has it in a name or a domain."""
        said = fold(word)
        if not said:
            return ""
        living = [one for one in self.registry.operators if one.obsolete is None]
        called = {fold(name): one.slug for one in reversed(living) for name in (*one.brands, one.name, one.slug)}
        by_name = [called[said]] if said in called else []
        begun = sorted(slug for name, slug in called.items() if name.startswith(f"{said} "))
        slugs = {fold(slug): slug for slug in self.registry.by_slug} | called  # the obsolete lead on
        near = [slugs[name] for name in difflib.get_close_matches(said, slugs, n=1)]
        found = [*by_name, *begun, *near, *(one.slug for one in self.registry.search(said))]
        return _(" (did you mean {word!r}?)").format(word=found[0]) if found else ""

    def _entry(self, operator: Operator, matched_by: FoundBy | None = None) -> Entry:
        mediator = self.registry.mediator_of(operator)
        return Entry(
            operator=operator,
            best=self._best(operator),
            parent=self.registry.get(operator.parent),
            mediator=mediator,
            steps=self.registry.steps_of(operator),
            deadline=self.registry.deadline_of(operator),
            own=operator != self.shipped.by_slug.get(operator.slug),
            due=self._due(operator.channels),
            mediator_due=self._due(mediator.channels if mediator else ()),
            matched_by=matched_by,
        )

    def _due(self, channels: Sequence[Channel]) -> frozenset[str]:
        return frozenset(channel.id for channel in channels if channel.is_due(self.today, self.shelf_life_days))

    def _best(self, operator: Operator) -> Best | None:
        if operator.obsolete:
            return None
        choice = choose(
            operator,
            topic=Topic.OTHER,
            level=Level.QUESTION,
            today=self.today,
            shelf_life_days=self.shelf_life_days,
            registry=self.registry,
        )
        channel = choice.channel or next(iter(choice.also), None)
        if channel is None:
            return None
        owners = (one for one in lineage(operator, self.registry) if channel in one.channels)
        return Best(operator=next(owners, operator).slug, channel=channel, due=bool(self._due([channel])))

    # Whose is it? -----------------------------------------------------------------------------------------------

    def search(self, words: str) -> Answer:
        """Find operators by name, brand, slug or domain; or, by an e-mail address, whose mail it is.

        Raises:
            UsageError: what looks like an address is none, or there is not one letter to look for.
        """
        if "@" in words:
            return self._by_address(_address_in(words))
        if not fold(words):
            raise UsageError(_("there is nothing to look for in {words!r}").format(words=words))
        domain = _domain_in(words)
        found = dict(self._by_domain(domain)) if domain else {}
        for operator in self.registry.search(domain or words):
            found.setdefault(operator.slug, _field_of(operator, domain or words))
        ranked = sorted(found, key=lambda slug: (not self._is_called(slug, words), slug))
        entries = tuple(self._entry(self.registry.by_slug[slug], found[slug]) for slug in ranked)
        return Answer(entries=entries, remarks=tuple(self._about_sharing(domain)) if domain else ())

    def _is_called(self, slug: str, words: str) -> bool:
        operator = self.registry.by_slug[slug]
        return fold(words) in {fold(name) for name in (slug, operator.name, *operator.brands)}

    def _by_domain(self, domain: Domain) -> Iterator[tuple[str, FoundBy]]:
        if match := self.registry.find(Address("noreply", domain)):
            yield match.operator.slug, FoundBy(match.matched_by)
            return
        for operator in self.registry.operators:
            own = (*operator.websites, *(sender.domain for sender in operator.senders))
            if any(is_within(domain, Domain(name)) for name in own):
                yield operator.slug, FoundBy.DOMAIN

    def _by_address(self, address: Address) -> Answer:
        match = self.registry.find(address)
        found = {match.operator.slug: FoundBy(match.matched_by)} if match else {}
        checked = False
        refusals: dict[str, Refusal] = {}
        for operator in self.registry.operators:
            here = [channel for channel in _emails(operator) if _is_email(channel.target, address)]
            checked = checked or any(channel.i_checked_this for channel in here)
            if here:
                found.setdefault(operator.slug, FoundBy.CHANNEL)
            for refusal in operator.do_not_use:
                if _is_email(refusal.address, address):
                    found.setdefault(operator.slug, FoundBy.DO_NOT_USE)
                    refusals.setdefault(refusal.reason, refusal)
        refusals |= {one.reason: one for one in self.registry.guards.refused if _is_email(one.address, address)}
        sentence = _("{address} must never be written to: {reason}")
        if checked:
            sentence = _("{address} is listed as never to be written to ({reason}); your own record says otherwise")
        remarks = [sentence.format(address=address, reason=reason) for reason in refusals]
        if match is None:
            remarks += self._about_sharing(address.domain)
            remarks += self._about_names(address)
        entries = tuple(self._entry(self.registry.by_slug[slug], found_by) for slug, found_by in found.items())
        return Answer(entries=entries, remarks=tuple(remarks))

    def _about_sharing(self, domain: Domain) -> Iterator[str]:
        """Say so where anybody may have a mailbox: there a name shows nothing."""
        shared = {sender.domain for one in self.registry.operators for sender in one.senders if sender.shared}
        shared |= set(self.registry.guards.shared_domains)
        if any(is_within(domain, Domain(name)) for name in shared):
            sentence = _("others have mailboxes at {domain} too: only an address that a record names shows an operator")
            yield sentence.format(domain=domain)

    def _about_names(self, address: Address) -> Iterator[str]:
        if worn := claim(self.registry, "", address):
            sentence = _("{domain} wears the name of {operator}, and no record says that it is one of its domains")
            yield sentence.format(domain=address.domain, operator=worn.operator.name)

    def nearest(self, words: str) -> str:
        """Guess, in words to be put behind a sentence, what a search that found nothing was meant to find."""
        return "" if "@" in words else self._guess_slug(words)


def _emails(operator: Operator) -> Iterator[Channel]:
    return (channel for channel in operator.channels if channel.medium is Medium.EMAIL)


def _is_email(text: str, address: Address) -> bool:
    return text.casefold() == address.key


def _address_in(words: str) -> Address:
    found = _ADDRESS.search(words)
    try:
        return Address.parse(found[0] if found else words)
    except AddressError as error:
        raise UsageError(str(error)) from error


def _domain_in(words: str) -> Domain | None:
    """Give the domain that *words* are: one alone, or the address of a page."""
    host = urlsplit(words.strip()).hostname if "://" in words else words.strip()
    if not host or "." not in host:
        return None
    try:
        return canonicalize_domain(host.lower().removeprefix("www."))
    except AddressError:
        return None


def _field_of(operator: Operator, words: str) -> FoundBy:
    """Say which part of a record holds the most of *words*; of two that hold as many, the one that says more."""
    wanted = fold(words).split()
    domains = (*operator.websites, *(sender.domain for sender in operator.senders))
    held = {
        FoundBy.SLUG: (operator.slug,),
        FoundBy.NAME: (operator.name, operator.legal_name),
        FoundBy.BRAND: operator.brands,
        FoundBy.DOMAIN: domains,
    }

    def count(field: FoundBy) -> int:
        return max((sum(word in fold(text) for word in wanted) for text in held[field]), default=0)

    return max(held, key=count)  # the first of those that are equal


def _guess(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return _(" (did you mean {word!r}?)").format(word=close[0]) if close else ""


# What scripts read --------------------------------------------------------------------------------------------------


def as_object(entry: Entry) -> dict[str, Any]:
    """Give one operator as the object that scripts read (docs/json.md)."""
    operator, best, mediator = entry.operator, entry.best, entry.mediator
    record: dict[str, Any] = msgspec.to_builtins(operator)
    found: dict[str, Any] = {"type": "operator"} | record
    found["parent"] = {"slug": entry.parent.slug, "name": entry.parent.name} if entry.parent else None
    found["channels"] = [_channel(channel, entry.due) for channel in operator.channels]
    found["mediator"] = None
    if mediator:
        channels = [_channel(channel, entry.mediator_due) for channel in mediator.channels]
        found["mediator"] = msgspec.to_builtins(mediator) | {"channels": channels}
    found["deadline"] = msgspec.to_builtins(entry.deadline)
    found["best_channel"] = None
    if best:
        found["best_channel"] = {
            "operator": best.operator,
            "id": best.channel.id,
            "medium": best.channel.medium.value,
            "quality": best.channel.quality.value,
            "due": best.due,
        }
    found["own"] = entry.own
    if entry.redirected_from:
        found["redirected_from"] = entry.redirected_from
    if entry.matched_by:
        found["matched_by"] = entry.matched_by.value
    return found


def _channel(channel: Channel, due: frozenset[str]) -> dict[str, Any]:
    written: dict[str, Any] = msgspec.to_builtins(channel)
    return written | {"target": channel.target or ", ".join(channel.lines), "due": channel.id in due}
