"""One company of the Datenanfragen.de database (CC0) in, the record of an operator out.

That database says where requests about personal data go, and nothing else. So every channel is for privacy and for
data subjects, and no bill is ever asked about there. Its grades say what somebody did and not when; the day is that of
the file.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from .address import canonicalize_domain, is_public_suffix, organizational_domain
from .decoding import one_line
from .envelope import on_envelope
from .errors import AddressError, DataError
from .language import _
from .records import Audience, Channel, Medium, Operator, Purpose, Quality
from .registrar import SLUG, fold

COLLECTION: Final = "datenanfragen"
MAX_BYTES: Final = 256 * 1024
"""Of one company; the longest file has a tenth of it."""

_MAX_NAME: Final = 200
_MAX_NOTE: Final = 600
_MAX_SOURCES: Final = 6
_MAX_URL: Final = 500
_HOME: Final = re.compile(r"/?\Z|/[a-z]{2}(?:[-_][a-zA-Z]{2})?/?\Z")

SECTORS: Final = {
    "telecommunication": "telecom",
    "commerce": "e-commerce",
    "finance": "bank",
    "insurance": "insurance",
    "utility": "energy",
    "travel": "travel",
    "health": "health",
    "public body": "public",
    "social media": "digital",
}
"""What their categories are called here; any other is ``other``."""

_COUNTRIES: Final = {
    "AT": ("osterreich", "austria"),
    "BE": ("belgium", "belgique", "belgie"),
    "CH": ("schweiz", "switzerland", "suisse"),
    "CY": ("cyprus",),
    "CZ": ("czech republic", "czechia"),
    "DE": ("deutschland", "germany"),
    "DK": ("denmark",),
    "ES": ("spain", "espana"),
    "FI": ("finland",),
    "FR": ("france",),
    "GB": ("united kingdom",),
    "IE": ("ireland",),
    "IT": ("italy", "italia"),
    "LU": ("luxembourg", "luxemburg"),
    "MT": ("malta",),
    "NL": ("the netherlands", "netherlands", "nederland"),
    "PL": ("poland", "polska"),
    "PT": ("portugal",),
    "SE": ("sweden",),
    "US": ("united states of america", "united states", "usa"),
}
_BY_NAME: Final = {name: code for code, names in _COUNTRIES.items() for name in names}
_NOWHERE: Final = "ZZ"  # ISO 3166-1 leaves it to whoever does not know
_LANGUAGES: Final = {"fr": "fr", "de": "de", "at": "de", "all": "en", "gb": "en", "ie": "en"}

_Words = Annotated[tuple[str, ...], msgspec.Meta(max_length=500)]


class Company(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What is used of a file; their ``schema.json`` has the rest."""

    slug: Annotated[str, msgspec.Meta(max_length=100)]
    name: str
    address: str = ""
    phone: str = ""
    email: str = ""
    webform: str = ""
    web: str = ""
    runs: _Words = ()
    categories: _Words = ()
    relevant_countries: _Words = ()
    sources: _Words = ()
    comments: _Words = ()
    request_language: str = ""
    suggested_transport_medium: str = ""
    quality: str = "verified"

    @property
    def domain(self) -> str:
        """The domain that it registered; empty where it has none to itself."""
        try:
            domain = canonicalize_domain((urlsplit(self.web).hostname or "").removesuffix("."))
        except (AddressError, ValueError):
            return ""
        return "" if is_public_suffix(domain) else organizational_domain(domain)

    @property
    def is_at_home(self) -> bool:
        """Whether its website is a whole one, and not a page on somebody else's."""
        return bool(_HOME.match(urlsplit(self.web).path)) if self.domain else False


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a file was read."""

    commit: str = ""
    day: date | None = None
    """Without one no grade above `reported` can be believed."""


def read_company(data: bytes, name: str) -> Company:
    """Read the file *name* (``orange.json``).

    Raises:
        DataError: it is no company's, or not the one that it is called after.
    """
    try:
        company = msgspec.json.decode(data, type=Company)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{name}: {error}") from error
    if not SLUG.match(company.slug) or f"{company.slug}.json" != name:
        raise DataError(f"{name}: " + _("its slug {slug!r} is not what it is called").format(slug=company.slug))
    if not one_line(company.name):
        raise DataError(f"{name}: " + _("it has no name"))
    return company


def as_operator(company: Company, version: Version, *, today: date, website: bool = True) -> Operator:
    """Give the record of a company that no record has yet; with its website, where that shows who it is."""
    also = ", ".join(one_line(run) for run in company.runs)
    note = ". ".join(text for text in (also and f"also: {also}", *map(one_line, company.comments)) if text)
    return Operator(
        slug=company.slug,
        name=one_line(company.name)[:_MAX_NAME],
        country=country_of(company),
        sector=next((SECTORS[one] for one in company.categories if one in SECTORS), "other"),
        websites=(company.domain,) if website and company.domain else (),
        channels=tuple(channels_of(company, version, today=today)),
        note=textwrap.shorten(note, _MAX_NOTE, placeholder=" …"),
    )


def channels_of(company: Company, version: Version, *, today: date, prefix: str = COLLECTION) -> Iterator[Channel]:
    """Give its channels, in the order in which the database would have them used."""
    post = (Medium.POST, "post", company.address)
    email = (Medium.EMAIL, "email", company.email)
    letter = company.suggested_transport_medium == "letter"
    rest = ((Medium.WEBFORM, "webform", company.webform), (Medium.PHONE, "phone", company.phone))
    dated = version.day is not None and company.quality in {"tested", "verified"}
    for medium, name, value in (*((post, email) if letter else (email, post)), *rest):
        lines = postal_lines(company) if medium is Medium.POST else ()
        if (medium is Medium.POST and not lines) or not one_line(value):
            continue
        yield Channel(
            id=f"{prefix}-{name}",
            medium=medium,
            purpose=Purpose.PRIVACY,
            audience=Audience.DATA_SUBJECTS,
            target="" if lines else _target(medium, one_line(value)),
            lines=lines,
            region=_region(company),
            languages=(language_of(company),),
            domain_basis=_basis(company) if medium is Medium.EMAIL else "",
            quality=Quality.ARCHIVED if dated else Quality.REPORTED,
            stated_on=version.day,
            checked_on=max(today, version.day or today),
            sources=tuple(_sources(company, version)),
        )


def is_imported(channel: Channel) -> bool:
    """Tell whether a channel came with the collection: its name says so, and the next import looks after it."""
    return channel.id.startswith(f"{COLLECTION}-")


def _region(company: Company) -> str:
    """Say for whom it is, where it is not for people in France."""
    here = company.relevant_countries
    return "" if not here or {"fr", "all"} & set(here) else one_line(", ".join(here).upper())[:_MAX_NAME]


def _basis(company: Company) -> str:
    """Say how an address at another domain than the website's is known to be the company's."""
    try:
        domain = organizational_domain(canonicalize_domain(company.email.rpartition("@")[2].strip()))
    except AddressError:
        return ""
    return "" if domain == company.domain else "named by datenanfragen.de"


def _sources(company: Company, version: Version) -> Iterator[str]:
    at = f" at {version.commit}" if version.commit else ""
    yield f"datenanfragen.de, companies/{company.slug}.json{at}"
    pages = (one_line(source) for source in company.sources)
    yield from [page for page in pages if re.match(r"https?://", page) and len(page) <= _MAX_URL][: _MAX_SOURCES - 1]


def _target(medium: Medium, value: str) -> str:
    if medium is Medium.EMAIL:
        local_part, at, domain = value.rpartition("@")
        try:
            return f"{local_part}{at}{canonicalize_domain(domain)}"
        except AddressError:
            return value
    if medium is Medium.PHONE:
        digits = re.sub(r"\D", "", value)
        home = re.fullmatch(r"33([1-9])(\d\d)(\d\d)(\d\d)(\d\d)", digits) if value.startswith("+") else None
        return "0" + " ".join(home.groups()) if home else value
    return value


def country_of(company: Company) -> str:
    """Give the country of a company: the last line of its address names it."""
    lines = company.address.split("\n")
    named = _BY_NAME.get(fold(lines[-1]))
    only = company.relevant_countries if len(company.relevant_countries) == 1 else ()
    relevant = next((code.upper() for code in only if re.fullmatch(r"[a-z]{2}", code)), _NOWHERE)
    return named or relevant


def language_of(company: Company) -> str:
    """Give the language in which it is written to."""
    if re.fullmatch(r"[a-z]{2}", company.request_language):
        return company.request_language
    here = company.relevant_countries
    return "fr" if "fr" in here else next((_LANGUAGES[code] for code in here if code in _LANGUAGES), "en")


def postal_lines(company: Company) -> tuple[str, ...]:
    """Give a postal address as an envelope has it, with the name above; none where it does not fit on one."""
    said = [line for line in (one_line(line).strip(" ,") for line in company.address.split("\n")) if line]
    at_home = country_of(company) == "FR"
    if at_home and said and fold(said[-1]) == "france":
        said = said[:-1]
    if not said:
        return ()
    name = one_line(company.name)
    return on_envelope(said if fold(said[0]) == fold(name) else [name, *said], at_home=at_home)


# What stands already -------------------------------------------------------------------------------------------------


def curated(company: Company, by_slug: Mapping[str, str], by_domain: Mapping[str, Sequence[str]]) -> str:
    """Give the slug of the record that a company has already: by its slug, else by its website; empty for none."""
    if company.slug in by_slug:
        return company.slug
    holders = by_domain.get(company.domain, ()) if company.is_at_home else ()
    return holders[0] if len(holders) == 1 else ""
