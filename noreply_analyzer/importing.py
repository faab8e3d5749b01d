"""A collection of other people's records, taken into a folder of the user's own: added, updated, never doubled.

A manifest in that folder keeps a hash of each file as it was written. What somebody has changed since is that person's,
and is left alone; so is what was taken away.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from . import datenanfragen
from .address import Domain, organizational_domain
from .checkout import look_at
from .datenanfragen import COLLECTION, Company, Version
from .errors import DataError, OutputError
from .folders import files_in, read_file, write_over
from .language import _
from .records import Operator, Refusal
from .registrar import check_operator
from .registry import Registry
from .scribe import written

MANIFEST: Final = ".manifest.json"
_MAX_MANIFEST: Final = 32 * 1024 * 1024
_MAX_RECORD: Final = 1024 * 1024
_REMARK: Final = "Imported from datenanfragen.de (CC0). What is changed here by hand stays so, and is imported no more."


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an import wrote into a folder."""

    collection: str
    files: dict[str, tuple[str, ...]] = {}
    """Of each file the hashes that it may have; two where an import may have been cut off between them."""
    made: dict[str, str] = {}
    """Of each file a hash of what it says, whenever it was looked at: what is the same is not written again."""


@dataclass(slots=True, kw_only=True)
class Import:
    """What an import did."""

    directory: Path
    companies: int = 0
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)
    """Files that somebody changed by hand."""
    gone: list[str] = field(default_factory=list)
    """Files of records that the collection no longer has."""
    problems: list[str] = field(default_factory=list)

    def as_object(self) -> dict[str, Any]:
        """Give it as the object that scripts read (docs/json.md)."""
        return {
            "type": "import",
            "collection": COLLECTION,
            "directory": str(self.directory),
            "companies": self.companies,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "kept": self.kept,
            "gone": self.gone,
            "problems": self.problems,
        }


# What there is to take ----------------------------------------------------------------------------------------------


def companies_in(folder: Path, problems: list[str]) -> list[tuple[Company, Version]]:
    """Read every company of a checkout of their data; name each that cannot be read.

    Raises:
        DataError: it is no such checkout.
    """
    here = folder.resolve() / "companies"
    names = files_in(here, {".json"})
    known = look_at(here)
    found: list[tuple[Company, Version]] = []
    for name in names:
        if "/" in name:
            continue
        try:
            data = read_file(here / name, most=datenanfragen.MAX_BYTES)
            company = datenanfragen.read_company(data, name)
        except DataError as error:
            problems.append(str(error))
        else:
            commit = known.commit_of(name, data)
            found.append((company, Version(commit.digits, commit.day) if commit else Version()))
    return found


def operators_of(
    companies: Sequence[tuple[Company, Version]], shipped: Registry, *, today: date, problems: list[str]
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
        sound = _sound(found, company, shipped, problems)
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


def _sound(operator: Operator, company: Company, shipped: Registry, problems: list[str]) -> Operator:
    """Leave out the channels that no record may have, and name them."""
    said = {channel.target.casefold() for channel in operator.channels}
    every = (*shipped.guards.refused, *_do_not_use(operator.slug, shipped))
    refused = tuple(one for one in every if "@" not in one.address or one.address.casefold() in said)
    wrong = list(check_operator(operator, refused))
    problems += (f"companies/{company.slug}.json: {place}: {why}" for place, why in wrong)
    bad = {place.partition(".")[0] for place, _why in wrong}
    if not bad:
        return operator
    channels = tuple(one for at, one in enumerate(operator.channels) if f"channels[{at}]" not in bad)
    reduced = msgspec.structs.replace(
        operator, channels=channels, websites=() if "websites[0]" in bad else operator.websites
    )
    return reduced if not list(check_operator(reduced, refused)) else msgspec.structs.replace(reduced, channels=())


def _do_not_use(slug: str, shipped: Registry) -> Iterable[Refusal]:
    curated = shipped.by_slug.get(slug)
    return curated.do_not_use if curated else ()


# What is written ----------------------------------------------------------------------------------------------------


def take_in(folder: Path, into: Path, *, shipped: Registry, today: date) -> Import:
    """Write the records of a checkout of Datenanfragen's data into the folder *into*.

    Raises:
        DataError: there is no such checkout, or the manifest cannot be read.
        OutputError: something cannot be written; what was written is whole, and the next import goes on.
    """
    done = Import(directory=into)
    companies = companies_in(folder, done.problems)
    done.companies = len(companies)
    before = _manifest(into)
    texts = {
        f"{operator.slug}.toml": (written(operator, remarks={"": [_REMARK]}), _gist(operator))
        for operator in operators_of(companies, shipped, today=today, problems=done.problems)
    }
    new: dict[str, str] = {}
    for name, (text, gist) in texts.items():
        if not _is_ours(into, name, before):
            done.kept.append(name)
        elif before.made.get(name) == gist:
            done.unchanged += 1
        else:
            (done.updated if name in before.made else done.added).append(name.removesuffix(".toml"))
            new[name] = text
    done.gone += sorted(name for name in before.files if name not in texts and (into / name).exists())
    _write(into, before, new, {name: texts[name][1] for name in new})
    return done


def _write(into: Path, before: Manifest, new: Mapping[str, str], gists: Mapping[str, str]) -> None:
    """Say first what will be written, then write it: an import that is cut off knows its own files again."""
    if not new:
        return
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(_("{path} cannot be written: {error}").format(path=into, error=error.strerror)) from error
    hashes = {name: _hash(text.encode()) for name, text in new.items()}
    meant = before.files | {name: (*before.files.get(name, ())[-1:], one) for name, one in hashes.items()}
    _write_manifest(into, Manifest(collection=COLLECTION, files=meant, made=before.made))
    for name, text in new.items():
        write_over(into / name, text.encode(), lasting=False)
    files = before.files | {name: (one,) for name, one in hashes.items()}
    _write_manifest(into, Manifest(collection=COLLECTION, files=files, made=before.made | dict(gists)))


def _write_manifest(into: Path, manifest: Manifest) -> None:
    text = json.dumps(msgspec.to_builtins(manifest), indent=1, sort_keys=True) + "\n"
    write_over(into / MANIFEST, text.encode())


def _manifest(into: Path) -> Manifest:
    path = into / MANIFEST
    if not path.exists():
        return Manifest(collection=COLLECTION)
    try:
        return msgspec.json.decode(read_file(path, most=_MAX_MANIFEST), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(_("{path} cannot be read: {error}").format(path=path, error=error)) from error


def _is_ours(into: Path, name: str, before: Manifest) -> bool:
    """Tell whether a file may be written: it was never there, or is still as an import wrote it."""
    path, hashes = into / name, before.files.get(name, ())
    if not path.is_symlink() and not path.exists():
        return name not in before.made
    try:
        return bool(hashes) and _hash(read_file(path, most=_MAX_RECORD)) in hashes
    except DataError:
        return False


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _gist(operator: Operator) -> str:
    """Give a hash of what a record says, but for the day when it was looked at."""
    channels = tuple(msgspec.structs.replace(one, checked_on=date.min) for one in operator.channels)
    return _hash(msgspec.json.encode(msgspec.structs.replace(operator, channels=channels)))
