"""The connections of one look at an account: what goes wrong in one mailbox costs that mailbox, and not the others."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from types import TracebackType
from typing import Final, Self

from .equipment import Remaining, Store
from .errors import InterruptedRunError, NoreplyAnalyzerError, ServerRefusedError, StateError, UnreachableError
from .ledger import Ledger
from .source import DraftsMailbox

_MOST: Final = 4
"""How often one run connects to one account: a server that hangs up at one mailbox must not cost the others."""


class Connections:
    """The store of an account, opened anew where the server hung up; use it as a context manager."""

    def __init__(self, ledger: Ledger, remaining: Remaining) -> None:
        self._ledger = ledger
        self._remaining = remaining
        self._opened = ExitStack()
        self._count = 0
        self._drafts: DraftsMailbox | None = None
        self.left: dict[str, NoreplyAnalyzerError] = {}
        """Mailboxes that the server did not let this run read, and why."""

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def _connect(self) -> None:
        equipment = self._ledger.equipment
        self.store: Store = self._opened.enter_context(equipment.open_store(self._ledger.account, self._remaining))
        self._drafts = None  # it belonged to the connection before
        self._count += 1

    @cached_property
    def mailboxes(self) -> Sequence[str]:
        """What is to be read."""
        return tuple(self.store.mailboxes())

    @property
    def drafts(self) -> DraftsMailbox:
        """Where drafts are saved."""
        if self._drafts is None:
            account = self._ledger.account
            self._drafts = self.store.drafts(account.drafts, account.sent)
        return self._drafts

    @contextmanager
    def costing_only(self, mailbox: str) -> Iterator[None]:
        """Have what goes wrong in one mailbox cost that mailbox, until the next run.

        Raises:
            UnreachableError, ServerRefusedError: there is no server to ask for the others.
        """
        try:
            yield
        except (ServerRefusedError, UnreachableError) as error:
            sentence = f"{mailbox}: {error}"
            if isinstance(error, UnreachableError) or error.hung_up:
                self.again(type(error)(sentence))
            self.left[mailbox] = error
            self._ledger.trouble(sentence, error.exit_status if isinstance(error, UnreachableError) else 1)

    def again(self, problem: NoreplyAnalyzerError) -> None:
        """Connect again.

        Raises:
            NoreplyAnalyzerError: *problem*, where the server does not let us in again, or did so too often.
        """
        if self._count == _MOST:
            raise problem
        try:
            self._connect()
        except (StateError, InterruptedRunError):
            raise
        except NoreplyAnalyzerError as error:
            raise problem from error
