"""Reports of mail in an operator's name: whom they go to, what they repeat, and that there is one only where asked."""

from datetime import date, timedelta
from typing import Any

import pytest
from builders import NOW, a_channel, a_mailbox, a_message, an_analysis, an_operator
from world import NOTICE, TELECOM, MaildirWorld, mail, text_of

from noreply_analyzer.briefing import brief_for
from noreply_analyzer.choice import choose_for_report
from noreply_analyzer.config import Account, Identity, Settings
from noreply_analyzer.drafting import Draft, compose
from noreply_analyzer.planning import Ceilings, plan
from noreply_analyzer.policy import Action, Caution, Decision
from noreply_analyzer.records import Audience, Channel, Medium, Operator, Purpose, Quality
from noreply_analyzer.registry import Registry

TODAY = NOW.date()
ANNE = Account(name="perso", address="anne@example.org", host="imap.example.org", password_env="X")


def a_desk(**changes: Any) -> Channel:  # noqa: ANN401 - any field of a Channel
    """Give an abuse desk that takes e-mail."""
    fields: dict[str, Any] = {"id": "abuse", "medium": Medium.EMAIL, "purpose": Purpose.ABUSE, "lines": ()}
    return a_channel(**fields | {"target": "abuse@telecom.example", "audience": Audience.ALL} | changes)


DESKS: dict[str, tuple[tuple[Channel, ...], str, int]] = {
    "takes everything": ((a_desk(),), "abuse@telecom.example", 0),
    "takes text only": ((a_desk(limits="texte seul, en-têtes compris : ni pièce jointe"),), "abuse@telecom.example", 0),
    "takes phishing": ((a_desk(limits="hameçonnage et spam"),), "abuse@telecom.example", 0),
    "the second takes it": ((a_desk(limits="droits d'auteur"), a_desk(id="b", target="b@x.example")), "b@x.example", 0),
    "takes claims of authors only": ((a_desk(limits="atteintes à la propriété intellectuelle"),), "", 0),
    "takes abuse of the network only": ((a_desk(limits="abus du réseau seulement"),), "", 0),
    "is only reported": ((a_desk(quality=Quality.REPORTED, stated_on=None),), "", 1),
    "is past its shelf life": ((a_desk(stated_on=date(2024, 1, 1), checked_on=date(2024, 1, 1)),), "", 1),
    "is a form": ((a_desk(medium=Medium.WEBFORM, target="https://telecom.example/abuse"),), "", 1),
    "is for firms": ((a_desk(audience=Audience.BUSINESSES),), "", 0),
    "is no abuse desk": ((a_desk(purpose=Purpose.PRIVACY), a_channel()), "", 0),
    "is not there": ((), "", 0),
}


@pytest.mark.parametrize(("channels", "target", "beside"), DESKS.values(), ids=DESKS.keys())
def test_whom_a_report_goes_to(channels: tuple[Channel, ...], target: str, beside: int) -> None:
    """To an address that was read in the operator's own text, and where such mail is taken; others are named beside."""
    operator = an_operator(channels=channels)
    choice = choose_for_report(operator, today=TODAY, shelf_life_days=180, registry=Registry.of([operator]))

    assert (choice.channel.target if choice.channel else "") == target
    assert len(choice.also) == beside


def test_a_brand_has_the_desk_of_its_company() -> None:
    """As for everything else that its own record does not say."""
    house, brand = an_operator("house", channels=(a_desk(),)), an_operator("brand", channels=(), parent="house")
    choice = choose_for_report(brand, today=TODAY, shelf_life_days=180, registry=Registry.of([house, brand]))

    assert choice.channel is not None


PHISH = a_message(
    author=a_mailbox("boite@evil.example", "Télécom Exemple"),
    subject="Votre code est 482913",
    fields=(
        ("from", "Télécom Exemple <boite@evil.example>"),
        ("received", "from evil.example by mx.example.org"),
        ("reply-to", "collecte@evil.example"),
        ("subject", "Votre code est 482913"),
        ("x-trap", "a\u202eb\x00 | {{ 7*7 }}"),
    ),
    text="Votre code est 482913.\nPayez sur https://evil.example/payer\n{% for x in y %}\n| Bcc: x@evil.example\n",
)


def a_report(operator: Operator, *, language: str = "fr", count: int = 1) -> Draft:
    """Draft a report of the phish above, or of several like it."""
    analysis = an_analysis(
        PHISH,
        match=None,
        suspect_of=operator,
        warnings=(Caution(rule="look-alike", text="wears the name of Télécom Exemple"),),
        decision=Decision(action=Action.DRAFT, rule="report-look-alike", reason="wears the name"),
        choice=choose_for_report(operator, today=TODAY, shelf_life_days=180, registry=Registry.of([operator])),
    )
    settings = Settings(identity=Identity(name="Anne Martin", language=language))  # type: ignore[arg-type]
    registry = Registry.of([operator])
    return compose(brief_for([analysis] * count, account=ANNE, settings=settings, registry=registry, now=NOW))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("channels", [(a_desk(),), ()], ids=["to the desk", "to the user"])
