"""The outcome on a terminal: headline numbers, coins, and why trades began and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.instant import iso
from entrypoints.backtest.wording import (
    NONE,
    buys_declined,
    coin,
    guard_name,
    is_synthetic,
    number,
    reason_name,
    signed_pct,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.outcome import Outcome


def render_terminal(outcome: Outcome, run: FinishedRun, console: Console) -> None:
    """Print a compact summary; colours only where the terminal has them."""
    from rich.text import Text

    what = "Simulation" if is_synthetic(run.notes) else "Backtest"
    coins = " ".join(coin(pair) for pair in run.instruments.pairs)
    console.print()
    console.print(
        Text.assemble(
            (what, "bold"),
            f"  {_minute(run.start)} to {_minute(run.end)} UTC, {outcome.days:.1f} days, {coins}",
        )
    )
    console.print(_headline(outcome))
    console.print(_figures(outcome))
    console.print(_coins(outcome))
    _counts(console, "Trades ended by", outcome.reasons, reason_name)
    _counts(console, "Coins not bought, by analysis", buys_declined(outcome.declined), guard_name)
    _counts(console, "Orders refused", outcome.refused, guard_name)
    if outcome.breaker_trips:
        console.print(f"The circuit breaker tripped {outcome.breaker_trips} times.")
    for note in run.notes:
        console.print(Text(f"Note: {note}", style="dim"))
    console.print(Text("Past results promise nothing.", style="dim"))


def _minute(moment: int) -> str:
    return iso(moment)[:16].replace("T", " ")


def _coloured(value: float | None, text: str) -> Text:
    from rich.text import Text

    style = "" if not value else "green" if value > 0 else "red"
    return Text(text, style=style)


def _headline(outcome: Outcome) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in ("strategy", "buy and hold"):
        table.add_column(name, justify="right")
    held = outcome.cash * outcome.buy_and_hold_pct / 100
    table.add_row(
        "return",
        _coloured(outcome.return_pct, signed_pct(outcome.return_pct)),
        _coloured(outcome.buy_and_hold_pct, signed_pct(outcome.buy_and_hold_pct)),
    )
    table.add_row(
        "gain",
        _coloured(outcome.gain, number(outcome.gain, 0, " JPY", sign=True)),
        _coloured(held, number(held, 0, " JPY", sign=True)),
    )
    table.add_row(
        "max drawdown",
        signed_pct(outcome.max_drawdown_pct),
        signed_pct(outcome.buy_and_hold_drawdown_pct),
    )
    return table


def _figures(outcome: Outcome) -> Table:
    """Two columns of names and numbers."""
    from rich.table import Table

    win_rate = NONE
    if outcome.win_rate_pct is not None:
        low, high = number(outcome.win_rate_low_pct, 0), number(outcome.win_rate_high_pct, 0)
        win_rate = f"{number(outcome.win_rate_pct, 1)} % ({low} to {high})"
    rows = [
        ("final equity", number(outcome.equity, 0, " JPY"), "trades", str(outcome.trades_closed)),
        ("a year", signed_pct(outcome.cagr_pct), "still open", str(outcome.trades_open)),
        ("Sharpe", number(outcome.sharpe), "win rate", win_rate),
        ("Sortino", number(outcome.sortino), "profit factor", number(outcome.profit_factor)),
        (
            "in the market",
            number(outcome.exposure_pct, 1, " %"),
            "mean holding",
            number(outcome.mean_hold_h, 1, " h"),
        ),
        (
            "costs",
            number(outcome.costs, 0, " JPY"),
            "turnover",
            number(outcome.turnover, 0, " JPY"),
        ),
    ]
    table = Table.grid(padding=(0, 2))
    for name, justify in (("dim", "left"), ("", "right"), ("dim", "left"), ("", "right")):
        table.add_column(style=name, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*row)
    return table


def _coins(outcome: Outcome) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("coin")
    for name in ("trades", "won", "gain JPY", "mean", "best", "worst", "hours", "hold"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair, row in outcome.coins.iterrows():
        table.add_row(
            coin(str(pair)),
            str(row["trades"]),
            number(row["win_rate_pct"], 0, " %"),
            _coloured(row["gain_jpy"], number(row["gain_jpy"], 0, sign=True)),
            signed_pct(row["mean_gain_pct"]),
            signed_pct(row["best_pct"], 1),
            signed_pct(row["worst_pct"], 1),
            number(row["mean_hold_h"], 1),
            signed_pct(row["buy_and_hold_pct"], 1),
        )
    return table


def _counts(console: Console, title: str, counts: Mapping[str, int], named: object) -> None:
    from rich.text import Text

    if not counts:
        return
    parts = [f"{named(name)} {count:,}" for name, count in counts.items()]  # type: ignore[operator]
    console.print(Text.assemble((f"{title}: ", "dim"), ", ".join(parts)))
