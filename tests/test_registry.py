"""The registry: reading a record, finding who wrote, and choosing where an answer goes."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import SOUND, TODAY, channel, operator, sender

from noreply_analyzer.address import Address, canonicalize_domain
from noreply_analyzer.errors import AddressError, RecordError, UsageError
from noreply_analyzer.guards import Guards
from noreply_analyzer.registry import (
    PURPOSES,
    Audience,
    Choice,
    Level,
    MatchedBy,
    Mediator,
    Medium,
    Obsolete,
    Operator,
    Purpose,
    Quality,
    Refusal,
    Registry,
    Step,
    choose,
    read_mediator,
    read_operator,
)
from noreply_analyzer.topic import Topic

GUARDS = Guards(
    shared_domains=("provider.example",), common_words=("orange", "free"), trade_words=("service", "mobile")
)


# Reading a record ---------------------------------------------------------------------------------------------------


def test_a_sound_record_is_read() -> None:
    """The example of docs/registry.md, more or less."""
    record = read_operator(SOUND, "telecom-exemple.toml")

    assert record.name == "Télécom Exemple"
    assert [one.id for one in record.channels] == ["service-client", "contact"]
    assert record.channels[0].true_as_of == date(2026, 7, 3)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'slug = "telecom-exemple"',
            'slug = "telecom"',
            "slug: differs from the file's name (call it 'telecom-exemple')",
        ),
        ('name = "Télécom Exemple"', "", "name: is missing"),
        ('name = "Télécom Exemple"', 'name = " "', "name: is empty"),
        ("brands =", "brand =", "brand: is not a known key (did you mean 'brands'?)"),
        ('medium = "email"', 'medium = "emial"', "channels[1].medium: 'emial' is not known (did you mean 'email'?)"),
        ('id = "contact"', 'id = "Contact Us"', "channels[1].id: 'Contact Us' should be small letters and digits"),
        ('id = "contact"', 'id = "service-client"', "channels[0].id: 'service-client' stands 2 times in this record"),
        ('target = "reclamations@telecom.example"', "", "channels[1].target: is missing"),
        ("reclamations@telecom.example", "reclamations", "channels[1].target: 'reclamations' is not an address"),
        (
            "reclamations@telecom.example",
            "reclamations@TELECOM.example",
            "channels[1].target: should be written 'reclamations@telecom.example'",
        ),
        (
            "reclamations@telecom.example",
            "serviceclient@telecom.example",
            "channels[1].target: must never be used: invented",
        ),
        ("reclamations@telecom.example", "noreply@telecom.example", "channels[1].target: says itself that it takes no"),
        ("reclamations@telecom.example", "ne-pas-repondre@telecom.example", "channels[1].target: says itself that"),
        ("reclamations@telecom.example", "keineantwort@telecom.example", "channels[1].target: says itself that"),
        ("reclamations@telecom.example", "info@noreply.telecom.example", "channels[1].target: says itself that"),
        ("reclamations@telecom.example", "All@lists.example", "channels[1].target: must never be used: everybody's"),
        ('medium = "email"', 'medium = "webform"', "channels[1].target: should be the address of a page"),
        ('medium = "email"', 'medium = "post"', "channels[1].lines: are missing"),
        ('medium = "post"', 'medium = "phone"', "channels[0].lines: stand only in a postal channel"),
        (
            '"TSA 00000", ',
            '"' + "x" * 39 + '", ',
            "channels[0].lines[2]: has 39 characters; a postal line has 38 at most",
        ),
        ('"TSA 00000", ', '"1", "2", "3", "4", ', "channels[0].lines: a postal address has 6 lines at most"),
        ('"TSA 00000", ', '"", ', "channels[0].lines[2]: is empty"),
        (
            'quality = "archived"\nstated_on = 2026-07-03',
            'quality = "archived"',
            "channels[0].quality: without stated_on it is 'reported' at best, not 'archived'",
        ),
        ("stated_on = 2026-07-03", "stated_on = 2026-11-03", "channels[0].checked_on: is before stated_on"),
        (
            "stated_on = 2026-07-03",
            "stated_on = 2026-07-03T10:00:00",
            "channels[0].stated_on: should be a date, not a date with a time",
        ),
        ("stated_on = 2026-07-03", 'stated_on = "July"', "channels[0].stated_on: "),
        ('sources = ["https://telecom.example/cgv"]', "sources = []", "channels[0].sources: name at least one"),
        (
            'read_by_basis = "published opening hours"',
            "",
            "channels[0].read_by_basis: is missing: how is it known that a person reads it?",
        ),
        (
            '"mail.telecom.example"',
            '"Mail.telecom.example"',
            "senders[0].domain: should be written 'mail.telecom.example'",
        ),
        ('"mail.telecom.example"', '"com"', "senders[0].domain: 'com' belongs to no one"),
        ('"mail.telecom.example"', '"..mail"', "senders[0].domain: '..mail' is not a domain name"),
        ("noreply@mail.telecom", "noreply@telecom", "senders[0].addresses[0]: is not within mail.telecom.example"),
        (
            '["telecom.example"]',
            '["https://telecom.example"]',
            "websites[0]: 'https://telecom.example' is not a domain",
        ),
        ('channel = "mediator"', 'channel = "the-boss"', "escalation[0].channel: 'the-boss' is no channel"),
        ('mediator = "communications-electroniques"', "", "escalation[0].channel: names the mediator, but the record"),
        ("after_days = 30", "after_days = 0", "escalation[0].after_days: should be one day at least"),
        ("Télécom Exemple", "Télécom\\u202eExemple", "name: has a control character in it"),
        ("slug =", "slug ==", "Invalid value"),
    ],
)
def test_what_cannot_be_true_is_told_with_its_place(old: str, new: str, problem: str) -> None:
    """One line for each problem, with the file, the place, and a guess where there is one."""
    deny = [Refusal(address="all@lists.example", reason="everybody's")]
    with pytest.raises(RecordError) as caught:
        read_operator(SOUND.replace(old, new), "telecom-exemple.toml", deny=deny)

    assert any(line.startswith("telecom-exemple.toml: " + problem) for line in caught.value.problems), caught.value


def test_all_problems_are_told_at_once() -> None:
    """A misspelt key at the top hides nothing further down."""
    broken = SOUND.replace("brands", "brand").replace("telecom.example/cgv", "x").replace("2026-07-03", "2027-07-03")
    with pytest.raises(RecordError) as caught:
        read_operator(broken, "telecom-exemple.toml")

    assert len(caught.value.problems) == 3


def test_refused_postal_lines_are_found_however_they_are_written() -> None:
    """Accents, capitals, commas and line breaks make no other address."""
    refusal = '\n[[do_not_use]]\naddress = "TSA 00000, 00000 Ville Cedex"\nreason = "invented"\n'
    with pytest.raises(RecordError, match=r"channels\[0\].lines: must never be used"):
        read_operator(SOUND + refusal, "telecom-exemple.toml")


@pytest.mark.parametrize("text", ["[" * 100_000, "a = " + "9" * 5000, "a = 2026-02-31", "\x00", "a.b.c.d = 1"])
def test_broken_toml_is_a_record_error(text: str) -> None:
    """Whatever the parser raises."""
    with pytest.raises(RecordError):
        read_operator(text, "x.toml")


_VALUES = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.dates()), lambda inner: st.lists(inner, max_size=3)
)


@settings(max_examples=150, deadline=None)
@given(
    where=st.sampled_from(['"contact"', '"post"', '["telecom.example"]', "2026-07-03", "30", '"mail.telecom.example"']),
    value=_VALUES,
)
def test_any_value_anywhere_is_read_or_refused(where: str, value: object) -> None:
    """Nothing but a RecordError leaves the reader."""
    name = "telecom-exemple.toml"
    try:
        problems: tuple[str, ...] = ()
        record = read_operator(SOUND.replace(where, _toml(value)), name)
    except RecordError as error:
        problems = error.problems
    else:
        assert record.slug == "telecom-exemple"

    assert all(line.startswith(f"{name}: ") for line in problems)


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value if not 0xD800 <= ord(letter) < 0xE000) + '"'
    return str(value)


def test_a_mediator_is_read_by_the_same_rules() -> None:
    """Its channels keep to what an operator's keep to."""
    text = 'slug = "energie"\nname = "Médiateur"\nsectors = ["energy"]\n'
    assert read_mediator(text, "energie.toml").after_days == 60

    with pytest.raises(RecordError, match="websites"):
        read_mediator(text + 'websites = ["FR"]\n', "energie.toml")


