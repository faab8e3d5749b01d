"""The gallery: what drafts say on each topic, at each level, as a mail and as a letter, on one page of Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby
from typing import Final

from .brief import Brief
from .drafting import ENCLOSED, Draft, compose, letter_text
from .prose import words
from .registry import Level, Purpose
from .specimens import NOW, TOPICS, Specimen, analysis_of, specimens
from .topic import Topic

SHOWN: Final = ("fr", "en")
"""Of which languages the page in the documentation is."""
_FIELDS: Final = ("From", "To", "Subject", "Comments")
_RULE: Final = "-" * 72
_HEAD: Final = """\
# Drafts, all of them

What the program writes in answer to mail that cannot be answered: on each topic, at each level, as a mail to an
operator that takes mail, and as a letter to one that does not. A click opens each.

- The operator, its messages and the writer exist nowhere but here; it is always {day}, and the law is
  [cited](grounds.md) as of that day.
- The blanks in square brackets are the user's to fill in; nothing is ever sent.
- Nothing is drafted to one-time codes, password resets and log-in alerts; `data` is asked for by hand only
  (`draft --topic data`), and so is a formal notice (`draft --level notice`).
- The same letters as PDF: `noreply-analyzer draft --letter`. In words of your own: [templates.md](templates.md).

This page is made by `noreply-analyzer templates gallery`, and a test holds it to what the program writes.

"""


def gallery(languages: Sequence[str] = SHOWN) -> Iterator[str]:
    """Give the page, line by line: what is written in each of *languages*."""
    yield from _HEAD.format(day=words("en").date(NOW.date()).replace("\N{NO-BREAK SPACE}", " ")).splitlines()
    for language in languages:
        yield f"- [{_title(language)}](#{_anchor(_title(language))}):"
        yield "  " + ",\n  ".join(f"[{topic}](#{_anchor(_heading(topic, language))})" for topic in TOPICS)
    for language in languages:
        yield from ("", f"## {_title(language)}", "")
        yield from _language(language)


def _language(language: str) -> Iterator[str]:
    shown = list(specimens(language))
    for topic, same in groupby(shown, key=lambda one: one.topic):
        yield from (f"### {_heading(topic, language)}", "")
        message = analysis_of(language, topic).message
        yield from _folded("the message", message.subject, message.text)
        for one in same:
            yield from _specimen(one)
    letters = [one.brief for one in shown if one.topic is Topic.BILLING and one.shape == "letter"]
    yield from (f"### Above a letter, {_in(language)}", "", "The note to the user, at each level.", "")
    for brief, level in zip(letters, Level, strict=True):
        draft = compose(brief, ENCLOSED[1])
        yield from _folded(f"{level}, note", str(draft.message["Subject"]), _text(draft).partition(_RULE)[0])
    yield from (f"### A report, {_in(language)}", "", "Of mail in an operator's name, to its abuse desk.", "")
    draft = compose(_report(letters[0]))
    yield from _folded("report", str(draft.message["Subject"]), _text(draft))


def _specimen(one: Specimen) -> Iterator[str]:
    draft = compose(one.brief)
    if one.shape == "mail":
        head = "".join(f"{name}: {draft.message[name]}\n" for name in _FIELDS)
        text = f"{head}\n{_text(draft)}"
    else:
        text = letter_text(one.brief)
    yield from _folded(f"{one.level}, {one.shape}", str(draft.message["Subject"]), text)


def _report(brief: Brief) -> Brief:
    return replace(
        brief, channel=next(one for one in brief.operator.channels if one.purpose is Purpose.ABUSE), report="dmarc=fail"
    )


def _text(draft: Draft) -> str:
    body = draft.message.get_body(("plain",))
    return body.get_content().replace("\r\n", "\n") if body else ""


def _folded(what: str, title: str, text: str) -> Iterator[str]:
    yield from (f"<details><summary>{what}: {escape(title, quote=False)}</summary>", "", "```text")
    yield from text.strip("\n").splitlines()
    yield from ("```", "", "</details>", "")


def _in(language: str) -> str:
    return words("en").language_name[language]


def _title(language: str) -> str:
    name = _in(language)
    return name[:1].upper() + name[1:]


def _heading(topic: Topic, language: str) -> str:
    return f"{topic.capitalize()}, {_in(language)}"


def _anchor(heading: str) -> str:
    """Give the name by which a page on a code forge is led to a heading."""
    return heading.lower().replace(",", "").replace(" ", "-")
