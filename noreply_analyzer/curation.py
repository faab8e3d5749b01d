"""For those who keep the records true: what is wrong with a record, and what has to be looked up again.

Everything here gives data; ``cli`` prints it. A finding that is wrong keeps a record from loading; a warning does not.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

from .address import Address, Domain, organizational_domain
from .errors import AddressError, DataError, RecordError
from .language import _, ngettext
from .records import Channel, Mediator, Medium, Operator
from .registrar import read_mediator, read_operator
from .registry import Guards, Registry, shipped_guards

R = TypeVar("R", Operator, Mediator)

_REGIONS: Final = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM")  # overseas numbers are valid in their own region only
_NO_PUNCTUATION: Final = re.compile(r"[^\w\s'’/-]")
_TAKES_NO_ANSWER: Final = re.compile(r"no[._-]?reply|ne[._-]?pas[._-]?repondre|do[._-]?not[._-]?reply", re.IGNORECASE)
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
        return f"{self.file}: {self.place}: {self.sentence}{hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A channel past its shelf life."""

    file: str
    channel: Channel
    days: int
    """How many days ago it was last known to be true."""

    def __str__(self) -> str:
        what = self.channel.target or ", ".join(self.channel.lines)
        sentence = ngettext(
            "known to be true {days} day ago: {what}", "known to be true {days} days ago: {what}", self.days
        )
        return f"{self.file}: {self.channel.id}: " + sentence.format(days=self.days, what=what)


def lint(paths: Sequence[Traversable] | None = None, *, today: date | None = None) -> tuple[Finding, ...]:
    """Check operator records: the files and folders in *paths*, or all that come with the package.

    Records in *paths* are seen beside the shipped ones, in the place of those with the same name. With *today*, a date
    that lies in the future is a finding too.

    Raises:
        OSError: a path cannot be read.
    """
    here = files(__package__)
    operators = dict(_texts(here / "operators"))
    mediators = dict(_texts(here / "mediators"))
    asked = dict(text for path in paths or () for text in _texts(path))
    wanted = set(asked) if paths else {*operators, *mediators}
    found = lint_texts(operators | asked, mediators, guards=shipped_guards(), today=today)
    return tuple(finding for finding in found if finding.file.rpartition("/")[2] in wanted)


def _texts(path: Traversable) -> Iterator[tuple[str, str]]:
    """Give the records of a folder, or the one that was named.

    Raises:
        DataError: there is none of that name, or it cannot be read.
    """
    try:
        entries = sorted(path.iterdir(), key=lambda entry: entry.name) if path.is_dir() else [path]
        for entry in entries:
            if entry.name.endswith(".toml") or not path.is_dir():
                yield entry.name, entry.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise DataError(_("{path} cannot be read: {error}").format(path=path, error=error.strerror)) from error


def lint_texts(
    operators: Mapping[str, str], mediators: Mapping[str, str], *, guards: Guards, today: date | None = None
) -> tuple[Finding, ...]:
    """Check records by file name and text, each by itself and all together; in the order of files and places."""
    findings: list[Finding] = []
    read_operators = _read(operators, read_operator, guards, "operators", findings)
    read_mediators = _read(mediators, read_mediator, guards, "mediators", findings)
    for file, operator in read_operators.items():
        findings += _of_channels(file, operator, operator.country, today)
        findings += _of_relations(file, operator, read_operators, read_mediators)
        findings += _of_shared_domains(file, operator, guards)
    for file, mediator in read_mediators.items():
        findings += _of_channels(file, mediator, "FR", today)
    findings += _twice(read_operators)
    return tuple(sorted(findings))


def _read(
    texts: Mapping[str, str], reader: Callable[..., R], guards: Guards, folder: str, findings: list[Finding]
) -> dict[str, R]:
    records: dict[str, R] = {}
    for name, text in texts.items():
        try:
            records[f"{folder}/{name}"] = reader(text, name, deny=guards.refused)
        except RecordError as error:
            findings += (_finding(f"{folder}/{name}", name, problem) for problem in error.problems)
    return records


def _finding(file: str, name: str, problem: str) -> Finding:
    said = problem.removeprefix(f"{name}: ")
    place, colon, sentence = said.partition(": ")
    return Finding(file=file, place=place, sentence=sentence) if colon else Finding(file=file, place="", sentence=said)


