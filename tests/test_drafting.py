"""Drafts: the words, the header, and what a hostile message cannot do to either."""

import re
import string
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32
from email.utils import getaddresses
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from drafting_cases import (
    ANNE,
    BILL,
    BILLS,
    CASES,
    DRAFTS,
    LETTER,
    MAIL,
    MEDIATOR,
    NEXT,
    NOTICE,
    OPERATOR,
    PHONE,
    POST,
    QUESTION,
    body,
    content,
    flowed,
    parsed,
    shown,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.address import Address
from noreply_analyzer.choice import DATA_TOPICS, Level
from noreply_analyzer.drafting import Answered, Brief, Writer, compose, letter_text
from noreply_analyzer.enclosing import compose_whole
from noreply_analyzer.grounds import Contract, case_of, choose_grounds
from noreply_analyzer.ids import digest, is_draft_id, read_marker, stand_in
from noreply_analyzer.language import LANGUAGES, WRITTEN
from noreply_analyzer.message import Mailbox, Message
from noreply_analyzer.prose import (
    NO_BREAK,
    RIGHT,
    clean,
    day_named,
    lay_out,
    quotable,
    stuffed,
    unstuffed,
    value,
    words,
)
from noreply_analyzer.quoting import quoted
from noreply_analyzer.tongue import is_foreign, text_language
from noreply_analyzer.topic import Topic
from noreply_analyzer.wording import text_values

EMAIL = replace(QUESTION, channel=MAIL)
ABROAD = msgspec.structs.replace(OPERATOR, country="IE")
BIDI = "\u202e\u2066\u200f"
TOPICS = [topic for topic in Topic if topic is not Topic.SECURITY]
TEMPLATES = Path(str(files("noreply_analyzer"))) / "templates"
ENDS = {
    "fr": ("Madame, Monsieur,\n", "Je vous prie d’agréer|Cordialement|Salutations distinguées"),
    "en": ("Dear Sir or Madam,\n", "Yours faithfully|Kind regards"),
    "de": ("Sehr geehrte Damen und Herren,\n", "Mit freundlichen Grüßen"),
    "es": ("Estimados señores:\n", "Atentamente,"),
    "it": ("Spett.le Télécom Exemple,\n", "Distinti saluti|Cordiali saluti"),
    "nl": ("Geachte heer, mevrouw,\n", "Met vriendelijke groet,|Hoogachtend,"),
    "pt": ("Exmos. Senhores,\n", "Com os melhores cumprimentos,"),
}
"""How a text begins and ends in each language."""
LEAST = {language: 120 if language in LANGUAGES else 105 for language in WRITTEN}
"""The words of the shortest text: without law, it is somewhat shorter."""
ADDRESS_OR_URL = re.compile(r"https?://\S+|\S+@\S+")


def about(message: Message, brief: Brief = LETTER, notice: str = NOTICE) -> Brief:
    """Give *brief* with *message* as the one that it answers."""
    return replace(brief, answered=(Answered(message=message, notice=notice),))


# The words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    """Each draft reads as it was read, word for word, by somebody who speaks the language."""
    assert shown(compose_whole(CASES[name])) == (DRAFTS / f"{name}.txt").read_text(encoding="utf-8")


def test_golden_texts_all_have_a_case() -> None:
    """No golden text outlives its case."""
    assert {path.stem for path in DRAFTS.glob("*.txt")} == set(CASES)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("fr-") and "in-english" not in name])
def test_french_typography(name: str) -> None:
    """No sign of two parts can be parted from its word, and no straight quotation mark or apostrophe is left."""
    text = ADDRESS_OR_URL.sub("", body(compose(replace(CASES[name], answered=_without_words(CASES[name])))))

    assert not re.search(rf"[^{NO_BREAK}][:;!?»]", text.replace("://", ""))
    assert not re.search(rf"«[^{NO_BREAK}]", text)
    assert "'" not in text
    assert '"' not in text
    assert "1 novembre" not in text
    assert f"1{NO_BREAK}novembre" not in text


OPENING_MARKS = {"de": "„", "es": "«", "it": "«", "nl": "“", "pt": "«"}


@pytest.mark.parametrize("name", [name for name in CASES if name[:2] in OPENING_MARKS and "-in-" not in name])
def test_other_languages_are_set_as_theirs(name: str) -> None:
    """With the quotation marks of the language, and without the spaces that French has."""
    text = ADDRESS_OR_URL.sub("x", body(compose(CASES[name])).split("-" * 72)[-1])
    text = re.sub(r"\[[^\]]*\]", "x", text)  # which speaks to the user
    language = name[:2]

    assert set(re.findall("[«„“]", text)) == {OPENING_MARKS[language], *("“" if language == "de" else "")}
    assert text.count(OPENING_MARKS[language]) == text.count({"„": "“", "«": "»", "“": "”"}[OPENING_MARKS[language]])
    assert not re.search(r"[\s][:;!?»”,.]|[«„]\s|['\"]|  +\S", re.sub(r"(?m)^ +", "", text))


@pytest.mark.parametrize(
    ("language", "first", "eighth"),
    [
        ("fr", "1er novembre 2026", "8 novembre 2026"),
        ("en", "1 November 2026", "8 November 2026"),
        ("de", "1. November 2026", "8. November 2026"),
        ("es", "1 de noviembre de 2026", "8 de noviembre de 2026"),
        ("it", "1º novembre 2026", "8 novembre 2026"),
        ("nl", "1 november 2026", "8 november 2026"),
        ("pt", "1 de novembro de 2026", "8 de novembro de 2026"),
    ],
)
def test_a_date_is_written_as_its_readers_do(language: str, first: str, eighth: str) -> None:
    """And no line ends within it."""
    for day, written in ((1, first), (8, eighth)):
        assert words(language).date(date(2026, 11, day)) == written.replace(" ", NO_BREAK)


