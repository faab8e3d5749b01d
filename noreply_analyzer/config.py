"""The configuration: ``config.toml`` into `Settings`.

``config.example.toml`` shows every key at its default; a test holds the two together.
"""

import difflib
import ipaddress
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from .address import Address, canonicalize_domain
from .authres_syntax import is_authserv_id, read_host
from .errors import AddressError, ConfigError
from .language import _
from .registry import Level
from .tables import read
from .topic import Topic

_TLS_PORT: Final = 993
_MOST: Final = 36_500
"""Days, or drafts: a century is more than anybody means, and less than breaks a date."""
_MOST_OF: Final = {"message_bytes": 2**31 - 1, "message_seconds": 86_400, "run_seconds": 86_400, "give_up_days": _MOST}
_TOPICS: Final = (
    Topic.BILLING,
    Topic.CONTRACT,
    Topic.INCIDENT,
    Topic.DELIVERY,
    Topic.APPOINTMENT,
    Topic.ACCOUNT,
    Topic.OTHER,
)


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every table of the configuration has in common: it names all that is impossible in it at once."""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ValueError("\n".join(problems))

    def _problems(self) -> Iterable[str]:
        return ()


class Identity(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the drafts and letters say about the user."""

    name: str = ""
    address: tuple[str, ...] = ()
    language: Literal["fr", "en"] = "fr"


