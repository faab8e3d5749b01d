"""The way to somebody's mail: where it is and how one is let in, asked for and tried until it works."""

import shlex
import shutil
import ssl
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from .address import Address, Domain, is_within, organizational_domain
from .checking import mailbox_lines, opened_lines
from .config import Account, Settings, parse
from .dns import MemoryCache, Resolver
from .equipment import Store
from .errors import (
    ConfigError,
    DnsUnreachableError,
    LoginRefusedError,
    NoreplyAnalyzerError,
    ServerRefusedError,
    TryLaterError,
    UsageError,
)
from .finding import Place, ask_dns, place_of, read
from .language import _
from .mailboxes import Listed
from .message import Message
from .newconfig import nameable
from .opening import open_store
from .progress import Progress
from .providers import Provider, provider_at, provider_of
from .questions import ask, ask_secret, confirm, explain, say
from .supplies import now
from .vouching import latest
from .wire import countdown

_TRIES: Final = 3
_TYPED: Final = "NOREPLY_ANALYZER_SETUP"
"""Where a password that was typed is looked for while it is tried: in a mapping of ours, never in the environment."""
_PATH: Final = ("/", "~", "./", "../")
_NOT_TRUSTED: Final = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for a certificate of an authority that nobody here knows (``X509_V_ERR_…``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """How the password is come by: it was typed, or a command gives it, or gives a *token* instead."""

    typed: str = ""
    command: tuple[str, ...] = ()
    token: bool = False

    def keys(self, file: Path | None) -> dict[str, Any]:
        """Give what the configuration says of it; what was typed lies in *file*, or nowhere yet."""
        if self.command:
            return {"token_command" if self.token else "password_command": self.command}
        return {"password_file": str(file)} if file else {"password_env": _TYPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to somebody's mail: a Maildir's *path*, or a server's *place*."""

    address: Address
    path: str = ""
    place: Place | None = None
    user: str = ""
    tls_ca: str = ""
    secret: Secret = Secret()
    provider: Provider | None = None

    def keys(self, name: str, file: Path | None = None) -> dict[str, Any]:
        """Give what the configuration says of it."""
        keys: dict[str, Any] = {"name": name, "address": str(self.address)}
        if self.path:
            return keys | {"path": self.path}
        if self.place:
            keys |= self.place.keys()
        more = {"tls_ca": self.tls_ca, "user": self.user}
        return keys | {key: value for key, value in more.items() if value} | self.secret.keys(file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen once we were let in."""

    listed: Sequence[Listed]
    messages: Sequence[Message]


def ask_way(maildir: str, settings: Settings) -> Way:
    """Ask for the address, the server and the password; *maildir* may name a Maildir beforehand.

    Raises:
        UsageError: *maildir* is no folder.
        click.Abort: nobody answers.
    """

    def first(answer: str) -> Address | str:
        return _folder(answer) if answer.startswith(_PATH) else _whole(_own_address(answer, settings))

    if maildir:
        return Way(path=_folder(maildir), address=_ask_address(settings))
    given = ask(_("Your e-mail address (or the path of a Maildir of this machine)"), first)
    if isinstance(given, str):
        return Way(path=given, address=_ask_address(settings))
    way = _ask_server(Way(address=given), _find(given, settings))
    return replace(way, secret=_ask_secret(way))


def _ask_address(settings: Settings) -> Address:
    return ask(_("Your e-mail address"), lambda answer: _own_address(answer, settings))


def _own_address(answer: str, settings: Settings) -> Address:
    address = Address.parse(answer)
    for account in settings.accounts:
        if address.key in account.own_addresses:
            sentence = _("{address} is the account {name} already; `noreply-analyzer check {name}` tries it")
            raise UsageError(sentence.format(address=address, name=account.name))
    return address


def _whole(address: Address) -> Address:
    """Refuse the beginning of an address before anybody is asked where its mail is read."""
    if "." not in address.domain:
        sentence = _("{address}: something is missing behind {domain}, as in anne@example.org")
        raise UsageError(sentence.format(address=address, domain=address.domain))
    return address


# The server ---------------------------------------------------------------------------------------------------------


def _find(address: Address, settings: Settings) -> Place | None:
    """Find the server: among the known providers, or where the DNS says if it may be asked."""
    if (provider := provider_of(address.domain)) is not None:
        return place_of(provider)
    sentence = _(
        "{domain} is none of the providers known here. Where the DNS is asked for its mail server, your resolver and"
        " whoever runs {domain} learn that somebody asks."
    )
    explain(sentence.format(domain=address.domain))
    if not confirm(_("May the DNS be asked?"), default=True):
        return None
    try:
        place = ask_dns(address.domain, Resolver(settings.dns.servers, cache=MemoryCache(), clock=now))
    except DnsUnreachableError as error:
        say(str(error))
        return None
    if place is None:
        say(_("{domain} does not say it in the DNS").format(domain=address.domain))
    elif not is_within(Domain(place.host), organizational_domain(address.domain)):  # RFC 6186 section 6
        sentence = _(
            "{domain} names a server of somebody else, {host}: make sure that this is your provider's before you type"
            " a password."
        )
        explain(sentence.format(domain=address.domain, host=place.host))
    return place


def _ask_server(way: Way, known: Place | None) -> Way:
    """Have the server confirmed, corrected or named."""
    if known is None:
        sentence = _(
            "Your provider's help calls it the IMAP server. Type it as {name}, or with a port as {with_port};"
            " or the name of your provider, if it is OVH, Gandi, Infomaniak, Gmail, …"
        )
        explain(sentence.format(name="imap.example.org", with_port="imap.example.org:143"))
    found = ask(_("Server"), read, default=str(known or ""))
    provider = found if isinstance(found, Provider) else provider_at(found.host, found.port)
    place = place_of(found) if isinstance(found, Provider) else found
    asked = replace(way, place=place, provider=provider)
    if way.place and way.place.host != place.host:
        asked = replace(asked, tls_ca="")  # whom one trusts for one server one need not trust for another
    if provider and provider is not way.provider:
        asked = replace(asked, user=provider.user_of(way.address))
        for sentence in provider.advice():
            explain(sentence)
    return asked


def _ask_authority() -> str:
    def there(answer: str) -> str:
        with suppress(RuntimeError):  # ~nobody
            path = Path(answer).expanduser().absolute()
            if not answer or path.is_file():
                return nameable(path) if answer else ""
        raise UsageError(_("there is no file {path}").format(path=answer))

    explain(
        _("If you know whose certificate that is (Proton Bridge, a server of your own), it can be trusted as well.")
    )
    return ask(_("File with the certificate, or with its authority (Enter: another server)"), there)


# The password -------------------------------------------------------------------------------------------------------


def _ask_secret(way: Way) -> Secret:
    if way.provider and way.provider.wants == "token":
        question = _("Command that gives an access token (as: oama access {address})").format(address=way.address)
        return Secret(command=ask(question, _read_command), token=True)
    explain(
        _(
            "The password: best is a command that gives it (pass show mail/anne, secret-tool lookup …): for that, press"
            " Enter. Or type it: it goes into a file that only you can read, and never into the configuration."
        )
    )
    typed = ask_secret(_("Password (nothing is shown)"))
    return Secret(typed=typed) if typed else Secret(command=ask(_("Command"), _read_command))


def _read_command(answer: str) -> tuple[str, ...]:
    """Read a command; a sentence about it never repeats it, for somebody may have typed a password."""
    try:
        words = tuple(shlex.split(answer))
    except ValueError:
        words = ()
    if not words:
        raise UsageError(_("please type a program and its words"))
    if shutil.which(words[0]) is None:
        raise UsageError(
            _("there is no such program; please type a program and its words, for example: pass show mail")
        )
    return words


# Trying it ----------------------------------------------------------------------------------------------------------


def arrive(way: Way, name: str, settings: Settings, environment: Mapping[str, str]) -> tuple[Way, Seen]:
    """Try a way, say how far it leads, and ask for what does not let us in again.

    Args:
        way: the first to try.
        name: what the account will be called.
        settings: how messages are looked at.
        environment: what a command that gives a password may need.

    Returns:
        The way that led there, and what was seen.

    Raises:
        NoreplyAnalyzerError: it did not, three times for one kind of reason.
    """
    tries: Counter[int] = Counter()
    while True:
        try:
            return way, _look(way, name, settings, environment)
        except (LoginRefusedError, ConfigError, TryLaterError, ServerRefusedError) as error:
            tries[error.exit_status] += 1
            if tries[error.exit_status] == _TRIES:
                raise
            explain(str(error))
            way = _another(way, error)


def _another(way: Way, error: NoreplyAnalyzerError) -> Way:
    if way.path:
        return replace(way, path=ask(_("Path of the Maildir"), _folder, default=way.path))
    if isinstance(error, LoginRefusedError | ConfigError):
        user = ask(_("User name"), str, default=way.user or str(way.address))
        way = replace(way, user="" if user == str(way.address) else user)
        return replace(way, secret=_ask_secret(way))
    cause = error.__cause__
    unknown = isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in _NOT_TRUSTED
    if unknown and (authority := _ask_authority()):
        return replace(way, tls_ca=authority)
    return _ask_server(way, way.place)


def _folder(answer: str) -> str:
    """Read the path of a Maildir, which has to mean the same in every folder."""
    try:
        there = bool(answer) and Path(answer).expanduser().is_dir()
    except RuntimeError:  # ~nobody
        there = False
    if not there:
        raise UsageError(_("there is no folder {path}").format(path=answer))
    return nameable(Path(answer)) if answer.startswith("~") else nameable(Path(answer).absolute())


def _look(way: Way, name: str, settings: Settings, environment: Mapping[str, str]) -> Seen:
    (account,) = parse({"accounts": [way.keys(name)]}, place=name).accounts
    secrets = {**environment, _TYPED: way.secret.typed}
    with open_store(account, settings, secrets, countdown(settings.limits.run_seconds)) as store:
        for line in (*opened_lines(account, store), *mailbox_lines(account, store)):
            if line.fine:  # of what is not, one is asked
                say(str(line))
        return Seen(listed=store.listed(), messages=_latest(store, account, settings))


def _latest(store: Store, account: Account, settings: Settings) -> list[Message]:
    """Read the latest messages; to have been let in is enough without them."""
    try:
        with Progress(sys.stderr) as progress:
            judged = latest(store, settings, account, ask_dns=False, step=progress.step)
    except (TryLaterError, ServerRefusedError) as error:
        say(str(error))
        return []
    return [analysis.message for analysis in judged]
