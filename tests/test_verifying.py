"""`registry verify`: which channels still stand in a folder of dated texts, and what is written down of it."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from builders import a_channel, an_operator
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from program import ROOT, environment
from records import SOUND
from saved import commit, git
from schema import validated

from noreply_analyzer import upkeep_commands
from noreply_analyzer.checkout import Checkout, blobs_in, commits_in, look_at, origin_in
from noreply_analyzer.errors import DataError, UsageError
from noreply_analyzer.folders import files_in, read_file, write_over
from noreply_analyzer.keeping import records_in, write_down
from noreply_analyzer.registrar import read_mediator, read_operator
from noreply_analyzer.texts import MAX_BYTES, Shelf, as_read, links_in, own_day
from noreply_analyzer.verifying import Outcome, by_map, by_name, verify

TODAY = date(2026, 11, 26)
TERMS = "# Conditions\n\nService Clients, TSA 00000, 00000 Ville Cedex. Réclamations : reclamations@telecom.example\n"


def shelf_of(folder: Path) -> Shelf:
    """Give the texts of a folder, today."""
    return Shelf(folder, today=TODAY)


def run(*words: str) -> tuple[int, str, str]:
    """Run the command; give its status and what it printed."""
    done = CliRunner().invoke(upkeep_commands.verify, words, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value, done.stdout, done.stderr


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Give a folder with one record."""
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "telecom-exemple.toml").write_text(SOUND, "utf-8")
    return folder


# The day of a text --------------------------------------------------------------------------------------------------


def test_a_text_is_of_the_day_of_its_last_commit(tmp_path: Path) -> None:
    """Of its own, not of the newest; and not where it was changed since."""
    folder = tmp_path / "texts"
    first = commit(folder, {"Exemple/Terms.md": "one", "Exemple/Other.md": "two", "Exemple/a\nb é.md": "x"})
    commit(folder, {"Exemple/Other.md": "three", "Exemple/New.md": "x"}, day="2026-08-04")
    (folder / "Exemple" / "New.md").write_text("changed since", "utf-8")
    (folder / "Exemple" / "Untracked.md").write_text("never committed", "utf-8")
    shelf = shelf_of(folder)
    days = {name: text.day for name in shelf.names if (text := shelf.text(name))}

    assert days == {
        "Exemple/Terms.md": date(2026, 7, 3),
        "Exemple/a\nb é.md": date(2026, 7, 3),
        "Exemple/Other.md": date(2026, 8, 4),
        "Exemple/New.md": None,
        "Exemple/Untracked.md": None,
    }
    text = shelf.text("Exemple/Terms.md")
    assert text
    assert shelf.source(text) == f"texts@{first[:8]}, Exemple/Terms, copy of 2026-07-03"


def test_a_folder_within_a_checkout_is_dated_too(tmp_path: Path) -> None:
    """By the names that it has there."""
    commit(tmp_path / "all", {"versions/Exemple/Terms.md": "one"})

    assert list(look_at(tmp_path / "all" / "versions").commits) == ["Exemple/Terms.md"]


def test_the_edge_of_a_shallow_clone_dates_nothing(tmp_path: Path) -> None:
    """There every file seems to be new."""
    commit(tmp_path / "all", {"Exemple/Terms.md": "one"})
    commit(tmp_path / "all", {"Exemple/Other.md": "two"}, day="2026-08-04")
    commit(tmp_path / "all", {"Exemple/Newest.md": "two"}, day="2026-09-05")
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{tmp_path / 'all'}", "cut")
    found = look_at(tmp_path / "cut")

    assert found.shallow
    assert found.commits.keys() == {"Exemple/Newest.md"}


