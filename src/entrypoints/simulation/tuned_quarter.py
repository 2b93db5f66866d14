"""A quarter with the tuner on: reports at 23:00 in Japan, changes, reviews, one taken back."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from adapters.exchange.simulated.yen_rate import YenPrice, YenRate, load_premium
from adapters.proposer.box_search import BoxSearch
from adapters.wire_format.digest import RunDigest
from application.improvements import Improvements, improvements
from application.policy import STANDARD as OWNERS
from application.policy import BuyRequest
from application.reporting.night_checks import NightChecks
from domain.events import Commit, DailyReportPublished, ParametersChanged, PositionClosed, Sizing
from domain.instant import CANDLE, DAY, JAPAN, iso
from domain.instruments import Instruments
from domain.money import Jpy
from domain.trading.order_amounts import distinct_amount
from domain.tuning.in_force import STREAM as PARAMETERS
from entrypoints.local.night import Night
from entrypoints.local.trader import Trader
from entrypoints.simulation.planted_market import Rule, on_the_hour, planted_market
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.parameters import StrategyParameters
    from entrypoints.wiring.environment import Environment

USDJPY: Final = 150.0
STAKE: Final = Jpy(Decimal(15_000))
CASH: Final = Jpy(Decimal(10_000_000))
LOSS, GAIN = -0.06, 0.12
"""What the rules move a coin by."""
SECOND: Final = 36
"""The day on which the second rule begins."""
NEVER: Final = 10_000
LEAST_DAYS: Final = 28
"""Shorter, and the tuner's gates stay shut to the end."""


def rules(p: StrategyParameters, turn: int) -> tuple[Rule, ...]:
    """Buying just over the threshold loses, for ever.

    From the second rule's day on so does buying a little higher, until the day of the turn: from
    then on it gains, and who has stopped doing it was wrong.
    """
    low, middle, high = (p.buy_threshold + step for step in (0.0, 0.03, 0.06))
    return (
        Rule(first_day=0, end_day=NEVER, low=low, high=middle, move=LOSS),
        Rule(first_day=SECOND, end_day=turn, low=middle, high=high, move=LOSS),
        Rule(first_day=turn, end_day=NEVER, low=middle, high=high, move=GAIN),
    )


@attrs.frozen(kw_only=True)
class Quarter:
    """What the quarter came to. `turn` is the day on which the second rule turned over."""

    turn: int
    reports: tuple[str, ...]
    report_times: tuple[int, ...]
    improvements: Improvements
    digest: str
    events: int
    trades: int


