"""A wire between a client and an IMAP server that breaks at one exact place of the first APPEND."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Literal, Self

Where = Literal["before", "within", "after"]
"""Before the server hears of the draft; half-way through it; after it was saved, and before the client hears so."""


class CuttingWire:
    """Listens on a free port and passes everything on to *host* and *port*, until it breaks."""

    def __init__(self, host: str, port: int, where: Where) -> None:
        self._upstream = (host, port)
        self._where = where
        self._announced = False
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self.cut = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up(self._listener, *self._sockets)
        for thread in self._threads:
            thread.join(5)
        for sock in (self._listener, *self._sockets):
            sock.close()

    def _start(self, function: object, *arguments: socket.socket) -> None:
        assert callable(function)
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(self._upstream, 5)
                self._sockets += [client, server]
                self._start(self._pass_on_commands, client, server)
                self._start(self._pass_on_answers, client, server)

    def _pass_on_commands(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self._where == "within" and self._announced:
                    server.sendall(data[: len(data) // 2])
                    break
                self._announced = self._announced or b" APPEND " in data
                if self._where == "before" and self._announced:
                    break
                server.sendall(data)
        self._break(client, server)

    def _pass_on_answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self._where == "after" and b"APPENDUID" in data:
                    break
                client.sendall(data)
        self._break(client, server)

    def _break(self, *sockets: socket.socket) -> None:
        self.cut = self.cut or self._announced
        self._hang_up(*sockets)

    @staticmethod
    def _hang_up(*sockets: socket.socket) -> None:
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
