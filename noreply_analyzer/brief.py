"""What a draft is to say: everything resolved and decided, nothing yet in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from .address import Address
from .grounds import Ground
from .guards import Deadline
from .language import LANGUAGES
from .message import Message
from .press import SHIPPED, Templates
from .registry import Channel, Mediator, Operator
from .topic import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The user, as drafts and letters name them."""

    name: str
    address: Address
    postal: tuple[str, ...] = ()
    """The lines of an envelope below the name."""
    language: str = "fr"
    """The user's own, one of `language.WRITTEN`: of what is written to the operator, if it reads that."""
    program: str = "en"
    """What the program speaks with the user, one of `language.LANGUAGES`."""

    @property
    def notes(self) -> str:
        """The language of what is for the user: their own, or else what the program speaks with them."""
        return self.language if self.language in LANGUAGES else self.program


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One message that is answered."""

    message: Message
    notice: str = ""
    """The author's own words that no answer is read; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that a draft says, resolved and decided; `drafting.compose` only puts it into words."""

    account: str
    """What the configuration calls the account. No draft depends on it: the user may call it otherwise tomorrow."""
    writer: Writer
    operator: Operator
    topic: Topic
    level: str = "question"
    """question, complaint or notice."""
    answered: tuple[Answered, ...]
    """Oldest first, at least one."""
    channel: Channel | None = None
    also: tuple[Channel, ...] = ()
    """Other ways to reach a person there."""
    outdated: tuple[Channel, ...] = ()
    """E-mail addresses of which nobody knows whether they are still good."""
    to_verify: bool = False
    stale: bool = False
    proven_by: str = ""
    """The domain that provably wrote; empty: nobody could be proven."""
    checked_by: tuple[str, ...] = ("us",)
    """Who proved it: "us" by a signature, the user's provider by its authserv-id; all of them for several messages."""
    references: Mapping[str, str] = field(default_factory=dict)
    """What the user is known by: ``customer_number``, ``contract_number``, ``line_number``, ``account_number``."""
    found: Mapping[str, str] = field(default_factory=dict)
    """What proven messages name besides, by `mentions.Kind`; it stands in the text, and in no header field."""
    escalation: tuple[tuple[int, Channel | Mediator], ...] = ()
    """After how many days of silence whom to turn to."""
    deadline: Deadline | None = None
    """How long they may take to answer."""
    grounds: tuple[Ground, ...] = ()
    """What the law says about it, at most two, in the order in which they are cited."""
    cancel_online: bool = False
    """Whether the law has them offer a function to cancel online, if they let people sign up online."""
    ask_locally: str = ""
    """Who answers rather than the head office; in French."""
    sells_for: tuple[str, ...] = ()
    """The names of those whose services it sells."""
    report: str = ""
    """Why what it holds is not the operator's: it reports them, and answers nothing."""
    templates: Templates = SHIPPED
    """In whose words."""
    now: datetime
    timezone: ZoneInfo
