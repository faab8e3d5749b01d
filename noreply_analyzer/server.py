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

_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"})
"""What the releases of OpenSSL call a greeting in the clear that they take for a record of TLS."""
_NOT_YET: Final = 9
_EXPIRED: Final = 10
_OTHER_NAME: Final = frozenset({62, 64})  # of a host, of an address
_NUMBERS: Final = re.compile(r"\[SSL[^]]*\] | \(_ssl\.c:\d+\)")


def meaning(error: Exception, server: Server) -> NoreplyAnalyzerError:
    """Give our error for one of the library's, of ssl, of a socket or of a parser; the sentence names the host."""
    if isinstance(error, NoreplyAnalyzerError):
        return error
    names = [kind.__name__ for kind in type(error).__mro__]
    kind = next(_MEANING[name] for name in [*names, "ValueError"] if name in _MEANING)
    if kind is LoginRefusedError:
        return _login_error(error, server)
    sentence = _sentence(error, names, server)
    return kind(sentence.format(host=server.host, port=server.port, problem=_problem(error)))


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


def _sentence(error: Exception, names: Sequence[str], server: Server) -> str:
    """Give the sentence for an *error*, by the first of these *names* of it and its bases that has one."""
    if "SSLCertVerificationError" in names:
        return _of_a_certificate(getattr(error, "verify_code", 0))
    if server.security == "tls" and getattr(error, "reason", "") in _NO_TLS:
        return _('{host} does not speak TLS on port {port}; try security = "starttls"')
    sentences = {
        "SSLEOFError": _("{host} broke off TLS on port {port}; if that stays, check `port` and `security`"),
        "SSLError": _("{host} and this program find no TLS on port {port} that both speak: {problem}"),
        "CapabilityError": _("{host} does not offer what is needed: {problem}"),
        "abort": _("the connection to {host} was lost: {problem}"),
        "ProtocolError": _("{host} gave an answer that cannot be read: {problem}"),
        "error": _("{host} refused: {problem}"),
        "ConnectionRefusedError": _(
            "{host} cannot be reached on port {port}: nobody listens there;"
            " check `host` and `port`, or whether the server is up"
        ),
        "ConnectionError": _("the connection to {host} was lost: {problem}"),
        "gaierror": _("{host} cannot be found: {problem}; check `host`, or the network"),
        "TimeoutError": _("{host} does not answer on port {port}; check `host`, `port` and the network"),
        "OSError": _("{host} cannot be reached on port {port}: {problem}; check `host`, `port` and the network"),
    }
    known = next((sentence for name, sentence in sentences.items() if name in names), None)
    return known or _("{host} gave an answer that cannot be read: {problem}")


def _of_a_certificate(code: int) -> str:
    """Give the sentence for a certificate that was refused with this *code* of OpenSSL (``X509_V_ERR_…``)."""
    if code in _OTHER_NAME:
        return _("{host} shows a certificate for another name; set `host` to the name that your provider gives")
    if code == _EXPIRED:
        return _("the certificate of {host} has expired: whoever runs the server has to renew it")
    if code == _NOT_YET:
        return _("the certificate of {host} is not valid yet: is the clock of this machine right?")
    return _("{host} shows a certificate that cannot be trusted: {problem} (for an authority of your own: tls_ca)")


def _problem(error: Exception) -> str:
    """Give what went wrong in the words of the system or of OpenSSL, without their numbers."""
    said = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error)
    return _clean(_NUMBERS.sub("", str(said)))


def _clean(text: str) -> str:
    """Give what a server said on one line, without what could steer a terminal, and not too much of it."""
    text = re.sub(r"\bb(['\"])(.*)\1", r"\2", text, flags=re.DOTALL)  # bytes that the library has printed as such
    return UNPRINTABLE.sub(" ", text).strip()[:200]
