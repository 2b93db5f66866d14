"""Key figures against numbers worked out by hand, and none of them NaN."""

import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from domain.instant import DAY, HOUR
from entrypoints.backtest.finished import EquityCurve
from entrypoints.backtest.outcome import outcome_of, to_json
from entrypoints.backtest.score_samples import MOST, ScoreSampler
from entrypoints.backtest.terminal_summary import render_terminal
from entrypoints.backtest.trades import read_trades
from tests.given.finished_run import BTC, CASH, END, ETH, START, given_run, signal
from tests.given.history import mixed_history

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def _outcome(**changes):
    run = await given_run(**changes)
    book = await read_trades(run.store)
    return run, book, outcome_of(run, book)


async def test_round_trips_carry_their_reasons():
    _, book, _ = await _outcome()
    won, stopped, taken, held = book.trips
    assert (won.pair, won.reason, won.gain, won.gain_pct) == (ETH, "signal", 300.0, 3.0)
    assert (won.buy_order, won.sell_order, won.position) == ("b1", "s1", "b1")
    assert (won.score, won.threshold, won.method, won.fraction) == (0.21, 0.1675, "tier", 0.3)
    assert won.signal.analysis == "ab1"
    assert won.exit_signal.analysis == "as1"
    assert (taken.reason, taken.gap_pct, taken.exit_signal) == ("take_profit", None, None)
    assert (held.closed_at, held.exit, held.gain, held.reason) == (None, None, None, None)
    assert (stopped.peak, stopped.stop, stopped.seen) == (1297.5, 1234.5, 1100.2)
    assert [stop for _, stop, _ in stopped.stops] == pytest.approx([1186.265, 1234.5])
    assert stopped.gap_pct == pytest.approx((1098.7 / 1234.5 - 1) * 100)


@pytest.mark.parametrize("appends", range(len(mixed_history()) + 1))
async def test_a_log_may_stop_anywhere(appends):
    store = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
    for commits in mixed_history()[:appends]:
        await store.append(commits)
    _, book, outcome = await _outcome(store=store)
    assert len(book.trips) == (appends > 6)
    for trip in book.trips:
        is_closed = appends > 12
        assert (trip.closed_at is not None) == is_closed
        assert trip.proceeds == (75 if is_closed else 45 if appends > 10 else 0)
    assert outcome.trades_closed == len(book.closed)


async def test_orders_costs_and_counts():
    _, book, _ = await _outcome()
    assert book.orders == {"filled": 7, "refused": 1}
    assert book.refused == {"spread_pct": 1}
    assert book.decisions == {"buy": 5, "sell": 1}
    assert book.declined == {"buy_threshold": 6}
    assert book.breaker_trips == 1
    # 10 coins bought 1 JPY over the middle, and 10 sold 2 JPY under it; the rest at the middle
    assert book.spread == pytest.approx(30)
    assert book.slippage == pytest.approx(0)
    bought, sold = 10_000 + 1248.7 + 7500 + 8000, 10_300 + 1098.7 + 7650
    assert book.turnover == pytest.approx(bought + sold)


async def test_figures_by_hand():
    _, _, outcome = await _outcome()
    assert outcome.return_pct == pytest.approx(1.0)
    assert outcome.max_drawdown_pct == pytest.approx(-5.0)
    assert outcome.profit_factor == pytest.approx(450 / 150)
    assert outcome.win_rate_pct == pytest.approx(200 / 3)
    # Wilson by hand: (p + z2/2n +- z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n), p = 2/3, n = 3
    assert outcome.win_rate_low_pct == pytest.approx(20.77, abs=0.01)
    assert outcome.win_rate_high_pct == pytest.approx(93.85, abs=0.01)
    assert outcome.buy_and_hold_pct == pytest.approx((21 + 10) / 2)
    assert outcome.hold_pct == pytest.approx({ETH: 21.0, BTC: 10.0})
    assert outcome.invested_pct == pytest.approx(25)
    hours_open = 6 + 2 + 1 + (END - START - 40 * HOUR) / HOUR
    assert outcome.exposure_pct == pytest.approx(hours_open * HOUR / (END - START) * 100, abs=0.01)
    # 0.001 BTC bought for 8,000 JPY is worth 50 x 165 at the end
    assert outcome.unrealised == pytest.approx(8250 - 8000)
    assert outcome.realised == pytest.approx(300)
    assert (outcome.trades_closed, outcome.trades_open, outcome.wins) == (3, 1, 2)
    assert dict(outcome.reasons) == {"signal": 1, "stop_loss": 1, "take_profit": 1}


