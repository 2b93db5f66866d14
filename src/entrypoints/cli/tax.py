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
    from domain.reporting.tax_year import Carried, CoinYear

NO_ADVICE = "This is no tax advice: check it, and ask somebody who may give it."


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
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(
    year: int,
    path: Path,
    method: str,
    carried: tuple[str, ...],
    csv_path: Path | None,
    as_json: bool,
) -> int:
    """Gains of a calendar year (Japan), coin by coin, in whole yen. It is no tax advice.

    A coin's cost includes what buying it cost; fractions of a yen of cost are rounded up, of
    proceeds down. Coins that were traded elsewhere are not in it.

    \b
    Examples:
      crypto-trader tax 2026
      crypto-trader tax 2026 --method moving --carried BTC=0.01:52000 --csv tax-2026.csv
    """
    from application.reporting.tax_moves import tax_moves
    from domain.reporting.tax_year import Method, coin_years
    from entrypoints.wiring.log_file import reading

    before = dict(map(_carried, carried))
    with reading(path) as store:
        found = asyncio.run(tax_moves(store))
    years = [
        one
        for pair in sorted({*found.moves, *before})
        for one in coin_years(found.moves.get(pair, ()), Method(method), before.get(pair))
        if one.year == year
    ]
    told = {
        "year": year,
        "method": method,
        "coins": [_told(one) for one in years],
        "gain_jpy": int(sum((one.gain for one in years), Decimal(0))),
        "moved_by_other_hands": {pair: f"{amount:f}" for pair, amount in found.gone.items()},
        "note": NO_ADVICE,
    }
    if csv_path is not None:
        from adapters.whole_file import write_whole

        write_whole(csv_path, _csv(told["coins"]).encode())
    if as_json:
        print(json.dumps(told))
    else:
        _show(told)
    return 0


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


def _told(one: CoinYear) -> dict[str, Any]:
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
    console.print(told["note"])
