"""crypto-trader tax: a calendar year's gains in yen, by the Japanese methods."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from application.reporting.tax_moves import TaxMoves
    from domain.reporting.tax_year import Carried, Move

SHOWN = 20
"""Trades of a kind that the terminal lists; --json and --html list all."""


@click.command("tax")
@click.argument("year", type=click.IntRange(2009, 9999))
@click.option(
    "--log",
    "path",
    type=click.Path(path_type=Path),
    default=Path("trader/trader.sqlite"),
    show_default=True,
    help="The event log: a file, or aws:STAGE.",
)
@click.option(
    "--method",
    type=click.Choice(["total", "moving"]),
    default="total",
    show_default=True,
    help="Average cost of the year (the rule), or after each buy.",
)
@click.option(
    "--carried",
    multiple=True,
    metavar="COIN=QUANTITY:YEN",
    help="Held before the log began, and what it cost. Repeatable.",
)
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write a table here.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page to print here.")
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Hold Coincheck's own list of trades against the log.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(
    year: int,
    path: Path,
    method: str,
    carried: tuple[str, ...],
    csv_path: Path | None,
    html: Path | None,
    check: Path | None,
    as_json: bool,
) -> int:
    """Gains of a calendar year (Japan), coin by coin, in whole yen. It is no tax advice.

    A coin's cost includes what buying it cost; fractions of a yen of cost are rounded up, of
    proceeds down. Coins that were traded elsewhere are not in it.

    With --check every trade of that year in the exchange's file is looked for on the log, and
    every fill in the file; exit status 1 when something is apart.

    \b
    Examples:
      crypto-trader tax 2026
      crypto-trader tax 2026 --method moving --carried BTC=0.01:52000 --csv tax-2026.csv
      crypto-trader tax 2026 --html tax-2026.html --check trade_history.csv
    """
    from application.reporting.tax_moves import tax_moves
    from domain.reporting.tax_year import year_of
    from entrypoints.wiring.log_file import reading

    before = dict(map(_carried, carried))
    check_of = _check_of(check, year)
    if html is not None:
        from entrypoints.backtest.report.html_file import check_target

        check_target(html, "--html")
    with reading(path) as store:
        found = asyncio.run(tax_moves(store))
    told = _told(year, method, found, before)
    fills = [one for moves in found.moves.values() for one in moves if year_of(one.at) == year]
    checked = check_of(fills)
    _write(told, fills, checked, csv_path, html)
    if checked is not None:
        told["check"] = checked
    if as_json:
        print(json.dumps(told))
    else:
        _show(told)
    return 1 if checked is not None and _apart(checked) else 0


def _told(
    year: int, method: str, found: TaxMoves, before: dict[str, Carried]
) -> dict[str, Any]:
    from domain.reporting.tax_year import Method, coin_years
    from entrypoints.report.tax_object import tax_object

    years = [
        one
        for pair in sorted({*found.moves, *before})
        for one in coin_years(found.moves.get(pair, ()), Method(method), before.get(pair))
        if one.year == year
    ]
    return tax_object(year, method, years, found)


def _check_of(
    path: Path | None, year: int
) -> Callable[[Sequence[Move]], dict[str, Any] | None]:
    """What says what is apart; a bad file is refused before the log is read."""
    if path is None:
        return lambda _: None
    from adapters.exchange.coincheck.transactions_csv import read_trade_list
    from domain.instruments import DEFAULT
    from domain.reporting.tax_check import tax_check
    from entrypoints.report.tax_object import check_object

    stated = read_trade_list(path, DEFAULT)
    return lambda fills: check_object(tax_check(stated.trades, fills, year), stated.others)


def _apart(checked: dict[str, Any]) -> int:
    return sum(len(checked[name]) for name in ("only_in_file", "only_in_log", "different"))


def _write(
    told: dict[str, Any],
    fills: Sequence[Move],
    checked: dict[str, Any] | None,
    csv_path: Path | None,
    html: Path | None,
) -> None:
    if csv_path is not None:
        from adapters.whole_file import write_whole

        write_whole(csv_path, _csv(told["coins"]).encode())
    if html is not None:
        from entrypoints.report.tax_page import write_tax_page

        write_tax_page(told, fills, checked, html)


def _carried(text: str) -> tuple[str, Carried]:
    from domain.instruments import DEFAULT
    from domain.reporting.tax_year import Carried

    coin, _, rest = text.partition("=")
    quantity, _, cost = rest.partition(":")
    try:
        held = Carried(Decimal(quantity), Decimal(cost))
    except InvalidOperation:
        raise click.UsageError(
            f"--carried {text}: write COIN=QUANTITY:YEN, such as BTC=0.01:52000"
        ) from None
    if not (held.quantity.is_finite() and held.cost.is_finite() and held.quantity > 0):
        raise click.UsageError(f"--carried {text}: a quantity over 0 and what it cost")
    return DEFAULT.of(coin).pair, held


def _csv(coins: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    if coins:
        writer = csv.DictWriter(text, fieldnames=list(coins[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(coins)
    return text.getvalue()


def _show(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{told['year']}, {told['method']} average, JPY")
    names = ("pair", "bought", "sold", "proceeds_jpy", "cost_jpy", "fees_jpy", "gain_jpy", "left")
    for name in names:
        table.add_column(name.removesuffix("_jpy"), justify="left" if name == "pair" else "right")
    for one in told["coins"]:
        table.add_row(
            *(f"{one[name]:,}" if isinstance(one[name], int) else one[name] for name in names)
        )
    console = Console(highlight=False)
    if told["coins"]:
        console.print(table)
    console.print(f"gain of {told['year']}: {told['gain_jpy']:,} JPY")
    for pair, amount in told["moved_by_other_hands"].items():
        console.print(f"note: {amount} {pair} went by other hands; they count as held here")
    for pair, amount in told["dust"].items():
        console.print(f"note: {amount} {pair} are left, less than the exchange sells")
    if "check" in told:
        for line in _check_lines(told["check"]):
            console.print(line, markup=False, soft_wrap=True)
    console.print(told["note"])


def _check_lines(checked: dict[str, Any]) -> Iterator[str]:
    yield (
        f"check: {checked['rows']:,} trades in the file, {checked['fills']:,} fills on the log, "
        f"{checked['matched']:,} the same"
    )
    kinds = (("only_in_file", "only in the file"), ("only_in_log", "only on the log"))
    for name, title in kinds:
        for one in checked[name][:SHOWN]:
            yield f"{title}: {_where(one)}: {_amounts(one)}"
    for one in checked["different"][:SHOWN]:
        names = ", ".join(one["apart"])
        yield f"other {names}: {_where(one)}: {_amounts(one['file'])}, log {_amounts(one['log'])}"
    for name, title in (*kinds, ("different", "different")):
        if len(checked[name]) > SHOWN:
            yield f"{title}: {len(checked[name]) - SHOWN:,} more, see --json or --html"
    for name, count in checked["other_rows"].items():
        yield f"no trade: {count:,} x {name}"


def _where(one: dict[str, Any]) -> str:
    row = f"row {one['row']}, " if "row" in one else ""
    return f"{row}{one['at']} {one['pair']} {one['side']}"


def _amounts(one: dict[str, str]) -> str:
    return f"{one['quantity']} for {one['jpy']} JPY, fee {one['fee']}"
