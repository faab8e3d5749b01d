"""What is there already: whether a message has its answer, how many drafts wait, what became of a draft in hand.

The user's mail program decides: what lies in Drafts and Sent counts for more than what this program remembers, and an
edited draft is known by its References, the only thing that every mail program leaves alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from .ids import Marker, read_marker, stand_in
from .message import Message
from .planning import Matter
from .source import Position, Trace
from .state import Intent
from .topic import Topic


class Memory(Protocol):
    """What the state tells of earlier drafts."""

    def members(self, account: str, digest: str) -> frozenset[str]:
        """Give the keys of the messages that a draft answers; none for a draft it does not know."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """All that lies in Drafts and was lately put into Sent."""

    account: str
    drafts: str
    """The drafts mailbox."""
    traces: Sequence[Trace]
    memory: Memory

    def answer_to(self, message: Message) -> Trace | None:
        """Give what answers *message*, a draft of ours or whatever the user wrote, or ``None``."""
        names = {message.message_id, stand_in(message.key)}
        return next((t for t in self.traces if t.answers & names and not self._is_about_another(t, message.key)), None)

    def _is_about_another(self, trace: Trace, key: str) -> bool:
        """Tell whether *trace* is a draft of ours that answers another message with the same Message-ID."""
        for marker in markers(trace):
            if members := self.memory.members(self.account, marker.digest):
                return key not in members
        return False

    def waiting(self) -> Mapping[Matter, int]:
        """Count our drafts that the user has neither sent nor deleted; the markers tell, even if the state is lost."""
        found = {marker for trace in self._in_drafts() for marker in markers(trace) if marker.topic in set(Topic)}
        return Counter((marker.operator, Topic(marker.topic)) for marker in found)

    def duplicates(self) -> tuple[tuple[Trace, Trace], ...]:
        """Give each two drafts of ours that answer one and the same message, whatever else either of them answers."""
        ours = [trace for trace in self._in_drafts() if markers(trace)]
        return tuple((one, other) for one, other in combinations(ours, 2) if self._overlap(one, other))

    def _overlap(self, one: Trace, other: Trace) -> bool:
        if not {name for name in one.answers & other.answers if not read_marker(name)}:
            return False
        # An operator that uses a Message-ID twice has written two messages.
        known = [self.memory.members(self.account, markers(trace)[0].digest) for trace in (one, other)]
        return not all(known) or not known[0].isdisjoint(known[1])

    def outcome_of(self, intent: Intent, position: Position) -> str:
        """Say what became of an intent: ``saved``, ``undone`` or ``doubtful``.

        It is in Drafts or Sent, perhaps edited: saved. The drafts mailbox ends, at *position*, where it ended before:
        it never came there. Anything else, also where the server does not say where it ends: somebody may have sent or
        deleted it since.
        """
        for trace in self.traces:
            if trace.message_id == intent.message_id or intent.digest in {marker.digest for marker in markers(trace)}:
                return "saved"
        unchanged = position.certain and (position, self.drafts) == (intent.before, intent.mailbox)
        return "undone" if unchanged else "doubtful"

    def _in_drafts(self) -> Iterable[Trace]:
        return (trace for trace in self.traces if trace.in_drafts)


def markers(trace: Trace) -> tuple[Marker, ...]:
    """Give the markers of ours among what *trace* refers to."""
    return tuple(marker for marker in map(read_marker, trace.references) if marker)
