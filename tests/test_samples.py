"""The samples say what is so: systemd takes the units, and what they name exists."""

import re
import subprocess
from pathlib import Path

import click
import pytest
from program import ROOT, environment, require_installed

from noreply_analyzer import cli, config, errors

SYSTEMD = ROOT / "samples" / "systemd"
SERVICE = SYSTEMD / "noreply-analyzer.service"
TIMER = SYSTEMD / "noreply-analyzer.timer"
RELAXED = ("ProtectHome", "ReadWritePaths", "RestrictAddressFamilies", "SystemCallFilter", "SystemCallErrorNumber")
"""What could be closed further, and is not."""


def settings_of(unit: Path) -> dict[str, dict[str, list[str]]]:
    """Read a unit by the rules of systemd.syntax(7): sections, and settings that may stand there more than once."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in unit.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = match[1]
        elif line and not line.startswith(("#", ";")):
            key, equals, value = line.partition("=")
            assert section, line
            assert equals, line
            assert re.fullmatch(r"[A-Z]\w+", key), line
            found.setdefault(section, {}).setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("unit", [SERVICE, TIMER], ids=lambda path: path.name)
def test_systemd_takes_the_units(tmp_path: Path, unit: Path) -> None:
    """Without a warning: a key that it does not know would be left out in silence."""
    require_installed("systemd-analyze", package="systemd")
    program = tmp_path / ".local" / "bin" / "noreply-analyzer"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    (tmp_path / "run").mkdir(mode=0o700)
    done = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", str(unit)],
        env=environment(tmp_path, XDG_RUNTIME_DIR=str(tmp_path / "run")),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_units_fit_together() -> None:
    """The timer starts the service of its name, and is what gets enabled."""
    service, timer = settings_of(SERVICE), settings_of(TIMER)

    assert set(service) == {"Unit", "Service"}
    assert set(timer) == {"Unit", "Timer", "Install"}
    assert SERVICE.stem == TIMER.stem
    assert timer["Install"] == {"WantedBy": ["timers.target"]}
    assert service["Service"]["Type"] == ["oneshot"]


def test_the_service_types_what_exists() -> None:
    """Its command is one of ours, and takes those words."""
    (line,) = settings_of(SERVICE)["Service"]["ExecStart"]
    program, *words = line.split()
    context = click.Context(cli.main)
    name, command, rest = cli.main.resolve_command(context, words)

    assert program == "%h/.local/bin/noreply-analyzer"
    assert (name, rest) == ("run", [])
    assert command is not None
    command.make_context(name, rest)


def test_the_service_knows_how_a_run_ends() -> None:
    """Only "try again later" is no failure; and a run has ended by itself before it is stopped."""
    service = settings_of(SERVICE)["Service"]
    (stopped,) = service["TimeoutStartSec"]

    assert service["SuccessExitStatus"] == [str(errors.TryLaterError.exit_status)]
    assert int(stopped.removesuffix("min")) * 60 > config.Limits().run_seconds


def test_the_service_may_write_where_the_state_is() -> None:
    """And nowhere else in the home."""
    service = settings_of(SERVICE)["Service"]
    folder = config.state_path({"HOME": "%h"}).parent

    assert service["ReadWritePaths"] == [str(folder)]
    assert service["ProtectHome"] == ["read-only"]
    assert service["ProtectSystem"] == ["strict"]


@pytest.mark.parametrize("setting", RELAXED)
def test_what_is_left_open_has_its_reason_above_it(setting: str) -> None:
    """Whoever closes it knows what will no longer work."""
    lines = SERVICE.read_text("utf-8").splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith(f"{setting}=")]

    assert lines[place - 1].startswith("# ")


def test_the_way_of_a_password_is_told() -> None:
    """The credential, the file it comes from, and the path by which the configuration names it go together."""
    text = SERVICE.read_text("utf-8")
    handed = re.search(r"^#LoadCredential=(\w+):%h/\S+$", text, re.MULTILINE)
    named = re.search(r'^#   (\w+) = "/run/user/1000/credentials/([\w.-]+)/(\w+)"$', text, re.MULTILINE)

    assert handed
    assert named
    assert named.groups() == ("password_file", SERVICE.name, handed[1])
    assert named[1] in config.Account.__struct_fields__


def test_the_readme_names_every_sample() -> None:
    """Nobody finds the others."""
    text = (ROOT / "README.md").read_text("utf-8")
    samples = [path for path in (ROOT / "samples").rglob("*") if path.is_file()]

    assert len(samples) >= 3
    assert [path.name for path in samples if f"({path.relative_to(ROOT)})" not in text] == []
