"""Which records claim a domain, and which names they bear: made once of all records, so that a look-up reads one.

An index is data that somebody else may keep: here it stands in the memory, in `catalogue` in a file.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from .address import Domain, organizational_domain
from .records import Operator, Sender
from .registrar import fold

_LONG_ENOUGH: Final = 5


class Index(Protocol):
    """What a registry looks into first."""

    @property
    def senders(self) -> Mapping[str, Sequence[tuple[str, Sender]]]:
        """Give the senders of a domain, each with the slug of its operator."""
        ...

    @property
    def websites(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Give the websites within a domain, each as slug and website, so that the organizational domain is a key."""
        ...

    @property
    def shared(self) -> Container[str]:
        """Give the domains where the public has mailboxes."""
        ...

    @property
    def names(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Give the folded names and brands by a word, each with the slug of its operator.

        The word is the longest of the name, and again the whole name without its spaces. Behind a dot stands what the
        organisation's own domains are called: ``.laposte`` for ``mail.laposte.fr``.
        """
        ...

    @property
    def last_look(self) -> date | None:
        """Give the day since which somebody has looked at half of the channels; ``None`` where there is none.

        Those of the user's own records do not count.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryIndex:
    """An index in the memory."""

    senders: Mapping[str, Sequence[tuple[str, Sender]]]
    websites: Mapping[str, Sequence[tuple[str, str]]]
    shared: frozenset[str]
    names: Mapping[str, Sequence[tuple[str, str]]]
    last_look: date | None


def indexed(by_slug: Mapping[str, Operator], shared_domains: Sequence[str]) -> MemoryIndex:
    """Make the index of some records."""
    senders: dict[str, list[tuple[str, Sender]]] = {}
    websites: dict[str, list[tuple[str, str]]] = {}
    shared = set(shared_domains)
    for slug, operator in by_slug.items():
        for sender in operator.senders:
            senders.setdefault(sender.domain, []).append((slug, sender))
            if sender.shared:
                shared.add(sender.domain)
        for website in operator.websites:
            for name in upwards(website):
                if "." in name:  # of a top-level domain nothing is asked
                    websites.setdefault(name, []).append((slug, website))
    looks = sorted(channel.checked_on for operator in by_slug.values() for channel in operator.channels)
    return MemoryIndex(
        senders=senders,
        websites=websites,
        shared=frozenset(shared),
        names=_names(by_slug),
        last_look=looks[len(looks) // 2] if looks else None,
    )


def _names(by_slug: Mapping[str, Operator]) -> Mapping[str, Sequence[tuple[str, str]]]:
    names: dict[str, set[tuple[str, str]]] = {}
    for slug, operator in by_slug.items():
        for name in (operator.name, *operator.brands):
            if folded := fold(name):
                for word in (max(folded.split(), key=len), squeezed(folded)):
                    names.setdefault(word, set()).add((folded, slug))
        for label in _labels(operator):
            names.setdefault(f".{squeezed(label)}", set()).add((label, slug))
    return {word: tuple(sorted(here)) for word, here in names.items()}


def _labels(operator: Operator) -> set[str]:
    """Give what somebody registered for an operator: a short one says too little to be worn."""
    own = (*operator.websites, *(sender.domain for sender in operator.senders if not sender.shared))
    labels = {fold(organizational_domain(Domain(domain)).partition(".")[0]) for domain in own}
    return {label for label in labels if len(label) >= _LONG_ENOUGH}


def squeezed(name: str) -> str:
    """Give a folded name as one word, which is how a domain bears it."""
    return name.replace(" ", "")


def names_among(index: Index, words: Iterable[str]) -> list[tuple[str, str]]:
    """Give every name that may stand among the folded *words*, and some that do not; the longest first."""
    found = {claim for word in set(words) for claim in index.names.get(word, ())}
    return sorted(found, key=lambda claim: (-len(claim[0]), claim))


def upwards(domain: str) -> Iterator[str]:
    """Give *domain* and every name that it is within, the nearest first."""
    yield domain
    for dot in re.finditer(r"\.", domain):
        yield domain[dot.end() :]


def searchable(operator: Operator) -> str:
    """Give the words of a record by which it is searched for."""
    domains = (*operator.websites, *(sender.domain for sender in operator.senders))
    return fold(" ".join((operator.slug, operator.name, operator.legal_name, *operator.brands, *domains)))
