"""One connection to an IMAP server: what may leave through it, and how long and how large an answer may be.

Three things that no IMAP library does for us. The `Gate` looks at every byte on its way out and lets only the few
commands pass that this program lives by, on one line each, so that no text from a message ever becomes a command. The
`Allowance` ends a command that takes too long as a whole, for a timeout on each read does not stop a server that sends
one byte a second. And it counts bytes, so that an announced literal of nine terabytes costs nothing.
"""

import imaplib
import io
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from .errors import ConfigError, NoreplyAnalyzerError, ServerRefusedError, TryLaterError, UnreachableError
from .language import _

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
ANSWER_BYTES: Final = 64 * 1024 * 1024
"""What the answer to one command may weigh, unless the caller says otherwise."""
_LINE_BYTES: Final = 1_000_000
_BUFFER: Final = 64 * 1024
_PIECE: Final = 16 * 1024  # one TLS record

_CRLF: Final = b"\r\n"
_PERMITTED: Final = re.compile(
    rb"[A-Z]{4}\d+ (CAPABILITY|STARTTLS|LOGIN|AUTHENTICATE|LIST|EXAMINE|UID SEARCH|UID FETCH|APPEND|LOGOUT)(?: (.*))?\Z"
)
_UNPRINTABLE: Final = re.compile(rb"[^\x20-\x7e]")
_SETS_SEEN: Final = re.compile(
    rb"BODY\[|RFC822(?!\.SIZE)", re.IGNORECASE
)  # RFC 9051 section 6.4.5: only .PEEK does not
_LITERAL: Final = re.compile(rb"\{(\d+)\}\Z")
_CHALLENGE_ANSWER: Final = re.compile(rb"[A-Za-z0-9+/=]*\Z|\*\Z")  # RFC 4648 section 4, or giving up


class Gate:
    """What may leave: a whitelist of commands, each on one line of printable ASCII.

    EXAMINE and not SELECT, BODY.PEEK and not BODY, and of all commands that write only APPEND, to the one mailbox that
    ``appendable`` names. The text of a draft is the only thing that may hold line ends: exactly as many bytes as its
    APPEND announced.
    """

    def __init__(self) -> None:
        self.appendable: bytes | None = None
        """The drafts mailbox as it stands on the wire, quoted; ``None``: nothing may be appended anywhere."""
        self._literal: int | None = None
        self._line_open = False
        self._challenged = False

    def check(self, data: bytes) -> None:
        """Let *data* pass.

        Raises:
            ServerRefusedError: it may not be sent, and nothing of it is.
        """
        if self._literal is not None:
            expected, self._literal, self._line_open = self._literal, None, True
            _require(len(data) == expected, _("a draft of another length than announced"))
        elif self._line_open:
            self._line_open = False
            _require(data == _CRLF, _("a second line"))
        elif self._challenged and data == _CRLF:
            pass
        else:
            self._check_line(data)

    def _check_line(self, data: bytes) -> None:
        line = data.removesuffix(_CRLF)
        _require(not _UNPRINTABLE.search(line), _("a control character or a character that is not ASCII"))
        if self._challenged and _CHALLENGE_ANSWER.match(line):
            return
        command = _PERMITTED.match(line)
        _require(command is not None, _("a command that this program has no use for"))
        assert command is not None  # noqa: S101 - for the type checker; _require has raised
        self._challenged = command[1] == b"AUTHENTICATE"
        if command[1] == b"UID FETCH":
            _require(not _SETS_SEEN.search(command[2]), _("a FETCH that would mark messages as read"))
        if command[1] == b"APPEND":
            self._check_append(command[2])

    def _check_append(self, arguments: bytes) -> None:
        mailbox = self.appendable
        _require(mailbox is not None and arguments.startswith(mailbox + b" "), _("an APPEND elsewhere than to Drafts"))
        literal = _LITERAL.search(arguments)
        self._literal = int(literal[1]) if literal else None


def _require(fine: bool, what: str) -> None:  # noqa: FBT001 - an assertion with a sentence
    if not fine:
        raise ServerRefusedError(_("nothing was sent to the server: it would have been {what}").format(what=what))


