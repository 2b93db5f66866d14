"""Forecasts are judged as the formulas say, by figures worked out by hand."""

import numpy as np
import pytest

from benchmarks.forecast_judging import (
    Said,
    Windows,
    covered,
    earned,
    figures,
    hit,
    interval,
    judged,
    quantile_loss,
)

PRICE = np.array([100.0, 200.0, 100.0, 50.0])


def windows(future=None, later=None) -> Windows:
    """Two coins at two times, two steps each; four closes of context."""
    closes = np.outer(PRICE, [1.0, 1.01, 1.0, 1.0])
    closes[2] = [100.0, 130.0, 90.0, 120.0]
    return Windows(
        pair=np.array(["a", "b", "a", "b"]),
        at=np.array([1, 1, 2, 2]),
        context=closes,
        closes=closes,
        future=np.outer(PRICE, [1.0, 1.0]) if future is None else future,
        price=PRICE,
        later=PRICE * [1.01, 0.99, 1.0, 1.02] if later is None else later,
    )


def paths(low: float, middle: float, high: float) -> np.ndarray:
    one = np.array([low, middle, high])
    return np.tile(PRICE[:, None, None] * one, (1, 2, 1))


def test_the_loss_of_a_quantile_weighs_what_it_missed_by_its_level() -> None:
    # the price stays; q10 is 1 % low, q50 1 % high, q90 2 % high
    told = quantile_loss(paths(0.99, 1.01, 1.02), windows())
    by_hand = (0.1 * 0.01 + 0.5 * 0.01 + 0.1 * 0.02) / 3 * 10_000
    assert told == pytest.approx([by_hand] * 4)
    assert quantile_loss(paths(1.0, 1.0, 1.0), windows()) == pytest.approx([0.0] * 4)


def test_coverage_is_the_share_of_steps_inside() -> None:
    future = PRICE[:, None] * np.array([[1.0, 1.05], [0.9, 0.9], [1.0, 1.0], [1.02, 0.98]])
    assert list(covered(paths(0.98, 1.0, 1.02), windows(future))) == [0.5, 0.0, 1.0, 1.0]


def test_a_hit_needs_an_opinion_and_a_move() -> None:
    found = hit(np.array([0.2, 0.2, 0.2, 0.0]), windows())
    assert found[:2].tolist() == [1.0, 0.0]
    assert np.isnan(found[2:]).all()


def test_what_a_score_earned_is_after_the_cost_of_both_ways() -> None:
    found = earned(np.array([0.5, -0.5, 1.0, 0.0]), windows(), cost_bp=10.0)
    assert found == pytest.approx([0.5 * 100 - 10, 0.5 * 100 - 10, -20.0, 0.0])


def test_regimes_are_what_was_known_and_part_all_windows() -> None:
    here = windows()
    masks = here.regimes()
    assert masks["wild"].tolist() == [False, False, True, False]
    assert (masks["calm"] | masks["middling"] | masks["wild"]).all()
    assert (masks["rising"] ^ masks["falling"]).all()
    other = windows(here.future * 3, here.later * 3).regimes()
    assert all((masks[name] == other[name]).all() for name in masks)


def test_an_interval_resamples_whole_times() -> None:
    seen = []

    def resample(rows: np.ndarray) -> np.ndarray:
        seen.append(rows.tolist())
        return np.array([1.0, 2.0, 3.0])

    found = interval(np.array([1.0, 3.0, np.nan, 5.0]), np.array([1, 1, 2, 2]), resample)
    assert seen == [[[4.0, 2.0], [5.0, 1.0]]]
    assert (found.mean, found.windows) == (3.0, 3)
    assert (found.low, found.high) == pytest.approx((1.05, 2.95))


def test_candidates_are_compared_on_the_same_windows() -> None:
    here = windows()
    said = {
        "model": Said(np.array([0.5, -0.5, 0.0, 0.5]), paths(0.99, 1.0, 1.01)),
        "momentum": Said(np.array([0.5, 0.5, 0.0, 0.5])),
    }
    found = judged(said, here, 0.0, lambda rows: rows[:, 0] / rows[:, 1], "model")
    assert set(found) >= {"all", "a", "b", "wild", "rising", "difference"}
    assert found["a"]["model"]["earned_bp"]["mean"] == pytest.approx(25.0)
    assert "quantile_loss_bp" not in found["all"]["momentum"]
    assert found["difference"]["momentum"]["earned_bp"]["mean"] == pytest.approx(25.0)
    assert set(figures(said["model"], here, 0.0)) == {
        "hit_rate", "earned_bp", "quantile_loss_bp", "coverage"
    }  # fmt: skip
