"""A market made from a seed: the same every time, believable, and without a surprise in it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.market_data.candle_files import load_candles
from adapters.market_data.synthetic import START, synthetic_market
from domain.instant import CANDLE, DAY, parse
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries

COLUMNS = ("open_time", "open", "high", "low", "close", "volume")
MOVERS = DEFAULT.only(["btc", "doge"])


def same(one: CandleSeries, other: CandleSeries) -> bool:
    return one.pair == other.pair and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS
    )


def returns(one: CandleSeries) -> "pd.Series[float]":
    """Logarithmic 5-minute returns by open time."""
    return pd.Series(np.log(one.close), index=one.open_time).diff().dropna()


@pytest.fixture(scope="module")
def month() -> dict[str, CandleSeries]:
    return synthetic_market(7, 30, DEFAULT)


def test_all_coins_in_the_order_of_the_configuration(month: dict[str, CandleSeries]) -> None:
    assert tuple(month) == DEFAULT.pairs
    assert [one.pair for one in month.values()] == list(DEFAULT.pairs)


def test_one_seed_gives_one_market_and_another_seed_another() -> None:
    first, again = (synthetic_market(3, 2, MOVERS) for _ in range(2))
    other = synthetic_market(4, 2, MOVERS)
    for pair, one in first.items():
        assert same(one, again[pair])
        assert not same(one, other[pair])


def test_a_coin_does_not_depend_on_which_others_there_are(month: dict[str, CandleSeries]) -> None:
    for pair, one in synthetic_market(7, 30, MOVERS).items():
        assert same(one, month[pair])


def test_another_start_moves_the_times_only() -> None:
    moved = synthetic_market(7, 1, MOVERS, start_ms=parse("2024-02-29"))
    for pair, one in synthetic_market(7, 1, MOVERS).items():
        assert (
            moved[pair].open_time.tolist() == (one.open_time - START + parse("2024-02-29")).tolist()
        )
        assert np.array_equal(moved[pair].close, one.close)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), candles=st.integers(1, 900))
def test_every_candle_can_be_believed(seed: int, candles: int) -> None:
    for one in synthetic_market(seed, candles * CANDLE / DAY, DEFAULT).values():
        assert [getattr(one, name).dtype for name in COLUMNS] == [np.int64, *[np.float64] * 5]
        assert {len(getattr(one, name)) for name in COLUMNS} == {len(one)}
        assert one.open_time[0] == START
        assert one.open_time[-1] == START + (candles - 1) * CANDLE
        assert (np.diff(one.open_time) > 0).all()
        assert (one.open_time % CANDLE == 0).all()
        for name in COLUMNS[1:]:
            assert np.isfinite(getattr(one, name)).all()
        assert (one.low > 0).all()
        assert (one.low <= np.minimum(one.open, one.close)).all()
        assert (one.high >= np.maximum(one.open, one.close)).all()
        assert (one.volume > 0).all()


def test_a_few_candles_are_missing_and_the_rest_follow_each_other(
    month: dict[str, CandleSeries],
) -> None:
    whole = 30 * DAY // CANDLE
    for one in month.values():
        assert 0.985 * whole <= len(one) <= whole
        follows = np.diff(one.open_time) == CANDLE
        assert np.array_equal(one.open[1:][follows], one.close[:-1][follows])
    assert any(len(one) < whole for one in month.values())


def test_coins_move_together_like_the_real_ones(month: dict[str, CandleSeries]) -> None:
    moves = pd.DataFrame({pair: returns(one) for pair, one in month.items()})
    linked = moves.corr().to_numpy()[np.triu_indices(len(DEFAULT.pairs), 1)]
    assert (linked > 0.3).all()
    assert (linked < 0.98).all()
    deviation = moves.std()
    assert ((deviation > 0.0005) & (deviation < 0.006)).all()
    assert deviation["btc_usdt"] == deviation.min()


def test_hours_move_often_enough_to_trigger_an_analysis(month: dict[str, CandleSeries]) -> None:
    for one in month.values():
        by_hour = pd.Series(one.close, index=one.open_time).iloc[::12]
        large = (by_hour.pct_change().abs() >= 0.003).mean()
        assert 0.2 < large < 0.9, "the recordings have 0.29 to 0.68"


def test_wild_moves_come_in_clusters(month: dict[str, CandleSeries]) -> None:
    size = returns(month["btc_usdt"]).abs().clip(upper=0.005)
    assert size.autocorr(1) > 0.03
    assert size.max() > 4 * size.median()


def test_it_passes_for_a_file_without_a_repair_but_its_gaps(tmp_path: Path) -> None:
    for pair, one in synthetic_market(5, 3, MOVERS).items():
        table = pd.DataFrame({name: getattr(one, name) for name in COLUMNS})
        table.to_csv(tmp_path / f"{pair}-5m.csv", index=False)
    loaded = load_candles([tmp_path], MOVERS)
    for pair, one in synthetic_market(5, 3, MOVERS).items():
        assert same(loaded.series[pair], one)
    assert all("left open" in one for one in loaded.repairs)


@pytest.mark.parametrize("days", [0, -1, 0.001])
def test_a_period_shorter_than_a_candle(days: float) -> None:
    with pytest.raises(ValueError, match="shorter than one candle"):
        synthetic_market(1, days, DEFAULT)


def test_a_start_off_the_grid() -> None:
    with pytest.raises(ValueError, match="off the 5-minute grid"):
        synthetic_market(1, 1, DEFAULT, start_ms=START + 60_000)
