"""The policy: `policy.toml` row by row, and what no single row shows."""

import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import (
    DRAFT_IT,
    NOW,
    PROVEN,
    UNSIGNED,
    a_channel,
    a_mailbox,
    a_match,
    a_message,
    a_reading,
    a_sender,
    an_analysis,
    an_operator,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.authentication import Authentication, Result, Standing
from noreply_analyzer.config import Settings
from noreply_analyzer.detection import Answerability, Evidence, Overrides, Verdict
from noreply_analyzer.message import Message
from noreply_analyzer.planning import Ceilings, Plan, plan
from noreply_analyzer.policy import (
    NOT_CHECKED,
    RULES,
    Action,
    Analysis,
    Caution,
    Circumstances,
    Preferences,
    Reading,
    analyze,
    decide,
)
from noreply_analyzer.registry import Level, Medium, Obsolete, Registry
from noreply_analyzer.topic import Topic

TABLES: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "policy.toml").read_text(encoding="utf-8")
)
CASES = TABLES["case"]
PLANS = TABLES["plan"]
CASE_KEYS = {
    *("what", "action", "rule", "answerability", "topic", "known", "gone", "author", "standing", "result", "checked"),
    *("received_days", "date_days", "waiting_days", "flags", "message_id", "own_addresses", "warnings", "ageless"),
    *("topics", "unproven", "max_age_days", "give_up_days", "suspect", "report_phishing", "subject", "content_type"),
    "configured",
}

GONE = Obsolete(reason="closed in 2025")


def days_ago(case: dict[str, Any], key: str) -> datetime | None:
    """Give the time that a case means, one day ago if it says nothing."""
    days = case.get(key, 1)
    return None if days == "none" else NOW - timedelta(days=days)


def analysis_of(case: dict[str, Any]) -> Analysis:
    """Build what a case describes."""
    author = a_mailbox(case.get("author", "noreply@telecom.example")) if case.get("author") != "" else None
    message = a_message(
        author=author,
        author_problem="" if author else "two From fields",
        date=days_ago(case, "date_days"),
        message_id=case.get("message_id", "<facture.12@telecom.example>") or None,
        subject=case.get("subject", "Votre facture"),
        content_type=case.get("content_type", "text/plain"),
    )
    authentication = Authentication(
        result=Result(case.get("result", "pass")), standing=Standing(case.get("standing", "proven")), reason="a reason"
    )
    evidence = Evidence(rule="configured", where="From", found="x") if case.get("configured") else None
    circumstances = Circumstances(
        now=NOW,
        received=days_ago(case, "received_days"),
        flags=frozenset(case.get("flags", ())),
        waiting_since=days_ago(case, "waiting_days") if "waiting_days" in case else None,
        ageless=case.get("ageless", False),
    )
    verdict = Verdict(
        answerability=Answerability(case.get("answerability", "unanswerable")), evidence=(evidence,) if evidence else ()
    )
    return an_analysis(
        reading=replace(a_reading(message, topic=Topic(case.get("topic", "billing"))), verdict=verdict),
        authentication=authentication if case.get("checked", True) else NOT_CHECKED,
        match=a_match(obsolete=GONE if case.get("gone") else None) if case.get("known", True) and author else None,
        warnings=tuple(Caution(rule="look-alike", text=text) for text in case.get("warnings", ())),
        suspect_of=an_operator() if case.get("suspect") else None,
        circumstances=circumstances,
    )


def preferences_of(case: dict[str, Any]) -> Preferences:
    """Give the preferences that a case names, at their defaults otherwise."""
    preferences = Preferences(own_addresses=frozenset(case.get("own_addresses", ["anne@example.org"])))
    if "report_phishing" in case:
        preferences = replace(preferences, report_phishing=case["report_phishing"])
    if "topics" in case:
        preferences = replace(preferences, topics=frozenset(map(Topic, case["topics"])))
    if "unproven" in case:
        preferences = replace(preferences, unproven=Action(case["unproven"]))
    if "max_age_days" in case:
        preferences = replace(preferences, max_age=timedelta(days=case["max_age_days"]))
    if "give_up_days" in case:
        preferences = replace(preferences, give_up=timedelta(days=case["give_up_days"]))
    return preferences


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_each_case_is_decided_by_its_rule(case: dict[str, Any]) -> None:
    """What comes in, which action, which rule; and a reason in words."""
    assert set(case) <= CASE_KEYS
    decision = decide(analysis_of(case), preferences_of(case))

    assert (decision.action, decision.rule) == (case["action"], case["rule"])
    assert decision.reason
    assert "{" not in decision.reason


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    """A rule that no case shows is not promised to anybody."""
    assert {case["rule"] for case in CASES} == {rule.rule for rule in RULES}
    assert len({case["what"] for case in CASES}) == len(CASES)


