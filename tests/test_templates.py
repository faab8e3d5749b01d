"""The user's own templates: what they may say, what they cannot do, and what happens where one is wrong."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

import pytest
from drafting_cases import ANNE, BILL, CASES, LETTER, MAIL, QUESTION, body
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_cut_off import bill
from world import COLIS, TELECOM, MaildirWorld, text_of

from noreply_analyzer.brief import Answered, Brief
from noreply_analyzer.drafting import Enclosed, compose, letter_parts, letter_text
from noreply_analyzer.errors import TemplateError
from noreply_analyzer.letter import compose_letter
from noreply_analyzer.press import SHIPPED, Own, Templates
from noreply_analyzer.prose import template
from noreply_analyzer.sheet import compose_sheet
from noreply_analyzer.stationery import Found, Stationery, faults_in, read_templates, write_with
from noreply_analyzer.wording import note_values, report_values, text_values
from noreply_analyzer.worker import Worker

EMAIL: Final = replace(QUESTION, channel=MAIL)
ENDLESS: Final = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def own(**texts: str) -> Templates:
    """Give templates of one's own; ``fr_email`` is ``fr/email.j2``, ``fr_words`` ``fr/words.toml``."""
    names = {key: key.replace("_", "/") + (".toml" if key.endswith("words") else ".j2") for key in texts}
    return Templates(tuple(Own(names[key], text, f"own/{names[key]}") for key, text in texts.items()))


def said(brief: Brief, **texts: str) -> str:
    """Give the text of the draft in one's own words."""
    return body(compose(replace(brief, templates=own(**texts))))


def faults(brief: Brief, **texts: str) -> list[str]:
    """Give what is wrong with templates of one's own, as it is told."""
    return [fault.sentence for fault in faults_in(replace(brief, templates=own(**texts)), letter=False)]


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """Give the process in which templates are tried."""
    with Worker() as process:
        yield process


class Folder(Stationery):
    """Templates that lie in no folder."""

    def __init__(self, worker: Worker, **texts: str) -> None:
        super().__init__(Path("own"), worker)
        self.found = Found(templates=own(**texts))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("a\\r\\nBcc: eve@evil.example", "a Bcc- eve@evil.example"),
        ("=?utf-8?q?a=0D=0ABcc:_eve=40evil.example?=", "=-utf-8-q-a=0D=0ABcc-_eve=40evil.example-="),
        ("../../.profile", "profile"),
        ('a\\"; name=\\"b', "a-; name=-b"),
        ("lettre à {operator}", "lettre à telecom-exemple"),
        ("\\u0000\\u202e", "telecom-exemple"),
        ("", "telecom-exemple"),
        ("é" * 3000, "é" * 79 + "…"),
    ],
)
def test_own_words_name_a_file_and_nothing_else(words: str, name: str) -> None:
    """No line of a header, no folder, no hidden file comes of it."""
    brief = replace(CASES["fr-letter"], templates=own(fr_words=f'enclosed = "{words}"'))

    assert faults_in(brief, False) == ()
    raw = compose(brief, Enclosed(kind="pdf", content=b"%PDF")).as_bytes()
    (file,) = message_from_bytes(raw, policy=default).iter_attachments()
    assert file.get_filename() == f"{name}.pdf"
    assert {*file.keys()} == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"}
    assert b"\nBcc" not in raw


# What they may say ------------------------------------------------------------------------------------------------


def test_an_own_template_stands_over_the_shipped_one() -> None:
    """Its typography is set as that of the shipped ones; another language is left as it was."""
    templates = {"fr_email": "Bonjour : c'est {{ name }}."}

    assert said(EMAIL, **templates) == "Bonjour\u00a0: c’est Anne Martin.\n"
    assert said(CASES["en-email"], **templates) == body(compose(CASES["en-email"]))


def test_a_part_that_another_template_includes_can_be_replaced_alone() -> None:
    """The list of messages is in the e-mail, the letter and the note."""
    brief, listed = CASES["fr-email-group"], "– {{ count }} messages\n\n"

    assert "  – trois messages\n" not in body(compose(brief))
    assert "  – trois messages\n" in said(brief, fr_listed=listed)


def test_an_own_template_may_include_another_of_ones_own() -> None:
    """With a name that no shipped one has."""
    assert said(EMAIL, fr_email='{% include "fr/hello.j2" %}', fr_hello="Salut {{ name }}") == "Salut Anne Martin\n"


