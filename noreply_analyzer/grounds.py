"""Which legal grounds a draft may cite: by topic, sector and firmness, each only where its conditions are met.

The grounds are ``grounds.toml``. No text of law forbids writing from an address that takes no replies, so none of them
says that one does; they say what has to exist beside it. A ground whose text nobody has read again in time is no
longer cited, but due.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from .choice import Level
from .language import _
from .records import Operator
from .topic import Topic

MOST: Final = 2
"""More than that in a letter is read by nobody."""
_EUROPEAN_UNION: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 - to be read
)
_FIRM: Final = (Level.COMPLAINT, Level.NOTICE)


class Condition(StrEnum):
    """What must be so for a ground to be cited."""

    BUSINESS = "business"
    """A trader, for whom the user is a consumer."""
    CONTRACT = "contract"
    """The user has a contract with it."""
    DISTANCE = "distance"
    """The contract was made at a distance."""
    ONLINE_SERVICE = "online_service"
    TELECOM = "telecom"
    FINANCE = "finance"
    INTERMEDIARY = "intermediary"
    """A platform for what others sell or publish."""
    PUBLIC_BODY = "public_body"
    MARKETING = "marketing"
    PHONE_CALL = "phone_call"
    DATA_REQUEST = "data_request"


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a condition is met; all that is named has to fit."""

    topics: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    not_sectors: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    proven: bool = False
    """Only if it is known who wrote, or that there is a contract."""

    def holds(self, operator: Operator, topic: Topic, *, proven: bool) -> bool:
        """Tell whether it is so for mail of *operator* about *topic*."""
        return (
            (not self.topics or topic in self.topics)
            and (not self.sectors or operator.sector in self.sectors)
            and operator.sector not in self.not_sectors
            and (not self.operators or operator.slug in self.operators)
            and (proven or not self.proven)
        )


class Citation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground in one language."""

    reference: str
    again: str = ""
    """The same, right after another article of the same code."""
    sentence: str
    """With ``{reference}`` in it."""


class Ground(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text of law that a draft may cite."""

    id: str
    code: str = ""
    """What it is an article of, if others of it may be cited too."""
    conditions: tuple[Condition, ...]
    topics: tuple[str, ...] = ()
    """Where it helps; empty: wherever its conditions are met."""
    sectors: tuple[str, ...] = ()
    countries: tuple[str, ...]
    """Of the operator; ``EU`` stands for all of its countries."""
    carries: bool = False
    """It is the request itself, and so stands in a plain question too."""
    closing: bool = False
    """It stands last, before what comes after silence."""
    since: date
    until: date | None = None
    """The last day on which it is in force."""
    contracts_since: date | None = None
    """It holds for contracts made on that day or later."""
    confidence: Literal["A", "B", "C"]
    """A: the text itself was read; B: a dated quotation of it; C: only what somebody says of it."""
    checked_on: date
    check_again: date
    """From this day on it is cited no more until somebody has read it again."""
    sources: tuple[str, ...]
    fr: Citation
    en: Citation

    def citation(self, language: str) -> Citation | None:
        """Give it in French or in English; in other languages no law is cited."""
        return {"fr": self.fr, "en": self.en}.get(language)


class _Grounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    facts: dict[Condition, Fact]
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What is known of the user's contract with an operator beyond what its mail shows."""

    made_on: date | None = None
    at_a_distance: bool = False
    known: bool = False
    """The user has references there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a letter is about, as far as the law looks at it."""

    topic: Topic
    level: Level
    sector: str
    country: str = "FR"
    day: date
    conditions: frozenset[Condition]
    contract: Contract = field(default_factory=Contract)


@cache
def _shipped() -> _Grounds:
    return msgspec.convert(tomllib.loads((files(__package__) / "grounds.toml").read_text("utf-8")), _Grounds)


def shipped_grounds() -> tuple[Ground, ...]:
    """Give the grounds that come with the package, in the order of preference."""
    return _shipped().grounds


