"""A moment is an int: milliseconds since 1970-01-01 UTC. Text is ISO 8601 in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
CANDLE: Final = 5 * MINUTE
"""Length of a candle: the one opened at o is closed, and known, at o + CANDLE."""
JAPAN: Final = 9 * HOUR
"""Clocks in Japan are so far ahead of UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_datetime(moment: datetime) -> int:
    """Milliseconds of an aware datetime; a naive one is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def parse(text: str) -> int:
    """Milliseconds of an ISO 8601 date or time; without a zone it is UTC.

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text)
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def to_datetime(moment: int) -> datetime:
    """The aware UTC datetime of a moment."""
    return _EPOCH + timedelta(milliseconds=moment)


def iso(moment: int) -> str:
    """ISO 8601 in UTC, to the second: 2025-10-10T21:15:00Z."""
    return to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def tick_of(moment: int) -> int:
    """The 5-minute boundary at or before a moment."""
    return moment - moment % CANDLE
