"""Looking something up in the registry: lists, whole records, and whose a name or an address is."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_channel
from program import typed
from records import TODAY, channel, operator, sender
from schema import validated

from noreply_analyzer import portrait
from noreply_analyzer.columns import print_columns
from noreply_analyzer.directory import Answer, Directory, FoundBy, as_object
from noreply_analyzer.errors import UsageError
from noreply_analyzer.guards import Guards
from noreply_analyzer.registry import (
    Channel,
    Mediator,
    Medium,
    Obsolete,
    Operator,
    Purpose,
    Quality,
    ReadBy,
    Refusal,
    Registry,
    Step,
    read_operator,
)
from noreply_analyzer.report import print_json

OLD = TODAY - timedelta(days=400)
TELECOM = operator(
    name="Télécom Exemple",
    legal_name="Télécom Exemple SA",
    brands=("Exemple Mobile",),
    websites=("telecom.example",),
    mediator="mediation",
    note="Answers letters within three weeks.",
    senders=(
        sender("mail.telecom.example", "noreply@mail.telecom.example"),
        sender("provider.example", "facture@provider.example", shared=True),
    ),
    channels=(
        channel("service-client", medium=Medium.POST),
        channel("contact", quality=Quality.REPORTED, stated_on=None),
        channel("donnees", purpose=Purpose.PRIVACY, stated_on=OLD),
    ),
    escalation=(Step(after_days=30, channel="contact"), Step(after_days=60, channel="mediator")),
    do_not_use=(Refusal(address="serviceclient@telecom.example", reason="invented"),),
)
BRAND = operator("marque", name="Marque", parent="telecom-exemple", websites=("marque.example",))
GONE = operator("ancien", name="Ancien", obsolete=Obsolete(reason="bought", redirect="telecom-exemple"))
CLOSED = operator("ferme", name="Fermé", sector="bank", obsolete=Obsolete(reason="closed", since=date(2025, 1, 2)))
MEDIATION = Mediator(
    slug="mediation",
    name="Médiation Exemple",
    sectors=("telecom",),
    scope="téléphonie",
    conditions="après une réclamation écrite",
    channels=(channel("saisine", medium=Medium.POST, stated_on=OLD),),
)
GUARDS = Guards(
    shared_domains=("freemail.example",), refused=(Refusal(address="all@lists.example", reason="everybody's"),)
)
SHIPPED = Registry.of((TELECOM, BRAND, GONE, CLOSED), (MEDIATION,), guards=GUARDS)


def directory(registry: Registry = SHIPPED, today: date = TODAY) -> Directory:
    """Give the records as they are on a day."""
    return Directory(registry=registry, today=today, shelf_life_days=180, shipped=SHIPPED)


def slugs(answer: Answer) -> list[tuple[str, str]]:
    """Say what was found, and by what."""
    return [(entry.operator.slug, entry.matched_by or "") for entry in answer.entries]


# One, and all -------------------------------------------------------------------------------------------------------


def test_every_operator_has_its_line() -> None:
    """With the channel that a question goes to, also where it is the company's; what is obsolete is marked."""
    rows = [portrait.row(entry) for entry in directory().entries()]

    assert rows == [
        ("ancien", "Ancien", "telecom", "", "", "obsolete, now telecom-exemple"),
        ("ferme", "Fermé", "bank", "", "", "obsolete"),
        ("marque", "Marque", "telecom", "by letter", "archived", "by telecom-exemple"),
        ("telecom-exemple", "Télécom Exemple", "telecom", "by letter", "archived", ""),
    ]
    assert {len(row) for row in rows} == {len(portrait.head())}


def test_a_best_channel_past_its_shelf_life_is_marked() -> None:
    """Whoever reads the list sees where help is wanted, also at the company of a brand."""
    late = directory(today=TODAY + timedelta(days=365))

    assert [portrait.row(entry)[-1] for entry in late.entries()][2:] == ["by telecom-exemple, due", "due"]


def test_a_phone_is_the_best_where_no_letter_fits() -> None:
    """And nothing at all where a channel is there for something else."""
    phone = operator("a", channels=(channel("phone", medium=Medium.PHONE),))
    privacy = operator("b", channels=(channel("dpo", purpose=Purpose.PRIVACY),))
    rows = [portrait.row(entry) for entry in directory(Registry.of((phone, privacy), guards=GUARDS)).entries()]

    assert [row[3:] for row in rows] == [
        ("by phone", "archived", "your own record"),
        ("", "", "no channel that fits a question, your own record"),
    ]


