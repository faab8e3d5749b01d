"""Words in, exit status out: the only room that prints for people and ends the program."""

import itertools
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from . import __version__, completion, language
from .config import find_config, state_path
from .decoding import escaped
from .errors import ConfigError, InterruptedRunError, NoreplyAnalyzerError
from .helptext import translated, words_of_click
from .interruption import interruptible
from .language import _
from .options import Options, language_of
from .output import Output, sentences, standard_streams
from .registry_commands import registry
from .state_commands import state
from .template_commands import templates

log = logging.getLogger("noreply_analyzer")

_USAGE = 64
_INTERRUPTED = InterruptedRunError.exit_status
_INTERNAL = 70  # sysexits' EX_SOFTWARE: a mistake of ours

LEVELS = ("question", "complaint", "notice")
_ASKED_ABOUT = (
    *("billing", "contract", "incident", "delivery", "appointment"),
    *("account", "marketing", "data", "other"),
)
EPILOG = """\
\b
exit status:
  0    done; that includes "nothing to do"
  1    done, but some messages could not be handled; findings of lint, due, check; nothing found
  64   the command line is wrong
  65   a file or a record cannot be read
  69   a server said no
  70   a mistake in the program: please report it
  74   the disk is full, or the state cannot be read or written
  75   try again later: server or DNS out of reach, another run is at work
  77   the server refused the login
  78   the configuration is wrong
  130  interrupted

\b
from cron:
  */30 * * * *  noreply-analyzer run

Nothing is ever sent: drafts are saved for you to read, change and send yourself.
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "-c",
    "--config",
    metavar="FILE",
    shell_complete=completion.paths,
    help="The configuration; else as config.example.toml says.",
)
@click.option("--language", type=click.Choice(["fr", "en"]), help="What the program speaks; else as the locale says.")
@click.option("-v", "--verbose", count=True, help="Log what is done; twice: more. Names addresses and subjects.")
@click.option("-q", "--quiet", is_flag=True, help="Log errors only.")
@click.version_option(__version__, prog_name="noreply-analyzer")
@click.pass_context
def main(context: click.Context, /, *, quiet: bool, verbose: int, **chosen: Any) -> None:  # noqa: ANN401 - click's
    """Find the mail you cannot answer, and draft an answer to a place where a person reads it."""
    options = Options(config=chosen["config"], language=chosen["language"], verbosity=-1 if quiet else verbose)
    levels = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}
    logging.basicConfig(
        level=levels.get(options.verbosity, logging.DEBUG), format="%(levelname)s: %(message)s", stream=sys.stderr
    )
    for library in ("imapclient", "asyncio", "pymap"):
        logging.getLogger(library).setLevel(logging.WARNING)  # their debug logs hold other people's mail
    context.obj = options


@main.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...", shell_complete=completion.accounts)
@click.option("--dry-run", is_flag=True, help="Do everything but write: no draft, no state.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines (docs/json.md).")
@click.pass_obj
def run(options: Options, accounts: Sequence[str], *, dry_run: bool, as_json: bool) -> int:
    """Look at new mail once and save drafts: the cron job.

    Prints one line for each draft and each message worth telling, once. Nothing to say is nothing printed.
    """
    with _failures_as_json(wanted=as_json, dry_run=dry_run):
        from .running import run_from_settings

        settings = options.settings(needed=True)
        chosen = [settings.account(name) for name in accounts] or list(settings.accounts)
    return run_from_settings(
        settings,
        chosen,
        state_path=state_path(os.environ),
        environment=os.environ,
        dry_run=dry_run,
        as_json=as_json,
        out=sys.stdout,
    )


@main.command()
@click.argument("where", nargs=-1, required=True, metavar="WHERE...", shell_complete=completion.places)
@click.option("--since", default="", metavar="WHEN", help="Only what arrived since: a day (2026-01-31), or 90d, 12w.")
@click.option("--until", default="", metavar="WHEN", help="Only what arrived until then.")
@click.option("--mailbox", "mailboxes", multiple=True, metavar="NAME", help="Only this mailbox; * and % are wildcards.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines (docs/json.md).")
@click.option("--no-dns", is_flag=True, help="Look up no keys: who wrote a message is not checked.")
@click.pass_obj
def scan(options: Options, /, where: Sequence[str], mailboxes: Sequence[str], **chosen: Any) -> int:  # noqa: ANN401 - click's
    """Look at mail wherever it lies; write nothing.

    WHERE is a message (.eml), an mbox, a Maildir, a folder of all these, - for standard input,
    or ACCOUNT[/MAILBOX] of the configuration, which nothing else needs.
    """
    with _failures_as_json(wanted=chosen["as_json"]):
        from .scanning import Wishes, scan_places

        settings = options.settings(needed=False)
    wishes = Wishes(
        where=where,
        since=chosen["since"],
        until=chosen["until"],
        mailboxes=mailboxes,
        as_json=chosen["as_json"],
        ask_dns=not chosen["no_dns"],
    )
    return scan_places(settings, wishes, environment=os.environ, stdin=sys.stdin.buffer, out=sys.stdout)


@main.command()
@click.argument("what", metavar="WHAT", shell_complete=completion.places)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines (docs/json.md).")
@click.option("--no-dns", is_flag=True, help="Look up no keys: who wrote a message is not checked.")
@click.pass_obj
def explain(options: Options, /, what: str, *, as_json: bool, no_dns: bool) -> int:
    """Say why one message is judged as it is.

    WHAT is a file, FILE:INDEX in an mbox, - for standard input, or ACCOUNT/MAILBOX:UID.
    """
    with _failures_as_json(wanted=as_json):
        from . import byhand

        settings = options.settings(needed=False)
    bench = byhand.Bench(settings=settings, environment=os.environ, stdin=sys.stdin.buffer, ask_dns=not no_dns)
    return byhand.explain(bench, what, as_json=as_json, out=sys.stdout)


@main.command()
@click.argument("what", metavar="WHAT", shell_complete=completion.places)
@click.option("--channel", default="", metavar="ID", help="To this channel of the operator's record.")
@click.option(
    "--level",
    type=click.Choice(["question", "complaint", "notice"]),
    help="How firmly; else as the configuration says.",
)
@click.option(
    "--topic",
    type=click.Choice(_ASKED_ABOUT),
    help="What you write about, if not what the message is about; data: your personal data.",
)
@click.option(
    "--letter",
    metavar="FILE",
    shell_complete=completion.paths,
    help="Write a letter into this new file instead: a PDF, or .html or .txt; - for standard output.",
)
@click.pass_obj
def draft(options: Options, /, what: str, *, letter: str | None, **chosen: Any) -> int:  # noqa: ANN401 - click's
    """Print the draft that answers one message.

    WHAT is a file, FILE:INDEX in an mbox, - for standard input, or ACCOUNT/MAILBOX:UID.
    Mail programs open what is printed (… > draft.eml) as a message to be changed and sent.
    """
    from . import byhand
    from .registry import Level
    from .topic import Topic

    bench = byhand.Bench(settings=options.settings(needed=True), environment=os.environ, stdin=sys.stdin.buffer)
    wishes = byhand.Wishes(
        channel=chosen["channel"],
        level=Level(chosen["level"]) if chosen["level"] else None,
        topic=Topic(chosen["topic"]) if chosen["topic"] else None,
    )
    if letter is not None:
        return byhand.letter(bench, what, wishes, name=letter, stdout=sys.stdout.buffer)
    return byhand.draft(bench, what, wishes, out=sys.stdout)


@main.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...", shell_complete=completion.accounts)
@click.pass_obj
def check(options: Options, accounts: Sequence[str]) -> int:
    """Try the login, the mailboxes, the DNS; say what is to be mended.

    Writes nothing. Ends in 0 if all is well, else in 1.
    """
    from . import checking

    settings, problem = None, None
    try:
        settings = options.settings(needed=True)
        chosen = [settings.account(name) for name in accounts] or list(settings.accounts)
    except ConfigError as error:
        problem, chosen = error, []
    path = find_config(options.config, os.environ)
    fine = True
    lines = itertools.chain(
        checking.config_lines(path, problem, settings),
        checking.check(settings, chosen, environment=os.environ, state=state_path(os.environ)) if settings else (),
    )
    for line in lines:
        fine = fine and line.fine
        click.echo(escaped(str(line)))
    return 0 if fine else 1


@main.command()
@click.option("--path", default="", metavar="DIR", shell_complete=completion.paths, help="A Maildir of this machine.")
@click.pass_obj
def setup(options: Options, path: str) -> int:
    """Ask the way to your mail, try it, write the configuration.

    Asks for your address, your password and your name; finds the server, and the mailbox for drafts. Prints the line
    for cron. A configuration that is there already stays, unless you say otherwise.
    """
    from .enrolling import set_up

    return set_up(
        find_config(options.config, os.environ),
        usual=find_config(None, os.environ),
        maildir=path,
        environment=os.environ,
    )


@main.command()
def demo() -> int:
    """Show the whole job on a mailbox of its own: no account, no network."""
    from .demo import play

    return play(sys.stdout)


main.add_command(registry)
main.add_command(state)
main.add_command(templates)


def run_command_line(words: Sequence[str]) -> int:
    """Carry out one command line and give its exit status. No traceback reaches the user."""
    language.use(language_of(words, os.environ) or language.of_the_locale())
    with standard_streams(), words_of_click():
        status = _status_of(
            lambda: translated(main).main(args=list(words), prog_name="noreply-analyzer", standalone_mode=False)
        )
        if status == _INTERRUPTED:
            return status  # what is not written yet might have to wait for its reader again
        return _status_of(sys.stdout.flush) or status


def _status_of(work: Callable[[], object]) -> int:
    """Do *work*, say what goes wrong, and give the exit status."""
    try:
        with interruptible():
            status = work()
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence, not a traceback
        return _end(error)
    except SystemExit as ended:  # click's, of a completion
        status = ended.code
    return status if isinstance(status, int) else 0


@contextmanager
def _failures_as_json(*, wanted: bool, dry_run: bool = False) -> Iterator[None]:
    """Print what keeps a command from beginning as JSON too, and the summary, which whoever reads JSON waits for."""
    if not wanted:
        yield
        return
    from . import report

    began, summary, out = time.monotonic(), report.Summary(dry_run=dry_run), Output(sys.stdout)
    try:
        with report.failures(summary, lambda found: report.print_json(found, out)), interruptible():
            yield
    except Exception:
        report.print_json(summary.as_object(time.monotonic() - began), out)
        raise


def _end(error: Exception) -> int:
    """Say what went wrong and give the exit status."""
    match error:
        case NoreplyAnalyzerError():
            status = _say(error)
        case click.exceptions.Exit():
            status = error.exit_code
        case click.ClickException():
            error.show()
            status = _USAGE
        case click.Abort():  # a question was left unanswered
            status = _say(InterruptedRunError(_("interrupted")))
        case _:
            log.debug("internal error", exc_info=error)
            _write(error)
            status = _INTERNAL
    return status


def _say(error: NoreplyAnalyzerError) -> int:
    _write(error)
    return error.exit_status


def _write(error: Exception) -> None:
    for sentence in sentences(error):
        for line in sentence.splitlines():
            sys.stderr.write(f"noreply-analyzer: {escaped(line)}\n")
