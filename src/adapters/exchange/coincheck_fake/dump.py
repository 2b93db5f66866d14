"""The ground truth of a venue as JSON, for whoever judges a run."""

from typing import Any

import attrs

from adapters.exchange.coincheck_fake.orders import FillRow, Order
from adapters.exchange.coincheck_fake.payloads import text
from adapters.exchange.coincheck_fake.venue import Venue


def dump(venue: Venue) -> dict[str, Any]:
    """Orders with nonce and time, fills, movements and balances; amounts are exact strings."""
    with venue.whole():
        venue.check()
        return {
            "at": venue.clock(),
            "orders": [_order(one) for one in venue.history.values()],
            "fills": [_fill(one) for one in venue.fills],
            "movements": [
                {
                    "at": one.at,
                    "currency": one.currency,
                    "free": text(one.free),
                    "reserved": text(one.reserved),
                    "reason": str(one.reason),
                    "order_id": one.order_id,
                }
                for one in venue.ledger.movements
            ],
            "balances": {
                currency: {"free": text(held.free), "reserved": text(held.reserved)}
                for currency, held in venue.ledger.held().items()
            },
        }


def _order(order: Order) -> dict[str, Any]:
    wanted = order.wanted
    return {
        "id": order.id,
        "pair": order.pair,
        "order_type": str(wanted.order_type),
        "rate": None if wanted.rate is None else text(wanted.rate),
        "size": text(wanted.size),
        "placed_at": order.placed_at,
        "nonce": order.nonce,
        "key": order.key,
        "status": str(order.status),
        "ended_at": order.ended_at,
        "executed": text(order.executed),
        "expired": text(order.expired),
        "fills": [one.id for one in order.fills],
    }


def _fill(fill: FillRow) -> dict[str, Any]:
    values = attrs.asdict(fill)
    return values | {name: text(values[name]) for name in ("rate", "coins", "jpy", "fee")}
