"""Units of DynamoDB that a month reads and writes, and what it keeps, activity by activity.

What is appended at once is one transaction, at double cost; each index of the log is written once
more. Reads are consistent: a unit for each 4 KB. Repeats after conflicts are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final

import attrs

from application.market.collect_prices import CLOSES
from application.read_models import PRICES, SIGNALS
from domain.instant import DAY
from domain.parameters import STANDARD
from entrypoints.cost.schedule_runs import DAYS
from entrypoints.cost.workload import CANDLES_A_DAY, Month

LOG: Final = "events"
NIGHT: Final = "the night's report and checks"
WRITE_UNIT: Final = 1024
READ_UNIT: Final = 4096
GB: Final = 1024**3


@attrs.frozen
class Traffic:
    """Units a month of one activity."""

    what: str
    writes: float
    reads: float


@attrs.frozen
class Kept:
    """GB in tables and indexes, and those of them that can be restored to any moment."""

    stored: float
    recoverable: float


def traffic_of(month: Month) -> list[Traffic]:
    """What each activity reads and writes; nothing where the stack has no log."""
    if month.stack.table(LOG) is None:
        return []
    return [
        _collecting(month),
        _analysing(month),
        _ordering(month),
        _watching(month),
        *_feeding(month),
        _reporting(month),
    ]


def kept_of(month: Month) -> Kept:
    """What lies in the tables after so many months of log."""
    log = month.stack.table(LOG)
    if log is None:
        return Kept(0.0, 0.0)
    assumed = month.assumed
    events = log_bytes(month) + _log_items(month) * assumed["item_overhead"]
    per_day = month.coins * CANDLES_A_DAY
    rows = per_day * _days(PRICES.lifetime_ms) * (assumed["price_row"] + assumed["item_overhead"])
    rows += (
        month.analyses
        / DAYS
        * month.coins
        * _days(SIGNALS.lifetime_ms)
        * (assumed["signal_row"] + assumed["item_overhead"])
    )
    stored = events * (1 + log.indexes) + rows
    return Kept(stored / GB, events / GB if log.recovers else 0.0)


def log_bytes(month: Month) -> float:
    """Bytes of the log's items, after so many months."""
    return sum(size * count for size, count in _commits(month)) * month.assumed["months_of_log"]


def _log_items(month: Month) -> float:
    return sum(count for _, count in _commits(month)) * month.assumed["months_of_log"]


def _commits(month: Month) -> Iterator[tuple[float, float]]:
    """(bytes, number a month) of the commits of each kind."""
    small = month.assumed["small_commit"]
    yield _tick(month), month.stored_collections
    yield _analysis(month), month.analyses
    yield _news(month), month.ran("news-collector")
    yield small, month.ran("market-context")
    # asked for and refused, or asked for, about to be sent, placed, filled, and its position
    yield small, 2 * (month.orders - month.fills) + 5 * month.fills
    yield small, month.assumed["position_moves_a_day"] * DAYS


def _tick(month: Month) -> float:
    assumed = month.assumed
    candles = month.coins * month.candles_a_collection
    return assumed["tick_commit"] + assumed["tick_commit_a_coin"] * candles


def _analysis(month: Month) -> float:
    return month.assumed["analysis_commit"] + month.assumed["analysis_commit_a_coin"] * month.coins


def _news(month: Month) -> float:
    return month.assumed["news_commit"] + month.assumed["news_commit_a_coin"] * month.coins


def _collecting(month: Month) -> Traffic:
    """A new process reads the newest closes of each coin before it stores what has closed."""
    assumed = month.assumed
    candles = month.coins * month.candles_a_collection
    writes = month.stored_collections * (
        2 * candles * _write(assumed["price_row"]) + _append(month, [_tick(month)])
    )
    # the trigger's row, in the same transaction
    writes += month.analyses * 2 * _write(assumed["state_row"])
    reads = _read(_tick(month)) + month.coins * _read(CLOSES * assumed["price_row"]) + 1
    return Traffic("collecting prices", writes, month.collections * reads)