def test_no_program_that_a_checkout_names_is_run(tmp_path: Path) -> None:
    """Its configuration is a stranger's."""
    folder, trace = tmp_path / "texts", tmp_path / "trace"
    commit(folder, {"Exemple/Terms.md": "one"})
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trace}\n", "utf-8")
    program.chmod(0o755)
    keys = ("core.fsmonitor", "core.pager", "pager.log", "diff.external", "gpg.program", "core.sshCommand", "alias.log")
    for key in keys:
        git(folder, "config", key, str(program))
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "color.ui", "always")

    assert shelf_of(folder).checkout.commits.keys() == {"Exemple/Terms.md"}
    assert not trace.exists()


@pytest.mark.parametrize(
    ("name", "written", "day"),
    [
        ("Exemple/Terms 2026-07-03.md", "", "2026-07-03"),
        ("2026-07-03/terms.html", "", "2026-07-03"),
        ("terms.md", "---\ntitle: x\ndate: 2026-07-03\n---\ntext", "2026-07-03"),
        ("terms 2020-01-01.md", '+++\nfetched_on = "2026-07-03"\n+++\n', "2026-07-03"),
        ("terms.md", "date: 2026-07-03", None),
        ("terms.md", "---\nupdated: 2026-07-03\n---\n", None),
        ("terms 2026-13-45.md", "", None),
        ("terms 12026-07-031.md", "", None),
        ("terms.md", "---\n" + "x" * 9000, None),
    ],
)
def test_what_a_text_says_of_its_day(name: str, written: str, day: str | None) -> None:
    """In front of it or in its name; nowhere else."""
    found = own_day(name, written)

    assert (found.isoformat() if found else None) == day


def test_the_time_of_a_file_says_nothing(tmp_path: Path) -> None:
    """Nor does a day that has not come yet."""
    (tmp_path / "terms.txt").write_text("x", "utf-8")
    os.utime(tmp_path / "terms.txt", (1_700_000_000, 1_700_000_000))
    (tmp_path / "terms 2036-01-01.txt").write_text("x", "utf-8")
    shelf = shelf_of(tmp_path)

    assert [text.day for name in shelf.names if (text := shelf.text(name))] == [None, None]


# What strangers may have written ------------------------------------------------------------------------------------


def test_no_link_is_followed_and_nothing_is_waited_for(tmp_path: Path) -> None:
    """Not out of the folder, not within it; a pipe is none of its texts, nor is what is hidden; .well-known is not."""
    outside, folder = tmp_path / "outside", tmp_path / "texts"
    (outside / "in").mkdir(parents=True)
    (outside / "in" / "secret.txt").write_text("secret", "utf-8")
    folder.mkdir()
    (folder / "linked.txt").symlink_to(outside / "in" / "secret.txt")
    (folder / "folder").symlink_to(outside)
    (folder / ".hidden.txt").write_text("x", "utf-8")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "in.txt").write_text("x", "utf-8")
    (folder / ".well-known").mkdir()
    (folder / ".well-known" / "security.txt").write_text("x", "utf-8")
    (folder / "program.exe").write_text("x", "utf-8")
    os.mkfifo(folder / "pipe.txt")
    (folder / "own.txt").write_text("x", "utf-8")

    assert files_in(folder, {".txt"}) == (".well-known/security.txt", "own.txt")
    for name in ("linked.txt", "pipe.txt", "folder", "nowhere"):
        with pytest.raises(DataError):
            read_file(folder / name, most=100)


