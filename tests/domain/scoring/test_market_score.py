"""The mood of the market from three numbers, any of which may be missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import MarketReading
from domain.parameters import STANDARD
from domain.scoring.market_score import market_score


def mood(
    fear: int | None = None, funding: float | None = None, dominance: float | None = None
) -> MarketReading:
    return market_score(fear, funding, dominance, 60, STANDARD)


@pytest.mark.parametrize(
    ("index", "score"),
    [
        (0, 1.0), (10, 0.5), (11, 0.478), (25, 0.1), (26, 0.095), (45, 0.0), (46, 0.0),
        (50, 0.0), (55, 0.0), (56, -0.005), (75, -0.1), (76, -0.127), (90, -0.505),
        (91, -0.55), (100, -1.0),
    ],
)  # fmt: skip
def test_fear_is_a_chance_and_greed_a_warning(index: int, score: float) -> None:
    assert mood(fear=index).fear_greed_score == pytest.approx(score)
    assert mood(fear=index).score == pytest.approx(0.5 * score)


@pytest.mark.parametrize(
    ("rate", "score"), [(0.0, 0.0), (0.00025, -0.5), (-0.0005, 1.0), (0.01, -1.0)]
)
def test_paying_longs_are_a_warning(rate: float, score: float) -> None:
    assert mood(funding=rate).funding_score == pytest.approx(score)
    assert mood(funding=rate).score == pytest.approx(0.3 * score)


@pytest.mark.parametrize(
    ("dominance", "score"), [(50.0, 0.0), (57.5, -0.5), (35.0, 1.0), (90.0, -1.0)]
)
def test_dominance_counts_from_fifty_per_cent(dominance: float, score: float) -> None:
    assert mood(dominance=dominance).dominance_score == pytest.approx(score)
    assert mood(dominance=dominance).score == pytest.approx(0.2 * score)


def test_a_missing_part_counts_nothing_and_stays_missing() -> None:
    nothing = mood()
    assert nothing == MarketReading(0.0, None, None, None, None, None, None, 60)
    some = mood(fear=0, dominance=50.0)
    assert (some.fear_greed_score, some.funding_score, some.dominance_score) == (1.0, None, 0.0)
    assert some.score == 0.5


def test_what_was_seen_is_kept_with_its_age() -> None:
    seen = mood(25, 0.0001, 58.2)
    assert (seen.fear_greed, seen.funding_rate, seen.btc_dominance) == (25, 0.0001, 58.2)
    assert seen.age_s == 60


@given(
    st.none() | st.integers(0, 100),
    st.none() | st.floats(-1, 1),
    st.none() | st.floats(0, 100),
)
def test_the_mood_stays_from_minus_one_to_one(
    fear: int | None, funding: float | None, dominance: float | None
) -> None:
    assert -1.0 <= mood(fear, funding, dominance).score <= 1.0
