"""crypto-trader explain: from an order or position back to the candle."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from domain import instant
from domain.instruments import DEFAULT
from entrypoints.cli.moment import Moment


@click.command("explain")
@click.argument("name", metavar="ID", required=False)
@click.option(
    "--log",
    "path",
    type=click.Path(path_type=Path),
    default=Path("build/e.sqlite"),
    show_default=True,
    help="The event log: a file, or aws:STAGE.",
)
@click.option(
    "--why-not",
    nargs=2,
    type=(str, Moment()),
    metavar="PAIR TIME",
    help="Why a pair was not traded by the analysis at or before a time.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(name: str | None, path: Path, why_not: Any, as_json: bool) -> int:
    """Explain an order, a position or an analysis, or a trade that did not happen.

    Every component, weight, threshold and guard is printed with its numbers, so that the sum
    can be redone by hand. `crypto-trader events FILE --type OrderRequested` lists orders.

    \b
    Examples:
      crypto-trader explain 3f2a9c01d4e5b678 --log build/e.sqlite
      crypto-trader explain --log build/e.sqlite --why-not BTC 2025-10-10T21:15
    """
    from application.trading.explain import explain, explain_refusal
    from entrypoints.wiring.log_file import reading

    if (name is None) == (why_not is None):
        raise click.UsageError("give an ID, or --why-not PAIR TIME")
    with reading(path) as store:
        if why_not is not None:
            pair = DEFAULT.of(why_not[0]).pair
            found = asyncio.run(explain_refusal(pair, why_not[1], store=store))
        else:
            found = asyncio.run(explain(str(name), store=store))
    lines = [
        {"at": instant.iso(one.at) if one.at else None, "what": one.what, "text": one.text}
        for one in found.lines
    ]
    if as_json:
        print(json.dumps({"subject": found.subject, "lines": lines}))
        return 0
    click.echo(found.subject)
    before = None
    for line in lines:
        moment = line["at"] if line["at"] not in (None, before) else ""
        before = line["at"] or before
        click.echo(f"{moment:20}  {line['what']:12}  {line['text']}")
    return 0
