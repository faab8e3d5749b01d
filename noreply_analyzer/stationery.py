"""The user's own templates: read from their folder, and tried where they can do no harm before a draft is written.

A template is somebody else's program. The sandbox (`press`) keeps it from everything but its values, and the `Worker`
from going on for ever or filling the memory: only what ended there is used here. What does not is left out, the
shipped one stands in, and a sentence says where to look.
"""

import re
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

from .brief import Brief
from .drafting import ENCLOSED, compose, letter_parts, letter_text
from .errors import MessageError, TemplateError
from .language import _
from .press import SHIPPED, Own, Templates, load
from .worker import Worker

W = TypeVar("W")

_NAME: Final = re.compile(r"[a-z]{2}/(?:[A-Za-z0-9_-]+\.j2|words\.toml)\Z")
_MOST_FILES: Final = 200
_MOST_BYTES: Final = 100_000
"""Ten times as long as the longest shipped one."""
_CPU_SECONDS: Final = 2.0
"""What trying the templates of a draft may take; the shipped ones take a twentieth of it."""
_SECOND_TIME: Final = 30.0
"""What a draft may take of it once they have been tried, with its letter; half a second is usual."""
_SECONDS: Final = 20.0
"""When the process is ended, however busy the machine is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An own template that cannot be used."""

    name: str
    sentence: str
    """Where, and why: ``FILE:LINE: what is wrong``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies in the user's folder of templates."""

    templates: Templates = SHIPPED
    problems: tuple[str, ...] = ()
    """Files that cannot be read, a sentence each."""
    others: tuple[str, ...] = ()
    """Files that are not called as a template is."""


def read_templates(folder: Path) -> Found:
    """Read the user's own templates; where there is no such folder there are none."""
    own: list[Own] = []
    problems: list[str] = []
    others: list[str] = []
    for path in _files(folder, problems):
        name = path.relative_to(folder).as_posix()
        if not _NAME.match(name):
            others.append(str(path))
            continue
        try:
            text = _read(path)
        except (OSError, ValueError) as error:
            problems.append(f"{path}: {_why_not_read(error)}")
            continue
        own.append(Own(name=name, text=text, path=str(path)))
    return Found(templates=Templates(tuple(own)), problems=tuple(problems), others=tuple(others))


def _files(folder: Path, problems: list[str]) -> Iterator[Path]:
    """Give the files in the folders of the languages, and what else lies in it, by name."""
    try:
        found = sorted(path for path in (*folder.glob("*"), *folder.glob("*/*")) if path.is_file())
    except OSError as error:
        problems.append(f"{folder}: {_why_not_read(error)}")
        return
    shown = [path for path in found if not path.name.startswith(".") and not path.name.endswith("~")]
    yield from shown[:_MOST_FILES]
    if len(shown) > _MOST_FILES:
        problems.append(
            _("{folder}: more than {count} files; the rest is not read").format(folder=folder, count=_MOST_FILES)
        )


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(_("is larger than {count} bytes").format(count=_MOST_BYTES))
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _why_not_read(error: Exception) -> str:
    match error:
        case OSError():
            return _("cannot be read: {problem}").format(problem=error.strerror)
        case UnicodeDecodeError():
            line = error.object[: error.start].count(b"\n") + 1
            return _("is not UTF-8 text (at line {line}); save it in that encoding").format(line=line)
    return str(error)


@dataclass
class Stationery:
    """The user's own templates, as long as a command or a run takes; each fault is told once."""

    folder: Path
    worker: Worker
    _told: set[str] = field(default_factory=set)
    _stopped: bool = False
    """Whether one took so long, or so much, that the process had to be ended: then no more are tried."""

    @cached_property
    def found(self) -> Found:
        """What lies in the folder, read once."""
        return read_templates(self.folder)

    def put_into(self, brief: Brief, *, letter: bool = False) -> tuple[Brief, tuple[str, ...]]:
        """Put into *brief* those of the templates that work for it; and give what is to be said of the others.

        With *letter* it is the letter alone that is to be written, whatever the draft would be.

        Raises:
            TryLaterError: no process can be started to try them in.
        """
        said = list(self.found.problems)
        if self.found.templates.own and not self._stopped:
            brief = replace(brief, templates=self.found.templates)
            for fault in self.faults(brief, letter=letter):
                brief = replace(brief, templates=brief.templates.without(fault.name) if fault.name else SHIPPED)
                said.append(_("{fault}; the text that comes with the program is used").format(fault=fault.sentence))
        news = tuple(sentence for sentence in dict.fromkeys(said) if sentence not in self._told)
        self._told.update(news)
        return brief, news

    def faults(self, brief: Brief, *, letter: bool = False) -> tuple[Fault, ...]:
        """Try the templates of *brief*; give what is wrong with them, of each the first.

        A fault without a name concerns them all: which it was is not known, for the process had to be ended.

        Raises:
            TryLaterError: no process can be started to try them in.
        """
        try:
            return self.worker.call(faults_in, brief, letter, seconds=_SECONDS)
        except MessageError:
            self._stopped = True
            sentence = _("{folder}: a template there takes too long, or too much memory").format(folder=self.folder)
            return (Fault(name="", sentence=sentence),)


def write_with(brief: Brief, write: Callable[[Brief], W]) -> tuple[W, str]:
    """Give what *write* makes of *brief*, and what is to be said of its own templates.

    They were tried before; but one can be made to do another thing the second time, for it sees where in the memory
    things lie. Then the shipped ones stand in.
    """
    if not brief.templates.own:
        return write(brief), ""
    try:
        with _cpu_time(_SECOND_TIME):
            return write(brief), ""
    except TemplateError as error:
        said = str(error)
    except TimeoutError:
        said = _("takes too long")
    return write(replace(brief, templates=SHIPPED)), said


# In the process that can be ended ---------------------------------------------------------------------------------


def warm_up() -> None:
    """Get ready what filling templates takes, so that no template is billed for it."""
    load()


def faults_in(brief: Brief, letter: bool) -> tuple[Fault, ...]:  # noqa: FBT001 - told to the worker by position
    """Write what *brief* asks for until no own template is wrong that is left; give those that are left out."""
    return tuple(_faults_in(brief, letter=letter))


def _faults_in(brief: Brief, *, letter: bool) -> Iterable[Fault]:
    while brief.templates.own:
        try:
            with _cpu_time(_CPU_SECONDS):
                _write(brief, letter=letter)
        except TemplateError as error:
            yield Fault(name=error.name, sentence=str(error))
            brief = replace(brief, templates=brief.templates.without(error.name))
        else:
            return


def _write(brief: Brief, *, letter: bool) -> None:
    if not letter:
        for enclosed in ENCLOSED:
            if compose(brief, enclosed).shape != "letter" or brief.report:  # nothing is attached to it
                return
    if not brief.report:
        letter_parts(brief)
        letter_text(brief)


@contextmanager
def _cpu_time(seconds: float) -> Iterator[None]:
    """Have what takes longer than *seconds* of the processor's time end in a `TimeoutError`, where it is then."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds / 4)  # again, should a template catch it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
