"""What a source of candles may get wrong is put right before anything is stored."""

from collections.abc import Mapping, Sequence

from application.errors import Broken, OutsideError
from application.ports.market_data import MarketData
from domain.events import Candle
from domain.instant import CANDLE


class ClosedOnly:
    """Any source, without candles that are forming, doubled, older than asked for or off the grid.

    Candles whose prices cannot be (a low above the high, a price that is not positive) are
    Broken: the pair has failed, and nothing of it is stored.
    """

    def __init__(self, source: MarketData) -> None:
        self._source = source

    async def closed_candles(
        self, after: Mapping[str, int], now: int
    ) -> Mapping[str, Sequence[Candle] | OutsideError]:
        """The source's candles opened after the given times and closed by `now` (ms)."""
        answers = await self._source.closed_candles(after, now)
        return {
            pair: answer
            if isinstance(answer, OutsideError)
            else _sound(pair, answer, after[pair], now)
            for pair, answer in answers.items()
        }


def _sound(
    pair: str, candles: Sequence[Candle], after: int, now: int
) -> Sequence[Candle] | OutsideError:
    kept: dict[int, Candle] = {}
    for one in candles:
        opened = one.open_time
        if opened <= after or opened + CANDLE > now or opened % CANDLE:
            continue
        if not 0 < one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high:
            return Broken(f"{pair}: the candle of {opened} has impossible prices")
        kept[opened] = one  # of two, the later answer is the corrected one
    return [kept[opened] for opened in sorted(kept)]
