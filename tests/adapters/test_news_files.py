"""News recordings: what is known when, and one clear sentence for each file that is wrong."""

import asyncio
import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.news_feed.recorded import RecordedNews, load_news
from application.errors import InputError
from domain.instant import DAY, HOUR, MINUTE, parse
from domain.market.article import Article, Votes

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "news"
needs_recordings = pytest.mark.skipif(
    not RECORDED.is_dir(), reason=f"needs the recordings in {RECORDED}"
)
NOON = parse("2025-03-01T12:00")


def article(key: str, published_at: int | None, arrived_at: int | None = None) -> Article:
    arrived = published_at if arrived_at is None else arrived_at
    assert arrived is not None
    return Article(key, f"title {key}", published_at, arrived, ("BTC",), Votes())


def told(news: RecordedNews, now: int) -> list[str]:
    return [one.id for one in asyncio.run(news.articles(now)).found]


def post(**changed: Any) -> dict[str, Any]:
    """A post as CryptoPanic's API v1 gives it; a None takes the field out."""
    whole = {
        "kind": "news",
        "domain": "example.com",
        "id": 17,
        "title": "Bitcoin rises",
        "published_at": "2025-03-01T12:00:00Z",
    }
    return {name: value for name, value in (whole | changed).items() if value is not None}


def json_file(folder: Path, document: object) -> Path:
    file = folder / "news.json"
    file.write_text(json.dumps(document))
    return file


def csv_file(folder: Path, header: Sequence[str], *rows: Sequence[str]) -> Path:
    file = folder / "news.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return file


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        load_news(path)
    said = str(refused.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said


def test_an_article_is_unknown_a_millisecond_before_it_arrived() -> None:
    news = RecordedNews([article("a", NOON)])
    assert told(news, NOON - 1) == []
    assert told(news, NOON) == ["a"]


def test_an_article_that_arrived_late_is_unknown_until_then() -> None:
    news = RecordedNews([article("late", NOON, NOON + HOUR), article("early", NOON)])
    assert told(news, NOON + HOUR - 1) == ["early"]
    assert told(news, NOON + HOUR) == ["late", "early"]


def test_articles_leave_the_window_after_24_hours() -> None:
    news = RecordedNews([article("a", NOON)])
    assert told(news, NOON + DAY) == ["a"]
    assert told(news, NOON + DAY + 1) == []
    assert told(RecordedNews([article("a", NOON)], window_h=0.5), NOON + 30 * MINUTE + 1) == []


def test_an_article_without_a_time_counts_from_its_arrival() -> None:
    news = RecordedNews([article("a", None, NOON)])
    assert told(news, NOON - 1) == []
    assert told(news, NOON + DAY) == ["a"]
    assert told(news, NOON + DAY + 1) == []


def test_the_newest_come_first_and_the_oldest_are_left_out_beyond_the_limit() -> None:
    articles = [article(str(minute), NOON + minute * MINUTE) for minute in (1, 3, 2, 4)]
    assert told(RecordedNews(articles), NOON + HOUR) == ["4", "3", "2", "1"]
    assert told(RecordedNews(articles, most=2), NOON + HOUR) == ["4", "3"]


def test_no_articles_at_all_is_an_empty_feed() -> None:
    assert told(RecordedNews([]), NOON) == []


@given(
    times=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=30),
    nows=st.lists(st.integers(0, 400), min_size=1, max_size=8),
    most=st.integers(1, 12),
)
def test_any_question_gets_what_a_plain_filter_finds(
    times: list[tuple[int, int]], nows: list[int], most: int
) -> None:
    articles = [
        article(f"{key:02d}", NOON + published * MINUTE, NOON + (published + late) * MINUTE)
        for key, (published, late) in enumerate(times)
    ]
    news = RecordedNews(articles, window_h=1, most=most)
    for now in (NOON + minute * MINUTE for minute in nows):
        known = [
            (one.published_at or 0, one.id)
            for one in articles
            if one.arrived_at <= now and now - HOUR <= (one.published_at or 0) <= now
        ]
        assert told(news, now) == [key for _, key in sorted(known, reverse=True)[:most]]


def test_a_post_of_cryptopanic(tmp_path: Path) -> None:
    file = json_file(
        tmp_path,
        [
            post(
                currencies=[{"code": "btc", "title": "Bitcoin"}, {"code": "ETH"}, {"code": "BTC"}],
                votes={"positive": 3, "toxic": 1, "saved": 9},
                panic_score=61.5,
                unheard_of={"new": True},
            )
        ],
    )
    votes = Votes(positive=3, toxic=1)
    assert load_news(file) == (
        Article("17", "Bitcoin rises", NOON, NOON, ("BTC", "ETH"), votes, 61.5),
    )


def test_a_post_without_coins_and_votes(tmp_path: Path) -> None:
    assert load_news(json_file(tmp_path, [post()])) == (
        Article("17", "Bitcoin rises", NOON, NOON, (), Votes()),
    )


def test_an_article_taken_in_late_arrived_late(tmp_path: Path) -> None:
    posts = [
        post(id=1, title="late", created_at="2025-03-01T13:00:00Z"),
        post(id=2, title="early", created_at="2025-03-01T11:00:00Z"),
    ]
    arrived = [one.arrived_at for one in load_news(json_file(tmp_path, posts))]
    assert arrived == [NOON + HOUR, NOON]


