"""The ranking of one analysis, made for people from its commit and the open positions."""

from collections.abc import Awaitable, Callable

import attrs

from application.errors import OutsideError
from application.messages import HeldPosition, RankedCoin, Ranking
from application.ports.read_models import ReadModels
from application.read_models import POSITIONS
from domain.errors import InstrumentError
from domain.events import Commit, DecisionMade, SignalScored
from domain.instruments import Instruments
from domain.money import Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class Ranker:
    """Makes rankings. `price` asks for a pair's last price in JPY."""

    tables: ReadModels
    instruments: Instruments
    price: Callable[[str], Awaitable[Jpy]]

    async def ranking(self, decision: DecisionMade, commit: Commit) -> Ranking | None:
        """The ranking of an analysis; None when nothing was scored.

        Raises Retryable when the positions cannot be read.
        """
        signals = {one.pair: one for one in commit.events if isinstance(one, SignalScored)}
        if not signals:
            return None
        order = dict.fromkeys((*decision.ranking, *signals))  # unscored pairs come last
        first = next(iter(signals.values()))
        return Ranking(
            analysis=decision.analysis,
            at=commit.at,
            coins=tuple(self._coin(signals[pair]) for pair in order if pair in signals),
            thresholds=first.thresholds,
            market=first.market,
            action=decision.action,
            trades=decision.trades,
            refused=decision.refused,
            positions=await self.positions(),
        )

    async def positions(self) -> tuple[HeldPosition, ...]:
        """What is held, at market prices. Raises Retryable when it cannot be read."""
        rows = await self.tables.flagged(POSITIONS)
        return tuple(
            [HeldPosition(row.open, await self._price(row.pair)) for row in rows if row.open]
        )

    async def _price(self, pair: str) -> Jpy | None:
        try:
            return await self.price(pair)
        except OutsideError:
            return None  # the message says that there is none

    def _coin(self, signal: SignalScored) -> RankedCoin:
        try:
            name = self.instruments.of(signal.pair).name
        except InstrumentError:
            name = signal.pair  # a coin that was taken out of the configuration
        return RankedCoin(
            signal.pair,
            name,
            signal.total,
            signal.components,
            signal.weights,
            signal.adjustment,
        )
