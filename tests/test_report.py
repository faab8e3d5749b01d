"""A run as lines, as a table, and as JSON Lines that keep to their schema."""

import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from builders import (
    NOW,
    PROVEN,
    UNSIGNED,
    a_channel,
    a_mailbox,
    a_match,
    a_message,
    an_analysis,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from schema import schema, validated

from noreply_analyzer import explanation, report
from noreply_analyzer.authentication import Authentication, Result, Signature, Standing
from noreply_analyzer.detection import Answerability, Evidence, Verdict
from noreply_analyzer.policy import NOT_CHECKED, RULES, Action, Analysis, Caution, Circumstances, Decision, Reading
from noreply_analyzer.registry import Choice, Medium
from noreply_analyzer.source import InFile
from noreply_analyzer.topic import Subject, Topic

DOCS = Path(__file__).parent.parent / "docs"
PARIS = ZoneInfo("Europe/Paris")
ON_SERVER = report.source_of(account="perso", mailbox="INBOX", uid_validity=1, uid=42)
IN_FILE: dict[str, object] = {"path": "mail/a.eml", "index": 0}
DRAFT = ("<noreply-analyzer.0123456789abcdef0123456789abcdef@example.org>", "Brouillons")
CODE = "483 915"


def printed(found: dict[str, Any]) -> dict[str, Any]:
    """Print an object and read it again, as scripts do; it keeps to the schema."""
    out = io.StringIO()
    report.print_json(found, out)
    line = out.getvalue()

    assert line.endswith("\n")
    assert line.splitlines() == [line[:-1]]
    return validated(line)


def as_object(analysis: Analysis, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what as_object takes
    """Give a message as scripts read it."""
    return printed(report.as_object(analysis, source=more.pop("source", ON_SERVER), zone=PARIS, **more))


def a_drafted(**changes: Any) -> Analysis:  # noqa: ANN401 - any field of an Analysis
    """Give a bill that a letter answers."""
    return an_analysis(choice=Choice(channel=a_channel()), **changes)


def a_code() -> Analysis:
    """Give a one-time code, with all of it in the subject and in the text that the verdict quotes."""
    message = a_message(subject=f"Votre code {CODE}", text=f"{CODE} est votre code. Ne répondez pas.")
    evidence = (
        Evidence(rule="author-local-part", where="From", found="noreply"),
        Evidence(rule="text-notice", where="text", found=message.text),
        Evidence(rule="text-notice", where="Subject", found=message.subject),
    )
    verdict = Verdict(answerability=Answerability.UNANSWERABLE, evidence=evidence)
    reading = Reading(message=message, verdict=verdict, subject=Subject(topic=Topic.SECURITY))
    decision = Decision(action=Action.LEAVE, rule="security", reason="it is a one-time code")
    return an_analysis(reading=reading, decision=decision)


# JSON -------------------------------------------------------------------------------------------------------------


def test_a_message_is_the_documented_object() -> None:
    """Every key of it, with these values."""
    signature = Signature(sdid="telecom.example", selector="s1", result=Result.PASS)
    proof = Authentication(
        result=Result.PASS, standing=Standing.PROVEN, domain="telecom.example", method="dkim", signatures=(signature,)
    )
    caution = Caution(rule="look-alike", text="wears the name")

    assert as_object(a_drafted(authentication=proof, warnings=(caution,)), draft=DRAFT) == {
        "type": "message",
        "source": {"account": "perso", "mailbox": "INBOX", "uid_validity": 1, "uid": 42},
        "judged_from": "whole",
        "message_id": "<facture.12@telecom.example>",
        "date": "2026-11-23T09:00:00+01:00",
        "author": {"address": "noreply@telecom.example", "name": "Télécom Exemple"},
        "subject": "Votre facture du 12 novembre",
        "verdict": {
            "answerability": "unanswerable",
            "evidence": [{"rule": "author-local-part", "where": "From", "found": "noreply"}],
        },
        "topic": "billing",
        "authentication": {
            "result": "pass",
            "standing": "proven",
            "domain": "telecom.example",
            "method": "dkim",
            "checked_by": "us",
            "reason": "",
            "key_seen_on": None,
            "signatures": [{"sdid": "telecom.example", "selector": "s1", "result": "pass", "reason": ""}],
        },
        "operator": {"slug": "telecom-exemple", "name": "Télécom Exemple", "matched_by": "sender"},
        "warnings": [{"rule": "look-alike", "text": "wears the name"}],
        "decision": {"action": "draft", "rule": "unanswerable-proven", "reason": "it cannot be answered"},
        "channel": {
            "id": "service-client",
            "medium": "post",
            "purpose": "customer-service",
            "target": "Télécom Exemple, Service Clients, TSA 00000, 00000 VILLE CEDEX",
            "quality": "archived",
            "stated_on": "2026-10-01",
            "checked_on": "2026-11-02",
            "sources": ["https://telecom.example/contact"],
        },
        "draft": {"message_id": DRAFT[0], "mailbox": "Brouillons"},
    }


def known_keys(part: dict[str, Any], value: object, place: str = "") -> Iterator[str]:
    """Give the place of every key of *value* that its schema does not name, and of every one that is not there."""
    if "$ref" in part:
        part = schema()["$defs"][part["$ref"].rpartition("/")[2]]
    kinds = [option for option in part.get("oneOf", [part]) if option.get("type") != "null"]
    if isinstance(value, list):
        for item in value:
            yield from known_keys(part["items"], item, f"{place}[]")
    if not isinstance(value, dict):
        return
    for kind in kinds:
        named = schema()["$defs"][kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind
        properties = named["properties"]
        if len(kinds) == 1 or set(properties) == set(value):
            yield from (f"{place}.{key}" for key in set(value) ^ set(named["required"]) if key != "author_problem")
            for key, inner in value.items():
                yield from known_keys(properties[key], inner, f"{place}.{key}")
            return
    yield f"{place}: {sorted(value)}"


@pytest.mark.parametrize("source", [ON_SERVER, IN_FILE])
def test_the_schema_names_every_key(source: dict[str, object]) -> None:
    """Scripts must tolerate more keys; the schema and we must not forget any."""
    found = as_object(a_drafted(warnings=(Caution(rule="look-alike", text="x"),)), draft=DRAFT, source=source)

    assert list(known_keys(schema()["$defs"]["message"], found)) == []
    assert list(known_keys(schema()["$defs"]["summary"], printed(report.Summary().as_object(0.1)))) == []


def test_the_documentation_names_every_key_and_every_word() -> None:
    """Whoever reads json.md misses nothing that the schema has."""
    documented = set(re.findall(r"`([^`]+)`", (DOCS / "json.md").read_text("utf-8")))

    def words(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            yield from part.get("properties", ())
            yield from (word for word in part.get("enum", ()) if word)
            for inner in part.values():
                yield from words(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from words(inner)

    assert set(words(schema())) - {"type"} <= documented
    row = re.compile(r"^\| `([a-z-]+)` \| (draft|tell|leave|later) \|", re.MULTILINE)
    rows = row.findall((DOCS / "json.md").read_text("utf-8"))
    assert rows[: len(RULES)] == [(rule.rule, rule.action) for rule in RULES]


@pytest.mark.parametrize("answerability", Answerability)
@pytest.mark.parametrize("topic", Topic)
def test_every_verdict_and_topic_is_in_the_schema(answerability: Answerability, topic: Topic) -> None:
    """A word that the program has and the schema does not would break scripts."""
    found = as_object(an_analysis(answerability=answerability, topic=topic))

    assert (found["verdict"]["answerability"], found["topic"]) == (answerability.value, topic.value)


@pytest.mark.parametrize("medium", Medium)
def test_every_medium_is_in_the_schema(medium: Medium) -> None:
    """With a target, or with the lines of an address."""
    channel = a_channel(medium=medium, target="3900", stated_on=None)
    found = as_object(an_analysis(choice=Choice(channel=channel)))["channel"]

    assert (found["medium"], found["target"], found["stated_on"]) == (medium.value, "3900", None)


def test_what_is_not_there_is_null() -> None:
    """No date, no Message-ID, no operator, no channel, no draft; an author that is null has a reason."""
    message = a_message(author=None, author_problem="two From fields", date=None, message_id=None)
    found = as_object(an_analysis(message, match=None, authentication=NOT_CHECKED), source=IN_FILE)

    assert found["author"] is None
    assert found["author_problem"] == "two From fields"
    nulls = {"date", "message_id", "operator", "channel", "draft"}
    assert {key for key in found if found[key] is None} == nulls | {"author"}
    assert found["source"] == IN_FILE


def test_a_letter_with_a_blank_recipient_has_no_channel() -> None:
    """It has a draft all the same."""
    found = as_object(an_analysis(choice=Choice(channel=None)), draft=DRAFT)

    assert found["channel"] is None
    assert found["draft"] == {"message_id": DRAFT[0], "mailbox": DRAFT[1]}


def test_the_operator_is_named_for_a_proven_author_only() -> None:
    """A claimed one stands in the warnings."""
    assert as_object(an_analysis(authentication=PROVEN))["operator"] is not None
    assert as_object(an_analysis(authentication=UNSIGNED))["operator"] is None
    assert as_object(an_analysis(match=None))["operator"] is None


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "2026-07-02T00:30:00+02:00"),
        (datetime(2026, 12, 1, 22, 30, tzinfo=UTC), "2026-12-01T23:30:00+01:00"),
        (datetime.fromisoformat("2026-12-01T22:30:00-05:00"), "2026-12-02T04:30:00+01:00"),
    ],
)
def test_dates_are_shown_in_the_configured_zone(when: datetime, shown: str) -> None:
    """Whatever zone the sender's computer was in."""
    assert as_object(an_analysis(a_message(date=when)))["date"] == shown


def test_nothing_of_a_one_time_code_is_shown() -> None:
    """Not its subject, not the text that the verdict quotes, not in any form of report."""
    found = as_object(a_code())
    table = io.StringIO()
    report.print_table([report.row(a_code())], table)
    said = [json.dumps(found), table.getvalue(), report.telling(a_code(), zone=PARIS), report.what(a_code())]

    assert found["subject"] == ""
    assert found["verdict"]["evidence"][0]["found"] == "noreply"
    assert [text for text in said if "483" in text or "Votre code" in text] == []


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (f"Votre code {CODE}", "Votre code …"),
        (f"{CODE}", "…"),
        ("Votre facture n° 482913", "Votre facture n° 482913"),
        ("Code client 482913 : votre facture", "Code client 482913 : votre facture"),
        ("Virement vers FR76 3000 6000 0112 3456 7890 189", "Virement vers …"),
        ("Compte FR7630006000011234567890188", "Compte FR7630006000011234567890188"),  # the check digits do not fit
        ("Carte 4111 1111 1111 1111 : paiement", "Carte … : paiement"),
        ("Carte 4111 1111 1111 1112 : paiement", "Carte 4111 1111 1111 1112 : paiement"),
        ("Relevé du 1 84 12 76 451 089 46", "Relevé du …"),
        ("Commande 171-1234567-1234567", "Commande 171-1234567-1234567"),
        ("Colis 6A12345678901 livré", "Colis 6A12345678901 livré"),
    ],
)
def test_what_looks_like_a_code_is_masked_in_any_kind_of_mail(subject: str, shown: str) -> None:
    """It may be one after all, taken for a bill; so is an account, a card or a person's number.

    What an operator numbers is shown.
    """
    evidence = tuple(Evidence(rule="text-notice", where=where, found=subject) for where in ("Subject", "text"))
    verdict = Verdict(answerability=Answerability.UNANSWERABLE, evidence=evidence)
    bill = an_analysis(
        reading=Reading(message=a_message(subject=subject), verdict=verdict, subject=Subject(topic=Topic.BILLING))
    )
    found = as_object(bill)
    one = explanation.Explained(where=InFile(path="facture.eml", index=None), analysis=bill, choice=None)
    explained = "\n".join(explanation.lines(one, zone=PARIS))
    evident = Evidence(rule="topic-words", where="Subject", found=subject)
    about = replace(bill, reading=replace(bill.reading, subject=Subject(topic=Topic.BILLING, evidence=(evident,))))
    weighed = explanation.as_object(replace(one, analysis=about), zone=PARIS)["topic_evidence"]

    assert found["subject"] == shown
    assert [each["found"] for each in found["verdict"]["evidence"]] == [shown, shown]
    assert report.what(bill) == f"“{shown}”"
    assert report.row(bill).what == shown
    assert [each["found"] for each in weighed] == [shown]
    assert explained.count(shown) >= 3
    assert CODE not in explained