def test_a_text_that_is_too_big_is_named(tmp_path: Path) -> None:
    """And the others are read."""
    (tmp_path / "big.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "small.txt").write_bytes(b"\xff\x00\xfe small")
    shelf = shelf_of(tmp_path)

    assert [bool(shelf.text(name)) for name in shelf.names] == [False, True]
    assert "big.txt has more than" in shelf.problems[0]


@given(st.binary(max_size=500), st.sampled_from(["a.md", "a.html", "a.txt"]))
def test_any_bytes_are_a_text(data: bytes, name: str) -> None:
    """Whatever they say."""
    written = data.decode("utf-8", "replace")

    assert isinstance(as_read(name, written), str)
    assert isinstance(links_in(written), tuple)


@given(st.binary(max_size=400))
def test_any_bytes_of_git_are_read(said: bytes) -> None:
    """What it prints holds names that strangers chose."""
    assert isinstance(commits_in(said, "mark"), dict)
    assert isinstance(commits_in(b"mark2026-07-03 " + said, "mark"), dict)
    assert isinstance(blobs_in(said), dict)
    assert "@" not in origin_in(said)


def test_no_file_passes_for_a_commit() -> None:
    """Its name would have to hold a mark that is made up anew each time."""
    digits = "0" * 40
    said = f"mark2026-07-03 {digits} \0\na.md\0other2020-01-01 {digits} \0b.md\0".encode()

    assert {commit.day for commit in commits_in(said, "mark").values()} == {date(2026, 7, 3)}


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ("https://github.com/archive/versions.git\n", "github.com/archive/versions"),
        ("https://user:secret@github.com/archive/versions", "github.com/archive/versions"),
        ("git@github.com:archive/versions.git", "github.com/archive/versions"),
        ("/home/anne/versions", ""),
        ("file:///home/anne/versions", ""),
        ("../versions", ""),
        ("", ""),
    ],
)
def test_where_a_checkout_came_from(said: str, origin: str) -> None:
    """Without passwords, and no folder of a machine."""
    assert origin_in(said.encode()) == origin


@pytest.mark.parametrize(
    ("markup", "links"),
    [
        ('<a href="mailto:contact%40telecom.example?subject=x">', ("contact@telecom.example",)),
        ("<a href='tel:+33199001234'>", ("+33199001234",)),
        ("<a href=https://telecom.example/contact>", ("https://telecom.example/contact",)),
        ('<a href="javascript:alert(1)">', ()),
        ('<a data="mailto:contact@telecom.example">', ()),
    ],
)
def test_links_lead_somewhere(markup: str, links: tuple[str, ...]) -> None:
    """What a page only links to stands in it too."""
    assert links_in(markup) == links


# Whose texts they are -----------------------------------------------------------------------------------------------

OPERATORS = (
    an_operator(slug="telecom-exemple", name="Télécom Exemple", brands=("Marque", "Autre Marque")),
    an_operator(slug="marque", name="Marque"),
)


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Telecom  EXEMPLE/Terms.md", {"telecom-exemple"}),
        ("telecom-exemple.html", {"telecom-exemple"}),
        ("Autre Marque/a/b.md", {"telecom-exemple"}),
        ("Marque/Terms.md", {"marque"}),
        ("Telecom/Terms.md", set()),
        ("!!/Terms.md", set()),
    ],
)
def test_a_folder_belongs_to_whoever_is_called_so(name: str, slugs: set[str]) -> None:
    """A record of its own comes before another's brand."""
    assert by_name(OPERATORS, [name]).keys() == slugs


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("Orange/Terms of Service.md", ["Orange/Terms of Service.md"]),
        ("Orange/**", ["Orange/Terms of Service.md", "Orange/fr/a.md"]),
        ("**/*.md", ["Orange/Terms of Service.md", "Orange/fr/a.md", "b.md"]),
        ("*.md", ["b.md"]),
        ("./?.md", ["b.md"]),
        ("**", ["Orange/Terms of Service.md", "Orange/fr/a.md", "b.md"]),
        ("../b.md", []),
        ("/etc/passwd", []),
        ("*a*a*a*a*a*a*a*a*a*a*a*b" * 10, []),
    ],
)
def test_a_map_names_paths_and_patterns(pattern: str, found: list[str]) -> None:
    """Of what is in the folder; nothing else can be named."""
    names = ("Orange/Terms of Service.md", "Orange/fr/a.md", "b.md")
    data = f"telecom-exemple = {json.dumps([pattern])}".encode()

    assert list(by_map(data, ["telecom-exemple"], names)["telecom-exemple"]) == found


