"""crypto-trader audit: is a log whole, and do its books balance."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.trading.books import Account

if TYPE_CHECKING:
    from application.upkeep.audit_log import Audit

MOST = 20
"""Violations that are shown."""


class Digest(click.ParamType):
    """64 hex digits, in any case."""

    name = "digest"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """In lower case."""
        if not re.fullmatch("[0-9a-fA-F]{64}", value):
            self.fail(f"{value!r} is not a digest of 64 hex digits", param, ctx)
        return str(value).lower()


@click.command("audit")
@click.argument("path", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@click.option(
    "--aws",
    "stage",
    is_flag=False,
    flag_value="prod",
    metavar="[STAGE]",
    help="The log of a deployed stage instead of a file's.",
)
@click.option("--anchor", "wanted", type=Digest(), help="A digest of this log kept elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(path: Path | None, stage: str | None, wanted: str | None, as_json: bool) -> int:
    """Check the hash chain of a log, and keep its books again.

    Every commit must fit the ones before it; fills, positions, stops and causes must agree;
    and whenever the exchange said what the account holds, double-entry books of JPY and coins
    must say the same to the last decimal. Exit status 1 when anything is wrong.

    \b
    Examples:
      crypto-trader audit build/e.sqlite
      crypto-trader audit build/e.sqlite --anchor "$(cat anchor.txt)" --json
      crypto-trader audit --aws
    """
    if (path is None) == (stage is None):
        raise click.UsageError("give either the FILE of a log or --aws")
    audit = _of_stage(stage, wanted) if stage is not None else _of_file(path, wanted)
    if as_json:
        print(json.dumps(_result(audit)))
    else:
        _show(audit)
    return 0 if audit.is_balanced else 1


def _of_file(path: Path | None, wanted: str | None) -> Audit:
    from application.upkeep.audit_log import audit_log
    from entrypoints.wiring.log_file import checking

    assert path is not None
    with checking(path) as (store, evidence):
        return asyncio.run(audit_log(store=store, evidence=evidence, wanted=wanted))


def _of_stage(stage: str, wanted: str | None) -> Audit:
    from application.upkeep.audit_log import audit_log
    from entrypoints.wiring.cloud.stage_log import stage_log

    store, evidence = stage_log(stage)
    return asyncio.run(audit_log(store=store, evidence=evidence, wanted=wanted))


def _result(audit: Audit) -> dict[str, Any]:
    """`first_bad` is the id of the first event that breaks a rule; amounts are exact texts."""
    auditor, violations = audit.auditor, audit.violations
    return {
        "balanced": audit.is_balanced,
        "events": audit.chain.events,
        "residuals": {name: f"{amount:f}" for name, amount in auditor.residuals.items()},
        "first_bad": violations[0].event if violations else None,
        "commits": audit.chain.anchor.commits,
        "chain": _chain(audit),
        "anchor": audit.chain.anchor.digest or None,
        "compared": auditor.compared,
        "not_compared": auditor.skipped,
        "under_way": list(auditor.under_way),
        "books": [
            {"account": account.value, "currency": currency, "amount": f"{amount:f}"}
            for account, currency, amount in auditor.books.balances()
        ],
        "violations": [
            {"position": one.position, "event": one.event, "rule": one.rule, "detail": one.detail}
            for one in violations[:MOST]
        ],
    }


def _chain(audit: Audit) -> str:
    if not audit.chain.is_chained:
        return "none"
    return "broken" if audit.chain.violations else "whole"


def _show(audit: Audit) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(file=sys.stdout, highlight=False)
    auditor, chain, violations = audit.auditor, audit.chain, audit.violations
    table = Table(title="Books: what came in or went out, and what is held", title_justify="left")
    table.add_column("currency")
    booked = [(account, currency) for account, currency, _ in auditor.books.balances()]
    sources = [one for one in Account if one is not Account.EXCHANGE and one in dict(booked)]
    for name in (*sources, "held"):
        table.add_column(str(name), justify="right", overflow="fold")
    for currency in dict.fromkeys(currency for _, currency in booked):
        came = [-auditor.books.balance(one, currency) for one in sources]
        amounts = (*came, auditor.books.held(currency))
        table.add_row(currency, *(f"{one:f}" if one else "0" for one in amounts))
    if table.row_count:
        console.print(table)
    words = {
        "none": "no hash chain: an older program wrote this log; edits cannot be told",
        "whole": f"hash chain whole, anchor {chain.anchor.digest}",
        "broken": "hash chain broken; the books end before that",
    }
    console.print(f"{chain.events:,} events in {chain.anchor.commits:,} commits", soft_wrap=True)
    console.print(words[_chain(audit)], soft_wrap=True)
    console.print(
        f"{auditor.compared} balances of the exchange compared, {auditor.skipped} not: "
        "another order was under way",
        soft_wrap=True,
    )
    for name, amount in auditor.residuals.items():
        console.print(f"[red]residual[/red] {amount:+f} {name}", soft_wrap=True)
    for one in violations[:MOST]:
        said = escape(f"{one.event}: {one.detail}")
        console.print(f"[red]{one.rule}[/red] {said}", soft_wrap=True)
    if len(violations) > MOST:
        console.print(f"and {len(violations) - MOST} more", soft_wrap=True)
    verdict = "balanced, nothing wrong" if audit.is_balanced else "NOT in order"
    console.print(f"[bold]{verdict}[/bold]", soft_wrap=True)
