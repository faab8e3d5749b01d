"""The command `check`: tries everything that a run needs, and says in one line each what is well and what to mend."""

import os
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import counts, curation
from .config import WAYS, Account, Identity, Settings
from .dns import MemoryCache, Resolver
from .equipment import Store
from .errors import (
    ConfigError,
    LoginRefusedError,
    NoreplyAnalyzerError,
    TryLaterError,
    UnreachableError,
)
from .language import _, ngettext
from .mailboxes import Listed, Role
from .opening import open_store
from .passwords import password
from .policy import Analysis
from .references import unknown_operators
from .state import State
from .supplies import now, open_records
from .vouching import carried, in_words, latest, what_is_carried
from .wire import countdown

_SECONDS = 30.0
_DNS_SECONDS = 5.0
_REASONS = 3
"""Different reasons why something could not be proven that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was tried, and how it went; what to do stands in the sentence."""

    fine: bool
    what: str
    said: str

    def __str__(self) -> str:
        mark = _("ok") if self.fine else _("mend")
        return f"{mark:<7} {self.what:<11} {self.said}"


def config_lines(path: Path, error: ConfigError | None, settings: Settings | None) -> Iterator[Line]:
    """Say whether the configuration can be read."""
    for problem in error.problems if error else ():
        yield Line(fine=False, what="config", said=problem)
    if settings is not None:
        names = ", ".join(account.name for account in settings.accounts)
        yield Line(fine=True, what="config", said=_("{path}: {names}").format(path=path, names=names))


def check(
    settings: Settings, accounts: Sequence[Account], *, environment: Mapping[str, str], state: Path
) -> Iterator[Line]:
    """Try everything, and write nothing."""
    for account in accounts:
        yield _identity(account, account.identity or settings.identity)
        yield from _mail(account, settings, environment)
    yield _dns(settings, accounts)
    yield from _registry(settings, accounts)
    yield _state(state)


def _identity(account: Account, identity: Identity) -> Line:
    missing = [key for key, value in (("name", identity.name), ("address", identity.address)) if not value]
    if missing:
        sentence = _("{name}: set {keys} in [identity]: without it letters have a blank there")
        return Line(fine=False, what="identity", said=sentence.format(name=account.name, keys=_(" and ").join(missing)))
    said = ", ".join((f"{identity.name} <{account.address}>", *identity.address))
    return Line(fine=True, what="identity", said=_named(account, said))


def _named(account: Account, said: object) -> str:
    return _("{label}: {value}").format(label=account.name, value=said)


# The mail of an account ---------------------------------------------------------------------------------------------


def _mail(account: Account, settings: Settings, environment: Mapping[str, str]) -> Iterator[Line]:
    if account.host:
        secret = _password(account, environment)
        yield secret
        if not secret.fine:
            return
    try:
        with open_store(account, settings, environment, countdown(_SECONDS)) as store:
            yield from opened_lines(account, store)
            yield from mailbox_lines(account, store)
            yield from _provider(account, store, settings)
    except NoreplyAnalyzerError as error:
        yield from _refused(account, error)


def _password(account: Account, environment: Mapping[str, str]) -> Line:
    way = next(way for way in WAYS if getattr(account, way))
    try:
        password(account, environment)
    except NoreplyAnalyzerError as error:
        return Line(fine=False, what="password", said=str(error))
    return Line(fine=True, what="password", said=_("{name}: from {way}").format(name=account.name, way=way))


def opened_lines(account: Account, store: Store) -> Iterator[Line]:
    """Say what let us in."""
    if account.path:
        yield Line(fine=True, what="maildir", said=_named(account, account.path))
        return
    yield _reached(account)
    secured_by = store.secured_by or _("none, on this machine only")
    yield Line(fine=True, what="tls", said=_named(account, secured_by))
    yield Line(fine=True, what="login", said=_named(account, account.login))


def _reached(account: Account) -> Line:
    said = _("{name}: {host} answers on port {port}")
    port = account.effective_port
    return Line(fine=True, what="connection", said=said.format(name=account.name, host=account.host, port=port))


