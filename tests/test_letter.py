"""Letters as PDF: the words of the text, on one page, with the address where an envelope has its window."""

import html
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import pytest
import typst
from drafting_cases import ANNE, BILL, CASES, LETTER, MAIL, POST, QUESTION, body
from program import ROOT
from pypdf import PdfReader
from test_byhand import saved
from test_cut_off import bill
from test_local import program
from world import COLIS, TELECOM, MaildirWorld, World, mail, text_of

from noreply_analyzer import letter
from noreply_analyzer.cli import run_command_line
from noreply_analyzer.config import Window
from noreply_analyzer.drafting import Answered, Brief, compose, letter_parts
from noreply_analyzer.enclosing import compose_whole
from noreply_analyzer.errors import DataError, OutputError, UsageError
from noreply_analyzer.glyphs import RANGES
from noreply_analyzer.language import WRITTEN
from noreply_analyzer.letter import compose_letter
from noreply_analyzer.output import write_new
from noreply_analyzer.sheet import compose_sheet
from noreply_analyzer.topic import Topic

TESTS = Path(__file__).parent
LETTERS = [name for name in CASES if "letter" in name]
MM = 25.4 / 72
HEIGHT = 297
WINDOW = 35
"""The height of the usual window in millimetres."""


def plain(text: str) -> str:
    """Give a text on one line with plain spaces and apostrophes."""
    return " ".join(text.replace("’", "'").split())


class Placed(NamedTuple):
    """What stands somewhere on a page: where its line begins, in millimetres from the upper left corner."""

    left: float
    baseline: float
    text: str


def pages_of(pdf: bytes) -> list[str]:
    """Give the text of each page as one would copy it."""
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def placed_on(pdf: bytes, page: int = 0) -> list[Placed]:
    """Give what stands where."""
    found = []

    def note(text: str, outer: Sequence[float], inner: Sequence[float], *_font: object) -> None:
        if text.strip():
            left = outer[0] * inner[4] + outer[2] * inner[5] + outer[4]
            up = outer[1] * inner[4] + outer[3] * inner[5] + outer[5]
            found.append(Placed(left * MM, HEIGHT - up * MM, text.strip()))

    PdfReader(BytesIO(pdf)).pages[page].extract_text(visitor_text=note)
    return found


def strokes(pdf: bytes) -> int:
    """Count the lines that are drawn on the first page."""
    contents = PdfReader(BytesIO(pdf)).pages[0].get_contents()
    assert contents is not None
    return contents.get_data().split().count(b"S")


def flowing(text: str) -> str:
    """Give *text* without its line ends; a no-break space is none of them."""
    return re.sub("[ \n]+", " ", text).strip()


def as_text(brief: Brief) -> str:
    """Give the letter below the note, as it stands in the draft."""
    return flowing(body(compose(brief)).split("-" * 72)[1])


def about(subject: str, brief: Brief = LETTER) -> Brief:
    """Give *brief* with a message of that subject."""
    return replace(brief, answered=(Answered(message=replace(BILL, subject=subject)),))


def posted_to(*lines: str) -> Brief:
    """Give a letter to that address."""
    return replace(LETTER, channel=msgspec.structs.replace(POST, lines=lines))


# The words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
def test_it_says_what_the_text_says(name: str) -> None:
    """Word for word and in the same order, no-break spaces and all, on one page."""
    pages = pages_of(compose_letter(CASES[name]))

    assert [flowing(page) for page in pages] == [as_text(CASES[name])]


@pytest.mark.parametrize("language", WRITTEN)
def test_every_part_has_its_name(language: str) -> None:
    """Nothing of the text letter stands outside of the parts that the page knows."""
    parts = letter_parts(CASES[f"{language}-letter"])
    named = {"sender", "recipient", "dispatch", "dated", "subject", "salutation", "occasion", "opening", "hint"}
    named |= {"request", "closing", "signature", "enclosures"}

    assert set(parts) == named
    assert list(parts)[:2] == ["sender", "recipient"]


