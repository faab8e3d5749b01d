"""A user's mail on one of the servers, and what the user's own mail program does there."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from noreply_analyzer.imap import Server, Session

NOON = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Store:
    """The mail of one user that no other test knows."""

    kind: str
    server: Server
    password: str
    plain_port: int
    clerk_tls: Path | None = None
    """What the user's mail program trusts, where the server insists on TLS."""

    def open(self, **options: Any) -> Session:  # noqa: ANN401
        """Log in as the program does."""
        return Session.open(self.server, self.password, **options)

    @contextmanager
    def clerk(self) -> Iterator[Any]:
        """Log in as the user's mail program does: an IMAPClient that may do everything."""
        from imapclient import IMAPClient

        with IMAPClient("127.0.0.1", self.plain_port, ssl=False, timeout=20) as client:
            if self.clerk_tls:
                client.starttls(ssl.create_default_context(cafile=self.clerk_tls))
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.login(self.server.user, self.password)
            yield client

    def create(self, *mailboxes: str) -> None:
        """Make empty mailboxes."""
        with self.clerk() as client:
            for mailbox in mailboxes:
                client.create_folder(mailbox)

    def delete(self, mailbox: str) -> None:
        """Delete a mailbox with what is in it."""
        with self.clerk() as client:
            client.delete_folder(mailbox)

    def append(self, mailbox: str, *messages: bytes, when: datetime = NOON, flags: tuple[str, ...] = ()) -> None:
        """Put messages into a mailbox."""
        with self.clerk() as client:
            for message in messages:
                client.append(mailbox, message, flags, when)

    def remove(self, mailbox: str, uid: int) -> None:
        """Delete one message for good."""
        with self.clerk() as client:
            client.select_folder(mailbox)
            client.delete_messages([uid], silent=True)
            client.expunge()

    def flags(self, mailbox: str) -> dict[int, frozenset[bytes]]:
        """Give the flags of every message, and whether it is recent, without changing them."""
        with self.clerk() as client:
            client.select_folder(mailbox, readonly=True)
            answers = client.fetch(client.search("ALL"), ["FLAGS"])
            return {uid: frozenset(answer[b"FLAGS"]) for uid, answer in answers.items()}

    def mailboxes(self) -> frozenset[str]:
        """Name every mailbox."""
        with self.clerk() as client:
            return frozenset(name for _flags, _delimiter, name in client.list_folders())
