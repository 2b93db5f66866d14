"""Whatever is done to the commits of a log behind its back is found, and named."""
# ruff: noqa: S608 - columns and tables are named here, not by anybody else

import asyncio
import itertools
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.hash_chain import START as ZERO
from adapters.event_store.hash_chain import link
from adapters.event_store.sqlite import SqliteEventStore
from adapters.event_store.sqlite_chain import SqliteHashChain
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.sqlite_file import SqliteFile, open_log
from application.commit import Log
from application.errors import Broken, Conflict, InputError
from application.ports.tamper_evidence import ChainReport
from application.upkeep.anchor_log import anchor_log
from application.upkeep.audit_log import audit_log
from domain.instant import DAY
from tests.given.history import START, commit, mixed_history, price

TEXTS = ("stream", "correlation", "causation", "writer")
BLOBS = ("body", "hash")
NUMBERS = ("position", "version", "last_version", "at")
COLUMNS = (*TEXTS, *BLOBS, *NUMBERS)
EDITS = 10_000


async def write_history(path: Path) -> None:
    """A log of orders, positions and prices with an anchor of two nights, sealed."""
    file = open_log(path, create=True, durable=False)
    clock = SimulatedClock(START)
    store, evidence = SqliteEventStore(file, clock), SqliteHashChain(file)
    log = Log(store, InMemoryReadModels(clock), "test")
    for commits in mixed_history():
        await store.append(commits)
    await anchor_log(START + DAY, log=log, evidence=evidence)
    for number in range(4, 10):
        await store.append([commit("ticks", number, price(START + DAY + number), at=START + DAY)])
    await anchor_log(START + 2 * DAY, log=log, evidence=evidence)
    await store.append([commit("order/o9", 1, price()), commit("ticks", 10, price(), price())])
    evidence.seal()
    file.close()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody writes to it; copies are edited."""
    path = tmp_path_factory.mktemp("chain") / "log.sqlite"
    asyncio.run(write_history(path))
    return path


@contextmanager
def in_memory(path: Path) -> Iterator[sqlite3.Connection]:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    source = sqlite3.connect(path)
    source.backup(copy)
    source.close()
    yield copy
    copy.close()


def check(connection: sqlite3.Connection, wanted: str | None = None) -> ChainReport:
    file = SqliteFile(Path("copy"), connection, durable=True)
    return asyncio.run(SqliteHashChain(file).check(wanted))


def ids(connection: sqlite3.Connection) -> dict[int, str]:
    found = connection.execute("SELECT position, stream, version FROM commits ORDER BY position")
    return {position: f"{stream}@{version}" for position, stream, version in found}


def test_an_untouched_log_is_whole(original: Path) -> None:
    with in_memory(original) as copy:
        report = check(copy)
        assert (report.violations, report.is_chained) == ((), True)
        assert report.anchor.commits == len(ids(copy))
        assert (
            report.events
            == copy.execute("SELECT sum(last_version - version + 1) FROM commits").fetchone()[0]
        )


def edited(value: object, chance: random.Random) -> bytes | int:
    """The value with one byte changed; numbers as SQLite keeps them, in 8 bytes."""
    if isinstance(value, int):
        content = bytearray(value.to_bytes(8, "big", signed=True))
    else:
        content = bytearray(value)  # type: ignore[call-overload]
    content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    return int.from_bytes(content, "big", signed=True) if isinstance(value, int) else bytes(content)


def one_edit(connection: sqlite3.Connection, chance: random.Random) -> tuple[int, int, str]:
    """Change one random byte of one commit: (its position before, after, the column)."""
    rows = connection.execute("SELECT max(position) FROM commits").fetchone()[0]
    while True:
        position, column = chance.randint(1, rows), chance.choice(COLUMNS)
        value = connection.execute(
            f"SELECT {column if column in NUMBERS else f'CAST({column} AS BLOB)'}"
            " FROM commits WHERE position = ?",
            (position,),
        ).fetchone()[0]
        if value == b"":
            continue
        changed = edited(value, chance)
        new = "CAST(? AS TEXT)" if column in TEXTS else "?"
        try:
            connection.execute(
                f"UPDATE commits SET {column} = {new} WHERE position = ?", (changed, position)
            )
        except sqlite3.IntegrityError:
            continue  # the place is taken: SQLite itself refuses this edit
        return position, int(changed) if column == "position" else position, column


def test_ten_thousand_random_edits_of_one_byte_are_all_found_and_named(original: Path) -> None:
    async def edit(copy: sqlite3.Connection) -> None:
        chance, names = random.Random(20_251_010), ids(copy)
        evidence = SqliteHashChain(SqliteFile(Path("copy"), copy, durable=True))
        for _ in range(EDITS):
            copy.execute("BEGIN")
            before, after, column = one_edit(copy, chance)
            found = (await evidence.check()).violations
            copy.execute("ROLLBACK")
            assert found, f"{names[before]}.{column} was changed and nobody saw it"
            assert found[0].position == min(before, after), (names[before], column)
            assert found[0].event == names[before], column

    with in_memory(original) as copy:
        asyncio.run(edit(copy))


def test_every_dropped_commit_is_named(original: Path) -> None:
    with in_memory(original) as copy:
        for position, name in ids(copy).items():
            copy.execute("BEGIN")
            copy.execute("DELETE FROM commits WHERE position = ?", (position,))
            first = check(copy).violations[0]
            copy.execute("ROLLBACK")
            assert (first.position, first.event) == (position, name)


def test_a_cut_off_end_is_found_at_its_first_commit(original: Path) -> None:
    with in_memory(original) as copy:
        names = ids(copy)
        for count in range(1, len(names) + 1):
            copy.execute("BEGIN")
            cut = len(names) - count + 1
            copy.execute("DELETE FROM commits WHERE position >= ?", (cut,))
            first = check(copy).violations[0]
            copy.execute("ROLLBACK")
            assert first.position == cut
            assert names[cut] in first.event + first.detail or count > 5


def test_every_swapped_pair_is_found_where_it_begins(original: Path) -> None:
    with in_memory(original) as copy:
        for one, other in itertools.combinations(ids(copy), 2):
            copy.execute("BEGIN")
            for old, new in ((one, -1), (other, one), (-1, other)):
                copy.execute("UPDATE commits SET position = ? WHERE position = ?", (new, old))
            first = check(copy).violations[0]
            copy.execute("ROLLBACK")
            assert first.position == one


def test_positions_that_were_closed_up_after_a_drop_do_not_fit(original: Path) -> None:
    with in_memory(original) as copy:
        copy.execute("DELETE FROM commits WHERE position = 5")
        for position in range(6, len(ids(copy)) + 2):
            copy.execute(
                "UPDATE commits SET position = ? WHERE position = ?", (position - 1, position)
            )
        assert check(copy).violations[0].position == 5


def rewrite_chain(connection: sqlite3.Connection) -> None:
    """What somebody does who knows how the chain is made."""
    heads: dict[str, bytes] = {}
    columns = "position, stream, version, last_version, at, correlation, causation, writer, body"
    for row in connection.execute(f"SELECT {columns} FROM commits ORDER BY position").fetchall():
        heads[row[1]] = link(heads.get(row[1], ZERO), *row)
        connection.execute(
            "UPDATE commits SET hash = ? WHERE position = ?", (heads[row[1]], row[0])
        )


def test_a_chain_made_anew_is_betrayed_by_seal_and_anchors(original: Path) -> None:
    with in_memory(original) as copy:
        kept = check(copy).anchor.digest
        copy.execute("UPDATE commits SET at = at + 1 WHERE position = 2")
        rewrite_chain(copy)
        said = {one.event for one in check(copy).violations}
        assert said == {"seal", "anchors@1", "anchors@2"}
        copy.execute("DELETE FROM seal")
        copy.execute("DELETE FROM commits WHERE position > 10")
        assert check(copy).violations == (), "consistent in itself"
        (found,) = check(copy, kept).violations
        assert found.rule == "anchor"


def test_an_anchor_is_found_again_however_the_log_has_grown(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    file = open_log(path, create=True)
    store, evidence = SqliteEventStore(file, SimulatedClock()), SqliteHashChain(file)

    async def grow() -> None:
        kept = [(await evidence.anchor()).digest]
        for version in range(1, 6):
            await store.append([commit("a", version, price())])
            kept.append((await evidence.anchor()).digest)
        assert len(set(kept)) == 6
        for digest in kept:
            assert (await evidence.check(digest)).violations == ()
        assert [one.rule for one in (await evidence.check("0" * 64)).violations] == ["anchor"]

    asyncio.run(grow())
    file.close()


def content(path: Path) -> list[tuple]:
    """Every commit, by the table and by the index."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [
            connection.execute(f"SELECT * FROM commits {how} ORDER BY position").fetchall()
            for how in ("NOT INDEXED", "INDEXED BY commits_by_stream WHERE stream >= ''")
        ]
    finally:
        connection.close()


