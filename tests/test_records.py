"""The records that come with the package: sound, honest, and never a trap."""

from datetime import date, timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path

import msgspec
import pytest
from builders import a_channel
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.address import Address
from noreply_analyzer.choice import DATA_TOPICS
from noreply_analyzer.curation import lint, lint_texts
from noreply_analyzer.errors import RecordError
from noreply_analyzer.guards import shipped_guards as guards
from noreply_analyzer.lookalike import claim
from noreply_analyzer.registrar import check_operator, fold, read_operator, refused
from noreply_analyzer.registry import (
    Audience,
    Channel,
    Level,
    MatchedBy,
    Mediator,
    Medium,
    Obsolete,
    Operator,
    Purpose,
    Quality,
    ReadBy,
    Refusal,
    Registry,
    Sender,
    Step,
    choose,
)
from noreply_analyzer.topic import Topic

SHIPPED = Registry.shipped()
TODAY = date(2026, 11, 25)
"""The day on which the records were last read; none of them can have been read later."""
MATTERS = list(product(SHIPPED.operators, Topic, Level))
FIT = {Quality.TESTED, Quality.VERIFIED, Quality.ARCHIVED}


def _all_channels() -> list[tuple[str, Channel]]:
    operators = [(one.slug, channel) for one in SHIPPED.operators for channel in one.channels]
    return operators + [(slug, channel) for slug, one in SHIPPED.mediators.items() for channel in one.channels]


def test_every_record_loads_and_lints_clean() -> None:
    """What does not lint clean would not load for a user either."""
    assert [str(finding) for finding in lint(today=date(2026, 11, 26))] == []
    assert len(SHIPPED.operators) >= 280
    assert {"orange", "sfr", "bouygues-telecom", "free", "sncf-connect", "amazon-fr"} <= set(SHIPPED.by_slug)
    assert "communications-electroniques" in SHIPPED.mediators


def test_every_operator_can_be_recognised() -> None:
    """By its mail or its website; else the record says in its note that neither was read anywhere."""
    for operator in SHIPPED.operators:
        assert operator.senders or operator.websites or operator.obsolete or operator.note, operator.slug
    assert sum(bool(operator.senders or operator.websites) for operator in SHIPPED.operators) > 90


@pytest.mark.parametrize(
    "author",
    [
        "anne@orange.fr",
        "noreply@orange.fr",
        "serviceclient@orange.fr",
        "x@wanadoo.fr",
        "x@mail.orange.fr",
        "anne@sfr.fr",
        "noreply@sfr.fr",
        "x@neuf.fr",
        "x@numericable.fr",
        "y@free.fr",
        "anne@perso.free.fr",
        "x@aliceadsl.fr",
        "x@bbox.fr",
        "z@laposte.net",
        "x@nordnet.fr",
        "x@gmail.com",
        "someone@network1.pickup.fr",
        "agent@sncf.fr",
        "x@evil-orange.com",
        "x@orange.com.example",
        "x@amazon.fr.example",
        "x@laposte.net.example",
        "x@orange-business.com.example",
        "agent@dgfip.finances.gouv.fr",
        "x@canal-plus.com",
        "anne@gls-group.eu",
        "x@rakuten.com",
        "x@beta.gouv.fr",
        "notifications@shipup.co",
    ],
)
def test_no_subscriber_and_no_stranger_is_taken_for_an_operator(author: str) -> None:
    """Where an access provider's customers have mailboxes, only exact addresses count."""
    assert SHIPPED.find(Address.parse(author)) is None


@pytest.mark.parametrize(
    "domain", ["messagerie.leboncoin.fr", "reply.airbnb.com", "reply.linkedin.com", "reply.facebook.com"]
)
def test_a_relay_between_people_is_never_the_company(domain: str) -> None:
    """Whoever answers there reaches a buyer, a guest or a friend, though the domain below is the company's."""
    assert SHIPPED.find(Address.parse(f"k7x2@{domain}")) is None
    assert SHIPPED.find(Address.parse(f"noreply@{domain.partition('.')[2]}")) is not None


