"""Who wrote, by the domain of a proven author, and where a person there can be reached.

The records are ``operators/*.toml`` and ``mediators/*.toml``: `records` is their schema, `registrar` reads and checks
them, `choice` chooses a channel. Here they stand together, with the user's own on top.

Never by display name: a name is what anybody may write. And an access provider's domain is often its customers' mail
domain too, so that a signature of it shows only that the provider's platform sent the message: on a *shared* domain
nothing counts but the exact addresses that a record names.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

import msgspec

from .address import Address, Domain, is_public_suffix, organizational_domain
from .choice import PURPOSES, Choice, Level, choose, lineage
from .collection import SUFFIX, read_collection
from .guards import Deadline, Guards, shipped_guards
from .index import Index, indexed, searchable, upwards
from .language import _
from .records import (
    Audience,
    Channel,
    Mediator,
    Medium,
    Obsolete,
    Operator,
    Purpose,
    Quality,
    ReadBy,
    Refusal,
    Sender,
    Step,
)
from .registrar import Seen, check_operator, fold, look_at_part, read_mediator, read_operator

__all__ = [
    "PURPOSES",
    "Audience",
    "Channel",
    "Choice",
    "Level",
    "Match",
    "MatchedBy",
    "Mediator",
    "Medium",
    "Obsolete",
    "Operator",
    "Purpose",
    "Quality",
    "ReadBy",
    "Refusal",
    "Registry",
    "Sender",
    "Step",
    "choose",
    "lineage",
    "read_mediator",
    "read_operator",
]

T = TypeVar("T")

_REDIRECTS: Final = 5
_PARTS: Final = ("channels", "senders", "do_not_use")


class MatchedBy(StrEnum):
    """What showed which operator an author's domain belongs to."""

    SENDER = "sender"
    ADDRESS = "address"
    WEBSITE = "website"


