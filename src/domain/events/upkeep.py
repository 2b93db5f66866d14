"""What happens to the log itself, and what is told of it."""

import attrs

from domain.events.scoring import MarketReading
from domain.money import Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class LogAnchored:
    """The digest (hex) of the hashes of the log's first `commits` commits, told to others too.

    `through` is the position of the last of them; 0 where it was not stated.
    """

    commits: int
    digest: str
    through: int


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class DailyReportPublished:
    """The report of a day (YYYY-MM-DD, ends 23:00 in Japan) is in the archive, and in short.

    `file` is its name there and `digest` the SHA-256 (hex) of its bytes. `gain` in JPY after
    fees of the trades that were closed, won or lost; `equity` the account in JPY at market
    prices. `balanced` is the audit's verdict, `head` the digest of the log's first `commits`
    commits, and of the day's `decisions` that were decided again `equal` came out the same.
    What could not be known is None.
    """

    day: str
    file: str
    digest: str
    analyses: int
    buys: int
    sells: int
    wins: int
    losses: int
    gain: Jpy
    fees: Jpy
    equity: Jpy | None
    market: MarketReading | None
    breaker_open: bool
    balanced: bool | None
    commits: int | None
    head: str | None
    decisions: int | None
    equal: int | None
    news_calls: int | None


@attrs.frozen(slots=True, weakref_slot=False)
class ErrorDetected:
    """A function's log told of errors: the first of so many `lines`, in one sentence."""

    source: str
    detail: str
    lines: int
