"""What a person reads of a message: its visible text, without what others wrote before."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.htmltext import HtmlReader
from noreply_analyzer.message import MAX_TEXT, Message
from noreply_analyzer.plaintext import cut_quotes, tidy, unflow


def text_of(kind: str, body: bytes, *, subject: str = "Votre facture", encoding: str = "8bit") -> str:
    """Give the text of a message with one part."""
    head = f"From: a@telecom.example\r\nSubject: {subject}\r\nContent-Type: {kind}\r\n"
    return Message.from_bytes(head.encode() + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body).text


def multipart(kind: str, *parts: bytes) -> str:
    """Give the text of a message with *parts*, each a part with its own header."""
    body = b"".join(b"--frontier\r\n" + part + b"\r\n" for part in parts) + b"--frontier--\r\n"
    return text_of(f'multipart/{kind}; boundary="frontier"', body, encoding="7bit")


def html(body: str) -> str:
    """Give the visible text of some HTML on one line."""
    return " ".join(tidy(HtmlReader().text(body)).split())


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nBonjour en clair"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Bonjour en <b>HTML</b></p>"
ATTACHED = b"Content-Type: message/rfc822\r\n\r\nFrom: b@telecom.example\r\n\r\nTexte d'un autre"


@pytest.mark.parametrize(
    ("kind", "encoding", "body", "text"),
    [
        ("text/plain; charset=utf-8", "8bit", "Télécom".encode(), "Télécom"),
        ("text/plain", "8bit", "Télécom".encode(), "Télécom"),
        ("text/plain; charset=windows-1252", "8bit", b"Merci de n\x92y pas r\xe9pondre", "Merci de n’y pas répondre"),
        ("text/plain; charset=iso-8859-1", "8bit", b"n\x92y pas r\xe9pondre", "n’y pas répondre"),
        ("text/plain; charset=iso-8859-15", "8bit", b"42,99 \xa4", "42,99 €"),
        ("text/plain; charset=utf-16", "base64", base64.b64encode("Télécom".encode("utf-16")), "Télécom"),
        ("text/plain; charset=us-ascii", "8bit", b"r\xe9pondre", "répondre"),
        ("text/plain; charset=unknown-8bit", "8bit", b"r\xe9pondre", "répondre"),
        ("text/plain; charset=zip", "base64", base64.b64encode(b"Bonjour"), "Bonjour"),
        ("text/plain; charset=unicode_escape", "8bit", b"\\x41", "\\x41"),
        ("text/plain; charset=utf-8", "base64", base64.b64encode("Télé\ncom".encode()), "Télé\ncom"),
        ("text/plain; charset=utf-8", "quoted-printable", b"T=C3=A9l=C3=A9=\r\ncom", "Télécom"),
        (
            "text/plain; format=flowed",
            "8bit",
            b"Merci de ne pas \r\nr\xc3\xa9pondre.\r\nFin",
            "Merci de ne pas répondre.\nFin",
        ),
        ("text/plain; format=flowed; delsp=yes", "8bit", b"r\xc3\xa9pon \r\ndre", "répondre"),
        ("text/html; charset=utf-8", "8bit", b"<p>Bonjour,</p><p>Merci&nbsp;!</p>", "Bonjour,\n\nMerci !"),
        ("text/html", "8bit", b"un<br>deux<table><tr><td>a</td><td>b</td></tr></table>", "un\ndeux\n\na b"),
        ("application/pdf", "8bit", b"%PDF", ""),
        ("message/rfc822", "8bit", b"From: a@b.example\r\n\r\nBonjour", ""),
        ("nonsense", "8bit", b"Bonjour", "Bonjour"),
    ],
)
def test_one_part(kind: str, encoding: str, body: bytes, text: str) -> None:
    """A single part is decoded by what it says of itself, where that can be believed."""
    assert text_of(kind, body, encoding=encoding) == text


@pytest.mark.parametrize(
    ("kind", "parts", "text"),
    [
        ("alternative", [PLAIN, HTML], "Bonjour en clair"),
        ("alternative", [HTML, PLAIN], "Bonjour en clair"),
        ("alternative", [b"Content-Type: text/plain\r\n\r\n \r\n", HTML], "Bonjour en HTML"),
        ("alternative", [HTML], "Bonjour en HTML"),
        (
            "alternative",
            [PLAIN, HTML + b"<p>Merci de ne pas repondre.</p>"],
            "Bonjour en HTML\n\nMerci de ne pas repondre.",
        ),
        ("mixed", [PLAIN, HTML], "Bonjour en clair\n\nBonjour en HTML"),
        ("mixed", [PLAIN, ATTACHED], "Bonjour en clair"),
        ("mixed", [PLAIN, b"Content-Disposition: attachment\r\n\r\nannexe"], "Bonjour en clair"),
        ("related", [HTML, PLAIN], "Bonjour en HTML"),
        (
            "report",
            [PLAIN, b"Content-Type: message/delivery-status\r\n\r\nStatus: 5.1.1", ATTACHED],
            "Bonjour en clair",
        ),
        ("digest", [b"\r\nFrom: a@b.example\r\n\r\nBonjour"], ""),
    ],
)
def test_many_parts(kind: str, parts: list[bytes], text: str) -> None:
    """Of alternatives the plain one is read; attachments and attached messages are not."""
    assert multipart(kind, *parts) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<head><title>t</title><style>s</style></head><body>vu</body>", "vu"),
        ("vu<script>s</script><!-- c --><template>t</template>", "vu"),
        ('vu<div style="display:none">x</div>', "vu"),
        ('vu<div style="DISPLAY : none !important">x</div>', "vu"),
        ("vu<div hidden>x</div>", "vu"),
        ('vu<span style="visibility:hidden">x</span>', "vu"),
        ('<div style="visibility:hidden">x<b style="visibility:visible">vu</b></div>', "vu"),
        ('vu<span style="font-size:0">x</span>', "vu"),
        ('vu<span style="font-size:0px;color:#333">x</span>', "vu"),
        ('<div style="font-size:0"><p style="font-size:14px">vu</p></div>', "vu"),
        ('<div style="font-size:0px">x<font size="2">vu</font></div>', "vu"),
        ('<p style="font:0/0 a">x</p><p style="font:bold 14px/20px Arial">vu</p>', "vu"),
        ('<div style="font-size:10px">vu</div>', "vu"),
        ('<div style="max-height:0;overflow:hidden">x</div>vu', "vu"),
        ('<div style="height:0;overflow:hidden">x</div>vu', "vu"),
        ('<div style="height:0">vu</div>', "vu"),
        ('<div style="opacity:0">x</div><div style="opacity:0.9">vu</div>', "vu"),
        ('<div style="position:absolute;left:-9999px">x</div>vu', "vu"),
        ('<p style="color:#fff">x</p>vu', "vu"),
        ('<p style="color:white;background:#ffffff">x</p>vu', "vu"),
        ('<div bgcolor="#FFF"><font color="#ffffff">x</font></div>vu', "vu"),
        ('<table bgcolor="#003366"><tr><td style="color:#fff">vu</td></tr></table>', "vu"),
        ('<style>.a{background:#000}</style><p class="a" style="color:#fff">vu</p>', "vu"),
        ('<div style="background:url(x.png) #fff;color:#fff">vu</div>', "vu"),
        ('<p style="mso-hide:all">x</p>vu', "vu"),
        ('<p style="color:transparent">x<b style="color:#333">vu</b></p>', "vu"),
        ('<p style="color:rgba(0,0,0,0)">x</p><p style="color:rgba(0,0,0,.5)">vu</p>', "vu"),
        ('<p style="color:rgb(255, 0, 0)">vu</p><p style="color:rgb(0 0 0 / 0%)">x</p>', "vu"),
        ('<p style="color:#0000">x</p><p style="color:#00000080">vu</p>', "vu"),
        ('<p style="-webkit-text-fill-color:transparent">x</p>vu', "vu"),
        ('<p style="position:absolute;clip:rect(0,0,0,0)">x</p>vu', "vu"),
        ('<p style="position:absolute;clip:rect(1px 1px 1px 1px)">x</p>vu', "vu"),
        ('<p style="position:absolute;clip:rect(0,100px,20px,0)">vu</p>', "vu"),
        ('<p style="clip-path:inset(50%)">x</p><p style="clip-path:inset(5px)">vu</p>', "vu"),
        ('<p style="clip-path:inset(100%)">x</p><p style="clip-path:none">vu</p>', "vu"),
        ('<p style="clip-path:circle(0)">x</p><p style="clip-path:circle(50%)">vu</p>', "vu"),
        ('<p style="text-indent:-9999px">x</p><p style="text-indent:-20px">vu</p>', "vu"),
        ('<p style="display:no/**/ne">vu</p><p style="display:/* */none">x</p>', "vu"),
        ('<p style="display:none;display:block">vu</p>', "vu"),
        ("vu<noscript>x</noscript>", "vu"),
        ("<select><option>x</option></select>vu", "vu"),
        ("<template><p>x</p></template>vu", "vu"),
        # What a simple rule of a style sheet hides in the same message.
        ('<style>.a{display:none}</style><p class="a">x</p><p class="b">vu</p>', "vu"),
        ('<style>p.a, #b { visibility : hidden !important }</style><p class="c A a">x</p><p id="b">x</p>vu', "vu"),
        ('<style>.a{font-size:0}</style><p class="a">x</p>vu', "vu"),
        ('<style>.a{opacity:0}</style><p class="a">x</p>vu', "vu"),
        ('<style>.a{max-height:0;overflow:hidden}</style><p class="a">x</p>vu', "vu"),
        ('<style>.a{mso-hide:all}</style><p class="a">x</p>vu', "vu"),
        ('<body>vu<style>.a{display:none}</style><p class="a">x</p>', "vu"),
        ('<style><!-- .a{display:none} --></style><p class="a">x</p>vu', "vu"),
        ('<style>/* c */ @charset "x"; .a{/* c */display:none}</style><p class="a">x</p>vu', "vu"),
        ('<style>@media screen{.a{display:none}}</style><p class="a">vu</p>', "vu"),
        ('<style>@media x{.b{left:0}.a{display:none}}.c{display:none}</style><p class="a">vu<p class="c">x', "vu"),
        ('<style>@import url(x);.a{display:none}</style><p class="a">x</p>vu', "vu"),
        ('<style>.a{display:none}</style><p class="a" style="display:block">vu</p>', "vu"),
        ('<style>.a{display:none!important}</style><p class="a" style="display:block">x</p>vu', "vu"),
        ('<style>.a{display:none}.a{display:block}</style><p class="a">vu</p>', "vu"),
        ('<style>.a:hover{display:none}.b .a{display:none}.a>b{display:none}</style><p class="a">vu</p>', "vu"),
        ('<style>p.a{display:none}</style><div class="a">vu</div>', "vu"),
        ('<style>.a.b{display:none}</style><p class="a">vu</p><p class="b a">x</p>', "vu"),
        ('<style>p{font-size:0}</style><p style="font-size:12px">vu</p>', "vu"),
        ('<style media="print">.a{display:none}</style><p class="a">vu</p>', "vu"),
        ('<style>.a{display:none}.b{display:none</style><p class="a">x</p>vu', "vu"),
        ("me<wbr>rci de ne pas r&eacute;pon\u200bdre", "merci de ne pas répondre"),
        ('vu<blockquote type="cite">x</blockquote>', "vu"),
        ('vu<div class="gmail_quote">x</div>', "vu"),
        ("<blockquote>vu</blockquote>", "vu"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
    ],
)
def test_hidden_text_is_dropped(body: str, text: str) -> None:
    """What a reader cannot see in the HTML is not read; what only looks hidden to a careless rule is."""
    assert html(body) == text


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "sheet",
    [
        ".a{display:none}" * 60_000,
        "{" * 500_000,
        "}" * 500_000,
        "/*" * 300_000,
        ".a," * 200_000 + ".b{display:none}",
        "@media x{" * 60_000,
        ".a{" + "display:none;" * 60_000 + "}",
        "." + "a" * 500_000,
        "".join(f".c{number}{{display:none}}" for number in range(40_000)),
    ],
    ids=["rules", "open", "closed", "comments", "selectors", "media", "declarations", "name", "classes"],
)
def test_a_style_sheet_of_any_kind_is_bounded(sheet: str) -> None:
    """Half a megabyte of it, and elements with hundreds of classes; what a first rule hides stays hidden."""
    many = " ".join(f"c{number}" for number in range(500))
    body = f'<style>.z{{display:none}}{sheet}</style><p class="z">x</p>' + f'<p class="{many}">' * 200 + "vu"
    began = time.perf_counter()
    assert "x" not in html(body)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "quoted",
    [
        "> Votre question\n> sur deux lignes",
        "Le 12 nov. 2026 à 10:00, Anne <anne@client.example> a écrit :\n> Votre question",
        "Le 12 nov. 2026 à 10:00, Anne Martin\n<anne@client.example> a écrit :\n\n> Votre question",
        "Le 12/11/2026 10:00, Anne a écrit :\nVotre question",
        "On Mon, 12 Nov 2026 at 10:00, Anne <anne@client.example> wrote:\n> Your question",
        "On Mon, 12 Nov 2026, Anne\nwrote:\nYour question",
        "-----Message d'origine-----\nDe : Anne\nVotre question",
        "-----Original Message-----\nFrom: Anne\nYour question",
        "________________________________\nDe : Anne\nEnvoyé : lundi 12 novembre\nÀ : Service\nObjet : Facture",
        "From: Anne Martin\nSent: Monday, 12 November 2026\nTo: Service\nSubject: Bill\n\nYour question",
        "---------- Forwarded message ---------\nFrom: Anne\nYour question",
        "-------- Message transféré --------\nSujet : Facture\nVotre question",
        "Début du message réexpédié :\n\nDe: Anne\nVotre question",
        "Begin forwarded message:\n\nFrom: Anne\nYour question",
        "Am 12.11.2026 um 10:00 schrieb Anne <anne@client.example>:\n> Ihre Frage",
        "El 12 nov 2026, a las 10:00, Anne <anne@client.example> escribió:\n> Su pregunta",
        "Il giorno 12 nov 2026 alle ore 10:00 Anne <anne@client.example> ha scritto:\n> La domanda",
        "Em 12 de novembro de 2026, Anne <anne@client.example> escreveu:\n> A pergunta",
        "Op 12 nov 2026 om 10:00 schreef Anne <anne@client.example>:\n> Uw vraag",
        "W dniu 12.11.2026 o 10:00, Anne <anne@client.example> napisał(a):\n> Pytanie",
        "Den 12 nov 2026 kl. 10:00 skrev Anne <anne@client.example>:\n> Frågan",
        "El dia 12 de nov. 2026, Anne <anne@client.example> va escriure:\n> La pregunta",
        "---- Mensaje original ----\nDe: Anne\nSu pregunta",
        "-------- Messaggio inoltrato --------\nDa: Anne\nLa domanda",
        "---------- Mensagem encaminhada ---------\nDe: Anne\nA pergunta",
        "-----Oorspronkelijk bericht-----\nVan: Anne\nUw vraag",
        "-------- Przekazana wiadomość --------\nOd: Anne\nPytanie",
        "-------- Vidarebefordrat meddelande --------\nFrån: Anne\nFrågan",
        "---------- Missatge reenviat ---------\nDe: Anne\nLa pregunta",
        "Von: Anne\nGesendet: Montag, 12. November 2026\nAn: Service\nBetreff: Rechnung\n\nIhre Frage",
        "Van: Anne\nVerzonden: maandag 12 november 2026\nAan: Service\nOnderwerp: Factuur\n\nUw vraag",
        "Od: Anne\nWysłano: poniedziałek, 12 listopada 2026\nDo: Serwis\nTemat: Faktura\n\nPytanie",
        "Från: Anne\nSkickat: den 12 november 2026\nTill: Kundtjänst\nÄmne: Faktura\n\nFrågan",
    ],
)
def test_quoted_text_is_cut(quoted: str) -> None:
    """What stands behind the separators and attributions of mail programs, in ten languages, is another's."""
    assert cut_quotes(f"Bonjour,\nvoici la suite.\n\n{quoted}\n") == "Bonjour,\nvoici la suite."


