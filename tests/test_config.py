"""The configuration: what it says, what it refuses, and where passwords come from."""

import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from program import typed

from noreply_analyzer import config, passwords
from noreply_analyzer.config import Account, Settings, find_config, load, parse, state_path
from noreply_analyzer.errors import ConfigError, LoginRefusedError, NoreplyAnalyzerError
from noreply_analyzer.passwords import password
from noreply_analyzer.registry import Level
from noreply_analyzer.topic import Topic

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
HEADER = re.compile(r"#?(\[\[?[a-z_.]+\]\]?)")
SETTING = re.compile(r"#?[a-z_]+ = ")
TABLES: dict[str, type[msgspec.Struct]] = {
    "": Settings,
    "[identity]": config.Identity,
    "[[accounts]]": Account,
    "[drafting]": config.Drafting,
    "[detection]": config.Detection,
    "[limits]": config.Limits,
    "[dns]": config.Dns,
    "[registry]": config.RegistrySettings,
    "[letter]": config.LetterSettings,
}
OWN_RECORD = 'slug = "ours"\nname = "Ours"\nsector = "telecom"\n'
EXAMPLES: dict[str, type[msgspec.Struct]] = {
    "[accounts.operators.orange]": config.References,
    "[accounts.contracts.orange]": config.ContractSettings,
}
"""Tables that are commented out as a whole: they show what one may write."""


def example_lines() -> dict[str, list[str]]:
    """Give the lines of the example that set something, commented out or not, by the table that they stand in."""
    lines: dict[str, list[str]] = {"": []}
    table = ""
    for line in EXAMPLE.read_text("utf-8").splitlines():
        if header := HEADER.match(line):
            table = header[1]
            lines[table] = []
        elif SETTING.match(line):
            lines[table].append(line)
    return lines


