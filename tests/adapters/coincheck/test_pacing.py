"""Four new orders and one detail a second, whatever the clock does."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.pacing import Pace

NOW = 1_758_446_050_000


@given(st.integers(1, 5), st.lists(st.integers(0, 2_000), max_size=40))
def test_no_window_has_more_calls_than_allowed(calls: int, pauses: list[int]) -> None:
    async def card() -> None:
        clock = SimulatedClock(NOW)
        pace, starts = Pace(clock, calls=calls), []
        for pause in pauses:
            clock.move_to(clock.now() + pause)
            await pace.wait()
            starts.append(clock.now())
        for early, late in zip(starts, starts[calls:], strict=False):
            assert late - early >= 1_000

    asyncio.run(card())


def test_who_waits_at_the_same_time_gets_places_of_its_own() -> None:
    class Stopped(SimulatedClock):
        waits: list[float]

        async def sleep(self, seconds: float) -> None:
            self.waits.append(seconds)

    async def card() -> None:
        clock = Stopped(NOW)
        clock.waits = []
        pace = Pace(clock, calls=2)
        await asyncio.gather(*(pace.wait() for _ in range(6)))
        assert clock.waits == [1.0, 1.0, 2.0, 2.0]

    asyncio.run(card())


def test_a_clock_that_is_put_back_does_not_make_us_wait_for_the_old_time() -> None:
    class Stepping(SimulatedClock):
        def back(self, milliseconds: int) -> None:
            self._now -= milliseconds

    async def card() -> None:
        clock = Stepping(NOW)
        pace = Pace(clock, calls=1)
        await pace.wait()
        clock.back(3_600_000)
        before = clock.now()
        await pace.wait()
        assert clock.now() - before <= 1_000
        await pace.wait()
        assert clock.now() - before <= 2_000

    asyncio.run(card())
