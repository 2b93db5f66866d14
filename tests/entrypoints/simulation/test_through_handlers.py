"""The cloud's functions over in-memory plugs: the same log, to the byte, as the trader at home."""

from decimal import Decimal

import attrs
import pytest

from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.aws_lambda.all_functions import functions
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.hostility import drawn_rates
from entrypoints.simulation.through_handlers import HandlerTrader
from entrypoints.simulation.world import Plan

PLAN = Plan(seed=0, days=0.25, instruments=DEFAULT, parameters=STANDARD, cash=Jpy(Decimal(100_000)))


@pytest.mark.parametrize("seed", range(8))
def test_the_same_seed_gives_the_same_log_through_the_handlers(seed: int) -> None:
    plan = attrs.evolve(PLAN, seed=seed, is_busy=seed % 2 == 0)
    rates = drawn_rates(seed) if seed else {}
    at_home = run_one(plan, rates)
    through = run_one(attrs.evolve(plan, is_through_handlers=True), rates)
    assert through.digest == at_home.digest
    assert through == at_home
    assert through.violations == []
    assert through.orders > 0 or not plan.is_busy


def test_every_part_of_a_tick_is_a_handler_and_they_are_their_own_again() -> None:
    called: list[str] = []

    class Counting(HandlerTrader):
        async def _invoke(self, name, event):
            called.append(name)
            return await super()._invoke(name, event)

    from entrypoints.simulation.engine import Engine
    from entrypoints.simulation.hostility import Hostility
    from entrypoints.simulation.world import World

    class Watched(Engine):
        def _started(self):
            return Counting(self.world.program())

    import asyncio

    plan = attrs.evolve(PLAN, is_busy=True, is_through_handlers=True)
    engine = Watched(World(plan, lambda clock: Hostility(0, {}, clock)))
    asyncio.run(engine.run())
    assert set(called) == {
        "price-collector",
        "technical",
        "chronos-caller",
        "sentiment-getter",
        "aggregator",
        "order-executor",
        "position-monitor",
        "news-collector",
        "market-context",
    }
    assert called.count("technical") == 6 * called.count("aggregator")
    assert called.count("chronos-caller") == called.count("aggregator")
    assert [one.environment.overridden for one in functions().values()] == [()] * 13
