"""Workload W1: its market and its trading rules, as a policy behind the product's own use cases.

Six symbols, a year of 5-minute candles made from seed 7; the technical score alone decides, once
an hour, for every symbol by itself; 15 % of equity a position; stop 5 % under the entry, trailing
2 % under the peak once +3 % was seen. No fee, spread or slippage.
"""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs
import numpy as np

from application.policy import BuyRequest, Policy
from domain.events import Action, PeakRaised, Sizing, StopLossHit, TrailingStopRaised
from domain.instant import CANDLE, HOUR
from domain.instruments import DEFAULT, Instruments
from domain.market.candle_series import CandleSeries
from domain.money import Jpy
from domain.parameters import StrategyParameters
from domain.strategy.decide import Holding, Scored, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from domain.events import PositionEvent, Thresholds
    from domain.trading.position import OpenPosition

SYMBOLS = ("ETH", "BTC", "XRP", "SOL", "DOGE", "AVAX")
LEVELS = (2000.0, 60000.0, 0.6, 150.0, 0.15, 35.0)
DECIMALS = (2, 2, 5, 2, 5, 3)
BARS = 105_120
START = 1_704_067_200_000
WARM_UP = 250
CASH = Jpy(Decimal(1_000_000))
SIZE = Decimal("0.15")
STOP = Decimal("0.95")
TRAIL_AFTER = Decimal("1.03")
TRAIL = Decimal("0.98")

PARAMETERS = StrategyParameters(
    weight_technical=1.0,
    weight_forecast=0.0,
    weight_sentiment=0.0,
    weight_market=0.0,
    confidence_shift=0.0,
    volume_multiplier_max=1.0,
    technical_min_candles=WARM_UP,
    volatility_factor_min=1.0,
    volatility_factor_max=1.0 + 1e-9,
    min_hold_s=0,
    max_position_jpy=1_000_000_000,
    reserve_jpy=0,
    breaker_loss_jpy=1_000_000_000,
    breaker_losses_in_a_row=1000,
    entry_disbelief_pct=1000.0,
)
INSTRUMENTS = Instruments(
    tuple(attrs.evolve(one, min_amount=Decimal("1e-8"), decimals=8) for one in DEFAULT)
)


def market(bars: int = BARS) -> dict[str, np.ndarray]:
    """Candles by symbol, shape (5, bars): open, high, low, close, volume.

    One-factor correlated shocks, GARCH(1,1) variance, five one-minute steps in each candle;
    open is the close before. Drawn in the order that the published generator draws, so the
    numbers are the same.
    """
    rng = np.random.default_rng(7)
    count, steps = len(SYMBOLS), 5
    calm = np.array([0.0018, 0.0014, 0.0022, 0.0024, 0.0025, 0.0026])
    alpha, beta, rho = 0.07, 0.91, 0.7
    omega = calm**2 * (1 - alpha - beta)
    factor = rng.standard_normal((BARS, steps, 1))
    own = rng.standard_normal((BARS, steps, count))
    shocks = np.sqrt(rho) * factor + np.sqrt(1 - rho) * own
    variance = calm**2
    returns = np.empty((BARS, steps, count))
    for at in range(BARS):
        returns[at] = shocks[at] * np.sqrt(variance / steps)
        variance = omega + alpha * returns[at].sum(0) ** 2 + beta * variance
        variance = np.minimum(variance, calm**2 * 100)
    returns -= returns.sum((0, 1), keepdims=True) / (BARS * steps) * 0.9
    path = np.exp(np.cumsum(returns.reshape(BARS * steps, count), 0)) * np.array(LEVELS)
    noise = np.exp(rng.standard_normal((BARS, count)) * 0.6)
    volume = noise * (1 + np.abs(returns.sum(1)) / calm)
    found = {}
    for j, symbol in enumerate(SYMBOLS):
        prices = np.round(path[:, j], DECIMALS[j]).reshape(BARS, steps)
        close = prices[:, -1]
        opened = np.concatenate([[round(LEVELS[j], DECIMALS[j])], close[:-1]])
        high = np.maximum(prices.max(1), opened)
        low = np.minimum(prices.min(1), opened)
        traded = np.round(volume[:, j] * 5e6 / LEVELS[j], 4)
        found[symbol] = np.stack([opened, high, low, close, traded])[:, :bars]
    return found


