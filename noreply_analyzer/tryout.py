"""Every template of the user's own, tried on every sample there is: what `templates check` finds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from .brief import Brief
from .errors import MessageError
from .language import _
from .press import Own, Templates, languages, shipped_names, unknown_names
from .specimens import rarities, specimens
from .stationery import Fault, Stationery
from .tables import guess
from .vocabulary import MistakenWordsError, overlaid
from .wording import note_values, report_values, text_values

_SECONDS: Final = 20.0


def findings(stationery: Stationery) -> Iterator[Fault]:
    """Give what is wrong with the user's own templates, in the order of their names, and lines.

    Of what only shows where a template is filled in, the first of each template.

    Raises:
        TryLaterError: no process can be started to try them in.
    """
    found = stationery.found
    for problem in found.problems:
        yield Fault(name="", sentence=problem)
    for path in found.others:
        problem = _("no template is called so")
        yield Fault(name=path, sentence=f"{path}:1: {problem}")
    seen: set[str] = set()
    for one in found.templates.own:
        said = [*_misnamed(one, found.templates), *_read_through(one, found.templates, stationery)]
        seen.update(one.name for _fault in said)
        yield from said
    yield from (fault for fault in _filled(stationery) if fault.name not in seen)


def _misnamed(one: Own, templates: Templates) -> Iterator[Fault]:
    """Say so where nothing asks for an own template."""
    language = one.name.partition("/")[0]
    if language not in languages():
        sentence = _("there are no templates in the language {language}; there are: {known}")
        yield _fault(one, 1, sentence.format(language=language, known=", ".join(languages())))
    elif one.name not in shipped_names() and not any(one.name in other.text for other in templates.own):
        sentence = _("nothing includes it, and no template of the program is called so{guess}")
        yield _fault(one, 1, sentence.format(guess=guess(one.name, shipped_names())))


def _read_through(one: Own, templates: Templates, stationery: Stationery) -> list[Fault]:
    """Say what is wrong in it wherever that stands, also where no sample leads."""
    try:
        return stationery.worker.call(mistakes_in, one, templates, seconds=_SECONDS)
    except MessageError:
        return [_fault(one, 1, _("takes too long"))]


def mistakes_in(one: Own, templates: Templates) -> list[Fault]:
    """Read a template through; called in the process that can be ended."""
    language, file = one.name.split("/", 1)
    if language not in languages():
        return []
    if file == "words.toml":
        try:
            overlaid(one.text, language)
        except MistakenWordsError as error:
            return [_fault(one, line, problem) for line, problem in error.mistakes]
        return []
    others = [other for other in templates.own if other.name.endswith(".j2") and one.name in other.text]
    unknown = unknown_names(one, _known(file), others)
    return [_fault(one, line, _("there is no {name!r} here").format(name=name)) for line, name in unknown]


def _known(file: str) -> frozenset[str]:
    """Give the names that have a value in a template."""
    brief = next(specimens("fr")).brief
    values: Mapping[str, Iterable[str]] = {
        "email.j2": text_values(brief),
        "letter.j2": text_values(brief),
        "form.j2": text_values(brief),
        "note.j2": note_values(brief),
        "report.j2": report_values(brief, "fr"),
    }
    return frozenset(values[file] if file in values else {"way", *(name for each in values.values() for name in each)})


def _fault(one: Own, line: int, problem: str) -> Fault:
    return Fault(name=one.name, sentence=f"{one.path}:{line}: {problem}")


def _filled(stationery: Stationery) -> Iterator[Fault]:
    """Fill in each template with each sample, until it is wrong."""
    templates = stationery.found.templates
    for brief in _briefs(sorted({one.name.partition("/")[0] for one in templates.own} & set(languages()))):
        # One at a time: another may only follow from it.
        while templates.own and (faults := stationery.faults(replace(brief, templates=templates))[:1]):
            yield from faults
            templates = _left(templates, faults[0])


def _left(templates: Templates, fault: Fault) -> Templates:
    """Leave out what is wrong; what only one's own include is left empty, so that they are not blamed for it."""
    if not fault.name:
        return Templates()
    if fault.name in shipped_names():
        return templates.without(fault.name)
    return Templates(tuple(one._replace(text="") if one.name == fault.name else one for one in templates.own))


def _briefs(asked: Sequence[str]) -> Iterator[Brief]:
    for language in asked:
        yield from (specimen.brief for specimen in specimens(language))
        yield from rarities(language)
