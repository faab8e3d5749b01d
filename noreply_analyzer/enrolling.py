"""The command `setup`: asks for the way to somebody's mail, tries it, and writes what works into a configuration."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import newconfig
from .address import organizational_domain
from .approach import Way, arrive, ask_way
from .authresults import MICROSOFT
from .config import Settings, load
from .errors import ConfigError, UsageError
from .interruption import Interruption
from .language import _, in_use
from .mailboxes import Listed, Role, find, no_drafts
from .message import Message
from .providers import Provider
from .questions import ask, choose, confirm, explain, require_terminal, say
from .vouching import carried, in_words, what_is_carried, worth_pinning

_PROGRAM: Final = "noreply-analyzer"
_SHOWN: Final = 50
"""Mailboxes that are named, of however many a server has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A configuration that is there already, and what is to become of it."""

    settings: Settings
    adds: bool = False
    replaces: bool = False


def set_up(path: Path, *, usual: Path, maildir: str, environment: Mapping[str, str]) -> int:
    """Ask, try, and write a configuration to *path*; give the exit status.

    Args:
        path: where the configuration goes.
        usual: where every command looks for one.
        maildir: a Maildir that was named on the command line, if any.
        environment: what a command that gives a password may need.

    Raises:
        NoreplyAnalyzerError: it did not work, each kind of reason with its class; then nothing was written.
        click.Abort: nobody answers; likewise.
    """
    require_terminal()
    newconfig.require_writable(path)
    before = _ask_what_becomes_of(path)
    if before is None:
        say(_("{path} is left as it is").format(path=path))
        return 0
    way = ask_way(maildir, before.settings)
    name = _account_name(way, before.settings)
    way, seen = arrive(way, name, before.settings, environment)
    more = _mailbox_keys(seen.listed) | _pinned(way.provider, seen.messages)
    identity = {} if before.settings.identity.name else _ask_identity()
    file = newconfig.free(path.absolute().with_name(f"{name}.password")) if way.secret.typed else None
    keys = way.keys(name, file) | more
    with Interruption(resumes=False) as stop, stop.held():
        _write(path, before, identity, keys, {file: way.secret.typed} if file else {})
    say()
    say(_("Written: {path}").format(path=path))
    if file:
        say(_("The password, readable by you alone: {path}").format(path=file))
    config = "" if path.absolute() == usual.absolute() else str(path)
    _say_what_next(config, by_command=bool(way.secret.command))
    return 0


# What is there already ----------------------------------------------------------------------------------------------


def _ask_what_becomes_of(path: Path) -> Before | None:
    """Ask it of a configuration that is there; ``None``: it is to stay as it is."""
    if not os.path.lexists(path):
        return Before(settings=Settings())
    add, put, leave = _("add"), _("replace"), _("leave")
    try:
        settings = load(path)
    except ConfigError as error:
        say(str(error))
        question = _("{path} cannot be used. Replace it (it is kept beside the new one), or leave it?")
        word = choose(question.format(path=path), (put, leave), default=leave)
        settings = Settings()
    else:
        question = _("{path} is there. Add an account to it, replace it (it is kept beside the new one), or leave it?")
        word = choose(question.format(path=path), (add, put, leave), default=add)
    if word == leave:
        return None
    return Before(settings=settings, adds=True) if word == add else Before(settings=Settings(), replaces=True)


def _write(
    path: Path, before: Before, identity: Mapping[str, Any], account: Mapping[str, Any], secrets: Mapping[Path, str]
) -> None:
    if before.adds:
        text = newconfig.with_account(path.read_text("utf-8"), account, identity, str(path))
    else:
        text = newconfig.whole_text(in_use(), identity, account)
    keep = newconfig.free(path.with_name(f"{path.name}.old")) if before.replaces and path.exists() else None
    newconfig.put(path, text, secrets=secrets, over=before.adds or before.replaces, keep=keep)


def _account_name(way: Way, settings: Settings) -> str:
    """Give a short name for the command line, of none that is there already."""
    word = organizational_domain(way.address.domain).partition(".")[0]
    taken = {account.name for account in settings.accounts}
    names = (word if number == 1 else f"{word}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


# What is asked once the mail was seen -------------------------------------------------------------------------------


def _mailbox_keys(listed: Sequence[Listed]) -> dict[str, str]:
    """Ask which mailbox is which, where neither the server nor the names say it.

    Raises:
        ConfigError: there is none that could be for drafts.
    """
    keys = {}
    marked = {box.name for box in listed if box.marked}
    others = [box.name for box in listed if box.readable and box.name.upper() != "INBOX" and not box.named]
    others = [name for name in others if name not in marked]
    if find(Role.DRAFTS, listed) is None:
        if not others:
            raise no_drafts(listed)
        say(_("No mailbox is marked as the one for drafts. There are: {names}").format(names=_listed(others)))
        keys["drafts"] = ask(_("Mailbox for drafts"), lambda answer: _one_of(answer, others))
        others.remove(keys["drafts"])
    if find(Role.SENT, listed) is None and others:
        say(_("No mailbox is marked as that of sent mail. There are: {names}").format(names=_listed(others)))
        question = _("Mailbox of sent mail (Enter: none; a draft that you sent would then not be known)")
        if sent := ask(question, lambda answer: answer and _one_of(answer, others)):
            keys["sent"] = sent
    return keys


def _one_of(answer: str, names: Sequence[str]) -> str:
    alike = [name for name in names if answer and name.casefold() == answer.casefold()]
    if not alike or (len(alike) > 1 and answer not in alike):
        raise UsageError(_("please type one of: {words}").format(words=_listed(alike or names)))
    return answer if answer in alike else alike[0]


def _listed(names: Sequence[str]) -> str:
    """Name them, as many as one reads; any other can be typed, too."""
    return ", ".join((*names[:_SHOWN], "…") if len(names) > _SHOWN else names)


def _pinned(provider: Provider | None, messages: Sequence[Message]) -> dict[str, list[str]]:
    """Say whose word the latest mail carries and what pinning it means; propose it where nothing speaks against it."""
    received_by: tuple[str, ...] = ()
    carriers = carried(messages, received_by)
    if not carriers and provider and provider.received_by:
        received_by = provider.received_by
        carriers = carried(messages, received_by)
    say()
    explain(
        _("Your provider's word (Authentication-Results): {said}").format(
            said=what_is_carried(len(messages), in_words(carriers))
        )
    )
    if any(one.authserv_id == MICROSOFT for one in carriers):
        say(_('"microsoft" stands for fields without a name, as Outlook.com and Microsoft 365 write them.'))
    if not carriers:
        if messages:
            explain(
                _("Nothing is to be pinned then: senders are proven by signatures, which this program checks itself.")
            )
        return {}
    explain(
        _(
            "Pinned, its `dmarc=pass` proves an author, also without a signature, and its `dmarc=fail` contradicts one:"
            " such mail is told, never drafted to. Pin nobody if mail comes here by way of another mailbox"
            ' (docs/configuration.md, "Your provider\'s word").'
        )
    )
    one = worth_pinning(carriers, len(messages))
    if one is None or (received_by and provider and one.authserv_id not in provider.authserv_ids):
        say(_("Nothing is pinned: what these messages show is not enough to propose it."))
        return {}
    if not confirm(_("Pin {id}?").format(id=one.authserv_id), default=False):
        return {}
    keys = {"authserv_ids": [one.authserv_id]}
    return keys | {"received_by": list(received_by)} if received_by else keys


def _ask_identity() -> dict[str, Any]:
    say()
    name = ask(_("Your name, as letters are signed (Enter: left blank)"), str)
    lines: list[str] = []
    say(_("Your postal address for letters, line by line; an empty line ends it."))
    while line := ask(_("Line {number}").format(number=len(lines) + 1), str):
        lines.append(line)
    return {key: value for key, value in (("name", name), ("address", lines)) if value}


# What next ----------------------------------------------------------------------------------------------------------


def _say_what_next(config: str, *, by_command: bool) -> None:
    called, lasting = _how_called()
    options = f" --config {shlex.quote(str(Path(config).absolute()))}" if config else ""
    say()
    say(_("Next, see what it would do; nothing is written:"))
    say(f"  {called}{options} run --dry-run")
    say(_("Then have it run every half hour, with this line in your crontab (crontab -e):"))
    say(f"  */30 * * * *  {lasting}{options} run".replace("%", r"\%"))
    if by_command:
        explain(_("There is no terminal then: a command that asks for a passphrase gives no password to a run."))
    say(_("Or from systemd: samples/systemd/noreply-analyzer.service says how."))


def _how_called() -> tuple[str, str]:
    """Give how the program is called here, and how from anywhere."""
    started = Path(sys.argv[0])
    if started.name != _PROGRAM:
        module = f"{shlex.quote(sys.executable)} -m noreply_analyzer"
        return module, module
    found = shutil.which(_PROGRAM)
    here = _PROGRAM if found and Path(found).absolute() == started.absolute() else str(started)
    return shlex.quote(here), shlex.quote(str(started.absolute()))
