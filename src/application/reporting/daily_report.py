"""The report of a day: what the log says, the account at market prices, and the night's checks."""

from collections.abc import Awaitable
from decimal import Decimal
from typing import Final, TypeVar

import attrs

from application.errors import OutsideError
from application.improvements import Improvements, improvements
from application.messages import HeldPosition
from application.parameters_in_force import parameters_in_force
from application.ports.event_store import EventStore
from application.ports.exchange import Exchange
from application.ports.tamper_evidence import Anchor
from application.reporting.night_checks import AuditLine, NightChecks, ParityLine
from domain.errors import DomainError
from domain.instruments import Instruments
from domain.money import Jpy
from domain.parameters import STANDARD, StrategyParameters
from domain.reporting.day_figures import DayFigures, DayResult
from domain.reporting.day_fold import DayFold
from domain.reporting.report_day import ReportDay

T = TypeVar("T")
NONE: Final = Decimal(0)


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Budget:
    """What a month may cost: USD for running it, and calls of the news plan."""

    usd: float = 10.0
    news_calls: int = 3_000


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class DailyFigures:
    """All that is reported of a day.

    `positions` as at its end, at the prices of when the report was made. `equity` is cash and
    coins in JPY then. `spent_usd` of the month is None where no bill is known. `changed` names
    the parameters in force that are not the owner's, with their values. `improvements` is what
    the tuner did before the day's end. `notes` say what could not be found out.
    """

    figures: DayFigures
    positions: tuple[HeldPosition, ...]
    equity: Jpy | None
    head: Anchor | None
    audit: AuditLine | None
    parity: ParityLine | None
    budget: Budget
    spent_usd: float | None
    changed: tuple[tuple[str, float], ...]
    improvements: Improvements
    notes: tuple[str, ...]

    @property
    def day(self) -> ReportDay:
        """The day."""
        return self.figures.day


async def daily_report(
    day: ReportDay,
    *,
    store: EventStore,
    since: int = 0,
    instruments: Instruments,
    parameters: StrategyParameters,
    exchange: Exchange | None = None,
    checks: NightChecks | None = None,
    budget: Budget | None = None,
    spent_usd: float | None = None,
) -> DailyFigures:
    """Read the log for its figures and for each check, and ask the exchange what is held.

    Without an exchange positions have no price, and the equity is the one that was published,
    if it was. `since` (ms) is what `report_reach` says, where a log can be read from there.
    Raises Retryable or Broken when the log cannot be read.
    """
    fold = DayFold(day)
    async for _, commit in store.read_all(store.place_of(since)):
        fold.add(commit)
    figures = fold.figures()
    desk = _Asked(exchange)
    checks = checks or NightChecks()
    positions = [HeldPosition(one, await desk.price(one.pair)) for one in figures.positions]
    equity = await desk.equity(instruments)
    if equity is None:
        equity = next((one.equity for one in figures.days if one.day == day.name), None)
    head = await desk.tried("digest of the log", checks.head and checks.head())
    audit = await desk.tried("audit", checks.audit and checks.audit())
    again = checks.parity and checks.parity(day.start, day.end)
    parity = await desk.tried("deciding again", again)
    in_force = (await parameters_in_force(store, parameters)).at(day.end - 1)
    return DailyFigures(
        figures=attrs.evolve(figures, days=tuple(_valued(figures.days, day.name, equity))),
        positions=tuple(positions),
        equity=equity,
        head=head,
        audit=audit,
        parity=parity,
        budget=budget or Budget(),
        spent_usd=spent_usd,
        changed=tuple(_changed(in_force)),
        improvements=await improvements(store, parameters, day.end),
        notes=tuple(desk.notes),
    )


def _valued(days: tuple[DayResult, ...], name: str, equity: Jpy | None) -> list[DayResult]:
    return [attrs.evolve(one, equity=equity) if one.day == name else one for one in days]


def _changed(parameters: StrategyParameters) -> list[tuple[str, float]]:
    names = [one.name for one in attrs.fields(StrategyParameters)]
    return [
        (name, getattr(parameters, name))
        for name in names
        if getattr(parameters, name) != getattr(STANDARD, name)
    ]


class _Asked:
    """Questions that may stay unanswered: what is missing is noted, and the report goes on."""

    def __init__(self, exchange: Exchange | None) -> None:
        self._exchange = exchange
        self._prices: dict[str, Jpy | None] = {}
        self.notes: list[str] = []

    async def tried(self, name: str, answer: Awaitable[T] | None) -> T | None:
        """The answer, or None."""
        if answer is None:
            return None
        try:
            return await answer
        except (OutsideError, DomainError) as failure:
            self.notes.append(f"{name}: {failure}")
            return None

    async def price(self, pair: str) -> Jpy | None:
        """The last price of a pair in JPY, asked once."""
        if self._exchange is None:
            return None
        if pair not in self._prices:
            price = await self.tried(f"price of {pair}", self._exchange.price(pair))
            self._prices[pair] = price
        return self._prices[pair]

    async def equity(self, instruments: Instruments) -> Jpy | None:
        """Cash and the traded coins, free and reserved; None when any of it is unknown."""
        if self._exchange is None:
            return None
        balances = await self.tried("balances", self._exchange.balances())
        if balances is None:
            return None
        total = balances.jpy_free + balances.jpy_reserved
        for coin in instruments:
            free, reserved = balances.coins_free, balances.coins_reserved
            held = free.get(coin.pair, NONE) + reserved.get(coin.pair, NONE)
            if not held:
                continue
            price = await self.price(coin.pair)
            if price is None:
                return None
            total += price * held
        return total
