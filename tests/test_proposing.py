"""`registry propose`: a draft of a record out of saved pages, in which everything is reported and to be decided."""

import json
import time
import tomllib
from datetime import date
from pathlib import Path

import pytest
from builders import an_operator
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from noreply_analyzer import upkeep_commands
from noreply_analyzer.curation import lint_texts
from noreply_analyzer.envelope import on_envelope
from noreply_analyzer.errors import DataError, UsageError
from noreply_analyzer.guards import Guards
from noreply_analyzer.options import Options
from noreply_analyzer.pages import MAX_FINDS, Page, finds_in, name_in, nodes_in, purpose_of, takes_no_answer
from noreply_analyzer.proposing import MAX_CHANNELS, Proposal, propose
from noreply_analyzer.records import Audience, Purpose, Quality, Refusal
from noreply_analyzer.registrar import read_operator
from noreply_analyzer.registry import Registry
from noreply_analyzer.texts import MAX_BYTES, as_read

TODAY = date(2026, 11, 26)
GUARDS = Guards(refused=(Refusal(address="info@telecom.example", reason="invented"),))
REGISTRY = Registry.of([an_operator(slug="autre", websites=("autre.example",))], guards=GUARDS)

JSON_LD = {
    "@graph": [
        {
            "@type": "Organization",
            "name": "Télécom Exemple",
            "address": {"streetAddress": "12 rue A", "postalCode": "00017", "addressLocality": "Saint-Exemple"},
            "contactPoint": [
                {"@type": "ContactPoint", "telephone": "+33-1-99-00-12-34", "contactType": "customer service"}
            ],
        }
    ]
}
NOTICE = f"""\
<html><head><title>Mentions légales</title>
<script type="application/ld+json">{json.dumps(JSON_LD)}</script></head><body>
<h2>Service client</h2><p><a href="mailto:Contact@telecom.example?subject=x">Écrivez-nous</a></p>
<h2>Réclamations</h2><p>Service Consommateurs, TSA 00000, 00009 Ville Cedex 9</p>
<p>Rétractation : <a href="https://www.telecom.example/retractation">le formulaire</a></p>
<p>Notre DPO : dpo@telecom.example</p>
<p>Hébergeur : Hote SA, 1 rue B, 00002 Ailleurs - hote@host.example</p>
<p>Nos messages viennent de ne-pas-repondre@telecom.example</p>
<p>Autrefois : info@telecom.example</p>
</body></html>
"""
SECURITY = "Contact: mailto:security@telecom.example\nContact: https://telecom.example/report\nExpires: 2027-01-01\n"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Give a folder of saved pages."""
    folder = tmp_path / "pages"
    (folder / ".well-known").mkdir(parents=True)
    (folder / "mentions 2026-07-03.html").write_text(NOTICE, "utf-8")
    (folder / ".well-known" / "security.txt").write_text(SECURITY, "utf-8")
    return folder


def proposed(path: Path, domain: str = "www.telecom.example") -> Proposal:
    """Draft a record."""
    return propose(domain, path, today=TODAY, registry=REGISTRY)


def page(raw: str, name: str = "page.html") -> Page:
    """Give one saved page."""
    return Page(name=name, raw=raw, seen=as_read(name, raw))


def test_a_draft_names_what_pages_say(pages: Path) -> None:
    """Everything is reported, with the file that it stands in; customers first, what is doubtful last."""
    found = proposed(pages)
    operator = read_operator(found.text, "telecom.toml")

    assert (operator.name, operator.websites) == ("Télécom Exemple", ("telecom.example",))
    assert [(one.id, one.target or one.lines) for one in operator.channels] == [
        ("service-client", "contact@telecom.example"),
        ("service-client-telephone", "01 99 00 12 34"),
        ("reclamations-courrier", ("Service Consommateurs", "TSA 00000", "00009 VILLE CEDEX 9")),
        ("retractation-formulaire", "https://www.telecom.example/retractation"),
        ("contact-courrier", ("Télécom Exemple", "12 RUE A", "00017 SAINT-EXEMPLE")),
        ("donnees-personnelles", "dpo@telecom.example"),
        ("signalement", "security@telecom.example"),
        ("signalement-formulaire", "https://telecom.example/report"),
        ("contact", "hote@host.example"),
        ("contact-courrier-2", ("Hote SA", "1 RUE B", "00002 AILLEURS")),
    ]
    assert found.text.startswith("#:schema ./operator.schema.json\n")
    assert {one.quality for one in operator.channels} == {Quality.REPORTED}
    assert {one.stated_on for one in operator.channels} == {date(2026, 7, 3), None}
    assert {one.audience for one in operator.channels if one.purpose is Purpose.ABUSE} == {Audience.ALL}
    assert {one.audience for one in operator.channels if one.purpose is Purpose.PRIVACY} == {Audience.DATA_SUBJECTS}
    assert operator.senders == ()
    assert "# read in mentions 2026-07-03.html" in found.text
    assert found.text.count("TODO") > len(operator.channels)


def test_an_address_that_takes_no_answer_is_a_hint_of_a_sender(pages: Path) -> None:
    """In remarks: whose mail is believed a person decides."""
    lines = proposed(pages).text.splitlines()
    hint = lines[lines.index("# [[senders]]") : lines.index("# [[senders]]") + 5]
    table = tomllib.loads("\n".join(line.removeprefix("# ") for line in hint))

    assert table["senders"][0]["addresses"] == ["ne-pas-repondre@telecom.example"]
    assert not any("ne-pas-repondre" in line for line in lines if not line.startswith("#"))


def test_what_must_never_be_used_is_left_out_and_said(pages: Path) -> None:
    """As is that the record stands already."""
    remarks = "\n".join(proposed(pages).remarks)

    assert "info@telecom.example is left out: must never be used: invented" in remarks
    assert "registry lint" in remarks
    other = "\n".join(proposed(pages, "autre.example").remarks)
    assert "there is a record 'autre' already" in other
    assert "autre.example stands in autre already" in other


def test_a_draft_lints_clean(pages: Path) -> None:
    """But for what a person has to decide."""
    text = proposed(pages).text
    findings = lint_texts({"telecom.toml": text}, {}, guards=GUARDS, today=TODAY)
    open_questions = [one.place for one in findings if "TODO" in one.sentence]

    assert [str(one) for one in findings if not one.warning] == []
    assert len(open_questions) == text.count("TODO") > 5


@pytest.mark.parametrize(
    ("words", "purpose"),
    [
        ("Service Client", Purpose.CUSTOMER_SERVICE),
        ("votre réclamation écrite", Purpose.COMPLAINTS),
        ("le service consommateurs", Purpose.COMPLAINTS),
        ("droit de rétractation", Purpose.CANCELLATION),
        ("le délégué à la protection des données", Purpose.PRIVACY),
        ("signaler un e-mail frauduleux", Purpose.ABUSE),
        ("siège social", Purpose.GENERAL),
        ("clientèle", Purpose.GENERAL),
        ("", Purpose.GENERAL),
    ],
)
def test_the_words_beside_it_say_what_it_is_for(words: str, purpose: Purpose) -> None:
    """As far as they do."""
    assert purpose_of(words) is purpose
    assert purpose_of(words, "siège social") is purpose


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tél. 01.99.00.12.34 ou +33 (0)1 99 00 12 35", ["01.99.00.12.34", "+33 (0)1 99 00 12 35"]),
        ("n° vert 0 800 990 012", ["0 800 990 012"]),
        ("composez le 3900 (gratuit)", ["3900"]),
        ("au 3900 €", []),
        ("SIREN 199 001 234", []),
        ("a@b", []),
        ("write to a.b@telecom.example.", ["a.b@telecom.example"]),
        ("https://telecom.example/contact, https://telecom.example/cgv", ["https://telecom.example/contact"]),
        ("12 bd A\n00017 Ville", ["12 bd A\n00017 Ville"]),
        ("le capital de 00017 Euros", []),
    ],
)
def test_what_stands_in_a_text(text: str, values: list[str]) -> None:
    """Found, and what only looks like it not."""
    assert [one.value for one in finds_in(page(text, "page.txt"))] == values


@pytest.mark.parametrize(
    ("address", "dead"),
    [
        ("noreply@telecom.example", True),
        ("ne-pas-repondre@telecom.example", True),
        ("do_not_reply.2@telecom.example", True),
        ("reponse@telecom.example", False),
        ("replay@telecom.example", False),
        ("contact@noreply.example", False),
    ],
)
def test_addresses_that_take_no_answer(address: str, *, dead: bool) -> None:
    """By what stands before the @."""
    assert takes_no_answer(address) is dead


@pytest.mark.parametrize(
    ("lines", "at_home", "envelope"),
    [
        (["Nom", "12, rue de l'Été", "00001 Ici"], True, ("Nom", "12 RUE DE L'ETE", "00001 ICI")),
        (["Nom", "12, rue de l'Été", "X1 Town", "Ireland"], False, ("Nom", "12, rue de l'Été", "X1 Town", "Ireland")),
        (["Nom", "Service Cœur", "00001 Cœur"], True, ("Nom", "Service Cœur", "00001 COEUR")),
        (["Nom", "x" * 39, "00001 Ici"], True, ()),
        (["a"] * 6 + ["00001 Ici"], True, ()),
        ([], True, ()),
    ],
)
def test_envelopes(lines: list[str], envelope: tuple[str, ...], *, at_home: bool) -> None:
    """What does not fit on one is no address."""
    assert on_envelope(lines, at_home=at_home) == envelope


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ('<script type="application/ld+json">{"@type": "Organization", "name": "Exemple"}</script>', "Exemple"),
        (
            '<script type="application/ld+json">[[[[{"@type": ["Corporation"], "name": "Exemple"}]]]]</script>',
            "Exemple",
        ),
        ('<meta property="og:site_name" content="Exemple &amp; Fils">', "Exemple & Fils"),
        ('<script type="application/ld+json">{"@type": "Product", "name": "Exemple"}</script>', ""),
        ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", ""),
        ("<title>Exemple</title>", ""),
    ],
)
def test_what_a_page_calls_its_owner(raw: str, name: str) -> None:
    """Where it says so to machines."""
    assert name_in(raw) == name


@given(st.text(max_size=400), st.sampled_from(["a.html", "a.md", "a.txt", "b/security.txt"]))
def test_any_text_is_a_page(raw: str, name: str) -> None:
    """Whatever it says."""
    found = finds_in(page(raw, name))

    assert len(found) <= MAX_FINDS
    assert all(one.value.isprintable() or "\n" in one.value for one in found)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@type", "name", "telephone", "email", "url", "address", "contactType"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSONS)
def test_any_json_is_looked_through(value: object) -> None:
    """Whatever its shape."""
    raw = f'<script type="application/ld+json">{json.dumps(value)}</script>'

    assert isinstance(finds_in(page(raw)), tuple)
    assert isinstance(name_in(raw), str)
    assert all(isinstance(node, dict) for node in nodes_in(raw))


@given(
    st.lists(
        st.sampled_from([*NOTICE.splitlines(), *SECURITY.splitlines(), "\x00\x1b[2J", '"""', "# x = 1"]), max_size=12
    )
)
def test_any_pages_give_a_record_that_can_be_read(lines: list[str]) -> None:
    """Or the draft would be no help; remarks stay remarks whatever stands beside a value."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text("\n".join(lines), "utf-8")
        text = proposed(path).text

    assert read_operator(text, "telecom.toml", deny=GUARDS.refused).slug == "telecom"
    assert "\x1b" not in text


def test_a_page_full_of_addresses_ends_somewhere(tmp_path: Path) -> None:
    """And it is said."""
    (tmp_path / "a.txt").write_text("\n".join(f"a{number}@telecom.example" for number in range(900)), "utf-8")
    found = proposed(tmp_path)

    assert len(read_operator(found.text, "telecom.toml").channels) == MAX_CHANNELS
    assert any("more than 40 channels" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    "piece",
    [
        "a@telecom.example ",
        "1 rue a, 00001 Ici, ",
        "00001 Ici ",
        "<a href=mailto:a@b.example>",
        "aaaa.",
        "+33 1 99 00 12 3 ",
        '<script type="application/ld+json">{}',
        "https://a.example/contact ",
    ],
)
def test_no_page_takes_long(piece: str) -> None:
    """Whoever wrote it may have meant it to."""
    begun = time.process_time()
    for name in ("a.txt", "a.html"):
        finds_in(Page(name=name, raw=piece * 40_000, seen=piece * 40_000))
        name_in(piece * 40_000)

    assert time.process_time() - begun < 10


def test_what_cannot_be_read_is_said(tmp_path: Path, pages: Path) -> None:
    """One of many is named, the only one is an error; so is a domain that is nobody's."""
    (pages / "big.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    (pages / "link.txt").symlink_to(tmp_path)

    assert any("big.txt has more than" in remark for remark in proposed(pages).remarks)
    assert "link.txt" not in "".join(proposed(pages).remarks)
    for path in (pages / "big.txt", tmp_path / "nowhere"):
        with pytest.raises(DataError):
            proposed(path)
    for domain in ("fr", "no domain", "co.uk"):
        with pytest.raises(UsageError):
            proposed(pages, domain)
    (tmp_path / "empty").mkdir()
    assert "no address, number or form was found" in proposed(tmp_path / "empty").remarks[-1]


def test_the_command_prints_the_draft_alone(pages: Path, tmp_path: Path) -> None:
    """What is to be said of it stands on standard error, and nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    config = tmp_path / "config.toml"
    config.write_text("", "utf-8")
    done = CliRunner().invoke(
        upkeep_commands.propose,
        ["telecom.example", "--from", str(pages)],
        standalone_mode=False,
        obj=Options(config=str(config)),
    )

    assert done.exception is None
    assert read_operator(done.stdout, "telecom.toml").name == "Télécom Exemple"
    assert "look at everything marked TODO" in done.stderr
    assert sorted(tmp_path.rglob("*")) == sorted([*before, config])