def test_no_italian_date_follows_del() -> None:
    """It would be *dell’* before the eighth and the eleventh, and no template knows the day."""
    italian = "".join(path.read_text("utf-8") for path in (TEMPLATES / "it").iterdir())

    assert not re.search(r"\b(?:il|del|al|dal) \{+ *(?:date|[\w.\[\]]*(?:day|today|_on)\b)", italian)


@pytest.mark.parametrize(
    ("line", "town"),
    [
        ("17000 La Rochelle", "La Rochelle"),
        ("33000 BORDEAUX CEDEX 09", "BORDEAUX"),
        ("17590 ARS EN RE", "ARS EN RE"),
        ("1000 Bruxelles", "Bruxelles"),
        ("7100 LA LOUVIERE", "LA LOUVIERE"),
        ("8670 De Panne", "De Panne"),
        ("10115 Berlin", "Berlin"),
        ("D-10115 Berlin", "Berlin"),
        ("1010 Wien", "Wien"),
        ("28013 Madrid", "Madrid"),
        ("00184 Roma RM", "Roma"),
        ("20121 Milano (MI)", "Milano"),
        ("1012 AB Amsterdam", "Amsterdam"),
        ("1234 LA ’s-Hertogenbosch", "’s-Hertogenbosch"),
        ("1000-205 Lisboa", "Lisboa"),
        ("12 rue des Lilas", ""),
    ],
)
def test_the_town_of_the_writer(line: str, town: str) -> None:
    """It stands behind the postcode, whatever country's; else it is a blank."""
    brief = replace(LETTER, writer=replace(ANNE, postal=("12 rue des Lilas", line)))

    assert f" {town or '[votre ville]'}, le 24{NO_BREAK}novembre" in body(compose(brief))


def _without_words(brief: Brief) -> tuple[Answered, ...]:
    return tuple(replace(one, message=replace(one.message, subject="Votre facture")) for one in brief.answered)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_left_to_fill_in_but_what_is_marked(name: str) -> None:
    """The text has no brace, no "None", no empty quotation; what is in brackets is what the user fills in."""
    text = body(compose(CASES[name]))
    blanks = {form for language in LANGUAGES for form in words(language).blank.values()}
    marked = re.findall(r"\[[^\]]*\]", text.replace("\n", " "))

    assert not re.search(r"[{}]|None|«\s*»|[“„]\s*[“”]|\(\)|  ,|\.\.|,,", text)
    assert len([mark for mark in marked if mark not in {*blanks, "[…]"}]) == (compose(CASES[name]).shape != "call")
    assert marked.count("[…]") == is_foreign(CASES[name])


@pytest.mark.parametrize("name", [name for name in CASES if compose(CASES[name]).shape not in {"email", "call"}])
def test_the_note_counts_the_passages(name: str) -> None:
    """The note says how many passages are in brackets, and as many are; it lists them, and no others."""
    spoken = words(CASES[name].writer.notes)
    note, text, *_own = body(compose(CASES[name])).split("-" * 72)
    count = text.count("[")
    said = spoken.blanks["one"] if count == 1 else spoken.blanks["many"].format(count=spoken.number(count))

    assert said in note.replace("\n", " ")


@pytest.mark.parametrize("name", CASES)
def test_lines_fit(name: str) -> None:
    """No line is wider than 72 columns, where Thunderbird breaks what one edits in it, nor than 78 at all."""
    for line in content(compose(CASES[name])).splitlines():
        assert len(line.removeprefix(" ").removesuffix(" ")) <= 72
        assert len(line) <= 78


@pytest.mark.parametrize("name", CASES)
def test_paragraphs_flow_and_lines_stand(name: str) -> None:
    """Where a mail program lets text flow, a paragraph is one line; no line of an address or a list joins another."""
    draft = compose(CASES[name])
    lines = flowed(draft)

    assert max(map(len, lines)) > 100
    assert " ".join(lines).split() == body(draft).split()
    assert [line for line in lines if "   " in line.lstrip()] == []


def test_what_looks_like_a_quotation_is_none() -> None:
    """A line that begins with a space, > or From gets a space that a mail program takes away (RFC 3676 section 4.4)."""
    assert stuffed("a \nb\n> c\n  d\nFrom e\nFromage\n") == "a \nb\n > c\n   d\n From e\nFromage\n"
    assert unstuffed(stuffed("a \n> c\n  d\nFrom e\n")) == "a\n> c\n  d\nFrom e\n"


@pytest.mark.parametrize("name", CASES)
def test_each_channel_names_its_source_and_its_dates(name: str) -> None:
    """For every way that is named, the user reads where it was read and when."""
    brief, draft = CASES[name], compose(CASES[name])
    text = shown(draft).replace(NO_BREAK, " ").replace("\n", " ")
    spoken = words(brief.writer.notes)
    named = (brief.channel,) if draft.shape == "email" else (brief.channel, *brief.also)

    for channel in filter(None, named):
        assert re.sub(" +", " ", text).count(channel.sources[0])
        assert spoken.date(channel.checked_on).replace(NO_BREAK, " ") in re.sub(" +", " ", text)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("https://telecom.example/contact", "https://telecom.example/contact"),
        ("https://telecom.example/contact (undated)", "https://telecom.example/contact"),
        ("https://telecom.example: its page, republished without a date", "https://telecom.example"),
        (
            "datenanfragen.de, companies/telecom.json (CC0), last changed 2020-09-17, which names https://telecom.example/p",
            "datenanfragen.de, companies/telecom.json (https://telecom.example/p)",
        ),
        ("Conditions générales de vente, article 12", "Conditions générales de vente, article 12"),
    ],
)
def test_a_source_is_named_without_what_a_record_says_of_it(source: str, named: str) -> None:
    """Records speak English, and a French letter does not."""
    brief = replace(QUESTION, channel=msgspec.structs.replace(MAIL, sources=(source,)))
    text = " ".join(body(compose(brief)).split())
    comments = str(compose(brief).message["Comments"])

    assert f"Adresse relevée dans : {named} ; texte du" in comments
    assert (f"figure sur {named} (version" in text) is named.startswith("http")


