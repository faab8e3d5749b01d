"""`registry import datenanfragen`: other people's records into the user's own, updated and never doubled."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import a_channel, an_operator
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from saved import commit
from schema import validated

from noreply_analyzer import registry_commands, upkeep_commands
from noreply_analyzer.address import Address, Domain
from noreply_analyzer.catalogue import open_registry
from noreply_analyzer.collection import collected, read_collection
from noreply_analyzer.datenanfragen import MAX_BYTES, Version, as_operator, channels_of, read_company
from noreply_analyzer.errors import DataError, LockHeldError, OutputError
from noreply_analyzer.guards import Guards
from noreply_analyzer.importing import FILE, Import, take_in
from noreply_analyzer.lock import take_lock
from noreply_analyzer.options import Options
from noreply_analyzer.records import Audience, Channel, Medium, Obsolete, Operator, Purpose, Quality, Refusal
from noreply_analyzer.registrar import check_operator, read_operator
from noreply_analyzer.registry import Registry
from noreply_analyzer.scribe import written

TODAY = date(2026, 11, 26)
DAY = date(2026, 7, 3)
VERSION = Version("12345678", DAY)
SHIPPED = Registry.of(
    [
        an_operator(slug="telecom-exemple", name="Télécom Exemple", websites=("telecom.example",)),
        an_operator(slug="refus", do_not_use=(Refusal(address="dpo@refus.example", reason="wrong"),), channels=()),
        an_operator(slug="ancien", obsolete=Obsolete(reason="closed")),
        an_operator(slug="boites", websites=("freemail.example",)),
    ],
    guards=Guards(shared_domains=("freemail.example",)),
)


def a_company(slug: str = "exemple", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of JSON
    """Give one company of the collection."""
    return {
        "slug": slug,
        "relevant-countries": ["fr"],
        "categories": ["telecommunication"],
        "name": "Exemple SA",
        "address": "12, boulevard de l'Écluse\nCS 00000\n00017 Saint-Exemple\nFrance",
        "phone": "+33 1 99 00 12 34",
        "email": f"dpo@{slug}.example",
        "web": f"https://www.{slug}.example/fr/",
        "sources": [f"https://www.{slug}.example/privacy"],
        "quality": "verified",
    } | changes


def saved(folder: Path, *companies: dict[str, Any], day: str = "2026-07-03") -> str:
    """Commit some companies."""
    return commit(folder, {f"companies/{one['slug']}.json": json.dumps(one) for one in companies}, day=day)


def taken(folder: Path, into: Path) -> Import:
    """Import them."""
    return take_in(folder, into, shipped=SHIPPED, today=TODAY)


def imported(into: Path) -> dict[str, Operator]:
    """Give the records that an import wrote."""
    found = read_collection((into / FILE).read_bytes(), FILE)
    assert (found.problems, found.as_written) == ((), True)
    return {operator.slug: operator for operator in found.operators}


def operator_of(company: dict[str, Any], version: Version = VERSION) -> Operator:
    """Give the record of one company."""
    read = read_company(json.dumps(company).encode(), f"{company['slug']}.json")
    return as_operator(read, version, today=TODAY)


def by_medium(operator: Operator) -> dict[Medium, Channel]:
    """Give its channels."""
    return {channel.medium: channel for channel in operator.channels}


# One company --------------------------------------------------------------------------------------------------------


def test_a_company_is_for_privacy_and_nothing_else() -> None:
    """No bill is ever asked about there; found by the domain of its website."""
    operator = operator_of(a_company(runs=["Marque"], comments=["Write in French."]))

    assert (operator.name, operator.country, operator.sector) == ("Exemple SA", "FR", "telecom")
    assert (operator.websites, operator.brands) == (("exemple.example",), ())
    assert operator.note == "also: Marque. Write in French."
    assert {(one.purpose, one.audience) for one in operator.channels} == {(Purpose.PRIVACY, Audience.DATA_SUBJECTS)}
    assert [(one.id, one.target or one.lines) for one in operator.channels] == [
        ("datenanfragen-email", "dpo@exemple.example"),
        ("datenanfragen-post", ("Exemple SA", "12 BOULEVARD DE L'ECLUSE", "CS 00000", "00017 SAINT-EXEMPLE")),
        ("datenanfragen-phone", "01 99 00 12 34"),
    ]
    assert operator.channels[0].sources == (
        "datenanfragen.de, companies/exemple.json at 12345678",
        "https://www.exemple.example/privacy",
    )
    assert read_operator(written(operator), "exemple.toml") == operator


@pytest.mark.parametrize(
    ("quality", "version", "grade", "stated_on"),
    [
        ("tested", VERSION, Quality.ARCHIVED, DAY),
        ("verified", VERSION, Quality.ARCHIVED, DAY),
        ("imported", VERSION, Quality.REPORTED, DAY),
        ("scraped", VERSION, Quality.REPORTED, DAY),
        ("excellent", VERSION, Quality.REPORTED, DAY),
        ("tested", Version(), Quality.REPORTED, None),
    ],
)
def test_grades(quality: str, version: Version, grade: Quality, stated_on: date | None) -> None:
    """What somebody did counts as a dated copy; without a day it counts as hearsay."""
    channels = operator_of(a_company(quality=quality), version).channels

    assert {(one.quality, one.stated_on, one.checked_on) for one in channels} == {(grade, stated_on, TODAY)}


@pytest.mark.parametrize(
    ("changes", "key", "value"),
    [
        ({"address": "1 Street\nTown X1 1XX\nUnited Kingdom"}, "country", "GB"),
        ({"address": "Weg 1\n00000 Stadt", "relevant-countries": ["de"]}, "country", "DE"),
        ({"address": "1 Street\nAtlantis", "relevant-countries": ["all"]}, "country", "ZZ"),
        ({"categories": ["nonprofit"]}, "sector", "other"),
        ({"categories": ["nonprofit", "commerce"]}, "sector", "e-commerce"),
        ({"web": "https://shop.exemple.example:8443/x"}, "websites", ("exemple.example",)),
        ({"web": "https://com/"}, "websites", ()),
        ({"web": "not a page"}, "websites", ()),
        ({"web": "https://[::1"}, "websites", ()),
    ],
)
def test_what_is_said_of_the_company(changes: dict[str, Any], key: str, value: object) -> None:
    """As far as it can be known."""
    assert getattr(operator_of(a_company(**changes)), key) == value


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("Exemple SA\n1 Rue A\n00001 Ici\nFrance", ("Exemple SA", "1 RUE A", "00001 ICI")),
        ("1 Street\nTown X1\nUnited Kingdom", ("Exemple SA", "1 Street", "Town X1", "United Kingdom")),
        ("a\n" * 9 + "00001 Ici\nFrance", None),
        ("", None),
        (
            "1 Rue de la très longue énumération de lieux\n00001 Ici\nFrance",
            ("Exemple SA", "1 RUE DE LA TRES LONGUE ENUMERATION DE", "LIEUX", "00001 ICI"),
        ),
        ("1 Rue " + "x" * 60 + "\n00001 Ici\nFrance", None),
    ],
)
def test_an_address_fits_an_envelope_or_is_left_out(address: str, lines: tuple[str, ...] | None) -> None:
    """With the name above."""
    found = by_medium(operator_of(a_company(address=address))).get(Medium.POST)

    assert (found.lines if found else None) == lines


def test_the_medium_that_is_suggested_comes_first() -> None:
    """A letter, where they want one; and people elsewhere are not sent there."""
    operator = operator_of(a_company() | {"suggested-transport-medium": "letter", "relevant-countries": ["de", "at"]})

    assert [one.medium for one in operator.channels] == [Medium.POST, Medium.EMAIL, Medium.PHONE]
    assert {(one.region, one.languages) for one in operator.channels} == {("DE, AT", ("de",))}
    assert operator_of(a_company() | {"request-language": "nl"}).channels[0].languages == ("nl",)


@pytest.mark.parametrize(
    ("data", "fine"),
    [
        (json.dumps(a_company()), True),
        (json.dumps(a_company() | {"new-key": 1}), True),
        (json.dumps(a_company("other")), False),
        (json.dumps(a_company(name=" ")), False),
        (json.dumps(a_company(email=["a"])), False),
        (json.dumps(a_company(runs=["x"] * 501)), False),
        ("[]", False),
        ("{}", False),
        ("[" * 100_000, False),
        ("\udcff", False),
    ],
)
def test_what_is_no_company_is_refused(data: str, *, fine: bool) -> None:
    """With a sentence that names the file."""
    if fine:
        assert read_company(data.encode(), "exemple.json").slug == "exemple"
        return
    with pytest.raises(DataError, match=r"exemple\.json: "):
        read_company(data.encode("utf-8", "surrogateescape"), "exemple.json")


TEXT = st.text(max_size=60)
COMPANIES = st.fixed_dictionaries(
    {"slug": st.just("exemple"), "name": st.text(min_size=1, max_size=50)},
    optional={
        **dict.fromkeys(("address", "phone", "email", "webform", "web", "request-language", "quality"), TEXT),
        **dict.fromkeys(
            ("runs", "categories", "relevant-countries", "sources", "comments"), st.lists(TEXT, max_size=4)
        ),
    },
)


@given(COMPANIES)
def test_a_record_says_in_its_file_what_it_says(company: dict[str, Any]) -> None:
    """Whatever a company says; what cannot be true of it is found before it is written."""
    try:
        read = read_company(json.dumps(company).encode(), "exemple.json")
    except DataError:
        return
    operator = as_operator(read, VERSION, today=TODAY)
    if list(check_operator(operator)):
        return
    assert read_operator(written(operator), "exemple.toml") == operator


@given(st.binary(max_size=300))
def test_any_bytes_are_a_company_or_none(data: bytes) -> None:
    """And nothing else."""
    with pytest.raises(DataError):
        read_company(data, "exemple.json")


# A collection -------------------------------------------------------------------------------------------------------


def test_a_collection_is_added_and_updated(tmp_path: Path) -> None:
    """Once; a record is written again only where it says something else."""
    folder, into = tmp_path / "data", tmp_path / "own"
    digits = saved(folder, a_company(), a_company("autre"))
    first = taken(folder, into)
    written_first = (into / FILE).read_bytes()
    again = take_in(folder, into, shipped=SHIPPED, today=date(2027, 1, 1))
    written_again = (into / FILE).read_bytes()
    saved(folder, a_company(email="privacy@exemple.example"), day="2026-08-04")
    third = taken(folder, into)
    operator = imported(into)["exemple"]

    assert (first.added, first.unchanged, first.companies) == (["autre", "exemple"], 0, 2)
    assert (again.added, again.updated, again.unchanged) == ([], [], 2)
    assert written_again == written_first
    assert (third.added, third.updated, third.unchanged) == ([], ["exemple"], 1)
    assert operator.channels[0].target == "privacy@exemple.example"
    assert operator.channels[0].stated_on == date(2026, 8, 4)
    assert sorted(entry.name for entry in into.iterdir()) == [f".{FILE}.lock", FILE]
    assert f"companies/autre.json at {digits[:8]}" in imported(into)["autre"].channels[0].sources[0]
    registry, problems = Registry.with_user_records(into, SHIPPED)
    match = registry.find(Address("noreply", Domain("exemple.example")))
    assert not problems
    assert match
    assert match.operator == operator


def test_a_record_of_ones_own_wins_over_an_imported_one(tmp_path: Path) -> None:
    """Channel by channel, as over a shipped one; that is how one is corrected, and an import leaves it alone."""
    folder, into = tmp_path / "data", tmp_path / "own"
    saved(folder, a_company())
    into.mkdir()
    (into / "exemple.toml").write_text(
        'slug = "exemple"\nname = "Exemple"\nsector = "telecom"\n[[channels]]\nid = "datenanfragen-email"\n'
        'medium = "email"\npurpose = "privacy"\naudience = "data-subjects"\ntarget = "mine@exemple.example"\n'
        'quality = "reported"\nchecked_on = 2026-11-01\nsources = ["a letter"]\n',
        "utf-8",
    )
    taken(folder, into)
    operator = Registry.with_user_records(into, SHIPPED)[0].by_slug["exemple"]

    assert {one.id: one.target for one in operator.channels}["datenanfragen-email"] == "mine@exemple.example"
    assert operator.name == "Exemple"
    assert len(operator.channels) == 3
    assert imported(into)["exemple"].channels[0].target == "dpo@exemple.example"


def test_a_file_that_was_changed_by_hand_is_left_alone(tmp_path: Path) -> None:
    """Or is none of an import's: the sentence says where a correction belongs. What stands there holds until then."""
    folder, into = tmp_path / "data", tmp_path / "own"
    saved(folder, a_company())
    taken(folder, into)
    changed = (into / FILE).read_bytes().replace(b"dpo@exemple", b"moi@exemple")
    (into / FILE).write_bytes(changed)
    saved(folder, a_company(email="new@x.example"))
    with pytest.raises(DataError, match="put what you changed into files of your own beside it"):
        taken(folder, into)
    operator = Registry.with_user_records(into, SHIPPED)[0].by_slug["exemple"]

    assert (into / FILE).read_bytes() == changed
    assert operator.channels[0].target == "moi@exemple.example"
    (into / FILE).unlink()
    (into / FILE).symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError):
        taken(folder, into)
    assert not (tmp_path / "nowhere").exists()