@pytest.mark.parametrize("domain", guards().shared_domains)
@settings(max_examples=5, deadline=None)
@given(local=st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True))
def test_a_mailbox_of_the_public_is_never_an_operator(domain: str, local: str) -> None:
    """On every domain of the list."""
    assert SHIPPED.find(Address.parse(f"{local}@{domain}")) is None


@pytest.mark.parametrize(
    ("author", "slug", "matched_by"),
    [
        ("noreply.internet@orange.com", "orange", MatchedBy.SENDER),
        ("noreply@sosh.fr", "sosh", MatchedBy.SENDER),
        ("ne_pas_repondre@sfr.fr", "sfr", MatchedBy.ADDRESS),
        ("x@red-by-sfr.fr", "red-by-sfr", MatchedBy.WEBSITE),
        ("facture@bouygues-telecom.fr", "bouygues-telecom", MatchedBy.SENDER),
        ("x@mail.bouyguestelecom.fr", "bouygues-telecom", MatchedBy.WEBSITE),
        ("hautdebit@freetelecom.fr", "free", MatchedBy.SENDER),
        ("freemobile@free-mobile.fr", "free-mobile", MatchedBy.SENDER),
        ("noreply@connect.sncf", "sncf-connect", MatchedBy.SENDER),
        ("e-billet@sncf.fr", "sncf-connect", MatchedBy.ADDRESS),
        ("ne-pas-repondre@pasngr.ouigo.com", "sncf-voyageurs", MatchedBy.SENDER),
        ("confirmation-commande@amazon.fr", "amazon-fr", MatchedBy.SENDER),
        ("chronopost@network1.pickup.fr", "chronopost", MatchedBy.ADDRESS),
        ("colissimo@network1.pickup.fr", "la-poste", MatchedBy.ADDRESS),
        ("noreply@notif-colissimo-laposte.info", "la-poste", MatchedBy.SENDER),
        ("x@news.e.leclerc", "leclerc", MatchedBy.WEBSITE),
        ("commande@serviceclients.leclerc", "leclerc", MatchedBy.SENDER),
        ("noreply@youprice.fr", "youprice", MatchedBy.SENDER),
        ("x@orangemoney.fr", "orange-money", MatchedBy.WEBSITE),
        ("x@bouyguestelecom.fr", "bouygues-telecom", MatchedBy.WEBSITE),
        ("predict@information.dpd.fr", "dpd-france", MatchedBy.SENDER),
        ("noreply@gls-group.eu", "gls", MatchedBy.ADDRESS),
        ("notification@notification.colisprive.com", "colis-prive", MatchedBy.SENDER),
        ("noreply@emailing.caf.fr", "caf", MatchedBy.SENDER),
        ("NEPASREPONDRE@cic.fr", "cic", MatchedBy.SENDER),
        ("x@mail.fr.shopping.rakuten.com", "rakuten", MatchedBy.SENDER),
        ("x@email.airbnb.com", "airbnb", MatchedBy.SENDER),
        ("no.reply@leboncoin.fr", "leboncoin", MatchedBy.SENDER),
    ],
)
def test_real_senders_lead_to_their_operator(author: str, slug: str, matched_by: MatchedBy) -> None:
    """Addresses that genuine mail was seen from."""
    match = SHIPPED.find(Address.parse(author))

    assert match is not None
    assert (match.operator.slug, match.matched_by) == (slug, matched_by)


