"""What a text asks for, on what ground, and what follows if nobody answers: from a `Brief` into words."""

from collections.abc import Mapping
from typing import Final

from .brief import Brief
from .grounds import cited
from .prose import Words, clean, stick, typographic
from .registry import Channel, Mediator, Purpose

_NAME: Final = 200
_FOR_MEDIATION: Final = "L612-2"


def asked(brief: Brief, spoken: Words, recipient: Channel | None) -> dict[str, object]:
    """Give the values of a template that say it, in the language of *spoken*; *recipient* stands on the envelope."""
    step = next(iter(steps_left(brief, recipient)), None)
    openings = spoken.opening if brief.level == "question" else spoken.opening_firm
    return {
        "opening": _by_topic(openings, brief),
        "request": _by_topic(spoken.request, brief).format(mail=stick(str(brief.writer.address))),
        "grounds": [
            typographic(sentence, french=spoken.language == "fr") for sentence in cited(brief.grounds, spoken.language)
        ],
        "silence": _silence(brief, step, spoken),
        "delay": _delay(brief, step, spoken),
    }


def _by_topic(table: Mapping[str, str], brief: Brief) -> str:
    return table.get(brief.topic, table["other"])


def steps_left(brief: Brief, recipient: Channel | None) -> tuple[tuple[int, Channel | Mediator], ...]:
    """Give the steps that come after the one that the text itself is sent to."""
    steps = brief.escalation
    reached = [index for index, (_days, where) in enumerate(steps) if where in {recipient, brief.channel}]
    return steps[reached[-1] + 1 :] if reached else steps


def _delay(brief: Brief, step: tuple[int, Channel | Mediator] | None, spoken: Words) -> str:
    """Give the time after which silence has consequences, or else that in which an answer is due."""
    if step:
        return spoken.period(step[0])
    if brief.deadline is None:
        return ""
    return (spoken.working if brief.deadline.working else spoken.period)(brief.deadline.answer_days)


def _silence(brief: Brief, step: tuple[int, Channel | Mediator] | None, spoken: Words) -> str:
    """Say whom the user will turn to after silence: a service, or the mediator, by name if it is known.

    A formal notice says what follows in any case: whoever a complaint for mediation is made to has a mediator.
    """
    if step is None:
        is_for_mediation = any(ground.id == _FOR_MEDIATION for ground in brief.grounds)
        return spoken.silence["some_mediator"] if brief.level == "notice" and is_for_mediation else ""
    if isinstance(step[1], Mediator):
        return spoken.silence["mediator"].format(name=stick(clean(step[1].name, _NAME)))
    return spoken.silence["complaints" if step[1].purpose is Purpose.COMPLAINTS else "service"]
