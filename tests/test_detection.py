"""Whether a message can be answered, and the words that show it."""

import csv
import re
import tomllib
import unicodedata
from collections import Counter
from itertools import chain
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_messages import Judged, judged_messages

from noreply_analyzer import explanation
from noreply_analyzer.address import Address
from noreply_analyzer.addresswords import dead_words, dead_words_in_domain
from noreply_analyzer.detection import RULES, Answerability, Evidence, Overrides, Verdict, judge
from noreply_analyzer.message import MAX_TEXT, Mailbox, Message
from noreply_analyzer.notices import MAX_QUOTE, read, says_dead, sentences
from noreply_analyzer.words import fold, languages

TESTS = Path(__file__).parent
ROOT = TESTS.parent
CORPORA = ROOT.parent / "shared" / "corpora"
UNANSWERABLE, ANSWERABLE = Answerability.UNANSWERABLE, Answerability.ANSWERABLE
AUTOMATIC, UNCLEAR = Answerability.AUTOMATIC, Answerability.UNCLEAR


def mailbox(text: str) -> Mailbox:
    """Read ``Name <address>`` or ``address``."""
    name, _, address = text.rpartition("<")
    return Mailbox(address=Address.parse(address.rstrip(">")), name=name.strip())


def message(  # noqa: PLR0913 - what a verdict may depend on
    author: str | None = "Anne <anne@ami.example>",
    *,
    reply_to: tuple[str, ...] = (),
    subject: str = "",
    text: str = "",
    fields: tuple[tuple[str, str], ...] = (),
    content_type: str = "text/plain",
    in_reply_to: tuple[str, ...] = (),
    reply_to_problem: str = "",
) -> Message:
    """Make a message without parsing one."""
    return Message(
        key="k",
        message_id=None,
        date=None,
        author=mailbox(author) if author else None,
        author_problem="" if author else "two From fields",
        reply_to=tuple(mailbox(each) for each in reply_to),
        reply_to_problem=reply_to_problem,
        subject=subject,
        text=text,
        fields=fields,
        content_type=content_type,
        in_reply_to=in_reply_to,
    )


def rules(verdict: Verdict) -> list[str]:
    """Name the rules of a verdict in order."""
    return [evidence.rule for evidence in verdict.evidence]


# Addresses

DEAD_LOCAL_PARTS = """
noreply no-reply no_reply no.reply NoReply NOREPLY no--reply noreply12 no-reply.42 noreply.internet noreply.odd
noreplyorders noreply-contrats factures-noreply jobalerts-noreply anne+noreply noreply+4711 7.noreply.orders
donotreply do-not-reply do_not_reply donot_reply-offers DoNotReply dont-reply no-response donotrespond
nepasrepondre NEPASREPONDRE ne-pas-repondre ne_pas_repondre ne.pas.repondre NePasRépondre ne-pas-répondre
avisage-ne-pas-repondre lilas.nepasrepondre nepasrepondre.caisse ne-repondez-pas pasdereponse pas-de-réponse
reply.no no-replay nobody
noresponder no-responda nicht-antworten KEINE-ANTWORT nao-responda naoresponder non-rispondere niet-beantwoorden
nieodpowiadaj nie-odpowiadaj
ne-reponds-pas nereponds-pas keine-rueckantwort keine_rückantwort svarinte svar-ej
no-replly norely noreplay noreplyy noreply1 no.rely n0reply no-rep1y n.o.r.e.p.l.y nore-ply no_re_ply norpely norelpy
reply-not replies-no replyno orderNoReply AmazonNoReply infoNoReply mailnoreply infonoreply emailnoreply autonoreply
customernoreply newsnoreply pleasedonotreply please-do-not-reply donotreplydhl facturenepasrepondre ne_pas_repondr
nepasreponde ne-pas-repondere merci-de-ne-pas-repondre noreply-fr NoReply.FOI dvla.donotreply hitl-noreply do-no-reply
donoreply dontreply don't-reply cannot-reply cantreply notforreply no-answer noanswer no-responses sendonly send-only
unmonitored not-monitored unattended devnull DoNotUse anne+no-reply nichtantworten bitte-nicht-antworten keineantwort
nicht.beantworten no_antwort keine-antworten no-contestar nocontestar noconteste no-contestes no_responder no.responda
norespondas no-respondas sinrespuesta nonrispondere non.rispondere nonrisponda non_rispondete noreply-it naoresponda
nao-responder nao_responda nãoresponda não-responder naoresponder1 naoresponde niet-antwoorden nietbeantwoorden
niet-reageren nietreageren geen-antwoord geenantwoord nieodpowiadac nie.odpowiadaj prosze-nie-odpowiadac
brak-odpowiedzi svara-inte svarainte svara-ej svaraej inte-svara besvara-ej ej-svar norespongueu no-respongueu
no-respondre no-contesteu noreply-cat norespondre no-responguis no-respond noresponse no_response notreply not-reply
neverreply no-reply+abc noreply=tag no~reply no!reply 000noreply no-1648-reply no--reply-- _noreply_ noreplyodd
no-replies nonreply non-reply
svar-ikke ikke-svar alavastaa neodpovidat nu-raspunde ne-valaszolj cevaplamayin
"""