@pytest.mark.parametrize(
    ("name", "author", "slug"),
    [
        ("Orange", "x@evil.example", "orange"),
        ("Orange Service Client", "x@evil.example", "orange"),
        ("Clémentine Orange", "clementine@evil.example", None),
        ("Free", "x@evil.example", "free"),
        ("Free Mobile", "x@evil.example", "free-mobile"),
        ("Free delivery today", "shop@evil.example", None),
        ("La Poste", "x@evil.example", "la-poste"),
        ("", "x@colissimo-livraison.example", "la-poste"),
        ("SNCF Connect", "x@evil.example", "sncf-connect"),
        ("Amazon", "x@evil.example", "amazon-fr"),
        ("Amazon", "order-update@amazon.fr", None),
        ("Anne Martin", "anne.martin@orange.fr", None),
        ("Newsletter", "x@free-software.example", None),
        ("H. M. Martin", "hm@evil.example", None),
        ("Kayak Club de Lyon", "x@evil.example", None),
        ("Hôtel Renaissance", "x@evil.example", None),
        ("Numericable", "x@evil.example", "sfr"),
    ],
)
def test_look_alikes_are_noticed(name: str, author: str, slug: str | None) -> None:
    """And people, fruit and free things are left in peace."""
    claimed = claim(SHIPPED, name, Address.parse(author))

    assert (claimed.operator.slug if claimed else None) == slug


def test_nothing_is_ever_addressed_to_a_desk_that_is_there_for_something_else() -> None:
    """Every topic, level and operator: no abuse, cancellation or firms' desk; data protection for itself."""
    for day in (TODAY, TODAY - timedelta(days=2000)):
        for operator, topic, level in MATTERS:
            choice = choose(operator, topic=topic, level=level, today=day, shelf_life_days=180, registry=SHIPPED)
            about_data = topic in DATA_TOPICS
            for channel in (*choice.also, *((choice.channel,) if choice.channel else ())):
                assert channel.purpose in {Purpose.CUSTOMER_SERVICE, Purpose.COMPLAINTS, Purpose.GENERAL} or (
                    about_data and channel.purpose is Purpose.PRIVACY
                )
                assert channel.audience in {"consumers", "all"} or (about_data and channel.audience == "data-subjects")
            if choice.channel and choice.channel.medium is Medium.EMAIL:
                assert choice.channel.quality in FIT
                assert choice.channel.stated_on is not None


def test_some_operators_take_email_and_the_large_access_providers_take_letters() -> None:
    """As of the day the records were read."""
    media = {
        operator.slug: choice.channel.medium
        for operator, topic, level in MATTERS
        if topic is Topic.BILLING and level is Level.QUESTION
        if (
            choice := choose(operator, topic=topic, level=level, today=TODAY, shelf_life_days=180, registry=SHIPPED)
        ).channel
    }

    assert media["uber"] is media["leclerc"] is media["spartoo"] is Medium.EMAIL
    for slug in ("orange", "sosh", "sfr", "red-by-sfr", "bouygues-telecom", "free", "free-mobile"):
        assert media[slug] is Medium.POST, slug
    for slug in ("chronopost", "dpd-france", "cic", "paypal"):  # a blank recipient block: nobody read an address
        assert slug not in media, slug


def test_in_three_years_no_email_is_chosen_and_the_choice_says_why() -> None:
    """Contact data age by the calendar, not by our memory."""
    later = date(2029, 11, 24)
    for operator, topic, level in MATTERS:
        choice = choose(operator, topic=topic, level=level, today=later, shelf_life_days=180, registry=SHIPPED)
        if choice.channel:
            assert choice.channel.medium is Medium.POST
            assert choice.stale
        else:
            assert choice.stale or not any(one.medium is Medium.EMAIL for one in choice.also)


def test_what_must_not_be_used_is_used_nowhere() -> None:
    """Neither an operator's own list nor the list for all hits any of its channels."""
    everywhere = guards().refused
    assert len(everywhere) + sum(len(one.do_not_use) for one in SHIPPED.operators) > 30
    for slug, channel in _all_channels():
        own = SHIPPED.by_slug[slug].do_not_use if slug in SHIPPED.by_slug else ()
        assert not list(refused(channel, (*everywhere, *own))), (slug, channel.id)


