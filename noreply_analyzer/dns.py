"""DNS records under a time budget: TXT, where whatever one name does the answer is a `TxtAnswer`, and for `setup` SRV.

"There is no such record" is an answer and is kept for an hour at most, for a signer may publish its key a little late.
"Nobody answered" is none, is never kept, and means later. A key is remembered longer, with the days when it was seen:
what came by then it proves also when its owner has changed it since, unless he has revoked it. Inside the package
``dns`` below is dnspython: imports are absolute.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from .address import Domain, canonicalize_domain
from .authentication import SeenKey, TxtAnswer
from .dkim_syntax import published_key
from .errors import AddressError, DnsUnreachableError
from .language import _
from .network import read_server

if TYPE_CHECKING:
    import dns.message
    import dns.resolver

_TRY_SECONDS: Final = 1.5
"""How long one server may think about one question before it is asked again, or the next one is."""
_PROBE_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 0.1
"""How long dnspython sleeps after a server was silent, before it sees that there is no time left."""
_LEAST_SECONDS: Final = 0.05
_SHORTEST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(days=1)
_LONGEST_NEGATIVE: Final = timedelta(hours=1)
_KEYS: Final = "._domainkey."
_MAX_KEPT: Final = 8192
"""Bytes of an answer that is worth a place in the cache; a key takes 800."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where a domain says that one of its services is (RFC 2782)."""

    host: Domain
    port: int
    priority: int
    weight: int


class TxtCache(Protocol):
    """Where answers are kept from one look-up to the next, and from one run to the next."""

    def get(self, name: str, now: datetime) -> TxtAnswer | None:
        """Give what is kept for *name*, unless it has expired."""
        ...

    def put(self, name: str, answer: TxtAnswer, expires: datetime) -> None:
        """Keep *answer* until *expires*."""
        ...

    def seen(self, name: str) -> tuple[SeenKey, ...]:
        """Give the keys that *name* was ever seen to have, the latest first."""
        ...

    def see(self, name: str, record: bytes, now: datetime) -> None:
        """Remember that *name* has this key, beyond the day when the answer expires."""
        ...

    def revoke(self, name: str) -> None:
        """Forget every key of *name*: its owner has taken one back."""
        ...


