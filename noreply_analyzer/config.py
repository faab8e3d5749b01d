"""The configuration: ``config.toml`` into `Settings`.

``config.example.toml`` shows every key at its default; a test holds the two together.
"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from .address import Address, canonicalize_domain
from .authres_syntax import is_authserv_id, read_host
from .errors import AddressError, ConfigError
from .language import Written, _
from .network import is_loopback, read_server
from .registry import Level
from .tables import Check, Table, choices, read
from .topic import Topic

_TLS_PORT: Final = 993
_MOST: Final = 36_500
"""Days, or drafts: a century is more than anybody means, and less than breaks a date."""
_DAY: Final = 86_400
CONFIG_VARIABLE: Final = "NOREPLY_ANALYZER_CONFIG"
"""The environment variable that names the configuration."""
_USUAL: Final = "~/.config/noreply-analyzer"
WAYS: Final = ("password_command", "password_file", "password_env", "token_command")
"""The keys that say where the password is; an account on a server has just one."""
_TOPICS: Final = (
    Topic.BILLING,
    Topic.CONTRACT,
    Topic.INCIDENT,
    Topic.DELIVERY,
    Topic.APPOINTMENT,
    Topic.ACCOUNT,
    Topic.OTHER,
)


# What a single value must be ----------------------------------------------------------------------------------------


def _read_by(reader: Callable[[str], object]) -> Check:
    def problem(text: str) -> str:
        try:
            reader(text)
        except AddressError as error:
            return str(error)
        return ""

    return Check(problem)


def _from_one_to(most: int) -> Check:
    return Check(lambda number: "" if 1 <= number <= most else _("should be from 1 to {most}").format(most=most))


def _from_to(least: int, most: int) -> Check:
    def problem(number: float) -> str:
        if least <= number <= most:
            return ""
        return _("should be from {least} to {most}").format(least=least, most=most)

    return Check(problem)


def _at_most(most: int) -> Check:
    def problem(number: float) -> str:
        if 0 < number <= most:  # TOML knows nan and inf
            return ""
        return _("should be more than 0 and at most {most}").format(most=most)

    return Check(problem)


def _read_address_or_domain(text: str) -> object:
    return Address.parse(text) if "@" in text else canonicalize_domain(text)


def _name_problem(name: str) -> str:
    return _("should be one word without a slash") if not name or "/" in name else ""


def _port_problem(port: int) -> str:
    return "" if 0 < port <= 65535 else _("is not a port")  # noqa: PLR2004 - what a port is


def _authserv_id_problem(text: str) -> str:
    sentence = _("{text!r} is no authserv-id; one looks like mx.example.org")
    return "" if is_authserv_id(text) else sentence.format(text=text)


def _topic_problem(topic: Topic) -> str:
    if topic is Topic.DATA:
        return _("a request about personal data is written by hand only")
    return _("one-time codes and log-in alerts are never drafted to") if topic is Topic.SECURITY else ""


def _level_problem(level: Level) -> str:
    return _("a formal notice is written by hand only") if level is Level.NOTICE else ""


def _timezone_problem(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _("{zone!r} is not a time zone").format(zone=zone)
    return ""


def _directory_problem(directory: str) -> str:
    """Whoever names a folder has something in it; the default is also where there is nothing yet."""
    if directory in {*_usual_folders({}), *_usual_folders(os.environ)}:
        return ""
    try:
        there = Path(directory).expanduser().exists()
    except RuntimeError:  # ~nobody
        there = False
    except OSError:  # it may be there: whoever reads what is in it says why that cannot be done
        there = True
    return "" if there else _("there is no folder {directory}: mend the name, or make it").format(directory=directory)


_AddressText = Annotated[str, _read_by(Address.parse)]
_AddressOrDomain = Annotated[str, _read_by(_read_address_or_domain)]
_UpToMost = Annotated[int, _from_one_to(_MOST)]


def _usual_folders(environment: Mapping[str, str]) -> tuple[str, str]:
    """Give the usual folders of the user's own records and templates, beside the usual configuration."""
    base = environment.get("XDG_CONFIG_HOME")
    usual = f"{base}/noreply-analyzer" if base else _USUAL
    return f"{usual}/operators", f"{usual}/templates"


