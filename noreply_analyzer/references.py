"""What a draft quotes: what the user is known by at the operator, and what the operator's own messages name besides.

The configuration knows the former, by the operator's name, also by one that its record once had. `mentions` finds the
latter; only a proven message is believed, for the numbers in another may be a forger's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from .analysis import Analysis
from .config import Account, References
from .language import _
from .mentions import Kind
from .registry import Operator, Registry
from .tables import guess
from .topic import Topic

_MOST: Final = 6
"""References in one text: whoever looks a customer up needs no more."""
_QUOTED: Final = tuple(kind for kind in Kind if kind is not Kind.DUE_DATE)
"""What finds a case; when something is to be paid only the user has to know."""
_ONLY_ABOUT: Final[Mapping[Kind, Topic]] = {
    Kind.AMOUNT: Topic.BILLING,
    Kind.INVOICE_DATE: Topic.BILLING,
    Kind.APPOINTMENT_DATE: Topic.APPOINTMENT,
}


def references_to(operator: Operator, account: Account, registry: Registry) -> Mapping[str, str]:
    """Give the references that a draft to *operator* quotes, each by its key.

    Those that stand under the name that its record has now come before those under an older one.
    """
    own_first = sorted(account.operators.items(), key=lambda item: item[0] != operator.slug)
    given = [references for slug, references in own_first if _leads_to(operator, slug, registry)]
    found = {key: [text for one in given if (text := getattr(one, key))] for key in References.__struct_fields__}
    return {key: texts[0] for key, texts in found.items() if texts}


def found_in(analyses: Sequence[Analysis], known: Mapping[str, str]) -> Mapping[str, str]:
    """Give what all of *analyses* together name that the user's own references (*known*) do not, by `Kind`.

    Nothing where one of them is not proven; of what they name differently, nothing either.
    """
    if not all(analysis.proven for analysis in analyses):
        return {}
    topic, room = analyses[-1].topic, _MOST - len(known)
    values: dict[Kind, set[str]] = {}
    for mention in (mention for analysis in analyses for mention in analysis.reading.mentions):
        values.setdefault(mention.kind, set()).add(mention.value)
    quoted = (
        kind
        for kind in _QUOTED
        if kind not in known and len(values.get(kind, ())) == 1 and _ONLY_ABOUT.get(kind, topic) is topic
    )
    return {kind.value: values[kind].pop() for kind in list(quoted)[: max(0, room)]}


def _leads_to(operator: Operator, slug: str, registry: Registry) -> bool:
    known = registry.get(slug)
    return known is not None and known.slug == operator.slug


def unknown_operators(accounts: Iterable[Account], registry: Registry) -> Iterator[str]:
    """Say which references no draft will ever quote, for no record has the name that they stand under."""
    for account in accounts:
        for slug in account.operators:
            if registry.get(slug) is None:
                sentence = _("{account}: no record is called {slug!r}, so its references are quoted nowhere{guess}")
                yield sentence.format(account=account.name, slug=slug, guess=guess(slug, registry.by_slug))
        for slug in account.contracts:
            if registry.get(slug) is None:
                sentence = _("{account}: no record is called {slug!r}, so the contract with it counts nowhere{guess}")
                yield sentence.format(account=account.name, slug=slug, guess=guess(slug, registry.by_slug))
