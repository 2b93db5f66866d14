"""Files that are not our log, or no longer: each is refused in one sentence and left as it was."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.sqlite import SqliteEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.read_models.sqlite import SqliteReadModels
from adapters.sqlite_file import (
    APPLICATION_ID,
    FORMAT,
    SqliteFile,
    open_log,
)
from adapters.wire_format.digest import RunDigest
from application.errors import Broken, InputError, Retryable
from application.ports.event_store import EventStore
from application.read_models import PRICES
from tests.given.history import START, commit, mixed_history, price

TOO_MANY = [price(close=100 + n * 2654435761 % 10**9 / 7) for n in range(6000)]
"""More than a few pages hold, and of numbers that cannot be packed."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def store_on(file: SqliteFile) -> SqliteEventStore:
    return SqliteEventStore(file, SimulatedClock(START))


def written_log(path: Path) -> Path:
    store = store_on(open_log(path, create=True))
    asyncio.run(store.append([commit("a", 1, price())]))
    store.close()
    return path


def execute(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_new_log_carries_our_mark(path: Path) -> None:
    open_log(path, create=True).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_log_is_opened_again_with_what_it_holds(path: Path) -> None:
    written_log(path)
    for create in (True, False):
        store = store_on(open_log(path, create=create))
        assert asyncio.run(store.version("a")) == 1
        store.close()


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_refused_and_kept(path: Path, create: bool) -> None:
    path.write_text("date,open,close\n" * 200)
    before = path.read_bytes()
    with pytest.raises(InputError, match="no SQLite file"):
        open_log(path, create=create)
    assert path.read_bytes() == before


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE songs (name)"],
        ["PRAGMA application_id = 7"],
        ["PRAGMA application_id = 7", "CREATE TABLE commits (x)", "CREATE TABLE rows (x)"],
    ],
)
def test_a_foreign_database_is_refused_and_kept(
    path: Path, statements: list[str], create: bool
) -> None:
    execute(path, *statements)
    before = path.read_bytes()
    with pytest.raises(InputError, match="another program"):
        open_log(path, create=create)
    assert path.read_bytes() == before


def test_a_newer_format_is_refused(path: Path) -> None:
    execute(written_log(path), f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(InputError, match="newer program"):
        open_log(path, create=True)


def test_a_missing_table_is_named(path: Path) -> None:
    execute(written_log(path), "DROP TABLE commits")
    with pytest.raises(InputError, match="commits is missing"):
        open_log(path, create=False)


def test_a_missing_file_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(InputError, match="no such log"):
        open_log(path, create=False)
    with pytest.raises(InputError, match="no such log"):
        open_log(path, create=True, read_only=True)
    assert not path.exists()


def test_an_empty_file_becomes_a_log_only_when_asked(path: Path) -> None:
    path.touch()
    with pytest.raises(InputError, match="empty"):
        open_log(path, create=False)
    open_log(path, create=True).close()
    open_log(path, create=False).close()


def test_a_missing_folder_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"folder .*nowhere does not exist"):
        open_log(tmp_path / "nowhere" / "log.sqlite", create=True)
    with pytest.raises(InputError, match="is a folder"):
        open_log(tmp_path, create=True)


def test_a_name_with_odd_characters_is_a_name(tmp_path: Path) -> None:
    odd = tmp_path / "50% off?#1 日本.sqlite"
    open_log(odd, create=True).close()
    assert odd.exists()


@pytest.mark.parametrize("mode", [os.R_OK, os.W_OK])
def test_a_file_without_permission_is_refused(path: Path, mode: int) -> None:
    written_log(path)
    # the tests may run as root, whom no permission stops
    with pytest.raises(InputError, match="permission"):
        open_log(path, create=False, access=lambda _, asked: asked != mode)


def test_read_only_reads_and_refuses_to_write(path: Path) -> None:
    store = store_on(open_log(written_log(path), create=False, read_only=True))
    assert asyncio.run(store.version("a")) == 1
    with pytest.raises(InputError, match="reading only"):
        asyncio.run(store.append([commit("a", 2, price())]))
    assert asyncio.run(store.version("a")) == 1
    store.close()


