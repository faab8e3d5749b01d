"""Keeping the records true: what lint finds, and what is due."""

import json
import sys
import tomllib
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import a_channel, an_operator
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from records import SOUND, TODAY, channel, operator
from schema import validated

from noreply_analyzer import curation, registry_commands
from noreply_analyzer.cli import run_command_line
from noreply_analyzer.config import Settings
from noreply_analyzer.counts import stats
from noreply_analyzer.curation import due, is_outdated, lint, lint_own, lint_texts, schema, summary
from noreply_analyzer.directory import Directory
from noreply_analyzer.errors import DataError, UsageError
from noreply_analyzer.guards import Guards
from noreply_analyzer.period import days_in
from noreply_analyzer.portrait import markdown, stats_rows
from noreply_analyzer.registry import Medium, Obsolete, Quality, Registry
from noreply_analyzer.rules import Finding, as_printed
from noreply_analyzer.running import RunPrinter, _say_if_outdated
from noreply_analyzer.scribe import SCHEMA
from noreply_analyzer.state import State

PACKAGE = Path(curation.__file__).parent
GUARDS = Guards(shared_domains=("provider.example",))
MEDIATOR = 'slug = "communications-electroniques"\nname = "Médiation"\nsectors = ["telecom"]\n'
OTHER = 'slug = "other"\nname = "Other"\nsector = "telecom"\n'


def _lint(*changes: tuple[str, str], other: str = OTHER, today: date | None = TODAY) -> tuple[Finding, ...]:
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return lint_texts(
        {"telecom-exemple.toml": text, "other.toml": other},
        {"communications-electroniques.toml": MEDIATOR},
        guards=GUARDS,
        today=today,
    )


def test_sound_records_lint_clean() -> None:
    """Nothing to say is nothing said."""
    assert _lint() == ()


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence", "suggestion"),
    [
        ("brands", "brand", "brand", "is not a known key", ""),
        ('mediator = "communications-electroniques"', 'mediator = "nobody"', "mediator", "there is no 'nobody'", ""),
        ("brands =", 'parent = "nobody"\nbrands =', "parent", "there is no 'nobody'", ""),
        ("brands =", 'parent = "telecom-exemple"\nbrands =', "parent", "names the record itself", ""),
        (
            "[[escalation]]",
            '[obsolete]\nreason = "bought"\nredirect = "nobody"\n[[escalation]]',
            "obsolete.redirect",
            "there is no 'nobody'",
            "",
        ),
        ("reclamations@", "no-reply@", "channels[1].target", "says itself that it takes no answer", ""),
        ('"00000 VILLE CEDEX"', '"00000 Ville Cedex"', "channels[0].lines[3]", "capitals", "00000 VILLE CEDEX"),
        ('"TSA 00000"', '"TSA 00000, porte 2"', "channels[0].lines[2]", "capitals", "TSA 00000 PORTE 2"),
        ('"TSA 00000"', '"12 rue de l\'Écluse"', "channels[0].lines[2]", "capitals", "12 RUE DE L'ECLUSE"),
        ('"00000 VILLE CEDEX"', '"VILLE CEDEX 9"', "channels[0].lines[3]", "postal code of five digits", ""),
        ("checked_on = 2026-11-02", "checked_on = 2027-11-02", "channels[0].checked_on", "lies in the future", ""),
        ('"mail.telecom.example"\na', '"provider.example"\na', "senders[0].addresses[0]", "is not within", ""),
    ],
)
def test_each_finding_has_its_place_and_what_to_write(
    old: str, new: str, place: str, sentence: str, suggestion: str
) -> None:
    """Where a machine can tell what is meant, it says so."""
    found = [one for one in _lint((old, new)) if one.file == "operators/telecom-exemple.toml"]

    assert any((one.place, one.suggestion) == (place, suggestion) and sentence in one.sentence for one in found), found


