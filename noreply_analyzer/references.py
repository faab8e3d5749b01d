"""What the user is known by at an operator: found by the operator's name, also by one that its record once had."""

from collections.abc import Iterable, Iterator, Mapping

from .config import Account, References
from .language import _
from .registry import Operator, Registry
from .tables import guess


def references_to(operator: Operator, account: Account, registry: Registry) -> Mapping[str, str]:
    """Give the references that a draft to *operator* quotes, each by its key.

    Those that stand under the name that its record has now come before those under an older one.
    """
    own_first = sorted(account.operators.items(), key=lambda item: item[0] != operator.slug)
    given = [references for slug, references in own_first if _leads_to(operator, slug, registry)]
    found = {key: [text for one in given if (text := getattr(one, key))] for key in References.__struct_fields__}
    return {key: texts[0] for key, texts in found.items() if texts}


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
