"""A first draft of a record, out of saved pages: everything in it is reported, and says what a person has to decide.

Whoever proposes an operator reads what was found, on the page and not here, and raises a grade by hand.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from .address import Domain, canonicalize_domain, is_public_suffix, organizational_domain
from .decoding import decode, one_line
from .envelope import DOOR, on_envelope
from .errors import AddressError, DataError, UsageError
from .folders import files_in, read_file
from .language import _
from .pages import Find, Page, finds_in, name_in, takes_no_answer
from .records import Channel, Medium, Operator, Purpose, Quality
from .registrar import check_operator, fold, read_operator
from .registry import Registry
from .rules import as_printed
from .scribe import written
from .texts import MAX_BYTES, SUFFIXES, as_read, own_day

MAX_PAGES: Final = 500
MAX_CHANNELS: Final = 40
_NAMES: Final = {
    Purpose.CUSTOMER_SERVICE: "service-client",
    Purpose.COMPLAINTS: "reclamations",
    Purpose.CANCELLATION: "retractation",
    Purpose.GENERAL: "contact",
    Purpose.PRIVACY: "donnees-personnelles",
    Purpose.ABUSE: "signalement",
}
_PURPOSES: Final = tuple(_NAMES)
_BY: Final = {Medium.EMAIL: "", Medium.POST: "-courrier", Medium.WEBFORM: "-formulaire", Medium.PHONE: "-telephone"}
_MEDIA: Final = tuple(Medium)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A draft, and what is to be said of it."""

    text: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    find: Find
    files: tuple[str, ...]


def propose(domain: str, path: Path, *, today: date, registry: Registry) -> Proposal:
    """Draft the record of the operator that has *domain*, from the saved page or the folder of them at *path*.

    Raises:
        UsageError: *domain* is none that anybody can register.
        DataError: nothing can be read there.
    """
    own = _domain(domain)
    remarks: list[str] = []
    pages = _pages(path, remarks)
    finds = [_doubted(find, own) for page in pages for find in finds_in(page)]
    dead = sorted({find.value.lower() for find in finds if _is_dead(find)})
    name = next(filter(None, (name_in(page.raw) for page in pages)), "") or own.partition(".")[0].capitalize()
    slug = re.sub(r"[^a-z0-9]+", "-", fold(own.partition(".")[0])).strip("-") or "operator"
    operator = Operator(slug=slug, name=name, sector="other", websites=(own,))
    notes: dict[str, Sequence[str]] = {
        "": [
            _("A draft from saved pages: nothing in it has been looked at by anybody."),
            _("Keep what stands on the operator's own page, correct it, and raise its quality by hand."),
            *(line for address in dead for line in _as_sender(address, finds, today)),
        ],
        "name": [_("TODO: is this what customers call it?")],
        "sector": [_("TODO: one word: telecom, transport, e-commerce, bank, energy, parcels ...")],
    }
    for candidate in _ranked(finds):
        if len(operator.channels) == MAX_CHANNELS:
            remarks.append(_("more than {most} channels were found; the rest is left out").format(most=MAX_CHANNELS))
            break
        channel = _channel(candidate, operator, pages, today)
        problems = [] if channel is None else list(check_operator(_with(operator, channel), registry.guards.refused))
        if channel is None or problems:
            why = problems[0][1] if problems else _("it is no number, or does not fit on an envelope")
            sentence = _("{file}: {value} is left out: {why}")
            remarks.append(sentence.format(file=candidate.files[0], value=one_line(candidate.find.value), why=why))
            continue
        operator = _with(operator, channel)
        notes[f"channels.{channel.id}"] = _notes(candidate, channel)
    remarks += _about(operator, registry)
    text = written(operator, remarks=notes)
    read_operator(text, f"{slug}.toml", deny=registry.guards.refused)
    return Proposal(text=text, remarks=tuple(remarks))


def _domain(text: str) -> Domain:
    try:
        domain = canonicalize_domain(text.lower().removeprefix("www."))
    except AddressError as error:
        raise UsageError(str(error)) from error
    if is_public_suffix(domain):
        raise UsageError(_("{domain!r} belongs to no one: anybody may have a name below it").format(domain=domain))
    return domain


def _pages(path: Path, remarks: list[str]) -> list[Page]:
    path = path.resolve()
    names = files_in(path, SUFFIXES) if path.is_dir() else (path.name,)
    folder = path if path.is_dir() else path.parent
    if len(names) > MAX_PAGES:
        remarks.append(_("only the first {most} pages of {path} were read").format(most=MAX_PAGES, path=path))
    pages: list[Page] = []
    for name in names[:MAX_PAGES]:
        try:
            raw = decode(read_file(folder / name, most=MAX_BYTES))
        except DataError as error:
            if not path.is_dir():
                raise
            remarks.append(str(error))
        else:
            pages.append(Page(name=name, raw=raw, seen=as_read(name, raw)))
    return pages


def _doubted(find: Find, own: Domain) -> Find:
    """Doubt a form on somebody else's site."""
    if find.medium is not Medium.WEBFORM:
        return find
    try:
        elsewhere = organizational_domain(canonicalize_domain(urlsplit(find.value).hostname or ""))
    except (AddressError, ValueError):
        return replace(find, doubtful=True)
    return find if elsewhere == organizational_domain(own) else replace(find, doubtful=True)


def _is_dead(find: Find) -> bool:
    return find.medium is Medium.EMAIL and takes_no_answer(find.value)


