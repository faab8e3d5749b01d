"""A collection of other people's records, taken beside the user's own: added, updated, never doubled.

It is one file, which the next import writes anew; a line that says what it said stays as it is. Where somebody has
changed that file by hand no import goes over it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from . import datenanfragen
from .address import Address, Domain, organizational_domain
from .checkout import look_at
from .collection import SUFFIX, collected, read_collection
from .datenanfragen import COLLECTION, Company, Version
from .errors import AddressError, DataError, OutputError
from .folders import files_in, read_file, write_over
from .language import _
from .lock import take_lock
from .records import Channel, Medium, Operator, Refusal
from .registrar import check_operator, is_silent, refused
from .registry import Registry

FILE: Final = f"{COLLECTION}{SUFFIX}"
MAX_BYTES: Final = 256 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Import:
    """What an import did."""

    file: Path
    companies: int = 0
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    gone: list[str] = field(default_factory=list)
    """The slugs of records that the collection no longer has."""
    refused: list[str] = field(default_factory=list)
    """A sentence for each address that must never be used; it is left out, and nothing is wrong with that."""
    problems: list[str] = field(default_factory=list)

    def as_object(self) -> dict[str, Any]:
        """Give it as the object that scripts read (docs/json.md)."""
        return {
            "type": "import",
            "collection": COLLECTION,
            "file": str(self.file),
            "companies": self.companies,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "gone": self.gone,
            "refused": self.refused,
            "problems": self.problems,
        }


# What there is to take ----------------------------------------------------------------------------------------------


def companies_in(folder: Path, done: Import) -> tuple[list[tuple[Company, Version]], frozenset[str]]:
    """Read every company of a checkout of their data; give with them the slugs of those that cannot be read.

    Raises:
        DataError: it is no such checkout.
    """
    here = folder.resolve() / "companies"
    names = [name for name in files_in(here, {".json"}) if "/" not in name]
    known = look_at(here)
    found: list[tuple[Company, Version]] = []
    unread: set[str] = set()
    for name in names:
        try:
            data = read_file(here / name, most=datenanfragen.MAX_BYTES)
            company = datenanfragen.read_company(data, name)
        except DataError as error:
            done.problems.append(str(error))
            unread.add(name.removesuffix(".json"))
        else:
            commit = known.commit_of(name, data)
            found.append((company, Version(commit.digits, commit.day) if commit else Version()))
    done.companies = len(found)
    return found, frozenset(unread)


def operators_of(
    companies: Sequence[tuple[Company, Version]], shipped: Registry, *, today: date, done: Import
) -> list[Operator]:
    """Give a record for each company; where there is one already, what it does not say, under its slug."""
    by_slug = {operator.slug: operator.slug for operator in shipped.operators if operator.obsolete is None}
    gone = {operator.slug for operator in shipped.operators if operator.obsolete}
    by_domain: dict[str, list[str]] = defaultdict(list)
    for operator in shipped.operators:
        for domain in {organizational_domain(Domain(website)) for website in operator.websites}:
            if operator.slug in by_slug and domain not in shipped.guards.shared_domains:
                by_domain[domain].append(operator.slug)
    sharing: dict[str, list[str]] = defaultdict(list)
    for company, _version in companies:
        sharing[company.domain].append(company.slug)
    made: dict[str, Operator] = {}
    for company, version in companies:
        if company.slug in gone:
            continue
        if slug := datenanfragen.curated(company, by_slug, by_domain):
            found = _beside(shipped.by_slug[slug], made.get(slug), company, version, today)
        else:
            own = company.is_at_home or len(sharing[company.domain]) == 1
            found = datenanfragen.as_operator(company, version, today=today, website=own)
        sound = _sound(found, company, shipped, done)
        if sound.channels:
            made[sound.slug] = sound
    return [made[slug] for slug in sorted(made)]


def _beside(curated: Operator, made: Operator | None, company: Company, version: Version, today: date) -> Operator:
    """Give a record that adds the channels of a company to those of a curated one."""
    base = made or Operator(slug=curated.slug, name=curated.name, sector=curated.sector, country=curated.country)
    prefix = COLLECTION if company.slug == curated.slug or not base.channels else f"{COLLECTION}-{company.slug}"
    new = tuple(datenanfragen.channels_of(company, version, today=today, prefix=prefix))
    taken = {channel.id for channel in base.channels}
    if any(channel.id in taken for channel in new):
        new = tuple(datenanfragen.channels_of(company, version, today=today, prefix=f"{COLLECTION}-{company.slug}"))
    said = {(channel.target, channel.lines) for channel in (*base.channels, *curated.channels)}
    return msgspec.structs.replace(
        base, channels=(*base.channels, *(one for one in new if (one.target, one.lines) not in said))
    )


def _sound(operator: Operator, company: Company, shipped: Registry, done: Import) -> Operator:
    """Leave out the channels that no record may have, and name them."""
    file = f"companies/{company.slug}.json"
    allowed: list[Channel] = []
    for channel in operator.channels:
        if why := _why_never(channel, _refusals(operator, channel, shipped)):
            told = {"value": channel.target or ", ".join(channel.lines), "why": why}
            done.refused.append(_("{file}: {value} is left out: {why}").format(file=file, **told))
        else:
            allowed.append(channel)
    operator = msgspec.structs.replace(operator, channels=tuple(allowed))
    wrong = list(check_operator(operator))
    done.problems += (f"{file}: {place}: {why}" for place, why in wrong)
    bad = {place.partition(".")[0] for place, _why in wrong}
    if not bad:
        return operator
    channels = tuple(one for at, one in enumerate(allowed) if f"channels[{at}]" not in bad)
    websites = () if "websites[0]" in bad else operator.websites
    reduced = msgspec.structs.replace(operator, channels=channels, websites=websites)
    return reduced if not list(check_operator(reduced)) else msgspec.structs.replace(reduced, channels=())


def _why_never(channel: Channel, refusals: list[Refusal]) -> str:
    """Say why a channel must never be used, if so."""
    if channel.medium is Medium.EMAIL:
        with suppress(AddressError):  # told as what cannot be read
            if is_silent(Address.parse(channel.target)):
                return _("says itself that it takes no answer")
    return next((refusal.reason for refusal in refused(channel, refusals)), "")


def _refusals(operator: Operator, channel: Channel, shipped: Registry) -> list[Refusal]:
    """Give what must never be used and may be this channel: the rest need not be compared."""
    curated = shipped.by_slug.get(operator.slug)
    every = (*shipped.guards.refused, *(curated.do_not_use if curated else ()))
    return [one for one in every if ("@" in one.address) == (channel.medium is Medium.EMAIL)]


# What is written ----------------------------------------------------------------------------------------------------


def take_in(folder: Path, into: Path, *, shipped: Registry, today: date) -> Import:
    """Write the records of a checkout of Datenanfragen's data into one file of the folder *into*.

    Raises:
        DataError: there is no such checkout, or somebody has changed the file that is there.
        LockHeldError: another import is at work there.
        OutputError: it cannot be written; the old one is as it was.
    """
    done = Import(file=into / FILE)
    if not (folder / "companies").is_dir():
        raise DataError(_("{path} is no checkout of their data: it has no folder companies").format(path=folder))
    with _alone(done.file):
        before = _before(done.file)
        companies, unread = companies_in(folder, done)
        after: dict[str, Operator] = {}
        for operator in operators_of(companies, shipped, today=today, done=done):
            old = before.get(operator.slug)
            if old and _undated(old) == _undated(operator):
                done.unchanged += 1
            else:
                (done.updated if old else done.added).append(operator.slug)
            after[operator.slug] = old if old and _undated(old) == _undated(operator) else operator
        after = {slug: one for slug, one in before.items() if slug in unread} | after
        done.gone += sorted(before.keys() - after.keys())
        if done.added or done.updated or done.gone:
            write_over(done.file, collected(COLLECTION, (after[slug] for slug in sorted(after))))
    return done


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    held = _("another import is at work ({path} is locked); wait for it to end, then import again").format(path=file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = take_lock(file.with_name(f".{file.name}"), held)
    except OSError as error:
        raise OutputError(_("{path} cannot be written: {error}").format(path=file, error=error.strerror)) from error
    with lock:
        yield


def _before(file: Path) -> dict[str, Operator]:
    """Give what the last import wrote.

    Raises:
        DataError: that is not what is there.
    """
    if not file.is_symlink() and not file.exists():
        return {}
    found = read_collection(read_file(file, most=MAX_BYTES), file.name)
    if not found.as_written:
        sentence = _(
            "{path} is not as an import wrote it: put what you changed into files of your own beside it"
            " (docs/registry.md), delete it, and import again"
        )
        raise DataError(sentence.format(path=file))
    return {operator.slug: operator for operator in found.operators}


def _undated(operator: Operator) -> Operator:
    """Give what a record says, whenever it was looked at."""
    channels = tuple(msgspec.structs.replace(one, checked_on=date.min) for one in operator.channels)
    return msgspec.structs.replace(operator, channels=channels)
