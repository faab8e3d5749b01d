"""What a message is about, and what keeps security mail out of every draft."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_messages import Judged, judged_messages

from noreply_analyzer.message import MAX_TEXT, Message
from noreply_analyzer.topic import RULES, Topic, classify

DOCUMENT = Path(__file__).parents[1] / "docs" / "rules.md"
BULK = (("list-unsubscribe", "<mailto:desabonnement@boutique.example>"), ("precedence", "bulk"))


def message(subject: str, text: str = "", fields: tuple[tuple[str, str], ...] = ()) -> Message:
    """Make a message without parsing one."""
    return Message(key="k", message_id=None, date=None, author=None, subject=subject, text=text, fields=fields)


@pytest.mark.parametrize("judged", judged_messages(), ids=lambda judged: judged.name)
def test_whole_messages(judged: Judged) -> None:
    """As they come, through the parser."""
    assert classify(judged.message).topic is judged.topic


@pytest.mark.parametrize(
    ("topic", "subject"),
    [
        (Topic.BILLING, "Votre facture du 12 novembre"),
        (Topic.BILLING, "Rejet de votre prélèvement"),
        (Topic.BILLING, "Your bill is ready"),
        (Topic.BILLING, "Payment overdue"),
        (Topic.CONTRACT, "Votre demande de résiliation"),
        (Topic.CONTRACT, "Évolution de votre offre"),
        (Topic.CONTRACT, "Changes to your contract"),
        (Topic.INCIDENT, "Panne sur votre ligne"),
        (Topic.INCIDENT, "Suppression de votre train 8342"),
        (Topic.INCIDENT, "Outage in your area"),
        (Topic.DELIVERY, "Votre colis arrive demain"),
        (Topic.DELIVERY, "Confirmation de commande"),
        (Topic.DELIVERY, "Your parcel is out for delivery"),
        (Topic.APPOINTMENT, "Rappel : votre rendez-vous de mardi"),
        (Topic.APPOINTMENT, "Your appointment on Tuesday"),
        (Topic.ACCOUNT, "Fermeture de votre compte"),
        (Topic.ACCOUNT, "Your account has been closed"),
        (Topic.SURVEY, "Donnez votre avis sur votre dernier appel"),
        (Topic.SURVEY, "How did we do? Take our survey"),
        (Topic.MARKETING, "Soldes : jusqu’à -50 % rien que pour vous"),
        (Topic.MARKETING, "Special offer: 20% off"),
        (Topic.CALL, "Vous avez un nouveau message vocal"),
        (Topic.CALL, "Missed call from Anne"),
        (Topic.OTHER, "Bonjour"),
        (Topic.OTHER, "Hello from the sea"),
        (Topic.OTHER, ""),
    ],
)
def test_the_subject_shows_the_topic(topic: Topic, subject: str) -> None:
    """Its words are quoted, in folded form."""
    found = classify(message(subject))
    assert found.topic is topic
    assert bool(found.evidence) is (topic is not Topic.OTHER)
    assert {each.rule for each in found.evidence} <= {"topic-words"}


def test_the_subject_counts_more_than_the_small_print() -> None:
    """A bill stays a bill under a line of advertising."""
    text = "Votre facture est disponible. Découvrez nos offres. Votre espace client, votre contrat, votre colis."
    assert classify(message("Votre facture est arrivée", text, BULK)).topic is Topic.BILLING


@pytest.mark.parametrize(
    ("subject", "fields", "topic"),
    [
        ("Découvrez nos nouveautés", BULK, Topic.MARKETING),
        ("Une pensée pour vous", BULK, Topic.OTHER),
        ("Votre facture", BULK, Topic.BILLING),
    ],
)
def test_marks_of_bulk_mail_only_push(subject: str, fields: tuple[tuple[str, str], ...], topic: Topic) -> None:
    """Operators' own bills carry them too."""
    assert classify(message(subject, fields=fields)).topic is topic


def test_a_tie_is_about_something_else() -> None:
    """An answer must not go where half of the message points."""
    assert classify(message("Votre facture et votre colis")).topic is Topic.OTHER


