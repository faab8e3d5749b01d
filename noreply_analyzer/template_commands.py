"""The commands of `templates`: what drafts are written with, for users who want to say it otherwise."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import completion
from .decoding import escaped
from .errors import UsageError
from .language import _
from .options import Options
from .output import Output

if TYPE_CHECKING:
    from .stationery import Found


@click.group()
def templates() -> None:
    """See what drafts are written with, and try your own."""


@templates.command("list")
@click.pass_obj
def list_templates(options: Options) -> int:
    """List the templates, and where your own lie.

    A file of your own with the name of a shipped one is used instead of it (docs/templates.md).
    """
    from . import columns, press

    own = {one.name: one.path for one in _found(options).templates.own}
    names = sorted({*press.shipped_names(), *own})
    out = Output(sys.stdout)
    columns.print_columns([_("template"), _("your own")], [[name, own.get(name, "")] for name in names], out)
    out.flush()
    return 0


@templates.command()
@click.argument("name", metavar="NAME", shell_complete=completion.templates)
def show(name: str) -> int:
    """Print a shipped template, to be copied and changed.

    NAME is one that list gives: fr/letter.j2.
    """
    from . import press
    from .tables import choices

    if name not in press.shipped_names():
        sentence = _("no template of the program is called {name!r}").format(name=name)
        raise UsageError(sentence + choices(name, press.shipped_names()))
    out = Output(sys.stdout)
    out.write(press.shipped_text(name))
    out.flush()
    return 0


@templates.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completion.templates)
@click.pass_obj
def check(options: Options, names: Sequence[str]) -> int:
    """Try your own on sample messages; say what is to be mended.

    On each topic, at each level, and where something is missing. Without NAME, all of them; a NAME is one that list
    gives. Prints FILE:LINE and what is wrong, and ends in 1 then.
    """
    from . import tryout
    from .stationery import Stationery
    from .tables import choices
    from .worker import Worker

    folder = _folder(options)
    with Worker() as worker:
        stationery = Stationery(folder, worker)
        known = [one.name for one in stationery.found.templates.own]
        for name in names:
            if name not in known:
                sentence = _("there is no {name!r} in {folder}").format(name=name, folder=folder)
                raise UsageError(sentence + choices(name, known))
        found = [fault for fault in tryout.findings(stationery) if not names or fault.name in {*names, ""}]
    if not known and not found:
        sys.stderr.write(
            "noreply-analyzer: " + escaped(_("there are no templates in {folder}").format(folder=folder)) + "\n"
        )
    for fault in found:
        click.echo(escaped(fault.sentence))
    return 1 if found else 0


@templates.command()
@click.argument("languages", nargs=-1, metavar="[LANGUAGE]...")
def gallery(languages: Sequence[str]) -> int:
    """Print what drafts say, as a page of Markdown.

    On each topic, at each level, as a mail and as a letter. In each LANGUAGE, or in those of
    docs/gallery.md. Your own templates are not in it.
    """
    from . import gallery as page
    from . import press
    from .tables import choices

    for language in languages:
        if language not in press.languages():
            sentence = _("there are no templates in the language {language!r}").format(language=language)
            raise UsageError(sentence + choices(language, press.languages()))
    out = Output(sys.stdout)
    for line in page.gallery(languages or page.SHOWN):
        out.write(line + "\n")
    out.flush()
    return 0


def _folder(options: Options) -> Path:
    return Path(options.settings(needed=False).drafting.templates).expanduser()


def _found(options: Options) -> "Found":
    """Read the user's own templates; name each that cannot be read."""
    from .stationery import read_templates

    found = read_templates(_folder(options))
    for problem in found.problems:
        sys.stderr.write(f"noreply-analyzer: {escaped(problem)}\n")
    return found
