"""Articles become the sentiment of a coin."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.news_feed.lexicon import load_lexicon
from domain.events import SentimentScored
from domain.instant import HOUR, MINUTE
from domain.market.article import Article, Votes
from domain.parameters import STANDARD
from domain.scoring.headline_score import article_score
from domain.scoring.sentiment_score import coin_sentiment, coin_weight

NOW = 1_760_000_000_000
LEXICON = load_lexicon()


def article(
    votes: Votes | None = None,
    *,
    title: str = "",
    age: int | None = 0,
    panic: float | None = None,
    coins: tuple[str, ...] = (),
) -> Article:
    """An article of a given age in ms (None: unknown)."""
    published = None if age is None else NOW - age
    return Article("1", title, published, NOW, coins, votes or Votes(), panic)


def scored(*weighted: tuple[Article, float]) -> SentimentScored:
    return coin_sentiment("X", weighted, NOW, LEXICON, STANDARD)


def score_of(one: Article) -> tuple[float, bool]:
    score, by_votes = article_score(one, LEXICON, STANDARD)
    return round(score, 12), by_votes


def test_twenty_votes_count_fully() -> None:
    assert score_of(article(Votes(positive=15, negative=5))) == (0.75, True)


def test_few_votes_are_drawn_to_neutral() -> None:
    # 8 votes: (8 - 5) / 15 = 0.2 of the way from 0.5 to 1
    assert score_of(article(Votes(liked=8))) == (0.6, True)


def test_important_and_toxic_votes_weigh_one_and_a_half() -> None:
    votes = Votes(important=8, toxic=8)
    assert score_of(article(votes)) == (0.5, True)
    votes = Votes(important=16, disliked=6)
    assert score_of(article(votes)) == (0.8, True)


def test_exactly_five_votes_say_nothing_but_decide() -> None:
    assert score_of(article(Votes(positive=5), title="Bitcoin crashes")) == (0.5, True)


def test_under_five_votes_the_title_decides() -> None:
    assert score_of(article(Votes(positive=4), title="Ether surges")) == (0.7, False)


def test_panic_shifts_the_score() -> None:
    assert score_of(article(panic=100.0))[0] == pytest.approx(0.6)
    assert score_of(article(panic=0.0))[0] == pytest.approx(0.4)


def test_weight_of_an_article() -> None:
    own, bitcoin, market = (article(coins=coins) for coins in (("ETH", "BTC"), ("BTC",), ()))
    assert [coin_weight(one, "ETH", STANDARD) for one in (own, bitcoin, market)] == [1.0, 0.5, 0.3]
    assert coin_weight(bitcoin, "BTC", STANDARD) == 1.0
    assert coin_weight(article(coins=("XRP",)), "ETH", STANDARD) == 0.3


def test_no_articles_are_neutral() -> None:
    assert scored() == SentimentScored("X", 0.5, 0, 0, 0, ())


def test_an_articles_weight_fades_over_a_day_to_a_tenth() -> None:
    ages = (0, 12 * HOUR, 24 * HOUR, 99 * HOUR, None)
    weights = [scored((article(age=age), 0.5)).headlines[0].weight for age in ages]
    assert weights == pytest.approx([0.5, 0.25, 0.05, 0.05, 0.05])


def test_sentiment_is_the_weighted_mean() -> None:
    good, bad = article(Votes(positive=20)), article(Votes(negative=20), age=12 * HOUR)
    found = scored((good, 1.0), (bad, 0.5))
    assert found.score == pytest.approx(1.0 / 1.25)
    assert (found.articles, found.scored_by_votes) == (2, 2)


def test_articles_of_the_last_hour_are_counted_fresh() -> None:
    ages = (0, 60 * MINUTE, 60 * MINUTE + 1, None)
    found = scored(*((article(age=age), 1.0) for age in ages))
    assert found.fresh_articles == 2


def test_the_five_heaviest_headlines_are_kept() -> None:
    ages = [5, 3, 1, 0, 2, 4, 6]
    found = scored(*((article(title=f"{age} h", age=age * HOUR), 1.0) for age in ages))
    assert [one.title for one in found.headlines] == ["0 h", "1 h", "2 h", "3 h", "4 h"]


counts = st.integers(0, 100)
articles = st.builds(
    article,
    st.builds(Votes, **dict.fromkeys(attrs.fields_dict(Votes), counts)),
    title=st.sampled_from(["Ether surges", "Bitcoin crashes", "nothing"]),
    age=st.none() | st.integers(0, 90 * HOUR),
    panic=st.none() | st.floats(0, 100),
)


@given(st.lists(st.tuples(articles, st.sampled_from([1.0, 0.5, 0.3])), min_size=1, max_size=8))
def test_sentiment_lies_within_its_articles(weighted: list[tuple[Article, float]]) -> None:
    scores = [score_of(one)[0] for one, _ in weighted]
    found = scored(*weighted)
    assert min(scores) - 1e-12 <= found.score <= max(scores) + 1e-12
    assert all(0.0 <= one <= 1.0 for one in scores)
