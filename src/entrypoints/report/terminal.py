"""A day's report on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.reporting.report_json import LAST
from domain.instant import HOUR
from entrypoints.backtest.wording import (
    NONE,
    coin,
    guard_name,
    number,
    reason_name,
    signed_pct,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.table import Table

    from application.reporting.daily_report import DailyFigures
    from domain.money import Jpy
    from domain.reporting.day_figures import WindowFigures
    from domain.reporting.window_figures import Counts

MOST = 15
"""Closed trades that are shown."""
HEIGHTS = " ▁▂▃▄▅▆▇█"


def yen(value: Jpy | None, *, sign: bool = False) -> str:
    """Whole yen with a unit; a dash for None."""
    return number(None if value is None else float(value.amount), 0, " JPY", sign=sign)


def render(report: DailyFigures, console: Console) -> None:
    """Print it; colours only where the terminal has them."""
    from rich.text import Text

    day, figures = report.day, report.figures
    unfinished = "" if figures.is_complete else ", not over yet"
    title = f"  {day.name}, to 23:00 in Japan (14:00 UTC){unfinished}"
    console.print(Text.assemble(("Daily report", "bold"), title), soft_wrap=True)
    console.print(_windows(report))
    if figures.closed:
        console.print(_closed(report))
    if len(figures.closed) > MOST:
        console.print(f"and {len(figures.closed) - MOST} that were closed before; see --json")
    console.print(_positions(report) if report.positions else "Nothing is held.")
    console.print(_components(report))
    last = figures.last_24h
    console.print(_scores(last), markup=False)
    _counts(console, "Decisions", last.decisions, str)
    _counts(console, "Coins not bought or sold", last.declined, guard_name)
    _counts(console, "Orders refused", last.refused, guard_name)
    _counts(console, "Nothing collected from", last.failures, str)
    for line in (*state_lines(report), *tuner_lines(report), *check_lines(report)):
        console.print(line, soft_wrap=True, markup=False)


def _windows(report: DailyFigures) -> Table:
    table = _table("")
    windows = report.figures.windows
    for one in windows:
        table.add_column(one.name, justify="right")
    for name, told in FIGURES.items():
        table.add_row(name, *(told(one) for one in windows))
    return table


def _win_rate(one: WindowFigures) -> str:
    t = one.trades
    if t.win_rate is None or t.win_rate_low is None or t.win_rate_high is None:
        return NONE
    low, high = number(t.win_rate_low * 100, 0), number(t.win_rate_high * 100, 0)
    return f"{number(t.win_rate * 100, 0)} % ({low} to {high})"


FIGURES: dict[str, Callable[[WindowFigures], str]] = {
    "gain": lambda one: yen(one.trades.gain, sign=True),
    "closed trades": lambda one: str(one.trades.closed),
    "win rate, 95 % sure": _win_rate,
    "mean gain": lambda one: signed_pct(one.trades.mean_gain_pct),
    "mean holding": lambda one: number(one.trades.mean_hold_h, 1, " h"),
    "bought, sold": lambda one: f"{one.buys}, {one.sells}",
    "fees": lambda one: yen(one.fees),
    "analyses": lambda one: f"{one.analyses:,}",
    "signals": lambda one: f"{one.signals.signals:,}",
    "mean score": lambda one: number(one.signals.mean_total, 3, sign=True),
}
"""Rows of the table of windows, here and on the page."""


def _closed(report: DailyFigures) -> Table:
    table = _table("closed", "gain", "%", "held h", "by")
    for one in report.figures.closed[-MOST:]:
        table.add_row(
            coin(one.pair),
            yen(one.gain, sign=True),
            signed_pct(one.gain_pct),
            number(one.hold_ms / HOUR, 1),
            reason_name(one.reason),
        )
    return table


def _positions(report: DailyFigures) -> Table:
    table = _table("held", "coins", "entry", "stop", "held h", "gain")
    for one in report.positions:
        held = one.position
        table.add_row(
            coin(held.pair),
            f"{held.quantity.normalize():f}",
            yen(held.entry),
            yen(held.stop),
            number((report.day.end - held.opened_at) / HOUR, 1),
            yen(one.gain, sign=True),
        )
    return table


def _components(report: DailyFigures) -> Table:
    table = _table("component, 24h", "mean", "deviation", "near zero", "absent")
    for one in report.figures.last_24h.signals.components:
        share = None if one.near_zero_share is None else one.near_zero_share * 100
        table.add_row(
            one.name,
            number(one.mean, 3, sign=True),
            number(one.deviation, 3),
            number(share, 0, " %"),
            f"{one.absent:,}",
        )
    return table


def _scores(one: WindowFigures) -> str:
    """The histogram of the scores in one line: what was scored at all has a height."""
    counts = one.signals.histogram
    most = max(counts) or 1
    bars = "".join(HEIGHTS[-(-count * (len(HEIGHTS) - 1) // most)] for count in counts)
    return f"Scores from {number(-1, 0)} to +1: |{bars}|"


def _table(first: str, *names: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _counts(console: Console, title: str, counts: Counts, named: Callable[[str], str]) -> None:
    if counts:
        parts = ", ".join(f"{named(name)} {count:,}" for name, count in counts)
        console.print(f"{title}: {parts}", markup=False)


def state_lines(report: DailyFigures) -> Iterator[str]:
    """Account, market, breaker and month; nothing about what is not known."""
    figures, month, budget = report.figures, report.figures.month, report.budget
    if report.equity is not None:
        yield f"Account: {yen(report.equity)}"
    if (market := figures.market) is not None:
        parts = [
            ("fear and greed", number(market.fear_greed, 0)),
            ("funding", number(_times_100(market.funding_rate), 4, " %", sign=True)),
            ("dominance", number(market.btc_dominance, 1, " %")),
        ]
        told = ", ".join(f"{name} {value}" for name, value in parts if value != NONE)
        yield f"Market: score {number(market.score, 2, sign=True)}{', ' if told else ''}{told}"
    if figures.breaker_open:
        yield "The circuit breaker has tripped: nothing is bought."
    spent = [f"gain {yen(month.gain, sign=True)}", f"fees {yen(month.fees)}"]
    if month.news_calls is not None:
        spent.append(f"news calls {month.news_calls:,} of {budget.news_calls:,}")
    if report.spent_usd is not None:
        spent.append(f"cost {report.spent_usd:.2f} of {budget.usd:.2f} USD")
    yield f"Month {month.month}: {', '.join(spent)}"
    if report.changed:
        changed = ", ".join(f"{name} {value:g}" for name, value in report.changed)
        yield f"Parameters that are not the owner's: {changed}"


def tuner_lines(report: DailyFigures) -> Iterator[str]:
    """What the tuner did so far; nothing where none has run."""
    found = report.improvements
    if found.nights:
        yield f"Tuner: {found.nights:,} nights, {found.tried:,} candidates tried"
    for one in found.changes[-LAST:]:
        moves = ", ".join(
            f"{move.name} {move.before:g} to {move.after:g}" for move in one.made.moves
        )
        yield f"{one.made.change}: {moves}, {one.state}"


def _times_100(value: float | None) -> float | None:
    return None if value is None else value * 100


def check_lines(report: DailyFigures) -> Iterator[str]:
    """What the checks of the log found."""
    audit, parity, head = report.audit, report.parity, report.head
    if audit is not None:
        verdict = "books balance, nothing wrong" if audit.balanced else "NOT in order"
        line = f"Audit: {verdict}; {audit.events:,} events, {audit.compared} balances compared"
        if audit.first_bad is not None:
            line += f", {audit.violations} violations, the first at {audit.first_bad}"
        yield line
    if parity is not None:
        line = f"Decided again: {parity.equal:,} of {parity.decisions:,} decisions are equal"
        if parity.fills:
            mean = number(parity.mean_bp, 1, sign=True)
            line += f"; {parity.fills} fills {mean} basis points from their quotes"
        yield line
    if head is not None:
        yield f"Log: {head.commits:,} commits, digest {head.digest or NONE}"
    if report.figures.contradictions:
        yield f"{report.figures.contradictions} events contradict the log and were left out."
    for note in report.notes:
        yield f"Not known: {note}"
