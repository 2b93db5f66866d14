"""What was bought and sold, fill by fill, as the tax office asks for it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

import attrs

from application.ports.event_store import EventStore
from domain.events import OrderFillReceived, OrderRequested, PositionWrittenOff
from domain.reporting.tax_year import Move


@attrs.frozen(slots=True, weakref_slot=False)
class TaxMoves:
    """Fills by pair in the order of their times; `gone` are coins that other hands moved away.

    What `gone` coins brought is not on this log: they count as held until somebody states it.
    """

    moves: Mapping[str, Sequence[Move]]
    gone: Mapping[str, Decimal]


async def tax_moves(store: EventStore) -> TaxMoves:
    """All fills of a log. Raises Broken for one that cannot be read."""
    orders: dict[str, OrderRequested] = {}
    moves: defaultdict[str, list[Move]] = defaultdict(list)
    gone: defaultdict[str, Decimal] = defaultdict(Decimal)
    async for _, commit in store.read_all():
        for event in commit.events:
            if isinstance(event, OrderRequested):
                orders[event.order] = event
            elif isinstance(event, OrderFillReceived):
                order = orders[event.order]
                moves[order.pair].append(
                    Move(
                        event.filled_at,
                        order.pair,
                        order.side,
                        event.quantity,
                        event.funds.amount,
                        event.fee.amount,
                        event.fill,
                    )
                )
            elif isinstance(event, PositionWrittenOff):
                gone[event.pair] += event.missing
    # parts of an order may be told in another order than they were filled in
    ordered = {pair: tuple(sorted(of, key=lambda one: one.at)) for pair, of in moves.items()}
    return TaxMoves(dict(sorted(ordered.items())), dict(gone))