def test_an_archived_log_is_read_where_nobody_may_write(path: Path) -> None:
    file = open_log(
        written_log(path), create=False, read_only=True, access=lambda _, asked: asked != os.W_OK
    )
    store = store_on(file)
    assert asyncio.run(store.version("a")) == 1
    store.close()
    assert [one.name for one in path.parent.iterdir()] == [path.name], "no side files"


def limit_pages(file: SqliteFile, more: int) -> None:
    pages = file.query("PRAGMA page_count")[0][0]
    file.query(f"PRAGMA max_page_count = {pages + more}")


def test_a_full_disk_is_retryable_and_writes_nothing(path: Path) -> None:
    file = open_log(path, create=True)
    store, tables = store_on(file), SqliteReadModels(file, SimulatedClock(START))
    asyncio.run(store.append([commit("a", 1, price())]))
    limit_pages(file, 4)
    many = [commit("a", 2, price()), commit("b", 1, *TOO_MANY)]
    with pytest.raises(Retryable, match="disk is full"):
        asyncio.run(store.append(many, [(PRICES, price().candle)]))
    assert asyncio.run(store.version("a")) == 1
    assert asyncio.run(store.version("b")) == 0
    assert list(asyncio.run(tables.everything(PRICES))) == []
    limit_pages(file, 1000)
    asyncio.run(store.append(many))
    assert asyncio.run(store.version("b")) == 6000
    store.close()


def test_a_full_disk_takes_the_group_of_a_research_log_and_says_so(path: Path) -> None:
    file = open_log(path, create=True, durable=False)
    store = store_on(file)
    asyncio.run(store.append([commit("a", 1, price())]))
    store.flush()
    asyncio.run(store.append([commit("a", 2, price())]))
    limit_pages(file, 4)
    with pytest.raises(InputError, match="1 appends before it"):
        asyncio.run(store.append([commit("b", 1, *TOO_MANY)]))
    assert asyncio.run(store.version("a")) == 1
    store.close()


def test_a_damaged_page_is_broken_not_a_crash(path: Path) -> None:
    store = store_on(open_log(path, create=True))
    for version in range(1, 200):
        asyncio.run(store.append([commit("a", version, price())]))
    store.close()
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 512] = b"\xff" * 512
    path.write_bytes(content)
    with pytest.raises((Broken, InputError), match="damaged"):
        asyncio.run(store_on(open_log(path, create=False)).version("a"))


async def read_all(store: EventStore) -> None:
    async for _ in store.read_all():
        pass


def test_an_unknown_event_stops_with_its_name_and_place(path: Path) -> None:
    execute(
        written_log(path),
        "UPDATE commits SET body ="
        " CAST(replace(CAST(body AS TEXT), 'PriceCollected', 'PriceDreamt') AS BLOB)",
    )
    store = store_on(open_log(path, create=False))
    with pytest.raises(Broken, match=r"a@1.*PriceDreamt"):
        asyncio.run(read_all(store))
    store.close()


def test_a_row_of_another_shape_asks_for_a_rebuild(path: Path) -> None:
    file = open_log(path, create=True)
    tables = SqliteReadModels(file, SimulatedClock(START))
    asyncio.run(store_on(file).append([], [(PRICES, price().candle)]))
    with file.transaction() as connection:
        connection.execute("""UPDATE rows SET body = '{"pair":1}'""")
    with pytest.raises(Broken, match="rebuild"):
        asyncio.run(tables.everything(PRICES))
    file.close()


def test_a_commit_without_events_is_a_mistake(path: Path) -> None:
    store = store_on(open_log(path, create=True))
    with pytest.raises(ValueError, match="no events"):
        asyncio.run(store.append([commit("a", 1)]))
    store.close()


async def digest_of(store: EventStore) -> str:
    for commits in mixed_history():
        await store.append(commits)
    digest = RunDigest()
    async for _, one in store.read_all():
        digest.add(one)
    return digest.hexdigest()


def test_memory_and_file_have_the_same_digest(path: Path) -> None:
    store = store_on(open_log(path, create=True))
    memory = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
    assert asyncio.run(digest_of(store)) == asyncio.run(digest_of(memory))
    store.close()
