"""A report as one JSON object: what is archived, and what a program reads.

Money and coins are exact texts, times ISO 8601 in UTC, rates and shares 0..1; null is not known.
"""

import json
from decimal import Decimal
from typing import Any, Final

from application.improvements import Improvements
from application.messages import HeldPosition
from application.reporting.daily_report import DailyFigures
from domain.events import MarketReading
from domain.instant import iso
from domain.money import Jpy
from domain.reporting.closed_trades import ClosedTrade
from domain.reporting.day_figures import DayResult, WindowFigures
from domain.reporting.window_figures import (
    EDGES,
    ComponentFigures,
    Counts,
    SignalFigures,
    TradeFigures,
)

SCHEMA: Final = 1
"""Raised whenever a key changes its meaning or goes; new keys do not raise it."""
LAST: Final = 5
"""Changes of the tuner that a report names."""


def report_bytes(report: DailyFigures) -> bytes:
    """The object as the archive keeps it: the same report gives the same bytes."""
    text = json.dumps(report_object(report), indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def report_object(report: DailyFigures) -> dict[str, Any]:
    """The object; every key is always there."""
    figures, day = report.figures, report.day
    return {
        "schema_version": SCHEMA,
        "day": day.name,
        "start": iso(day.start),
        "end": iso(day.end),
        "complete": figures.is_complete,
        "events": figures.events,
        "windows": {one.name: _window(one) for one in figures.windows},
        "closed": [_closed(one) for one in figures.closed],
        "positions": [_held(one) for one in report.positions],
        "equity_jpy": _yen(report.equity),
        "days": [_result(one) for one in figures.days],
        "market": _market(figures.market, figures.market_at),
        "breaker_open": figures.breaker_open,
        "month": _month(report),
        "parameters_changed": dict(report.changed),
        "improvements": _improvements(report.improvements),
        "checks": _checks(report),
        "notes": list(report.notes),
    }


def _improvements(found: Improvements) -> dict[str, Any]:
    """How often the tuner said no, and its last changes, newest last."""
    return {
        "nights": found.nights,
        "tried": found.tried,
        "shut": dict(found.shut),
        "paid_usd": round(found.paid_usd, 6),
        "last": [
            {
                "change": one.made.change,
                "at": iso(one.at),
                "moves": {move.name: [move.before, move.after] for move in one.made.moves},
                "probability": one.made.probability,
                "tries": one.made.tried,
                "state": one.state,
            }
            for one in found.changes[-LAST:]
        ],
    }


def _yen(value: Jpy | None) -> str | None:
    return None if value is None else _exact(value.amount)


def _exact(value: Decimal) -> str:
    """Without an exponent, and without zeros that say nothing: 5 for 5.00."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def _counts(counts: Counts) -> dict[str, int]:
    return dict(counts)


def _window(one: WindowFigures) -> dict[str, Any]:
    return {
        "start": iso(one.start),
        "end": iso(one.end),
        "trades": _trades(one.trades),
        "signals": _signals(one.signals),
        "analyses": one.analyses,
        "decisions": _counts(one.decisions),
        "declined": _counts(one.declined),
        "buys": one.buys,
        "sells": one.sells,
        "fees_jpy": _yen(one.fees),
        "refused": _counts(one.refused),
        "in_doubt": one.in_doubt,
        "failures": _counts(one.failures),
        "breaker_trips": one.breaker_trips,
    }


def _trades(one: TradeFigures) -> dict[str, Any]:
    return {
        "closed": one.closed,
        "wins": one.wins,
        "losses": one.losses,
        "win_rate": one.win_rate,
        "win_rate_95": None if one.win_rate is None else [one.win_rate_low, one.win_rate_high],
        "gain_jpy": _yen(one.gain),
        "mean_gain_pct": one.mean_gain_pct,
        "best_pct": one.best_pct,
        "worst_pct": one.worst_pct,
        "mean_hold_h": one.mean_hold_h,
        "longest_hold_h": one.longest_hold_h,
        "reasons": _counts(one.reasons),
        "coins": {
            coin.pair: {"closed": coin.closed, "wins": coin.wins, "gain_jpy": _yen(coin.gain)}
            for coin in one.coins
        },
    }


def _signals(one: SignalFigures) -> dict[str, Any]:
    return {
        "count": one.signals,
        "mean_total": one.mean_total,
        "histogram": {"edges": [-1.0, *EDGES, 1.0], "counts": list(one.histogram)},
        "components": {part.name: _component(part) for part in one.components},
    }


def _component(one: ComponentFigures) -> dict[str, Any]:
    return {
        "present": one.present,
        "absent": one.absent,
        "mean": one.mean,
        "deviation": one.deviation,
        "near_zero_share": one.near_zero_share,
    }


def _closed(one: ClosedTrade) -> dict[str, Any]:
    return {
        "position": one.position,
        "pair": one.pair,
        "reason": one.reason.value,
        "quantity": _exact(one.quantity),
        "cost_jpy": _yen(one.cost),
        "proceeds_jpy": _yen(one.proceeds),
        "gain_jpy": _yen(one.gain),
        "gain_pct": one.gain_pct,
        "hold_h": one.hold_ms / 3_600_000,
        "recorded_at": iso(one.recorded_at),
        "unmatched": _exact(one.unmatched),
    }


def _held(one: HeldPosition) -> dict[str, Any]:
    held = one.position
    return {
        "position": held.position,
        "pair": held.pair,
        "quantity": _exact(held.quantity),
        "entry_jpy": _yen(held.entry),
        "cost_jpy": _yen(held.cost),
        "stop_jpy": _yen(held.stop),
        "take_profit_jpy": _yen(held.take_profit),
        "peak_jpy": _yen(held.peak),
        "opened_at": iso(held.opened_at),
        "price_jpy": _yen(one.price),
        "gain_jpy": _yen(one.gain),
    }


def _result(one: DayResult) -> dict[str, Any]:
    return {
        "day": one.day,
        "closed": one.closed,
        "gain_jpy": _yen(one.gain),
        "equity_jpy": _yen(one.equity),
    }


def _market(market: MarketReading | None, at: int | None) -> dict[str, Any] | None:
    """The market as the newest analysis of the day saw it."""
    if market is None or at is None:
        return None
    return {
        "at": iso(at),
        "age_s": market.age_s,
        "score": market.score,
        "fear_greed": market.fear_greed,
        "funding_rate": market.funding_rate,
        "btc_dominance": market.btc_dominance,
    }


def _month(report: DailyFigures) -> dict[str, Any]:
    month = report.figures.month
    return {
        "month": month.month,
        "gain_jpy": _yen(month.gain),
        "fees_jpy": _yen(month.fees),
        "news_calls": month.news_calls,
        "news_calls_budget": report.budget.news_calls,
        "spent_usd": report.spent_usd,
        "budget_usd": report.budget.usd,
    }


def _checks(report: DailyFigures) -> dict[str, Any]:
    head, audit, parity = report.head, report.audit, report.parity
    return {
        "head": head and {"commits": head.commits, "digest": head.digest},
        "audit": audit
        and {
            "balanced": audit.balanced,
            "events": audit.events,
            "compared": audit.compared,
            "violations": audit.violations,
            "first_bad": audit.first_bad,
            "residuals": {name: _exact(amount) for name, amount in audit.residuals},
        },
        "parity": parity
        and {
            "decisions": parity.decisions,
            "equal": parity.equal,
            "fills": parity.fills,
            "mean_bp": parity.mean_bp,
            "worst_bp": parity.worst_bp,
        },
        "contradictions": report.figures.contradictions,
    }
