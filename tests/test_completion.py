"""What the shell offers while one types: in bash, zsh and fish, quickly, and never with an error."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from program import ROOT, environment, require_installed, typed

CONFIG = """
[registry]
directory = "~/mine"

[[accounts]]
name = "perso"
address = "anne@example.org"
host = "imap.example.org"
password_command = ["touch", "{home}/asked"]

[[accounts]]
name = "professionnel"
address = "anne@work.example"
host = "imap.work.example"
password_command = ["touch", "{home}/asked"]
"""
SHELLS = pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home with a configuration, a record of its own, and the program on its path."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "decathlete.toml").touch()
    folder = tmp_path / ".config" / "noreply-analyzer"
    (folder / "templates" / "fr").mkdir(parents=True)
    (folder / "templates" / "fr" / "hello.j2").touch()
    (folder / "config.toml").write_text(CONFIG.format(home=tmp_path), "utf-8")
    return tmp_path


def offered(home: Path, shell: str, *words: str, incomplete: str = "", **more: str) -> list[str]:
    """Ask as the script of this shell asks; nothing is to be said on standard error."""
    number = incomplete if shell == "fish" else str(len(words) + 1)
    asking = {
        "_NOREPLY_ANALYZER_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(["noreply-analyzer", *words, incomplete]),
        "COMP_CWORD": number,
    }
    done = typed(home, more=asking | more)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    if shell == "zsh":  # kind, word and description, each on its line
        return lines[1::3]
    return [line.partition(",")[2].partition("\t")[0] for line in lines if line]


@SHELLS
@pytest.mark.parametrize(
    ("words", "incomplete", "found"),
    [
        ((), "", ["check", "demo", "draft", "explain", "registry", "run", "scan", "setup", "state", "templates"]),
        (("registry",), "s", ["schema", "search", "show", "stats"]),
        (("state",), "f", ["forget"]),
        (("run",), "", ["perso", "professionnel"]),
        (("run",), "prof", ["professionnel"]),
        (("run", "perso"), "", ["professionnel"]),
        (("run", "--dry-run"), "pe", ["perso"]),
        (("state", "show"), "p", ["perso", "professionnel"]),
        (("state", "forget"), "per", ["perso"]),
        (("registry", "show"), "decat", ["decathlete", "decathlon"]),
        (("registry", "show"), "xyzzy", []),
        (("templates", "show"), "fr/l", ["fr/letter.j2", "fr/listed.j2"]),
        (("templates", "check"), "fr/he", ["fr/hello.j2"]),
        (("registry", "list", "--sector"), "t", ["telecom", "transport", "travel"]),
        (("--language",), "", ["fr", "en"]),
        (("run",), "--dr", ["--dry-run"]),
    ],
)
def test_a_shell_is_offered_what_there_is(
    home: Path, shell: str, words: tuple[str, ...], incomplete: str, found: list[str]
) -> None:
    """Commands, accounts, records with the user's own, sectors, options."""
    assert set(found) <= set(offered(home, shell, *words, incomplete=incomplete))
    if not incomplete.startswith("-"):
        assert sorted(offered(home, shell, *words, incomplete=incomplete)) == sorted(found)
    assert not (home / "asked").exists()


@SHELLS
def test_files_are_left_to_the_shell(home: Path, shell: str) -> None:
    """It knows better what the user means by ~ and *."""
    done = typed(
        home,
        more={
            "_NOREPLY_ANALYZER_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": "noreply-analyzer --config ",
            "COMP_CWORD": "" if shell == "fish" else "2",
        },
    )

    assert re.match(r"file[,\n]", done.stdout)


@SHELLS
def test_another_configuration_on_the_line_is_read(home: Path, shell: str) -> None:
    """As the shell will understand it, which has not expanded it yet."""
    (home / "other.toml").write_text(CONFIG.format(home=home).replace("perso", "autre"), "utf-8")

    for name in ("~/other.toml", "$HOME/other.toml", str(home / "other.toml")):
        assert offered(home, shell, "--config", name, "run", incomplete="a") == ["autre"]
    assert offered(home, shell, "run", incomplete="a", NOREPLY_ANALYZER_CONFIG=f"{home}/other.toml") == ["autre"]