def test_hours_are_not_torn_apart() -> None:
    """No line begins with the unit of a number that ends the line before."""
    for days in ("lundi-samedi", "du lundi au vendredi", "tous les jours, fériés compris,", "lundi", "tous les lundis"):
        phone = msgspec.structs.replace(PHONE, hours=f"{days} 8 h-20 h et 21 h-22 h", price="0,35 € par minute")
        text = body(compose(replace(LETTER, also=(phone,))))

        assert not re.search(r"\d\n +(h|€)|21\n", text)


def test_one_request() -> None:
    """An e-mail asks for one thing, and is short."""
    text = body(compose(EMAIL))

    assert text.count("Je vous remercie") == 1
    assert "?" not in text
    assert len(text.split()) < 200


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize(
    ("language", "sector"),
    [
        *(
            (language, sector)
            for language in LANGUAGES
            for sector in ("telecom", "bank", "e-commerce", "digital", "public")
        ),
        *((language, "telecom") for language in WRITTEN if language not in LANGUAGES),  # in which no law is cited
    ],
)
def test_as_long_as_a_letter_should_be(topic: Topic, language: str, level: Level, sector: str) -> None:
    """From some 120 to 200 words between salutation and closing, law and blank and all, whatever it is about."""
    who = msgspec.structs.replace(OPERATOR, sector=sector, slug="vinted" if sector == "digital" else "exemple")
    made = Contract(made_on=date(2026, 7, 1), at_a_distance=True)
    case = case_of(who, topic, level, day=date(2026, 11, 24), proven=True, contract=made)
    for channel in (MAIL, POST):
        brief = replace(
            QUESTION,
            operator=who,
            topic=topic,
            level=level,
            writer=replace(ANNE, language=language),
            channel=msgspec.structs.replace(channel, languages=(language,)),
            grounds=choose_grounds(case),
            escalation=() if topic in DATA_TOPICS else QUESTION.escalation,
        )
        opening, closing = ENDS[language]
        said = re.split(f"^(?:{closing})", body(compose(brief)).partition(opening)[2], flags=re.MULTILINE)[0]
        count = len(re.findall(r"[^\W_]\S*", said))

        assert LEAST[language] <= count <= 200, count


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("level", Level)
def test_every_topic_has_words(topic: Topic, language: str, level: Level) -> None:
    """Whatever a message is about, alone or in a group, proven or not, both shapes are whole in every language."""
    group = tuple(Answered(message=message) for message in BILLS)
    bare = (Answered(message=replace(BILL, date=None, subject="", author=None)),)
    for channel in (MAIL, POST):
        read = msgspec.structs.replace(channel, languages=(language,))
        for answered in (QUESTION.answered, group, bare):
            for proven_by in ("telecom.example", ""):
                writer = replace(ANNE, language=language)
                brief = replace(QUESTION, topic=topic, level=level, writer=writer, channel=read, answered=answered)
                text = shown(compose(replace(brief, proven_by=proven_by)))

                assert "[" in text
                assert not re.search(r"[{}]|None| [.,]|\(\)| – \n", text)
                assert max(map(len, text.partition("\n\n")[2].splitlines())) <= 72
                assert [other for other, (opening, _closing) in ENDS.items() if opening in text] == [language]


def test_codes_and_passwords_are_never_drafted_to() -> None:
    """Whoever asks for a draft to a one-time code made a mistake."""
    with pytest.raises(ValueError, match="never drafted"):
        compose(replace(EMAIL, topic=Topic.SECURITY))


@pytest.mark.parametrize(
    ("subject", "quoted"),
    [
        ("Votre facture, code 482913", "Votre facture, code …"),
        ("Votre facture, code 482\u200b9\ue00013", "Votre facture, code …"),
        ("482913", "…"),
        ("Votre facture n° 482913", "Votre facture n° 482913"),
        ("Votre colis 4829131", "Votre colis 4829131"),
    ],
)
@pytest.mark.parametrize("brief", [EMAIL, LETTER], ids=["email", "letter"])
def test_what_looks_like_a_code_is_quoted_in_no_draft(brief: Brief, subject: str, quoted: str) -> None:
    """Whatever the message was taken for; a bill keeps its number."""
    message = replace(brief.answered[-1].message, subject=subject)
    text = " ".join(body(compose(about(message, brief, notice="Code 482914 : ne pas répondre"))).split())

    assert quoted in text
    assert ("482913" in text) is ("482913" in quoted)
    assert "482914" not in text


def test_a_draft_answers_something() -> None:
    """There is no draft without a message."""
    with pytest.raises(ValueError, match="at least one"):
        compose(replace(EMAIL, answered=()))


@pytest.mark.parametrize(
    ("subject", "day"),
    [
        ("Votre facture du 12 novembre", date(2026, 11, 12)),
        ("Votre facture du 1er novembre 2026", date(2026, 11, 1)),
        ("Votre facture du 03/11/2026 est disponible", date(2026, 11, 3)),
        ("Facture 2026-11-03", date(2026, 11, 3)),
        ("Your bill of 12 November", date(2026, 11, 12)),
        ("Ihre Rechnung vom 12. November 2026", date(2026, 11, 12)),
        ("Su factura del 12 de noviembre de 2026", date(2026, 11, 12)),
        ("La Vostra fattura del 1º novembre", date(2026, 11, 1)),
        ("Uw factuur van 12 november", date(2026, 11, 12)),
        ("A sua fatura de 12 de novembro", date(2026, 11, 12)),
        ("Rechnung 4711. Maintal", None),
        ("Votre facture du 28 DÉCEMBRE", None),  # a year off, or six weeks ahead
        ("Votre facture de novembre", None),
        ("Votre facture n° 4455667788", None),
        ("Du 1er au 30 novembre 2026", date(2026, 11, 30)),
        ("Du 1er novembre au 30 novembre 2026", None),  # which of the two?
        ("Votre facture du 31 novembre 2026", None),
        ("Votre facture du 12 novembre 2019", None),
        ("Dossier 112/11/20261", None),
    ],
)
def test_the_date_of_a_bill(subject: str, day: date | None) -> None:
    """A bill has the date that its sender gives it, never the date of the message that brings it."""
    assert day_named(subject, near=date(2026, 11, 14)) == day