def an_account(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - what TOML can say
    """Give an account as the configuration says it; ``None`` takes a key out."""
    table = {"name": "perso", "address": "anne@example.org", "host": "imap.example.org", "password_env": "SECRET"}
    return {key: value for key, value in (table | changes).items() if value is not None}


def account(**changes: Any) -> Account:  # noqa: ANN401 - what TOML can say
    """Give an account as it is read."""
    return parse({"accounts": [an_account(**changes)]}).accounts[0]


def problems_of(table: dict[str, Any]) -> tuple[str, ...]:
    """Give what is wrong with a configuration, without the name of its file."""
    with pytest.raises(ConfigError) as caught:
        parse(table)
    return tuple(line.removeprefix("config.toml: ") for line in caught.value.problems)


# The example ------------------------------------------------------------------------------------------------------


def test_the_example_loads() -> None:
    """Who copies it and fills in an address has a configuration."""
    settings = load(EXAMPLE)

    assert settings.identity.name == "Anne Martin"
    assert settings.account("perso").password_command == ("pass", "show", "mail/anne")
    assert settings.drafting == config.Drafting()


def test_the_example_loads_with_every_line_uncommented() -> None:
    """What is commented out is right, too."""
    text = EXAMPLE.read_text("utf-8")
    lines = [
        line.removeprefix("#") if HEADER.match(line) or SETTING.match(line) else line for line in text.splitlines()
    ]
    settings = parse(tomllib.loads("\n".join(lines)))

    assert settings.account("perso").identity == config.Identity(
        name="Association des Lilas", address=("12 rue des Lilas", "17000 La Rochelle")
    )
    assert settings.account("perso").operators["orange"].customer_number == "1234567890"
    assert str(settings.account("perso").contracts["orange"].made_on) == "2026-07-01"


@pytest.mark.parametrize("table", TABLES | EXAMPLES)
def test_every_key_is_in_the_example_and_no_other(table: str) -> None:
    """A key that nobody reads about is not there."""
    shown = {line.removeprefix("#").split(" = ")[0] for line in example_lines()[table]}
    tables = {part for header in example_lines() for part in header.strip("[]").split(".")}
    known = {field.encode_name for field in msgspec.structs.fields((TABLES | EXAMPLES)[table])}

    assert shown == known - tables


def test_every_table_is_in_the_example_and_no_other() -> None:
    """Those of an account stand below it."""
    assert set(example_lines()) == set(TABLES | EXAMPLES) | {"[accounts.identity]"}


@pytest.mark.parametrize("table", TABLES)
def test_what_is_commented_out_stands_at_its_default(table: str) -> None:
    """Who uncomments a line changes nothing."""
    given = (
        {"name": "x", "address": "x@example.org", "host": "h", "password_env": "X"} if table == "[[accounts]]" else {}
    )
    default = msgspec.to_builtins(TABLES[table](**given))
    for line in example_lines()[table]:
        if line.startswith("#"):
            key, value = next(iter(tomllib.loads(line.removeprefix("#")).items()))
            expected = "" if key == "password_env" else default[key]
            assert value == (list(expected) if isinstance(expected, tuple) else expected), line


@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_the_example_says_why_it_exists(table: str) -> None:
    """A comment stands beside a commented-out line, or above it."""
    text = EXAMPLE.read_text("utf-8")
    for line in example_lines()[table]:
        above = text.split(line)[0].rstrip("\n").splitlines()[-1]
        assert "  # " in line or above.startswith("# ") or not line.startswith("#"), line


# What it says -----------------------------------------------------------------------------------------------------


def test_an_empty_configuration_is_all_defaults() -> None:
    """`scan` and `explain` need none."""
    assert parse({}) == Settings()
    assert Topic.SECURITY not in Settings().drafting.topics


@pytest.mark.parametrize(
    ("changes", "port"),
    [
        ({}, 993),
        ({"security": "starttls"}, 143),
        ({"security": "none", "host": "127.0.0.1"}, 143),
        ({"security": "starttls", "port": 1143}, 1143),
        ({"port": 10993}, 10993),
    ],
)
def test_the_port_follows_the_security_unless_it_is_named(changes: dict[str, Any], port: int) -> None:
    """Nobody speaks STARTTLS on 993 (RFC 8314)."""
    assert account(**changes).effective_port == port


def test_the_login_is_the_address_unless_it_is_named() -> None:
    """Most servers take the address for the user's name."""
    assert account().login == "anne@example.org"
    assert account(user="anne").login == "anne"


def test_own_addresses_are_all_of_them_in_the_form_to_compare_by() -> None:
    """Mail from any of them is never answered, however it is written."""
    own = account(address="Anne@Example.org", addresses=["A.Martin@télécom.example"]).own_addresses

    assert own == {"anne@example.org", "a.martin@xn--tlcom-bsab.example"}


@pytest.mark.parametrize(
    ("mailboxes", "read"), [("all", "all"), (["INBOX", "Factures/*"], ("INBOX", "Factures/*")), (None, ("INBOX",))]
)
def test_mailboxes_are_named_or_all(mailboxes: Any, read: object) -> None:  # noqa: ANN401 - what TOML can say
    """A list of patterns, the word "all", or the inbox."""
    assert account(mailboxes=mailboxes).mailboxes == read


def test_an_account_may_have_an_identity_and_references_of_its_own() -> None:
    """What a draft quotes depends on who writes it."""
    made = account(identity={"name": "Bob"}, operators={"orange": {"customer_number": "1"}})

    assert made.identity == config.Identity(name="Bob")
    assert made.operators == {"orange": config.References(customer_number="1")}


def test_a_provider_is_pinned_by_its_id_and_its_hosts() -> None:
    """By domain, by address and by network, as Received fields name them."""
    hosts = ["google.com", "store7", "192.0.2.9", "2002:a05::/32", "10.0.0.0/8"]
    made = account(authserv_ids=["mx.google.com", "microsoft", "OpenDMARC"], received_by=hosts)

    assert made.authserv_ids == ("mx.google.com", "microsoft", "OpenDMARC")
    assert made.received_by == tuple(hosts)


def test_an_unknown_account_is_guessed_at() -> None:
    """A typing mistake on the command line is answered with what may have been meant, or with all that there are."""
    settings = parse({"accounts": [an_account(), an_account(name="autre")]})

    assert settings.account("perso").host == "imap.example.org"
    with pytest.raises(ConfigError, match=r"no account 'preso' in the configuration \(did you mean 'perso'\?\)$"):
        settings.account("preso")
    with pytest.raises(ConfigError, match=r"no account 'xyz' in the configuration; known are: perso, autre$"):
        settings.account("xyz")
    with pytest.raises(ConfigError, match=r"no account 'xyz' in the configuration$"):
        Settings().account("xyz")


# What it refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_security_none_is_for_this_machine(host: str) -> None:
    """A bridge on the loopback interface shows the password to nobody."""
    assert account(security="none", host=host).security == "none"


@pytest.mark.parametrize(
    "host",
    ["imap.example.org", "127.0.0.1.example.org", "127.example.org", "localhost.example.org", "192.0.2.1", "::2"],
)
def test_security_none_is_refused_for_any_other(host: str) -> None:
    """A name that only begins like the loopback address is anybody's."""
    problem = 'accounts[0].security: "none" would send the password in the clear; only for 127.0.0.1'

    assert problems_of({"accounts": [an_account(security="none", host=host)]}) == (problem,)


ONE_PLACE = "accounts[0].host: exactly one of host (a server) and path (a Maildir)"
ONE_WAY = "accounts[0].password_command: exactly one of password_command, password_file, password_env, token_command"


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"langauge": "fr"}, "langauge: is not a known key (did you mean 'language'?)"),
        ({"language": "de"}, "language: 'de' is not known; known are: fr, en"),
        (
            {"identity": {"language": "pl"}},
            "identity.language: 'pl' is not known; known are: fr, en, de, es, it, nl, pt",
        ),
        ({"timezone": "Europe/Pari"}, "timezone: 'Europe/Pari' is not a time zone"),
        ({"timezone": "../../etc/passwd"}, "timezone: '../../etc/passwd' is not a time zone"),
        ({"timezone": ""}, "timezone: '' is not a time zone"),
        (
            {"accounts": [an_account(host=None)]},
            ONE_PLACE,
        ),
        (
            {"accounts": [an_account(path="~/Maildir")]},
            ONE_PLACE,
        ),
        ({"accounts": [an_account(), an_account()]}, "accounts: two accounts have one name"),
        ({"accounts": [an_account(name="a/b")]}, "accounts[0].name: should be one word without a slash"),
        ({"accounts": [an_account(address="anne")]}, "accounts[0].address: 'anne' is not an address"),
        ({"accounts": [an_account(addresses=["a@b.example", "@"])]}, "accounts[0].addresses[1]: '@' is not an address"),
        (
            {"accounts": [an_account(authserv_ids=["microsoft", "mx.example.org; none"])]},
            "accounts[0].authserv_ids[1]: 'mx.example.org; none' is no authserv-id; one looks like mx.example.org",
        ),
        (
            {"accounts": [an_account(authserv_ids=[""])]},
            "accounts[0].authserv_ids[0]: '' is no authserv-id; one looks like mx.example.org",
        ),
        (
            {"accounts": [an_account(received_by=["example.org", "*.example.org"])]},
            "accounts[0].received_by[1]: '*.example.org' is neither a domain nor an IP network",
        ),
        (
            {"accounts": [an_account(received_by=["2002:a05::1/32"])]},
            "accounts[0].received_by[0]: '2002:a05::1/32' is neither a domain nor an IP network",
        ),
        (
            {"accounts": [an_account(received_by=["0.0.0.0/0"])]},
            "accounts[0].received_by[0]: '0.0.0.0/0' is every host there is",
        ),
        ({"accounts": [an_account(port=0)]}, "accounts[0].port: is not a port"),
        ({"accounts": [an_account(port=65536)]}, "accounts[0].port: is not a port"),
        ({"accounts": [an_account(port="993")]}, "accounts[0].port: should be a whole number, not text"),
        (
            {"accounts": [an_account(security="ssl")]},
            "accounts[0].security: 'ssl' is not known; known are: tls, starttls, none",
        ),
        (
            {"accounts": [an_account(mailboxes="INBOX")]},
            "accounts[0].mailboxes: should be a list or 'all', not 'INBOX'",
        ),
        ({"accounts": [an_account(mailboxes="al")]}, "accounts[0].mailboxes: 'al' is not known (did you mean 'all'?)"),
        ({"accounts": [an_account(password_env=None)]}, ONE_WAY),
        ({"accounts": [an_account(password_file="/secret")]}, ONE_WAY),
        (
            {"accounts": [an_account(password_env=None, password_command="pass show")]},
            "accounts[0].password_command: should be a list, not text",
        ),
        (
            {"accounts": [an_account(operators={"orange": {"customer_number": 1}})]},
            "accounts[0].operators.orange.customer_number: should be text, not a whole number",
        ),
        (
            {"accounts": [an_account(operators={"orange": {"customer_numer": "42"}})]},
            "accounts[0].operators.orange.customer_numer: is not a known key (did you mean 'customer_number'?)",
        ),
        (
            {"accounts": [an_account(operators={"orange": "42"})]},
            "accounts[0].operators.orange: should be a table, not text",
        ),
        (
            {"drafting": {"topics": ["security"]}},
            "drafting.topics[0]: one-time codes and log-in alerts are never drafted to",
        ),
        ({"drafting": {"topics": ["biling"]}}, "drafting.topics[0]: 'biling' is not known (did you mean 'billing'?)"),
        ({"drafting": {"per_run": 0}}, "drafting.per_run: should be from 1 to 36500"),
        ({"drafting": {"max_age_days": 10**9}}, "drafting.max_age_days: should be from 1 to 36500"),
        ({"drafting": {"unproven": "leave"}}, "drafting.unproven: 'leave' is not known; known are: tell, draft"),
        ({"drafting": {"level": "notice"}}, "drafting.level: a formal notice is written by hand only"),
        (
            {"drafting": {"level": "polite"}},
            "drafting.level: 'polite' is not known; known are: question, complaint, notice",
        ),
        ({"detection": {"dead": ["a b"]}}, "detection.dead[0]: 'a b' is not a domain name"),
        (
            {"detection": {"alive": ["ok.example", "a b@c.example"]}},
            "detection.alive[1]: 'a b@c.example' is not an address",
        ),
        ({"limits": {"message_bytes": -1}}, "limits.message_bytes: should be more than 0 and at most 2147483647"),
        ({"limits": {"message_seconds": 0}}, "limits.message_seconds: should be more than 0 and at most 86400"),
        (
            {"limits": {"message_seconds": float("nan")}},
            "limits.message_seconds: should be more than 0 and at most 86400",
        ),
        (
            {"limits": {"message_seconds": float("inf")}},
            "limits.message_seconds: should be more than 0 and at most 86400",
        ),
        ({"registry": {"shelf_life_days": 0}}, "registry.shelf_life_days: should be from 1 to 36500"),
        ({"dns": {"servers": "192.0.2.53"}}, "dns.servers: should be a list, not text"),
        (
            {"dns": {"servers": ["192.0.2.53", "dns.example"]}},
            "dns.servers[1]: 'dns.example' is not an address, with or without a port",
        ),
        (
            {"registry": {"directory": "/nonexistent/operators"}},
            "registry.directory: there is no folder /nonexistent/operators: mend the name, or make it",
        ),
        (
            {"registry": {"directory": "~nobody-of-this-name/operators"}},
            "registry.directory: there is no folder ~nobody-of-this-name/operators: mend the name, or make it",
        ),
        ({"letter": {"window": {"top_mm": 10}}}, "letter.window.top_mm: should be from 20 to 150"),
        ({"letter": {"window": {"left_mm": float("nan")}}}, "letter.window.left_mm: should be from 10 to 120"),
        ({"letter": {"window": {"left": 20}}}, "letter.window.left: is not a known key (did you mean 'left_mm'?)"),
        ({"letter": {"window": [50, 100]}}, "letter.window: should be a table, not a list"),
    ],
)
def test_what_is_impossible_is_named_with_its_place(table: dict[str, Any], problem: str) -> None:
    """One line for each problem."""
    assert problems_of(table) == (problem,)


