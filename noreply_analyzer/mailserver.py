"""An IMAP server in this process, in memory: for the demo, and for tests of this and other programs.

It is pymap (the extra ``demo``), a real server with UIDs, flags and UIDPLUS, that listens on 127.0.0.1 and forgets
everything at the end. It knows no special-use attributes, so its drafts mailbox is found by name.
"""

import argparse
import asyncio
import imaplib
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from .errors import ServerRefusedError
from .language import _

HOST: Final = "127.0.0.1"
_SECONDS: Final = 20


class MailServer:
    """A server for as long as the ``with`` statement lasts.

    Args:
        users: passwords by user name.
        certificate, key: files in PEM for STARTTLS; without them there is none.
    """

    def __init__(
        self, users: Mapping[str, str], *, certificate: Path | str = "", key: Path | str = "", host: str = HOST
    ) -> None:
        self.users = dict(users)
        self.host = host
        self.port = 0
        """A free one, once the server is up."""
        self._certificate = str(certificate) or None
        self._key = str(key) or None
        self._ready = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="mailserver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_SECONDS):
            raise ServerRefusedError(_("the mail server in this process did not start"))
        if self._problem:
            raise self._problem
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_SECONDS)

    def create(self, user: str, mailbox: str) -> None:
        """Make an empty mailbox."""
        with self._login(user) as connection:
            _require_ok(connection.create(_on_the_wire(mailbox)))

    def append(
        self, user: str, mailbox: str, message: bytes, *, when: datetime | None = None, flags: tuple[str, ...] = ()
    ) -> None:
        """Put a message into a mailbox; *when* is its INTERNALDATE and has a zone."""
        with self._login(user) as connection:
            date = imaplib.Time2Internaldate(when) if when else ""
            _require_ok(connection.append(_on_the_wire(mailbox), f"({' '.join(flags)})", date, message))

    def _login(self, user: str) -> imaplib.IMAP4:
        connection = imaplib.IMAP4(self.host, self.port, timeout=_SECONDS)
        # imaplib writes a command in several pieces: without this, each waits 40 ms for an acknowledgement.
        connection.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._certificate:  # then it lets nobody in without
            context = ssl.create_default_context(cafile=self._certificate)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            connection.starttls(context)
        connection.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{self.users[user]}".encode())
        return connection

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the server
            self._problem = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from proxyprotocol.reader import ProxyProtocolReader
        from pymap.backend.dict import DictBackend
        from pymap.imap import IMAPServer
        from pysasl.hashing import BuiltinHash

        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        # The passwords are known to whoever runs this: no need to spend a tenth of a second on each login.
        cheap = BuiltinHash(rounds=1)
        backend, config = await DictBackend.init(self._arguments(), invalid_user_sleep=0.0, hash_context=cheap)
        config.apply_context()
        await self._add_users(backend, config)
        serve = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
        async with AsyncExitStack() as stack:
            await backend.start(stack)
            server = await asyncio.start_server(serve, host=self.host, port=0)
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()
            server.close()
            await _end_connections()

    def _arguments(self) -> argparse.Namespace:
        """Give what pymap's own command line would."""
        user, password = next(iter(self.users.items()))
        return argparse.Namespace(
            debug=False,
            host=self.host,
            port=0,
            cert=self._certificate,
            key=self._key,
            tls=bool(self._certificate),
            proxy_protocol=None,
            passlib_cfg=None,
            demo_data=False,
            demo_user=user,
            demo_password=password,
        )

    async def _add_users(self, backend: Any, config: Any) -> None:  # noqa: ANN401
        from pymap.backend.dict import Identity
        from pymap.user import Passwords, UserMetadata

        for user, password in list(self.users.items())[1:]:
            hashed = await Passwords(config).hash_password(password)
            identity = Identity(user, backend.login, None, frozenset())
            await identity.set(UserMetadata(config, user, password=hashed))


async def _end_connections() -> None:
    """End what clients left open, so that nothing is collected later with a warning."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Exception):
            await task


def _require_ok(answer: tuple[str, list[Any]]) -> None:
    kind, data = answer
    if kind != "OK":
        raise ServerRefusedError(str(data))


def _on_the_wire(mailbox: str) -> str:
    """Write a mailbox name in modified UTF-7 (RFC 3501 section 5.1.3), quoted."""
    shifted = mailbox.replace("&", "&-")
    runs: list[str] = []
    for character in shifted:
        if character.isascii() or not runs or runs[-1][-1].isascii():
            runs.append(character)
        else:
            runs[-1] += character
    written = "".join(run if run.isascii() else _shift(run) for run in runs)
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shift(run: str) -> str:
    import base64

    return "&" + base64.b64encode(run.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",") + "-"