class Match(msgspec.Struct, frozen=True):
    """The operator an author's address belongs to."""

    operator: Operator
    matched_by: MatchedBy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registry:
    """All records. Made by `shipped` or `of`, never changed; `with_user_records` gives another."""

    by_slug: Mapping[str, Operator]
    mediators: Mapping[str, Mediator]
    guards: Guards
    _index: Index = field(repr=False)

    @classmethod
    @cache
    def shipped(cls) -> "Registry":
        """Give the records that come with the package; the tests vouch for them, so here they are only decoded."""
        here = files(__package__)
        return cls._made(
            (_decoded(text, Operator) for _name, text in _texts(here / "operators")),
            (_decoded(text, Mediator) for _name, text in _texts(here / "mediators")),
            shipped_guards(),
        )

    @classmethod
    def of(
        cls,
        operators: Iterable[Operator],
        mediators: Iterable[Mediator] = (),
        deny: Iterable[Refusal] = (),
        guards: Guards | None = None,
    ) -> "Registry":
        """Put records together: for the demo, for tests, for programs with records of their own.

        *deny* adds to what the *guards* refuse; without guards, those that come with the package hold.
        """
        guards = guards or shipped_guards()
        guards = msgspec.structs.replace(guards, refused=(*guards.refused, *deny))
        return cls._made(operators, mediators, guards)

    @classmethod
    def _made(cls, operators: Iterable[Operator], mediators: Iterable[Mediator], guards: Guards) -> "Registry":
        by_slug = {operator.slug: operator for operator in operators}
        return cls(
            by_slug=by_slug,
            mediators={mediator.slug: mediator for mediator in mediators},
            guards=guards,
            _index=indexed(by_slug, guards.shared_domains),
        )

    @classmethod
    def over(
        cls, *, by_slug: Mapping[str, Operator], mediators: Mapping[str, Mediator], guards: Guards, index: Index
    ) -> "Registry":
        """Give the registry of records that are kept elsewhere, and read one by one (`catalogue`)."""
        return cls(by_slug=by_slug, mediators=mediators, guards=guards, _index=index)

    @property
    def index(self) -> Index:
        """Give what is looked into first: for whoever keeps it."""
        return self._index

    @classmethod
    def with_user_records(
        cls, folder: Traversable, over: "Registry | None" = None
    ) -> tuple["Registry", tuple[str, ...]]:
        """Lay the records of *folder* over the shipped ones (or *over*): the user's channels and senders win.

        A collection in it that was imported comes after the curated records, and adds to them what those do not say.

        Returns:
            The registry, and one line for each problem. A record that cannot be read is left out whole, and the
            shipped one is used. A folder that does not exist holds no records.
        """
        base = over or cls.shipped()
        merged = dict(base.by_slug)
        problems: list[str] = []
        entries = _entries(folder, problems)
        for name, data in _files(entries, SUFFIX, problems):
            merged |= _added(name, data, base, problems)
        for name, data in _files(entries, ".toml", problems):
            record, wrong = laid(name, data, merged, base.guards)
            problems += wrong
            if record and not wrong:
                merged[record.slug] = record
        if merged == base.by_slug:
            return base, tuple(problems)
        # When the records that come along were looked at, no import of today makes younger.
        index = replace(indexed(merged, base.guards.shared_domains), last_look=base.index.last_look)
        return cls.over(by_slug=merged, mediators=dict(base.mediators), guards=base.guards, index=index), tuple(
            problems
        )

    @property
    def operators(self) -> tuple[Operator, ...]:
        """All operators by their slugs, the obsolete among them."""
        return tuple(self.by_slug[slug] for slug in sorted(self.by_slug))

    def get(self, slug: str) -> Operator | None:
        """Give the operator called *slug*, or the one it became."""
        operator = self.by_slug.get(slug)
        for _hop in range(_REDIRECTS):
            if operator is None or operator.obsolete is None or not operator.obsolete.redirect:
                return operator
            operator = self.by_slug.get(operator.obsolete.redirect)
        return operator

    def mediator_of(self, operator: Operator) -> Mediator | None:
        """Give the mediator of an operator, or of the company it belongs to."""
        named = next((one.mediator for one in lineage(operator, self) if one.mediator), "")
        return self.mediators.get(named)

    def steps_of(self, operator: Operator) -> tuple[tuple[int, Channel | Mediator], ...]:
        """Give the steps after silence: how many days after the one before, and the channel or mediator it leads to.

        A brand without steps of its own takes its company's; where nobody names any, the mediator says when it listens.
        """
        mediator = self.mediator_of(operator)
        for one in lineage(operator, self):
            if one.escalation:
                named: dict[str, Channel | Mediator] = {channel.id: channel for channel in one.channels}
                if mediator:
                    named["mediator"] = mediator
                return tuple((step.after_days, named[step.channel]) for step in one.escalation if step.channel in named)
        return ((mediator.after_days, mediator),) if mediator else ()

    def deadline_of(self, operator: Operator) -> Deadline | None:
        """Give how long an operator of that sector may take to answer a complaint, if anybody says so."""
        return next((one for one in self.guards.deadlines if operator.sector in one.sectors), None)

    def search(self, words: str) -> tuple[Operator, ...]:
        """Give the operators whose slug, name, brands or domains hold all the *words*, by their slugs."""
        wanted = fold(words).split()
        return tuple(one for one in self.operators if all(word in searchable(one) for word in wanted))

    def knows(self, domain: str) -> bool:
        """Tell cheaply whether mail of *domain* may be an operator's: `find` may still say that it is not."""
        if any(name in self._index.senders for name in upwards(domain)):
            return True
        own = organizational_domain(Domain(domain))
        return own in self._index.websites and not is_public_suffix(own)

    def find(self, author: Address) -> Match | None:
        """Give the operator that the address *author* belongs to; to be believed only if the author is proven."""
        for name in upwards(author.domain):
            if match := self._by_sender(author, name):
                return match
            if name in self._index.shared:
                return None
        return self._by_website(author.domain)

    def _by_sender(self, author: Address, name: str) -> Match | None:
        here, shared = self._index.senders.get(name, ()), name in self._index.shared
        for slug, sender in here:
            if author.key in {address.casefold() for address in sender.addresses}:
                return self._match(slug, MatchedBy.ADDRESS if shared else MatchedBy.SENDER)
        if shared:
            return None
        return next((self._match(slug, MatchedBy.SENDER) for slug, _sender in here), None)

    def _by_website(self, domain: Domain) -> Match | None:
        own = organizational_domain(domain)
        here = self._index.websites.get(own, ())
        if not here or is_public_suffix(own):
            return None
        above = set(upwards(domain))

        def farness(claim: tuple[str, str]) -> tuple[int, bool]:
            # The website nearest to the author, and a company rather than one of its brands.
            return (-len(claim[1]) if claim[1] in above else 0, bool(self.by_slug[claim[0]].parent))

        nearest = min(farness(claim) for claim in here)
        matches = {
            (match := self._match(one[0], MatchedBy.WEBSITE)).operator.slug: match
            for one in here
            if farness(one) == nearest
        }
        return next(iter(matches.values())) if len(matches) == 1 else None

    def _match(self, slug: str, matched_by: MatchedBy) -> Match:
        return Match(self.get(slug) or self.by_slug[slug], matched_by)


