"""Quickly made values are the same values: frozen, equal, hashable, checked for their fields."""

import attrs
import pytest

from domain.events import Candle, Commit, SignalScored, TechnicalReading
from domain.money import Jpy
from domain.quick import maker, quickly_made
from domain.trading.position import OpenPosition


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


@pytest.mark.parametrize("kind", [Candle, Commit, Jpy, OpenPosition])
def test_a_maker_makes_what_the_class_makes(kind):
    values = range(len(attrs.fields(kind)))
    made = maker(kind)(*values)
    assert type(made) is kind
    assert attrs.astuple(made, recurse=False) == attrs.astuple(kind(*values), recurse=False)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, attrs.fields(kind)[0].name, 0)


def test_defaults_and_fields_that_must_be_named_stay_so():
    @quickly_made
    @attrs.frozen(slots=True, weakref_slot=False)
    class Order:
        pair: str
        amount: int = 7
        reason: str = attrs.field(default="signal", kw_only=True)

    for make in (Order, maker(Order)):
        assert attrs.astuple(make("eth_usdt")) == ("eth_usdt", 7, "signal")
        assert make("eth_usdt", 8, reason="stop") == Order("eth_usdt", 8, reason="stop")
        with pytest.raises(TypeError):
            make("eth_usdt", 8, "stop")


def test_a_class_with_factories_or_checks_is_not_fit_for_it():
    @attrs.frozen(slots=True)
    class WithFactory:
        one: list = attrs.Factory(list)

    @attrs.frozen(slots=True)
    class WithCheck:
        one: int = attrs.field(validator=attrs.validators.instance_of(int))

    for kind in (WithFactory, WithCheck):
        for quicken in (quickly_made, maker):
            with pytest.raises(TypeError, match="factories"):
                quicken(kind)