def test_a_bill_without_a_date() -> None:
    """Where the subject names no date, only the message is dated."""
    brief = about(replace(BILL, subject="Votre facture est disponible"))

    assert compose(brief).message["Subject"] == (
        "À poster : votre question à Télécom Exemple (facture, message du 12 novembre 2026)"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Télécom Exemple", "de Télécom Exemple"),
        ("Opérateur", "d’Opérateur"),
        ("Énergie Exemple", "d’Énergie Exemple"),
        ("Ouiexemple", "de Ouiexemple"),
        ("La Poste", "de La Poste"),
    ],
)
def test_elision(name: str, expected: str) -> None:
    """French says *d’* before a vowel."""
    assert words("fr").of(name) == expected


@pytest.mark.parametrize(("days", "french", "english"), [(30, "un mois", "a month"), (10, "dix jours", "ten days")])
def test_periods(days: int, french: str, english: str) -> None:
    """A delay is said as people say it."""
    assert (words("fr").period(days), words("en").period(days)) == (french, english)


@pytest.mark.parametrize(("days", "french"), [(40, "40 jours"), (62, "deux mois"), (394, "douze mois")])
def test_ages(days: int, french: str) -> None:
    """An age is said in days below two months, in months above."""
    assert words("fr").age(days) == french


def test_every_language_has_the_same_templates() -> None:
    """What can be said to an operator in one can be said in all; to the user, in those that the program speaks."""
    folders = {path.parent.name for path in TEMPLATES.glob("*/words.toml")}
    to_operators = {"email.j2", "form.j2", "letter.j2", "listed.j2", "report.j2", "words.toml"}
    to_users = {path.name for path in (TEMPLATES / "fr").iterdir()}

    assert folders == set(WRITTEN)
    for language in WRITTEN:
        there = {path.name for path in (TEMPLATES / language).iterdir()}
        assert there == (to_users if language in LANGUAGES else to_operators)


def _blanks(text: object) -> list[str]:
    return sorted(name for _text, name, _spec, _how in string.Formatter().parse(str(text)) if name is not None)


