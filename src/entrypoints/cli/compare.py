"""What `crypto-trader replay --compare` prints."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from entrypoints.counterfactual.compare import Compared, Side


def compare_log(
    path: Path,
    *,
    settings: Sequence[str],
    without: Sequence[str],
    base: Sequence[str],
    usdjpy: str | None,
    as_json: bool,
) -> int:
    """Read the inputs of a log, trade them twice, print the difference."""
    from domain.instant import iso
    from domain.parameters import STANDARD
    from entrypoints.counterfactual.compare import changed, compare
    from entrypoints.counterfactual.recorded_inputs import recorded_inputs
    from entrypoints.wiring.log_file import reading

    before = STANDARD.with_settings(base)
    after = changed(before, settings, without)
    with reading(path) as store:
        inputs = asyncio.run(recorded_inputs(store))
    found = compare(inputs, before, after, usdjpy=usdjpy, told=_told)
    told = {
        "from": iso(inputs.start),
        "to": iso(inputs.end),
        "analyses": len(inputs.analyses),
        "set": list(settings),
        "without": list(without),
        **_data(found),
    }
    if as_json:
        print(json.dumps(told, allow_nan=False))
    else:
        _show(told)
    return 0


def _told(words: str) -> None:
    if sys.stderr.isatty():
        print(f"trading it {words} ...", file=sys.stderr)


def _data(found: Compared) -> dict[str, Any]:
    interval = found.interval
    return {
        "difference_jpy": round(found.difference, 2),
        "interval_95_jpy": None
        if interval is None
        else [round(interval.low, 2), round(interval.high, 2)],
        "block_days": None if interval is None else interval.block_days,
        "decided_otherwise": found.decided_otherwise,
        "base": _side(found.base),
        "other": _side(found.other),
        "yen": found.yen,
    }


def _side(one: Side) -> dict[str, Any]:
    return {
        "gain_jpy": round(one.gain, 2),
        "equity_jpy": round(one.equity[-1], 2),
        "orders": one.orders,
        "trades": one.trades,
    }


def _show(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(title=f"{told['from']} to {told['to']}, {told['analyses']:,} analyses")
    for name in ("", "gain, JPY", "at the end, JPY", "orders", "trades"):
        table.add_column(name, justify="right" if name else "left")
    asked = [*told["set"], *(f"without {one}" for one in told["without"])]
    for name, one in (("as it was", told["base"]), (", ".join(asked) or "same", told["other"])):
        table.add_row(
            name,
            f"{one['gain_jpy']:+,.0f}",
            f"{one['equity_jpy']:,.0f}",
            f"{one['orders']:,}",
            f"{one['trades']:,}",
        )
    console.print(table)
    line = f"difference: {told['difference_jpy']:+,.0f} JPY"
    interval = told["interval_95_jpy"]
    if interval is None:
        line += "; too few days for an interval"
    else:
        low, high = interval
        line += f", 95 % between {low:+,.0f} and {high:+,.0f}"
        if low <= 0 <= high:
            line += ": it may be luck"
    console.print(line)
    console.print(f"{told['decided_otherwise']:,} analyses decided otherwise")
    console.print(f"yen: {told['yen']}; both sides trade in memory under the same assumptions")