def _refused(account: Account, error: NoreplyAnalyzerError) -> Iterator[Line]:
    """Say how far it came: no connection, no TLS, no login."""
    said = _("; ").join(_named(account, line) for line in str(error).splitlines())
    if isinstance(error, ConfigError):
        yield Line(fine=False, what="config", said=said)
    elif isinstance(error, LoginRefusedError) or (
        isinstance(error, TryLaterError) and not isinstance(error, UnreachableError)
    ):
        yield _reached(account)
        yield Line(fine=False, what="login", said=said)
    elif isinstance(error.__cause__, ssl.SSLError) or "STARTTLS" in str(error):
        yield _reached(account)
        yield Line(fine=False, what="tls", said=said)
    else:
        yield Line(fine=False, what="connection", said=said)


def mailbox_lines(account: Account, store: Store) -> Iterator[Line]:
    """Say what is read, where drafts go, and where sent mail lies."""
    listed = {box.name: box for box in store.listed()}
    try:
        names = ", ".join(store.mailboxes())
        yield Line(fine=True, what="mailboxes", said=_("{name}: reads {names}").format(name=account.name, names=names))
    except ConfigError as error:
        yield Line(fine=False, what="mailboxes", said=_named(account, error))
    try:
        drafts = store.drafts(account.drafts, account.sent)
    except ConfigError as error:
        yield Line(fine=False, what="drafts", said=_named(account, error))
        return
    how = _how(listed.get(drafts.name), Role.DRAFTS, account.drafts)
    yield Line(fine=True, what="drafts", said=_named(account, f"{drafts.name} ({how})"))
    if drafts.sent_name:
        how = _how(listed.get(drafts.sent_name), Role.SENT, account.sent)
        yield Line(fine=True, what="sent", said=_named(account, f"{drafts.sent_name} ({how})"))
    else:
        sentence = _("{name}: no mailbox of sent mail found: a draft that you sent would not be known; set `sent`")
        yield Line(fine=False, what="sent", said=sentence.format(name=account.name))


def _how(box: Listed | None, role: Role, configured: str) -> str:
    if configured:
        return _("as the configuration says")
    return _("the server marks it") if box and box.marked is role else _("by its name")


def _provider(account: Account, store: Store, settings: Settings) -> Iterator[Line]:
    """Say whose Authentication-Results the latest mail carries, and what is believed of them."""
    try:
        judged = latest(store, settings, account)
    except ConfigError:  # of the mailboxes, and told there
        return
    messages = [analysis.message for analysis in judged]
    carriers = carried(messages, account.received_by)
    found = {one.authserv_id.lower() for one in carriers}
    missing = [name for name in account.authserv_ids if name.lower() not in found]
    if messages and missing:
        sentence = ngettext(
            "the last message does not carry the word of {missing}; it carries: {carried}",
            "none of the last {count} messages carries the word of {missing}; they carry: {carried}",
            len(messages),
        )
        said = sentence.format(count=len(messages), missing=", ".join(missing), carried=in_words(carriers))
    else:
        said = _("{said}; {more}").format(
            said=_believed(account), more=what_is_carried(len(messages), in_words(carriers))
        )
    yield Line(fine=not (messages and missing), what="provider", said=_named(account, said))
    yield _proof(account, judged)


def _believed(account: Account) -> str:
    if not account.authserv_ids:
        return _("nobody's word is believed (authserv_ids)")
    return _("the word of {names} is believed, where it counts").format(names=", ".join(account.authserv_ids))


def _proof(account: Account, judged: Sequence[Analysis]) -> Line:
    """Say of how much of the latest mail that is worth a draft it could not be shown who wrote it, and why."""
    checked = [analysis for analysis in judged if analysis.authentication.checked_by and analysis.message.author]
    unproven = [analysis for analysis in checked if not analysis.proven]
    said = _named(account, how_many_are_proven(len(judged), len(checked), len(unproven)))
    reasons = Counter(analysis.authentication.reason for analysis in unproven)
    told = _("; ").join(f"{reason} ({count})" for reason, count in reasons.most_common(_REASONS))
    both = _("{label}: {value}").format(label=said, value=told)
    return Line(fine=True, what="proof", said=both if told else said)


