"""A position as a fold of its events: any legal sequence keeps its promises."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import domain.events as e
from domain.errors import IllegalTransition
from domain.money import Jpy, round_down
from domain.parameters import STANDARD
from domain.trading.position import ClosedPosition, OpenPosition, Position, apply, fold
from domain.trading.position_exits import entry_levels, follow

NAME, PAIR = "p1", "eth_usdt"
steps = st.integers(1, 10_000).map(lambda number: Decimal(number) / 10)
rates = st.decimals("0.7", "1.4", places=4)


def jpy(value: Decimal | int | str) -> Jpy:
    return Jpy(Decimal(value))


def opened(quantity: Decimal | str = "2", entry: Decimal | str = "1000") -> e.PositionOpened:
    price = jpy(entry)
    stop, take_profit = entry_levels(price, STANDARD)
    count = Decimal(quantity)
    return e.PositionOpened(NAME, PAIR, "o1", count, price, price * count, stop, take_profit, 7)


def closed(**changed: Any) -> e.PositionClosed:
    event = e.PositionClosed(
        NAME, PAIR, "o2", e.Reason.SIGNAL, Decimal(2), jpy(1100), jpy(2200), jpy(200), 10.0,
        Decimal(0), 99,
    )  # fmt: skip
    return attrs.evolve(event, **changed)


def hit_by(name: str) -> e.PositionEvent:
    made: dict[str, Callable[[], e.PositionEvent]] = {
        "peak": lambda: e.PeakRaised(NAME, PAIR, jpy(10**9)),
        "stop": lambda: e.TrailingStopRaised(NAME, PAIR, jpy(10**9), 3.0),
        "stop hit": lambda: e.StopLossHit(NAME, PAIR, jpy(900), jpy(950)),
        "take-profit": lambda: e.TakeProfitHit(NAME, PAIR, jpy(1300), jpy(1300)),
        "disbelief": lambda: e.EntryDisbelieved(NAME, PAIR, jpy(1), jpy(1000)),
        "part sold": lambda: e.PositionReduced(NAME, PAIR, "o2", Decimal("0.1"), jpy(1)),
        "written off": lambda: e.PositionWrittenOff(NAME, PAIR, "o2", Decimal(2), 99),
        "closed": closed,
    }
    return made[name]()


AFTER_OPENING = (
    "peak",
    "stop",
    "stop hit",
    "take-profit",
    "disbelief",
    "part sold",
    "written off",
    "closed",
)


class AnyPosition(RuleBasedStateMachine):
    """Opens one position, moves it at will, and tries every illegal move on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[e.PositionEvent] = []
        self.state: Position | None = None
        self.highest_stop = self.highest_peak = jpy(0)
        self.sold, self.proceeds = Decimal(0), jpy(0)

    def record(self, event: e.PositionEvent) -> None:
        self.state = apply(self.state, event)
        self.events.append(event)

    def refused(self, event: e.PositionEvent) -> None:
        before = self.state
        with pytest.raises(IllegalTransition):
            apply(self.state, event)
        assert self.state is before

    @property
    def held(self) -> OpenPosition:
        assert isinstance(self.state, OpenPosition)
        return self.state

    def is_open(self) -> bool:
        return isinstance(self.state, OpenPosition)

    @initialize(quantity=steps, entry=steps)
    def opens(self, quantity: Decimal, entry: Decimal) -> None:
        for name in AFTER_OPENING:
            self.refused(hit_by(name))
        self.opening = opened(quantity, entry)
        self.record(self.opening)

    @precondition(is_open)
    @rule(rate=rates)
    def a_price_comes(self, rate: Decimal) -> None:
        """What the exit rules make of a price is always legal."""
        for event in follow(self.held, Jpy(self.held.peak.amount * rate), STANDARD):
            self.record(event)

    @precondition(is_open)
    @rule(up=steps)
    def peak_and_stop_rise(self, up: Decimal) -> None:
        self.record(e.PeakRaised(NAME, PAIR, self.held.peak + Jpy(up)))
        self.record(e.TrailingStopRaised(NAME, PAIR, self.held.stop + Jpy(up), 1.0))

    @precondition(is_open)
    @rule(down=steps)
    def nothing_goes_down(self, down: Decimal) -> None:
        self.refused(e.PeakRaised(NAME, PAIR, self.held.peak - Jpy(down)))
        self.refused(e.TrailingStopRaised(NAME, PAIR, self.held.stop - Jpy(down), 1.0))

    @precondition(is_open)
    @rule(part=st.decimals("0.01", "0.99", places=2), paid=steps)
    def a_part_is_sold(self, part: Decimal, paid: Decimal) -> None:
        count = round_down(self.held.quantity * part, 8)
        self.record(e.PositionReduced(NAME, PAIR, "o3", count, Jpy(paid)))
        self.sold, self.proceeds = self.sold + count, self.proceeds + Jpy(paid)

    @precondition(is_open)
    @rule()
    def an_alert_changes_nothing(self) -> None:
        before = self.held
        for name in ("stop hit", "take-profit", "disbelief"):
            self.record(hit_by(name))
        # but that a human was told
        assert self.state == attrs.evolve(before, is_doubted=True)

    @precondition(is_open)
    @rule()
    def closes(self) -> None:
        self.record(closed(quantity=self.held.quantity))

    @rule()
    def another_position_is_none_of_its_business(self) -> None:
        for name in AFTER_OPENING:
            self.refused(attrs.evolve(hit_by(name), position="another"))

    @rule()
    def it_opens_once(self) -> None:
        self.refused(opened())

    @precondition(lambda self: not self.is_open())
    @rule(name=st.sampled_from(AFTER_OPENING))
    def nothing_follows_its_close(self, name: str) -> None:
        self.refused(hit_by(name))

    @invariant()
    def stops_and_peaks_never_go_down(self) -> None:
        if isinstance(self.state, OpenPosition):
            assert self.state.stop >= self.highest_stop
            assert self.state.peak >= self.highest_peak
            assert self.state.peak >= self.state.entry
            self.highest_stop, self.highest_peak = self.state.stop, self.state.peak

    @invariant()
    def coins_and_yen_add_up(self) -> None:
        if isinstance(self.state, OpenPosition):
            assert self.state.sold == self.sold
            assert self.state.quantity + self.sold == self.opening.quantity
            assert self.state.quantity > 0
            assert self.state.proceeds == self.proceeds
        if isinstance(self.state, ClosedPosition):
            assert self.state.quantity == self.opening.quantity
        if self.state is not None:
            assert (self.state.entry, self.state.cost) == (self.opening.entry, self.opening.cost)

    @invariant()
    def the_log_tells_the_same(self) -> None:
        assert fold(self.events) == self.state