def test_a_sector_is_chosen_and_a_wrong_one_is_guessed() -> None:
    """The sentence names those that there are."""
    assert [entry.operator.slug for entry in directory().entries("bank")] == ["ferme"]
    with pytest.raises(UsageError, match=r"no sector 'telcom' \(did you mean 'telecom'\?\); there are: bank, telecom"):
        directory().entries("telcom")


def test_a_renamed_record_leads_on() -> None:
    """And says so."""
    entry = directory().entry("ancien")

    assert (entry.operator.slug, entry.redirected_from) == ("telecom-exemple", "ancien")
    assert next(iter(portrait.portrait(entry))) == "ancien is called telecom-exemple now."
    assert directory().entry("telecom-exemple").redirected_from == ""


@pytest.mark.parametrize(
    ("word", "guess"),
    [
        ("telecom-exmple", " (did you mean 'telecom-exemple'?)"),
        ("Télécom Exemple", " (did you mean 'telecom-exemple'?)"),
        ("Exemple Mobile", " (did you mean 'telecom-exemple'?)"),
        ("xyzzy", ""),
        ("", ""),
        ("../ancien", " (did you mean 'ancien'?)"),
    ],
)
def test_a_record_that_is_not_there_is_guessed(word: str, guess: str) -> None:
    """By its slug, by its name, by a brand; nothing is guessed from nothing."""
    with pytest.raises(UsageError) as caught:
        directory().entry(word)

    assert f"there is no record {word!r}{guess};" in str(caught.value)


def test_a_portrait_leaves_nothing_out() -> None:
    """Every text, date and source of the record and of its mediator."""
    text = "\n".join(portrait.portrait(directory().entry("telecom-exemple")))

    for part in (
        *("Télécom Exemple (telecom-exemple)", "legal name: Télécom Exemple SA", "sector: telecom", "country: FR"),
        *("brands: Exemple Mobile", "websites: telecom.example", "note: Answers letters within three weeks."),
        *("mail.telecom.example", "seen: noreply@mail.telecom.example", "source: seen"),
        "provider.example: others have mailboxes here too, so only exact addresses count",
        "service-client: by letter, customer service, for consumers",
        *("Télécom Exemple, 00000 VILLE", "quality: archived", "text of 2026-10-01, read on 2026-11-01"),
        *("contact@telecom.example", "quality: reported", "read on 2026-11-01, the text bears no date"),
        "text of 2025-10-20, read on 2026-11-01; due: it has to be looked up again",
        "source: https://telecom.example/cgv",
        "Where a question goes:\n  service-client, by letter",
        "Without an answer:\n  after 30 days: contact\n  after 60 days: Médiation Exemple",
        *("Médiation Exemple (mediation)", "scope: téléphonie", "conditions: après une réclamation écrite"),
        *("may be asked: 60 days after the first written complaint", "saisine: by letter"),
        "What must never be used:\n  serviceclient@telecom.example: invented",
    ):
        assert part in text
    assert text.count("due: ") == 2


def test_every_side_of_a_channel_is_shown() -> None:
    """Hours, price, limits, region, languages, and how it is known that a person reads it."""
    sides = {"region": "Réunion", "languages": ("en",), "hours": "8 h-20 h", "price": "service gratuit"}
    whole = Channel(
        **{name: getattr(channel(), name) for name in channel().__struct_fields__}
        | sides
        | {"limits": "texte seul", "read_by": ReadBy.PERSON, "read_by_basis": "published hours"}
    )
    bare = read_operator('slug = "a"\nname = "A"\nsector = "x"\n', "a.toml")
    text = [
        "\n".join(portrait.portrait(directory(Registry.of((one,), guards=GUARDS)).entry(one.slug)))
        for one in (operator("whole", channels=(whole,)), bare)
    ]

    for part in (
        *("only for: Réunion", "languages: en", "hours: 8 h-20 h", "price: service gratuit", "limits: texte seul"),
        "read by: a person (published hours)",
    ):
        assert part in text[0]
    assert "a letter whose recipient block stays blank" in text[1]
    assert "How it can be reached" not in text[1]


def test_an_obsolete_record_without_a_successor_says_why() -> None:
    """With the day."""
    assert "  obsolete: closed (2025-01-02)" in portrait.portrait(directory().entry("ferme"))