def test_answers_between_quotes_stay() -> None:
    """Who answers below what they quote is read."""
    text = "Le 12/11/2026, Anne a écrit :\n> Quand ?\nDemain.\n> Et où ?\nIci."

    assert cut_quotes(text, subject="Re: Rendez-vous") == "Demain.\nIci."


@pytest.mark.parametrize(
    "subject",
    [
        "TR: Votre facture",
        "Tr : Votre facture",
        "Fwd: Votre facture",
        "FW: Votre facture",
        "WG: Votre facture",
        "VB: x",
    ],
)
def test_forwarded_message_has_no_text_of_its_own(subject: str) -> None:
    """A message passed on without a word says nothing itself."""
    text = "De : Télécom\nEnvoyé : lundi\nÀ : Anne\nObjet : Votre facture\n\nMerci de ne pas répondre."

    assert cut_quotes(text, subject=subject) == ""


OUTLOOK = """<div>{own}</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%">
<div id="divRplyFwdMsg" dir="ltr"><font><b>De&nbsp;:</b> Télécom<br><b>Envoyé&nbsp;:</b> lundi<br>
<b>À&nbsp;:</b> Anne<br><b>Objet&nbsp;:</b> Votre facture</font><div>&nbsp;</div></div>
<div><p>Bonjour,</p><table><tr><td>Merci de ne pas répondre.</td></tr></table></div>"""
BARE = "<p>{own}</p><blockquote{attributes}><p>Merci de ne pas répondre.</p></blockquote><p>{below}</p>"


