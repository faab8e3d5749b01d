"""What the documents say is so: tests that exist, every status, rule, command, table, link, and the help as it is."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import msgspec
import pytest

from noreply_analyzer import cli, config, detection, errors, policy, topic

ROOT = Path(__file__).parent.parent
SKIPPED = {"node_modules", "build", "dist"}


def _documents() -> Iterator[Path]:
    for parent, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED)
        yield from (Path(parent) / name for name in sorted(names) if name.endswith(".md"))


DOCUMENTS = tuple(_documents())
EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@cache
def text_of(name: str) -> str:
    """Read a document."""
    return (ROOT / name).read_text("utf-8")


def rows_of(text: str) -> list[list[str]]:
    """Give the cells of every row of every table, without heads and rules."""
    lines = text.splitlines()
    found = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_head, is_rule = following.startswith("| ---"), line.startswith("| ---")
        if line.startswith("| ") and not is_head and not is_rule:
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def section_of(text: str, title: str) -> str:
    """Give what stands below the heading *title*, up to the next one of its level."""
    level = title.partition(" ")[0]
    match = re.search(rf"^{re.escape(title)}$(.*?)(?=^{level} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, title
    return match[1]


# Tests ------------------------------------------------------------------------------------------------------------

NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def named_in(name: str) -> frozenset[str]:
    """Name the test functions of a file, which need not exist."""
    path = ROOT / name
    tree = ast.parse(path.read_text("utf-8") if path.exists() else "")
    functions = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(function for function in functions if function.startswith("test_"))


@EACH
def test_every_test_that_is_named_exists(document: Path) -> None:
    """Whoever wants to see an attack fail finds it under the name that is given."""
    named = NAMED_TEST.findall(document.read_text("utf-8"))

    assert [f"{file}::{name}" for file, name in named if name not in named_in(file)] == []


def test_every_attack_names_its_test() -> None:
    """In SECURITY.md no row of a table goes without; and whatever looks like a test is written as one."""
    text = text_of("SECURITY.md")
    attacks = [row for row in rows_of(text) if len(row) == 3]

    assert len(attacks) > 80
    assert [what for what, _happens, tests in attacks if not NAMED_TEST.search(tests)] == []
    assert text.count("tests/") == len(NAMED_TEST.findall(text))


def test_a_test_that_does_not_exist_would_be_found() -> None:
    """So that the silence of the tests above means something."""
    assert "test_a_test_that_does_not_exist_would_be_found" in named_in("tests/test_docs.py")
    assert "test_that_was_renamed" not in named_in("tests/test_docs.py")
    assert named_in("tests/test_nothing.py") == frozenset()


# Exit statuses ----------------------------------------------------------------------------------------------------

STATUSES = {
    0,
    *(
        kind.exit_status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.NoreplyAnalyzerError)
    ),
}


def test_every_exit_status_is_documented() -> None:
    """In docs/exit-status.md with cause and cure, in ``--help`` in a line; in the order of the numbers."""
    rows = rows_of(text_of("docs/exit-status.md"))
    documented = [int(row[0]) for row in rows]
    in_the_help = [int(number) for number in re.findall(r"^  (\d+) ", cli.EPILOG, re.MULTILINE)]

    assert set(documented) == set(in_the_help) == STATUSES | {cli._INTERNAL}
    assert documented == sorted(documented)
    assert all(len(row) == 4 and all(row) for row in rows)
    assert in_the_help == sorted(in_the_help)


def test_the_order_in_which_statuses_count_is_documented() -> None:
    """As a run with several accounts applies it."""
    from noreply_analyzer.run import WORST_FIRST

    assert f"in the order {', '.join(map(str, WORST_FIRST[1:]))}." in text_of("docs/exit-status.md")
    assert WORST_FIRST[0] == errors.InterruptedRunError.exit_status


# Rules ------------------------------------------------------------------------------------------------------------

OF_A_RUN = {"answered-already", "draft-waiting", "drafts-full", "per-run"}
"""Rules for the drafts of a run together, in `policy.plan` and in `run`."""


def test_every_rule_of_the_policy_is_documented_in_its_order() -> None:
    """In docs/rules.md, with its action."""
    rows = rows_of(section_of(text_of("docs/rules.md"), "## What is done about it?"))
    documented = [(rule.strip("`"), action.strip("`")) for rule, action, _when in rows]

    assert documented[: len(policy.RULES)] == [(rule.rule, rule.action.value) for rule in policy.RULES]
    assert {rule for rule, _action in documented[len(policy.RULES) :]} == OF_A_RUN


def test_every_rule_that_the_code_names_is_documented() -> None:
    """Wherever a decision is made, and whatever a verdict, a topic or a warning may name."""
    rules = {*detection.RULES, *topic.RULES, *(rule.rule for rule in policy.RULES)}
    for room in sorted((ROOT / "noreply_analyzer").glob("*.py")):
        for node in ast.walk(ast.parse(room.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant):
                rules.add(str(node.value.value))
    text = text_of("docs/rules.md")

    assert rules >= OF_A_RUN
    assert {rule for rule in rules if rule and f"`{rule}`" not in text} == set()


# Commands and tables ----------------------------------------------------------------------------------------------


def commands(group: click.Group = cli.main, above: str = "") -> Iterator[str]:
    """Name every command, as one types it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


