"""What the user's own mail provider found out about the author, where the user has said that it is to be believed.

Anybody can write an Authentication-Results field, so who believes one must know who wrote it. Fields are put on top of
a message one after the other on its way; what stands above every Received field, or above the first one by a host that
is not the provider's, was put there by the provider. Inside that part a sender can still have written the last fields:
those below the provider's own, where it stands below a Received field. Hence the topmost field decides there.

Pure, and in time that grows with the header: at most `MAX_FIELDS` fields of `authres_syntax.MAX_FIELD` are read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from .address import Domain, canonicalize_domain
from .authentication import Authentication, Result, Standing
from .authres_syntax import AuthResults, MethodResult, is_received_by, read_field, read_host
from .decoding import one_line
from .errors import AddressError
from .language import _
from .message import Message

MICROSOFT: Final = "microsoft"
"""What fields without an authserv-id are called here; no field can call itself that."""
MAX_FIELDS: Final = 16
_REASON: Final = 100  # characters of a provider's reason that are repeated
_KNOWN: Final = frozenset(Result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The provider's word: what DMARC (RFC 9989, before it RFC 7489) came to when the message arrived."""

    authserv_id: str
    """As the user's configuration writes it."""
    dmarc: Result
    """``none`` where the word is not one of RFC 8601's: Microsoft's "bestguesspass" is no pass."""
    domain: str
    """Whom it is about (``header.from``), canonical; empty where that is no domain."""
    reason: str = ""
    """``reason=`` in the provider's words."""

    def decides(self, message: Message) -> bool:
        """Tell whether it is a yes or a no about the displayed author."""
        author = message.author
        return author is not None and author.address.domain == self.domain and self.dmarc in {Result.PASS, Result.FAIL}


def hear(message: Message, authserv_ids: Iterable[str], received_by: Iterable[str]) -> Said | None:
    """Give what the topmost field of a pinned server, in a place where only the provider can write, says of DMARC.

    A field that is odd says nothing, and none below it is asked then. Above every Received field one that does not
    speak of DMARC is passed over: Proton writes one field for each method.
    """
    pinned = {name.lower(): name for name in authserv_ids}
    if not pinned:
        return None
    for field, below_a_received in _in_place(message, received_by):
        if field is None:
            return None
        name = pinned.get(_name_of(field).lower())
        if name is None:
            continue
        found = None if field.results is None else [one for one in field.results if one.method == "dmarc"]
        if found or found is None or below_a_received:
            return _one_word(name, found or [])
    return None


def seen(message: Message, received_by: Iterable[str]) -> tuple[str, ...]:
    """Give the authserv-ids in *message* that would count if they were pinned, topmost first."""
    fields = (field for field, _below in _in_place(message, received_by) if field)
    return tuple(dict.fromkeys(name for field in fields if (name := _name_of(field))))


def weigh(message: Message, ours: Authentication, said: Said | None) -> Authentication:
    """Put the provider's word over our own check, where it decides; the signatures stay those that we know of.

    It saw the message arrive, with the envelope: it knows of mail without a signature, and of what was broken later.
    """
    if said is None or not said.decides(message) or ours.standing is Standing.CONTRADICTED:
        return ours
    if said.dmarc is Result.PASS:
        return replace(
            ours,
            result=Result.PASS,
            standing=Standing.PROVEN,
            domain=said.domain,
            method="dmarc",
            checked_by=said.authserv_id,
            reason="",
        )
    sentence = _("{provider} says that {domain} did not write it ({result})")
    result = f"dmarc=fail, {said.reason}" if said.reason else "dmarc=fail"
    return replace(
        ours,
        result=Result.FAIL,
        standing=Standing.CONTRADICTED,
        domain="",
        method="dmarc",
        checked_by=said.authserv_id,
        reason=sentence.format(provider=provider_name(said.authserv_id), domain=said.domain, result=result),
    )


def provider_name(authserv_id: str) -> str:
    """Give the name of a provider as a sentence has it."""
    return "Microsoft" if authserv_id.lower() == MICROSOFT else authserv_id


def _in_place(message: Message, received_by: Iterable[str]) -> Iterator[tuple[AuthResults | None, bool]]:
    """Give the fields above the first Received by a foreign host, and whether each stands below one of the provider."""
    hosts = tuple(map(read_host, received_by))
    left, below_a_received = MAX_FIELDS, False
    for name, value in message.fields:
        if name == "received":
            if not is_received_by(value, hosts):
                return
            below_a_received = True
        elif name == "authentication-results":
            if not left:
                return
            left -= 1
            yield read_field(value), below_a_received


def _name_of(field: AuthResults) -> str:
    """Give who wrote a field; nobody where it takes the name that is kept for fields without one."""
    if not field.authserv_id:
        return MICROSOFT
    return "" if field.authserv_id.lower() == MICROSOFT else field.authserv_id


def _one_word(authserv_id: str, found: list[MethodResult]) -> Said | None:
    words = {(one.result, _author_of(one)) for one in found}
    if len(words) != 1:
        return None  # none, or two that contradict each other
    ((result, domain),) = words
    return Said(
        authserv_id=authserv_id,
        dmarc=Result(result) if result in _KNOWN else Result.NONE,
        domain=domain,
        reason=one_line(found[0].reason)[:_REASON],
    )


def _author_of(one: MethodResult) -> Domain | str:
    """Give the one domain in header.from, or nothing."""
    named = one.all("header.from")
    try:
        return canonicalize_domain(named[0]) if len(named) == 1 else ""
    except AddressError:
        return ""