def test_all_problems_of_all_tables_are_named_at_once() -> None:
    """Unknown keys, wrong types and impossible values, of one table and of different ones."""
    table = {
        "colour": "red",
        "timezone": "Mars",
        "accounts": [
            an_account(port=0, name="a/b", usr="anne", address="anne"),
            an_account(name="b", host=None),
            an_account(name="b", password_file="~/secret", authserv_ids=[1, ""], security="ssl"),
            an_account(name=7, security="none", password_command="pass show"),
            {},
        ],
        "drafting": {"per_run": 0, "pending_total": 0, "max_age_days": True, "topics": ["biling", "security"]},
        "dns": {"servers": ["192.0.2.53", "dns.example", 53, "192.0.2.53:99999"]},
        "registry": {"directory": "/nonexistent", "shelf_life_days": "long"},
        "limits": {"run_seconds": 0, "give_up_days": 0},
        "detection": {"dead": ["a b"], "alive": ["c d"]},
    }

    assert sorted(problem.split(": ")[0] for problem in problems_of(table)) == [
        "accounts",
        "accounts[0].address",
        "accounts[0].name",
        "accounts[0].port",
        "accounts[0].usr",
        "accounts[1].host",
        "accounts[2].authserv_ids[0]",
        "accounts[2].authserv_ids[1]",
        "accounts[2].password_command",
        "accounts[2].security",
        "accounts[3].name",
        "accounts[3].password_command",
        "accounts[3].password_command",
        "accounts[3].security",
        "accounts[4].address",
        "accounts[4].host",
        "accounts[4].name",
        "colour",
        "detection.alive[0]",
        "detection.dead[0]",
        "dns.servers[1]",
        "dns.servers[2]",
        "dns.servers[3]",
        "drafting.max_age_days",
        "drafting.pending_total",
        "drafting.per_run",
        "drafting.topics[0]",
        "drafting.topics[1]",
        "limits.give_up_days",
        "limits.run_seconds",
        "registry.directory",
        "registry.shelf_life_days",
        "timezone",
    ]


