"""A desk to execute orders at, with an exchange that does as it is told."""

from decimal import Decimal

import attrs

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from application import policy
from application.commit import Log
from application.ports.exchange import Balances, Fill, MarketOrder, PlacedOrder, PlacedState, Quote
from application.trading.execute_order import Desk
from domain.events import Commit, Event, OrderRequested, Reason, Side
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD, StrategyParameters

NOW = 1_735_700_400_000
PAIR = "eth_usdt"


def jpy(amount: str | int) -> Jpy:
    """Yen."""
    return Jpy(Decimal(amount))


@attrs.define
class ScriptedExchange:
    """Fills every order at once at 500,000 JPY a coin, unless told otherwise."""

    clock: SimulatedClock
    last: Decimal = Decimal(500_000)
    spread: Decimal = Decimal("0.001")
    jpy_free: Jpy = attrs.Factory(lambda: jpy(100_000))
    coins: dict[str, Decimal] = attrs.Factory(dict)
    failure: Exception | None = None
    parts: list[Decimal] | None = None
    ends: PlacedState = PlacedState.FILLED
    placed: list[MarketOrder] = attrs.Factory(list)
    looks: int = 0

    async def price(self, pair: str) -> Jpy:
        """The scripted price."""
        del pair
        return Jpy(self.last)

    async def quote(self, pair: str) -> Quote:
        """The scripted price and half the spread on either side."""
        del pair
        half = self.spread / 2
        return Quote(Jpy(self.last * (1 - half)), Jpy(self.last * (1 + half)))

    async def balances(self) -> Balances:
        """What was scripted, all of it free."""
        return Balances(self.jpy_free, jpy(0), dict(self.coins), {})

    async def taker_fee(self, pair: str) -> Decimal:
        """None."""
        del pair
        return Decimal(0)

    async def nonce(self) -> int:
        """One more than the orders so far."""
        return len(self.placed) + 1

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Note the order; then fail if so told, after it was accepted."""
        assert nonce == len(self.placed) + 1
        self.placed.append(order)
        if self.failure is not None:
            raise self.failure
        return str(len(self.placed))

    def _whole(self) -> Decimal:
        order = self.placed[-1]
        if order.amount is not None:
            return (order.amount.amount / self.last).quantize(Decimal("1e-8"))
        return order.quantity or Decimal(0)

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """The scripted parts, one more at each look; all at once without a script."""
        del since
        parts = [self._whole()] if self.parts is None else self.parts[: self.looks]
        return tuple(
            Fill(
                f"{exchange_id}-{number}",
                exchange_id,
                self.placed[-1].pair,
                self.placed[-1].side,
                part,
                Jpy(self.last),
                Jpy(part * self.last),
                jpy(0),
                self.clock.now(),
            )
            for number, part in enumerate(parts)
        )

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """Fills of the newest order: there is one at a time."""
        return await self.fills(str(len(self.placed)), since) if self.placed else ()

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """None."""
        return ()

    async def order(self, exchange_id: str) -> PlacedOrder:
        """Open until every part was handed out."""
        self.looks += 1
        done = self.parts is None or self.looks >= len(self.parts)
        order = self.placed[int(exchange_id) - 1]
        return PlacedOrder(
            exchange_id,
            order.pair,
            order.side,
            order.amount,
            order.quantity,
            self.ends if done else PlacedState.OPEN,
            None,
            self.clock.now(),
        )


def a_desk(parameters: StrategyParameters = STANDARD, looks: int = 3) -> Desk:
    """A desk in memory at NOW with a scripted exchange."""
    clock = SimulatedClock(NOW)
    tables = InMemoryReadModels(clock)
    return Desk(
        log=Log(InMemoryEventStore(tables), tables, "test"),
        exchange=ScriptedExchange(clock),
        clock=clock,
        instruments=DEFAULT,
        policy=policy.STANDARD,
        parameters=parameters,
        looks=looks,
    )


async def ask(
    desk: Desk,
    order: str = "o1",
    side: Side = Side.BUY,
    reason: Reason = Reason.SIGNAL,
    position: str | None = None,
    asked_at: int | None = None,
) -> str:
    """Put a request on the log; returns the order's id."""
    asked = desk.clock.now() if asked_at is None else asked_at
    score = 0.5 if side is Side.BUY else -0.2
    event = OrderRequested(order, PAIR, side, reason, "a1", score, position, asked)
    commit = desk.log.commit(
        f"order/{order}", 1, [event], at=asked, correlation="a1", causation="analysis/a1@7"
    )
    await desk.log.append(commit)
    return order


def events_of(commits: tuple[Commit, ...] | list[Commit]) -> list[Event]:
    """All events, in order."""
    return [event for commit in commits for event in commit.events]
