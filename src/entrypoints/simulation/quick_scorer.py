"""Scores from a batch where what is stored is what the market was, else window by window."""

from collections.abc import Mapping, Sequence

from adapters.technical_scorer.batched import BatchedScorer
from adapters.technical_scorer.windowed import WindowedScorer
from application.ports.read_models import ReadModels
from application.read_models import PRICES
from domain.events import Candle, TechnicalReading
from domain.instant import CANDLE
from domain.market.candle_series import CandleSeries
from domain.parameters import StrategyParameters


class QuickScorer:
    """The live scorer's readings, to the bit, without scoring most windows one by one."""

    def __init__(
        self,
        batched: BatchedScorer,
        series: Mapping[str, CandleSeries],
        tables: ReadModels,
        parameters: StrategyParameters,
    ) -> None:
        self._tables = tables
        self._count = parameters.technical_candles
        self._batched = batched
        self._windowed = WindowedScorer(tables, parameters)
        self._places = {
            pair: {opened: at for at, opened in enumerate(one.open_time.tolist())}
            for pair, one in series.items()
        }

    async def readings(
        self, pairs: Sequence[str], at: int
    ) -> Mapping[str, TechnicalReading | None]:
        """Reading of each pair from what is stored."""
        found: dict[str, TechnicalReading | None] = {}
        for pair in pairs:
            stored = await self._tables.newest(PRICES, pair, self._count)
            if len(stored) == self._count and self._is_whole(pair, stored):
                closed = stored[-1].open_time + CANDLE
                found |= await self._batched.readings([pair], closed)
            else:
                found |= await self._windowed.readings([pair], at)
        return found

    def _is_whole(self, pair: str, stored: Sequence[Candle]) -> bool:
        """True when no candle of the market is missing between the first and the last stored."""
        places = self._places[pair]
        first, last = stored[0].open_time, stored[-1].open_time
        return places[last] - places[first] == len(stored) - 1
