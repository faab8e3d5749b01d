"""What a record has to keep to beyond its schema: one small function a rule, each giving what is to be mended.

A record that breaks one loads nevertheless, as far as `registrar` lets it; CI refuses it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from .address import Address, Domain, canonicalize_domain, is_within, organizational_domain
from .errors import AddressError
from .guards import Guards
from .language import _
from .records import ELSEWHERE, Audience, Channel, Mediator, Medium, Operator, Purpose
from .tables import guess

_REGIONS: Final = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM")  # overseas numbers are valid in their own region only
_WITHIN_A_NETWORK: Final = re.compile(r"[1-9]\d\d")  # 555, 904: for the operator's own lines only
_NO_PUNCTUATION: Final = re.compile(r"[^\w\s'’/-]")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_SCHEME: Final = re.compile(r"\A\w{1,10}://")
_TODO: Final = re.compile(r"\bTODO\b")
_FREE_LINES: Final = 3  # lines 1 to 3 name the recipient; from the street on XP Z 10-011 wants capitals and no signs


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing to mend, or at least to look at."""

    file: str
    place: str
    sentence: str
    suggestion: str = ""
    """What to write instead, where that is known."""
    warning: bool = False
    """Whether the record loads nevertheless."""

    def __str__(self) -> str:
        hint = _(" (write {suggestion!r})").format(suggestion=self.suggestion) if self.suggestion else ""
        return ": ".join(filter(None, (self.file, self.place, self.sentence))) + hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All records, by their files (``operators/orange.toml``), and what holds for them."""

    operators: Mapping[str, Operator]
    mediators: Mapping[str, Mediator]
    guards: Guards
    today: date | None = None
    once: frozenset[str] = frozenset()
    """The slugs that were ever used; empty where that is not kept."""


def findings(records: Records) -> Iterator[Finding]:
    """Give everything that is to be mended, in no order."""
    for file, operator in records.operators.items():
        for rule in _OF_AN_OPERATOR:
            yield from rule(file, operator, records)
    for file, mediator in records.mediators.items():
        yield from _of_channels(file, mediator, "FR", records.today)
        yield from _of_conditions(file, mediator)
    yield from _twice(records.operators)
    yield from _of_vanished_slugs(records)


def left_to_do(file: str, text: str) -> Iterator[Finding]:
    """Give each line of a record's *text* that still has a ``TODO`` in it, in a remark or in a value."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _TODO.search(line):
            place = _("line {number}").format(number=number)
            yield Finding(file=file, place=place, sentence=_("decide this TODO and take it out"), warning=True)


# One record ---------------------------------------------------------------------------------------------------------


def _of_channels(file: str, record: Operator | Mediator, country: str, today: date | None) -> Iterator[Finding]:
    for index, channel in enumerate(record.channels):
        place = f"channels[{index}]"
        yield from _of_languages(file, f"{place}.languages", channel.languages)
        if channel.medium is Medium.PHONE and channel.target.strip():
            yield from _of_phone(file, place, channel, country)
        elif channel.medium is Medium.POST and channel.lines:
            yield from _of_lines(file, f"{place}.lines", channel.lines)
        for key, day in (("stated_on", channel.stated_on), ("checked_on", channel.checked_on)):
            if today and day and day > today + ELSEWHERE:
                yield Finding(file=file, place=f"{place}.{key}", sentence=_("lies in the future"))


def _of_languages(file: str, place: str, languages: tuple[str, ...]) -> Iterator[Finding]:
    for index, language in enumerate(languages):
        if not _LANGUAGE.fullmatch(language):
            meant = language.lower() if _LANGUAGE.fullmatch(language.lower()) else ""
            sentence = _("{language!r} is no language: two small letters, as ISO 639 has them (fr, en)")
            found = sentence.format(language=language)
            yield Finding(file=file, place=f"{place}[{index}]", sentence=found, suggestion=meant)


def _of_phone(file: str, place: str, channel: Channel, country: str) -> Iterator[Finding]:
    written = as_printed(channel.target, country)
    if written and written != channel.target:
        sentence = _("is not written as it is usually printed")
        yield Finding(file=file, place=f"{place}.target", sentence=sentence, suggestion=written, warning=True)
    elif not written and not _WITHIN_A_NETWORK.fullmatch(channel.target):
        sentence = _("is no telephone number of {country}").format(country=country)
        yield Finding(file=file, place=f"{place}.target", sentence=sentence)
    elif not written and not channel.limits.strip():
        sentence = _("say from which lines {number} is reached: it is no number of the public network")
        found, write = sentence.format(number=channel.target), "depuis une ligne de l'opérateur seulement"
        yield Finding(file=file, place=f"{place}.limits", sentence=found, suggestion=write)


