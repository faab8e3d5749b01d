"""A connection to an IMAP server: greeted, under TLS if it is not for this machine, with imapclient on top of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from .errors import ServerRefusedError, UnreachableError
from .server import Server, meaning
from .wire import Allowance, Connection, tls_context


def connect(server: Server, allowance: Allowance) -> tuple[Any, Connection]:
    """Connect, greet, and be under TLS if it is not for this machine only."""
    context = None if server.security == "none" else tls_context(server.tls_ca)
    allowance.begin()
    with with_meaning(server, None):
        wire = Connection(
            server.host,
            server.port,
            context=context if server.security == "tls" else None,
            allowance=allowance,
            loopback_only=server.security == "none",
        )
        try:
            client = _client(wire, server)
            if server.security == "starttls":
                client.starttls(context)
        except BaseException:
            wire.shutdown()
            raise
    return client, wire


def _client(wire: Connection, server: Server) -> Any:  # noqa: ANN401 - the library has no types
    client = _client_class()(wire, server)
    wire.debug = 0  # the library has every line of the protocol formatted for its log, which nobody reads
    return client


@cache
def _client_class() -> Any:  # noqa: ANN401
    from imapclient import IMAPClient

    # At DEBUG it writes down what passes, and that is somebody's mail.
    logging.getLogger("imapclient").setLevel(logging.WARNING)

    class Client(IMAPClient):  # type: ignore[misc]
        """The library's client on a connection of ours, and nothing of what it would connect with itself."""

        def __init__(self, wire: Connection, server: Server) -> None:
            self._wire = wire
            super().__init__(server.host, server.port, ssl=server.security == "tls")
            self.normalise_times = False

        def _create_IMAP4(self) -> Connection:  # noqa: N802 - the library's name
            return self._wire

        def _set_read_timeout(self) -> None:
            """Leave it to the allowance."""

    return Client


@contextmanager
def with_meaning(server: Server, wire: Connection | None) -> Iterator[None]:
    """Let nothing but our errors out; a connection that is no longer one is closed."""
    try:
        yield
    except Exception as error:
        ours = meaning(error, server)
        if wire is not None and isinstance(ours, UnreachableError):
            wire.shutdown()
        if wire is not None and isinstance(ours, ServerRefusedError):
            ours.hung_up = wire.state == "LOGOUT"
            ours.said_no = type(error) is wire.error  # whatever else goes wrong has a class of its own
        if ours is error:
            raise
        raise ours from error
