"""A brief in, a letter to print out, for machines without the typesetter: one page of HTML.

A browser prints the HTML as the PDF is set: A4, the address where an envelope has its window. Nothing in it is loaded
from anywhere, nothing runs, and all that a message or a record says is text.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from .brief import Brief
from .drafting import letter_parts
from .prose import STUCK, Piece
from .tongue import text_language
from .wording import text_values

_ALONE: Final = frozenset({"|", ">"})
_LINES: Final = {"question": 4}
_LINES_FIRM: Final = 2
_LINES_TO_ADDRESS: Final = 3
"""To write on: a browser cannot see how many leave the letter on one page, and a complaint says more by itself."""
_STYLE: Final = """\
@page { size: A4; margin: 20mm 25mm 22mm }
body { font: 11pt/1.25 serif; margin: 0; overflow-wrap: anywhere }
@media screen { body { width: 160mm; margin: 20mm auto } }
header { position: relative; min-height: %(below)gmm }
#sender { margin-left: %(beside)gmm; width: %(room)gmm }
#recipient { position: absolute; top: %(top)gmm; left: %(left)gmm }
#recipient p { margin: 0 }
#dated, #signature { margin-left: %(right)gmm }
#dispatch { float: left; width: %(right)gmm }
#dated + section { clear: both }
#subject { margin: 7mm 0 }
#subject p { margin: 0 }
#subject p:first-child::first-line { font-weight: bold }
#hint { font-style: italic; font-size: 9pt }
hr { border: 0; border-bottom: 1px dotted }
#recipient hr { margin: 7.5mm 0; width: 80mm }
#hint hr { margin: 8.5mm 0 }
#hint hr:last-child { margin-bottom: 5mm }
#signature { margin-top: 18mm }
footer { break-inside: avoid }
p, ul { margin: 0 0 .8em }
ul { list-style: '–  ' }
"""
_TOP: Final = 20
_LEFT: Final = 25
_COLUMN: Final = 160
_HIGH: Final = 35
_WIDE: Final = 90
_ON_THE_RIGHT: Final = 80
"""From where on the window leaves the sender more room on its left than on its right (see letter.typ)."""
_RIGHT_HALF: Final = 100
"""Where the right half begins at the latest, with a window on the left."""
_GAP: Final = 5


def compose_sheet(brief: Brief, *, top_mm: float, left_mm: float) -> str:
    """Give the letter that *brief* asks for as a page of HTML, with the window of an envelope where it is.

    Raises:
        ValueError: the brief answers nothing, or a message with a code or a password.
    """
    parts = letter_parts(brief)
    shown = {name: "".join(_paragraph(pieces) for pieces in paragraphs) for name, paragraphs in parts.items()}
    shown["hint"] += "<hr>" * _LINES.get(brief.level, _LINES_FIRM)
    if any(piece.text.startswith("[") for pieces in parts["recipient"] for piece in pieces):
        shown["recipient"] += "<hr>" * _LINES_TO_ADDRESS
    sections = {name: f'<section id="{name}">\n{html}</section>\n' for name, html in shown.items() if html}
    left, on_the_right = left_mm - _LEFT, left_mm >= _ON_THE_RIGHT
    right = left if on_the_right else min(left + _WIDE, _RIGHT_HALF)
    measures = {
        "top": max(top_mm - _TOP, 0),
        "left": left,
        "right": right,
        "beside": 0 if on_the_right else right,
        "room": left - _GAP if on_the_right else _COLUMN - right,
        "below": max(top_mm - _TOP, 0) + _HIGH + 8,
    }
    return (
        f'<!doctype html>\n<html lang="{text_language(brief)}">\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(str(text_values(brief)['title']))}</title>\n<style>\n{_STYLE % measures}</style>\n"
        f"<header>\n{_joined(sections, ('sender', 'recipient'))}</header>\n"
        f"{_joined(sections, [name for name in sections if name not in _APART])}"
        f"<footer>\n{_joined(sections, ('closing', 'signature', 'enclosures'))}</footer>\n</html>\n"
    )


_APART: Final = frozenset({"sender", "recipient", "closing", "signature", "enclosures"})


def _joined(sections: Mapping[str, str], names: Iterable[str]) -> str:
    return "".join(sections.get(name, "") for name in names)


def _paragraph(pieces: tuple[Piece, ...]) -> str:
    lines = [_text(piece.text) for piece in pieces if piece.mark in _ALONE]
    flowing = [f"<p>{_text(piece.text)}</p>\n" for piece in pieces if not piece.mark and piece.text]
    items = [f"<li>{_text(piece.text)}</li>\n" for piece in pieces if piece.mark == "–"]
    alone = f"<p>{'<br>'.join(lines)}</p>\n" if lines else ""
    return "".join((*flowing, alone, "<ul>\n" * bool(items), *items, "</ul>\n" * bool(items)))


def _text(text: str) -> str:
    return escape(text).replace(STUCK, "&nbsp;")