@pytest.mark.parametrize(
    "subject",
    [
        'Facture\r\n{"type":"summary"}',
        "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
        'guillemets " et \\ barre',
        "\x1b[2J\x9b2J\x07\x7f",
        "été 😀 €",
        "nom de fichier \udcff",
        "\x00",
    ],
)
def test_one_object_is_one_line_whatever_the_sender_writes(subject: str) -> None:
    """No line end, no control character and no half character leaves as it came; and all of it reads back."""
    out = io.StringIO()
    report.print_json({"subject": subject}, out)
    line = out.getvalue()

    assert line.splitlines() == [line.removesuffix("\n")]
    assert json.loads(line.encode("utf-8")) == {"subject": subject}
    assert not [letter for letter in line[:-1] if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}]


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_text_reads_back_from_its_line(text: str) -> None:
    """Accents stay readable; what is dangerous is escaped."""
    out = io.StringIO()
    report.print_json({"text": text}, out)

    assert len(out.getvalue().splitlines()) == 1
    assert json.loads(out.getvalue().encode("utf-8")) == {"text": text}


def test_accents_are_not_escaped() -> None:
    """UTF-8, for people who look at it, too."""
    out = io.StringIO()
    report.print_json({"name": "Télécom €"}, out)

    assert out.getvalue() == '{"name":"Télécom €"}\n'