def test_a_rule_has_one_name_and_one_action() -> None:
    """The names are lasting: they are stored, printed and documented."""
    assert len({rule.rule for rule in RULES}) == len(RULES)
    assert {(case["rule"], case["action"]) for case in CASES} == {(rule.rule, rule.action) for rule in RULES}


def test_the_reasons_say_what_they_are_about() -> None:
    """A domain, a topic, what the DNS said."""
    told = decide(an_analysis(match=None), Preferences()).reason
    unasked = decide(an_analysis(topic=Topic.SURVEY), Preferences()).reason
    drafted = decide(an_analysis(), Preferences()).reason
    unproven = decide(an_analysis(authentication=UNSIGNED), Preferences()).reason

    assert "telecom.example" in told
    assert "survey" in unasked
    assert "telecom.example" in drafted
    assert "it carries no signature" in unproven


def test_the_defaults_are_those_of_the_configuration() -> None:
    """A scan without a configuration decides as one with an empty configuration."""
    drafting = Settings().drafting

    assert Preferences().topics == set(drafting.topics)
    assert Preferences().unproven == drafting.unproven
    assert Preferences().level is drafting.level
    assert Preferences().max_age == timedelta(days=drafting.max_age_days)
    assert Preferences().give_up == timedelta(days=Settings().limits.give_up_days)
    assert Preferences().shelf_life_days == Settings().registry.shelf_life_days
    assert Ceilings() == Ceilings(
        per_run=drafting.per_run,
        pending_per_operator=drafting.pending_per_operator,
        pending_total=drafting.pending_total,
    )


analyses = st.builds(
    lambda answerability, topic, result, standing, known, days, checked, flags, waiting: an_analysis(
        a_message(date=NOW - timedelta(days=days)),
        answerability=answerability,
        topic=topic,
        authentication=Authentication(result=result, standing=standing) if checked else NOT_CHECKED,
        match=a_match() if known else None,
        circumstances=Circumstances(
            now=NOW, received=NOW, flags=frozenset(flags), waiting_since=NOW - timedelta(days=waiting)
        ),
    ),
    st.sampled_from(Answerability),
    st.sampled_from(Topic),
    st.sampled_from(Result),
    st.sampled_from(Standing),
    st.booleans(),
    st.integers(-5, 60),
    st.booleans(),
    st.sets(st.sampled_from(["\\Draft", "\\Seen"])),
    st.integers(0, 10),
)
preferences = st.builds(
    Preferences,
    own_addresses=st.sampled_from([frozenset(), frozenset({"noreply@telecom.example"})]),
    topics=st.frozensets(st.sampled_from(Topic)),
    unproven=st.sampled_from([Action.TELL, Action.DRAFT]),
)


@settings(max_examples=400)
@given(analyses, preferences)
def test_a_draft_keeps_every_promise(analysis: Analysis, wishes: Preferences) -> None:
    """Whatever comes together: no draft to what may be answered, is the user's own, old, secret, forged or unknown."""
    decision = decide(analysis, wishes)
    if decision.action is not Action.DRAFT:
        return

    assert analysis.reading.verdict.answerability is Answerability.UNANSWERABLE
    assert analysis.topic is not Topic.SECURITY
    assert analysis.topic in wishes.topics
    assert analysis.match is not None
    assert "\\Draft" not in analysis.circumstances.flags
    assert "noreply@telecom.example" not in wishes.own_addresses
    assert analysis.message.date is not None
    assert NOW - analysis.message.date <= wishes.max_age
    assert analysis.authentication is not NOT_CHECKED
    assert analysis.authentication.standing is not Standing.CONTRADICTED
    assert analysis.proven or wishes.unproven is Action.DRAFT


