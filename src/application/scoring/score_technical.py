"""Candles of every pair become technical readings; stale or too few candles give none."""

from collections.abc import Mapping, Sequence

from application.ports.technical_scorer import TechnicalScorer
from domain.events import TechnicalReading
from domain.instant import CANDLE, SECOND
from domain.parameters import StrategyParameters


async def score_technical(
    pairs: Sequence[str], at: int, *, scorer: TechnicalScorer, parameters: StrategyParameters
) -> dict[str, TechnicalReading | None]:
    """The technical reading of each pair at a moment (ms), None where it is absent."""
    oldest = at - parameters.candle_age_max_s * SECOND - CANDLE
    readings: Mapping[str, TechnicalReading | None] = await scorer.readings(pairs, at)
    fresh: dict[str, TechnicalReading | None] = {}
    for pair in pairs:
        reading = readings[pair]
        if reading is not None and reading.newest_open_time < oldest:
            reading = None
        fresh[pair] = reading
    return fresh
