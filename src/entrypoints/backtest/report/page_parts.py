"""The pieces of the page that are plain HTML: tiles, tables, notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from domain.instant import to_datetime
from entrypoints.backtest.wording import (
    buys_declined,
    changed_parameters,
    coin,
    guard_name,
    number,
    reason_name,
    signed_pct,
)

if TYPE_CHECKING:
    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.outcome import Outcome

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
FULL_SHADE_PCT = 15.0
"""A month that moved this much has the strongest colour."""


def tiles(outcome: Outcome) -> str:
    """Key figures, the most telling first."""
    o = outcome
    interval = (
        f"95 % sure: {number(o.win_rate_low_pct, 0)} to {number(o.win_rate_high_pct, 0)} %"
        if o.win_rate_pct is not None
        else "no closed trade"
    )
    held = f"{number(o.equity, 0)} JPY, {number(o.gain, 0, sign=True)}"
    fill_costs = number(o.spread + o.slippage, 0)
    shown = (
        ("Return", signed_pct(o.return_pct), held, o.return_pct),
        ("Buy and hold", signed_pct(o.buy_and_hold_pct), "same cash, equal parts", 0),
        (
            "Max drawdown",
            signed_pct(o.max_drawdown_pct),
            f"buy and hold {signed_pct(o.buy_and_hold_drawdown_pct)}",
            0,
        ),
        ("A year", signed_pct(o.cagr_pct), "compound growth", 0),
        ("Sharpe", number(o.sharpe), f"Sortino {number(o.sortino)}", 0),
        ("Profit factor", number(o.profit_factor), "won JPY per lost JPY", 0),
        ("Win rate", number(o.win_rate_pct, 1, " %"), interval, 0),
        (
            "Trades",
            f"{o.trades_closed:,}",
            f"{number(o.mean_hold_h, 1)} h on average, {o.trades_open} still open",
            0,
        ),
        (
            "In the market",
            number(o.exposure_pct, 1, " %"),
            f"{number(o.invested_pct, 1)} % of the account on average",
            0,
        ),
        (
            "Costs",
            number(o.costs, 0, " JPY"),
            f"fees {number(o.fees, 0)}, spread and slippage {fill_costs}",
            0,
        ),
    )
    return tile_list(shown)


def tile_list(shown: Iterable[tuple[str, str, str, float | None]]) -> str:
    """Figures with a name, what they are, a remark, and the number whose sign colours them."""
    return "".join(
        f'<div class="tile"><dt>{name}</dt><dd class="{_tone(tone)}">{value}</dd>'
        f"<dd class='sub'>{sub}</dd></div>"
        for name, value, sub, tone in shown
    )


def _tone(value: float | None) -> str:
    return "" if not value else "up" if value > 0 else "down"


def cell(text: str, tone: float | None = None, extra: str = "") -> str:
    """A cell of a table, coloured by the sign of `tone`."""
    classes = " ".join(one for one in (_tone(tone), extra) if one)
    return f'<td class="{classes}">{text}</td>' if classes else f"<td>{text}</td>"


def coin_rows(outcome: Outcome) -> str:
    """Body of the per-coin table."""
    rows = []
    for pair, row in outcome.coins.iterrows():
        rows.append(
            f'<tr><th scope="row">{escape(coin(str(pair)))}</th>'
            + cell(str(row["trades"]))
            + cell(number(row["win_rate_pct"], 0, " %"))
            + cell(number(row["gain_jpy"], 0, sign=True), row["gain_jpy"])
            + cell(signed_pct(row["mean_gain_pct"]), None, "wide")
            + cell(signed_pct(row["best_pct"], 1), None, "wide")
            + cell(signed_pct(row["worst_pct"], 1), None, "wide")
            + cell(number(row["mean_hold_h"], 1), None, "wide")
            + cell(signed_pct(row["buy_and_hold_pct"], 1))
            + "</tr>"
        )
    return "".join(rows)


def month_table(run: FinishedRun) -> str:
    """Returns by month (UTC) and year, shaded; the first and last month may be cut."""
    changes = _monthly_pct(run)
    rows = []
    for year in sorted({year for year, _ in changes}):
        total, cells = 1.0, []
        for month in range(1, 13):
            change = changes.get((year, month))
            total *= 1 + (change or 0.0) / 100
            cells.append(_shaded(MONTHS[month - 1], change))
        whole = _shaded("Year", (total - 1) * 100)
        rows.append(f'<tr><th scope="row">{year}</th>{"".join(cells)}{whole}</tr>')
    head = "".join(f'<th scope="col">{month}</th>' for month in [*MONTHS, "Year"])
    return (
        f'<table class="months"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _shaded(label: str, change: float | None) -> str:
    if change is None:
        return f'<td class="none" data-label="{label}"></td>'
    strength = min(1.0, abs(change) / FULL_SHADE_PCT) * 0.55 + 0.06
    side = "up" if change >= 0 else "down"
    return (
        f'<td class="{side}" data-label="{label}" style="--s:{strength:.2f}">'
        f"{number(change, 1, sign=True)}</td>"
    )


def _monthly_pct(run: FinishedRun) -> dict[tuple[int, int], float]:
    last: dict[tuple[int, int], float] = {}
    for at, equity in zip(run.curve.at.tolist(), run.curve.equity.tolist(), strict=True):
        # a point at midnight belongs to the month that it ends
        moment = to_datetime(at - 1)
        last[moment.year, moment.month] = equity
    levels = [run.cash, *last.values()]
    before = np.array(levels[:-1])
    change = np.divide(np.diff(levels), before, out=np.zeros(len(before)), where=before > 0)
    return dict(zip(last, (change * 100).tolist(), strict=True))


def counts_table(title: str, counts: Mapping[str, int], named: Callable[[str], str]) -> str:
    """Names with bars as long as their counts; nothing for nothing."""
    if not counts:
        return ""
    most = max(counts.values())
    rows = "".join(
        f'<tr><th scope="row">{escape(named(name))}</th><td>{count:,}</td>'
        f'<td class="bar"><i style="width:{count / most * 100:.1f}%"></i></td></tr>'
        for name, count in counts.items()
    )
    return f'<div><h3>{title}</h3><table class="counts"><tbody>{rows}</tbody></table></div>'


def reason_tables(outcome: Outcome) -> str:
    """Why trades ended, and why coins were not bought."""
    declined = buys_declined(outcome.declined)
    return (
        counts_table("Why trades ended", outcome.reasons, reason_name)
        + counts_table("Why orders were refused", outcome.refused, guard_name)
        + counts_table("Why analyses bought nothing else", declined, guard_name)
    )


def notes(run: FinishedRun) -> str:
    """What was repaired or assumed, and the parameters that are not the owner's."""
    items = [escape(note) for note in run.notes]
    items += [
        f"<code>{escape(name)}</code> = {value:g} instead of {usual:g}"
        for name, (value, usual) in changed_parameters(run).items()
    ]
    if not items:
        return ""
    return f'<ul class="notes">{"".join(f"<li>{item}</li>" for item in items)}</ul>'
