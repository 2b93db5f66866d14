"""What every source of news promises: recordings, and CryptoPanic's v1 and v2 over HTTP."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.loopback.server import serving
from adapters.news_feed.cryptopanic.access import Access, cryptopanic_client
from adapters.news_feed.cryptopanic.feed import CryptoPanicNews
from adapters.news_feed.cryptopanic_fake import FakePost, make_app
from adapters.news_feed.recorded import RecordedNews
from application.errors import OutsideError
from application.ports.news_feed import News
from domain.instant import HOUR, MINUTE, iso, parse
from domain.instruments import DEFAULT
from domain.market.article import Article, Votes

NOW = parse("2026-03-01T12:00:00")
TOKEN = "0123456789abcdef" * 2
Ask = Callable[[Sequence[FakePost]], News]


def ask_recorded(posts: Sequence[FakePost]) -> News:
    articles = [
        Article(
            id=str(one.id),
            title=one.title,
            published_at=None if one.published_at is None else parse(one.published_at),
            arrived_at=NOW,
            coins=one.codes,
            votes=Votes(**(one.votes or {})),
            panic_score=one.panic_score,
        )
        for one in posts
    ]
    return asyncio.run(RecordedNews(articles).articles(NOW))


@contextmanager
def over_http(version: str) -> Iterator[Ask]:
    served: list[FakePost] = []
    with serving(make_app(served, TOKEN)) as url:
        access = Access(token=TOKEN, version=version, url=url)

        async def ask(posts: Sequence[FakePost]) -> News:
            served[:] = posts
            async with cryptopanic_client(access) as client:
                clock = SimulatedClock(NOW)
                plug = CryptoPanicNews(DEFAULT, access, client=client, clock=clock)
                return await plug.articles(NOW, 3_000)

        yield lambda posts: asyncio.run(ask(posts))


@pytest.fixture(scope="module")
def v1() -> Iterator[Ask]:
    with over_http("v1") as ask_v1:
        yield ask_v1


@pytest.fixture(scope="module")
def v2() -> Iterator[Ask]:
    with over_http("v2") as ask_v2:
        yield ask_v2


@pytest.fixture(params=["recorded", "v1", "v2"])
def ask(request: pytest.FixtureRequest, v1: Ask, v2: Ask) -> Ask:
    return {"recorded": ask_recorded, "v1": v1, "v2": v2}[request.param]


def found(news: News) -> Sequence[Article]:
    assert not isinstance(news.found, OutsideError), news.found
    return news.found


def post(number: int, hours: float = 1, **given) -> FakePost:
    at = iso(NOW - round(hours * HOUR))
    return FakePost(**{"id": number, "title": f"Title {number}", "published_at": at, **given})


def test_an_article_has_what_was_given(ask: Ask) -> None:
    votes = {"positive": 4, "negative": 1, "important": 2, "liked": 3, "disliked": 5, "toxic": 6}
    (one,) = found(ask([post(7, 2, codes=("ETH", "PEPE"), votes=votes)]))
    assert one == Article(
        "7", "Title 7", NOW - 2 * HOUR, NOW, ("ETH", "PEPE"), Votes(**votes), panic_score=None
    )


def test_what_an_article_has_not_is_empty(ask: Ask) -> None:
    (one,) = found(ask([post(7)]))
    assert (one.coins, one.votes, one.panic_score) == ((), Votes(), None)


def test_the_newest_come_first_and_each_comes_once(ask: Ask) -> None:
    posts = [post(1, 3), post(2, 1, codes=("BTC",)), post(3, 2, codes=("SOL", "ETH")), post(4, 5)]
    assert [one.id for one in found(ask(posts))] == ["2", "3", "1", "4"]


def test_no_news_are_no_failure(ask: Ask) -> None:
    assert list(found(ask([]))) == []


def test_an_id_is_the_same_at_every_asking(ask: Ask) -> None:
    posts = [post(number, number / 10, codes=("BTC",)) for number in range(1, 9)]
    assert [one.id for one in found(ask(posts))] == [one.id for one in found(ask(posts))]


def test_calls_are_told(ask: Ask, request: pytest.FixtureRequest) -> None:
    expected = 0 if "recorded" in request.node.name else 2
    assert ask([post(1)]).calls == expected


titles = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1
)


@settings(max_examples=40, deadline=None)
@given(
    posts=st.lists(
        st.builds(
            lambda number, title, minutes, codes, votes, panic: FakePost(
                number, title, iso(NOW - minutes * MINUTE), codes, votes, panic
            ),
            st.integers(1, 10**9),
            titles,
            st.integers(0, 23 * 60),
            st.lists(st.sampled_from(["BTC", "ETH", "PEPE"]), unique=True).map(tuple),
            st.none() | st.dictionaries(st.sampled_from(["positive", "toxic"]), st.integers(0, 99)),
            st.none() | st.integers(0, 100).map(float),
        ),
        max_size=20,
        unique_by=(lambda one: one.id, lambda one: one.title),
    )
)
def test_recorded_and_live_tell_the_same(v2: Ask, posts: list[FakePost]) -> None:
    assert list(found(v2(posts))) == list(found(ask_recorded(posts)))
