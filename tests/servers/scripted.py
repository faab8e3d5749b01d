"""An IMAP server that does what a test tells it to, and writes down every line that it is sent.

A script is a mapping from a command ("UID FETCH", "LIST", ...) to what is answered: bytes, in which ``TAG`` stands for
the tag, or a function that has the connection to itself. What the script does not name is answered as a small, honest
server would: one mailbox with three messages.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

CAPABILITIES = b"IMAP4rev1 UIDPLUS LITERAL+"
EXAMINED = b"* FLAGS ()\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 4] .\r\n"


class Talk:
    """One connection, seen from the server."""

    def __init__(self, server: "ScriptedServer", sock: socket.socket) -> None:
        self.server = server
        self.sock = sock

    def send(self, data: bytes) -> None:
        """Send *data*."""
        self.sock.sendall(data)

    def drip(self, data: bytes, pause: float) -> None:
        """Send *data* byte by byte, until the test ends."""
        for byte in data:
            self.sock.sendall(bytes([byte]))
            if self.server.ended.wait(pause):
                return

    def line(self) -> bytes:
        """Read a line, and write it down."""
        line = bytearray()
        while not line.endswith(b"\n"):
            byte = self.sock.recv(1)
            if not byte:
                raise EOFError
            line += byte
        self.server.lines.append(bytes(line))
        return bytes(line)

    def exactly(self, count: int) -> bytes:
        """Read *count* bytes."""
        data = bytearray()
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def wait(self) -> None:
        """Say nothing until the test ends."""
        self.server.ended.wait()

    def hang_up(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


Answer = bytes | Callable[[Talk, bytes, bytes], None]


class ScriptedServer:
    """A server for as long as the ``with`` statement lasts.

    Args:
        script: what to answer.
        greeting: the first line, or a function that has the connection to itself.
        capabilities: what CAPABILITY says.
        tls: a context for TLS from the first byte, or after STARTTLS if *starttls*.
    """

    def __init__(
        self,
        script: Mapping[str, Answer] | None = None,
        *,
        greeting: bytes | Callable[[Talk], None] = b"* OK ready\r\n",
        capabilities: bytes = CAPABILITIES,
        tls: ssl.SSLContext | None = None,
        starttls: bool = False,
    ) -> None:
        self.script = dict(script or {})
        self.greeting = greeting
        self.capabilities = capabilities
        self.tls = tls
        self.starttls = starttls
        self.lines: list[bytes] = []
        self.ended = threading.Event()
        self.host = "127.0.0.1"
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in self._sockets:
            sock.close()

    @property
    def commands(self) -> list[str]:
        """What was asked for, without tags: "LIST", "UID FETCH", ..."""
        return [_command(line.partition(b" ")[2]) for line in self.lines]

    def _start(self, function: Callable[[], None]) -> None:
        thread = threading.Thread(target=function, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self.ended.is_set():
                sock, _address = self._listener.accept()
                self._sockets.append(sock)
                self._start(lambda sock=sock: self._talk(sock))  # type: ignore[misc]

    def _talk(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError, ssl.SSLError):
            if self.tls and not self.starttls:
                sock = self._wrap(sock)
            talk = Talk(self, sock)
            if callable(self.greeting):
                self.greeting(talk)
            else:
                talk.send(self.greeting)
            while True:
                self._answer(talk, talk.line())
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    def _wrap(self, sock: socket.socket) -> socket.socket:
        assert self.tls is not None
        wrapped = self.tls.wrap_socket(sock, server_side=True)
        self._sockets.append(wrapped)
        return wrapped

    def _answer(self, talk: Talk, line: bytes) -> None:
        tag, _space, rest = line.partition(b" ")
        command = _command(rest)
        answer = self.script.get(command)
        if callable(answer):
            answer(talk, tag, line)
        elif answer is not None:
            talk.send(answer.replace(b"TAG", tag))
        elif command == "APPEND":
            swallow(talk, line)
            talk.send(tag + b" OK [APPENDUID 7 9] saved\r\n")
        else:
            talk.send(self._usual(command) + tag + b" OK done\r\n")
            if command == "STARTTLS" and self.tls:
                talk.sock = self._wrap(talk.sock)

    def _usual(self, command: str) -> bytes:
        starttls = b" STARTTLS" if self.starttls else b""
        return {
            "CAPABILITY": b"* CAPABILITY " + self.capabilities + starttls + b"\r\n",
            "EXAMINE": EXAMINED,
            "LIST": b'* LIST () "/" INBOX\r\n* LIST (\\Drafts) "/" Brouillons\r\n',
            "UID SEARCH": b"* SEARCH 1 2 3\r\n",
            "LOGOUT": b"* BYE\r\n",
        }.get(command, b"")


def swallow(talk: Talk, line: bytes) -> bytes:
    """Ask for the literal that *line* announces, read it and the line end after it."""
    count = int(line.rstrip(b"}\r\n").rpartition(b"{")[2])
    talk.send(b"+ go ahead\r\n")
    literal = talk.exactly(count)
    talk.exactly(2)
    return literal


def _command(rest: bytes) -> str:
    words = rest.decode("latin-1").upper().split()
    return " ".join(words[: 2 if words[:1] == ["UID"] else 1])
