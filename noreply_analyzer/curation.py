"""For those who keep the records true: what is wrong with a record, and what has to be looked up again.

Everything here gives data; ``cli`` prints it. A finding that is wrong keeps a record from loading; a warning does not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import Any, TypeVar

import msgspec

from . import rules
from .errors import DataError
from .guards import Guards, shipped_guards
from .language import _, ngettext
from .records import Channel, Mediator, Operator
from .registrar import Seen, look_at_mediator, look_at_operator
from .registry import Registry, laid
from .rules import Finding, Records

R = TypeVar("R", Operator, Mediator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A channel past its shelf life."""

    file: str
    channel: Channel
    days: int
    """How many days ago it was last known to be true."""
    early: bool = False
    """Whether it bears a day that is still to come."""
    since: date
    """The first day on which it is past its shelf life; whoever looks ahead sees some that is still to come."""

    def __str__(self) -> str:
        what = self.channel.target or ", ".join(self.channel.lines)
        if self.early:
            sentence = _("bears a day that is still to come: {what}")
            return f"{self.file}: {self.channel.id}: " + sentence.format(what=what)
        sentence = ngettext(
            "known to be true {days} day ago: {what}", "known to be true {days} days ago: {what}", self.days
        )
        return f"{self.file}: {self.channel.id}: " + sentence.format(days=self.days, what=what)

    def checklist(self) -> str:
        """Give it as an item of a checklist in Markdown, with the sources to be looked at again."""
        return "\n".join((f"- [ ] {self}", *(f"      {source}" for source in self.channel.sources)))

    def as_object(self) -> dict[str, Any]:
        """Give it as the object that scripts read (docs/json.md)."""
        return {
            "type": "due",
            "file": self.file,
            "id": self.channel.id,
            "what": self.channel.target or ", ".join(self.channel.lines),
            "since": None if self.early else self.since.isoformat(),
            "sources": list(self.channel.sources),
        }


def lint(paths: Sequence[Traversable] | None = None, *, today: date | None = None) -> tuple[Finding, ...]:
    """Check records: the files and folders in *paths*, or all that come with the package.

    Records in *paths* are seen beside the shipped ones, in the place of those with the same name, and are called as the
    paths call them. With *today*, a date that lies in the future is a finding too.

    Raises:
        DataError: a path cannot be read.
    """
    here = files(__package__)
    texts = {kind: {file.name: text for file, text in _texts(here / kind)} for kind in ("operators", "mediators")}
    once = (here / "operators" / "slugs.txt").read_text("utf-8").split()
    asked: dict[str, str] = {}
    for path in paths or ():
        for file, text in _texts(path):
            kind = "mediators" if _is_mediators(file, text) else "operators"
            texts[kind][file.name] = text
            asked[f"{kind}/{file.name}"] = str(file)
            once.append(file.name.removesuffix(".toml"))  # whoever looks at one's own owes no list anything
    found = lint_texts(**texts, guards=shipped_guards(), today=today, once=once)
    if not paths:
        return found
    return tuple(sorted(replace(finding, file=asked[finding.file]) for finding in found if finding.file in asked))


def _is_mediators(file: Traversable, text: str) -> bool:
    """Tell whether a record is a mediator's: by the schema that its first line names, or by the folder it lies in."""
    first = text.partition("\n")[0]
    return "mediator.schema.json" in first or PurePath(str(file)).parent.name == "mediators"


def lint_own(folder: Traversable, *, today: date | None = None) -> tuple[Finding, ...]:
    """Check a user's own records, laid over the shipped ones as a run lays them.

    Of a collection that was imported only what keeps a record from loading is told: nobody mends those by hand.
    """
    registry, problems = Registry.with_user_records(folder)
    findings = [_finding(f"{folder}/{name}", name, problem) for problem in problems for name in [_file_of(problem)]]
    entries = _own_entries(folder)
    broken = dict(_not_loaded(entries, {_file_of(problem) for problem in problems}, registry))
    own = {entry.name.removesuffix(".toml") for entry in entries} & (registry.by_slug.keys() | broken.keys())
    records = Records(
        operators={f"operators/{slug}.toml": one for slug, one in (dict(registry.by_slug) | broken).items()},
        mediators={f"mediators/{slug}.toml": mediator for slug, mediator in registry.mediators.items()},
        guards=registry.guards,
        today=today,
    )
    for finding in rules.findings(records):
        slug = finding.file.removeprefix("operators/").removesuffix(".toml")
        if slug in own and not finding.place.endswith("i_checked_this"):  # which stands in nobody else's
            findings.append(replace(finding, file=f"{folder}/{slug}.toml"))
    for entry in entries:
        with suppress(OSError):  # which is among the problems
            findings += rules.left_to_do(f"{folder}/{entry.name}", entry.read_bytes().decode("utf-8", "replace"))
    return tuple(sorted(findings))


