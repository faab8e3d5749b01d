"""Domains and addresses in one canonical form, so that two that are equal look equal.

A ``Domain`` has passed through `canonicalize_domain`: lower case, A-labels (RFC 5890), no final dot. Whoever asks for
a ``Domain`` need not check again.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NewType

from .errors import AddressError
from .language import _

Domain = NewType("Domain", str)
"""A host name in canonical form; only `canonicalize_domain` makes one."""

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")  # RFC 1035 section 2.3.1, and _ for _domainkey
_DOT_ATOM: Final = re.compile(
    r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,\".]+(\.[^\s\x00-\x20\x7f()<>\[\]:;@\\,\".]+)*\Z"
)  # RFC 5322 3.2.3, RFC 6532
_QUOTED: Final = re.compile(r'"([^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"\Z')  # RFC 5322 3.2.4
_MAX_DOMAIN: Final = 253
_MAX_LOCAL_PART: Final = 64  # RFC 5321 section 4.5.3.1.1


def canonicalize_domain(text: str) -> Domain:
    """Give the canonical form of a domain.

    Raises:
        AddressError: not a domain name: a literal, an empty label, a label that no DNS can hold, a final dot.
    """
    if len(text) > _MAX_DOMAIN:
        raise AddressError(_("{text!r} is not a domain name").format(text=text[:_MAX_DOMAIN] + "…"))
    try:
        # The codec folds case and maps full-width dots (IDNA 2003); a name it refuses is no host name anywhere.
        ascii_form = text.encode("ascii").decode() if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressError(_("{text!r} is not a domain name").format(text=text)) from error
    ascii_form = ascii_form.lower()
    labels = ascii_form.split(".")
    if len(ascii_form) > _MAX_DOMAIN or not all(_LABEL.match(label) for label in labels) or labels[-1].isdigit():
        raise AddressError(_("{text!r} is not a domain name").format(text=text))
    return Domain(ascii_form)


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One ``addr-spec`` (RFC 5322 section 3.4.1), taken apart at the last unquoted @."""

    local_part: str
    domain: Domain

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain}"

    @property
    def key(self) -> str:
        """The form to compare by: local parts are case-sensitive on paper (RFC 5321 2.4) and nowhere else."""
        return f"{self.local_part.casefold()}@{self.domain}"

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``local@domain``; no display name, no comment, no angle brackets.

        Raises:
            AddressError: anything else.
        """
        local_part, at, domain = text.rpartition("@")
        # What no person can see (controls, bidirectional marks) or no file can hold (surrogates) is there to deceive.
        if not at or len(local_part) > _MAX_LOCAL_PART or not local_part.isprintable():
            raise AddressError(_("{text!r} is not an address").format(text=text))
        if not (_DOT_ATOM.match(local_part) or _QUOTED.match(local_part)):
            raise AddressError(_("{text!r} is not an address").format(text=text))
        return cls(local_part, canonicalize_domain(domain))


@cache
def _public_suffix_list() -> Any:  # noqa: ANN401 - the library has no types
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@cache
def organizational_domain(domain: Domain) -> Domain:
    """Give the domain that one organisation registered: one label below a public suffix (RFC 7489 section 3.2).

    RFC 9989 finds it by walking the DNS; this is its offline approximation, by the list that comes with the package.
    A public suffix is its own organizational domain, so that nothing else is within it.
    """
    private = _public_suffix_list().privatesuffix(domain)
    return domain if private is None else Domain(private)


def is_within(domain: Domain, parent: Domain) -> bool:
    """Tell whether *domain* is *parent* or a name below it: by labels, never by letters."""
    return domain == parent or domain.endswith("." + parent)


def is_public_suffix(domain: Domain) -> bool:
    """Tell whether anybody may register a name below *domain* (``fr``, ``co.uk``): it belongs to no one."""
    return _public_suffix_list().privatesuffix(domain) is None
