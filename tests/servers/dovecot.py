r"""A real Dovecot 2.3 in a temporary folder, over TLS, STARTTLS and plain text, as root or as any other user.

Every user name has the password ``secret`` and an empty mail store of its own, so each test takes a new user. The store
has Brouillons (\Drafts), Éléments envoyés (\Sent), Corbeille (\Trash) and Courrier indésirable (\Junk).
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from program import require_installed
from servers.authority import Pair

PASSWORD = "secret"
SECONDS = 20


class Dovecot:
    """A server for as long as the ``with`` statement lasts.

    Args:
        folder: a temporary one, with a path short enough for Unix sockets.
        pair: the certificate to show.
    """

    def __init__(self, folder: Path, pair: Pair) -> None:
        self._folder = folder
        self._pair = pair
        self.host = "localhost"
        self.port, self.tls_port = _free_ports()

    def __enter__(self) -> Self:
        program = require_installed("dovecot", package="dovecot-imapd")
        self._prepare()
        command = [program, "-F", "-c", str(self._folder / "dovecot.conf")]
        with (self._folder / "output").open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def folder_of(self, user: str) -> Path:
        """Give the Maildir of *user*."""
        return self._folder / "mail" / user

    @property
    def log(self) -> str:
        """What the server wrote down."""
        files = [self._folder / "output", self._folder / "log"]
        return "".join(file.read_text("utf-8", "replace") for file in files if file.exists())

    def _prepare(self) -> None:
        mail, root = _user("mail"), os.geteuid() == 0
        for name in ("run", "state", "mail"):
            (self._folder / name).mkdir()
        self._folder.chmod(0o755)
        if root:
            shutil.chown(self._folder / "mail", mail.pw_name, mail.pw_gid)
        names = ("dovecot", "dovenull", "mail") if root else (mail.pw_name,) * 3
        text = CONFIGURATION.format(
            folder=self._folder,
            internal=names[0],
            internal_group=grp.getgrgid(pwd.getpwnam(names[0]).pw_gid).gr_name,
            login=names[1],
            uid=mail.pw_uid,
            gid=mail.pw_gid,
            certificate=self._pair.certificate,
            key=self._pair.key,
            password=PASSWORD,
            port=self.port,
            tls_port=self.tls_port,
        )
        (self._folder / "dovecot.conf").write_text(text, "utf-8")

    def _wait(self) -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as sock:
                if sock.recv(4) == b"* OK":
                    return
            time.sleep(0.05)
        raise RuntimeError(f"Dovecot did not start:\n{self.log}")

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _user(name: str) -> pwd.struct_passwd:
    """Give the user that owns the mail: *name* if we may become it, else ourselves."""
    return pwd.getpwnam(name) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


CONFIGURATION = """
protocols = imap
# The clock of the test, for a run three years ahead: Dovecot lets no mail arrive in the future of its own. But the
# times of files as they are, for in a Maildir they are the days of arrival.
import_environment = TZ LD_PRELOAD FAKETIME FAKETIME_SHARED FAKETIME_DONT_FAKE_MONOTONIC NO_FAKE_STAT=1
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_fsync = never
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Brouillons {{
    special_use = \\Drafts
    auto = create
  }}
  mailbox "Éléments envoyés" {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Corbeille {{
    special_use = \\Trash
    auto = create
  }}
  mailbox "Courrier indésirable" {{
    special_use = \\Junk
    auto = create
  }}
}}
protocol imap {{
  mail_max_userip_connections = 100
}}
"""
