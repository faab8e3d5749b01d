"""Where the mail server of an address is: in the table of providers, in the DNS (RFC 6186), or as it is typed."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .address import Domain, canonicalize_domain
from .dns import Resolver, Service
from .errors import AddressError, UsageError
from .language import _
from .network import is_loopback
from .providers import Provider, provider_named
from .server import Security

_SECONDS: Final = 5.0
_TLS: Final = 993
_NOT_TLS: Final = frozenset({143, 1143})
"""Ports on which a connection begins in the clear; the second is Proton Bridge's."""
_SECURITIES: Final[dict[str, Security]] = {"tls": "tls", "starttls": "starttls", "none": "none"}
_PORTS: Final = range(1, 65536)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server, and how to speak to it."""

    host: str
    port: int = _TLS
    security: Security = "tls"

    def __str__(self) -> str:
        """Give the shortest that `read` reads as this."""
        usual = _usual(self.port)
        port = "" if (self.port, self.security) == (_TLS, "tls") else f":{self.port}"
        host = f"[{self.host}]" if port and ":" in self.host else self.host
        return f"{host}{port}" + ("" if self.security == usual else f" {self.security}")

    def keys(self) -> dict[str, str | int]:
        """Give what the configuration says of it."""
        usual = (self.port, self.security) == (_TLS, "tls")
        return {"host": self.host} | ({} if usual else {"port": self.port, "security": self.security})


def _usual(port: int) -> Security:
    return "starttls" if port in _NOT_TLS else "tls"


def place_of(provider: Provider) -> Place:
    """Give where a provider is."""
    return Place(host=provider.host, port=provider.port, security=provider.security)


def ask_dns(domain: Domain, resolver: Resolver) -> Place | None:
    """Ask the DNS where *domain* says that its mail is read; ``None`` where it does not say.

    Whoever answers for the domain may say anything, so the answer is shown and confirmed before a password goes there
    (RFC 6186 section 6).

    Raises:
        DnsUnreachableError: nobody answers.
    """
    whole = resolver.look_up_services(f"_imaps._tcp.{domain}", seconds=_SECONDS)
    begun = resolver.look_up_services(f"_imap._tcp.{domain}", seconds=_SECONDS)
    return best(whole, begun)


def best(whole: Sequence[Service], begun: Sequence[Service]) -> Place | None:
    """Choose among services under TLS as a *whole*, and where it is *begun* later: by priority, then the former."""
    offered: list[tuple[int, int, Service, Security]] = [(one.priority, 0, one, "tls") for one in whole]
    offered += [(one.priority, 1, one, "starttls") for one in begun]
    if not offered:
        return None
    _priority, _rank, service, security = min(offered, key=lambda one: one[:2])
    return Place(host=service.host, port=service.port, security=security)


def read(text: str) -> Place | Provider:
    """Read what one types for a server: ``host``, ``host:port``, with ``tls``, ``starttls`` or ``none`` behind it.

    Or the name of a provider, for those whose domain is their own and whose mail lies there.

    Raises:
        UsageError: it is none of these; with a sentence that says what it should be.
    """
    if (provider := provider_named(text)) is not None:
        return provider
    where, _space, how = text.strip().partition(" ")
    host, port = _host_and_port(where)
    security = _SECURITIES.get(how.strip().lower()) if how else _usual(port)
    if security is None:
        raise UsageError(_("{word!r}: behind the server stands tls, starttls or none").format(word=how.strip()))
    if security == "none" and not is_loopback(host):
        raise UsageError(_('"none" would send the password in the clear; only for 127.0.0.1'))
    return Place(host=host, port=port, security=security)


def _host_and_port(where: str) -> tuple[str, int]:
    host, port = where, str(_TLS)
    if where.startswith("[") or where.count(":") == 1:
        host, _colon, port = where.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) not in _PORTS:
        raise UsageError(_("{port!r} is not a port").format(port=port))
    if not is_loopback(host) and not _is_address(host):
        try:
            host = canonicalize_domain(host)
        except AddressError:
            sentence = _("{text!r} is not a server; one looks like {name}, or {with_port}")
            said = sentence.format(text=where, name="imap.example.org", with_port="imap.example.org:143")
            raise UsageError(said) from None
    return host, int(port)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
