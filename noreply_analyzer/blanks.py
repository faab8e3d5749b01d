"""What a draft leaves to the user to fill in: marked where it stands, named and counted in the note above it."""

import re
from typing import Final

from .brief import Brief
from .prose import Words
from .tongue import envelope_channel, shape, text_language
from .ways import lines_of

_POSTCODE: Final = re.compile(
    r"(?:[A-Z]{1,2}-)?(?:\d{4} (?!(?:DE|LA|LE) [^a-z]*\Z)[A-Z]{2}|\d{4}-\d{3}|\d{4,5}) "
    r"(.+?)(?: (?i:CEDEX)(?: \d+)?|(?<=[^\WA-Z]) \(?[A-Z]{2}\)?)?\Z"
)
"""As in "17000", "D-10115", "1012 AB" or "1000-205"; behind an Italian town stands its province."""


def blank(brief: Brief, which: str) -> str:
    """Give the mark for what the user has not told."""
    return brief.templates.words(brief.writer.notes).blank[which]


def blank_unless(given: str, brief: Brief, which: str) -> str:
    """Give what is *given*, or else the mark for it."""
    return given or blank(brief, which)


def hint(brief: Brief) -> str:
    """Give the mark for the user's own sentences, with what belongs there."""
    spoken, language = brief.templates.words(brief.writer.notes), text_language(brief)
    doubtful = len({language, brief.writer.language, brief.writer.notes}) > 1
    which = brief.level if brief.level in spoken.hint else brief.topic
    form = spoken.hint.get(which, spoken.hint["other"])
    return form.format(in_language=f", {spoken.language_name[language]}" if doubtful else "")


def to_fill_in(brief: Brief) -> list[str]:
    """Name each passage that is left to fill in, in the order of the text; for a call there is none."""
    if shape(brief) == "call":
        return []
    blanks = {which: blank(brief, which).strip("[]") for which in _missing(brief)}
    if "name" in blanks and shape(brief) != "form":  # it stands at the head and at the foot
        blanks["name"] = brief.templates.words(brief.writer.notes).blanks["twice"].format(blank=blanks["name"])
    return [*blanks.values(), hint(brief).strip("[]")]


def how_many(brief: Brief, spoken: Words) -> str:
    """Say how much is left to fill in: *le passage entre crochets*, *les deux passages entre crochets*."""
    twice = "name" in _missing(brief) and shape(brief) != "form"
    count = len(to_fill_in(brief)) + twice
    return spoken.blanks["one"] if count == 1 else spoken.blanks["many"].format(count=spoken.number(count))


def _missing(brief: Brief) -> list[str]:
    """Name what is to be filled in beside the user's own sentences; an e-mail has neither envelope nor place."""
    missing = {"name": not brief.writer.name}
    if shape(brief) == "letter":
        missing |= {
            "postal": not brief.writer.postal,
            "recipient": envelope_channel(brief) is None,
            "town": brief.templates.words(text_language(brief)).names_the_town and not town(brief),
        }
    return [which for which, is_missing in missing.items() if is_missing]


def town(brief: Brief) -> str:
    """Give the town of the user's address; empty if no line begins with a postcode."""
    found = filter(None, (_POSTCODE.match(line) for line in reversed(lines_of(brief.writer.postal))))
    return next((match[1] for match in found), "")