def test_level_complaint_is_accepted() -> None:
    """A run may write complaints; only the formal notice is written by hand."""
    assert parse({"drafting": {"level": "complaint"}}).drafting.level is Level.COMPLAINT


# Where it lies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("explicit", "environment", "path"),
    [
        (
            "here.toml",
            {"NOREPLY_ANALYZER_CONFIG": "/env.toml", "XDG_CONFIG_HOME": "/xdg", "HOME": "/home/a"},
            "here.toml",
        ),
        (None, {"NOREPLY_ANALYZER_CONFIG": "/env.toml", "XDG_CONFIG_HOME": "/xdg", "HOME": "/home/a"}, "/env.toml"),
        (None, {"XDG_CONFIG_HOME": "/xdg", "HOME": "/home/a"}, "/xdg/noreply-analyzer/config.toml"),
        (None, {"XDG_CONFIG_HOME": "", "HOME": "/home/a"}, "/home/a/.config/noreply-analyzer/config.toml"),
        (None, {"HOME": "/home/a"}, "/home/a/.config/noreply-analyzer/config.toml"),
    ],
)
def test_the_configuration_is_looked_for_in_order(explicit: str | None, environment: dict[str, str], path: str) -> None:
    """The command line, then our own variable, then the XDG directory, then the home directory."""
    assert find_config(explicit, environment) == Path(path)