def test_what_can_be_copied_can_be_used() -> None:
    """Spaces in a number are plain ones, those of typography are not; œ, € and quotation marks are themselves."""
    brief = replace(about("Œuvre à 12 € : « l’œil »"), references={"customer_number": "12 34 56"})
    (text,) = pages_of(compose_letter(brief))

    assert "client n°\u00a012 34 56" in text
    assert "«\u00a0Œuvre à 12 € : « l’œil »\u00a0»" in flowing(text)
    assert "24\u00a0novembre\u00a02026" in text


def test_who_reads_it_aloud_knows_its_language_and_its_title() -> None:
    """And its structure: it is tagged."""
    for name, language, title in (
        ("fr-letter", "fr", "Question sur ma facture du 12\u00a0novembre\u00a02026"),
        ("en-letter", "en", "Question about my bill of 12\u00a0November\u00a02026"),
        ("de-letter", "de", "Frage zu meiner Rechnung vom 12.\u00a0November\u00a02026"),
        ("es-letter", "es", "Consulta sobre mi factura del 12\u00a0de\u00a0noviembre\u00a0de\u00a02026"),
        ("it-letter", "it", "Domanda riguardante la mia fattura datata 12\u00a0novembre\u00a02026"),
        ("nl-letter", "nl", "Vraag over mijn factuur van 12\u00a0november\u00a02026"),
        ("pt-letter", "pt", "Questão sobre a minha fatura de 12\u00a0de\u00a0novembro\u00a0de\u00a02026"),
    ):
        reader = PdfReader(BytesIO(compose_letter(CASES[name])))

        assert reader.metadata is not None
        assert reader.metadata.title == title
        catalogue = cast("dict[str, Any]", reader.root_object)
        assert (catalogue["/Lang"], catalogue["/MarkInfo"]["/Marked"]) == (language, True)
        assert "/CreationDate" not in reader.metadata


def test_codes_and_passwords_get_no_letter() -> None:
    """As they get no draft; nor does nothing at all."""
    with pytest.raises(ValueError, match="never drafted"):
        compose_letter(replace(LETTER, topic=Topic.SECURITY))
    with pytest.raises(ValueError, match="at least one"):
        compose_letter(replace(LETTER, answered=()))


# The page -----------------------------------------------------------------------------------------------------------

LONG = (
    "TELECOM EXEMPLE SOCIETE ANONYME PARIS",
    "Service Réclamations et Consommateurs",
    "Bâtiment C, Escalier 12, Troisième étg",
    "ZONE INDUSTRIELLE DES GRANDS MOULINS A",
    "123 BIS AVENUE DU GENERAL DE GAULLE WW",
    "BP 12345 SAINT MARTIN LES GRANDS BOISS",
    "99123 SAINT MARTIN LES GRANDS CEDEX 09",
)
CROWDED = replace(
    posted_to(*LONG),
    writer=replace(
        ANNE,
        name="Marie-Antoinette de la Rochefoucauld-Montmorency du Plessis",
        postal=(
            "Résidence des Grands Tilleuls, bâtiment B",
            "Appartement 123",
            "12 rue des Lilas",
            "17000 La Rochelle",
        ),
    ),
)


@pytest.mark.parametrize(("top", "left"), [(50, 100), (45, 25), (20, 10), (55.5, 110), (20, 120)])
@pytest.mark.parametrize("brief", [LETTER, CROWDED, QUESTION], ids=["short", "crowded", "blank"])
def test_the_address_lies_in_the_window(brief: Brief, top: float, left: float) -> None:
    """Its upper left corner is where the configuration says, its last line is still to be seen, and nothing else is."""
    placed = placed_on(compose_letter(brief, top_mm=top, left_mm=left))
    lines = [text for pieces in letter_parts(brief)["recipient"] for _mark, text in pieces]
    address = [one for one in placed if abs(one.left - left) < 0.1 and top < one.baseline < top + WINDOW]

    assert flowing(" ".join(one.text for one in address)) == flowing(" ".join(lines))
    assert top + 1.5 < address[0].baseline < top + 3  # a capital is two to three millimetres high
    others = [one for one in placed if one not in address]
    assert not [one for one in others if left - 6 < one.left < left + 89 and top - 2 < one.baseline < top + WINDOW + 2]


def test_the_window_is_where_the_configuration_has_it_by_default() -> None:
    """Two rooms know the figures, for the core reads no configuration."""
    assert Window() == Window(top_mm=letter.TOP_MM, left_mm=letter.LEFT_MM)
    assert compose_letter(LETTER) == compose_letter(LETTER, top_mm=50, left_mm=100)


