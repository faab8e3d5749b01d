"""A record's text with other dates and sources: these lines change, and nothing else."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import SOUND

from noreply_analyzer.amending import Amendment, amended, quoted
from noreply_analyzer.errors import DataError

TODAY = date(2026, 11, 26)
SOURCE = "Archive Exemple, versions@22222222, Télécom Exemple/Terms, copy of 2026-10-01"
CHANNEL = """\
# what everybody asks
[[channels]]
id = "service-client"  # the first
medium = "email"
target = "contact@telecom.example"
quality = "archived"
stated_on = 2026-07-03  # of the page
checked_on = 2026-11-02
sources = ["https://telecom.example/cgv"]

[[escalation]]
after_days = 30
channel = "service-client"
"""


def wanted(**changes: object) -> Amendment:
    """Give what a text of the first of October says."""
    fields: dict[str, object] = {
        "channel": "service-client",
        "checked_on": TODAY,
        "stated_on": date(2026, 10, 1),
        "source": SOURCE,
        "document": "Télécom Exemple/Terms",
    }
    return Amendment(**(fields | changes))  # type: ignore[arg-type]


def changed_lines(before: str, after: str) -> list[str]:
    """Give the lines of *after* that *before* does not have."""
    old = before.splitlines()
    return [line for line in after.splitlines() if line not in old]


def test_only_the_lines_that_change_are_changed() -> None:
    """Remarks, order and everything else stay."""
    after, keys = amended(CHANNEL, wanted())

    assert keys == ("stated_on", "checked_on", "sources")
    assert changed_lines(CHANNEL, after) == [
        "stated_on = 2026-10-01  # of the page",
        "checked_on = 2026-11-26",
        "sources = [",
        '    "https://telecom.example/cgv",',
        f'    "{SOURCE}",',
        "]",
    ]
    assert after.startswith("# what everybody asks\n")
    assert after.endswith('channel = "service-client"\n')


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"stated_on": date(2026, 7, 3), "source": ""}, ("checked_on",)),
        ({"stated_on": date(2026, 7, 2)}, ("checked_on",)),
        ({"stated_on": None, "source": ""}, ("checked_on",)),
        ({"stated_on": None, "checked_on": date(2026, 11, 2), "source": ""}, ()),
        ({"stated_on": None, "checked_on": date(2026, 11, 1), "source": ""}, ()),
        ({"source": "https://telecom.example/cgv"}, ("stated_on", "checked_on")),
    ],
)
def test_no_date_goes_back(changes: dict[str, object], keys: tuple[str, ...]) -> None:
    """An older copy dates nothing, and its commit takes no newer one's place."""
    changes = {"document": "https://telecom.example/cgv"} | changes if "source" in changes else changes

    assert amended(CHANNEL, wanted(**changes))[1] == keys


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Archive Exemple, versions@1111111, Télécom Exemple/Terms, copy of 2026-07-03, read twice",
            "Archive Exemple, versions@22222222, Télécom Exemple/Terms, copy of 2026-10-01, read twice",
        ),
        ("versions, Télécom Exemple/Terms.md", SOURCE),
        ("versions, Télécom Exemple/Terms of Sale", None),
        ("versions, Autre Télécom Exemple/Terms", None),
    ],
)
def test_a_source_that_names_the_same_text_is_brought_up_to_date(before: str, after: str | None) -> None:
    """Another text's stays, and the new one stands behind it."""
    text = CHANNEL.replace("https://telecom.example/cgv", before)
    sources = tomllib.loads(amended(text, wanted())[0])["channels"][0]["sources"]

    assert sources == ([after] if after else [before, SOURCE])


