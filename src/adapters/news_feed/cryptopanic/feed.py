"""News of CryptoPanic in two calls: the coins together, then the whole market.

Neither is filtered: what readers found important, rising or bullish would be a choice of the news
by what is to be measured. `next` is not followed, a page has the newest and a third call would
break the plan's month.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

import attrs
import httpx

from adapters.http_reads import HttpReads, Patience, Throttled
from adapters.news_feed.cryptopanic.access import Access, Judge
from adapters.news_feed.cryptopanic.posts import articles_of
from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from application.ports.clock import Clock
from application.ports.news_feed import News
from domain.instruments import Instruments
from domain.market.article import Article

CALLS: Final = 2
LANGUAGE: Final = "en"
"""The headline lexicon is English."""


@attrs.define(slots=True, weakref_slot=False)
class _Run:
    """The calls of one fetch: how many were made, how many are still wanted, whether one failed."""

    budget: int | None
    made: int = 0
    wanted: int = CALLS
    has_retried: bool = False

    def may_retry(self) -> bool:
        """Once, and never at the cost of a call that is still wanted."""
        affordable = self.budget is None or self.made + self.wanted <= self.budget
        return affordable and not self.has_retried


class CryptoPanicNews:
    """Two calls a fetch and one retry at most; all or nothing, as half the news is another mood.

    `client` is that of cryptopanic_client(access).
    """

    def __init__(
        self,
        instruments: Instruments,
        access: Access,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        patience: Patience | None = None,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self._access = access
        self._clock = clock
        self._chance = chance
        self._pause_s = (patience or Patience()).first_pause_s
        self._coins = ",".join(one.news for one in instruments)
        self._reads = HttpReads(
            "CryptoPanic",
            client=client,
            clock=clock,
            # it would not count what it repeats
            patience=attrs.evolve(patience or Patience(), attempts=1),
            secrets=(access.token,),
            judge=Judge(access),
        )

    async def articles(self, now: int, budget: int | None = None) -> News:
        """What the two newest pages have; `arrived_at` is `now` (ms)."""
        if budget is not None and budget < CALLS:
            return News(Refused(f"CryptoPanic: {CALLS} calls are needed and {budget} are left"))
        run = _Run(budget)
        try:
            of_coins = await self._page(run, now, {"currencies": self._coins})
            of_market = await self._page(run, now, {})
        except OutsideError as failure:
            return News(failure, run.made)
        return News(_newest_first(_each_once([*of_coins, *of_market])), run.made)

    async def _page(self, run: _Run, now: int, asked: dict[str, str]) -> list[Article]:
        while True:
            run.made += 1
            try:
                found = await self._once(now, asked)
            except Throttled:
                raise  # not before the next run
            except Retryable:
                if not run.may_retry():
                    raise
                run.has_retried = True
                await self._clock.sleep(self._pause_s * (0.5 + self._chance()))
            else:
                run.wanted -= 1
                return found

    async def _once(self, now: int, asked: dict[str, str]) -> list[Article]:
        try:
            return await self._reads.get(
                self._access.address,
                partial(articles_of, now=now, redacted=self._access.redacted),
                {"public": "true", "kind": "news", "regions": LANGUAGE, **asked},
                {"User-Agent": self._access.user_agent},
            )
        except ConfigurationError as error:
            raise Refused(str(error)) from None  # no news, and the trader goes on
        except ArithmeticError:  # a number that Decimal cannot hold
            raise Broken("CryptoPanic: unreadable JSON: a number of that size") from None


def _each_once(articles: Iterable[Article]) -> list[Article]:
    """Each id once, with the coins of all its appearances; each title of one moment once."""
    found: dict[str, Article] = {}
    told: dict[tuple[str, int | None], str] = {}
    for one in articles:
        key = told.setdefault((one.title, one.published_at), one.id)
        before = found.get(one.id) or found.get(key)
        if before is None:
            found[one.id] = one
        else:
            coins = tuple(dict.fromkeys((*before.coins, *one.coins)))
            found[before.id] = attrs.evolve(before, coins=coins)
    return list(found.values())


def _newest_first(articles: Iterable[Article]) -> Sequence[Article]:
    def dated(one: Article) -> tuple[int, str]:
        return one.arrived_at if one.published_at is None else one.published_at, one.id

    return sorted(articles, key=dated, reverse=True)