# From a reading to a decision -------------------------------------------------------------------------------------


class Asked:
    """Tools that answer what they were told to, and count how often they were asked."""

    def __init__(self, answer: Authentication = PROVEN) -> None:
        self.answer = answer
        self.times: list[datetime] = []

    def read(self, raw: bytes, overrides: Overrides) -> Reading:
        """Do nothing: `analyze` is handed what was read."""
        raise NotImplementedError

    def prove(
        self, raw: bytes, message: Message, *, at: datetime, arrived: datetime | None = None, every: bool = False
    ) -> Authentication:
        """Give the answer."""
        del arrived, every
        assert raw == b"raw"
        assert message.author
        self.times.append(at)
        return self.answer


REGISTRY = Registry.of([an_operator()])
YESTERDAY = NOW - timedelta(days=1)


def analyzed(
    reading: Reading,
    tools: Asked,
    *,
    registry: Registry = REGISTRY,
    circumstances: Circumstances | None = None,
    prove_all: bool = False,
    **wishes: Any,  # noqa: ANN401 - any field of Preferences
) -> Analysis:
    """Walk a reading to its decision."""
    return analyze(
        b"raw",
        reading,
        circumstances=circumstances or Circumstances(now=NOW, received=YESTERDAY),
        preferences=Preferences(**wishes),
        registry=registry,
        tools=tools,
        prove_all=prove_all,
    )


def test_a_proven_bill_is_drafted_to_the_channel_of_its_operator() -> None:
    """The whole road: operator, proof, decision, channel."""
    tools = Asked()
    analysis = analyzed(a_reading(), tools)

    assert analysis.decision.rule == "unanswerable-proven"
    assert analysis.operator == an_operator()
    assert analysis.choice is not None
    assert analysis.choice.channel == a_channel()
    assert tools.times == [YESTERDAY]


@pytest.mark.parametrize(
    "reading",
    [
        a_reading(answerability=Answerability.ANSWERABLE),
        a_reading(answerability=Answerability.AUTOMATIC),
        a_reading(answerability=Answerability.UNCLEAR),
        a_reading(topic=Topic.SECURITY),
        a_reading(topic=Topic.MARKETING),
        a_reading(a_message(date=NOW - timedelta(days=31))),
        a_reading(a_message(author=a_mailbox("noreply@stranger.example", "Somebody"))),
        a_reading(a_message(author=a_mailbox("noreply@stranger.example", "Télécom Exemple"))),
    ],
)
def test_the_dns_is_asked_only_where_the_answer_can_change_anything(reading: Reading) -> None:
    """For all these it cannot, and nobody is asked; nor is a channel chosen."""
    tools = Asked()
    analysis = analyzed(reading, tools)

    assert tools.times == []
    assert analysis.authentication is NOT_CHECKED
    assert analysis.decision.action is not Action.DRAFT
    assert analysis.decision.rule not in {"unchecked", ""}
    assert analysis.operator is None
    assert analysis.choice is None


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ((("from", "a@nobody.example"), ("from", "b@evil.example")), Standing.CONTRADICTED),
        ((("from", "a@nobody.example, b@evil.example"),), Standing.CONTRADICTED),
        ((("from", "nobody at all"),), Standing.NOT_ESTABLISHED),
        ((), Standing.NOT_ESTABLISHED),
    ],
)
def test_who_shows_several_authors_contradicts_himself(fields: tuple[tuple[str, str], ...], standing: Standing) -> None:
    """No key is needed to know that; it is left alone, and what is known of it is said."""
    tools = Asked()
    analysis = analyzed(a_reading(a_message(author=None, author_problem="two From fields", fields=fields)), tools)

    assert tools.times == []
    assert (analysis.authentication.result, analysis.authentication.standing) == (Result.PERMERROR, standing)
    assert (analysis.decision.action, analysis.decision.rule) == (Action.LEAVE, "no-author")