def test_there_is_room_to_write_and_to_sign() -> None:
    """Below what is in brackets, and above the name."""
    placed = {one.text: one.baseline for one in placed_on(compose_letter(LETTER)) if one.baseline > 100}
    hint = next(baseline for text, baseline in placed.items() if text.startswith("[votre question"))
    request = next(baseline for text, baseline in placed.items() if text.startswith("Je vous remercie"))
    closing = next(baseline for text, baseline in placed.items() if text.startswith("Je vous prie"))

    assert request - hint > 40
    assert placed["Anne Martin"] - closing > 20


def test_there_are_lines_to_write_an_address_on() -> None:
    """Where none is known, three in the window, on paper and on the page for a browser; a known one has none."""
    nowhere = replace(LETTER, channel=None)

    assert strokes(compose_letter(nowhere)) - strokes(compose_letter(LETTER)) == 3
    for brief, lines in ((nowhere, 3), (LETTER, 0)):
        page = compose_sheet(brief, top_mm=50, left_mm=100)
        recipient = page.partition('id="recipient">')[2].partition("</section>")[0]
        assert recipient.count("<hr>") == lines


def test_a_long_letter_goes_on_overleaf() -> None:
    """Each page is numbered and dated, and the signature is on the page of the closing."""
    many = tuple(
        Answered(message=replace(BILL, key=f"{number:032x}", subject=f"Votre facture rectificative {number}"))
        for number in range(45)
    )
    brief = replace(LETTER, answered=many)
    pages = pages_of(compose_letter(brief))
    feet = [f"Question sur mes factures, 24\u00a0novembre\u00a02026 {number}/2" for number in (1, 2)]

    assert [flowing(page).endswith(foot) for page, foot in zip(pages, feet, strict=True)] == [True, True]
    assert flowing(" ".join(flowing(page).removesuffix(foot) for page, foot in zip(pages, feet, strict=True))) == (
        as_text(brief)
    )
    assert "Je vous prie" in pages[1]


def test_a_notice_goes_by_registered_post() -> None:
    """Which it says beside its date; what is enclosed is listed below the name, of a complaint too."""
    placed = {one.text: one for one in placed_on(compose_letter(CASES["fr-letter-notice"]))}
    registered, enclosed = placed["Lettre recommandée avec avis de réception"], "Pièce jointe"
    dated = next(one for text, one in placed.items() if text.startswith("La Rochelle, le"))
    below = next(one for text, one in placed.items() if text.startswith(enclosed))

    assert (round(registered.left), round(dated.left)) == (25, 100)
    assert registered.baseline == pytest.approx(dated.baseline)
    assert below.baseline > placed["Anne Martin"].baseline
    assert enclosed in pages_of(compose_letter(CASES["fr-letter-complaint"]))[0]
    assert enclosed not in pages_of(compose_letter(LETTER))[0]


def test_a_notice_with_all_that_it_may_cite_is_one_page() -> None:
    """Two grounds, the step after silence, two lines of references, and what is enclosed."""
    told = {"customer_number": "0011223344", "line_number": "05 46 00 00 00", "contract_number": "00-1234-5678"}
    subject = "Votre facture Internet du 20 novembre est disponible"
    brief = replace(about(subject, CASES["fr-letter-notice"]), references=told, found={"amount": "54,99 €"})

    assert len(brief.grounds) == 2
    assert brief.escalation
    assert len(pages_of(compose_letter(brief))) == 1


@pytest.mark.parametrize(
    ("subject", "printed"),
    [
        ("Votre facture 👍漢ไ", "Votre facture □□□"),
        ("Votre facture 👍🏽 \U0001f1eb\U0001f1f7", "Votre facture □□ □□"),
        ("Ça coûte 12 € – « œuvre » № 3 → ☎", "Ça coûte 12 € – « œuvre » № 3 → ☎"),
    ],
)
def test_what_no_font_has_is_a_box(subject: str, printed: str) -> None:
    """In the PDF; the text of the draft keeps what it stands for."""
    (text,) = pages_of(compose_letter(about(subject)))

    assert f"«\u00a0{printed}\u00a0»" in flowing(text)
    assert subject in as_text(about(subject))


