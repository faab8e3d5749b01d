"""`explain` and `draft`: one message that the user names, from whatever place it lies in."""

import re
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from schema import messages, objects
from test_cut_off import bill, break_dns, unknown
from world import ANNE, BANQUE, COLIS, NOTICE, TELECOM, MaildirWorld, World, mail, text_of

from noreply_analyzer.grounds import due_grounds
from noreply_analyzer.maildir import entries
from noreply_analyzer.testing import DkimKey


@pytest.fixture
def world(maildir_world: MaildirWorld) -> MaildirWorld:
    """Give Anne's account: most of this needs no server."""
    return maildir_world


def saved(world: World, raw: bytes, name: str = "message.eml") -> str:
    """Save a message to a file, as mail programs do."""
    (world.folder / name).write_bytes(raw)
    return str(world.folder / name)


def explained(world: World, *words: str, stdin: bytes | None = None) -> dict[str, Any]:
    """Give what ``explain --json`` says."""
    done = world.type("explain", "--json", *words, stdin=stdin)
    assert done.returncode == 0, done.stderr
    (found,) = messages(objects(done.stdout))
    return found


def drafted(world: World, *words: str, stdin: bytes | None = None) -> EmailMessage:
    """Give the draft that is printed."""
    done = world.type("draft", *words, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    draft = message_from_bytes(done.stdout.encode("utf-8"), policy=default)
    assert isinstance(draft, EmailMessage)
    return draft


# explain ------------------------------------------------------------------------------------------------------------


def test_a_bill_explained_in_words(world: MaildirWorld) -> None:
    """Verdict, evidence quoted, topic, signature, operator and how it was matched, channel with source, rule."""
    done = world.type("explain", saved(world, bill(world, TELECOM)))

    assert done.returncode == 0, done.stderr
    for said in (
        "“Votre facture n° 1”",
        "from Télécom Exemple <noreply@telecom.example>",
        "author-local-part, From: “noreply”",
        f"text-notice, text: “{NOTICE.strip()}”",
        "topic-words, Subject: “facture”",
        "Proven: it really comes from telecom.example (dkim, checked by us).",
        "signature of telecom.example, selector test: pass",
        "Télécom Exemple (telecom-exemple): it writes from this domain [sender]",
        "→ service-client, by letter",
        "Télécom Exemple, Service Clients, TSA 00000, 00000 VILLE CEDEX",
        "archived, text of",
        "https://www.telecom.example/conditions",
        "draft [unanswerable-proven]: it cannot be answered, and really comes from telecom.example",
    ):
        assert said in done.stdout


def test_what_a_bill_names_is_explained(world: MaildirWorld) -> None:
    """With the words that say what it is; a message that nothing proves says so, and security mail names nothing."""
    raw = mail(
        TELECOM.author,
        "Votre facture n° 482913",
        f"Client n° : 998877\nMontant TTC : 39,99 €\n{NOTICE}",
        date=world.now,
        message_id="<named@telecom.example>",
    )
    place = saved(world, TELECOM.key.sign(raw))
    shown, forged = (
        world.type("explain", saved(world, each, name)).stdout
        for each, name in ((TELECOM.key.sign(raw), "signed.eml"), (raw, "unsigned.eml"))
    )

    assert explained(world, place)["references"] == [
        {"kind": "customer_number", "label": "Client n°", "value": "998877", "where": "text"},
        {"kind": "invoice_number", "label": "facture n°", "value": "482913", "where": "Subject"},
        {"kind": "amount", "label": "Montant TTC", "value": "39,99 €", "where": "text"},
    ]
    assert "customer number, text: Client n° → 998877" in shown
    assert "A draft would quote none of it" not in shown
    assert "A draft would quote none of it: nothing proves who wrote it." in forged


def test_a_providers_word_counts_in_its_account_alone(world: MaildirWorld) -> None:
    """A file may have come from anywhere, so that only its signatures count."""
    world.account = {"authserv_ids": ["mx.example.org"]}
    world.write_config()
    vouched = b"Authentication-Results: mx.example.org; dmarc=pass header.from=telecom.example\r\n"
    broken = vouched + bill(world, TELECOM).replace(b"est disponible", b"est disponible ici")
    world.deliver(broken)
    (entry,) = entries(world.maildir)

    assert explained(world, f"perso/INBOX:{entry.uid}")["authentication"]["method"] == "dmarc"
    assert explained(world, saved(world, broken))["authentication"]["standing"] == "not-established"


@pytest.mark.parametrize(
    ("result", "standing", "why"),
    [
        ("pass", "proven", "it can simply be answered"),
        ("fail", "contradicted", "says that telecom.example did not write it"),
    ],
)
def test_a_providers_word_counts_whatever_the_message_is(
    world: MaildirWorld, result: str, standing: str, why: str
) -> None:
    """Also of what can be answered, which a run leaves alone: that somebody else wrote it says more than that."""
    world.account = {"authserv_ids": ["mx.example.org"]}
    world.write_config()
    word = f"Authentication-Results: mx.example.org; dmarc={result} header.from=telecom.example\r\n".encode()
    author = "Télécom Exemple <conseil@telecom.example>"
    world.deliver(word + mail(author, "Votre facture", "Répondez-moi pour votre facture.", date=world.now))
    (entry,) = entries(world.maildir)
    found, done = explained(world, f"perso/INBOX:{entry.uid}"), world.type("draft", f"perso/INBOX:{entry.uid}")

    assert found["decision"]["rule"] == "answerable"
    assert found["authentication"]["standing"] == standing
    assert found["authentication"]["method"] == "dmarc"
    assert done.returncode == 1
    assert why in done.stderr


def test_the_same_from_every_place(world: MaildirWorld) -> None:
    """A file, a message of an mbox, standard input, a message of an account."""
    raw = bill(world, TELECOM).replace(b"\r\n", b"\n")
    other = unknown(world).replace(b"\r\n", b"\n")
    mark = b"From a@b Mon Nov 23 10:11:12 2026\n"
    archive = saved(world, mark + other + b"\n" + mark + raw + b"\n", "archive.mbox")
    world.deliver(raw)
    (entry,) = entries(world.maildir)

    places = (saved(world, raw), f"{archive}:1", "-", f"perso/INBOX:{entry.uid}")
    found = [explained(world, place, stdin=raw if place == "-" else None) for place in places]

    assert [one["source"].get("index") for one in found] == [0, 1, 0, None]
    assert [one | {"source": None} for one in found] == [found[0] | {"source": None}] * 4
    assert found[0]["decision"]["rule"] == "unanswerable-proven"


@pytest.mark.dovecot
def test_a_message_on_a_server(make_world: Any) -> None:  # noqa: ANN401 - the fixture's own type
    """Its flags, its arrival and its age count, as in a run; nothing of it changes."""
    world = make_world()
    world.deliver(bill(world, TELECOM), bill(world, COLIS, days=60))
    before = [(uid, flags) for uid, flags, _message in world.fetch_all("INBOX")]

    new, old = (explained(world, f"perso/INBOX:{uid}") for uid, _flags in before)

    assert new["source"] == {
        "account": "perso",
        "mailbox": "INBOX",
        "uid_validity": new["source"]["uid_validity"],
        "uid": 1,
    }
    assert new["decision"]["rule"] == "unanswerable-proven"
    assert old["decision"]["rule"] == "too-old"
    assert [(uid, flags) for uid, flags, _message in world.fetch_all("INBOX")] == before
    assert world.drafts() == []
    assert not world.state.exists()


def test_every_signature_and_every_channel_is_told(world: MaildirWorld) -> None:
    """Also what is not taken, with the reason; also for a message that a run leaves alone."""
    record = world.folder / "operators" / "telecom-exemple.toml"
    dpo = record.read_text("utf-8").rpartition("[[channels]]")[2].replace("service-client", "dpo")
    dpo = dpo.replace('purpose = "customer-service"', 'purpose = "privacy"')
    record.write_text(record.read_text("utf-8") + f"\n[[channels]]{dpo}", "utf-8")
    other = DkimKey.ed25519("platform.example")
    raw = other.sign(TELECOM.key.sign(mail(TELECOM.author, "Offre", "Bonjour, répondez-moi.", date=world.now)))
    found = explained(world, saved(world, raw))

    assert {(one["sdid"], one["result"]) for one in found["authentication"]["signatures"]} == {
        ("telecom.example", "pass"),
        ("platform.example", "permerror"),
    }
    assert [(one["id"], one["taken"], bool(one["why_not"])) for one in found["channels"]] == [
        ("service-client", True, False),
        ("dpo", False, True),
    ]
    assert "it is there for privacy only" in world.type("explain", saved(world, raw)).stdout


def test_a_code_is_not_shown(world: MaildirWorld) -> None:
    """Neither the subject nor the sentence that stands beside it."""
    raw = TELECOM.key.sign(mail(TELECOM.author, "Votre code : 482913", f"Code 482913. {NOTICE}", date=world.now))
    path = saved(world, raw)

    assert "482913" not in world.type("explain", path).stdout
    assert "482913" not in world.type("explain", "--json", path).stdout


@pytest.mark.parametrize("command", ["explain", "draft"])
@pytest.mark.parametrize(
    ("word", "status", "sentence"),
    [
        ("perso", 64, "name one message: perso/INBOX:UID"),
        ("perso/Archives", 64, "name one message: perso/Archives:UID"),
        ("perso/INBOX:7", 65, "perso/INBOX:7: there is no such message"),
        ("perso/Nulle part:7", 64, "no mailbox is called Nulle part"),
        ("FOLDER", 64, "is a folder; name one message in it"),
        ("FOLDER/two.mbox", 64, "two.mbox holds several messages; name one: "),
        ("FOLDER/two.mbox:2", 65, "two.mbox:2: there is no such message; the last one has the number 1"),
        ("FOLDER/picture", 65, "picture: this is not a message"),
        ("missing.eml", 65, "missing.eml: there is no such file or folder"),
    ],
)
def test_what_names_no_message(world: MaildirWorld, command: str, word: str, status: int, sentence: str) -> None:
    """A sentence that says how to name one."""
    two = (b"From a@b Mon Nov 23 10:11:12 2026\n" + unknown(world).replace(b"\r\n", b"\n") + b"\n") * 2
    saved(world, two, "two.mbox")
    saved(world, b"\x89PNG\r\n\x1a\n" + bytes(100), "picture")

    done = world.type(command, word.replace("FOLDER", str(world.folder)))

    assert done.returncode == status, done.stderr
    assert sentence in done.stderr
    assert (done.stdout, "Traceback" in done.stderr) == ("", False)


# draft --------------------------------------------------------------------------------------------------------------


def test_a_draft_by_hand_is_the_draft_of_a_run(world: MaildirWorld) -> None:
    """Word for word, with a mark by which mail programs open it for writing; and nothing is saved."""
    world.deliver(bill(world, TELECOM))
    (entry,) = entries(world.maildir)
    by_hand = drafted(world, f"perso/INBOX:{entry.uid}")

    assert world.drafts() == []
    assert not world.state.exists()
    assert by_hand["X-Unsent"] == "1"
    del by_hand["X-Unsent"]
    world.run()
    (by_run,) = world.drafts()
    assert {name: value for name, value in by_hand.items() if name != "Date"} == {
        name: value for name, value in by_run.items() if name != "Date"
    }
    assert text_of(by_hand) == text_of(by_run)


def test_a_piped_message_gives_a_draft_to_the_operator(world: MaildirWorld) -> None:
    """`draft -` within a mail program; an old message too, for the user asked for it."""
    draft = drafted(world, "-", stdin=bill(world, COLIS, days=300))

    assert draft["To"] == "Colis Exemple <service@colis.example>"
    assert draft["In-Reply-To"] == "<bill-1@colis.example>"


@pytest.mark.parametrize(
    ("level", "said"),
    [("question", "[votre question ici"), ("complaint", "réclamation"), ("notice", "mise en demeure")],
)
def test_levels(world: MaildirWorld, level: str, said: str) -> None:
    """As firmly as the user says."""
    draft = drafted(world, "--level", level, saved(world, bill(world, COLIS)))

    assert said.casefold() in f"{draft['Subject']} {text_of(draft)}".casefold()


def test_a_channel_of_the_users_choice(world: MaildirWorld) -> None:
    """One that a draft may go to; any other is refused with the reason and with those that there are."""
    record = world.folder / "operators" / "colis-exemple.toml"
    first = record.read_text("utf-8").rpartition("[[channels]]")[2]
    second = (
        first.replace("service-client", "siege")
        .replace('"customer-service"', '"general"')
        .replace("service@", "siege@")
    )
    third = (
        first.replace("service-client", "dpo").replace('"customer-service"', '"privacy"').replace("service@", "dpo@")
    )
    record.write_text(record.read_text("utf-8") + f"\n[[channels]]{second}\n[[channels]]{third}", "utf-8")
    path = saved(world, bill(world, COLIS))

    assert drafted(world, path)["To"] == "Colis Exemple <service@colis.example>"
    assert drafted(world, "--channel", "siege", path)["To"] == "Colis Exemple <siege@colis.example>"
    for channel, why in (("dpo", "it is there for privacy only"), ("nope", "a draft may go to: service-client, siege")):
        done = world.type("draft", "--channel", channel, path)
        assert (done.returncode, done.stdout) == (64, "")
        assert why in done.stderr


def test_a_form_or_a_telephone_of_the_users_choice(world: MaildirWorld) -> None:
    """The draft is a note to the user: what to paste into the form, or what to have at hand and to say."""
    record = world.folder / "operators" / "telecom-exemple.toml"
    first = record.read_text("utf-8").rpartition("[[channels]]")[2]
    first = re.sub(r"(?m)^(lines|target|medium|id) = .*$\n?", "", first)
    form = f'\n[[channels]]\nid = "formulaire"\nmedium = "webform"\ntarget = "https://telecom.example/ecrire"{first}'
    phone = f'\n[[channels]]\nid = "telephone"\nmedium = "phone"\ntarget = "1999"{first}'
    record.write_text(record.read_text("utf-8") + form + phone, "utf-8")
    path = saved(world, bill(world, TELECOM))
    pasted, called = drafted(world, "--channel", "formulaire", path), drafted(world, "--channel", "telephone", path)
    to_paste = text_of(pasted).replace("\u00a0", " ").split("-" * 72)[1]

    assert pasted["To"] == called["To"] == "Anne Martin <anne@example.org>"
    assert pasted["Subject"].startswith("À coller dans le formulaire : votre question à Télécom Exemple")
    assert to_paste.lstrip().startswith("Objet : question sur ma facture")
    assert "12 rue des Lilas" not in to_paste
    assert to_paste.rstrip().endswith("Anne Martin\nanne@example.org")
    assert called["Subject"].startswith("À dire au téléphone : votre question à Télécom Exemple")
    assert "  – par téléphone : 1999" in text_of(called).replace("\u00a0", " ")
    assert "Avant d’appeler, ayez sous la main" in text_of(called)
    assert not [*pasted.iter_attachments(), *called.iter_attachments()]


def test_what_the_user_wants_to_write_about(world: MaildirWorld) -> None:
    """Personal data go to whom they concern there, whatever the message is about; a code is answered about nothing."""
    record = world.folder / "operators" / "colis-exemple.toml"
    first = record.read_text("utf-8").rpartition("[[channels]]")[2]
    dpo = first.replace("service-client", "dpo").replace('"customer-service"', '"privacy"').replace("service@", "dpo@")
    dpo = dpo.replace('"consumers"', '"data-subjects"')
    record.write_text(record.read_text("utf-8") + f"\n[[channels]]{dpo}", "utf-8")
    path = saved(world, bill(world, COLIS))
    asked, usual = drafted(world, "--topic", "data", path), drafted(world, path)
    code = COLIS.key.sign(mail(COLIS.author, "Votre code : 482913", "Code 482913", date=world.now))
    refused = world.type("draft", "--topic", "data", saved(world, code))

    assert asked["To"] == "Colis Exemple <dpo@colis.example>"
    assert asked["Subject"].startswith("Demande d’accès à mes données personnelles")
    cited = "GDPR-12" not in {one.ground.id for one in due_grounds(world.now.date())}  # law that is to be read again
    assert ("article 12 du règlement" in " ".join(text_of(asked).split())) is cited
    assert usual["To"] == "Colis Exemple <service@colis.example>"
    assert (refused.returncode, "never drafted to" in refused.stderr) == (1, True)


def test_a_sender_that_is_not_proven_gets_a_letter_that_says_so(world: MaildirWorld) -> None:
    """Never an e-mail: it is the user who decides about it."""
    raw = mail(COLIS.author, "Votre facture", f"Votre facture.\n{NOTICE}", date=world.now)
    draft = drafted(world, saved(world, raw))

    assert draft["To"] == f"Anne Martin <{ANNE}>"
    assert "rien ne prouve" in text_of(draft)


@pytest.mark.parametrize(
    ("author", "subject", "fields", "why"),
    [
        (TELECOM.author, "Votre code : 482913", {}, "one-time codes, password resets and log-in alerts are never"),
        (ANNE, "Votre facture", {}, "it was written from one of your own addresses"),
        (TELECOM.author, "Réponse automatique", {"Auto-Submitted": "auto-replied"}, "automatic answer"),
        ("Télécom Exemple <noreply@evil.example>", "Votre facture", {}, "wears the name of Télécom Exemple"),
        ("X <noreply@unknown.example>", "Votre facture", {}, "no operator of the registry writes from unknown.example"),
        ("a@a.example, b@b.example", "Votre facture", {}, "its author is doubtful"),
    ],
)
def test_what_is_not_drafted_to_even_if_asked_for(
    world: MaildirWorld, author: str, subject: str, fields: dict[str, str], why: str
) -> None:
    """Status 1 and the reason; nothing on standard output."""
    done = world.type("draft", saved(world, mail(author, subject, NOTICE, date=world.now, fields=fields)))

    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert why in done.stderr


def test_what_can_be_answered_is_not_said_to_take_no_answer(world: MaildirWorld) -> None:
    """A draft would say so to the operator; unless the user knows better than the rules."""
    author = f"conseiller@{TELECOM.domain}"
    raw = TELECOM.key.sign(mail(author, "Votre facture", "Votre facture est disponible.\n", date=world.now))
    refused = world.type("draft", saved(world, raw))

    assert (refused.returncode, refused.stdout) == (1, ""), refused.stderr
    assert "it can simply be answered" in refused.stderr
    world.detection = {"dead": [author]}
    world.write_config()
    assert drafted(world, saved(world, raw))["To"] == f"Anne Martin <{ANNE}>"


def test_a_dns_that_does_not_answer_is_for_later(world: MaildirWorld, dns: Any) -> None:  # noqa: ANN401
    """Status 75: nobody can say now who wrote it."""
    break_dns(dns)
    done = world.type("draft", saved(world, bill(world, TELECOM)))

    assert (done.returncode, done.stdout) == (75, "")
    assert "try again later" in done.stderr


def test_the_account_that_the_message_was_sent_to_writes(world: MaildirWorld) -> None:
    """A file says nothing of accounts, but its To does; else it is the first one."""
    text = world.config.read_text("utf-8")
    account = text[text.index("[[accounts]]") :]
    second = account.replace('"perso"', '"autre"').replace(ANNE, "bob@example.org")
    world.config.write_text(f"{text}\n{second}", "utf-8")
    raw = mail(BANQUE.author, "Votre facture", NOTICE, date=world.now, to="Bob <BOB@example.org>")

    assert "bob@example.org" in drafted(world, saved(world, BANQUE.key.sign(raw)))["From"]
    assert ANNE in drafted(world, saved(world, bill(world, BANQUE)))["From"]


@pytest.mark.parametrize(
    ("config", "words", "sentence"),
    [
        (None, [], "there is no such file; `noreply-analyzer setup` writes one"),
        ('[identity]\nname = "Anne"\n', [], "config.toml: names no account: add an [[accounts]] table"),
    ],
)
def test_a_draft_needs_a_configuration(
    world: MaildirWorld, config: str | None, words: Sequence[str], sentence: str
) -> None:
    """Status 78; for nobody knows who writes."""
    path = saved(world, bill(world, TELECOM))
    world.config.unlink()
    if config is not None:
        world.config.write_text(config, "utf-8")

    done = world.type("draft", *words, path)

    assert done.returncode == 78
    assert sentence in done.stderr


def test_explain_needs_none(world: MaildirWorld) -> None:
    """Whatever the message is, it can be explained; the age of a file is no reason to leave it."""
    path = saved(world, unknown(world).replace(world.now.strftime("%Y").encode(), b"2011", 1))
    world.config.write_text(f'[dns]\nservers = ["127.0.0.1:{world.dns_port}"]\n', "utf-8")

    assert explained(world, path)["decision"]["rule"] == "unknown-operator"
