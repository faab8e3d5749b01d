"""The compiled records: the same answers as the files give, read one by one, and never older than the files."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from builders import an_operator

from noreply_analyzer.address import Address
from noreply_analyzer.catalogue import open_registry
from noreply_analyzer.collection import collected
from noreply_analyzer.errors import DataError
from noreply_analyzer.lookalike import claim
from noreply_analyzer.registry import Registry


def operator_toml(slug: str, name: str = "Exemple") -> str:
    """Write a record without a channel."""
    website = f"{slug}.example"
    return f'slug = "{slug}"\nname = "{name}"\nsector = "telecom"\nwebsites = ["{website}"]\n'


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Give a folder with one record of the user's."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "exemple.toml").write_text(operator_toml("exemple"), "utf-8")
    return folder


def cached(cache: Path) -> list[Path]:
    """Give what lies in the cache, but for the records that everybody has."""
    return sorted(path for path in cache.glob("records-*.sqlite3") if path.name != "records-shipped.sqlite3")


def test_the_compiled_records_answer_as_the_files_do(own: Path, tmp_path: Path) -> None:
    """For every operator: the record, its mediator, the names; and what of the user's lies over them."""
    first, second = (open_registry(own, tmp_path / "cache", keep=True).registry for _time in range(2))
    plain, _problems = Registry.with_user_records(own)

    assert type(second.by_slug) is not type(first.by_slug)
    for registry in (first, second):
        assert registry.operators == plain.operators
        assert dict(registry.mediators) == dict(plain.mediators)
        assert registry.guards == plain.guards
        assert dict(registry.index.names) == dict(plain.index.names)
        assert registry.index.last_look == plain.index.last_look
        for operator in plain.operators:
            for domain in (*operator.websites, *(sender.domain for sender in operator.senders)):
                author = Address.parse(f"noreply@{domain}")
                assert registry.find(author) == plain.find(author)
                assert registry.knows(author.domain) == plain.knows(author.domain)


def test_looking_one_domain_up_reads_one_record(own: Path, tmp_path: Path) -> None:
    """However many there are."""
    open_registry(own, tmp_path / "cache", keep=True)
    registry = open_registry(own, tmp_path / "cache", keep=True).registry

    match = registry.find(Address.parse("noreply@exemple.example"))

    assert match is not None
    assert match.operator.slug == "exemple"
    assert list(registry.by_slug._read) == ["exemple"]  # type: ignore[attr-defined]
    found = claim(registry, "Exemple Service", Address.parse("x@stranger.example"))
    assert found is not None
    assert found.operator is match.operator
    assert list(registry.index.names._read) == ["exemple"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", ["edit", "add", "remove", "break", "import", "edit-import"])
def test_a_change_is_seen_at_once(own: Path, tmp_path: Path, change: str) -> None:
    """Whatever was changed, the next look sees it; a broken record is named each time, for that is kept too."""
    cache, file, taken = tmp_path / "cache", own / "exemple.toml", own / "x.jsonl"
    if change == "edit-import":
        taken.write_bytes(collected("x", [an_operator(slug="un")]))
    before = open_registry(own, cache, keep=True)
    if change == "edit":
        file.write_text(operator_toml("exemple", name="Autrement"), "utf-8")
    elif change == "add":
        (own / "autre.toml").write_text(operator_toml("autre"), "utf-8")
    elif change == "remove":
        file.unlink()
    elif change.endswith("import"):
        taken.write_bytes(collected("x", [an_operator(slug="deux")]))
    else:
        file.write_text("slug = ", "utf-8")
    after, again = open_registry(own, cache, keep=True), open_registry(own, cache, keep=True)

    assert after.fingerprint not in {"", before.fingerprint}
    assert after.registry.operators == again.registry.operators == Registry.with_user_records(own)[0].operators
    assert after.registry.operators != before.registry.operators
    assert bool(after.problems) == (change == "break")
    assert again.problems == after.problems


@pytest.mark.parametrize("harm", ["garbage", "empty", "no-table", "folder", "old-form"])
def test_a_cache_that_cannot_be_read_is_made_again(own: Path, tmp_path: Path, harm: str) -> None:
    """It holds nothing that the files do not."""
    cache = tmp_path / "cache"
    open_registry(own, cache, keep=True)
    (file,) = cached(cache)
    if harm == "garbage":
        file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    elif harm == "empty":
        file.write_bytes(b"")
    elif harm == "folder":
        file.unlink()
        file.mkdir()
    else:
        with closing(sqlite3.connect(file)) as database, database:
            database.execute("DROP TABLE senders" if harm == "no-table" else "UPDATE about SET value = x'c0'")

    registry = open_registry(own, cache, keep=True).registry
    match = registry.find(Address.parse("noreply@exemple.example"))

    assert match is not None


def test_damage_that_shows_late_is_a_sentence(own: Path, tmp_path: Path) -> None:
    """Which file, and what to do; never an error of the database."""
    cache = tmp_path / "cache"
    open_registry(own, cache, keep=True)
    (file,) = cached(cache)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE operators SET value = x'c1'")
    registry = open_registry(own, cache, keep=True).registry

    with pytest.raises(DataError, match=r"records-.*\.sqlite3 is damaged: delete it"):
        registry.find(Address.parse("noreply@exemple.example"))


def test_where_nothing_can_or_may_be_written_the_files_are_read(own: Path, tmp_path: Path) -> None:
    """A file in the place of the cache, or a command that writes nothing: the records are there all the same."""
    blocked = tmp_path / "cache"
    blocked.write_text("", "utf-8")

    assert "exemple" in open_registry(own, blocked, keep=True).registry.by_slug
    assert "exemple" in open_registry(own, tmp_path / "none", keep=False).registry.by_slug
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "own"]


def test_the_cache_is_the_users_alone(own: Path, tmp_path: Path) -> None:
    """Mode 600 in a folder of mode 700: whoever could write there could say where letters go."""
    cache = tmp_path / "cache"
    open_registry(own, cache, keep=True)
    (file,) = cached(cache)

    assert (cache.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_who_has_no_records_of_his_own_shares_one_cache(tmp_path: Path) -> None:
    """A folder that is empty or is not there makes no second copy of the shipped records."""
    (tmp_path / "empty").mkdir()
    for name in ("empty", "none"):
        assert open_registry(tmp_path / name, tmp_path / "cache", keep=True).problems == ()

    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["records-shipped.sqlite3"]