@pytest.mark.parametrize(
    ("subject", "body", "text"),
    [
        ("TR: Votre facture", OUTLOOK.format(own=""), ""),
        ("TR: Votre facture", OUTLOOK.format(own="Pour toi."), "Pour toi."),
        ("RE: Votre facture", OUTLOOK.format(own="C'est payé."), "C'est payé."),
        ("Votre facture", OUTLOOK.format(own="C'est payé."), "C'est payé."),
        ("FW: Votre facture", BARE.format(own="", attributes="", below=""), ""),
        ("TR : x", BARE.format(own="Pour toi.", attributes=' style="border-left:2px solid"', below=""), "Pour toi."),
        ("Re: x", BARE.format(own="Demain.", attributes="", below="Ici."), "Demain. Ici."),
        (
            "Votre facture",
            BARE.format(own="Bonjour.", attributes="", below="Service client"),
            "Bonjour. Merci de ne pas répondre. Service client",
        ),
        (
            "Re: x",
            BARE.format(own="Bonjour.", attributes=' style="margin:0 0 0 40px;border:none;padding:0"', below=""),
            "Bonjour. Merci de ne pas répondre.",
        ),
    ],
)
def test_what_a_mail_program_sets_apart_in_html_is_cut(subject: str, body: str, text: str) -> None:
    """Outlook marks where it begins and not where it ends; others indent it, as authors do who answer nobody."""
    assert " ".join(text_of("text/html; charset=utf-8", body.encode(), subject=subject).split()) == text