def test_a_provider_that_is_not_marked_as_shared_is_found() -> None:
    """Its subscribers would be taken for it."""
    shared = OTHER + '[[senders]]\ndomain = "provider.example"\nsources = ["s"]\nchecked_on = 2026-11-01\n'

    assert [(one.place, one.suggestion) for one in _lint(other=shared)] == [("senders[0].shared", "true")]


@pytest.mark.parametrize(
    ("other", "places"),
    [
        (
            '[[senders]]\ndomain = "mail.telecom.example"\nsources = ["s"]\nchecked_on = 2026-11-01\n',
            ["senders[0].domain"],
        ),
        ('websites = ["shop.telecom.example"]\n', ["websites[0]"]),
        ('parent = "telecom-exemple"\nwebsites = ["telecom.example"]\n', []),
        ('websites = ["telecom.example"]\n[obsolete]\nreason = "gone"\n', []),
        ('websites = ["other.example"]\n', []),
    ],
)
def test_two_records_may_not_claim_one_sender(other: str, places: list[str]) -> None:
    """Unless one is the other's brand, or gone."""
    found = _lint(other=OTHER + other)

    assert [one.place for one in found if one.file == "operators/other.toml"] == places
    assert len(found) == 2 * len(places)


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("01 99 00 12 34", "01 99 00 12 34"),
        ("01.99.00.12.34", "01 99 00 12 34"),
        ("+33199001234", "01 99 00 12 34"),
        ("0800123456", "0 800 12 34 56"),
        ("3900", "3900"),
        ("39 00", "3900"),
        ("1023", "1023"),
        ("0262 12 34 56", "0262 12 34 56"),
        ("+49 30 901820", "+49 30 901820"),
        ("555", ""),
        ("7000", ""),
        ("01 99 00 12", ""),
        ("", ""),
        ("call us", ""),
    ],
)
def test_numbers_are_written_as_they_are_printed(number: str, printed: str) -> None:
    """Short numbers stand in a plan of their own; overseas numbers in their own region."""
    assert as_printed(number) == printed


def test_a_number_in_another_form_is_a_warning_and_no_number_is_not() -> None:
    """The first loads."""
    phone = ('medium = "email"', 'medium = "phone"')
    odd = _lint(phone, ("reclamations@telecom.example", "01.99.00.12.34"))
    wrong = _lint(phone, ("reclamations@telecom.example", "0000"))

    assert [(one.warning, one.suggestion) for one in odd] == [(True, "01 99 00 12 34")]
    assert [(one.warning, one.place) for one in wrong] == [(False, "channels[1].target")]
    assert summary((*odd, *wrong)) == (1, 1)


@pytest.mark.parametrize(
    ("number", "limits", "place", "suggestion"),
    [
        ("555", "depuis un mobile Télécom Exemple seulement", "", ""),
        ("555", "", "limits", "depuis une ligne de l'opérateur seulement"),
        ("555", " ", "limits", "depuis une ligne de l'opérateur seulement"),
        ("5 55", "depuis un mobile Télécom Exemple seulement", "target", ""),
        ("055", "depuis un mobile Télécom Exemple seulement", "target", ""),
        ("7000", "depuis un mobile Télécom Exemple seulement", "target", ""),
    ],
)
def test_a_number_of_the_operators_own_lines_says_that_it_is_one(
    number: str, limits: str, place: str, suggestion: str
) -> None:
    """Whoever dials 555 from somebody else's network reaches nobody, or a stranger."""
    phone = ('medium = "email"', f'medium = "phone"\nlimits = "{limits}"')
    found = _lint(phone, ("reclamations@telecom.example", number))

    assert [(one.place, one.suggestion) for one in found] == ([(f"channels[1].{place}", suggestion)] if place else [])
    assert not any(one.warning for one in found)