async def test_coins_table():
    _, _, outcome = await _outcome()
    eth, btc = outcome.coins.loc[ETH], outcome.coins.loc[BTC]
    assert (eth["trades"], eth["wins"], eth["gain_jpy"]) == (2, 1, 150.0)
    assert (eth["best_pct"], eth["worst_pct"]) == (3.0, -12.012)
    assert (btc["trades"], btc["open"], btc["win_rate_pct"]) == (1, 1, 100.0)
    assert len(outcome.trades) == 4


async def test_a_year_needs_more_than_three_days():
    _, _, outcome = await _outcome()
    assert (outcome.cagr_pct, outcome.sharpe, outcome.sortino) == (None, None, None)


async def test_yearly_figures_by_hand():
    days = 20
    at = START + np.arange(1, days + 1, dtype=np.int64) * DAY
    change = np.where(np.arange(days) % 2 == 0, 0.02, -0.01)
    equity = CASH * np.cumprod(1 + change)
    curve = EquityCurve(at, equity, equity * 0)
    changes = {"curve": curve, "yen": np.full(days, 150.0), "end": int(at[-1])}
    _, _, outcome = await _outcome(**changes)
    growth = (1.02 * 0.99) ** 10
    assert outcome.cagr_pct == pytest.approx((growth ** (365 / days) - 1) * 100)
    deviation = np.std(change, ddof=1)
    assert outcome.sharpe == pytest.approx(0.005 / deviation * math.sqrt(365))
    downside = math.sqrt(0.01**2 / 2)
    assert outcome.sortino == pytest.approx(0.005 * 365 / (downside * math.sqrt(365)))


@pytest.mark.parametrize("points", [0, 1, 400])
async def test_nothing_happened(points):
    at = START + np.arange(1, points + 1, dtype=np.int64) * HOUR
    curve = EquityCurve(at, np.full(points, CASH), np.zeros(points))
    store = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
    end = START + max(points, 1) * HOUR
    run, _, outcome = await _outcome(curve=curve, yen=np.full(points, 150.0), store=store, end=end)
    undefined = (outcome.sharpe, outcome.sortino, outcome.profit_factor, outcome.win_rate_pct)
    assert undefined == (None, None, None, None)
    assert (outcome.return_pct, outcome.max_drawdown_pct, outcome.exposure_pct) == (0, 0, 0)
    json.dumps(to_json(outcome, run), allow_nan=False)


async def test_a_coin_that_starts_late_is_cash_until_then():
    run = await given_run()
    late = run.series[ETH].between(END - DAY, END)
    _, _, outcome = await _outcome(series={**run.series, ETH: late})
    assert outcome.hold_pct[ETH] == pytest.approx(10.0)
    assert outcome.hold_equity[0] == pytest.approx(CASH)


async def test_json_has_plain_finite_values():
    run, _, outcome = await _outcome()
    found = json.loads(json.dumps(to_json(outcome, run), allow_nan=False))
    assert found["start"] == "2025-01-01T00:05:00Z"
    assert found["return_pct"] == pytest.approx(1.0)
    assert found["sharpe"] is None
    assert found["coins"][ETH]["trades"] == 2
    assert found["digest"] == "d1935t"


@pytest.mark.parametrize("width", [60, 100])
async def test_terminal(width):
    run, _, outcome = await _outcome()
    console = Console(file=io.StringIO(), width=width)
    render_terminal(outcome, run, console)
    text = console.file.getvalue()
    for expected in ("+1.00 %", "+15.50 %", "66.7 % (21 to 94)", "stop-loss 1", "spread too wide"):
        assert expected in text
    assert "nan" not in text.lower()
    assert max(map(len, text.splitlines())) <= width


async def test_samples_stay_few():
    sampler = ScoreSampler()
    for hour in range(5 * MOST):
        at = START + hour * HOUR
        sampler.add(at, [signal("a", ETH, 0.1)])
        sampler.add(at + HOUR // 2, [signal("a", ETH, 0.2)])
    found = sampler.samples()[ETH]
    assert MOST / 2 <= len(found.rows) <= MOST
    assert found.every == 8 * HOUR
    gaps = np.diff([row[0] for row in found.rows])
    assert gaps.min() >= found.every - HOUR