@pytest.mark.parametrize("language", WRITTEN)
def test_every_language_has_the_same_words(language: str) -> None:
    """Each table has the keys that the French one has, and what is filled in is filled in everywhere."""
    french, spoken = words("fr"), words(language)
    tables = ("about", "about_many", "about_dated", "title", "intro", "reference", "silence", "opening", "opening_firm")

    for name in (*tables, "request"):
        model, table = getattr(french, name), getattr(spoken, name)
        assert table.keys() == model.keys()
        assert {key: _blanks(text) for key, text in table.items()} == {
            key: _blanks(text) for key, text in model.items()
        }
        assert all(text == text.strip() and (text or key == "other") for key, text in table.items())
    for name in ("your_message", "your_message_dated", "your_messages", "day", "days", "working_days"):
        assert _blanks(getattr(spoken, name)) == _blanks(getattr(french, name))
    assert spoken.language == language
    assert (len(set(spoken.months)), len(set(spoken.numbers)), len(set(spoken.numbers) - {""})) == (12, 13, 13)
    assert {"7", "14", "15", "21", "30", "45", "60", "90"} <= spoken.periods.keys()
    assert not spoken.about_message or spoken.about_message.keys() == {"undated", "dated", "many"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_to_the_user_is_whole(language: str) -> None:
    """No word is missing that only a note has, and every language of a letter has its name."""
    spoken = words(language)
    own = {"elision", "names_the_town", "about_message"}  # what a language has or has not

    assert [name for name in spoken.__struct_fields__ if name not in own and not getattr(spoken, name)] == []
    assert spoken.language_name.keys() == set(WRITTEN)


def test_nothing_heavy_is_loaded_before_a_draft_is_written() -> None:
    """A run that drafts nothing pays for no template engine and no telephone numbers."""
    program = "import sys, noreply_analyzer.drafting as d; print({'jinja2', 'phonenumbers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


# The shape --------------------------------------------------------------------------------------------------------


ENGLISH = msgspec.structs.replace(MAIL, languages=("en",))


@pytest.mark.parametrize(
    ("writer", "read", "text", "notes"),
    [
        (replace(ANNE, language="fr"), ("fr", "en"), "fr", "fr"),
        (replace(ANNE, language="fr"), ("en",), "en", "fr"),
        (replace(ANNE, language="en", program="fr"), ("en",), "en", "en"),
        (replace(ANNE, language="de"), ("de",), "de", "en"),
        (replace(ANNE, language="de", program="fr"), ("de",), "de", "fr"),
        (replace(ANNE, language="de"), ("fr", "en"), "en", "en"),
        (replace(ANNE, language="de", program="fr"), ("en", "fr"), "fr", "fr"),
        (replace(ANNE, language="de"), ("pl", "nl"), "nl", "en"),
        (replace(ANNE, language="it"), ("pl",), "it", "en"),
    ],
)
def test_who_is_spoken_to_in_which_language(writer: Writer, read: tuple[str, ...], text: str, notes: str) -> None:
    """The operator in the user's own if it reads that, else in one that the user is spoken to in, else in any."""
    brief = replace(EMAIL, writer=writer, channel=msgspec.structs.replace(MAIL, languages=read))

    assert (text_language(brief), writer.notes) == (text, notes)


@pytest.mark.parametrize("brief", [EMAIL, LETTER], ids=["email", "letter"])
def test_who_cannot_read_the_text_gets_it_in_their_own_language_too(brief: Brief) -> None:
    """Addressed to the user, with what goes out above what is for them; what they write is asked for once."""
    written = replace(brief, writer=replace(ANNE, language="nl", program="fr"))
    draft = compose(written)
    note, text, own = body(draft).split("-" * 72)

    assert draft.shape == ("copy" if brief is EMAIL else "letter")
    assert parsed(draft)["To"] == "Anne Martin <anne@example.org>"
    assert "Comments" not in parsed(draft)
    assert "en français, la langue dans laquelle ils répondent" in " ".join(note.split())
    assert text.strip().startswith("Madame, Monsieur," if brief is EMAIL else "Anne Martin")
    assert "Geachte" not in text
    assert own.strip().startswith(
        "Pour vous seulement, à ne pas envoyer : le même texte en néerlandais.".replace(" :", NO_BREAK + ":")
    )
    assert "Geachte heer, mevrouw," in own
    assert (text.count("["), own.count("[")) == (1, 1)
    assert own.count("[…]") == 1


def test_an_email_to_copy_says_where_it_goes() -> None:
    """The address and the subject, to be copied; nothing of post and printers."""
    brief = replace(EMAIL, channel=ENGLISH, level="complaint")
    note = " ".join(body(compose(brief)).partition("-" * 72)[0].split())

    assert "– à : service.clients@telecom.example" in note
    assert "Complaint about my bill of 12 November 2026 – customer no. 1234567890" in note
    assert not re.search("imprimez|lettre|postal", note.partition("Sans réponse")[0])
    assert compose(brief).message["Subject"].startswith("À copier et envoyer : votre réclamation")


def test_a_text_in_the_user_s_own_language_comes_once() -> None:
    """Also where the program speaks another to them."""
    writer = replace(ANNE, language="de")
    for channel in (MAIL, POST):
        brief = replace(LETTER, writer=writer, channel=msgspec.structs.replace(channel, languages=("de",)), also=())
        text = body(compose(brief))

        assert text.count("Sehr geehrte") == 1
        assert "in German" in text  # what the user is to write
        assert compose(brief).shape == ("email" if channel is MAIL else "letter")


@pytest.mark.parametrize("language", WRITTEN)
def test_a_report_is_in_the_language_of_the_operator(language: str) -> None:
    """It holds no sentence of the user's, so it goes out in whatever language; a note is in one of the program's."""
    desk = msgspec.structs.replace(MAIL, languages=(language,))
    report = replace(QUESTION, channel=desk, proven_by="", report="signature")
    to_the_user = replace(report, channel=None, writer=replace(ANNE, language=language), operator=ABROAD)
    opening = {"fr": "Bonjour,", "en": "Dear Sir or Madam,"}.get(language, ENDS[language][0].strip())

    assert compose(report).shape == "email"
    assert body(compose(report)).startswith(opening)
    assert "Télécom Exemple" in str(compose(report).message["Subject"])
    note, text = body(compose(to_the_user)).split("-" * 72)
    assert (
        "Un message vous a été envoyé" if language == "fr" else "Somebody else has sent you a message"
    ) in note.replace("\n", " ")
    assert opening in text


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("language", [language for language in WRITTEN if language not in LANGUAGES])
def test_law_is_cited_in_french_and_english_alone(language: str, level: Level) -> None:
    """Where there is no sentence for it, the complaint says itself what it is."""
    case = case_of(OPERATOR, Topic.BILLING, level, day=date(2026, 11, 24), proven=True)
    brief = replace(LETTER, level=level, writer=replace(ANNE, language=language), grounds=choose_grounds(case))
    for channel in (MAIL, POST):
        said = compose(replace(brief, channel=msgspec.structs.replace(channel, languages=(language,))))

        assert bool(choose_grounds(case)) is (level is not Level.QUESTION)
        assert not re.search(r"\b[LR]\.\W?\d", body(said).split("-" * 72)[-1])


def test_a_proven_sender_with_a_mailbox_is_written_to() -> None:
    """The draft goes to the mailbox of the registry, from the user, and copies nobody."""
    draft = compose(EMAIL)
    message = parsed(draft)

    assert draft.shape == "email"
    assert message["From"] == "Anne Martin <anne@example.org>"
    assert message["To"] == "Télécom Exemple <service.clients@telecom.example>"
    assert not {"Cc", "Bcc", "Reply-To", "Sender"} & set(message)


@pytest.mark.parametrize("brief", [replace(EMAIL, proven_by=""), LETTER, QUESTION], ids=["unproven", "post", "none"])
def test_everything_else_goes_to_the_user(brief: Brief) -> None:
    """Without a proven sender and a mailbox, nobody but the user is addressed."""
    draft = compose(brief)

    assert draft.shape == "letter"
    assert parsed(draft)["To"] == parsed(draft)["From"] == "Anne Martin <anne@example.org>"


def test_an_unproven_sender_is_said_to_be() -> None:
    """The user is warned, in the note and in its subject, and the operator is told."""
    draft = compose(replace(LETTER, proven_by=""))
    note, letter = body(draft).split("-" * 72)

    assert str(draft.message["Subject"]).startswith("À vérifier, puis à poster")
    assert "rien ne prouve qu’il vient bien de Télécom Exemple" in note.replace("\n", " ")
    assert "vient bien d’eux" not in note.replace("\n", " ")
    assert "Je n’ai pas pu m’assurer qu’il venait bien de vous." in letter.replace("\n", " ")


def test_the_header_has_no_other_field() -> None:
    """No X- field, no MIME surprise: plain text in UTF-8 that every program opens."""
    message = parsed(compose(EMAIL))

    assert message.keys() == [
        *("From", "To", "Subject", "Comments", "Date", "Message-ID", "In-Reply-To", "References"),
        *("Content-Transfer-Encoding", "Content-Type", "MIME-Version"),
    ]
    assert message["Content-Type"] == 'text/plain; charset="utf-8"; format="flowed"'
    assert message["Content-Transfer-Encoding"] == "8bit"
    assert message["Date"].datetime == QUESTION.now
    assert message.defects == []


def test_lines_end_as_mail_wants_it() -> None:
    """CRLF everywhere, and no line over 998 bytes (RFC 5322 section 2.1.1)."""
    raw = compose(LETTER).as_bytes()

    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_the_same_brief_gives_the_same_bytes() -> None:
    """A draft made again is the same draft; a later one differs in its dates alone."""
    later = replace(EMAIL, now=EMAIL.now + timedelta(hours=5))

    assert compose(EMAIL).as_bytes() == compose(EMAIL).as_bytes()
    assert _without_date(compose(EMAIL).as_bytes()) == _without_date(compose(later).as_bytes())


def _without_date(raw: bytes) -> list[bytes]:
    return [line for line in raw.split(b"\r\n") if not line.startswith(b"Date: ")]


# The thread -------------------------------------------------------------------------------------------------------


def test_a_group_is_one_thread() -> None:
    """In-Reply-To names the newest; References a marker of ours, then all of them, oldest first."""
    draft = compose(replace(EMAIL, answered=tuple(Answered(message=message) for message in BILLS)))
    message = parsed(draft)
    keys = [bill.key for bill in BILLS]
    marker, *others = str(message["References"]).split()
    expected = digest("anne@example.org", "telecom-exemple", "billing", keys)
    read = read_marker(marker)

    assert message["In-Reply-To"] == "<facture-3@telecom.example>"
    assert others == ["<facture-1@telecom.example>", stand_in(BILLS[1].key), "<facture-3@telecom.example>"]
    assert read is not None
    assert (read.operator, read.topic, read.digest) == ("telecom-exemple", "billing", expected)
    assert message["Message-ID"] == draft.message_id == f"<noreply-analyzer.{expected}@example.org>"
    assert is_draft_id(draft.message_id)


def test_the_message_id_knows_the_account_and_the_group_only() -> None:
    """Words, time, channel and name of the account may change: the draft is the same draft."""
    other = replace(EMAIL, account="autre", channel=None, level="complaint", now=EMAIL.now + timedelta(days=9))
    capitals = replace(EMAIL, writer=replace(ANNE, address=Address.parse("Anne@example.org")))
    somebody = replace(EMAIL, writer=replace(ANNE, address=Address.parse("paul@example.org")))

    assert compose(other).message_id == compose(capitals).message_id == compose(EMAIL).message_id
    assert compose(somebody).message_id != compose(EMAIL).message_id
    assert compose(about(replace(BILL, key="99" * 16))).message_id != compose(EMAIL).message_id


@pytest.mark.parametrize(
    ("message_id", "kept"),
    [
        ("<facture-3@telecom.example>", True),
        ("<" + "a" * 200 + "@telecom.example>", True),
        ("<" + "a" * 880 + "@b.example>", True),
        ("<" + "a" * 990 + "@b.example>", False),
        (None, False),
        ("", False),
        ("facture-3@telecom.example", False),
        ("<a@b.example>\r\nBcc: eve@evil.example", False),
        ("<a\r\n\tBcc:eve@evil.example>", False),
        ("<é@b.example>", False),
        ("<=?utf-8?q?a=0D=0ABcc:eve?=@b.example>", False),
        ("<a@b.example> <c@d.example>", False),
    ],
)
def test_only_a_message_id_is_taken_for_one(message_id: str | None, *, kept: bool) -> None:
    """What has not the shape of a Message-ID is replaced by a stand-in; what has it is neither broken nor encoded."""
    message = parsed(compose(about(replace(BILL, message_id=message_id))))
    expected = message_id if kept else stand_in(BILL.key)

    assert message["In-Reply-To"] == expected
    assert str(message["References"]).split()[1:] == [expected]
    assert "Bcc" not in message


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("abé œ漢😀\u00a0-=?_ "), max_size=60))
def test_a_title_is_read_as_it_was_written(name: str) -> None:
    """Wherever its lines are folded, no space is lost and none is added."""
    draft = compose(replace(LETTER, operator=msgspec.structs.replace(OPERATOR, name=name)))

    assert parsed(draft)["Subject"] == draft.message["Subject"]
    lines = draft.as_bytes().partition(b"\r\nDate:")[0].splitlines()
    assert max(map(len, lines)) <= 78  # RFC 5322 section 2.1.1