TestAnyPosition = AnyPosition.TestCase
TestAnyPosition.settings = settings(deadline=None, max_examples=50, stateful_step_count=20)


def test_no_events_are_no_position() -> None:
    assert fold([]) is None


def test_a_position_opens_with_its_entry_as_peak() -> None:
    assert fold([opened()]) == OpenPosition(
        NAME, PAIR, Decimal(2), jpy(1000), jpy(2000), jpy(950), jpy(1300), jpy(1000), 7
    )


def test_a_round_trip_keeps_what_both_ends_said() -> None:
    assert fold([opened(), closed(reason=e.Reason.STOP_LOSS)]) == ClosedPosition(
        NAME, PAIR, Decimal(2), jpy(1000), jpy(2000), 7, jpy(1100), jpy(200), 10.0,
        e.Reason.STOP_LOSS, Decimal(0), 99,
    )  # fmt: skip


def test_the_same_peak_and_stop_may_be_said_again() -> None:
    again = [e.PeakRaised(NAME, PAIR, jpy(1000)), e.TrailingStopRaised(NAME, PAIR, jpy(950), 0.0)]
    assert fold([opened(), *again]) == fold([opened()])


def test_a_position_that_is_written_off_claims_no_gain() -> None:
    ended = apply(apply(None, opened()), hit_by("written off"))
    assert isinstance(ended, ClosedPosition)
    assert (ended.gain, ended.gain_pct) == (jpy(0), 0.0)
    assert (ended.reason, ended.dust, ended.closed_at) == (e.Reason.WRITTEN_OFF, 2, 99)
