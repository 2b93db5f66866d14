"""CryptoPanic's plug against every fault and any body: counted, retried once, no token told."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.http_reads import Patience
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.news_feed.cryptopanic.access import Access, cryptopanic_client
from adapters.news_feed.cryptopanic.feed import CryptoPanicNews
from adapters.news_feed.cryptopanic.posts import articles_of
from adapters.news_feed.cryptopanic_fake import POINT, FakePost, make_app
from adapters.news_feed.lexicon import load_lexicon
from adapters.news_feed.recorded import load_news
from adapters.read_models.in_memory import InMemoryReadModels
from application.commit import Log
from application.errors import (
    Broken,
    ConfigurationError,
    OutsideError,
    Refused,
    Retryable,
)
from application.market.collect_news import collect_news
from application.ports.news_feed import News
from domain import events as e
from domain.instant import HOUR, iso, parse
from domain.instruments import DEFAULT
from domain.market.article import Article, Votes
from domain.parameters import StrategyParameters

NOW = parse("2026-03-01T12:00:00")
TOKEN = "0123456789abcdef" * 2
QUICK = Patience(read_s=5.0)


def post(number: int, codes: tuple[str, ...] = ()) -> FakePost:
    votes = {"positive": 2, "lol": 7}
    return FakePost(number, f"Title {number}", iso(NOW - number * 60_000), codes, votes, 55.0)


POSTS = [post(1), *[post(number, ("BTC",)) for number in range(2, 32)], post(40, ("PEPE",))]


@attrs.frozen
class Bench:
    """A server, and a plug that is asked in turn with budgets."""

    faults: ScriptedFaults
    url: str
    clock: SimulatedClock

    def asked(self, budget: int | None = None, patience: Patience = QUICK, **access) -> News:
        given = {"token": TOKEN, "url": self.url, **access}
        return asyncio.run(fetched(Access(**given), self.clock, None, budget, patience))

    def queries(self) -> list[str | None]:
        return [one.query_params.get("currencies") for one in self.faults.asked]


async def fetched(access, clock, transport=None, budget=None, patience=QUICK) -> News:
    async with cryptopanic_client(access, transport) as client:
        plug = CryptoPanicNews(DEFAULT, access, client=client, clock=clock, patience=patience)
        assert access.token not in f"{plug!r}{plug.__dict__}{client!r}"
        return await plug.articles(NOW, budget)


@pytest.fixture
def bench() -> Iterator[Bench]:
    app = make_app(POSTS, TOKEN)
    with serving(app) as url:
        yield Bench(app.state.faults, url, SimulatedClock(NOW))


COINS = "BTC,ETH,XRP,SOL,DOGE,AVAX"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_two_calls_the_coins_together_and_the_whole_market(bench, version) -> None:
    news = bench.asked(version=version)
    assert news.calls == 2
    first, second = bench.faults.asked
    assert sorted(first.query_params["currencies"].split(",")) == sorted(COINS.split(","))
    assert "currencies" not in second.query_params
    for one in (first, second):
        assert one.url.path == f"/api/growth/{version}/posts/"
        assert one.query_params["auth_token"] == TOKEN
        assert "filter" not in one.query_params
    # 20 of the coins, and of the market's 20 the one that no coin has
    assert [one.id for one in news.found] == [str(number) for number in range(1, 22)]
    panic = 55.0 if version == "v2" else None
    assert news.found[1] == Article(
        "2", "Title 2", NOW - 120_000, NOW, ("BTC",), Votes(positive=2), panic
    )


def test_an_account_of_v1_without_a_plan(bench) -> None:
    assert not isinstance(bench.asked(version="v1", plan="").found, OutsideError)
    assert bench.faults.asked[0].url.path == "/api/v1/posts/"


def test_what_may_be_null_is_null(bench) -> None:
    bench.faults.begin(POINT, "null")
    news = bench.asked()
    assert {(one.published_at, one.votes, one.panic_score) for one in news.found} == {
        (None, Votes(), None)
    }


def test_numbers_may_be_texts(bench) -> None:
    whole = bench.asked()
    bench.faults.begin(POINT, "other-types")
    assert bench.asked().found == whole.found


@pytest.mark.parametrize("fault", ["502", "html"])
@pytest.mark.parametrize("place", [0, 1])
def test_what_passes_is_asked_again_once(bench, fault, place) -> None:
    bench.faults.next(POINT, *[None] * place, fault)
    news = bench.asked()
    assert (len(news.found), news.calls) == (21, 3)
    assert bench.clock.now() > NOW


def test_one_retry_a_run_and_not_one_a_call(bench) -> None:
    bench.faults.next(POINT, "502", None, "502", None)
    news = bench.asked()
    assert (type(news.found), news.calls) == (Retryable, 3)
    assert len(bench.faults.asked) == 3


@pytest.mark.parametrize(
    ("fault", "failure", "calls", "said"),
    [
        ("502", Retryable, 2, "502"),
        ("html", Retryable, 2, "page"),
        ("429", Retryable, 1, "429"),
        ("token", Refused, 1, "the token is refused"),
        ("plan", Refused, 1, "the plan 'growth' does not allow it"),
        ("cloudflare", Refused, 1, "another User-Agent"),
        ("moved", Refused, 1, "moved"),
        ("error-200", Refused, 1, "quota"),
        ("truncated", Broken, 1, "unreadable"),
        ("deep", Broken, 1, "unreadable"),
        ("wrong-types", Broken, 1, "results.0.id"),
        ("null-needed", Broken, 1, "results.0.id"),
    ],
)
def test_what_a_fault_means(bench, fault, failure, calls, said) -> None:
    bench.faults.begin(POINT, fault)
    news = bench.asked()
    assert (isinstance(news.found, failure), news.calls) == (True, calls)
    assert len(bench.faults.asked) == calls
    assert said in str(news.found)
    assert TOKEN not in f"{news!r}{news.found}"


def test_the_plan_and_cloudflare_say_no_with_the_same_number(bench) -> None:
    bench.faults.next(POINT, "plan", "cloudflare")
    plan, blocked = str(bench.asked().found), str(bench.asked().found)
    assert "403" in plan
    assert "403" in blocked
    assert "plan 'growth'" in plan
    assert "Cloudflare" in blocked


def test_a_client_that_is_no_browser_is_blocked_and_told_what_to_do(bench) -> None:
    assert "User-Agent" in str(bench.asked(user_agent="python-httpx/0.28").found)


def test_a_wrong_plan_and_a_wrong_token(bench) -> None:
    assert "check plan and version" in str(bench.asked(plan="developer").found)
    wrong = bench.asked(token="wrong-token-0123")  # noqa: S106 - a wrong one
    assert "token is refused" in str(wrong.found)
    assert "wrong-token-0123" not in f"{wrong!r}{wrong.found}"


def test_a_service_that_does_not_answer_holds_nobody_up(bench) -> None:
    bench.faults.begin(POINT, "slow")
    news = bench.asked(patience=Patience(read_s=0.1))
    assert (type(news.found), news.calls) == (Retryable, 2)


@pytest.mark.parametrize("budget", [0, 1])
def test_too_small_a_budget_is_not_begun(bench, budget) -> None:
    news = bench.asked(budget)
    assert (type(news.found), news.calls, list(bench.faults.asked)) == (Refused, 0, [])


def test_a_retry_never_takes_the_last_calls(bench) -> None:
    bench.faults.next(POINT, "502")
    assert bench.asked(2).calls == 1
    bench.faults.next(POINT, "502")
    assert len(bench.asked(3).found) == 21


def test_a_title_that_repeats_the_token_is_redacted(bench) -> None:
    bench.faults.begin(POINT, "echo")
    news = bench.asked()
    assert news.found[0].title == "Title 1 ***"
    assert TOKEN not in repr(news)


def test_no_log_line_of_any_library_has_the_token(bench, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        for fault in ("502", "moved", "echo", "plan"):
            bench.faults.next(POINT, fault)
            bench.asked()
    assert len(caplog.records) > 5
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "abc def-secret"},
        {"token": "sécret-secret"},
        {"version": "v3"},
        {"plan": "../admin"},
        {"plan": ""},
        {"user_agent": "Mozilla\n"},
    ],
)
def test_what_cannot_be_right_is_said_at_the_start(wrong) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Access(**{"token": TOKEN, **wrong})
    assert TOKEN not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_access_does_not_show_its_token() -> None:
    assert TOKEN not in repr(Access(token=TOKEN))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats()
    | st.sampled_from(["", "nan", "-1", "1e999", "9999-99-99", "0001-01-01", "\ud800", TOKEN])
    | st.sampled_from([f"x{TOKEN}y", f"https://h/?auth_token={TOKEN}&page=2", "x" * 150 + TOKEN]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def row(field: str, value: object) -> bytes:
    good = {
        "id": 22278101,
        "title": "Bitcoin rallies",
        "published_at": "2026-03-01T10:30:00Z",
        "instruments": [{"code": "BTC"}],
        "votes": {"positive": 4, "negative": 1},
        "panic_score": None,
    }
    bad = {**good, field: value}
    if field in good["votes"]:
        bad = {**good, "votes": {field: value}}
    if field == "code":
        bad = {**good, "instruments": [{"code": value}]}
    body = {"next": f"https://h/?auth_token={TOKEN}", "results": [good, bad]}
    return json.dumps({**body, field: value} if field in {"results", "next"} else body).encode()


FIELDS = (
    *("id", "title", "published_at", "instruments", "currencies", "code", "votes"),
    *("positive", "panic_score", "results", "next"),
)
bodies = (
    st.binary(max_size=60)
    | st.builds(lambda text: f"{TOKEN[:-1]}{text}{TOKEN}".encode(), st.text(max_size=200))
    | st.sampled_from([b"1e99999999999999999999", b"9" * 5000, b"[" * 9999, b"<html>", b"{}"])
    | st.builds(row, st.sampled_from(FIELDS), anything)
    | st.builds(
        lambda key, told: json.dumps({key: told}).encode(),
        st.sampled_from(["info", "error", "detail"]),
        anything,
    )
)


@settings(max_examples=300, deadline=None)
@given(status=st.sampled_from([200, 200, 200, 301, 401, 403, 404, 418, 429, 500]), body=bodies)
def test_any_body_is_news_or_one_of_the_errors_and_nothing_has_the_token(status, body) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    access = Access(token=TOKEN, url="http://127.0.0.1:9")
    news, events = asyncio.run(collected(access, transport))
    assert TOKEN not in f"{news!r}{news.found}{events!r}"
    assert 1 <= news.calls <= 3
    if isinstance(news.found, OutsideError):
        assert type(news.found) is not OutsideError
        assert len(str(news.found)) < 400
        assert isinstance(events[0], e.CollectionFailed)
    else:
        assert {type(one) for one in events} == {e.SentimentScored, e.NewsCallsMade}


async def collected(access: Access, transport: httpx.AsyncBaseTransport) -> tuple[News, tuple]:
    """What the plug says, and the events of a collection that got the same."""
    clock = SimulatedClock(NOW)
    news = await fetched(access, clock, transport)

    class Feed:
        async def articles(self, now: int, budget: int | None = None) -> News:
            return news

    tables = InMemoryReadModels(clock)
    (commit,) = await collect_news(
        NOW + HOUR,
        instruments=DEFAULT,
        log=Log(InMemoryEventStore(tables), tables, "test"),
        news_feed=Feed(),
        lexicon=load_lexicon(),
        parameters=StrategyParameters(),
    )
    return news, commit.events


SHARED = Path(__file__).parents[3] / "shared" / "data" / "news"


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the recordings in {SHARED}")
def test_real_answers_of_v1_are_read_as_their_recordings_are() -> None:
    path = SHARED / "cryptopanic_v1_pages_2025-03.json"
    pages = [one["body"] for one in json.loads(path.read_text(encoding="utf-8"))["pages"]]
    read = {one.id: one for page in pages for one in articles_of(page, NOW, str)}
    recorded = [attrs.evolve(one, arrived_at=NOW) for one in load_news(path)]
    assert len(recorded) > 50
    # which of two readings of an article is kept, and so its votes, is the reader's choice
    bare = [attrs.evolve(one, votes=Votes()) for one in recorded]
    assert [attrs.evolve(read[one.id], votes=Votes()) for one in recorded] == bare