# Finding who wrote --------------------------------------------------------------------------------------------------


def _registry() -> Registry:
    return Registry.of(
        [
            operator("company", senders=(sender("mail.company.example"), sender("company-news.example"))),
            operator("section", senders=(sender("billing.mail.company.example"),)),
            operator(
                "provider",
                websites=("provider.example",),
                senders=(sender("provider.example", "bills@provider.example", shared=True),),
            ),
            operator("trust", websites=("www.trust.example", "trust.co.uk")),
            operator("carrier-a", senders=(sender("relay.example", "a@relay.example", shared=True),)),
            operator("carrier-b", senders=(sender("relay.example", "b@relay.example", shared=True),)),
            operator("brand", parent="house", websites=("house.example",)),
            operator("house", websites=("house.example",)),
            operator("twin-a", websites=("twins.example",)),
            operator("twin-b", websites=("twins.example",)),
            operator("shop", websites=("shop.cousins.example",)),
            operator("club", websites=("club.cousins.example",)),
            operator("heir", websites=("heirs.example",)),
            operator("late", websites=("heirs.example",), obsolete=Obsolete(reason="bought", redirect="heir")),
            operator("above", senders=(sender("public.above.example", shared=True), sender("above.example"))),
            operator("old", senders=(sender("old.example"),), obsolete=Obsolete(reason="bought", redirect="trust")),
        ],
        guards=GUARDS,
    )