class MemoryCache:
    """A `TxtCache` that lasts as long as the process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[TxtAnswer, datetime]] = {}
        self._seen: dict[str, dict[bytes, SeenKey]] = {}

    def get(self, name: str, now: datetime) -> TxtAnswer | None:
        """Give what is kept for *name*, unless it has expired."""
        answer, expires = self._kept.get(name, (None, now))
        return answer if now < expires else None

    def put(self, name: str, answer: TxtAnswer, expires: datetime) -> None:
        """Keep *answer* until *expires*."""
        self._kept[name] = (answer, expires)

    def seen(self, name: str) -> tuple[SeenKey, ...]:
        """Give the keys that *name* was ever seen to have, the latest first."""
        return tuple(sorted(self._seen.get(name, {}).values(), key=lambda one: one.last, reverse=True))

    def see(self, name: str, record: bytes, now: datetime) -> None:
        """Remember that *name* has this key."""
        here = self._seen.setdefault(name, {})
        here[record] = SeenKey(record=record, first=here[record].first if record in here else now, last=now)

    def revoke(self, name: str) -> None:
        """Forget every key of *name*."""
        self._seen.pop(name, None)


class Resolver:
    """Looks up TXT records.

    Args:
        servers: ``address`` or ``address:port``, in brackets where both are full of colons; none for the system's.
        cache: where answers are kept.
        clock: gives the time, with its zone; answers expire by it.

    Raises:
        AddressError: a server that is no address.
    """

    def __init__(self, servers: Sequence[str], *, cache: TxtCache, clock: Callable[[], datetime]) -> None:
        self._servers = tuple(read_server(server) for server in servers)
        self._cache = cache
        self._clock = clock
        self._library: dns.resolver.Resolver | None = None
        self._asked_in_vain = False
        self._answered = False
        self._probed = False

    @property
    def answered(self) -> bool:
        """Whether any server has said anything yet, be it no."""
        return self._answered

    def look_up_all(self, names: Iterable[str], *, seconds: float) -> dict[str, TxtAnswer]:
        """Look up all *names* within *seconds* together.

        Each may take its share of what is left, so that a silent one does not starve those behind it.
        """
        names = tuple(dict.fromkeys(names))
        end = time.monotonic() + seconds
        answers: dict[str, TxtAnswer] = {}
        for index, name in enumerate(names):
            share = (end - time.monotonic()) / (len(names) - index)
            answers[name] = self.look_up_txt(name, seconds=share)
        return answers

    def look_up_txt(self, name: str, *, seconds: float) -> TxtAnswer:
        """Look up one name; a name that no DNS can hold is not asked for and has no records."""
        try:
            name = canonicalize_domain(name) if name.isascii() else ""
        except AddressError:
            name = ""
        if not name:
            return TxtAnswer()
        if (kept := self._cache.get(name, self._clock())) is not None:
            return self._with_earlier(name, kept)
        if seconds < _LEAST_SECONDS:
            return TxtAnswer(failed=_("there was no time left to look up {name}").format(name=name))
        answer = self._ask(name, seconds)
        return answer if answer.failed else self._with_earlier(name, answer)

    def _with_earlier(self, name: str, answer: TxtAnswer) -> TxtAnswer:
        earlier = tuple(one for one in self._cache.seen(name) if one.record not in answer.records)
        return replace(answer, earlier=earlier) if earlier else answer

    def look_up_services(self, name: str, *, seconds: float) -> tuple[Service, ...]:
        """Look up the SRV records of a name such as ``_imaps._tcp.example.org``, the best first; they are not kept.

        A target that is no host name is left out, and so is ".", by which a domain says that it has no such service.

        Raises:
            DnsUnreachableError: nobody answered for it.
        """
        response, trouble = self._try(name, "SRV", seconds)
        if response is None:
            raise DnsUnreachableError(trouble)
        try:
            records = tuple(response.resolve_chaining().answer or ())
        except Exception as error:  # as in `_ask`
            raise DnsUnreachableError(_("the DNS answer for {name} makes no sense").format(name=name)) from error
        found = []
        for record in records:
            with suppress(AddressError):
                host = canonicalize_domain(record.target.to_text(omit_final_dot=True))
                if record.port:
                    found.append(Service(host=host, port=record.port, priority=record.priority, weight=record.weight))
        return tuple(sorted(found, key=lambda one: (one.priority, -one.weight)))

    def raise_if_silent(self) -> None:
        """Tell one sender's broken DNS from having none: ask for the root if nobody has answered anything so far.

        Raises:
            DnsUnreachableError: nobody answers that either.
        """
        if self._is_silent():
            servers = ", ".join(f"{address} port {port}" for address, port in self._servers) or _(
                "the system's servers"
            )
            raise DnsUnreachableError(
                _("no DNS server answers ({servers}): check the network, or name a server in [dns]").format(
                    servers=servers
                )
            )

    def _is_silent(self) -> bool:
        """Tell whether nobody answers anything; the root is asked for once, after the first question in vain."""
        if not self._asked_in_vain or self._answered:
            return False
        if not self._probed:
            self._probed = True
            self._try(".", "NS", _PROBE_SECONDS)
        return not self._answered

    def _ask(self, name: str, seconds: float) -> TxtAnswer:
        if self._is_silent():  # a hundred messages must not wait for it five seconds each
            return TxtAnswer(failed=_("no DNS server answers"))
        response, trouble = self._try(name, "TXT", seconds)
        if response is None:
            return TxtAnswer(failed=trouble)
        try:
            chain = response.resolve_chaining()
        except Exception:  # noqa: BLE001 - a loop of CNAMEs, an answer beside NXDOMAIN: dnspython has many names for it
            return TxtAnswer(failed=_("the DNS answer for {name} makes no sense").format(name=name))
        records = tuple(b"".join(record.strings) for record in chain.answer or ())
        answer = TxtAnswer(records=records)
        self._keep(name, answer, timedelta(seconds=chain.minimum_ttl))
        self._remember(name, records)
        return answer

    def _remember(self, name: str, records: tuple[bytes, ...]) -> None:
        """Remember the one key among *records*; where it is taken back, none that was ever seen."""
        if _KEYS not in name:
            return
        keys = {record: key for record in records if (key := published_key(record)) is not None}
        if "" in keys.values():
            self._cache.revoke(name)
        elif len(keys) == 1:
            self._cache.see(name, next(iter(keys)), self._clock())

    def _keep(self, name: str, answer: TxtAnswer, lifetime: timedelta) -> None:
        if sum(map(len, answer.records)) > _MAX_KEPT:
            return
        longest = _LONGEST if answer.records else _LONGEST_NEGATIVE
        self._cache.put(name, answer, self._clock() + min(max(lifetime, _SHORTEST), longest))

    def _try(self, name: str, kind: str, seconds: float) -> "tuple[dns.message.QueryMessage | None, str]":
        """Give the response with NOERROR or NXDOMAIN, or ``None`` and why there is none."""
        import dns.exception
        import dns.resolver

        try:
            lifetime = max(_LEAST_SECONDS, seconds - _PAUSE_SECONDS)
            answer = self._resolver().resolve(name, kind, lifetime=lifetime, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN as error:
            self._answered = True
            return next(iter(error.kwargs["responses"].values())), ""
        except dns.exception.Timeout as error:
            self._note(error.kwargs.get("errors", ()))
            return None, _("the DNS did not answer for {name} in time").format(name=name)
        except (dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration) as error:
            self._note(error.kwargs.get("errors", ()))
            return None, _("the DNS servers could not answer for {name}").format(name=name)
        except (dns.exception.DNSException, OSError, ValueError):
            self._asked_in_vain = True
            return None, _("the DNS servers could not answer for {name}").format(name=name)
        self._answered = True
        return answer.response, ""

    def _note(self, errors: Iterable[tuple[Any, ...]]) -> None:
        """Remember whether anybody spoke at all; a refusal and SERVFAIL are words too."""
        if any(error[4] is not None for error in errors):
            self._answered = True
        else:
            self._asked_in_vain = True

    def _resolver(self) -> "dns.resolver.Resolver":
        import dns.nameserver
        import dns.resolver

        if self._library is None:
            self._library = dns.resolver.Resolver(configure=not self._servers)
            if self._servers:
                self._library.nameservers = [dns.nameserver.Do53Nameserver(*server) for server in self._servers]
            self._library.timeout = _TRY_SECONDS
            self._library.cache = None  # ours outlives the process
        return self._library