class Account(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail of the user in one place: on a server, or in a Maildir."""

    name: str
    address: str
    addresses: tuple[str, ...] = ()
    path: str = ""
    """A Maildir instead of a server."""
    host: str = ""
    port: int = 993
    """As it stands: 993 with tls, 143 with starttls or none (RFC 8314)."""
    security: Literal["tls", "starttls", "none"] = "tls"
    tls_ca: str = ""
    user: str = ""
    password_command: tuple[str, ...] = ()
    password_file: str = ""
    password_env: str = ""
    token_command: tuple[str, ...] = ()
    """Gives an OAuth 2 access token instead of a password (RFC 7628)."""
    mailboxes: tuple[str, ...] | Literal["all"] = ("INBOX",)
    drafts: str = ""
    sent: str = ""
    authserv_ids: tuple[str, ...] = ()
    """Whose Authentication-Results to believe (RFC 8601); "microsoft": its fields without an id."""
    received_by: tuple[str, ...] = ()
    """The hosts of the user's provider, by domain, address or network: their Received fields may stand above."""
    identity: Identity | None = None
    operators: dict[str, dict[str, str]] = {}

    def _problems(self) -> list[str]:
        problems = [f"{place}: {problem}" for place, problem in (*self._bad_addresses(), *self._bad_provider())]
        if bool(self.path) == bool(self.host):
            problems.append("host: " + _("exactly one of host (a server) and path (a Maildir)"))
        if self.host:
            problems += self._bad_login()
        if not 0 < self.port <= 65535:  # noqa: PLR2004 - what a port is
            problems.append("port: " + _("is not a port"))
        if not self.name or "/" in self.name:
            problems.append("name: " + _("should be one word without a slash"))
        return problems

    def _bad_login(self) -> list[str]:
        problems = []
        if self.security == "none" and not _is_loopback(self.host):
            problems.append("security: " + _('"none" would send the password in the clear; only for 127.0.0.1'))
        ways = (self.password_command, self.password_file, self.password_env, self.token_command)
        if sum(bool(way) for way in ways) != 1:
            sentence = _("exactly one of password_command, password_file, password_env, token_command")
            problems.append("password_command: " + sentence)
        return problems

    def _bad_addresses(self) -> list[tuple[str, str]]:
        found = []
        for place, text in (("address", self.address), *((f"addresses[{i}]", a) for i, a in enumerate(self.addresses))):
            try:
                Address.parse(text)
            except AddressError as error:
                found.append((place, str(error)))
        return found

    def _bad_provider(self) -> Iterator[tuple[str, str]]:
        for index, text in enumerate(self.authserv_ids):
            if not is_authserv_id(text):
                sentence = _("{text!r} is no authserv-id; one looks like mx.example.org")
                yield f"authserv_ids[{index}]", sentence.format(text=text)
        for index, text in enumerate(self.received_by):
            try:
                read_host(text)
            except AddressError as error:
                yield f"received_by[{index}]", str(error)

    @property
    def login(self) -> str:
        """The user name to log in with."""
        return self.user or self.address

    @property
    def effective_port(self) -> int:
        """The port to connect to: nobody speaks STARTTLS on 993, the port of TLS from the first byte."""
        return 143 if self.port == _TLS_PORT and self.security != "tls" else self.port

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address of the user, in the form to compare by."""
        return frozenset(Address.parse(text).key for text in (self.address, *self.addresses))


class Drafting(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a draft is written."""

    topics: tuple[Topic, ...] = _TOPICS
    pending_per_operator: int = 1
    pending_total: int = 5
    per_run: int = 10
    max_age_days: int = 30
    first_run_days: int = 7
    unproven: Literal["tell", "draft"] = "tell"
    level: Level = Level.QUESTION

    def _problems(self) -> Iterator[str]:
        if Topic.SECURITY in self.topics:
            yield "topics: " + _("one-time codes and log-in alerts are never drafted to")
        for key in ("pending_per_operator", "pending_total", "per_run", "max_age_days", "first_run_days"):
            if not 1 <= getattr(self, key) <= _MOST:
                yield f"{key}: " + _("should be from 1 to {most}").format(most=_MOST)
        if self.level is Level.NOTICE:
            yield "level: " + _("a formal notice is written by hand only")


class Detection(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the user knows better than the rules."""

    dead: tuple[str, ...] = ()
    alive: tuple[str, ...] = ()

    def _problems(self) -> Iterator[str]:
        for key in ("dead", "alive"):
            for index, text in enumerate(getattr(self, key)):
                try:
                    Address.parse(text) if "@" in text else canonicalize_domain(text)
                except AddressError as error:
                    yield f"{key}[{index}]: {error}"


class Limits(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one message, and one run, may cost."""

    message_bytes: int = 26_214_400
    message_seconds: float = 2.0
    run_seconds: int = 600
    give_up_days: int = 7

    def _problems(self) -> Iterator[str]:
        for key, most in _MOST_OF.items():
            if not 0 < getattr(self, key) <= most:  # TOML knows nan and inf
                yield f"{key}: " + _("should be more than 0 and at most {most}").format(most=most)


class Dns(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask for the keys of signatures."""

    servers: tuple[str, ...] = ()


class RegistrySettings(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The user's own records, and how long a channel is believed."""

    directory: str = "~/.config/noreply-analyzer/operators"
    shelf_life_days: int = 180

    def _problems(self) -> Iterator[str]:
        if not 1 <= self.shelf_life_days <= _MOST:
            yield "shelf_life_days: " + _("should be from 1 to {most}").format(most=_MOST)


class Settings(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration."""

    language: Literal["", "fr", "en"] = ""
    timezone: str = "Europe/Paris"
    identity: Identity = Identity()
    accounts: tuple[Account, ...] = ()
    drafting: Drafting = Drafting()
    detection: Detection = Detection()
    limits: Limits = Limits()
    dns: Dns = Dns()
    registry: RegistrySettings = RegistrySettings()

    def _problems(self) -> Iterator[str]:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield "timezone: " + _("{zone!r} is not a time zone").format(zone=self.timezone)
        names = [account.name for account in self.accounts]
        if len(set(names)) < len(names):
            yield "accounts: " + _("two accounts have one name")

    def account(self, name: str) -> Account:
        """Give the account called *name*.

        Raises:
            ConfigError: there is none; the sentence guesses which was meant.
        """
        names = {account.name: account for account in self.accounts}
        if name in names:
            return names[name]
        close = difflib.get_close_matches(name, list(names), n=1)
        guess = _(" (did you mean {word!r}?)").format(word=close[0]) if close else ""
        raise ConfigError((_("there is no account {name!r} in the configuration").format(name=name) + guess,))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # 127.0.0.1.example.org is anybody's
        return host == "localhost"


def find_config(explicit: str | None, environment: Mapping[str, str]) -> Path:
    """Give the path of the configuration: ``--config``, then the environment's, then the usual places.

    The path need not exist; `load` says so then.
    """
    if explicit:
        return Path(explicit)
    if named := environment.get("NOREPLY_ANALYZER_CONFIG"):
        return Path(named)
    home = Path(environment.get("HOME") or Path.home())
    base = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "noreply-analyzer" / "config.toml"


def state_path(environment: Mapping[str, str]) -> Path:
    """Give the path of the state file: ``$XDG_STATE_HOME/noreply-analyzer/state.sqlite3`` or below ~/.local/state."""
    home = Path(environment.get("HOME") or Path.home())
    base = Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "noreply-analyzer" / "state.sqlite3"


def load(path: Path) -> Settings:
    """Read the configuration.

    Raises:
        ConfigError: it cannot be read, or says something impossible; with one line for each problem.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        sentence = _("{path}: there is no such file; config.example.toml shows what goes into it")
        raise ConfigError((sentence.format(path=path),)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError((f"{path}: {error}",)) from error
    return parse(table, place=str(path))


def parse(table: Mapping[str, Any], *, place: str = "config.toml") -> Settings:
    """Turn a TOML document into `Settings`.

    Raises:
        ConfigError: with one line for each problem.
    """
    settings, problems = read(table, Settings)
    if settings is None:
        raise ConfigError(tuple(f"{place}: {problem}" for problem in problems))
    return settings