@pytest.mark.parametrize(
    ("author", "slug", "matched_by"),
    [
        ("x@mail.company.example", "company", MatchedBy.SENDER),
        ("x@eu.mail.company.example", "company", MatchedBy.SENDER),
        ("x@billing.mail.company.example", "section", MatchedBy.SENDER),
        ("x@a.billing.mail.company.example", "section", MatchedBy.SENDER),
        ("x@company-news.example", "company", MatchedBy.SENDER),
        ("bills@provider.example", "provider", MatchedBy.ADDRESS),
        ("Bills@provider.example", "provider", MatchedBy.ADDRESS),
        ("b@relay.example", "carrier-b", MatchedBy.ADDRESS),
        ("x@trust.example", "trust", MatchedBy.WEBSITE),
        ("x@deep.mail.trust.example", "trust", MatchedBy.WEBSITE),
        ("x@mail.trust.co.uk", "trust", MatchedBy.WEBSITE),
        ("x@house.example", "house", MatchedBy.WEBSITE),
        ("x@old.example", "trust", MatchedBy.SENDER),
        ("x@mail.club.cousins.example", "club", MatchedBy.WEBSITE),
        ("x@heirs.example", "heir", MatchedBy.WEBSITE),
        ("x@news.above.example", "above", MatchedBy.SENDER),
    ],
)
def test_an_author_is_found_by_sender_by_address_or_by_website(author: str, slug: str, matched_by: MatchedBy) -> None:
    """The nearest sender wins; a website counts by its organizational domain; what is obsolete leads on."""
    match = _registry().find(Address.parse(author))

    assert match is not None
    assert (match.operator.slug, match.matched_by) == (slug, matched_by)


@pytest.mark.parametrize(
    "author",
    [
        "x@company.example",  # a sender's parent
        "x@evil-mail.company.example.net",
        "x@notmail.company.example",
        "x@xcompany-news.example",
        "anne@provider.example",  # a subscriber, though provider.example is its website
        "anne@sub.provider.example",
        "bills@sub.provider.example",
        "c@relay.example",
        "x@co.uk",
        "x@example",
        "x@news.cousins.example",
        "anne@public.above.example",
        "anne@mail.public.above.example",
        "x@twins.example",  # two records claim it: better nobody than the wrong one
    ],
)
def test_what_is_only_alike_belongs_to_nobody(author: str) -> None:
    """By labels, never by letters; never a subscriber; never by guessing."""
    assert _registry().find(Address.parse(author)) is None


