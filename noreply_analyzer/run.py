"""The loop: from what is new in an account's mailboxes to drafts in its drafts mailbox, each once.

The order is what makes it once: a message is forgotten about only after what was decided is on the disk, a draft is
an intent on the disk before it is in the mailbox, and a mailbox counts as read only after all of that.
"""

from collections.abc import Callable, Sequence
from typing import Final

from .config import Account
from .connections import Connections
from .equipment import Equipment, Remaining
from .errors import InterruptedRunError, NoreplyAnalyzerError, StateError
from .ledger import Ledger
from .looking import Look
from .saving import Desk

_LOOKING: Final = 0.7
"""Which part of its time a run looks at mail; the rest is for writing what it found."""

WORST_FIRST: Final = (130, 78, 77, 74, 69, 75, 65, 64, 1)
"""Which exit status counts where several accounts end differently."""


def run_accounts(equipment: Equipment, accounts: Sequence[Account]) -> int:
    """Look at every account once; give the exit status.

    What goes wrong with one account is said and does not keep the others from being looked at.

    Raises:
        StateError: nothing can be remembered, so nothing may be done.
        InterruptedRunError: after the step in hand.
    """
    now = equipment.monotonic
    ends_at = now() + equipment.settings.limits.run_seconds
    statuses = {0}
    drafts_left = equipment.settings.drafting.per_run
    equipment.state.forget_what_is_old(equipment.clock(), max_age_days=equipment.settings.drafting.max_age_days)
    for index, account in enumerate(accounts):
        # Its share of what is left: a flooded account must not keep the next one from being looked at.
        share = (ends_at - now()) / (len(accounts) - index)
        end = now() + share
        ledger = Ledger(equipment, account)
        try:
            _look_once(ledger, _until(now, end), look_until=end - (1 - _LOOKING) * share, drafts_left=drafts_left)
        except (StateError, InterruptedRunError):
            raise  # the one concerns every account, the other ends the run
        except NoreplyAnalyzerError as error:
            ledger.trouble(str(error), error.exit_status)
        statuses |= ledger.statuses
        drafts_left -= ledger.drafted
    return worst(statuses)


def _look_once(ledger: Ledger, remaining: Remaining, *, look_until: float, drafts_left: int) -> None:
    """Walk the whole road once, for one account."""
    with Connections(ledger, remaining) as connections:
        look = Look(ledger, connections, until=look_until)
        desk = Desk(ledger, connections, at_most=drafts_left, entries=look.entries)
        desk.resolve_intents()
        desk.name_duplicates()
        look.at_what_waits()
        look.at_what_is_new()
        desk.check_what_is_answered()
        desk.write()
        ledger.close()


def _until(now: Callable[[], float], end: float) -> Remaining:
    return lambda: end - now()


def worst(statuses: set[int]) -> int:
    """Give the exit status that counts."""
    return next((status for status in WORST_FIRST if status in statuses), 0)