@pytest.mark.parametrize(
    "text",
    [
        "De : Paris\nÀ : La Rochelle\nDépart : 8 h 15",
        "Votre voyage\nDe : Paris\nÀ : La Rochelle\nDate : 12 novembre",
        "Il tuo viaggio\nDa: Roma\nA: Milano\nData: 12 novembre",
        "Din resa\nFrån: Malmö\nTill: Lund\nDatum: 12 november",
        "Le 12 novembre 2026, votre conseiller a écrit :\nVotre ligne est rétablie.",
        "> Accéder à mon espace client",
        "| Forfait | 30,00 € |\n| Appels | 12,99 € |",
        "Message d'origine inconnue, ne pas répondre",
        "-----\nMerci de ne pas répondre",
        "On 12 November we wrote to you about your bill.",
        "Le 12 novembre vous nous avez écrit : merci.",
    ],
)
def test_own_text_stays(text: str) -> None:
    """What looks like a quotation and is the sender's own text is kept."""
    assert cut_quotes(text, subject="Votre voyage") == text


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("un \ndeux\ntrois", "un deux\ntrois"),
        (" >pas une citation", ">pas une citation"),
        ("> un \n> deux\nsuite", "> un deux\nsuite"),
        ("avant \n> citation", "avant \n> citation"),
        ("-- \nAnne", "-- \nAnne"),
        ("fin ", "fin "),
    ],
)
def test_flowed_lines(text: str, joined: str) -> None:
    """Soft line breaks are undone (RFC 3676), but not over signatures and quotes."""
    assert unflow(text) == joined


def test_text_has_a_limit() -> None:
    """No more than 64 KB of text are kept."""
    assert len(text_of("text/plain", b"mot " * 100_000)) <= MAX_TEXT
    assert len(text_of("text/html", b"<p>mot</p> " * 10_000)) <= MAX_TEXT


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("<>/=\"' a-!&;:\nstyledivbnohf0#")), max_size=200))
def test_any_html(body: str) -> None:
    """Any HTML gives text."""
    assert isinstance(HtmlReader().text(body), str)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(["> a", "Le 1 a écrit :", "On 1 wrote:", "De : x", "Objet : y", "", "----", "mot"]), max_size=12
    )
)
def test_cutting_only_removes(lines: list[str]) -> None:
    """Every line that is kept was there, in the same order."""
    rest = iter(lines)

    assert all(line in rest for line in cut_quotes("\n".join(lines)).split("\n") if line)
