"""Orders, money and coins: the log against the exchange's own history, to the last decimal."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from adapters.exchange.simulated.matching import RestingOrder
from application.ports.exchange import Fill, PlacedState
from domain import events as e
from domain.errors import IllegalTransition
from domain.instant import SECOND
from domain.money import round_down
from domain.trading import order as orders
from domain.trading import position as positions
from domain.trading.order import Order, OrderState
from domain.trading.position import ClosedPosition, OpenPosition

if TYPE_CHECKING:
    from domain.instruments import Instruments
    from domain.parameters import StrategyParameters
    from entrypoints.simulation.faulty_exchange import MoodyExchange
    from entrypoints.simulation.findings import Findings

ZERO = Decimal(0)
ENDS = frozenset({*orders.FINAL, OrderState.QUARANTINED})
"""States in which an order is settled, or a human was told to settle it."""


class JudgeOfOrders:
    """Folds the log's orders and positions again and holds them against the exchange."""

    def __init__(
        self,
        exchange: MoodyExchange,
        instruments: Instruments,
        parameters: StrategyParameters,
        cash: Decimal,
        findings: Findings,
    ) -> None:
        self._exchange = exchange
        self._instruments = instruments
        self._parameters = parameters
        self._findings = findings
        self.orders: dict[str, Order] = {}
        self.positions: dict[str, OpenPosition | ClosedPosition] = {}
        self.under_way: dict[str, Order] = {}
        self.resolved_s: list[float] = []
        self._doubted: dict[str, int] = {}
        self._sent: dict[int, str] = {}
        self._placed: Counter[str] = Counter()
        self._last_nonce = 0
        self._booked: set[str] = set()
        self._jpy = cash
        self._coins: dict[str, Decimal] = dict.fromkeys(instruments.pairs, ZERO)
        self._of_position: dict[str, list[str]] = {}
        self._moved: set[str] = set()
        self._seen = 0
        self.doubled = 0
        self.doubts = 0

    def see(self, event: e.Event, at: int) -> None:
        """Fold one more event of the log."""
        match event:
            case e.OrderFillReceived():
                self._fill(event, at)
            case e.OrderSubmitting():
                self._sending(event, at)
            case e.OrderInDoubt():
                self.doubts += 1
                self._doubted[event.order] = at
            case e.OrderAdopted() | e.OrderProvenAbsent() | e.OrderQuarantined():
                if (since := self._doubted.pop(event.order, None)) is not None:
                    self.resolved_s.append((at - since) / SECOND)
            case _:
                pass
        if isinstance(event, e.OrderEvent):
            self._move_order(event, at)
        elif isinstance(event, e.PositionEvent):
            self._move_position(event, at)

    def _move_order(self, event: e.OrderEvent, at: int) -> None:
        try:
            after = orders.apply(self.orders.get(event.order), event)
        except IllegalTransition as error:
            self._findings.add("I1", at, f"order {event.order}: {error}")
            return
        self.orders[event.order] = after
        if after.state in ENDS:
            self.under_way.pop(event.order, None)
        else:
            self.under_way[event.order] = after
        if isinstance(event, e.OrderFilled | e.OrderExpired):
            self._ended(event, after, at)

    def _sending(self, event: e.OrderSubmitting, at: int) -> None:
        if event.nonce <= self._last_nonce:
            self._findings.add("I2", at, f"nonce {event.nonce} after {self._last_nonce}")
        self._last_nonce = max(self._last_nonce, event.nonce)
        self._sent[event.nonce] = event.order
        if event.quantity is None:
            return
        decimals = self._instruments.of(event.pair).decimals
        if event.quantity > event.coins_free or event.quantity != round_down(
            event.quantity, decimals
        ):
            self._findings.add(
                "I3", at, f"{event.order} sells {event.quantity} of {event.coins_free}"
            )

    def _fill(self, event: e.OrderFillReceived, at: int) -> None:
        """Every booked fill is one of the exchange's, of this very order, booked once."""
        if event.fill in self._booked:
            self._findings.add("I3", at, f"fill {event.fill} is booked twice")
            return
        self._booked.add(event.fill)
        order = self.orders.get(event.order)
        truth = self._truth(event.fill)
        if order is None or truth is None:
            self._findings.add("I3", at, f"fill {event.fill} is not one of the exchange's")
            return
        told = (event.quantity, event.price, event.funds, event.fee, order.exchange_id)
        if told != (truth.quantity, truth.price, truth.funds, truth.fee, truth.exchange_id):
            self._findings.add("I3", at, f"fill {event.fill} is not booked as it was: {event}")
        sign = 1 if order.side is e.Side.BUY else -1
        self._coins[order.pair] += sign * event.quantity
        self._jpy -= sign * event.funds.amount + event.fee.amount

    def _truth(self, fill: str) -> Fill | None:
        number = fill.partition("-")[0]
        resting = self._exchange.history.get(number)
        return next((one for one in resting.fills if one.id == fill), None) if resting else None

    def _ended(self, event: e.OrderFilled | e.OrderExpired, order: Order, at: int) -> None:
        resting = self._exchange.history.get(order.exchange_id or "")
        if resting is None or resting.state is PlacedState.OPEN:
            self._findings.add("I1", at, f"{event.order} has not ended on the exchange")
            return
        quantity = sum((one.quantity for one in resting.fills), ZERO)
        if quantity != event.quantity or order.filled_quantity != quantity:
            text = f"{event.order} ended with {event.quantity}, the exchange traded {quantity}"
            self._findings.add("I3", at, text)

    def _move_position(self, event: e.PositionEvent, at: int) -> None:
        before = self.positions.get(event.position)
        try:
            after = positions.apply(before, event)
        except IllegalTransition as error:
            self._findings.add("I4", at, f"position {event.position}: {error}")
            return
        self.positions[event.position] = after
        both = isinstance(before, OpenPosition) and isinstance(after, OpenPosition)
        if both and (after.stop < before.stop or after.peak < before.peak):
            self._findings.add("I8", at, f"{event.position}: stop or peak went down")
        if isinstance(event, e.PositionOpened | e.PositionReduced | e.PositionClosed):
            self._of_position.setdefault(event.position, []).append(event.order)
            self._moved.add(event.order)
            order = self.orders.get(event.order)
            if order is None or order.filled_quantity != event.quantity:
                self._findings.add("I4", at, f"{event.position}: not what {event.order} traded")
        if isinstance(event, e.PositionOpened):
            others = [one for one in self.open_positions() if one.pair == event.pair]
            if len(others) > 1:
                self._findings.add("I4", at, f"{event.pair} has {len(others)} open positions")
        if isinstance(event, e.PositionClosed) and isinstance(after, ClosedPosition):
            self._closed(event, after, at)

    def _closed(self, event: e.PositionEvent, after: ClosedPosition, at: int) -> None:
        """Gain again, from the fills alone."""
        gain = ZERO
        for name in self._of_position.pop(after.position, ()):
            order = self.orders[name]
            sign = -1 if order.side is e.Side.BUY else 1
            gain += sign * order.funds.amount - order.fee.amount
        if gain != after.gain.amount:
            text = f"{event.position} gained {gain} JPY by its fills, {after.gain.amount} it says"
            self._findings.add("I3", at, text)

    def open_positions(self) -> list[OpenPosition]:
        """Positions that the log says are open."""
        return [one for one in self.positions.values() if isinstance(one, OpenPosition)]

    def is_quarantined(self, pair: str) -> bool:
        """True when the newest orders hold one of the pair that waits for a human."""
        return any(
            one.pair == pair and one.state is OrderState.QUARANTINED for one in self._recent()
        )

    def after_tick(self, at: int) -> None:
        """The exchange's book of this tick, and the balances when nothing is under way."""
        history = self._exchange.history
        for number in range(self._seen + 1, len(history) + 1):
            nonce = history[str(number)].nonce
            if nonce:
                order = self._sent.get(nonce)
                if order is None:
                    self._findings.add("I2", at, f"exchange order {number} is not on the log")
                    continue
                self._placed[order] += 1
                if self._placed[order] > 1:
                    self.doubled += 1
                    self._findings.add("I2", at, f"{order} is on the exchange's book twice")
        self._seen = len(history)
        if not self.under_way and not any(
            one.state is OrderState.QUARANTINED for one in self._recent()
        ):
            self._balance(at)

    def _recent(self) -> list[Order]:
        return list(self.orders.values())[-20:]

    def _balance(self, at: int) -> None:
        jpy, coins = self._exchange.holdings()
        hand_jpy, hand_coins = self._exchange.moved_by_hand()
        if jpy - hand_jpy != self._jpy:
            text = f"the log has {self._jpy} JPY, the exchange {jpy - hand_jpy}"
            self._findings.add("I3", at, text)
            self._jpy = jpy - hand_jpy  # told once, not at every tick after
        for pair, quantity in self._coins.items():
            real = coins.get(pair, ZERO) - hand_coins.get(pair, ZERO)
            if real != quantity:
                self._findings.add("I3", at, f"the log has {quantity} {pair}, the exchange {real}")
                self._coins[pair] = real

    def must_have_ended(self, names: set[str], at: int) -> None:
        """I1: none of these orders is under way any more."""
        for order in self.under_way.values():
            resting = self._exchange.history.get(order.exchange_id or "")
            if resting is not None and resting.state is PlacedState.OPEN:
                continue  # nobody trades at the moment: the exchange itself has not ended it
            if order.order in names:
                self._findings.add("I1", at, f"{order.order} is still {order.state}")

    def at_end(self, at: int) -> int:
        """After the healing: everything has settled. Returns how many orders were lost."""
        self.must_have_ended(set(self.under_way), at)
        for order in self.orders.values():
            if order.state in orders.FINAL and order.fills and order.order not in self._moved:
                self._findings.add("I4", at, f"{order.order} traded and moved no position")
        known = {one.exchange_id for one in self.orders.values() if one.exchange_id is not None}
        lost = [
            number
            for number, resting in self._exchange.history.items()
            if resting.nonce and number not in known and _is_something(resting)
        ]
        for number in lost:
            self._findings.add("I2", at, f"exchange order {number} was forgotten")
        return len(lost)


def _is_something(resting: RestingOrder) -> bool:
    return bool(resting.fills) or resting.state is PlacedState.OPEN