def as_printed(number: str, country: str = "FR") -> str:
    """Give a telephone number as it is printed in its own country, abroad with its country code; empty if it is none.

    A short number (3900, 1023) is valid for no rule of full numbers, and is looked up in the plan of short ones.
    """
    import phonenumbers
    from phonenumbers import shortnumberinfo

    home = "FR"  # whom these records are for
    for region in (*_REGIONS, country):
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            return ""
        if region == home and shortnumberinfo.is_valid_short_number_for_region(parsed, region):
            return re.sub(r"\s", "", number)
        if phonenumbers.is_valid_number(parsed):
            abroad = parsed.country_code not in {33, 262, 508, 590, 594, 596}
            form = phonenumbers.PhoneNumberFormat
            return str(phonenumbers.format_number(parsed, form.INTERNATIONAL if abroad else form.NATIONAL))
    return ""


def _of_lines(file: str, place: str, lines: tuple[str, ...]) -> Iterator[Finding]:
    foreign = not re.search(r"\d", lines[-1])
    if not foreign and not re.match(r"\d{5} \S", lines[-1]):
        sentence = _("the last line should be a postal code of five digits and a town")
        yield Finding(file=file, place=f"{place}[{len(lines) - 1}]", sentence=sentence, warning=True)
    for index, line in enumerate(lines):
        wanted = _by_the_norm(line) if index >= _first_strict(lines, foreign=foreign) else line
        if wanted != line:
            sentence = _("from the street on: capitals without accents, no punctuation")
            yield Finding(file=file, place=f"{place}[{index}]", sentence=sentence, suggestion=wanted, warning=True)


def _first_strict(lines: tuple[str, ...], *, foreign: bool) -> int:
    """Give the first line that the norm is strict about: a street or a code begins it; in any case the last."""
    last = len(lines) - 1 - foreign
    streets = (index for index, line in enumerate(lines) if index and re.match(r"\d|(TSA|BP|CS) ", line))
    return min(next(streets, last), last)


