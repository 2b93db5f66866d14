"""How the closed trades of a window went."""

from collections.abc import Sequence

import attrs

from domain.scoring.float_sum import added


@attrs.frozen(slots=True, weakref_slot=False)
class TradeStats:
    """Counts and means; percent of the cost, a loss as a positive number; None without trades."""

    trades: int
    wins: int
    win_rate: float | None
    mean_win_pct: float | None
    mean_loss_pct: float | None


def trade_stats(gains_pct: Sequence[float]) -> TradeStats:
    """Statistics of gains in %; a gain of 0 or less is a loss. 0.0 for a mean of no trades."""
    if not gains_pct:
        return TradeStats(0, 0, None, None, None)
    wins = [one for one in gains_pct if one > 0.0]
    losses = [-one for one in gains_pct if one <= 0.0]
    return TradeStats(
        len(gains_pct),
        len(wins),
        len(wins) / len(gains_pct),
        added(wins) / len(wins) if wins else 0.0,
        added(losses) / len(losses) if losses else 0.0,
    )