def test_a_byte_changed_anywhere_in_the_file_is_found_or_changes_no_commit(
    original: Path, tmp_path: Path
) -> None:
    """Free space, counters and read models are not the log; the rest must be noticed."""
    chance, before, whole = random.Random(1), content(original), original.read_bytes()
    found = 0
    for number in range(600):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(damaged))] ^= chance.randrange(1, 256)
        path = tmp_path / f"{number}.sqlite"
        path.write_bytes(damaged)
        try:
            file = open_log(path, create=False, read_only=True)
        except InputError:
            found += 1
            continue
        try:
            noticed = bool(asyncio.run(SqliteHashChain(file).check()).violations)
        except Broken:
            noticed = True
        finally:
            file.close()
        found += noticed
        assert noticed or content(path) == before, number
    assert found > 100, "a good part of the file is commits"


fields = st.tuples(*[st.binary(max_size=3).map(lambda b: b.hex()) for _ in range(4)])


@given(one=fields, other=fields)
def test_no_two_commits_hash_the_same_bytes(one: tuple, other: tuple) -> None:
    def hashed(texts: tuple) -> bytes:
        stream, correlation, causation, writer = texts
        return link(ZERO, 1, stream, 1, 1, 5, correlation, causation, writer, b"[]")

    assert (hashed(one) == hashed(other)) == (one == other)
    assert link(ZERO, 1, "a", 1, 1, 5, "b", "", "", b"[]") != link(
        ZERO, 1, "ab", 1, 1, 5, "", "", "", b"[]"
    )


