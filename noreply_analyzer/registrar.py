"""A record's text in; a record, or every problem at once with its place, out.

`tables` finds what has the wrong type or name; this room finds what is well written and cannot be true: an address that
circulates and was invented, a grade without a date, a channel that an escalation names and nobody knows.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from . import tables
from .address import Address, Domain, canonicalize_domain, is_public_suffix, is_within
from .addresswords import dead_words, dead_words_in_domain
from .errors import AddressError, RecordError
from .language import _
from .records import Channel, Mediator, Medium, Operator, Quality, ReadBy, Refusal, Sender, Step

MAX_LINES: Final = 6
"""Lines of a postal address (XP Z 10-011); one more where the last names a country."""
MAX_LINE: Final = 38
"""Characters of a postal line, likewise."""

R = TypeVar("R", Operator, Mediator)

SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_NEEDS_DATE: Final = frozenset({Quality.TESTED, Quality.VERIFIED, Quality.ARCHIVED})
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")

Problem = tuple[str, str]
"""A place in a record, and a sentence."""

Seen = tuple[R | None, tuple[str, ...]]
"""A record, if it has the right types and keys, and a line for each problem that keeps it from being used."""


def read_operator(text: str, name: str, *, deny: Iterable[Refusal] = ()) -> Operator:
    """Read the operator's record *text* that stands in the file *name* (``orange.toml``).

    *deny* lists the addresses that must not become a recipient of anybody.

    Raises:
        RecordError: with one line for each problem: ``orange.toml: channels[0].target: ...``
    """
    return _usable(look_at_operator(text, name, deny=deny))


def look_at_operator(text: str, name: str, *, deny: Iterable[Refusal] = ()) -> "Seen[Operator]":
    """Read a record for whoever mends it: what it says, wherever it says anything, and every problem as above."""
    operator, problems = _parse(text, name, Operator)
    if operator is not None:
        problems += _lines(name, _slug_problems(operator.slug, name))
        problems += _lines(name, check_operator(operator, deny))
    return operator, tuple(problems)


def read_mediator(text: str, name: str, *, deny: Iterable[Refusal] = ()) -> Mediator:
    """Read the mediator's record *text* that stands in the file *name*.

    Raises:
        RecordError: with one line for each problem.
    """
    return _usable(look_at_mediator(text, name, deny=deny))


def look_at_mediator(text: str, name: str, *, deny: Iterable[Refusal] = ()) -> "Seen[Mediator]":
    """Read a mediator's record for whoever mends it."""
    mediator, problems = _parse(text, name, Mediator)
    if mediator is not None:
        problems += _lines(name, _slug_problems(mediator.slug, name))
        problems += _lines(name, _check_channels(mediator.channels, (), tuple(deny)))
        problems += _lines(name, _check_websites(mediator.websites))
    return mediator, tuple(problems)


def read_part(text: str, name: str) -> Operator:
    """Read a user's record, which may lean on a shipped one: right types and names, but nothing else is checked.

    Raises:
        RecordError: with one line for each problem.
    """
    return _usable(look_at_part(text, name))


def look_at_part(text: str, name: str) -> "Seen[Operator]":
    """Read a user's record for whoever lays it over a shipped one, or mends it."""
    operator, problems = _parse(text, name, Operator)
    if operator is not None:
        problems += _lines(name, _slug_problems(operator.slug, name))
    return operator, tuple(problems)


def _usable(seen: "Seen[R]") -> R:
    record, problems = seen
    if record is None or problems:
        raise RecordError(problems)
    return record


def _lines(name: str, problems: Iterable[Problem]) -> list[str]:
    return [f"{name}: {place}: {sentence}" for place, sentence in problems]


def _parse(text: str, name: str, struct: type[R]) -> tuple[R | None, list[str]]:
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of more than 4300 digits
        return None, [f"{name}: " + (str(error) or _("is nested too deeply"))]
    record, problems = tables.read(table, struct)
    lines = [f"{name}: {problem}" for problem in problems]
    if record is None:
        lines += _lines(name, _check_what_can_be_read(table, name))
    return record, lines


def _check_what_can_be_read(table: Mapping[str, Any], name: str) -> Iterator[Problem]:
    """Check what is sound in itself, so that a misspelt key elsewhere hides nothing but what hangs together with it."""
    if isinstance(slug := table.get("slug"), str):
        yield from _slug_problems(slug, name)
    websites = table.get("websites")
    if isinstance(websites, list) and all(isinstance(website, str) for website in websites):
        yield from _check_websites(tuple(websites))
    for place, channel in _sound(table, "channels", Channel):
        yield from _check_channel(place, channel)
    for place, sender in _sound(table, "senders", Sender):
        yield from _check_sender(place, sender)


