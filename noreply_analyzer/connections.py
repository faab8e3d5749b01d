"""The connections of one look at an account: what goes wrong in one mailbox costs that mailbox, and not the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from types import TracebackType
from typing import Final, Self, TypeVar

from .equipment import Remaining, Store
from .errors import InterruptedRunError, NoreplyAnalyzerError, ServerRefusedError, StateError, UnreachableError
from .ledger import Ledger
from .source import Caution, DraftsMailbox

T = TypeVar("T")

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
        self.caution = Caution(hides=lambda ref: ledger.knows("failed twice", ref))
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
        self.store.caution = self.caution
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

    def carefully(self, read: Callable[[], Iterable[T]]) -> Iterator[T]:
        """Read many messages. Where that costs the connection, read anew and one by one, to find out which it was.

        One that costs two more is not asked for again: it must not cost its mailbox in every run to come.

        Raises:
            UnreachableError, ServerRefusedError: it was none of them, or the server is gone for good.
        """
        try:
            while True:
                store, self.caution.asked = self.store, ()
                self.caution.unread.clear()
                try:
                    yield from read()
                except (ServerRefusedError, UnreachableError) as error:
                    if self.store is store:  # else whoever took what was read has connected again
                        self._find_out(error)
                else:
                    return
        finally:
            self.caution.one_by_one = False

    def _find_out(self, error: ServerRefusedError | UnreachableError) -> None:
        asked = self.caution.asked
        if not asked or (isinstance(error, ServerRefusedError) and not error.hung_up):
            raise error
        self.again(error)
        if len(asked) == 1:  # the server is well, so it is the message
            self._ledger.failed(asked[0])
        self.caution.one_by_one = True

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