@pytest.mark.parametrize(
    "data", [b"\xff", b"nobody = 'x'", b"telecom-exemple = 1", b"telecom-exemple = ['']", b"[[[", b"a=" + b"[" * 9000]
)
def test_what_is_no_map_is_refused(data: bytes) -> None:
    """With a sentence."""
    with pytest.raises(DataError):
        by_map(data, ["telecom-exemple"], ())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_map_or_none(data: bytes) -> None:
    """And nothing else."""
    with suppress(DataError):
        assert by_map(data, ["a"], ["a/b.md"]).keys() <= {"a"}


def test_the_newest_of_several_texts_is_named(tmp_path: Path) -> None:
    """One that has a date before one that has none."""
    for name in ("a 2026-01-01.txt", "b 2026-02-02.txt", "c.txt"):
        (tmp_path / name).write_text(TERMS, "utf-8")
    operator = an_operator(slug="x", channels=(a_channel(), a_channel(id="b", lines=("X", "1 RUE B", "00001 ICI"))))
    shelf = shelf_of(tmp_path)
    found = list(verify([operator], shelf, {"x": shelf.names}))

    assert [(one.outcome, one.file) for one in found] == [
        (Outcome.STANDS, "b 2026-02-02.txt"),
        (Outcome.NOT_FOUND, ""),
    ]
    assert next(verify([operator], shelf, {})).outcome is Outcome.NO_TEXT


# Mediators ----------------------------------------------------------------------------------------------------------

CONDITIONS = f"""\
slug = "exemple"
name = "Médiation Exemple"
sectors = ["telecom"]
conditions = "réclamation écrite restée deux mois sans réponse"
sources = ["texts@{"0" * 8}, Vendeur/Terms, copy of 2026-07-03"]
stated_on = 2026-07-03
checked_on = 2026-08-01

[[channels]]
id = "courrier"
medium = "post"
purpose = "complaints"
audience = "consumers"
lines = ["Médiation Exemple", "BP 1", "00000 VILLE CEDEX"]
quality = "archived"
stated_on = 2026-07-03
checked_on = 2026-08-01
sources = ["texts@{"0" * 8}, Vendeur/Terms, copy of 2026-07-03"]

[[channels]]
id = "site"
medium = "webform"
purpose = "complaints"
audience = "consumers"
target = "https://mediation.example/form"
quality = "reported"
checked_on = 2026-08-01
sources = ["a guide"]
"""


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """Give a folder with the records of an operator and of the mediator that has its slug."""
    for kind, text in (("operators", OPERATOR), ("mediators", CONDITIONS)):
        (tmp_path / "both" / kind).mkdir(parents=True)
        (tmp_path / "both" / kind / "exemple.toml").write_text(text, "utf-8")
    return tmp_path / "both"


OPERATOR = SOUND.replace('"telecom-exemple"', '"exemple"')
ADDRESS = "Médiation Exemple, BP 1, 00000 Ville Cedex"


def mediators(folder: Path, texts: Path, *words: str) -> tuple[int, list[str]]:
    """Run the command over the mediator; give its status and its lines."""
    status, out, _err = run("--against", str(texts), "--records", str(folder), *words, "mediators/exemple")
    return status, out.splitlines()


def test_a_mediator_is_looked_for_in_the_texts_that_its_sources_name(tmp_path: Path, both: Path) -> None:
    """Whosoever they are; its operator's namesake says nothing of it. Conditions stand while no newer text is there."""
    commit(tmp_path / "texts", {"Vendeur/Terms.md": ADDRESS, "exemple/Terms.md": TERMS, "Autre/Terms.md": ADDRESS})
    status, lines = mediators(both, tmp_path / "texts")

    assert status == 0
    assert lines == [
        (
            "mediators/exemple: courrier: stands in Vendeur/Terms.md of 2026-07-03: "
            "Médiation Exemple, BP 1, 00000 VILLE CEDEX"
        ),
        "mediators/exemple: site: there is no text that its sources name: https://mediation.example/form",
        ("mediators/exemple: conditions: no text is newer than the one that was read, Vendeur/Terms.md of 2026-07-03"),
    ]


