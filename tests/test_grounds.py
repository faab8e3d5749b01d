"""The law that a draft cites: each ground with what admits it and what forbids it, and never more than is true."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from builders import NOW, a_channel, a_message, an_analysis, an_operator
from drafting_cases import ANNE, LETTER, MAIL, QUESTION, body
from hypothesis import given
from hypothesis import strategies as st

import noreply_analyzer
from noreply_analyzer.briefing import brief_for
from noreply_analyzer.choice import Choice
from noreply_analyzer.config import Account, ContractSettings, References, Settings
from noreply_analyzer.drafting import compose
from noreply_analyzer.grounds import (
    MOST,
    Case,
    Condition,
    Contract,
    Ground,
    case_of,
    choose_grounds,
    cited,
    due_grounds,
    shipped_grounds,
)
from noreply_analyzer.message import Message
from noreply_analyzer.prose import NO_BREAK
from noreply_analyzer.records import Channel, Obsolete, Operator
from noreply_analyzer.registry import Level, Match, MatchedBy, Registry
from noreply_analyzer.topic import Topic

TODAY: Final = date(2026, 11, 24)
PACKAGE: Final = Path(noreply_analyzer.__file__).parent
GROUNDS: Final = {ground.id: ground for ground in shipped_grounds()}
ONLINE: Final = Contract(made_on=date(2026, 7, 1), at_a_distance=True)


def operator(sector: str = "telecom", **changes: Any) -> Operator:  # noqa: ANN401 - any field of an Operator
    """Give an operator of that sector."""
    return an_operator(sector=sector, **changes)


def a_case(
    who: Operator,
    topic: Topic = Topic.BILLING,
    level: Level = Level.COMPLAINT,
    *,
    proven: bool = True,
    bulk: bool = False,
    contract: Contract | None = None,
) -> Case:
    """Give the case of a complaint to an operator that provably wrote."""
    return case_of(who, topic, level, day=TODAY, proven=proven, bulk=bulk, contract=contract)


def ids(case: Case, **how: Any) -> set[str]:  # noqa: ANN401 - of `choose_grounds`
    """Name the grounds that are cited."""
    return {ground.id for ground in choose_grounds(case, **how)}


# Each of them -------------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    """Where a ground is cited, and the nearest place where it is not."""

    admits: Case
    forbids: Case


BANK: Final = operator("bank")
SHOP: Final = operator("e-commerce")
BODY: Final = operator("public")
PAIRS: Final = {
    "CRPA-L111-2": Pair(a_case(BODY), a_case(operator("energy"))),
    "CRPA-L112-8": Pair(a_case(BODY), a_case(BODY, level=Level.QUESTION)),
    "GDPR-21": Pair(
        a_case(BODY, Topic.MARKETING, Level.QUESTION), a_case(operator(country="US"), Topic.MARKETING, Level.QUESTION)
    ),
    "L34-5": Pair(a_case(operator(), Topic.MARKETING), a_case(operator(), Topic.BILLING)),
    "GDPR-12": Pair(a_case(operator(), Topic.DATA, Level.QUESTION), a_case(operator(), Topic.ACCOUNT)),
    "GDPR-38-4": Pair(a_case(operator(country="IE"), Topic.DATA), a_case(operator(country="GB"), Topic.DATA)),
    "L223-1": Pair(a_case(operator(), Topic.CALL, bulk=True), a_case(operator(), Topic.CALL)),
    "L221-17": Pair(a_case(operator(), Topic.CALL, bulk=True), a_case(BODY, Topic.CALL, bulk=True)),
    "L222-5-1": Pair(a_case(BANK, contract=ONLINE), a_case(BANK, contract=replace(ONLINE, made_on=date(2026, 6, 18)))),
    "L215-1-1": Pair(a_case(operator(), Topic.CONTRACT), a_case(operator("insurance"), Topic.CONTRACT)),
    "L224-38": Pair(a_case(operator(), Topic.INCIDENT), a_case(operator("energy"), Topic.INCIDENT)),
    "DSA-12": Pair(
        a_case(operator("digital", slug="leboncoin"), Topic.ACCOUNT),
        a_case(operator("digital", slug="netflix"), Topic.ACCOUNT),
    ),
    "L612-2": Pair(a_case(operator()), a_case(operator(), proven=False)),
    "R221-2": Pair(
        a_case(operator("energy"), contract=ONLINE), a_case(operator("energy"), contract=Contract(made_on=TODAY))
    ),
    "LCEN-19": Pair(a_case(SHOP, Topic.OTHER), a_case(operator("transport"), Topic.OTHER)),
    "L121-16": Pair(a_case(operator()), a_case(operator(), Topic.OTHER)),
}


@pytest.mark.parametrize("name", GROUNDS)
def test_what_admits_a_ground_and_what_forbids_it(name: str) -> None:
    """Each that there is, by a condition that is met in one case and not in the other."""
    doubtful = GROUNDS[name].confidence == "C"

    assert name in ids(PAIRS[name].admits, doubtful=doubtful)
    assert name not in ids(PAIRS[name].forbids, doubtful=doubtful)


def test_there_are_sixteen() -> None:
    """Each has its pair."""
    assert set(PAIRS) == set(GROUNDS)
    assert len(GROUNDS) == 16


# What is never cited ------------------------------------------------------------------------------------------------

CASES: Final = st.builds(
    case_of,
    st.builds(
        operator,
        st.sampled_from(["public", "politics", "telecom", "bank", "e-commerce", "digital", "energy", "payment"]),
        country=st.sampled_from(["FR", "IE", "US"]),
        slug=st.sampled_from(["telecom-exemple", "vinted"]),
    ),
    st.sampled_from([topic for topic in Topic if topic is not Topic.SECURITY]),
    st.sampled_from(Level),
    day=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    proven=st.booleans(),
    bulk=st.booleans(),
    contract=st.builds(
        Contract,
        made_on=st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
        at_a_distance=st.booleans(),
        known=st.booleans(),
    ),
)


@given(case=CASES, doubtful=st.booleans())
def test_never_more_than_is_true(*, case: Case, doubtful: bool) -> None:
    """Whatever comes together: at most two, in force, read in time, and consumer law for consumers of traders only."""
    found = choose_grounds(case, doubtful=doubtful)

    assert len(found) <= MOST
    for ground in found:
        assert ground.since <= case.day < ground.check_again
        assert doubtful or ground.confidence != "C"
        assert case.level is not Level.QUESTION or ground.carries
        assert ground.code == "GDPR" or ground.id == "DSA-12" or case.country == "FR"
        assert ground.code != "consommation" or case.sector not in {"public", "politics"}
        assert ground.code != "CRPA" or case.sector == "public"
        assert case.topic in {Topic.MARKETING, Topic.CALL} or "prospection" not in ground.fr.sentence


@pytest.mark.parametrize(
    ("changes", "is_cited"),
    [
        ({}, True),
        ({"since": TODAY}, True),
        ({"since": TODAY + timedelta(days=1)}, False),
        ({"until": TODAY}, True),
        ({"until": TODAY - timedelta(days=1)}, False),
        ({"check_again": TODAY + timedelta(days=1)}, True),
        ({"check_again": TODAY}, False),
        ({"confidence": "C"}, False),
        ({"countries": ("EU",)}, True),
        ({"countries": ("BE",)}, False),
        ({"contracts_since": TODAY}, False),
        ({"conditions": (Condition.BUSINESS, Condition.FINANCE)}, False),
    ],
)
def test_the_day_on_which_it_counts(changes: dict[str, Any], *, is_cited: bool) -> None:
    """Not before it is in force, not after, and not once nobody has read it again in time."""
    ground = msgspec.structs.replace(GROUNDS["L121-16"], **changes)

    assert bool(choose_grounds(a_case(operator()), grounds=[ground])) is is_cited


ILLEGAL: Final = re.compile(r"\b(illégale?s?|illicites?|interdi\w+|illegal|unlawful|forbidden|prohibited)\b")


def test_nothing_says_that_writing_so_is_illegal() -> None:
    """No text of law says so: neither does a ground, nor a template."""
    said = [citation.sentence for ground in shipped_grounds() for citation in (ground.fr, ground.en)]
    said += [path.read_text("utf-8") for path in (PACKAGE / "templates").rglob("*") if path.is_file()]

    assert ILLEGAL.search("votre adresse est illégale")
    assert len(said) > 40
    assert not [text for text in said if ILLEGAL.search(text.casefold())]


OUTDATED: Final = ("6-III", "6 III", "R. 221-1 ", "L. 113-5", "L. 121-84", "L. 223-3", "L. 223-4", "Bloctel")


def test_nothing_outdated_is_cited() -> None:
    """Renumbered or repealed, however many model letters still have it."""
    text = (PACKAGE / "grounds.toml").read_text("utf-8")

    assert not [one for one in OUTDATED if one in text]


# How it is cited ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=lambda ground: ground.id)
def test_each_is_one_sentence_in_both_languages(ground: Ground) -> None:
    """With the article in it, named and sourced."""
    for language in ("fr", "en"):
        (sentence,) = cited([ground], language)
        plain = re.sub(r"\b[LR]\. |n° |no\. ", "", sentence)

        assert (citation := ground.citation(language))
        assert citation.reference in sentence
        assert plain.count(".") == 1
        assert plain.endswith(".")
        assert len(sentence.split()) <= 45
    assert ground.sources
    assert ground.checked_on < ground.check_again <= ground.checked_on + timedelta(days=366)


def test_the_second_article_of_a_code_does_not_name_it_again() -> None:
    """Right after the first of it; alone it does."""
    chosen = choose_grounds(a_case(BODY))
    first, second = cited(chosen, "fr")

    assert "du code des relations" in first
    assert "L. 112-11 du même code" in second
    assert "du code des relations" in cited(chosen[1:], "fr")[0]
    assert "of the same code" in cited(choose_grounds(a_case(operator())), "en")[1]
    assert cited(chosen, "de") == ()


@pytest.mark.parametrize("channel", [MAIL, a_channel()], ids=["email", "letter"])
@pytest.mark.parametrize("level", ["complaint", "notice"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_draft_cites_them_in_its_request(channel: Channel, level: str, language: str) -> None:
    """A sentence each, behind what is asked for; a plain question has none."""
    who = operator(country="FR")
    found = choose_grounds(a_case(who, level=Level(level)))
    writer = replace(ANNE, language=language)
    channel = msgspec.structs.replace(channel, languages=(language,))
    brief = replace(QUESTION, channel=channel, level=level, grounds=found, writer=writer)
    text = " ".join(body(compose(brief)).replace(NO_BREAK, " ").split())

    assert len(found) == 2
    for sentence in cited(found, language):
        assert text.count(sentence.replace("'", "’")) == 1
    assert "L. 612-2" not in body(compose(LETTER))


# From a message to its grounds --------------------------------------------------------------------------------------


def brief_grounds(
    who: Operator,
    topic: Topic,
    message: Message | None = None,
    *,
    account: Account,
    **drafting: Any,  # noqa: ANN401 - of `Drafting`
) -> list[str]:
    """Name the grounds of the brief that a run would write."""
    analysis = an_analysis(
        message or a_message(), topic=topic, match=Match(who, MatchedBy.SENDER), choice=Choice(channel=a_channel())
    )
    settings = Settings(drafting=msgspec.structs.replace(Settings().drafting, **drafting))
    older = an_operator(slug="older", obsolete=Obsolete(reason="renamed", redirect=who.slug))
    found = brief_for([analysis], account=account, settings=settings, registry=Registry.of([who, older]), now=NOW)
    return [ground.id for ground in found.grounds]


ACCOUNT: Final = Account(name="perso", host="127.0.0.1", address="anne@example.org", user="anne")


def test_the_configuration_says_what_a_contract_is() -> None:
    """By the name of the record, or one that it once had; and which grounds are wanted."""
    made = {"older": ContractSettings(made_on=date(2026, 7, 1), at_a_distance=True)}
    newer = msgspec.structs.replace(ACCOUNT, contracts=made)

    assert brief_grounds(BANK, Topic.BILLING, account=newer, level=Level.COMPLAINT) == ["L222-5-1", "L612-2"]
    assert brief_grounds(BANK, Topic.BILLING, account=ACCOUNT, level=Level.COMPLAINT) == ["L121-16", "L612-2"]
    assert brief_grounds(BANK, Topic.BILLING, account=newer, level=Level.COMPLAINT, grounds="none") == []
    assert brief_grounds(BANK, Topic.BILLING, account=newer) == []


def test_an_order_was_made_at_a_distance() -> None:
    """What a shop delivers was ordered about the day of its message."""
    assert brief_grounds(SHOP, Topic.DELIVERY, account=ACCOUNT, level=Level.COMPLAINT) == ["R221-2", "L612-2"]


def test_a_call_that_is_told_to_many_is_advertising() -> None:
    """And what nobody has read themselves is cited only if the user wants it."""
    bulk = a_message(fields=(("list-unsubscribe", "<https://telecom.example/u>"),))

    assert brief_grounds(operator(), Topic.CALL, bulk, account=ACCOUNT, level=Level.COMPLAINT) == ["L223-1"]
    both = brief_grounds(operator(), Topic.CALL, bulk, account=ACCOUNT, level=Level.COMPLAINT, grounds="all")
    assert both == ["L223-1", "L221-17"]


def test_references_show_a_contract_with_whom_nothing_proves() -> None:
    """Who wrote may be unknown: the user's number with the operator is not."""
    case = a_case(operator(), proven=False, contract=Contract(known=True))
    known = msgspec.structs.replace(ACCOUNT, operators={"older": References(customer_number="1")})

    assert ids(case) == {"L612-2", "L121-16"}
    assert brief_grounds(operator(), Topic.BILLING, account=known, level=Level.COMPLAINT) == ["L121-16", "L612-2"]


# For those who keep them true ---------------------------------------------------------------------------------------


def test_what_has_to_be_read_again_is_listed() -> None:
    """From the day on which it is no longer cited, or earlier with --within; the first to be late comes first."""
    first = min(ground.check_again for ground in shipped_grounds())
    late = due_grounds(first)

    assert due_grounds(first - timedelta(days=1)) == ()
    soon = due_grounds(first - timedelta(days=30), within_days=30)
    assert [one.ground for one in soon] == [one.ground for one in late]
    assert str(soon[0]).startswith("grounds.toml: DSA-12: to be read again by 2027-05-23: l'article")
    assert {one.ground.check_again for one in late} == {first}
    assert late[0].checklist().startswith("- [ ] grounds.toml: DSA-12: to be read again since 2027-05-23: l'article")
    assert late[0].checklist().count("\n      ") == len(late[0].ground.sources)
    assert len(due_grounds(date(2028, 1, 1))) == len(GROUNDS)