def test_files_and_folders_are_linted_beside_the_shipped_records(tmp_path: Path) -> None:
    """Only what was asked about is told; a clash with a shipped record is."""
    (tmp_path / "mine.toml").write_text(
        'slug = "mine"\nname = "Mine"\nsector = "other"\nwebsites = ["amazon.fr"]\n', "utf-8"
    )
    (tmp_path / "bad.toml").write_bytes(b"slug = '\xff")
    found = lint([tmp_path], today=TODAY)

    mine, bad = str(tmp_path / "mine.toml"), str(tmp_path / "bad.toml")
    assert [(one.file, one.place) for one in found if one.place] == [(mine, "websites[0]")]
    assert "amazon-fr" in str(found[-1])
    assert {one.file for one in found} == {bad, mine}
    assert lint([tmp_path / "mine.toml"], today=TODAY) == found[-1:]
    assert str(found[0]).startswith(f"{bad}: Expected ")


def test_a_file_is_called_as_whoever_asks_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path that nobody typed is none that one can open."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "x.toml").write_text('slug = "y"\nname = "X"\nsector = "telecom"\n', "utf-8")

    assert run_command_line(["--language", "en", "registry", "lint", "x.toml"]) == 1
    assert capsys.readouterr().out == "x.toml: slug: differs from the file's name (call it 'x')\n"


@pytest.mark.parametrize(("name", "first"), [("m.toml", "#:schema ./mediator.schema.json\n"), ("mediators/m.toml", "")])
def test_a_mediators_record_is_linted_as_one(tmp_path: Path, name: str, first: str) -> None:
    """It says so in its first line, or by where it lies."""
    (tmp_path / "mediators").mkdir()
    (tmp_path / name).write_text(first + 'slug = "m"\nname = "M"\nsectors = ["telecom"]\nscope = "x"\n', "utf-8")

    assert lint([tmp_path / name], today=TODAY) == ()
    assert lint([PACKAGE / "mediators"], today=date(2026, 11, 26)) == ()


def test_ones_own_records_are_linted_as_a_run_reads_them(tmp_path: Path) -> None:
    """A part of a record is judged over the shipped one, and every problem is named with its file."""
    (tmp_path / "free.toml").write_text(
        'slug = "free"\nname = "Free"\nsector = "telecom"\n'
        '[[channels]]\nid = "mine"\nmedium = "email"\npurpose = "privacy"\n'
        'audience = "consumers"\ntarget = "dpo@elsewhere.example"\nquality = "archived"\nstated_on = 2026-01-01\n'
        'checked_on = 2026-01-02\nsources = ["a letter"]\ni_checked_this = true\n',
        "utf-8",
    )
    (tmp_path / "bad.toml").write_text('slug = "worse"\nname = 3\n', "utf-8")
    (tmp_path / "orange.toml").write_text('slug = "orange"\nname = "Orange"\nsector = "telecom"\n', "utf-8")
    found = lint_own(tmp_path)

    free = [(one.file, one.place) for one in found if "free" in one.file]
    assert free == [(f"{tmp_path}/free.toml", "channels[0].audience"), (f"{tmp_path}/free.toml", "channels[0].target")]
    assert {one.file for one in found} == {f"{tmp_path}/free.toml", f"{tmp_path}/bad.toml"}
    assert lint_own(tmp_path / "nowhere") == ()


def test_lint_alone_looks_at_ones_own_records_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever corrected a record asks one command whether a run will use it."""
    folder = tmp_path / "noreply-analyzer" / "operators"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run_command_line(["registry", "lint"]) == 0
    (folder / "mine.toml").write_text('slug = "mine"\nname = "Mine"\nsector = "nonsense"\n', "utf-8")

    assert run_command_line(["registry", "lint"]) == 1
    assert capsys.readouterr().out.startswith(f"{folder}/mine.toml: sector: ")


def test_due_lists_the_oldest_first() -> None:
    """By the older of two dates; obsolete records are nobody's work."""
    old, older = TODAY - timedelta(days=181), TODAY - timedelta(days=400)
    registry = Registry.of(
        [
            operator("a", channels=(channel("fresh"), channel("old", stated_on=old))),
            operator("b", channels=(channel("older", medium=Medium.POST, stated_on=older, quality=Quality.REPORTED),)),
            operator("c", channels=(channel("gone", stated_on=older),), obsolete=Obsolete(reason="closed")),
        ],
        guards=GUARDS,
    )
    found = due(TODAY, shelf_life_days=180, registry=registry)

    assert [(one.file, one.channel.id, one.days) for one in found] == [
        ("operators/b.toml", "older", 400),
        ("operators/a.toml", "old", 181),
    ]
    assert str(found[1]) == "operators/a.toml: old: known to be true 181 days ago: old@telecom.example"
    assert validated(json.dumps(found[1].as_object())) == {
        "type": "due",
        "file": "operators/a.toml",
        "id": "old",
        "what": "old@telecom.example",
        "since": TODAY.isoformat(),
        "sources": list(found[1].channel.sources),
    }
    assert due(TODAY, shelf_life_days=400, registry=registry) == ()


