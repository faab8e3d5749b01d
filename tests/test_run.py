"""Parts of a run that need no server: which exit status counts, and what is printed of strange names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from world import World

from noreply_analyzer.run import worst


@pytest.mark.parametrize(
    ("statuses", "counts"),
    [
        (set(), 0),
        ({0}, 0),
        ({0, 1}, 1),
        ({1, 75}, 75),
        ({75, 69}, 69),
        ({69, 74}, 74),
        ({74, 77}, 77),
        ({77, 78}, 78),
        ({65}, 65),
        ({1, 65, 75}, 75),
        ({78, 130}, 130),
    ],
)
def test_the_worst_status_counts(statuses: set[int], counts: int) -> None:
    """With several accounts the worst status is the exit status."""
    assert worst(statuses) == counts


def test_a_strange_file_name_steers_no_terminal(tmp_path: Path) -> None:
    """What is printed of a file's name is one line without control characters, and the status says what was read."""
    (tmp_path / "a\x1b]0;title\x07\nb.eml").write_bytes(b"")

    done = subprocess.run(
        [sys.executable, "-m", "noreply_analyzer", "scan", str(tmp_path)],
        capture_output=True,
        check=False,
        env=os.environ | {"HOME": str(tmp_path)},
    )

    assert done.returncode == 65
    assert done.stderr.count(b"\n") == 1
    assert b"\x1b" not in done.stderr
    assert b"b.eml" in done.stderr


@pytest.mark.dovecot
@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_each_way_to_be_secure(world: World, security: str, plain_port: int) -> None:
    """A run works over TLS, over STARTTLS, and on loopback without either."""
    world.security = security
    world.port = world.port if security == "tls" else plain_port
    if security == "none":
        world.ca = None
    world.write_config()

    done = world.run()

    assert (done.returncode, done.stderr) == (0, "")