def test_the_fonts_have_what_we_say_they_have() -> None:
    """Every fifth sign, each on a page: none is drawn as the one that a font has for what it has not."""
    signs = [chr(code) for first, last in RANGES for code in range(first, last + 1, 5)]
    signs = [sign for sign in signs if not unicodedata.category(sign).startswith(("C", "Z", "M"))]
    source = b'#set text(font: "Libertinus Serif")\n#for sign in json(bytes(sys.inputs.signs)) { page(sign) }'
    pdf = typst.compile(source, ignore_system_fonts=True, sys_inputs={"signs": json.dumps(signs)})
    drawn = [cast("Any", page.get_contents()).get_data() for page in PdfReader(BytesIO(pdf)).pages]

    assert [sign for sign, data in zip(signs, drawn, strict=True) if rb"(\000\000)" in data or b"Tj" not in data] == []


@pytest.mark.parametrize("subject", ["Παρακαλώ", "Счёт", "שלום", "नमस्ते"])
def test_many_scripts_have_a_font(subject: str) -> None:
    """One that the typesetter brings along."""
    (text,) = pages_of(compose_letter(about(subject)))

    assert set(subject) - set("े्") <= set(text)


# Hostile messages ---------------------------------------------------------------------------------------------------

MARKUP = [
    '#import "/etc/passwd": *',
    '#read("/etc/passwd") #include "letter.typ" #eval("1+1") #sys.inputs',
    "#set page(width: 10cm) #pagebreak() #place(top)[x]",
    "$x^2$ \\ \\u{41} ] [ *b* _i_ `r` ```r``` @ref <label> // /* -- ---",
    '"}], "parts": {}',
    "= Titre",
    "/ Terme: x",
    "+ un - deux – trois | quatre > cinq",
    "https://evil.example/x",
    "~~~ a~b c--d e...f 'g' \"h\"",
]
UNUSUAL = [
    "\u202egnp.exe \u2066 שלום عربي",
    "👍🎁 漢字 हिन्दी ไทย",
    "a" + "\u0301\u0489\u20dd\u0323" * 200,
    "\x00\x1b[31m\x85\u2028\ud800\ue000\ue001",
    "\ufdfd" * 60,
    "\U000e0041\ufffd\uffff",
    "ﬁ ﬂ ǆ ﷺ ℡ ①",
]
ENDLESS = ["W" * 300, "1 2 3 4 " * 100, "noreply@" + "w" * 200 + ".example", "a/" * 200, "é" * 300]


@pytest.mark.parametrize("subject", [*MARKUP, *UNUSUAL, *ENDLESS])
@pytest.mark.parametrize("proven_by", ["telecom.example", ""])
def test_a_hostile_message_stays_on_its_page(subject: str, proven_by: str) -> None:
    """Whatever the subject is, everything around it stands where it would stand, on one page of the same size."""
    tame = replace(about("Votre facture"), proven_by=proven_by)
    wild = compose_letter(about(subject, tame))
    reader = PdfReader(BytesIO(wild))
    above = [one for one in placed_on(compose_letter(tame)) if one.baseline < 123]

    assert len(wild) < 100_000
    assert len(reader.pages) == 1
    assert [round(float(side) * MM) for side in reader.pages[0].mediabox[2:]] == [210, HEIGHT]
    assert placed_on(wild)[: len(above)] == above
    assert all(24.9 < one.left < 185 and 20 < one.baseline < 275 for one in placed_on(wild))
    assert flowing(pages_of(wild)[0]).endswith("mes salutations distinguées. Anne Martin")
    assert "/Annots" not in reader.pages[0]  # no link either


@pytest.mark.parametrize("subject", MARKUP)
def test_markup_is_text(subject: str) -> None:
    """It is shown as it was written."""
    assert flowing(pages_of(compose_letter(about(subject)))[0]) == as_text(about(subject))


@pytest.mark.parametrize("subject", ENDLESS)
def test_a_word_without_end_is_broken_and_whole(subject: str) -> None:
    """No line is longer than the page is wide, and no sign is lost."""
    (text,) = pages_of(compose_letter(about(subject)))

    assert max(map(len, text.splitlines())) < 130
    assert max(len(word) for word in re.findall("W+", text) or [""]) <= 44  # as many as there is room for
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", as_text(about(subject)))