def test_a_day_that_is_still_to_come_is_due() -> None:
    """Whenever that text was read, it was not then."""
    registry = Registry.of([operator(channels=(channel(checked_on=TODAY + timedelta(days=40)),))])

    (found,) = due(TODAY, shelf_life_days=180, registry=registry)

    assert str(found) == (
        "operators/telecom-exemple.toml: contact: bears a day that is still to come: contact@telecom.example"
    )
    assert validated(json.dumps(found.as_object()))["since"] is None


def test_what_is_due_is_printed_for_people_and_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    """Channels and texts of law alike, in the same order; in ten years all of them are due."""
    assert run_command_line(["registry", "due", "--within", "10y"]) == 1
    items = [line for line in capsys.readouterr().out.splitlines() if line.startswith("- [ ] ")]
    assert run_command_line(["registry", "due", "--within", "10y", "--json"]) == 1
    found = [validated(line) for line in capsys.readouterr().out.splitlines()]

    assert {one["type"] for one in found} == {"due"}
    assert {one["file"].partition("/")[0] for one in found} == {"operators", "mediators", "grounds.toml"}
    assert [f"- [ ] {one['file']}: {one['id']}: " for one in found] == [
        ": ".join(item.split(": ")[:2]) + ": " for item in items
    ]
    assert all(one["sources"] for one in found)


