"""A mail server that mail programs hand to what is to be sent: it keeps everything, and nothing leaves the machine."""

import socketserver
import threading
from types import TracebackType
from typing import Any, Self


class Outgoing:
    """A server on 127.0.0.1 for as long as the ``with`` statement lasts; ``taken`` is what it was given."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.taken = self.taken
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    taken: list[bytes]


class _Conversation(socketserver.StreamRequestHandler):
    """Whatever is said is fine (RFC 5321), and what comes after DATA is kept."""

    def handle(self) -> None:
        self._say(b"220 outgoing")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.strip() else b""
            if word == b"EHLO":
                self._say(b"250-outgoing\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif word == b"DATA":
                self._say(b"354 go on")
                self._server.taken.append(self._message())
                self._say(b"250 taken")
            elif word == b"QUIT":
                self._say(b"221 good-bye")
                return
            else:
                self._say(b"250 fine")

    def _message(self) -> bytes:
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(line[1:] if line.startswith(b".") else line for line in iter(lambda: next(lines, b""), b""))

    def _say(self, answer: bytes) -> None:
        self.wfile.write(answer + b"\r\n")

    @property
    def _server(self) -> Any:  # noqa: ANN401 - the base class gives it no type
        return self.server
