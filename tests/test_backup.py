"""A copy of the state is whole, and an older one that is put back leads to no second draft."""

import shutil
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from dump_state import ANNE, INTENDED, PLACE, POSITION, SAVED, fill
from program import ROOT, environment
from test_once import deliver_bill, edited
from world import COLIS, World

from noreply_analyzer.state import State


def check(state: State) -> None:
    """See that all is there that `fill` wrote."""
    assert state.position(PLACE, "INBOX") == POSITION
    assert state.members(ANNE, SAVED.digest) == SAVED.keys
    assert state.open_intents(ANNE) == (INTENDED,)


def copied(path: Path, folder: Path, *suffixes: str) -> Path:
    """Copy the state, or the state with what lies beside it, as a backup program does."""
    folder.mkdir()
    for suffix in ("", *suffixes):
        shutil.copyfile(f"{path}{suffix}", folder / f"{path.name}{suffix}")
    return folder / path.name


def test_after_a_run_the_file_alone_is_all_there_is(tmp_path: Path) -> None:
    """No log beside it: whoever copies that one file has everything."""
    path = tmp_path / "state.sqlite3"
    with State.open(path) as state:
        fill(state)
    with State.open(copied(path, tmp_path / "backup")) as copy:
        check(copy)

    assert {file.name for file in tmp_path.iterdir()} == {"state.sqlite3", "state.sqlite3.lock", "backup"}


def test_a_copy_with_its_log_is_whole(tmp_path: Path) -> None:
    """Made while a run is at work, between two steps of it."""
    path = tmp_path / "state.sqlite3"
    with State.open(path) as state:
        fill(state)
        backup = copied(path, tmp_path / "backup", "-wal")
    with State.open(backup) as copy:
        check(copy)


KILLED = """
import os, signal, sys
from pathlib import Path
from dump_state import fill
from noreply_analyzer.state import State
fill(State.open(Path(sys.argv[1])))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_leaves_is_whole_with_its_log(tmp_path: Path) -> None:
    """Copied before any other run has put the log away."""
    path = tmp_path / "state.sqlite3"
    subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env=environment(tmp_path, PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}"),
        check=False,
        timeout=60,
    )
    with State.open(copied(path, tmp_path / "backup", "-wal")) as copy:
        check(copy)


@pytest.mark.dovecot
@pytest.mark.parametrize("mailbox", ["Brouillons", "&AMk-l&AOk-ments envoy&AOk-s"], ids=["in Drafts", "sent"])
@pytest.mark.parametrize("by_the_user", [False, True], ids=["as saved", "edited"])
def test_an_older_copy_leads_to_no_second_draft(world: World, mailbox: str, by_the_user: bool) -> None:  # noqa: FBT001
    """What was drafted since the copy lies in Drafts or Sent, and is found there; what is new is drafted."""
    deliver_bill(world, number="1")
    world.run()
    backup = copied(world.state, world.folder / "backup")
    deliver_bill(world, number="2", operator=COLIS)
    world.run()
    uid, second = draft_to(world, "colis-exemple")
    if by_the_user or mailbox != "Brouillons":
        world.delete("Brouillons", [uid])
        world.deliver(edited(second) if by_the_user else second.as_bytes(), mailbox=mailbox, flags=r"(\Draft)")
    lying = len(world.drafts())
    shutil.copyfile(backup, world.state)
    first, second_run = world.run(), world.run()

    assert (first.returncode, first.stderr) == (0, "")
    assert "there is an answer to it in" in first.stdout
    assert (second_run.returncode, second_run.stdout, second_run.stderr) == (0, "", "")
    assert len(world.drafts()) == lying


def draft_to(world: World, slug: str) -> tuple[int, EmailMessage]:
    """Give the draft to an operator, and its UID."""
    found = [(uid, draft) for uid, _flags, draft in world.fetch_all("Brouillons") if slug in draft["References"]]
    ((uid, draft),) = found
    return uid, draft


@pytest.mark.dovecot
def test_a_copy_made_in_the_middle_of_a_run_leads_to_no_second_draft(world: World) -> None:
    """The intent is in it, its outcome is not; the draft tells."""
    deliver_bill(world)
    world.run(dying="after-append")
    backup = copied(world.state, world.folder / "backup", "-wal")
    world.run()
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{backup}{suffix}", f"{world.state}{suffix}")
    first, second = world.run(), world.run()

    assert first.returncode == 0
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert len(world.drafts()) == 1