def test_the_shipped_records_are_what_is_due_if_no_others_are_named() -> None:
    """In ten years every one of them."""
    assert len(due(date(2036, 1, 1), shelf_life_days=180)) > 100


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A record that cannot be read ends in a sentence that names it."""
    with pytest.raises(DataError, match=r"nowhere\.toml cannot be read"):
        lint([tmp_path / "nowhere.toml"])


# Old records --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "outdated"), [((0, 0, 0), False), ((200, 0, 0), False), ((200, 200, 0), True), ((180, 180, 0), False)]
)
def test_records_that_nobody_has_looked_at_for_long(days: tuple[int, ...], *, outdated: bool) -> None:
    """Most of them, by the day of the last look: then a newer version helps."""
    today = date(2026, 11, 25)
    channels = tuple(
        a_channel(id=f"c{number}", stated_on=date(2020, 1, 1), checked_on=today - timedelta(days=age))
        for number, age in enumerate(days)
    )
    registry = Registry.of([an_operator(channels=channels)])

    assert is_outdated(registry, today, shelf_life_days=180) is outdated


def test_they_are_told_once_a_month(capsys: pytest.CaptureFixture[str]) -> None:
    """Not at every run of a cron job; in JSON as a note of the whole run."""
    old = Registry.of([an_operator(channels=(a_channel(stated_on=date(2020, 1, 1), checked_on=date(2020, 1, 1)),))])
    with State.in_memory() as state:
        for as_json in (False, True):
            printer = RunPrinter(out=sys.stdout, zone=ZoneInfo("Europe/Paris"), as_json=as_json, dry_run=False)
            _say_if_outdated(old, Settings(), state, printer)
    with State.in_memory() as another:
        _say_if_outdated(old, Settings(), another, printer)
    first, second = capsys.readouterr().out.splitlines()

    assert first.startswith("most records were last checked over 180 days ago; update this program")
    assert validated(second)["source"] == {}


# The rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence"),
    [
        ("reclamations@telecom.example", "reclamations@telecom-help.example", "channels[1].target", "none of the oper"),
        ('audience = "consumers"\ntarget', 'audience = "data-subjects"\ntarget', "channels[1].purpose", "has the purp"),
        ('purpose = "complaints"', 'purpose = "privacy"', "channels[1].audience", "is for data-subjects"),
        ('medium = "email"', 'i_checked_this = true\nmedium = "email"', "channels[1].i_checked_this", "user's own"),
        ('sector = "telecom"', 'sector = "telekom"', "sector", "'telekom' is no sector (did you mean 'telecom'?)"),
        ("brands =", 'country = "France"\nbrands =', "country", "'France' is no country: two capital letters"),
        ("brands =", 'country = "fr"\nbrands =', "country", "'fr' is no country: two capital letters"),
        ('read_by = "', 'languages = ["fr", "english"]\nread_by = "', "channels[0].languages[1]", "two small letters"),
        ('read_by = "', 'languages = ["FR"]\nread_by = "', "channels[0].languages[0]", "two small letters"),
        ("brands =", 'sells_for = ["nobody"]\nbrands =', "sells_for[0]", "there is no 'nobody'"),
    ],
)
def test_each_rule_finds_what_breaks_it(old: str, new: str, place: str, sentence: str) -> None:
    """With the place and a sentence; the sound record breaks none."""
    guards = Guards(sectors=("telecom",))
    sound, broken = (
        lint_texts(
            {"telecom-exemple.toml": text}, {"communications-electroniques.toml": MEDIATOR}, guards=guards, today=TODAY
        )
        for text in (SOUND, SOUND.replace(old, new))
    )

    assert sound == ()
    assert [(one.place, sentence in one.sentence) for one in broken] == [(place, True)]


_ROUNDS = (  # what keeps a record from loading, and what only the rules say
    ('slug = "telecom-exemple"', 'slug = "telecom"', "slug"),
    ('["telecom.example"]', '["https://telecom.example"]', "websites[0]"),
    ('id = "contact"', 'id = "Contact Us"', "channels[1].id"),
    ("reclamations@", "noreply@", "channels[1].target"),
    ('"TSA 00000", ', '"' + "x" * 39 + '", ', "channels[0].lines[2]"),
    ('"00000 VILLE CEDEX"', '"00000 Ville Cedex"', "channels[0].lines[3]"),
    ('channel = "mediator"', 'channel = "the-boss"', "escalation[0].channel"),
    ('"communications-electroniques"', '"nobody"', "mediator"),
    ("brands =", 'country = "France"\nbrands =', "country"),
    (
        "stated_on = 2026-07-03\nchecked_on = 2026",
        "stated_on = 2026-07-03\nchecked_on = 2027",
        "channels[0].checked_on",
    ),
)


def _broken_everywhere() -> str:
    text = SOUND
    for old, new, _place in _ROUNDS:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_everything_that_is_wrong_is_named_at_once() -> None:
    """Whoever mends what one lint says needs no second one."""
    texts = {"telecom-exemple.toml": _broken_everywhere()}
    found = lint_texts(texts, {}, guards=GUARDS, today=TODAY)

    assert {one.place for one in found} == {place for _old, _new, place in _ROUNDS}
    assert {one.file for one in found} == {"operators/telecom-exemple.toml"}
    mediator = 'slug = "n"\nname = "M"\nsectors = []\nconditions = "x"\nwebsites = ["https://m.example"]\n'
    both = lint_texts({}, {"m.toml": mediator}, guards=GUARDS, today=TODAY)
    assert [one.place for one in both] == ["conditions", "slug", "websites[0]"]


def test_of_ones_own_records_too(tmp_path: Path) -> None:
    """Over a shipped one and alone."""
    (tmp_path / "telecom-exemple.toml").write_text(_broken_everywhere(), "utf-8")
    (tmp_path / "free.toml").write_text(
        'slug = "freee"\nname = "Free"\nsector = "telecom"\ncountry = "France"\nwebsites = ["https://free.fr"]\n',
        "utf-8",
    )
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    found = lint_own(tmp_path, today=TODAY)
    of = {one.file.rpartition("/")[2] for one in found}

    places = {one.place for one in found if one.file.endswith("telecom-exemple.toml")}
    assert places == {place for _old, _new, place in _ROUNDS}
    assert {"country", "slug", "websites[0]"} == {one.place for one in found if one.file.endswith("free.toml")}
    assert of == {"telecom-exemple.toml", "free.toml", "folder.toml", "latin.toml"}


def test_a_misspelt_key_hides_neither_the_slug_nor_the_websites() -> None:
    """Only what hangs together with it."""
    found = _lint(
        ("brands =", "brand ="), ('slug = "telecom-exemple"', 'slug = "x"'), ('["telecom', '["https://telecom')
    )

    assert [one.place for one in found if "telecom-exemple" in one.file] == ["brand", "slug", "websites[0]"]


_ANYTHING = st.one_of(st.text(max_size=12), st.sampled_from(["https://", "@", "a@b", "..", "0", "TSA"]))


@settings(max_examples=200, deadline=None)
@given(
    where=st.sampled_from(
        [
            "telecom.example",
            "mail.telecom.example",
            "noreply@mail.telecom.example",
            "reclamations@telecom.example",
            "TSA 00000",
            "00000 VILLE CEDEX",
            "telecom-exemple",
            "contact",
        ]
    ),
    medium=st.sampled_from(Medium),
    value=_ANYTHING,
)
def test_no_record_is_too_wrong_to_be_linted(where: str, medium: Medium, value: str) -> None:
    """The rules are asked of records that do not load, too."""
    quoted = "".join(f"\\U{ord(letter):08x}" for letter in value if not 0xD800 <= ord(letter) < 0xE000)
    text = SOUND.replace(f'"{where}"', f'"{quoted}"').replace('medium = "email"', f'medium = "{medium}"')

    for finding in lint_texts({"telecom-exemple.toml": text}, {}, guards=GUARDS, today=TODAY):
        assert finding.file == "operators/telecom-exemple.toml"


def test_what_is_left_to_be_decided_is_found(tmp_path: Path) -> None:
    """In a remark, in a value, and in a record that says nothing else; in one's own records too."""
    remark, value = ("brands =", "# TODO: right?\nbrands ="), ('name = "Télécom Exemple"', 'name = "TODO"')
    found = _lint(remark, value)

    assert [(one.place, one.sentence, one.warning) for one in found] == [
        ("line 3", "decide this TODO and take it out", True),
        ("line 5", "decide this TODO and take it out", True),
    ]
    assert _lint(("brands =", "# Método, todo, TODOS\nbrands =")) == ()
    (tmp_path / "mine.toml").write_text(OTHER.replace("other", "mine") + "# TODO\n", "utf-8")
    (tmp_path / "broken.toml").write_text("TODO", "utf-8")
    places = [(one.file.rpartition("/")[2], one.place) for one in lint_own(tmp_path) if "TODO" in one.sentence]
    assert places == [("broken.toml", "line 1"), ("mine.toml", "line 4")]


