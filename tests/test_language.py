"""French and English throughout: the catalogue holds what the code says, whole, and in good typography."""

import ast
import io
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from noreply_analyzer import cli, helptext, language

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "noreply_analyzer"
CATALOGUE = PACKAGE / "locale" / "fr" / "LC_MESSAGES" / "noreply_analyzer.po"


def entries(catalogue: Catalog) -> dict[Any, Message]:
    """Give what a catalogue translates, without its own head."""
    return {tuple(m.id) if isinstance(m.id, list | tuple) else m.id: m for m in catalogue if m.id}


def french() -> Catalog:
    """Read the catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="fr")


def wanted() -> Catalog:
    """Collect what there is to translate, as the contributor's script does."""
    loader = SourceFileLoader("translate", str(ROOT / "scripts" / "translate"))
    spec = spec_from_loader("translate", loader)
    assert spec
    script = module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # nothing to be left beside the script
    try:
        loader.exec_module(script)
    finally:
        sys.dont_write_bytecode = before
    collected: Catalog = script.in_the_code()
    return collected


def in_english(message: Message) -> tuple[str, ...]:
    """Give a sentence in all its forms: one, or singular and plural."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def forms(message: Message) -> tuple[str, ...]:
    """Give its translation likewise; an empty text where there is none."""
    return (message.string or "",) if isinstance(message.string, str | None) else tuple(message.string)


ENTRIES = entries(french())
EACH = pytest.mark.parametrize("message", ENTRIES.values(), ids=lambda message: str(message.id)[:60])


# Code and catalogue -----------------------------------------------------------------------------------------------


def test_everything_is_translated() -> None:
    """Every sentence of the code is in the catalogue, and each has all its forms in French."""
    missing = entries(wanted()).keys() - ENTRIES.keys()

    assert missing == set(), "run scripts/translate"
    assert [message.id for message in ENTRIES.values() if not all(forms(message)) or message.fuzzy] == []


def test_nothing_stale_is_kept() -> None:
    """No sentence stays in the catalogue that nobody says any more."""
    assert ENTRIES.keys() - entries(wanted()).keys() == set(), "run scripts/translate"
    assert not french().obsolete


@EACH
def test_what_lint_looks_for_and_what_help_calls_a_word_are_the_same_in_french(message: Message) -> None:
    """A TODO stays one, or lint would not find it; FILE is FICHIER wherever a sentence refers to it."""
    said = " ".join(forms(message))

    assert ("TODO" in str(message.id)) is ("TODO" in said)
    assert not re.search(r"\bFILE\b", said)


def marked(room: Path) -> Iterator[str]:
    """Give each string that stands in a call of ``_``, ``N_`` or ``ngettext``, wherever that call stands."""
    for node in ast.walk(ast.parse(room.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "N_", "ngettext"}:
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


@pytest.mark.parametrize("room", sorted(PACKAGE.glob("*.py")), ids=lambda room: str(room.stem))
def test_no_mark_hides_from_the_script(room: Path) -> None:
    """It does not see a call within an f-string or within another call; so none is to stand there."""
    known = {sentence for message in ENTRIES.values() for sentence in in_english(message)}

    assert set(marked(room)) <= known


def test_the_compiled_catalogue_is_the_one_that_is_read() -> None:
    """The .mo says what the .po says; the rest of it (who compiled it) does not matter."""
    compiled = io.BytesIO()
    write_mo(compiled, french())
    compiled.seek(0)
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        committed = {key: forms(message) for key, message in entries(read_mo(file)).items()}

    assert committed == {key: forms(message) for key, message in entries(read_mo(compiled)).items()}


# Sentences --------------------------------------------------------------------------------------------------------


def blanks(text: str) -> set[tuple[str, str, str | None]]:
    """Give what is filled in: names, with format and conversion."""
    return {(name, spec or "", how) for _text, name, spec, how in string.Formatter().parse(text) if name is not None}


@EACH
def test_the_same_is_filled_in(message: Message) -> None:
    """With the same format; and a sentence that counts does so in both forms, in French as in English."""
    assert [blanks(form) for form in forms(message)] == [blanks(key) for key in in_english(message)]


def first_and_last(text: str) -> tuple[str, str]:
    """Give the white space around a text: other words are put before and after it."""
    return text[: len(text) - len(text.lstrip(" \n"))], text[len(text.rstrip(" \n")) :]


@EACH
def test_the_same_stands_around(message: Message) -> None:
    """A sentence begins and ends with the blanks of the English one, and has its line ends."""
    for form, key in zip(forms(message), in_english(message), strict=True):
        assert first_and_last(form) == first_and_last(key)
        assert form.count("\n") == key.count("\n")


# What a machine reads is left out of typography: blanks to fill in, addresses of pages, what stands in straight
# quotation marks or is to be typed, and a key of the configuration that begins the sentence, with its colon.
TECHNICAL = re.compile(
    r"^(\{key\}|mailboxes|drafts|path|security|dns\.servers|password_command):|--[a-z-]+"
    r"""|\{[^}]*\}(:0)?|[A-ZÎ]+:[A-Z0]+|https?://\S*|"[^"]*"|'[^']*'|pip install .*"""
)