def test_an_import_that_is_cut_off_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole; the next one goes on."""
    folder, into = tmp_path / "data", tmp_path / "own"
    saved(folder, a_company("a"))
    taken(folder, into)
    before = (into / FILE).read_bytes()
    saved(folder, a_company("b"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        taken(folder, into)
    monkeypatch.undo()

    assert (into / FILE).read_bytes() == before
    assert taken(folder, into).added == ["b"]
    assert sorted(entry.name for entry in into.iterdir()) == [f".{FILE}.lock", FILE]


def test_of_two_imports_at_once_the_second_says_so(tmp_path: Path) -> None:
    """And what to do; when the first has ended, however it ended, the next goes on."""
    folder, into = tmp_path / "data", tmp_path / "own"
    saved(folder, a_company())
    into.mkdir()
    with take_lock(into / f".{FILE}", "held"), pytest.raises(LockHeldError, match="wait for it to end") as caught:
        taken(folder, into)

    assert caught.value.exit_status == 75
    assert not (into / FILE).exists()
    assert taken(folder, into).added == ["exemple"]


def test_a_curated_record_is_added_to(tmp_path: Path) -> None:
    """Under its own slug, by slug or by website; two companies of one operator have channels of their own."""
    folder, into = tmp_path / "data", tmp_path / "into"
    same = a_company("telecom-exemple")
    other = a_company("telecom-gmbh", web="https://telecom.example", email="dpo@telecom.example", phone="")
    page = a_company("club", web="https://telecom.example/clubs/exemple/")
    free = a_company("courrier", web="https://www.freemail.example/")
    saved(folder, same, other, page, free, a_company("ancien"))
    done = taken(folder, into)
    operator = imported(into)["telecom-exemple"]

    assert done.added == ["club", "courrier", "telecom-exemple"]
    assert operator.name == "Télécom Exemple"
    assert operator.websites == ()
    assert [one.id for one in operator.channels] == [
        "datenanfragen-email",
        "datenanfragen-post",
        "datenanfragen-phone",
        "datenanfragen-telecom-gmbh-email",
    ]
    assert imported(into)["club"].websites == ()


def test_what_cannot_be_taken_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    """A file that is none, one that is too big, a form that is no page; what must not be used is only left out."""
    folder, into = tmp_path / "data", tmp_path / "into"
    saved(
        folder,
        a_company("refus"),
        a_company("muet", email="noreply@muet.example"),
        a_company("bon", webform="http://bon.example/form"),
    )
    commit(folder, {"companies/bad.json": "{", "companies/big.json": b" " * (MAX_BYTES + 1), "companies/no.txt": "x"})
    (folder / "companies" / "link.json").symlink_to(folder / "companies" / "bon.json")
    done = taken(folder, into)
    sentences = "\n".join(done.problems)

    assert done.added == ["bon", "muet", "refus"]
    assert done.refused == [
        "companies/muet.json: noreply@muet.example is left out: says itself that it takes no answer",
        "companies/refus.json: dpo@refus.example is left out: wrong",
    ]
    assert "companies/bon.json: channels[2].target: should be the address of a page" in sentences
    assert "bad.json: " in sentences
    assert "big.json has more than" in sentences
    assert len(done.problems) == 3
    assert [one.medium for one in imported(into)["bon"].channels] == [
        Medium.EMAIL,
        Medium.POST,
        Medium.PHONE,
    ]


def test_what_is_no_checkout_is_said_so(tmp_path: Path) -> None:
    """Before anything is made."""
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DataError, match="is no checkout of their data"):
            taken(folder, tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_where_nothing_can_be_written_is_said_so(tmp_path: Path) -> None:
    """A file in the place of the folder."""
    saved(tmp_path / "data", a_company())
    (tmp_path / "into").write_text("", "utf-8")

    with pytest.raises(OutputError, match="cannot be written"):
        taken(tmp_path / "data", tmp_path / "into")


def test_a_record_that_is_no_longer_in_the_collection_is_taken_out(tmp_path: Path) -> None:
    """And named; one whose file cannot be read today stays as it was."""
    folder, into = tmp_path / "data", tmp_path / "into"
    saved(folder, a_company("a"), a_company("b"), a_company("c"))
    taken(folder, into)
    (folder / "companies" / "b.json").unlink()
    (folder / "companies" / "c.json").write_text("{", "utf-8")

    assert taken(folder, into).gone == ["b"]
    assert list(imported(into)) == ["a", "c"]


def test_an_import_makes_no_shipped_record_look_younger(tmp_path: Path) -> None:
    """What a person has to look at again is not hidden behind what was read today."""
    folder, into = tmp_path / "data", tmp_path / "into"
    saved(folder, *(a_company(f"c{at}") for at in range(9)))
    taken(folder, into)
    registry, _problems = Registry.with_user_records(into, SHIPPED)

    assert len(registry.by_slug) == len(SHIPPED.by_slug) + 9
    assert registry.index.last_look == SHIPPED.index.last_look == date(2026, 11, 2)


def test_what_was_imported_is_not_due(tmp_path: Path) -> None:
    """The next import renews it; a checklist of thousands would be read by nobody."""
    config = tmp_path / "config.toml"
    config.write_text(f'[registry]\ndirectory = "{tmp_path / "into"}"\n', "utf-8")
    saved(tmp_path / "data", a_company(), day="2019-01-01")
    taken(tmp_path / "data", tmp_path / "into")
    (tmp_path / "into" / "mine.toml").write_text(
        written(an_operator(slug="mine", channels=(a_channel(stated_on=date(2019, 1, 1)),))), "utf-8"
    )
    done = CliRunner().invoke(
        registry_commands.due, [], standalone_mode=False, obj=Options(config=str(config)), catch_exceptions=False
    )

    assert (done.return_value, "operators/mine.toml: service-client" in done.stdout) == (1, True)
    assert "exemple.toml" not in done.stdout


# Its file -----------------------------------------------------------------------------------------------------------


def test_a_line_that_cannot_be_read_costs_itself() -> None:
    """It is named by its number; of many only the first."""
    sound, other = (an_operator(slug=slug) for slug in ("a", "b"))
    lines = collected("x", [sound, other]).splitlines()
    bad = [b"[", b'{"slug": "c"}', b'{"slug": "../d", "name": "D", "sector": "x"}', b"\xff", *[b"0"] * 9]
    found = read_collection(b"\n".join((*lines[:2], *bad, lines[2], b"")), "x.jsonl")

    assert found.operators == (sound, other)
    assert not found.as_written
    assert [problem.partition(": ")[2][:8] for problem in found.problems[:5]] == [f"line {n}: " for n in range(3, 8)]
    assert "'../d' is no slug" in found.problems[2]
    assert found.problems[5:] == ("x.jsonl: 8 more lines cannot be read; import it again",)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]\n{}", b'slug = "a"\n', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_collection_is_one_problem(data: bytes, tmp_path: Path) -> None:
    """Also among the user's records: the others are used."""
    (tmp_path / FILE).write_bytes(data)
    (tmp_path / "mine.toml").write_text('slug = "mine"\nname = "M"\nsector = "other"\n', "utf-8")
    registry, problems = Registry.with_user_records(tmp_path, SHIPPED)

    assert problems == (f"{FILE}: is no collection that registry import wrote",)
    assert "mine" in registry.by_slug


