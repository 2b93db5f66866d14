"""The machine and what is kept on it: program, folder, log, nonces."""

from __future__ import annotations

import os
import platform
import re
import shutil
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING

from adapters.exchange.coincheck.nonces import SqliteNonces
from application.errors import Broken, ConfigurationError, InputError, Retryable
from domain.events import OrderRefused
from domain.instant import DAY, SECOND
from entrypoints.doctor.findings import Finding, error, ok, warning
from entrypoints.wiring.log_file import checking

if TYPE_CHECKING:
    from pathlib import Path

    from domain.instruments import Instruments

LOGS = ("paper", "live")
LEAST_MB, SCARCE_MB = 100, 1_000
"""A day of six coins takes about ten MB."""
AHEAD = 10 * SECOND
"""A nonce may be so far ahead of the clock (ms): several calls within one microsecond tick."""
_STATED = re.compile(r"最低量\((\d+(?:\.\d+)?) ([A-Z]+)\)")


def program() -> Finding:
    """Version and interpreter."""
    return ok(
        "version", f"crypto-trader {version('crypto-trader')}, Python {platform.python_version()}"
    )


def disk(folder: Path) -> Finding:
    """Can be written, and has room."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return error(
            "disk",
            f"{there} cannot be written",
            "choose another [general] folder, or give yourself the right to write there",
        )
    free = shutil.disk_usage(there).free // 2**20
    if free < SCARCE_MB:
        find = error if free < LEAST_MB else warning
        return find("disk", f"{free:,} MB are free in {there}", "make room: the log grows for ever")
    return ok("disk", f"{free:,} MB are free in {there}")


async def logs(folder: Path, instruments: Instruments) -> list[Finding]:
    """The hash chain of each log, and minimums that the exchange has stated on it."""
    found: list[Finding] = []
    for name in LOGS:
        path = folder / f"{name}.sqlite"
        if path.exists():
            found += await _log(path, instruments)
    return found or [ok("log", f"there is none yet in {folder}")]


async def _log(path: Path, instruments: Instruments) -> list[Finding]:
    restore = "restore a copy of the file; `crypto-trader audit` tells more"
    try:
        with checking(path) as (store, evidence):
            chain = await evidence.check()
            if chain.violations:
                first = chain.violations[0]
                return [error("log", f"{path}: {first.event}: {first.detail}", restore)]
            refused = [
                event
                async for _, commit in store.read_all()
                for event in commit.events
                if isinstance(event, OrderRefused)
            ]
    except (Broken, InputError, Retryable) as failure:
        return [error("log", f"{path}: {failure}", restore)]
    whole = ok("log", f"{path}: {chain.events:,} events, the hash chain is whole")
    return [whole, *stated_minimums(refused, instruments)]


def stated_minimums(refused: list[OrderRefused], instruments: Instruments) -> list[Finding]:
    """Where a refusal's words contradict the configured minimum; the newest of a pair counts."""
    stated: dict[str, Decimal] = {}
    for one in refused:
        found = _STATED.search(one.detail)
        if found:
            stated[one.pair] = Decimal(found[1])
    wrong = [
        error(
            "order rules",
            f"{one.news}: Coincheck states a minimum of {stated[one.pair]}, {one.min_amount} is "
            "configured",
            f"set min_amount of {one.pair} to {stated[one.pair]} in TRADING_PAIRS_CONFIG",
        )
        for one in instruments
        if one.pair in stated and stated[one.pair] != one.min_amount
    ]
    return wrong or [ok("order rules", "no refusal on the log contradicts them")]


def nonces(folder: Path, key_id: str, now: int, allowed_ms: int = AHEAD) -> Finding:
    """The newest number of a key against the clock (ms)."""
    path = folder / "nonces.sqlite"
    if not path.exists():
        return ok("nonce", "no number was used on this machine yet")
    try:
        last = SqliteNonces(path).last(key_id)
    except (ConfigurationError, Retryable) as failure:
        return error("nonce", str(failure), "as it says")
    ahead = last // 1_000 - now
    if ahead > DAY:
        return error(
            "nonce",
            f"the key's newest number is {ahead / DAY:,.1f} days ahead of the clock",
            "set the clock right; if it is right, make a new API key and remove nonces.sqlite",
        )
    if ahead > allowed_ms:
        return warning(
            "nonce",
            f"the key's newest number is {ahead / SECOND:,.0f} s ahead of the clock",
            "the clock was put back: nothing is lost, numbers are counted up from there",
        )
    return ok("nonce", "the key's numbers follow the clock")