def test_long_references_are_folded_between_names() -> None:
    """A hundred Message-IDs come back as they went, one a line."""
    names = [f"<{'x' * 70}.{number}@telecom.example>" for number in range(100)]
    answered = tuple(
        Answered(message=replace(BILL, key=f"{number:032x}", message_id=name)) for number, name in enumerate(names)
    )
    draft = compose(replace(EMAIL, answered=answered))
    header = draft.as_bytes().split(b"\r\n\r\n")[0]

    assert str(parsed(draft)["References"]).split()[1:] == names
    assert b"=?" not in header.split(b"References:")[1].split(b"Content-Type")[0]
    assert max(map(len, header.split(b"\r\n"))) < 200


# Hostile messages -------------------------------------------------------------------------------------------------

HOSTILE = [
    "Facture\r\nBcc: eve@evil.example",
    "Facture\n\n.\nMAIL FROM:<eve@evil.example>",
    f"Facture {BIDI}gpj.exe",
    "{{7*7}} {% for a in range(9) %}x{% endfor %} {{ self.__init__.__globals__ }}",
    "{name} {0.__class__} %s %(x)s",
    "| ligne\n> droite\n– point\n+ suite",
    "=?utf-8?q?a=0D=0ABcc:_eve@evil.example?=",
    "x" * 10_000,
    "mot " * 2_500,
    "\u200b\ufeff\x00\x1b[31m\x85\u2028\ud800\ue000\ue001",
    "» « ” “",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("brief", [EMAIL, LETTER, replace(LETTER, proven_by="")], ids=["email", "letter", "unproven"])
def test_a_hostile_message_is_quoted_and_nothing_more(text: str, brief: Brief) -> None:
    """Subject, display name and notice change no header field, run no template, forge no line."""
    author = Mailbox(address=Address.parse("noreply@telecom.example"), name=text)
    topic = Topic.CONTRACT
    tame = parsed(compose(about(BILL, replace(brief, topic=topic))))
    draft = compose(about(replace(BILL, subject=text, author=author), replace(brief, topic=topic), notice=text))
    wild = parsed(draft)

    assert wild.items() == tame.items()
    assert not re.search(
        "[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ue000-\uf8ff\x00-\x09\x0b-\x1f\x7f-\x9f]", body(draft)
    )
    assert "49" not in body(draft)
    assert len(body(draft).split("\n\n")) == len(body(compose(about(BILL, replace(brief, topic=topic)))).split("\n\n"))
    assert " ".join(quoted(text, 120).split()) in " ".join(body(draft).split())
    assert "evil.example" not in body(draft)


EVIL_FIELDS = tuple(
    (name, "eve@evil.example")
    for name in ("reply-to", "sender", "to", "cc", "bcc", "resent-from", "return-path", "errors-to", "mail-followup-to")
)


@pytest.mark.parametrize("brief", [EMAIL, LETTER, QUESTION], ids=["email", "letter", "blank"])
def test_no_address_of_a_message_becomes_a_recipient(brief: Brief) -> None:
    """Whatever fields and text say whom to write to: the draft's header is that of a message which says nothing."""
    message = replace(
        BILL,
        reply_to=(Mailbox(address=Address.parse("eve@evil.example"), name="Service Clients"),),
        fields=EVIL_FIELDS,
        text="Pour toute question, écrivez à eve@evil.example.",
    )
    wild = compose(about(message, brief))

    assert parsed(wild).items() == parsed(compose(about(BILL, brief))).items()
    assert b"evil.example" not in wild.as_bytes()


def test_braces_in_a_subject_stay_braces() -> None:
    """What looks like a template is text."""
    assert "« {{7*7}} »".replace(" ", NO_BREAK) in body(compose(about(replace(BILL, subject="{{7*7}}"))))


def test_a_hostile_configuration_breaks_no_header() -> None:
    """A name or a reference over several lines is put on one."""
    writer = replace(ANNE, name='Anne\r\nBcc: eve@evil.example "M" <x@y>', postal=("12 rue\r\ndes Lilas", "\n"))
    brief = replace(EMAIL, writer=writer, references={"customer_number": "1\r\nBcc: eve@evil.example"})
    message = parsed(compose(brief))

    assert "Bcc" not in message
    assert [address.addr_spec for address in message["From"].addresses] == ["anne@example.org"]


NAMES = [
    "=?utf-8?q?a=0D=0ABcc:_eve=40evil.example?=",
    "=?utf-8?q?a=0D=0ABcc:_eve=40evil.example?= é",
    "=?utf-8?q?=22_=3Ceve=40evil.example=3E=2C?=",
    "é =?utf-8?q?=22_=3Ceve=40evil.example=3E=2C?=",
    'Télécom " <eve@evil.example>, Exemple',
    'Telecom \\" <eve@evil.example>, "Exemple',
    "Telecom (Exemple) <eve@evil.example>",
    "x@evil.example, Telecom; Exemple:",
]


def correspondents(raw: bytes) -> list[list[tuple[str, str]]]:
    """Give From and To as names and addresses, read as a parser does that decodes names last (RFC 2047 section 6.2)."""
    message = message_from_bytes(raw, policy=compat32)
    assert "Bcc" not in message
    found = [getaddresses([str(message[field]).replace("\r\n", "")]) for field in ("From", "To")]
    return [[(str(make_header(decode_header(name))), address) for name, address in each] for each in found]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_looks_like_a_header_is_a_name(name: str) -> None:
    """Of the user or of an operator: it is never decoded into a line end, a quotation mark or another recipient."""
    operator = msgspec.structs.replace(OPERATOR, name=name)
    draft = compose(replace(EMAIL, writer=replace(ANNE, name=name), operator=operator))

    assert correspondents(draft.as_bytes()) == [
        [(name, "anne@example.org")],
        [(name, "service.clients@telecom.example")],
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("aé,\"\\()<>@;:.[] =?_'–字ß😀-X0q"), max_size=90))
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    """Any name comes back, and nobody else with it."""
    draft = compose(replace(EMAIL, operator=msgspec.structs.replace(OPERATOR, name=name)))

    assert correspondents(draft.as_bytes())[1] == [(clean(name, 80), "service.clients@telecom.example")]
    assert max(map(len, draft.as_bytes().splitlines())) <= 200