def test_one_block_of_a_letter_can_be_replaced_alone() -> None:
    """The shipped template goes by ``shipped/`` before its name; the order of the parts stays."""
    closing = '{% extends "shipped/fr/letter.j2" %}{% block closing %}Bien à vous, {{ super() }}{% endblock %}'
    brief = replace(LETTER, templates=own(fr_letter=closing))

    assert "\nBien à vous, Je vous prie d’agréer, Madame" in letter_text(brief)
    assert list(letter_parts(brief)) == list(letter_parts(LETTER))
    assert letter_parts(brief) | {"closing": ()} == letter_parts(LETTER) | {"closing": ()}


def test_own_words_say_only_what_is_to_be_said_otherwise() -> None:
    """Key by key, in tables too; everything else is the program's, also after it was renewed."""
    words = """
    enclosed = "{operator} !"
    [to_do]
    letter = "Pour {operator} : {level}"
    [about]
    billing = "ma note"
    """
    draft = compose(replace(CASES["fr-letter-group"], templates=own(fr_words=words)))

    assert draft.message["Subject"] == "Pour Télécom Exemple : question"  # no-break spaces are plain in a header
    assert "Question sur ma note" not in body(draft)  # there are several
    assert SHIPPED.words("fr").enclosed != own(fr_words=words).words("fr").enclosed == "{operator}\u00a0!"
    assert own(fr_words=words).words("fr").about == SHIPPED.words("fr").about | {"billing": "ma note"}
    assert own(fr_words=words).words("en") == SHIPPED.words("en")


COPIED: Final = ("email.j2", "letter.j2", "form.j2", "note.j2", "report.j2", "listed.j2", "way.j2", "words.toml")


@pytest.mark.parametrize("name", CASES)
def test_a_copy_of_everything_changes_nothing(name: str) -> None:
    """What ``templates show`` prints can be kept as it is."""
    names = [f"{language}/{file}" for language in ("fr", "en") for file in COPIED]
    copied = Templates(tuple(Own(one, template(one), one) for one in names))

    assert compose(replace(CASES[name], templates=copied)).as_bytes() == compose(CASES[name]).as_bytes()


