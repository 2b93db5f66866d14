"""The estimate as tables in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from entrypoints.cost import owner_figures
from entrypoints.cost.bill import SERVICES
from entrypoints.cost.cautions import cautions, is_within
from entrypoints.cost.estimate import Estimate, affordable_seconds
from entrypoints.cost.outside import OUTSIDE, totals
from entrypoints.cost.reasons import reason
from entrypoints.cost.schedule_runs import DAYS

if TYPE_CHECKING:
    from rich.console import Console

LIST, FREE, NONE = "USD at listed price", "free tier", "no free tier"


def show(found: Estimate, budget: float, console: Console, *, free_tier: bool = True) -> None:
    """Everything, the answer last."""
    console.print(_assumptions(found))
    console.print(_scenarios(found))
    console.print(_collection(found))
    console.print(_forecasts(found))
    console.print(_affordable(found), soft_wrap=True)
    console.print(_outside(found))
    console.print(_services(found))
    for one in cautions(found):
        console.print(f"[yellow]note[/yellow] {escape(one)}", soft_wrap=True)
    console.print(_verdict(found, budget, free_tier=free_tier), soft_wrap=True)


def _table(title: str, *columns: str, left: int = 1) -> Table:
    table = Table(title=title, title_justify="left")
    for at, name in enumerate(columns):
        table.add_column(name, justify="left" if at < left else "right", overflow="fold")
    return table


def _services(found: Estimate) -> Table:
    month, bill = found.month, found.bill
    how = f"{month.analyses / DAYS:g} analyses a day, {month.coins} coins, {month.workflow.lower()}"
    table = _table(f"a month in USD: {how}", "service", FREE, NONE, "owner")
    table.add_column("why they differ", overflow="fold", ratio=1)
    for one in SERVICES:
        usd, full = bill.of(one)
        his = owner_figures.MONTHLY.get(one)
        table.add_row(
            one,
            f"{usd:.2f}",
            f"{full:.2f}",
            f"{his:.2f}" if his is not None else "-",
            escape(reason(found, one)),
        )
    table.add_section()
    table.add_row(
        "AWS",
        f"{bill.usd:.2f}",
        f"{bill.full_usd:.2f}",
        f"~{owner_figures.TOTAL:.2f}",
        f"his rows add up to {sum(owner_figures.MONTHLY.values()):.2f}",
    )
    return table


def _scenarios(found: Estimate) -> Table:
    table = _table(
        "what if (forecasts by the endpoint; * as this template)",
        "analyses a day",
        "forecast",
        "workflow",
        FREE,
        NONE,
        "forecasts",
        "with momentum",
        left=3,
    )
    for one in found.compared:
        table.add_row(
            f"{one.scenario.analyses_a_day:g}{' *' if one.is_template else ''}",
            str(one.scenario.batching),
            str(one.scenario.workflow).lower(),
            f"{one.bill.usd:.2f}",
            f"{one.bill.full_usd:.2f}",
            f"{one.bill.of('SageMaker')[0]:.2f}",
            f"{one.momentum.usd:.2f}",
        )
    return table


def _collection(found: Estimate) -> Table:
    table = _table(
        "prices collected every so many minutes",
        "minutes",
        "analyses a day",
        FREE,
        NONE,
        "collecting alone",
        "owner",
    )
    for one in found.collected:
        table.add_row(
            f"{one.every_min}",
            f"{one.analyses_a_day:g}",
            f"{one.bill.usd:.2f}",
            f"{one.bill.full_usd:.2f}",
            f"{one.own_usd:.2f}",
            f"~{owner_figures.COLLECTION[one.every_min]:.2f}",
        )
    return table


def _forecasts(found: Estimate) -> Table:
    table = _table("forecasts, by what one takes", "forecast", "seconds", "USD", LIST)
    for one in found.forecasts:
        table.add_row(one.batching, f"{one.seconds:g}", f"{one.usd:.2f}", f"{one.listed_usd:.2f}")
    return table


def _affordable(found: Estimate) -> str:
    within = [
        f"{limit:g} USD up to {affordable_seconds(found, limit):.1f} s"
        for limit in (owner_figures.GOAL, owner_figures.BUDGET)
    ]
    return f"288 analyses, all coins in one forecast, stay within {', '.join(within)} a forecast"


def _outside(found: Estimate) -> Table:
    table = _table("outside AWS, USD a month, and both totals", "", "USD", "owner")
    table.add_column("depends on", overflow="fold", ratio=1)
    for one in OUTSIDE:
        span = f"{one.least:g}" if one.least == one.most else f"{one.least:g}-{one.most:g}"
        table.add_row(one.name, span, "", one.note)
    table.add_section()
    for total in totals(found.bill.usd):
        table.add_row(f"all, {total.plan}", f"{total.usd:.2f}", f"~{total.owner_usd:.0f}", "")
    return table


def _assumptions(found: Estimate) -> Table:
    table = Table(title="assumed, or measured elsewhere", title_justify="left")
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("from", overflow="fold", ratio=1)
    for name, one in found.basis.assumed.by_name.items():
        words = name.replace("_", " ")
        table.add_row(words, f"{one.value:,g} {one.unit}", escape(one.source))
    for name, duration in found.basis.durations.by_name.items():
        table.add_row(name, f"{duration.mean_ms:,.0f} ms a call", escape(duration.how))
    return table


def _verdict(found: Estimate, budget: float, *, free_tier: bool) -> str:
    usd = found.bill.usd if free_tier else found.bill.full_usd
    which = "with the free tier" if free_tier else "without any free tier"
    if is_within(found, budget, free_tier=free_tier):
        return f"[green]within the budget[/green]: {usd:.2f} of {budget:.2f} USD {which}"
    if usd > budget:
        return f"[red]over the budget[/red]: {usd:.2f} USD {which}, and {budget:.2f} are allowed"
    return f"[red]not known to be within {budget:.2f} USD[/red]: something has no price here"