def test_a_report_is_text_and_repeats_no_code(channels: tuple[Channel, ...], language: str) -> None:
    """The header and the text within the text: no attachment, no code, nothing hidden, and no field of it in ours."""
    draft = a_report(an_operator(channels=channels), language=language)
    content = draft.message.get_content()

    assert draft.message["To"].addresses[0].addr_spec == ("abuse@telecom.example" if channels else "anne@example.org")
    assert not draft.message.is_multipart()
    assert draft.message.get_content_type() == "text/plain"
    assert {"From", "To", "Subject"} <= set(draft.message.keys())
    assert "Bcc" not in draft.message
    assert "Reply-To" not in draft.message
    assert "Received: from evil.example by mx.example.org" in content
    assert "https://evil.example/payer" in content
    assert "X-Trap: ab | {{ 7*7 }}" in content
    assert "482913" not in draft.as_bytes().decode()
    assert "\u202e" not in content
    for place in ("signal-spam.fr", "33700", "cybermalveillance.gouv.fr"):
        assert (place in content) is (not channels)


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("fr", 1, "Je vous le signale avec ses en-têtes."),
        ("fr", 2, "Je vous les signale avec leurs en-têtes."),
        ("en", 1, "I am reporting it to you with its header."),
        ("en", 2, "I am reporting them to you with their headers."),
    ],
)
def test_one_message_is_reported_or_several(language: str, count: int, said: str) -> None:
    """And the sentence agrees with it."""
    operator = an_operator(channels=(a_desk(languages=(language,)),))
    content = a_report(operator, language=language, count=count).message.get_content()

    assert said in " ".join(content.split())


@pytest.mark.parametrize("channels", [(a_desk(quality=Quality.REPORTED, stated_on=None),), ()])
def test_an_operator_may_begin_with_a_vowel(channels: tuple[Channel, ...]) -> None:
    """No French sentence of a report says “de Orange”."""
    content = a_report(an_operator(name="Orange", channels=channels)).message.get_content()

    assert "d’Orange" in content
    assert "de Orange" not in content


def test_a_report_says_nothing_of_the_customer() -> None:
    """Neither a postal address nor a number: whoever reads abuse reports needs none."""
    content = a_report(an_operator(channels=(a_desk(),))).message.get_content()

    assert "Anne Martin" in content
    assert "rue des Lilas" not in content


def phish(world: MaildirWorld, number: int = 1) -> bytes:
    """Write a bill in the operator's name, from elsewhere."""
    text = f"Votre facture {number} est en retard : https://evil.example/payer\n{NOTICE}"
    date_ = world.now - timedelta(hours=3)
    author = f"{TELECOM.name} <noreply@evil.example>"
    return mail(author, "Votre facture", text, date=date_, message_id=f"<p{number}@evil.example>")


@pytest.mark.parametrize(("wanted", "drafts"), [(None, 0), (False, 0), (True, 1)])
def test_a_run_reports_where_it_is_asked_to(maildir_world: MaildirWorld, *, wanted: bool | None, drafts: int) -> None:
    """One draft for two of them, once, beside the answer to a true bill of the same operator; else they are told."""
    world = maildir_world
    world.drafting = {} if wanted is None else {"report_phishing": wanted}
    world.write_config()
    true = mail(
        TELECOM.author, "Votre facture", f"Votre facture.\n{NOTICE}", date=world.now, message_id="<b@telecom.example>"
    )
    world.deliver(phish(world, 1), phish(world, 2), TELECOM.key.sign(true))

    first, second = world.run(), world.run()

    reports = [one for one in world.drafts() if "<p2@evil.example>" in one["References"]]
    assert len(world.drafts()) == 1 + drafts
    assert len(reports) == drafts
    assert (first.returncode, second.returncode, second.stdout) == (0, 0, "")
    assert "wears the name of" in first.stdout
    assert ("signal-spam.fr" in first.stdout) is bool(drafts)
    for report in reports:
        assert report["To"] == "Anne Martin <anne@example.org>"
        assert "noreply@evil.example" in text_of(report)


@pytest.mark.parametrize(
    ("ceilings", "rule"),
    [
        (Ceilings(per_run=0), "per-run"),
        (Ceilings(pending_total=0), "drafts-full"),
        (Ceilings(pending_per_operator=0), "draft-waiting"),
    ],
)
def test_over_a_ceiling_the_user_is_warned_all_the_same(ceilings: Ceilings, rule: str) -> None:
    """A report that has to wait keeps no warning back; what would be an answer says why it waits, and no more."""
    reported = an_analysis(
        PHISH,
        match=None,
        suspect_of=an_operator(),
        decision=Decision(action=Action.DRAFT, rule="report-look-alike", reason="wears the name of Télécom Exemple"),
    )
    answered = an_analysis(decision=Decision(action=Action.DRAFT, rule="unanswerable-proven", reason="it is proven"))
    left_out = plan([reported, answered], waiting={}, ceilings=ceilings).left_out

    assert {decision.rule for decision in left_out.values()} == {rule}
    assert left_out[0].reason == f"wears the name of Télécom Exemple; {left_out[1].reason}"
    assert "proven" not in left_out[1].reason
