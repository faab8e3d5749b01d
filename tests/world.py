"""Anne's mailbox on a real server, operators that exist nowhere else, their keys, and a DNS that knows them.

Everything that `noreply-analyzer run` meets in life, so that tests can run it as a user would: as a process of its own.
"""

import atexit
import imaplib
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from schema import objects

from noreply_analyzer.testing import DkimKey

ANNE = "anne@example.org"


@cache
def compiled_records() -> Path:
    """Give the cache of every Anne of these tests: the records are the same for all, and compiled once."""
    folder = Path(tempfile.mkdtemp(prefix="noreply-analyzer-cache-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


DYING = Path(__file__).with_name("dying.py")


def mail(
    author: str,
    subject: str,
    text: str,
    *,
    date: datetime,
    message_id: str | None = None,
    to: str = ANNE,
    fields: Mapping[str, str] | None = None,
) -> bytes:
    """Write one message."""
    message = EmailMessage(policy=SMTP.clone(cte_type="8bit"))
    message["From"] = author
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(date)
    if message_id:
        message["Message-ID"] = message_id
    for name, value in (fields or {}).items():
        message[name] = value
    message.set_content(text, cte="quoted-printable")
    return message.as_bytes()


NOTICE = "Ceci est un message automatique, merci de ne pas y répondre.\n"


@dataclass(frozen=True, kw_only=True)
class OperatorFixture:
    """An operator that exists for a test."""

    slug: str
    name: str
    domain: str
    email: str = ""
    quality: str = "archived"
    checked_days_ago: int = 20
    key: DkimKey = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", DkimKey.ed25519(self.domain))

    @property
    def author(self) -> str:
        """Who writes."""
        return f"{self.name} <noreply@{self.domain}>"

    def record(self, today: datetime) -> str:
        """Write the operator's record, checked some days before *today*."""
        day = (today - timedelta(days=self.checked_days_ago)).date().isoformat()
        channel = (
            f'medium = "email"\ntarget = "{self.email}"'
            if self.email
            else f'medium = "post"\nlines = ["{self.name}", "Service Clients", "TSA 00000", "00000 VILLE CEDEX"]'
        )
        return f"""
slug = "{self.slug}"
name = "{self.name}"
sector = "telecom"
websites = ["www.{self.domain}"]

[[senders]]
domain = "{self.domain}"
sources = ["https://www.{self.domain}/"]
stated_on = {day}
checked_on = {day}

[[channels]]
id = "service-client"
{channel}
purpose = "customer-service"
audience = "consumers"
quality = "{self.quality}"
stated_on = {day}
checked_on = {day}
sources = ["https://www.{self.domain}/conditions"]
"""


TELECOM = OperatorFixture(slug="telecom-exemple", name="Télécom Exemple", domain="telecom.example")
COLIS = OperatorFixture(
    slug="colis-exemple", name="Colis Exemple", domain="colis.example", email="service@colis.example"
)
BANQUE = OperatorFixture(
    slug="banque-exemple", name="Banque Exemple", domain="banque.example", email="contact@banque.example"
)


@dataclass(kw_only=True)
class World:
    """One account of Anne's, and all that it meets."""

    folder: Path
    host: str
    port: int
    security: str
    ca: Path | None
    user: str
    password: str
    dns_port: int
    operators: Sequence[OperatorFixture] = (TELECOM, COLIS, BANQUE)
    drafting: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    registry: Mapping[str, Any] = field(default_factory=lambda: {"shelf_life_days": 3_650})
    """Records that do not grow old: the tests are run three years ahead too."""
    detection: Mapping[str, Any] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)
    accounts: Sequence[Mapping[str, Any]] = ()
    """Several instead of the one, each with what differs from it."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __post_init__(self) -> None:
        records = self.folder / "operators"
        records.mkdir(parents=True, exist_ok=True)
        for operator in self.operators:
            (records / f"{operator.slug}.toml").write_text(operator.record(self.now), encoding="utf-8")
        secret = self.folder / "secret"
        secret.write_text(self.password + "\n", encoding="utf-8")
        secret.chmod(0o600)
        self.write_config()

    def write_config(self) -> None:
        """Write config.toml as it now has to be."""
        account = {"name": "perso", "address": ANNE} | self.place()
        tables = [
            _toml("identity", {"name": "Anne Martin", "address": ["12 rue des Lilas", "17000 La Rochelle"]}),
            _toml("dns", {"servers": [f"127.0.0.1:{self.dns_port}"]}),
            _toml("registry", {"directory": str(self.folder / "operators")} | dict(self.registry)),
            _toml("drafting", self.drafting),
            _toml("limits", self.limits),
            _toml("detection", self.detection),
            *(_toml("accounts", account | dict(each), array=True) for each in self.accounts or [self.account]),
        ]
        self.config.write_text("\n".join(tables), encoding="utf-8")

    def place(self) -> dict[str, Any]:
        """Say where Anne's mail is."""
        place: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "security": self.security,
            "user": self.user,
            "password_file": str(self.folder / "secret"),
        }
        return place | ({"tls_ca": str(self.ca)} if self.ca else {})

    @property
    def config(self) -> Path:
        """Where the configuration lies."""
        return self.folder / "config.toml"

    @property
    def state(self) -> Path:
        """Where the state lies."""
        return self.folder / "state" / "noreply-analyzer" / "state.sqlite3"

    def environment(self) -> dict[str, str]:
        """Give the environment of a user with a home of his own."""
        # Buffered as in life: what is only in a buffer is lost with a killed process. And compiled, as in life.
        mine = {
            "PYTHONUNBUFFERED": "",
            "PYTHONDONTWRITEBYTECODE": "",
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CACHE_HOME": str(compiled_records()),
            "LANG": "C.UTF-8",
        }
        return {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "XDG_"))} | mine

    # What Anne types ----------------------------------------------------------------------------------------------

    def run(
        self,
        *words: str,
        before: Sequence[str] = (),
        dying: str = "",
        nth: int = 1,
        by: str = "SIGKILL",
        program: str = "",
    ) -> "subprocess.CompletedProcess[str]":
        """Run the program in a process of its own; *dying* names where it is killed (see dying.py)."""
        return self.type("run", *words, before=before, dying=dying, nth=nth, by=by, program=program)

    def type(
        self,
        *words: str,
        before: Sequence[str] = (),
        dying: str = "",
        nth: int = 1,
        by: str = "SIGKILL",
        program: str = "",
        stdin: bytes | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run the program with any command."""
        started = ["-m", "noreply_analyzer"]
        if dying:
            started = [str(DYING), dying, str(nth), by]
        elif program:
            started = [str(Path(__file__).with_name(program))]
        done = subprocess.run(
            [sys.executable, *started, *before, "--config", str(self.config), *words],
            capture_output=True,
            env=self.environment(),
            check=False,
            timeout=100,
            input=stdin,
        )
        out, err = (str(text, "utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start the program and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "noreply_analyzer", "--config", str(self.config), "run", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=self.environment(),
        )

    def run_json(self, *words: str) -> list[dict[str, Any]]:
        """Run with ``--json`` and give the objects; the run must end well."""
        done = self.run("--json", *words)
        assert done.returncode == 0, done.stderr
        return objects(done.stdout)

    # What Anne's mail program does --------------------------------------------------------------------------------

    def connect(self) -> imaplib.IMAP4:
        """Log in as Anne."""
        context = ssl.create_default_context(cafile=self.ca) if self.ca else ssl.create_default_context()
        client: imaplib.IMAP4
        if self.security == "tls":
            client = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=20)
        else:
            client = imaplib.IMAP4(self.host, self.port, timeout=20)
            if self.security == "starttls":
                client.starttls(context)
        client.login(self.user, self.password)
        return client

    @contextmanager
    def connected(self) -> Iterator[imaplib.IMAP4]:
        """Be logged in as Anne."""
        client = self.connect()
        try:
            yield client
        finally:
            client.logout()

    def deliver(
        self,
        *raws: bytes,
        mailbox: str = "INBOX",
        received: datetime | None = None,
        flags: str = "",
        key: DkimKey | None = None,
    ) -> None:
        """Put messages into a mailbox, as if they came at *received* (default: a moment ago); signed by *key*."""
        client = self.connect()
        stamp = imaplib.Time2Internaldate(received or self.now - timedelta(minutes=5))
        for raw in raws:
            signed = key.sign(raw) if key else raw
            status, answer = client.append(f'"{mailbox}"', flags, stamp, signed)
            assert status == "OK", answer
        client.logout()

    def fetch_all(self, mailbox: str) -> list[tuple[int, str, EmailMessage]]:
        """Give UID, flags and content of everything in a mailbox."""
        client = self.connect()
        client.select(f'"{mailbox}"', readonly=True)
        _status, (listed,) = client.uid("SEARCH", "ALL")
        found = []
        for uid in (listed or b"").split():
            _status, answer = client.uid("FETCH", uid.decode(), "(FLAGS BODY.PEEK[])")
            parts = [part for part in answer if isinstance(part, tuple)]
            tail = b" ".join(part for part in answer if isinstance(part, bytes))
            flags = (parts[0][0] + tail).decode()
            found.append((int(uid), flags, message_from_bytes(parts[0][1], policy=default)))
        client.logout()
        return found

    def drafts(self) -> list[EmailMessage]:
        """Give what lies in Brouillons."""
        return [message for _uid, _flags, message in self.fetch_all("Brouillons")]

    def delete(self, mailbox: str, uids: Iterable[int]) -> None:
        """Delete messages for good, as a mail program does."""
        client = self.connect()
        client.select(f'"{mailbox}"')
        for uid in uids:
            client.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.logout()

    def zone(self) -> dict[str, bytes]:
        """Give the key records that a DNS has to know."""
        return {operator.key.name: operator.key.record for operator in self.operators}


@dataclass(kw_only=True)
class MaildirWorld(World):
    """The same, where Anne's mail lies in a Maildir of this machine."""

    host: str = ""
    port: int = 0
    security: str = ""
    ca: Path | None = None
    user: str = ""
    password: str = ""

    def __post_init__(self) -> None:
        for name in ("", ".Brouillons", ".Envoy&AOk-s", ".Corbeille"):
            for part in ("cur", "new", "tmp"):
                (self.maildir / name / part).mkdir(parents=True)
        self._numbers = count(1)
        super().__post_init__()

    @property
    def maildir(self) -> Path:
        """Where the mail lies."""
        return self.folder / "Maildir"

    def place(self) -> dict[str, Any]:
        """Say where Anne's mail is."""
        return {"path": str(self.maildir)}

    def deliver(
        self,
        *raws: bytes,
        mailbox: str = "INBOX",
        received: datetime | None = None,
        flags: str = "",
        key: DkimKey | None = None,
    ) -> None:
        """Put messages into a mailbox as a deliverer does, or as a mail program that was told *flags* ("D", "S")."""
        stamp = (received or self.now - timedelta(minutes=5)).timestamp()
        for raw in raws:
            name = f"{int(stamp)}.T{next(self._numbers)}.host" + (f":2,{flags}" if flags else "")
            beginning = self._folder(mailbox) / "tmp" / name
            beginning.write_bytes((key.sign(raw) if key else raw).replace(b"\r\n", b"\n"))
            os.utime(beginning, (stamp, stamp))
            beginning.rename(self._folder(mailbox) / ("cur" if flags else "new") / name)

    def fetch_all(self, mailbox: str) -> list[tuple[int, str, EmailMessage]]:
        """Give a number, the flags and the content of everything in a mailbox."""
        return [
            (number, file.name.partition(":2,")[2], message_from_bytes(file.read_bytes(), policy=default))
            for number, file in enumerate(self._files(mailbox), start=1)
        ]

    def delete(self, mailbox: str, uids: Iterable[int]) -> None:
        """Delete messages for good, by the numbers of `fetch_all`."""
        files = self._files(mailbox)
        for uid in uids:
            files[uid - 1].unlink()

    def _files(self, mailbox: str) -> list[Path]:
        return sorted((*self._folder(mailbox).glob("new/*"), *self._folder(mailbox).glob("cur/*")))

    def _folder(self, mailbox: str) -> Path:
        return self.maildir if mailbox == "INBOX" else self.maildir / f".{mailbox}"


def _toml(name: str, values: Mapping[str, Any], *, array: bool = False) -> str:
    head = f"[[{name}]]" if array else f"[{name}]"
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    plain = {key: value for key, value in values.items() if key not in tables}
    lines = [head, *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items())]
    lines += [_toml(f"{name}.{key}", value) for key, value in tables.items()]
    return "\n".join(lines) + "\n"


def text_of(draft: EmailMessage) -> str:
    """Give the text of a draft, whatever is attached to it."""
    part = draft.get_body()
    assert part is not None
    return str(part.get_content())