@pytest.mark.parametrize(
    "words", [("scan", "-"), ("explain", "-"), ("registry", "list"), ("state", "show")], ids=" ".join
)
@pytest.mark.parametrize("named_by", ["--config", "NOREPLY_ANALYZER_CONFIG"])
def test_a_configuration_that_is_named_must_be_there(tmp_path: Path, words: tuple[str, ...], named_by: str) -> None:
    """Also for those who need none: a mistyped name would leave them with the defaults, and nobody would know."""
    path = str(tmp_path / "cnofig.toml")
    by_option = named_by.startswith("--")
    before, more = ((named_by, path), {}) if by_option else ((), {named_by: path})

    done = typed(tmp_path, *before, *words, given="From: a@b.example\n\nx\n", more=more)

    assert done.returncode == 78, done.stderr
    assert f"{path}: there is no such file" in done.stderr
    assert done.stdout == ""


def test_the_state_lies_where_states_lie() -> None:
    """In the XDG state directory, or below the home directory."""
    assert state_path({"XDG_STATE_HOME": "/xdg"}) == Path("/xdg/noreply-analyzer/state.sqlite3")
    assert state_path({"HOME": "/home/a"}) == Path("/home/a/.local/state/noreply-analyzer/state.sqlite3")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no such file; `noreply-analyzer setup` writes one"),
        (b"language = ", "is not TOML: Invalid value"),
        (b"language = 'fr'\nlanguage = 'en'", "is not TOML: Cannot overwrite a value"),
        (b"x = " + b"[" * 100_000, "is nested too deeply"),
        (b"x = " + b"1" * 5000, "is not TOML: "),
        (b"x = 1\n# \xe9t\xe9", "is not UTF-8 text (at line 2); save it in that encoding"),
        (b"language = 'de'", "language: 'de' is not known; known are: fr, en"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """Every line of the error begins with the path."""
    path = tmp_path / "config.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        load(path)

    assert sentence in str(caught.value)
    assert all(problem.startswith(f"{path}: ") for problem in caught.value.problems)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    """It is said, not raised."""
    with pytest.raises(ConfigError, match=f"^{re.escape(str(tmp_path))}: is a folder; name the file in it$"):
        load(tmp_path)


def test_what_the_system_does_not_give_is_no_configuration(tmp_path: Path) -> None:
    """A link to itself, a path through a file: the system's own words say why."""
    loop = tmp_path / "loop"
    loop.symlink_to(loop)

    with pytest.raises(ConfigError, match=f"^{re.escape(str(loop))}: cannot be read: Too many levels"):
        load(loop)


@pytest.mark.parametrize(
    ("toml", "names_one"),
    [("", False), ("accounts = []", False), ("accounts = 3", True), ("[[accounts]]", True), ("colour = 3", False)],
)
def test_who_needs_an_account_is_told_together_with_everything_else(
    tmp_path: Path, toml: str, *, names_one: bool
) -> None:
    """One that is wrong is mended as it stands, and no other is asked for."""
    path = tmp_path / "config.toml"
    path.write_text(toml, "utf-8")
    sentence = f"{path}: names no account: add an [[accounts]] table"

    with pytest.raises(ConfigError) as caught:
        load(path, account_needed=True)

    assert (sentence in caught.value.problems) is not names_one
    assert any("colour" in problem for problem in caught.value.problems) is ("colour" in toml)


@pytest.mark.parametrize(("directory", "accepted"), [("operators", True), ("oeprators", False), ("a-file", True)])
def test_a_folder_of_records_that_is_named_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: str, *, accepted: bool
) -> None:
    """Or a mistyped name would be a folder without records, and nobody would know; a file is told with the records."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "operators").mkdir()
    (tmp_path / "a-file").touch()
    table = {"registry": {"directory": f"~/{directory}"}}

    if accepted:
        assert parse(table).registry.directory == f"~/{directory}"
    else:
        assert problems_of(table) == (
            f"registry.directory: there is no folder ~/{directory}: mend the name, or make it",
        )


def test_the_usual_folder_of_records_need_not_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most users have no records of their own; who uncomments the line of the example changes nothing."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    usual = Settings().registry.directory

    assert f'#directory = "{usual}"' in EXAMPLE.read_text("utf-8")
    assert parse({"registry": {"directory": usual}}) == parse({}) == Settings()


@pytest.mark.parametrize("table", ["", "[registry]\nshelf_life_days = 90\n", None], ids=str)
def test_the_usual_folder_of_records_is_beside_the_usual_configuration(tmp_path: Path, table: str | None) -> None:
    """Both follow XDG_CONFIG_HOME, also where there is no configuration."""
    folder = tmp_path / "xdg" / "noreply-analyzer"
    (folder / "operators").mkdir(parents=True)
    (folder / "operators" / "ours.toml").write_text(OWN_RECORD, "utf-8")
    if table is not None:
        (folder / "config.toml").write_text(table, "utf-8")

    found = typed(tmp_path, "registry", "show", "ours", more={"XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    elsewhere = typed(tmp_path, "registry", "show", "ours")

    assert found.returncode == 0, found.stderr
    assert elsewhere.returncode == 64


# Passwords --------------------------------------------------------------------------------------------------------


def test_no_password_stands_in_the_configuration() -> None:
    """There is no key for one; whoever tries is told what to use, and the secret is not repeated."""
    first, *more = problems_of({"accounts": [an_account(password_env=None, password="hunter2")]})

    assert first == "accounts[0].password: is not a known key (did you mean 'password_env'?)"
    assert more == [ONE_WAY]


def test_what_a_command_started_does_not_outlast_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that the command left behind holds its output open; it goes when the time is up."""
    monkeypatch.setattr(passwords, "_PASSWORD_SECONDS", 0.5)
    command = ["sh", "-c", "sleep 60 & echo secret"]

    with pytest.raises(LoginRefusedError, match="is a key store locked"):
        password(account(password_env=None, password_command=command), {})