def test_an_invented_address_cannot_become_a_recipient() -> None:
    """Each of them, put into a record, keeps it from loading."""
    text = (
        'slug = "x"\nname = "X"\nsector = "s"\n[[channels]]\nid = "a"\nmedium = "email"\npurpose = "customer-service"\n'
        'audience = "consumers"\ntarget = "{}"\nquality = "archived"\nstated_on = 2026-01-01\n'
        'checked_on = 2026-01-01\nsources = ["s"]\n'
    )
    for refusal in guards().refused:
        with pytest.raises(RecordError, match="must never be used"):
            read_operator(text.format(refusal.address), "x.toml", deny=guards().refused)


@pytest.mark.parametrize("operator", [one for one in SHIPPED.operators if one.do_not_use], ids=lambda one: one.slug)
def test_what_is_wrong_for_one_operator_cannot_become_a_channel_of_it(operator: Operator) -> None:
    """Each of them, put into its record, keeps it from loading, whoever puts it there."""
    for refusal in operator.do_not_use:
        email = "@" in refusal.address
        wrong = a_channel(
            id="wrong",
            medium=Medium.EMAIL if email else Medium.POST,
            target=refusal.address if email else "",
            lines=() if email else tuple(line.strip() for line in refusal.address.split(",")),
        )
        found = check_operator(msgspec.structs.replace(operator, channels=(*operator.channels, wrong)))
        assert any("must never be used" in sentence for _place, sentence in found), refusal.address


def test_each_channel_names_where_it_was_read() -> None:
    """An index number of some search engine is no source; a page, a data set or a named file is."""
    for slug, channel in _all_channels():
        assert channel.sources, (slug, channel.id)
        assert not any("index no" in source for source in channel.sources), (slug, channel.id)
        assert fold(" ".join(channel.sources)), (slug, channel.id)


def test_three_hundred_records_would_load_within_a_second() -> None:
    """The shipped ones take milliseconds each; a run that finds nothing new does not load them at all."""
    import time

    began = time.process_time()
    Registry.shipped.__func__.__wrapped__(Registry)  # type: ignore[attr-defined]
    each = (time.process_time() - began) / len(SHIPPED.operators)

    assert each * 300 < 1


# What is said about the records -------------------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent


def test_every_key_is_explained_to_those_who_correct_records() -> None:
    """In docs/registry.md, as a row of a table or in the sentence about mediators."""
    text = (ROOT / "docs" / "registry.md").read_text("utf-8")
    for struct in (Operator, Mediator, Sender, Channel, Step, Refusal, Obsolete):
        for key in msgspec.structs.fields(struct):
            assert f"`{key.name}`" in text or f"[[{key.name}]]" in text or f"[{key.name}]" in text, key.name
    for word in (*Medium, *Purpose, *Audience, *Quality, *ReadBy):
        assert f"`{word}`" in text, word


def test_the_example_in_the_documentation_is_a_sound_record() -> None:
    """Whoever copies it begins with something that loads."""
    text = (ROOT / "docs" / "registry.md").read_text("utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    mediators = {f"{slug}.toml": f'slug = "{slug}"\nname = "M"\nsectors = ["s"]\n' for slug in SHIPPED.mediators}

    assert lint_texts({"telecom-exemple.toml": example}, mediators, guards=guards(), today=TODAY) == ()


def test_whoever_asks_to_be_named_is_named() -> None:
    """ODC-BY wants attribution wherever the data go, so it stands in the package."""
    folder = files("noreply_analyzer") / "operators"
    sources = " ".join((folder / "SOURCES.md").read_text("utf-8").split())

    assert (
        "Open Terms Archive with contributions from UFC-Que Choisir and the Office of the French Ambassador for Digital"
        " Affairs" in sources
    )
    assert "CC0 1.0 Universal" in (folder / "LICENSE").read_text("utf-8")
