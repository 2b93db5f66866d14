"""The list of trades that Coincheck lets its customers download (CSV), in both of its forms.

Coincheck publishes no description of these files. What is known comes from public programs that
read them:

- The form in use since 2025, which the exchange calls the industry's standard form. From several
  sources: the names of its columns; times without a zone, `2025/01/31 10:00:00`; one currency
  that goes up and one that goes down, of which one is JPY in a trade; UTF-8 with a mark at its
  start. It has no id of a trade: its registration number is taken for the company's.
- The older form, `id,time,operation,amount,trading_currency,price,original_currency,fee,comment`.
  From several sources: the columns and the names of operations; that `Completed trading
  contracts` has its rate and pair in the comment; that `price` of `Buy` and `Sell` is the whole
  sum. Sources do not agree whether `amount` there is what came in or what went out: it is taken
  for what came in, and for what went out only when it is negative.

Assumed, and stated nowhere: a row is one fill, not an order; times without a zone are Japan's;
`id` is that of the fill (where it is not, trades are found by their time); sums are without the
fee, and the fee is in JPY, positive when it was paid; files that a spreadsheet saved again may be
in Shift_JIS. No file of a real account was at hand.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from pathlib import Path
from typing import Final

import attrs

from adapters.table_files.csv_rows import CsvRow, csv_rows, plain_number
from application.errors import InputError
from domain.errors import InstrumentError
from domain.events import Side
from domain.instruments import Instruments
from domain.reporting.tax_check import Stated
from domain.reporting.tax_year import Move

NEW: Final = ("取引日時", "取引種別", "増加通貨名", "増加数量", "減少通貨名", "減少数量")
"""Columns that the form since 2025 cannot do without."""
OLD: Final = ("id", "time", "operation", "amount", "trading_currency", "fee", "comment")
"""Columns that the older form cannot do without."""
TRADES: Final = ("買", "売")
"""Kinds of a row that must have both currencies."""
_YEN: Final = "JPY"
_ONE_YEN: Final = Decimal(1)
_NOTHING: Final = Decimal(0)
_DIVIDING: Final = Context(prec=120)
_DECIMALS: Final = Decimal("1E-12")
"""To which coins are told that were found by dividing."""
_CODE: Final = re.compile(r"[A-Za-z0-9]{1,12}")
_CONTRACT: Final = re.compile(
    r"Rate: *([0-9.,]{1,40}), *Pair: *([a-z0-9]{1,12})_([a-z0-9]{1,12})", re.IGNORECASE
)


@attrs.frozen(slots=True, weakref_slot=False)
class TradeList:
    """The trades for JPY of a file, and how many rows of which kind were none."""

    trades: tuple[Stated, ...]
    others: Mapping[str, int]


def read_trade_list(path: Path, instruments: Instruments) -> TradeList:
    """The trades of a file that the exchange wrote.

    Raises InputError that names the row and the column that cannot be understood.
    """
    rows = csv_rows(path)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path}: has no rows: download the file again")
    read = _reader(first)
    trades: list[Stated] = []
    others: Counter[str] = Counter()
    for row in (first, *rows):
        found = read(row, instruments)
        if isinstance(found, Stated):
            trades.append(found)
        else:
            others[found] += 1
    return TradeList(tuple(trades), dict(sorted(others.items())))


def _reader(row: CsvRow) -> Callable[[CsvRow, Instruments], Stated | str]:
    """How the rows of this form are read: a trade, or the kind of what is none."""
    missing = {
        read: [name for name in form if name not in row.cells]
        for read, form in ((_new, NEW), (_old, OLD))
    }
    read = min(missing, key=lambda one: len(missing[one]))
    if missing[read]:
        raise InputError(
            f"{row.path}: column {', '.join(missing[read])} is missing in row 1: is it the list "
            "of trades as Coincheck wrote it?"
        )
    return read


def _new(row: CsvRow, instruments: Instruments) -> Stated | str:
    kind = row.text("取引種別")
    if kind not in TRADES and not (row.text("減少通貨名") and row.text("増加通貨名")):
        return _named(kind)
    gone, come = _currency(row, "減少通貨名"), _currency(row, "増加通貨名")
    if (gone == _YEN) == (come == _YEN):
        return _named(f"{kind} {gone} {come}")
    side = Side.BUY if gone == _YEN else Side.SELL
    coins, yen = ("増加数量", "減少数量") if side is Side.BUY else ("減少数量", "増加数量")
    # the sum of the trade where it is told: the yen that moved may have the fee in them
    jpy = _traded(row, "約定代金" if row.text("約定代金") else yen)
    fee = row.number_in("手数料数量")
    if fee and row.text("手数料通貨") and _currency(row, "手数料通貨") != _YEN:
        raise row.bad("手数料通貨", "and only a fee in JPY is understood")
    move = Move(
        row.moment_in("取引日時"),
        _pair(come if side is Side.BUY else gone, instruments),
        side,
        _traded(row, coins),
        jpy,
        fee,
    )
    return Stated(row.number, move, jpy_within=_last_place(jpy), fee_within=_last_place(fee))


def _old(row: CsvRow, instruments: Instruments) -> Stated | str:
    operation = row.text("operation")
    match operation.lower():
        case "completed trading contracts":
            return _contract(row, instruments)
        case "buy" | "credit card purchase":
            return _bought_or_sold(row, Side.BUY, instruments)
        case "sell":
            return _bought_or_sold(row, Side.SELL, instruments)
        case _:
            return _named(operation)


def _contract(row: CsvRow, instruments: Instruments) -> Stated | str:
    found = _CONTRACT.search(row.text("comment"))
    rate = plain_number(found[1]) if found else None
    if not found or not rate:
        raise row.bad("comment", "without the rate and pair of the trade")
    coin, other = found[2].upper(), found[3].upper()
    if other != _YEN:
        return _named(f"{coin} for {other}")
    currency = _currency(row, "trading_currency")
    if currency not in {coin, _YEN}:
        raise row.bad("trading_currency", f"neither {coin} nor {_YEN}")
    amount, fee, in_coins = _traded(row, "amount"), row.number_in("fee"), currency == coin
    came_in = row.number_in("amount") > 0
    move = Move(
        row.moment_in("time"),
        _pair(coin, instruments),
        Side.BUY if in_coins == came_in else Side.SELL,
        amount if in_coins else _DIVIDING.quantize(_DIVIDING.divide(amount, rate), _DECIMALS),
        _DIVIDING.multiply(amount, rate) if in_coins else amount,
        fee,
        row.text("id"),
    )
    # what is found with the rate is known to a yen, or to the coins that a yen buys
    return Stated(
        row.number,
        move,
        quantity_within=_NOTHING if in_coins else _DIVIDING.divide(_ONE_YEN, rate),
        jpy_within=_ONE_YEN if in_coins else _last_place(amount),
        fee_within=_last_place(fee),
    )


def _bought_or_sold(row: CsvRow, side: Side, instruments: Instruments) -> Stated | str:
    coin, other = _currency(row, "trading_currency"), _currency(row, "original_currency")
    if other != _YEN:
        return _named(f"{row.text('operation')} {coin} for {other}")
    jpy, fee = _traded(row, "price"), row.number_in("fee")
    move = Move(
        row.moment_in("time"),
        _pair(coin, instruments),
        side,
        _traded(row, "amount"),
        jpy,
        fee,
        row.text("id"),
    )
    return Stated(row.number, move, jpy_within=_last_place(jpy), fee_within=_last_place(fee))


def _traded(row: CsvRow, column: str) -> Decimal:
    """How much moved, whichever way."""
    number = row.number_in(column)
    if not number:
        raise row.bad(column, "nothing that was traded")
    return number.copy_abs()


def _currency(row: CsvRow, column: str) -> str:
    said = row.text(column).upper()
    if not _CODE.fullmatch(said):
        raise row.bad(column, "no currency")
    return said


def _pair(coin: str, instruments: Instruments) -> str:
    """The analysis key of a coin; of one that is not listed, the key that it would have."""
    try:
        return instruments.of(coin).pair
    except InstrumentError:
        return f"{coin.lower()}_usdt"


def _last_place(amount: Decimal) -> Decimal:
    """One of the last decimal that is told, at most a yen; 0 is exact."""
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal((0, (1,), min(exponent, 0))) if amount else _NOTHING


def _named(kind: str) -> str:
    """A kind as one short line; it is shown and nothing else."""
    printable = "".join(one if one.isprintable() else " " for one in kind).strip()
    return printable[:40] or "without a name"
