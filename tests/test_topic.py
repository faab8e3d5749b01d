"""What a message is about, and what keeps security mail out of every draft."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_messages import Judged, judged_messages

from noreply_analyzer.guards import shipped_guards
from noreply_analyzer.message import MAX_TEXT, Message
from noreply_analyzer.topic import _AT_HOME, RULES, Subject, Topic, classify, masked

LABELLED: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("topics.toml").read_text("utf-8"))["message"]
DOCUMENT = Path(__file__).parents[1] / "docs" / "rules.md"
BULK = (("list-unsubscribe", "<mailto:desabonnement@boutique.example>"), ("precedence", "bulk"))


def message(subject: str, text: str = "", fields: tuple[tuple[str, str], ...] = ()) -> Message:
    """Make a message without parsing one."""
    return Message(key="k", message_id=None, date=None, author=None, subject=subject, text=text, fields=fields)


@pytest.mark.parametrize("judged", judged_messages(), ids=lambda judged: judged.name)
def test_whole_messages(judged: Judged) -> None:
    """As they come, through the parser."""
    assert classify(judged.message).topic is judged.topic


def topic_of(labelled: dict[str, Any]) -> Subject:
    """Read a message of ``topics.toml`` as a run would, for an operator of its sector."""
    fields = BULK[:1] if labelled.get("bulk") else ()
    found = classify(message(labelled["subject"], labelled["text"].strip(), fields))
    return found.in_sector(labelled.get("sector", ""))


@pytest.mark.parametrize("labelled", LABELLED, ids=lambda labelled: labelled["subject"])
def test_labelled_messages(labelled: dict[str, Any]) -> None:
    """Such as operators write; "other" is right where a person hesitates too."""
    assert topic_of(labelled).topic in {labelled["topic"], labelled.get("or")}


def test_the_labelled_messages_are_enough_of_each() -> None:
    """A table that says little proves little."""
    assert all(count >= 12 for count in Counter(each["topic"] for each in LABELLED).values())
    assert {each["topic"] for each in LABELLED} == set(Topic) - {Topic.DATA}  # which no message is ever taken for


@pytest.mark.parametrize(
    ("sector", "topic"),
    [
        ("parcels", Topic.DELIVERY),
        ("e-commerce", Topic.DELIVERY),
        ("bank", Topic.OTHER),
        ("", Topic.OTHER),
        ("xyzzy", Topic.OTHER),
    ],
)
def test_the_sector_pushes_what_the_words_speak_of(sector: str, topic: Topic) -> None:
    """Of a parcel and a bill a carrier means the parcel; of a shop's greetings nothing becomes a parcel."""
    found = classify(message("Votre colis et votre facture", "Votre colis, votre facture.")).in_sector(sector)
    assert found.topic is topic
    assert ("topic-sector" in {each.rule for each in found.evidence}) is (topic is not Topic.OTHER)
    assert classify(message("Bonnes fêtes")).in_sector(sector).topic is Topic.OTHER
    assert classify(message("Votre code : 4829")).in_sector(sector).topic is Topic.SECURITY