@settings(max_examples=150, deadline=None)
@given(
    local=st.from_regex(r"[a-z0-9.+-]{1,12}", fullmatch=True), below=st.from_regex(r"([a-z]{1,8}\.)?", fullmatch=True)
)
def test_no_mailbox_of_a_shared_domain_is_ever_an_operator(local: str, below: str) -> None:
    """But for the exact address that the record names."""
    try:
        author = Address.parse(f"{local}@{below}provider.example")
    except AddressError:
        return
    if author.key != "bills@provider.example":
        assert _registry().find(author) is None


@pytest.mark.parametrize(
    ("domain", "known"),
    [
        ("mail.company.example", True),
        ("eu.mail.company.example", True),
        ("trust.example", True),
        ("news.trust.example", True),
        ("company.example", False),
        ("stranger.example", False),
        ("uk", False),
    ],
)
def test_knows_is_the_cheap_question(domain: str, *, known: bool) -> None:
    """Whoever `find` finds is known."""
    assert _registry().knows(canonicalize_domain(domain)) is known


def test_obsolete_records_lead_on_and_a_circle_ends() -> None:
    """Old slugs go on leading somewhere."""
    circle = Registry.of(
        [
            operator("a", obsolete=Obsolete(reason="r", redirect="b")),
            operator("b", obsolete=Obsolete(reason="r", redirect="a")),
            operator("c", obsolete=Obsolete(reason="closed")),
            operator("d", obsolete=Obsolete(reason="r", redirect="nobody")),
        ],
        guards=GUARDS,
    )

    assert circle.get("a") is not None
    assert (one := circle.get("c")) is not None
    assert one.slug == "c"
    assert circle.get("d") is None
    assert circle.get("") is None


def test_a_brand_without_a_mediator_has_its_companys() -> None:
    """As the brand's disputes are the company's."""
    body = Mediator(slug="m", name="M", sectors=("telecom",))
    registry = Registry.of([operator("house", mediator="m"), operator("brand", parent="house")], [body], guards=GUARDS)

    assert registry.mediator_of(registry.by_slug["brand"]) is body
    assert registry.mediator_of(operator("stranger")) is None


def test_search_wants_every_word() -> None:
    """In slug, name, brands and domains, without regard to accents."""
    assert [one.slug for one in _registry().search("CARRIER b")] == ["carrier-b"]
    assert [one.slug for one in _registry().search("trust.example")] == ["trust"]
    assert _registry().search("carrier trust") == ()


# The user's own records ---------------------------------------------------------------------------------------------


def test_a_users_channel_wins_over_the_shipped_one(tmp_path: Path) -> None:
    """Channel by channel: what has the same id is replaced, the rest stays."""
    shipped = read_operator(SOUND, "telecom-exemple.toml")
    (tmp_path / "telecom-exemple.toml").write_text(
        'slug = "telecom-exemple"\nname = "Télécom Exemple"\nsector = "telecom"\nnote = "mine"\n'
        '[[channels]]\nid = "contact"\nmedium = "email"\npurpose = "customer-service"\naudience = "consumers"\n'
        'target = "anne@telecom.example"\nquality = "tested"\nstated_on = 2026-11-01\nchecked_on = 2026-11-01\n'
        'sources = ["she answered me"]\n'
        '[[senders]]\ndomain = "telecom-mail.example"\nsources = ["my mailbox"]\nchecked_on = 2026-11-01\n'
        '[[escalation]]\nafter_days = 10\nchannel = "service-client"\n',
        "utf-8",
    )
    (tmp_path / "notes.txt").write_text("no record")
    registry, problems = Registry.with_user_records(tmp_path, over=Registry.of([shipped], guards=GUARDS))
    merged = registry.by_slug["telecom-exemple"]

    assert problems == ()
    assert {one.id: one.target for one in merged.channels}["contact"] == "anne@telecom.example"
    assert {one.id for one in merged.channels} == {"contact", "service-client"}
    assert [one.domain for one in merged.senders] == ["telecom-mail.example", "mail.telecom.example"]
    assert (merged.note, merged.brands, merged.escalation) == (
        "mine",
        shipped.brands,
        (Step(after_days=10, channel="service-client"),),
    )
    assert registry.find(Address.parse("x@telecom-mail.example")) is not None


