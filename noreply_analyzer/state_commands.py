"""The commands of `state`: what is remembered, in the user's hands."""

import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from . import completion
from .address import Address
from .config import Settings, state_path
from .decoding import escaped
from .errors import AddressError, UsageError
from .language import _, ngettext
from .options import Options
from .output import Output


@click.group()
def state() -> None:
    """See what is remembered, or have it forgotten."""


@state.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...", shell_complete=completion.accounts)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines (docs/json.md).")
@click.pass_obj
def show(options: Options, accounts: Sequence[str], *, as_json: bool) -> int:
    """Show what is remembered, of all accounts or of some.

    An ACCOUNT is its name in the configuration, or its address. Needs no configuration, and may be used while a run is
    at work.
    """
    from . import inventory, report
    from .state import State

    settings, path, out = options.settings(needed=False), state_path(os.environ), Output(sys.stdout)
    zone = ZoneInfo(settings.timezone)
    with State.in_memory(path) as copy:
        file = None
        if path.exists():
            file = inventory.StateFile(path=path, version=copy.found_version, size=_size(path), keys=copy.keys.count())
        stored = copy.addresses()
        asked = dict.fromkeys(_address(settings, word, stored) for word in accounts) or stored
        held = [copy.holdings(address) for address in asked]
    if as_json:
        report.print_json(inventory.file_as_object(path, file), out)
        for one in held:
            report.print_json(inventory.as_object(one, _names(settings, one.address), zone), out)
    else:
        lines = [inventory.of_the_file(file) if file else _no_state(path)]
        for one in held if file else ():
            lines += ["", *inventory.of_an_address(one, _names(settings, one.address), zone)]
        out.write("".join(escaped(line) + "\n" for line in lines))
    out.flush()
    return 0


@state.command()
@click.argument("account", metavar="ACCOUNT", shell_complete=completion.accounts)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.pass_obj
def forget(options: Options, account: str, *, yes: bool) -> int:
    """Erase all that is remembered of an account.

    ACCOUNT is its name in the configuration, or its address, also of an account that is no longer in the configuration.
    Nothing in any mailbox is touched.
    """
    from . import inventory
    from .state import State

    settings, path = options.settings(needed=False), state_path(os.environ)
    if not path.exists():
        _address(settings, account, ())
        _print(_no_state(path))
        return 0
    with State.open(path) as opened:
        address = _address(settings, account, opened.addresses())
        held = opened.holdings(address)
        if not held:
            _print(_("nothing is stored of {address}").format(address=address))
            return 0
        _print(inventory.in_short(held))
        for sentence in _consequences(settings, address):
            _print(sentence)
        if not yes and not _is_wanted():
            _print(_("Nothing was changed."))
            return 0
        opened.forget(address)
    _print(_("All of it is erased from {path}; copies that you made of that file are as they were.").format(path=path))
    return 0


def _consequences(settings: Settings, address: str) -> list[str]:
    """Say what forgetting *address* leads to; nothing, where no run looks at it any more."""
    names = _names(settings, address)
    if not names:
        return []
    days = settings.drafting.first_run_days
    first = ngettext(
        "Without it the next run is a first run: it looks back {days} day and judges that mail anew.",
        "Without it the next run is a first run: it looks back {days} days and judges that mail anew.",
        days,
    )
    found = _(
        "A draft that lies in Drafts or was sent is found there and not made again; "
        "to mail whose draft you deleted it may draft again."
    )
    shared = _("The accounts {names} have this one address, so it is about all of them.").format(names=", ".join(names))
    return [*([shared] if len(names) > 1 else []), first.format(days=days), found]


def _is_wanted() -> bool:
    if not sys.stdin.isatty():
        raise UsageError(_("nobody is here to be asked: add --yes to erase it"))
    word = _("yes")
    asked = _("Type {word} to erase it: ").format(word=word)
    answer = click.prompt(asked, default="", show_default=False, prompt_suffix="")
    return str(answer).strip().casefold() == word


def _address(settings: Settings, word: str, stored: Collection[str]) -> str:
    """Give the address that is meant, in the form it is stored by: an account's name, or an address.

    Raises:
        ConfigError: there is no account of that name.
        UsageError: it is no address.
    """
    if "@" not in word or any(account.name == word for account in settings.accounts):
        return Address.parse(settings.account(word).address).key
    try:
        address = Address.parse(word).key
    except AddressError as error:
        raise UsageError(str(error)) from error
    if address not in stored:
        for account in settings.accounts:
            if address in account.own_addresses:
                return Address.parse(account.address).key
    return address


def _names(settings: Settings, address: str) -> list[str]:
    return [account.name for account in settings.accounts if Address.parse(account.address).key == address]


def _size(path: Path) -> int:
    size = 0
    for name in (path, path.with_name(path.name + "-wal")):
        with suppress(FileNotFoundError):
            size += name.stat().st_size
    return size


def _no_state(path: Path) -> str:
    return _("nothing is remembered yet: there is no {path}").format(path=path)


def _print(sentence: str) -> None:
    click.echo(escaped(sentence))
