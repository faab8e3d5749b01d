"""Reading and proving one message under deadlines: the worker and the resolver in one hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from .authentication import Authentication, TxtAnswer, conclude, keys_wanted, verify_signatures
from .detection import Overrides
from .message import Message
from .policy import Reading, read
from .worker import Worker

DNS_SECONDS: Final = 5.0
"""What all look-ups for one message may take together; the keys of honest senders answer within a tenth of it."""


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

        Raises:
            MessageError: checking took longer than it may.
        """
        keys = self._resolver.look_up_all(keys_wanted(message, every=every), seconds=DNS_SECONDS)
        signatures = self._worker.call(verify_signatures, raw, message, dict(keys), at, arrived, seconds=self._seconds)
        return conclude(message, signatures)
