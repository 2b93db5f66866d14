"""What a file must bear that memory never meets: several processes, and sudden death."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.event_store.sqlite_chain import SqliteHashChain
from adapters.read_models.sqlite import SqliteReadModels
from adapters.sqlite_file import open_log
from application.errors import Conflict, Retryable
from application.read_models import PRICES
from domain.events import Commit
from domain.instant import DAY
from tests.given.history import START, commit, price

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("writer_process.py")


def start_writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(path), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


def new_log(path: Path) -> Path:
    open_log(path, create=True).close()
    return path


def all_commits(path: Path) -> list[tuple[int, Commit]]:
    store = SqliteEventStore(open_log(path, create=False), SimulatedClock())

    async def read() -> list[tuple[int, Commit]]:
        return [one async for one in store.read_all()]

    try:
        return asyncio.run(read())
    finally:
        store.close()


def test_two_processes_share_a_stream_without_gap_or_loss(tmp_path: Path) -> None:
    path = new_log(tmp_path / "log.sqlite")
    writers = {name: start_writer(path, name, 60) for name in ("one", "two")}
    won = {
        (int(line), name)
        for name, process in writers.items()
        for line in process.communicate()[0].split()
    }
    assert [process.returncode for process in writers.values()] == [0, 0]
    found = all_commits(path)
    assert [position for position, _ in found] == list(range(1, 121))
    assert [one.version for _, one in found] == list(range(1, 121))
    assert {(one.version, one.writer) for _, one in found} == won
    file = open_log(path, create=False, read_only=True)
    assert asyncio.run(SqliteHashChain(file).check()).violations == (), "one chain of both"
    file.close()


def test_threads_with_their_own_connections_have_one_winner_a_version(tmp_path: Path) -> None:
    path = new_log(tmp_path / "log.sqlite")
    together = threading.Barrier(4)
    won: list[tuple[str, int]] = []

    def race(name: str) -> None:
        store = SqliteEventStore(
            open_log(path, create=False, durable=True, busy_timeout_s=60), SimulatedClock()
        )
        for version in range(1, 11):
            together.wait()
            try:
                asyncio.run(store.append([commit("a", version, price(), writer=name)]))
            except Conflict:
                continue
            won.append((name, version))
        store.close()

    threads = [threading.Thread(target=race, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(version for _, version in won) == list(range(1, 11))
    assert sorted((one.writer, one.version) for _, one in all_commits(path)) == sorted(won)


def test_a_killed_writer_leaves_every_acknowledged_commit(tmp_path: Path) -> None:
    path = new_log(tmp_path / "log.sqlite")
    process = start_writer(path, "one", 1_000_000)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(40)]
    process.kill()
    rest = process.communicate()[0].splitlines()
    # the last line may have been cut off by the kill
    acknowledged += [int(line) for line in rest[:-1]]
    found = all_commits(path)
    assert [position for position, _ in found] == list(range(1, len(found) + 1))
    assert [one.version for _, one in found] == list(range(1, len(found) + 1))
    assert len(found) >= acknowledged[-1]
    assert all(one.events == (price(),) for _, one in found)


def test_a_busy_file_is_retryable(tmp_path: Path) -> None:
    path = new_log(tmp_path / "log.sqlite")
    research = SqliteEventStore(open_log(path, create=False, durable=False), SimulatedClock())
    other = SqliteEventStore(open_log(path, create=False, busy_timeout_s=0), SimulatedClock())
    asyncio.run(research.append([commit("a", 1, price())]))
    with pytest.raises(Retryable, match="another program is writing"):
        asyncio.run(other.append([commit("b", 1, price())]))
    assert asyncio.run(other.version("a")) == 0, "not flushed, so not seen by others"
    assert asyncio.run(research.version("a")) == 1
    research.flush()
    assert asyncio.run(other.version("a")) == 1
    asyncio.run(other.append([commit("b", 1, price())]))
    other.close()
    research.close()


def test_a_research_log_is_complete_after_close(tmp_path: Path) -> None:
    store = SqliteEventStore(
        open_log(tmp_path / "log.sqlite", create=True, durable=False), SimulatedClock()
    )

    async def write() -> None:
        for version in range(1, 2502):
            await store.append([commit("a", version, price())])
        with pytest.raises(Conflict):
            await store.append([commit("a", 1, price(), writer="other")])

    asyncio.run(write())
    store.close()
    assert len(all_commits(tmp_path / "log.sqlite")) == 2501


def test_purge_deletes_what_has_expired_and_nothing_else(tmp_path: Path) -> None:
    file = open_log(tmp_path / "log.sqlite", create=True)
    clock = SimulatedClock(START + 14 * DAY)
    store, tables = SqliteEventStore(file, clock), SqliteReadModels(file, clock)
    rows = [(PRICES, price(at).candle) for at in (START - 1, START, START + 1)]
    asyncio.run(store.append([], rows))
    assert tables.purge() == 1
    assert tables.purge() == 0
    assert len(asyncio.run(tables.everything(PRICES))) == 2
    store.close()
