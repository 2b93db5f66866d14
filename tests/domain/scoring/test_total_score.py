"""The four components, their weights and the sum."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Components, Weights
from domain.parameters import STANDARD
from domain.scoring.total_score import TotalScore, total_score

signed = st.none() | st.floats(-1, 1)
share = st.none() | st.floats(0, 1)


def total(**given_: Any) -> TotalScore:
    """The score of an altcoin; what is not given is absent."""
    names = ("technical", "forecast", "confidence", "sentiment", "market", "btc_dominance")
    return total_score(
        given_.pop("is_bitcoin", False), *(given_.get(name) for name in names), STANDARD
    )


def test_nothing_known_is_zero() -> None:
    assert total() == TotalScore(
        0.0, Components(None, None, None, None), Weights(0.35, 0.35, 0.15, 0.15), 0.0
    )


def test_an_absent_component_counts_nothing() -> None:
    assert total(technical=1.0).total == pytest.approx(0.35)
    assert total(market=1.0).total == pytest.approx(0.15)


def test_sentiment_is_neutral_at_a_half() -> None:
    assert total(sentiment=0.5).total == 0.0
    assert total(sentiment=1.0).total == pytest.approx(0.15)
    assert total(sentiment=0.0).components.sentiment == -1.0


@pytest.mark.parametrize(
    ("confidence", "shift"), [(0.5, 0.0), (1.0, 0.08), (0.0, -0.08), (0.75, 0.04)]
)
def test_confidence_moves_weight_to_the_forecast(confidence: float, shift: float) -> None:
    weights = total(forecast=0.0, confidence=confidence).weights
    assert weights.technical == pytest.approx(0.35 - shift)
    assert weights.forecast == pytest.approx(0.35 + shift)


@pytest.mark.parametrize(("confidence", "left"), [(0.3, 1.0), (0.15, 0.5), (0.1, 1 / 3), (0, 0)])
def test_a_forecast_that_is_hardly_sure_is_damped(confidence: float, left: float) -> None:
    assert total(forecast=1.0, confidence=confidence).components.forecast == pytest.approx(left)


@pytest.mark.parametrize(
    ("dominance", "adjustment"),
    [(None, 0.0), (60.0, 0.0), (60.1, -0.05), (40.0, 0.0), (39.9, 0.05)],
)
def test_dominance_moves_altcoins_only(dominance: float | None, adjustment: float) -> None:
    assert total(btc_dominance=dominance).adjustment == adjustment
    assert total(btc_dominance=dominance).total == adjustment
    assert total(btc_dominance=dominance, is_bitcoin=True).adjustment == 0.0


def test_a_sum_worked_by_hand() -> None:
    """c = 0.2: shift -0.048; forecast 0.6 x 0.2/0.3 = 0.4; sentiment 0.4; dominance -0.05."""
    seen = total(
        technical=0.5, forecast=0.6, confidence=0.2, sentiment=0.7, market=-0.2, btc_dominance=61.0
    )
    assert seen.total == pytest.approx(
        0.398 * 0.5 + 0.302 * 0.4 + 0.15 * 0.4 - 0.15 * 0.2 - 0.05, abs=1e-12
    )


def test_the_sum_is_limited_to_one() -> None:
    best = {"technical": 1.0, "forecast": 1.0, "sentiment": 1.0, "market": 1.0}
    assert total(**best, btc_dominance=30.0).total == 1.0
    worst = {"technical": -1.0, "forecast": -1.0, "sentiment": 0.0, "market": -1.0}
    assert total(**worst, btc_dominance=70.0).total == -1.0


@given(signed, signed, share, share, signed)
def test_the_sum_can_be_redone_from_what_is_kept(
    technical: float | None,
    forecast: float | None,
    confidence: float | None,
    sentiment: float | None,
    market: float | None,
) -> None:
    seen = total(
        technical=technical,
        forecast=forecast,
        confidence=confidence,
        sentiment=sentiment,
        market=market,
    )
    weights, parts = attrs.astuple(seen.weights), attrs.astuple(seen.components)
    redone = sum(weight * (part or 0.0) for weight, part in zip(weights, parts, strict=True))
    assert sum(weights) == pytest.approx(1.0)
    assert seen.total == pytest.approx(max(-1.0, min(1.0, redone + seen.adjustment)), abs=1e-12)
