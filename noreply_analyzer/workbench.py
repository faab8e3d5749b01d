"""Reading and proving one message under deadlines: the worker and the resolver in one hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from .authentication import (
    Authentication,
    Result,
    Standing,
    TxtAnswer,
    conclude,
    keys_wanted,
    verify_signatures,
)
from .detection import Overrides
from .errors import MessageError
from .language import _
from .message import Message
from .policy import Reading, read
from .worker import Worker

DNS_SECONDS: Final = 5.0
"""What all look-ups for one message may take together; the keys of honest senders answer within a tenth of it."""


MAX_IN_A_ROW: Final = 10
"""Messages whose check is broken off, one after the other, before no more are checked: each takes its time."""


class Resolver(Protocol):
    """Whoever answers for the DNS: `dns.Resolver`, or a `testing.Zone`."""

    def look_up_all(self, names: tuple[str, ...], *, seconds: float) -> Mapping[str, TxtAnswer]:
        """Look up all *names* within *seconds* together."""
        ...


class Workbench:
    """What `policy.Tools` asks for."""

    def __init__(self, worker: Worker, resolver: Resolver, *, seconds: float) -> None:
        self._worker = worker
        self._resolver = resolver
        self._seconds = seconds
        self._in_a_row = 0

    @property
    def gave_up(self) -> bool:
        """Whether so many checks were broken off that no more are made."""
        return self._in_a_row >= MAX_IN_A_ROW

    def read(self, raw: bytes, overrides: Overrides) -> Reading:
        """Read, judge and classify in the worker.

        Raises:
            MessageError: it is no message, or took longer than it may.
        """
        return self._worker.call(read, raw, overrides, seconds=self._seconds)

    def prove(
        self, raw: bytes, message: Message, *, at: datetime, arrived: datetime | None = None, every: bool = False
    ) -> Authentication:
        """Look up the keys here, check the signatures in the worker.

        A check that takes longer than it may, or breaks the worker down, leaves the author not established; after ten
        in a row the others have to wait for another run.
        """
        if self.gave_up:
            return _unchecked(Result.TEMPERROR, _("not checked: too many before it took too long"))
        keys = self._resolver.look_up_all(keys_wanted(message, every=every), seconds=DNS_SECONDS)
        try:
            signatures = self._worker.call(
                verify_signatures, raw, message, dict(keys), at, arrived, seconds=self._seconds
            )
        except MessageError as error:
            self._in_a_row += 1
            return _unchecked(Result.NEUTRAL, _("not checked: {problem}").format(problem=error))
        self._in_a_row = 0
        return conclude(message, signatures)


def _unchecked(result: Result, reason: str) -> Authentication:
    return Authentication(result=result, standing=Standing.NOT_ESTABLISHED, reason=reason)