def _as_sender(address: str, finds: Iterable[Find], today: date) -> list[str]:
    """Give what a sender would look like: in remarks, for whose mail is believed a person decides."""
    file = next(find.file for find in finds if find.value.lower() == address)
    return [
        "",
        _("TODO: {address} takes no answer; if the operator's mail really comes from there:").format(address=address),
        "[[senders]]",
        f'domain = "{address.rpartition("@")[2]}"',
        f'addresses = ["{address}"]',
        f'sources = ["{one_line(file)}"]',
        f"checked_on = {today}",
    ]


def _ranked(finds: Iterable[Find]) -> list[_Candidate]:
    """Put what was found several times together, and what a customer asks for first."""
    groups: dict[tuple[Medium, str], list[Find]] = {}
    for find in finds:
        if not _is_dead(find):
            groups.setdefault((find.medium, _key(find)), []).append(find)
    candidates = [
        _Candidate(
            find=min(group, key=lambda one: (one.doubtful, one.purpose is Purpose.GENERAL)),
            files=tuple(dict.fromkeys(one.file for one in group)),
        )
        for group in groups.values()
    ]
    return sorted(
        candidates,
        key=lambda one: (one.find.doubtful, _PURPOSES.index(one.find.purpose), _MEDIA.index(one.find.medium)),
    )


def _key(find: Find) -> str:
    match find.medium:
        case Medium.PHONE:
            return as_printed(find.value) or find.value
        case Medium.WEBFORM:
            return re.sub(r"\Ahttps?://(www\.)?", "", find.value).rstrip("/")
        case Medium.POST:
            return fold(find.value)
    return find.value.casefold()


def _channel(candidate: _Candidate, operator: Operator, pages: Sequence[Page], today: date) -> Channel | None:
    find = candidate.find
    lines = _lines(find, operator) if find.medium is Medium.POST else ()
    target = as_printed(find.value) if find.medium is Medium.PHONE else find.value
    if find.medium is Medium.EMAIL:
        target = target.lower()
    if not (lines if find.medium is Medium.POST else target):
        return None
    days = [own_day(page.name, page.raw) for page in pages if page.name in candidate.files]
    day = max((day for day in days if day and day <= today), default=None)
    return Channel(
        id=_id(find, operator),
        medium=find.medium,
        purpose=find.purpose,
        audience=find.audience,
        target="" if lines else target,
        lines=lines,
        domain_basis=_basis(find, operator),
        quality=Quality.REPORTED,
        stated_on=day,
        checked_on=today,
        sources=tuple(one_line(file) for file in candidate.files[:5]),
    )


def _basis(find: Find, operator: Operator) -> str:
    """Say how an address at another domain is known; not more than that it stands on the page."""
    if find.medium is not Medium.EMAIL:
        return ""
    try:
        elsewhere = organizational_domain(canonicalize_domain(find.value.lower().rpartition("@")[2]))
    except AddressError:
        return ""
    own = organizational_domain(Domain(operator.websites[0]))
    return "" if elsewhere == own else _("stands on the page {file}").format(file=one_line(find.file))


def _id(find: Find, operator: Operator) -> str:
    taken = {channel.id for channel in operator.channels}
    name = _NAMES[find.purpose] + _BY[find.medium]
    return next(one for one in (name, *(f"{name}-{count}" for count in range(2, MAX_CHANNELS + 2))) if one not in taken)


def _lines(find: Find, operator: Operator) -> tuple[str, ...]:
    """Give a postal address as an envelope has it; none where it does not fit on one."""
    said = [line.strip(" ,") for line in find.value.split("\n") if line.strip(" ,")]
    if said and DOOR.match(said[0]):
        said = [operator.name, *said]
    return on_envelope(said, at_home=True)


def _with(operator: Operator, channel: Channel) -> Operator:
    return msgspec.structs.replace(operator, channels=(*operator.channels, channel))


def _notes(candidate: _Candidate, channel: Channel) -> list[str]:
    find = candidate.find
    notes = [_("read in {files}").format(files=", ".join(candidate.files[:5]))]
    if find.near:
        notes.append(_("beside it: {words}").format(words=find.near))
    if find.purpose is Purpose.GENERAL:
        notes.append(_("TODO: nothing beside it says what it is for: purpose and audience are to be looked up"))
    else:
        notes.append(_("TODO: purpose and audience follow from the words beside it: right?"))
    if find.doubtful:
        notes.append(_("TODO: this may be somebody else's, or not for customers: leave it out unless it is"))
    if channel.domain_basis:
        notes.append(_("TODO: it is at a domain of somebody else: whose?"))
    if find.medium is Medium.POST:
        notes.append(_("TODO: is the first line what the operator wants on the envelope?"))
    return notes


def _about(operator: Operator, registry: Registry) -> Iterable[str]:
    if operator.slug in registry.by_slug:
        yield _("there is a record {slug!r} already: correct that one, or give this one another slug").format(
            slug=operator.slug
        )
    own = organizational_domain(Domain(operator.websites[0]))
    holders = [
        one.slug for one in registry.operators if own in {organizational_domain(Domain(site)) for site in one.websites}
    ]
    if holders:
        yield _("{domain} stands in {others} already").format(domain=own, others=", ".join(holders))
    if not operator.channels:
        yield _("no address, number or form was found; save the legal notice and the terms of sale, too")
    else:
        yield _("a draft: look at everything marked TODO; then: noreply-analyzer registry lint FILE")