def test_a_newer_text_has_conditions_read_again(tmp_path: Path, both: Path) -> None:
    """What they say in other words no machine finds there; it ends in 1. A text without a day says nothing of that."""
    commit(tmp_path / "texts", {"Vendeur/Terms.md": "nothing"}, day="2026-08-04")
    status, lines = mediators(both, tmp_path / "texts")

    assert status == 1
    assert "courrier: not found in the texts that its sources name: " in lines[0]
    assert lines[2] == "mediators/exemple: conditions: to be read again: Vendeur/Terms.md of 2026-08-04 is newer"
    (tmp_path / "texts" / "Vendeur" / "Terms.md").write_text(ADDRESS, "utf-8")
    status, lines = mediators(both, tmp_path / "texts")
    assert (status, lines[2]) == (0, "mediators/exemple: conditions: there is no dated text that their sources name")


def test_a_mediators_texts_are_those_that_bear_its_name_too(tmp_path: Path, both: Path) -> None:
    """Or that a map gives it, by its slug with mediators/ before it where an operator has the same."""
    commit(tmp_path / "texts", {"Mediation exemple/Form.md": "https://mediation.example/form"})
    (tmp_path / "map.toml").write_text('"mediators/exemple" = "Mediation exemple/*"', "utf-8")

    for words in ((), ("--map", str(tmp_path / "map.toml"))):
        assert "site: stands in Mediation exemple/Form.md" in mediators(both, tmp_path / "texts", *words)[1][1]
    (tmp_path / "map.toml").write_text('exemple = "Mediation exemple/*"', "utf-8")
    lines = mediators(both, tmp_path / "texts", "--map", str(tmp_path / "map.toml"))[1]
    assert "site: there is no text" in lines[1]
    assert "conditions: there is no dated text that their sources name" in lines[2]


def test_what_stands_of_a_mediator_is_written_down(tmp_path: Path, both: Path) -> None:
    """Its channel's dates and source, and the day of the look at its conditions; the operator's file is as it was."""
    digits = commit(tmp_path / "texts", {"Vendeur/Terms.md": ADDRESS})
    words = ("--against", str(tmp_path / "texts"), "--records", str(both), "--write", "--json")
    found = [validated(line) for line in run(*words)[1].splitlines()]
    text = (both / "mediators" / "exemple.toml").read_text("utf-8")
    mediator = read_mediator(text, "exemple.toml")
    source = f"texts@{digits[:8]}, Vendeur/Terms, copy of 2026-07-03"

    assert [(one["operator"], one["mediator"], one["outcome"], one["written"]) for one in found] == [
        ("exemple", None, "no-text", []),
        ("exemple", None, "no-text", []),
        (None, "exemple", "stands", ["checked_on", "sources"]),
        (None, "exemple", "no-text", []),
        (None, "exemple", "stands", ["checked_on", "sources"]),
    ]
    assert found[4]["channel"] is None
    assert (mediator.sources, mediator.channels[0].sources) == ((source,), (source,))
    assert (mediator.stated_on, mediator.checked_on > date(2026, 8, 1)) == (date(2026, 7, 3), True)  # type: ignore[operator]
    assert mediator.channels[1].checked_on == date(2026, 8, 1)
    assert (both / "operators" / "exemple.toml").read_text("utf-8") == OPERATOR


# The command --------------------------------------------------------------------------------------------------------


