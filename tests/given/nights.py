"""Nights of the tuner on a made-up log: a weak score, once bought, loses money."""

from collections.abc import Sequence
from decimal import Decimal

import attrs
import numpy as np

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.proposer.scripted import ScriptedProposer
from adapters.read_models.in_memory import InMemoryReadModels
from application.commit import Log
from application.tuning.tune import tune
from domain import events as e
from domain.instant import CANDLE, DAY, HOUR
from domain.instruments import DEFAULT, Instruments
from domain.money import Jpy
from domain.parameters import STANDARD
from tests.given.analysis import technical

PAIRS = ("eth_usdt", "btc_usdt")
COINS = Instruments(tuple(one for one in DEFAULT if one.pair in PAIRS))
START = 1_735_689_600_000
NIGHT = START + 60 * DAY + 14 * HOUR
WEAK = 0.26 / 0.35
"""A technical score whose total is just over the buy threshold."""
HIGHER = ScriptedProposer([{"buy_threshold": 0.28}])


def jpy(value: float) -> Jpy:
    return Jpy(Decimal(str(value)))


def signal(name: str, pair: str, score: float) -> e.SignalScored:
    return e.SignalScored(
        name, pair, 0.35 * score, e.Components(score, None, None, None),
        e.Weights(0.35, 0.35, 0.15, 0.15), 0.0, e.Thresholds(0.25, -0.13, 1.0, 1.0),
        technical(score), None, None, None,
    )  # fmt: skip


def traded(number: int, pair: str, gain: float, at: int) -> list[e.Commit]:
    """A position that was opened an hour before and closed at a time (ms)."""
    name = f"p{number}"
    opened = e.PositionOpened(
        position=name, pair=pair, order=name, quantity=Decimal(1), entry=jpy(100), cost=jpy(100),
        stop=jpy(95), take_profit=jpy(130), opened_at=at - HOUR,
    )  # fmt: skip
    closed = e.PositionClosed(
        name, pair, f"x{number}", e.Reason.SIGNAL, Decimal(1), jpy(100 + gain), jpy(100 + gain),
        jpy(gain), gain, Decimal(0), at,
    )  # fmt: skip
    return [
        e.Commit(f"position/{name}", 1, (opened,), at - HOUR, "", "", "test"),
        e.Commit(f"position/{name}", 2, (closed,), at, "", "", "test"),
    ]


@attrs.define
class Nights:
    """A log in memory with days of prices: after a weak score a coin falls by `loss` in 4 hours."""

    loss: float = 0.03
    start: int = START
    clock: SimulatedClock = attrs.Factory(lambda: SimulatedClock(0))
    log: Log = attrs.field()
    version: int = 0
    closes: dict[str, float] = attrs.Factory(lambda: dict.fromkeys(PAIRS, 100.0))

    @log.default
    def _fresh(self) -> Log:
        tables = InMemoryReadModels(self.clock)
        return Log(InMemoryEventStore(tables), tables, "test")

    async def prices(self, first: int, days: int) -> None:
        """Days of candles, half an hour apart, and two weak scores a day that sell later."""
        rng = np.random.default_rng(first)
        for day in range(first, first + days):
            for tick in range(48):
                at = self.start + day * DAY + tick * 6 * CANDLE
                falls = 8 <= tick % 24 < 16
                candles = []
                for pair in PAIRS:
                    before = self.closes[pair]
                    move = rng.standard_normal() * 0.001 - (self.loss / 8 if falls else 0.0)
                    close = self.closes[pair] = before * (1 + move)
                    top, low = max(before, close), min(before, close)
                    candle = e.Candle(pair, at - CANDLE, before, top, low, close, 1.0)
                    candles.append(e.PriceCollected(candle))
                await self.log.append(
                    self.log.commit("ticks", self.version + 1, candles, at, f"tick/{at}", "")
                )
                self.version += len(candles)
                if tick % 24 in (7, 20):
                    score = WEAK if tick % 24 == 7 else -0.9
                    signals = [signal(f"a{at}", pair, score) for pair in PAIRS]
                    await self.log.append(
                        self.log.commit(f"analysis/a{at}", 1, signals, at, f"a{at}", "")
                    )

    async def trades(self, until: int, gains: Sequence[float] = (5.0, -4.0)) -> None:
        """24 closed trades, the newest just before a time (ms), won and lost in turns."""
        for number in range(24):
            at = until - HOUR * (1 + number)
            pair = PAIRS[number % 2]
            for commit in traded(until // HOUR + number, pair, gains[number % len(gains)], at):
                await self.log.append(commit)

    async def night(self, at: int = NIGHT, proposer=HIGHER) -> list[e.Event]:
        """One night; what it recorded."""
        self.clock.move_to(at)
        commits = await tune(
            at, log=self.log, instruments=COINS, parameters=STANDARD, proposer=proposer
        )
        return [event for commit in commits for event in commit.events]