P = TypeVar("P", Channel, Sender)


def _sound(table: Mapping[str, Any], key: str, struct: type[P]) -> Iterator[tuple[str, P]]:
    entries = table.get(key)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        part = tables.read(entry, struct)[0] if isinstance(entry, dict) else None
        if part is not None:
            yield f"{key}[{index}]", part


def _slug_problems(slug: str, name: str) -> Iterator[Problem]:
    stem = name.removesuffix(".toml")
    if not SLUG.match(slug):
        yield "slug", _("{slug!r} should be small letters and digits, with single hyphens").format(slug=slug)
    if slug != stem:
        yield "slug", _("differs from the file's name (call it {stem!r})").format(stem=stem)


def check_operator(operator: Operator, deny: Iterable[Refusal] = (), *, own: bool = False) -> Iterator[Problem]:
    """Give everything about a well-written record that cannot be true or must not be used.

    Of the user's *own* it is said how to use an address that is listed all the same.
    """
    for place, text in (("name", operator.name), ("sector", operator.sector)):
        if not text.strip():
            yield place, _("is empty")
    yield from _check_websites(operator.websites)
    for index, sender in enumerate(operator.senders):
        yield from _check_sender(f"senders[{index}]", sender)
    yield from _check_channels(operator.channels, operator.do_not_use, tuple(deny), own=own)
    yield from _check_escalation(operator)
    yield from _control_characters(operator)


def _control_characters(record: msgspec.Struct) -> Iterator[Problem]:
    for place, text in _texts("", msgspec.to_builtins(record)):
        if _CONTROL.search(text):
            yield place, _("has a control character in it")


