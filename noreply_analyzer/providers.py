"""Where well-known mail providers are read by IMAP, and what they want instead of a password; the facts are a file."""

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from .address import Address
from .language import _
from .tables import Table


class Provider(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of ``providers.toml``; a row without a source is none."""

    name: str
    domains: tuple[str, ...]
    host: str
    port: int = 993
    security: Literal["tls", "starttls"] = "tls"
    login: Literal["address", "local-part"] = "address"
    wants: Literal["usual", "app", "token", "bridge"] = "usual"
    opened_first: bool = False
    """Whether IMAP is closed until one opens it in the settings."""
    help: str = ""
    authserv_ids: tuple[str, ...] = ()
    received_by: tuple[str, ...] = ()
    sources: tuple[str, ...]
    stated_on: date
    checked_on: date

    def user_of(self, address: Address) -> str:
        """Give the name to log in with; empty where it is the address."""
        return address.local_part if self.login == "local-part" else ""

    def advice(self) -> Iterator[str]:
        """Give what there is to know before one types a password."""
        page = self.help
        if self.opened_first:
            sentence = _("{name} lets programs read mail only after one has allowed IMAP in its settings: {page}")
            yield sentence.format(name=self.name, page=page)
        sentences = {
            "app": _("{name} refuses its usual password to programs: make an app password there and give that: {page}"),
            "token": _(
                "{name} takes no password from programs, only an OAuth 2 access token: a command has to give one"
                " (docs/configuration.md, Passwords): {page}"
            ),
            "bridge": _(
                "{name} is read through its Bridge, which has to be running on this machine: give the password that"
                " Bridge shows, not the one of your account: {page}"
            ),
        }
        if self.wants in sentences:
            yield sentences[self.wants].format(name=self.name, page=page)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    providers: tuple[Provider, ...]


@cache
def providers() -> tuple[Provider, ...]:
    """Give all that are known, in the order of the file."""
    text = (files(__package__) / "providers.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _File).providers


def provider_of(domain: str) -> Provider | None:
    """Give the provider whose addresses end in *domain*."""
    return next((one for one in providers() if domain in one.domains), None)


def provider_named(name: str) -> Provider | None:
    """Give the provider that one means by *name*, whatever its capitals."""
    return next((one for one in providers() if one.name.casefold() == name.strip().casefold()), None)


def provider_at(host: str, port: int) -> Provider | None:
    """Give the provider whose server that is."""
    return next((one for one in providers() if (one.host, one.port) == (host, port)), None)