LIVING_LOCAL_PARTS = """
info contact support service.client notifications alertes newsletter facture reply replies reponse reponses-abonnes
repondre repondeur repondez-moi quick-reply lesreply usereply messagerie.4f3a9c reply+4f3a9c7d
casinoreply casino-reply volcanoreply pronoreply bruno-reply arno.reply piano.reply noel.ply nathalie.nore
honore.plyvert reply.norbert reply-nora votreponse nepeta nepasquier pasdecalais notable norevel antworten antwort
responda nobodyknows auto-reply mailer.martin systeme robot anne
casino.reply eleonore.plytas techno-reply domino.reply notification alerts service news reply+abcd1234 replay no.relay
norelay nora.reply norma.reply norton norman norbert noreen noreen.plys nolan.reply antworte responder contestar
reponses-clients rispondere rispondi svara svar ansvar ansvarig odpowiedz odpowiedzialny antwoord reageren nicht
nichte niete niemand notary notaire nota not nothing noticias notreponse votrereponse notre-reponse norelle noelia
norelly norelia relay respuesta respuestas repas pasteur pas sansone sans-souci ne nepal nepasser pasdepanique no non
none nonna nonno.reply autoreply automatisme systeme-u mailer.dupont messagerie.4f3a conversation-1234 mediation
ticket+123 case-4711 thread-abc reply-4f3a9c0d kunden keine.sorge nadia.reply anna-reply juan.oreply donatella donovan
donot.andre dona.reply ondine.repond responsable no.correspond nores no.repas casino.responder bruno.responde unobody
don.otreply don.otanswer norespo norespo.lopez noreplica svarinterna svarejonas ne.reponds keiner.antwort
johnobody everybody arno-response milano.response geno.responses piano.antwort romano.rispondere
"""


@pytest.mark.parametrize("local_part", DEAD_LOCAL_PARTS.split())
def test_a_local_part_that_says_so_is_dead(local_part: str) -> None:
    """Separators, capitals, accents, digits and tags make no difference."""
    verdict = judge(message(f"{local_part}@telecom.example"))
    assert (verdict.answerability, rules(verdict)) == (UNANSWERABLE, ["author-local-part"])
    assert fold(verdict.evidence[0].found) in fold(local_part)


@pytest.mark.parametrize("local_part", LIVING_LOCAL_PARTS.split())
def test_letters_that_only_look_like_it_are_alive(local_part: str) -> None:
    """The words count from the beginning of a word; role addresses and relays take answers."""
    verdict = judge(message(f"{local_part}@telecom.example"))
    assert (verdict.answerability, rules(verdict)) == (ANSWERABLE, ["author-living"])


@pytest.mark.parametrize(
    ("domain", "dead"),
    [
        ("nepasrepondre.example", True),
        ("noreply12.jobs.example", True),
        ("donotreply.x.example", True),
        ("users.noreply.forge.example", True),
        ("telecom.invalid", True),
        ("xn--ne-pas-rpondre-ikb.example", True),
        ("bulkmail.no-replay.example", True),
        ("noreplies.example", True),
        ("reply.airline.example", False),
        ("reply.com", False),
        ("no.reply.example", False),
        ("casinoreply.example", False),
        ("messagerie.annonces.example", False),
    ],
)
def test_a_label_of_the_domain_may_say_it(domain: str, dead: bool) -> None:  # noqa: FBT001 - a table
    """Each label is read alone: words do not go over a dot."""
    verdict = judge(message(f"robot@{domain}"))
    assert rules(verdict) == (["author-domain"] if dead else ["author-living"])
    assert bool(dead_words_in_domain(domain)) is dead


@pytest.mark.parametrize(
    ("name", "dead"),
    [
        ("Ne pas répondre", True),
        ("Télécom Exemple - NE PAS REPONDRE", True),
        ("noreply", True),
        ("Please do not reply - mailbox is not monitored - Example", True),
        ("Exemple (boîte non consultée)", True),
        ("Arno Reply", False),
        ("Bruno Replyton", False),
        ("Service Réponse", False),
        ("Norbert, Répondeur", False),
    ],
)
def test_the_display_name_may_say_it(name: str, dead: bool) -> None:  # noqa: FBT001 - a table
    """In the words of addresses or in a sentence."""
    verdict = judge(message(f"{name} <info@telecom.example>"))
    assert rules(verdict) == (["author-name"] if dead else ["author-living"])


def test_letters_of_other_alphabets_hide_nothing() -> None:
    """Look-alikes, invisible letters and mathematical capitals are read as what they look like."""
    for disguised in ("nо-reply", "no\u200b-rep\ufe0fly", "𝗻𝗼-𝗿𝗲𝗽𝗹𝘆", "ｎｏｒｅｐｌｙ"):
        assert dead_words(disguised), disguised


# Reply-To

LIVING, DEAD = "suivi@boutique.example", "noreply@boutique.example"
OTHER = "client@boutique.example"