def flaws(french_text: str) -> list[str]:
    """Name what a typesetter would mark."""
    text = TECHNICAL.sub("x", french_text)
    rules = {
        "a no-break space before ; : ! ? »": r"[^\u00a0][;:!?»]",
        "a no-break space after «": r"«[^\u00a0]",
        "a typographic apostrophe": r"\w'\w",
        "French quotation marks": r"[“”\"]",
        "one character for an ellipsis, but for an argument that may be repeated": r"[a-z]\.\.\.",
        "single spaces": r"\S  +\S",
        "accents on capitals": r"\b(A|Etat|Etape|Ecri\w+) ",
    }
    # Columns are set with spaces: the table of exit statuses.
    aligned = re.sub(r"(?m)^(\s+\d+) +", r"\1 ", text).replace("* *  noreply", "* * noreply")
    return [rule for rule, pattern in rules.items() if re.search(pattern, aligned)]


@EACH
def test_french_is_set_as_french(message: Message) -> None:
    """Spaces that do not break before high punctuation, French quotation marks, accents."""
    assert {form: flaws(form) for form in forms(message)} == {form: [] for form in forms(message)}


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("la clé manque\u00a0: {reason}", True),
        ("la clé manque : {reason}", False),
        ("la clé manque: {reason}", False),
        ("mailboxes: rien à lire", True),
        ("«\u00a0{subject}\u00a0»", True),
        ("« {subject} »", False),
        ("“{subject}”", False),
        ("l’adresse https://telecom.example/a?b", True),
        ("l'adresse", False),
        ("A lire", False),
        ("{seconds:.0f} secondes", True),
    ],
)
def test_the_typesetter_sees(text: str, good: bool) -> None:  # noqa: FBT001 - a row of the table
    """So that his silence means something."""
    assert (flaws(text) == []) is good


COUNTED = {"bits", "count", "days", "most", "number", "seconds"}
DATES = {"checked_on", "day", "date", "since", "stated", "stated_on"}


@EACH
def test_no_name_stands_where_a_vowel_would_be_elided(message: Message) -> None:
    """What is filled in may be *Orange* or *edf.fr*, and “de Orange” is no French; numbers, dates and paths may."""
    before = re.compile(r"(?i)\b(?:de|jusque|le|la|ne|que|se|si) \{(\w+)\}")
    names = {name for form in forms(message) for name in before.findall(form)}

    assert names <= {*COUNTED, *DATES, "path"}


@pytest.mark.parametrize("english", ["mailbox", "e-mail", "email", "draft", "run", "log-in", "please", "you"])
def test_no_english_is_left(english: str) -> None:
    """But for names of commands and of keys."""
    allowed = re.compile(r"noreply-analyzer run|limits\.run_seconds|drafting\.\w+|--dry-run|`drafts`|^drafts:")
    said = [allowed.sub("", form) for message in ENTRIES.values() for form in forms(message)]

    assert [form for form in said if re.search(rf"(?i)\b{english}(s|es)?\b", TECHNICAL.sub("", form))] == []