@pytest.mark.parametrize("address", ['"anne m"@example.org', "éva@example.org", "anne+nr@xn--bcher-kva.example"])
def test_unusual_addresses_of_the_user(address: str) -> None:
    """A quoted, an internationalized (RFC 6532) and an encoded address all stand as they are."""
    brief = replace(EMAIL, writer=replace(ANNE, address=Address.parse(address)))

    assert f"From: Anne Martin <{address}>\r\n".encode() in compose(brief).as_bytes()
    assert address in body(compose(replace(brief, channel=None)))


@pytest.mark.parametrize(
    "when",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=QUESTION.timezone),
    ],
)
def test_dates_at_the_ends_of_the_calendar(when: datetime) -> None:
    """A Date of the year 1 or 9999 costs nothing but itself."""
    for brief in (EMAIL, LETTER):
        assert compose(about(replace(BILL, date=when), brief)).as_bytes()


@settings(max_examples=60, deadline=None)
@given(
    subject=st.text(max_size=300),
    name=st.text(max_size=80),
    notice=st.text(max_size=300),
    message_id=st.none() | st.text(max_size=60),
    when=st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_any_message_gives_a_whole_draft(
    subject: str, name: str, notice: str, message_id: str | None, when: datetime | None
) -> None:
    """Whatever a message holds, the draft parses back to the same recipients and a thread of two names."""
    author = Mailbox(address=Address.parse("noreply@telecom.example"), name=name)
    message = replace(BILL, subject=subject, author=author, message_id=message_id, date=when)
    for brief in (EMAIL, LETTER):
        back = parsed(compose(about(message, brief, notice=notice)))

        assert [address.addr_spec for address in back["From"].addresses] == ["anne@example.org"]
        assert len(back["To"].addresses) == 1
        assert len(str(back["References"]).split()) == 2
        assert back.get_content().strip().endswith(("Anne Martin", "2026)."))


# Lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("  Votre\tfacture\r\n ", 50, "Votre facture"),
        (f"a{NO_BREAK}b", 50, "a b"),
        (f"fac{BIDI}ture", 50, "facture"),
        ("x" * 20, 5, "xxxx…"),
        ("abcd efgh", 6, "abcd…"),
        ("", 5, ""),
    ],
)
def test_clean(text: str, limit: int, expected: str) -> None:
    """Text from outside comes on one line, visible and short."""
    assert clean(text, limit) == expected