@pytest.mark.parametrize(
    ("author", "reply_to", "text", "expected", "named"),
    [
        (DEAD, (OTHER,), "", ANSWERABLE, ["reply-to-living", "author-local-part"]),
        (DEAD, (DEAD,), "", UNANSWERABLE, ["reply-to-dead", "author-local-part"]),
        (LIVING, (DEAD,), "", UNANSWERABLE, ["reply-to-dead"]),
        (LIVING, (OTHER,), "", ANSWERABLE, ["reply-to-living"]),
        (LIVING, (LIVING,), "", ANSWERABLE, ["author-living"]),
        (LIVING, ("Suivi@boutique.example",), "", ANSWERABLE, ["author-living"]),
        (LIVING, ("noreply <autre@boutique.example>",), "", UNANSWERABLE, ["reply-to-dead"]),
        (LIVING, ("support@noreply.example",), "", UNANSWERABLE, ["reply-to-dead"]),
        # one of several that is read is enough
        (DEAD, (DEAD, OTHER), "", ANSWERABLE, ["reply-to-living", "author-local-part"]),
        # an answer that does something else
        (DEAD, ("leave-4711@boutique.example",), "", UNANSWERABLE, ["author-local-part", "reply-to-unsubscribes"]),
        (LIVING, ("dj-bounce@boutique.example",), "", UNCLEAR, ["reply-to-bounces"]),
        (LIVING, ("bounces+4711-anne=ami.example@boutique.example",), "", UNCLEAR, ["reply-to-bounces"]),
        (LIVING, ("4711@bounce.boutique.example",), "", UNCLEAR, ["reply-to-bounces"]),
        (LIVING, ("desabonnement@boutique.example",), "", UNCLEAR, ["reply-to-unsubscribes"]),
        (LIVING, ("2_hayt5cmrr@imip.boutique.example",), "", UNCLEAR, ["reply-to-robot"]),
        (LIVING, ("listserv@boutique.example",), "", UNCLEAR, ["reply-to-robot"]),
        (LIVING, ("retours@boutique.example",), "", ANSWERABLE, ["reply-to-living"]),
        (LIVING, ("support@intranet",), "", UNANSWERABLE, ["reply-to-dead"]),
        (LIVING, ("cleave@boutique.example",), "", ANSWERABLE, ["reply-to-living"]),
        # a relay passes answers on
        ("notifications@forge.example", ("reply+4f3a@reply.forge.example",), "", ANSWERABLE, ["reply-to-living"]),
        # the text against the header
        (LIVING, (OTHER,), "Merci de ne pas répondre.", UNCLEAR, ["text-notice", "reply-to-living"]),
        (DEAD, (OTHER,), "Merci de ne pas répondre.", UNCLEAR, ["text-notice", "reply-to-living"]),
        ("updates@shop.example", ("trackingmail@x.shop.example",), "Do not reply.", UNANSWERABLE, ["text-notice"]),
        ("updates@shop.example", ("trackingmail@b.example",), "Do not reply.", UNCLEAR, ["text-notice"]),
        ("updates@shop.example", ("support@shop.example",), "Do not reply.", UNCLEAR, ["text-notice"]),
        (LIVING, (LIVING,), "Merci de ne pas répondre.", UNANSWERABLE, ["text-notice"]),
        (DEAD, (), "You can reply to this message.", UNCLEAR, ["author-local-part", "text-invitation"]),
        (LIVING, (), "You can reply to this message.", ANSWERABLE, ["text-invitation"]),
    ],
)
def test_the_reply_to_decides_both_ways(
    author: str, reply_to: tuple[str, ...], text: str, expected: Answerability, named: list[str]
) -> None:
    """It is judged by the author's rules; only the text may stand against it."""
    verdict = judge(message(author, reply_to=reply_to, text=text))
    assert (verdict.answerability, rules(verdict)[: len(named)]) == (expected, named)


def test_a_doubtful_reply_to_counts_as_none() -> None:
    """Two Reply-To fields: nobody knows which one a mail program would take."""
    verdict = judge(message(DEAD, reply_to=(OTHER,), reply_to_problem="two Reply-To fields"))
    assert (verdict.answerability, rules(verdict)) == (UNANSWERABLE, ["author-local-part"])


# The text

SENTENCES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((TESTS / "sentences").glob("*.toml"))}
NOTICES = [sentence for said in SENTENCES.values() for sentence in said["notices"]]
NO_NOTICES = [sentence for said in SENTENCES.values() for sentence in said["others"]]
INVITATIONS = [sentence for said in SENTENCES.values() for sentence in said["invitations"]]


def test_ten_languages_are_read() -> None:
    """Each with its own words for addresses and subjects, and its own table of sentences."""
    ten = {"ca", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv"}
    assert ten <= set(languages())
    assert ten <= set(SENTENCES)


@pytest.mark.parametrize("sentence", NOTICES)
def test_a_notice_is_found_and_quoted(sentence: str) -> None:
    """The evidence is the sender's sentence."""
    verdict = judge(message(text=f"Bonjour,\n\n{sentence}\n\nHello."))
    assert verdict == Verdict(
        answerability=UNANSWERABLE, evidence=(Evidence(rule="text-notice", where="text", found=sentence),)
    )


@pytest.mark.parametrize("sentence", NO_NOTICES)
def test_what_only_sounds_like_a_notice_is_none(sentence: str) -> None:
    """Scope, negation, other people's mailboxes, and words inside words."""
    assert read(sentence).notice == ""


@pytest.mark.parametrize("sentence", INVITATIONS)
def test_an_invitation_is_found(sentence: str) -> None:
    """A sender who wants an answer says so too."""
    said = read(sentence)
    assert (said.notice, said.invitation) == ("", sentence)


def test_a_notice_is_no_invitation() -> None:
    """The same words with a "not" in them."""
    assert not any(read(sentence).invitation for sentence in NOTICES)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (
            "Nous vous remercions de ne\npas répondre à ce message.",
            "Nous vous remercions de ne pas répondre à ce message.",
        ),
        ("Please do not reply to\r\nthis message.", "Please do not reply to this message."),
        ("Bitte antworten Sie nicht auf diese\nE-Mail.", "Bitte antworten Sie nicht auf diese E-Mail."),
        ("Por favor, no responda a este\nCORREO.", "Por favor, no responda a este CORREO."),
        ("Télécom Exemple\nMerci de ne pas répondre", "Merci de ne pas répondre"),
        ("Bonjour. Merci de ne pas\u00a0répondre ! Au revoir.", "Merci de ne pas répondre !"),
        ("*** Ne pas répondre *** Télécom", "Ne pas répondre"),
    ],
)
def test_line_breaks_are_not_sentence_ends(text: str, quoted: str) -> None:
    """A program breaks lines anywhere; a heading is a line of its own."""
    assert read(text).notice == quoted


