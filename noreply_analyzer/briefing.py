"""From what was decided to what a draft has to say: analyses, account and registry into one `Brief`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from .address import Address
from .choice import DATA_TOPICS
from .citing import case_for, grounds_for, is_cancelled_online
from .config import Account, Identity, Settings
from .drafting import Answered, Brief, Writer
from .language import in_use
from .policy import Analysis
from .references import found_in, references_to
from .registry import Choice, Level, Operator, Registry, lineage


def brief_for(
    analyses: Sequence[Analysis],
    *,
    account: Account,
    settings: Settings,
    registry: Registry,
    now: datetime,
    level: Level | None = None,
) -> Brief:
    """Give what `drafting.compose` needs for one draft that answers all of *analyses* (oldest first).

    It is written as firmly as *level* says, or else as the configuration does.

    Raises:
        ValueError: the analyses belong to no operator, or to no decided choice: nothing may be drafted.
    """
    newest = analyses[-1]
    if newest.addressee is None or newest.choice is None:
        raise ValueError("only what was decided to be drafted has a brief")
    operator = newest.addressee
    if newest.is_report:
        return _report_for(analyses, operator, newest.choice, account=account, settings=settings, now=now)
    choice = _shared(newest.choice, analyses)
    known = references_to(operator, account, registry)
    about_data = newest.topic in DATA_TOPICS  # which goes to an authority, not to a mediator
    steps = () if about_data else registry.steps_of(operator)
    firmly = level or settings.drafting.level
    zone = ZoneInfo(settings.timezone)
    day = now.astimezone(zone).date()
    case = case_for(analyses, operator, firmly, account=account, registry=registry, day=day)
    later = [where for _days, where in steps]  # named as the next step, so not as another way
    return Brief(
        account=account.name,
        writer=_writer(account, settings),
        operator=operator,
        topic=newest.topic,
        level=firmly,
        answered=tuple(Answered(message=a.message, notice=_notice(a)) for a in analyses),
        channel=choice.channel,
        also=tuple(other for other in choice.also if other not in later),
        outdated=choice.outdated,
        to_verify=choice.to_verify,
        stale=choice.stale,
        proven_by=newest.authentication.domain if newest.proven else "",
        checked_by=tuple(dict.fromkeys(a.authentication.checked_by for a in analyses)),
        references=known,
        found=found_in(analyses, known),
        escalation=steps,
        deadline=None if about_data else registry.deadline_of(operator),
        grounds=grounds_for(case, settings),
        cancel_online=is_cancelled_online(case),
        ask_locally=next((one.ask_locally for one in lineage(operator, registry) if one.ask_locally), ""),
        sells_for=tuple(one.name for slug in operator.sells_for if (one := registry.get(slug))),
        now=now,
        timezone=zone,
    )


def _shared(choice: Choice, analyses: Sequence[Analysis]) -> Choice:
    """Leave the recipient open where the messages of one letter belong to desks for different services."""
    desks = {analysis.choice.channel for analysis in analyses if analysis.choice and analysis.choice.channel}
    if choice.channel is None or len(desks) <= 1 or not any(desk.serves for desk in desks):
        return choice
    return replace(choice, channel=None, also=(choice.channel, *choice.also), to_verify=False, stale=False)


def _report_for(
    analyses: Sequence[Analysis],
    operator: Operator,
    choice: Choice,
    *,
    account: Account,
    settings: Settings,
    now: datetime,
) -> Brief:
    """Give what a report of mail in an operator's name needs: nothing that the user is known by."""
    newest = analyses[-1]
    return Brief(
        account=account.name,
        writer=_writer(account, settings),
        operator=operator,
        topic=newest.matter,
        answered=tuple(Answered(message=a.message) for a in analyses),
        channel=choice.channel,
        also=choice.also,
        report=newest.warnings[0].text if newest.warnings else newest.authentication.reason,
        now=now,
        timezone=ZoneInfo(settings.timezone),
    )


def _writer(account: Account, settings: Settings) -> Writer:
    identity: Identity = account.identity or settings.identity
    return Writer(
        name=identity.name,
        address=Address.parse(account.address),
        postal=identity.address,
        language=identity.language,
        program=in_use(),
    )


def _notice(analysis: Analysis) -> str:
    """Quote the sentence that says that no answer is read, if a sentence says it."""
    evidence = analysis.reading.verdict.evidence
    return next((item.found for item in evidence if item.where == "text"), "")