@pytest.mark.parametrize("source", [ON_SERVER, IN_FILE, {"account": "perso"}, {"path": "a.eml"}, {}])
def test_an_error_is_an_object_too(source: dict[str, object]) -> None:
    """Of a message, of an account or a file as a whole, or of the run."""
    assert printed({"type": "error", "source": source, "message": "it is too large"})["source"] == source


def test_a_note_is_an_object_too() -> None:
    """Of an account."""
    assert printed({"type": "note", "source": {"account": "perso"}, "message": "a draft lies there"})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"type": "else"},
        {"type": "error", "source": {"mailbox": "INBOX"}, "message": "x"},
        {"type": "error", "source": {"account": "perso"}},
        {"type": "note", "source": {"path": "a.eml"}, "message": "x"},
        {"type": "summary"},
    ],
)
def test_the_schema_refuses_what_is_not_documented(wrong: dict[str, Any]) -> None:
    """So that its consent means something."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"topic": "weather"},
        {"author": None},
        {"source": {"path": "a"}},
        {"authentication": {**json.loads('{"result":"pass"}'), "standing": "not-established"}},
        {"decision": {"action": "send", "rule": "x", "reason": "x"}},
        {"draft": {}},
    ],
)
def test_the_schema_refuses_a_message_that_breaks_a_promise(change: dict[str, Any]) -> None:
    """An unknown topic, no author without a reason, a pass that proves nothing, an action that does not exist."""
    found = as_object(a_drafted(), draft=DRAFT)
    if "authentication" in change:
        change = {"authentication": found["authentication"] | change["authentication"], "operator": None}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(found | change)


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_summary_counts_what_was_printed(*, dry_run: bool) -> None:
    """Messages by action, drafts once however many messages share them, errors, seconds; and whether they are there."""
    summary = report.Summary(dry_run=dry_run)
    summary.count(a_drafted(), "<one@example.org>")
    summary.count(a_drafted(), "<one@example.org>")
    summary.count(a_code())
    summary.errors += 1

    assert printed(summary.as_object(1.23456)) == {
        "type": "summary",
        "messages": 3,
        "actions": {"draft": 2, "tell": 0, "leave": 1, "later": 0},
        "drafts": 1,
        "errors": 1,
        "dry_run": dry_run,
        "seconds": 1.235,
    }


# Lines ------------------------------------------------------------------------------------------------------------


def test_what_is_told_is_one_line() -> None:
    """The day, who, what, and why."""
    told = an_analysis(decision=Decision(action=Action.TELL, rule="draft-waiting", reason="a draft waits"))

    assert report.telling(told, zone=PARIS) == (
        "2026-11-23 Télécom Exemple “Votre facture du 12 novembre”: a draft waits"
    )


def test_what_waits_for_the_dns_says_so() -> None:
    """Why nothing can be said of it yet, and that nobody has to do anything."""
    told = an_analysis(decision=Decision(action=Action.LATER, rule="dns-later", reason="the DNS did not answer"))

    assert report.telling(told, zone=PARIS).endswith(": the DNS did not answer; the next run tries again")


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({}, "Télécom Exemple"),
        ({"authentication": UNSIGNED}, "telecom.example"),
        ({"match": None}, "telecom.example"),
    ],
)
def test_who_wrote_is_the_operator_only_if_proven(changes: dict[str, Any], who: str) -> None:
    """Otherwise it is the domain, and never the display name, which anybody may write."""
    message = a_message(author=a_mailbox(name="Banque de France"))

    assert report.who(an_analysis(message, **changes)) == who


def test_a_message_without_author_subject_and_date_is_told_all_the_same() -> None:
    """As an unknown author, on no day."""
    message = a_message(author=None, subject="", date=None)
    decision = Decision(action=Action.TELL, rule="x", reason="why")
    told = an_analysis(message, match=None, circumstances=Circumstances(now=NOW), decision=decision)

    assert report.telling(told, zone=PARIS) == "unknown author: why"


def test_a_long_subject_is_cut() -> None:
    """A line stays a line; what was cut is seen to be cut."""
    named = report.what(an_analysis(a_message(subject="x" * 1000)))

    assert named == "“" + "x" * 59 + "…”"


ANSWERED = "2026-11-23 “Votre facture du 12 novembre”"


@pytest.mark.parametrize(
    ("count", "dry_run", "line"),
    [
        (1, False, f"Brouillons: a draft to Télécom Exemple (by letter), about {ANSWERED}"),
        (1, True, f"Brouillons: would save a draft to Télécom Exemple (by letter), about {ANSWERED}"),
        (2, False, f"Brouillons: a draft to Télécom Exemple (by letter), about {ANSWERED} and 1 more message"),
        (3, False, f"Brouillons: a draft to Télécom Exemple (by letter), about {ANSWERED} and 2 more messages"),
    ],
)
def test_a_draft_is_one_line(count: int, line: str, *, dry_run: bool) -> None:
    """However many messages it answers; the newest is named."""
    assert report.drafting([a_drafted()] * count, mailbox="Brouillons", zone=PARIS, dry_run=dry_run) == line


def test_every_word_of_the_table_can_be_said() -> None:
    """No action, topic or medium is without its word."""
    assert set(report.ACTIONS) == set(Action)
    assert set(report.TOPICS) == set(Topic)
    assert set(report.MEDIA) == {medium.value for medium in Medium}
    assert all(say() for say in (*report.ACTIONS.values(), *report.TOPICS.values(), *report.MEDIA.values()))


# Tables -----------------------------------------------------------------------------------------------------------

ROWS = [
    report.row(a_drafted()),
    report.row(
        an_analysis(
            a_message(subject="x" * 100),
            match=None,
            topic=Topic.MARKETING,
            decision=Decision(action=Action.LEAVE, rule="topic-not-asked", reason="nobody asked for [bold]it[/bold]"),
        )
    ),
]


def test_a_table_in_a_file_is_plain_columns() -> None:
    """For grep and less: no colours, no frames, columns that begin below each other."""
    out = io.StringIO()
    report.print_table(ROWS, out)
    head, first, second = out.getvalue().splitlines()

    assert head.split() == ["action", "who", "topic", "subject", "reason"]
    assert first.split("  ")[0] == "draft"
    for words in (("who", "Télécom Exemple", "telecom.example"), ("topic", "billing", "marketing")):
        assert len({line.index(word) for line, word in zip((head, first, second), words, strict=True)}) == 1
    assert second.endswith("…  nobody asked for [bold]it[/bold]")
    assert "\x1b" not in out.getvalue()


class Terminal(io.StringIO):
    """Something that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_table_on_a_terminal_takes_nobodys_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a sender writes in square brackets stays in square brackets."""
    monkeypatch.setenv("COLUMNS", "200")
    out = Terminal()
    report.print_table(ROWS, out)

    assert "[bold]it[/bold]" in out.getvalue()
    assert "Télécom Exemple" in out.getvalue()


def test_the_row_of_an_unknown_operator_names_its_domain() -> None:
    """What is not proven does not stand there under an operator's name."""
    assert report.row(an_analysis(match=a_match(), authentication=UNSIGNED)).who == "telecom.example"
