"""References: a draft quotes those of its operator, whatever the record was called, and a misspelt name is told."""

from dataclasses import replace

import msgspec
import pytest
from builders import NOW, PROVEN, UNSIGNED, a_channel, a_reading, an_analysis, an_operator
from test_cut_off import bill
from world import BANQUE, NOTICE, TELECOM, MaildirWorld, World, mail

from noreply_analyzer.analysis import Analysis
from noreply_analyzer.briefing import brief_for
from noreply_analyzer.choice import Choice
from noreply_analyzer.config import Account, ContractSettings, References, Settings
from noreply_analyzer.mentions import Kind, Mention
from noreply_analyzer.prose import words
from noreply_analyzer.records import Obsolete
from noreply_analyzer.references import found_in, references_to, unknown_operators
from noreply_analyzer.registry import Registry
from noreply_analyzer.topic import Topic

NEW = an_operator("telecom-exemple")
REGISTRY = Registry.of(
    [
        NEW,
        an_operator("telecom-ancien", obsolete=Obsolete(reason="renamed", redirect="telecom-moins-ancien")),
        an_operator("telecom-moins-ancien", obsolete=Obsolete(reason="renamed", redirect="telecom-exemple")),
        an_operator("telecom-ferme", obsolete=Obsolete(reason="closed")),
        an_operator("telecom-perdu", obsolete=Obsolete(reason="renamed", redirect="telecom-nulle-part")),
        an_operator("colis-exemple"),
    ]
)


def account(**operators: References) -> Account:
    """Give an account with references, the names of operators written with underscores."""
    return Account(
        name="perso",
        address="anne@example.org",
        host="h",
        password_env="X",
        operators={slug.replace("_", "-"): references for slug, references in operators.items()},
    )


# What a draft quotes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operators", "quoted"),
    [
        ({}, {}),
        ({"telecom_exemple": References()}, {}),
        ({"telecom_exemple": References(customer_number="1")}, {"customer_number": "1"}),
        ({"telecom_moins_ancien": References(customer_number="1")}, {"customer_number": "1"}),
        ({"telecom_ancien": References(customer_number="1")}, {"customer_number": "1"}),
        ({"telecom_ferme": References(customer_number="1")}, {}),
        ({"telecom_perdu": References(customer_number="1")}, {}),
        ({"colis_exemple": References(customer_number="1")}, {}),
        ({"telecom_exempel": References(customer_number="1")}, {}),
        (
            {
                "telecom_ancien": References(customer_number="old", line_number="2"),
                "telecom_exemple": References(account_number="3", customer_number="new"),
            },
            {"customer_number": "new", "line_number": "2", "account_number": "3"},
        ),
    ],
)
def test_references_are_found_by_each_name_that_the_record_ever_had(
    operators: dict[str, References], quoted: dict[str, str]
) -> None:
    """What stands under the name of today comes first; the order is that of the keys, not that of the file."""
    found = references_to(NEW, account(**operators), REGISTRY)

    assert list(found.items()) == list(quoted.items())


def test_a_closed_operator_without_a_successor_keeps_its_own() -> None:
    """Its record leads nowhere else."""
    closed = REGISTRY.by_slug["telecom-ferme"]

    assert references_to(closed, account(telecom_ferme=References(line_number="1")), REGISTRY) == {"line_number": "1"}


def test_a_brief_has_them() -> None:
    """As the letter will quote them."""
    brief = brief_for(
        [an_analysis(choice=Choice(channel=a_channel()))],
        account=account(telecom_ancien=References(contract_number="7")),
        settings=Settings(),
        registry=REGISTRY,
        now=NOW,
    )

    assert brief.references == {"contract_number": "7"}


# What messages name -------------------------------------------------------------------------------------------------


def naming(*mentions: tuple[Kind, str], topic: Topic = Topic.BILLING, proven: bool = True) -> Analysis:
    """Give a message that names things."""
    found = tuple(Mention(kind=kind, label="n°", value=value, where="text") for kind, value in mentions)
    reading = replace(a_reading(topic=topic), mentions=found)
    return an_analysis(reading=reading, authentication=PROVEN if proven else UNSIGNED)


