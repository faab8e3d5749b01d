"""The demo: a whole mailbox through the real thing; each of its messages says what is to become of it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from io import StringIO
from pathlib import Path

import pytest

from noreply_analyzer import demo, staging
from noreply_analyzer.errors import UsageError
from noreply_analyzer.supplies import now

DRAFTS = 5
DAY = r"\d{1,2}(?:er)?\s\w+\s\d{4}"
SUBJECTS = (
    rf"Question sur ma livraison – votre message du {DAY}",
    r"À poster : votre question à Télécom Exemple \(incidents, deux messages\)",
    rf"À poster : votre question à Trains Exemple \(rendez-vous, message du {DAY}\)",
    rf"À poster : votre question à Télécom Exemple \(facture du {DAY}\)",
    rf"À poster : votre question à Énergie Exemple \(contrat, message du {DAY}\)",
)
LETTER = (
    rf": À poster : votre question à Télécom Exemple \(facture du {DAY}\)",
    rf"Télécom Exemple vous a écrit le {DAY} \(«\sVotre facture du\s\d",
    r"«\sMerci de ne\s+pas répondre à ce message\s»",
    r"Le message vient bien d’eux \(signature de\s+telecom\.example vérifiée\)",
    r"par courrier : Service Clients, TSA 00000, 00000 VILLE CEDEX",
    r"par téléphone : 01 99 00 19 99, lundi-samedi 8 h-20 h",
    r"Sans réponse sous un mois",
    r" {30,}Service Clients\n {30,}TSA 00000\n {30,}00000 VILLE CEDEX\n",
    rf"La Rochelle, le {DAY}",
    rf"Objet\s: question sur ma facture du {DAY}\n",
    r"client n°\s4455667788",
    r"\[votre question ici",
    r"mes salutations distinguées",
)
"""What Anne's letter says, whatever language the program speaks."""


@dataclass(frozen=True)
class Played:
    """What one play of the demo printed, as a command."""

    language: str
    out: str
    err: str
    status: int
    seconds: float
    left: list[str]
    """What it left in its home and in the folder for temporary files."""

    @property
    def flowing(self) -> str:
        """The output, its lines joined: where a line breaks depends on the length of a month's name."""
        return " ".join(self.out.split())


def surroundings(folder: Path) -> dict[str, str]:
    """Give an environment in which everything that could be written would be found."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "NOREPLY_"))}
    return kept | {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def command(language: str) -> list[str]:
    """Give the command; a warning would end it."""
    return [sys.executable, "-W", "error", "-m", "noreply_analyzer", "--language", language, "demo"]


@pytest.fixture(scope="module", params=["fr", "en"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play the demo in each language, once."""
    folder = tmp_path_factory.mktemp("home")
    started = time.monotonic()
    done = subprocess.run(
        command(request.param),
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=surroundings(folder),
        timeout=100,
    )
    return Played(
        language=request.param,
        out=done.stdout,
        err=done.stderr,
        status=done.returncode,
        seconds=time.monotonic() - started,
        left=[str(path.relative_to(folder)) for path in folder.rglob("*")],
    )


def test_the_demo_ends_well_and_quietly(played: Played) -> None:
    """Exit status 0, nothing on standard error, no warning; well under ten seconds on a machine that is not busy."""
    assert (played.status, played.err) == (0, "")
    assert played.seconds < 30


def test_the_demo_leaves_nothing_behind(played: Played) -> None:
    """No state, no configuration, no temporary file; and no path of this machine in what it says."""
    assert played.left == []
    assert not re.search(r"/(tmp|home|root|var)/", played.out)


def test_the_drafts_are_listed(played: Played) -> None:
    """The list names exactly the drafts that are to be made: one letter for both outages, none for the statement."""
    listed = re.findall(r"^  (?! )(.*)$", played.out, re.MULTILINE)

    assert len(listed) == DRAFTS
    assert all(re.fullmatch(pattern, line) for pattern, line in zip(SUBJECTS, listed, strict=True))


@pytest.mark.parametrize("line", LETTER)
def test_the_letter_to_the_telephone_company_is_shown(played: Played, line: str) -> None:
    """Anne's letter stands on the screen as it lies in her drafts mailbox."""
    shown = "\n".join(re.findall(r"^    ?(.*)$", played.out, re.MULTILINE))

    assert re.search(line, shown) or re.search(line, played.flowing)


