"""Quickly made values are the same values: frozen, equal, hashable, checked for their fields."""

import attrs
import pytest

from domain.events import Candle, Commit, SignalScored, TechnicalReading
from domain.quick import quickly_made


def a_candle(close: float = 4.0) -> Candle:
    return Candle("eth_usdt", 300_000, 1.0, 5.0, 0.5, close, 7.0)


def test_a_quickly_made_value_is_frozen_and_of_its_own_class():
    candle = a_candle()
    assert type(candle) is Candle
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        candle.close = 3.0
    with pytest.raises((AttributeError, attrs.exceptions.FrozenInstanceError)):
        del candle.close


def test_it_is_equal_hashable_and_can_be_evolved():
    assert a_candle() == a_candle()
    assert hash(a_candle()) == hash(a_candle())
    assert attrs.evolve(a_candle(), close=9.0) == a_candle(9.0)
    assert attrs.asdict(a_candle())["volume"] == 7.0


def test_a_missing_or_unknown_field_is_refused():
    with pytest.raises(TypeError, match="volume"):
        Candle("eth_usdt", 0, 1.0, 1.0, 1.0, 1.0)
    with pytest.raises(TypeError, match="colour"):
        Candle("eth_usdt", 0, 1.0, 1.0, 1.0, 1.0, 1.0, colour="red")


@pytest.mark.parametrize("kind", [Candle, Commit, SignalScored, TechnicalReading])
def test_every_field_is_set(kind):
    names = [one.name for one in attrs.fields(kind)]
    made = kind(*range(len(names)))
    assert [getattr(made, name) for name in names] == list(range(len(names)))


def test_a_class_with_defaults_is_not_fit_for_it():
    @attrs.frozen(slots=True)
    class WithDefault:
        one: int = 1

    with pytest.raises(TypeError, match="defaults"):
        quickly_made(WithDefault)