def test_the_first_line_of_the_command_is_the_password() -> None:
    """What password managers print below it is for people; accents and blanks are part of it."""
    command = [sys.executable, "-c", "import sys; sys.stdout.buffer.write(' pässword \\r\\nurl: x\\n'.encode())"]

    assert password(account(password_env=None, password_command=command), {}) == " pässword "


def test_the_command_is_run_without_a_shell() -> None:
    """What a shell would expand stays as it is."""
    command = [sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; echo x"]

    assert password(account(password_env=None, password_command=command), {}) == "$HOME; echo x"


@pytest.mark.parametrize(
    ("command", "error", "sentence"),
    [
        (["/nonexistent/pass"], ConfigError, "'/nonexistent/pass' cannot be run: No such file or directory"),
        (["/"], ConfigError, "'/' cannot be run: Permission denied"),
        ([sys.executable, "-c", "raise SystemExit(3)"], LoginRefusedError, "no password (exit status 3)"),
        ([sys.executable, "-c", "print('x'); raise SystemExit(1)"], LoginRefusedError, "no password (exit status 1)"),
        (["sh", "-c", "echo the store is locked >&2; exit 2"], LoginRefusedError, "the store is locked"),
        ([sys.executable, "-c", ""], LoginRefusedError, "no password (exit status 0)"),
        ([sys.executable, "-c", "print('\\nsecret')"], LoginRefusedError, "no password (exit status 0)"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], LoginRefusedError, "is a key store locked?"),
    ],
)
def test_a_command_that_gives_no_password_says_why(
    monkeypatch: pytest.MonkeyPatch, command: list[str], error: type[NoreplyAnalyzerError], sentence: str
) -> None:
    """One that cannot be run is a wrong configuration; one that fails is a login that did not work out."""
    monkeypatch.setattr(passwords, "_PASSWORD_SECONDS", 0.3 if "sleep" in command[-1] else 20)

    with pytest.raises(error) as caught:
        password(account(password_env=None, password_command=command), {})

    assert sentence in str(caught.value)
    assert str(caught.value).startswith("account perso: ")


