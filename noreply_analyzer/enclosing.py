"""A brief in, a draft out with all that belongs to it: the letter that it is about, as a file to print.

With the typesetter that is a PDF; without it, or where it fails, a page that a browser prints.
"""

from dataclasses import replace

from .brief import Brief
from .drafting import Draft, Enclosed, compose
from .errors import DataError
from .letter import LEFT_MM, TOP_MM, can_be_set, compose_letter
from .sheet import compose_sheet
from .tongue import shape


def compose_whole(brief: Brief, *, top_mm: float = TOP_MM, left_mm: float = LEFT_MM) -> Draft:
    """Write the draft that *brief* asks for, with its letter; the same brief gives the same bytes on every machine.

    *top_mm* and *left_mm* say where on the letter the recipient's address begins. Where the typesetter fails, the draft
    says so in its `problem`.

    Raises:
        ValueError: the brief answers nothing, or a message with a code or a password.
    """
    if shape(brief) != "letter" or brief.report:
        return compose(brief)
    problem = ""
    if can_be_set():
        try:
            return compose(brief, Enclosed(kind="pdf", content=compose_letter(brief, top_mm=top_mm, left_mm=left_mm)))
        except DataError as error:  # whatever a message or a record says, it costs no draft
            problem = str(error)
    page = compose_sheet(brief, top_mm=top_mm, left_mm=left_mm)
    return replace(compose(brief, Enclosed(kind="html", content=page.encode())), problem=problem)
