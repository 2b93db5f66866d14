"""Numbers only rise: across tasks, processes, restarts, and clocks that are put back."""

import asyncio
import fcntl
import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.nonces import LARGEST, InMemoryNonces, Nonces, SqliteNonces
from application.errors import ConfigurationError, Retryable

NOW = 1_758_446_050_000
KEY = "some-key"
HASH = hashlib.sha256(KEY.encode()).hexdigest()

Make = Callable[[Path], Nonces]
each = pytest.mark.parametrize(
    "make",
    [lambda folder: InMemoryNonces(), lambda folder: SqliteNonces(folder / "nonces")],
    ids=["memory", "sqlite"],
)


def store(path: Path, *, unit: str = "us", last: object = 0) -> None:
    SqliteNonces(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO nonces VALUES (?, ?, ?)", (HASH, unit, last))


@each
def test_a_nonce_is_the_time_in_microseconds_or_one_more_than_the_last(
    make: Make, tmp_path: Path
) -> None:
    nonces = make(tmp_path)
    assert nonces.reserve(KEY, NOW) == NOW * 1000
    assert nonces.reserve(KEY, NOW) == NOW * 1000 + 1
    assert nonces.reserve(KEY, NOW - 3_600_000) == NOW * 1000 + 2  # the clock was put back
    assert nonces.reserve(KEY, NOW + 1) == NOW * 1000 + 1000
    assert nonces.reserve("another", NOW - 5) == (NOW - 5) * 1000


@given(st.lists(st.integers(NOW - 10_000, NOW + 10_000), max_size=50))
def test_nonces_rise_whatever_the_clock_does(moments: list[int]) -> None:
    nonces = InMemoryNonces()
    given_out = [nonces.reserve(KEY, one) for one in moments]
    assert given_out == sorted(set(given_out))


def test_the_mark_outlives_a_restart_and_the_key_is_not_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "nonces"
    first = SqliteNonces(path).reserve(KEY, NOW)
    assert SqliteNonces(path).reserve(KEY, NOW - 86_400_000) == first + 1
    assert KEY.encode() not in path.read_bytes()


def test_a_mark_in_the_far_future_is_counted_up_from(tmp_path: Path) -> None:
    future = (NOW + 400 * 86_400_000) * 1000
    store(tmp_path / "nonces", last=future)
    assert SqliteNonces(tmp_path / "nonces").reserve(KEY, NOW) == future + 1


@pytest.mark.parametrize(
    ("unit", "last", "said"),
    [
        ("ms", NOW, "'ms'"),
        ("ns", NOW * 1_000_000, "'ns'"),
        ("us", "many", "damaged"),
        ("us", -1, "damaged"),
        ("us", LARGEST, "used up"),
    ],
)
def test_a_mark_that_cannot_be_counted_up_from_is_refused(
    tmp_path: Path, unit: str, last: object, said: str
) -> None:
    store(tmp_path / "nonces", unit=unit, last=last)
    with pytest.raises(ConfigurationError, match=said) as raised:
        SqliteNonces(tmp_path / "nonces").reserve(KEY, NOW)
    assert "new API key" in str(raised.value)
    assert KEY not in str(raised.value)


def test_another_file_is_not_taken_for_a_nonce_file(tmp_path: Path) -> None:
    database, text = tmp_path / "database", tmp_path / "text"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE mine (x)")
    text.write_text("not a database, and long enough to be looked at" * 30)
    before = database.read_bytes(), text.read_bytes()
    for path in (database, text, tmp_path / "missing" / "file"):
        with pytest.raises(ConfigurationError, match=str(path)):
            SqliteNonces(path)
    assert (database.read_bytes(), text.read_bytes()) == before


def test_a_busy_file_gives_no_number(tmp_path: Path) -> None:
    path = tmp_path / "nonces"
    nonces = SqliteNonces(path, busy_timeout_s=0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Retryable):
            nonces.reserve(KEY, NOW)


def test_processes_never_get_the_same_number(tmp_path: Path) -> None:
    path = tmp_path / "nonces"
    code = (
        "import sys\n"
        "from adapters.exchange.coincheck.nonces import SqliteNonces\n"
        "nonces = SqliteNonces(sys.argv[1], busy_timeout_s=60)\n"
        f"print(*[nonces.reserve({KEY!r}, {NOW}) for _ in range(40)])\n"
    )
    src = Path(__file__).parents[3] / "src"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            env={"PYTHONPATH": str(src)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    given_out = [[int(n) for n in one.communicate()[0].split()] for one in running]
    assert all(own == sorted(own) and len(own) == 40 for own in given_out)
    assert len({n for own in given_out for n in own}) == 160


@each
def test_tasks_call_one_after_the_other(make: Make, tmp_path: Path) -> None:
    inside: list[int] = []

    async def call(nonces: Nonces, number: int) -> None:
        async with nonces.turn(KEY, SimulatedClock(NOW), 60):
            inside.append(number)
            await asyncio.sleep(0)
            assert inside[-1] == number
            inside.append(number)

    async def card() -> None:
        nonces = make(tmp_path)
        await asyncio.gather(*(call(nonces, n) for n in range(5)))
        assert inside[::2] == inside[1::2] == list(range(5))

    asyncio.run(card())


@each
def test_waiting_for_another_task_is_bounded(make: Make, tmp_path: Path) -> None:
    async def card() -> None:
        nonces, clock = make(tmp_path), SimulatedClock(NOW)
        async with nonces.turn(KEY, clock, 0):
            with pytest.raises(Retryable, match="took longer"):
                async with nonces.turn(KEY, clock, 0):
                    pass
            async with nonces.turn("another", clock, 0):
                pass
        async with nonces.turn(KEY, clock, 0):
            pass

    asyncio.run(card())


def test_waiting_for_another_process_is_bounded_and_its_end_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "nonces"

    async def card() -> None:
        nonces, clock = SqliteNonces(path), SimulatedClock(NOW)
        lock = tmp_path / f"nonces.{HASH[:16]}.lock"
        with lock.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(Retryable, match="another process"):
                async with nonces.turn(KEY, clock, 5):
                    pass
            assert clock.now() - NOW == pytest.approx(5_000, abs=30)
        async with nonces.turn(KEY, clock, 5):
            other = SqliteNonces(path)
            with pytest.raises(Retryable, match="another process"):
                async with other.turn(KEY, clock, 0):
                    pass

    asyncio.run(card())


def test_a_call_that_fails_gives_its_turn_back(tmp_path: Path) -> None:
    async def card() -> None:
        nonces, clock = SqliteNonces(tmp_path / "nonces"), SimulatedClock(NOW)
        with pytest.raises(ZeroDivisionError):
            async with nonces.turn(KEY, clock, 0):
                1 / 0  # noqa: B018
        async with nonces.turn(KEY, clock, 0):
            pass

    asyncio.run(card())