def test_a_quote_never_holds_a_number() -> None:
    """A one-time code may stand in the same sentence."""
    quoted = read("Votre code est 482913 ou 482 913 ou K7F2Q9, merci de ne pas répondre à ce message.").notice
    assert quoted == "Votre code est […] ou […] ou […], merci de ne pas répondre à ce message."


def test_a_quote_is_short() -> None:
    """A sentence without an end is cut around the notice."""
    quoted = read("mot " * 300 + "merci de ne pas répondre à ce message " + "mot " * 300).notice
    assert len(quoted) <= MAX_QUOTE
    assert "merci de ne pas répondre à ce message" in quoted


@pytest.mark.parametrize(
    ("subject", "in_reply_to", "expected"),
    [
        ("Votre facture [ne pas répondre]", (), UNANSWERABLE),
        ("Do not reply - Your invoice", (), UNANSWERABLE),
        ("Re: [ne pas répondre] facture", ("<1@ami.example>",), ANSWERABLE),
        ("Ne pas répondre est impoli, dit Paul", (), ANSWERABLE),
    ],
)
def test_the_subject_may_say_it(subject: str, in_reply_to: tuple[str, ...], expected: Answerability) -> None:
    """Except in a thread, where the subject is not its author's."""
    assert judge(message(subject=subject, in_reply_to=in_reply_to)).answerability is expected


# Automatic answers, bounces, lists


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("auto-submitted", "auto-replied")], AUTOMATIC),
        ([("auto-submitted", "Auto-Replied (vacation)")], AUTOMATIC),
        ([("auto-submitted", "auto-replied; owner-email=a@b.example")], AUTOMATIC),
        ([("auto-submitted", "(a comment) auto-replied")], AUTOMATIC),
        ([("auto-submitted", "no"), ("auto-submitted", "auto-replied")], AUTOMATIC),
        ([("x-autoreply", "yes")], AUTOMATIC),
        ([("x-autoreply", "no")], ANSWERABLE),
        ([("precedence", "auto_reply")], AUTOMATIC),
        ([("auto-submitted", "no")], ANSWERABLE),
        ([("auto-submitted", "no (auto-replied)")], ANSWERABLE),
        ([("auto-submitted", "auto-generated")], ANSWERABLE),
        ([("auto-submitted", "auto-generated; type=x")], ANSWERABLE),
        ([("auto-submitted", "auto-notified")], ANSWERABLE),
        ([("precedence", "BULK")], ANSWERABLE),
        ([("x-auto-response-suppress", "All")], ANSWERABLE),
        ([("list-unsubscribe", "<mailto:x@y.example>"), ("list-id", "<l.example>")], ANSWERABLE),
        ([("return-path", "<>")], ANSWERABLE),
        ([("x-failed-recipients", "x@y.example")], AUTOMATIC),
        ([("auto-submitted", "auto-generated (failure)")], AUTOMATIC),
        ([("auto-submitted", "auto-generated (warning-timeout)")], AUTOMATIC),
        ([("auto-submitted", "AUTO-REPLIED")], AUTOMATIC),
        ([("auto-submitted", "vacation")], AUTOMATIC),
        ([("auto-submitted", "auto-generated"), ("auto-submitted", "no")], ANSWERABLE),
        ([("auto-submitted", "No (really)")], ANSWERABLE),
        ([("auto-submitted", "")], ANSWERABLE),
        ([("precedence", "auto-reply")], AUTOMATIC),
        ([("x-autorespond", "1")], AUTOMATIC),
        ([("x-autoreply-from", "a@b.example")], AUTOMATIC),
        ([("x-mail-autoreply", "true")], AUTOMATIC),
        ([("x-autogenerated", "Reply")], AUTOMATIC),
        ([("x-autogenerated", "news")], ANSWERABLE),
        ([("x-fc-machinegenerated", "true")], AUTOMATIC),
        ([("x-fc-machinegenerated", "false")], ANSWERABLE),
        ([("delivered-to", "autoresponder")], AUTOMATIC),
        ([("x-post-messageclass", "9; Autoresponder")], AUTOMATIC),
        ([("x-apple-action", "VACATION")], AUTOMATIC),
        ([("x-auto-response-suppress", "DR, OOF, AutoReply")], ANSWERABLE),
        ([("x-loop", "yes")], ANSWERABLE),
        ([("precedence", "junk")], ANSWERABLE),
    ],
)
def test_automatic_is_not_unanswerable(fields: list[tuple[str, str]], expected: Answerability) -> None:
    """Only an automatic *answer* is never to be answered; what is merely sent by a program decides nothing."""
    assert judge(message("support@host.example", fields=tuple(fields))).answerability is expected


