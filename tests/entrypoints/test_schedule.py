"""Ticks come every 5 minutes, missed ones in one, and stop politely; silence is told."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.clock.simulated import SimulatedClock
from application.errors import InputError
from domain.instant import CANDLE, MINUTE, SECOND
from entrypoints.local.one_instance import only_one
from entrypoints.local.schedule import keep_ticking

START = 1_735_689_600_000 + 17 * SECOND
FIRST = 1_735_689_600_000 + CANDLE


class Recorder:
    """Notes its ticks; some of them take long."""

    def __init__(self, clock: SimulatedClock, slow: dict[int, int] | None = None) -> None:
        self.clock = clock
        self.slow = slow or {}
        self.ticks: list[tuple[int, int]] = []
        self.stop: asyncio.Event | None = None

    async def tick(self, at: int) -> None:
        self.ticks.append((at, self.clock.now()))
        await self.clock.sleep(self.slow.get(len(self.ticks), 0) / SECOND)
        if self.stop is not None and len(self.ticks) == 2:
            self.stop.set()


class Listener:
    """Prices come in until they do not."""

    def __init__(self, recorder: Recorder, silent_after: int | None = None) -> None:
        self.recorder = recorder
        self.silent_after = silent_after
        self.told: list[int] = []
        self.beats = 0

    async def newest(self) -> int | None:
        newest = self.recorder.ticks[-1][0] - CANDLE
        return newest if self.silent_after is None else min(newest, self.silent_after)

    async def silent(self, since: int) -> None:
        self.told.append(since)

    async def beating(self) -> None:
        self.beats += 1


def ticked(recorder: Recorder, listener: Listener, until: int, *, stop: bool = False) -> int:
    async def run() -> int:
        event = asyncio.Event()
        recorder.stop = event if stop else None
        return await keep_ticking(
            recorder, clock=recorder.clock, stop=event, heart=listener, until=until
        )

    return asyncio.run(run())


def test_a_tick_comes_at_every_boundary_a_moment_after_the_candle_closed() -> None:
    recorder = Recorder(SimulatedClock(START))
    listener = Listener(recorder)
    assert ticked(recorder, listener, FIRST + 3 * CANDLE) == 4
    assert [at for at, _ in recorder.ticks] == [FIRST + n * CANDLE for n in range(4)]
    assert all(now == at + 2 * SECOND for at, now in recorder.ticks)
    assert listener.told == []
    assert listener.beats == 4


def test_ticks_that_were_missed_are_made_up_by_one() -> None:
    recorder = Recorder(SimulatedClock(START), slow={1: 23 * MINUTE})
    ticked(recorder, Listener(recorder), FIRST + 6 * CANDLE)
    times = [at for at, _ in recorder.ticks]
    assert times == [FIRST + n * CANDLE for n in (0, 4, 5, 6)]


def test_a_tick_under_way_is_finished_when_it_is_stopped() -> None:
    recorder = Recorder(SimulatedClock(START), slow={2: MINUTE})
    assert ticked(recorder, Listener(recorder), FIRST + 9 * CANDLE, stop=True) == 2


def test_silence_is_told_after_a_quarter_of_an_hour() -> None:
    recorder = Recorder(SimulatedClock(START))
    listener = Listener(recorder, silent_after=FIRST)
    ticked(recorder, listener, FIRST + 5 * CANDLE)
    assert listener.told == [FIRST, FIRST]
    assert listener.beats == 4


def test_a_second_trader_in_the_same_folder_is_turned_away(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from entrypoints.local.one_instance import only_one\n"
        "with only_one(Path(sys.argv[1])): print('mine', flush=True); sys.stdin.read()"
    )
    src = str(Path(__file__).parents[2] / "src")
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": src},
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "mine\n"
    with pytest.raises(InputError, match=f"process {other.pid}"), only_one(tmp_path):
        pytest.fail("two at once")
    other.kill()
    other.communicate()
    with only_one(tmp_path):
        assert (tmp_path / "trader.lock").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"), only_one(tmp_path / "file" / "folder"):
        pytest.fail("a file is no folder")
