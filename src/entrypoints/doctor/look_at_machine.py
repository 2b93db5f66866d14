"""Reads what this machine is like: version, disk, logs. Nothing is left behind."""

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from adapters.exchange.coincheck.rules import OrderRules
from application.errors import ConfigurationError, OutsideError
from domain.events import OrderRefused
from domain.instruments import Instruments
from entrypoints.doctor.findings import Finding, error, well
from entrypoints.doctor.judge_coins import judge_rules
from entrypoints.doctor.judge_machine import LOG, judge_disk, judge_log, judge_version
from entrypoints.wiring.log_file import checking

PACKAGE = "crypto-trader"
LOGS = ("live.sqlite", "paper.sqlite", "trader.sqlite")
NONCES = "nonces.sqlite"
BY_EXCHANGE = "exchange"
"""The guard of a refusal that is the exchange's own."""


def look_at_version() -> list[Finding]:
    """Which program this is."""
    try:
        package: str | None = version(PACKAGE)
    except PackageNotFoundError:
        package = None
    return [judge_version(tuple(sys.version_info[:3]), package, sqlite3.sqlite_version)]


def look_at_disk(folder: Path) -> list[Finding]:
    """Whether the folder, or the one that it will be made in, takes files, and how many."""
    place = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    problem = None
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x")
            file.flush()
    except OSError as failure:
        problem = failure.strerror or str(failure)
    return [judge_disk(folder, shutil.disk_usage(place).free, problem)]


async def look_at_logs(paths: Iterable[Path], instruments: Instruments) -> list[Finding]:
    """The hash chain of each log, and what the exchange's refusals on them say of our rules."""
    findings, refusals = [], []
    for path in paths:
        if not path.exists():
            continue
        finding, said = await _look_at_log(path)
        findings.append(finding)
        refusals += said
    if not findings:
        findings.append(well(LOG, "no log yet"))
    return [*findings, *compare_rules(refusals, instruments)]


async def _look_at_log(path: Path) -> tuple[Finding, list[OrderRefused]]:
    refusals = []
    try:
        with checking(path) as (store, evidence):
            chain = await evidence.check()
            if not chain.violations:
                async for _, commit in store.read_all():
                    refusals += [one for one in commit.events if isinstance(one, OrderRefused)]
    except (OutsideError, ConfigurationError) as failure:
        text = str(failure)
        what = f"restore a copy of it, or see what is wrong with `crypto-trader audit {path}`"
        return error(LOG, text if str(path) in text else f"{path}: {text}", what), []
    return judge_log(path, chain), refusals


def compare_rules(refusals: Iterable[OrderRefused], instruments: Instruments) -> list[Finding]:
    """What the exchange has stated last of each coin, against our table."""
    rules = OrderRules(instruments)
    heard = [one for one in refusals if one.guard == BY_EXCHANGE]
    known = {one.pair: one for one in instruments}
    for one in heard:
        if one.pair in known:
            rules.learn(one.pair, known[one.pair].coincheck, one.detail)
    learned = [(one, rules.of(one.pair).min_amount) for one in instruments]
    other = [(one, stated) for one, stated in learned if stated != one.min_amount]
    return judge_rules(other, len(heard), len(known))
