"""The house rules that a machine can see: names, doors between rooms, exit statuses, and what a start costs."""

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import noreply_analyzer
from noreply_analyzer import errors

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "noreply_analyzer"
ROOMS = sorted(PACKAGE.glob("*.py"))
BY_NAME = pytest.mark.parametrize("room", ROOMS, ids=[room.stem for room in ROOMS])


@cache
def tree_of(room: Path) -> ast.Module:
    """Read a room's syntax."""
    return ast.parse(room.read_text("utf-8"))


# Errors -----------------------------------------------------------------------------------------------------------

STATUSES = {
    "NoreplyAnalyzerError": 1,
    "NotDraftedError": 1,
    "UsageError": 64,
    "DataError": 65,
    "AddressError": 65,
    "MessageError": 65,
    "RecordError": 65,
    "TemplateError": 65,
    "ServerRefusedError": 69,
    "StateError": 74,
    "OutputError": 74,
    "TryLaterError": 75,
    "UnreachableError": 75,
    "DnsUnreachableError": 75,
    "LockHeldError": 75,
    "LoginRefusedError": 77,
    "ConfigError": 78,
    "InterruptedRunError": 130,
}


def every_error() -> dict[str, type[errors.NoreplyAnalyzerError]]:
    """Give all classes of the tree by their names."""
    found = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return {kind.__name__: kind for kind in found if issubclass(kind, errors.NoreplyAnalyzerError)}


