"""What the mail programs have to know of Anne's account, each in its own words, and how it is started."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from world import ANNE, World

SENTENCE = "Une phrase de plus."
SENT = "Éléments envoyés"


@dataclass(frozen=True, kw_only=True)
class Started:
    """How a mail program is started."""

    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where Anne's mail is, and where what she sends goes."""

    world: World
    plain_port: int
    """Where the server takes mail programs that do not speak TLS; it is this machine."""
    outgoing_port: int


def neomutt(account: Account, home: Path) -> Started:
    """Set NeoMutt up; its editor adds a sentence and comes back."""
    world = account.world
    (home / "neomuttrc").write_text(
        f"""
set from={ANNE} realname="Anne Martin"
set folder=imaps://{world.user}@{world.host}:{world.port}/
set imap_user={world.user} imap_pass={world.password}
set ssl_ca_certificates_file="{world.ca}"
set spoolfile="+INBOX" postponed="+Brouillons" record="+{SENT}"
set editor="{_editor(home)}"
set smtp_url=smtp://127.0.0.1:{account.outgoing_port} ssl_starttls=no ssl_force_tls=no
set header_cache="" message_cachedir="" charset=utf-8 send_charset=us-ascii:utf-8
""",
        encoding="utf-8",
    )
    return Started(command=["neomutt", "-n", "-F", str(home / "neomuttrc")], environment=_at_home(home))


def aerc(account: Account, home: Path) -> Started:
    """Set aerc up, likewise."""
    world = account.world
    accounts = home / ".config" / "aerc" / "accounts.conf"
    accounts.parent.mkdir(parents=True, exist_ok=True)
    accounts.write_text(
        f"""[perso]
source = imap+insecure://{world.user}:{world.password}@localhost:{account.plain_port}
outgoing = smtp+none://127.0.0.1:{account.outgoing_port}
smtp-starttls = no
default = INBOX
postpone = Brouillons
copy-to = {SENT}
from = Anne Martin <{ANNE}>
""",
        encoding="utf-8",
    )
    accounts.chmod(0o600)
    return Started(command=["aerc"], environment=_at_home(home) | {"EDITOR": _editor(home)})


def alpine(account: Account, home: Path) -> Started:
    """Set Alpine up; it asks for the password and has an editor of its own."""
    world = account.world
    place = f"{{{world.host}:{world.port}/ssl/novalidate-cert/user={world.user}}}"
    (home / "pinerc").write_text(
        f"""personal-name=Anne Martin
user-domain={ANNE.partition("@")[2]}
alt-addresses={ANNE}
inbox-path={place}INBOX
folder-collections="IMAP" {place}[]
postponed-folder={place}Brouillons
default-fcc={place}{SENT}
smtp-server=127.0.0.1:{account.outgoing_port}
""",
        encoding="utf-8",
    )
    return Started(command=["alpine", "-p", str(home / "pinerc")], environment=_at_home(home))


def thunderbird(account: Account, home: Path) -> Started:
    """Make Thunderbird a profile in which it asks nothing; it is told the password when it runs."""
    world = account.world
    names = {"accounts": "account1,account2", "defaultaccount": "account1", "localfoldersserver": "server2"}
    server = {
        "type": "imap",
        "hostname": "localhost",
        "port": account.plain_port,
        "userName": world.user,
        "name": ANNE,
        "socketType": 0,
        "authMethod": 3,
        "login_at_startup": False,  # it would ask for the password before it can be told
        "check_new_mail": False,
    }
    local = {"type": "none", "hostname": "Local Folders", "userName": "nobody", "name": "Local Folders"}
    identity = {"fullName": "Anne Martin", "useremail": ANNE, "valid": True, "smtpServer": "smtp1"}
    outgoing = {"hostname": "127.0.0.1", "port": account.outgoing_port, "authMethod": 1, "try_ssl": 0}
    settings = {
        "mail.account.account1.identities": "id1",
        "mail.account.account1.server": "server1",
        "mail.account.account2.server": "server2",
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        "mail.rights.version": 1,
        "mail.provider.suppress_dialog_on_startup": True,
        "mail.threadpane.listview": 1,
        **{f"mail.accountmanager.{key}": value for key, value in names.items()},
        **{f"mail.server.server1.{key}": value for key, value in server.items()},
        **{f"mail.server.server2.{key}": value for key, value in local.items()},
        **{f"mail.identity.id1.{key}": value for key, value in identity.items()},
        **{f"mail.smtpserver.smtp1.{key}": value for key, value in outgoing.items()},
        **dict.fromkeys(_QUIET, False),
    }
    profile = home / "profile"
    profile.mkdir(exist_ok=True)
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    command = ["thunderbird", "--profile", str(profile), "--no-remote"]
    return Started(command=command, environment=_at_home(home))


_QUIET = (
    "app.update.enabled",
    "datareporting.policy.dataSubmissionEnabled",
    "mail.shell.checkDefaultClient",
    "mail.tabs.drawInTitlebar",
    "mailnews.auto_config.fetchFromISP.enabled",
    "mailnews.start_page.enabled",
    "network.captive-portal-service.enabled",
    "network.connectivity-service.enabled",
)
"""What of Thunderbird would look at the network, or ask something, as it starts."""

PROGRAMS: Mapping[str, Callable[[Account, Path], Started]] = {
    "neomutt": neomutt,
    "aerc": aerc,
    "alpine": alpine,
    "thunderbird": thunderbird,
}


def _editor(home: Path) -> str:
    """Write an editor that adds `SENTENCE`, as if Anne had."""
    script = home / "editor"
    script.write_text(f"#!/bin/sh\necho '{SENTENCE}' >> \"$1\"\n", encoding="utf-8")
    script.chmod(0o700)
    return str(script)


def _at_home(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