def load(path: Path, bars: int = BARS) -> dict[str, np.ndarray]:
    """The market from a .npz file, which is made first when it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **market())
    with np.load(path) as kept:
        return {symbol: kept[symbol][:, :bars] for symbol in SYMBOLS}


def series(candles: Mapping[str, np.ndarray]) -> dict[str, CandleSeries]:
    """The market as the product's candle series, by pair."""
    found = {}
    for symbol, columns in candles.items():
        times = START + CANDLE * np.arange(columns.shape[1], dtype=np.int64)
        pair = f"{symbol.lower()}_usdt"
        found[pair] = CandleSeries(pair, times, *(np.ascontiguousarray(one) for one in columns))
    return found


def due(
    moves: Mapping[str, float], last: int | None, now: int, p: StrategyParameters
) -> str | None:
    """On the hour, once the warm-up is over."""
    del moves, last, p
    return "hour" if now % HOUR == 0 and now > START + WARM_UP * CANDLE else None


def decide(
    scored: Sequence[Scored],
    holdings: Sequence[Holding],
    busy: Mapping[str, str],
    limits: Thresholds,
    now: int,
    p: StrategyParameters,
) -> Verdict:
    """Each symbol by itself: sell what is held under the sell threshold, buy above the other."""
    del now, limits
    held = {one.pair for one in holdings}
    sells, buys = [], []
    for one in scored:
        if one.pair in busy or not one.buyable:
            continue
        if one.pair in held:
            if one.total < p.sell_threshold:
                sells.append(one)
        elif one.total > p.buy_threshold:
            buys.append(one)
    action = Action.SELL if sells else Action.BUY if buys else Action.HOLD
    return Verdict(action, tuple(sells), tuple(buys), (), ())


async def size(request: BuyRequest, p: StrategyParameters) -> tuple[Jpy, Sizing]:
    """15 % of equity, to the hundredth of a yen."""
    del p
    equity = await request.equity()
    amount = Jpy((equity.amount * SIZE).quantize(Decimal("1e-8")))
    return amount, Sizing("share_of_equity", equity, float(SIZE), amount, 0, None, None)


def exits(holding: OpenPosition, price: Jpy, p: StrategyParameters) -> tuple[PositionEvent, ...]:
    """Stop 5 % under the entry; 2 % under the peak once that was 3 % over the entry."""
    del p
    now = price.amount
    if now <= holding.stop.amount:
        return (StopLossHit(holding.position, holding.pair, price, holding.stop),)
    if now <= holding.peak.amount:
        return ()
    events: tuple[PositionEvent, ...] = (PeakRaised(holding.position, holding.pair, price),)
    entry = holding.entry.amount
    if now >= entry * TRAIL_AFTER:
        stop = now * TRAIL
        if stop > holding.stop.amount:
            gain_pct = float((now / entry - 1) * 100)
            raised = TrailingStopRaised(holding.position, holding.pair, Jpy(stop), gain_pct)
            events = (*events, raised)
    return events


POLICY = Policy(due, decide, size, exits)


@functools.cache
def due_candles(bars: int) -> np.ndarray:
    """The candles whose close is on the hour, after the warm-up."""
    index = np.arange(bars)
    return ((index + 1) % 12 == 0) & (index >= WARM_UP)


class Yen:
    """One unit of the quote currency is one unit of the account's."""

    def factor(self, moment: int) -> float:
        """Always 1."""
        del moment
        return 1.0