@pytest.mark.parametrize(
    "array",
    [
        '[\n    "one",\n    "two",\n]',
        '[\n    "one", # the first, "quoted"\n    "two" # the last\n]',
        '[ "one", "two", ]',
        "['one', 'two']",
        '["""one""",\n\t"two"]',
        '["one # none", "two] none"]',
    ],
)
def test_sources_are_written_in_every_way(array: str) -> None:
    """The new one comes last, and remarks stay with what they stand behind."""
    text = CHANNEL.replace('["https://telecom.example/cgv"]', array)
    after = amended(text, wanted(source="third", document="third"))[0]
    before = tomllib.loads(text)["channels"][0]["sources"]

    assert tomllib.loads(after)["channels"][0]["sources"] == [*before, "third"]
    assert all(remark in after for remark in ('# the first, "quoted"', "# the last") if remark in array)


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (CHANNEL.replace("stated_on = 2026-07-03  # of the page\n", ""), True),
        (CHANNEL.replace("\n", "\r\n"), True),
        (CHANNEL.replace("[[channels]]", '[[ "channels" ]]'), True),
        (CHANNEL.replace("checked_on", '"checked_on"'), True),
        (CHANNEL.replace('"contact@telecom.example"', '"""x\n[[channels]]\nchecked_on = 2020-01-01\n"""'), True),
        ("note = '''\n[[channels]]\n'''\n" + CHANNEL, True),
        ('channels = [{id = "service-client", checked_on = 2026-11-02, sources = ["s"]}]\n', False),
        (CHANNEL + CHANNEL, False),
        (CHANNEL.replace("service-client", "another"), False),
        ("channels = 1", False),
        ("channels = [1]", False),
        ("not toml", False),
        ("a = " + "[" * 5000, False),
    ],
)
def test_what_is_written_otherwise_is_refused(text: str, *, fine: bool) -> None:
    """Nothing is changed by guessing: what comes out says what it said, but for what was to be changed."""
    if not fine:
        with pytest.raises(DataError):
            amended(text, wanted())
        return
    after = tomllib.loads(amended(text, wanted())[0])
    before = tomllib.loads(text)

    assert after["channels"][0].pop("stated_on") == date(2026, 10, 1)
    assert after["channels"][0].pop("checked_on") == TODAY
    assert after["channels"][0].pop("sources") == [*before["channels"][0].pop("sources"), SOURCE]
    del before["channels"][0]["checked_on"]
    before["channels"][0].pop("stated_on", None)
    assert after == before


def test_the_second_channel_is_not_the_first() -> None:
    """Each by its id."""
    after, keys = amended(SOUND, wanted(channel="contact"))
    first, second = tomllib.loads(after)["channels"]

    assert keys == ("stated_on", "checked_on", "sources")
    assert (first["checked_on"], second["checked_on"]) == (date(2026, 11, 2), TODAY)


RECORD = """\
#:schema ./mediator.schema.json
slug = "mediation"
sources = ["https://vendeur.example/cgv"]  # the terms of a shop
stated_on = 2026-07-03
checked_on = 2026-11-02

"""


def test_a_record_itself_is_changed_and_none_of_its_channels() -> None:
    """Its conditions have dates and sources of their own; the first line stays the first."""
    after, keys = amended(RECORD + CHANNEL, wanted(channel=""))

    assert keys == ("stated_on", "checked_on", "sources")
    assert after.endswith(CHANNEL)
    assert after.splitlines()[:2] == RECORD.splitlines()[:2]
    assert tomllib.loads(after)["stated_on"] == date(2026, 10, 1)
    assert tomllib.loads(after)["sources"] == ["https://vendeur.example/cgv", SOURCE]
    assert "]  # the terms of a shop\n" in after


@pytest.mark.parametrize("missing", ["sources = ", "checked_on = "])
def test_a_record_without_sources_or_a_day_is_not_given_any(missing: str) -> None:
    """There is no place to write them at, and nobody has read anything."""
    text = "".join(line for line in RECORD.splitlines(keepends=True) if not line.startswith(missing))

    with pytest.raises(DataError):
        amended(text.replace("stated_on = 2026-07-03\n", "") + CHANNEL, wanted(channel=""))


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    """It is changed, or refused with a sentence."""
    for whole in (text, CHANNEL + text, text + CHANNEL, text + RECORD + CHANNEL):
        for channel in ("service-client", ""):
            try:
                after, _keys = amended(whole, wanted(channel=channel))
            except DataError:
                continue
            assert tomllib.loads(after)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_what_is_quoted_is_read_again(text: str) -> None:
    """Whatever stands in it."""
    assert tomllib.loads(f"x = {quoted(text)}")["x"] == text
