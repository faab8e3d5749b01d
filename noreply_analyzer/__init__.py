"""Finds the mail that cannot be answered, and drafts an answer to a place where a person reads it."""

TYPE_CHECKING = False  # what type checkers take for true: a start does not pay for the module `typing` either
if TYPE_CHECKING:
    from .address import Address
    from .detection import Verdict, judge
    from .errors import NoreplyAnalyzerError
    from .message import Message
    from .policy import Analysis, Circumstances, Decision, Preferences, analyze, decide
    from .registry import Operator, Registry
    from .topic import Topic, classify

__version__ = "26.1"

__all__ = [
    "Address",
    "Analysis",
    "Circumstances",
    "Decision",
    "Message",
    "NoreplyAnalyzerError",
    "Operator",
    "Preferences",
    "Registry",
    "Topic",
    "Verdict",
    "analyze",
    "classify",
    "decide",
    "judge",
]

_ROOMS = {
    "address": ("Address",),
    "detection": ("Verdict", "judge"),
    "errors": ("NoreplyAnalyzerError",),
    "message": ("Message",),
    "policy": ("Analysis", "Circumstances", "Decision", "Preferences", "analyze", "decide"),
    "registry": ("Operator", "Registry"),
    "topic": ("Topic", "classify"),
}


def __getattr__(name: str) -> object:
    """Fetch a public name from its room when it is first asked for: a start does not pay for all of them."""
    from importlib import import_module

    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f".{room}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