@pytest.mark.parametrize("durable", [True, False])
def test_the_chain_goes_on_over_restarts_conflicts_and_repeats(
    tmp_path: Path, durable: bool
) -> None:
    path = tmp_path / "log.sqlite"

    async def write(store: SqliteEventStore, version: int) -> None:
        both = [commit("a", version, price()), commit("a", version + 1, price())]
        await store.append([*both, commit(f"b/{version}", 1, price())])
        await store.append([*both, commit(f"b/{version}", 1, price())])
        with pytest.raises(Conflict):
            await store.append([commit("a", version, price(), writer="other")])
        await store.append([commit("c", version, price(), price())])

    for version in (1, 3, 5):
        file = open_log(path, create=True, durable=durable)
        asyncio.run(write(SqliteEventStore(file, SimulatedClock()), version))
        report = asyncio.run(SqliteHashChain(file).check())
        assert report.violations == ()
        file.close()
    assert report.anchor.commits == 12


def test_two_writers_in_turn_keep_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    files = [open_log(path, create=True) for _ in range(2)]
    stores = [SqliteEventStore(file, SimulatedClock()) for file in files]
    for version in range(1, 9):
        store = stores[version % 2]
        both = [commit("a", version, price()), commit(f"b{version}", 1, price())]
        asyncio.run(store.append(both))
    assert asyncio.run(SqliteHashChain(files[0]).check()).violations == ()
    for file in files:
        file.close()


@pytest.fixture
def old(original: Path, tmp_path: Path) -> Path:
    """A log as it was before commits were chained."""
    path = tmp_path / "old.sqlite"
    path.write_bytes(original.read_bytes())
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE commits DROP COLUMN hash")
    for statement in ("DROP TABLE seal", "DROP TABLE heads", "PRAGMA user_version = 1"):
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def test_an_old_log_is_read_and_has_no_chain(old: Path) -> None:
    file = open_log(old, create=False, read_only=True)
    store, evidence = SqliteEventStore(file, SimulatedClock()), SqliteHashChain(file)
    report = asyncio.run(evidence.check())
    assert (report.is_chained, report.violations) == (False, ())
    assert asyncio.run(store.version("ticks")) == 11
    with pytest.raises(InputError, match="no hash chain"):
        asyncio.run(evidence.anchor())
    assert asyncio.run(evidence.check("0" * 64)).violations
    assert asyncio.run(audit_log(store=store, evidence=evidence)).chain == report
    file.close()


def test_an_old_log_is_not_written_to(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(InputError, match="begin a new log"):
        open_log(old, create=True)
    assert old.read_bytes() == before