def _analysing(month: Month) -> Traffic:
    """Each component reads its candles by itself; the decision writes a signal of each coin."""
    assumed = month.assumed
    row = assumed["price_row"]
    a_coin = {
        "technical": _read(STANDARD.technical_candles * row),
        "chronos-caller": _read((STANDARD.momentum_long_candles + 1) * row),
        "sentiment-getter": _read(assumed["sentiment_row"]),
    }
    if month.endpoint is not None:
        a_coin["chronos-caller"] += _read(STANDARD.forecast_candles * row)
    known = {one.name for one in month.stack.functions}
    reads = month.coins * sum(units for name, units in a_coin.items() if name in known)
    # is it decided already, the market's mood, what is held, what is under way
    reads += (
        _read(_analysis(month))
        + _read(assumed["context_row"])
        + _read(assumed["open_positions"] * assumed["position_row"])
        + _read((month.coins + 2) * assumed["state_row"])
    )
    signals = 2 * month.coins * _write(assumed["signal_row"])
    writes = signals + _append(month, [_analysis(month)])
    return Traffic("analyses", month.analyses * writes, month.analyses * reads)


def _ordering(month: Month) -> Traffic:
    """Each step of an order is a commit with the row of what is under way."""
    assumed = month.assumed
    small, state = assumed["small_commit"], 2 * _write(assumed["state_row"])
    step = _append(month, [small]) + state
    refused, sent = 2 * step, 4 * step
    booked = _append(month, [small]) + 2 * (
        2 * _write(assumed["position_row"]) + _write(assumed["trade_row"])
    )
    writes = refused * (month.orders - month.fills) + (sent + booked) * month.fills
    # the order, what is under way and held, and what is asked again before each step
    reads = 10 * month.orders + 20 * month.fills
    return Traffic("orders", writes, reads)


def _watching(month: Month) -> Traffic:
    assumed = month.assumed
    reads = (
        1
        + _read((month.coins + 2) * assumed["state_row"])
        + _read(assumed["open_positions"] * assumed["position_row"])
    )
    # a row of an open position and its copy
    move = _append(month, [assumed["small_commit"]]) + 4 * _write(assumed["position_row"])
    runs = month.ran("position-monitor")
    writes = move * assumed["position_moves_a_day"] * DAYS if runs else 0.0
    return Traffic("watching positions", writes, reads * runs)


def _feeding(month: Month) -> Iterator[Traffic]:
    assumed = month.assumed
    news, mood = month.ran("news-collector"), month.ran("market-context")
    rows = 2 * month.coins * _write(assumed["sentiment_row"])
    yield Traffic("news", news * (_append(month, [_news(month)]) + rows), 3 * news)
    row = 2 * _write(assumed["context_row"])
    yield Traffic(
        "market's mood", mood * (_append(month, [assumed["small_commit"]]) + row), 2 * mood
    )


def _reporting(month: Month) -> Traffic:
    """What the nights read of the log, from its index, which costs half."""
    nights = month.ran("daily-reporter")
    reads = nights * night_bytes(month) / READ_UNIT / 2
    writes = nights * 2 * _append(month, [month.assumed["small_commit"]])
    return Traffic(NIGHT, writes, reads)


def night_bytes(month: Month) -> float:
    """Bytes of the log that one night reads: what counts of it, three times, and a day an anchor.

    The figures, deciding again and the tuner each begin some 92 days back, whatever the log's
    age. The tuner reads on those nights alone on which it may try something: taken as all.
    """
    age = month.assumed["months_of_log"] * 365 / 12
    if not age:
        return 0
    days = 3 * min(age, month.assumed["days_read_a_night"]) + 2 * min(age, 1)
    return log_bytes(month) * days / age


def _append(month: Month, commits: Sequence[float]) -> float:
    """Write units of commits in a transaction, their indexes included."""
    log = month.stack.table(LOG)
    indexes = log.indexes if log is not None else 0
    return sum((2 + indexes) * _write(size) for size in commits)


def _write(size: float) -> float:
    return ceil(size / WRITE_UNIT)


def _read(size: float) -> float:
    return max(1, ceil(size / READ_UNIT))


def _days(lifetime_ms: int | None) -> float:
    return (lifetime_ms or 0) / DAY
