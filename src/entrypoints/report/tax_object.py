"""A tax year as one JSON object: the coins, and what the exchange's own list has otherwise."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from domain.errors import InstrumentError
from domain.instant import iso
from domain.instruments import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from application.reporting.tax_moves import TaxMoves
    from domain.reporting.tax_check import Stated, TaxCheck
    from domain.reporting.tax_year import CoinYear, Move

NO_ADVICE: Final = "This is no tax advice: check it, and ask somebody who may give it."
_SHOWING: Final = Context(prec=120)


def tax_object(
    year: int, method: str, coins: Sequence[CoinYear], found: TaxMoves
) -> dict[str, Any]:
    """Amounts are exact texts or whole yen; `dust` is left and too little to be sold."""
    return {
        "year": year,
        "method": method,
        "coins": [_coin(one) for one in coins],
        "gain_jpy": int(sum((one.gain for one in coins), Decimal(0))),
        "moved_by_other_hands": {pair: f"{amount:f}" for pair, amount in found.gone.items()},
        "dust": {one.pair: f"{one.left.quantity:f}" for one in coins if _is_dust(one)},
        "note": NO_ADVICE,
    }


def check_object(check: TaxCheck, others: Mapping[str, int]) -> dict[str, Any]:
    """What is apart, in the order of time; `others` are kinds of rows that are no trades."""
    return {
        "rows": check.rows,
        "fills": check.fills,
        "matched": check.matched,
        "only_in_file": [
            {"row": one.row, **_trade(one.move), **_amounts(one.move)}
            for one in check.only_in_file
        ],
        "only_in_log": [{**_trade(one), **_amounts(one)} for one in check.only_in_log],
        "different": [
            {
                "row": one.stated.row,
                **_trade(one.fill, one.stated),
                "apart": list(one.names),
                "file": _amounts(one.stated.move),
                "log": _amounts(one.fill),
            }
            for one in check.different
        ],
        "other_rows": dict(others),
    }


def _is_dust(one: CoinYear) -> bool:
    try:
        return 0 < one.left.quantity < DEFAULT.of(one.pair).min_amount
    except InstrumentError:
        return False  # a coin of somebody's configuration: what it sells least is not known here


def _coin(one: CoinYear) -> dict[str, Any]:
    unit = one.unit_cost
    return {
        "pair": one.pair,
        "carried": f"{one.carried.quantity:f}",
        "carried_cost_jpy": f"{one.carried.cost:f}",
        "bought": f"{one.bought.quantity:f}",
        "bought_cost_jpy": f"{one.bought.cost:f}",
        "sold": f"{one.sold:f}",
        "proceeds_jpy": int(one.proceeds),
        "cost_jpy": int(one.cost),
        "fees_jpy": int(one.fees),
        "gain_jpy": int(one.gain),
        "left": f"{one.left.quantity:f}",
        "left_cost_jpy": f"{one.left.cost:f}",
        "left_unit_cost_jpy": None if unit is None else f"{unit:.2f}",
    }


def _trade(one: Move, stated: Stated | None = None) -> dict[str, Any]:
    return {
        "id": (one.fill if stated is None else stated.move.fill or one.fill) or None,
        "at": iso(one.at),
        "pair": one.pair,
        "side": one.side.value,
    }


def _amounts(one: Move) -> dict[str, str]:
    return {"quantity": _told(one.quantity), "jpy": _told(one.jpy), "fee": _told(one.fee)}


def _told(amount: Decimal) -> str:
    """All decimals but mere zeros."""
    return f"{_SHOWING.normalize(amount):f}"
