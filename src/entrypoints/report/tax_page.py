"""A tax year as one HTML file to print and keep; it needs no network."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, Final

from domain.instant import JAPAN, parse, to_datetime
from domain.instruments import DEFAULT
from entrypoints.backtest.report.html_file import page_text, write_page
from entrypoints.backtest.report.page_parts import cell, tile_list
from entrypoints.backtest.wording import MINUS, NONE, coin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from domain.reporting.tax_year import Move

METHODS: Final = {"total": "total-average method", "moving": "moving-average method"}
COIN_COLUMNS: Final = (
    "Coin",
    "Carried over",
    "its cost",
    "Bought",
    "its cost",
    "Sold",
    "Proceeds",
    "Cost",
    "Fees",
    "Gain",
    "Left",
    "its cost",
    "a coin",
)
TRADE_COLUMNS: Final = ("Time (JST)", "Pair", "Side", "Quantity", "JPY", "Fee")
SIDES: Final = {"buy": "acquired", "sell": "disposed of"}


def write_tax_page(
    told: Mapping[str, Any], moves: Sequence[Move], check: Mapping[str, Any] | None, path: Path
) -> None:
    """Write the page of a tax object, all moves of its year, and what a check found, if any.

    It appears complete or not at all. Raises InputError when it cannot be written.
    """
    write_page(path, _page(told, moves, check), "--html")


def _page(
    told: Mapping[str, Any], moves: Sequence[Move], check: Mapping[str, Any] | None
) -> str:
    template = resources.files(__package__).joinpath("tax_page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        year=told["year"],
        method=escape(METHODS[told["method"]]),
        tiles=_tiles(told),
        coins=_coins(told),
        trades=_trades(moves),
        check="" if check is None else _check(check),
        notes="".join(f"<li>{escape(one)}</li>" for one in _notes(told)),
        advice=escape(told["note"]),
        style=page_text("page.css"),
    )


def _tiles(told: Mapping[str, Any]) -> str:
    def total(name: str) -> int:
        return sum(one[name] for one in told["coins"])

    held = [one for one in told["coins"] if Decimal(one["left"])]
    left = sum((Decimal(one["left_cost_jpy"]) for one in held), Decimal(0))
    return tile_list(
        (
            ("Gain", _yen(told["gain_jpy"]), "proceeds less cost and fees", told["gain_jpy"]),
            ("Proceeds", _yen(total("proceeds_jpy")), "of what was sold", 0.0),
            ("Cost", _yen(total("cost_jpy")), "of what was sold", 0.0),
            ("Fees", _yen(total("fees_jpy")), "of selling", 0.0),
            ("Coins left", f"{len(held)}", f"which cost {_yen(left)}", 0.0),
        )
    )


def _coins(told: Mapping[str, Any]) -> str:
    rows = [
        (
            coin(one["pair"]),
            [
                cell(_quantity(one["carried"])),
                cell(_sum(one["carried_cost_jpy"])),
                cell(_quantity(one["bought"])),
                cell(_sum(one["bought_cost_jpy"])),
                cell(_quantity(one["sold"])),
                cell(_sum(one["proceeds_jpy"])),
                cell(_sum(one["cost_jpy"])),
                cell(_sum(one["fees_jpy"])),
                cell(_sum(one["gain_jpy"]), one["gain_jpy"]),
                cell(_quantity(one["left"])),
                cell(_sum(one["left_cost_jpy"])),
                cell(_sum(one["left_unit_cost_jpy"])),
            ],
        )
        for one in told["coins"]
    ]
    return _table(COIN_COLUMNS, rows, "Nothing was bought, sold or held in this year.")


def _trades(moves: Iterable[Move]) -> str:
    rows = (
        (
            _local(one.at),
            [
                cell(escape(f"{coin(one.pair)}/JPY")),
                cell(SIDES[one.side.value]),
                cell(_quantity(f"{one.quantity:f}")),
                cell(_sum(f"{one.jpy:f}")),
                cell(_sum(f"{one.fee:f}")),
            ],
        )
        for one in sorted(moves, key=lambda one: (one.at, one.pair))
    )
    return _table(TRADE_COLUMNS, rows, "Nothing was acquired or disposed of in this year.")


def _check(check: Mapping[str, Any]) -> str:
    """What the exchange's own list has otherwise: its texts are anybody's."""
    rows = [
        *((f"only in the file, row {one['row']}", one, one) for one in check["only_in_file"]),
        *(("only on the log", one, one) for one in check["only_in_log"]),
    ]
    for one in check["different"]:
        rows.append((f"file, row {one['row']}: other {', '.join(one['apart'])}", one, one["file"]))
        rows.append(("log", one, one["log"]))
    counts = (
        f"{check['rows']:,} trades in the exchange's file, {check['fills']:,} fills on the log, "
        f"{check['matched']:,} the same."
    )
    others = ", ".join(f"{name} {count:,}" for name, count in check["other_rows"].items())
    table = _table(
        ("", *TRADE_COLUMNS, "Id"),
        ((where, _apart(one, amounts)) for where, one, amounts in rows),
        "Nothing is apart.",
    )
    passed_over = f"<p>Rows that are no trades: {escape(others)}.</p>" if others else ""
    return (
        '<section aria-labelledby="h-check"><h2 id="h-check">Held against the exchange\'s list</h2>'
        f"<p>{escape(counts)}</p>{table}{passed_over}</section>"
    )


def _apart(one: Mapping[str, Any], amounts: Mapping[str, str]) -> list[str]:
    return [
        cell(_local(parse(one["at"]))),
        cell(escape(f"{coin(one['pair'])}/JPY")),
        cell(SIDES[one["side"]]),
        cell(_quantity(amounts["quantity"])),
        cell(_sum(amounts["jpy"])),
        cell(_sum(amounts["fee"])),
        cell(f"<code>{escape(one['id'] or NONE)}</code>"),
    ]


def _notes(told: Mapping[str, Any]) -> list[str]:
    said = [
        f"{_quantity(amount)} {coin(pair)} went by other hands: what they brought is not known "
        "here, and they count as held until somebody states it."
        for pair, amount in told["moved_by_other_hands"].items()
    ]
    said += [
        f"{_quantity(amount)} {coin(pair)} are left as dust: the exchange sells no less than "
        f"{DEFAULT.of(pair).min_amount:f}. They keep their cost."
        for pair, amount in told["dust"].items()
    ]
    return [*said, "Coins that were bought or sold elsewhere are not in it, unless carried over."]


def _table(head: Iterable[str], rows: Iterable[tuple[str, Iterable[str]]], empty: str) -> str:
    """A table of escaped names with cells that are HTML already; a sentence without rows."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>' for name, cells in rows
    )
    if not body:
        return f"<p>{escape(empty)}</p>"
    heads = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    return (
        f'<div class="sheet"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _local(at: int) -> str:
    return to_datetime(at + JAPAN).strftime("%Y-%m-%d %H:%M:%S")


def _quantity(text: str) -> str:
    """All decimals that are not mere zeros."""
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return f"{int(whole):,}.{decimals}" if decimals else f"{int(whole):,}"


def _sum(amount: str | int | Decimal | None) -> str:
    """JPY to the hundredth, whole where it is whole, with a true minus; a dash for None."""
    if amount is None:
        return NONE
    exact = Decimal(amount)
    text = f"{exact:,.2f}".removesuffix(".00") if exact != int(exact) else f"{int(exact):,}"
    return text.replace("-", MINUS)


def _yen(amount: int | Decimal) -> str:
    return f"{_sum(amount)} JPY"