# What they cannot do ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Bonjour\n{{ nom }}", 2, "'nom' is undefined"),
        ("a\n\n{% if %}", 3, "Expected an expression"),
        ("{{ name", 1, "unexpected end of template"),
        ("\n{{ ''.__class__.__mro__ }}", 2, "unsafe"),
        ("{{ '{0.__class__}'.format(name) }}", 1, "unsafe"),
        ("{{ messages.append(1) }}", 1, "append"),
        ("{{ self._TemplateReference__context }}", 1, "unsafe"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("{% for a in range(10 ** 9) %}{% endfor %}", 1, "Range too big"),
        ("\n\n{% for a in range(99999) %}0123456789abcdef{% endfor %}", 3, "more than 100000 characters"),
        (f"\n{ENDLESS}", 2, "takes too long"),
        ('{% set s = "x" * 9999999999 %}', 1, "takes too much memory"),
        ('\n{% include "fr/email.j2" %}', 2, "goes round in a circle"),
        ('{% include "fr/mail.j2" %}', 1, "there is no template fr/mail.j2"),
        ('{% include "../../../../etc/passwd" %}', 1, "there is no template"),
        ('{% include "fr/words.toml" %}', 1, "there is no template"),
        ('{{ "\\ud800" }}', 1, "character that is not for mail"),
        ("\n{% filter replace('a', '\\ud800') %}a{% endfilter %}", 2, "character that is not for mail"),
        ("a\n\nb\x00", 1, "character that is not for mail"),
        ("{{ '\\x1b[31m' }}", 1, "character that is not for mail"),
        ("{{ lipsum() }}", 1, "'lipsum' is undefined"),
        ("{{ [1, 2] | random }}", 1, "No filter named 'random'"),
        ("(" * 5 + "{{" + "(" * 5000, 1, "goes round in a circle, or is nested too deeply"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_wrong_is_said_with_its_place_and_the_shipped_text_is_used(
    worker: Worker, text: str, line: int, words: str
) -> None:
    """Whatever it was; nothing of it gets out of the template, or takes the run along."""
    brief, (sentence,) = Folder(worker, fr_email=text).put_into(EMAIL)

    assert sentence.startswith(f"own/fr/email.j2:{line}: ")
    assert words in sentence
    assert sentence.endswith("; the text that comes with the program is used")
    assert compose(brief).as_bytes() == compose(EMAIL).as_bytes()


def test_what_cannot_be_interrupted_is_ended_with_its_process(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power of a power is one step of the processor's; then none of the templates is tried again in this run."""
    monkeypatch.setattr("noreply_analyzer.stationery._SECONDS", 3.0)
    folder = Folder(worker, fr_email="{{ 10 ** (10 ** 10) }}", fr_note="Bonjour")

    first, said_first = folder.put_into(EMAIL)
    began = time.monotonic()
    second, said_second = folder.put_into(LETTER)

    assert said_first == (
        "own: a template there takes too long, or too much memory; the text that comes with the program is used",
    )
    assert (first, second, said_second) == (EMAIL, LETTER, ())
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("text", "said"), [(ENDLESS, "own/fr/email.j2:1: takes too long"), ("{{ oops }}", "'oops' is undefined")]
)
def test_a_template_that_does_another_thing_the_second_time(
    monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    """It was right when it was tried, and costs no draft, and no run, when it is not any more."""
    monkeypatch.setattr("noreply_analyzer.stationery._SECOND_TIME", 0.3)
    draft, problem = write_with(replace(EMAIL, templates=own(fr_email=text)), compose)

    assert said in problem
    assert draft.as_bytes() == compose(EMAIL).as_bytes()
    fine, nothing = write_with(replace(EMAIL, templates=own(fr_email="{{ name }}")), compose)
    assert (body(fine), nothing) == ("Anne Martin\n", "")


def test_what_takes_too_long_elsewhere_is_the_templates_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text on which the typesetter sits for ever, as far as it can be interrupted."""
    monkeypatch.setattr("noreply_analyzer.stationery._SECOND_TIME", 0.1)
    brief = replace(EMAIL, templates=own(fr_email="{{ name }}"))

    def write(brief: Brief) -> str:
        while brief.templates.own:
            pass
        return "shipped"

    assert write_with(brief, write) == ("shipped", "takes too long")


def test_only_the_template_that_is_wrong_is_left_out(worker: Worker) -> None:
    """The others, and what is right for another draft, are used; what is wrong is said once."""
    folder = Folder(worker, fr_note="{% if level == 'notice' %}{{ oops }}{% endif %}À moi", fr_listed="", fr_way="{{")
    question, said_first = folder.put_into(LETTER)
    notice, said_second = folder.put_into(replace(LETTER, level="notice"))

    assert [own.name for own in question.templates.own] == ["fr/note.j2", "fr/listed.j2"]
    assert [own.name for own in notice.templates.own] == ["fr/listed.j2"]
    assert [sentence.split(": ")[0] for sentence in said_first] == ["own/fr/way.j2:1"]
    assert [sentence.split(": ")[0] for sentence in said_second] == ["own/fr/note.j2:1"]
    assert folder.put_into(replace(LETTER, level="notice")) == (notice, ())


def test_a_fault_is_that_of_ones_own_file_though_a_shipped_one_stumbles() -> None:
    """The innermost own template on the way there is named."""
    assert faults(EMAIL, fr_email='x\n{% set messages = 3 %}\n{% include "fr/listed.j2" %}') == [
        "own/fr/email.j2:3: 'int' object is not iterable"
    ]


def test_a_letter_has_all_its_parts() -> None:
    """The page puts each in its place; an empty block is one too."""
    missing = "recipient, dispatch, dated, subject, salutation, occasion, opening, hint, request, signature, enclosures"

    assert faults(LETTER, fr_letter="{% block sender %}{% endblock %}{% block closing %}{% endblock %}") == [
        f"own/fr/letter.j2:1: has no block {missing}, which the shipped one has"
    ]
    assert faults(CASES["fr-letter"], fr_report="") == []  # no report is written here


@pytest.mark.parametrize("block", ["recipient", "subject"])
@pytest.mark.parametrize("text", ["", "\n>\n> \n", "|"])
def test_a_letter_is_to_somebody_about_something(block: str, text: str) -> None:
    """The page cannot be set without; every other part may be empty."""
    letter = '{% extends "shipped/fr/letter.j2" %}{% block ' + block + " %}" + text + "{% endblock %}"

    assert faults(LETTER, fr_letter=letter) == [f"own/fr/letter.j2:1: its block {block} says nothing"]


def test_a_letter_of_almost_nothing_can_be_set() -> None:
    """As a PDF, and as a page."""
    letter = "".join(f"{{% block {name} %}}{{% endblock %}}" for name in letter_parts(LETTER))
    for name in ("recipient", "subject"):
        letter = letter.replace(f"{name} %}}", f"{name} %}}| x")
    brief = replace(LETTER, templates=own(fr_letter=letter + "{% block more %}y{% endblock %}"))

    assert compose_letter(brief).startswith(b"%PDF")
    assert '<section id="more">\n<p>y</p>' in compose_sheet(brief, top_mm=50, left_mm=100)


def test_what_is_included_may_be_no_longer_either() -> None:
    """It is named, though the shipped one around it writes; a long text that the user's words are not in is none."""
    texts = {"fr_listed": "{% for a in range(9999) %}0123456789abcdef{% endfor %}", "fr_words": 'join = "-"'}
    long = replace(BILL, text="x" * 500 + "\n" + "\n".join(["y" * 900] * 60))
    report = replace(EMAIL, report="dmarc=fail", answered=tuple(Answered(message=long) for _ in range(3)))

    assert faults(CASES["fr-email-group"], **texts) == ["own/fr/listed.j2:1: writes more than 100000 characters"]
    for form in ("fr-form", "fr-letter-group"):  # a form goes on from the letter, which includes it
        brief = replace(CASES[form], answered=CASES["fr-email-group"].answered)
        assert faults(brief, **texts) == ["own/fr/listed.j2:1: writes more than 100000 characters"]
        assert faults(brief, fr_listed="\x1b[31m")[0].startswith("own/fr/listed.j2:1: writes a character")
    assert len(said(report, **texts)) > 100_000


WORDS: Final = [
    ("a = 1 =", 1, "is not TOML"),
    ('join = "-"\nenclose = "x"', 2, "enclose is no key here (did you mean 'enclosed'?)"),
    ('join = "-"\n[about]\n\nbiling = "x"', 4, "about.biling is no key here (did you mean 'billing'?)"),
    ('enclosed = "{operator.__class__}"', 1, "{operator.__class__} is filled in by nothing; there is: {operator}"),
    ('enclosed = "{operator:>999999999}"', 1, "is filled in by nothing"),
    ('enclosed = "{}"', 1, "{} is filled in by nothing"),
    ('enclosed = "{operator"', 1, "has a brace that is not closed"),
    ('[hint]\nother = "{in_langage}"', 2, "there is: {in_language}"),
    ('\nmonths = ["janvier"]', 2, "months: should be 12 texts"),
    ("elision = 1", 1, "elision: should be true or false"),
    ("about = 1", 1, "about: should be a table"),
    ("join = []", 1, "join: should be text"),
    ('language = "en"', 1, "language: should be 'fr'"),
    ("x = " + "[" * 9999, 1, "is nested too deeply"),
]


@pytest.mark.parametrize(("text", "line", "words"), WORDS, ids=[text[:25] for text, _line, _words in WORDS])
def test_own_words_are_checked_before_they_are_used(text: str, line: int, words: str) -> None:
    """No text of theirs reaches into what fills it in, and none that is asked for is missing."""
    (sentence,) = faults(EMAIL, fr_words=text)

    assert sentence.startswith(f"own/fr/words.toml:{line}: ")
    assert words in sentence


TAGS: Final = "{{ }} {% %} {# #} for,a,in range(99999) if endfor endif block,x set,x,= include extends 'fr/email.j2'"
WORDS_IN_TAGS: Final = (
    "macro,f(a) endmacro f(f) ** * 9999 |join | name messages self super() x,~,x ( ) [ ] \\ud800 loop"
)
SCRAPS: Final = st.lists(
    st.one_of(
        st.sampled_from([scrap.replace(",", " ") for scrap in f"{TAGS} {WORDS_IN_TAGS}".split()]),
        st.text(max_size=5),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scraps=SCRAPS, words=st.text(max_size=40))
def test_nothing_that_a_template_can_say_takes_a_draft_along(worker: Worker, scraps: list[str], words: str) -> None:
    """Whatever stands in it, there is a draft, in no more time than it may take."""
    began = time.monotonic()
    brief, _said = Folder(worker, fr_email=" ".join(scraps), fr_words=words).put_into(EMAIL)

    assert compose(brief).as_bytes()
    assert time.monotonic() - began < 30


# What is written about them ---------------------------------------------------------------------------------------

DOCUMENT: Final = (Path(__file__).parent.parent / "docs" / "templates.md").read_text("utf-8")


def test_every_name_that_a_template_may_use_is_documented() -> None:
    """And in which templates; no name is listed that is not there."""
    brief = CASES["fr-letter-elsewhere"]
    values = [text_values(brief), note_values(brief), report_values(brief, "fr")]
    there = {name: tuple(name in each for each in values) for each in values for name in each}
    table = re.findall(r"^\| (`[^|]+) \|[^|]+\| (yes)? ?\| (yes)? ?\| (yes)? ?\|$", DOCUMENT, re.MULTILINE)
    listed = {name: tuple(map(bool, where)) for names, *where in table for name in re.findall(r"`(\w+)`", names)}

    assert listed == there


def test_the_examples_do_what_is_said() -> None:
    """Word for word as they stand in the document."""
    examples = dict(re.findall(r"^```(jinja|toml)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL))
    brief = replace(LETTER, templates=own(fr_letter=examples["jinja"], fr_words=examples["toml"]))

    assert compose(brief).message["Subject"].startswith("Courrier à Télécom Exemple : votre question (facture")
    assert "Un point de ma facture m’échappe.\n" in letter_text(brief)
    assert "Veuillez croire, Madame, Monsieur, à mes sentiments les meilleurs.\n" in letter_text(brief)
    assert "Je vous prie d’agréer" not in letter_text(brief)


# Where they lie ---------------------------------------------------------------------------------------------------


def write(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write templates below *folder*."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def test_a_folder_is_read_as_it_is(tmp_path: Path) -> None:
    """What an editor leaves behind is passed over; what is called otherwise, or cannot be read, is named."""
    folder = write(
        tmp_path,
        {
            "fr/email.j2": "\ufeffBonjour\r\n",
            "fr/.email.j2.swp": b"\xff",
            "fr/email.j2~": "",
            "fr/words.toml": "",
            "fr/note.j2": b"a\nb\xff",
            "fr/huge.j2": "x" * 100_001,
            "letter/letter.typ": "",
            "README": "",
        },
    )

    found = read_templates(folder)

    assert found.templates.own == (
        Own("fr/email.j2", "Bonjour\n", f"{folder}/fr/email.j2"),
        Own("fr/words.toml", "", f"{folder}/fr/words.toml"),
    )
    assert found.problems == (
        f"{folder}/fr/huge.j2: is larger than 100000 bytes",
        f"{folder}/fr/note.j2: is not UTF-8 text (at line 2); save it in that encoding",
    )
    assert found.others == (f"{folder}/README", f"{folder}/letter/letter.typ")
    assert read_templates(tmp_path / "none") == Found()


@pytest.fixture
def world(maildir_world: MaildirWorld) -> MaildirWorld:
    """Give Anne's account: most of this needs no server."""
    return maildir_world


def test_a_run_writes_in_the_users_words_and_names_once_what_is_wrong(world: MaildirWorld) -> None:
    """The usual folder is beside the usual configuration; each draft that can be is in those words."""
    folder = write(
        world.folder / ".config/noreply-analyzer/templates",
        {"fr/note.j2": "Mes mots.", "fr/email.j2": "Bonjour,\n{{ nom }}"},
    )
    world.drafting = {"pending_per_operator": 5}
    world.write_config()
    world.deliver(bill(world, TELECOM), bill(world, COLIS, "2"), bill(world, COLIS, "3"))

    done = world.run()
    texts = [text_of(draft) for draft in world.drafts()]

    assert done.returncode == 1, done.stderr
    assert done.stderr == (
        f"noreply-analyzer: perso: {folder}/fr/email.j2:2: 'nom' is undefined;"
        " the text that comes with the program is used\n"
    )
    assert sum("Mes mots." in text for text in texts) == 1
    assert sum("Je m’appelle Anne Martin" in text for text in texts) == len(texts) - 1 > 0


def test_by_hand_too(world: MaildirWorld) -> None:
    """The draft on standard output, what is wrong on the other; a letter too, and no template it does not need."""
    write(
        world.folder / "mine",
        {
            "fr/note.j2": "{{ nom }}",
            "fr/letter.j2": '{% extends "shipped/fr/letter.j2" %}{% block closing %}À bientôt{% endblock %}',
        },
    )
    world.drafting = {"templates": str(world.folder / "mine")}
    world.write_config()
    (world.folder / "bill.eml").write_bytes(bill(world, TELECOM))

    done = world.type("draft", str(world.folder / "bill.eml"))
    text = world.type("draft", str(world.folder / "bill.eml"), "--letter", str(world.folder / "letter.txt"))

    assert (done.returncode, text.returncode, text.stderr) == (0, 0, "")
    assert done.stderr.startswith(f"noreply-analyzer: {world.folder}/mine/fr/note.j2:1: 'nom' is undefined; ")
    draft = message_from_bytes(done.stdout.encode(), policy=default)
    assert isinstance(draft, EmailMessage)
    assert "La lettre est jointe" in text_of(draft)
    assert "À bientôt" in text_of(draft)
    assert "À bientôt" in (world.folder / "letter.txt").read_text("utf-8")


def test_the_error_says_where() -> None:
    """For whoever catches it."""
    with pytest.raises(TemplateError, match=r"own/fr/email\.j2:1: 'x' is undefined") as caught:
        compose(replace(EMAIL, templates=own(fr_email="{{ x }}"), writer=ANNE))
    assert caught.value.name == "fr/email.j2"