class Allowance:
    """What one command may cost, in seconds and bytes.

    Args:
        host: for the sentences.
        seconds: for one command as a whole.
        remaining: seconds that are left for everything, or nothing for no such limit.
    """

    def __init__(self, host: str, seconds: float, remaining: Callable[[], float] | None = None) -> None:
        self.host = host
        self.seconds = seconds
        self._remaining = remaining
        self._granted = seconds
        self._end = time.monotonic() + seconds
        self._bytes = ANSWER_BYTES

    def begin(self, *, answer_bytes: int = ANSWER_BYTES, seconds: float | None = None) -> None:
        """Start counting for the next command.

        Raises:
            TryLaterError: the time for everything is used up.
        """
        left = self._remaining() if self._remaining else self.seconds
        if left <= 0:
            raise TryLaterError(_("{host}: the time for this run is used up").format(host=self.host))
        self._granted = min(left, self.seconds if seconds is None else seconds)
        self._end = time.monotonic() + self._granted
        self._bytes = answer_bytes

    def left(self) -> float:
        """Give the seconds that are left for this command, always more than none.

        Raises:
            UnreachableError: there are none.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise UnreachableError(
                _("{host}: the answer was not complete within {seconds:.0f} seconds").format(
                    host=self.host, seconds=self._granted
                )
            )
        return seconds

    def silence(self, *, never_spoke: bool) -> UnreachableError:
        """Give the error for a server that says nothing; one that *never_spoke* may be waiting for TLS."""
        sentence = _("{host} does not answer")
        if never_spoke:
            sentence = _("{host} does not answer; check `port` and `security` (mostly 993 with tls, 143 with starttls)")
        return UnreachableError(sentence.format(host=self.host))

    def reserve(self, count: int) -> None:
        """Ask whether *count* further bytes may come.

        Raises:
            ServerRefusedError: the answer grows larger than it may.
        """
        if count > self._bytes:
            raise self.excess()

    def excess(self) -> ServerRefusedError:
        """Give the error for an answer that is too large."""
        return ServerRefusedError(_("{host} gave an answer that is too large").format(host=self.host))

    def spend(self, count: int) -> None:
        """Count *count* bytes that came."""
        self.reserve(count)
        self._bytes -= count


def countdown(seconds: float) -> Callable[[], float]:
    """Give what tells how much is left of *seconds* that begin now."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


class _Incoming(io.RawIOBase):
    """The receiving half of a socket, within an allowance."""

    def __init__(self, sock: socket.socket, allowance: Allowance, *, spoke: bool) -> None:
        super().__init__()
        self._sock = sock
        self._allowance = allowance
        self._spoke = spoke
        self.received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer, as in io
        self._sock.settimeout(min(READ_SECONDS, self._allowance.left()))
        try:
            count = self._sock.recv_into(buffer)
        except TimeoutError as error:
            if self._spoke:
                self._allowance.left()
            raise self._allowance.silence(never_spoke=not self._spoke) from error
        except ssl.SSLError as error:  # the handshake is over: it is this connection that broke, and not their TLS
            raise imaplib.IMAP4.abort(error) from error
        self._spoke = True
        self._allowance.spend(count)
        self.received += count
        return count