def test_every_error_ends_in_its_status() -> None:
    """Cron wrappers and mail systems know these numbers (sysexits.h)."""
    assert {name: kind.exit_status for name, kind in every_error().items()} == STATUSES


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    """Every class, below its parent, with its own status or its parent's."""
    drawn: dict[str, tuple[str, int]] = {}
    above: list[tuple[str, int]] = [("Exception", 1)]
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"(?P<branches>[ │├└─]*)(?P<name>\w+Error)\s+(?P<status>\d+)?", line):
            del above[len(match["branches"]) // 4 :]
            parent, inherited = above[-1]
            drawn[match["name"]] = (parent, int(match["status"] or inherited))
            above.append((match["name"], drawn[match["name"]][1]))

    assert drawn == {name: (kind.__bases__[0].__name__, kind.exit_status) for name, kind in every_error().items()}


def test_errors_with_problems_say_them_a_line_each() -> None:
    """Those that a file causes: the configuration's and a record's."""
    for kind in (errors.ConfigError, errors.RecordError):
        error = kind(("a: is missing", "b: is not known"))
        assert error.problems == ("a: is missing", "b: is not known")
        assert str(error) == "a: is missing\nb: is not known"


# Names ------------------------------------------------------------------------------------------------------------

FORBIDDEN_ACT = re.compile(r"_*(send|sent_|sendmail|delete|expunge|store_|move|flag_|set_flags|add_flags|unlink)")
NAMED_LIKE_ONE = {
    ("answers", "flag_names"),  # reads them
    ("catalogue", "senders"),  # whom mail comes from
    ("imap", "sent_name"),  # says where sent mail lies
    ("index", "senders"),  # likewise
    ("maildir", "sent_name"),  # where sent mail lies
    ("source", "sent_name"),  # likewise
    ("wire", "send"),  # imaplib's, overridden by a gate: the commands that change mail do not pass
}


@BY_NAME
def test_nothing_is_named_after_what_is_never_done(room: Path) -> None:
    """No function or method sends, deletes, expunges, moves or flags: it cannot even be said."""
    nodes = ast.walk(tree_of(room))
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    offending = {(room.stem, name) for name in functions if FORBIDDEN_ACT.match(name)}

    assert offending <= NAMED_LIKE_ONE


@pytest.mark.parametrize(
    "name", ["send", "send_draft", "_delete", "expunge", "move_message", "set_flags", "add_flags", "store_flags"]
)
def test_the_rule_would_find_one(name: str) -> None:
    """So that its silence means something."""
    assert FORBIDDEN_ACT.match(name)


CALLED = re.compile(
    r"(delete_messages|expunge|uid_expunge|move|copy|add_flags|set_flags|remove_flags|sendmail|send_message)\Z"
)


@pytest.mark.parametrize(
    "room", ["imap", "dialogue", "wire", "mailboxes", "answers", "looking", "saving", "run", "running"]
)
def test_no_room_that_speaks_to_a_server_calls_what_changes_mail(room: str) -> None:
    """The client library could; nobody asks it to."""
    called = {
        node.func.attr
        for node in ast.walk(tree_of(PACKAGE / f"{room}.py"))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert {name for name in called if CALLED.match(name)} == set()


WRITES = re.compile(r"(rename|unlink|rmdir|write_bytes|write_text|touch|mkdir|link_to|symlink_to|chmod|utime)\Z")


def test_a_maildir_is_written_to_in_one_place() -> None:
    """Only saving a draft makes or renames a file there; and nothing is ever taken away but half of a draft."""
    writing = {
        function.name
        for function in ast.walk(tree_of(PACKAGE / "maildir.py"))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and WRITES.match(node.func.attr)
    }

    assert writing == {"append"}


# Doors ------------------------------------------------------------------------------------------------------------

MAY_IMPORT: dict[str, set[str]] = {
    "imapclient": {"connecting", "dialogue", "wire"},
    "imaplib": {"wire", "mailserver"},
    "mailparser": {"message"},
    "email": {"message", "drafting", "letter", "staging", "specimens"},  # the last four write mail
    "dkim": {"authentication", "testing"},
    "nacl": {"testing"},
    "dns": {"dns"},
    "sqlite3": {"state", "catalogue"},
    "jinja2": {"press"},
    "typst": {"letter"},
    "pymap": {"mailserver"},
    "rich": {"columns", "progress", "report"},
    "click": {
        "cli",
        "completion",
        "helptext",
        "questions",
        "registry_commands",
        "state_commands",
        "template_commands",
        "upkeep_commands",
    },
    "selectolax": {"htmltext"},
    "publicsuffixlist": {"address"},
    "phonenumbers": {"phones", "rules"},
    "smtplib": set(),
    "requests": set(),
    "urllib.request": set(),
    "http": set(),
    "webbrowser": set(),
}


def imported_by(room: Path) -> Iterator[str]:
    """Give the modules that a room imports, wherever in it; its own neighbours not."""
    for node in ast.walk(tree_of(room)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("library", MAY_IMPORT)
def test_a_library_comes_in_by_one_door(library: str) -> None:
    """Only the room that the design names imports it; what is replaced is replaced there."""
    users = {room.stem for room in ROOMS if any(f"{name}.".startswith(f"{library}.") for name in imported_by(room))}

    assert users <= MAY_IMPORT[library]


HEAVY = ("dkim", "jinja2", "mailparser", "rich", "imapclient", "pymap", "phonenumbers", "dns", "selectolax", "typst")


def loaded_after(statement: str) -> set[str]:
    """Give the modules that a fresh Python has loaded after *statement*."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, env=environment
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["cli", "run", "running", "policy", "state"])
def test_a_start_does_not_pay_for_what_it_may_not_need(module: str) -> None:
    """A run that finds nothing new imports none of the heavy libraries."""
    loaded = loaded_after(f"import noreply_analyzer.{module}")

    assert f"noreply_analyzer.{module}" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_command_line_alone_loads_no_records() -> None:
    """``--help`` and a mistyped option answer at once."""
    loaded = loaded_after("import noreply_analyzer.cli")

    assert "noreply_analyzer.cli" in loaded
    assert loaded.isdisjoint({"noreply_analyzer.demo", "noreply_analyzer.curation", "sqlite3"})


# Words ------------------------------------------------------------------------------------------------------------


@BY_NAME
def test_every_room_says_what_it_is(room: Path) -> None:
    """In one sentence on the first line of its docstring."""
    docstring = ast.get_docstring(tree_of(room))

    assert docstring
    first = docstring.splitlines()[0]
    assert first.endswith((".", "?", ":"))
    assert len(first) <= 117


def test_the_public_names_are_there_and_sorted() -> None:
    """One list for programs that build on this one; each is what its own room calls by that name."""
    names = noreply_analyzer.__all__

    assert {"Message", "Registry", "Verdict", "analyze", "decide", "judge"} <= set(names)
    assert names == sorted(names)
    assert all(getattr(noreply_analyzer, name).__name__ == name for name in names)
    assert {name for rooms in noreply_analyzer._ROOMS.values() for name in rooms} == set(names)
    assert re.fullmatch(r"\d\d\.\d+(\.\d+)?", noreply_analyzer.__version__)


def test_a_name_that_is_not_public_is_not_there() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="has no attribute 'send'"):
        noreply_analyzer.send  # noqa: B018 - what is tested


def test_the_package_alone_loads_no_room() -> None:
    """Its names are fetched when they are asked for."""
    assert not [module for module in loaded_after("import noreply_analyzer") if module.startswith("noreply_analyzer.")]


def test_every_room_can_be_imported_by_itself() -> None:
    """No room needs another to have been there first."""
    for room in ROOMS:
        if room.stem not in {"__main__", "__init__"}:
            importlib.import_module(f"noreply_analyzer.{room.stem}")


FOREIGN = re.compile(b"/(%s|%s|%s)/" % (b"work", b"tmp/venv", b"root"))  # in pieces: this file is looked at, too
SKIPPED = {".git", "__pycache__", "dist", "build", "node_modules"}


def files_of_the_project() -> Iterator[Path]:
    """Give what is or could be under version control: no caches, no environments."""
    for parent, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED and not re.match(r"\.(?!ci\b|github\b)", name)]
        yield from (Path(parent) / name for name in names if not name.endswith((".pyc", ".mo")))


def test_no_file_names_a_machine_that_it_was_written_on() -> None:
    """Paths of one computer are of no use on another."""
    files = list(files_of_the_project())
    found = {str(path.relative_to(ROOT)) for path in files if path.is_file() and FOREIGN.search(path.read_bytes())}

    assert len(files) > len(ROOMS)
    assert found == set()
