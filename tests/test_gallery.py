"""The gallery is what the program writes, and its samples lead everywhere in the templates."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from drafting_cases import body

from noreply_analyzer.drafting import ENCLOSED, compose, letter_parts
from noreply_analyzer.gallery import SHOWN, gallery
from noreply_analyzer.policy import Action
from noreply_analyzer.press import Own, Templates, languages, shipped_names, shipped_text
from noreply_analyzer.registry import Level
from noreply_analyzer.specimens import TOPICS, analysis_of, rarities, specimens
from noreply_analyzer.tongue import shape
from noreply_analyzer.topic import Topic

DOCUMENT = Path(__file__).parent.parent / "docs" / "gallery.md"
TAG = re.compile(r"(\{%-? (?:if|elif|else|for) ?[^%]*%\})")


def test_the_gallery_is_what_the_program_writes() -> None:
    """Word for word; after a change, do what it says, and read what is different."""
    written = "".join(f"{line}\n" for line in gallery())

    assert written == DOCUMENT.read_text("utf-8"), "noreply-analyzer templates gallery > docs/gallery.md"


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", SHOWN)
def test_a_sample_is_about_what_it_stands_for(language: str, topic: Topic) -> None:
    """It is read as any message is; only about one's data no message is."""
    analysis = analysis_of(language, topic)

    assert analysis.topic is (Topic.ACCOUNT if topic is Topic.DATA else topic)
    assert (analysis.decision.action, analysis.decision.rule) == (Action.DRAFT, "unanswerable-proven")


@pytest.mark.parametrize("language", languages())
def test_each_topic_and_level_is_there_as_mail_and_letter(language: str) -> None:
    """In each language that has templates."""
    shown = {(one.topic, one.level, one.shape): compose(one.brief) for one in specimens(language)}
    shapes = {(shape, draft.shape) for (_topic, _level, shape), draft in shown.items()}

    assert shown.keys() == {
        (topic, level, shape) for topic in TOPICS for level in Level for shape in ("mail", "letter")
    }
    assert shapes == {("mail", "email"), ("letter", "letter")}
    assert len({body(draft) for draft in shown.values()}) == len(shown)


@pytest.mark.parametrize("language", languages())
def test_the_samples_lead_everywhere_in_the_templates(language: str) -> None:
    """So that ``templates check`` meets a mistake wherever it stands."""
    names = [name for name in shipped_names() if name.startswith(f"{language}/") and name.endswith(".j2")]
    parts = {name: TAG.split(shipped_text(name)) for name in names}  # tags stand between what they part
    marks = [f"{name}: {tag}" for name in names for tag in parts[name][1::2]]
    numbers = count()
    own = Templates(tuple(Own(name, _marked(parts[name], numbers), name) for name in names))
    written: list[object] = []
    for brief in (*(one.brief for one in specimens(language)), *rarities(language)):
        in_own_words = replace(brief, templates=own)
        attached = ENCLOSED if shape(brief) == "letter" and not brief.report else (None,)
        written.extend(body(compose(in_own_words, enclosed)) for enclosed in attached)
        written.append("" if brief.report else letter_parts(in_own_words))
    reached = {int(number) for number in re.findall(r"⟦(\d+)⟧", str(written))}

    assert [mark for number, mark in enumerate(marks) if number not in reached] == []


def _marked(parts: list[str], numbers: Iterator[int]) -> str:
    """Put a number behind each tag."""
    return "".join(f"{part}⟦{next(numbers)}⟧" if index % 2 else part for index, part in enumerate(parts))


def test_the_page_can_be_found_its_way_about() -> None:
    """Each link of its contents leads to a heading."""
    text = DOCUMENT.read_text("utf-8")
    headings = {
        line.lstrip("# ").lower().replace(",", "").replace(" ", "-") for line in text.splitlines() if line[:1] == "#"
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) < headings