def _decoded(text: str, struct: type[T]) -> T:
    return msgspec.convert(tomllib.loads(text), struct)


def _texts(folder: Traversable) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text("utf-8")


def _entries(folder: Traversable, problems: list[str]) -> list[Traversable]:
    try:
        return sorted(folder.iterdir(), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(f"{folder.name}: {error.strerror}")
        return []


def _files(entries: Iterable[Traversable], suffix: str, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    for entry in entries:
        if entry.name.endswith(suffix) and not entry.name.startswith("."):
            try:
                yield entry.name, entry.read_bytes()
            except OSError as error:
                problems.append(f"{entry.name}: {error.strerror}")


def laid(name: str, data: bytes, below: Mapping[str, Operator], guards: Guards) -> Seen[Operator]:
    """Give the record of a user's own file over the one of *below* that it leans on; with problems, it is not used."""
    try:
        own, problems = look_at_part(data.decode("utf-8"), name)
    except UnicodeDecodeError:
        return None, (f"{name}: " + _("cannot be read as UTF-8 text"),)
    if own is None:
        return None, problems
    record = laid_over(below[own.slug], own) if own.slug in below else own
    return record, (*problems, *_problems(name, record, guards, own=True))


def _added(name: str, data: bytes, base: Registry, problems: list[str]) -> dict[str, Operator]:
    """Give the records of a collection, each under the curated one; no website that a curated record claims."""
    found, added = read_collection(data, name), dict[str, Operator]()
    problems += found.problems
    for operator in found.operators:
        free = tuple(one for one in operator.websites if organizational_domain(Domain(one)) not in base.index.websites)
        curated = base.by_slug.get(operator.slug)
        record = laid_over(operator, curated) if curated else msgspec.structs.replace(operator, websites=free)
        wrong = _problems(f"{name}: {operator.slug}", record, base.guards)
        problems += wrong
        if not wrong:
            added[record.slug] = record
    return added


def _problems(name: str, operator: Operator, guards: Guards, *, own: bool = False) -> list[str]:
    return [f"{name}: {place}: {why}" for place, why in check_operator(operator, guards.refused, own=own)]


def laid_over(below: Operator, above: Operator) -> Operator:
    """Give *below* with whatever *above* says instead; of the lists, what has the same id, domain or address."""
    said = {
        key.name: getattr(above, key.name)
        for key in msgspec.structs.fields(Operator)
        if key.name not in _PARTS and getattr(above, key.name) != key.default
    }
    return msgspec.structs.replace(
        below,
        **said,
        channels=_over(above.channels, below.channels, "id"),
        senders=_over(above.senders, below.senders, "domain"),
        do_not_use=_over(above.do_not_use, below.do_not_use, "address"),
    )


def _over(own: tuple[T, ...], shipped: tuple[T, ...], key: str) -> tuple[T, ...]:
    taken = {getattr(item, key) for item in own}
    return (*own, *(item for item in shipped if getattr(item, key) not in taken))