def test_it_says_what_is_staged(played: Played) -> None:
    """In the language that was asked for."""
    assert ("Staged: the server" in played.out) == (played.language == "en")
    assert ("5 drafts in Brouillons as before" in played.out) == (played.language == "en")


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    """It ends with 130 and a sentence, and takes its folder with it."""
    with subprocess.Popen(
        command("en"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=surroundings(tmp_path)
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _rest, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert re.fullmatch(r"noreply-analyzer: (perso: )?interrupted[^\n]*\n", err)
    assert list(tmp_path.iterdir()) == []


def test_without_its_mail_server_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is an extra."""
    monkeypatch.setitem(sys.modules, "pymap", None)

    with pytest.raises(UsageError, match=r"pip install 'noreply-analyzer\[demo\]'"):
        demo.play(StringIO())


# What becomes of each message -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """Both runs, looked at from inside."""

    stage: demo.Stage
    first: demo.Outcome
    drafts: list[demo.Draft]
    second: demo.Outcome
    said_again: str
    drafts_again: list[demo.Draft]


@pytest.fixture(scope="module", params=[None, datetime(2028, 3, 3, 23, 5, tzinfo=UTC)], ids=["today", "leap year"])
def seen(request: pytest.FixtureRequest) -> Iterator[Seen]:
    """Play it today, and just after midnight on a day with a bill of 1 March and outages on both sides of it."""
    clock = (lambda: request.param) if request.param else now
    with demo.Stage.set_up(clock) as stage:
        first = stage.run(StringIO())
        drafts = list(stage.drafts())
        again = StringIO()
        second = stage.run(again)
        yield Seen(stage, first, drafts, second, again.getvalue(), list(stage.drafts()))


@pytest.mark.parametrize("expected", staging.entries(), ids=lambda entry: entry.file.removesuffix(".eml"))
def test_each_message_meets_its_decision(seen: Seen, expected: staging.Entry) -> None:
    """demo_data/mailbox.toml says of each message what the policy has to do about it, and by which rule."""
    raw = next(arrival.raw for arrival in seen.stage.mail.arrivals if arrival.entry == expected)
    met = [
        entry for entry in seen.first.entries if f"Message-ID: {entry.analysis.message.message_id}\r".encode() in raw
    ]

    if expected.action == "unopened":
        assert met == []
        return
    (entry,) = met
    decision = entry.analysis.decision
    assert (decision.action, decision.rule) == (expected.action, expected.rule), decision.reason
    assert not expected.topic or entry.analysis.topic == expected.topic
    assert bool(entry.draft) == (expected.action == "draft")


def test_the_first_run_saves_one_draft_for_each_matter(seen: Seen) -> None:
    """Six messages are to be answered, two of them in one letter; the run ends with 0."""
    assert (seen.first.status, seen.first.troubles) == (0, [])
    assert len(seen.first.saved) == len(seen.drafts) == DRAFTS
    assert {draft.message.message_id for draft in seen.drafts} == {saved.message_id for saved in seen.first.saved}


def test_only_who_takes_mail_gets_mail(seen: Seen) -> None:
    """One operator takes e-mail; every other draft is a letter, and lies there addressed to Anne herself."""
    to = sorted(draft.message.first("to") for draft in seen.drafts)

    assert to == ["Anne Martin <anne@example.org>"] * (DRAFTS - 1) + ["Colis Exemple <service.client@colis.example>"]


def test_the_second_run_makes_nothing_twice(seen: Seen) -> None:
    """Nothing is said but that it waits for room, and that not again; the drafts are byte for byte the same."""
    assert [entry.analysis.decision.rule for entry in seen.second.entries] == ["drafts-full"]
    assert (seen.second.troubles, seen.said_again) == ([], "")
    assert seen.drafts_again == seen.drafts


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("Énergie Exemple", "à vérifier"),
        ("Trains Exemple", "[adresse du service client : voir votre facture]"),
        ("incidents, deux messages", "la panne de votre ligne se prolonge"),
    ],
)
def test_each_letter_says_how_far_it_can_be_trusted(seen: Seen, subject: str, line: str) -> None:
    """A reported address is to be verified, an unknown one is a blank, and what shares a letter is listed."""
    draft = next(draft for draft in seen.drafts if subject in draft.message.subject)

    assert line in " ".join(draft.text.split())


# The templates ----------------------------------------------------------------------------------------------------

BILL_DAY = datetime(2028, 7, 30, 8, 12, tzinfo=staging.ZONE)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{date}", "Sun, 30 Jul 2028 08:12:00 +0200"),
        ("{day}", "30 juillet"),
        ("{day+2}", "1er août"),
        ("{day+2|word}", "1er_ao=C3=BBt"),
        ("{day+2|qp}", "1er ao=C3=BBt"),
        ("{day-180}", "1er février"),
        ("{iso-30}", "2028-06-30"),
        ("{compact}", "20280730"),
        # Not ours.
        ("p { color: red }", "p { color: red }"),
        ("{days}", "{days}"),
        ("{day+}", "{day+}"),
    ],
)
def test_dates_are_filled_in(template: str, filled: str) -> None:
    """The mail is of this week whenever the demo is played; encodings keep their alphabet."""
    assert staging.fill(template, BILL_DAY) == filled


def data() -> dict[str, str]:
    """Give every file of the demo by its name."""
    folder = files("noreply_analyzer") / "demo_data"
    inner = [entry for part in folder.iterdir() if part.is_dir() for entry in part.iterdir()]
    outer = [entry for entry in folder.iterdir() if entry.is_file()]
    return {entry.name: entry.read_text("utf-8") for entry in (*inner, *outer)}


def test_every_message_lies_in_the_mailbox() -> None:
    """No template is forgotten, and none is asked for that is not there."""
    assert sorted(name for name in data() if name.endswith(".eml")) == sorted(one.file for one in staging.entries())


RESERVED = re.compile(r"(?:.*\.)?(?:example|invalid|test|example\.(?:org|net|com))")
"""RFC 2606: nobody can be written to under these names."""
FICTION = re.compile(r"\+33(?:19900|26191|35301|46571|53649|63998)\d{4}")
"""Numbers that the French regulator keeps for fiction."""


def test_nobody_in_the_demo_exists() -> None:
    """Addresses and pages lie under reserved names, telephones in the ranges for fiction, towns nowhere."""
    text = "\n".join(data().values()).replace("=\n", "")  # quoted-printable breaks lines anywhere
    hosts = re.findall(r"@([\w.-]+\w)", text) + re.findall(r"https?://([\w.-]+\w)", text)

    assert hosts
    assert [host for host in hosts if not RESERVED.fullmatch(host)] == []
    phones = re.findall(r"\+\d{6,}", text)
    assert phones
    assert [phone for phone in phones if not FICTION.fullmatch(phone)] == []
    assert re.findall(r"\b(?!00000)\d{5} VILLE", text) == []
