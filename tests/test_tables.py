"""TOML into structs: every problem at once, each with its place and a guess."""

import tomllib
from datetime import date
from enum import StrEnum
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noreply_analyzer.tables import read


class Colour(StrEnum):
    """An enum, as the records have them."""

    RED = "red"
    GREEN = "green"


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """A table within a table."""

    inches: int
    colour: Colour = Colour.RED


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A table with a field of every kind that the configuration and the records have."""

    name: str
    wheel: Wheel | None = None
    wheels: tuple[Wheel, ...] = ()
    colours: tuple[Colour, ...] = ()
    loads: dict[str, dict[str, str]] = {}
    doors: dict[str, Wheel] = {}
    seats: tuple[str, ...] | Literal["all"] = "all"
    speed: Literal["slow", "fast"] = "slow"
    weight: float = 1.0
    count: int = 1
    closed: bool = False
    built_on: date | None = None
    until: date = date(2030, 1, 1)

    def __post_init__(self) -> None:
        """Refuse what no single field shows."""
        problems = []
        if self.closed and self.doors:
            problems.append("a closed cart has no doors")
        if self.count < 0:
            problems.append("count: should not be negative")
        if problems:
            raise ValueError("\n".join(problems))


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
        ("name = 1", "name: should be str, not int"),
        ("name = 2026-11-24", "name: should be str, not date"),
        ('name = "a"\nnmae = "b"', "nmae: is not a known key (did you mean 'name'?)"),
        ('name = "a"\nzzz = 1', "zzz: is not a known key"),
        ('name = "a"\ncount = true', "count: should be int, not bool"),
        ('name = "a"\ncount = 1.0', "count: should be int, not float"),
        ('name = "a"\ncount = "1"', "count: should be int, not str"),
        ('name = "a"\nclosed = 1', "closed: should be bool, not int"),
        ('name = "a"\nweight = "heavy"', "weight: should be float, not str"),
        ('name = "a"\nuntil = 2026-11-24T08:00:00', "until: should be date, not datetime"),
        ('name = "a"\nuntil = "2026-11-24"', "until: should be date, not str"),
        ('name = "a"\nbuilt_on = "2026-11-24"', "built_on: should be date | null, not str"),
        ('name = "a"\nspeed = "fsat"', "speed: 'fsat' is not known (did you mean 'fast'?)"),
        ('name = "a"\nspeed = "xyz"', "speed: 'xyz' is not known"),
        ('name = "a"\nseats = "al"', "seats: 'al' is not known (did you mean 'all'?)"),
        ('name = "a"\nseats = 4', "seats: should be str | array, not int"),
        ('name = "a"\nseats = ["left", 4]', "seats[1]: should be str, not int"),
        ('name = "a"\ncolours = ["red", "gren"]', "colours[1]: 'gren' is not known (did you mean 'green'?)"),
        ('name = "a"\ncolours = "red"', "colours: should be array, not str"),
        ('name = "a"\nwheel = 4', "wheel: should be table | null, not int"),
        ('name = "a"\nwheel = {}', "wheel.inches: is missing"),
        ('name = "a"\nwheel = {inches = 1, colour = "rde"}', "wheel.colour: 'rde' is not known (did you mean 'red'?)"),
        ('name = "a"\nwheel = {inches = 1, size = 2}', "wheel.size: is not a known key"),
        ('name = "a"\nwheels = [{inches = 1}, {inches = "x"}]', "wheels[1].inches: should be int, not str"),
        ('name = "a"\nwheels = [{inches = 1}, 7]', "wheels[1]: should be table, not int"),
        ('name = "a"\nwheels = {inches = 1}', "wheels: should be array, not table"),
        ('name = "a"\nloads = {north = {kind = 1}}', "loads.north.kind: should be str, not int"),
        ('name = "a"\ndoors = {back = {inches = true}}', "doors.back.inches: should be int, not bool"),
        ('name = "a"\ncount = -1', "count: should not be negative"),
        ('name = "a"\nclosed = true\ndoors = {a = {inches = 1}}', "a closed cart has no doors"),
    ],
)
def test_each_problem_has_a_place_and_a_guess(toml: str, problem: str) -> None:
    """One thing wrong is one line: where, what, and what may have been meant."""
    assert problems_of(toml) == (problem,)


def test_all_problems_are_named_at_once() -> None:
    """Nobody has to mend a file ten times: unknown, missing, mistyped and impossible values come together."""
    problems = problems_of(
        """
        nmae = "hay"
        count = -1
        weight = "heavy"
        colours = [1, "green", "gren"]
        wheels = [{}, {inches = 1}, {inches = 2, colour = "blu"}]
        """
    )

    assert problems == (
        "nmae: is not a known key (did you mean 'name'?)",
        "weight: should be float, not str",
        "colours[0]: should be str, not int",
        "colours[2]: 'gren' is not known (did you mean 'green'?)",
        "wheels[0].inches: is missing",
        "wheels[2].colour: 'blu' is not known",
        "name: is missing",
    )


def test_impossible_values_are_named_beside_mistyped_ones() -> None:
    """A struct's own objections are heard even where another of its keys is wrong."""
    assert problems_of('name = "a"\ncount = -1\nspeed = 3') == (
        "speed: should be str, not int",
        "count: should not be negative",
    )


def test_a_mistyped_key_is_named_once() -> None:
    """What its default would lead to is no second problem."""
    assert problems_of('name = "a"\ncount = "many"\nclosed = true') == ("count: should be int, not str",)


def test_a_place_is_put_before_every_line() -> None:
    """Who reads a part of a file says which."""
    _made, problems = read({"count": -1, "name": "a", "x": 1}, Cart, place="carts[2]")

    assert problems == ("carts[2].x: is not a known key", "carts[2].count: should not be negative")


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