def run_quarter(
    seed: int,
    days: int,
    instruments: Instruments,
    parameters: StrategyParameters,
    *,
    keep: Path | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Quarter:
    """Trade it whole, in memory, every position of one size; `keep` writes the log to a file.

    It is traded twice: up to the second change, to know when that comes, and then whole, in a
    market that turns the day after it. Until then both are the same. Sizing by past trades and
    the circuit breaker are off, for the market is made to lose.
    """
    p = parameters.with_settings(["breaker_losses_in_a_row=1000", "breaker_loss_jpy=1000000000"])
    before = _World(seed, days, instruments, p, NEVER)
    turn = asyncio.run(before.run(told, until_changes=2))
    world = _World(seed, days, instruments, p, turn + 1)
    asyncio.run(world.run(told))
    if keep is not None:
        from entrypoints.simulation.kept_log import keep_commits

        keep_commits(world.commits, world.environment.clock(), keep)
    return asyncio.run(_summary(world.environment, turn + 1))


class _World:
    """A market with rules, the trader in it, and its nights."""

    def __init__(
        self,
        seed: int,
        days: int,
        instruments: Instruments,
        p: StrategyParameters,
        turn: int,
    ) -> None:
        market = planted_market(seed, days, instruments.pairs, rules(p, turn), p)
        self._days = days
        self._series = next(iter(market.series.values()))
        self.environment = in_memory(
            series=providers.Object(dict(market.series)),
            yen=providers.Object(YenPrice(YenRate.constant(USDJPY), load_premium("0"))),
            instruments=providers.Object(instruments),
            parameters=providers.Object(p),
            policy=providers.Object(attrs.evolve(OWNERS, due=on_the_hour, size=_one_stake)),
            cash=providers.Object(CASH),
            forecaster=providers.Object(market.forecaster),
            proposer=providers.Singleton(BoxSearch),
        )

    @property
    def commits(self) -> Sequence[Commit]:
        """The whole log."""
        found: Sequence[Commit] = self.environment.event_store().commits
        return found

    async def run(
        self, told: Callable[[int, int], None] | None, until_changes: int | None = None
    ) -> int:
        """Tick by tick, a night after every day; gives the day that it ended in.

        With `until_changes` it ends when so many changes were made.
        """
        ports, clock = self.environment.ports(), self.environment.clock()
        trader = Trader(ports)
        night = Night(
            ports,
            archive=self.environment.report_archive(),
            evidence=None,
            checks=NightChecks,
            proposer=self.environment.proposer(),
        )
        opened = self._series.open_time
        first = int(opened[0])
        at = start = first + (ports.parameters.technical_candles + 1) * CANDLE
        for at in range(start, int(opened[-1]), CANDLE):
            clock.move_to(at)
            await trader.tick(at)
            await night.turn(at, trader.reactions, trader.troubles)
            day, rest = divmod(at - first, DAY)
            if rest == 0 and told is not None:
                told(day, self._days)
            if rest == 0 and until_changes is not None and await self._changes() >= until_changes:
                break
        return (at - first) // DAY

    async def _changes(self) -> int:
        commits = await self.environment.event_store().read(PARAMETERS)
        return sum(isinstance(e, ParametersChanged) for one in commits for e in one.events)


async def _one_stake(request: BuyRequest, p: StrategyParameters) -> tuple[Jpy, Sizing]:
    """The same for every position, but for what keeps two orders apart."""
    amount = distinct_amount(STAKE, request.recent_amounts, p)
    return amount, Sizing("one_stake", request.jpy_free, 1.0, STAKE, 0, None, None)


async def _summary(environment: Environment, turn: int) -> Quarter:
    digest, events, trades = RunDigest(), 0, 0
    reports: list[tuple[str, int]] = []
    for commit in environment.event_store().commits:
        digest.add(commit)
        events += len(commit.events)
        for event in commit.events:
            if isinstance(event, DailyReportPublished):
                reports.append((event.day, commit.at))
            trades += isinstance(event, PositionClosed)
    return Quarter(
        turn=turn,
        reports=tuple(day for day, _ in reports),
        report_times=tuple(at for _, at in reports),
        improvements=await improvements(environment.event_store(), environment.parameters()),
        digest=digest.hexdigest(),
        events=events,
        trades=trades,
    )


def to_data(seed: int, days: int, quarter: Quarter) -> dict[str, Any]:
    """A quarter as JSON values."""
    found = quarter.improvements
    return {
        "seed": seed,
        "days": days,
        "turn_day": None if quarter.turn > days else quarter.turn,
        "events": quarter.events,
        "trades": quarter.trades,
        "reports": len(quarter.reports),
        "report_times_jst": sorted({iso(at + JAPAN)[11:16] for at in quarter.report_times}),
        "nights": found.nights,
        "tried": found.tried,
        "shut": dict(found.shut.most_common()),
        "refused": len(found.refused),
        "changes": [
            {
                "change": one.made.change,
                "moves": [
                    {"name": move.name, "before": move.before, "after": move.after}
                    for move in one.made.moves
                ],
                "probability": one.made.probability,
                "tries": one.made.tried,
                "review_gain_jpy": None if one.reviewed is None else one.reviewed.gain_jpy,
                "worse": None if one.reviewed is None else one.reviewed.worse,
                "state": one.state,
            }
            for one in found.changes
        ],
        "digest": quarter.digest,
    }
