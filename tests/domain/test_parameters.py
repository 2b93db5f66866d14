"""Every constant is a field; a wrong one is refused by its name."""

import math
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ParameterError
from domain.parameters import STANDARD, StrategyParameters

FIELDS: dict[str, "attrs.Attribute[Any]"] = attrs.fields_dict(StrategyParameters)
NAMES = list(FIELDS)
WEIGHTS = ("weight_technical", "weight_forecast", "weight_sentiment", "weight_market")


def test_the_standard_ones_are_the_defaults() -> None:
    assert StrategyParameters() == STANDARD
    assert sum(getattr(STANDARD, name) for name in WEIGHTS) == pytest.approx(1.0)


def test_parameters_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        STANDARD.buy_threshold = 0.3  # type: ignore[misc]


@pytest.mark.parametrize("name", NAMES)
def test_a_value_out_of_range_is_refused_by_name(name: str) -> None:
    for value in (-1_000_000_000_000, 1_000_000_000_000):
        with pytest.raises(ParameterError, match=rf"^{name} = .* is out of range: .* to "):
            attrs.evolve(STANDARD, **{name: value})


@pytest.mark.parametrize("name", NAMES)
def test_a_text_that_is_no_number_is_refused_by_name(name: str) -> None:
    whole = FIELDS[name].type is int
    wanted = "a whole number" if whole else "a number"
    for text in ("", "much", "0x10", "1,5", *(("1.5", "nan") if whole else ())):
        with pytest.raises(ParameterError, match=rf"^{name} = '{text}' is not {wanted}$"):
            STANDARD.with_settings([f"{name}={text}"])


@pytest.mark.parametrize("name", [one for one in NAMES if FIELDS[one].type is not int])
def test_what_is_not_finite_is_refused_by_name(name: str) -> None:
    for text in ("nan", "inf", "-inf"):
        with pytest.raises(ParameterError, match=f"^{name} = {text} is out of range"):
            STANDARD.with_settings([f"{name}={text}"])


def test_every_parameter_can_be_set_to_itself() -> None:
    same = [f"{name}={getattr(STANDARD, name)!r}" for name in NAMES]
    assert STANDARD.with_settings(same) == STANDARD


@pytest.mark.parametrize(
    ("near", "meant"),
    [
        ("buy_treshold", "buy_threshold"),
        ("weight_tecnical", "weight_technical"),
        ("stop_loss", "stop_loss_pct"),
        ("rsi_periods", "rsi_period"),
    ],
)
def test_a_near_miss_is_told_what_was_meant(near: str, meant: str) -> None:
    with pytest.raises(ParameterError, match=rf"^unknown .*{near}.: did you mean .*{meant}"):
        STANDARD.with_settings([f"{near}=1"])


def test_a_far_miss_is_told_where_to_look() -> None:
    with pytest.raises(ParameterError, match="unknown parameter 'zzzz': see"):
        STANDARD.with_settings(["zzzz=1"])


@pytest.mark.parametrize("text", ["buy_threshold", "", "0.3"])
def test_a_setting_needs_an_equals_sign(text: str) -> None:
    with pytest.raises(ParameterError, match="is not of the form name=value"):
        STANDARD.with_settings([text])


def test_settings_are_applied_together() -> None:
    changed = STANDARD.with_settings(["weight_technical = 0.45", "weight_forecast=0.25"])
    assert (changed.weight_technical, changed.weight_forecast) == (0.45, 0.25)
    assert STANDARD.with_settings([]) == STANDARD


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_do_not_sum_to_one_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=rf"{name}.* sum to 1\.\d+: they must sum to 1"):
        attrs.evolve(STANDARD, **{name: getattr(STANDARD, name) + 0.01})


@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_any_weights_that_sum_to_one_are_taken(parts: list[float]) -> None:
    total = math.fsum(parts)
    weights = {name: part / total for name, part in zip(WEIGHTS, parts, strict=True)}
    assert attrs.evolve(STANDARD, **weights).weight_market == weights["weight_market"]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("macd_fast", "macd_slow"),
        ("sma_short", "sma_long"),
        ("adx_ranging", "adx_trending"),
        ("rsi_oversold", "rsi_overbought"),
        ("volume_ratio_start", "volume_ratio_full"),
        ("momentum_short_candles", "momentum_long_candles"),
        ("dominance_low_pct", "dominance_high_pct"),
        ("fear_extreme", "greed_extreme"),
        ("kelly_fraction_min", "kelly_fraction_max"),
        ("trail_1_gain_pct", "trail_2_gain_pct"),
        ("trail_2_gain_pct", "trail_3_gain_pct"),
        ("trail_3_gain_pct", "trail_4_gain_pct"),
    ],
)
def test_a_pair_of_limits_must_rise(low: str, high: str) -> None:
    with pytest.raises(ParameterError, match=f"{low} = .* must be smaller than {high} = "):
        attrs.evolve(STANDARD, **{low: getattr(STANDARD, high)})


def test_the_fewest_candles_must_be_enough_for_every_indicator() -> None:
    with pytest.raises(ParameterError, match="technical_min_candles = 50 must be at least 69"):
        attrs.evolve(STANDARD, macd_slow=60)
    with pytest.raises(ParameterError, match="must not exceed technical_candles = 60"):
        attrs.evolve(STANDARD, technical_candles=60, technical_min_candles=61)


def test_one_position_a_pair_is_all_there_is() -> None:
    with pytest.raises(ParameterError, match="max_positions_per_pair"):
        STANDARD.with_settings(["max_positions_per_pair=2"])
