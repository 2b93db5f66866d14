"""What a finished backtest or simulation leaves behind for metrics, reports and the terminal."""

from collections.abc import Mapping

import attrs

from application.ports.event_store import EventStore
from domain.instruments import Instruments
from domain.market.candle_series import CandleSeries, FloatArray, IntArray
from domain.parameters import StrategyParameters


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class EquityCurve:
    """The account at market prices, once an hour and at the end: ms, JPY, JPY.

    `equity` is cash and coins, `invested` the coins alone.
    """

    at: IntArray
    equity: FloatArray
    invested: FloatArray


@attrs.frozen(slots=True, weakref_slot=False, eq=False, kw_only=True)
class FinishedRun:
    """One run from its first tick to its last (ms).

    `series` are the candles traded on (with warm-up before `start`), `yen` JPY per USDT at each
    point of the equity curve, `cash` the JPY at the start, `notes` what was repaired or assumed.
    """

    start: int
    end: int
    instruments: Instruments
    parameters: StrategyParameters
    cash: float
    series: Mapping[str, CandleSeries]
    curve: EquityCurve
    yen: FloatArray
    store: EventStore
    candles: int
    analyses: int
    orders: int
    events: int
    digest: str
    notes: tuple[str, ...]