# Whose is it? -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("telecom-exemple", [("telecom-exemple", "slug")]),
        ("télécom EXEMPLE", [("telecom-exemple", "slug")]),
        ("Télécom Exemple SA", [("telecom-exemple", "name")]),
        ("mobile", [("telecom-exemple", "brand")]),
        ("exemple mobile", [("telecom-exemple", "brand")]),
        ("marque", [("marque", "slug")]),
        ("telecom.example", [("telecom-exemple", "website")]),
        ("www.telecom.example", [("telecom-exemple", "website")]),
        ("https://www.telecom.example/contact?a=b", [("telecom-exemple", "website")]),
        ("mail.telecom.example", [("telecom-exemple", "sender")]),
        ("facture.mail.telecom.example", [("telecom-exemple", "sender")]),
        ("provider.example", [("telecom-exemple", "domain")]),
        ("sub.provider.example", [("telecom-exemple", "domain")]),
        ("ancien", [("ancien", "slug")]),
        ("telecom exemple nothing", []),
        ("nothing.example", []),
        ("https:///", []),
    ],
)
def test_a_name_or_a_domain_leads_to_the_record(words: str, found: list[tuple[str, str]]) -> None:
    """Every word has to be there; accents and capitals make no difference."""
    assert slugs(directory().search(words)) == found


def test_what_is_called_so_comes_first() -> None:
    """Before what only has the word in it."""
    registry = Registry.of((operator("a-free-shop"), operator("free"), operator("free-mobile")), guards=GUARDS)

    assert [slug for slug, _by in slugs(directory(registry).search("Free"))] == ["free", "a-free-shop", "free-mobile"]


@pytest.mark.parametrize(
    ("address", "found", "remark"),
    [
        ("noreply@mail.telecom.example", [("telecom-exemple", "sender")], ""),
        ("Télécom <noreply@mail.telecom.example>", [("telecom-exemple", "sender")], ""),
        ("NOREPLY@MAIL.TELECOM.EXAMPLE", [("telecom-exemple", "sender")], ""),
        ("facture@provider.example", [("telecom-exemple", "address")], ""),
        ("anne@provider.example", [], "others have mailboxes at provider.example too"),
        ("anne@freemail.example", [], "others have mailboxes at freemail.example too"),
        ("x@telecom.example", [("telecom-exemple", "website")], ""),
        ("serviceclient@telecom.example", [("telecom-exemple", "website")], "must never be written to: invented"),
        ("all@lists.example", [], "must never be written to: everybody's"),
        ("x@telecom-exemple-factures.example", [], "wears the name of Télécom Exemple"),
        ("x@nothing.example", [], ""),
    ],
)
def test_an_address_is_said_to_be_somebodys(address: str, found: list[tuple[str, str]], remark: str) -> None:
    """By what the record says of its domain; a subscriber's, an invented or a look-alike one is said to be that."""
    answer = directory().search(address)

    assert slugs(answer) == found
    assert bool(answer.remarks) is bool(remark)
    assert remark in " ".join(answer.remarks)


def test_an_address_that_only_a_channel_has_is_found() -> None:
    """And one that a record only warns of."""
    elsewhere = operator(
        "ailleurs",
        channels=(channel("contact"),),
        do_not_use=(Refusal(address="faux@autre.example", reason="a copy of a copy"),),
    )
    known = directory(Registry.of((elsewhere,), guards=GUARDS))

    assert slugs(known.search("contact@telecom.example")) == [("ailleurs", "channel")]
    assert slugs(known.search("faux@autre.example")) == [("ailleurs", "do-not-use")]


def test_a_listed_address_that_the_user_checked_is_said_to_be_that() -> None:
    """Not that it must never be written to: it will be. And the whole record says it, too."""
    mine = replace_channel(channel("faux"), i_checked_this=True)
    record = operator("ailleurs", channels=(mine,), do_not_use=(Refusal(address=mine.target, reason="a copy"),))
    known = directory(Registry.of((record,), guards=GUARDS))
    answer = known.search(mine.target)

    assert slugs(answer) == [("ailleurs", "channel")]
    assert answer.remarks == (
        "faux@telecom.example is listed as never to be written to (a copy); your own record says otherwise",
    )
    assert "i_checked_this" in "\n".join(portrait.portrait(known.entry("ailleurs")))
    assert "i_checked_this" not in "\n".join(portrait.portrait(directory().entry("telecom-exemple")))