@pytest.mark.parametrize(
    "explained",
    [("websites = [", 'websites = ["telecom-help.example", '), ('medium = "e', 'domain_basis = "terms"\nmedium = "e')],
)
def test_an_address_elsewhere_is_explained_or_its_domain_is_the_operators(explained: tuple[str, str]) -> None:
    """Either is enough."""
    assert _lint(("reclamations@telecom.example", "reclamations@telecom-help.example"), explained) == ()


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ('parent = "{}"', ["parent", "parent"]),
        ('[obsolete]\nreason = "x"\nredirect = "{}"', ["obsolete.redirect", "obsolete.redirect"]),
    ],
)
def test_records_that_lead_round_in_a_circle(key: str, found: list[str]) -> None:
    """Each record of the circle is named."""
    record = 'slug = "{}"\nname = "X"\nsector = "telecom"\n'
    texts = {f"{one}.toml": record.format(one) + key.format(other) for one, other in (("a", "b"), ("b", "a"))}
    findings = lint_texts(texts, {}, guards=GUARDS)

    assert [one.place for one in findings if "circle" in one.sentence] == found


def test_a_slug_is_for_ever() -> None:
    """A record that was taken away is missed, and a new one has to be added to the list."""
    findings = lint_texts({"other.toml": OTHER}, {}, guards=GUARDS, once=["gone"])

    assert [(one.file, one.place, one.warning) for one in findings] == [
        ("operators/other.toml", "slug", True),
        ("operators/slugs.txt", "gone", False),
    ]


