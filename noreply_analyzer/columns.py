"""Rows in columns: with rich on a terminal, in plain text elsewhere."""

from collections.abc import Sequence
from typing import IO, cast

from .decoding import escaped
from .output import Sink


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]], out: Sink) -> None:
    """Print *rows* below *head*; the last column is as long as it is."""
    clean = [[escaped(cell) for cell in row] for row in rows]
    if out.isatty():
        _print_rich(head, clean, out)
        return
    widths = [max(map(len, column)) for column in zip(head, *clean, strict=True)]
    for row in (head, *clean):
        out.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _print_rich(head: Sequence[str], rows: Sequence[Sequence[str]], out: Sink) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # Text: never markup
    Console(file=cast("IO[str]", out)).print(table)