def case_of(
    operator: Operator,
    topic: Topic,
    level: Level,
    *,
    day: date,
    proven: bool,
    bulk: bool = False,
    contract: Contract | None = None,
) -> Case:
    """Say which conditions are met.

    Args:
        operator: who wrote, or is said to have written.
        topic: what about.
        level: how firmly the user writes.
        day: when the user writes.
        proven: whether it is known that the operator wrote.
        bulk: whether the message was sent to many.
        contract: what the configuration says of the user's contract.
    """
    contract = contract or Contract()
    known = proven or contract.known
    facts = _shipped().facts
    conditions = {name for name, fact in facts.items() if fact.holds(operator, topic, proven=known)}
    if contract.at_a_distance:
        conditions.add(Condition.DISTANCE)
    if bulk and Condition.PHONE_CALL in conditions:
        conditions.add(Condition.MARKETING)
    return Case(
        topic=topic,
        level=level,
        sector=operator.sector,
        country=operator.country,
        day=day,
        conditions=frozenset(conditions),
        contract=contract,
    )


def choose_grounds(
    case: Case, *, doubtful: bool = False, grounds: Iterable[Ground] | None = None
) -> tuple[Ground, ...]:
    """Give the grounds that a letter cites, at most `MOST`, in the order in which it does.

    Those that nobody has read themselves (confidence C) are among them only if the user wants *doubtful* ones.
    """
    known = shipped_grounds() if grounds is None else grounds
    chosen = [ground for ground in known if _fits(ground, case) and (doubtful or ground.confidence != "C")][:MOST]
    return tuple(sorted(chosen, key=lambda ground: ground.closing))


def _fits(ground: Ground, case: Case) -> bool:
    return (
        case.conditions.issuperset(ground.conditions)
        and (case.level in _FIRM or ground.carries)
        and (not ground.topics or case.topic in ground.topics)
        and (not ground.sectors or case.sector in ground.sectors)
        and (case.country in ground.countries or ("EU" in ground.countries and case.country in _EUROPEAN_UNION))
        and _is_in_force(ground, case)
        and case.day < ground.check_again
    )


def _is_in_force(ground: Ground, case: Case) -> bool:
    if case.day < ground.since or (ground.until and ground.until < case.day):
        return False
    if ground.contracts_since is None:
        return True
    return case.contract.made_on is not None and case.contract.made_on >= ground.contracts_since


def cited(grounds: Iterable[Ground], language: str) -> tuple[str, ...]:
    """Give the sentences that cite *grounds*, one each; none in a language that has no sentence for it."""
    sentences, code = [], ""
    for ground in grounds:
        citation = ground.citation(language)
        if citation is None:
            continue
        again = citation.again if ground.code and ground.code == code else ""
        sentences.append(citation.sentence.format(reference=again or citation.reference))
        code = ground.code
    return tuple(sentences)


# For those who keep them true ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DueGround:
    """A ground that has to be read again."""

    ground: Ground
    late: bool = True
    """Whether it is cited no more; else it will not be from the day on that it names."""

    def __str__(self) -> str:
        sentence = (
            _("{id}: to be read again since {day}: {reference}")
            if self.late
            else _("{id}: to be read again by {day}: {reference}")
        )
        return "grounds.toml: " + sentence.format(
            id=self.ground.id, day=self.ground.check_again, reference=self.ground.fr.reference
        )

    def checklist(self) -> str:
        """Give it as an item of a checklist in Markdown, with the sources to be looked at again."""
        return "\n".join((f"- [ ] {self}", *(f"      {source}" for source in self.ground.sources)))

    def as_object(self) -> dict[str, Any]:
        """Give it as the object that scripts read (docs/json.md)."""
        return {
            "type": "due",
            "file": "grounds.toml",
            "id": self.ground.id,
            "what": self.ground.fr.reference,
            "since": self.ground.check_again.isoformat(),
            "sources": list(self.ground.sources),
        }


def due_grounds(today: date, *, within_days: int = 0, grounds: Iterable[Ground] | None = None) -> tuple[DueGround, ...]:
    """List the grounds that are cited no more, or will not be in *within_days* days, until they are read again."""
    known = shipped_grounds() if grounds is None else grounds
    late = [ground for ground in known if ground.check_again <= today + timedelta(days=within_days)]
    late.sort(key=lambda ground: (ground.check_again, ground.id))
    return tuple(DueGround(ground=ground, late=ground.check_again <= today) for ground in late)