@pytest.mark.parametrize(
    ("author", "subject", "fields", "expected"),
    [
        ("paul@mairie.example", "Réponse automatique : Dossier", (), AUTOMATIC),
        ("paul@mairie.example", "Automatic reply: Claim", (), AUTOMATIC),
        ("paul@mairie.example", "Absence du bureau", (), AUTOMATIC),
        ("paul@mairie.example", "Absence du bureau Re: Votre demande", (), AUTOMATIC),
        ("paul@mairie.example", "Out of office RE : your request", (), AUTOMATIC),
        ("paul@mairie.example", "Automatische Antwort AW: Ihre Anfrage", (), AUTOMATIC),
        ("paul@mairie.example", "Absence du bureau de vote à Paris", (), ANSWERABLE),
        ("paul@mairie.example", "Réunion sur l'absence du bureau Re: demain", (), ANSWERABLE),
        ("paul@mairie.example", "Absent jusqu'au 30", (("return-path", "<>"),), AUTOMATIC),
        ("paul@mairie.example", "Absent jusqu'au 30", (), ANSWERABLE),
        ("paul@mairie.example", "Re: Paul is out of the office", (), ANSWERABLE),
        ("news@host.example", "Automatic reply: how to set one", (("list-unsubscribe", "<x>"),), ANSWERABLE),
        ("contact@assurance.example", "Auto : votre contrat", (), ANSWERABLE),
        ("MAILER-DAEMON@mx.example", "Whatever", (), AUTOMATIC),
        ("postmaster@mx.example", "Undeliverable: Question", (), AUTOMATIC),
        ("postmaster@mx.example", "Question", (), ANSWERABLE),
        ("x@mx.example", "Delivery Status Notification (Failure)", (("return-path", "<>"),), AUTOMATIC),
        ("x@mx.example", "Delivery failed, says my postman", (), ANSWERABLE),
        ("mailer.martin@mx.example", "Échec de la remise", (), ANSWERABLE),
    ],
)
def test_robots_are_known_by_their_subjects_too(
    author: str, subject: str, fields: tuple[tuple[str, str], ...], expected: Answerability
) -> None:
    """Most out-of-office answers carry no Auto-Submitted; a person may use the same words."""
    assert judge(message(author, subject=subject, fields=fields)).answerability is expected


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("Je suis absente jusqu'au 30.", (("return-path", "<>"),), AUTOMATIC),
        ("I am out of the office until Monday.", (("auto-submitted", "auto-generated"),), AUTOMATIC),
        ("Ich bin bis Montag nicht im Büro.", (("precedence", "bulk"),), AUTOMATIC),
        ("Estoy fuera de la oficina.", (("return-path", "<>"),), AUTOMATIC),
        ("Sono in ferie fino a lunedì.", (("return-path", "<>"),), AUTOMATIC),
        ("Estou de férias até segunda.", (("return-path", "<>"),), AUTOMATIC),
        ("Ik ben tot maandag niet op kantoor.", (("return-path", "<>"),), AUTOMATIC),
        ("Jestem na urlopie.", (("return-path", "<>"),), AUTOMATIC),
        ("Jag är på semester till måndag.", (("return-path", "<>"),), AUTOMATIC),
        ("Soc de vacances.", (("return-path", "<>"),), AUTOMATIC),
        ("Je suis absente jusqu'au 30.", (), ANSWERABLE),
        ("Ceci est un message automatique.", (("auto-submitted", "auto-generated"),), ANSWERABLE),
        (
            "I am out of office furniture.",
            (("auto-submitted", "auto-generated"), ("list-unsubscribe", "x")),
            ANSWERABLE,
        ),
    ],
)
def test_an_absence_is_known_by_its_text_too(
    text: str, fields: tuple[tuple[str, str], ...], expected: Answerability
) -> None:
    """If a program sent it; people go on holiday too."""
    assert (
        judge(message("paul@mairie.example", subject="Re: Dossier", text=text, fields=fields)).answerability is expected
    )


def test_a_bounce_is_known_by_the_words_of_a_server() -> None:
    """Under a subject that says so; a postman's failure is none."""
    subject = "Undelivered Mail Returned to Sender"
    assert rules(judge(message(subject=subject, text="<x@y.example>: 550 5.1.1 User unknown"))) == ["bounce"]
    assert rules(judge(message(subject=subject, text="says my screen, what now?"))) == ["author-living"]
    assert rules(judge(message(subject="Question", text="550 5.1.1 User unknown"))) == ["author-living"]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("multipart/report; report-type=delivery-status", AUTOMATIC),
        ("multipart/report; report-type=disposition-notification", AUTOMATIC),
        ("multipart/report; report-type=feedback-report", ANSWERABLE),
        ("multipart/mixed", ANSWERABLE),
    ],
)
def test_reports_on_mail_are_never_answered(content_type: str, expected: Answerability) -> None:
    """RFC 3464 and RFC 8098; reports on something else are ordinary mail."""
    assert judge(message(content_type=content_type)).answerability is expected


def test_a_bounce_needs_no_readable_author() -> None:
    """``MAILER-DAEMON`` without a domain is common."""
    verdict = judge(message(None, fields=(("from", "MAILER-DAEMON (Mail Delivery System)"),)))
    assert (verdict.answerability, rules(verdict)) == (AUTOMATIC, ["bounce"])