# The tables ---------------------------------------------------------------------------------------------------------


class Identity(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the drafts and letters say about the user."""

    name: str = ""
    address: tuple[str, ...] = ()
    language: Written = "fr"


class References(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the user is known by at an operator."""

    customer_number: str = ""
    contract_number: str = ""
    line_number: str = ""
    account_number: str = ""


class ContractSettings(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only the user knows of a contract: some texts of law hold for none but newer ones, or those made online."""

    made_on: date | None = None
    at_a_distance: bool = False


class Account(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail of the user in one place: on a server, or in a Maildir."""

    name: Annotated[str, Check(_name_problem)]
    address: _AddressText
    addresses: tuple[_AddressText, ...] = ()
    path: str = ""
    """A Maildir instead of a server."""
    host: str = ""
    port: Annotated[int, Check(_port_problem)] = 993
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
    authserv_ids: tuple[Annotated[str, Check(_authserv_id_problem)], ...] = ()
    """Whose Authentication-Results to believe (RFC 8601); "microsoft": its fields without an id."""
    received_by: tuple[Annotated[str, _read_by(read_host)], ...] = ()
    """The hosts of the user's provider, by domain, address or network: their Received fields may stand above."""
    identity: Identity | None = None
    operators: dict[str, References] = msgspec.field(default_factory=dict)
    contracts: dict[str, ContractSettings] = msgspec.field(default_factory=dict)

    def problems(self, wrong: AbstractSet[str]) -> Iterator[tuple[str, str]]:
        """Give what is named twice or not at all, and a password in the clear."""
        given = {key for key in ("host", "path", *WAYS) if key in wrong or getattr(self, key)}
        if len(given & {"host", "path"}) != 1:
            yield "host", _("exactly one of host (a server) and path (a Maildir)")
        if "host" not in given:
            return
        if not wrong & {"host", "security"} and self.security == "none" and not is_loopback(self.host):
            yield "security", _('"none" would send the password in the clear; only for 127.0.0.1')
        if len(given & set(WAYS)) != 1:
            sentence = _("exactly one of password_command, password_file, password_env, token_command")
            yield "password_command", sentence

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


class Drafting(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a draft is written."""

    topics: tuple[Annotated[Topic, Check(_topic_problem)], ...] = _TOPICS
    pending_per_operator: _UpToMost = 1
    pending_total: _UpToMost = 5
    per_run: _UpToMost = 10
    max_age_days: _UpToMost = 30
    first_run_days: _UpToMost = 7
    unproven: Literal["tell", "draft"] = "tell"
    level: Annotated[Level, Check(_level_problem)] = Level.QUESTION
    report_phishing: bool = False
    grounds: Literal["none", "sure", "all"] = "sure"
    """Which texts of law a draft cites: "all" also those that nobody has read themselves."""
    templates: Annotated[str, Check(_directory_problem)] = msgspec.field(
        default_factory=lambda: _usual_folders(os.environ)[1]
    )
    """The folder of the user's own templates."""


class Detection(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the user knows better than the rules."""

    dead: tuple[_AddressOrDomain, ...] = ()
    alive: tuple[_AddressOrDomain, ...] = ()


class Limits(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one message, and one run, may cost."""

    message_bytes: Annotated[int, _at_most(2**31 - 1)] = 26_214_400
    message_seconds: Annotated[float, _at_most(_DAY)] = 2.0
    run_seconds: Annotated[int, _at_most(_DAY)] = 600
    give_up_days: Annotated[int, _at_most(_MOST)] = 7


class Dns(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask for the keys of signatures."""

    servers: tuple[Annotated[str, _read_by(read_server)], ...] = ()


class RegistrySettings(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The user's own records, and how long a channel is believed."""

    directory: Annotated[str, Check(_directory_problem)] = msgspec.field(
        default_factory=lambda: _usual_folders(os.environ)[0]
    )
    shelf_life_days: _UpToMost = 180


class Window(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the user's envelopes have their window, from the upper and the left edge of the A4 page behind it.

    Within these bounds an address of seven lines stays on the page, with room for the letter below it.
    """

    top_mm: Annotated[float, _from_to(20, 150)] = 50.0
    left_mm: Annotated[float, _from_to(10, 120)] = 100.0


class LetterSettings(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How letters lie on their paper."""

    window: Window = Window()


class Settings(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration."""

    language: Literal["", "fr", "en"] = ""
    timezone: Annotated[str, Check(_timezone_problem)] = "Europe/Paris"
    identity: Identity = Identity()
    accounts: tuple[Account, ...] = ()
    drafting: Drafting = msgspec.field(default_factory=Drafting)
    detection: Detection = Detection()
    limits: Limits = Limits()
    dns: Dns = Dns()
    registry: RegistrySettings = msgspec.field(default_factory=RegistrySettings)
    letter: LetterSettings = LetterSettings()

    def problems(self, wrong: AbstractSet[str]) -> Iterator[tuple[str, str]]:  # noqa: ARG002 - what could be read is enough
        """Give the names that two accounts have."""
        names = [account.name for account in self.accounts if account.name]
        if len(set(names)) < len(names):
            yield "accounts", _("two accounts have one name")

    def account(self, name: str) -> Account:
        """Give the account called *name*.

        Raises:
            ConfigError: there is none; the sentence guesses which was meant, or names them all.
        """
        names = {account.name: account for account in self.accounts}
        if name in names:
            return names[name]
        sentence = _("there is no account {name!r} in the configuration").format(name=name)
        raise ConfigError((sentence + choices(name, names),))


def find_config(explicit: str | None, environment: Mapping[str, str]) -> Path:
    """Give the path of the configuration: ``--config``, then the environment's, then the usual places.

    The path need not exist; `load` says so then.
    """
    if explicit:
        return Path(explicit)
    if named := environment.get(CONFIG_VARIABLE):
        return Path(named)
    home = Path(environment.get("HOME") or Path.home())
    base = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "noreply-analyzer" / "config.toml"


def state_path(environment: Mapping[str, str]) -> Path:
    """Give the path of the state file: ``$XDG_STATE_HOME/noreply-analyzer/state.sqlite3`` or below ~/.local/state."""
    home = Path(environment.get("HOME") or Path.home())
    base = Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "noreply-analyzer" / "state.sqlite3"


def cache_path(environment: Mapping[str, str]) -> Path:
    """Give the folder of what can be made again: ``$XDG_CACHE_HOME/noreply-analyzer`` or below ~/.cache."""
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "noreply-analyzer"


def load(path: Path, *, account_needed: bool = False) -> Settings:
    """Read the configuration.

    Raises:
        ConfigError: it cannot be read, or says something impossible; with one line for each problem.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError((f"{path}: {_why_not_read(error)}",)) from error
    return parse(table, place=str(path), account_needed=account_needed)


def _why_not_read(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return _("there is no such file; `noreply-analyzer setup` writes one")
        case IsADirectoryError():
            return _("is a folder; name the file in it")
        case OSError():
            return _("cannot be read: {problem}").format(problem=error.strerror)
        case UnicodeDecodeError():
            line = error.object[: error.start].count(b"\n") + 1
            return _("is not UTF-8 text (at line {line}); save it in that encoding").format(line=line)
        case RecursionError():
            return _("is nested too deeply")
    return _("is not TOML: {problem}").format(problem=error)


def parse(table: Mapping[str, Any], *, place: str = "config.toml", account_needed: bool = False) -> Settings:
    """Turn a TOML document into `Settings`.

    Raises:
        ConfigError: with one line for each problem.
    """
    settings, found = read(table, Settings)
    problems = [f"{place}: {problem}" for problem in found]
    if account_needed and not table.get("accounts"):
        problems.append(_("{path}: names no account: add an [[accounts]] table").format(path=place))
    if settings is None or problems:
        raise ConfigError(tuple(problems))
    return settings
