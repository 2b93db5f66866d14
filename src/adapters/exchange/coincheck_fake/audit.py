"""Whether the books of a venue agree with each other, to the last decimal."""

from collections.abc import Mapping, Sequence

from adapters.exchange.coincheck_fake.ledger import Ledger, Reason
from adapters.exchange.coincheck_fake.orders import FillRow, Order
from adapters.exchange.coincheck_fake.rules import ZERO, coin_of


def check_books(ledger: Ledger, history: Mapping[int, Order], fills: Sequence[FillRow]) -> None:
    """Raise AssertionError unless orders, fills, movements and balances agree exactly."""
    ledger.check()
    totals = dict.fromkeys(ledger.held(), ZERO)
    reserved = dict(totals)
    of_order: dict[int, list[FillRow]] = {number: [] for number in history}
    for one in ledger.movements:
        if one.reason is Reason.DEPOSIT:
            totals[one.currency] += one.free
    for row in fills:
        of_order[row.order_id].append(row)
        totals["jpy"] += row.jpy
        totals[coin_of(row.pair)] += row.coins
        gross = row.coins * row.rate
        if row.jpy != -gross - row.fee:
            raise AssertionError(f"{row} is not coins times rate and fee")
    for number, order in history.items():
        reserved[order.pays_with] += order.reserved
        if order.fills != of_order[number] or order.executed > order.wanted.size:
            raise AssertionError(f"order {number} and its fills do not agree")
    for currency, held in ledger.held().items():
        if (held.total, held.reserved) != (totals[currency], reserved[currency]):
            raise AssertionError(
                f"{currency}: {held} is held, the fills say {totals[currency]} and the "
                f"orders reserve {reserved[currency]}"
            )