def _texts(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(f"{place}.{key}" if place else str(key), item)
    elif isinstance(value, Sequence):
        for index, item in enumerate(value):
            yield from _texts(f"{place}[{index}]", item)


def _check_websites(websites: tuple[str, ...]) -> Iterator[Problem]:
    for index, website in enumerate(websites):
        yield from _check_domain(f"websites[{index}]", website)


def _check_domain(place: str, text: str) -> Iterator[Problem]:
    try:
        domain = canonicalize_domain(text)
    except AddressError as error:
        yield place, str(error)
        return
    if domain != text:
        yield place, _("should be written {domain!r}").format(domain=domain)
    elif is_public_suffix(domain):
        yield place, _("{domain!r} belongs to no one: anybody may have a name below it").format(domain=domain)


def _check_sources(place: str, sources: tuple[str, ...]) -> Iterator[Problem]:
    if not any(source.strip() for source in sources):
        yield f"{place}.sources", _("name at least one: what nobody read somewhere does not exist")


def _check_sender(place: str, sender: Sender) -> Iterator[Problem]:
    yield from _check_domain(f"{place}.domain", sender.domain)
    for index, text in enumerate(sender.addresses):
        yield from _check_sender_address(f"{place}.addresses[{index}]", text, sender.domain)
    for index, signer in enumerate(sender.signers):
        yield from _check_domain(f"{place}.signers[{index}]", signer)
    if sender.stated_on and sender.checked_on < sender.stated_on:
        yield f"{place}.checked_on", _("is before stated_on")
    yield from _check_sources(place, sender.sources)


def _check_sender_address(place: str, text: str, domain: str) -> Iterator[Problem]:
    try:
        address = Address.parse(text)
    except AddressError as error:
        yield place, str(error)
        return
    if not is_within(address.domain, Domain(domain)):
        yield place, _("is not within {domain}").format(domain=domain)


def _check_channels(
    channels: tuple[Channel, ...], do_not_use: tuple[Refusal, ...], deny: tuple[Refusal, ...], *, own: bool = False
) -> Iterator[Problem]:
    hint = _(" (if you know that it is right after all, write i_checked_this = true)") if own else ""
    times = Counter(channel.id for channel in channels)
    for index, channel in enumerate(channels):
        place = f"channels[{index}]"
        if times[channel.id] > 1:
            yield (
                f"{place}.id",
                _("{id!r} stands {times} times in this record").format(id=channel.id, times=times[channel.id]),
            )
        yield from _check_channel(place, channel)
        for refusal in () if channel.i_checked_this else refused(channel, (*do_not_use, *deny)):
            yield f"{place}.{_where(channel)}", _("must never be used: {reason}").format(reason=refusal.reason) + hint


def _where(channel: Channel) -> str:
    return "lines" if channel.medium is Medium.POST else "target"


def _check_channel(place: str, channel: Channel) -> Iterator[Problem]:
    if not SLUG.match(channel.id):
        yield f"{place}.id", _("{id!r} should be small letters and digits, with single hyphens").format(id=channel.id)
    yield from _check_place(place, channel)
    yield from _check_grade(place, channel)
    yield from _check_sources(place, channel.sources)
    if channel.read_by is ReadBy.PERSON and not channel.read_by_basis.strip():
        yield f"{place}.read_by_basis", _("is missing: how is it known that a person reads it?")


def _check_grade(place: str, channel: Channel) -> Iterator[Problem]:
    if channel.stated_on is None and channel.quality in _NEEDS_DATE:
        yield (
            f"{place}.quality",
            _("without stated_on it is 'reported' at best, not {quality!r}").format(quality=channel.quality.value),
        )
    if channel.stated_on and channel.checked_on < channel.stated_on:
        yield f"{place}.checked_on", _("is before stated_on")


def _check_place(place: str, channel: Channel) -> Iterator[Problem]:
    if channel.medium is Medium.POST:
        yield from _check_postal_lines(place, channel)
        return
    if channel.lines:
        yield f"{place}.lines", _("stand only in a postal channel; use target")
    if not channel.target.strip():
        yield f"{place}.target", _("is missing")
    elif channel.medium is Medium.EMAIL:
        yield from _check_recipient(place, channel.target)
    elif channel.medium is Medium.WEBFORM:
        yield from _check_page(place, channel.target)


def _check_postal_lines(place: str, channel: Channel) -> Iterator[Problem]:
    if channel.target:
        yield f"{place}.target", _("stands in every channel but a postal one; use lines")
    if not channel.lines:
        yield f"{place}.lines", _("are missing")
    foreign = bool(channel.lines) and not re.search(r"\d", channel.lines[-1])
    if len(channel.lines) > MAX_LINES + foreign:
        yield f"{place}.lines", _("a postal address has {count} lines at most").format(count=MAX_LINES)
    for index, line in enumerate(channel.lines):
        if not line.strip():
            yield f"{place}.lines[{index}]", _("is empty")
        if len(line) > MAX_LINE:
            yield (
                f"{place}.lines[{index}]",
                _("has {length} characters; a postal line has {most} at most").format(length=len(line), most=MAX_LINE),
            )


def _check_recipient(place: str, target: str) -> Iterator[Problem]:
    try:
        address = Address.parse(target)
    except AddressError as error:
        yield f"{place}.target", str(error)
        return
    if is_silent(address):
        yield f"{place}.target", _("says itself that it takes no answer")
    if str(address) != target or not target.isascii():
        yield f"{place}.target", _("should be written {address!r}").format(address=str(address))


def _check_page(place: str, target: str) -> Iterator[Problem]:
    try:
        page = urlsplit(target)
        sound = page.scheme == "https" and bool(page.hostname) and "@" not in page.netloc and page.port is None
    except ValueError:
        sound = False
    if not sound or re.search(r"\s", target):
        yield f"{place}.target", _("should be the address of a page, https://...")


def _check_escalation(operator: Operator) -> Iterator[Problem]:
    known = {channel.id for channel in operator.channels}
    for index, step in enumerate(operator.escalation):
        yield from _check_step(f"escalation[{index}]", step, known, operator)


def _check_step(place: str, step: Step, known: set[str], operator: Operator) -> Iterator[Problem]:
    if step.after_days < 1:
        yield f"{place}.after_days", _("should be one day at least")
    if step.channel == "mediator" and not (operator.mediator or operator.parent):
        yield f"{place}.channel", _("names the mediator, but the record names none")
    if step.channel != "mediator" and step.channel not in known:
        yield f"{place}.channel", _("{id!r} is no channel of this record").format(id=step.channel)


def is_silent(address: Address) -> bool:
    """Tell whether an address says itself, in one of the languages that we know, that nobody reads what arrives."""
    return bool(dead_words(address.local_part) or dead_words_in_domain(address.domain))


def refused(channel: Channel, deny: Iterable[Refusal]) -> Iterator[Refusal]:
    """Give each refusal that a channel falls under: the same address, or postal lines that hold the refused ones."""
    here = " ".join(channel.lines) if channel.medium is Medium.POST else channel.target
    for refusal in deny:
        if channel.medium is Medium.EMAIL:
            hit = here.casefold() == refusal.address.casefold()
        else:
            hit = channel.medium is Medium.POST and f" {fold(refusal.address)} " in f" {fold(here)} "
        if hit:
            yield refusal


def fold(text: str) -> str:
    """Give the words of *text* alone: small letters without accents, one space between, nothing else."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(letter for letter in plain if not unicodedata.combining(letter))))