@pytest.mark.parametrize(
    ("author", "post", "text", "expected", "named"),
    [
        ("bob@ami.example", "<mailto:dev@lists.example>", "", ANSWERABLE, ["list-post"]),
        ("bob@ami.example", "NO (posting not allowed)", "", ANSWERABLE, ["author-living"]),
        ("noreply@lists.example", "<mailto:dev@lists.example>", "", UNANSWERABLE, ["author-local-part"]),
        (
            "bob@ami.example",
            "<mailto:d@l.example>",
            "Replies are not read.",
            UNANSWERABLE,
            ["text-notice", "list-post"],
        ),
    ],
)
def test_a_mailing_list_takes_posts(
    author: str, post: str, text: str, expected: Answerability, named: list[str]
) -> None:
    """Unless it says NO, or its mail comes from an address that takes none."""
    verdict = judge(message(author, text=text, fields=(("list-post", post),)))
    assert (verdict.answerability, [rule for rule in rules(verdict) if rule in named]) == (expected, named)


def test_a_notice_in_a_discussion_decides_nothing() -> None:
    """It may be another's words, or about another mailbox."""
    fields = (("list-post", "<mailto:dev@lists.example>"),)
    verdict = judge(message(text="Replies are not read.", fields=fields, in_reply_to=("<1@lists.example>",)))
    assert (verdict.answerability, rules(verdict)) == (UNCLEAR, ["text-notice", "list-post"])


@pytest.mark.parametrize(
    ("raw_from", "reply_to", "text", "expected", "named"),
    [
        ("two From fields", (), "", UNCLEAR, ["author-problem"]),
        ("two From fields", (OTHER,), "", UNCLEAR, ["author-problem"]),
        ("two From fields", (OTHER,), "Merci de ne pas répondre.", UNCLEAR, ["text-notice", "reply-to-living"]),
        ("two From fields", (), "Merci de ne pas répondre.", UNANSWERABLE, ["text-notice", "author-problem"]),
        ("Exemple, <noreply@a.example>", (), "", UNANSWERABLE, ["author-local-part", "author-problem"]),
        ("<ne-pas-repondre@a.example.>, <nepasrepondre@a.example>", (), "", UNANSWERABLE, ["author-local-part"]),
        ("<no-reply@%a.example>", (), "", UNANSWERABLE, ["author-local-part", "author-problem"]),
        ("<noreply@a.example>, <anne@a.example>", (), "", UNCLEAR, ["author-problem"]),
        ("Noreply, <info@a.example>", (), "", UNCLEAR, ["author-problem"]),
    ],
)
def test_of_a_doubtful_author_only_what_all_say_is_clear(
    raw_from: str, reply_to: tuple[str, ...], text: str, expected: Answerability, named: list[str]
) -> None:
    """Whichever of the addresses is meant; nothing proves such an author, so nothing is drafted anyway."""
    verdict = judge(message(None, reply_to=reply_to, text=text, fields=(("from", raw_from),)))
    assert (verdict.answerability, rules(verdict)[: len(named)]) == (expected, named)


def test_a_token_of_a_discussion_is_public() -> None:
    """The same Reply-To is a relay on mail that no list sent."""
    reply_to = ("reply+4f3a9c7d2e1b8a@reply.forge.example",)
    assert rules(judge(message(LIVING, reply_to=reply_to))) == ["reply-to-living"]
    verdict = judge(message(LIVING, reply_to=reply_to, fields=(("list-id", "<p.forge.example>"),)))
    assert (verdict.answerability, rules(verdict)) == (UNCLEAR, ["reply-to-public"])


# What the user says


@pytest.mark.parametrize(
    ("author", "reply_to", "dead", "alive", "expected", "found"),
    [
        (LIVING, (), {LIVING}, set(), UNANSWERABLE, LIVING),
        ("Suivi@Boutique.EXAMPLE", (), {LIVING}, set(), UNANSWERABLE, LIVING),
        (LIVING, (), {"boutique.example"}, set(), UNANSWERABLE, "boutique.example"),
        ("x@mail.boutique.example", (), {"boutique.example"}, set(), UNANSWERABLE, "boutique.example"),
        ("x@autreboutique.example", (), {"boutique.example"}, set(), ANSWERABLE, None),
        (DEAD, (), set(), {DEAD}, ANSWERABLE, DEAD),
        (DEAD, (), {"boutique.example"}, {DEAD}, ANSWERABLE, DEAD),
        ("x@mail.boutique.example", (), {"boutique.example"}, {"mail.boutique.example"}, ANSWERABLE, None),
        (DEAD, (OTHER,), {OTHER}, set(), UNANSWERABLE, OTHER),
        (LIVING, (DEAD,), set(), {DEAD}, ANSWERABLE, DEAD),
        (LIVING, (DEAD,), set(), {LIVING}, ANSWERABLE, LIVING),
    ],
)
def test_the_user_knows_better(
    author: str,
    reply_to: tuple[str, ...],
    dead: set[str],
    alive: set[str],
    expected: Answerability,
    found: str | None,
) -> None:
    """The exact address first, then the nearest domain; the Reply-To before the author."""
    overrides = Overrides(dead=frozenset(dead), alive=frozenset(alive))
    verdict = judge(message(author, reply_to=reply_to, text="Merci de ne pas répondre." if alive else ""), overrides)
    assert verdict.answerability is expected
    if found:
        assert [(each.rule, each.found) for each in verdict.evidence] == [("configured", found)]


def test_an_automatic_answer_stays_one() -> None:
    """No setting makes a robot's answer one to be answered."""
    bounced = message("mailer-daemon@mx.example")
    assert judge(bounced, Overrides(alive=frozenset({"mx.example"}))).answerability is AUTOMATIC


# What changes nothing