def test_a_users_record_that_cannot_be_read_is_named_and_the_shipped_one_used(tmp_path: Path) -> None:
    """One broken file costs itself."""
    shipped = read_operator(SOUND, "telecom-exemple.toml")
    (tmp_path / "telecom-exemple.toml").write_text(SOUND.replace("reclamations@", "serviceclient@"), "utf-8")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    (tmp_path / "mine.toml").write_text('slug = "mine"\nname = "Mine"\nsector = "other"\n', "utf-8")
    (tmp_path / "folder.toml").mkdir()
    registry, problems = Registry.with_user_records(tmp_path, over=Registry.of([shipped], guards=GUARDS))

    assert sorted(line.partition(":")[0] for line in problems) == ["folder.toml", "latin.toml", "telecom-exemple.toml"]
    assert registry.by_slug["telecom-exemple"] is shipped
    assert "mine" in registry.by_slug


def test_a_folder_that_does_not_exist_holds_no_records(tmp_path: Path) -> None:
    """The default folder need not be there."""
    registry, problems = Registry.with_user_records(tmp_path / "none", over=Registry.of([operator()], guards=GUARDS))

    assert (len(registry.by_slug), problems) == (1, ())


# Choosing where an answer goes --------------------------------------------------------------------------------------


def _choose(
    record: Operator,
    *more: Operator,
    level: Level = Level.QUESTION,
    today: date = TODAY,
    said: tuple[str, ...] = (),
    channel_id: str = "",
) -> Choice:
    registry = Registry.of([record, *more], guards=GUARDS)
    return choose(
        record,
        topic=Topic.BILLING,
        level=level,
        today=today,
        shelf_life_days=180,
        registry=registry,
        said=said,
        channel_id=channel_id,
    )


def test_every_topic_has_purposes_at_every_level_and_none_is_a_trap() -> None:
    """Abuse and cancellation are no fall-back for anything; data protection is for what it is there for."""
    assert set(PURPOSES) == {(topic, level) for topic in Topic for level in Level}
    for (topic, _level), purposes in PURPOSES.items():
        assert not {Purpose.ABUSE, Purpose.CANCELLATION} & set(purposes)
        assert (Purpose.PRIVACY in purposes) is (topic in {Topic.DATA, Topic.MARKETING})
        assert purposes[-1] is Purpose.GENERAL


POST = {"medium": Medium.POST}


@pytest.mark.parametrize(
    ("level", "channels", "chosen"),
    [
        (Level.QUESTION, [channel("b", purpose=Purpose.COMPLAINTS), channel("a")], "a"),
        (Level.COMPLAINT, [channel("a"), channel("b", purpose=Purpose.COMPLAINTS)], "b"),
        (Level.NOTICE, [channel("a"), channel("b", purpose=Purpose.COMPLAINTS, medium=Medium.POST)], "b"),
        (Level.QUESTION, [channel("p", medium=Medium.POST), channel("e")], "e"),
        (Level.QUESTION, [channel("g", purpose=Purpose.GENERAL), channel("p", medium=Medium.POST)], "p"),
        (Level.QUESTION, [channel("old", stated_on=date(2026, 7, 1)), channel("new")], "new"),
        (Level.QUESTION, [channel("new"), channel("tested", quality=Quality.TESTED)], "tested"),
        (Level.QUESTION, [channel("first"), channel("second")], "first"),
        (Level.QUESTION, [channel("r", quality=Quality.REPORTED), channel("p", medium=Medium.POST)], "p"),
        (
            Level.COMPLAINT,
            [channel("desk", medium=Medium.POST, purpose=Purpose.COMPLAINTS, quality=Quality.REPORTED), channel("e")],
            "e",
        ),
        (
            Level.QUESTION,
            [
                channel("head-office", medium=Medium.POST, purpose=Purpose.GENERAL),
                channel("desk", medium=Medium.POST, quality=Quality.REPORTED),
            ],
            "desk",
        ),
        (Level.QUESTION, [channel("dpo", purpose=Purpose.PRIVACY)], None),
        (Level.QUESTION, [channel("abuse", purpose=Purpose.ABUSE)], None),
        (Level.COMPLAINT, [channel("end", purpose=Purpose.CANCELLATION)], None),
        (Level.QUESTION, [channel("firms", audience=Audience.BUSINESSES)], None),
        (Level.QUESTION, [channel("police", audience=Audience.AUTHORITIES)], None),
        (Level.QUESTION, [channel("all", audience=Audience.ALL)], "all"),
        (Level.QUESTION, [channel("south", region="Réunion")], None),
        (Level.QUESTION, [channel("form", medium=Medium.WEBFORM), channel("call", medium=Medium.PHONE)], None),
        (Level.QUESTION, [channel("chat", medium=Medium.CHAT), channel("x", medium=Medium.SOCIAL)], None),
        (Level.QUESTION, [], None),
    ],
)
def test_purpose_then_medium_then_quality_then_age(level: Level, channels: list[object], chosen: str | None) -> None:
    """And no channel at all rather than one that is there for something else."""
    choice = _choose(operator(channels=tuple(channels)), level=level)

    assert (choice.channel.id if choice.channel else None) == chosen


