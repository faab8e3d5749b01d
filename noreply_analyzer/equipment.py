"""What a run works with, and what it says: all of it handed in, so that the road itself can be walked in a test."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from .config import Account, Settings
from .detection import Overrides
from .mailboxes import Listed
from .policy import Action, Analysis, Preferences, Tools
from .registry import Registry
from .source import Caution, DraftsMailbox, MailSource, MessageRef
from .state import State

if TYPE_CHECKING:
    from .brief import Brief


class Store(MailSource, Protocol):
    """A mail store with a drafts mailbox: what an account is."""

    caution: Caution
    """How it asks for messages; whoever opens it anew hands over what it knows of those that cost a connection."""

    @property
    def secured_by(self) -> str:
        """The version of TLS; empty where there is none, as on this machine."""
        ...

    def listed(self) -> Sequence[Listed]:
        """List every mailbox, also those that are never read."""
        ...

    def drafts(self, configured: str = "", sent: str = "") -> DraftsMailbox:
        """Give the drafts mailbox, found by its attribute, by its usual names or by the configuration."""
        ...


class Stop(Protocol):
    """Whether somebody pressed Ctrl-C."""

    def check(self) -> None:
        """End the run here, by an exception, if it is to end."""
        ...

    def held(self) -> AbstractContextManager[None]:
        """Let a step that must not be cut in half come to its end first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Where a draft lies."""

    message_id: str
    mailbox: str
    answers: int
    """How many messages it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message, what was found out, and what was done."""

    account: str
    ref: MessageRef
    analysis: Analysis
    draft: Saved | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that could not be done, in a sentence."""

    account: str
    sentence: str
    status: int
    ref: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that is worth a word and belongs to no single message of this run."""

    account: str
    sentence: str


Say = Callable[[Entry | Trouble | Note], None]
Remaining = Callable[[], float]
"""How many seconds there are left."""


def _in_shipped_words(brief: "Brief") -> "tuple[Brief, Sequence[str]]":
    return brief, ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What a run works with, all of it handed in."""

    settings: Settings
    state: State
    open_registry: Callable[[], Registry]
    """Called when there is something to look at: a run that finds nothing new reads no record."""
    tools: Tools
    open_store: Callable[[Account, Remaining], AbstractContextManager[Store]]
    clock: Callable[[], datetime]
    """The time of day, with its zone."""
    stop: Stop
    say: Say
    in_own_words: "Callable[[Brief], tuple[Brief, Sequence[str]]]" = _in_shipped_words
    """Put the user's own templates into a brief; and give a sentence for each that cannot be used, once."""
    step: Callable[[], None] = lambda: None
    """Called for each message that is looked at: for a counter on a terminal."""
    dry_run: bool = False
    monotonic: Callable[[], float] = time.monotonic


def preferences_for(settings: Settings, account: Account | None) -> Preferences:
    """Give what the configuration says about drafting, in the policy's terms.

    Without an *account*, as for a file, every address of the user counts as the user's own.
    """
    drafting = settings.drafting
    accounts = [account] if account else settings.accounts
    return Preferences(
        own_addresses=frozenset().union(*(one.own_addresses for one in accounts)),
        topics=frozenset(drafting.topics),
        unproven=Action(drafting.unproven),
        level=drafting.level,
        report_phishing=drafting.report_phishing,
        max_age=timedelta(days=drafting.max_age_days),
        give_up=timedelta(days=settings.limits.give_up_days),
        shelf_life_days=settings.registry.shelf_life_days,
        overrides=Overrides(
            dead=frozenset(text.lower() for text in settings.detection.dead),
            alive=frozenset(text.lower() for text in settings.detection.alive),
        ),
        authserv_ids=account.authserv_ids if account else (),
        received_by=account.received_by if account else (),
    )