@given(st.binary(max_size=300))
def test_any_bytes_are_a_collection_or_problems(data: bytes) -> None:
    """Under a heading or without one."""
    assert read_collection(data, FILE).operators == ()
    heading = collected("x", []).splitlines()[0] + b"\n"
    found = read_collection(heading + data, FILE)
    assert found.as_written == (data == b"")
    assert bool(found.problems) == any(line.strip() for line in data.split(b"\n"))


@given(COMPANIES)
def test_a_record_says_in_a_collection_what_it_says(company: dict[str, Any]) -> None:
    """Whatever a company says."""
    try:
        read = read_company(json.dumps(company).encode(), "exemple.json")
    except DataError:
        return
    operator = as_operator(read, VERSION, today=TODAY)

    assert read_collection(collected("x", [operator]), FILE).operators == (operator,)


def test_an_address_that_is_denied_later_is_left_out_and_named(tmp_path: Path) -> None:
    """An import is as old as it is: each look holds it against what must not be used now."""
    email = a_channel(medium=Medium.EMAIL, lines=(), target="x@a.example")
    (tmp_path / FILE).write_bytes(collected("x", [an_operator(slug="a", channels=(email,))]))
    refusing = Registry.of([], deny=[Refusal(address="x@a.example", reason="invented")])
    registry, problems = Registry.with_user_records(tmp_path, refusing)

    assert problems == (f"{FILE}: a: channels[0].target: must never be used: invented",)
    assert "a" not in registry.by_slug


