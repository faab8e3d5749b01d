"""`templates`: what there is, what it says, and what is wrong with one's own."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from world import MaildirWorld

from noreply_analyzer.press import shipped_names

ROOT = Path(__file__).parent.parent


@pytest.fixture
def world(maildir_world: MaildirWorld) -> MaildirWorld:
    """Give Anne's account, whose templates are in the usual place."""
    return maildir_world


def write(world: MaildirWorld, files: Mapping[str, str]) -> Path:
    """Write templates of Anne's own."""
    folder = world.folder / ".config" / "noreply-analyzer" / "templates"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def checked(world: MaildirWorld, *names: str) -> list[str]:
    """Give what ``templates check`` prints, each line without the folder."""
    done = world.type("templates", "check", *names)
    assert (done.returncode, done.stderr) == (1, "")
    folder = f"{world.folder}/.config/noreply-analyzer/templates/"
    return [line.removeprefix(folder) for line in done.stdout.splitlines()]


def test_all_are_listed_and_ones_own_with_their_place(world: MaildirWorld) -> None:
    """Also such as are included by ones own only."""
    folder = write(world, {"fr/letter.j2": "", "fr/hello.j2": ""})
    done = world.type("templates", "list")
    rows = [line.split() for line in done.stdout.splitlines()[1:]]

    assert done.returncode == 0, done.stderr
    assert [name for name, *_own in rows] == sorted({*shipped_names(), "fr/hello.j2"})
    assert [(name, *own) for name, *own in rows if own] == [
        ("fr/hello.j2", f"{folder}/fr/hello.j2"),
        ("fr/letter.j2", f"{folder}/fr/letter.j2"),
    ]


def test_what_is_shown_can_be_copied(world: MaildirWorld) -> None:
    """To the byte, though one's own is used; and then nothing is wrong with it."""
    write(world, {"fr/letter.j2": "{{ oops }}"})
    shown = {name: world.type("templates", "show", name).stdout for name in ("fr/letter.j2", "en/words.toml")}

    assert shown == {name: (ROOT / "noreply_analyzer/templates" / name).read_text("utf-8") for name in shown}
    write(world, shown)
    done = world.type("templates", "check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["show", "fr/lettre.j2"],
            "no template of the program is called 'fr/lettre.j2' (did you mean 'fr/letter.j2'?)",
        ),
        (["show", "letter/letter.typ"], "no template of the program is called 'letter/letter.typ'"),
        (["show", "../config.py"], "no template of the program is called '../config.py'"),
        (["check", "fr/email.j2"], "there is no 'fr/email.j2' in "),
        (["gallery", "xx"], "there are no templates in the language 'xx'; known are: "),
    ],
    ids=str,
)
def test_a_name_that_does_not_exist(world: MaildirWorld, words: list[str], sentence: str) -> None:
    """Nothing but a template is ever printed."""
    done = world.type("templates", *words)

    assert (done.returncode, done.stdout) == (64, "")
    assert sentence in done.stderr


def test_nothing_to_check_is_said(world: MaildirWorld) -> None:
    """Or a mistyped folder would pass for templates without a fault."""
    done = world.type("templates", "check")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        f"noreply-analyzer: there are no templates in {world.folder}/.config/noreply-analyzer/templates\n"
    )


WRONG = {
    "README": "",
    "de-ch/email.j2": "",
    "fr/email.j2": "{{ nam }}\n{% if level == 'notice' %}{{ ways }}{% endif %}\n{% if x is defined %}{% endif %}",
    "fr/lettre.j2": "",
    "fr/listed.j2": "{% for message in messages %}{{ message.subject.x }}{% endfor %}\n",
    "fr/note.j2": "{% set mine = 1 %}{% include 'fr/mine.j2' %}{% if not proven %}{{ 1 / 0 }}{% endif %}",
    "fr/mine.j2": "{{ mine }}\n{{ yours }}",
    "fr/letter.j2": "{% if %}",
    "fr/words.toml": "join = 1\n[about]\nbiling = 'x'\n",
    "zz/email.j2": "",
}
FOUND = [
    "README:1: no template is called so",
    "de-ch/email.j2:1: no template is called so",
    "fr/email.j2:1: there is no 'nam' here",
    "fr/email.j2:2: there is no 'ways' here",
    "fr/lettre.j2:1: nothing includes it, and no template of the program is called so (did you mean 'fr/letter.j2'?)",
    "fr/mine.j2:2: there is no 'yours' here",
    "fr/words.toml:1: join: should be text",
    "fr/words.toml:3: about.biling is no key here (did you mean 'billing'?)",
    "zz/email.j2:1: there are no templates in the language zz; there are: de, en, es, fr, it, nl, pt",
    "fr/letter.j2:1: Expected an expression, got 'end of statement block'",
    "fr/note.j2:1: division by zero",
    "fr/listed.j2:1: 'str object' has no attribute 'x'",
]


def test_each_mistake_is_named_with_its_place(world: MaildirWorld) -> None:
    """What can be read in the file, wherever it stands; and what only a sample that leads there shows."""
    write(world, WRONG)

    assert sorted(checked(world)) == sorted(FOUND)
    assert checked(world, "fr/mine.j2") == ["fr/mine.j2:2: there is no 'yours' here"]


def test_the_gallery_is_printed(world: MaildirWorld) -> None:
    """That of the documentation, without one's own templates; or of the languages that are asked for."""
    write(world, {"fr/email.j2": "Bonjour"})

    assert world.type("templates", "gallery").stdout == (ROOT / "docs" / "gallery.md").read_text("utf-8")
    french = world.type("templates", "gallery", "fr").stdout
    assert "\n## In French\n" in french
    assert "\n## In English\n" not in french
