"""Where the mail is, and what it means when something goes wrong there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from .errors import (
    ConfigError,
    LoginRefusedError,
    NoreplyAnalyzerError,
    ServerRefusedError,
    TryLaterError,
    UnreachableError,
)
from .language import _
from .network import is_loopback

_LATER: Final = re.compile(  # RFC 5530 section 3, and what servers say that do not know it
    r"\[(UNAVAILABLE|LIMIT|INUSE|SERVERBUG)|too many|rate limit|temporar|try again|unavailable", re.IGNORECASE
)
UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
"""Control and bidirectional characters: what could steer a terminal or an eye."""

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the mail is, and how to speak to it.

    Raises:
        ConfigError: ``security`` is "none" and the host is another machine.
    """

    host: str
    port: int
    user: str
    security: Security = "tls"
    tls_ca: str | Path = ""
    """A further certificate authority; the system's are trusted too."""

    def __post_init__(self) -> None:
        if self.security == "none" and not is_loopback(self.host):
            raise ConfigError((_('security: "none" would send the password in the clear; only for 127.0.0.1'),))


_MEANING: Final[dict[str, type[NoreplyAnalyzerError]]] = {
    # imapclient.exceptions and imaplib, by the names of the classes
    "LoginError": LoginRefusedError,
    "CapabilityError": ServerRefusedError,
    "IllegalStateError": ServerRefusedError,
    "InvalidCriteriaError": ServerRefusedError,
    "ProtocolError": ServerRefusedError,
    "readonly": ServerRefusedError,
    "abort": UnreachableError,
    "error": ServerRefusedError,
    # ssl: a certificate that is wrong today will be wrong at the next run, a handshake that was cut off may not
    "SSLCertVerificationError": ServerRefusedError,
    "SSLEOFError": UnreachableError,
    "SSLZeroReturnError": UnreachableError,
    "SSLSyscallError": UnreachableError,
    "SSLError": ServerRefusedError,
    "OSError": UnreachableError,
    # what the library's parsers let through when an answer is nonsense
    "ValueError": ServerRefusedError,
    "TypeError": ServerRefusedError,
    "LookupError": ServerRefusedError,
    "AttributeError": ServerRefusedError,
    "AssertionError": ServerRefusedError,
    "ArithmeticError": ServerRefusedError,
    "RecursionError": ServerRefusedError,
    "MemoryError": ServerRefusedError,
}


def meaning(error: Exception, server: Server) -> NoreplyAnalyzerError:
    """Give our error for one of the library's, of ssl, of a socket or of a parser; the sentence names the host."""
    if isinstance(error, NoreplyAnalyzerError):
        return error
    names = [kind.__name__ for kind in type(error).__mro__]
    kind = next(_MEANING[name] for name in [*names, "ValueError"] if name in _MEANING)
    if kind is LoginRefusedError:
        return _login_error(error, server)
    return kind(_sentence(names).format(host=server.host, port=server.port, problem=_clean(str(error))))


def _login_error(error: Exception, server: Server) -> NoreplyAnalyzerError:
    cause = error.__context__  # the library calls every failure of LOGIN a refused login, a lost connection too
    if isinstance(cause, Exception) and type(cause).__name__ == "abort":
        return meaning(cause, server)
    said = _clean(str(error))
    if _LATER.search(said):
        return TryLaterError(_("{host} lets nobody in at the moment: {said}").format(host=server.host, said=said))
    sentence = _(
        "{host} does not accept the user {user} with this password: {said}"
        " (some providers want an app password made in their settings)"
    )
    return LoginRefusedError(sentence.format(host=server.host, user=server.user, said=said))


def _sentence(names: Sequence[str]) -> str:
    """Give the sentence for the first of these *names* of an error and its bases."""
    sentences = {
        "SSLCertVerificationError": _(
            "{host} shows a certificate that cannot be trusted: {problem} (for an authority of your own: tls_ca)"
        ),
        "SSLError": _("{host} does not speak TLS on port {port}: {problem}"),
        "CapabilityError": _("{host} does not offer what is needed: {problem}"),
        "abort": _("the connection to {host} was lost: {problem}"),
        "ProtocolError": _("{host} gave an answer that cannot be read: {problem}"),
        "error": _("{host} refused: {problem}"),
        "OSError": _("{host} cannot be reached on port {port}: {problem}"),
    }
    known = next((sentence for name, sentence in sentences.items() if name in names), None)
    return known or _("{host} gave an answer that cannot be read: {problem}")


def _clean(text: str) -> str:
    """Give what a server said on one line, without what could steer a terminal, and not too much of it."""
    text = re.sub(r"\bb(['\"])(.*)\1", r"\2", text, flags=re.DOTALL)  # bytes that the library has printed as such
    return UNPRINTABLE.sub(" ", text).strip()[:200]
