"""Look at our drafts in real mail programs: a mailbox with three of them, and whatever is installed set up for it.

python tests/try_mail_programs.py FOLDER

says how each program is started on it, and waits. A line on standard input makes it go on:

run          noreply-analyzer run once more
forget       throw the state away
drafts       print what lies in the drafts mailbox; `sent` likewise, and `outgoing` what was to leave the machine
thunderbird  open each draft in Thunderbird, take pictures into FOLDER, edit and save all but the last, send the last

It ends with the standard input. docs/mail-programs.md says what to look for.
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.policy import SMTP
from pathlib import Path

from mail_programs import PROGRAMS, SENTENCE, Account
from servers.authority import Authority
from servers.dnsd import DnsServer, Txt
from servers.dovecot import PASSWORD, Dovecot
from servers.outgoing import Outgoing
from thunderbird import Thunderbird
from world import COLIS, NOTICE, TELECOM, World, mail

from noreply_analyzer.testing import DkimKey

ORANGE = DkimKey.ed25519("orange.com")
"""An operator of the records that come along: its draft is as long as they are."""


def deliver(world: World) -> None:
    """Have three operators write: to one goes an e-mail, to two a letter."""
    day = world.now - timedelta(days=1)
    bill = f"Bonjour,\nvotre facture n° F-2026-1112 d'un montant de 42,99 € est disponible.\n{NOTICE}"
    subject = "Votre facture du 12 novembre est disponible, à l’été : « élégante » — et longue"
    world.deliver(mail(TELECOM.author, subject, bill, date=day, message_id="<bill-1@telecom.example>"), key=TELECOM.key)
    parcel = f"Bonjour,\nvotre colis n° XY123456789FR n'a pas pu être livré.\n{NOTICE}"
    subject, long_id = "Votre colis n° XY123456789FR n’a pas pu être livré", f"<{'0102019abcdef-' * 8}1@colis.example>"
    world.deliver(mail(COLIS.author, subject, parcel, date=day, message_id=long_id), key=COLIS.key)
    author, subject = "Orange <noreply@orange.com>", "Votre facture Orange"
    world.deliver(mail(author, subject, bill, date=day, message_id="<bill-1@orange.com>"), key=ORANGE)


def subscribe(world: World) -> None:
    """Subscribe to every mailbox, as providers do: Thunderbird shows no other."""
    with world.connected() as client:
        _status, listed = client.list()
        for line in listed:
            assert isinstance(line, bytes)
            client.subscribe(line.decode().partition(' "/" ')[2])


def show(raws: list[bytes]) -> None:
    """Print messages, one after the other."""
    for raw in raws:
        sys.stdout.write(f"{'=' * 72}\n{raw.decode('utf-8', 'replace')}\n")


def in_thunderbird(account: Account, home: Path) -> None:
    """Do in Thunderbird what a user does; what is saved gets a sentence more."""
    with Thunderbird(PROGRAMS["thunderbird"](account, home), home) as program:
        program.log_in(account.world.password)
        uids = program.drafts()
        for index, uid in enumerate(uids):
            program.show(index)
            program.picture(home / f"draft-{uid}-read.png")
            found = program.open(uid)
            program.picture(home / f"draft-{uid}-opened.png")
            lines = [f"{name}: {found[name]}" for name in ("from", "to", "subject", "references", "files")]
            sys.stdout.write("\n".join(lines) + "\n\n")
            program.add(SENTENCE)
            (program.send if index == len(uids) - 1 else program.save)()


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[tuple[World, Account, Outgoing]]:
    """Start the servers, and have the first run save its drafts."""
    authority = Authority(folder)
    with (
        tempfile.TemporaryDirectory(prefix="dovecot-") as store,
        Dovecot(Path(store), authority.issue("good")) as server,
        Outgoing() as outgoing,
        DnsServer({}) as dns,
    ):
        world = World(
            folder=folder / "anne",
            host="localhost",
            port=server.tls_port,
            security="tls",
            ca=authority.root,
            user="anne",
            password=PASSWORD,
            dns_port=dns.port,
        )
        dns.zone.update({name: Txt(record) for name, record in world.zone().items()})
        dns.zone[ORANGE.name] = Txt(ORANGE.record)
        deliver(world)
        subscribe(world)
        run(world)
        yield world, Account(world=world, plain_port=server.port, outgoing_port=outgoing.port), outgoing


def run(world: World) -> None:
    """Run the program, and print what it printed."""
    done = world.run()
    sys.stdout.write(f"{done.stdout}{done.stderr}status {done.returncode}\n")


def stored(world: World, mailbox: str) -> list[bytes]:
    """Give what lies in *mailbox*, flags first and header fields as they were written."""
    policy = SMTP.clone(refold_source="none")
    return [
        f"{flags}\n".encode() + message.as_bytes(policy=policy) for _uid, flags, message in world.fetch_all(mailbox)
    ]


def main(folder: Path) -> None:
    """Stage, say how to look, and wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with staged(folder) as (world, account, outgoing):
        for name, set_up in PROGRAMS.items():
            home = folder / name
            home.mkdir(exist_ok=True)
            started = set_up(account, home)
            environment = " ".join(f"{key}={value}" for key, value in started.environment.items())
            sys.stdout.write(f"\nenv {environment} {' '.join(started.command)}\n")
        sys.stdout.write(f"\nThe password is {PASSWORD!r}.\n")
        commands: dict[str, Callable[[], object]] = {
            "run": lambda: run(world),
            "forget": lambda: world.state.unlink(missing_ok=True),
            "drafts": lambda: show(stored(world, "Brouillons")),
            "sent": lambda: show(stored(world, "&AMk-l&AOk-ments envoy&AOk-s")),
            "outgoing": lambda: show(outgoing.taken),
            "thunderbird": lambda: in_thunderbird(account, folder / "thunderbird"),
        }
        sys.stdout.flush()
        for line in sys.stdin:
            if command := commands.get(line.strip()):
                command()
            else:
                sys.stdout.write(f"One of: {', '.join(commands)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
