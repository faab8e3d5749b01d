"""The mail of an account, opened: on its server, or in its Maildir."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .config import Account, Settings
from .equipment import Store
from .passwords import password


@contextmanager
def open_store(
    account: Account,
    settings: Settings,
    environment: Mapping[str, str],
    remaining: Callable[[], float] | None = None,
) -> Iterator[Store]:
    """Log in to an account's server, or look into its Maildir.

    Args:
        account: whose mail.
        settings: how large a message may be.
        environment: where a password may stand.
        remaining: seconds that are left for all of it; no limit where there is none.

    Raises:
        NoreplyAnalyzerError: it cannot be opened; each kind of reason has its own class.
    """
    if account.path:
        from . import maildir

        with maildir.Store(
            Path(account.path).expanduser(),
            patterns=account.mailboxes,
            drafts=account.drafts,
            sent=account.sent,
            message_bytes=settings.limits.message_bytes,
        ) as store:
            yield store
        return
    from .imap import Server, Session

    server = Server(
        host=account.host,
        port=account.effective_port,
        security=account.security,
        tls_ca=account.tls_ca,
        user=account.login,
    )
    with Session.open(
        server,
        password(account, environment),
        mailboxes=account.mailboxes,
        drafts=account.drafts,
        sent=account.sent,
        message_bytes=settings.limits.message_bytes,
        remaining=remaining,
        token=bool(account.token_command),
    ) as session:
        yield session
