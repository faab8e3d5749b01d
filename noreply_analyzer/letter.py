"""A brief in, a letter on paper out: the PDF of what `drafting` gives as text, for an envelope with a window.

The words are those of ``templates/<language>/letter.j2``, the page is ``templates/letter/letter.typ``. What the letter
says goes to the typesetter as data, never as markup: nothing that a message or a record says is read as a command.
Only the fonts that the typesetter brings along are used, so the same brief gives the same bytes on every machine.
"""

import importlib.util
import json
from collections.abc import Iterable, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from .brief import Brief
from .drafting import letter_parts
from .errors import DataError, UsageError
from .glyphs import printable
from .language import _
from .prose import STUCK, Piece
from .tongue import text_language
from .wording import text_values

_PANIC: Final = "PanicException"
"""A mistake in the typesetter itself, as Python hears of one in Rust: no `Exception`, and of no module to import."""
TOP_MM: Final = 50.0
LEFT_MM: Final = 100.0
"""Where most French envelopes have their window, from the edges of an A4 sheet."""


def can_be_set() -> bool:
    """Tell whether the typesetter is installed."""
    return importlib.util.find_spec("typst") is not None


def require_typesetter() -> None:
    """Make sure that letters can be set, before anything is done for one.

    Raises:
        UsageError: typst is not installed.
    """
    if not can_be_set():
        raise UsageError(
            _(
                "a letter needs the typesetter typst; install this program with its extra: pipx install '.[letter]'"
                " (or name a file .html or .txt)"
            )
        )


def compose_letter(brief: Brief, *, top_mm: float = TOP_MM, left_mm: float = LEFT_MM) -> bytes:
    """Set the letter that *brief* asks for as a PDF: one A4 page, or more where the text is long.

    The recipient's address begins *top_mm* below the upper edge of the page, and *left_mm* from the left one.

    Raises:
        UsageError: typst is not installed.
        DataError: typst is, and cannot set it.
        ValueError: the brief answers nothing, or a message with a code or a password.
    """
    require_typesetter()
    parts, values = _printable(letter_parts(brief)), text_values(brief)
    said = {
        "language": text_language(brief),
        "title": printable(str(values["title"])),
        "today": values["today"],
        "window": {"top": top_mm, "left": left_mm},
        "stuck": STUCK,
        "parts": parts,
    }
    with as_file(files(__package__) / "templates" / "letter" / "letter.typ") as page:
        return _set(page, json.dumps(said))


def _set(page: Path, letter: str) -> bytes:
    try:
        import typst

        return typst.compile(
            page,
            root=page.parent,  # without one it would be the folder that the user stands in
            ignore_system_fonts=True,
            sys_inputs={"letter": letter},
        )
    except (ImportError, RuntimeError, ValueError) as error:  # built for another machine, or its own errors
        reason = error.args[0] if error.args else type(error).__name__
        raise DataError(_("the letter cannot be set: {reason}").format(reason=reason)) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise DataError(_("the letter cannot be set: {reason}").format(reason=error)) from error


def _printable(parts: Mapping[str, Iterable[Iterable[Piece]]]) -> dict[str, list[list[Piece]]]:
    return {
        name: [[Piece(piece.mark, printable(piece.text)) for piece in pieces] for pieces in paragraphs]
        for name, paragraphs in parts.items()
    }
