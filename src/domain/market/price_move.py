"""Is an analysis due? One coin moved enough within the hour, or the last one is too old."""

from collections.abc import Mapping

from domain.instant import SECOND
from domain.parameters import StrategyParameters


def move_pct(close: float, hour_ago: float) -> float:
    """Change in % of a close against the close 12 candles earlier."""
    return (close / hour_ago - 1.0) * 100.0


def reason_for_analysis(
    moves: Mapping[str, float], last_analysis: int | None, now: int, p: StrategyParameters
) -> str | None:
    """Why all pairs are to be analysed at `now` (ms), or None.

    `moves` are one-hour changes in % by pair, `last_analysis` the time of the last one.
    """
    if last_analysis is None:
        return "first"
    if now <= last_analysis:
        return None
    for pair, moved in moves.items():
        if moved >= p.volatility_threshold_pct or moved <= -p.volatility_threshold_pct:
            return f"moved:{pair}"
    if now - last_analysis >= p.analysis_interval_s * SECOND:
        return "interval"
    return None