def secret_file(folder: Path, content: bytes = b"secret\nnotes\n", mode: int = 0o600) -> Path:
    """Write a file with a password."""
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def by_file(path: Path) -> Account:
    """Give an account whose password is in a file."""
    return account(password_env=None, password_file=str(path))


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_the_first_line_of_the_file_is_the_password(tmp_path: Path, mode: int) -> None:
    """In a file that only the user can read."""
    assert password(by_file(secret_file(tmp_path, mode=mode)), {}) == "secret"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601, 0o660])
def test_a_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    """The sentence is the command that mends it."""
    path = secret_file(tmp_path, mode=mode)

    with pytest.raises(ConfigError, match=re.escape(f"others can read password_file {path}; run: chmod 600 {path}")):
        password(by_file(path), {})


@pytest.mark.parametrize(("mode", "accepted"), [(0o600, True), (0o644, False)])
def test_behind_a_link_the_file_itself_counts(tmp_path: Path, mode: int, *, accepted: bool) -> None:
    """Whatever mode the link shows."""
    link = tmp_path / "link"
    link.symlink_to(secret_file(tmp_path, mode=mode))

    if accepted:
        assert password(by_file(link), {}) == "secret"
    else:
        with pytest.raises(ConfigError, match="others can read"):
            password(by_file(link), {})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b"\nsecret\n", "is empty"), (b"\r\n", "is empty"), (b"\xff", "cannot be read")],
)
def test_a_file_without_a_password_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    """An empty first line is no password; neither is what is not UTF-8."""
    path = secret_file(tmp_path, content)

    with pytest.raises(ConfigError, match=re.escape(f"account perso: password_file {path} {sentence}")) as caught:
        password(by_file(path), {})
    assert "secret\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing", ".", "loop"])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    """Not there, a folder, a link to itself."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    with pytest.raises(ConfigError, match="cannot be read"):
        password(by_file(tmp_path / name), {})


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's shell expands what stands in a configuration."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = secret_file(tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert password(account(password_env=None, password_file="~/secret"), {}) == "secret"


def test_the_environment_may_hold_the_password() -> None:
    """As containers hand it in."""
    assert password(account(), {"SECRET": "s e c r e t"}) == "s e c r e t"


@pytest.mark.parametrize("environment", [{}, {"SECRET": ""}, {"OTHER": "x"}])
def test_a_variable_that_is_not_set_is_named(environment: dict[str, str]) -> None:
    """An empty one counts as none."""
    with pytest.raises(ConfigError, match="account perso: the environment variable SECRET is not set"):
        password(account(), environment)
