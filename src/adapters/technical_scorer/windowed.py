"""Scores each window by itself, from the stored candles: what a live system does."""

from collections.abc import Mapping, Sequence

from application.ports.read_models import ReadModels
from application.read_models import PRICES
from domain.events import TechnicalReading
from domain.parameters import StrategyParameters
from domain.scoring.technical_score import technical_reading


class WindowedScorer:
    """Reads the newest candles of a pair and scores them."""

    def __init__(self, tables: ReadModels, parameters: StrategyParameters) -> None:
        self._tables = tables
        self._parameters = parameters

    async def readings(
        self, pairs: Sequence[str], at: int
    ) -> Mapping[str, TechnicalReading | None]:
        """Reading of each pair from what is stored; None with too few candles."""
        del at  # nothing later than that is stored yet
        p = self._parameters
        found: dict[str, TechnicalReading | None] = {}
        for pair in pairs:
            candles = await self._tables.newest(PRICES, pair, p.technical_candles)
            found[pair] = technical_reading(
                [one.open_time for one in candles],
                [one.high for one in candles],
                [one.low for one in candles],
                [one.close for one in candles],
                [one.volume for one in candles],
                p,
            )
        return found
