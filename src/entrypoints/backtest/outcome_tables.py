"""Round trips as tables: one row per coin, and one per trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from domain.instant import HOUR

if TYPE_CHECKING:
    import pandas as pd

    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.round_trip import RoundTrip
    from entrypoints.backtest.trades import TradeBook

TRADE_COLUMNS = (
    "position",
    "pair",
    "opened_at",
    "closed_at",
    "quantity",
    "entry",
    "exit",
    "cost",
    "gain",
    "gain_pct",
    "reason",
    "score",
    "threshold",
    "gap_pct",
)


def mean_of(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return sum(values) / len(values) if values else None


def hours_held(trip: RoundTrip) -> float:
    """Hours from the buy to the sell; 0 while it is open."""
    return ((trip.closed_at or trip.opened_at) - trip.opened_at) / HOUR


def coin_table(
    run: FinishedRun, book: TradeBook, hold_pct: Mapping[str, float | None]
) -> pd.DataFrame:
    """Closed trades of each pair; JPY, %, hours. None where there was no trade."""
    import pandas as pd

    rows = []
    for pair in run.instruments.pairs:
        closed = [one for one in book.closed if one.pair == pair]
        gains_pct = [one.gain_pct or 0.0 for one in closed]
        wins = sum((one.gain or 0.0) > 0 for one in closed)
        rows.append(
            {
                "pair": pair,
                "trades": len(closed),
                "wins": wins,
                "win_rate_pct": wins / len(closed) * 100 if closed else None,
                "gain_jpy": sum(one.gain or 0.0 for one in closed),
                "mean_gain_pct": mean_of(gains_pct),
                "best_pct": max(gains_pct, default=None),
                "worst_pct": min(gains_pct, default=None),
                "mean_hold_h": mean_of([hours_held(one) for one in closed]),
                "open": sum(one.pair == pair for one in book.open),
                "buy_and_hold_pct": hold_pct.get(pair),
            }
        )
    # dtype object keeps None what it is: a float column would turn it into NaN
    return pd.DataFrame(rows, dtype=object).set_index("pair")


def trade_table(trips: Sequence[RoundTrip]) -> pd.DataFrame:
    """Every round trip, oldest first; ms, coins, JPY, %."""
    import pandas as pd

    rows = [[getattr(one, name) for name in TRADE_COLUMNS] for one in trips]
    return pd.DataFrame(rows, columns=list(TRADE_COLUMNS), dtype=object)