def test_what_the_operator_wants_to_be_asked_second_comes_second() -> None:
    """A service consommateurs is for those whom the service client left unsatisfied."""
    record = operator(
        channels=(
            channel("second", medium=Medium.POST, purpose=Purpose.COMPLAINTS),
            channel("first", medium=Medium.POST),
        ),
        escalation=(Step(after_days=30, channel="second"),),
    )
    choice = _choose(record, level=Level.COMPLAINT)

    assert choice.channel is record.channels[1]
    assert choice.also == (record.channels[0],)


def test_forms_and_telephones_are_named_beside_the_letter() -> None:
    """Best first; chats and other people's channels are not."""
    record = operator(
        channels=(
            channel("chat", medium=Medium.CHAT),
            channel("call", medium=Medium.PHONE, quality=Quality.REPORTED, stated_on=None),
            channel("form", medium=Medium.WEBFORM),
            channel("letter", medium=Medium.POST),
            channel("dpo", purpose=Purpose.PRIVACY),
        )
    )
    choice = _choose(record)

    assert [one.id for one in choice.also] == ["form", "call"]
    assert [(one.id, why) for one, why in choice.others] == [
        ("chat", "a chat channel takes no letter"),
        ("dpo", "it is there for privacy only"),
    ]


@pytest.mark.parametrize("days", [180, 181])
def test_an_email_past_its_shelf_life_is_told_and_not_chosen(days: int) -> None:
    """The older of the two dates counts; the last day still does."""
    known = TODAY - timedelta(days=days)
    choice = _choose(operator(channels=(channel("e", stated_on=known, checked_on=TODAY),)))

    assert (choice.channel is None) is (days > 180)
    assert choice.stale is (days > 180)
    assert [one.id for one, _why in choice.others] == (["e"] if days > 180 else [])


@pytest.mark.parametrize("days", [0, 1, 2, 400])
@pytest.mark.parametrize("stated", [False, True])
def test_a_day_that_is_still_to_come_keeps_nothing_fresh(days: int, *, stated: bool) -> None:
    """Nobody has read anything then; one day more is only another time zone."""
    written = TODAY + timedelta(days=days)
    dated = channel("e", stated_on=written if stated else TODAY - timedelta(days=20), checked_on=written)
    choice = _choose(operator(channels=(dated,)))

    assert dated.is_due(TODAY, 180) is choice.stale is (choice.channel is None) is (days > 1)


def test_a_post_past_its_shelf_life_is_used_and_marked() -> None:
    """As is one that is only reported; and a registered office. Three times as old, it is only reported."""
    old, aged = (
        _choose(operator(channels=(channel("p", medium=Medium.POST, stated_on=TODAY - timedelta(days=days)),)))
        for days in (3 * 180, 3 * 180 + 1)
    )
    reported = _choose(operator(channels=(channel("p", medium=Medium.POST, quality=Quality.REPORTED, stated_on=None),)))
    office = _choose(operator(channels=(channel("p", medium=Medium.POST, purpose=Purpose.GENERAL),)))

    assert (old.stale, old.to_verify, old.last_resort) == (True, False, False)
    assert (aged.stale, aged.to_verify, aged.last_resort) == (True, True, False)
    assert (reported.stale, reported.to_verify, reported.last_resort) == (False, True, False)
    assert (office.stale, office.to_verify, office.last_resort) == (False, False, True)