def test_a_mediators_conditions_say_where_they_were_read() -> None:
    """Only a look: the mediator can be used all the same."""
    texts = {"m.toml": 'slug = "m"\nname = "M"\nsectors = ["telecom"]\nconditions = "une réclamation écrite"\n'}
    sourced = {"m.toml": texts["m.toml"] + 'sources = ["https://m.example"]\nchecked_on = 2026-11-02\n'}

    assert [(one.place, one.warning) for one in lint_texts({}, texts, guards=GUARDS)] == [("conditions", True)]
    assert lint_texts({}, sourced, guards=GUARDS) == ()


@pytest.mark.parametrize("checked", ["", "i_checked_this = true\n"])
def test_nobody_may_say_that_an_address_that_takes_no_answer_is_right(tmp_path: Path, checked: str) -> None:
    """It stands on no list, and no list is needed to know what becomes of a letter to it."""
    (tmp_path / "inconnu.toml").write_text(
        'slug = "inconnu"\nname = "Inconnu"\nsector = "telecom"\nwebsites = ["inconnu.example"]\n[[channels]]\n'
        f'id = "mine"\nmedium = "email"\npurpose = "customer-service"\naudience = "consumers"\n{checked}'
        'target = "noreply@inconnu.example"\nquality = "archived"\nstated_on = 2026-11-01\n'
        'checked_on = 2026-11-01\nsources = ["my contract"]\n',
        "utf-8",
    )
    registry, problems = Registry.with_user_records(tmp_path)

    assert "inconnu" not in registry.by_slug
    assert problems == ("inconnu.toml: channels[0].target: says itself that it takes no answer",)


@pytest.mark.parametrize(("checked", "kept"), [("", False), ("i_checked_this = true\n", True)])
def test_a_user_may_say_that_a_listed_address_is_right(tmp_path: Path, checked: str, *, kept: bool) -> None:
    """Only with `i_checked_this`, and only in a record of his own; otherwise the shipped one is used."""
    (tmp_path / "orange.toml").write_text(
        'slug = "orange"\nname = "Orange"\nsector = "telecom"\n[[channels]]\nid = "mine"\nmedium = "email"\n'
        f'purpose = "customer-service"\naudience = "consumers"\ntarget = "contact@orange.fr"\n{checked}'
        'quality = "archived"\nstated_on = 2026-11-01\nchecked_on = 2026-11-01\nsources = ["my contract"]\n',
        "utf-8",
    )
    registry, problems = Registry.with_user_records(tmp_path)

    assert ("mine" in [one.id for one in registry.by_slug["orange"].channels]) is kept
    assert bool(problems) is not kept
    hint = " (if you know that it is right after all, write i_checked_this = true)"
    assert all(line.endswith(hint) for line in problems)


# Counts, schema, what is due soon -----------------------------------------------------------------------------------


def test_what_will_be_due_soon_is_listed_too() -> None:
    """As an item of a checklist, with its sources."""
    registry = Registry.of([operator(channels=(channel(stated_on=TODAY - timedelta(days=170)),))])

    assert due(TODAY, shelf_life_days=180, registry=registry) == ()
    (soon,) = due(TODAY, shelf_life_days=180, registry=registry, within_days=30)
    assert (
        soon.checklist().splitlines()[0].startswith("- [ ] operators/telecom-exemple.toml: contact: known to be true")
    )
    assert "      https://telecom.example/cgv" in soon.checklist()