def _not_loaded(
    entries: Iterable[Traversable], broken: AbstractSet[str], registry: Registry
) -> Iterator[tuple[str, Operator]]:
    """Give, by what their files are called, the own records that a run leaves out and that say something all the same.

    So the rules are asked of them too, and whoever mends one hears everything at once.
    """
    for entry in entries:
        if entry.name not in broken:
            continue
        with suppress(OSError):  # which is among the problems
            record, _problems = laid(entry.name, entry.read_bytes(), registry.by_slug, registry.guards)
            if record is not None:
                yield entry.name.removesuffix(".toml"), record


def _file_of(problem: str) -> str:
    return problem.partition(": ")[0]


def _own_entries(folder: Traversable) -> list[Traversable]:
    try:
        return [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    except OSError:  # there is none, or what is wrong with it is among the problems
        return []


def _texts(path: Traversable) -> Iterator[tuple[Traversable, str]]:
    """Give the records of a folder, or the one that was named.

    Raises:
        DataError: there is none of that name, or it cannot be read.
    """
    try:
        entries = sorted(path.iterdir(), key=lambda entry: entry.name) if path.is_dir() else [path]
        for entry in entries:
            if entry.name.endswith(".toml") or not path.is_dir():
                yield entry, entry.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise DataError(_("{path} cannot be read: {error}").format(path=path, error=error.strerror)) from error


def lint_texts(
    operators: Mapping[str, str],
    mediators: Mapping[str, str],
    *,
    guards: Guards,
    today: date | None = None,
    once: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """Check records by file name and text, each by itself and all together; in the order of files and places.

    *once* are the slugs that were ever used: none of them may be missing, and a new one has to be added there.
    """
    findings: list[Finding] = []
    records = Records(
        operators=_read(operators, look_at_operator, guards, "operators", findings),
        mediators=_read(mediators, look_at_mediator, guards, "mediators", findings),
        guards=guards,
        today=today,
        once=frozenset(once),
    )
    findings += rules.findings(records)
    return tuple(sorted(findings))


def _read(
    texts: Mapping[str, str], look: Callable[..., Seen[R]], guards: Guards, folder: str, findings: list[Finding]
) -> dict[str, R]:
    records: dict[str, R] = {}
    for name, text in texts.items():
        record, problems = look(text, name, deny=guards.refused)
        findings += (_finding(f"{folder}/{name}", name, problem) for problem in problems)
        findings += rules.left_to_do(f"{folder}/{name}", text)
        if record is not None:
            records[f"{folder}/{name}"] = record
    return records


def _finding(file: str, name: str, problem: str) -> Finding:
    said = problem.removeprefix(f"{name}: ")
    place, colon, sentence = said.partition(": ")
    return Finding(file=file, place=place, sentence=sentence) if colon else Finding(file=file, place="", sentence=said)


def due(
    today: date, *, shelf_life_days: int, registry: Registry | None = None, within_days: int = 0
) -> tuple[Due, ...]:
    """List every channel of *registry* (or of the shipped one) past its shelf life, the oldest first.

    Those are listed too that will be past it in *within_days* days.
    """
    registry = registry or Registry.shipped()
    records: list[tuple[str, tuple[Channel, ...]]] = [
        *((f"operators/{one.slug}.toml", one.channels) for one in registry.operators if one.obsolete is None),
        *((f"mediators/{slug}.toml", one.channels) for slug, one in sorted(registry.mediators.items())),
    ]
    found = [
        Due(
            file=file,
            channel=channel,
            days=(today - channel.true_as_of).days,
            early=channel.is_early(today),
            since=channel.true_as_of + timedelta(days=shelf_life_days + 1),
        )
        for file, channels in records
        for channel in channels
        if channel.is_due(today, shelf_life_days - within_days)
    ]
    return tuple(sorted(found, key=lambda one: (-one.days, one.file, one.channel.id)))


def is_outdated(registry: Registry, today: date, *, shelf_life_days: int) -> bool:
    """Tell whether nobody has looked at most of the channels for longer than their shelf life.

    By the day of the last look, whatever the age of what was read there: only then does a newer version help.
    """
    last_look = registry.index.last_look
    return last_look is not None and (today - last_look).days > shelf_life_days


def schema(record: type[Operator | Mediator] = Operator) -> dict[str, Any]:
    """Give the JSON Schema of an operator's record or a mediator's, for editors; it lies beside the records, too."""
    name = record.__name__.lower()
    heading = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"noreply-analyzer {name}"}
    return heading | msgspec.json.schema(record)


def summary(findings: Iterable[Finding]) -> tuple[int, int]:
    """Count what is wrong and what is only worth a look."""
    warnings = [finding.warning for finding in findings]
    return len(warnings) - sum(warnings), sum(warnings)