@pytest.mark.parametrize(
    "fields",
    [
        (("from", "a@evil.example"), ("from", "Un nom <facture@telecom.example>")),
        (("from", "facture@telecom.example, b@evil.example"),),
        (("from", "<facture@telecom.example.>"),),
        (("from", "Télécom Exemple, <a@evil.example>"),),
    ],
)
def test_a_doubtful_author_with_an_operators_address_is_told(fields: tuple[tuple[str, str], ...]) -> None:
    """Some mail programs show the operator: the user is told, and why the author cannot be."""
    message = a_message(author=None, author_problem="two From fields", fields=fields)
    analysis = analyzed(a_reading(message, answerability=Answerability.UNCLEAR), Asked())

    assert (analysis.decision.action, analysis.decision.rule) == (Action.TELL, "doubtful-author")
    assert analysis.decision.reason == "shows Télécom Exemple where its author cannot be told: two From fields"


def test_a_scan_may_ask_for_every_message_that_cannot_be_answered() -> None:
    """Somebody wants to see who wrote; what is done stays the same."""
    tools = Asked()
    advert = analyzed(a_reading(topic=Topic.MARKETING), tools, prove_all=True)
    answerable = analyzed(a_reading(answerability=Answerability.ANSWERABLE), tools, prove_all=True)
    nobody = analyzed(a_reading(a_message(author=None)), tools, prove_all=True)

    assert (advert.decision.rule, advert.authentication) == ("topic-not-asked", PROVEN)
    assert answerable.authentication is NOT_CHECKED
    assert nobody.authentication.result is Result.PERMERROR
    assert len(tools.times) == 1


@pytest.mark.parametrize(
    ("received", "written", "at"),
    [(YESTERDAY, NOW, YESTERDAY), (None, YESTERDAY, YESTERDAY), (None, None, NOW)],
)
def test_signatures_are_checked_as_of_the_arrival(
    received: datetime | None, written: datetime | None, at: datetime
) -> None:
    """Keys expire, and mail waits: what counts is when it came, else its Date, else now."""
    tools = Asked()
    analyzed(a_reading(a_message(date=written)), tools, circumstances=Circumstances(now=NOW, received=received))

    assert tools.times == [at]


def test_a_name_that_is_not_its_own_is_warned_of() -> None:
    """Who wears an operator's name at another domain is told of, in the operator's and the domain's names."""
    analysis = analyzed(a_reading(a_message(author=a_mailbox("noreply@telecom-exemple.example"))), Asked())

    assert analysis.decision.rule == "look-alike"
    assert [caution.rule for caution in analysis.warnings] == ["look-alike"]
    assert "Télécom Exemple" in analysis.decision.reason
    assert "telecom-exemple.example" in analysis.decision.reason


def test_the_operator_itself_is_not_warned_of() -> None:
    """Its own name at its own domain is what it should be."""
    assert analyzed(a_reading(), Asked()).warnings == ()


@pytest.mark.parametrize(
    ("answer", "unproven", "rule", "chosen"),
    [
        (PROVEN, Action.TELL, "unanswerable-proven", True),
        (UNSIGNED, Action.TELL, "unproven", False),
        (UNSIGNED, Action.DRAFT, "unproven-draft", True),
        (Authentication(result=Result.FAIL, standing=Standing.CONTRADICTED), Action.DRAFT, "contradicted", False),
        (Authentication(result=Result.TEMPERROR, standing=Standing.NOT_ESTABLISHED), Action.DRAFT, "dns-later", False),
    ],
)
def test_the_proof_decides(answer: Authentication, unproven: Action, rule: str, *, chosen: bool) -> None:
    """A channel is chosen for drafts only; the operator is named for a proven author only."""
    analysis = analyzed(a_reading(), Asked(answer), unproven=unproven)

    assert analysis.decision.rule == rule
    assert (analysis.choice is not None) is chosen
    assert (analysis.operator is not None) is (answer is PROVEN)


def test_a_proven_operator_without_a_channel_is_answered_all_the_same() -> None:
    """With a letter whose recipient block is a blank: never with nothing."""
    analysis = analyzed(a_reading(), Asked(), registry=Registry.of([an_operator(channels=())]))

    assert analysis.decision.action is Action.DRAFT
    assert analysis.choice is not None
    assert analysis.choice.channel is None