def due(today: date, *, shelf_life_days: int, registry: Registry | None = None) -> tuple[Due, ...]:
    """List every channel of *registry* (or of the shipped one) past its shelf life, the oldest first."""
    registry = registry or Registry.shipped()
    records: list[tuple[str, tuple[Channel, ...]]] = [
        *((f"operators/{one.slug}.toml", one.channels) for one in registry.operators if one.obsolete is None),
        *((f"mediators/{slug}.toml", one.channels) for slug, one in sorted(registry.mediators.items())),
    ]
    found = [
        Due(file=file, channel=channel, days=(today - channel.true_as_of).days)
        for file, channels in records
        for channel in channels
        if channel.is_due(today, shelf_life_days)
    ]
    return tuple(sorted(found, key=lambda one: (-one.days, one.file, one.channel.id)))


def is_outdated(registry: Registry, today: date, *, shelf_life_days: int) -> bool:
    """Tell whether nobody has looked at most of the channels for longer than their shelf life.

    By the day of the last look, whatever the age of what was read there: only then does a newer version help.
    """
    channels = [channel for one in registry.operators for channel in one.channels]
    late = sum((today - channel.checked_on).days > shelf_life_days for channel in channels)
    return 2 * late > len(channels)


# One record ---------------------------------------------------------------------------------------------------------


def _of_channels(file: str, record: Operator | Mediator, country: str, today: date | None) -> Iterator[Finding]:
    for index, channel in enumerate(record.channels):
        place = f"channels[{index}]"
        if channel.medium is Medium.PHONE:
            yield from _of_phone(file, f"{place}.target", channel.target, country)
        elif channel.medium is Medium.POST:
            yield from _of_lines(file, f"{place}.lines", channel.lines)
        elif channel.medium is Medium.EMAIL and _TAKES_NO_ANSWER.search(channel.target):
            yield Finding(file=file, place=f"{place}.target", sentence=_("says itself that it takes no answer"))
        for key, day in (("stated_on", channel.stated_on), ("checked_on", channel.checked_on)):
            if today and day and day > today:
                yield Finding(file=file, place=f"{place}.{key}", sentence=_("lies in the future"))


def _of_phone(file: str, place: str, target: str, country: str) -> Iterator[Finding]:
    written = as_printed(target, country)
    if not written:
        yield Finding(file=file, place=place, sentence=_("is no telephone number of {country}").format(country=country))
    elif written != target:
        sentence = _("is not written as it is usually printed")
        yield Finding(file=file, place=place, sentence=sentence, suggestion=written, warning=True)


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


def _of_shared_domains(file: str, operator: Operator, guards: Guards) -> Iterator[Finding]:
    for index, sender in enumerate(operator.senders):
        if sender.domain in guards.shared_domains and not sender.shared:
            sentence = _("the public has mailboxes at {domain}").format(domain=sender.domain)
            yield Finding(file=file, place=f"senders[{index}].shared", sentence=sentence, suggestion="true")


# All records together -----------------------------------------------------------------------------------------------


def _of_relations(
    file: str, operator: Operator, operators: Mapping[str, Operator], mediators: Mapping[str, Mediator]
) -> Iterator[Finding]:
    redirect = operator.obsolete.redirect if operator.obsolete else ""
    for place, folder, slug in (
        ("parent", "operators", operator.parent),
        ("mediator", "mediators", operator.mediator),
        ("obsolete.redirect", "operators", redirect),
    ):
        known = operators if folder == "operators" else mediators
        if slug and f"{folder}/{slug}.toml" not in known:
            yield Finding(file=file, place=place, sentence=_("there is no {slug!r}").format(slug=slug))
        if slug == operator.slug and folder == "operators":
            yield Finding(file=file, place=place, sentence=_("names the record itself"))


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
        claim = f"www.{organizational_domain(Domain(website))}"
        if claim not in own:
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


def summary(findings: Iterable[Finding]) -> tuple[int, int]:
    """Count what is wrong and what is only worth a look."""
    warnings = [finding.warning for finding in findings]
    return len(warnings) - sum(warnings), sum(warnings)
