"""TOML into structs: every problem at once, each with its place and a guess."""

import tomllib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.tables import Check, Table, read


class Colour(StrEnum):
    """An enum, as the records have them."""

    RED = "red"
    GREEN = "green"


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """A table within a table."""

    inches: int
    colour: Colour = Colour.RED


NoCurse = Annotated[str, Check(lambda text: "should not be a curse" if text == "damn" else "")]


class Cart(Table, frozen=True, kw_only=True):
    """A table with a field of every kind that the configuration and the records have."""

    name: str
    wheel: Wheel | None = None
    wheels: tuple[Wheel, ...] = ()
    colours: tuple[Colour, ...] = ()
    loads: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    doors: dict[str, Wheel] = msgspec.field(default_factory=dict)
    seats: tuple[str, ...] | Literal["all"] = "all"
    words: tuple[NoCurse, ...] = ()
    speed: Literal["slow", "fast"] = "slow"
    weight: float = 1.0
    count: Annotated[int, Check(lambda number: "should not be negative" if number < 0 else "")] = 1
    closed: bool = False
    built_on: date | None = None
    until: date = date(2030, 1, 1)

    def problems(self, wrong: AbstractSet[str]) -> Iterator[tuple[str, str]]:
        """Refuse what no single field shows."""
        if self.closed and ("doors" in wrong or self.doors):
            yield "closed", "a closed cart has no doors"
        colours = [wheel.colour for wheel in self.wheels]
        if len(set(colours)) < len(colours):
            yield "wheels", "two wheels have one colour"


def problems_of(toml: str) -> tuple[str, ...]:
    """Read *toml* as a cart and give what is wrong with it."""
    made, problems = read(tomllib.loads(toml), Cart)

    assert (made is None) is bool(problems)
    return problems


def test_a_table_becomes_a_struct() -> None:
    """Nested tables, lists of tables, tables of tables, lists, dates and defaults all arrive in their types."""
    made, problems = read(
        tomllib.loads(
            """
            name = "hay"
            colours = ["green", "red"]
            seats = ["left"]
            weight = 2
            built_on = 2026-11-24
            wheel = {inches = 20}
            words = ["gee", "up"]
            wheels = [{inches = 21, colour = "green"}, {inches = 22}]
            [loads.north]
            kind = "hay"
            [doors.back]
            inches = 1
            """
        ),
        Cart,
    )

    assert problems == ()
    assert made == Cart(
        name="hay",
        colours=(Colour.GREEN, Colour.RED),
        seats=("left",),
        words=("gee", "up"),
        weight=2.0,
        built_on=date(2026, 11, 24),
        wheel=Wheel(inches=20),
        wheels=(Wheel(inches=21, colour=Colour.GREEN), Wheel(inches=22)),
        loads={"north": {"kind": "hay"}},
        doors={"back": Wheel(inches=1)},
    )


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("", "name: is missing"),
        ("name = 1", "name: should be text, not a whole number"),
        ("name = 2026-11-24", "name: should be text, not a date"),
        ("name = 08:00:00", "name: should be text, not a time of day"),
        ('name = "a"\nnmae = "b"', "nmae: is not a known key (did you mean 'name'?)"),
        ('name = "a"\nzzz = 1', "zzz: is not a known key"),
        ('name = "a"\ncount = true', "count: should be a whole number, not true"),
        ('name = "a"\ncount = 1.0', "count: should be a whole number, not a number with a point"),
        ('name = "a"\ncount = "1"', "count: should be a whole number, not text"),
        ('name = "a"\nclosed = 1', "closed: should be true or false, not a whole number"),
        ('name = "a"\nweight = "heavy"', "weight: should be a number, not text"),
        ('name = "a"\nuntil = 2026-11-24T08:00:00', "until: should be a date, not a date with a time"),
        ('name = "a"\nuntil = "2026-11-24"', "until: should be a date, not text"),
        ('name = "a"\nbuilt_on = "2026-11-24"', "built_on: should be a date, not text"),
        ('name = "a"\nspeed = "fsat"', "speed: 'fsat' is not known (did you mean 'fast'?)"),
        ('name = "a"\nspeed = "xyz"', "speed: 'xyz' is not known; known are: slow, fast"),
        ('name = "a"\nspeed = 3', "speed: should be text, not a whole number"),
        ('name = "a"\nseats = "al"', "seats: 'al' is not known (did you mean 'all'?)"),
        ('name = "a"\nseats = "left"', "seats: should be a list or 'all', not 'left'"),
        ('name = "a"\nseats = 4', "seats: should be a list or 'all', not a whole number"),
        ('name = "a"\nseats = ["left", 4]', "seats[1]: should be text, not a whole number"),
        ('name = "a"\nwords = ["gee", "damn"]', "words[1]: should not be a curse"),
        ('name = "a"\nwords = [true, "damn"]', "words[0]: should be text, not true\nwords[1]: should not be a curse"),
        ('name = "a"\ncolours = ["red", "gren"]', "colours[1]: 'gren' is not known (did you mean 'green'?)"),
        ('name = "a"\ncolours = ["blue"]', "colours[0]: 'blue' is not known; known are: red, green"),
        ('name = "a"\ncolours = "red"', "colours: should be a list, not text"),
        ('name = "a"\nwheel = 4', "wheel: should be a table, not a whole number"),
        ('name = "a"\nwheel = {}', "wheel.inches: is missing"),
        ('name = "a"\nwheel = {inches = 1, colour = "rde"}', "wheel.colour: 'rde' is not known (did you mean 'red'?)"),
        ('name = "a"\nwheel = {inches = 1, size = 2}', "wheel.size: is not a known key"),
        (
            'name = "a"\nwheels = [{inches = 1}, {inches = "x", colour = "green"}]',
            "wheels[1].inches: should be a whole number, not text",
        ),
        ('name = "a"\nwheels = [{inches = 1}, 7]', "wheels[1]: should be a table, not a whole number"),
        ('name = "a"\nwheels = {inches = 1}', "wheels: should be a list, not a table"),
        ('name = "a"\nloads = {north = {kind = 1}}', "loads.north.kind: should be text, not a whole number"),
        ('name = "a"\ndoors = {back = {inches = true}}', "doors.back.inches: should be a whole number, not true"),
        ('name = "a"\ncount = -1', "count: should not be negative"),
        ('name = "a"\nclosed = true\ndoors = {a = {inches = 1}}', "closed: a closed cart has no doors"),
    ],
)
def test_each_problem_has_a_place_and_a_guess(toml: str, problem: str) -> None:
    """One thing wrong is one line: where, what, and what may have been meant, in words of users and not of Python."""
    assert problems_of(toml) == tuple(problem.splitlines())