CUSTOMER, INVOICE, AMOUNT = (Kind.CUSTOMER_NUMBER, "1"), (Kind.INVOICE_NUMBER, "2"), (Kind.AMOUNT, "3 €")


@pytest.mark.parametrize(
    ("analyses", "known", "quoted"),
    [
        ([naming(INVOICE, CUSTOMER, AMOUNT)], {}, {"customer_number": "1", "invoice_number": "2", "amount": "3 €"}),
        ([naming(INVOICE, CUSTOMER)], {"customer_number": "7"}, {"invoice_number": "2"}),
        ([naming(CUSTOMER, proven=False)], {}, {}),
        ([naming(CUSTOMER), naming(INVOICE, proven=False)], {}, {}),
        ([naming(CUSTOMER), naming(CUSTOMER, INVOICE)], {}, {"customer_number": "1", "invoice_number": "2"}),
        ([naming(CUSTOMER, INVOICE), naming(CUSTOMER, (Kind.INVOICE_NUMBER, "9"))], {}, {"customer_number": "1"}),
        ([naming(CUSTOMER, AMOUNT, topic=Topic.INCIDENT)], {}, {"customer_number": "1"}),
        ([naming((Kind.APPOINTMENT_DATE, "3 mai"))], {}, {}),
        ([naming((Kind.DUE_DATE, "3 mai"))], {}, {}),
        ([naming((Kind.APPOINTMENT_DATE, "3 mai"), topic=Topic.APPOINTMENT)], {}, {"appointment_date": "3 mai"}),
        ([naming()], {}, {}),
    ],
)
def test_what_proven_messages_name_is_quoted(
    analyses: list[Analysis], known: dict[str, str], quoted: dict[str, str]
) -> None:
    """The configuration wins; of two answers neither; and nothing that a forger may have written."""
    assert found_in(analyses, known) == quoted


def test_a_draft_has_few_references() -> None:
    """Six with the user's own."""
    every = naming(*((kind, str(number)) for number, kind in enumerate(Kind)))

    assert len(found_in([every], {})) == 6
    assert len(found_in([every], {"customer_number": "1", "line_number": "2"})) == 4


def test_a_brief_has_what_was_found_apart(maildir_world: MaildirWorld) -> None:
    """The user's own may stand in a header field; what a message says may not."""
    refer(maildir_world, "telecom-exemple")
    text = "Votre facture n° 482913 du 12 novembre, client n° 998877, ligne 06 39 98 00 12, est disponible."
    raw = mail(
        TELECOM.author,
        "Votre facture n° 482913",
        f"{text}\n{NOTICE}",
        date=maildir_world.now,
        message_id="<bill@telecom.example>",
    )
    path = maildir_world.folder / "bill.eml"
    path.write_bytes(TELECOM.key.sign(raw))
    header, _, body = maildir_world.type("draft", str(path)).stdout.partition("\n\n")

    assert "4455" in body
    assert "482913" in body
    assert "06 39 98 00 12" in body
    assert "998877" not in body
    assert "482913" not in header


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reference_has_its_words_and_nothing_else(language: str) -> None:
    """No key of the configuration is ever printed as it stands there."""
    assert set(words(language).reference) == {*References.__struct_fields__, *Kind} - {Kind.DUE_DATE}


# Names that nobody has ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "guess"),
    [
        ("telecom_exemple", None),
        ("telecom_ancien", None),
        ("telecom_ferme", None),
        ("telecom_exempel", " (did you mean 'telecom-exemple'?)"),
        ("Colis-Exemple", " (did you mean 'colis-exemple'?)"),
        ("xyzzy", ""),
    ],
)
def test_a_name_that_no_record_has_is_told(slug: str, guess: str | None) -> None:
    """With the name that may have been meant; a record that is kept for its name only has it."""
    told = list(unknown_operators([account(**{slug: References(customer_number="1")})], REGISTRY))
    sentence = f"perso: no record is called {slug.replace('_', '-')!r}, so its references are quoted nowhere"

    assert told == ([] if guess is None else [sentence + guess])


