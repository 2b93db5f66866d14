"""StrategyParameters: every constant of the strategy in one immutable, checked object.

The tuner, the backtest (`--set name=value`) and the live system take the same thing.
Units are in the names: `_pct` per cent, `_s` seconds, `_jpy` yen; the rest are plain numbers.
"""

import difflib
from collections.abc import Iterable
from typing import Any, Self

import attrs

from domain.errors import ParameterError


def _within(low: float, high: float) -> Any:
    """Validator: a finite number from low to high; the error names the field."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
        if not low <= value <= high:
            raise ParameterError(f"{attribute.name} = {value} is out of range: {low} to {high}")

    return check


def _as_float(value: float) -> float:
    # attrs asks a converter for its signature, and that of `float` takes long to find out
    return float(value)


def _number(default: float, low: float, high: float) -> Any:
    return attrs.field(default=default, converter=_as_float, validator=_within(low, high))


def _count(default: int, low: int, high: int) -> Any:
    return attrs.field(default=default, validator=_within(low, high))


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True, cache_hash=True)
class StrategyParameters:
    """All constants of the strategy. Raises ParameterError that names the bad one."""

    # when to analyse
    volatility_threshold_pct: float = _number(0.3, 0, 100)
    analysis_interval_s: int = _count(3600, 300, 86_400)

    # technical score
    technical_candles: int = _count(250, 50, 2000)
    technical_min_candles: int = _count(50, 35, 2000)
    candle_age_max_s: int = _count(900, 300, 86_400)
    rsi_period: int = _count(14, 2, 100)
    macd_fast: int = _count(12, 2, 100)
    macd_slow: int = _count(26, 3, 200)
    macd_signal: int = _count(9, 2, 100)
    macd_full_scale_pct: float = _number(0.1, 1e-6, 100)
    slope_changes: int = _count(3, 1, 50)
    slope_full_scale_pct: float = _number(0.05, 1e-6, 100)
    sma_short: int = _count(20, 2, 500)
    sma_long: int = _count(200, 3, 2000)
    sma_without_long: float = _number(0.6, 0, 1)
    bollinger_period: int = _count(20, 2, 500)
    bollinger_deviations: float = _number(2.0, 0.1, 10)
    bollinger_outside_factor: float = _number(1.2, 1, 5)
    bollinger_width_unknown: float = _number(0.03, 1e-6, 1)
    adx_period: int = _count(14, 2, 100)
    adx_min_candles: int = _count(29, 3, 500)
    adx_unknown: float = _number(20, 0, 100)
    adx_trending: float = _number(25, 0, 100)
    adx_ranging: float = _number(20, 0, 100)
    atr_period: int = _count(14, 2, 100)
    rsi_oversold: float = _number(30, 0, 100)
    rsi_overbought: float = _number(70, 0, 100)
    trending_oscillator_weight: float = _number(0.15, 0, 0.5)
    ranging_oscillator_weight: float = _number(0.35, 0, 0.5)
    neutral_oscillator_weight: float = _number(0.25, 0, 0.5)
    volume_candles: int = _count(20, 1, 500)
    volume_ratio_start: float = _number(1.5, 0, 100)
    volume_ratio_full: float = _number(2.5, 0, 100)
    volume_multiplier_max: float = _number(1.3, 1, 5)

    # forecast score
    forecast_candles: int = _count(336, 30, 8192)
    forecast_min_candles: int = _count(30, 2, 8192)
    forecast_steps: int = _count(12, 1, 64)
    forecast_outlier: float = _number(0.20, 0.001, 10)
    forecast_full_scale_pct: float = _number(3.0, 0.01, 100)
    forecast_trend_weight: float = _number(0.3, 0, 1)
    forecast_trend_limit: float = _number(0.15, 0, 1)
    forecast_trend_min_steps: int = _count(6, 2, 64)
    forecast_cv_free: float = _number(0.01, 0, 1)
    forecast_cv_range: float = _number(0.04, 1e-6, 1)
    forecast_cv_floor: float = _number(0.5, 0, 1)
    momentum_short_candles: int = _count(5, 1, 100)
    momentum_long_candles: int = _count(10, 2, 200)
    momentum_short_weight: float = _number(0.6, 0, 1)
    momentum_full_scale_pct: float = _number(2.0, 0.01, 100)
    momentum_confidence: float = _number(0.1, 0, 1)

    # news sentiment
    news_other_coin_weight: float = _number(0.5, 0, 1)
    news_market_weight: float = _number(0.3, 0, 1)
    news_horizon_h: float = _number(24, 1, 240)
    news_time_floor: float = _number(0.1, 0, 1)
    news_votes_min: float = _number(5, 0, 1000)
    news_votes_full: float = _number(15, 0.1, 1000)
    news_title_limit: float = _number(0.4, 0, 0.5)
    sentiment_age_max_s: int = _count(10_800, 300, 604_800)

    # market context
    context_age_max_s: int = _count(7_200, 300, 604_800)
    market_fear_greed_weight: float = _number(0.5, 0, 1)
    market_funding_weight: float = _number(0.3, 0, 1)
    market_dominance_weight: float = _number(0.2, 0, 1)
    funding_full_scale: float = _number(0.0005, 1e-7, 1)
    dominance_centre_pct: float = _number(50, 0, 100)
    dominance_full_scale_pct: float = _number(15, 0.1, 100)

    # total score
    weight_technical: float = _number(0.35, 0, 1)
    weight_forecast: float = _number(0.35, 0, 1)
    weight_sentiment: float = _number(0.15, 0, 1)
    weight_market: float = _number(0.15, 0, 1)
    confidence_shift: float = _number(0.16, 0, 2)
    confidence_shift_limit: float = _number(0.08, 0, 0.5)
    confidence_full: float = _number(0.3, 1e-6, 1)
    dominance_high_pct: float = _number(60, 0, 100)
    dominance_low_pct: float = _number(40, 0, 100)
    dominance_adjustment: float = _number(0.05, 0, 1)

    # thresholds and decision
    buy_threshold: float = _number(0.25, 0, 1)
    sell_threshold: float = _number(-0.13, -1, 0)
    bollinger_width_baseline: float = _number(0.03, 1e-6, 1)
    volatility_factor_min: float = _number(0.67, 0.01, 1)
    volatility_factor_max: float = _number(2.0, 1, 100)
    fear_extreme: int = _count(20, 0, 100)
    fear_factor: float = _number(1.35, 1, 10)
    greed_extreme: int = _count(80, 0, 100)
    greed_factor: float = _number(1.20, 1, 10)
    fading_slope: float = _number(-0.3, -1, 0)
    fading_factor: float = _number(0.5, 0, 1)
    min_hold_s: int = _count(1800, 0, 604_800)
    max_positions_per_pair: int = _count(1, 1, 1)

    # sizing and guards
    reserve_jpy: int = _count(1_000, 0, 1_000_000_000)
    min_order_jpy: int = _count(500, 1, 1_000_000_000)
    max_position_jpy: int = _count(15_000, 500, 1_000_000_000)
    kelly_window_days: int = _count(90, 1, 90)
    kelly_min_trades: int = _count(5, 1, 1000)
    kelly_factor: float = _number(0.5, 0.01, 1)
    kelly_score_floor: float = _number(0.10, 0, 1)
    kelly_score_range: float = _number(0.40, 0.01, 1)
    kelly_score_min: float = _number(0.3, 0, 1)
    kelly_fraction_min: float = _number(0.10, 0, 1)
    kelly_fraction_max: float = _number(0.80, 0, 1)
    amount_variation_jpy: int = _count(100, 1, 100_000)
    sellable_slack: float = _number(0.01, 0, 1)
    spread_max_pct: float = _number(1.0, 0, 100)
    signal_age_max_s: int = _count(600, 1, 86_400)

    # open positions
    stop_loss_pct: float = _number(5.0, 0.01, 99)
    take_profit_pct: float = _number(30.0, 0.01, 10_000)
    breakeven_factor: float = _number(1.001, 1, 2)
    trail_1_gain_pct: float = _number(3.0, 0, 1000)
    trail_1_factor: float = _number(0.980, 0.01, 1)
    trail_2_gain_pct: float = _number(5.0, 0, 1000)
    trail_2_factor: float = _number(0.985, 0.01, 1)
    trail_3_gain_pct: float = _number(8.0, 0, 1000)
    trail_3_factor: float = _number(0.988, 0.01, 1)
    trail_4_gain_pct: float = _number(12.0, 0, 1000)
    trail_4_factor: float = _number(0.990, 0.01, 1)
    entry_disbelief_pct: float = _number(50.0, 1, 1000)
    fill_disbelief_buy_pct: float = _number(50.0, 1, 1000)
    fill_disbelief_sell_pct: float = _number(15.0, 1, 1000)

    # circuit breaker
    breaker_loss_jpy: int = _count(15_000, 1, 1_000_000_000)
    breaker_losses_in_a_row: int = _count(5, 1, 1000)
    breaker_pause_s: int = _count(21_600, 0, 31_536_000)

    def __attrs_post_init__(self) -> None:
        slow = self.weight_sentiment + self.weight_market
        total = self.weight_technical + self.weight_forecast + slow
        if abs(total - 1) > 1e-9:
            raise ParameterError(
                f"weight_technical, weight_forecast, weight_sentiment and weight_market sum to "
                f"{total:g}: they must sum to 1"
            )
        rising = (
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
        )
        for low, high in rising:
            if not getattr(self, low) < getattr(self, high):
                raise ParameterError(
                    f"{low} = {getattr(self, low):g} must be smaller than "
                    f"{high} = {getattr(self, high):g}"
                )
        needed = max(
            self.sma_short,
            self.bollinger_period,
            self.macd_slow + self.macd_signal,
            self.rsi_period + 1,
            self.atr_period + 1,
        )
        if self.technical_min_candles < needed:
            raise ParameterError(
                f"technical_min_candles = {self.technical_min_candles} must be at least {needed}, "
                f"the longest indicator"
            )
        if self.technical_min_candles > self.technical_candles:
            raise ParameterError(
                f"technical_min_candles = {self.technical_min_candles} must not exceed "
                f"technical_candles = {self.technical_candles}"
            )

    def with_settings(self, settings: Iterable[str]) -> Self:
        """A copy with `name=value` texts applied; raises ParameterError that names the bad one."""
        fields = attrs.fields_dict(type(self))
        changes: dict[str, Any] = {}
        for setting in settings:
            name, equals, text = setting.partition("=")
            name = name.strip()
            if not equals:
                raise ParameterError(f"{setting!r} is not of the form name=value")
            if name not in fields:
                near = difflib.get_close_matches(name, fields, n=3)
                hint = f"did you mean {', '.join(near)}?" if near else "see `backtest --help`"
                raise ParameterError(f"unknown parameter {name!r}: {hint}")
            kind = fields[name].type
            try:
                changes[name] = int(text) if kind is int else float(text)
            except ValueError:
                wanted = "a whole number" if kind is int else "a number"
                raise ParameterError(f"{name} = {text.strip()!r} is not {wanted}") from None
        return attrs.evolve(self, **changes)


STANDARD = StrategyParameters()
"""The owner's constants."""