@pytest.mark.parametrize("words", ["@x", "a@", "a@b..c", "a@-", "@", "?!", "   "])
def test_what_is_no_name_and_no_address_is_refused(words: str) -> None:
    """In a sentence, not by finding everything."""
    with pytest.raises(UsageError):
        directory().search(words)


@pytest.mark.parametrize("found_by", FoundBy)
def test_what_was_found_is_said_in_words(found_by: FoundBy) -> None:
    """Whatever it was found by."""
    line = portrait.found(replace(directory().entry("telecom-exemple"), matched_by=found_by))

    assert line.startswith("Télécom Exemple (telecom-exemple), by its ")


# Columns ------------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Tell that it is one."""
        return True


ROWS = (("orange", "[bold]Orange[/bold]"), ("sncf-connect", "SNCF\x1b[31m"))


@pytest.mark.parametrize("out", [Terminal(), io.StringIO()])
def test_columns_steer_no_terminal_and_are_no_markup(out: io.StringIO) -> None:
    """On a terminal and elsewhere a row is what stands in the record."""
    print_columns(("record", "name"), ROWS, out)

    assert "[bold]Orange[/bold]" in out.getvalue()
    assert "\x1b[31m" not in out.getvalue()
    assert "SNCF\\u001b[31m" in out.getvalue()


def test_plain_columns_are_aligned_and_end_nowhere_in_blanks() -> None:
    """For people and for cut."""
    out = io.StringIO()
    print_columns(("record", "name", "remark"), [("a", "Long name", ""), ("longer", "B", "x")], out)

    assert out.getvalue() == "record  name       remark\na       Long name\nlonger  B          x\n"


# What scripts read --------------------------------------------------------------------------------------------------


def printed(registry: Registry, slug: str) -> dict[str, object]:
    """Print an object and read it again, as scripts do."""
    out = io.StringIO()
    print_json(as_object(directory(registry).entry(slug)), out)
    return validated(out.getvalue())


def test_an_operator_is_the_documented_object() -> None:
    """Every key of the record, and what it leads to."""
    found = printed(SHIPPED, "telecom-exemple")
    best = {
        "operator": "telecom-exemple",
        "id": "service-client",
        "medium": "post",
        "quality": "archived",
        "due": False,
    }

    assert set(found) == {"type", *Operator.__struct_fields__, "best_channel", "deadline", "own"}
    assert (found["type"], found["slug"], found["own"]) == ("operator", "telecom-exemple", False)
    assert found["best_channel"] == best
    channels = found["channels"]
    assert isinstance(channels, Sequence)
    assert [(one["id"], one["due"]) for one in channels] == [
        ("service-client", False),
        ("contact", False),
        ("donnees", True),
    ]
    assert channels[0]["target"] == "Télécom Exemple, 00000 VILLE"
    assert printed(SHIPPED, "marque")["parent"] == {"slug": "telecom-exemple", "name": "Télécom Exemple"}
    assert printed(SHIPPED, "ancien")["redirected_from"] == "ancien"


def test_every_shipped_record_is_such_an_object() -> None:
    """And so is each of them a portrait."""
    known = Directory(
        registry=Registry.shipped(), today=date(2036, 1, 1), shelf_life_days=180, shipped=Registry.shipped()
    )
    for entry in known.entries():
        out = io.StringIO()
        print_json(as_object(entry), out)
        validated(out.getvalue())
        assert not entry.own
        assert len(list(portrait.portrait(entry))) > 5


# The commands -------------------------------------------------------------------------------------------------------


OWN = """
slug = "orange"
name = "Orange"
sector = "telecom"

[[channels]]
id = "mon-conseiller"
medium = "email"
purpose = "customer-service"
audience = "consumers"
target = "conseiller@orange.example"
quality = "tested"
stated_on = {day}
checked_on = {day}
sources = ["https://orange.example"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home with a configuration that names a folder of own records: one over a shipped one, one broken."""
    records = tmp_path / "mine"
    records.mkdir()
    (records / "orange.toml").write_text(OWN.format(day=date.today().isoformat()), "utf-8")  # noqa: DTZ011 - its own
    (records / "broken.toml").write_text("slug = ", "utf-8")
    folder = tmp_path / ".config" / "noreply-analyzer"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'[registry]\ndirectory = "{records}"\n', "utf-8")
    return tmp_path


