"""What the law has to say in one brief: analyses, account and settings into the grounds that the draft cites."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from .config import Account, Settings
from .grounds import Case, Contract, Ground, case_of, choose_grounds
from .policy import Analysis
from .registry import Level, Operator, Registry

_ONLINE: Final = "L215-1-1"


def case_for(
    analyses: Sequence[Analysis],
    operator: Operator,
    level: Level,
    *,
    account: Account,
    registry: Registry,
    day: date,
) -> Case:
    """Give what the law looks at in a draft that answers all of *analyses* (oldest first)."""
    newest = analyses[-1]
    return case_of(
        operator,
        newest.topic,
        level,
        day=day,
        proven=newest.proven,
        bulk=any(_is_bulk(analysis) for analysis in analyses),
        contract=_contract(operator, newest, account, registry),
    )


def grounds_for(case: Case, settings: Settings) -> tuple[Ground, ...]:
    """Give the grounds that the draft cites, as the user wants them."""
    wanted = settings.drafting.grounds
    return () if wanted == "none" else choose_grounds(case, doubtful=wanted == "all")


def is_cancelled_online(case: Case) -> bool:
    """Tell whether the covering note names the online cancellation function, which a letter does not need."""
    return any(ground.id == _ONLINE for ground in choose_grounds(replace(case, level=Level.COMPLAINT)))


def _contract(operator: Operator, newest: Analysis, account: Account, registry: Registry) -> Contract:
    """Say what is known of the contract; an order that is on its way was made about the day of the message."""
    known = any(_leads_to(slug, operator, registry) for slug in account.operators)
    for slug, said in account.contracts.items():
        if _leads_to(slug, operator, registry):
            return Contract(made_on=said.made_on, at_a_distance=said.at_a_distance, known=True)
    day = newest.message.date.date() if newest.topic == "delivery" and newest.message.date else None
    return Contract(made_on=day, known=known)


def _leads_to(slug: str, operator: Operator, registry: Registry) -> bool:
    record = registry.get(slug)
    return record is not None and record.slug == operator.slug


def _is_bulk(analysis: Analysis) -> bool:
    message = analysis.message
    return bool(message.first("list-unsubscribe")) or (message.first("precedence") or "").strip().lower() == "bulk"