LOOK_ALIKES = dict(zip("aceopxyi", "асеорхуі", strict=True))
HIDDEN = ("\u200b", "\ufe0f", "\u00ad", "\u2060", "\U000e0100")


def disguised(text: str, random: Random) -> str:
    """Write *text* with some letters of another alphabet, and with what nobody sees between them."""
    letters = (LOOK_ALIKES.get(each, each) if random.random() < 0.2 else each for each in text)
    return "".join(each + (random.choice(HIDDEN) if random.random() < 0.1 else "") for each in letters)


def in_another_form(text: str, random: Random) -> str:
    """Write *text* in another form of Unicode, which for some letters is another letter."""
    return unicodedata.normalize(random.choice(("NFC", "NFD", "NFKC", "NFKD")), text)


def decorated_local_part(local_part: str, random: Random) -> str:
    """Change what does not count: all letters' case, separators, accents, tags, disguises."""
    cased = random.choice((str.upper, str.lower, str.title, str))(local_part)
    parted = "".join(random.choice("._-") if each in "._-" else each for each in cased)
    accented = "".join(each + ("\u0301" if each in "aeou" and random.random() < 0.2 else "") for each in parted)
    tagged = accented + random.choice(("", "+x", "+4711", ".7", "-42"))
    return in_another_form(disguised(tagged, random), random)


def decorated_sentence(sentence: str, random: Random) -> str:
    """Change what does not count: apostrophes, spaces, line breaks, accents, disguises, and the case of all."""
    loud = random.random() < 0.2
    spelt = (sentence.upper() if loud else sentence).replace("'", random.choice("'’ʼ"))
    words = [disguised(word, random) for word in spelt.split(" ")]
    joined = words[0]
    for before, word, written in zip(spelt.split(" "), spelt.split(" ")[1:], words[1:], strict=False):
        breaks = ("\n", "\r\n") if word[:1].islower() and before[-1:].isalpha() else ()
        joined += random.choice((" ", " ", "\u00a0", "  ", *breaks)) + written
    return in_another_form(joined, random)


def test_a_figure_among_hidden_characters_stands_for_a_letter() -> None:
    """A disguise of a disguise."""
    assert dead_words("N\u200b0\u200bR\u200bE\u200bP\u200bL\u200bY\u200b")


@settings(max_examples=150)
@given(
    st.sampled_from([each for each in DEAD_LOCAL_PARTS.split() if dead_words(each.lower())]),  # not by humps alone
    st.randoms(use_true_random=False),
)
def test_no_decoration_wakes_the_dead(local_part: str, random: Random) -> None:
    """Case, separators, accents, tags, look-alikes."""
    written = decorated_local_part(local_part, random)
    assert dead_words(written), written


@settings(max_examples=150)
@given(st.sampled_from([*LIVING_LOCAL_PARTS.split()]), st.randoms(use_true_random=False))
def test_no_decoration_kills_the_living(local_part: str, random: Random) -> None:
    """Likewise."""
    written = decorated_local_part(local_part, random)
    assert dead_words(written) == "", written


@settings(max_examples=200)
@given(st.sampled_from([*NOTICES, *NO_NOTICES, *INVITATIONS]), st.randoms(use_true_random=False))
def test_no_decoration_changes_what_a_sentence_says(sentence: str, random: Random) -> None:
    """Line breaks, spaces, apostrophes, capitals, look-alikes, letters that nobody sees."""
    written = decorated_sentence(sentence, random)
    plain, said = read(sentence), read(written)
    assert (bool(said.notice), bool(said.invitation)) == (bool(plain.notice), bool(plain.invitation)), written


# Whole messages, documents, limits


@pytest.mark.parametrize("judged", judged_messages(), ids=lambda judged: judged.name)
def test_whole_messages(judged: Judged) -> None:
    """As they come, through the parser."""
    verdict = judge(judged.message)
    assert (verdict.answerability, set(judged.rules) - set(rules(verdict))) == (judged.answerability, set())