def test_the_sectors_are_those_of_records() -> None:
    """A renamed sector would push nothing."""
    assert set(_AT_HOME) <= set(shipped_guards().sectors)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Bonjour", "Un paiement de 20 €, un virement de 30 €, un montant de 40 €."),
        ("Bonjour", f"Bonjour. {'Un mot. ' * 40} La newsletter, nos soldes, nos bons plans, le code promo."),
        ("Bonjour", f"Bonjour. {'Un mot. ' * 40} Votre facture."),
        ("Your bill and your parcel", ""),
        ("Delivery Status Notification", "Delivery has failed."),
    ],
)
def test_what_is_only_said_by_the_way_is_no_topic(subject: str, text: str) -> None:
    """Weak words alone, advertising far down, a word in passing, two things at once."""
    assert classify(message(subject, text, BULK)).topic is Topic.OTHER


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
    """Its words are quoted."""
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
    # By their shape, wherever the figures stand.
    ("Votre code à 6 chiffres", "Voici le code à 6 chiffres : 482913."),
    ("Votre code de paiement : facture 12", "Votre code de paiement 3-D Secure est 482913, pour régler votre facture."),
    ("Votre code de paiement", "Votre code de paiement\n3-D Secure est\n482913."),
    ("Votre code pour régler la facture : 482913", ""),
    ("Votre clé d'activation : 482913", "Bonjour."),
    ("Clé de vérification", "Votre clé : 482913"),
    (
        "Accès à votre espace client",
        "Pour définir votre mot de passe, cliquez sur le lien : https://x.example/?token=abc",
    ),
    ("Vos identifiants", "Votre mot de passe provisoire est Xy12abCD."),
    ("Vos identifiants", "Mot de passe : Xy12abCD"),
    ("Vos identifiants", "Code d'accès : ab12cd"),
    ("Vos identifiants", "Votre mot de passe : soleil"),
    ("Bienvenue", "Vous pouvez dès à présent choisir un nouveau mot de passe."),
    ("Bienvenue", "Créez votre mot de passe en cliquant ici."),
    ("Votre identifiant et mot de passe", "Votre mot de passe provisoire : Xy12abCD"),
    ("Quelqu'un s'est connecté à votre compte", "Quelqu'un vient de se connecter à votre compte depuis Lyon."),
    ("Bonjour", "Vous vous êtes connecté à votre espace client le 12/11 à 10 h depuis un téléphone."),
    ("Vous venez de vous connecter", ""),
    ("Alerte : connexion depuis un nouveau navigateur", ""),
    ("Connexion depuis un nouveau lieu", ""),
    ("Votre lien pour vous connecter", "Cliquez ici : https://x.example/?token=1"),
    ("Activation de votre compte", "Cliquez sur ce lien pour activer votre compte"),
    ("482913", "Bonjour,\n\n482913\n\nCe code expire dans 10 minutes."),
    ("482913", ""),
    ("Bonjour", "Bonjour Anne,\n\n482913\n\nÀ tout de suite."),
    ("Bonjour", "**482913**"),
    ("Vérification de votre identité", "Entrez le code ci-dessous :\n\n482913\n\nCe code est valable 5 minutes."),
    ("Votre code de transaction", "482913"),
    ("Votre code", "Bonjour Anne,\n\n" + "Vous avez demandé à être reconnue. " * 8 + "\n\n482913"),
    ("Code de récupération", "Voici votre code de récupération 482913"),
    ("Bonjour", "Ton code est :\n\n4 8 2 9 1 3"),
    ("Bonjour", "Voici votre code :\n\n   482-913"),
    ("Bonjour", "Voici votre code.\n\n482 913"),
    ("Bonjour", "482913. Ce nombre est valable dix minutes."),
    ("Bonjour", "482913 expire bientôt."),
    ("Bonjour", "Pour valider, saisissez sur notre site le 482913."),
    ("Votre demande", "Référence 482913, expire dans 10 minutes"),
    ("Votre facture", "Votre code client est 48291. Votre code : 482913"),
    ("Votre code RIO", "RIO : 01P123456ABC"),
    ("Validez votre achat", "Montant : 42,90 €\nCode : 739204\nNe le communiquez à personne."),
    ("Bonjour", "Votre code est le «739204»"),
    ("Code\u00a0: 739\u202f204", ""),
    ("Code : ４８２９１３", ""),
    ("G-739204 est votre code", ""),
    ("Bonjour", "Pour continuer, recopiez ces chiffres : 739204"),
    ("Bonjour", "Vous avez oublié votre mot de passe ? Cliquez ici pour le réinitialiser."),
    ("Finish setting up", "Your PIN: 4829"),
    ("Hello", "Here is the code you asked for:\n\n482-913"),
    ("Hello", "482 913\n\nIt expires in 10 minutes."),
    ("Hello", "Your temporary password is Xy12abCD."),
    ("Hello", "Password: Xy12abCD"),
    ("Access to your account", "To set your password, follow the link."),
    ("Hello", "Choose a new password here."),
    ("Someone signed in to your account", ""),
    ("Hello", "You have just logged in to your account from Lyon."),
    ("Hello", "A sign-in from a new browser"),
    ("Your link to sign in", ""),
    ("Hello", "Click the link to activate your account."),
    ("Hallo", "Ihr Code: 482913"),
    ("Hallo", "Ihr vorläufiges Passwort: Xy12abCD"),
    ("Hola", "Su clave es 482913"),
    ("Hola", "Introduzca el código\n\n482913"),
    ("Ciao", "Ecco il codice: 482913"),
    ("Dag", "Uw code: 482913"),
    ("Olá", "O seu código: 482913"),
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
    # Figures that are something else, beside words that codes have too.
    ("Votre code client", "Votre code client : 482913"),
    ("Votre facture", "Code client\n482913\nMontant : 4829 €"),
    ("Code promo NOEL20", "Avec le code promo 482913, valable jusqu'au 31 décembre 2026."),
    ("Offre", "Votre bon de 5000 points est valable jusqu'au 12 novembre 2026."),
    ("Votre commande", "Adresse : 12 rue du Port, 75001 Paris. Le code postal est à vérifier."),
    ("Votre colis 4829131", "Présentez votre pièce d'identité. Suivi : 4829131"),
    ("Votre colis", "Pour suivre votre colis, saisissez le numéro 4829131 sur notre site."),
    ("Votre colis", "Votre code de retrait est le 4829."),
    ("Votre colis", "Code à présenter au livreur : 4829"),
    ("Votre colis", "Votre code pour retirer votre colis est 4829."),
    ("Votre box", "Clé wifi : 48291337"),
    ("Votre box", "Nom : BOX-4829\nMot de passe wifi : ab12cd34"),
    ("Votre contrat 482913", "Contrat n° 482913, client n° 4829131"),
    ("Votre facture n° 482913", "Facture n° 482913 du 12/11/2026, 4829 kWh, 1 482 €. Saisissez votre avis."),
    ("Votre facture 482913 est disponible", "Référence client : 482913"),
    ("Votre facture", "N° de facture Date Montant\n482913 12/11/2026 42,99"),
    ("Votre facture", "Numéro de client\n482913\n\nMontant\n4829"),
    ("Votre facture", "Montant : 482 913 €. Service client au 3900 ou 0 800 100 200."),
    ("Votre facture", "Une question ? Composez le 3900, code 12."),
    ("Votre facture", "Votre carte se terminant par 4829 expire bientôt."),
    ("Votre facture", "Carte **** 4829, valable jusqu'au 11/2027"),
    ("Votre facture", "Ne communiquez jamais votre mot de passe.\nExemple SA, 12 quai du Port, 92130 Issy"),
    ("Votre facture", "Nous ne vous demanderons jamais de définir un nouveau mot de passe par courriel."),
    ("Votre facture", "© 2026\nExemple SA, RCS Paris 482 913 123, code APE 6110Z\n2026"),
    ("Votre facture", "Identifiant fiscal : 4829131"),
    ("Avis d'impôt", "Votre identifiant fiscal 48291312 figure sur l'avis."),
    ("Votre facture", "Voir https://x.example/code/482913?code=4829131"),
    ("Votre train 8342", "Votre billet est valable dans le train 8342."),
    ("Votre QR code", "Présentez le QR code au contrôleur du train 8342."),
    ("Chiffres clés", "Les chiffres clés de 2026 : 4829 clients."),
    ("Code de la consommation", "Article 4829 du code de la consommation"),
    ("Dernière connexion", "Vous ne vous êtes pas connecté depuis six mois."),
    ("Votre facture", "Vous pouvez vous connecter à votre espace client."),
    ("Vos identifiants", "Votre identifiant est dupont."),
    ("Soldes", "-20 % avec le code HIVER20. Offre valable jusqu'au 31/12/2026 sur plus de 5000 articles."),
    ("Soldes", "-20 % avec le code HIVER20 dès 5000 pièces vendues"),
    ("Donnez votre avis", "Code enquête : 739204"),
    ("Votre facture", "RUM 739204, appelez le 3900. Exemple SA, capital 3 423 265 598 €, 12 quai du Port, 75015 Paris"),
    ("Votre forfait", "Vous avez consommé 7392 Mo. Votre forfait est valable 30 jours."),
    ("Votre contrat", "Article L616-1 du code de la consommation : Médiateur, 75010 Paris"),
    ("Votre espace client", "Connectez-vous avec votre identifiant et votre mot de passe."),
    ("Your bill no. 482913", "Customer code: 482913. Zip code: 90210."),
    ("Your parcel", "Enter your tracking number 4829131 on our site. Pickup code: 4829"),
    ("Your bill", "Card ending in 4829 expires soon. Call 0800 482 913."),
    ("Your bill", "Never share your password. 12 Main Street, Springfield 62704"),
    ("Your bill", "We will never ask you to reset your password by phone."),
    ("Your bill", "Account number\n482913\nTotal: 4829 EUR"),
    ("Ihre Rechnung Nr. 482913", "Postleitzahl 10115, Gutscheincode 48291, Kundennummer 482913"),
    ("Su factura n.º 482913", "Código postal: 28001. Código promocional 48291. Código de cliente: 48291"),
    ("La sua fattura n. 482913", "Codice cliente: 482913. Codice sconto 48291."),
    ("Uw factuur nr. 482913", "Klantnummer: 482913. Kortingscode: 48291"),
    ("A sua fatura n.º 482913", "Código postal 1000. Código de cliente: 482913"),
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