def test_channels_of_a_company_have_the_names_they_are_given() -> None:
    """So that two of one operator do not clash."""
    company = read_company(json.dumps(a_company()).encode(), "exemple.json")

    assert [one.id for one in channels_of(company, VERSION, today=TODAY, prefix="x")] == [
        "x-email",
        "x-post",
        "x-phone",
    ]


def test_the_command(tmp_path: Path) -> None:
    """It says what it did; scripts read an object; where something could not be taken it ends in 1."""
    saved(tmp_path / "data", a_company())
    (tmp_path / "own").mkdir()
    config = tmp_path / "config.toml"
    config.write_text(f'[registry]\ndirectory = "{tmp_path / "own"}"\n', "utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(
            upkeep_commands.import_records,
            ["datenanfragen", str(tmp_path / "data"), *words],
            standalone_mode=False,
            obj=Options(config=str(config)),
        )
        if done.exception:
            raise done.exception
        return done.return_value, done.stdout, done.stderr

    status, out, err = run()
    assert (status, err) == (0, "")
    assert out == f"{tmp_path / 'own' / FILE}: 1 records added, 0 updated, 0 unchanged\n"
    saved(tmp_path / "data", a_company("ups", email="germandpo@ups.com"))
    status, out, err = run("--json")
    assert (status, len(validated(out)["refused"])) == (0, 1)
    assert "germandpo@ups.com is left out: " in err
    commit(tmp_path / "data", {"companies/bad.json": "{"})
    (tmp_path / "data" / "companies" / "exemple.json").unlink()
    status, out, err = run("--json")
    found = validated(out)
    assert (status, found["gone"], found["unchanged"], len(found["problems"])) == (1, ["exemple"], 1, 1)
    assert "bad.json: " in err
    assert "exemple is no longer in the collection, and is taken out" in err
    assert run("--into", str(tmp_path / "own"))[1].endswith("0 records added, 0 updated, 1 unchanged\n")


def test_after_an_import_the_next_run_need_not_compile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records are compiled with the import, under the stamp that they have then."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    saved(tmp_path / "data", a_company())
    CliRunner().invoke(
        upkeep_commands.import_records,
        ["datenanfragen", str(tmp_path / "data")],
        standalone_mode=False,
        obj=Options(),
        catch_exceptions=False,
    )
    own = tmp_path / "config" / "noreply-analyzer" / "operators"
    monkeypatch.setattr(Registry, "with_user_records", None)  # whoever read the files now would fall over it
    opened = open_registry(own, tmp_path / "cache" / "noreply-analyzer", keep=False)

    assert "exemple" in opened.registry.by_slug