def test_every_rule_is_documented_and_shown_by_a_message() -> None:
    """docs/rules.md has a row for each rule; a message of ours, or a table above, meets it."""
    documented = re.findall(r"^\| `([a-z-]+)` \| \w+ \|", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(documented) == sorted(RULES)
    met = {rule for judged in judged_messages() for rule in judged.rules}
    assert set(RULES) - met == {"configured"}


def test_every_rule_is_explained() -> None:
    """In a few words beside its name; `explain` prints them."""
    assert len({explanation.meaning(rule) for rule in RULES}) == len(RULES)


def test_every_language_is_written_in_folded_form() -> None:
    """A word with an accent or a capital in phrases/ would never be found."""
    assert {"fr", "en"} <= set(languages())
    for phrases in languages().values():
        words = (*chain.from_iterable(msgspec.structs.astuple(phrases.address)), *phrases.text.stems)
        assert [word for word in words if fold(word) != word] == []


@settings(max_examples=60)
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """Also for letters that no sender ever wrote."""
    assert fold(fold(text)) == fold(text)


@settings(max_examples=40)
@given(
    local_part=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="@"), min_size=1),
    name=st.text(),
    text=st.lists(st.sampled_from([*NOTICES, *NO_NOTICES, *INVITATIONS, "\n", "482913", "é\u0301"])).map(" ".join),
    fields=st.lists(st.tuples(st.sampled_from(["auto-submitted", "list-post", "return-path"]), st.text())),
)
def test_any_message_gets_a_verdict_with_a_known_reason(
    local_part: str, name: str, text: str, fields: list[tuple[str, str]]
) -> None:
    """Whatever a sender writes; and the quotes stay short."""
    author = Mailbox(address=Address(local_part, Address.parse("x@ami.example").domain), name=name)
    base = message(subject=name, text=text, fields=tuple(fields))
    verdict = judge(
        Message(
            **{field: getattr(base, field) for field in base.__dataclass_fields__ if field != "author"}, author=author
        )
    )
    assert verdict.evidence
    assert set(rules(verdict)) <= set(RULES)
    assert all(len(each.found) <= MAX_QUOTE for each in verdict.evidence if each.rule.startswith("text-"))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        "merci de ",
        "ne pas ",
        "please do not ",
        "replies to this mail ",
        "adresse ne ",
        "pour repondre a ",
        "bitte auf diese nachricht nicht ",
        "antworten auf diese ",
        "esta direccion de correo no ",
        "las respuestas a este correo ",
        "questo indirizzo non ",
        "este endereco de e-mail nao ",
        "deze berichten naar dit adres ",
        "prosimy na te wiadomosc nie ",
        "denna adress kan inte ",
        "aquesta adreca de correu no ",
        "wenn sie um zu ",
        "please use ",
        "the address from which ",
        "replying to this email will ",
        "utilisez contactez envoyez-nous ",
        "la boite adresse que ",
        "antworten auf diese e-mail von ",
        "statt bitte das postfach, ",
        "la cuenta de la que use por favor ",
        "indirizzo usi chiami scriva ",
        "endereco a qual use ligue ",
        "de mailbox waaruit bel gebruik ",
        "skrzynka z ktorej prosimy ",
        "brevladan som ring kontakta ",
        "la bustia amb la qual feu truqueu ",
        "a",
        "1a",
        "é",
        "no-",
    ],
)
def test_hostile_text_costs_no_more_than_plain_text(part: str) -> None:
    """64 KB of what our patterns begin with; a pattern that goes back and forth would need hours."""
    text = (part * MAX_TEXT)[:MAX_TEXT]
    assert judge(message(text=f"{text} reply répondre monitored", subject=text)).evidence


def test_sentences_lose_nothing_but_marks() -> None:
    """Every word of a text is in one of its sentences, in order."""
    text = "Un deux\ntrois. Quatre !\n\n• cinq\nSix"
    assert [" ".join(sentences(text))] == ["Un deux trois. Quatre ! cinq Six"]


# Real mail, where it is at hand: its labels are others', docs/rules.md and the benchmark are about the same figures


def rows_of(name: str) -> list[dict[str, str]]:
    """Read a table of the collection; skip the test, and say so, where there is none."""
    path = CORPORA / name
    if not path.exists():
        pytest.skip(f"no collection of real mail at {path}")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def precision_and_recall(pairs: list[tuple[bool, bool]]) -> tuple[float, float]:
    """Of pairs (meant, found): the part of what was found that was meant, and the reverse; 1 of nothing."""
    both = sum(meant and found for meant, found in pairs)
    return (
        both / sum(found for _, found in pairs) if any(found for _, found in pairs) else 1.0,
        both / sum(meant for meant, _ in pairs) if any(meant for meant, _ in pairs) else 1.0,
    )


@pytest.mark.corpora
def test_addresses_of_real_mail() -> None:
    """None that lives is called dead; of those whose name shows it nearly all are found, in every language."""
    shown = [row for row in rows_of("addresses.tsv") if not row["note"].startswith("only the body")]
    judged = [(row, (row["label"] == "noreply", _is_dead(row["address"], row["display_name"]))) for row in shown]
    assert precision_and_recall([pair for row, pair in judged if row["origin"] != "constructed"])[0] == 1.0
    precision, recall = precision_and_recall([pair for _, pair in judged])
    assert precision >= 0.99
    assert recall >= 0.97
    for language, count in Counter(row["language"] for row in shown if row["label"] == "noreply").items():
        if count >= 10:
            assert precision_and_recall([pair for row, pair in judged if row["language"] == language])[1] >= 0.95


def _is_dead(address: str, name: str) -> bool:
    local_part, _, domain = address.rpartition("@")
    return bool(dead_words(local_part) or dead_words_in_domain(domain.lower()) or says_dead(name))


@pytest.mark.corpora
def test_notices_of_real_mail() -> None:
    """In all languages together: those who mix them are read too."""
    rows = [row for row in rows_of("phrases.tsv") if row["label"] != "ambiguous"]
    precision, recall = precision_and_recall(
        [(row["label"] == "noreply", bool(read(row["text"]).notice)) for row in rows]
    )
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.mark.corpora
def test_whole_messages_of_real_mail() -> None:
    """Those about which nobody argues; and no bounce and no automatic answer is ever one to draft to."""
    rows = rows_of("mail/manifest.tsv")
    verdicts = [judge(Message.from_bytes((CORPORA / "mail" / row["file"]).read_bytes())).answerability for row in rows]
    judged = list(zip(rows, verdicts, strict=True))
    clear = [(row["label"] == "noreply", said is UNANSWERABLE) for row, said in judged if row["ambiguous"] != "yes"]
    precision, recall = precision_and_recall(clear)
    assert precision >= 0.95
    assert recall >= 0.93
    robots = {row["file"] for row, said in judged if row["label"] in {"bounce", "autoreply"} and said is UNANSWERABLE}
    assert robots == set()