@SHELLS
@pytest.mark.parametrize("broken", ["no toml [", "[[accounts]]\nname = 3", "[a" * 3000, "\x00", "é"])
def test_a_broken_configuration_completes_nothing(home: Path, shell: str, broken: str) -> None:
    """And says nothing: nobody can read it there."""
    (home / ".config" / "noreply-analyzer" / "config.toml").write_text(broken, "latin-1")

    assert offered(home, shell, "run") == []
    assert offered(home, shell, "registry", "show", incomplete="or") == []


@SHELLS
@pytest.mark.parametrize("named", ["nowhere.toml", "~nobody-at-all/x.toml", "pipe", "."])
def test_a_configuration_that_is_no_file_is_not_waited_for(home: Path, shell: str, named: str) -> None:
    """Neither a pipe nor a folder, nor somebody's home who does not exist."""
    os.mkfifo(home / "pipe")
    path = named if named.startswith("~") else str(home / named)

    assert offered(home, shell, "--config", path, "run") == []


@SHELLS
def test_own_records_that_cannot_be_listed_hide_no_others(home: Path, shell: str) -> None:
    """A folder that is a file."""
    config = home / ".config" / "noreply-analyzer" / "config.toml"
    config.write_text(config.read_text("utf-8").replace("~/mine", "~/mine/decathlete.toml"), "utf-8")

    assert offered(home, shell, "registry", "show", incomplete="decat") == ["decathlon"]


@SHELLS
def test_without_a_configuration_records_are_offered_all_the_same(tmp_path: Path, shell: str) -> None:
    """And nothing is written."""
    assert offered(tmp_path, shell, "registry", "show", incomplete="decat") == ["decathlon"]
    assert offered(tmp_path, shell, "run") == []
    assert list(tmp_path.iterdir()) == []


# Real shells --------------------------------------------------------------------------------------------------------


def line_for(shell: str) -> str:
    """Give the line that the README tells to put where the shell starts."""
    found = re.search(rf"^\| {shell}\b[^|]*\|[^|]*\| `(.*)` \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert found
    return found[1].replace("\\|", "|")


def said_by(shell: str, script: str, home: Path) -> str:
    """Run a script in the real shell, with the program on its path."""
    require_installed(shell, package=shell)
    program = home / "bin" / "noreply-analyzer"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m noreply_analyzer "$@"\n', "utf-8")
    program.chmod(0o755)
    plain = {"bash": ("--norc", "--noprofile"), "zsh": ("-f",), "fish": ("--no-config",)}[shell]
    path = f"{program.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [shell, *plain, "-c", script],
        env=environment(home, PATH=path, XDG_DATA_HOME=str(home / "data"), TERM="dumb"),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


def test_bash_completes(home: Path) -> None:
    """The function that the line defines, called as bash calls it."""
    calls = "".join(
        f"COMP_WORDS=({words}); COMP_CWORD={number}; COMPREPLY=()\n"
        '_noreply_analyzer_completion noreply-analyzer; echo "${COMPREPLY[*]}"\n'
        for words, number in (("noreply-analyzer run pro", 2), ("noreply-analyzer registry show decat", 3))
    )
    said = said_by("bash", f"{line_for('bash')}\ncomplete -p noreply-analyzer\n{calls}", home)

    assert said.splitlines() == [
        "complete -o nosort -F _noreply_analyzer_completion noreply-analyzer",
        "professionnel",
        "decathlete decathlon",
    ]


def test_fish_completes(home: Path) -> None:
    """As fish itself says it would."""
    asked = "\n".join(f"complete -C 'noreply-analyzer {words}'" for words in ("run pro", "registry show decat"))

    assert said_by("fish", f"{line_for('fish')}\n{asked}", home).split() == ["professionnel", "decathlete", "decathlon"]


def test_zsh_takes_the_line(home: Path) -> None:
    """It knows whom to ask then; what it is told is tested above."""
    script = f"autoload -Uz compinit && compinit -u -D\n{line_for('zsh')}\necho $_comps[noreply-analyzer]"

    assert said_by("zsh", script, home) == "_noreply_analyzer_completion\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(tmp_path: Path, shell: str) -> None:
    """Whatever the program is called by: its name on the line is the one that is installed."""
    done = typed(tmp_path, more={"_NOREPLY_ANALYZER_COMPLETE": f"{shell}_source"})

    assert (done.returncode, done.stderr) == (0, "")
    assert "_NOREPLY_ANALYZER_COMPLETE" in done.stdout
