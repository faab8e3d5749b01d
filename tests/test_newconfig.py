"""A configuration that `setup` writes: what is read is what was meant, and it is there whole or not at all."""

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noreply_analyzer import newconfig
from noreply_analyzer.config import load, parse
from noreply_analyzer.errors import ConfigError, OutputError, UsageError

ACCOUNT: dict[str, Any] = {
    "name": "perso",
    "address": "anne@example.org",
    "host": "imap.example.org",
    "port": 143,
    "security": "starttls",
    "password_command": ["pass", "show", 'mail/"anne"'],
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(name=TEXT, lines=st.lists(TEXT), word=TEXT)
def test_what_is_written_is_read_again(name: str, lines: list[str], word: str) -> None:
    """Whatever stands in it: quotation marks, control characters, line ends."""
    identity = {"name": name, "address": lines}
    account = ACCOUNT | {"password_command": ["pass", word]}
    text = newconfig.whole_text("fr", identity, account)

    assert tomllib.loads(text) == {"language": "fr", "identity": identity, "accounts": [account]}
    assert parse(tomllib.loads(text)).accounts[0].password_command == ("pass", word)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "# Mine.\n\n",
        'language = "fr"\n[dns]\nservers = []',
        '[[accounts]]\nname = "a"\naddress = "b@example.org"\npath = "~/Maildir"\n[accounts.operators.orange]\n',
        "[identity] # me\nname = 'Anne'\n\n\n",
    ],
)
def test_an_account_is_added_behind_what_is_there(before: str) -> None:
    """Not a letter of which changes."""
    text = newconfig.with_account(before, ACCOUNT, {"name": "Jean"}, "config.toml")
    table = tomllib.loads(text)
    *others, added = table.pop("accounts")

    assert text.startswith(before.strip())
    assert added == ACCOUNT | {"identity": {"name": "Jean"}}
    assert {"accounts": others} | table == {"accounts": []} | tomllib.loads(before)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("accounts = []", "add it by hand"),
        ('[[accounts]]\nname = "perso"\naddress = "b@example.org"\npath = "~/Maildir"', "two accounts have one name"),
    ],
)
def test_an_account_that_cannot_be_added(before: str, said: str) -> None:
    """It says why, and changes nothing."""
    with pytest.raises(ConfigError, match=said):
        newconfig.with_account(before, ACCOUNT, {}, "config.toml")


def files_in(folder: Path) -> dict[str, int]:
    """Name what is there, with its rights."""
    return {str(one.relative_to(folder)): stat.S_IMODE(one.stat().st_mode) for one in folder.rglob("*")}


def test_a_new_one(tmp_path: Path) -> None:
    """With its folder; all of it for nobody else."""
    path = tmp_path / "a" / "b" / "config.toml"
    newconfig.put(path, "x = 1\n", secrets={path.with_name("perso.password"): "secret"}, over=False)

    assert files_in(tmp_path) == {"a": 0o700, "a/b": 0o700, "a/b/config.toml": 0o600, "a/b/perso.password": 0o600}
    assert path.with_name("perso.password").read_text("utf-8") == "secret\n"


def test_one_that_takes_the_place_of_another(tmp_path: Path) -> None:
    """The other is kept; neither can be read by anybody else."""
    path, old = tmp_path / "config.toml", tmp_path / "config.toml.old"
    path.write_bytes(b"\xff before")
    newconfig.put(path, "x = 1\n", secrets={}, over=True, keep=old)

    assert (path.read_text("utf-8"), old.read_bytes()) == ("x = 1\n", b"\xff before")
    assert files_in(tmp_path) == {"config.toml": 0o600, "config.toml.old": 0o600}


def test_one_that_is_kept_elsewhere(tmp_path: Path) -> None:
    """A link to it stays one, and the file its rights."""
    (tmp_path / "dotfiles").write_text("", "utf-8")
    (tmp_path / "dotfiles").chmod(0o640)
    path = tmp_path / "config.toml"
    path.symlink_to("dotfiles")
    newconfig.put(path, "x = 1\n", secrets={}, over=True)

    assert path.is_symlink()
    assert path.read_text("utf-8") == "x = 1\n"
    assert files_in(tmp_path)["dotfiles"] == 0o640


def no_folder(folder: Path) -> Path:
    """A file stands where a folder would have to be."""
    (folder / "file").write_text("", "utf-8")
    return folder / "file" / "config.toml"


def no_name(folder: Path) -> Path:
    """The name of the configuration is longer than any."""
    return folder / "new" / ("x" * 300)


def not_new(folder: Path) -> Path:
    """Somebody has written it meanwhile."""
    (folder / "config.toml").write_text("mine", "utf-8")
    return folder / "config.toml"


@pytest.mark.parametrize(
    ("place", "error"),
    [(no_folder, OutputError), (no_name, OutputError), (not_new, UsageError)],
    ids=["no-folder", "no-name", "not-new"],
)
def test_where_it_cannot_be_written_nothing_is_left_behind(tmp_path: Path, place: Any, error: type[Exception]) -> None:  # noqa: ANN401
    """Neither the password nor a folder; what was there is as it was."""
    path = place(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}

    with pytest.raises(error, match=r"cannot be written|there already"):
        newconfig.put(path, "x = 1\n", secrets={tmp_path / "perso.password": "secret"}, over=False)

    assert {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)} == before


def test_a_name_that_is_free(tmp_path: Path) -> None:
    """A password that lies there is never written over, nor is a link to nowhere followed."""
    path = tmp_path / "perso.password"
    assert newconfig.free(path) == path
    path.touch()
    assert newconfig.free(path) == tmp_path / "perso-2.password"
    (tmp_path / "perso-2.password").symlink_to("nowhere")
    assert newconfig.free(path) == tmp_path / "perso-3.password"


def test_the_short_configuration_is_one(tmp_path: Path) -> None:
    """As `load` reads it, with what was left empty at its default."""
    path = tmp_path / "config.toml"
    newconfig.put(path, newconfig.whole_text("en", {}, ACCOUNT), secrets={}, over=False)
    settings = load(path, account_needed=True)

    assert settings.accounts[0].effective_port == 143
    assert settings.identity.name == ""
