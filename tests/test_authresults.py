"""The provider's word: which field counts, what it says, and what follows from it."""

import re
import time
import tomllib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import (
    NOW,
    PROVEN,
    UNSIGNED,
    a_channel,
    a_mailbox,
    a_message,
    a_reading,
    an_analysis,
    an_operator,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from world import NOTICE, TELECOM, World, mail, text_of

from noreply_analyzer.authentication import Authentication, Result, Standing
from noreply_analyzer.authres_syntax import MAX_FIELD, is_authserv_id, read_field
from noreply_analyzer.authresults import MAX_FIELDS, Said, hear, provider_name, seen, weigh
from noreply_analyzer.briefing import brief_for
from noreply_analyzer.config import Account, Settings
from noreply_analyzer.detection import Overrides
from noreply_analyzer.equipment import preferences_for
from noreply_analyzer.message import Message
from noreply_analyzer.policy import Action, Analysis, Circumstances, Preferences, Reading, analyze
from noreply_analyzer.registry import Choice, Registry

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = tomllib.loads((HERE / "spoof" / "authresults.toml").read_text("utf-8"))["case"]
MX = ("mx.example.org",)
PASS = "Authentication-Results: mx.example.org; dmarc=pass header.from=telecom.example\r\n"


def bill_with(fields: str) -> Message:
    """Give an unsigned bill of Télécom Exemple with *fields* on top."""
    head = fields.strip("\n").replace("\r\n", "\n").replace("\n", "\r\n").removesuffix("\r\n")
    return Message.from_bytes(
        f"{head}\r\nFrom: noreply@telecom.example\r\nSubject: Votre facture\r\n\r\n.\r\n".encode()
    )


def written(said: Said | None) -> str:
    """Give what was heard as the table has it."""
    return f"{said.dmarc} {said.domain}" if said else ""


# Which field counts, and what it says -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_each_field_is_heard_as_written(case: dict[str, Any]) -> None:
    """Whose field it is, where it stands, what it says; accepted and refused side by side."""
    assert set(case) <= {"what", "fields", "authserv_ids", "received_by", "heard"}
    said = hear(bill_with(case["fields"]), case.get("authserv_ids", MX), case.get("received_by", ()))

    assert written(said) == case["heard"]


def test_the_table_has_both_sides() -> None:
    """As many tricks as honest shapes, at least; and no two rows with one name."""
    heard = [case["heard"] for case in CASES]

    assert heard.count("pass telecom.example") > 10
    assert heard.count("") > 40
    assert len({case["what"] for case in CASES}) == len(CASES)


@dataclass(frozen=True, kw_only=True)
class Provided:
    """A message as a provider delivers it, and what is expected of it."""

    name: str
    raw: bytes
    expected: dict[str, Any]


def provided(path: Path) -> Provided:
    """Read a mail of ``messages/providers`` with its expectation, which lies beside it."""
    expected = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    return Provided(name=path.stem, raw=path.read_bytes(), expected=expected)


PROVIDED = [provided(path) for path in sorted((HERE / "messages" / "providers").glob("*.eml"))]


@pytest.mark.parametrize("one", PROVIDED, ids=lambda one: one.name)
def test_each_providers_mail_is_judged_as_expected(one: Provided) -> None:
    """In the order and the shape that the fields have in life."""
    message, expected = Message.from_bytes(one.raw), one.expected
    proof = weigh(message, UNSIGNED, hear(message, expected["authserv_ids"], expected["received_by"]))

    assert proof.standing == expected["standing"]
    assert list(seen(message, expected["received_by"])) == expected["seen"]
    established = proof.standing is not Standing.NOT_ESTABLISHED
    assert (proof.method, proof.checked_by) == (("dmarc", expected["authserv_ids"][0]) if established else ("", "us"))


@pytest.mark.parametrize("one", PROVIDED, ids=lambda one: one.name)
def test_nothing_is_read_where_nothing_is_pinned(one: Provided) -> None:
    """Never by default; naming the hosts alone pins nobody."""
    assert hear(Message.from_bytes(one.raw), (), one.expected["received_by"]) is None


def test_no_more_fields_are_read_than_a_provider_writes() -> None:
    """What stands below sixteen others is not looked at."""
    other = "Authentication-Results: other.example; none\r\n"

    assert hear(bill_with(other * (MAX_FIELDS - 1) + PASS), MX, ()) is not None
    assert hear(bill_with(other * MAX_FIELDS + PASS), MX, ()) is None
    assert len(seen(bill_with("".join(f"Authentication-Results: a{n}; none\r\n" for n in range(50))), ())) == MAX_FIELDS


def test_a_field_that_is_too_long_says_nothing_and_still_decides() -> None:
    """A sender who can make the true field long must not bring his own to be heard."""
    long = PASS.replace("pass", f"fail ({'x' * MAX_FIELD})")

    assert hear(bill_with(long + PASS), MX, ()) is None
    assert written(hear(bill_with(PASS.replace("pass", f"pass ({'x' * 7000})")), MX, ())) == "pass telecom.example"


def test_ids_are_seen_where_they_would_count_and_nowhere_else() -> None:
    """What `check` shows to a user who does not know what to pin."""
    message = bill_with(
        "Authentication-Results: MX.example.org; none\r\n"
        "Authentication-Results: spf=pass smtp.mailfrom=x\r\n"
        "Authentication-Results: microsoft; none\r\n"
        "Received: from a.example by mx.example.org; Fri, 20 Nov 2026 08:00:00 +0100\r\n"
        "Authentication-Results: mx.example.org; none\r\n"
        "Authentication-Results: inner.example.org; none\r\n"
        "Received: from b.example by foreign.example; Fri, 20 Nov 2026 08:00:00 +0100\r\n"
        "Authentication-Results: forged.example; none\r\n"
    )

    assert seen(message, ()) == ("MX.example.org", "microsoft")
    assert seen(message, ("example.org",)) == ("MX.example.org", "microsoft", "mx.example.org", "inner.example.org")


# Any bytes --------------------------------------------------------------------------------------------------------

PIECES = (
    *("Authentication-Results:", "mx.example.org", "dmarc=pass", "dmarc=fail", "header.from=telecom.example", "none"),
    *(
        ";",
        " ",
        "(",
        ")",
        '"',
        "\\",
        "=",
        "\r\n ",
        "\t",
        "reason=",
        "spf=pass",
        "smtp.mailfrom=",
        "1",
        "\x00",
        "é",
        ",",
    ),
    *("Received: from a by mx.example.org; x", "Received: by evil.example", "\r\n", "\u00a0", "'", "@", ".", "/"),
)
soup = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(max_examples=400)
@given(junk=st.one_of(soup.map(str.encode), st.binary(max_size=300)), inside=st.booleans())
def test_any_bytes_are_heard_without_an_error_and_prove_only_what_is_there(junk: bytes, *, inside: bool) -> None:
    """A pass stands in the field in so many letters, with the domain that it is about."""
    raw = b"Authentication-Results: mx.example.org; " + junk + b"\r\nFrom: noreply@telecom.example\r\n\r\n.\r\n"
    message = Message.from_bytes(raw)
    hosts = ("example.org",) if inside else ()
    said = hear(message, MX, hosts)
    seen(message, hosts)

    if said and said.dmarc is Result.PASS:
        assert re.search(rb"dmarc(/0*1)?=pass", junk, re.IGNORECASE)
    if said and said.domain == "telecom.example":
        assert re.search(rb'header\.from="?telecom\.example', junk, re.IGNORECASE)


@settings(max_examples=200)
@given(st.sampled_from("()\"\\;= ,<>'.x\u00e9\u200b\x00"), st.integers(0, 70))
def test_one_sign_anywhere_never_makes_a_pass_for_another(sign: str, place: int) -> None:
    """Between any two letters of a field about somebody else."""
    field = "mx.example.org; dmarc=pass header.from=telecom.example.attack.example"
    said = hear(bill_with(f"Authentication-Results: {field[:place]}{sign}{field[place:]}"), MX, ())

    assert said is None or not (said.dmarc is Result.PASS and said.domain == "telecom.example")


@pytest.mark.parametrize(
    "piece", ["(", "()", '"', '""', "\\", ";", " ", "a", "a=b ", "(\\", '"\\', "a;", " x-a=b", "x.y=z ", ";a=b"]
)
def test_reading_takes_time_in_proportion(piece: str) -> None:
    """Sixteen fields as long as any may be, below a Received that is as long, of whatever is costly elsewhere."""
    filling = piece * (MAX_FIELD // len(piece))
    trace = f"Received: from x ({filling}) by mx.example.org; x\r\n"
    fields = f"{trace}Authentication-Results: other.example; {filling}\r\n" * (2 * MAX_FIELDS)
    message = bill_with(fields)
    started = time.perf_counter()
    hear(message, MX, ("example.org",))
    seen(message, ())

    assert time.perf_counter() - started < 0.5


# What follows from it ---------------------------------------------------------------------------------------------

SAID_PASS = Said(authserv_id="mx.example.org", dmarc=Result.PASS, domain="telecom.example")
SAID_FAIL = replace(SAID_PASS, dmarc=Result.FAIL)
BROKEN = Authentication(result=Result.FAIL, standing=Standing.NOT_ESTABLISHED, reason="the signature does not match")
LATER = Authentication(result=Result.TEMPERROR, standing=Standing.NOT_ESTABLISHED, reason="SERVFAIL")


@pytest.mark.parametrize("ours", [UNSIGNED, BROKEN, LATER, PROVEN], ids=["unsigned", "broken", "later", "proven"])
def test_a_pinned_pass_proves_and_a_pinned_fail_contradicts(ours: Authentication) -> None:
    """Whatever we found ourselves; the contradiction names who says so."""
    passed, failed = (weigh(a_message(), ours, said) for said in (SAID_PASS, SAID_FAIL))

    assert passed == Authentication(
        result=Result.PASS,
        standing=Standing.PROVEN,
        domain="telecom.example",
        method="dmarc",
        checked_by="mx.example.org",
        signatures=ours.signatures,
    )
    assert (failed.result, failed.standing, failed.domain) == (Result.FAIL, Standing.CONTRADICTED, "")
    assert (failed.method, failed.checked_by) == ("dmarc", "mx.example.org")
    assert failed.reason == "mx.example.org says that telecom.example did not write it (dmarc=fail)"


@pytest.mark.parametrize(
    "said",
    [
        None,
        *(replace(SAID_PASS, dmarc=result) for result in Result if result not in {Result.PASS, Result.FAIL}),
        *(replace(said, domain=other) for said in (SAID_PASS, SAID_FAIL) for other in ("", "attack.example")),
        replace(SAID_PASS, domain="mail.telecom.example"),
        replace(SAID_PASS, domain="example"),
    ],
)
@pytest.mark.parametrize("ours", [UNSIGNED, LATER, PROVEN], ids=["unsigned", "later", "proven"])
def test_anything_else_changes_nothing(ours: Authentication, said: Said | None) -> None:
    """No result, one that is neither yes nor no, or one about another domain, be it above or below the author's."""
    assert weigh(a_message(), ours, said) is ours


def test_a_doubtful_author_is_proven_by_nobody() -> None:
    """Two From fields: the provider may have read another one than the reader is shown."""
    message = Message.from_bytes(f"{PASS}From: noreply@telecom.example\r\nFrom: x@attack.example\r\n\r\n.".encode())
    contradicted = Authentication(result=Result.PERMERROR, standing=Standing.CONTRADICTED, reason="two From fields")

    assert message.author is None
    assert weigh(message, contradicted, hear(message, MX, ())) is contradicted
    assert weigh(a_message(author=None), UNSIGNED, SAID_PASS) is UNSIGNED


def test_a_reason_is_repeated_on_one_short_line() -> None:
    """In the sentence that a user reads; it is the provider's text, and may hold a sender's."""
    said = hear(bill_with(PASS.replace("pass", f'fail reason="no DKIM {"x" * 200}"')), MX, ())
    steering = hear(bill_with(PASS.replace("pass", 'fail reason="no \u202e DKIM"')), MX, ())
    reason = weigh(a_message(), UNSIGNED, said).reason

    assert reason.startswith("mx.example.org says that telecom.example did not write it (dmarc=fail, no DKIM xx")
    assert len(reason) < 200
    assert steering is None


def test_a_provider_without_an_id_has_a_name() -> None:
    """In sentences; scripts read the name that the configuration uses."""
    assert provider_name("microsoft") == "Microsoft"
    assert provider_name("mx.google.com") == "mx.google.com"


# In the policy ----------------------------------------------------------------------------------------------------


class Tools:
    """Tools that answer what they were told to, and count how often they were asked."""

    def __init__(self, answer: Authentication) -> None:
        self.answer = answer
        self.asked = 0

    def read(self, raw: bytes, overrides: Overrides) -> Reading:
        """Do nothing: `analyze` is handed what was read."""
        raise NotImplementedError

    def prove(
        self, raw: bytes, message: Message, *, at: datetime, arrived: datetime | None = None, every: bool = False
    ) -> Authentication:
        """Give the answer."""
        del raw, message, at, arrived, every
        self.asked += 1
        return self.answer


def analyzed(tools: Tools, *fields: tuple[str, str], prove_all: bool = False, **about: Any) -> Analysis:  # noqa: ANN401
    """Walk a bill with *fields* on top to its decision; *about* are fields of `Message` and of `Preferences`."""
    wishes: dict[str, Any] = {key: about.pop(key) for key in ("authserv_ids", "unproven") if key in about}
    return analyze(
        b"raw",
        a_reading(a_message(fields=fields, **about)),
        circumstances=Circumstances(now=NOW, received=NOW - timedelta(days=1)),
        preferences=Preferences(**{"authserv_ids": MX} | wishes),
        registry=Registry.of([an_operator()]),
        tools=tools,
        prove_all=prove_all,
    )


def a_field(result: str, author: str = "telecom.example") -> tuple[str, str]:
    """Give the provider's field."""
    return "authentication-results", f"mx.example.org; dmarc={result} header.from={author}"


@pytest.mark.parametrize(
    ("result", "ours", "rule"),
    [
        ("pass", UNSIGNED, "unanswerable-proven"),
        ("pass", BROKEN, "unanswerable-proven"),
        ("pass", LATER, "unanswerable-proven"),
        ("fail", UNSIGNED, "contradicted"),
        ("fail", PROVEN, "contradicted"),
        ("none", UNSIGNED, "unproven"),
        ("none", PROVEN, "unanswerable-proven"),
        ("none", LATER, "dns-later"),
        ("temperror", UNSIGNED, "unproven"),
        ("temperror", LATER, "dns-later"),
        ("bestguesspass", UNSIGNED, "unproven"),
    ],
)
def test_the_providers_word_decides_what_is_done(result: str, ours: Authentication, rule: str) -> None:
    """A yes drafts, also where the DNS would have to be waited for; a no tells; the rest leaves it to us."""
    analysis = analyzed(Tools(ours), a_field(result))

    assert analysis.decision.rule == rule
    assert (analysis.operator is not None) is (rule == "unanswerable-proven")


def test_a_contradicted_author_is_told_with_the_name_of_who_says_so() -> None:
    """Also to a user who wants drafts for unproven senders."""
    analysis = analyzed(Tools(PROVEN), a_field("fail"), unproven=Action.DRAFT)

    assert analysis.decision.action is Action.TELL
    assert "mx.example.org" in analysis.decision.reason


def test_without_a_pin_the_field_is_not_read() -> None:
    """A scan of files has none."""
    assert analyzed(Tools(UNSIGNED), a_field("pass"), authserv_ids=()).decision.rule == "unproven"
    assert analyzed(Tools(PROVEN), a_field("fail"), authserv_ids=()).decision.rule == "unanswerable-proven"
    assert preferences_for(Settings(), None).authserv_ids == ()


def test_preferences_are_those_of_the_account() -> None:
    """What is pinned for one account is believed for no other."""
    account = Account(
        name="a", address="a@example.org", host="h", password_env="X", authserv_ids=MX, received_by=("example.org",)
    )
    preferences = preferences_for(Settings(), account)

    assert (preferences.authserv_ids, preferences.received_by) == (MX, ("example.org",))


@pytest.mark.parametrize(("result", "asked"), [("pass", 0), ("fail", 0), ("none", 1), ("temperror", 1)])
def test_the_dns_is_not_asked_where_the_provider_has_decided(result: str, asked: int) -> None:
    """No look-up tells anybody of a message whose author is known; its signatures are named as not checked."""
    tools = Tools(PROVEN)
    signature = ("dkim-signature", "v=1; a=rsa-sha256; d=telecom.example; s=a; h=from:subject; bh=AAAA; b=AAAA")
    analysis = analyzed(tools, a_field(result), signature)

    assert tools.asked == asked
    if not asked:
        (named,) = analysis.authentication.signatures
        assert (named.sdid, named.selector, named.result) == ("telecom.example", "a", Result.NEUTRAL)
        assert named.reason == "it was not checked, for your provider has decided"


def test_whoever_wants_to_see_everything_has_the_signatures_checked_too() -> None:
    """The provider's word decides all the same."""
    tools = Tools(BROKEN)
    analysis = analyzed(tools, a_field("pass"), prove_all=True)

    assert tools.asked == 1
    assert (analysis.authentication.standing, analysis.authentication.method) == (Standing.PROVEN, "dmarc")


def test_a_word_about_a_stranger_in_an_operators_name_helps_nobody() -> None:
    """A true DMARC pass of the look-alike's own domain: it is who it is, and no operator."""
    stranger = a_mailbox("noreply@telecom-exemple.example")
    analysis = analyzed(Tools(UNSIGNED), a_field("pass", "telecom-exemple.example"), author=stranger)

    assert analysis.decision.rule == "look-alike"
    assert analysis.operator is None


@pytest.mark.parametrize(
    ("proofs", "checked_by"),
    [
        ((PROVEN,), ("us",)),
        ((weigh(a_message(), UNSIGNED, SAID_PASS),), ("mx.example.org",)),
        ((PROVEN, weigh(a_message(), PROVEN, SAID_PASS), PROVEN), ("us", "mx.example.org")),
    ],
)
def test_a_draft_knows_whose_word_it_repeats(proofs: tuple[Authentication, ...], checked_by: tuple[str, ...]) -> None:
    """For all messages that it answers: its note must be true of each."""
    choice = Choice(channel=a_channel())
    analyses = [an_analysis(authentication=proof, choice=choice) for proof in proofs]
    account = Account(name="a", address="a@example.org", host="h", password_env="X")
    brief = brief_for(analyses, account=account, settings=Settings(), registry=Registry.of([an_operator()]), now=NOW)

    assert (brief.proven_by, brief.checked_by) == ("telecom.example", checked_by)


# What is written like an id ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["mx.example.org", "OpenDMARC", "microsoft", "a", "mx-1_a.example/2", "[192.0.2.1]"])
def test_what_can_be_pinned_can_be_in_a_field(text: str) -> None:
    """Each id that the configuration accepts is found."""
    field = read_field(f"{text}; none")

    assert is_authserv_id(text)
    assert field is not None
    assert field.authserv_id == text


# On a real server -------------------------------------------------------------------------------------------------


def unsigned_bill(world: World, *fields: str) -> bytes:
    """Write a bill without a signature, with *fields* on top."""
    text = f"Votre facture n° 1 est disponible.\n{NOTICE}"
    date = world.now - timedelta(hours=3)
    raw = mail(TELECOM.author, "Votre facture n° 1", text, date=date, message_id="<b1@telecom.example>")
    return "".join(f"{field}\r\n" for field in fields).encode() + raw


OWN_RECEIVED = "Received: from mta.telecom.example ([192.0.2.7]) by mx.example.org with ESMTPS; x"
FOREIGN_RECEIVED = "Received: from x.attack.example by mta.attack.example with ESMTPS; x"


@pytest.mark.dovecot
def test_an_unsigned_bill_that_the_provider_vouches_for_is_drafted(world: World) -> None:
    """The DNS knows nothing of it, and the note says whose word it is."""
    world.account = {"authserv_ids": list(MX), "received_by": ["example.org"]}
    world.write_config()
    world.deliver(unsigned_bill(world, OWN_RECEIVED, PASS.strip()))

    (found, _summary) = world.run_json()

    assert (found["decision"]["action"], found["decision"]["rule"]) == ("draft", "unanswerable-proven")
    assert found["authentication"] == {
        "result": "pass",
        "standing": "proven",
        "domain": "telecom.example",
        "method": "dmarc",
        "checked_by": "mx.example.org",
        "reason": "",
        "key_seen_on": None,
        "signatures": [],
    }
    assert found["operator"]["slug"] == TELECOM.slug
    (draft,) = world.drafts()
    note = " ".join(text_of(draft).split())
    assert "vérifié par votre fournisseur de messagerie, mx.example.org" in note
    assert "signature de" not in note


@pytest.mark.dovecot
@pytest.mark.parametrize(
    "fields",
    [
        (OWN_RECEIVED, FOREIGN_RECEIVED, PASS.strip()),
        (OWN_RECEIVED, "Authentication-Results: mx.example.org; spf=none smtp.mailfrom=x", PASS.strip()),
        (OWN_RECEIVED, PASS.strip().replace("mx.example.org", "mx.examp1e.org")),
    ],
    ids=["below a foreign host", "below the true one", "by a name that is only alike"],
)
def test_a_forged_field_leads_to_no_draft(world: World, fields: tuple[str, ...]) -> None:
    """The same bill with the same words, in a place where anybody can write: told as not proven."""
    world.account = {"authserv_ids": list(MX), "received_by": ["example.org"]}
    world.write_config()
    world.deliver(unsigned_bill(world, *fields))

    (found, _summary) = world.run_json()

    assert (found["decision"]["action"], found["decision"]["rule"]) == ("tell", "unproven")
    assert (found["authentication"]["method"], found["authentication"]["checked_by"]) == ("", "us")
    assert found["operator"] is None
    assert world.drafts() == []


@pytest.mark.dovecot
def test_a_signed_bill_that_the_provider_calls_forged_is_told(world: World) -> None:
    """Its word stands over our own check, and the line that cron sends names it."""
    world.account = {"authserv_ids": list(MX)}
    world.write_config()
    field = PASS.replace("pass", "fail").encode()
    world.deliver(field + TELECOM.key.sign(unsigned_bill(world)))

    done = world.run()

    assert done.returncode == 0, done.stderr
    assert "mx.example.org says that telecom.example did not write it (dmarc=fail)" in done.stdout
    assert world.drafts() == []
