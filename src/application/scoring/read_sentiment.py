"""The newest stored sentiment of a pair; too old is absent."""

from application.ports.read_models import ReadModels
from application.read_models import SENTIMENT
from domain.events import SentimentReading
from domain.instant import SECOND
from domain.parameters import StrategyParameters


async def read_sentiment(
    pair: str, at: int, *, tables: ReadModels, parameters: StrategyParameters
) -> SentimentReading | None:
    """Sentiment of a pair at a moment (ms), or None."""
    rows = await tables.newest(SENTIMENT, pair, 1)
    if not rows:
        return None
    age_s = (at - rows[-1].timestamp) // SECOND
    if age_s > parameters.sentiment_age_max_s:
        return None
    return SentimentReading(rows[-1].score, age_s, rows[-1].articles)
