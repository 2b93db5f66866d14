"""Trades as compact records; the page's script turns each into sentences when it is opened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from entrypoints.backtest.wording import coin

if TYPE_CHECKING:
    from domain.events import SignalScored, Sizing
    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.round_trip import OrderTrail, RoundTrip


def trade_json(run: FinishedRun, trips: Sequence[RoundTrip]) -> str:
    """JSON that is safe inside a script element: the trades and what is common to all."""
    p = run.parameters
    data = {
        "coins": {pair: coin(pair) for pair in run.instruments.pairs},
        "end": run.end,
        "base": {
            "buy": p.buy_threshold,
            "sell": p.sell_threshold,
            "stop_pct": p.stop_loss_pct,
            "take_pct": p.take_profit_pct,
        },
        "trades": [_record(number, one) for number, one in enumerate(trips, 1)],
    }
    return script_json(data)


def script_json(data: Any) -> str:
    """Compact JSON that cannot end the script element that it stands in."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _record(number: int, one: RoundTrip) -> dict[str, Any]:
    """Keys as page.js reads them; what is None is left out. ms, JPY, coins, %."""
    return _without_none(
        {
            "n": number,
            "id": one.position,
            "pair": one.pair,
            "opened": one.opened_at,
            "closed": one.closed_at,
            "quantity": _number(one.quantity),
            "entry": _number(one.entry),
            "exit": _number(one.exit),
            "cost": _number(one.cost),
            "proceeds": _number(one.proceeds),
            "gain": _number(one.gain),
            "pct": _number(one.gain_pct, 6),
            "reason": one.reason,
            "score": _number(one.score, 6),
            "limit": _number(one.threshold, 6),
            "peak": _number(one.peak),
            "take": _number(one.take_profit),
            "stops": [[at, _number(stop), _number(gain, 4)] for at, stop, gain in one.stops],
            "seen": _number(one.seen),
            "gap": _number(one.gap_pct, 5),
            "dust": _number(one.dust) or None,
            "buy": _order(one.buy),
            "sell": _order(one.sell),
            "why": _signal(one.signal),
            "out": _signal(one.exit_signal),
            "outLimit": _number(one.exit_threshold, 6),
        }
    )


def _order(trail: OrderTrail | None) -> dict[str, Any] | None:
    if trail is None:
        return None
    return _without_none(
        {
            "id": trail.order,
            "from": trail.origin,
            "asked": trail.asked_at,
            "sent": trail.sent_at,
            "amount": _number(trail.amount),
            "coins": _number(trail.quantity),
            "bid": _number(trail.bid),
            "ask": _number(trail.ask),
            "price": _number(trail.price),
            "filled": _number(trail.filled),
            "funds": _number(trail.funds),
            "fee": _number(trail.fee) or None,
            "size": _sizing(trail.sizing),
        }
    )


def _sizing(size: Sizing | None) -> dict[str, Any] | None:
    if size is None:
        return None
    return _without_none(
        {
            "method": size.method,
            "free": _number(float(size.available.amount)),
            "share": _number(size.fraction, 6),
            "cap": _number(float(size.cap.amount)),
            "trades": size.trades,
            "won": _number(size.win_rate, 5),
            "payoff": _number(size.payoff_ratio, 5),
        }
    )


def _signal(seen: SignalScored | None) -> dict[str, Any] | None:
    """The sum of a score: components, weights, adjustment, and what they were made of."""
    if seen is None:
        return None
    parts, weights, limits = seen.components, seen.weights, seen.thresholds
    names = ("technical", "forecast", "sentiment", "market")
    record: dict[str, Any] = {
        "id": seen.analysis,
        "total": _number(seen.total, 6),
        "parts": [_number(getattr(parts, name), 6) for name in names],
        "weights": [_number(getattr(weights, name), 6) for name in names],
        "adjust": _number(seen.adjustment, 6),
        "limits": [
            _number(value, 6)
            for value in (limits.buy, limits.sell, limits.volatility, limits.fear_factor)
        ],
    }
    if seen.technical is not None:
        t = seen.technical
        terms = (t.term_rsi, t.term_macd, t.term_sma, t.term_bollinger, t.volume_multiplier)
        record["tech"] = [*(_number(term, 5) for term in terms), t.regime, _number(t.rsi, 4)]
    if seen.forecast is not None:
        f = seen.forecast
        record["ahead"] = [_number(f.score, 5), _number(f.confidence, 4), f.source]
    if seen.sentiment is not None:
        s = seen.sentiment
        record["news"] = [_number(s.score, 4), s.articles, s.age_s]
    if seen.market is not None:
        m = seen.market
        record["mood"] = [m.fear_greed, m.funding_rate, _number(m.btc_dominance, 4)]
    return record


def _without_none(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}


def _number(value: float | None, digits: int = 10) -> float | int | None:
    """So many significant digits, and 5 instead of 5.0."""
    if value is None:
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
