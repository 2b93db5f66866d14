"""A small finished run made by hand: three days, two coins, five orders, numbers to check.

Cash 100,000 JPY rises to 104,000, falls to 98,800 (-5 %) and ends at 101,000. Of the yen price
of a dollar, 150 at first and 165 at last, and ETH's 1,000 to 1,100 USDT follows what holding
gives: +21 % for ETH, +10 % for BTC.
"""

from decimal import Decimal

import attrs
import numpy as np

import domain.events as e
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from domain.instant import CANDLE, DAY, HOUR, parse
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.backtest.finished import EquityCurve, FinishedRun

START = parse("2025-01-01T00:05:00")
END = parse("2025-01-04T00:00:00")
ETH, BTC = "eth_usdt", "btc_usdt"
CASH = 100_000.0
STOP, SEEN, SOLD = "1234.5", "1100.2", "1098.7"
"""A stop-loss with a gap: the stop, the next price seen and the price sold at (JPY)."""


def yen(value: str | int) -> Jpy:
    """Yen."""
    return Jpy(Decimal(value))


def signal(analysis: str, pair: str, total: float) -> e.SignalScored:
    """A score with its parts; sentiment is absent."""
    technical = e.TechnicalReading(
        0.6, 250, START, 1000.0, 41.5, 0.1, 0.05, 0.05, 0.25, 990.0, None,
        1020.0, 1000.0, 980.0, 0.02, 22.0, 1.5, "neutral", 1.0, 0.1, 0.2, 0.25, 0.05,
    )  # fmt: skip
    return e.SignalScored(
        analysis=analysis,
        pair=pair,
        total=total,
        components=e.Components(0.6, 0.2, None, -0.1),
        weights=e.Weights(0.35, 0.35, 0.15, 0.15),
        adjustment=0.0,
        thresholds=e.Thresholds(0.1675, -0.0871, 0.67, 1.0),
        technical=technical,
        forecast=e.ForecastReading(0.2, 0.55, "momentum", "no <endpoint>", 12, None),
        sentiment=None,
        market=e.MarketReading(-0.1, -0.2, None, None, 30, None, None, 60),
    )


@attrs.define
class _Writer:
    """Appends commits to streams whose versions it keeps."""

    store: InMemoryEventStore
    versions: dict[str, int] = attrs.Factory(dict)

    async def add(self, stream: str, at: int, *events: e.Event) -> None:
        first = self.versions.get(stream, 0) + 1
        self.versions[stream] = first + len(events) - 1
        await self.store.append([e.Commit(stream, first, events, at, "c", "", "test")])

    async def decide(self, name: str, at: int, *trades: e.ChosenTrade) -> None:
        """An analysis of both coins; what is not traded was under the threshold."""
        refused = tuple(
            e.Refusal(pair, "buy_threshold", 0.05, ">=", 0.1675)
            for pair in (ETH, BTC)
            if pair not in [trade.pair for trade in trades]
        )
        action = trades[0].action if trades else e.Action.HOLD
        scores = {trade.pair: trade.score for trade in trades}
        signals = [signal(name, pair, scores.get(pair, 0.05)) for pair in (ETH, BTC)]
        decision = e.DecisionMade(name, action, trades, (ETH, BTC), (), refused)
        await self.add(f"analysis/{name}", at, *signals, decision)

    async def order(
        self, name: str, pair: str, at: int, coins: str, price: str, *,
        half_spread: str = "0", position: str | None = None, reason: e.Reason = e.Reason.SIGNAL,
    ) -> None:  # fmt: skip
        """An order from its request to its fill."""
        side = e.Side.BUY if position is None else e.Side.SELL
        quantity, paid = Decimal(coins), Decimal(price)
        funds = quantity * paid
        middle = paid - Decimal(half_spread) * (1 if side is e.Side.BUY else -1)
        asked = funds if side is e.Side.BUY else quantity
        sizing = e.Sizing("tier", yen(99_000), 0.3, yen(15_000), 0, None, None)
        requested = e.OrderRequested(name, pair, side, reason, f"a{name}", 0.21, position, at)
        sent = e.OrderSubmitting(
            name,
            pair,
            Jpy(funds) if side is e.Side.BUY else None,
            None if side is e.Side.BUY else quantity,
            sizing if side is e.Side.BUY else None,
            Jpy(middle - Decimal(half_spread)),
            Jpy(middle + Decimal(half_spread)),
            yen(100_000),
            yen(0),
            Decimal(0),
            Decimal(0),
            1,
            at,
        )
        filled = e.OrderFilled(name, pair, side, asked, quantity, Jpy(paid), Jpy(funds), yen(0))
        stream = f"order/{name}"
        await self.add(stream, at, requested)
        await self.add(stream, at + 200, sent)
        await self.add(stream, at + 900, e.OrderPlaced(name, pair, f"x{name}"), filled)

    async def opened(self, name: str, pair: str, at: int, coins: str, price: str) -> None:
        entry = Decimal(price)
        event = e.PositionOpened(
            name, pair, name, Decimal(coins), Jpy(entry), Jpy(entry * Decimal(coins)),
            Jpy(entry * Decimal("0.95")), Jpy(entry * Decimal("1.3")), at,
        )  # fmt: skip
        await self.add(f"position/{name}", at, event)

    async def closed(
        self, name: str, pair: str, order: str, at: int, reason: e.Reason, exit_price: str,
        coins: str, gain: str, gain_pct: float,
    ) -> None:  # fmt: skip
        quantity, price = Decimal(coins), Decimal(exit_price)
        event = e.PositionClosed(
            name, pair, order, reason, quantity, Jpy(price), Jpy(quantity * price), yen(gain),
            gain_pct, Decimal(0), at,
        )  # fmt: skip
        await self.add(f"position/{name}", at, event)