@pytest.mark.parametrize(
    ("word", "days"), [("30", 30), ("30d", 30), (" 4W ", 28), ("6m", 180), ("1y", 365), ("0d", 0), ("4 w", 28)]
)
def test_how_soon_is_said_as_scan_says_since_when(word: str, days: int) -> None:
    """Days alone are days."""
    assert days_in(word) == days


@pytest.mark.parametrize("word", ["", "w", "4x", "-1d", "2026-01-31", "999999d", "\u0664w x"])
def test_what_is_no_stretch_of_time(word: str) -> None:
    """It is a mistake of the command line."""
    with pytest.raises(UsageError, match="is no stretch of time: write 90d, 12w, 6m, 1y"):
        days_in(word)


def test_the_counts_count_living_operators() -> None:
    """By medium, purpose, quality and age."""
    gone = operator("gone", obsolete=Obsolete(reason="bought"), channels=(channel(),))
    old = channel("old", medium=Medium.POST, stated_on=date(2020, 1, 1), quality=Quality.REPORTED)
    counted = stats(Registry.of([operator(channels=(channel(), old)), operator("none"), gone]), TODAY)

    assert (counted.operators, counted.obsolete, counted.reachable) == (2, 1, 1)
    assert counted.by["medium"]["email"] == counted.by["medium"]["post"] == 1
    assert counted.by["quality"] == {"tested": 0, "verified": 0, "archived": 1, "reported": 1}
    assert counted.by["age"] == {"30 d": 0, "180 d": 1, "1 y": 0, "2 y": 0, "> 2 y": 1}
    assert stats_rows(counted)[-1][1:] == ("> 2 y", "1", "█" * 40)


def test_the_schema_takes_every_shipped_record_and_no_other_key() -> None:
    """What an editor would underline is what the program refuses."""
    validator = Draft202012Validator(schema())
    for slug in ("orange", "sncf-connect", "darty-box"):
        text = (PACKAGE / "operators" / f"{slug}.toml").read_text("utf-8")
        record = json.loads(json.dumps(tomllib.loads(text), default=str))
        validator.validate(record)
        assert not validator.is_valid(record | {"brand": []})


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ([], "operators/operator.schema.json"),
        (["operator"], "operators/operator.schema.json"),
        (["mediator"], "mediators/mediator.schema.json"),
    ],
)
def test_the_schema_beside_the_records_is_the_one_that_is_printed(words: list[str], file: str) -> None:
    """So that the first line of a record leads to it, in a checkout and where the program is installed."""
    printed = CliRunner().invoke(registry_commands.schema, words, standalone_mode=False).stdout
    validator = Draft202012Validator(json.loads(printed))

    assert (PACKAGE / file).read_text("utf-8") == printed
    for path in sorted((PACKAGE / file).parent.glob("*.toml")):
        validator.validate(json.loads(json.dumps(tomllib.loads(path.read_text("utf-8")), default=str)))


@pytest.mark.parametrize("kind", ["operator", "mediator"])
def test_each_shipped_record_names_its_schema_in_its_first_line(kind: str) -> None:
    """So that whoever opens one to correct it is told of a misspelt key while typing."""
    first = {path.name: path.read_text("utf-8").split("\n")[0] for path in (PACKAGE / f"{kind}s").glob("*.toml")}

    assert first == dict.fromkeys(first, f"#:schema ./{kind}.schema.json")
    assert (first["orange.toml"] == SCHEMA) if kind == "operator" else len(first) > 30


def test_a_record_as_markdown() -> None:
    """Headings and lists; what Markdown would take for its own is escaped."""
    registry = Registry.of([operator(note="a_b <c>", channels=(channel(),))])
    directory = Directory(registry=registry, today=TODAY, shelf_life_days=180, shipped=registry)
    written = list(markdown(directory.entry("telecom-exemple")))

    assert written[0] == "# Telecom-Exemple (telecom-exemple)"
    assert "- note: a\\_b \\<c\\>" in written
    assert "## How it can be reached" in written
    assert any(line.startswith("- contact: ") for line in written)
    assert "  - contact@telecom.example" in written