def _by_the_norm(line: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFD", line) if not unicodedata.combining(letter))
    return " ".join(_NO_PUNCTUATION.sub(" ", plain).upper().split())


def _of_country(file: str, operator: Operator, _records: Records) -> Iterator[Finding]:
    if not _COUNTRY.fullmatch(operator.country):
        meant = operator.country.upper() if _COUNTRY.fullmatch(operator.country.upper()) else ""
        sentence = _("{country!r} is no country: two capital letters, as ISO 3166 has them (FR, DE)")
        found = sentence.format(country=operator.country)
        yield Finding(file=file, place="country", sentence=found, suggestion=meant)


def _of_shared_domains(file: str, operator: Operator, records: Records) -> Iterator[Finding]:
    for index, sender in enumerate(operator.senders):
        if sender.domain in records.guards.shared_domains and not sender.shared:
            sentence = _("the public has mailboxes at {domain}").format(domain=sender.domain)
            yield Finding(file=file, place=f"senders[{index}].shared", sentence=sentence, suggestion="true")


def _of_owners(file: str, operator: Operator, records: Records) -> Iterator[Finding]:
    """Find e-mail channels at a domain that is neither the operator's nor its company's, and that nothing explains."""
    above = records.operators.get(f"operators/{operator.parent}.toml")
    own = {name for one in (operator, above) if one for name in one.websites}
    own |= {sender.domain for one in (operator, above) if one for sender in one.senders}
    domains = {domain for name in own if (domain := _domain_in(name))}
    registered = {organizational_domain(domain) for domain in domains}
    for index, channel in enumerate(operator.channels):
        if channel.medium is not Medium.EMAIL or channel.domain_basis.strip():
            continue
        try:
            domain = Address.parse(channel.target).domain
        except AddressError:  # which keeps the record from loading
            continue
        if organizational_domain(domain) not in registered and not any(is_within(domain, name) for name in domains):
            sentence = _(
                "{domain} is none of the operator's domains: say in domain_basis how it is known to be its own"
            )
            yield Finding(file=file, place=f"channels[{index}].target", sentence=sentence.format(domain=domain))


def _domain_in(text: str) -> Domain | None:
    """Give the domain that a record means, also where it has to be written otherwise."""
    try:
        return canonicalize_domain(_SCHEME.sub("", text).partition("/")[0])
    except AddressError:
        return None


def _of_purposes(file: str, operator: Operator, _records: Records) -> Iterator[Finding]:
    """Find a data protection desk for anybody else, and any other desk for data subjects alone."""
    for index, channel in enumerate(operator.channels):
        private = channel.purpose is Purpose.PRIVACY
        if private and channel.audience not in {Audience.DATA_SUBJECTS, Audience.ALL}:
            sentence = _("a privacy channel is for data-subjects")
            yield Finding(file=file, place=f"channels[{index}].audience", sentence=sentence, suggestion="data-subjects")
        if not private and channel.audience is Audience.DATA_SUBJECTS:
            sentence = _("a channel for data-subjects has the purpose privacy")
            yield Finding(file=file, place=f"channels[{index}].purpose", sentence=sentence, suggestion="privacy")


def _of_overrides(file: str, operator: Operator, _records: Records) -> Iterator[Finding]:
    for index, channel in enumerate(operator.channels):
        if channel.i_checked_this:
            sentence = _("stands only in a user's own record")
            yield Finding(file=file, place=f"channels[{index}].i_checked_this", sentence=sentence)


def _of_sector(file: str, operator: Operator, records: Records) -> Iterator[Finding]:
    known = records.guards.sectors
    if known and operator.sector not in known:
        sentence = _("{sector!r} is no sector") + guess(operator.sector, known)
        yield Finding(file=file, place="sector", sentence=sentence.format(sector=operator.sector))


def _of_a_new_slug(file: str, operator: Operator, records: Records) -> Iterator[Finding]:
    if records.once and not records.once & {operator.slug, file.removeprefix("operators/").removesuffix(".toml")}:
        sentence = _("add it to operators/slugs.txt: a slug is for ever")
        yield Finding(file=file, place="slug", sentence=sentence, warning=True)


def _of_conditions(file: str, mediator: Mediator) -> Iterator[Finding]:
    if mediator.conditions and not (mediator.sources and mediator.checked_on):
        sentence = _("name in sources and checked_on where they were read, and when")
        yield Finding(file=file, place="conditions", sentence=sentence, warning=True)


# All records together -----------------------------------------------------------------------------------------------


def _of_relations(file: str, operator: Operator, records: Records) -> Iterator[Finding]:
    redirect = operator.obsolete.redirect if operator.obsolete else ""
    for place, folder, slug in (
        ("parent", "operators", operator.parent),
        ("mediator", "mediators", operator.mediator),
        ("obsolete.redirect", "operators", redirect),
        *((f"sells_for[{index}]", "operators", slug) for index, slug in enumerate(operator.sells_for)),
    ):
        known: Mapping[str, object] = records.operators if folder == "operators" else records.mediators
        if slug and f"{folder}/{slug}.toml" not in known:
            yield Finding(file=file, place=place, sentence=_("there is no {slug!r}").format(slug=slug))
        if slug == operator.slug and folder == "operators":
            yield Finding(file=file, place=place, sentence=_("names the record itself"))


def _of_circles(file: str, operator: Operator, records: Records) -> Iterator[Finding]:
    """Find records that lead back to themselves, by their parents or by what they became."""
    for place, follow in _LEADS.items():
        seen, slug = {operator.slug}, follow(operator)
        while slug and slug not in seen:
            seen.add(slug)
            after = records.operators.get(f"operators/{slug}.toml")
            slug = follow(after) if after else ""
        if slug == operator.slug and len(seen) > 1:  # itself alone is told by another rule
            yield Finding(file=file, place=place, sentence=_("leads round in a circle"))


_LEADS: Final[Mapping[str, Callable[[Operator], str]]] = {
    "parent": lambda operator: operator.parent,
    "obsolete.redirect": lambda operator: operator.obsolete.redirect if operator.obsolete else "",
}


def _of_vanished_slugs(records: Records) -> Iterator[Finding]:
    here = {operator.slug for operator in records.operators.values()}
    for slug in sorted(records.once - here):
        if f"operators/{slug}.toml" not in records.operators:
            sentence = _("{slug!r} is gone: a record is never deleted, but marked [obsolete]")
            yield Finding(file="operators/slugs.txt", place=slug, sentence=sentence.format(slug=slug))


def _twice(operators: Mapping[str, Operator]) -> Iterator[Finding]:
    """Find senders and websites by which a message would belong to two operators."""
    claims: dict[str, list[tuple[str, str, Operator]]] = defaultdict(list)
    for file, operator in operators.items():
        for place, claim in _claims(operator):
            claims[claim].append((file, place, operator))
    for claim, holders in claims.items():
        for file, place, operator in holders:
            others = sorted(other.slug for _file, _place, other in holders if _would_clash(operator, other))
            if others:
                sentence = _("{claim} stands in {others} too").format(claim=claim, others=", ".join(others))
                yield Finding(file=file, place=place, sentence=sentence)


def _claims(operator: Operator) -> Iterator[tuple[str, str]]:
    """Give what a record claims: whole sender domains, exact addresses, the organizational domains of its websites."""
    if operator.obsolete:
        return
    for index, sender in enumerate(operator.senders):
        if not sender.shared:
            yield f"senders[{index}].domain", sender.domain
        for number, address in enumerate(sender.addresses):
            yield f"senders[{index}].addresses[{number}]", _key(address)
    own: set[str] = set()
    for index, website in enumerate(operator.websites):
        domain = _domain_in(website)
        claim = f"www.{organizational_domain(domain)}" if domain else ""
        if claim and claim not in own:
            own.add(claim)
            yield f"websites[{index}]", claim


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except AddressError:
        return address


def _would_clash(one: Operator, other: Operator) -> bool:
    """Tell whether two records are different and neither is the other's brand (then the company's counts)."""
    return one.slug not in {other.slug, other.parent} and other.slug != one.parent


def _of_an_operators_channels(file: str, operator: Operator, records: Records) -> Iterator[Finding]:
    return _of_channels(file, operator, operator.country, records.today)


_OF_AN_OPERATOR: Final = (
    _of_an_operators_channels,
    _of_relations,
    _of_circles,
    _of_shared_domains,
    _of_owners,
    _of_purposes,
    _of_overrides,
    _of_sector,
    _of_country,
    _of_a_new_slug,
)