LISTS: dict[str, dict[str, list[tuple[str, str]]]] = tomllib.loads(
    Path(__file__).with_name("security.toml").read_text("utf-8")
)


def in_ten_languages(answer: str) -> list[tuple[str, str, str]]:
    """Give the lines of ``security.toml`` that have this answer."""
    return [(language, subject, text) for language, table in LISTS.items() for subject, text in table[answer]]


def test_the_lists_are_of_ten_languages() -> None:
    """A code, a reset, an alert and an address to confirm in each, and what looks like them."""
    assert list(LISTS) == ["fr", "en", "de", "es", "it", "pt", "nl", "pl", "sv", "ca"]
    assert all(len(table["yes"]) >= 6 and len(table["no"]) >= 6 for table in LISTS.values())


@pytest.mark.parametrize(("language", "subject", "text"), in_ten_languages("yes"))
def test_security_mail_is_known_in_ten_languages(language: str, subject: str, text: str) -> None:
    """Whatever else marks it; no figure of it is quoted."""
    found = classify(message(subject, text, BULK))
    assert found.topic is Topic.SECURITY, language
    assert not re.search(r"\d", "".join(each.found for each in found.evidence))


@pytest.mark.parametrize(("language", "subject", "text"), in_ten_languages("no"))
def test_what_looks_like_security_mail_in_ten_languages(language: str, subject: str, text: str) -> None:
    """What every bill prints, other codes, and a pick-up code: that parcel's mail is about a delivery."""
    assert classify(message(subject, text)).topic is not Topic.SECURITY, language


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Votre colis est arrivé", "Présentez le code de retrait 739204 au point relais."),
        ("Your parcel has arrived", "Show the pick-up code 739204 at the collection point."),
    ],
)
def test_mail_with_a_pick_up_code_is_about_a_delivery(subject: str, text: str) -> None:
    """Whoever has lost the parcel writes to the carrier; the code itself is quoted no more than any other."""
    assert classify(message(subject, text)).topic is Topic.DELIVERY
    assert masked(text) == text.replace("739204", "…")


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
@pytest.mark.parametrize(
    "part",
    [
        *("votre code ", "code de confirmation ", "cliquez ", "your x code ", "1", "facture ", "code code code "),
        *(
            " ",
            "\n",
            "4829 ",
            "4829\n",
            "482 913\n\n",
            "4 8 2 9 1 3\n",
            "4829 code ",
            "code 482913 ",
            "promo code 4829 ",
        ),
        *(
            "client : ",
            "client 4829 ",
            "mot de passe ",
            "mot de passe : ab12 ",
            "jamais ",
            "valable ",
            "a1",
            "pour activer ",
        ),
    ],
)
def test_hostile_text_costs_no_more_than_plain_text(part: str) -> None:
    """64 KB of what our patterns begin with."""
    text = (part * MAX_TEXT)[:MAX_TEXT]
    assert classify(message(text, text)).topic in Topic
