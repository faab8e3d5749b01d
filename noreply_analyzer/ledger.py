"""What one look at an account remembers and says, in the order that makes it once.

What was decided is on the disk before it is said, and a message is forgotten about only after both: rather a word too
few than one too many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from .address import Address
from .config import Account
from .equipment import Entry, Equipment, Note, Trouble
from .policy import Action, Circumstances
from .source import MessageRef, Position
from .state import Intent, State, Waiting


@dataclass
class Ledger:
    """The state, as one account sees it."""

    equipment: Equipment
    account: Account
    statuses: set[int] = field(default_factory=set)
    """Every exit status that something led to."""
    reached: dict[str, Position] = field(default_factory=dict)
    """How far each mailbox was read; remembered at the end, when all that was found there is done with."""
    drafted: int = 0
    """How many drafts were written."""
    _refs: dict[str, list[MessageRef]] = field(default_factory=dict)
    """Where each message lies, by its key, as far as this run has seen it."""
    _put_off_keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.owner, self.place = _owner(self.account), _place(self.account)
        """Whose messages they are. Two accounts may have one address: how far mail was read is the `place`'s."""

    @property
    def state(self) -> State:
        """What lasts."""
        return self.equipment.state

    @cached_property
    def now(self) -> datetime:
        """When this look began."""
        return self.equipment.clock()

    # What is said -------------------------------------------------------------------------------------------------

    def trouble(self, sentence: str, status: int, ref: MessageRef | None = None) -> None:
        """Say that something could not be done."""
        self.statuses.add(status)
        self.equipment.say(Trouble(account=self.account.name, sentence=sentence, status=status, ref=ref))

    def note(self, sentence: str) -> None:
        """Say something that belongs to no single message."""
        self.equipment.say(Note(account=self.account.name, sentence=sentence))

    # What is remembered -------------------------------------------------------------------------------------------

    def finish(self, entry: Entry) -> None:
        """Remember what was decided about a message, then say it."""
        decision, key = entry.analysis.decision, entry.analysis.message.key
        if decision.action is Action.LATER:
            self._put_off_keys.add(key)
            for ref in self.refs_of(entry):
                self.wait(ref, entry.analysis.circumstances, rule=decision.rule)
        else:
            if decision.action is not Action.DRAFT:
                self.state.remember(self.owner, key, action=decision.action, rule=decision.rule, at=self.now)
            for ref in self.refs_of(entry):
                self.settle(ref)
        self.equipment.say(entry)

    def refs_of(self, entry: Entry) -> Sequence[MessageRef]:
        """Say where the message lies, and every copy of it that was seen."""
        return self._refs.get(entry.analysis.message.key, [entry.ref])

    def is_known(self, key: str, ref: MessageRef, seen: Circumstances) -> bool:
        """Tell whether a message was decided on before, or is being decided on, wherever it lay."""
        if self.state.knows(self.owner, key):
            self.settle(ref)
            return True
        if key in self._in_hand_elsewhere:
            self.wait(ref, seen, rule="copy")
            return True
        refs = self._refs.setdefault(key, [])
        refs.append(ref)
        if key in self._put_off_keys:  # a copy of it waits: so does this one, for the user may delete either
            self.wait(ref, seen, rule="copy")
        return len(refs) > 1

    def wait(self, ref: MessageRef, seen: Circumstances, *, rule: str) -> None:
        """Have a later run look again."""
        since = seen.waiting_since or self.now
        self.state.put_off(self.place, Waiting(ref=ref, received=seen.received, rule=rule, since=since))

    def settle(self, ref: MessageRef) -> None:
        """Have no later run look again."""
        self.state.settle(self.place, ref)

    def knows(self, what: str, ref: MessageRef | None = None) -> bool:
        """Tell whether *what* was remembered, of this message if one is given: its key may not be known."""
        return self.state.knows(*self._mark(what, ref))

    def remember(self, what: str, ref: MessageRef | None = None, *, action: Action, rule: str) -> None:
        """Remember *what*, so that it is said once."""
        self.state.remember(*self._mark(what, ref), action=action, rule=rule, at=self.now)

    def failed(self, ref: MessageRef) -> None:
        """Remember that the server failed to give a message, once or twice."""
        times = "failed twice" if self.knows("failed once", ref) else "failed once"
        self.remember(times, ref, action=Action.LATER, rule="fetch-failed")

    def _mark(self, what: str, ref: MessageRef | None) -> tuple[str, str]:
        """Give whose it is, and under which name: a UID is one of this place, and may be another's in the other."""
        if ref is None:
            return self.owner, what
        return self.place, f"{what} {ref.mailbox} {ref.uid_validity} {ref.uid}"

    # Drafts -------------------------------------------------------------------------------------------------------

    def open_intents(self) -> Sequence[Intent]:
        """Give the drafts of which no run wrote down what became of them, wherever they were to be saved."""
        return self.state.open_intents(self.owner)

    def is_of_this_place(self, intent: Intent, mailbox: str, position: Position) -> bool:
        """Tell whether it is in this place, with its drafts mailbox at *position*, that an intent is to be looked for.

        One of no place that is in the configuration (version 1 wrote none down, and hosts and users change) is of the
        place whose drafts mailbox it names; if none is that, of the last one, so that it comes to an end.
        """
        places = [_place(one) for one in self.equipment.settings.accounts if _owner(one) == self.owner]
        if intent.place in places:
            return intent.place == self.place
        named = (intent.mailbox, intent.before.uid_validity) == (mailbox, position.uid_validity)
        return named or self.place in places[-1:]

    @cached_property
    def _in_hand_elsewhere(self) -> frozenset[str]:
        """What another place of this address was about to draft to; asked for when this place has no open intent."""
        return frozenset().union(*(intent.keys for intent in self.open_intents()))

    def intend(self, intent: Intent) -> None:
        """Write down that a draft is about to be saved."""
        self.state.intend(self.owner, intent)

    def conclude(self, digest: str, *, outcome: str, rule: str) -> None:
        """Write down what became of it: ``saved``, ``undone`` or ``doubtful``."""
        self.state.conclude(self.owner, digest, outcome=outcome, rule=rule, at=self.now)

    # How far it was read ------------------------------------------------------------------------------------------

    def position(self, mailbox: str) -> Position | None:
        """Say how far earlier runs read a mailbox."""
        return self.state.position(self.place, mailbox)

    def set_position(self, mailbox: str, position: Position) -> None:
        """Remember how far a mailbox was read."""
        self.state.set_position(self.place, mailbox, position)

    def close(self) -> None:
        """Remember how far every mailbox was read: all that was found there is done with."""
        for mailbox, position in self.reached.items():
            self.set_position(mailbox, position)


def _owner(account: Account) -> str:
    return Address.parse(account.address).key


def _place(account: Account) -> str:
    return f"{_owner(account)} {account.path or f'{account.login}@{account.host}'}"
