"""What a brief is told of an operator and of those around it: who answers, how long it may take, what comes after."""

from datetime import date

import pytest
from builders import NOW, a_channel, an_analysis, an_operator

from noreply_analyzer import language
from noreply_analyzer.analysis import Analysis
from noreply_analyzer.brief import Brief
from noreply_analyzer.briefing import brief_for
from noreply_analyzer.choice import Choice
from noreply_analyzer.config import Account, Settings, parse
from noreply_analyzer.guards import Deadline, Guards
from noreply_analyzer.registry import Channel, Match, MatchedBy, Mediator, Medium, Operator, Purpose, Registry, Step

DESK = a_channel(id="desk", medium=Medium.POST, purpose=Purpose.COMPLAINTS, target="", lines=("Desk", "00000 VILLE"))
MEDIATOR = Mediator(slug="mediation", name="Médiation Exemple", sectors=("telecom",), after_days=45)
STEPS = (Step(after_days=30, channel="desk"), Step(after_days=30, channel="mediator"))
COMPANY = an_operator(slug="company", channels=(DESK,), mediator="mediation", escalation=STEPS, ask_locally="l'agence")
DEADLINE = Deadline(
    sectors=("telecom",), answer_days=30, basis="la règle", sources=("https://a.example",), checked_on=date(2026, 11, 1)
)
ACCOUNT = Account(name="perso", host="127.0.0.1", address="anne@example.org", user="anne")
DEFAULTS = Settings()
GUARDS = Guards(deadlines=(DEADLINE,))


def brief(operator: Operator, *more: Operator, also: tuple[Channel, ...] = (), settings: Settings = DEFAULTS) -> Brief:
    """Give the brief of one message of *operator*."""
    analysis = an_analysis(
        match=Match(operator, MatchedBy.SENDER), choice=Choice(channel=a_channel(), also=(*also, DESK))
    )
    return brief_for(
        [analysis],
        account=ACCOUNT,
        settings=settings,
        registry=Registry.of([operator, *more], mediators=[MEDIATOR], guards=GUARDS),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("operator", "steps"),
    [
        pytest.param(COMPANY, ((30, DESK), (30, MEDIATOR)), id="its own"),
        pytest.param(an_operator(slug="brand", parent="company"), ((30, DESK), (30, MEDIATOR)), id="its company's"),
        pytest.param(
            an_operator(slug="brand", parent="company", escalation=(Step(after_days=60, channel="mediator"),)),
            ((60, MEDIATOR),),
            id="its own, before its company's",
        ),
        pytest.param(an_operator(slug="alone", mediator="mediation"), ((45, MEDIATOR),), id="as the mediator says"),
        pytest.param(an_operator(slug="alone"), (), id="none"),
        pytest.param(
            an_operator(slug="alone", escalation=(Step(after_days=9, channel="desk"),)),
            (),
            id="a desk that is not there",
        ),
    ],
)
def test_what_comes_after_silence(operator: Operator, steps: tuple[tuple[int, Channel | Mediator], ...]) -> None:
    """A brand goes its company's way, and what is a later step is no other way of today."""
    found = brief(operator, COMPANY) if operator is not COMPANY else brief(operator)

    assert found.escalation == steps
    assert (DESK in found.also) is (DESK not in [where for _days, where in steps])


def test_who_answers_and_by_when() -> None:
    """One's own agency, the carriers behind a seller as far as they have records, and the time of the sector."""
    found = brief(an_operator(slug="brand", parent="company", sells_for=("company", "gone")), COMPANY)

    assert (found.ask_locally, found.sells_for, found.deadline) == ("l'agence", (COMPANY.name,), DEADLINE)
    assert brief(an_operator(slug="other", sector="bank")).deadline is None


def test_messages_of_two_desks_leave_the_recipient_open() -> None:
    """One letter answers the bills of the line and of the mobile: whoever writes it says to which desk it goes."""
    fibre, mobile = (a_channel(id=name, serves=(name,)) for name in ("fibre", "mobile"))
    of_fibre, of_mobile = (an_analysis(choice=Choice(channel=channel, to_verify=True)) for channel in (fibre, mobile))

    def found(*analyses: Analysis) -> Brief:
        registry = Registry.of([an_operator()], guards=GUARDS)
        return brief_for(analyses, account=ACCOUNT, settings=Settings(), registry=registry, now=NOW)

    assert found(of_fibre, of_fibre).channel == fibre
    both = found(of_fibre, of_mobile)
    assert (both.channel, both.also, both.to_verify) == (None, (mobile,), False)


@pytest.mark.parametrize(
    ("own", "program", "notes"), [("fr", "en", "fr"), ("en", "fr", "en"), ("pt", "fr", "fr"), ("pt", "en", "en")]
)
def test_who_writes_in_another_language_is_spoken_to_in_the_program_s(own: str, program: str, notes: str) -> None:
    """As the command line, the configuration or the locale says; else in their own."""
    language.use(program)
    try:
        writer = brief(COMPANY, settings=parse({"identity": {"language": own}})).writer
    finally:
        language.use("en")

    assert (writer.language, writer.notes) == (own, notes)