def test_the_three_commands_need_no_configuration(tmp_path: Path) -> None:
    """Nor a home that anything stands in; and they write nothing into it."""
    listed = typed(tmp_path, "registry", "list", "--sector", "bank")
    shown = typed(tmp_path, "registry", "show", "orange")
    found = typed(tmp_path, "registry", "search", "noreply.internet@orange.com")

    assert [done.returncode for done in (listed, shown, found)] == [0, 0, 0]
    assert [done.stderr for done in (listed, shown, found)] == ["", "", ""]
    assert ["boursobank", "BoursoBank", "bank"] in [line.split()[:3] for line in listed.stdout.splitlines()]
    assert shown.stdout.startswith("Orange (orange)\n")
    assert found.stdout.startswith("Orange (orange), by its sender")
    assert list(tmp_path.iterdir()) == []


def test_own_records_are_seen_over_the_shipped_ones(home: Path) -> None:
    """As a run sees them; one that cannot be read is named, and the others count."""
    shown = typed(home, "registry", "show", "orange")
    listed = typed(home, "registry", "list", "--json")
    objects = {one["slug"]: one for one in map(validated, listed.stdout.splitlines())}

    assert shown.returncode == listed.returncode == 0
    assert "conseiller@orange.example" in shown.stdout
    assert "A record of your own stands over the one that comes with the program." in shown.stdout
    assert "broken.toml" in shown.stderr
    assert objects["orange"]["best_channel"]["id"] == "mon-conseiller"
    assert [slug for slug, one in objects.items() if one["own"]] == ["orange"]


@pytest.mark.parametrize(
    ("word", "guess"),
    [
        ("red", "red-by-sfr"),
        ("RED", "red-by-sfr"),
        ("bnp", "bnp-paribas"),
        ("bredd", "bred"),
        ("paribas", "bnp-paribas"),
        ("banque populair", "bred"),
        ("xyzzy", ""),
    ],
)
def test_who_is_called_so_is_guessed_before_who_is_written_nearly_so(word: str, guess: str) -> None:
    """A brand is what people know."""
    records = (
        operator("bred", name="BRED", brands=("Banque Populaire",)),
        operator("red-by-sfr", name="RED by SFR", brands=("RED",)),
        operator("bnp-paribas", name="BNP Paribas"),
        operator("red-old", name="Red", obsolete=Obsolete(reason="gone")),
    )
    found = directory(Registry.of(records, guards=GUARDS)).nearest(word)

    assert found == (f" (did you mean {guess!r}?)" if guess else "")


def test_what_does_not_exist_ends_with_its_status(tmp_path: Path) -> None:
    """An unknown record and an unknown sector are mistakes of the command line; finding nothing is 1."""
    unknown = typed(tmp_path, "registry", "show", "ornge")
    sector = typed(tmp_path, "registry", "list", "--sector", "telcom", "--json")
    nothing = typed(tmp_path, "registry", "search", "xyzzy", "--json")

    assert (unknown.returncode, sector.returncode, nothing.returncode) == (64, 64, 1)
    assert "did you mean 'orange'?" in unknown.stderr
    assert "did you mean 'telecom'?" in sector.stderr
    assert "docs/registry.md" in nothing.stderr
    assert unknown.stdout == sector.stdout == nothing.stdout == ""


def test_nobody_is_led_to_propose_an_address_that_something_speaks_against(tmp_path: Path) -> None:
    """A subscriber's mailbox, or a domain that wears a name, is no record to be."""
    done = typed(tmp_path, "registry", "search", "anne@orange.fr")

    assert done.returncode == 1
    assert "others have mailboxes at orange.fr too" in done.stderr
    assert "to propose a record" not in done.stderr


def test_json_of_a_search_says_what_was_found(tmp_path: Path) -> None:
    """One object for each, and no summary."""
    done = typed(tmp_path, "registry", "search", "free", "--json")
    found = [validated(line) for line in done.stdout.splitlines()]

    assert [(one["type"], one["slug"], one["matched_by"]) for one in found] == [
        ("operator", "free", "slug"),
        ("operator", "free-mobile", "slug"),
        ("operator", "free-pro", "slug"),
    ]
    assert json.loads(done.stdout.splitlines()[0])["channels"][0]["sources"]