class Connection(imaplib.IMAP4):
    """The standard library's IMAP connection, with a gate, an allowance and TLS that is never optional.

    Args:
        host, port: where to.
        context: TLS from the first byte; ``None`` for STARTTLS or none at all.
        allowance: begun already; it covers resolving, connecting, the handshake and the greeting together.
        loopback_only: refuse to speak to anything but this machine.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        context: ssl.SSLContext | None,
        allowance: Allowance,
        loopback_only: bool = False,
    ) -> None:
        self.gate = Gate()
        self.allowance = allowance
        self.passed = 0
        """How many bytes left through the gate."""
        self._context = context
        self._loopback_only = loopback_only
        super().__init__(host, port)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:  # noqa: ARG002
        """Connect; the allowance takes the place of *timeout*."""
        self.host, self.port = host, port
        self.sock = connect(host, port, self.allowance)
        try:
            if self._loopback_only:
                _require_loopback(self.sock)
            if self._context is not None:
                self.sock = self._shake_hands(self._context)
        except BaseException:
            self.sock.close()
            raise
        self._listen(spoke=False)

    def _connect(self) -> None:
        """Be greeted; a server that says farewell instead is busy, and not against us (RFC 9051 section 7.1.5)."""
        try:
            super()._connect()  # type: ignore[misc]
        except imaplib.IMAP4.error as error:
            if "BYE" in self.untagged_responses:
                raise self.abort(error) from error
            raise

    def _listen(self, *, spoke: bool) -> None:
        self._raw = _Incoming(self.sock, self.allowance, spoke=spoke)
        self._incoming = io.BufferedReader(self._raw, _BUFFER)
        self._read = 0

    def _shake_hands(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        self.sock.settimeout(min(READ_SECONDS, self.allowance.left()))
        try:
            return context.wrap_socket(self.sock, server_hostname=self.host)
        except TimeoutError as error:
            raise self.allowance.silence(never_spoke=context is self._context) from error

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> tuple[str, list[None]]:  # type: ignore[override]
        """Continue under TLS, forgetting everything that was said in the clear (RFC 9051 section 6.2.1)."""
        assert ssl_context is not None  # noqa: S101 - a default context of the standard library would not verify
        kind, answer = self._simple_command("STARTTLS")
        if kind != "OK":
            raise self.error(f"STARTTLS: {answer[-1]!r}")
        if self._raw.received != self._read:
            # Whoever sits in between may put words before the handshake, to be believed after it (CVE-2011-0411).
            raise self.error("STARTTLS: plain text after the answer")
        self.untagged_responses = {}
        self.sock = self._shake_hands(ssl_context)
        self._listen(spoke=True)
        self._get_capabilities()
        return kind, [None]

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """Send *data* if the gate lets it pass."""
        with self._or_close():
            self.gate.check(bytes(data))
            rest = memoryview(data)
            while rest:
                self.sock.settimeout(min(READ_SECONDS, self.allowance.left()))
                try:
                    gone = self.sock.send(rest[:_PIECE])
                    self.passed += gone
                    rest = rest[gone:]
                except TimeoutError as error:
                    raise self.allowance.silence(never_spoke=False) from error

    def read(self, size: int) -> bytes:
        """Read a literal of *size* bytes."""
        with self._or_close():
            self.allowance.reserve(size - _BUFFER)  # that much of it may have been counted already
            literal = self._incoming.read(size)
        self._read += len(literal)
        return literal

    def readline(self) -> bytes:
        """Read a line."""
        with self._or_close():
            line = self._incoming.readline(_LINE_BYTES + 1)
            if len(line) > _LINE_BYTES:
                raise self.allowance.excess()
        self._read += len(line)
        return line

    def _get_response(self) -> Any:  # noqa: ANN401 - the library has no types
        """Read one line and its literals; where that fails, nobody knows where the next answer would begin."""
        try:
            return super()._get_response()  # type: ignore[misc]
        except imaplib.IMAP4.error:
            raise  # the connection is lost, and known to be
        except Exception:
            self.shutdown()
            raise

    @contextmanager
    def _or_close(self) -> Iterator[None]:
        """After an answer that was cut short nobody knows where the next one begins."""
        try:
            yield
        except NoreplyAnalyzerError:
            self.shutdown()
            raise

    def shutdown(self) -> None:
        """Close the socket, at once and without a word."""
        self.state = "LOGOUT"
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the server was faster
        finally:
            self.sock.close()


def connect(host: str, port: int, allowance: Allowance) -> socket.socket:
    """Connect to the first address of *host* that answers, with TCP_NODELAY.

    Commands go out in several small pieces; Nagle's algorithm would wait 40 ms for an answer to each.

    Raises:
        OSError: none answers.
    """
    problem: OSError = OSError(_("no address"))
    for family, kind, protocol, _name, address in _resolve(host, port, allowance):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(min(CONNECT_SECONDS, allowance.left()))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem


def _resolve(host: str, port: int, allowance: Allowance) -> list[Any]:
    """Ask the system's resolver, which knows no deadline, in a thread that may be left behind."""
    found: list[Any] = []
    problems: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            problems.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(allowance.left())
    if problems:
        problem = problems[0]
        raise problem if isinstance(problem, OSError) else OSError(str(problem)) from problem
    allowance.left()
    return list(found)


def _require_loopback(sock: socket.socket) -> None:
    peer = str(sock.getpeername()[0])
    if not ipaddress.ip_address(peer.partition("%")[0]).is_loopback:
        raise ConfigError((_('security: "none" would send the password in the clear to {peer}').format(peer=peer),))


def tls_context(further_ca: str | Path = "") -> ssl.SSLContext:
    """Give a context that verifies chain, dates and host name, trusting the system's authorities and *further_ca*.

    Raises:
        ConfigError: *further_ca* cannot be read.
    """
    context = ssl.create_default_context()
    if further_ca:
        try:
            context.load_verify_locations(Path(further_ca).expanduser())
        except (OSError, ssl.SSLError) as error:
            raise ConfigError((f"tls_ca: {further_ca}: {error}",)) from error
    return context