# Which language ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_CA"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "fr_FR@euro"}, "fr"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "frr_DE"}, "en"),  # North Frisian
        ({"LANG": ""}, "en"),
        ({"LANGUAGE": "fr", "LC_ALL": "en_GB.UTF-8", "LANG": "en_GB.UTF-8"}, "fr"),
        ({"LANGUAGE": "en", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANGUAGE": "oc:fr:en", "LANG": "en_GB.UTF-8"}, "fr"),
        ({"LANGUAGE": "de:en:fr"}, "en"),
        ({"LANGUAGE": "", "LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LC_ALL": "C", "LC_MESSAGES": "fr_FR.UTF-8", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LC_ALL": "fr_FR.UTF-8", "LC_MESSAGES": "C", "LANG": "C"}, "fr"),
        ({"LC_MESSAGES": "fr_FR.UTF-8", "LANG": "C"}, "fr"),
        ({"LC_TIME": "fr_FR.UTF-8", "LANG": "C"}, "en"),
    ],
    ids=str,
)
def test_the_locale_names_the_language(environment: dict[str, str], spoken: str) -> None:
    """In gettext's order, the first language of a list that the program speaks; English where none is."""
    assert language.of_the_locale(environment) == spoken


@pytest.fixture
def speaking() -> Iterator[None]:
    """Put the language back afterwards."""
    before = language.in_use()
    yield
    language.use(before)


@pytest.mark.usefixtures("speaking")
@pytest.mark.parametrize(
    ("asked", "in_use", "said", "counted"),
    [
        ("fr", "fr", "il suffit d’y répondre", ["(et {count} autre message)", "(et {count} autres messages)"]),
        ("en", "en", "it can simply be answered", ["and {count} more message", "and {count} more messages"]),
        ("de", "en", "it can simply be answered", ["and {count} more message", "and {count} more messages"]),
    ],
)
def test_the_language_in_use(asked: str, in_use: str, said: str, counted: list[str]) -> None:
    """French if asked for, else English; a sentence that nobody has translated stays as it is."""
    language.use("fr")
    language.use(asked)

    assert language.in_use() == in_use
    assert language._(language.N_("it can simply be answered")) == said
    assert language._("nobody says this") == "nobody says this"
    plural = ("and {count} more message", "and {count} more messages")
    assert [language.ngettext(*plural, count) for count in (1, 2)] == counted


@pytest.mark.usefixtures("speaking")
def test_none_is_singular_in_french() -> None:
    """And plural in English."""
    said = {}
    for spoken in language.LANGUAGES:
        language.use(spoken)
        said[spoken] = language.ngettext("and {count} more message", "and {count} more messages", 0)

    assert said == {"fr": "(et {count} autre message)", "en": "and {count} more messages"}


# The command line -------------------------------------------------------------------------------------------------


def answer(*words: str, folder: Path = ROOT, **environment: str) -> str:
    """Give what a command line prints, wherever it prints it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "noreply_analyzer", *words],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=kept | {"COLUMNS": "200", "PYTHONPATH": str(ROOT)} | environment,
        cwd=folder,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_help_is_french_where_the_locale_is() -> None:
    """Our words and click's."""
    said = answer("--help", LANG="fr_FR.UTF-8")

    assert said.startswith("Utilisation\u00a0: noreply-analyzer [OPTIONS] COMMANDE [ARGUMENTS]...\n")
    for part in (
        "\nOptions\u00a0:\n",
        "\nCommandes\u00a0:\n",
        "  Affiche cette aide.\n",
        "  code de retour\u00a0:\n    0    ",
    ):
        assert part in said
    assert not re.search(r"\b(Usage|Show|the|mail|drafts)\b", said)


@pytest.mark.parametrize(
    ("words", "locale", "first"),
    [
        (["--language", "fr", "run", "--help"], "C", "Utilisation"),
        (["--language=fr", "run", "--help"], "en_GB.UTF-8", "Utilisation"),
        (["--help", "--language", "fr"], "C", "Utilisation"),
        (["--language", "en", "run", "--help"], "fr_FR.UTF-8", "Usage"),
        (["--language", "en", "--language", "fr", "--help"], "C", "Utilisation"),
        (["--help"], "de_DE.UTF-8", "Usage"),
    ],
)
def test_help_is_in_the_language_that_is_asked_for(words: list[str], locale: str, first: str) -> None:
    """The option wins over the locale, also when it comes after what it is about."""
    assert answer(*words, LANG=locale).startswith(first)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--help", "Utilisation"),
        ("rnu", "La commande 'rnu' n’existe pas."),
        ("-c conf.toml rnu", "La commande 'rnu' n’existe pas."),
        ("-cconf.toml rnu", "La commande 'rnu' n’existe pas."),
        ("--config conf.toml rnu", "La commande 'rnu' n’existe pas."),
        ("--config=conf.toml rnu", "La commande 'rnu' n’existe pas."),
        ("-c none.toml -c conf.toml rnu", "La commande 'rnu' n’existe pas."),
        ("", "Utilisation"),
        ("--config=none.toml rnu", "No such command 'rnu'."),
        ("--config=broken.toml rnu", "No such command 'rnu'."),
        ("--config=odd.toml rnu", "No such command 'rnu'."),
        ("--config=. rnu", "No such command 'rnu'."),
        ("--config", "demande une valeur"),
        ("--language en rnu", "No such command 'rnu'."),
        ("registry show nope", "il n’y a pas de fiche 'nope'"),
        ("registry lint x.toml", "x.toml: name: est vide"),
        ("registry verify --against none", "none ne peut pas être lu"),
        ("registry lint none.toml", "none.toml ne peut pas être lu"),
    ],
)
def test_the_configuration_names_the_language_too(words: str, sentence: str, tmp_path: Path) -> None:
    """For every command, for help and for mistakes, also where nothing else of it is needed."""
    usual = tmp_path / "noreply-analyzer" / "config.toml"
    usual.parent.mkdir()
    for file in (usual, tmp_path / "conf.toml"):
        file.write_text('language = "fr"\n', "utf-8")
    (tmp_path / "broken.toml").write_text('language = "fr', "utf-8")
    (tmp_path / "odd.toml").write_text('language = ["fr"]', "utf-8")
    (tmp_path / "x.toml").write_text('slug = "x"\nname = ""\nsector = "other"\n', "utf-8")

    assert sentence in answer(*words.split(), LANG="C", XDG_CONFIG_HOME=str(tmp_path), folder=tmp_path)