@pytest.mark.parametrize(
    "document",
    [
        [post()],
        {"count": 1, "next": None, "results": [post()]},
        [{"results": [post()]}, {"results": []}],
        {"origin": "x", "pages": [{"commit": "f", "body": {"results": [post()]}}]},
    ],
)
def test_lists_answers_and_pages_of_answers(document: object, tmp_path: Path) -> None:
    assert [one.id for one in load_news(json_file(tmp_path, document))] == ["17"]


def test_a_csv_of_headlines(tmp_path: Path) -> None:
    header = ("set", "published_at", "title", "currencies", "positive", "toxic")
    rows = (("x", "2025-03-01T12:00:00Z", "Up,\nup", "BTC| eth |", "3", ""),)
    found = load_news(csv_file(tmp_path, header, *rows))
    assert [(one.title, one.coins, one.votes) for one in found] == [
        ("Up,\nup", ("BTC", "ETH"), Votes(positive=3))
    ]
    assert (found[0].published_at, found[0].arrived_at) == (NOON, NOON)


def test_a_gzipped_file_and_one_with_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"published_at,title\n2025-03-01 12:00,Up\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + content)
    (tmp_path / "c.csv.json.gz").write_bytes(gzip.compress(json.dumps([post()]).encode()))
    assert load_news(tmp_path / "a.csv.gz") == load_news(tmp_path / "b.csv")
    assert len(load_news(tmp_path / "c.csv.json.gz")) == 1


def test_doubles_are_kept_once_and_the_first_counts(tmp_path: Path) -> None:
    posts = [
        post(),
        post(title="the same id again"),
        post(id=18),
        post(id=19, published_at="2025-03-01T13:00:00Z"),
    ]
    assert [one.id for one in load_news(json_file(tmp_path, posts))] == ["17", "19"]


def test_a_missing_file_a_folder_and_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "news.xml").write_text("<rss/>")
    assert "not a" in refusal(tmp_path / "news.xml")
    assert "no such file" in refusal(tmp_path / "news.json")
    assert "no such file" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["news.json", "news.csv", "news.json.gz", "news.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x9d", b"\x1f\x8b\x08\x00cut"])
def test_files_that_cannot_be_read(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    refusal(tmp_path / name)


@pytest.mark.parametrize("text", ["{", '[{"id": 1},', "[" * 100_000])
def test_broken_json(text: str, tmp_path: Path) -> None:
    (tmp_path / "news.json").write_text(text)
    assert "cannot be read" in refusal(tmp_path / "news.json")


@pytest.mark.parametrize("document", [[], {"results": []}, {"pages": []}])
def test_no_article(document: object, tmp_path: Path) -> None:
    assert "holds no article" in refusal(json_file(tmp_path, document))


def test_a_csv_without_rows(tmp_path: Path) -> None:
    assert "holds no article" in refusal(csv_file(tmp_path, ("published_at", "title")))


@pytest.mark.parametrize("missing", ["published_at", "title"])
def test_a_missing_column(missing: str, tmp_path: Path) -> None:
    header = [one for one in ("published_at", "title", "source") if one != missing]
    assert f"column {missing} is missing" in refusal(csv_file(tmp_path, header, ("x", "y")))


@pytest.mark.parametrize("row", [("", "Up"), ("2025-03-01", ""), ("2025-03-01", " ")])
def test_an_empty_cell(row: tuple[str, str], tmp_path: Path) -> None:
    said = refusal(csv_file(tmp_path, ("published_at", "title"), ("2025-03-01", "Up"), row))
    assert "article 2" in said
    assert ("title" if row[0] else "published_at") in said


def test_a_row_with_too_many_cells(tmp_path: Path) -> None:
    header, row = ("published_at", "title"), ("2025-03-01", "Up", "and", "away")
    assert "article 1" in refusal(csv_file(tmp_path, header, row))


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("title", {"title": None}),
        ("title", {"title": ""}),
        ("title", {"title": 7}),
        ("published_at", {"published_at": None}),
        ("published_at", {"published_at": "yesterday"}),
        ("published_at", {"published_at": "2025-02-30T00:00:00Z"}),
        ("published_at", {"published_at": 1_740_830_400}),
        ("created_at", {"created_at": "soon"}),
        ("id", {"id": None}),
        ("id", {"id": ""}),
        ("currencies", {"currencies": "BTC"}),
        ("currencies.0.code", {"currencies": [{"title": "Bitcoin"}]}),
        ("votes.positive", {"votes": {"positive": -1}}),
        ("votes.negative", {"votes": {"negative": "many"}}),
        ("panic_score", {"panic_score": 101}),
        ("panic_score", {"panic_score": float("nan")}),
    ],
)
def test_a_bad_field_is_named_with_its_article(
    field: str, bad: dict[str, Any], tmp_path: Path
) -> None:
    said = refusal(json_file(tmp_path, [post(id=1, title="good"), post(**bad)]))
    assert f"{field}" in said
    assert "article 2" in said


@pytest.mark.parametrize("document", ["text", 7, [None], {"status": "api_error"}])
def test_json_of_something_else(document: object, tmp_path: Path) -> None:
    assert "article 1" in refusal(json_file(tmp_path, document))


@needs_recordings
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("cryptopanic_headlines.csv.gz", 5_162),
        ("cryptopanic_v1_posts_2023-05-20.json.gz", 200),
        ("cryptopanic_v1_pages_2025-03.json", 68),
    ],
)
def test_recorded_files(name: str, count: int) -> None:
    found = load_news(RECORDED / name)
    assert len(found) == count
    news = RecordedNews(found)
    for one in found[:: max(1, count // 20)]:
        assert one.id in told(news, one.arrived_at)
        assert one.id not in told(news, one.arrived_at - 1)
