"""Drives the trader over recorded or synthetic candles, tick by tick, and samples the account."""

import asyncio
from collections.abc import Callable

import attrs
import numpy as np

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.simulated.exchange import SimulatedExchange
from adapters.exchange.simulated.prices import SimulatedPrices, YenFactor
from domain.instant import CANDLE, DAY, HOUR
from entrypoints.backtest.finished import EquityCurve
from entrypoints.local.trader import Trader
from entrypoints.wiring.ports import Ports


@attrs.frozen(slots=True, weakref_slot=False, eq=False, kw_only=True)
class World:
    """The simulated surroundings that a driver moves on and looks at."""

    clock: SimulatedClock
    exchange: SimulatedExchange
    prices: SimulatedPrices
    yen: YenFactor


class Sampler:
    """The account at market prices, hour by hour."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows: list[tuple[int, float, float, float]] = []

    def sample(self, at: int) -> None:
        """Note equity, coins (JPY) and the yen rate at a moment (ms)."""
        world = self._world
        cash, held = world.exchange.holdings()
        worth = (coins * (world.prices.last(pair, at) or 0) for pair, coins in held.items())
        invested = float(sum(worth))
        self._rows.append((at, float(cash) + invested, invested, world.yen.factor(at)))

    def curve(self) -> tuple[EquityCurve, np.ndarray]:
        """What was noted: the curve, and yen per USDT at its points."""
        columns = list(zip(*self._rows, strict=True)) or [(), (), (), ()]
        at = np.array(columns[0], dtype=np.int64)
        equity, invested, yen = (np.array(one, dtype=np.float64) for one in columns[1:])
        return EquityCurve(at, equity, invested), yen


async def drive(
    ports: Ports,
    world: World,
    start: int,
    end: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[Trader, Sampler]:
    """Run every tick from `start` to `end` (ms, both included).

    `progress` is told each midnight. Gives way to other tasks there, so that a cancelled run
    stops.
    """
    trader = Trader(ports)
    sampler = Sampler(world)
    clock = world.clock
    for at in range(start, end + 1, CANDLE):
        clock.move_to(at)
        if at % HOUR == 0:
            sampler.sample(at)
            if at % DAY == 0:
                await asyncio.sleep(0)
                if progress is not None:
                    progress(at)
        await trader.tick(at)
    sampler.sample(clock.now())
    return trader, sampler