def test_each_channel_is_told(tmp_path: Path, records: Path) -> None:
    """With file and day; one that is gone ends in 1, one without a text does not."""
    commit(tmp_path / "texts", {"Télécom Exemple/Terms.md": TERMS.replace("reclamations@", "avis@")})
    status, out, err = run("--against", str(tmp_path / "texts"), "--records", str(records))

    assert (status, err) == (1, "")
    assert out.splitlines() == [
        (
            "telecom-exemple: service-client: stands in Télécom Exemple/Terms.md of 2026-07-03: "
            "Télécom Exemple, Service Clients, TSA 00000, 00000 VILLE CEDEX"
        ),
        "telecom-exemple: contact: not found in the operator's texts: reclamations@telecom.example",
    ]
    (tmp_path / "empty").mkdir()
    assert run("--against", str(tmp_path / "empty"), "--records", str(records)) == (
        0,
        "",
        "noreply-analyzer: of 1 operator there is no text\n",
    )
    status, out, err = run("--against", str(tmp_path / "empty"), "--records", str(records), "telecom-exemple")
    assert (status, out.count("there is no text of this operator"), err) == (0, 2, "")


def test_scripts_read_objects(tmp_path: Path, records: Path) -> None:
    """One for each channel."""
    commit(tmp_path / "texts", {"Exemple.txt": TERMS})
    (tmp_path / "map.toml").write_text('telecom-exemple = "Exemple.txt"', "utf-8")
    words = ("--against", str(tmp_path / "texts"), "--records", str(records), "--map", str(tmp_path / "map.toml"))
    status, out, _err = run(*words, "--json", "--write")
    found = [validated(line) for line in out.splitlines()]

    assert status == 0
    assert [(one["outcome"], one["date"], one["written"]) for one in found] == [
        ("stands", "2026-07-03", ["checked_on", "sources"])
    ] * 2
    assert [validated(line)["written"] for line in run(*words, "--json", "--write")[1].splitlines()] == [[], []]


def test_what_stands_is_written_down(tmp_path: Path, records: Path) -> None:
    """Dates and source, nothing else; the record is read again and says what it said."""
    digits = commit(tmp_path / "texts", {"Télécom Exemple/Terms.md": TERMS}, day="2026-10-01")
    path = records / "telecom-exemple.toml"
    path.chmod(0o640)
    found = records_in(records)
    shelf = shelf_of(tmp_path / "texts")
    outcomes = verify(found.chosen(()), shelf, by_name(found.by_name.values(), shelf.names))
    changed = write_down(found, "telecom-exemple", outcomes, today=TODAY)
    operator = read_operator(path.read_text("utf-8"), path.name)

    assert changed == dict.fromkeys(("service-client", "contact"), ("stated_on", "checked_on", "sources"))
    assert {(one.stated_on, one.checked_on, one.quality.value) for one in operator.channels} == {
        (date(2026, 10, 1), TODAY, "archived")
    }
    assert operator.channels[0].sources[-1] == f"texts@{digits[:8]}, Télécom Exemple/Terms, copy of 2026-10-01"
    assert [entry.name for entry in records.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o640


def test_nothing_is_written_into_what_was_installed(tmp_path: Path) -> None:
    """Not where it lies in somebody's checkout either, but where git keeps the records themselves."""
    site, texts = tmp_path / "site", tmp_path / "texts"
    shutil.copytree(ROOT / "noreply_analyzer", site / "noreply_analyzer", ignore=shutil.ignore_patterns("__pycache__"))
    record = site / "noreply_analyzer" / "operators" / "telecom-exemple.toml"
    record.write_text(SOUND, "utf-8")
    commit(texts, {"Télécom Exemple/Terms.md": TERMS}, day="2026-10-01")
    commit(site, {".gitignore": "/noreply_analyzer/"})

    def typed() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "noreply_analyzer", *("registry", "verify", "--against", str(texts), "--write")],
            cwd=site,
            env=environment(tmp_path, PYTHONPATH=str(site)),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    refused = typed()
    assert (refused.returncode, refused.stdout) == (64, "")
    assert f"{record.parent} is installed" in refused.stderr
    assert "--records DIR" in refused.stderr
    assert record.read_text("utf-8") == SOUND
    git(site, "add", "-f", "noreply_analyzer/operators")
    done = typed()
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, f"noreply-analyzer: {record}: written")
    assert "stated_on = 2026-10-01" in record.read_text("utf-8")


