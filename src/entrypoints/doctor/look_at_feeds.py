"""Reads the feeds once: the market's mood, and a page of news."""

from contextlib import suppress
from functools import partial

import httpx

from adapters.http_reads import HttpReads, Patience
from adapters.market_context.dominance import Dominance
from adapters.market_context.fear_greed import FearGreed
from adapters.market_context.funding import FundingRates
from adapters.market_context.live import LiveMarketContext
from adapters.news_feed.cryptopanic.access import Access, Judge, cryptopanic_client
from adapters.news_feed.cryptopanic.feed import LANGUAGE
from adapters.news_feed.cryptopanic.posts import articles_of
from application.errors import ConfigurationError, OutsideError, Refused
from application.ports.clock import Clock
from entrypoints.doctor.findings import Finding, error, warning, well
from entrypoints.wiring.settings import Settings

MOOD, NEWS = "market mood", "news"
PATIENCE = Patience(read_s=8.0, call_s=10.0, attempts=2, first_pause_s=0.5, most_pause_s=2.0)
_WITHOUT = "it trades on without this part; if it lasts, see [mood] and [binance] futures"


async def look_at_mood(
    settings: Settings, client: httpx.AsyncClient, clock: Clock
) -> list[Finding]:
    """Fear & Greed, dominance and funding, each on its own."""
    key = settings.mood.coingecko_key
    feed = LiveMarketContext(
        FundingRates(
            settings.instruments,
            client=client,
            clock=clock,
            url=settings.binance.futures,
            patience=PATIENCE,
        ),
        FearGreed(client=client, clock=clock, url=settings.mood.fear_greed_url, patience=PATIENCE),
        Dominance(
            client=client,
            clock=clock,
            url=settings.mood.coingecko_url,
            key=key.get_secret_value() if key else "",
            patience=PATIENCE,
        ),
    )
    with suppress(OutsideError):
        # when nothing at all is known the failures say so, too
        read = await feed.reading(clock.now())
        told = {
            "fear & greed": read.fear_greed,
            "funding": read.funding_rate,
            "dominance": read.btc_dominance,
        }
        text = ", ".join(f"{name} {value:g}" for name, value in told.items() if value is not None)
        if not feed.failures:
            return [well(MOOD, text)]
    return [warning(MOOD, f"{name}: {why}", _WITHOUT) for name, why in feed.failures.items()]


async def look_at_news(settings: Settings, clock: Clock) -> list[Finding]:
    """One page of CryptoPanic, which is one call of the month's plan."""
    token = settings.news.token
    if token is None:
        text = "no token configured: news count for nothing in any score"
        return [warning(NEWS, text, "set [news] token if you have an account of CryptoPanic")]
    try:
        access = Access(
            token=token.get_secret_value(), plan=settings.news.plan, url=settings.news.base_url
        )
        async with cryptopanic_client(access) as client:
            reads = HttpReads(
                "CryptoPanic",
                client=client,
                clock=clock,
                # a second try would be a second call of the plan
                patience=Patience(call_s=PATIENCE.call_s, attempts=1),
                secrets=(access.token,),
                judge=Judge(access),
            )
            found = await reads.get(
                access.address,
                partial(articles_of, now=clock.now(), redacted=access.redacted),
                {"public": "true", "kind": "news", "regions": LANGUAGE},
                {"User-Agent": access.user_agent},
            )
    except (Refused, ConfigurationError) as failure:
        what = (
            "copy token and plan again from CryptoPanic's page of the API into [news], or remove "
            "the token to trade without news"
        )
        return [error(NEWS, str(failure), what)]
    except OutsideError as failure:
        what = "it trades on without news; run doctor again later"
        return [warning(NEWS, str(failure), what)]
    return [well(NEWS, f"a page of {len(found)} headlines (one call of the plan)")]