def test_a_contract_with_nobody_is_told_too() -> None:
    """As a reference is; one with an operator of the registry is not."""
    of_anne = msgspec.structs.replace(
        account(),
        contracts={"telecom-exempel": ContractSettings(at_a_distance=True), "telecom-exemple": ContractSettings()},
    )

    (told,) = unknown_operators([of_anne], REGISTRY)

    assert told.startswith("perso: no record is called 'telecom-exempel', so the contract with it counts nowhere (did")


def test_a_contract_with_nobody_is_told_by_run_draft_and_check(maildir_world: MaildirWorld) -> None:
    """As far as each speaks of the registry: run where it reads a record, on standard error."""
    text = maildir_world.config.read_text("utf-8")
    maildir_world.config.write_text(f"{text}\n[accounts.contracts.telecom-exempel]\nat_a_distance = true\n", "utf-8")
    maildir_world.deliver(bill(maildir_world, TELECOM))
    path = maildir_world.folder / "bill.eml"
    path.write_bytes(bill(maildir_world, TELECOM))
    said = "no record is called 'telecom-exempel', so the contract with it counts nowhere"

    assert said in maildir_world.type("check").stdout
    assert said in maildir_world.type("draft", str(path)).stderr
    assert said in maildir_world.run().stderr


def refer(world: World, slug: str) -> None:
    """Put a reference into the configuration."""
    text = world.config.read_text("utf-8")
    world.config.write_text(f'{text}\n[accounts.operators.{slug}]\ncustomer_number = "4455"\n', "utf-8")


TOLD = (
    "perso: no record is called 'telecom-exempel', so its references are quoted nowhere"
    " (did you mean 'telecom-exemple'?)"
)


def test_a_run_that_reads_the_records_tells_it_once(maildir_world: MaildirWorld) -> None:
    """One line on standard error, however many messages are drafted to; none where no record is read."""
    refer(maildir_world, "telecom-exempel")
    idle = maildir_world.run()
    for operator in (TELECOM, BANQUE):
        maildir_world.deliver(bill(maildir_world, operator))
    done = maildir_world.run()

    assert (idle.returncode, idle.stderr) == (0, "")
    assert (done.returncode, done.stderr) == (0, f"noreply-analyzer: {TOLD}\n")
    assert len(maildir_world.drafts()) == 2


@pytest.mark.parametrize(
    ("slug", "told"), [("telecom-exemple", ""), ("telecom-exempel", f"noreply-analyzer: {TOLD}\n")]
)
def test_a_draft_tells_it_and_what_only_looks_does_not(maildir_world: MaildirWorld, slug: str, told: str) -> None:
    """Where nothing is drafted, no reference is missed."""
    refer(maildir_world, slug)
    path = maildir_world.folder / "bill.eml"
    path.write_bytes(bill(maildir_world, TELECOM))
    drafted = maildir_world.type("draft", str(path))

    assert (drafted.returncode, drafted.stderr) == (0, told)
    assert ("4455" in drafted.stdout) is not bool(told)
    assert maildir_world.type("explain", str(path)).stderr == ""


def test_check_has_it_mended(maildir_world: MaildirWorld) -> None:
    """For the accounts that it tries."""
    refer(maildir_world, "telecom-exempel")
    done = maildir_world.type("check")

    assert f"mend    registry    {TOLD}\n" in done.stdout
    assert done.returncode == 1


def test_a_reference_of_a_name_that_does_not_exist_is_quoted_nowhere(maildir_world: MaildirWorld) -> None:
    """It is a mistake in the configuration, and not a word of a letter."""
    text = maildir_world.config.read_text("utf-8")
    maildir_world.config.write_text(f"{text}\n[accounts.operators.telecom-exemple]\ncustomer_numer = '4'\n", "utf-8")
    done = maildir_world.run()

    assert done.returncode == 78
    assert "customer_numer: is not a known key (did you mean 'customer_number'?)" in done.stderr