def test_the_choice_keeps_to_the_preferences_and_the_clock() -> None:
    """An e-mail channel past its shelf life gives way to the letter; the day is that of the clock handed in."""
    mail = a_channel(
        id="mail", medium=Medium.EMAIL, target="service@telecom.example", lines=(), stated_on=date(2026, 6, 1)
    )
    registry = Registry.of([an_operator(channels=(mail, a_channel()), senders=(a_sender(),))])

    def medium(**wishes: Any) -> Medium | None:  # noqa: ANN401 - any field of Preferences
        choice = analyzed(a_reading(), Asked(), registry=registry, level=Level.COMPLAINT, **wishes).choice
        return choice.channel.medium if choice and choice.channel else None

    assert medium(shelf_life_days=180) is Medium.EMAIL
    assert medium(shelf_life_days=100) is Medium.POST


# All drafts of a run together -------------------------------------------------------------------------------------


def planned_message(said: str) -> Analysis:
    """Build the message that "operator topic days" describes."""
    operator, topic, days = said.split()
    drafted = not operator.startswith("-")
    proven = not operator.endswith("?")
    return an_analysis(
        a_message(date=NOW - timedelta(days=int(days))),
        topic=Topic(topic),
        match=a_match(slug=operator.strip("-?")),
        authentication=PROVEN if proven else UNSIGNED,
        decision=DRAFT_IT if drafted else replace(DRAFT_IT, action=Action.TELL),
    )


def plan_of(case: dict[str, Any]) -> Plan:
    """Plan what a case describes."""
    waiting = {
        (matter.split()[0], Topic(matter.split()[1])): count for matter, count in case.get("waiting", {}).items()
    }
    ceilings = {key: case[key] for key in ("per_run", "pending_per_operator", "pending_total") if key in case}
    return plan([planned_message(said) for said in case["messages"]], waiting=waiting, ceilings=Ceilings(**ceilings))


@pytest.mark.parametrize("case", PLANS, ids=[case["what"] for case in PLANS])
def test_each_plan_is_made_as_written(case: dict[str, Any]) -> None:
    """Which messages share a letter, in which order, and what is left out by which rule."""
    made = plan_of(case)

    assert [list(letter) for letter in made.letters] == case["letters"]
    left_out = {str(index): decision.rule for index, decision in made.left_out.items()}
    assert left_out == case.get("left_out", {})


@pytest.mark.parametrize(
    ("rule", "action"), [("draft-waiting", Action.TELL), ("drafts-full", Action.LATER), ("per-run", Action.LATER)]
)
def test_what_is_left_out_is_told_or_comes_later(rule: str, action: Action) -> None:
    """Only what the next run can do by itself is put off; each plan above shows one of these rules."""
    decisions = [decision for case in PLANS for decision in plan_of(case).left_out.values() if decision.rule == rule]

    assert decisions
    assert {decision.action for decision in decisions} == {action}
    assert all(decision.reason and "{" not in decision.reason for decision in decisions)


messages = st.lists(
    st.builds(
        "{}{}{} {} {}".format,
        st.sampled_from(["", "", "-"]),
        st.sampled_from("abc"),
        st.sampled_from(["", "", "?"]),
        st.sampled_from(["billing", "contract"]),
        st.integers(0, 30),
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(messages, st.dictionaries(st.sampled_from(["a billing", "b contract"]), st.integers(0, 3)), st.integers(1, 3))
def test_a_plan_loses_nothing_and_keeps_to_every_ceiling(said: list[str], waiting: dict[str, int], most: int) -> None:
    """Each message that is to be drafted to is in one letter or left out with a reason, never both."""
    made = plan_of({"messages": said, "waiting": waiting, "per_run": most, "pending_total": 3})
    written = [index for letter in made.letters for index in letter]

    assert sorted([*written, *made.left_out]) == [n for n, text in enumerate(said) if not text.startswith("-")]
    assert len(made.letters) <= most
    assert len(made.letters) + min(sum(waiting.values()), 3) <= 3
    matters = [{(said[n].split()[0].strip("?"), said[n].split()[1]) for n in letter} for letter in made.letters]
    assert all(len(matter) == 1 for matter in matters)
    assert len(set(map(frozenset, matters))) == len(matters)
    assert all(len({"?" in said[n] for n in letter}) == 1 for letter in made.letters)
