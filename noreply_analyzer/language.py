"""What the program says, in French or in English.

Sentences stand in the code in English, marked with ``_``; ``locale/`` has the French ones. A lasting identifier (the
name of a rule, a key of the JSON output) is never translated.
"""

import gettext
import os
import re
from importlib.resources import files
from typing import Final, Literal, get_args

LANGUAGES: Final = ("fr", "en")
"""Those that the program speaks with its user."""
Written = Literal["fr", "en", "de", "es", "it", "nl", "pt"]
WRITTEN: Final[tuple[str, ...]] = get_args(Written)
"""Those in which it writes to an operator: each has its folder below ``templates/``."""

_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def _(sentence: str) -> str:
    """Give *sentence* in the language in use."""
    return _catalogue.gettext(sentence)


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark *sentence* for translation; it is translated with ``_`` when it is said."""
    return sentence


def ngettext(one: str, many: str, count: int) -> str:
    """Give the sentence for *count* things; the caller fills in the number."""
    return _catalogue.ngettext(one, many, count)


def use(language: str) -> None:
    """Speak *language* from now on ("fr" or "en"; anything else is English)."""
    global _catalogue  # noqa: PLW0603 - one process speaks one language, as with locale.setlocale
    if language == "fr":
        with (files(__package__) / "locale" / "fr" / "LC_MESSAGES" / "noreply_analyzer.mo").open("rb") as compiled:
            _catalogue = gettext.GNUTranslations(compiled)
    else:
        _catalogue = gettext.NullTranslations()


def in_use() -> str:
    """Tell "fr" or "en": what the program speaks now, for a process of ours that shall speak the same."""
    return "fr" if isinstance(_catalogue, gettext.GNUTranslations) else "en"


def of_the_locale(environment: dict[str, str] | None = None) -> str:
    """Tell "fr" or "en" from LANGUAGE, LC_ALL, LC_MESSAGES and LANG, in gettext's order; English if none says."""
    environment = dict(os.environ) if environment is None else environment
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(variable):
            spoken = (re.split("[_.@]", name, maxsplit=1)[0].lower() for name in value.split(":"))
            return next((name for name in spoken if name in LANGUAGES), "en")
    return "en"
