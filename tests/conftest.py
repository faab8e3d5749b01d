"""What several test files need: certificates, and mail servers that run."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.authority import Authority, Pair
from servers.dnsd import DnsServer, Txt
from servers.dovecot import PASSWORD, Dovecot
from servers.stores import Store
from world import MaildirWorld, World

from noreply_analyzer.imap import Server
from noreply_analyzer.mailserver import MailServer
from noreply_analyzer.server import Security


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give a certificate authority of our own."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def good_pair(authority: Authority) -> Pair:
    """Give a certificate for this machine."""
    return authority.issue("good")


@pytest.fixture(scope="session")
def dovecot(good_pair: Pair) -> Iterator[Dovecot]:
    """Give the one Dovecot of this test run; each test takes a user of its own."""
    # Not under pytest's own folder: that one is closed to the server's users, and too long for its sockets.
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder, Dovecot(Path(folder), good_pair) as server:
        yield server


@pytest.fixture(scope="session")
def new_user() -> Callable[[], str]:
    """Give what makes up user names, each a new one."""
    numbers = itertools.count(1)
    return lambda: f"user{next(numbers)}"


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    """Give a DNS that knows nothing yet."""
    with DnsServer({}) as server:
        yield server


@pytest.fixture
def make_world(
    dovecot: Dovecot, authority: Authority, new_user: Callable[[], str], dns: DnsServer, tmp_path: Path
) -> Callable[..., World]:
    """Give what makes Anne's account on the real server, with a DNS that knows the keys of its operators."""

    def make(**about: Any) -> World:  # noqa: ANN401 - what World takes
        world = World(
            folder=tmp_path,
            host=dovecot.host,
            port=dovecot.tls_port,
            security="tls",
            ca=authority.root,
            user=new_user(),
            password=PASSWORD,
            dns_port=dns.port,
            **about,
        )
        dns.zone.update({name: Txt(record) for name, record in world.zone().items()})
        return world

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Give Anne's account as it mostly is."""
    return make_world()


@pytest.fixture
def maildir_world(dns: DnsServer, tmp_path: Path) -> MaildirWorld:
    """Give Anne's account in a Maildir."""
    world = MaildirWorld(folder=tmp_path, dns_port=dns.port)
    dns.zone.update({name: Txt(record) for name, record in world.zone().items()})
    return world


@pytest.fixture(
    params=[
        "pymap-none",
        "pymap-starttls",
        pytest.param("dovecot-tls", marks=pytest.mark.dovecot),
        pytest.param("dovecot-starttls", marks=pytest.mark.dovecot),
        pytest.param("dovecot-none", marks=pytest.mark.dovecot),
    ]
)
def store(request: pytest.FixtureRequest, authority: Authority, new_user: Callable[[], str]) -> Iterator[Store]:
    """Give the mail of a new user, on each server, each way; with Brouillons and Éléments envoyés."""
    kind, _dash, security = request.param.partition("-")
    if kind == "dovecot":
        yield dovecot_store(request.getfixturevalue("dovecot"), security, new_user(), authority)
        return
    yield from _pymap_store(security, new_user(), authority, request.getfixturevalue("good_pair"))


def dovecot_store(server: Dovecot, security: Security, user: str, authority: Authority) -> Store:
    """Give the mail of *user*."""
    port = server.tls_port if security == "tls" else server.port
    place = Server(host=server.host, port=port, user=user, security=security, tls_ca=authority.root)
    return Store("dovecot", place, "secret", server.port)


def _pymap_store(security: Security, user: str, authority: Authority, pair: Pair) -> Iterator[Store]:
    tls = security == "starttls"
    certificate, key = (pair.certificate, pair.key) if tls else ("", "")
    with MailServer({user: "secret"}, certificate=certificate, key=key) as server:
        place = Server(host=server.host, port=server.port, user=user, security=security, tls_ca=authority.root)
        made = Store("pymap", place, "secret", server.port, clerk_tls=authority.root if tls else None)
        made.create("Brouillons", "Éléments envoyés")
        yield made


@pytest.fixture
def real_store(dovecot: Dovecot, authority: Authority, new_user: Callable[[], str]) -> Store:
    """Give the mail of a new user on Dovecot over TLS."""
    return dovecot_store(dovecot, "tls", new_user(), authority)


@pytest.fixture
def plain_port(dovecot: Dovecot) -> int:
    """Give the port on which the Dovecot begins without TLS."""
    return dovecot.port