@pytest.mark.parametrize("text", [*MARKUP, *UNUSUAL, "M" * 90])
def test_a_hostile_record_or_configuration_is_text_too(text: str) -> None:
    """Name, address and references of the user, name and address of the operator."""
    brief = replace(
        posted_to(text, "00000 VILLE"),
        writer=replace(ANNE, name=text, postal=(text, text)),
        operator=msgspec.structs.replace(LETTER.operator, name=text),
        references={"customer_number": text, "contract_number": text},
    )

    assert len(pages_of(compose_letter(brief))) <= 2  # names of ninety wide letters take what they take


# What it takes ------------------------------------------------------------------------------------------------------


def test_the_same_brief_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice in one process, and in another one, elsewhere, with other settings and at another time."""
    code = (
        "import sys; from drafting_cases import LETTER; from noreply_analyzer.letter import compose_letter\n"
        "sys.stdout.buffer.write(compose_letter(LETTER))"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent))),
        "SOURCE_DATE_EPOCH": "1000000000",
        "TYPST_FONT_PATHS": str(tmp_path),
        "HOME": str(tmp_path),
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
    }
    here = compose_letter(LETTER)
    there = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=True)

    assert compose_letter(LETTER) == here == there.stdout


@pytest.mark.parametrize("name", LETTERS)
def test_it_is_small_and_brings_its_fonts(name: str) -> None:
    """Every font is within the file, and is one that the typesetter brings along."""
    pdf = compose_letter(CASES[name])
    known = [family.replace(" ", "") for family in typst.Fonts(include_system_fonts=False).families()]
    fonts = [
        descendant.get_object()
        for font in cast("dict[str, Any]", PdfReader(BytesIO(pdf)).pages[0])["/Resources"]["/Font"].values()
        for descendant in font.get_object()["/DescendantFonts"]
    ]

    assert len(pdf) < 100_000
    assert fonts
    for font in fonts:
        assert font["/BaseFont"].partition("+")[2].startswith(tuple(known))
        assert {"/FontFile2", "/FontFile3"} & set(font["/FontDescriptor"])


def test_the_typesetter_reads_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown one folder, with one file in it, and no fonts of the machine; what is said comes as one string."""
    asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    monkeypatch.setattr(typst, "compile", lambda *given, **named: asked.append((given, named)))
    compose_letter(about('#read("/etc/passwd")'))
    (((page,), named),) = asked

    assert list(named["root"].iterdir()) == [page]
    assert named["ignore_system_fonts"] is True
    assert set(named) == {"root", "ignore_system_fonts", "sys_inputs"}
    assert not re.search(r"\b(read|include|import|eval|plugin|image)\b\s*[(\"]", page.read_text("utf-8"))
    with pytest.raises(typst.TypstError, match="not found"):
        typst.Compiler(b'#read("/etc/passwd")', root=named["root"]).compile(format="pdf")