def test_the_files_that_were_written_are_named(tmp_path: Path, records: Path) -> None:
    """Once; and where nothing was new, none is."""
    commit(tmp_path / "texts", {"Télécom Exemple/Terms.md": TERMS}, day="2026-10-01")
    words = ("--against", str(tmp_path / "texts"), "--records", str(records), "--write")

    assert run(*words)[2] == f"noreply-analyzer: {records / 'telecom-exemple.toml'}: written\n"
    assert run(*words)[2] == ""


def test_a_text_without_a_date_confirms_and_dates_nothing(tmp_path: Path, records: Path) -> None:
    """It is said, and only the day of the look is written."""
    (tmp_path / "telecom-exemple.txt").write_text(TERMS, "utf-8")
    (tmp_path / "texts").mkdir()
    (tmp_path / "telecom-exemple.txt").rename(tmp_path / "texts" / "telecom-exemple.txt")
    status, out, _err = run("--against", str(tmp_path / "texts"), "--records", str(records), "--write")
    operator = records_in(records).by_name["telecom-exemple"]

    assert status == 0
    assert "stands in telecom-exemple.txt, which has no date" in out
    assert {one.stated_on for one in operator.channels} == {date(2026, 7, 3)}
    assert all(one.checked_on > date(2026, 11, 2) for one in operator.channels)


def test_a_record_that_cannot_be_changed_in_place_is_left_and_named(tmp_path: Path, records: Path) -> None:
    """As one that cannot be read is."""
    inline = (
        'slug = "x"\nname = "Exemple"\nsector = "x"\nchannels = [{id = "c", medium = "email", purpose = "general", '
        'audience = "all", target = "reclamations@telecom.example", quality = "reported", '
        'checked_on = 2020-01-01, sources = ["s"]}]\n'
    )
    (records / "x.toml").write_text(inline, "utf-8")
    (records / "bad.toml").write_bytes(b"\xff")
    (records / "worse.toml").write_text("slug = 1", "utf-8")
    commit(tmp_path / "texts", {"Exemple/Terms.md": TERMS})
    status, _out, err = run("--against", str(tmp_path / "texts"), "--records", str(records), "--write", "x")

    assert status == 1
    assert "x.toml: the channel c is not written as a table" in err
    assert "bad.toml: cannot be read as UTF-8 text" in err
    assert "worse.toml: slug: should be text" in err
    assert (records / "x.toml").read_text("utf-8") == inline


def test_nobody_of_that_name(tmp_path: Path, records: Path) -> None:
    """A slug that is none, a folder that is none."""
    with pytest.raises(UsageError, match="'nobody'"):
        run("--against", str(tmp_path), "--records", str(records), "nobody")
    with pytest.raises(DataError, match="cannot be read"):
        run("--against", str(tmp_path / "nowhere"), "--records", str(records))
    with pytest.raises(DataError, match="cannot be read"):
        run("--against", str(tmp_path), "--records", str(tmp_path / "nowhere"))


def test_the_shipped_records_are_read_where_no_others_are_named() -> None:
    """All of them."""
    found = records_in()

    assert not found.problems
    assert len(found.by_name) > 90
    assert {"caf", "mediators/caf"} <= found.by_name.keys()
    assert found.words["cm2c"] == "mediators/cm2c"
    assert found.words["caf"] == "caf"


def test_a_file_is_put_in_the_place_of_another_whole(tmp_path: Path) -> None:
    """Or not at all."""
    path = tmp_path / "a.toml"
    write_over(path, b"one")
    write_over(path, b"two", lasting=False)

    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.toml"]
    assert Checkout() == look_at(tmp_path)
