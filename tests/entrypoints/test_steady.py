"""A bug costs one tick: it is told, not too often, and a fresh trader goes on."""

import pytest

from adapters.notifier.in_memory import InMemoryNotifier
from application.errors import Retryable
from application.messages import ErrorSeen
from domain.instant import CANDLE, MINUTE
from entrypoints.local.steady import QUIET, SteadyTrader
from entrypoints.local.trader import Trader
from tests.given.frozen import TICK_0
from tests.given.stage import stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


class Clumsy(Trader):
    """Fails at the ticks that it is told."""

    bad: frozenset[int] = frozenset()
    made = 0

    def __init__(self, ports) -> None:
        super().__init__(ports)
        type(self).made += 1

    async def tick(self, at: int) -> None:
        if at in self.bad:
            raise ZeroDivisionError("a bug")
        await super().tick(at)


def clumsy(*bad: int) -> type[Clumsy]:
    return type(
        "Clumsy", (Clumsy,), {"bad": {TICK_0 + number * CANDLE for number in bad}, "made": 0}
    )


async def test_the_tick_after_a_bug_is_a_fresh_traders() -> None:
    with stage() as it:
        kind = clumsy(1)
        trader = SteadyTrader(it.ports, kind)
        for number in range(3):
            at = TICK_0 + number * CANDLE
            it.clock.move_to(at)
            await trader.tick(at)
        assert (trader.ticks, trader.errors, kind.made) == (3, 1, 2)
        told = [one for one in it.notifier.messages if isinstance(one, ErrorSeen)]
        assert len(told) == 1
        assert "ZeroDivisionError: a bug" in told[0].detail
        assert "test_steady.py" in told[0].source


async def test_the_same_bug_is_told_every_half_hour() -> None:
    with stage() as it:
        ticks = 2 * QUIET // CANDLE + 1
        trader = SteadyTrader(it.ports, clumsy(*range(ticks)))
        for number in range(ticks):
            await trader.tick(TICK_0 + number * CANDLE)
        told = [one.at for one in it.notifier.messages if isinstance(one, ErrorSeen)]
        assert told == [TICK_0, TICK_0 + 30 * MINUTE, TICK_0 + 60 * MINUTE]


async def test_what_was_told_to_fail_is_told_to_work_by_the_next_trader() -> None:
    with stage() as it:
        trader = SteadyTrader(it.ports, clumsy(0))
        await trader.troubles.failed("the bank", Retryable("closed"))
        await trader.tick(TICK_0)
        await trader.troubles.worked("the bank")
        assert it.notifier.said[-1] == "the bank works again"


async def test_nobody_to_tell_is_no_reason_to_stop() -> None:
    class Away(InMemoryNotifier):
        async def tell(self, message) -> None:
            raise Retryable("no line")

    with stage(notifier=Away()) as it:
        trader = SteadyTrader(it.ports, clumsy(0))
        await trader.tick(TICK_0)
        assert trader.errors == 1