def test_a_machine_without_the_typesetter(
    maildir_world: MaildirWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says what to install, before anything else is done; the letter as text is there all the same."""
    monkeypatch.setitem(sys.modules, "typst", None)
    path = saved(maildir_world, bill(maildir_world, TELECOM))
    words = ["--config", str(maildir_world.config), "draft", path]

    assert run_command_line([*words, "--letter", str(maildir_world.folder / "a.pdf")]) == 64
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "needs the typesetter typst; install this program with its extra: pipx install '.[letter]' (or" in err
    assert "`pipx install '.[letter]'`" in (ROOT / "README.md").read_text("utf-8")
    assert not (maildir_world.folder / "a.pdf").exists()
    for name, begins in (("a.html", "<!doctype html>"), ("a.txt", "Anne Martin")):
        assert run_command_line([*words, "--letter", str(maildir_world.folder / name)]) == 0
        assert (maildir_world.folder / name).read_text("utf-8").startswith(begins)
    assert run_command_line(words) == 0
    draft = message_from_bytes(capsys.readouterr().out.encode(), policy=SMTP)
    assert isinstance(draft, EmailMessage)
    (attached,) = draft.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("lettre-telecom-exemple.html", "text/html")
    assert attached.get_content().replace("\r\n", "\n") == (maildir_world.folder / "a.html").read_text("utf-8")
    assert 'installez le programme avec son extra (pipx install ".[letter]").' in flowing(text_of(draft))
    with pytest.raises(UsageError, match="typst"):
        compose_letter(LETTER)


# Without the typesetter ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
def test_the_page_says_what_the_text_says(name: str) -> None:
    """Word for word, in the order of the letter."""
    page = compose_sheet(CASES[name], top_mm=50, left_mm=100)
    words = html.unescape(re.sub("<[^>]*>", " ", page.partition("</style>")[2]))

    assert sorted(flowing(words.replace("\u00a0", " ")).split()) == sorted(
        as_text(CASES[name]).replace("\u00a0", " ").replace("– ", "").split()
    )


@pytest.mark.parametrize(
    ("left", "sender", "recipient"),
    [
        pytest.param(100, "margin-left: 0mm; width: 70mm", 75, id="on the right"),
        pytest.param(110, "margin-left: 0mm; width: 80mm", 85, id="further right"),
        pytest.param(25, "margin-left: 90mm; width: 70mm", 0, id="on the left"),
        pytest.param(10, "margin-left: 75mm; width: 85mm", -15, id="further left"),
    ],
)
def test_the_sender_stands_beside_the_window_of_the_page(left: float, sender: str, recipient: int) -> None:
    """On the side that has room, and never behind the recipient."""
    page = compose_sheet(LETTER, top_mm=20, left_mm=left)

    assert f"#sender {{ {sender} }}" in page
    assert f"#recipient {{ position: absolute; top: 0mm; left: {recipient}mm }}" in page


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "</style><b>"])
def test_nothing_in_the_page_runs_or_is_loaded(text: str) -> None:
    """What a message says is text, and the page forbids everything else."""
    page = compose_sheet(about(text), top_mm=50, left_mm=100)

    assert text not in page
    assert html.escape(text) in page
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|img|link|iframe|a)\b|(src|href)=", page.replace(html.escape(text), ""))


# The command --------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(maildir_world: MaildirWorld) -> MaildirWorld:
    """Give Anne's account: no letter needs a server."""
    return maildir_world


def written(world: MaildirWorld, *words: str) -> bytes:
    """Give the letter that the command writes into a new file."""
    path = world.folder / "letter.pdf"
    done = world.type("draft", "--letter", str(path), *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return path.read_bytes()


def test_a_letter_into_a_file(world: MaildirWorld) -> None:
    """It says what the draft says, nothing is printed, and nothing is saved in the mailbox."""
    path = saved(world, bill(world, TELECOM))
    pdf = written(world, path)
    draft = message_from_bytes(world.type("draft", path).stdout.encode(), policy=SMTP)
    assert isinstance(draft, EmailMessage)
    text = text_of(draft).split("-" * 72)[1]
    (attached,) = draft.iter_attachments()

    assert pdf.startswith(b"%PDF-")
    assert flowing(pages_of(pdf)[0]) == flowing(text)
    assert attached.get_content() == pdf
    assert world.drafts() == []
    assert not world.state.exists()


def test_a_run_saves_the_letter_with_its_note(world: World) -> None:
    """The draft that lies in Brouillons has the letter with it as a PDF, and says what to do with it."""
    world.deliver(bill(world, TELECOM))
    done = world.run()
    (draft,) = world.drafts()
    (attached,) = draft.iter_attachments()

    assert (done.returncode, done.stderr) == (0, "")
    assert draft["To"] == draft["From"]
    assert (attached.get_filename(), attached.get_content_type()) == ("lettre-telecom-exemple.pdf", "application/pdf")
    assert flowing(pages_of(attached.get_content())[0]) == flowing(text_of(draft).split("-" * 72)[1])
    assert "La lettre est jointe : imprimez-la" in plain(text_of(draft))
    assert world.run().stdout == ""
    assert len(world.drafts()) == 1


class PanicException(BaseException):
    """What a mistake in the typesetter raises, which no module gives a name for."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (typst.TypstError("no room", "no room anywhere"), "no room"),
        (RuntimeError("no font"), "no font"),
        (ImportError("typst.so: wrong ELF class"), "wrong ELF class"),
        (ValueError(), "ValueError"),
        (PanicException("index out of bounds"), "index out of bounds"),
    ],
    ids=repr,
)
def test_a_letter_that_cannot_be_set_costs_no_draft(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    """A typesetter that fails, however it does, is no reason to leave a message without its draft."""

    def fail(*_given: object, **_named: object) -> bytes:
        raise error

    monkeypatch.setattr(typst, "compile", fail)
    draft = compose_whole(LETTER)
    (attached,) = draft.message.iter_attachments()

    assert attached.get_filename() == "lettre-telecom-exemple.html"
    assert "cannot be set: " in draft.problem
    with pytest.raises(DataError, match=f"cannot be set: .*{said}"):
        compose_letter(LETTER)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(130), MemoryError()], ids=repr)
def test_what_ends_the_program_ends_it_there_too(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """An interruption is not taken for a mistake of the typesetter's."""

    def fail(*_given: object, **_named: object) -> bytes:
        raise error

    monkeypatch.setattr(typst, "compile", fail)
    with pytest.raises(type(error)):
        compose_whole(LETTER)


def test_a_letter_that_cannot_be_set_is_told(
    maildir_world: MaildirWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand on standard error; the draft is there all the same, with the page for a browser."""

    def fail(*_given: object, **_named: object) -> bytes:
        raise RuntimeError("no room")

    monkeypatch.setattr(typst, "compile", fail)
    path = saved(maildir_world, bill(maildir_world, TELECOM))

    assert run_command_line(["--config", str(maildir_world.config), "draft", path]) == 0
    out, err = capsys.readouterr()
    assert (err, out.count("lettre-telecom-exemple.html")) == (
        "noreply-analyzer: the letter cannot be set: no room\n",
        1,
    )


def test_a_mailbox_gets_no_letter_with_its_mail(world: World) -> None:
    """A draft to an operator is text and nothing else."""
    world.deliver(bill(world, COLIS))
    world.run()
    (draft,) = world.drafts()

    assert draft["To"] == "Colis Exemple <service@colis.example>"
    assert draft.get_content_type() == "text/plain"


def test_a_terminal_is_shown_the_text(world: MaildirWorld) -> None:
    """A person reads the note and the letter below it, and no file written as letters."""
    command = [sys.executable, "-m", "noreply_analyzer", "--config", str(world.config), "draft", "-"]
    master, terminal = os.openpty()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=terminal, env=world.environment()) as running:
        os.close(terminal)
        assert running.stdin
        running.stdin.write(bill(world, TELECOM))
        running.stdin.close()
        shown = b""
        with suppress(OSError):  # the terminal is gone, as its program is
            while read := os.read(master, 65536):
                shown += read
    os.close(master)

    assert running.returncode == 0
    assert "La lettre ci-dessous est prête" in plain(shown.decode())
    assert b"base64" not in shown


def test_a_letter_as_firm_and_with_the_window_that_the_user_wants(world: MaildirWorld) -> None:
    """`--level` counts, and what the configuration says of envelopes."""
    with world.config.open("a", encoding="utf-8") as config:
        config.write("\n[letter]\nwindow = {top_mm = 45, left_mm = 25}\n")
    pdf = written(world, "--level", "notice", saved(world, bill(world, TELECOM)))
    address = next(one for one in placed_on(pdf) if one.text == "Service Clients")

    assert "Je vous mets en demeure" in pages_of(pdf)[0]
    assert (round(address.left), 45 < address.baseline < 55) == (25, True)


def test_a_letter_to_an_operator_that_takes_mail(world: MaildirWorld) -> None:
    """The user wants to write on paper: to the postal address of the record, or else to a marked blank."""
    record = world.folder / "operators" / "colis-exemple.toml"
    path = saved(world, bill(world, COLIS))
    (blank,) = pages_of(written(world, path))
    by_mail = record.read_text("utf-8").rpartition("[[channels]]")[2]
    by_post = by_mail.replace("service-client", "courrier").replace('"email"', '"post"')
    by_post = by_post.replace('target = "service@colis.example"', 'lines = ["Colis Exemple", "00000 VILLE CEDEX"]')
    record.write_text(record.read_text("utf-8") + f"\n[[channels]]{by_post}", "utf-8")
    (world.folder / "letter.pdf").unlink()
    (known,) = pages_of(written(world, path))

    assert "Colis Exemple\n[adresse du service client\u00a0: voir votre facture]\n" in blank
    assert "Colis Exemple\n00000 VILLE CEDEX\n" in known
    assert "C’est pourquoi je vous écris par courrier." in flowing(known)
    assert world.type("draft", path).stdout.count("To: Colis Exemple <service@colis.example>") == 1


def test_a_letter_on_standard_output(world: MaildirWorld) -> None:
    """For whoever pipes it on to a printer; no terminal gets one."""
    command = [sys.executable, "-m", "noreply_analyzer", "--config", str(world.config), "draft", "-", "--letter", "-"]
    raw = bill(world, TELECOM)
    done = subprocess.run(command, input=raw, capture_output=True, check=True, env=world.environment(), timeout=100)

    assert done.stdout.startswith(b"%PDF-")
    assert "Service Clients" in pages_of(done.stdout)[0]
    master, terminal = os.openpty()
    done = subprocess.run(
        command, input=raw, stdout=terminal, stderr=subprocess.PIPE, check=False, env=world.environment(), timeout=100
    )
    os.close(terminal)
    os.close(master)
    assert (done.returncode, b"a PDF is nothing for a terminal" in done.stderr) == (64, True)


@pytest.mark.parametrize(
    ("make", "name", "status", "sentence"),
    [
        (lambda path: path.write_text("mine"), "there.pdf", 64, "there.pdf is there already, and is left as it is"),
        (lambda path: path.mkdir(), "folder", 64, "folder is there already"),
        (lambda path: path.symlink_to("nowhere"), "link.pdf", 64, "link.pdf is there already"),
        (str, "letter.docx", 64, "name a file .pdf, .html or .txt"),
        (str, "none/letter.pdf", 74, "letter.pdf cannot be written: No such file or directory"),
        (str, "x" * 300, 74, "cannot be written: File name too long"),
    ],
)
def test_where_no_letter_can_be_written(
    world: MaildirWorld, make: Callable[[Path], object], name: str, status: int, sentence: str
) -> None:
    """A sentence; what is there already is left alone."""
    path = world.folder / name
    make(path)
    before = sorted(world.folder.iterdir())
    message = saved(world, bill(world, TELECOM))
    done = world.type("draft", "--letter", str(path), message)

    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert sentence in done.stderr
    assert sorted({*world.folder.iterdir()} - {Path(message)}) == before
    assert name != "there.pdf" or path.read_text() == "mine"


def test_a_full_disk_leaves_no_half_a_letter(tmp_path: Path) -> None:
    """Nothing is in the way of the next try."""
    code = (
        "import resource; from pathlib import Path; from noreply_analyzer.output import write_new\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_new(Path('letter.pdf'), bytes(100_000))"
    )
    environment = os.environ | {"PYTHONPATH": str(TESTS.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert "OutputError: letter.pdf cannot be written: File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError):
        write_new(tmp_path / "none" / "letter.pdf", b"")


def test_what_gets_no_draft_gets_no_letter(world: MaildirWorld) -> None:
    """Status 1 and the reason; no file."""
    raw = TELECOM.key.sign(mail(TELECOM.author, "Votre code : 482913", "Code 482913", date=world.now))
    done = world.type("draft", "--letter", str(world.folder / "letter.pdf"), saved(world, raw))

    assert (done.returncode, done.stdout) == (1, "")
    assert "never drafted to" in done.stderr
    assert not (world.folder / "letter.pdf").exists()


def test_a_letter_speaks_to_the_dns_only(world: MaildirWorld) -> None:
    """To set it takes no network."""
    watched = program(world, "draft", "--letter", str(world.folder / "letter.pdf"), saved(world, bill(world, TELECOM)))

    assert watched.done.returncode == 0, watched.done.stderr
    assert watched.ports == {world.dns_port}
    assert (world.folder / "letter.pdf").is_file()


def test_the_draft_of_a_mailbox_is_no_letter() -> None:
    """A brief for an e-mail has both shapes; which one is the user's choice."""
    brief = replace(QUESTION, channel=MAIL, also=(POST,))

    assert compose(brief).shape == "email"
    assert "TSA 00000" in pages_of(compose_letter(brief))[0]