async def given_log() -> InMemoryEventStore:
    """Two wins of 300 and 150 JPY, a stop-loss of 150 JPY, an open position, a refused order."""
    write = _Writer(InMemoryEventStore(InMemoryReadModels(SimulatedClock())))
    await _eth_trades(write)
    await _btc_trades(write)
    return write.store


async def _eth_trades(write: _Writer) -> None:
    buy, sell, hour = e.Action.BUY, e.Action.SELL, HOUR
    t = START + hour
    await write.add("ticks", t, e.AnalysisTriggered("ab1", "move", ((ETH, 0.5),)))
    await write.decide("ab1", t, e.ChosenTrade(ETH, buy, 0.265, 0.1675, "b1"))
    await write.order("b1", ETH, t, "10", "1000", half_spread="1")
    await write.opened("b1", ETH, t + 1000, "10", "1000")
    await write.decide("as1", t + 6 * hour, e.ChosenTrade(ETH, sell, -0.2, -0.0871, "s1"))
    await write.order("s1", ETH, t + 6 * hour, "10", "1030", half_spread="2", position="b1")
    signal_end = e.Reason.SIGNAL
    await write.closed("b1", ETH, "s1", t + 6 * hour + 1000, signal_end, "1030", "10", "300", 3.0)

    t = START + 10 * hour
    await write.decide("ab2", t, e.ChosenTrade(ETH, buy, 0.21, 0.1675, "b2"))
    await write.order("b2", ETH, t, "1", "1248.7")
    await write.opened("b2", ETH, t + 1000, "1", "1248.7")
    await write.add(
        "position/b2",
        t + hour,
        e.PeakRaised("b2", ETH, yen("1297.5")),
        e.TrailingStopRaised("b2", ETH, yen(STOP), 3.9),
    )
    t += 2 * hour
    await write.add("position/b2", t, e.StopLossHit("b2", ETH, yen(SEEN), yen(STOP)))
    stopped = e.Reason.STOP_LOSS
    await write.order("s2", ETH, t, "1", SOLD, position="b2", reason=stopped)
    await write.closed("b2", ETH, "s2", t + 1000, stopped, SOLD, "1", "-150", -12.012)
    await write.add("breaker", t + 1000, e.CircuitBreakerTripped("streak", yen(150), 1))


async def _btc_trades(write: _Writer) -> None:
    buy, hour = e.Action.BUY, HOUR
    t = START + 20 * hour
    await write.decide("ab3", t, e.ChosenTrade(BTC, buy, 0.3, 0.1675, "b3"))
    await write.order("b3", BTC, t, "0.001", "7500000")
    await write.opened("b3", BTC, t + 1000, "0.001", "7500000")
    await write.order(
        "s3", BTC, t + hour, "0.001", "7650000", position="b3", reason=e.Reason.TAKE_PROFIT
    )
    taken = e.Reason.TAKE_PROFIT
    await write.closed("b3", BTC, "s3", t + hour, taken, "7650000", "0.001", "150", 2.0)

    t = START + 40 * hour
    await write.decide("ab4", t, e.ChosenTrade(BTC, buy, 0.3, 0.1675, "b4"))
    await write.order("b4", BTC, t, "0.001", "8000000")
    await write.opened("b4", BTC, t + 1000, "0.001", "8000000")
    await write.decide("ab5", t + hour, e.ChosenTrade(ETH, buy, 0.3, 0.1675, "b5"))
    request = e.OrderRequested("b5", ETH, e.Side.BUY, e.Reason.SIGNAL, "ab5", 0.3, None, t + hour)
    await write.add("order/b5", t + hour, request)
    await write.add("order/b5", t + hour, e.OrderRefused("b5", ETH, "spread_pct", "1.2 <= 1"))


def candles(pair: str, first: float, last: float) -> CandleSeries:
    """A day before the start to the end; the close steps from `first` to `last` half way."""
    opened = np.arange(START - DAY - CANDLE, END, CANDLE, dtype=np.int64)
    close = np.where(opened < (START + END) // 2, first, last).astype(np.float64)
    return CandleSeries(
        pair, opened, close.copy(), close * 1.001, close * 0.999, close, np.full(len(opened), 5.0)
    )


def curve() -> EquityCurve:
    """Hourly, and at the end."""
    at = np.append(np.arange(START + 55 * 60_000, END, HOUR, dtype=np.int64), END)
    corners = [START, START + DAY, START + 2 * DAY, END]
    equity = np.interp(at, corners, [CASH, 104_000.0, 98_800.0, 101_000.0])
    equity[np.argmin(np.abs(at - corners[1]))] = 104_000.0
    equity[np.argmin(np.abs(at - corners[2]))] = 98_800.0
    return EquityCurve(at, equity, equity * 0.25)


async def given_run(**changes: object) -> FinishedRun:
    """The run described above, with fields replaced by name."""
    account = curve()
    run = FinishedRun(
        start=START,
        end=END,
        instruments=DEFAULT.only([ETH, BTC]),
        parameters=STANDARD,
        cash=CASH,
        series={ETH: candles(ETH, 1_000.0, 1_100.0), BTC: candles(BTC, 50_000.0, 50_000.0)},
        curve=account,
        yen=np.where(account.at == END, 165.0, 150.0),
        store=await given_log(),
        candles=1728,
        analyses=6,
        orders=7,
        events=60,
        digest="d1935t",
        notes=("ETH: one <b>candle</b> was repaired",),
    )
    return attrs.evolve(run, **changes)
