"""The clock, the market's mood and the news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.errors import OutsideError, Refused
from domain.instant import SECOND
from entrypoints.doctor.findings import Finding, error, ok, warning

if TYPE_CHECKING:
    from adapters.market_data.binance.klines import BinanceKlines
    from application.ports.clock import Clock
    from application.ports.market_context import MarketContext
    from application.ports.news_feed import NewsFeed

SKEWED, WRONG = 2 * SECOND, 30 * SECOND
"""A clock this far off is said to be so; this far, candles and nonces go wrong (ms)."""
CALLS = 2


async def time_of(binance: BinanceKlines, clock: Clock, speed: float = 1.0) -> Finding:
    """Our clock against Binance's; the way there and back counts half."""
    asked = clock.now()
    try:
        theirs = await binance.server_time()
    except OutsideError as failure:
        return warning("clock", f"Binance's time could not be had: {failure}", "try again")
    answered = clock.now()
    off = (asked + answered) / 2 - theirs
    doubt = (answered - asked) / 2
    which = "ahead of" if off > 0 else "behind"
    text = f"this machine is {abs(off) / SECOND:.1f} s {which} Binance"
    what_to_do = "set the clock: switch on NTP (timedatectl set-ntp true)"
    if abs(off) - doubt > WRONG * speed:
        return error("clock", text, what_to_do)
    if abs(off) - doubt > SKEWED * speed:
        return warning("clock", text, what_to_do)
    return ok("clock", text)


async def mood(market_context: MarketContext, now: int) -> list[Finding]:
    """Each part of the market's mood; one that is missing is just not counted."""
    absent = "trading goes on without it; look at [mood] and [binance] futures if it lasts"
    try:
        await market_context.reading(now)
    except OutsideError as failure:
        return [warning("mood", str(failure), absent)]
    missing = [
        warning("mood", f"{part}: {why}", absent)
        for part, why in sorted(market_context.failures.items())
    ]
    return missing or [ok("mood", "Fear & Greed, funding and dominance are there")]


async def news(feed: NewsFeed | None, now: int) -> Finding:
    """Whether the token works; takes two calls of the plan."""
    if feed is None:
        return warning(
            "news",
            "no [news] token: the score has no sentiment",
            "get one at cryptopanic.com, or leave it like this",
        )
    try:
        found = (await feed.articles(now, CALLS)).found
    except OutsideError as failure:
        found = failure
    if isinstance(found, Refused):
        return error("news", str(found), "check [news] token and plan, or remove the token")
    if isinstance(found, OutsideError):
        return warning("news", str(found), "trading goes on without news; try again later")
    return ok("news", f"{len(found)} articles")