def how_many_are_proven(count: int, checked: int, unproven: int) -> str:
    """Say of *count* messages how many senders had to be proven (*checked*), and how many of those could not be."""
    if not count:
        return what_is_carried(0, "")
    if count == 1 and not checked:
        return _("the sender of the last message did not have to be proven")
    if count == 1:
        could_not_be = _("the sender of the last message could not be proven")
        return could_not_be if unproven else _("the sender of the last message is proven")
    if not checked:
        return _("of the last {count} messages no sender had to be proven").format(count=count)
    if not unproven:
        sentence = ngettext(
            "of the last {count} messages one sender had to be proven, and is",
            "of the last {count} messages {checked} senders had to be proven, and all are",
            checked,
        )
    elif checked == 1:
        sentence = _("of the last {count} messages one sender had to be proven, and could not be")
    else:
        sentence = ngettext(
            "of the last {count} messages {checked} senders had to be proven; one could not be",
            "of the last {count} messages {checked} senders had to be proven; {unproven} could not be",
            unproven,
        )
    return sentence.format(count=count, checked=checked, unproven=unproven)


# Everything else ----------------------------------------------------------------------------------------------------


def _dns(settings: Settings, accounts: Sequence[Account]) -> Line:
    """Ask for what the user's own mail provider publishes: nobody learns anything by it."""
    domain = accounts[0].address.rpartition("@")[2] if accounts else "example.org"
    resolver = Resolver(settings.dns.servers, cache=MemoryCache(), clock=now)
    answer = resolver.look_up_txt(domain, seconds=_DNS_SECONDS)
    servers = ", ".join(settings.dns.servers) or _("the system's servers")
    if resolver.answered and not answer.failed:
        return Line(fine=True, what="dns", said=_("{servers}: answers").format(servers=servers))
    sentence = _("{servers}: {problem}: check the network, or name a server in [dns]")
    return Line(fine=False, what="dns", said=sentence.format(servers=servers, problem=answer.failed))


def _registry(settings: Settings, accounts: Sequence[Account]) -> Iterator[Line]:
    folder, opened = Path(settings.registry.directory).expanduser(), open_records(settings)
    registry = opened.registry
    for problem in opened.problems:
        yield Line(fine=False, what="registry", said=_("{label}: {value}").format(label=folder, value=problem))
    for problem in unknown_operators(accounts, registry):
        yield Line(fine=False, what="registry", said=problem)
    channels = [channel for operator in registry.operators for channel in operator.channels]
    newest = max((channel.checked_on for channel in channels), default=None)
    late = curation.due(now().date(), shelf_life_days=settings.registry.shelf_life_days, registry=registry)
    sentence = ngettext(
        "{operators} operators, last checked on {day}; {count} channel is past its shelf life (registry due)",
        "{operators} operators, last checked on {day}; {count} channels are past their shelf life (registry due)",
        len(late),
    )
    said = sentence.format(operators=counts.stats(registry, now().date()).operators, day=newest, count=len(late))
    if curation.is_outdated(registry, now().date(), shelf_life_days=settings.registry.shelf_life_days):
        yield Line(fine=False, what="registry", said=_("; ").join((said, _("update this program"))))
    else:
        yield Line(fine=True, what="registry", said=said)


def _state(path: Path) -> Line:
    if not path.exists():
        nearest = next(folder for folder in path.parents if folder.exists())
        if os.access(nearest, os.W_OK | os.X_OK):
            return Line(fine=True, what="state", said=_("{path}: made by the first run").format(path=path))
        sentence = _("{path}: cannot be made; let {folder} be written to")
        return Line(fine=False, what="state", said=sentence.format(path=path, folder=nearest))
    try:
        State.in_memory(path).close()
    except NoreplyAnalyzerError as error:
        return Line(fine=False, what="state", said=str(error))
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        sentence = _("{path}: may not be written to by this user")
        return Line(fine=False, what="state", said=sentence.format(path=path))
    return Line(fine=True, what="state", said=str(path))