def test_a_newer_address_is_written_to_before_one_that_is_three_times_too_old() -> None:
    """A complaints desk of long ago does not displace the customer service of today."""
    aged = channel("c", medium=Medium.POST, purpose=Purpose.COMPLAINTS, stated_on=TODAY - timedelta(days=541))
    fresh = channel("s", medium=Medium.POST, stated_on=TODAY - timedelta(days=300))
    found = [
        _choose(operator(channels=channels), level=Level.COMPLAINT).channel for channels in ((aged, fresh), (aged,))
    ]

    assert found == [fresh, aged]


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        pytest.param(("Votre facture mobile", "fibre"), "mobile", id="the head weighs most"),
        pytest.param(("Votre facture", "Forfait Mobile 20 Go"), "mobile", id="then the text"),
        pytest.param(("FIBRE : votre rendez-vous",), "fibre", id="capitals and signs do not matter"),
        pytest.param(("fibre et mobile, votre offre", "mobile"), None, id="two services in the head"),
        pytest.param(("Votre facture", "fibre ou mobile"), None, id="two services in the text"),
        pytest.param(("Immobile, fibreuse",), None, id="no part of a word"),
        pytest.param((), None, id="nothing said"),
    ],
)
def test_a_desk_for_one_service_takes_its_own_mail_only(said: tuple[str, ...], chosen: str | None) -> None:
    """A letter to the wrong desk is worse than a blank; all desks are named beside it. The user may choose any."""
    fibre = channel("fibre", medium=Medium.POST, serves=("fibre",))
    mobile = channel("mobile", medium=Medium.POST, serves=("mobile", "forfait"))
    record = operator(channels=(fibre, mobile))
    choice = _choose(record, said=said)

    assert (choice.channel.id if choice.channel else None) == chosen
    assert {one.id for one in choice.also} == {"fibre", "mobile"} - {chosen}
    everybody = channel("all", medium=Medium.POST, quality=Quality.REPORTED, stated_on=None)
    rest = _choose(operator(channels=(fibre, mobile, everybody)), said=said).channel
    assert rest
    assert rest.id == (chosen or "all")
    assert _choose(record, said=said, channel_id="fibre").channel == fibre


def test_a_brand_without_a_channel_of_its_own_writes_to_its_company() -> None:
    """The brand's own channels win; a circle of parents ends."""
    house = operator("house", parent="brand", channels=(channel("house", medium=Medium.POST),))
    poor = operator("brand", parent="house", channels=(channel("call", medium=Medium.PHONE),))
    rich = operator("brand", parent="house", channels=(channel("own", medium=Medium.POST),))

    assert (choice := _choose(poor, house)).channel is house.channels[0]
    assert [one.id for one in choice.also] == ["call"]
    assert _choose(rich, house).channel is rich.channels[0]
    twice = operator("house", channels=(*house.channels, channel("call", medium=Medium.PHONE)))
    assert [one.id for one in _choose(poor, twice).also] == ["call"]
    assert _choose(operator("a", parent="a")).channel is None


def test_a_user_may_choose_among_what_fits() -> None:
    """But never a data protection mailbox for a bill."""
    record = operator(
        channels=(
            channel("mail"),
            channel("letter", medium=Medium.POST),
            channel("call", medium=Medium.PHONE),
            channel("dpo", purpose=Purpose.PRIVACY),
        )
    )

    assert _choose(record, channel_id="letter").channel is record.channels[1]
    assert _choose(record, channel_id="call").channel is record.channels[2]
    for wrong, why in (("dpo", "privacy only"), ("nobody", "mail, letter, call")):
        with pytest.raises(UsageError, match=why):
            _choose(record, channel_id=wrong)