def test_a_configuration_that_is_a_pipe_is_read_once(tmp_path: Path) -> None:
    """Whoever writes it does so only once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", 'echo \'language = "fr"\' > "$0"', str(pipe)]):
        said = answer("-c", str(pipe), "registry", "show", "nope", LANG="C")

    assert "il n’y a pas de fiche 'nope'" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--nope"], "n’existe pas"),
        (["rnu"], "La commande 'rnu' n’existe pas."),
        (["scan"], "Erreur\u00a0: Il manque l’argument 'OÙ...'."),
        (["registry", "verify"], "Erreur\u00a0: Il manque l’option '--against'."),
        (["registry", "verify", "--help"], "Le dossier des textes datés.  [obligatoire]"),
        (["registry", "import"], "Il manque l’argument 'COLLECTION'. Valeurs possibles\u00a0:\n\tdatenanfragen"),
        (["demo", "x"], "Erreur\u00a0: Argument en trop (x)"),
        (["demo", "x", "y"], "Erreur\u00a0: Arguments en trop (x y)"),
        (["run", "--json=1"], "Erreur\u00a0: L’option '--json' ne prend pas de valeur."),
        (["--config"], "Erreur\u00a0: L’option '--config' demande une valeur."),
        (["--language", "de"], "Erreur\u00a0: Valeur incorrecte pour '--language'\u00a0: 'de' ne fait pas partie"),
    ],
)
def test_a_wrong_command_line_is_told_in_french(words: list[str], sentence: str) -> None:
    """And where to find help."""
    said = answer(*words, LANG="fr_FR.UTF-8")

    assert sentence in said
    assert not re.search(r"\b(Try|Error|No such|Missing|Got|Invalid|Usage|required|Choose)\b", said)


def test_no_line_of_help_is_cut_short_in_french() -> None:
    """On a terminal of 80 columns, each command still has its whole first sentence in the list."""
    for group in ([], ["registry"], ["state"], ["templates"]):
        listed = answer(*group, "--help", LANG="fr_FR.UTF-8", COLUMNS="80")
        assert "..." not in listed.partition("Commandes\u00a0:")[2]


@pytest.mark.usefixtures("speaking")
def test_translated_help_is_a_copy() -> None:
    """The commands themselves stay as they are written, so that another language may follow."""
    english = list(helptext.sentences(cli.main))
    language.use("fr")
    first = list(helptext.sentences(helptext.translated(cli.main)))
    again = list(helptext.sentences(helptext.translated(cli.main)))
    language.use("en")

    assert first == again != english
    assert list(helptext.sentences(helptext.translated(cli.main))) == english == list(helptext.sentences(cli.main))


@pytest.mark.parametrize("before", [None, "de"])
def test_the_environment_is_put_back(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The language is looked for there; nobody after it is to find it changed."""
    if before is None:
        monkeypatch.delenv("LANGUAGE", raising=False)
    else:
        monkeypatch.setenv("LANGUAGE", before)
    with helptext.words_of_click():
        assert os.environ["LANGUAGE"] == language.in_use()

    assert os.environ.get("LANGUAGE") == before
