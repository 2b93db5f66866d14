"""Figures of a window, checked by hand and against their definitions."""

import statistics
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Reason
from domain.instant import HOUR
from domain.money import Jpy
from domain.reporting.closed_trades import ClosedTrade
from domain.reporting.window_figures import (
    COMPONENTS,
    EDGES,
    ScoreSample,
    counted,
    signal_figures,
    trade_figures,
)
from domain.tuning.track_record import wilson_interval


def trade(gain: int, pair: str = "eth_usdt", hours: int = 1, reason: str = "signal") -> ClosedTrade:
    return ClosedTrade(
        position="p",
        pair=pair,
        reason=Reason(reason),
        quantity=Decimal(1),
        cost=Jpy(Decimal(1_000)),
        proceeds=Jpy(Decimal(1_000 + gain)),
        hold_ms=hours * HOUR,
        recorded_at=0,
        unmatched=Decimal(0),
    )


def test_nothing_closed_has_no_rate() -> None:
    figures = trade_figures([])
    assert (figures.closed, figures.wins, figures.losses) == (0, 0, 0)
    assert figures.gain == Jpy(Decimal(0))
    rest = attrs.asdict(figures, filter=lambda field, _: field.name.endswith(("_pct", "_h")))
    assert set(rest.values()) == {None}
    assert (figures.win_rate, figures.win_rate_low, figures.win_rate_high) == (None, None, None)


def test_trades_by_hand() -> None:
    figures = trade_figures(
        [trade(30), trade(-10, "btc_usdt", 3, "stop_loss"), trade(0, hours=5), trade(20)]
    )
    assert (figures.closed, figures.wins, figures.losses) == (4, 2, 2)
    assert figures.win_rate == 0.5
    assert (figures.win_rate_low, figures.win_rate_high) == wilson_interval(2, 4)
    assert figures.gain == Jpy(Decimal(40))
    assert (figures.mean_gain_pct, figures.best_pct, figures.worst_pct) == (1.0, 3.0, -1.0)
    assert (figures.mean_hold_h, figures.longest_hold_h) == (2.5, 5.0)
    assert figures.reasons == (("signal", 3), ("stop_loss", 1))
    assert [(one.pair, one.closed, one.wins) for one in figures.coins] == [
        ("btc_usdt", 1, 0), ("eth_usdt", 3, 2)
    ]  # fmt: skip


@given(st.lists(st.builds(trade, st.integers(-900, 900), st.sampled_from(["a", "b", "c"]))))
def test_coins_add_up_to_the_whole(trades: list[ClosedTrade]) -> None:
    figures = trade_figures(trades)
    assert sum(one.gain.amount for one in figures.coins) == figures.gain.amount
    assert sum(one.closed for one in figures.coins) == figures.closed == len(trades)
    assert sum(one.wins for one in figures.coins) == figures.wins
    assert sum(count for _, count in figures.reasons) == len(trades)


scores = st.floats(-1, 1)
maybe = st.none() | scores
samples = st.builds(ScoreSample, st.just(0), scores, st.tuples(maybe, maybe, maybe, maybe))


@given(st.lists(samples, max_size=40))
def test_signals_against_their_definitions(seen: list[ScoreSample]) -> None:
    figures = signal_figures(seen)
    assert figures.signals == sum(figures.histogram) == len(seen)
    assert len(figures.histogram) == 20
    for at, part in enumerate(figures.components):
        values = [one.components[at] for one in seen]
        present = [one for one in values if one is not None]
        assert (part.name, part.present, part.absent) == (
            COMPONENTS[at], len(present), values.count(None)
        )  # fmt: skip
        if not present:
            assert (part.mean, part.deviation, part.near_zero_share) == (None, None, None)
            continue
        assert part.mean == pytest.approx(statistics.fmean(present), abs=1e-12)
        assert part.deviation == pytest.approx(statistics.pstdev(present), abs=1e-9)
        near = sum(-0.05 < one < 0.05 for one in present)
        assert part.near_zero_share == near / len(present)


@given(scores)
def test_a_score_lies_in_its_bin(score: float) -> None:
    (at,) = [at for at, count in enumerate(signal_figures([_total(score)]).histogram) if count]
    low, high = (-1.0, *EDGES, 1.0)[at : at + 2]
    assert low <= score <= high
    assert score < high or high == 1.0


@pytest.mark.parametrize(
    ("score", "bin_"), [(-1.0, 0), (-0.9, 1), (-0.7, 3), (0.0, 10), (0.3, 13), (0.9, 19), (1.0, 19)]
)
def test_a_score_on_an_edge_counts_above_it(score: float, bin_: int) -> None:
    assert signal_figures([_total(score)]).histogram[bin_] == 1


def _total(score: float) -> ScoreSample:
    return ScoreSample(0, score, (None, None, None, None))


def test_counts_are_by_frequency_then_name() -> None:
    assert counted(["b", "a", "c", "c"]) == (("c", 2), ("a", 1), ("b", 1))