SECURITY = [
    ("Votre code", "votre code de vérification est 482913"),
    ("Validez votre paiement : code 482913", ""),
    ("Confirmation de votre virement : code 482913", ""),
    ("Votre facture", "Saisissez 482913 pour valider votre commande."),
    ("Votre facture", "Pour confirmer, entrez le code 482 913"),
    ("Code secret 4829", ""),
    ("3-D Secure : votre code", ""),
    ("Votre code PIN", ""),
    ("482913 est votre code", ""),
    ("Votre code : 4829", ""),
    ("Connexion", "Saisissez le code 482913 pour continuer."),
    ("Bonjour", "Voici votre code à usage unique."),
    ("Votre code d'activation", ""),
    ("Réinitialisation de votre mot de passe", ""),
    ("Mot de passe oublié", ""),
    ("Votre demande", "Vous avez demandé la réinitialisation de votre mot de passe."),
    ("Bonjour", "Votre mot de passe a été modifié."),
    ("Nouvelle connexion à votre compte", ""),
    ("Alerte", "Nous avons détecté une connexion inhabituelle."),
    ("Tentative de connexion", ""),
    ("Validez l'accès à votre espace abonné", ""),
    ("Validez l’accès à votre espace abonné", ""),
    ("Confirmez votre adresse e-mail", ""),
    ("Alerte de sécurité", ""),
    ("Your verification code", ""),
    ("Sign in to Example", ""),
    ("Your bill", "Use 482913 to sign in."),
    ("Bestätigungscode 482913", ""),
    ("Tu código de verificación es 482913", ""),
    ("Il tuo codice di sicurezza è 482913", ""),
    ("O seu código de segurança é 482913", ""),
    ("Verificatiecode 482913", ""),
    ("482913 is your login code", ""),
    ("Your code is 482 913", ""),
    ("Hello", "Use this one-time password to continue."),
    ("Reset your password", ""),
    ("Hello", "Your password has been changed."),
    ("Hello", "You requested a password reset."),
    ("New sign-in to your account", ""),
    ("Unusual login detected", ""),
    ("Confirm your email address", ""),
    ("Security alert", ""),
    ("Votre facture : réinitialisez votre mot de passe", "Votre facture, votre facture"),
]

NOT_SECURITY = [
    ("Votre code promo", "Utilisez le code promo 48291 avant dimanche."),
    ("Code client 482913 : votre facture", ""),
    ("Code de suivi 4829131", ""),
    ("Votre code de retrait 4829", ""),
    ("Code wifi 482913", ""),
    ("Zip code 90210 outage", ""),
    ("Votre facture n° 482913", "Composez le 3900."),
    ("Bienvenue", "Votre code client est 482913."),
    ("Votre commande", "Votre code postal : 75001"),
    ("Votre carte", "Votre code avantage : 482913"),
    ("Votre box", "Le mot de passe wifi est inclus dans votre facture."),
    ("Votre mot de passe wifi", ""),
    ("Votre facture", "Mot de passe oublié ? Nous ne vous demanderons jamais votre mot de passe."),
    ("Votre facture", "Signalez-nous toute activité suspecte."),
    ("Votre nouvelle connexion internet est prête", "Profitez de la fibre."),
    ("Code de la route", "Le code de la route change."),
    ("Bar code", "The bar code is on the box."),
    ("Your promo code", "Your promo code is 48291."),
    ("Welcome", "Your customer code is 482913."),
    ("Code of conduct", "Our code of conduct has changed."),
    ("Your invoice", "We never ask for your password. Forgot password?"),
]


@pytest.mark.parametrize(("subject", "text"), SECURITY)
def test_security_mail_is_known_whatever_else_it_says(subject: str, text: str) -> None:
    """One-time codes, password resets, log-in alerts; what is quoted is our word, without a digit of theirs."""
    found = classify(message(subject, text, BULK))
    assert found.topic is Topic.SECURITY
    (evidence,) = found.evidence
    assert evidence.rule == "topic-security"
    assert not re.search(r"\d", evidence.found)


@pytest.mark.parametrize(("subject", "text"), NOT_SECURITY)
def test_near_misses_are_not_security(subject: str, text: str) -> None:
    """Other codes, and what every operator prints about passwords."""
    assert classify(message(subject, text)).topic is not Topic.SECURITY


@given(code=st.from_regex(r"[A-Z0-9]{6,8}", fullmatch=True), sentence=st.sampled_from(SECURITY))
@settings(max_examples=40)
def test_a_code_is_never_quoted(code: str, sentence: tuple[str, str]) -> None:
    """Whatever letters and digits it is made of, wherever it stands."""
    found = classify(message(f"{sentence[0]} {code}", f"{code} {sentence[1]} {code}"))
    assert not any(code in each.found.upper() for each in found.evidence)


def test_every_rule_is_documented() -> None:
    """docs/rules.md has a row for each."""
    assert sorted(set(re.findall(r"^\| `(topic-\w+)` \|", DOCUMENT.read_text("utf-8"), re.MULTILINE))) == list(RULES)


@settings(max_examples=40)
@given(st.text(), st.text())
def test_any_message_has_a_topic(subject: str, text: str) -> None:
    """Whatever stands in it."""
    assert {each.rule for each in classify(message(subject, text)).evidence} <= set(RULES)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["votre code ", "code de confirmation ", "cliquez ", "your x code ", "1", "facture "])
def test_hostile_text_costs_no_more_than_plain_text(part: str) -> None:
    """64 KB of what our patterns begin with."""
    text = (part * MAX_TEXT)[:MAX_TEXT]
    assert classify(message(text, text)).topic in Topic