@given(st.text(max_size=200), st.integers(min_value=1, max_value=50))
@settings(max_examples=100, deadline=None)
def test_clean_keeps_its_word(text: str, limit: int) -> None:
    """Whatever comes in, what goes out is one line, not too long, and clean already."""
    cleaned = clean(text, limit)

    assert len(cleaned) <= limit
    assert cleaned.isprintable()
    assert clean(cleaned, limit) == cleaned


def test_lay_out() -> None:
    """Lines flow together unless a mark says otherwise; a value with a mark at its head is still text."""
    text = "a\nb\n\n\n| c\n| d\n– e\nf\n+ g\n\n> h\n\n" + value("| i") + "\n"

    assert lay_out(text) == f"a b\n\nc\nd\n  – e f\n    g\n\n{' ' * RIGHT}h\n\n| i\n"


@pytest.mark.parametrize("mark", ["", "– ", "+ "])
def test_lay_out_flowed(mark: str) -> None:
    """Only what has no mark flows: joined again, the second line of an item would have its indent in the middle."""
    text = f"{mark}{'mot ' * 30}"

    laid_out, flowing = lay_out(text).splitlines(), lay_out(text, flowed=True).splitlines()

    assert [line.rstrip() for line in flowing] == laid_out
    assert [line.endswith(" ") for line in flowing] == [mark == "", False]


@pytest.mark.parametrize(
    "text", [f"-- {'x' * 72} y", f"{'a' * 72} -- {'x' * 72}", "| --", "|-- ", "|a\ue000", f"|{value('> b')}\ue000"]
)
def test_no_line_begins_a_signature_and_no_fixed_one_flows(text: str) -> None:
    """Whatever stands at its end; a mail program would grey out, or join, what follows (RFC 3676 section 4.3)."""
    lines = lay_out(f"{text}\n|z\n", flowed=True).splitlines()

    assert "-- " not in lines
    assert not [line for line in lines[:-1] if line.endswith(" ") and text.startswith("|")]


@pytest.mark.parametrize("word", ["x" * 998, "x" * 999, "é" * 499, "é" * 500])
def test_no_line_is_longer_than_mail_may_be(word: str) -> None:
    """What cannot be broken is encoded then, and reads the same (RFC 5322 section 2.1.1)."""
    answered = (Answered(message=replace(BILL, text=f"a\n{word}\nb"), notice=NOTICE),)
    draft = compose(replace(EMAIL, report="dmarc=fail", answered=answered))
    encoded = len(word.encode()) > 998

    assert max(map(len, draft.as_bytes().split(b"\r\n"))) <= 998
    assert draft.message["Content-Transfer-Encoding"] == ("quoted-printable" if encoded else "8bit")
    assert word in content(draft)


def test_what_belongs_together_stays_together() -> None:
    """No line ends between a number and its unit, after n° or before a sign of two parts; the spaces stay plain."""
    text = quotable("Facture du 12 novembre : 42 €")
    number = quotable("Votre colis n° XY 12")

    assert lay_out("x" * 60 + " " + text) == "x" * 60 + " Facture du\n12 novembre : 42 €\n"
    assert lay_out("x" * 55 + " " + number) == "x" * 55 + " Votre colis\nn° XY 12\n"


def test_a_wide_recipient_moves_to_the_left() -> None:
    """A line that does not fit into the right half takes the place that it needs."""
    assert lay_out("> " + "x" * 60 + "\n> y") == f"{' ' * 12}{'x' * 60}\n{' ' * 12}y\n"


def test_escalation_without_steps_says_nothing() -> None:
    """Where no next step is known, none is promised."""
    assert "Sans réponse" not in body(compose(replace(LETTER, escalation=())))
    assert "Sans réponse sous quinze jours" in body(compose(replace(LETTER, escalation=((15, NEXT),))))


def test_what_the_letter_is_sent_to_is_no_next_step() -> None:
    """Who writes to the desk for complaints at once is not sent there once more: the mediator is next."""
    said = body(compose(replace(LETTER, channel=NEXT, escalation=((30, NEXT), (60, MEDIATOR)))))

    assert "étape suivante" not in said
    assert "Sans réponse sous deux mois, vous pourrez saisir le médiateur : Médiation Exemple" in " ".join(said.split())


@pytest.mark.parametrize("language", WRITTEN)
def test_a_notice_says_what_follows_though_the_record_does_not(language: str) -> None:
    """A trader has a mediator, known or not; nobody else is threatened with one, nor is who gets no notice."""
    notice = CASES[f"{language}-letter-notice"]
    unknown = replace(notice, escalation=(), grounds=CASES["fr-letter-notice"].grounds)
    says = text_values(unknown)["silence"]

    assert says
    assert says != text_values(notice)["silence"]
    assert " ".join(str(says).split()) in " ".join(letter_text(unknown).split())
    assert text_values(replace(unknown, level="complaint"))["silence"] == ""
    assert text_values(replace(unknown, grounds=()))["silence"] == ""


def test_an_operator_without_channels_and_abroad() -> None:
    """An unknown language of the operator leaves the letter in the user's."""
    brief = replace(QUESTION, writer=replace(ANNE, language="en"))

    assert "Madame, Monsieur," in body(compose(brief))
    abroad = type(OPERATOR)(slug="exemple", name="Exemple", sector="telecom", country="DE")
    assert "Dear Sir or Madam," in body(compose(replace(brief, operator=abroad)))
