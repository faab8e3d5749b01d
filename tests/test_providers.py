"""The table of providers: each row has a page that says so and a day when it was read; no row guesses."""

import re

import pytest

from noreply_analyzer.address import Address, canonicalize_domain
from noreply_analyzer.authres_syntax import is_authserv_id, read_host
from noreply_analyzer.network import is_loopback
from noreply_analyzer.providers import Provider, provider_at, provider_named, provider_of, providers

EACH = pytest.mark.parametrize("provider", providers(), ids=lambda provider: provider.name)


@EACH
def test_every_row_has_a_source_and_its_dates(provider: Provider) -> None:
    """Without them it would not be there."""
    assert provider.sources
    assert all(re.fullmatch(r"https://\S+", source) for source in provider.sources)
    assert provider.stated_on <= provider.checked_on


@EACH
def test_every_row_can_be_used(provider: Provider) -> None:
    """Names in canonical form; TLS, but for what runs on this machine; a page for what else has to be done."""
    assert all(domain == canonicalize_domain(domain) for domain in provider.domains)
    assert is_loopback(provider.host) or provider.host == canonicalize_domain(provider.host)
    assert provider.security == "tls" or is_loopback(provider.host)
    assert (provider.wants == "usual" and not provider.opened_first) or provider.help.startswith("https://")
    assert all(map(is_authserv_id, provider.authserv_ids))
    assert len([read_host(host) for host in provider.received_by]) >= len(provider.authserv_ids)


def test_no_domain_stands_twice() -> None:
    """And no name: one that is typed means one of them."""
    domains = [domain for provider in providers() for domain in provider.domains]
    names = [provider.name.casefold() for provider in providers()]

    assert len(set(domains)) == len(domains)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("orange.fr", "imap.orange.fr"),
        ("wanadoo.fr", "imap.orange.fr"),
        ("gmail.com", "imap.gmail.com"),
        ("hotmail.fr", "outlook.office365.com"),
        ("proton.me", "127.0.0.1"),
        ("mail.orange.fr", None),
        ("example.org", None),
        ("", None),
    ],
)
def test_which_domains_are_known(domain: str, host: str | None) -> None:
    """As they stand: a name below one is another's."""
    found = provider_of(domain)

    assert (found and found.host) == host


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("OVH", "ssl0.ovh.net"),
        (" gandi ", "mail.gandi.net"),
        ("la poste", "imap.laposte.net"),
        ("ov", None),
        ("", None),
    ],
)
def test_a_provider_can_be_named(name: str, host: str | None) -> None:
    """By those whose domain is their own."""
    found = provider_named(name)

    assert (found and found.host) == host


@pytest.mark.parametrize(
    ("domain", "user", "said"),
    [
        ("orange.fr", "", ()),
        ("free.fr", "anne", ()),
        ("gmail.com", "", ("app password",)),
        ("icloud.com", "anne", ("app password",)),
        ("outlook.com", "", ("allowed IMAP", "access token")),
        ("gmx.fr", "", ("allowed IMAP",)),
        ("pm.me", "", ("Bridge",)),
    ],
)
def test_what_one_has_to_know_before_typing_a_password(domain: str, user: str, said: tuple[str, ...]) -> None:
    """What is wanted instead, with the page that says how; and whom to log in as."""
    provider = provider_of(domain)
    assert provider is not None
    advice = list(provider.advice())

    assert provider.user_of(Address.parse(f"anne@{domain}")) == user
    assert len(advice) == len(said)
    assert all(word in sentence and provider.help in sentence for word, sentence in zip(said, advice, strict=True))


def test_a_provider_is_known_by_its_server() -> None:
    """For those whose domain is their own, and whose mail lies there; what listens on this machine may be anything."""
    assert provider_at("imap.gmail.com", 993) is provider_of("gmail.com")
    assert provider_at("127.0.0.1", 1143) is provider_of("proton.me")
    assert provider_at("imap.example.org", 993) is None
    assert provider_at("127.0.0.1", 143) is None


def test_the_documents_say_the_same() -> None:
    """What may be pinned is what docs/configuration.md has read off real messages."""
    from test_docs import text_of

    text = text_of("docs/configuration.md")
    for provider in providers():
        if provider.authserv_ids:
            ids, hosts = (
                "[" + ", ".join(f'"{one}"' for one in some) + "]"
                for some in (provider.authserv_ids, provider.received_by)
            )
            assert f"| `{ids}` | `{hosts}` |" in text