@pytest.mark.parametrize("command", tuple(commands()))
def test_every_command_is_mentioned(command: str) -> None:
    """Somewhere in a document, as code; the README's copy of ``--help`` does not count."""
    texts = [re.sub(r"<!-- help -->.*?```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL) for path in DOCUMENTS]

    assert any(re.search(rf"(`|noreply-analyzer ){command}\b", text) for text in texts)


GROUPS = {name for name, command in cli.main.commands.items() if isinstance(command, click.Group)}
EVERY = {*commands(), *GROUPS}
IN_CODE = re.compile(r"`([^`\n]+)`")
PROGRAM = re.compile(r"noreply-analyzer((?: --?[a-z-]+(?: [A-Z]\w*)?)*)((?: [a-z][a-z-]*)+)")


def commands_named_in(text: str) -> Iterator[str]:
    """Name every command that *text* has one type: behind the name of the program, or a group's in backquotes."""
    typed = [match[2].split() for match in PROGRAM.finditer(text)]
    in_code = [code.split() for code in IN_CODE.findall(text) if code.split(" ")[0] in GROUPS]
    for first, *more in (*typed, *in_code):
        yield " ".join([first, *more[:1]]) if first in GROUPS and more and more[0].isalpha() else first


READ_BY_USERS = (
    *DOCUMENTS,
    ROOT / "config.example.toml",
    *sorted(path for path in (ROOT / "samples").rglob("*") if path.is_file()),
)


@pytest.mark.parametrize("document", READ_BY_USERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    """Nobody types what the program does not know."""
    assert [name for name in commands_named_in(document.read_text("utf-8")) if name not in EVERY] == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("noreply-analyzer run --dry-run", ["run"]),
        ("noreply-analyzer --config FILE state show", ["state show"]),
        ("see `registry lits`, `registry`, and `state`", ["registry lits", "registry", "state"]),
        ("noreply-analyzer fetch perso", ["fetch"]),
    ],
)
def test_a_command_that_does_not_exist_would_be_found(text: str, named: list[str]) -> None:
    """So that the silence of the test above means something."""
    assert list(commands_named_in(text)) == named


def test_every_place_for_a_password_is_documented() -> None:
    """As many as an account may choose from."""
    section = section_of(text_of("docs/configuration.md"), "## Passwords")

    assert set(re.findall(r"^- `(\w+)`:", section, re.MULTILINE)) == set(config.WAYS)


def tables() -> Iterator[str]:
    """Name every table of the configuration, as TOML has it."""
    for field in msgspec.structs.fields(config.Settings):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield f"[{field.name}]"
    yield from ("[[accounts]]", "[accounts.identity]", "[accounts.operators.NAME]", "[accounts.contracts.NAME]")


@pytest.mark.parametrize("table", tuple(tables()))
def test_every_table_is_documented(table: str) -> None:
    """In docs/configuration.md."""
    assert f"| `{table}` |" in text_of("docs/configuration.md")


def test_no_table_is_documented_that_does_not_exist() -> None:
    """Nobody writes what is then an unknown key."""
    documented = re.findall(r"^\| `(\[.*?\]+)` \|", text_of("docs/configuration.md"), re.MULTILINE)

    assert sorted(documented) == sorted(tables())


def test_every_key_that_a_document_names_exists() -> None:
    """``limits.run_seconds`` and its likes; a key that was renamed would leave them behind."""
    structs = {field.name: field.type for field in msgspec.structs.fields(config.Settings)}
    missing = [
        f"{document.name}: {table}.{key}"
        for document in DOCUMENTS
        for table, key in re.findall(r"`(drafting|limits|detection|dns|registry)\.([a-z_]+)`", document.read_text())
        if key not in {field.name for field in msgspec.structs.fields(structs[table])}
    ]

    assert missing == []


# Links ------------------------------------------------------------------------------------------------------------

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors_in(path: Path) -> set[str]:
    """Give the anchors that the headings of a document make."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@EACH
def test_every_link_leads_somewhere(document: Path) -> None:
    """Relative links name files of the project, and headings that are there."""
    broken = []
    for link in LINK.findall(document.read_text("utf-8")):
        place, _hash, anchor = link.partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in anchors_in(target)):
            broken.append(link)

    assert broken == []


def test_there_are_documents() -> None:
    """Those that users and administrators are told about."""
    names = {str(path.relative_to(ROOT)) for path in DOCUMENTS}

    assert names >= {
        *("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/configuration.md", "docs/rules.md"),
        *("docs/exit-status.md", "docs/privacy.md", "docs/json.md", "docs/registry.md"),
    }


# Help -------------------------------------------------------------------------------------------------------------


def test_the_help_in_the_readme_is_the_help() -> None:
    """Letter by letter, as on a terminal of a hundred columns, in English."""
    block = re.search(r"^<!-- help -->\n```\w*\n(.*?)^```$", text_of("README.md"), re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-m", "noreply_analyzer", "--language", "en", "--help"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "100", "LANG": "C.UTF-8"},
    )

    assert block is not None
    assert block[1].rstrip("\n") == done.stdout.rstrip("\n")


# The house --------------------------------------------------------------------------------------------------------


def test_every_room_has_its_place_on_the_map() -> None:
    """Once, in docs/house.md, and no room that is not there."""
    rows = rows_of(section_of(text_of("docs/house.md"), "## The rooms"))
    listed = sorted(name for _what, rooms in rows for name in re.findall(r"`(\w+)`", rooms.partition(";")[0]))

    assert listed == sorted(room.stem for room in (ROOT / "noreply_analyzer").glob("*.py") if room.stem != "__init__")