def test_all_problems_are_named_at_once() -> None:
    """Nobody has to mend a file ten times: unknown, missing, mistyped and impossible values come together."""
    problems = problems_of(
        """
        nmae = "hay"
        count = -1
        weight = "heavy"
        colours = [1, "green", "gren"]
        words = ["damn"]
        wheels = [{}, {inches = 1}, {inches = 2, colour = "blu"}]
        """
    )

    assert problems == (
        "nmae: is not a known key (did you mean 'name'?)",
        "count: should not be negative",
        "weight: should be a number, not text",
        "colours[0]: should be text, not a whole number",
        "colours[2]: 'gren' is not known (did you mean 'green'?)",
        "words[0]: should not be a curse",
        "wheels[0].inches: is missing",
        "wheels[2].colour: 'blu' is not known; known are: red, green",
        "name: is missing",
        "wheels: two wheels have one colour",
    )


@pytest.mark.parametrize(
    ("toml", "problems"),
    [
        ("closed = true\ndoors = 4", {"name", "doors", "closed"}),
        ("closed = 1\ndoors = {a = {inches = 1}}", {"name", "closed"}),
        ('name = "a"\nclosed = true\ndoors = {a = {inches = "x"}}', {"doors.a.inches", "closed"}),
        (
            'name = "a"\nwheels = [{inches = "x"}, {}, 7]',
            {"wheels[0].inches", "wheels[1].inches", "wheels[2]", "wheels"},
        ),
        ('name = "a"\nwheels = [{inches = "x"}, {inches = 1, colour = "green"}]', {"wheels[0].inches"}),
        ('name = "a"\nwheels = 7', {"wheels"}),
    ],
)
def test_what_several_values_must_be_together_is_asked_of_those_that_can_be_read(toml: str, problems: set[str]) -> None:
    """What is wrong by itself hides nothing of it, and leads to no second problem."""
    assert {problem.partition(":")[0] for problem in problems_of(toml)} == problems


def test_a_place_is_put_before_every_line() -> None:
    """Who reads a part of a file says which."""
    _made, problems = read({"count": -1, "name": "a", "x": 1}, Cart, place="carts[2]")

    assert problems == ("carts[2].count: should not be negative", "carts[2].x: is not a known key")


toml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.datetimes()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(Cart.__struct_fields__) | st.text(max_size=4), toml_values, max_size=6))
def test_whatever_stands_in_a_table_is_read_or_named(table: dict[str, Any]) -> None:
    """No value of any type raises anything: there is a struct, or there are problems, never both and never neither."""
    made, problems = read(table, Cart)

    assert (made is None) is bool(problems)
